"""A replica that lacks the last commits takes over, and nobody is served what is lost."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from chuishao.domain.actor import Actor
from chuishao.domain.vocabulary import Role
from chuishao.eventlog.connection import open_pool
from chuishao.eventlog.export import exported
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.note import parse_note, parse_verifier
from chuishao.eventlog.sealer import Sealed, seal
from chuishao.eventlog.verification import Kept, verify
from chuishao.service.postgres import SETTINGS, EmbeddedPostgres, find_binaries
from chuishao.service.postgres_cluster import environment
from chuishao.service.witness import WitnessRefused, read_witness, witnessed
from tests.appends import an_append
from tests.cables import Cables, cables
from tests.served import AUDITOR, Client, http_client, served, until
from tests.test_faults import assert_sound, mutation_of, prepared
from tests.town import COMMUNITY, GRID
from tests.witness_server import WitnessServer, witnessing

STAFF = Actor("staff-1", Role.COMMUNITY_STAFF, COMMUNITY)
SEED = bytes(range(32))
REPORT = {"category": "01001", "text": "井盖丢失", "gridCode": GRID}
ALL = "subscription ($after: String) { events(after: $after) { position cursor } }"
EVENTS = "query ($after: String) { events(after: $after) { position } }"
LISTED = "query ($at: Position) { cases(first: 1, atLeast: $at) { nodes { id } } }"


def run_postgres_program(name: str, *arguments: object) -> str:
    """Run one of PostgreSQL's own programs to its end; give what it printed."""
    done = subprocess.run(
        [str(find_binaries() / name), *map(str, arguments)],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@dataclass
class Pair:
    """A primary with a town in it, a replica that follows it over one line, and servers over another."""

    primary: EmbeddedPostgres
    replica: EmbeddedPostgres
    replication: Cables
    line: Cables

    async def replicated(self) -> None:
        """Return once the replica has everything."""
        primary = await asyncpg.connect(self.primary.url)
        replica = await asyncpg.connect(self.replica.url)
        written = await primary.fetchval("SELECT pg_current_wal_flush_lsn()::text")

        async def replayed() -> bool:
            return bool(
                await replica.fetchval("SELECT pg_last_wal_replay_lsn() >= $1::text::pg_lsn", written)
            )

        await until(replayed)
        await primary.close()
        await replica.close()

    def part(self) -> None:
        """The replica hears nothing of the primary any more."""
        self.replication.refusing = True
        self.replication.cut()

    async def fail_over(self) -> None:
        """The primary is gone; the replica takes over, and the servers' lines lead to it."""
        self.primary.stop()
        replica = await asyncpg.connect(self.replica.url)
        assert await replica.fetchval("SELECT pg_promote()")
        await replica.close()
        self.line.database = self.replica.url
        self.line.cut()


@pytest.fixture
async def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Pair]:
    """A primary and its replica, streaming and asynchronous."""
    monkeypatch.setitem(SETTINGS, "fsync", "off")
    monkeypatch.setitem(SETTINGS, "hot_standby", "on")
    with ExitStack() as stack:
        primary = stack.enter_context(EmbeddedPostgres.start(tmp_path / "one"))
        await prepared(primary.url)
        async with cables(primary.url) as replication, cables(primary.url) as line:
            await base_backup(replication, tmp_path / "two" / "postgres")
            replica = stack.enter_context(EmbeddedPostgres.start(tmp_path / "two"))
            made = Pair(primary, replica, replication, line)
            await made.replicated()
            yield made
            replica.stop()


async def base_backup(source: Cables, target: Path) -> None:
    target.parent.mkdir(mode=0o700)
    where = ("--host", source.folder, "--username", "chuishao", "--no-password")
    how = ("--write-recovery-conf", "--checkpoint=fast", "--no-sync", "--wal-method=stream")
    await asyncio.to_thread(run_postgres_program, "pg_basebackup", *where, *how, "--pgdata", target)


