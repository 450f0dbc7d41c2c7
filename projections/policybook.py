"""Which policy was in force when, as far as the log knew at a position; limits are dated by it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from weakref import WeakKeyDictionary

from chuishao.domain.identity import POLICY_ID
from chuishao.domain.policy import Policy, in_force, parse
from chuishao.domain.refusal import NoPolicy
from chuishao.eventlog.connection import Connection
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.sql import statements

_SQL = statements("chuishao.projections", "policies.sql")


@dataclass(frozen=True)
class PolicyBook:
    """The policies of a log with the positions of their adoption, in order."""

    adopted: tuple[tuple[int, Policy], ...]

    def at(self, moment: datetime, known_by: int) -> Policy | None:
        """The policy in force at a moment, as known at a position; None where none was."""
        known = [policy for position, policy in self.adopted if position <= known_by]
        try:
            return in_force(known, moment)
        except NoPolicy:
            return None


_books: WeakKeyDictionary[EventLog, tuple[int, PolicyBook]] = WeakKeyDictionary()
"""The policies of each log as last read, with the position of the last of them."""


LAST = f"({_SQL['last']})".replace("$1", "{log}").replace("$2", f"'{POLICY_ID}'")
"""The position of the last policy as a value in another statement; `{log}` stands for the log's number."""


async def policy_book(connection: Connection, log: EventLog, last: int | None = None) -> PolicyBook:
    """Every policy adopted by now; whoever knows the position of the last one saves asking for it."""
    if last is None:
        last = await connection.fetchval(_SQL["last"], log.id, POLICY_ID) or 0
    position, book = _books.get(log, (0, PolicyBook(())))
    if position != last:
        rows = await connection.fetch(_SQL["adopted"], log.id, POLICY_ID)
        documents = ((row["position"], json.loads(row["data"])["document"]) for row in rows)
        book = PolicyBook(tuple((position, parse(document)) for position, document in documents))
        _books[log] = (last, book)
    return book
