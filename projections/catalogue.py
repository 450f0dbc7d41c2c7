"""Every read model."""

from chuishao.projections import (
    care,
    cases,
    committees,
    departments,
    diary,
    divisions,
    elections,
    elements,
    grids,
    history,
    looks,
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
    elements.PROJECTION,
    care.PROJECTION,
    diary.PROJECTION,
    looks.PROJECTION,
)
