"""Links: how rows of one read model are found from a value of another row, or of an argument.

They are said once. The loaders of the ordinary executor read by them, many values in one statement, and
compiled reads join by them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any, TypeAlias

from chuishao.domain.division import Level
from chuishao.domain.sight import Reader
from chuishao.eventlog.connection import Connection
from chuishao.projections import history, tallies
from chuishao.projections.cases import CASES
from chuishao.projections.departments import DEPARTMENTS
from chuishao.projections.divisions import DIVISIONS, NAMES
from chuishao.projections.grids import GRIDS
from chuishao.projections.paging import Where
from chuishao.projections.sight import case_seen, seen
from chuishao.projections.table import Table
from chuishao.projections.whistles import ITEMS, LEAGUE, SUMMONS, WHISTLES, Standing
from chuishao.projections.workers import WORKERS

Seen: TypeAlias = Callable[[Where, Reader, str], None]
"""Adds the condition that the reader sees a row that is known by an alias."""
Load: TypeAlias = Callable[[Connection, int, Sequence[Any]], Awaitable[dict[Any, Any]]]
"""What there is for keys, in a log; every key is in the answer."""


@dataclass(frozen=True, eq=False)
class Link:
    """Rows of `source`, a qualified table described by `table`, by the value of `column`.


    Without an order there is at most one row for a value. `{log}` in a source stands for the number of the
    log. `expressions` gives what is no plain column as SQL over `{row}`, the alias, and `types` its SQL type,
    as far as PostgreSQL may write it as JSON. `load` reads for the executor where one statement over the
    table would not do.
    `absent`: there is always a row, though it may not be stored; the expressions say what it holds then.
    """

    table: Table[Any]
    source: str
    column: str
    order: tuple[str, ...] = ()
    seen: Seen | None = None
    expressions: Mapping[str, str] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)
    load: Load | None = None
    absent: bool = False

    @property
    def many(self) -> bool:
        """Whether a value may have several rows."""
        return bool(self.order)

    def type(self, name: str) -> str | None:
        """The SQL type of what a row says under a name, where it is known."""
        return self.types.get(name) if name in self.expressions else self._columns.get(name)

    @cached_property
    def _columns(self) -> Mapping[str, str]:
        return {**self.table.types, **self.types}

    def sql(self, name: str, row: str) -> str:
        """What a row, known by an alias, says under a name."""
        expression = self.expressions.get(name)
        return f"{row}.{name}" if expression is None else expression.replace("{row}", row)


def _of_seen_case(where: Where, reader: Reader, row: str) -> None:
    case_seen(where, reader, f"{row}.case_id")


async def _tallies(connection: Connection, _log: int, places: Sequence[str]) -> dict[str, tallies.Tally]:
    return await tallies.of_places(connection, places)


async def _worker_tallies(
    connection: Connection, _log: int, workers: Sequence[str]
) -> dict[str, tallies.Tally]:
    return await tallies.of_workers(connection, workers)


def _parent() -> str:
    """The code one level above a division's."""
    steps = (
        f"WHEN {below.digits} THEN left({{row}}.code, {above.digits})" for above, below in pairwise(Level)
    )
    return f"CASE length({{row}}.code) {' '.join(steps)} END"


@dataclass(frozen=True)
class _Place:
    place: str


_COUNTS = {name: f"coalesce({{row}}.counts[{number + 1}], 0)" for name, number in tallies.FIELDS.items()}
_COUNT_TYPES = dict.fromkeys(tallies.FIELDS, "bigint")
_TALLIES = Table("tally", _Place, key=("place",))
_DIVISIONS = {"parent_code": _parent()}
_DIVISION_TYPES = {"parent_code": "text"}
_META = ("actor", "role", "unit", "scope", "place")
_RECORDED = {name: f"({{row}}.meta->>'{name}')" for name in _META} | {
    "log": "{log}",
    "event_id": "{row}.event_id::text",
    "correlation": "{row}.correlation::text",
    "stored_meta": "{row}.meta",
    "command": "({row}.meta->>'command')::uuid::text",
    "causation": "({row}.meta->>'causation')::uuid::text",
    "meta_correlation": "({row}.meta->>'correlation')::uuid::text",
}
_RECORDED_TYPES = dict.fromkeys(_META, "text") | {
    "version": "integer",
    "schema_version": "integer",
    "recorded_at": "timestamptz",
}

