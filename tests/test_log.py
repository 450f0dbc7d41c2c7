"""The log: appended whole or not at all, once, without gaps, never changed, and read as it was written."""

from __future__ import annotations

import asyncio
import hashlib
import random
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from chuishao.domain.grid import GridRedrawn
from chuishao.eventlog.connection import Pool, Unavailable, connected, open_pool
from chuishao.eventlog.log import EventLog, Filter
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.eventlog.writer import Append, Verdict, Writer
from tests.appends import OCCURRED, an_append, an_event

PARTITION = 4_194_304


@asynccontextmanager
async def pools(url: str, count: int) -> AsyncIterator[list[Pool]]:
    """Pools of their own, as several processes would have them."""
    opened = [await open_pool(url, size=3) for _ in range(count)]
    try:
        yield opened
    finally:
        for pool in opened:
            await pool.close()


async def all_of(log: EventLog) -> list[RecordedEvent]:
    return await log.after(0, 1_000_000)


async def together(writer: Writer, *commands: Append) -> list[Verdict]:
    """Append commands so that they arrive while nothing is in flight, and go in one batch."""
    return list(await asyncio.gather(*(writer.append(command) for command in commands)))


def assert_without_gaps(events: list[RecordedEvent]) -> None:
    assert [event.position for event in events] == list(range(1, len(events) + 1))
    streams: dict[UUID, int] = {}
    for event in events:
        assert event.version == streams.get(event.stream, 0) + 1
        streams[event.stream] = event.version


class CountingWriter(Writer):
    """A writer that remembers how many commands went in each call."""

    def __init__(self, pool: Pool, log: int, max_batch: int = 256) -> None:
        super().__init__(pool, log, max_batch=max_batch)
        self.batches: list[int] = []

    async def _append(self, commands: object) -> list[Verdict]:
        self.batches.append(len(commands))  # type: ignore[arg-type]
        return await super()._append(commands)  # type: ignore[arg-type]


# Appending


async def test_positions_run_from_one_without_gaps_and_versions_within_each_stream(log: EventLog) -> None:
    first, second = uuid4(), uuid4()

    await log.writer.append(an_append(first, events=2))
    await log.writer.append(an_append(second))
    await log.writer.append(an_append(first, expected=2, events=3))

    events = await all_of(log)
    assert [(e.position, e.stream, e.version) for e in events] == [
        (1, first, 1),
        (2, first, 2),
        (3, second, 1),
        (4, first, 3),
        (5, first, 4),
        (6, first, 5),
    ]
    assert await log.head() == 6
    assert await log.version(first) == 5
    assert await log.version(uuid4()) == 0


async def test_an_empty_log_has_head_zero_and_no_events(log: EventLog) -> None:
    assert await log.head() == 0
    assert await all_of(log) == []
    assert await log.stream(uuid4()) == []
    assert await log.remembered(uuid4()) is None


async def test_an_accepted_command_says_where_its_events_are_and_is_remembered(log: EventLog) -> None:
    await log.writer.append(an_append())
    command = an_append(events=3)

    verdict = await log.writer.append(command)

    assert verdict == Verdict("accepted", 2, 4, command.result)
    remembered = await log.remembered(command.command)
    assert remembered is not None
    assert (remembered.request_hash, remembered.result) == (command.request_hash, command.result)
    assert remembered.last_position == 4


async def test_one_batch_holds_every_verdict_and_nobody_aborts_a_neighbour(log: EventLog) -> None:
    subject, erased, stream = uuid4(), uuid4(), uuid4()
    key = b"k" * 32
    writer = CountingWriter(log.pool, log.id)
    earlier = an_append(stream)
    await writer.append(earlier)
    await writer.append(an_append(keys=[(subject, key), (erased, key)]))
    async with connected(log.pool) as connection:
        await connection.execute(
            "UPDATE subject_key SET key = NULL, erased_at = now() WHERE subject = $1", erased
        )
    reused = an_append()
    await writer.append(reused)
    writer.batches.clear()

    verdicts = await together(
        writer,
        an_append(events=2),
        earlier,
        reused._replace(request_hash=b"another content"),
        an_append(uuid4(), expected=7),
        an_append(keys=[(subject, b"x" * 32)]),
        an_append(keys=[(erased, key)]),
        an_append(keys=[(uuid4(), key)]),
    )

    assert writer.batches == [7]
    words = [verdict.verdict for verdict in verdicts]
    assert words == ["accepted", "duplicate", "reused", "stale", "key", "key", "accepted"]
    assert verdicts[1] == Verdict("duplicate", 1, 1, earlier.result)
    assert (verdicts[0].first_position, verdicts[0].last_position) == (4, 5)
    assert verdicts[6].first_position == 6
    for verdict in (verdicts[2], verdicts[3], verdicts[4], verdicts[5]):
        assert (verdict.first_position, verdict.last_position, verdict.result) == (None, None, None)
    assert_without_gaps(await all_of(log))
    assert await log.head() == 6


