"""One loader for each kind of thing that lists ask for again: every nested list is one statement."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar

from strawberry.dataloader import DataLoader

from chuishao.domain.event import SealedText
from chuishao.domain.sight import Reader
from chuishao.eventlog.connection import Connection
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.proofs import Included, Leaf, included
from chuishao.eventlog.sealer import Sealed, newest_checkpoint
from chuishao.graphql.links import Link
from chuishao.graphql.policies import Policies
from chuishao.projections import grids
from chuishao.projections.paging import Where
from chuishao.projections.policybook import policy_book

K = TypeVar("K", bound=Hashable)

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
        known_by: int | None = None,
    ) -> None:
        self.known_by = known_by
        """The position whose past is read; None for the present."""
        self.log = log
        self.now = now
        self.reader = reader
        self._of: dict[Link, DataLoader[Any, Any]] = {}
        self._require_own = require_own
        """Refuses where a read model is no longer that of this code."""
        self._reading = reading
        """Borrows a connection, and refuses likewise where a statement finds it out."""

    def of(self, link: Link) -> DataLoader[Any, Any]:
        """The rows that a link finds: one of them or None, or all of them in the link's order."""
        if link not in self._of:
            self._of[link] = self._linked(link)
        return self._of[link]

    @cached_property
    def overdue(self) -> DataLoader[str, int]:
        """How many open cases in a place are past their limit."""
        return self._derived(lambda connection, keys: grids.overdue(connection, keys, self.now))

    @cached_property
    def checkpoint(self) -> DataLoader[None, Sealed | None]:
        """The newest checkpoint, the same one for the whole operation."""

        async def load(connection: Connection, _keys: list[None]) -> dict[None, Sealed | None]:
            return {None: await newest_checkpoint(connection, self.log.id)}

        return self._mapped(load)

    @cached_property
    def recorded_at(self) -> DataLoader[int, datetime | None]:
        """When the event at a position was recorded; None where there is none."""

        async def load(connection: Connection, positions: list[int]) -> dict[int, datetime | None]:
            return {position: await self.log.recorded_at(connection, position) for position in positions}

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
    def policies(self) -> DataLoader[None, Policies]:
        """The policies known by now."""

        async def load(connection: Connection, _keys: list[None]) -> dict[None, Policies]:
            book = await policy_book(connection, self.log)
            return {None: Policies(book if self.known_by is None else book.until(self.known_by))}

        return self._mapped(load)

    def _linked(self, link: Link) -> DataLoader[Any, Any]:
        read = link.load
        if read is not None:
            return self._derived(lambda connection, keys: read(connection, self.log.id, keys))
        at = link.table.columns.index(link.column)

        async def load(keys: list[Any]) -> list[Any]:
            records = await self._fetch(link, keys)
            if not link.many:
                found = {record[at]: link.table.row(*record) for record in records}
                return [found.get(key) for key in keys]
            rows: dict[Any, list[Any]] = {key: [] for key in keys}
            for record in records:
                rows[record[at]].append(link.table.row(*record))
            return [rows[key] for key in keys]

        return DataLoader(load)

    async def _fetch(self, link: Link, keys: list[Any]) -> Any:
        self._require_own()
        where = Where()
        where.also(f"t.{link.column} = ANY({where.add(keys)})")
        if link.seen is not None:
            link.seen(where, self.reader, "t")
        columns = ", ".join(f"t.{name}" for name in link.table.columns)
        query = f"SELECT {columns} FROM {link.source} t{where.sql}"
        if link.many:
            query += f" ORDER BY {', '.join(f't.{name}' for name in (link.column, *link.order))}"
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
