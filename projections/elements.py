"""Which elements does each grid have, and which of the five kinds are missing where?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from chuishao.domain import grid as grids
from chuishao.domain.division import community_of
from chuishao.domain.registers import element as facts
from chuishao.domain.registers.terms import ElementKind
from chuishao.eventlog.connection import Connection
from chuishao.eventlog.keyring import to_bytes
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.projections.projection import Batch, Projection
from chuishao.projections.table import Table

_OF_ELEMENTS = (facts.ElementRegistered, facts.ElementCorrected, facts.ElementRetired)
_OF_GRIDS = (grids.GridDrawn, grids.GridRetired)


@dataclass(slots=True)
class ElementRow:
    """An element as it stands; name and address are sealed."""

    id: UUID
    kind: str
    grid: str
    name: bytes | None
    address: bytes | None
    registered_at: datetime
    corrected_at: datetime | None
    retired_at: datetime | None


@dataclass(slots=True)
class CoverageRow:
    """How many elements of each kind a grid has; `kinds` are the kinds of which it has any."""

    grid: str
    community: str
    persons: int
    places: int
    things: int
    matters: int
    organisations: int
    kinds: int
    active: bool


ELEMENTS = Table("element", ElementRow)
COVERAGE = Table("coverage", CoverageRow, key=("grid",))
COUNTED = {
    ElementKind.PERSON: "persons",
    ElementKind.PLACE: "places",
    ElementKind.THING: "things",
    ElementKind.MATTER: "matters",
    ElementKind.ORGANISATION: "organisations",
}
"""The column that counts the elements of a kind."""


async def fold(connection: Connection, batch: Batch) -> None:
    """Fold elements into their rows, and their differences into the counts of their grids."""
    of_elements = [one for one in batch.events if isinstance(one.event, _OF_ELEMENTS)]
    rows: dict[UUID, ElementRow] = await ELEMENTS.load(connection, {one.stream for one in of_elements})
    before = {id_: replace(row) for id_, row in rows.items()}
    for recorded in of_elements:
        evolve(rows, recorded)
    drawn = [event for one in batch.events if isinstance(event := one.event, grids.GridDrawn)]
    retired = {one.stream: one for one in batch.events if isinstance(one.event, grids.GridRetired)}
    touched = {row.grid for row in (*before.values(), *rows.values())}
    touched |= {one.meta.place for one in retired.values()}
    covered: dict[str, CoverageRow] = await COVERAGE.load(connection, touched)
    for event in drawn:
        covered[event.code] = CoverageRow(event.code, community_of(event.code), 0, 0, 0, 0, 0, 0, active=True)
    for one in retired.values():
        covered[one.meta.place].active = False
    for row in before.values():
        count(covered, row, -1)
    for row in rows.values():
        count(covered, row, 1)
    await ELEMENTS.save(connection, rows.values())
    await COVERAGE.save(connection, covered.values())


def evolve(rows: dict[UUID, ElementRow], recorded: RecordedEvent) -> None:
    """Fold one event of an element."""
    at = recorded.occurred_at
    match recorded.event:
        case facts.ElementRegistered(element_kind=kind, grid=grid, name=name, address=address):
            rows[recorded.stream] = ElementRow(
                recorded.stream, kind, grid, to_bytes(name), to_bytes(address), at, None, None
            )
        case facts.ElementCorrected(grid=grid, name=name, address=address):
            row = rows[recorded.stream]
            row.grid, row.corrected_at = grid, at
            row.name = to_bytes(name) or row.name
            row.address = to_bytes(address) or row.address
        case facts.ElementRetired():
            rows[recorded.stream].retired_at = at


def count(covered: dict[str, CoverageRow], row: ElementRow, sign: int) -> None:
    """Count an element that is there, or take it out of the count."""
    if row.retired_at is None:
        grid, column = covered[row.grid], COUNTED[ElementKind(row.kind)]
        setattr(grid, column, getattr(grid, column) + sign)
        grid.kinds = sum(1 for name in COUNTED.values() if getattr(grid, name))


PROJECTION = Projection("elements", version=1, fold=fold, on=(*_OF_ELEMENTS, *_OF_GRIDS))