async def test_what_a_replica_lacks_is_noticed_by_everybody_and_served_by_nobody(
    pair: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    async with served(pair.line.url) as server:
        client, staff = server.client(AUDITOR), server.client(STAFF)
        kept = await staff.do("reportCase", "case { id }", **REPORT)
        before = await cursor_at(pair.primary.url)
        await pair.replicated()
        pair.part()
        lost = REPORT | {"commandId": str(uuid4())}
        async with client.socket() as socket, client.stream(ALL, after=before) as stream:
            await socket.subscribe(ALL, after=before)
            gone = await staff.do("reportCase", "case { id }", **lost)
            await staff.do("acceptCase", caseId=gone["case"]["id"])
            for position in (kept["position"] + 1, kept["position"] + 2):
                assert (await socket.next())["events"]["position"] == position
                assert (await anext(stream))["data"]["events"]["position"] == position
            beyond = await cursor_at(pair.primary.url)

            await pair.fail_over()

            message = await socket.hear()
            assert message["type"] == "error"
            said = {error["extensions"]["code"] for error in message["payload"]}
            said |= {error["extensions"]["code"] for error in (await anext(stream))["errors"]}
            assert said == {"CURSOR_OF_ANOTHER_HISTORY"}
        assert [r.levelname for r in caplog.records if "the log was set back" in r.message] == ["ERROR"]

        await assert_refused(client, beyond, kept["position"] + 2)

        async def again() -> Any:
            answer = await staff.send(mutation_of("reportCase"), {"input": lost})
            payload = (answer.get("data") or {}).get("reportCase") or {}
            return payload if payload.get("case") else None

        recorded = await until(again)
        assert (recorded["case"], recorded["position"]) == (gone["case"], gone["position"])
        async with client.stream(ALL, after=before) as stream:
            assert (await anext(stream))["data"]["events"]["position"] == kept["position"] + 1
        async with http_client() as http:

            async def ready() -> Any:
                answer = await http.get(f"http://{server.base}/health/ready")
                return answer.json() if answer.status_code == 200 else None

            assert len((await until(ready))["notices"]) == 1
    pool = await open_pool(pair.replica.url, size=4)
    log = EventLog(pool)
    assert await log.head() == kept["position"] + 1
    assert {row["status"] for row in await pool.fetch("SELECT status FROM projection")} == {"live"}
    await assert_sound(log, [])
    await pool.close()


async def test_a_checkpoint_beyond_what_the_replica_has_is_held_against_it_and_no_witness_signs_over_it(
    pair: Pair,
) -> None:
    with witnessing() as elsewhere:
        before, signed = await sealed_after_parting(pair, elsewhere)
        await pair.fail_over()
        pool = await open_pool(pair.replica.url, size=4)
        log, witness = EventLog(pool), read_witness(elsewhere.setting)

        assert await log.head() == before < signed.size
        assert await damages(log, signed) == [
            f"positions {before + 1}–{signed.size}: deleted: there is no event there"
        ]
        newest = await seal(log, SEED)
        assert newest is not None and newest.size == before
        with pytest.raises(WitnessRefused, match="the log was set back"):
            await witnessed(log, witness)

        for _ in range(signed.size - before + 3):  # it grows beyond what is lost
            await log.writer.append(an_append())
        await seal(log, SEED)
        (found,) = await damages(log, signed)
        assert found.startswith(f"positions 1–{signed.size}: rewritten: ")
        with pytest.raises(WitnessRefused, match="no beginning of this log, but another history"):
            await witnessed(log, witness)
        await pool.close()


async def sealed_after_parting(pair: Pair, elsewhere: WitnessServer) -> tuple[int, Sealed]:
    """How far the replica is, and a witnessed checkpoint of the primary over events that it lacks."""
    pool = await open_pool(pair.primary.url, size=4)
    log = EventLog(pool)
    first = await seal(log, SEED)
    assert first is not None
    elsewhere.trusted.append(parse_verifier(first.key))
    await log.writer.append(an_append())
    before = await log.head()
    await pair.replicated()
    pair.part()
    for _ in range(3):
        await log.writer.append(an_append())
    signed = await seal(log, SEED)
    assert signed is not None
    assert await witnessed(log, read_witness(elsewhere.setting)) == signed.size == before + 3
    await pool.close()
    return before, signed


async def damages(log: EventLog, signed: Sealed) -> list[str]:
    """What an auditor who kept a checkpoint finds in an export of the log."""
    lines = "".join([text async for _, text in exported(log)]).encode().splitlines(keepends=True)
    kept = Kept("kept.txt", parse_note(signed.text))
    return [str(finding) for finding in verify(iter(lines), [kept]).damage.told()]


async def assert_refused(client: Client, cursor: str, position: int) -> None:
    """Nothing answers for a cursor or a position that is lost."""
    for document, variables, code in (
        (EVENTS, {"after": cursor}, "CURSOR_OF_ANOTHER_HISTORY"),
        (LISTED, {"at": position}, "BEYOND_THE_LOG"),
    ):
        (error,) = (await client.send(document, variables))["errors"]
        assert error["extensions"]["code"] == code
    async with client.stream(ALL, after=cursor) as stream:
        (error,) = (await anext(stream))["errors"]
        assert error["extensions"]["code"] == "CURSOR_OF_ANOTHER_HISTORY"


async def cursor_at(url: str) -> str:
    pool = await open_pool(url, size=1)
    found = await EventLog(pool).cursor_at_head()
    await pool.close()
    return found
