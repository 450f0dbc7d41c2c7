"""Every read model."""

from chuishao.projections import (
    campaigns,
    cases,
    departments,
    divisions,
    grids,
    history,
    patrols,
    policies,
    tallies,
    watches,
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
    patrols.PROJECTION,
    watches.PROJECTION,
    campaigns.PROJECTION,
)
