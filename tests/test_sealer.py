"""Sealing: in whatever steps, one tree; every proof holds; nothing is signed that does not fit."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chuishao.eventlog import sealer
from chuishao.eventlog.connection import Pool, connected, open_pool
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.merkle import EMPTY, Frontier, consistent, included
from chuishao.eventlog.note import Checkpoint, opened, parse_note, parse_verifier
from chuishao.eventlog.sealer import (
    Sealed,
    Sealer,
    SealRefused,
    checkpoint_covering,
    checkpoints,
    newest_checkpoint,
    seal,
    signer_of,
    standing,
)
from chuishao.eventlog.tiles import MissingTile, consistency_proof, inclusion_proof
from tests.appends import an_append
from tests.conftest import copy_of_template
from tests.served import until
from tests.tampering import superuser, swap

SEED, OTHER_SEED = bytes(range(32)), bytes(32)
EDGES = st.lists(st.sampled_from([0, 1, 2, 3, 7, 100, 254, 255, 256, 257, 300]), min_size=1, max_size=5)


async def add(log: EventLog, events: int) -> None:
    if events:
        await log.writer.append(an_append(events=events))


async def roots(log: EventLog) -> list[bytes]:
    """The root after each event, from the events themselves."""
    rows = await log.pool.fetch("SELECT leaf_hash FROM event ORDER BY position")
    tree, found = Frontier(), [EMPTY]
    for (leaf,) in rows:
        tree.add(leaf)
        found.append(tree.root())
    return found


async def stored(pool: Pool) -> tuple[Any, Any]:
    """All tiles and checkpoints."""
    tiles = await pool.fetch("SELECT level, index, hashes FROM tile ORDER BY 1, 2")
    signed = await pool.fetch("SELECT size, root, text FROM checkpoint ORDER BY size")
    return [tuple(row) for row in tiles], [tuple(row) for row in signed]


async def all_checkpoints(log: EventLog) -> list[Sealed]:
    async with connected(log.pool) as connection:
        return await checkpoints(connection, log.id, 0, 2**62)


async def refused(log: EventLog, **options: Any) -> str:
    """Why a seal is refused; nothing is stored but the reason."""
    before = await stored(log.pool)
    with pytest.raises(SealRefused) as refusal:
        await seal(log, SEED, **options)
    assert await stored(log.pool) == before
    async with connected(log.pool) as connection:
        assert (await standing(connection, log.id)).refusal == str(refusal.value)
    return str(refusal.value)


async def test_an_empty_log_has_no_checkpoint(log: EventLog) -> None:
    assert await seal(log, SEED) is None
    async with connected(log.pool) as connection:
        assert await newest_checkpoint(connection, log.id) is None
        assert await checkpoint_covering(connection, log.id, 1) is None
        found = await standing(connection, log.id)
    assert (found.head, found.sealed, found.age, found.refusal) == (0, 0, None, None)


async def test_a_checkpoint_signs_the_log_its_size_and_its_root(log: EventLog) -> None:
    await add(log, 5)

    sealed = await seal(log, SEED)

    assert sealed is not None
    signer = await signer_of(log, SEED)
    assert signer.name == f"chuishao/{await log.history()}/1"
    assert sealed.key == str(signer.verifier)
    opens = opened(parse_note(sealed.text), [parse_verifier(sealed.key)])
    assert opens == Checkpoint(signer.name, 5, (await roots(log))[5])
    assert (sealed.size, sealed.root) == (opens.size, opens.root)


async def test_sealing_again_signs_nothing_twice(log: EventLog) -> None:
    await add(log, 5)
    assert await seal(log, SEED) == await seal(log, SEED)
    assert len(await all_checkpoints(log)) == 1


async def test_a_long_log_is_sealed_in_several_checkpoints(
    log: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealer, "CHUNK", 100)
    monkeypatch.setattr(sealer, "PAGE", 30)
    await add(log, 250)
    told: list[tuple[int, int]] = []

    await seal(log, SEED, progress=lambda done, total: told.append((done, total)))

    assert told == [(100, 250), (200, 250), (250, 250)]
    assert [each.size for each in await all_checkpoints(log)] == [100, 200, 250]
    async with connected(log.pool) as connection:
        covering = await checkpoint_covering(connection, log.id, 101)
    assert covering is not None and covering.size == 200


@settings(max_examples=12)
@given(EDGES)
async def test_in_whatever_steps_a_log_is_sealed_the_tree_is_the_same(
    template: str, steps: list[int]
) -> None:
    pool = await open_pool(await copy_of_template(template), size=4)
    try:
        log = EventLog(pool)
        for step in steps:
            await add(log, step)
            await seal(log, SEED)
        tiles, signed = await stored(pool)
        expected = await roots(log)
        assert [root for _, root, _ in signed] == [expected[size] for size, _, _ in signed]

        await pool.execute("SET session_replication_role = replica")
        await pool.execute("TRUNCATE tile, checkpoint")
        await seal(log, SEED)
        assert (await stored(pool))[0] == tiles
        await _every_proof_holds(log, expected, [size for size, _, _ in signed])
    finally:
        await pool.close()


async def _every_proof_holds(log: EventLog, expected: list[bytes], sizes: list[int]) -> None:
    leaves = [leaf for (leaf,) in await log.pool.fetch("SELECT leaf_hash FROM event ORDER BY position")]
    async with connected(log.pool) as connection:
        for size in sizes:
            for position in {1, size // 2, size - 1, size} - {0}:
                shown = await inclusion_proof(connection, log.id, position, size)
                assert included(leaves[position - 1], position - 1, size, shown, expected[size])
        for old, new in [(old, new) for new in sizes for old in sizes if old <= new]:
            shown = await consistency_proof(connection, log.id, old, new)
            assert consistent(old, expected[old], new, expected[new], shown)


async def test_three_levels_of_tiles_prove_what_they_hold(log: EventLog) -> None:
    events = 256 * 256 + 300
    await log.pool.execute(
        "INSERT INTO event (log, position, stream, version, event_id, type, schema_version, data, meta,"
        " occurred_at, recorded_at, leaf_hash)"
        " SELECT 1, n, e, 1, e, 't', 1, '{}', '{}', now(), now(),"
        " leaf_hash(1, n, e, 1, e, 't', 1::smallint, now(), now(), '{}', '{}')"
        " FROM (SELECT n, md5(n::text)::uuid AS e FROM generate_series(1::bigint, $1) AS n) AS made",
        events,
    )
    await seal(log, SEED)
    levels = await log.pool.fetch("SELECT level, count(*) FROM tile GROUP BY level ORDER BY level")
    assert [tuple(row) for row in levels] == [(0, 258), (1, 2), (2, 1)]
    assert [each.size for each in await all_checkpoints(log)] == [65_536, events]
    await _every_proof_holds(log, await roots(log), [65_536, events])


async def test_a_proof_of_what_is_not_sealed_is_refused(log: EventLog) -> None:
    await add(log, 5)
    await seal(log, SEED)
    await add(log, 5)
    async with connected(log.pool) as connection:
        with pytest.raises(MissingTile):
            await inclusion_proof(connection, log.id, 6, 10)
        with pytest.raises(ValueError, match="has no leaf"):
            await inclusion_proof(connection, log.id, 6, 5)
        with pytest.raises(MissingTile):
            await consistency_proof(connection, log.id, 5, 10)


async def test_two_sealers_at_once_make_one_seal(log: EventLog) -> None:
    await add(log, 700)
    made = await asyncio.gather(*(seal(log, SEED) for _ in range(6)))
    assert len({each.text for each in made if each}) == 1
    assert [each.size for each in await all_checkpoints(log)] == [700]


async def test_sealing_while_events_arrive_keeps_every_checkpoint_consistent(log: EventLog) -> None:
    async def write() -> None:
        for _ in range(40):
            await add(log, 17)

    async def seal_meanwhile() -> None:
        for _ in range(20):
            await seal(log, SEED)

    await asyncio.gather(write(), write(), seal_meanwhile(), seal_meanwhile())
    await seal(log, SEED)
    signed, expected = await all_checkpoints(log), await roots(log)
    assert signed[-1].size == 1360
    assert [each.root for each in signed] == [expected[each.size] for each in signed]
    async with connected(log.pool) as connection:
        for old, new in pairwise(signed):
            shown = await consistency_proof(connection, log.id, old.size, new.size)
            assert consistent(old.size, old.root, new.size, new.root, shown)


# Killed in the middle


@pytest.mark.parametrize("table", ["tile", "checkpoint"])
async def test_a_sealer_that_is_killed_leaves_the_old_seal_or_the_new_one(
    database: str, log: EventLog, table: str
) -> None:
    await add(log, 300)
    await seal(log, SEED)
    before = await stored(log.pool)
    await add(log, 300)
    # Another transaction holds the row that comes next, so the sealer stands in the middle of its own.
    blocking = {
        "tile": "INSERT INTO tile VALUES (1, 0, 2, decode(repeat('00', 32), 'hex'))",
        "checkpoint": "INSERT INTO checkpoint (log, size, root, key, text) VALUES (1, 600, '', '', '')",
    }
    blocker = await asyncpg.connect(database)
    try:
        transaction = blocker.transaction()
        await transaction.start()
        await blocker.execute(blocking[table])
        sealing = asyncio.create_task(seal(log, SEED))

        async def waits() -> bool:
            query = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE NOT granted AND locktype = $1"
            return bool(await blocker.fetchval(query, "transactionid"))

        await until(waits)
        with pytest.raises(Exception, match=r"not available|went away|terminat|closed"):
            await sealing
        assert await stored(log.pool) == before
        await transaction.rollback()
    finally:
        await blocker.close()

    sealed = await seal(log, SEED)
    assert sealed is not None
    assert (sealed.size, sealed.root) == (600, (await roots(log))[600])


# What is not signed


async def changed(connection: Any) -> None:
    await connection.execute("UPDATE event SET type = 'Other' WHERE position = 7")


async def with_its_hash(connection: Any) -> None:
    await connection.execute("UPDATE event SET leaf_hash = sha256('') WHERE position = 7")


async def left_out(connection: Any) -> None:
    await connection.execute("DELETE FROM event WHERE position = 7")


async def swapped(connection: Any) -> None:
    await swap(connection, 7, 8)


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        (changed, "the event at position 7 does not match its hash"),
        (with_its_hash, "the event at position 7 does not match its hash"),
        (left_out, "the event at position 7 is missing"),
        (swapped, "the event at position 7 does not match its hash"),
    ],
)
async def test_what_was_changed_before_it_was_sealed_is_not_sealed(
    database: str, log: EventLog, how: Callable[[Any], Awaitable[None]], reason: str
) -> None:
    await add(log, 5)
    await seal(log, SEED)
    await add(log, 5)
    async with superuser(database) as connection:
        await how(connection)
    assert reason in await refused(log)


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        (
            "DELETE FROM event WHERE position > 298",
            "the log ends at position 298, and 300 events were sealed",
        ),
        (
            "UPDATE tile SET hashes = substr(hashes, 33) || sha256('') WHERE index = 1",
            "do not lead to the root",
        ),
        ("UPDATE tile SET hashes = substr(hashes, 1, 32) WHERE index = 1", "and the tiles hold 257"),
        ("DELETE FROM tile WHERE level = 1", "tile 0 of level 1 lacks hashes"),
        ("UPDATE tile SET hashes = sha256('') WHERE level = 1", "do not lead to the root"),
        ("DELETE FROM checkpoint", "the newest checkpoint is of 0 events, and the tiles hold 300"),
        ("UPDATE checkpoint SET root = sha256('')", "signs something else"),
        ("UPDATE checkpoint SET text = replace(text, E'/1\\n300\\n', E'/1\\n299\\n')", "does not hold"),
        ("UPDATE checkpoint SET text = ''", "this is no signed note"),
        ("UPDATE checkpoint SET key = 'x'", "is no key"),
        ("UPDATE log SET history = gen_random_uuid()", "signs something else"),
    ],
)
async def test_nothing_is_signed_on_a_log_that_does_not_bear_its_checkpoint_out(
    database: str, log: EventLog, statement: str, reason: str
) -> None:
    await add(log, 300)
    await seal(log, SEED)
    async with superuser(database) as connection:
        await connection.execute(statement)
    assert reason in await refused(log)
    await add(log, 5)
    cut = statement.startswith("DELETE FROM event")
    assert (reason if not cut else "the event at position 300 is not the one that was") in await refused(log)


async def test_a_refusal_is_forgotten_once_the_log_is_as_it_was(database: str, log: EventLog) -> None:
    await add(log, 5)
    async with superuser(database) as connection:
        await connection.execute("UPDATE event SET version = 9 WHERE position = 5")
        await refused(log)
        await connection.execute("UPDATE event SET version = 5 WHERE position = 5")
    await seal(log, SEED)
    async with connected(log.pool) as connection:
        assert (await standing(connection, log.id)).refusal is None


async def test_another_key_is_refused_unless_it_is_meant(log: EventLog) -> None:
    await add(log, 5)
    first = await seal(log, OTHER_SEED)
    await add(log, 5)

    reason = await refused(log)

    assert first is not None
    assert f"is signed with another key, {first.key}; restore that key" in reason
    second = await seal(log, SEED, new_key=True)
    await add(log, 5)
    third = await seal(log, SEED)
    assert second is not None and third is not None
    assert (second.size, third.size) == (10, 15)
    assert second.key == third.key != first.key


async def test_a_new_key_excuses_nothing_else(database: str, log: EventLog) -> None:
    await add(log, 5)
    await seal(log, OTHER_SEED)
    async with superuser(database) as connection:
        await connection.execute("UPDATE tile SET hashes = sha256('') || substr(hashes, 33)")
    assert "do not lead to the root" in await refused(log, new_key=True)


# The tables keep what they have


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE tile SET hashes = sha256('') || substr(hashes, 33)",
        "UPDATE tile SET hashes = substr(hashes, 1, 32)",
        "UPDATE tile SET index = 1",
        "DELETE FROM tile",
        "TRUNCATE tile",
        "UPDATE checkpoint SET sealed_at = now()",
        "DELETE FROM checkpoint",
        "TRUNCATE checkpoint",
    ],
)
async def test_tiles_and_checkpoints_are_never_changed(log: EventLog, statement: str) -> None:
    await add(log, 5)
    await seal(log, SEED)
    with pytest.raises(asyncpg.RestrictViolationError, match="the log is append-only"):
        await log.pool.execute(statement)


async def test_a_tile_may_grow(log: EventLog) -> None:
    await add(log, 5)
    await seal(log, SEED)
    await log.pool.execute("UPDATE tile SET hashes = hashes || sha256('')")


# In the background


async def test_the_sealer_of_a_server_seals_what_arrives_and_stops(log: EventLog) -> None:
    background = Sealer(log, SEED, 0.01)
    background.start()
    try:
        for size in (5, 10):
            await add(log, 5)

            async def sealed(size: int = size) -> bool:
                async with connected(log.pool) as connection:
                    return (await standing(connection, log.id)).sealed == size

            await until(sealed)
    finally:
        await background.stop()


async def test_the_sealer_of_a_server_says_why_it_does_not_seal_and_goes_on_when_it_can(
    database: str, log: EventLog, caplog: pytest.LogCaptureFixture
) -> None:
    await add(log, 5)
    async with superuser(database) as connection:
        await connection.execute("UPDATE event SET version = 9 WHERE position = 5")
        background = Sealer(log, SEED, 0.01)
        background.start()
        try:

            async def told() -> bool:
                return "the log is not sealed: the event at position 5 does not match its hash" in caplog.text

            await until(told)
            await connection.execute("UPDATE event SET version = 5 WHERE position = 5")

            async def sealed() -> bool:
                async with connected(log.pool) as connection:
                    found = await standing(connection, log.id)
                return found.sealed == 5 and found.refusal is None

            await until(sealed)
        finally:
            await background.stop()


async def test_a_fresh_checkpoint_of_another_process_is_enough(log: EventLog) -> None:
    await add(log, 5)
    await seal(log, SEED)
    await add(log, 5)
    assert not await Sealer(log, SEED, 3600)._due()
    assert await Sealer(log, SEED, 0)._due()
    await seal(log, SEED)
    assert not await Sealer(log, SEED, 0)._due()
