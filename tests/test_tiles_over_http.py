"""The tree is open to everybody: tiles alone, without an account, lead to the root of the checkpoint."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest

from chuishao.eventlog.connection import open_pool
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.merkle import HASH, Frontier
from chuishao.eventlog.note import opened, parse_note, parse_verifier
from chuishao.eventlog.sealer import Sealed, seal
from tests.appends import an_append
from tests.conftest import copy_of_template
from tests.served import Served, served

SEED = bytes(range(32))
EVENTS = 700


@dataclass(frozen=True)
class Place:
    server: Served
    newest: Sealed

    async def get(self, path: str) -> httpx.Response:
        return await self.server.http.get(f"http://{self.server.base}/seal/{path}")


@pytest.fixture(scope="module")
async def place(template: str) -> AsyncIterator[Place]:
    database = await copy_of_template(template)
    pool = await open_pool(database, size=4)
    log = EventLog(pool)
    async with served(database) as server:
        for _ in range(EVENTS // 50):
            await log.writer.append(an_append(events=50))
        newest = await seal(log, SEED)
        assert newest is not None
        yield Place(server, newest)
    await pool.close()


async def test_the_checkpoint_is_the_signed_note_itself(place: Place) -> None:
    answer = await place.get("checkpoint")

    assert (answer.status_code, answer.text) == (200, place.newest.text)
    assert answer.headers["content-type"].startswith("text/plain")


async def test_the_leaves_of_all_tiles_lead_to_the_signed_root(place: Place) -> None:
    note = parse_note((await place.get("checkpoint")).text)
    checkpoint = opened(note, [parse_verifier(place.newest.key)])
    full, rest = divmod(checkpoint.size, 256)
    paths = [f"tile/0/{index:03}" for index in range(full)] + [f"tile/0/{full:03}.p/{rest}"]
    tree = Frontier()

    for path in paths:
        answer = await place.get(path)
        assert answer.status_code == 200, path
        assert "immutable" in answer.headers["cache-control"]
        for start in range(0, len(answer.content), HASH):
            tree.add(answer.content[start : start + HASH])

    assert (tree.size, tree.root()) == (checkpoint.size, checkpoint.root)


async def test_a_tile_of_the_next_level_holds_the_roots_of_those_below(place: Place) -> None:
    below, above = await place.get("tile/0/001"), await place.get("tile/1/000.p/2")
    tree = Frontier()
    for start in range(0, len(below.content), HASH):
        tree.add(below.content[start : start + HASH])

    assert above.content[HASH:] == tree.root()


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/002",
        "tile/0/003.p/1",
        "tile/0/x001/000",
        "tile/0/1",
        "tile/0/x000000",
        "tile/8/000",
        "tile/99999999999999999999/000",
        "tile/0/x999/x999/x999/x999/x999/x999/999",
        "tile/0/../checkpoint",
        "tile/a/000",
        "tile/0/%00",
        "tile/0/",
    ],
)
async def test_what_is_no_sealed_tile_is_not_found(place: Place, path: str) -> None:
    assert (await place.get(path)).status_code == 404
