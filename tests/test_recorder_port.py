"""What every recorder of `eventsourcing` promises, asked of our log.

The library's own cases are synchronous and speak of integrity errors; here a conflict is a verdict, a
notification is a recorded event, and a notification id is a position.
"""

from __future__ import annotations

import ast
import asyncio
from collections.abc import Iterator
from contextlib import aclosing
from importlib.util import find_spec
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest
from eventsourcing.persistence import StoredEvent

from chuishao.eventlog.connection import connected, open_pool
from chuishao.eventlog.feed import Feed
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


async def test_two_long_sequences_that_are_inserted_at_once_do_not_interleave(
    log: EventLog, database: str
) -> None:
    pool = await open_pool(database, size=1)
    writers = [log.writer, EventLog(pool).writer]
    commands = [an_append(events=1000) for _ in writers]
    sent = zip(writers, commands, strict=True)
    verdicts = await asyncio.gather(*(writer.append(command) for writer, command in sent))
    await pool.close()

    assert sorted((v.first_position, v.last_position) for v in verdicts) == [(1, 1000), (1001, 2000)]
    for command, verdict in zip(commands, verdicts, strict=True):
        assert verdict.first_position is not None and verdict.last_position is not None
        found = await log.matching(Filter(), verdict.first_position - 1, verdict.last_position)
        assert {event.stream for event in found} == {command.events[0].stream}


async def test_a_subscription_gives_what_is_there_and_then_what_comes(log: EventLog) -> None:
    one, two = uuid4(), uuid4()
    events = [an(one, 1, "topic1"), an(one, 2, "topic2"), an(two, 1, "topic3")]
    feed = Feed(log)
    await feed.start()
    await insert(log, *events[:2])
    for after in (0, 1, 2):
        async with aclosing(feed.follow(Filter(), after)) as subscription:  # type: ignore[type-var]
            received = [(await anext(subscription)).position for _ in range(2 - after)]
            assert received == list(range(after + 1, 3))
    async with aclosing(feed.follow(Filter(), 2)) as subscription:  # type: ignore[type-var]
        waiting = asyncio.ensure_future(anext(subscription))
        await insert(log, events[2])
        assert stored(await waiting) == events[2]
    topics = Filter(types=frozenset({"topic1", "topic3"}))
    async with aclosing(feed.follow(topics, 0)) as subscription:  # type: ignore[type-var]
        assert [(await anext(subscription)).position for _ in range(2)] == [1, 3]
    await feed.stop()


# Where each of the library's cases is asked, or why it cannot be

