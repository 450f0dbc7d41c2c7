"""The elements of the unified registry, and how far it covers the grids."""

from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry

from chuishao.domain.registers.terms import ElementKind
from chuishao.domain.sight import Reading, shown_of_place
from chuishao.graphql.links import GRID
from chuishao.graphql.types.fields import column, computed, one
from chuishao.graphql.types.shared import ITS_OWN, GridRef, Node, PersonalText, identified, sealed_where
from chuishao.projections.elements import COUNTED, ElementRow


@strawberry.type(
    description="要素 A person, place, thing, matter or organisation of a grid (人、地、物、事、组织)."
)
class Element(Node):
    """A row of the elements read model."""

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        """Rows are their own source."""
        return isinstance(obj, ElementRow)

    kind: ElementKind = column("类别 Which of the five kinds it is.")
    registered_at: datetime = column("登记时间 When it entered the registry.")
    corrected_at: datetime | None = column("更正时间 When it was corrected last; null if never.")
    retired_at: datetime | None = column("注销时间 When it left the registry; null while it is there.")

    name: PersonalText | None = sealed_where(
        "name",
        lambda grid, context: shown_of_place(context.actor, Reading.WORDS, grid),
        "名称 What it is called, for those who handle cases here.",
        Reading.WORDS,
    )
    address: PersonalText | None = sealed_where(
        "address",
        lambda grid, context: shown_of_place(context.actor, Reading.WORDS, grid),
        "位置 Where it is, for those who handle cases here.",
        Reading.WORDS,
    )
    grid: GridRef | None = one("网格 The grid that it lies in.", GRID, "grid")


@strawberry.type(
    description="要素覆盖 How many elements of each kind a grid has: 一张网, “人、地、物、事、组织全覆盖”."
)
class ElementCoverage:
    """A row of the coverage of the elements read model."""

    @computed(ITS_OWN)
    def id(grid: UUID | str) -> strawberry.ID:
        """The coverage of a grid."""
        return identified("element-coverage", grid)

    persons: int = column("人 Persons in the registry.")
    places: int = column("地 Places in the registry.")
    things: int = column("物 Things in the registry.")
    matters: int = column("事 Matters in the registry.")
    organisations: int = column("组织 Organisations in the registry.")
    kinds: int = column("类别数 Of how many of the five kinds there is anything.")

    grid: GridRef | None = one("网格 The grid.", GRID, "grid")

    @computed("缺项 The kinds of which nothing is registered yet.")
    def missing(
        persons: int, places: int, things: int, matters: int, organisations: int
    ) -> list[ElementKind]:
        """The kinds without a count."""
        counts = (persons, places, things, matters, organisations)
        return [kind for kind, count in zip(COUNTED, counts, strict=True) if not count]
