"""读取 What a dossier is made of: the history of a case from the log, its chain, its proofs, and names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg

from chuishao.domain.actor import Actor
from chuishao.domain.case_events import CaseEvent, CaseReported, CaseSplitOff
from chuishao.domain.event import SealedText
from chuishao.domain.policy import Category
from chuishao.domain.sight import SHOWN, Reading, shown_of_case, shown_of_place
from chuishao.domain.vocabulary import Role
from chuishao.domain.whistle_events import WhistleEvent
from chuishao.eventlog.connection import Connection, connected
from chuishao.eventlog.log import EventLog, Filter
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.eventlog.proofs import Included, included
from chuishao.eventlog.sealer import Sealed, newest_checkpoint
from chuishao.eventlog.sql import statements
from chuishao.graphql.types.said import Said
from chuishao.projections.chain import Chain
from chuishao.projections.policybook import PolicyBook, policy_book
from chuishao.projections.reach import LARGEST
from chuishao.projections.responsibility import chain
from chuishao.projections.tallies import prefixes

_SQL = statements("chuishao.service.dossier", "reading.sql")
_BEGINNINGS = [CaseReported.TOPIC, CaseSplitOff.TOPIC]


class NoSuchCase(Exception):
    """没有该案件 The log has no case of that number or identifier."""


@dataclass(frozen=True)
class Dossier:
    """Everything that the page shows, as it may be shown to a role."""

    reader: Role
    at: datetime
    zone: ZoneInfo
    number: int
    chain: Chain
    events: list[RecordedEvent]
    """Every event of its history: its own, its whistles', and the minutes and orders about it."""
    said: Mapping[int, Any]
    """What each event says, by its position: fields as in the schema, personal text masked or opened."""
    category: Category | None
    names: Mapping[str, str]
    """What places and departments are called, by code or identifier."""
    checkpoint: Sealed | None
    proofs: Mapping[int, Included] = field(default_factory=dict)

    def shows(self, rule: Reading) -> bool:
        """Whether the reader is shown what a rule guards."""
        return self.reader in SHOWN[rule]


async def gathered(log: EventLog, wanted: str, reader: Role, at: datetime, *, with_texts: bool) -> Dossier:
    """Read what there is of a case by number or identifier; raises `NoSuchCase`."""
    async with connected(log.pool) as connection:
        case = await _named(connection, log.id, wanted)
        events = await log.matching(Filter(correlation=case), 0, LARGEST)
        own = [one for one in events if isinstance(one.event, CaseEvent | WhistleEvent)]
        if not own or own[0].type not in _BEGINNINGS:
            raise NoSuchCase(f"there is no case {wanted} in this log")
        book = await policy_book(connection, log)
        latest = max(at, *(one.occurred_at for one in own))
        found = chain(own, latest, book)
        assert found is not None
        checkpoint = await newest_checkpoint(connection, log.id)
        said = await _said(connection, log, events, reader, with_texts=with_texts)
        return Dossier(
            reader=reader,
            at=latest,
            zone=_zone(book, latest),
            number=own[0].position,
            chain=found,
            events=events,
            said=said,
            category=_category(book, found),
            names=await _names(connection, found, events),
            checkpoint=checkpoint,
            proofs=await _proofs(connection, log.id, checkpoint, events),
        )


async def _named(connection: Connection, log: int, wanted: str) -> UUID:
    if wanted.isascii() and wanted.isdigit():
        found: UUID | None = await connection.fetchval(_SQL["case_of_number"], log, wanted, _BEGINNINGS)
        if found is None:
            raise NoSuchCase(f"there is no case with the number {wanted} in this log")
        return found
    try:
        return UUID(wanted)
    except ValueError:
        raise NoSuchCase(f"{wanted!r} is neither the number of a case nor a UUID") from None


async def _said(
    connection: Connection, log: EventLog, events: list[RecordedEvent], reader: Role, *, with_texts: bool
) -> dict[int, Any]:
    """What each event says to a role; texts are opened only where they are asked for."""
    said = {one.position: Said.of(one.event, _shown(one, reader)) for one in events}
    texts = {text for one in said.values() for text in one.texts} if with_texts else set()
    plain = await log.keyring.open(connection, texts)
    opened: dict[SealedText, str | None] = {text: plain.get(text) for text in texts}
    return {position: one.plain(opened) for position, one in said.items()}


def _shown(recorded: RecordedEvent, reader: Role) -> Any:
    """Which rules show the reader what they guard; words of a place are for those who handle cases there."""
    actor = Actor("dossier", reader, "")
    if recorded.event.OF_PLACE:
        return lambda rule: shown_of_place(actor, rule, recorded.place)
    return partial(shown_of_case, actor)


async def _proofs(
    connection: Connection, log: int, checkpoint: Sealed | None, events: list[RecordedEvent]
) -> dict[int, Included]:
    if checkpoint is None:
        return {}
    found = await included(connection, log, checkpoint, ((one.position, one.leaf_hash) for one in events))
    return {position: proof for (position, _), proof in found.items()}


def _zone(book: PolicyBook, at: datetime) -> ZoneInfo:
    policy = book.at(at, LARGEST)
    return ZoneInfo(policy.calendar.zone if policy else "UTC")


def _category(book: PolicyBook, chain: Chain) -> Category | None:
    policy = book.at(chain.row.reported_at, LARGEST)
    return policy.categories.get(chain.row.category) if policy else None


async def _names(connection: Connection, chain: Chain, events: list[RecordedEvent]) -> dict[str, str]:
    """Names from the read models, where these are there: a dossier needs only the log."""
    codes = {spell.holder for spell in chain.spells} | {chain.row.place} | {one.unit for one in events}
    codes |= {around for code in codes if code for around in prefixes(code)}
    codes |= {str(one.department) for one in chain.departments}
    codes |= {one.actor for one in events} | {spell.assignee for spell in chain.spells if spell.assignee}
    try:
        rows = await connection.fetch(_SQL["names"], list(codes))
    except asyncpg.UndefinedTableError:
        return {}
    return {row["key"]: row["name"] for row in rows}
