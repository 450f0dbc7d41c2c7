"""What is each street charged with, under which core duty, on which law, and what was taken off its list?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chuishao.domain.identity import identify
from chuishao.domain.street import duties as facts
from chuishao.eventlog.connection import Connection
from chuishao.eventlog.keyring import to_bytes
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.projections.projection import Batch, Projection
from chuishao.projections.table import Table


@dataclass(slots=True)
class DutyListRow:
    """The list of a street: how many duties stand on it, and how many were taken off."""

    id: UUID
    street: str
    opened_at: datetime
    standing: int = 0
    retired: int = 0


@dataclass(slots=True)
class DutyItemRow:
    """A duty of a list; `reason` is sealed, and says why it was taken off."""

    id: UUID
    duty_list: UUID
    number: int
    street: str
    core_duty: str
    name: str
    basis: str
    catalogued_at: datetime
    retired_at: datetime | None = None
    reason: bytes | None = None


LISTS = Table("duty_list", DutyListRow)
ITEMS = Table("item", DutyItemRow)


def item_id(duty_list: UUID, number: int) -> UUID:
    """What a duty of a list is called."""
    return identify("duty-item", duty_list, number)


async def fold(connection: Connection, batch: Batch) -> None:
    """Fold the events of duty lists."""
    retired = {
        item_id(recorded.stream, recorded.event.number)
        for recorded in batch.events
        if isinstance(recorded.event, facts.DutyRetired)
    }
    lists: dict[UUID, DutyListRow] = await LISTS.load(
        connection, {recorded.stream for recorded in batch.events}
    )
    items: dict[UUID, DutyItemRow] = await ITEMS.load(connection, retired)
    for recorded in batch.events:
        evolve(lists, items, recorded)
    await LISTS.save(connection, lists.values())
    await ITEMS.save(connection, items.values())


def evolve(lists: dict[UUID, DutyListRow], items: dict[UUID, DutyItemRow], recorded: RecordedEvent) -> None:
    """Fold one event."""
    stream, at = recorded.stream, recorded.occurred_at
    match recorded.event:
        case facts.DutyListOpened(street=street):
            lists[stream] = DutyListRow(stream, street, at)
        case facts.DutyCatalogued(number=number, core_duty=core, name=name, basis=basis):
            row, id_ = lists[stream], item_id(stream, number)
            row.standing += 1
            items[id_] = DutyItemRow(id_, stream, number, row.street, core, name, basis, at)
        case facts.DutyRetired(number=number, reason=reason):
            row, item = lists[stream], items[item_id(stream, number)]
            row.standing, row.retired = row.standing - 1, row.retired + 1
            item.retired_at, item.reason = at, to_bytes(reason)


PROJECTION = Projection("duty_lists", version=1, fold=fold, on=(facts.DutyEvent,))
