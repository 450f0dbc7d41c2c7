"""Ways to append one event durably, each driven by so many callers for so many seconds."""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Protocol
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore

from chuishao.eventlog.connection import Pool, connected
from chuishao.eventlog.writer import Append, NewEvent, Verdict, Writer

LENGTH = 8
"""Events of one case, each a command of its own; then the next case begins."""
DATA = (
    b'{"timestamp":{"_type_":"datetime_iso","_data_":"2026-03-02T01:01:00+00:00"},'
    b'"by":"df9c1998-8070-58d3-bf6f-cecdef397b35","result":{"_type_":"sealed","_data_":'
    b'["679abacb9d265328bc7466837117b725","HSUErvyJ1CKa6DES9Cyqx3vosRlE7UTNt5jbVUQpHW92GLeM4A=="]}}'
)
"""A resolved case with its sealed text, as the log stores it."""
OCCURRED = datetime(2026, 3, 2, 1, 1, tzinfo=UTC)


def meta(command: UUID, case: UUID) -> bytes:
    """What every event carries about its command."""
    return (
        '{"actor":"df9c1998-8070-58d3-bf6f-cecdef397b35","role":"GRID_WORKER","unit":"120101001001-G001",'
        '"scope":"120101001001-G001","place":"120101001001-G001",'
        f'"command":"{command.hex}","correlation":"{case.hex}","causation":"{command.hex}"}}'
    ).encode()


def places() -> Iterator[tuple[UUID, int]]:
    """Case after case: the stream and version of each next event of one caller."""
    while True:
        case = uuid4()
        for version in range(1, LENGTH + 1):
            yield case, version


def command(case: UUID, version: int) -> Append:
    """One step of a case, as the executor hands it to the writer."""
    id_ = uuid4()
    event = NewEvent(case, version, uuid4(), "ResolvedOnSpot", 1, case, DATA, meta(id_, case), OCCURRED)
    result = f'{{"id":"{case.hex}","version":{version}}}'.encode()
    return Append(id_, hashlib.sha256(id_.bytes).digest(), result, [(case, "case", version - 1)], [event])


class Contender(Protocol):
    """A way to append."""

    name: str

    def run(self, callers: int, seconds: float) -> float:
        """Append from so many callers at once; give the appends in a second."""

    def processor_seconds(self) -> float:
        """What the process that calls has used so far."""


async def _drive(callers: int, seconds: float, append: Callable[[int, UUID, int], Awaitable[None]]) -> float:
    """Let every caller append one thing after another until the time is over."""
    began = time.perf_counter()

    async def call(caller: int) -> int:
        for count, (case, version) in enumerate(places()):
            if time.perf_counter() - began >= seconds:
                return count
            await append(caller, case, version)
        raise AssertionError

    counts = await asyncio.gather(*(call(caller) for caller in range(callers)))
    return sum(counts) / (time.perf_counter() - began)


class CountingWriter(Writer):
    """A writer that knows how many commands went in how many calls."""

    calls = commands = 0

    async def _append(self, commands: Sequence[Append]) -> list[Verdict]:
        self.calls += 1
        self.commands += len(commands)
        return await super()._append(commands)


@dataclass
class OurWriter:
    """Chuishao's writer, shared by all callers or one for each."""

    name: str
    runner: asyncio.Runner
    pool: Pool
    max_batch: int = 256
    shared: bool = True
    batches: dict[int, list[float]] = field(default_factory=dict)

    def run(self, callers: int, seconds: float) -> float:
        """Append through the writer."""
        writers = [self._writer() for _ in range(1 if self.shared else callers)]

        async def append(caller: int, case: UUID, version: int) -> None:
            verdict = await writers[caller % len(writers)].append(command(case, version))
            assert verdict.verdict == "accepted"

        rate = self.runner.run(_drive(callers, seconds, append))
        calls, commands = sum(w.calls for w in writers), sum(w.commands for w in writers)
        self.batches.setdefault(callers, []).append(commands / calls)
        return rate

    def processor_seconds(self) -> float:
        """What this process has used."""
        return time.process_time()

    def _writer(self) -> CountingWriter:
        return CountingWriter(self.pool, 1, max_batch=self.max_batch)


@dataclass
class PlainInserts:
    """One row, one commit, nothing else: what the server and its disk allow."""

    name: str
    runner: asyncio.Runner
    pool: Pool

    def run(self, callers: int, seconds: float) -> float:
        """Insert rows without any order among callers."""

        async def append(_caller: int, case: UUID, version: int) -> None:
            async with connected(self.pool) as connection:
                await connection.execute("INSERT INTO plain VALUES ($1, $2, $3)", case, version, DATA)

        return self.runner.run(_drive(callers, seconds, append))

    def processor_seconds(self) -> float:
        """What this process has used."""
        return time.process_time()


class LibraryRecorder:
    """The recorder that ships with `eventsourcing`: psycopg, a thread a caller, a connection each."""

    name = "eventsourcing"

    def __init__(self, url: str, connections: int) -> None:
        parts = urlsplit(url)
        socket = parse_qs(parts.query)
        self.datastore = PostgresDatastore(
            dbname=parts.path.strip("/"),
            host=socket["host"][0] if "host" in socket else parts.hostname or "",
            port=socket["port"][0] if "port" in socket else parts.port or 5432,
            user=parts.username or socket.get("user", ["postgres"])[0],
            password=parts.password or "",
            pool_size=connections,
        )
        self.recorder = PostgresApplicationRecorder(self.datastore)
        self.recorder.create_table()

    def run(self, callers: int, seconds: float) -> float:
        """Insert events, each in a transaction of its own as a command would."""
        counts = [0] * callers
        began = time.perf_counter()

        def call(caller: int) -> None:
            for case, version in places():
                if time.perf_counter() - began >= seconds:
                    return
                state = DATA + meta(uuid4(), case)
                self.recorder.insert_events([StoredEvent(case, version, "ResolvedOnSpot", state)])
                counts[caller] += 1

        threads = [Thread(target=call, args=(caller,)) for caller in range(callers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sum(counts) / (time.perf_counter() - began)

    def processor_seconds(self) -> float:
        """What this process has used."""
        return time.process_time()


def flushes_a_second(folder: Path, seconds: float = 1.0) -> float:
    """How often the disk takes 8 kB for good: what a commit after another cannot exceed."""
    path, count, began = folder / "flush", 0, time.perf_counter()
    with path.open("wb", buffering=0) as file:
        file.write(bytes(1 << 20))
        while time.perf_counter() - began < seconds:
            os.pwrite(file.fileno(), os.urandom(8192), 8192 * (count % 128))
            os.fdatasync(file.fileno())
            count += 1
    path.unlink()
    return count / (time.perf_counter() - began)
