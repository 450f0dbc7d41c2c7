"""Every read model."""

from chuishao.projections import (
    cases,
    departments,
    divisions,
    grids,
    history,
    policies,
    tallies,
    whistles,
    workers,
)
from chuishao.projections.projection import Projection

PROJECTIONS: tuple[Projection, ...] = (
    policies.PROJECTION,
    divisions.PROJECTION,
    departments.PROJECTION,
    grids.PROJECTION,
    workers.PROJECTION,
    cases.PROJECTION,
    history.PROJECTION,
    tallies.PROJECTION,
    whistles.PROJECTION,
)
