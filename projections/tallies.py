"""How much is there in each place and with each worker: cases by state and tier, ratings, grids, households?

A tally is kept for every prefix of a place (municipality, district, street, community, grid), as the sum of
what each case and grid contributes. A change adds the difference of the contribution after and before, so the
tally is always the sum over what is there, however it came about.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast
from uuid import UUID

from chuishao.domain import case_events as facts
from chuishao.domain import grid as grids
from chuishao.domain.division import Level
from chuishao.domain.lifecycle import OPEN, Status
from chuishao.domain.vocabulary import Tier
from chuishao.eventlog.connection import Connection
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.eventlog.sql import statements
from chuishao.projections.projection import Batch, Projection
from chuishao.projections.steps import LEAVES_AT
from chuishao.projections.table import Table

_SQL = statements("chuishao.projections", "tallies.sql")


@dataclass(slots=True)
class CaseState:
    """What a case contributes to its places and its assignee."""

    id: UUID
    community: str
    grid: str | None
    status: str
    status_before: str | None = None
    tier: str | None = None
    assignee: str | None = None
    resolved: bool = False
    on_spot: bool = False
    reopenings: int = 0
    reworks: int = 0
    whistles: int = 0
    answered: bool | None = None
    solved: bool | None = None
    satisfied: int | None = None


@dataclass(slots=True)
class GridState:
    """What a grid contributes to its places."""

    id: UUID
    code: str
    households: int
    worker: UUID | None
    active: bool


@dataclass(frozen=True, slots=True)
class Tally:
    """Sums over everything in a place, or over the cases of a worker. Order of fields is order of storage."""

    cases: int = 0
    open: int = 0
    open_unassigned: int = 0
    open_on_spot: int = 0
    open_grid_leader: int = 0
    open_deliberation: int = 0
    open_multi_unit: int = 0
    resolved: int = 0
    resolved_on_spot: int = 0
    closed: int = 0
    refused: int = 0
    joined: int = 0
    reopenings: int = 0
    reworks: int = 0
    whistles: int = 0
    rated: int = 0
    answered: int = 0
    solved: int = 0
    satisfaction_sum: int = 0
    grids: int = 0
    vacant_grids: int = 0
    households: int = 0


SIZE = len(Tally.__slots__)
FIELDS = {name: number for number, name in enumerate(Tally.__slots__)}
CASES = Table("case_state", CaseState)
GRIDS = Table("grid_state", GridState)
Deltas = dict[str, list[int]]
_BEGINNINGS = (facts.CaseReported, facts.CaseSplitOff)
_GRID_EVENTS = (
    grids.GridDrawn,
    grids.GridRedrawn,
    grids.GridRetired,
    grids.GridWorkerAssigned,
    grids.GridWorkerRelieved,
)


# Fold


async def fold(connection: Connection, batch: Batch) -> None:
    """Fold a batch: change the states, add the differences."""
    of_cases = [r for r in batch.events if isinstance(r.event, facts.CaseEvent)]
    of_grids = [r for r in batch.events if not isinstance(r.event, facts.CaseEvent)]
    begun = {r.stream for r in batch.events if isinstance(r.event, _BEGINNINGS)}
    cases = await CASES.load(connection, {r.stream for r in of_cases} - begun)
    drawn = await GRIDS.load(connection, {r.stream for r in of_grids} - begun)
    places: Deltas = defaultdict(lambda: [0] * SIZE)
    workers: Deltas = defaultdict(lambda: [0] * SIZE)
    _count(cases.values(), drawn.values(), places, workers, -1)
    for recorded in of_cases:
        evolve_case(cases, recorded)
    for recorded in of_grids:
        evolve_grid(drawn, recorded)
    _count(cases.values(), drawn.values(), places, workers, +1)
    await CASES.save(connection, [row for id_, row in cases.items() if id_ not in begun])
    await CASES.add(connection, [row for id_, row in cases.items() if id_ in begun])
    await GRIDS.save(connection, drawn.values())
    await _add_up(connection, "places", places)
    await _add_up(connection, "workers", workers)


def _count(
    cases: Iterable[CaseState], drawn: Iterable[GridState], places: Deltas, workers: Deltas, sign: int
) -> None:
    for case in cases:
        contribution = _numbered(of_case(case))
        for place in prefixes(case.grid or case.community):
            _add(places[place], contribution, sign)
        if case.assignee is not None:
            _add(workers[case.assignee], contribution, sign)
    for grid in drawn:
        contribution = _numbered(of_grid(grid))
        for place in prefixes(grid.code):
            _add(places[place], contribution, sign)


def _numbered(contribution: dict[str, int]) -> list[tuple[int, int]]:
    """What is not zero, by where it is stored."""
    return [(FIELDS[name], amount) for name, amount in contribution.items() if amount]


def _add(sums: list[int], contribution: list[tuple[int, int]], sign: int) -> None:
    for number, amount in contribution:
        sums[number] += sign * amount


async def _add_up(connection: Connection, what: str, deltas: Deltas) -> None:
    """Add differences to what is stored, and drop what they leave empty."""
    changed = {place: counts for place, counts in sorted(deltas.items()) if any(counts)}
    if changed:
        await connection.execute(_SQL[f"add_{what}"], _as_json(changed))
    if lessened := [place for place, counts in changed.items() if min(counts) < 0]:
        await connection.execute(_SQL[f"forget_empty_{what}"], lessened)


def _as_json(deltas: Deltas) -> bytes:
    """Differences as rows, in the order they are in: the same for everybody, so that two never deadlock."""
    rows = [
        {"place": place, "counts": "{" + ",".join(map(str, counts)) + "}"} for place, counts in deltas.items()
    ]
    return json.dumps(rows).encode()


@lru_cache(maxsize=10_000)
def prefixes(place: str) -> list[str]:
    """A place and every place around it, the widest first."""
    codes = [place[: level.digits] for level in Level if len(place) >= level.digits]
    return codes if codes[-1] == place else [*codes, place]


def of_case(case: CaseState) -> dict[str, int]:
    """What one case adds to a tally."""
    status, open_ = case.status, case.status in OPEN
    rated = case.satisfied is not None
    counts = {
        "cases": 1,
        "open": open_,
        "resolved": case.resolved,
        "resolved_on_spot": case.resolved and case.on_spot,
        "closed": status == Status.CLOSED,
        "refused": status == Status.REFUSED,
        "joined": status in (Status.DUPLICATE, Status.MERGED, Status.SPLIT),
        "reopenings": case.reopenings,
        "reworks": case.reworks,
        "whistles": case.whistles,
        "rated": rated,
        "answered": rated and bool(case.answered),
        "solved": rated and bool(case.solved),
        "satisfaction_sum": case.satisfied or 0,
    }
    if open_:
        counts[_OPEN_FIELD[case.tier]] = 1
    return counts


_OPEN_FIELD: dict[str | None, str] = {
    None: "open_unassigned",
    Tier.ON_SPOT: "open_on_spot",
    Tier.GRID_LEADER: "open_grid_leader",
    Tier.DELIBERATION: "open_deliberation",
    Tier.MULTI_UNIT: "open_multi_unit",
}


def of_grid(grid: GridState) -> dict[str, int]:
    """What one grid adds to a tally; a retired one adds nothing."""
    if not grid.active:
        return {}
    return {"grids": 1, "vacant_grids": grid.worker is None, "households": grid.households}


def evolve_case(rows: dict[UUID, CaseState], recorded: RecordedEvent) -> None:
    """Fold one case event into its state."""
    event = cast("facts.CaseEvent", recorded.event)
    kind = type(event)
    if isinstance(event, _BEGINNINGS):
        rows[recorded.stream] = CaseState(recorded.stream, event.community, event.grid, "REPORTED")
    row = rows[recorded.stream]
    if (change := _CHANGES.get(kind)) is not None:
        change(row, event)
    if (status := LEAVES_AT[kind]) is not None:
        row.status = status


def _assign(row: CaseState, event: facts.CaseAssigned) -> None:
    row.tier, row.grid, row.assignee = event.tier, event.grid, event.assignee


def _escalate(row: CaseState, event: facts.CaseEscalated) -> None:
    row.tier, row.assignee = event.tier, event.assignee


def _transfer(row: CaseState, event: facts.CaseTransferred | facts.CaseRehomed) -> None:
    row.community, row.grid, row.assignee = event.community, event.grid, event.assignee


def _return(row: CaseState, _event: facts.CaseReturned) -> None:
    row.tier = row.assignee = None


def _resolve_on_spot(row: CaseState, _event: facts.ResolvedOnSpot) -> None:
    row.resolved = row.on_spot = True


def _resolve(row: CaseState, _event: facts.CaseResolved) -> None:
    row.resolved, row.on_spot = True, False


def _whistle(row: CaseState, _event: facts.CaseWhistled) -> None:
    row.whistles += 1


def _rework(row: CaseState, _event: facts.VerificationFailed) -> None:
    row.resolved = row.on_spot = False
    row.reworks += 1


def _rate(row: CaseState, event: facts.CaseRated) -> None:
    row.answered, row.solved, row.satisfied = event.answered, event.solved, event.satisfied


def _reopen(row: CaseState, _event: facts.CaseReopened) -> None:
    row.status_before = row.tier = row.assignee = None
    row.resolved = row.on_spot = False
    row.answered = row.solved = row.satisfied = None
    row.reopenings += 1


def _merge(row: CaseState, _event: facts.CaseMerged) -> None:
    row.status_before = row.status


def _undo_merge(row: CaseState, _event: facts.MergeUndone) -> None:
    row.status, row.status_before = row.status_before or row.status, None


_CHANGES: dict[type, Callable[[CaseState, Any], None]] = {
    facts.CaseAssigned: _assign,
    facts.CaseEscalated: _escalate,
    facts.CaseTransferred: _transfer,
    facts.CaseRehomed: _transfer,
    facts.CaseReturned: _return,
    facts.ResolvedOnSpot: _resolve_on_spot,
    facts.CaseResolved: _resolve,
    facts.CaseWhistled: _whistle,
    facts.VerificationFailed: _rework,
    facts.CaseRated: _rate,
    facts.CaseReopened: _reopen,
    facts.CaseMerged: _merge,
    facts.MergeUndone: _undo_merge,
}
"""What an event changes besides the state, by its kind: a `match` would try a dozen kinds for most events."""


def evolve_grid(rows: dict[UUID, GridState], recorded: RecordedEvent) -> None:
    """Fold one grid event into its state."""
    match recorded.event:
        case grids.GridDrawn(code=code, households=households):
            rows[recorded.stream] = GridState(recorded.stream, code, households, None, True)
        case grids.GridRedrawn(households=households):
            rows[recorded.stream].households = households
        case grids.GridRetired():
            rows[recorded.stream].active = False
        case grids.GridWorkerAssigned(worker=worker):
            rows[recorded.stream].worker = worker
        case grids.GridWorkerRelieved():
            rows[recorded.stream].worker = None


PROJECTION = Projection("tallies", version=1, fold=fold, on=(facts.CaseEvent, *_GRID_EVENTS))


# Queries


async def of_places(connection: Connection, places: Collection[str]) -> dict[str, Tally]:
    """The tallies of places; a place where nothing is has an empty one."""
    rows = {
        row["place"]: Tally(*row["counts"]) for row in await connection.fetch(_SQL["of_places"], list(places))
    }
    return {place: rows.get(place, Tally()) for place in places}


async def of_workers(connection: Connection, workers: Collection[str]) -> dict[str, Tally]:
    """The tallies of the cases assigned to each actor."""
    rows = {
        row["place"]: Tally(*row["counts"])
        for row in await connection.fetch(_SQL["of_workers"], list(workers))
    }
    return {worker: rows.get(worker, Tally()) for worker in workers}