async def test_a_command_over_two_streams_is_recorded_whole_or_not_at_all(log: EventLog) -> None:
    known, new = uuid4(), uuid4()
    await log.writer.append(an_append(known))
    both = an_append(new)._replace(
        streams=[(new, "grid", 0), (known, "grid", 0)],
        events=[an_event(new, 1), an_event(known, 1)],
    )

    assert (await log.writer.append(both)).verdict == "stale"
    assert await log.version(new) == 0

    good = both._replace(
        streams=[(new, "grid", 0), (known, "grid", 1)],
        events=[an_event(known, 2), an_event(new, 1), an_event(known, 3)],
    )
    assert await log.writer.append(good) == Verdict("accepted", 2, 4, good.result)
    assert (await log.version(new), await log.version(known)) == (1, 3)
    assert len(await log.stream(known)) == 3


async def test_a_repeated_command_is_a_duplicate_even_where_its_stream_has_moved_on(log: EventLog) -> None:
    stream = uuid4()
    command = an_append(stream)
    await log.writer.append(command)
    await log.writer.append(an_append(stream, expected=1))

    assert await log.writer.append(command) == Verdict("duplicate", 1, 1, command.result)
    assert await log.head() == 2


async def test_commands_of_one_stream_are_judged_in_the_order_in_which_they_came(log: EventLog) -> None:
    stream = uuid4()

    verdicts = await together(log.writer, *(an_append(stream, expected=n) for n in (0, 1, 2, 1, 3)))

    assert [v.verdict for v in verdicts] == ["accepted", "accepted", "accepted", "stale", "accepted"]
    assert await log.version(stream) == 4


async def test_the_same_command_sent_twice_at_once_is_recorded_once(log: EventLog) -> None:
    command = an_append()

    verdicts = await together(log.writer, command, command, command)

    assert sorted(v.verdict for v in verdicts) == ["accepted", "duplicate", "duplicate"]
    assert {v.first_position for v in verdicts} == {1}


async def test_what_arrives_during_an_append_goes_together_up_to_the_batch_size(log: EventLog) -> None:
    writer = CountingWriter(log.pool, log.id, max_batch=4)

    await together(writer, *(an_append() for _ in range(10)))

    assert writer.batches == [4, 4, 2]
    assert_without_gaps(await all_of(log))


async def test_who_comes_in_the_same_turns_of_the_loop_goes_together_and_one_alone_at_once(
    log: EventLog,
) -> None:
    writer = CountingWriter(log.pool, log.id)

    async def after(turns: int) -> None:
        for _ in range(turns):
            await asyncio.sleep(0)
        await writer.append(an_append())

    await asyncio.gather(*map(after, range(5)))
    await after(0)

    assert writer.batches == [5, 1]


async def test_whoever_listens_hears_the_new_head_after_each_commit(log: EventLog) -> None:
    heard: list[int] = []
    log.writer.on_append.append(heard.append)

    await log.writer.append(an_append(events=2))
    await log.writer.append(an_append(uuid4(), expected=9))
    await together(log.writer, an_append(), an_append())

    assert heard == [2, 4]


async def test_a_caller_that_gives_up_takes_nobody_with_it(log: EventLog) -> None:
    leaving = asyncio.ensure_future(log.writer.append(an_append()))
    staying = asyncio.ensure_future(log.writer.append(an_append()))
    await asyncio.sleep(0)
    leaving.cancel()

    assert (await staying).verdict == "accepted"
    await log.writer.close()
    assert await log.head() == 2


async def test_several_writers_at_once_leave_neither_gap_nor_double(database: str) -> None:
    streams = [uuid4() for _ in range(6)]
    chance = random.Random(20260302)

    async def keep_appending(log: EventLog, rounds: int) -> int:
        """Append to shared streams, reading the version anew whenever somebody else was faster."""
        accepted = 0
        for _ in range(rounds):
            stream = chance.choice(streams)
            command = uuid4()
            while True:
                expected = await log.version(stream)
                verdict = await log.writer.append(an_append(stream, expected, chance.randint(1, 3), command))
                if verdict.verdict == "accepted":
                    accepted += 1
                    break
                assert verdict.verdict == "stale"
        return accepted

    async with pools(database, 4) as opened:
        logs = [EventLog(pool) for pool in opened]
        counts = await asyncio.gather(*(keep_appending(logs[n % 4], 15) for n in range(8)))
        events = await all_of(logs[0])
        async with connected(opened[0]) as connection:
            remembered = await connection.fetchval("SELECT count(*) FROM command")

    assert sum(counts) == remembered == 120
    assert_without_gaps(events)