STANDING = Link(Table("standing", Standing), LEAGUE, "department")
"""The lines of the league table; not found from anything, but listed."""
CASE = Link(CASES, "cases.case_row", "id", seen=seen)
"""A case by its identifier; none where the reader does not see it."""
JOINED = Link(CASES, "cases.case_row", "joined", ("number",), seen=seen)
"""The cases joined to a case, as far as the reader sees them: merged into it, or duplicates of it."""
PARTS = Link(CASES, "cases.case_row", "split_from", ("number",), seen=seen)
"""The cases that a case was split into."""
WHISTLE = Link(WHISTLES, "whistles.whistle", "id", seen=_of_seen_case)
"""A whistle by its identifier; none where the reader does not see its case."""
WHISTLES_OF_CASE = Link(WHISTLES, "whistles.whistle", "case_id", ("number",), seen=_of_seen_case)
"""The whistles blown on a case."""
SUMMONSES = Link(SUMMONS, "whistles.summons", "whistle", ("summoned_at", "department", "number"))
"""The summonses of a whistle."""
ITEMS_OF_WHISTLE = Link(ITEMS, "whistles.item", "whistle", ("number",))
"""The items of a whistle's on-site meeting."""
GRID = Link(GRIDS, "grids.grid", "code")
"""A grid by its code."""
GRID_BY_ID = Link(GRIDS, "grids.grid", "id")
"""A grid by its identifier."""
GRIDS_OF_COMMUNITY = Link(GRIDS, "grids.grid", "community", ("code",))
"""The grids of a community, retired ones too."""
WORKER = Link(WORKERS, "workers.worker", "id")
"""A worker by the identifier."""
DEPARTMENT = Link(DEPARTMENTS, "departments.department", "id")
"""A department by its identifier."""
DIVISION = Link(DIVISIONS, "divisions.division", "code", expressions=_DIVISIONS, types=_DIVISION_TYPES)
"""A division by the code it bears now."""
DIVISION_BY_ID = Link(DIVISIONS, "divisions.division", "id", expressions=_DIVISIONS, types=_DIVISION_TYPES)
"""A division by its identifier."""
DIVISIONS_BELOW = Link(
    DIVISIONS,
    "divisions.division",
    "parent",
    ("code",),
    expressions=_DIVISIONS,
    types=_DIVISION_TYPES,
)
"""The divisions one level below a division."""
NAMES_OF_DIVISION = Link(NAMES, "divisions.name", "division", ("position",))
"""The names and codes of a division by date."""
TALLY = Link(
    _TALLIES, "tallies.tally", "place",
    expressions=_COUNTS, types=_COUNT_TYPES, load=_tallies, absent=True,
)  # fmt: skip
"""The tally of a place."""
WORKER_TALLY = Link(
    _TALLIES, "tallies.worker_tally", "place",
    expressions=_COUNTS, types=_COUNT_TYPES, load=_worker_tallies, absent=True,
)  # fmt: skip
"""The tally of what is assigned to an actor."""
TRACE = Link(
    history.ENTRIES,
    history.RECORDED,
    "case_id",
    ("position",),
    expressions=_RECORDED,
    types=_RECORDED_TYPES,
    load=history.traces,
)
"""The history of a case, with the events as recorded."""
HELD = Link(history.ENTRIES, "history.entry", "case_id", ("position",))
"""The history of a case without the events: who held it."""
