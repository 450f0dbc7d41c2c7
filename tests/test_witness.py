"""Witnesses sign what continues the history that they saw, and nothing else; that is kept and handed out."""

from __future__ import annotations

import asyncio
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Thread

import asyncpg
import pytest

from chuishao.eventlog.connection import connected
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.note import COSIGNATURE, Verifier, opened, parse_note, parse_verifier
from chuishao.eventlog.sealer import Sealed, newest_checkpoint, seal
from chuishao.service.settings import Settings, WrongSetting
from chuishao.service.witness import (
    Witness,
    WitnessAway,
    WitnessRefused,
    _post,
    read_witness,
    watching,
    witnessed,
)
from tests.appends import an_append
from tests.served import address, run_chuishao, until
from tests.tampering import superuser
from tests.witness_server import WitnessServer, witnessing

SEED = bytes(range(32))


@pytest.fixture
def elsewhere() -> Iterator[WitnessServer]:
    with witnessing() as witness:
        yield witness


@pytest.fixture
async def witness(elsewhere: WitnessServer, log: EventLog) -> AsyncIterator[Witness]:
    """A witness that trusts the log's key."""
    first = await sealed(log)
    elsewhere.trusted.append(parse_verifier(first.key))
    yield read_witness(elsewhere.setting)


async def sealed(log: EventLog) -> Sealed:
    """A checkpoint over a few events more."""
    await log.writer.append(an_append(events=3))
    newest = await seal(log, SEED)
    assert newest is not None
    return newest


async def newest(log: EventLog) -> Sealed:
    async with connected(log.pool) as connection:
        found = await newest_checkpoint(connection, log.id)
    assert found is not None
    return found


async def test_a_witnessed_checkpoint_carries_the_signature_of_the_witness(
    log: EventLog, witness: Witness
) -> None:
    before = await newest(log)

    assert await witnessed(log, witness) == before.size

    after = parse_note((await newest(log)).text)
    assert len(after.signatures) == 2
    assert opened(after, [parse_verifier(before.key)]) == opened(after, [witness.key])


async def test_each_further_checkpoint_is_proved_to_continue_the_one_before(
    log: EventLog, witness: Witness, elsewhere: WitnessServer
) -> None:
    sizes = []
    for _ in range(4):
        sizes.append((await sealed(log)).size)
        assert await witnessed(log, witness) == sizes[-1]

    assert await witnessed(log, witness) is None
    assert elsewhere.asked == len(sizes)


async def test_a_signature_that_got_lost_on_its_way_is_asked_for_again(
    log: EventLog, witness: Witness, elsewhere: WitnessServer
) -> None:
    await witnessed(log, witness)
    lost = await sealed(log)
    elsewhere.seen[opened(parse_note(lost.text), elsewhere.trusted).origin] = opened(
        parse_note(lost.text), elsewhere.trusted
    )

    assert await witnessed(log, witness) == lost.size


async def test_a_rewritten_history_gets_no_signature(log: EventLog, witness: Witness, database: str) -> None:
    await witnessed(log, witness)
    async with superuser(database) as connection:
        for table in ("cosignature", "checkpoint", "tile"):
            await connection.execute(f"DELETE FROM {table}")
        await connection.execute(
            "UPDATE event SET data = '{}', leaf_hash = leaf_hash(log, position, stream, version, event_id,"
            " type, schema_version, occurred_at, recorded_at, meta, '{}') WHERE position = 1"
        )
    await sealed(log)

    with pytest.raises(WitnessRefused, match="another history"):
        await witnessed(log, witness)


async def test_a_log_that_was_set_back_gets_no_signature(
    log: EventLog, witness: Witness, database: str
) -> None:
    await sealed(log)
    await witnessed(log, witness)
    async with superuser(database) as connection:
        for table in ("cosignature", "checkpoint", "tile"):
            await connection.execute(f"DELETE FROM {table}")
        await connection.execute("DELETE FROM event WHERE position > 2")
    await seal(log, SEED)

    with pytest.raises(WitnessRefused, match="6 events, and ours is of 2: the log was set back"):
        await witnessed(log, witness)