async def test_two_logs_of_one_database_count_for_themselves(pool: Pool) -> None:
    stream, command = uuid4(), uuid4()
    one, two = EventLog(pool, 1), EventLog(pool, 2)

    await one.writer.append(an_append(stream, events=2, command=command))
    verdict = await two.writer.append(an_append(stream, command=command))

    assert (verdict.verdict, verdict.first_position) == ("accepted", 1)
    assert (await one.head(), await two.head()) == (2, 1)
    assert (await one.version(stream), await two.version(stream)) == (2, 1)


# What the log holds


async def test_data_and_meta_come_back_byte_for_byte(log: EventLog) -> None:
    data = '{ "b":1.50,  "a": "网格",\n "b": 2 }'.encode()
    event = an_event(uuid4(), 1, data=data, event_id=uuid4(), schema_version=3)
    await log.writer.append(
        an_append(event.stream)._replace(streams=[(event.stream, "grid", 0)], events=[event])
    )

    (stored,) = await all_of(log)

    assert (stored.data, stored.stored_meta) == (data, event.meta)
    assert (stored.event_id, stored.type, stored.schema_version) == (event.event_id, "GridRedrawn", 3)
    assert stored.occurred_at == OCCURRED
    assert (stored.log, stored.stream, stored.version) == (1, event.stream, 1)


def documented_leaf(event: RecordedEvent) -> bytes:
    """The hash as the format states it: big-endian, times in microseconds since 2000-01-01 UTC."""

    def microseconds(at: datetime) -> int:
        return (at - datetime(2000, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)

    def digest(content: bytes) -> bytes:
        return hashlib.sha256(content).digest()

    header = struct.pack(">iq16si16sh", event.log, event.position, event.stream.bytes, event.version,
                         event.event_id.bytes, event.schema_version)  # fmt: skip
    times = struct.pack(">qq", microseconds(event.occurred_at), microseconds(event.recorded_at))
    hashes = digest(event.type.encode()) + digest(event.stored_meta) + digest(event.data)
    return digest(b"\x00" + header + times + hashes)


async def test_the_leaf_hash_can_be_recomputed_from_what_is_stored(log: EventLog) -> None:
    long_ago = datetime(1949, 10, 1, 0, 0, 0, 1, tzinfo=UTC)
    await together(log.writer, an_append(events=3), an_append(occurred_at=long_ago, type="类型"))

    events = await all_of(log)

    assert len(events) == 4
    for event in events:
        assert event.leaf_hash == documented_leaf(event)
        assert event.leaf_hash != documented_leaf(replace(event, position=event.position + 1))


async def test_the_time_of_recording_never_decreases_even_when_the_clock_goes_back(log: EventLog) -> None:
    await log.writer.append(an_append())
    (first,) = await all_of(log)
    ahead = first.recorded_at + timedelta(days=1)
    async with connected(log.pool) as connection:  # as if the clock had been a day ahead
        await connection.execute(
            "INSERT INTO event SELECT log, 2, $1, 1, $1, type, schema_version, correlation, data, meta,"
            " occurred_at, $2, leaf_hash FROM event WHERE position = 1",
            uuid4(),
            ahead,
        )

    await log.writer.append(an_append())
    await log.writer.append(an_append())

    times = [event.recorded_at for event in await all_of(log)]
    assert times == sorted(times)
    assert times[1:] == [ahead, ahead, ahead]


# Reading


async def test_a_stream_is_read_in_order_as_domain_events(log: EventLog) -> None:
    stream = uuid4()
    await together(log.writer, an_append(stream, events=2), an_append(), an_append(stream, expected=2))

    events = await log.stream(stream)

    assert [type(event) for event in events] == [GridRedrawn] * 3
    assert [event.originator_version for event in events] == [1, 2, 3]
    assert isinstance(events[0], GridRedrawn)
    assert (events[0].name, events[0].households) == ("网格", 300)


async def test_reading_after_a_position_gives_at_most_the_limit(log: EventLog) -> None:
    await log.writer.append(an_append(events=10))

    assert [e.position for e in await log.after(0, 3)] == [1, 2, 3]
    assert [e.position for e in await log.after(3, 3)] == [4, 5, 6]
    assert [e.position for e in await log.after(9, 3)] == [10]
    assert await log.after(10, 3) == []


CASE = uuid4()


@pytest.mark.parametrize(
    ("wanted", "positions"),
    [
        (Filter(), [1, 2, 3, 4]),
        (Filter(place="120101001001"), [1, 2, 4]),
        (Filter(place="120101001001-G001"), [2]),
        (Filter(place="12010100100"), [1, 2, 3, 4]),
        (Filter(place="%"), []),
        (Filter(types=frozenset({"GridRetired"})), [2, 3]),
        (Filter(types=frozenset({"GridRetired", "GridRedrawn"})), [1, 2, 3]),
        (Filter(types=frozenset()), []),
        (Filter(correlation=CASE), [3, 4]),
        (Filter(correlation=uuid4()), []),
        (Filter(place="120101001001", types=frozenset({"CaseClosed"}), correlation=CASE), [4]),
    ],
)
async def test_a_filter_gives_the_same_events_in_the_database_and_in_memory(
    log: EventLog, wanted: Filter, positions: list[int]
) -> None:
    for kind, place, correlation in (
        ("GridRedrawn", "120101001001", None),
        ("GridRetired", "120101001001-G001", None),
        ("GridRetired", "120101001002", CASE),
        ("CaseClosed", "120101001001", CASE),
    ):
        await log.writer.append(an_append(type=kind, place=place, correlation=correlation))

    assert [e.position for e in await log.matching(wanted, 0, 4)] == positions
    assert [e.position for e in await all_of(log) if wanted.fits(e)] == positions
    assert [e.position for e in await log.matching(wanted, 1, 3)] == [p for p in positions if 1 < p <= 3]


async def test_an_event_of_no_case_belongs_to_no_correlation(log: EventLog) -> None:
    await log.writer.append(an_append())
    (event,) = await all_of(log)
    its_command = Filter(correlation=event.meta.correlation)

    assert await log.matching(its_command, 0, 1) == []
    assert not its_command.fits(event)


# Append-only


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE event SET type = 'Other'",
        "UPDATE event SET position = position + 4194304",
        "DELETE FROM event",
        "DELETE FROM event WHERE position = 1",
        "TRUNCATE event",
        "TRUNCATE event_0",
        "UPDATE event_0 SET data = '{}'",
        "UPDATE command SET result = '{}'",
        "DELETE FROM command",
        "TRUNCATE command",
    ],
)
async def test_what_was_recorded_is_never_changed(log: EventLog, statement: str) -> None:
    await log.writer.append(an_append())
    before = await all_of(log)

    async with connected(log.pool) as connection:
        with pytest.raises(asyncpg.RestrictViolationError, match="append-only") as refused:
            await connection.execute(statement)

    assert refused.value.hint == "Record a correcting event instead."
    assert await all_of(log) == before


