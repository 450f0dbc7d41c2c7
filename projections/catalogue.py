"""Every read model."""

from chuishao.projections import (
    cases,
    committees,
    departments,
    divisions,
    elections,
    grids,
    history,
    people,
    policies,
    posts,
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
    people.PROJECTION,
    posts.PROJECTION,
    elections.PROJECTION,
    committees.PROJECTION,
)
