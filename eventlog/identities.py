"""身份 Under which identity words about a subject are kept: their own, or the one after an erasure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from chuishao.domain.identity import successor
from chuishao.eventlog.connection import Borrow
from chuishao.eventlog.gathering import Gathering
from chuishao.eventlog.keyring import Keyring
from chuishao.eventlog.sql import statements

_SQL = statements("chuishao.eventlog", "statements.sql")


class Identities:
    """The identities in one log, as they are when asked for; those asked for at a time are one statement."""

    def __init__(self, borrow: Borrow, keyring: Keyring) -> None:
        self._borrow = borrow
        self._keyring = keyring
        self._asking = Gathering(self._erased)

    async def living(self, subjects: Iterable[UUID]) -> dict[UUID, UUID]:
        """Under which identity words about each subject are kept from now on: the first one not erased."""
        return {subject: (await self.all(subject))[-1] for subject in subjects}

    async def all(self, subject: UUID) -> list[UUID]:
        """The identities under which words about a subject were kept; the last is that of words to come."""
        found = [subject]
        while await self._asking.get(found[-1]):
            self._keyring.forget(found[-1])
            found.append(successor(found[-1]))
        return found

    async def _erased(self, identities: Sequence[UUID]) -> Mapping[UUID, bool]:
        async with self._borrow() as connection:
            rows = await connection.fetch(_SQL["erased_keys"], self._keyring.log, identities)
        erased = {row["subject"] for row in rows}
        return {identity: identity in erased for identity in identities}
