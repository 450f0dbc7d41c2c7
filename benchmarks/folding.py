"""Catching up from nothing: all read models of Chuishao, and one of them by the library's own runner.

    python -m benchmarks projections

Ours fold the whole log, first as they are made (beside those in use, indexes last) and then as a server
folds that was away (into the tables in use). The library's `ProjectionRunner` does the cases alone, with
our fold for each event, from its own recorder with the same events; it has no words to open for search.
"""

from __future__ import annotations

import asyncio
import gc
import time
from dataclasses import dataclass, field
from itertools import islice
from statistics import median
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.persistence import StoredEvent, Tracking, Transcoder
from eventsourcing.postgres import PostgresTrackingRecorder
from eventsourcing.projection import Projection as LibraryProjection
from eventsourcing.projection import ProjectionRunner
from rich.console import Console
from rich.table import Table

from benchmarks.cloning import lengthen
from benchmarks.rebuilding import chuishao
from chuishao.domain.event import Event
from chuishao.domain.whistle_events import WhistleBlown
from chuishao.eventlog.connection import Pool, connected, open_pool
from chuishao.eventlog.feed import Feed
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.mapper import RecordedEvent, sealed_transcoder
from chuishao.projections import cases
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.engine import Engine
from chuishao.projections.policybook import PolicyBook, policy_book
from chuishao.projections.rebuild import Manner, rebuild_all

DAY = 2000
"""Cases of the day that is copied."""
EVENTS = 60_000
LIBRARY_EVENTS = 3000
"""Of cases, for the library's runner."""
RUNS = 3
_COLUMNS = ", ".join(cases.CASES.columns)
_SELECT = f"SELECT {_COLUMNS} FROM case_row WHERE id = %s"
_CHANGED = ", ".join(f"{name} = excluded.{name}" for name in cases.CASES.columns)
_UPSERT = (
    f"INSERT INTO case_row ({_COLUMNS}) VALUES ({', '.join(['%s'] * len(cases.CASES.columns))})"
    f" ON CONFLICT (id) DO UPDATE SET {_CHANGED}"
)


@dataclass
class Found:
    """Events a second of every run; of ours, also the microseconds of this process for an event."""

    ours: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)
    live: list[float] = field(default_factory=list)
    library: list[float] = field(default_factory=list)

    def as_json(self) -> dict[str, float]:
        """Our rate, and how many times the library's it is."""
        ratios = [ours / library for ours, library in zip(self.ours, self.library, strict=True)]
        return {
            "events_per_second": round(median(self.ours)),
            "into_tables_in_use": round(median(self.live)),
            "package_runner": round(median(ratios), 1),
            "microseconds_of_python": round(median(self.busy), 1),
        }


# The library's way

book = PolicyBook(())
"""The policies of the log, for the library's projection, which the runner makes by itself."""


class CaseView(PostgresTrackingRecorder):
    """The rows of cases and how far they are, in one transaction for each event."""

    def fold(self, event: Event, tracking: Tracking) -> None:
        """Fold one event with the fold of our own read model."""
        rows: dict[UUID, cases.CaseRow] = {}
        case = event.case if isinstance(event, WhistleBlown) else event.originator_id
        with self.datastore.transaction(commit=True) as cursor:
            cursor.execute(_SELECT, (case,), prepare=True)
            for row in cursor.fetchall():
                found = cases.CaseRow(**row)
                rows[found.id] = found
            cases.evolve(rows, as_recorded(event, tracking.notification_id), {})
            changed = rows[case]
            cases.date(changed, book, tracking.notification_id)
            values = [getattr(changed, name) for name in cases.CASES.columns]
            cursor.execute(_UPSERT, values, prepare=True)
            self._insert_tracking(cursor, tracking)


class CasesOfTheLibrary(LibraryProjection[CaseView]):
    """The cases read model as the library's runner drives it."""

    name = "caseview"

    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        """Fold one event."""
        self.view.fold(domain_event, tracking)


class Log(Application[UUID]):
    """The same events, as the library's recorder keeps them."""

    name = "caselog"

    def construct_transcoder(self) -> Transcoder:
        """What our events are written with."""
        return sealed_transcoder()


def as_recorded(event: Event, position: int) -> RecordedEvent:
    """An event with what our fold asks of it."""
    at = event.timestamp
    made = RecordedEvent(
        1, position, event.originator_id, event.originator_version, event.originator_id, event.TOPIC, 1,
        b"", b"", at, at, b"",
    )  # fmt: skip
    vars(made)["event"] = event
    return made