async def test_a_false_signature_and_a_strange_witness_are_not_kept(
    log: EventLog, witness: Witness, elsewhere: WitnessServer
) -> None:
    elsewhere.forging = True
    with pytest.raises(WitnessRefused, match="does not hold"):
        await witnessed(log, witness)
    elsewhere.trusted.clear()
    with pytest.raises(WitnessRefused, match="403"):
        await witnessed(log, witness)

    assert len(parse_note((await newest(log)).text).signatures) == 1


async def test_a_signature_of_more_than_the_checkpoint_is_not_kept(
    log: EventLog, witness: Witness, elsewhere: WitnessServer
) -> None:
    elsewhere.more = "and of this line\n"
    with pytest.raises(WitnessRefused, match="no signature"):
        await witnessed(log, witness)

    assert len(parse_note((await newest(log)).text).signatures) == 1


def test_an_answer_that_is_no_http_is_told_as_a_witness_that_is_away() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def babble() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"what?\r\n\r\n")

        thread = Thread(target=babble)
        thread.start()
        with pytest.raises(WitnessAway, match="what"):
            _post(f"http://127.0.0.1:{server.getsockname()[1]}/w1/add-checkpoint", b"old 0\n")
        thread.join()


async def test_a_witness_that_is_away_is_told_as_such(log: EventLog, witness: Witness) -> None:
    with pytest.raises(WitnessAway, match="refused"):
        await witnessed(log, Witness("http://127.0.0.1:9/w1", witness.key))


async def test_a_server_has_its_checkpoints_witnessed_by_itself(
    log: EventLog, witness: Witness, elsewhere: WitnessServer
) -> None:
    async with watching(log, [witness], every=0.01), watching(log, [witness], every=0.01):
        for _ in range(3):
            made = await sealed(log)

            async def carries_two_signatures(made: Sealed = made) -> bool:
                found = await newest(log)
                return found.size == made.size and len(parse_note(found.text).signatures) == 2

            await until(carries_two_signatures)


async def test_a_witness_that_does_not_answer_keeps_no_other_from_signing(
    log: EventLog, witness: Witness
) -> None:
    with witnessing() as slow:
        slow.verifier = replace(slow.verifier, name="witness.example/slow")
        with slow.lock:
            async with watching(log, [read_witness(slow.setting), witness], every=0.01):

                async def is_signed() -> bool:
                    return len(parse_note((await newest(log)).text).signatures) == 2

                await until(is_signed)


async def test_a_signature_of_a_witness_is_never_changed(
    log: EventLog, witness: Witness, database: str
) -> None:
    await witnessed(log, witness)
    async with connected(log.pool) as connection:
        for statement in ("UPDATE cosignature SET signature = ''", "DELETE FROM cosignature"):
            with pytest.raises(asyncpg.RestrictViolationError):
                await connection.execute(statement)


@pytest.mark.parametrize(
    "text",
    ["nowhere", "witness.example", "https://witness.example", "https://witness.example#w+00+AA==", "#"],
)
def test_a_witness_without_address_or_key_is_refused(text: str) -> None:
    with pytest.raises(WrongSetting, match="witness"):
        Settings(witness=(text,))


async def test_an_auditor_asks_an_export_who_has_witnessed_it(
    log: EventLog, witness: Witness, database: str, tmp_path: Path
) -> None:
    file = tmp_path / "log.jsonl"
    stranger = Verifier("stranger.example/w2", witness.key.key, COSIGNATURE)
    await witnessed(log, witness)
    size = (await newest(log)).size

    async def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        return await asyncio.to_thread(run_chuishao, *arguments)

    there = ("--database-url", address(database), "--data-dir", tmp_path)
    written = await run("export", "log", "--to", file, "--no-seal", *there)
    seen = await run("verify", file, "--witness", witness.key)
    unseen = await run("verify", file, "--witness", stranger)
    mistaken = await run("verify", file, "--witness", (await newest(log)).key)

    assert written.returncode == 0, written.stderr
    assert seen.returncode == 0, seen.stdout
    assert f"witnessed by {witness.key.name}: {size:,} events, at 2027-01-15T08:00:00+00:00" in seen.stdout
    assert unseen.returncode == 1
    assert "unwitnessed: no checkpoint that holds is signed by stranger.example/w2" in unseen.stdout
    assert mistaken.returncode == 2
    assert "--witness cannot be used" in mistaken.stderr
