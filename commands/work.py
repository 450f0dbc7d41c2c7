"""The unit of work: what one command has loaded and decided, before any of it is recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import is_not
from typing import Any, TypeVar, cast
from uuid import UUID
from weakref import WeakKeyDictionary

from eventsourcing.domain import BaseAggregate

from chuishao.commands.secret import require_secret
from chuishao.domain.actor import Actor
from chuishao.domain.authority import Setup, require_setup
from chuishao.domain.catalogue import AGGREGATES
from chuishao.domain.division import Division, DivisionCode, Level, level_of
from chuishao.domain.event import Event
from chuishao.domain.grid import ServiceGrid, community_code
from chuishao.domain.identity import POLICY_ID, division_id, grid_id, named
from chuishao.domain.phrase import Phrase
from chuishao.domain.policy import Policies, Policy, in_force, parse
from chuishao.domain.refusal import (
    AlreadyExists,
    NoPolicy,
    NotFound,
    RetiredGrid,
    UnknownDivision,
    UnknownGrid,
    WrongDivisionLevel,
)
from chuishao.eventlog.log import EventLog

A = TypeVar("A", bound=BaseAggregate[UUID])

_parsed: WeakKeyDictionary[EventLog, list[tuple[dict[str, Any], Policy]]] = WeakKeyDictionary()
"""The documents of each log's policies as last read, and what they say."""


@dataclass
class Work:
    """Loads aggregates once, remembers at which version, and collects what they decide.

    `at` is when the thing happened in the world, `now` when we hear of it. What is `fresh` rests on the log
    as it is; else aggregates are taken as the process remembers them, and the log has the last word.
    """

    log: EventLog
    actor: Actor
    at: datetime
    now: datetime
    command_id: UUID
    key: bytes
    versions: dict[UUID, int] = field(default_factory=dict)
    aggregates: dict[UUID, Any] = field(default_factory=dict)
    erases: list[UUID] = field(default_factory=list)
    """The identities whose keys are destroyed with what is decided."""
    fresh: bool = False
    recalled: bool = False
    """Whether anything was taken from memory."""
    epoch: int = field(init=False)

    def __post_init__(self) -> None:
        """Note of which history the memory is."""
        self.epoch = self.log.recall.epoch

    def new_id(self, name: str = "") -> UUID:
        """An identifier for something this command makes: a repetition of the command makes the same one."""
        return named(self.command_id, name)

    async def find(self, kind: type[A], identifier: UUID) -> A | None:
        """Load an aggregate; None where its stream is empty."""
        if identifier not in self.aggregates:
            aggregate = None if self.fresh else self.log.recall.own(identifier)
            if aggregate is not None:
                self.recalled = True
            else:
                aggregate = await self.log.aggregates.load(identifier)
            self._saw(identifier, aggregate)
            self.aggregates[identifier] = aggregate
        found = self.aggregates[identifier]
        return found if isinstance(found, kind) else None

    def _saw(self, identifier: UUID, aggregate: Any) -> None:
        """Note the version of what the decision rests on; the first one seen counts."""
        self.versions.setdefault(identifier, aggregate.version if aggregate is not None else 0)

    async def get(self, kind: type[A], identifier: UUID, *path: str) -> A:
        """Load an aggregate; refused where there is none."""
        found = await self.find(kind, identifier)
        if found is None:
            raise NotFound(*path, kind=AGGREGATES[kind], id=identifier)
        return found

    def add(self, aggregate: A) -> A:
        """Take a new aggregate in; its stream must be empty, now and when it is recorded."""
        if self.versions.setdefault(aggregate.id, 0) != 0:
            existing = Phrase("its stream is in use", "其事件流已占用")
            raise AlreadyExists(kind=AGGREGATES[type(aggregate)], id=aggregate.id, existing=existing)
        self.aggregates[aggregate.id] = aggregate
        return aggregate

    async def division(self, code: str, level: Level | None = None, path: str = "divisionCode") -> Division:
        """The division that bears a code now; refused when none does, or it is of another level."""
        found = level_of(code, path)
        if level is not None and found is not level:
            raise WrongDivisionLevel(path, code=code, level=found, needed=level)
        division = await self.find(Division, division_id(code))
        if division is None:
            claim = await self.find(DivisionCode, division_id(code))
            division = await self.find(Division, claim.division) if claim and claim.division else None
        if division is None or division.place != code or division.abolished_from is not None:
            raise UnknownDivision(path, code=code)
        return division

    async def place(self, code: str, path: str = "placeCode") -> None:
        """Refuse a code that no division bears now, of whichever level, and no active grid."""
        if "-" not in code:
            await self.division(code, path=path)
            return
        community_code(code, path)
        grid = await self.find(ServiceGrid, grid_id(code))
        if grid is None:
            raise UnknownGrid(path, code=code)
        if grid.retired_at is not None:
            raise RetiredGrid(path, code=code, at=grid.retired_at.date().isoformat())

    async def grid(self, code: str, community: str | None = None) -> ServiceGrid:
        """An active grid, of that community where one is given; refused otherwise."""
        community_code(code)
        grid = await self.find(ServiceGrid, grid_id(code))
        if grid is None:
            raise UnknownGrid("gridCode", code=code)
        if community is not None:
            grid.require_in(community)
        grid.require_active()
        return grid

    async def policy(self, at: datetime | None = None) -> Policy:
        """The policy in force when the thing happened."""
        policies: Policies | None = None if self.fresh else self.log.recall.seen(POLICY_ID)
        if policies is not None:
            self.recalled = True
        else:
            policies = await self.log.aggregates.load(POLICY_ID)
        self._saw(POLICY_ID, policies)
        if policies is None:
            raise NoPolicy(at=(at or self.at).isoformat())
        found = in_force(_read(self.log, policies.documents), at or self.at)
        return found.announcing(policies.announced)

    def require_setup(self, what: Setup, place: str, *path: str) -> None:
        """Refuse an actor who may not set this up here; `path` leads to what names the place."""
        require_setup(self.actor, what, place, *path)

    def require_secret(self, case: UUID, given: str | None) -> None:
        """Refuse whoever does not hold the case's secret."""
        require_secret(self.key, case, given)

    def read(self) -> list[tuple[UUID, int]]:
        """What the decision rests on without changing it: streams, and the versions they were loaded at."""
        changed = {
            id_ for id_, aggregate in self.aggregates.items() if aggregate and aggregate.pending_events
        }
        return [(id_, version) for id_, version in self.versions.items() if id_ not in changed]

    def changed(self) -> list[tuple[Any, int, Sequence[Event]]]:
        """Every aggregate that decided something: itself, the version it was loaded at, its new events."""
        decided = [(aggregate, self.versions[id_]) for id_, aggregate in self.aggregates.items() if aggregate]
        return [
            (aggregate, version, cast("Sequence[Event]", aggregate.collect_events()))
            for aggregate, version in decided
            if aggregate.pending_events
        ]


def _read(log: EventLog, documents: Sequence[dict[str, Any]]) -> list[Policy]:
    """What policy documents say; those that were read before are not read again."""
    known = _parsed.get(log, [])
    if len(known) != len(documents) or any(map(is_not, documents, (document for document, _ in known))):
        before = [document for document, _ in known]
        _parsed[log] = known = [
            (document, known[before.index(document)][1] if document in before else parse(document))
            for document in documents
        ]
    return [policy for _, policy in known]
