"""Every read model."""

from chuishao.projections import (
    campaigns,
    cases,
    departments,
    divisions,
    duties,
    grids,
    history,
    patrols,
    people,
    policies,
    posts,
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
    people.PROJECTION,
    posts.PROJECTION,
    patrols.PROJECTION,
    watches.PROJECTION,
    campaigns.PROJECTION,
    duties.PROJECTION,
)