async def test_deleting_nothing_is_no_change(log: EventLog) -> None:
    async with connected(log.pool) as connection:
        assert await connection.execute("DELETE FROM event WHERE position = 99") == "DELETE 0"


# Partitions


async def move_head(pool: Pool, position: int) -> None:
    """Let the log end at a position, as if everything before it were there."""
    async with connected(pool) as connection:
        await connection.execute(
            "INSERT INTO event SELECT 1, $1, $2, 1, $2, 'GridRedrawn', 1, NULL, '{}', '{}', now(), now(), ''",
            position,
            uuid4(),
        )


async def partitions(pool: Pool) -> list[str]:
    query = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'event'::regclass ORDER BY 1"
    async with connected(pool) as connection:
        return [row[0] for row in await connection.fetch(query)]


async def make_partitions(pool: Pool) -> int:
    async with connected(pool) as connection:
        made: int = await connection.fetchval("SELECT ensure_event_partitions()")
    return made


async def test_a_fresh_log_has_one_partition_more_than_it_needs(pool: Pool) -> None:
    assert await partitions(pool) == ["event_0", "event_1"]
    assert await make_partitions(pool) == 0


async def test_appends_and_streams_go_on_across_a_partition_boundary(log: EventLog) -> None:
    stream = uuid4()
    await move_head(log.pool, PARTITION - 3)

    verdict = await log.writer.append(an_append(stream, events=5))
    await log.writer.append(an_append(stream, expected=5))

    assert (verdict.first_position, verdict.last_position) == (PARTITION - 2, PARTITION + 2)
    positions = [event.position for event in await log.after(PARTITION - 3, 100)]
    assert positions == list(range(PARTITION - 2, PARTITION + 4))
    assert [event.originator_version for event in await log.stream(stream)] == [1, 2, 3, 4, 5, 6]
    async with connected(log.pool) as connection:
        assert await connection.fetchval("SELECT count(*) FROM event_1") == 4
        for statement in ("DELETE FROM event", "TRUNCATE event_1", "UPDATE event_1 SET type = ''"):
            with pytest.raises(asyncpg.RestrictViolationError):
                await connection.execute(statement)