HERE = "test_recorder_port"
EXACTLY_ONCE = ("test_engine::test_every_event_is_folded_exactly_once",)
MEASURED = "It asserts nothing and measures: `make bench` does, against the library's own recorder."
OWN = (
    "The transcoder is the library's own, unchanged. How ours use it: test_event_versions.py, and for states"
    " test_snapshots.py."
)
SEALED = (
    "There is no cipher or compressor for whole events: who, what and when stay readable for auditors, and"
    " words about people are sealed with keys of their own: test_keyring.py."
)
NO_FACTORY = "Nothing is made by a name in the environment: a log is `EventLog(pool)`."
CASES: dict[str, tuple[str, ...] | str] = {
    "AggregateRecorderTestCase.test_insert_and_select": (
        f"{HERE}::test_an_unknown_sequence_is_empty",
        f"{HERE}::test_an_event_is_selected_as_it_was_inserted",
        f"{HERE}::test_an_event_cannot_be_inserted_twice",
        f"{HERE}::test_inserting_is_atomic",
        f"{HERE}::test_sequences_are_distinguished",
        # parts of a sequence are selected only behind a snapshot, in the statement that reads it
        "test_snapshots::test_of_ten_thousand_events_only_those_after_the_snapshot_are_folded",
    ),
    "AggregateRecorderTestCase.test_performance": MEASURED,
    "ApplicationRecorderTestCase.test_insert_select": (
        f"{HERE}::test_a_fresh_log_has_no_notifications",
        f"{HERE}::test_notifications_are_selected_by_position_limit_and_topic",
    ),
    "ApplicationRecorderTestCase.test_performance": MEASURED,
    "ApplicationRecorderTestCase.test_concurrent_no_conflicts": (
        f"{HERE}::test_concurrent_writers_of_long_sequences_do_not_conflict_and_readers_see_no_gap",
    ),
    "ApplicationRecorderTestCase.test_concurrent_throughput": (
        f"{HERE}::test_concurrent_writers_of_long_sequences_do_not_conflict_and_readers_see_no_gap",
    ),
    "ApplicationRecorderTestCase.optional_test_insert_subscribe": (
        f"{HERE}::test_a_subscription_gives_what_is_there_and_then_what_comes",
        "test_feed::test_a_follower_gets_only_what_it_wants_from_memory_and_from_the_database",
    ),
    "TrackingRecorderTestCase.test_insert_tracking": (
        *EXACTLY_ONCE,
        "test_engine::test_a_projection_whose_checkpoint_somebody_else_holds_is_left_to_them",
    ),
    "TrackingRecorderTestCase.test_wait": (
        "test_engine::test_whoever_wrote_can_wait_until_the_read_models_know_it",
        "test_engine::test_waiting_takes_an_end_and_says_how_far_the_read_models_are",
        "test_engine::test_nobody_waits_for_a_read_model_that_has_stopped_before",
    ),
    "ProcessRecorderTestCase.test_insert_select": (
        *EXACTLY_ONCE,  # rows and checkpoint in one transaction; a read model appends no events
        "test_engine::test_a_backend_killed_in_the_middle_of_a_batch_leaves_the_batch_to_be_folded_again",
    ),
    "ProcessRecorderTestCase.test_has_tracking_id": (
        "test_engine::test_what_another_process_folded_counts_as_reached",
    ),
    "ProcessRecorderTestCase.test_raises_when_lower_inserted_later": EXACTLY_ONCE,
    "ProcessRecorderTestCase.test_performance": MEASURED,
    "NonInterleavingNotificationIDsBaseCase.test": (
        f"{HERE}::test_two_long_sequences_that_are_inserted_at_once_do_not_interleave",
    ),
    "InfrastructureFactoryTestCase.test_mapper": (
        "test_event_versions::test_what_is_stored_today_is_stored_as_ever",
    ),
    "InfrastructureFactoryTestCase.test_mapper_with_compressor": SEALED,
    "InfrastructureFactoryTestCase.test_mapper_with_cipher": SEALED,
    "InfrastructureFactoryTestCase.test_mapper_with_cipher_and_compressor": SEALED,
    "InfrastructureFactoryTestCase.test_mapper_with_wrong_cipher_key": SEALED,
    "InfrastructureFactoryTestCase.test_create_aggregate_recorder": NO_FACTORY,
    "InfrastructureFactoryTestCase.test_create_application_recorder": NO_FACTORY,
    "InfrastructureFactoryTestCase.test_create_tracking_recorder": NO_FACTORY,
    "InfrastructureFactoryTestCase.test_create_process_recorder": NO_FACTORY,
    "TranscoderTestCase.test_str": OWN,
    "TranscoderTestCase.test_dict": OWN,
    "TranscoderTestCase.test_dict_with_len_2_and__data_": OWN,
    "TranscoderTestCase.test_dict_with_len_2_and__type_": OWN,
    "TranscoderTestCase.test_dict_subclass": OWN,
    "TranscoderTestCase.test_list_subclass": OWN,
    "TranscoderTestCase.test_str_subclass": OWN,
    "TranscoderTestCase.test_int_subclass": OWN,
    "TranscoderTestCase.test_tuple": OWN,
    "TranscoderTestCase.test_list": OWN,
    "TranscoderTestCase.test_mixed": OWN,
    "TranscoderTestCase.test_custom_type_in_dict": OWN,
    "TranscoderTestCase.test_nested_custom_type": OWN,
    "TranscoderTestCase.test_custom_type_error": OWN,
}


def functions(path: Path) -> Iterator[tuple[str, str]]:
    """Every function of a module with the class that it is in, read without importing anything."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield "", node.name
        elif isinstance(node, ast.ClassDef):
            yield from ((node.name, part.name) for part in node.body if isinstance(part, ast.FunctionDef))


def test_every_case_that_ships_with_the_library_is_asked_or_argued() -> None:
    package = find_spec("eventsourcing")
    assert package is not None and package.origin is not None
    shipped = functions(Path(package.origin).parent / "tests" / "persistence.py")
    cases = {f"{kind}.{name}" for kind, name in shipped if name.startswith(("test", "optional_test"))}
    assert cases == set(CASES)


@pytest.mark.parametrize("case", [case for case, asked in CASES.items() if isinstance(asked, tuple)])
def test_where_a_case_is_said_to_be_asked_there_is_such_a_test(case: str) -> None:
    for asked in CASES[case]:
        module, _, name = asked.partition("::")
        assert ("", name) in functions(Path(__file__).with_name(f"{module}.py")), asked
