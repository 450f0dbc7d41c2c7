"""Every read model."""

from chuishao.projections import (
    cases,
    coverage,
    departments,
    divisions,
    enclaves,
    grids,
    history,
    offices,
    policies,
    sectors,
    tallies,
    whistles,
    workers,
    zones,
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
    zones.PROJECTION,
    sectors.PROJECTION,
    offices.PROJECTION,
    coverage.PROJECTION,
    enclaves.PROJECTION,
)