def settings(url: str) -> dict[str, str]:
    """A database's URL as the library reads it."""
    parts = urlsplit(url)
    socket = parse_qs(parts.query)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": parts.path.strip("/"),
        "POSTGRES_HOST": socket["host"][0] if "host" in socket else parts.hostname or "",
        "POSTGRES_PORT": socket["port"][0] if "port" in socket else str(parts.port or 5432),
        "POSTGRES_USER": parts.username or socket.get("user", ["postgres"])[0],
        "POSTGRES_PASSWORD": parts.password or "",
    }


async def copied(pool: Pool, url: str) -> int:
    """Give the library's recorder the first events of cases; give the last of their positions there."""
    global book  # noqa: PLW0603 the runner makes the projection, and leaves no way to hand it anything
    log = EventLog(pool)
    async with connected(pool) as connection:
        book = await policy_book(connection, log)
        rows = await connection.fetch(
            "SELECT stream, version, type, data FROM event WHERE type = ANY($1) ORDER BY position LIMIT $2",
            [topic for topic in cases.PROJECTION.topics if not topic.startswith("Policy")], LIBRARY_EVENTS,
        )  # fmt: skip
        await connection.execute(cases.PROJECTION.tables.split(";")[0])
    stored = iter([StoredEvent(*row) for row in rows])
    last = 0
    with Log(env=settings(url)) as application:
        while batch := list(islice(stored, 500)):
            last = max(last, *application.recorder.insert_events(batch) or [0])
    return last


def by_the_library(url: str, last: int) -> float:
    """Let the library's runner fold from nothing; give events a second."""
    began = time.perf_counter()
    with ProjectionRunner(
        application_class=Log,
        projection_class=CasesOfTheLibrary,
        view_class=CaseView,
        env=settings(url),
    ) as runner:
        runner.wait(last, timeout=600)
    return LIBRARY_EVENTS / (time.perf_counter() - began)


# Ours


async def made_anew(log: EventLog) -> float:
    """Make every read model beside those in use; give events a second."""
    began = time.perf_counter()
    head = await rebuild_all(log, PROJECTIONS, Manner())
    return head / (time.perf_counter() - began)


async def caught_up(log: EventLog) -> float:
    """Fold into the tables in use, as a server does that was away for all the log; give events a second."""
    async with connected(log.pool) as connection:
        for projection in PROJECTIONS:
            query = "SELECT tablename FROM pg_tables WHERE schemaname = $1"
            for (table,) in await connection.fetch(query, projection.name):
                await connection.execute(f'TRUNCATE "{projection.name}"."{table}"')
        await connection.execute("UPDATE projection SET position = 0")
    feed = Feed(log)
    await feed.start()
    try:
        began = time.perf_counter()
        await Engine(feed, PROJECTIONS).catch_up()
        return feed.head / (time.perf_counter() - began)
    finally:
        await feed.stop()


async def _measure(url: str, console: Console) -> Found:
    pool = await open_pool(url, size=6)
    try:
        head = await lengthen(pool, EVENTS, console)
        console.print(f"The log has {head:,} events.")
        last, log, found = await copied(pool, url), EventLog(pool), Found()
        for projection in PROJECTIONS:
            assert projection.fingerprint  # worked out once a process, whatever is folded
        gc.freeze()
        for _ in range(RUNS):
            before = time.process_time()
            found.ours.append(await made_anew(log))
            found.busy.append(1e6 * (time.process_time() - before) / head)
            await pool.execute("TRUNCATE public.case_row; DROP TABLE IF EXISTS caseview_tracking")
            found.library.append(await asyncio.to_thread(by_the_library, url, last))
            found.live.append(await caught_up(log))
        return found
    finally:
        await pool.close()


def measure(url: str, console: Console) -> Found:
    """Make a log, then fold it in turn."""
    chuishao(url, "demo", "--no-serve", "--cases", str(DAY))
    return asyncio.run(_measure(url, console))


def table(found: Found) -> Table:
    """What was measured, for reading."""
    shown = Table(title=f"Catching up from nothing, events a second, {RUNS} runs in turn")
    for heading in ("", "median", "all runs"):
        shown.add_column(heading, justify="right" if heading else "left")
    rows = {
        f"{len(PROJECTIONS)} read models, made anew": found.ours,
        f"{len(PROJECTIONS)} read models, in use": found.live,
        "the library's runner, cases alone": found.library,
    }
    for name, rates in rows.items():
        shown.add_row(name, f"{median(rates):,.0f}", "  ".join(f"{rate:,.0f}" for rate in rates))
    busy = "  ".join(f"{spent:.0f}" for spent in found.busy)
    shown.add_row("made anew, microseconds of Python an event", f"{median(found.busy):.0f}", busy)
    shown.add_row("made anew, times the library's", f"{found.as_json()['package_runner']}", "")
    return shown
