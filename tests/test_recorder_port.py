"""What every recorder of `eventsourcing` promises, asked of our log.

The library's own cases are synchronous and speak of integrity errors; here a conflict is a verdict, a
notification is a recorded event, and a notification id is a position.
"""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import asyncpg
import pytest
from eventsourcing.persistence import StoredEvent

from chuishao.eventlog.connection import connected
from chuishao.eventlog.log import EventLog, Filter
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.eventlog.writer import Append, Verdict
from tests.appends import an_append, an_event


async def insert(log: EventLog, *events: StoredEvent) -> Verdict:
    """Record stored events as one command that expects each stream where its first event says."""
    expected: dict[UUID, int] = {}
    for event in events:
        expected.setdefault(_id(event), event.originator_version - 1)
    new = [an_event(_id(e), e.originator_version, type=e.topic, data=b'"' + e.state + b'"') for e in events]
    streams = [(id_, "any", version) for id_, version in expected.items()]
    return await log.writer.append(Append(uuid4(), b"hash", b"{}", streams, new))


def _id(event: StoredEvent) -> UUID:
    assert isinstance(event.originator_id, UUID)
    return event.originator_id


def stored(event: RecordedEvent) -> StoredEvent:
    return StoredEvent(event.stream, event.version, event.type, event.data.strip(b'"'))


async def notifications(
    log: EventLog, start: int, limit: int, stop: int | None = None, topics: tuple[str, ...] = ()
) -> list[tuple[int, StoredEvent]]:
    """Events from a position on (inclusive) up to another, of some topics: what the library selects."""
    wanted = Filter(types=frozenset(topics) if topics else None)
    found = await log.matching(wanted, start - 1, stop if stop is not None else await log.head())
    return [(event.position, stored(event)) for event in found[:limit]]


async def stream(log: EventLog, id_: UUID) -> list[StoredEvent]:
    return [stored(event) for event in await log.after(0, 1000) if event.stream == id_]


def an(id_: UUID, version: int, topic: str = "topic") -> StoredEvent:
    return StoredEvent(id_, version, topic, f"state{version}".encode())


# As an aggregate recorder


async def test_an_unknown_sequence_is_empty(log: EventLog) -> None:
    assert await log.stream(uuid4()) == []
    assert await stream(log, uuid4()) == []


async def test_an_event_is_selected_as_it_was_inserted(log: EventLog) -> None:
    event = an(uuid4(), 1)
    assert (await insert(log, event)).verdict == "accepted"
    (selected,) = await stream(log, _id(event))
    assert selected == event
    assert isinstance(selected.state, bytes)


async def test_an_event_cannot_be_inserted_twice(log: EventLog) -> None:
    event = an(uuid4(), 1)
    await insert(log, event)
    assert (await insert(log, event)).verdict == "stale"
    assert await stream(log, _id(event)) == [event]


async def test_inserting_is_atomic(log: EventLog) -> None:
    id_ = uuid4()
    first, second, third = an(id_, 1), an(id_, 2), an(id_, 3)
    await insert(log, first)

    assert (await insert(log, first, second)).verdict == "stale"
    assert await stream(log, id_) == [first]
    with pytest.raises(asyncpg.UniqueViolationError):
        await insert(log, second, second)  # nothing that the executor ever sends
    assert await stream(log, id_) == [first]

    assert (await insert(log, second, third)).verdict == "accepted"
    assert await stream(log, id_) == [first, second, third]
    assert await log.version(id_) == 3


async def test_a_sequence_has_no_gap(log: EventLog) -> None:
    id_ = uuid4()
    await insert(log, an(id_, 1))
    assert (await insert(log, an(id_, 3))).verdict == "stale"


async def test_sequences_are_distinguished(log: EventLog) -> None:
    one, two = uuid4(), uuid4()
    await insert(log, an(one, 1))
    assert await stream(log, two) == []
    await insert(log, an(two, 1, "other"))
    assert await stream(log, one) == [an(one, 1)]
    assert await stream(log, two) == [an(two, 1, "other")]


# As an application recorder


async def test_a_fresh_log_has_no_notifications(log: EventLog) -> None:
    assert await notifications(log, 1, 3) == []
    assert await notifications(log, 1, 3, topics=("topic1",)) == []
    assert await log.head() == 0


async def test_notifications_are_selected_by_position_limit_and_topic(log: EventLog) -> None:
    one, two = uuid4(), uuid4()
    events = [an(one, 1, "topic1"), an(one, 2, "topic2"), an(two, 1, "topic3")]
    both = await insert(log, *events[:2])
    last = await insert(log, events[2])
    assert (both.first_position, both.last_position, last.first_position) == (1, 2, 3)
    assert (await insert(log, events[2])).verdict == "stale"

    assert await notifications(log, 1, 10) == list(enumerate(events, start=1))
    for arguments, positions in (
        ({"start": 1, "limit": 1}, [1]),
        ({"start": 2, "limit": 1}, [2]),
        ({"start": 2, "limit": 2}, [2, 3]),
        ({"start": 3, "limit": 1}, [3]),
        ({"start": 4, "limit": 1}, []),
        ({"start": 1, "limit": 10, "stop": 2}, [1, 2]),
        ({"start": 2, "limit": 10, "stop": 2}, [2]),
        ({"start": 1, "limit": 10, "topics": ("topic1", "topic2", "topic3")}, [1, 2, 3]),
        ({"start": 1, "limit": 10, "topics": ("topic1",)}, [1]),
        ({"start": 1, "limit": 3, "topics": ("topic3",)}, [3]),
        ({"start": 1, "limit": 3, "topics": ("topic1", "topic3")}, [1, 3]),
        ({"start": 2, "limit": 3, "topics": ("topic1",)}, []),
    ):
        selected = await notifications(log, **arguments)
        assert [position for position, _ in selected] == positions, arguments
    assert await log.head() == 3


async def test_concurrent_writers_of_long_sequences_do_not_conflict_and_readers_see_no_gap(
    log: EventLog,
) -> None:
    done = asyncio.Event()

    async def read() -> list[int]:
        """Tail the log: whatever is read next must be last + 1, at any moment."""
        positions: list[int] = []
        while True:
            last_look = done.is_set()
            page = await log.after(len(positions), 250)
            positions += [event.position for event in page]
            assert positions == list(range(1, len(positions) + 1))
            if last_look and not page:
                return positions

    readers = [asyncio.create_task(read()) for _ in range(2)]
    commands = [an_append(events=20) for _ in range(100)]
    verdicts = await asyncio.gather(*(log.writer.append(command) for command in commands))
    done.set()

    assert {verdict.verdict for verdict in verdicts} == {"accepted"}
    assert [len(await reader) for reader in readers] == [2000, 2000]
    for verdict in verdicts:
        assert verdict.first_position is not None and verdict.last_position is not None
        assert verdict.last_position - verdict.first_position == 19  # nobody is between a command's events


async def test_positions_are_commit_order(log: EventLog) -> None:
    """A transaction that is slow to commit holds the others back instead of appearing behind a reader."""
    async with connected(log.pool) as slow:
        transaction = slow.transaction()
        await transaction.start()
        await slow.execute("SELECT pg_advisory_xact_lock($1)", log.id)
        waiting = asyncio.create_task(insert(log, an(uuid4(), 1)))
        query = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        while not await slow.fetchval(query):
            pass
        assert await log.head() == 0 and not waiting.done()
        await transaction.rollback()
    assert (await waiting).first_position == 1
