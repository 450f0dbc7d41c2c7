"""One loader for each kind of thing that lists ask for again: every nested list is one statement."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from functools import cached_property
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

from strawberry.dataloader import DataLoader

from chuishao.domain.event import SealedText
from chuishao.domain.policy import in_force
from chuishao.domain.sight import Reader
from chuishao.eventlog.connection import Connection
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.proofs import Included, Leaf, included
from chuishao.eventlog.sealer import Sealed, newest_checkpoint
from chuishao.projections import grids, history, tallies
from chuishao.projections.cases import CASES, CaseRow
from chuishao.projections.departments import DEPARTMENTS, DepartmentRow
from chuishao.projections.divisions import DIVISIONS, NAMES, DivisionRow, NameRow
from chuishao.projections.grids import GRIDS, GridRow
from chuishao.projections.paging import Where
from chuishao.projections.policybook import policy_book
from chuishao.projections.sight import case_seen, seen
from chuishao.projections.table import Table
from chuishao.projections.whistles import ITEMS, SUMMONS, WHISTLES, ItemRow, SummonsRow, WhistleRow
from chuishao.projections.workers import WORKERS, WorkerRow

K = TypeVar("K", bound=Hashable)
R = TypeVar("R")
Shown: TypeAlias = Callable[[Where], None]
"""Adds the condition that the reader sees a row."""

# ruff: noqa: S608 every name in these statements is a column of our own tables


class Loaders:
    """The loaders of one operation."""

    def __init__(
        self,
        log: EventLog,
        now: datetime,
        reader: Reader,
        require_own: Callable[[], None],
        reading: Callable[[], AbstractAsyncContextManager[Connection]],
    ) -> None:
        self.log = log
        self.now = now
        self.reader = reader
        self._require_own = require_own
        """Refuses where a read model is no longer that of this code."""
        self._reading = reading
        """Borrows a connection, and refuses likewise where a statement finds it out."""

    @cached_property
    def case(self) -> DataLoader[UUID, CaseRow | None]:
        """A case by its identifier; None where the reader does not see it."""
        return self._one(CASES, "cases.case_row", "id", self._seen)

    @cached_property
    def merged(self) -> DataLoader[UUID, list[CaseRow]]:
        """The cases joined to a case, as far as the reader sees them: merged into it, or duplicates of it."""
        return self._many(CASES, "cases.case_row", "joined", "number", self._seen)

    @cached_property
    def parts(self) -> DataLoader[UUID, list[CaseRow]]:
        """The cases that a case was split into."""
        return self._many(CASES, "cases.case_row", "split_from", "number", self._seen)

    @cached_property
    def whistle(self) -> DataLoader[UUID, WhistleRow | None]:
        """A whistle by its identifier; None where the reader does not see its case."""
        return self._one(WHISTLES, "whistles.whistle", "id", self._case_seen)

    @cached_property
    def whistles_of_case(self) -> DataLoader[UUID, list[WhistleRow]]:
        """The whistles blown on a case."""
        return self._many(WHISTLES, "whistles.whistle", "case_id", "number", self._case_seen)

    @cached_property
    def summonses(self) -> DataLoader[UUID, list[SummonsRow]]:
        """The summonses of a whistle."""
        return self._many(SUMMONS, "whistles.summons", "whistle", "summoned_at, department, number")

    @cached_property
    def items(self) -> DataLoader[UUID, list[ItemRow]]:
        """The items of a whistle's on-site meeting."""
        return self._many(ITEMS, "whistles.item", "whistle", "number")

    @cached_property
    def grid(self) -> DataLoader[str, GridRow | None]:
        """A grid by its code."""
        return self._one(GRIDS, "grids.grid", "code")

    @cached_property
    def grid_by_id(self) -> DataLoader[UUID, GridRow | None]:
        """A grid by its identifier."""
        return self._one(GRIDS, "grids.grid", "id")

    @cached_property
    def grids_of_community(self) -> DataLoader[str, list[GridRow]]:
        """The grids of a community, retired ones too."""
        return self._many(GRIDS, "grids.grid", "community", "code")

    @cached_property
    def worker(self) -> DataLoader[UUID, WorkerRow | None]:
        """A worker by the identifier."""
        return self._one(WORKERS, "workers.worker", "id")

    @cached_property
    def department(self) -> DataLoader[UUID, DepartmentRow | None]:
        """A department by its identifier."""
        return self._one(DEPARTMENTS, "departments.department", "id")

    @cached_property
    def division(self) -> DataLoader[str, DivisionRow | None]:
        """A division by the code it bears now."""
        return self._one(DIVISIONS, "divisions.division", "code")

    @cached_property
    def division_by_id(self) -> DataLoader[UUID, DivisionRow | None]:
        """A division by its identifier."""
        return self._one(DIVISIONS, "divisions.division", "id")

    @cached_property
    def divisions_below(self) -> DataLoader[UUID, list[DivisionRow]]:
        """The divisions one level below a division."""
        return self._many(DIVISIONS, "divisions.division", "parent", "code")

    @cached_property
    def names(self) -> DataLoader[UUID, list[NameRow]]:
        """The names and codes of a division by date."""
        return self._many(NAMES, "divisions.name", "division", "position")

    @cached_property
    def tally(self) -> DataLoader[str, tallies.Tally]:
        """The tally of a place."""
        return self._derived(tallies.of_places)

    @cached_property
    def worker_tally(self) -> DataLoader[str, tallies.Tally]:
        """The tally of what is assigned to an actor."""
        return self._derived(tallies.of_workers)

    @cached_property
    def overdue(self) -> DataLoader[str, int]:
        """How many open cases in a place are past their limit."""
        return self._derived(lambda connection, keys: grids.overdue(connection, keys, self.now))

    @cached_property
    def trace(self) -> DataLoader[UUID, list[history.Entry]]:
        """The history of a case."""
        return self._derived(lambda connection, keys: history.traces(connection, self.log.id, keys))

    @cached_property
    def checkpoint(self) -> DataLoader[None, Sealed | None]:
        """The newest checkpoint, the same one for the whole operation."""

        async def load(connection: Connection, _keys: list[None]) -> dict[None, Sealed | None]:
            return {None: await newest_checkpoint(connection, self.log.id)}

        return self._mapped(load)

    @cached_property
    def proof(self) -> DataLoader[Leaf, Included | None]:
        """The proof of an event in the newest checkpoint; None where that does not cover it yet."""

        async def load(leaves: list[Leaf]) -> list[Included | None]:
            newest = await self.checkpoint.load(None)
            if newest is None:
                return [None for _ in leaves]
            async with self._reading() as connection:
                found = await included(connection, self.log.id, newest, leaves)
            return [found.get(leaf) for leaf in leaves]

        return DataLoader(load)

    @cached_property
    def text(self) -> DataLoader[SealedText, str | None]:
        """A sealed text in plain; None where its key is erased."""
        return self._mapped(self.log.keyring.open, missing=None)

    @cached_property
    def policy(self) -> DataLoader[datetime, Any]:
        """The policy in force at a moment."""

        async def load(moments: list[datetime]) -> list[Any]:
            async with self._reading() as connection:
                book = await policy_book(connection, self.log)
            policies = [policy for _, policy in book.adopted]
            return [in_force(policies, moment) for moment in moments]

        return DataLoader(load)

    def _seen(self, where: Where) -> None:
        seen(where, self.reader)

    def _case_seen(self, where: Where) -> None:
        case_seen(where, self.reader, "whistle.case_id")

    def _one(
        self, table: Table[R], source: str, column: str, shown: Shown | None = None
    ) -> DataLoader[Any, R | None]:
        at = table.columns.index(column)

        async def load(keys: list[Any]) -> list[R | None]:
            found = {
                record[at]: table.row(*record)
                for record in await self._fetch(table, source, column, keys, shown)
            }
            return [found.get(key) for key in keys]

        return DataLoader(load)

    def _many(
        self, table: Table[R], source: str, column: str, order: str, shown: Shown | None = None
    ) -> DataLoader[Any, list[R]]:
        at = table.columns.index(column)

        async def load(keys: list[Any]) -> list[list[R]]:
            found: dict[Any, list[R]] = {key: [] for key in keys}
            for record in await self._fetch(table, source, column, keys, shown, order):
                found[record[at]].append(table.row(*record))
            return [found[key] for key in keys]

        return DataLoader(load)

    async def _fetch(
        self,
        table: Table[Any],
        source: str,
        column: str,
        keys: list[Any],
        shown: Shown | None,
        order: str = "",
    ) -> Any:
        self._require_own()
        where = Where()
        where.also(f"{column} = ANY({where.add(keys)})")
        if shown is not None:
            shown(where)
        query = f"SELECT {', '.join(table.columns)} FROM {source}{where.sql}"
        if order:
            query += f" ORDER BY {column}, {order}"
        async with self._reading() as connection:
            return await connection.fetch(query, *where.arguments)

    def _derived(self, load_all: Callable[[Any, list[K]], Awaitable[dict[K, Any]]]) -> DataLoader[K, Any]:
        """What a read model says of keys."""

        async def load(connection: Connection, keys: list[K]) -> dict[K, Any]:
            self._require_own()
            return await load_all(connection, keys)

        return self._mapped(load)

    def _mapped(
        self, load_all: Callable[[Any, list[K]], Awaitable[dict[K, Any]]], **default: Any
    ) -> DataLoader[K, Any]:
        async def load(keys: list[K]) -> list[Any]:
            async with self._reading() as connection:
                found = await load_all(connection, keys)
            return [found.get(key, default["missing"]) if default else found[key] for key in keys]

        return DataLoader(load)