async def test_partitions_are_made_ahead_of_the_head(log: EventLog) -> None:
    await move_head(log.pool, PARTITION + 1)

    assert await make_partitions(log.pool) == 1
    assert await make_partitions(log.pool) == 0
    assert await partitions(log.pool) == ["event_0", "event_1", "event_2"]

    await move_head(log.pool, 2 * PARTITION - 1)
    assert (await log.writer.append(an_append(events=2))).last_position == 2 * PARTITION + 1
    async with connected(log.pool) as connection:
        with pytest.raises(asyncpg.RestrictViolationError):
            await connection.execute("TRUNCATE event_2")


async def test_the_highest_head_of_all_logs_decides_about_partitions(pool: Pool) -> None:
    async with connected(pool) as connection:
        await connection.execute("INSERT INTO log (id) VALUES (2)")
    await move_head(pool, PARTITION + 1)
    await EventLog(pool, 2).writer.append(an_append())

    assert await make_partitions(pool) == 1


async def test_partitions_made_by_several_at_once_are_made_once(database: str, pool: Pool) -> None:
    await move_head(pool, PARTITION)
    async with pools(database, 3) as opened:
        assert sorted(await asyncio.gather(*map(make_partitions, opened))) == [0, 0, 1]


# When the database goes away


async def terminate(url: str, pool: Pool) -> None:
    """Kill every backend of a pool, from outside of it."""
    pids = [holder._con.get_server_pid() for holder in pool._holders if holder._con]  # type: ignore[attr-defined]
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) AS pid", pids)
    finally:
        await connection.close()


async def until_answered(append: Callable[[], Awaitable[Verdict]]) -> tuple[Verdict, int]:
    """Send a command until its fate is known; give the verdict and how often it was not."""
    for unavailable in range(1000):
        try:
            return await append(), unavailable
        except Unavailable:
            await asyncio.sleep(0)
    raise AssertionError("the database never came back")


async def test_a_command_whose_fate_is_unknown_may_be_sent_again_and_is_recorded_once(
    database: str, pool: Pool
) -> None:
    log = EventLog(pool)
    commands = [an_append(events=2) for _ in range(400)]
    unknown = 0
    done = asyncio.Event()

    async def send(mine: list[Append]) -> list[Verdict]:
        nonlocal unknown
        verdicts = []
        for command in mine:
            verdict, failures = await until_answered(lambda command=command: log.writer.append(command))  # type: ignore[misc]
            unknown += failures
            verdicts.append(verdict)
        return verdicts

    async def kill_backends() -> int:
        kills = 0
        while not done.is_set():
            await terminate(database, pool)
            kills += 1
        return kills

    killer = asyncio.create_task(kill_backends())
    answered = await asyncio.gather(*(send(commands[n::8]) for n in range(8)))
    done.set()
    kills = await killer

    assert kills > 0 and unknown > 0
    async with pools(database, 1) as (unharmed,):
        events = await all_of(EventLog(unharmed))
    assert len(events) == 800
    assert_without_gaps(events)
    for verdict in (verdict for mine in answered for verdict in mine):
        assert verdict.verdict in {"accepted", "duplicate"}
    firsts = {verdict.first_position for mine in answered for verdict in mine}
    assert firsts == set(range(1, 800, 2))


async def test_an_append_that_waits_for_its_turn_and_is_killed_records_nothing(
    database: str, pool: Pool
) -> None:
    log = EventLog(pool)
    command = an_append()
    blocker = await asyncpg.connect(database)
    try:
        async with blocker.transaction():
            await blocker.execute("SELECT pg_advisory_xact_lock(1)")
            waiting = asyncio.ensure_future(log.writer.append(command))
            query = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            while (pid := await blocker.fetchval(query)) is None:
                pass
            await blocker.execute("SELECT pg_terminate_backend($1)", pid)
            with pytest.raises(Unavailable):
                await waiting
    finally:
        await blocker.close()

    assert await log.head() == 0
    assert (await log.writer.append(command)).verdict == "accepted"


async def test_a_mistake_of_ours_is_not_taken_for_a_database_that_is_away(log: EventLog) -> None:
    with pytest.raises(asyncpg.DataError, match="value out of int32 range"):
        await log.writer.append(an_append(expected=2**40))


async def test_a_database_that_is_not_there_is_unavailable(database: str) -> None:
    with pytest.raises(Unavailable, match="cannot be reached"):
        await open_pool(database + "_gone")
