"""The log, whatever may happen to it: one machine, many orders of events, and what stays true in all.

A longer look: `pytest tests/test_log_machine.py --hypothesis-profile=long`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import aclosing
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise
from typing import Any, TypeVar
from uuid import UUID, uuid4

import asyncpg
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from chuishao.domain.erasure import Erasure, ErasureGround
from chuishao.domain.event import PersonalText, SealedText, fold
from chuishao.domain.identity import erasure_id, successor
from chuishao.domain.worker import ContactPublished, GridWorker, GridWorkerRegistered
from chuishao.eventlog import aggregates, feed
from chuishao.eventlog.connection import Pool, Unavailable, connected, open_pool
from chuishao.eventlog.cursor import cursor_of
from chuishao.eventlog.feed import Feed
from chuishao.eventlog.keyring import to_bytes
from chuishao.eventlog.log import EventLog, Filter
from chuishao.eventlog.mapper import RecordedEvent, schema_version, sealed_texts
from chuishao.eventlog.merkle import consistent, included
from chuishao.eventlog.sealer import Sealed, seal
from chuishao.eventlog.tiles import consistency_proof, inclusion_proofs
from chuishao.eventlog.writer import Append, NewEvent, Verdict
from chuishao.projections.engine import Engine
from chuishao.projections.rebuild import Manner, NothingToGoBackTo, go_back, rebuild
from chuishao.projections.workers import PROJECTION as WORKERS
from tests.appends import an_event
from tests.conftest import copy_of_template, drop
from tests.test_snapshots import DAMAGES
from tests.town import COMMUNITY, GRID, START

T = TypeVar("T")
LONG = "long"
"""The profile for a longer look."""
SEED = bytes(range(32))
WHO = st.integers(0, 1)
"""Which of two processes."""
WHICH = st.integers(0, 60)
"""Which of what there is, round and round."""
WHAT = st.sampled_from(["post", "contact"])
CHANGES = st.lists(st.tuples(WHICH, WHAT), min_size=1, max_size=3, unique_by=lambda change: change[0])
WAITING = """
SELECT l.pid FROM pg_locks l JOIN pg_database d ON d.oid = l.database
WHERE l.locktype = 'advisory' AND NOT l.granted AND d.datname = current_database()
"""
ALL = "SELECT position, stream, version, event_id, recorded_at FROM event ORDER BY position"
REMEMBERED = "SELECT id, first_position, last_position, result FROM command"


@dataclass
class Process:
    """What one process of a server has: a pool, a log, a feed that follows."""

    url: str
    pool: Pool
    log: EventLog
    feed: Feed

    @classmethod
    async def start(cls, url: str) -> Process:
        """Begin with nothing remembered."""
        pool = await open_pool(url, size=4)
        log = EventLog(pool)
        made = cls(url, pool, log, Feed(log))
        await made.feed.start()
        return made

    async def stop(self) -> None:
        """End without a word to anybody."""
        await self.log.writer.close()
        await self.log.aggregates.close()
        await self.feed.stop()
        self.pool.terminate()

    @property
    def open_connections(self) -> list[Any]:
        """The connections that are not known to be dead."""
        held = [holder._con for holder in self.pool._holders]  # type: ignore[attr-defined]
        return [one for one in held if one is not None and not one.is_closed()]


@dataclass
class Follower:
    """Somebody outside who follows with a cursor, and what came so far."""

    cursor: str
    seen: list[int]


class LogMachine(RuleBasedStateMachine):
    """A model of the log beside the log itself: grid workers take posts, leave them and publish contacts."""

    server: str
    runner: asyncio.Runner

    def __init__(self) -> None:
        super().__init__()
        self.url = self.run(copy_of_template(self.server))
        self.processes = [self.run(Process.start(self.url)) for _ in range(2)]
        self.live: dict[UUID, GridWorker] = {}
        self.recorded: list[tuple[int, UUID, int, UUID]] = []
        self.commands: dict[UUID, tuple[Append, Verdict]] = {}
        self.words: dict[tuple[UUID, int], tuple[UUID, str]] = {}
        self.identities: dict[UUID, UUID] = {}
        self.erased: set[UUID] = set()
        self.checkpoints: list[Sealed] = []
        self.followers: list[Follower] = []
        self.moment = START

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Let the loop run until something is done; between two rules everything stands still."""
        return self.runner.run(work)

    @initialize(workers=st.integers(1, 4))
    def begin(self, workers: int) -> None:
        """Have some workers, and followers from the start."""
        start = self.processes[0].log.start_cursor
        self.followers = [Follower(start, []) for _ in range(3)]
        for number in range(workers):
            self.register(number % 2)

    # Making and sending commands

    def worker(self, which: int) -> UUID:
        """One of the workers there are."""
        return list(self.live)[which % len(self.live)]

    def change(self, aggregate: GridWorker, what: str) -> GridWorker:
        """Let something happen to a worker."""
        self.moment += timedelta(minutes=1)
        if what == "contact":
            aggregate.publish(f"电话 {aggregate.version:04d}", self.moment)
        elif aggregate.grid is None:
            aggregate.take(GRID, self.moment)
        else:
            aggregate.leave(self.moment)
        return aggregate

    def changed(self, changes: Sequence[tuple[int, str]]) -> list[GridWorker]:
        """Workers to whom something happened; each of them once."""
        streams = {self.worker(which): what for which, what in changes}
        return [self.change(deepcopy(self.live[stream]), what) for stream, what in streams.items()]

    def command(
        self, who: int, decided: Sequence[Any], reads: Sequence[tuple[UUID, int]] = (), **fields: Any
    ) -> Append:
        """The command that records what aggregates decided, as a process seals and writes it."""
        log, events, streams = self.processes[who].log, [], []
        for aggregate in deepcopy(decided):
            pending = [self.under_living_identity(event) for event in aggregate.collect_events()]
            streams.append((aggregate.id, type(aggregate).TOPIC, aggregate.version - len(pending)))
            events += [new_event(log, event) for event in pending]
        texts = [text for one in decided for event in one.pending_events for text in plain_texts(event)]
        subjects = {self.identities.get(text.subject, text.subject) for text in texts}
        keys = [(subject, log.keyring.key_for_sealing(subject)) for subject in subjects]
        id_ = fields.pop("id", None) or uuid4()
        result = f'{{"id":"{streams[0][0].hex}"}}'.encode()
        return Append(id_, b"as asked", result, streams, events, keys, reads, **fields)

    def under_living_identity(self, event: Any) -> Any:
        """An event with its words under the identity that is not erased, as the executor does it."""
        words = {
            name: PersonalText(self.identities.get(value.subject, value.subject), value.text)
            for name, value in vars(event).items()
            if isinstance(value, PersonalText)
        }
        return replace(event, **words)

    def send(self, who: int, decided: Sequence[Any], **fields: Any) -> Verdict:
        """Send a command until its verdict is not that another process had made the key already."""
        id_ = uuid4()
        while True:
            command = self.command(who, decided, id=id_, **fields)
            verdict = self.run(self.processes[who].log.writer.append(command))
            if verdict.verdict != "key":
                break
            self.run(self.learn_keys(who, command))
        if verdict.verdict == "accepted":
            self.remember(command, verdict, decided)
        return verdict

    async def learn_keys(self, who: int, command: Append) -> None:
        """Learn the stored keys, as the executor does."""
        log = self.processes[who].log
        async with connected(log.pool) as connection:
            assert await log.keyring.reload(connection, [subject for subject, _ in command.keys]) == set()

    def remember(self, command: Append, verdict: Verdict, decided: Sequence[Any]) -> None:
        """Take an accepted command into the model: it stands right behind everything before it."""
        first, head = len(self.recorded) + 1, len(self.recorded) + len(command.events)
        assert (verdict.first_position, verdict.last_position) == (first, head)
        assert verdict.result == command.result
        self.commands[command.command] = (command, verdict)
        self.recorded += [
            (position, event.stream, event.version, event.event_id)
            for position, event in enumerate(command.events, start=first)
        ]
        for aggregate in deepcopy(decided):
            for event in aggregate.collect_events():
                for text in plain_texts(event):
                    identity = self.identities.get(text.subject, text.subject)
                    self.words[event.originator_id, event.originator_version] = (identity, text.text)
            if isinstance(aggregate, GridWorker):
                self.live[aggregate.id] = aggregate

    # Appending

    @rule(who=WHO)
    def register(self, who: int) -> None:
        """A new stream, with words about somebody new."""
        self.moment += timedelta(minutes=1)
        label = f"网格员 {len(self.live):03d}"
        made = GridWorker.register(uuid4(), COMMUNITY, label, f"姓名 {label}", self.moment)
        assert self.send(who, [made]).verdict == "accepted"

    @rule(who=WHO, changes=CHANGES, seen=st.lists(WHICH, max_size=2))
    def append(self, who: int, changes: list[tuple[int, str]], seen: list[int]) -> None:
        """One or several streams at the expected versions, and others that were only read."""
        decided = self.changed(changes)
        written = {aggregate.id for aggregate in decided}
        read = {self.worker(which) for which in seen} - written
        reads = [(stream, self.live[stream].version) for stream in read] + [(uuid4(), 0)]
        assert self.send(who, decided, reads=reads).verdict == "accepted"

    @rule(who=WHO, changes=CHANGES, by=st.sampled_from([-1, 1]), only_read=st.booleans())
    def append_on_another_version(
        self, who: int, changes: list[tuple[int, str]], by: int, only_read: bool
    ) -> None:
        """One stream of a command is not as it was seen: nothing of the command is recorded."""
        decided = self.changed(changes)
        command = self.command(who, decided)
        stream, category, version = command.streams[0]
        if only_read:
            command = command._replace(streams=command.streams[1:], reads=[(stream, version + by)])
            command = command._replace(events=[e for e in command.events if e.stream != stream])
        else:
            command = command._replace(streams=[(stream, category, version + by), *command.streams[1:]])
        verdict = self.run(self.processes[who].log.writer.append(command))
        assert verdict == Verdict("stale", None, None, None)

    @precondition(lambda self: self.commands)
    @rule(who=WHO, which=WHICH)
    def repeat(self, who: int, which: int) -> None:
        """The same command again, through whichever process: the first answer."""
        command, first = list(self.commands.values())[which % len(self.commands)]
        verdict = self.run(self.processes[who].log.writer.append(command))
        assert verdict == replace(first, verdict="duplicate")

    @rule(who=WHO, which=WHICH, changes=CHANGES)
    def reuse(self, who: int, which: int, changes: list[tuple[int, str]]) -> None:
        """The id of a command with other content is refused."""
        used = list(self.commands)[which % len(self.commands)]
        other = self.command(who, self.changed(changes), id=used)._replace(request_hash=b"something else")
        assert self.run(self.processes[who].log.writer.append(other)) == Verdict("reused", None, None, None)

    @rule(which=WHICH, writers=st.lists(WHO, min_size=2, max_size=6))
    def compete(self, which: int, writers: list[int]) -> None:
        """Several at once decide on the same version of a stream: one is first, the others are stale."""
        decided = self.changed([(which, "post")])
        commands = [self.command(who, decided) for who in writers]

        async def at_once() -> list[Verdict]:
            sent = zip(writers, commands, strict=True)
            return await asyncio.gather(*(self.processes[who].log.writer.append(c) for who, c in sent))

        verdicts = self.run(at_once())
        assert sorted(verdict.verdict for verdict in verdicts) == [
            "accepted",
            *["stale"] * (len(writers) - 1),
        ]
        (winner,) = [n for n, verdict in enumerate(verdicts) if verdict.verdict == "accepted"]
        self.remember(commands[winner], verdicts[winner], decided)

    @rule(who=WHO, changes=CHANGES)
    def crash(self, who: int, changes: list[tuple[int, str]]) -> None:
        """The backend dies in the middle of an append: nothing is recorded, and it may be sent again."""
        decided = self.changed(changes)
        self.run(self.killed(who, self.command(who, decided)))
        assert self.send(who, decided).verdict == "accepted"

    async def killed(self, who: int, command: Append) -> None:
        """Let an append wait for its turn, and terminate it there."""
        blocker = await asyncpg.connect(self.url)
        try:
            async with blocker.transaction():
                await blocker.execute("SELECT pg_advisory_xact_lock(1)")
                waiting = asyncio.ensure_future(self.processes[who].log.writer.append(command))
                while (pid := await blocker.fetchval(WAITING)) is None:
                    pass
                await blocker.execute("SELECT pg_terminate_backend($1)", pid)
                with pytest.raises(Unavailable):
                    await waiting
        finally:
            await blocker.close()

    @rule(who=WHO, changes=CHANGES)
    def lose_the_answer(self, who: int, changes: list[tuple[int, str]]) -> None:
        """The process ends after the commit, before the answer: another one is asked again."""
        decided = self.changed([(which, "post") for which, _ in changes])
        command = self.command(who, decided)
        verdict = self.run(self.processes[who].log.writer.append(command))
        self.restart(who)
        assert self.run(self.processes[1 - who].log.writer.append(command)) == replace(
            verdict, verdict="duplicate"
        )
        self.remember(command, verdict, decided)

    # Around the log

    @rule(who=WHO)
    def restart(self, who: int) -> None:
        """A process ends and another one takes its place, which remembers nothing."""
        self.run(self.processes[who].stop())
        self.processes[who] = self.run(Process.start(self.url))

    @rule()
    def lose_every_connection(self) -> None:
        """Every backend is terminated, those that listen too: hints are lost, nothing else."""
        self.run(self.disconnect())

    async def disconnect(self) -> None:
        """Terminate all, and wait until it is known."""
        old = [one for process in self.processes for one in process.open_connections]
        outside = await asyncpg.connect(self.url)
        try:
            pids = [one.get_server_pid() for one in old]
            await outside.execute("SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) AS pid", pids)
        finally:
            await outside.close()
        while not all(one.is_closed() for one in old):  # noqa: ASYNC110 nothing tells of it but they
            await asyncio.sleep(0)

    @rule(who=WHO, which=st.integers(0, 2), count=st.integers(1, 9))
    def follow(self, who: int, which: int, count: int) -> None:
        """A follower goes on behind its cursor for a while, with whichever process, and stops."""
        follower = self.followers[which]
        count = min(count, len(self.recorded) - len(follower.seen))
        if count:
            self.take(follower, self.run(self.read(who, follower.cursor, count)))

    async def read(self, who: int, cursor: str, count: int) -> list[RecordedEvent]:
        """So many events behind a cursor, waiting for those that are still to come."""
        process = self.processes[who]
        after, found = await process.log.resume(cursor), list[RecordedEvent]()
        async with aclosing(process.feed.follow(Filter(), after)) as events:  # type: ignore[type-var]
            async for event in events:
                found.append(event)
                if len(found) == count:
                    break
        return found

    def take(self, follower: Follower, found: list[RecordedEvent]) -> None:
        """Let a follower have events; each stands behind the one before it."""
        follower.seen += [event.position for event in found]
        follower.cursor = cursor_of(found[-1].log, found[-1].position, found[-1].leaf_hash)
        assert follower.seen == list(range(1, len(follower.seen) + 1))

    @rule(who=WHO, which=st.integers(0, 2), changes=CHANGES)
    def wait_for_news(self, who: int, which: int, changes: list[tuple[int, str]]) -> None:
        """A follower waits at the head of one process while the other one appends."""
        follower = self.followers[which]
        behind = len(self.recorded) - len(follower.seen)
        decided = self.changed([(which, "post") for which, _ in changes])
        command = self.command(1 - who, decided)

        async def both() -> tuple[list[RecordedEvent], Verdict]:
            reading = asyncio.ensure_future(self.read(who, follower.cursor, behind + len(command.events)))
            verdict = await self.processes[1 - who].log.writer.append(command)
            return await reading, verdict

        found, verdict = self.run(both())
        self.remember(command, verdict, decided)
        self.take(follower, found)

    @rule(who=WHO, every=st.integers(1, 3), damage=st.sampled_from([None, None, *DAMAGES]))
    def snapshot(self, who: int, every: int, damage: str | None) -> None:
        """Snapshots are made, and may be damaged: loading gives what folding everything gives."""
        self.run(self.load(self.processes[who].log, every, damage))

    async def load(self, log: EventLog, every: int, damage: str | None) -> None:
        """Load every aggregate with the snapshots that there are."""
        log.aggregates.every = every
        for stream in self.live:
            assert await log.aggregates.load(stream) == fold(await log.stream(stream))
        await log.aggregates.close()
        if damage is not None:
            async with connected(log.pool) as connection:
                await connection.execute(DAMAGES[damage])

    @rule(who=WHO)
    def catch_up(self, who: int) -> None:
        """The read model is folded further."""
        self.run(self.folded(self.processes[who].log))

    async def folded(self, log: EventLog) -> list[tuple[Any, ...]]:
        """The rows of the read model at the head: what folding the log gives."""
        await Engine(Feed(log), [WORKERS]).catch_up()
        async with connected(log.pool) as connection:
            rows = await connection.fetch("SELECT * FROM workers.worker ORDER BY id")
        for row in rows:
            events = await log.stream(row["id"])
            worker: GridWorker = fold(events)
            contacts = [event.contact for event in events if isinstance(event, ContactPublished)]
            (begun,) = [event for event in events if isinstance(event, GridWorkerRegistered)]
            assert (row["community"], row["label"], row["grid"]) == (
                worker.community,
                worker.label,
                worker.grid,
            )
            assert row["contact"] == (to_bytes(contacts[-1]) if contacts else None)
            assert row["name"] == to_bytes(begun.name)
        assert [row["id"] for row in rows] == sorted(self.live)
        return [tuple(row) for row in rows]

    @rule(who=WHO)
    def rebuild(self, who: int) -> None:
        """The read model made anew is what it was."""
        log = self.processes[who].log
        before = self.run(self.folded(log))
        assert self.run(rebuild(log, WORKERS)) == len(self.recorded)
        assert self.run(self.folded(log)) == before

    @rule(who=WHO)
    def go_back(self, who: int) -> None:
        """The read model before is brought to the head, where there is one, and is what this one was."""
        log = self.processes[who].log
        before = self.run(self.folded(log))
        try:
            self.run(go_back(log, [WORKERS], Manner()))
        except NothingToGoBackTo:
            return
        assert self.run(self.folded(log)) == before

    # Erasing and sealing

    @precondition(lambda self: self.words)
    @rule(who=WHO, which=WHICH)
    def erase(self, who: int, which: int) -> None:
        """Words that are kept about somebody are erased, and later ones kept under another identity."""
        subject = self.worker(which)
        identity = self.identities.get(subject, subject)
        if not any(kept == identity for kept, _ in self.words.values()):
            return
        self.moment += timedelta(minutes=1)
        done = Erasure.record(subject, identity, ErasureGround.OWN_REQUEST, self.moment)
        assert done.id == erasure_id(identity)
        assert self.send(who, [done], erases=[identity]).verdict == "accepted"
        self.erased.add(identity)
        self.identities[subject] = successor(identity)

    @precondition(lambda self: self.erased)
    @rule(who=WHO, which=WHICH)
    def write_about_the_erased(self, who: int, which: int) -> None:
        """Nothing is recorded that is sealed for an erased identity, whatever key somebody remembers."""
        identity = sorted(self.erased)[which % len(self.erased)]
        command = self.command(who, self.changed([(which, "post")]))
        key = self.processes[who].log.keyring.key_for_sealing(identity)
        verdict = self.run(self.processes[who].log.writer.append(command._replace(keys=[(identity, key)])))
        assert verdict == Verdict("key", None, None, None)

    @rule(who=WHO)
    def seal(self, who: int) -> None:
        """What is recorded is sealed: it fits every seal before."""
        sealed = self.run(seal(self.processes[who].log, SEED))
        assert sealed is not None and sealed.size == len(self.recorded)
        self.checkpoints.append(sealed)

    # What stays true

    @invariant()
    def the_log_is_the_model(self) -> None:
        """Positions 1 to n, versions 1 to m, in the order of acceptance; what was answered is remembered."""
        rows, remembered = self.run(self.everything())
        assert [tuple(row)[:4] for row in rows] == self.recorded
        assert [row["position"] for row in rows] == list(range(1, len(rows) + 1))
        assert all(one["recorded_at"] <= next_["recorded_at"] for one, next_ in pairwise(rows))
        versions: dict[UUID, int] = {}
        for row in rows:
            assert row["version"] == versions.get(row["stream"], 0) + 1
            versions[row["stream"]] = row["version"]
        assert {row["id"]: tuple(row)[1:] for row in remembered} == {
            id_: (first.first_position, first.last_position, first.result)
            for id_, (_, first) in self.commands.items()
        }

    async def everything(self) -> tuple[list[Any], list[Any]]:
        """The events and the commands that the database has."""
        async with connected(self.processes[0].pool) as connection:
            return await connection.fetch(ALL), await connection.fetch(REMEMBERED)

    def teardown(self) -> None:
        """What is asked of a whole life."""
        try:
            for follower in self.followers:
                if missing := len(self.recorded) - len(follower.seen):
                    self.take(follower, self.run(self.read(0, follower.cursor, missing)))
            self.run(self.load(self.processes[1].log, 1, None))
            self.rebuild(0)
            self.run(self.assert_sealed())
            self.run(self.assert_erased())
        finally:
            for process in self.processes:
                self.run(process.stop())
            self.run(drop(self.server, self.url))

    async def assert_sealed(self) -> None:
        """Every old checkpoint is the beginning of the newest, in which every event is."""
        log = self.processes[0].log
        newest = await seal(log, SEED)
        events = await log.after(0, 10_000)
        assert newest is not None and newest.size == len(events) == len(self.recorded)
        async with connected(log.pool) as connection:
            for old, new in [
                *pairwise([*self.checkpoints, newest]),
                *((c, newest) for c in self.checkpoints),
            ]:
                proof = await consistency_proof(connection, log.id, old.size, new.size)
                assert consistent(old.size, old.root, new.size, new.root, proof)
            proofs = await inclusion_proofs(connection, log.id, range(1, newest.size + 1), newest.size)
        for event in events:
            proof = proofs[event.position]
            assert included(event.leaf_hash, event.position - 1, newest.size, proof, newest.root)

    async def assert_erased(self) -> None:
        """Erased words cannot be read by anybody, all others can."""
        log, found = self.processes[1].log, dict[SealedText, tuple[UUID, str]]()
        for event in await log.after(0, 10_000):
            for text in sealed_texts(event.event):
                found[text] = self.words[event.stream, event.version]
        assert len(found) == len(self.words)
        readable = {text: word for text, (identity, word) in found.items() if identity not in self.erased}
        assert await log.opened(list(found)) == readable


def plain_texts(event: Any) -> Iterator[PersonalText]:
    """The words about people in an event that was decided."""
    return (value for value in vars(event).values() if isinstance(value, PersonalText))


def new_event(log: EventLog, event: Any) -> NewEvent:
    """A decided event as a process writes it."""
    stored = log.mapper.to_stored_event(event)
    fields = {"type": stored.topic, "data": stored.state, "schema_version": schema_version(type(event))}
    return an_event(event.originator_id, event.originator_version, occurred_at=event.timestamp, **fields)


def how_long() -> settings:
    """A short look with every run of the tests, and as long a one as a profile says."""
    if settings.get_current_profile_name() == LONG:
        return settings()
    return settings(max_examples=6, stateful_step_count=25)


def test_the_log_is_the_model_whatever_happens(template: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aggregates, "SMALLER", 0)
    monkeypatch.setattr(feed, "RING", 8)
    monkeypatch.setattr(feed, "PAGE", 5)
    with asyncio.Runner() as runner:
        monkeypatch.setattr(LogMachine, "server", template, raising=False)
        monkeypatch.setattr(LogMachine, "runner", runner, raising=False)
        run_state_machine_as_test(LogMachine, settings=how_long())
