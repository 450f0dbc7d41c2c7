"""The reference clients of the two streaming protocols, graphql-ws and graphql-sse, and an EventSource."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from pathlib import Path

import httpx
import pytest

from tests.clients.conftest import Place
from tests.clients.programs import play, playing
from tests.served import Process, Served, address, free_port, process
from tests.steps import established
from tests.town import GRID, Town

pytestmark = pytest.mark.usefixtures("npm")

BOTH = pytest.mark.parametrize("script", ["graphql_ws.mjs", "graphql_sse.mjs"])


@BOTH
async def test_a_query_a_mutation_and_a_subscription(place: Place, script: str) -> None:
    after = await place.town.log.cursor_at_head()
    seen = await play(script, "operations", place.given(grid=GRID, after=after))

    assert seen["viewer"] == {"viewer": {"role": "STREET_OFFICER", "scope": place.town.street_officer.scope}}
    assert seen["reported"]["reportCase"]["errors"] == []
    assert seen["reported"]["reportCase"]["case"]["status"] == "REPORTED"
    assert seen["event"]["events"]["position"] == seen["reported"]["reportCase"]["position"]


async def test_a_bad_operation_harms_none_of_those_beside_it_on_one_socket(place: Place) -> None:
    documents = [
        "{ viewer { role } }",
        "{ nothing }",
        "subscription ($after: String) { events(after: $after) { position } }",
        "{ grids(first: 1000) { nodes { code } } }",
        "query ($after: Int!) { log { head } }",
        "{ log { head } }",
    ]
    after = place.town.log.start_cursor
    seen = await play("graphql_ws.mjs", "together", place.given(documents=documents, after=after))

    assert seen["sockets"] == 1
    viewer, unknown, events, too_many, mistyped, log = seen["outcomes"]
    assert (viewer, events, log) == (["viewer"], ["events"], ["log"])
    assert unknown == ["GRAPHQL_VALIDATION_FAILED"]
    assert too_many == ["OUT_OF_RANGE"]
    assert mistyped == ["GRAPHQL_VALIDATION_FAILED"]


async def test_a_token_that_is_not_valid_closes_the_socket_for_good(place: Place) -> None:
    expired = place.expiring(place.town.street_officer, seconds=-60)
    for token in ("no token", expired):
        seen = await play("graphql_ws.mjs", "invalid", place.given(token=token))
        assert (seen["code"], seen["connections"]) == (4401, 1)


async def test_a_token_that_expires_closes_the_socket_so_that_the_client_comes_back_with_a_new_one(
    place: Place,
) -> None:
    def short() -> str:
        return place.expiring(place.town.street_officer, seconds=3)

    seen = await play("graphql_ws.mjs", "expires", place.given(token=short()))
    assert (seen["code"], seen["reason"]) == (4403, "the token has expired")

    after = await place.town.log.cursor_at_head()
    async with playing("graphql_ws.mjs", "renews", place.given(short=short(), after=after)) as client:
        assert await client.hear() == []
        assert await client.hear() == [4403]
        await established(place.town)
        last = await client.hear()
    assert last == {"codes": [4403], "type": "DepartmentEstablished"}


@pytest.mark.parametrize(
    ("script", "scenario"),
    [("graphql_ws.mjs", "follows"), ("graphql_sse.mjs", "follows"), ("graphql_sse.mjs", "listens")],
)
async def test_a_follower_misses_and_repeats_nothing_when_the_server_is_restarted(
    town: Town, database: str, http: httpx.AsyncClient, tmp_path: Path, script: str, scenario: str
) -> None:
    place = Place(town, Served(f"127.0.0.1:{free_port()}", http))
    begun = await town.log.head()
    heard: list[int] = []
    async with playing(script, scenario, place.given(after=await town.log.cursor_at_head())) as client:
        for ended in (Process.kill, Process.terminate):
            async with serving(place, database, tmp_path) as server:
                await established(town)
                heard += await client.hear_until(await town.log.head())
                ended(server)
            await established(town)  # while nobody serves
        async with serving(place, database, tmp_path):
            heard += await client.hear_until(await town.log.head())

    assert heard == list(range(begun + 1, begun + 5))


def serving(place: Place, database: str, folder: Path) -> AbstractAsyncContextManager[Process]:
    """A server at the same port again."""
    port = int(place.served.base.rpartition(":")[2])
    return process(folder, "--database-url", address(database), "--no-reactions", port=port)


async def test_every_breach_of_the_protocol_has_the_code_that_the_protocol_names(place: Place) -> None:
    closes = await play("graphql_ws.mjs", "closes", place.given())

    assert {breach: code for breach, (code, _) in closes.items()} == {
        "noSubprotocol": 4406,
        "notJson": 4400,
        "unknownType": 4400,
        "subscribedTooEarly": 4401,
        "initialisedTwice": 4429,
        "sameIdTwice": 4409,
    }
    assert all(reason for _, reason in closes.values())


async def test_event_streams_tell_what_is_wrong_with_a_document_and_refuse_a_bad_token(place: Place) -> None:
    seen = await play("graphql_sse.mjs", "refused", place.given())

    assert seen == {"invalid": "GRAPHQL_VALIDATION_FAILED", "unauthenticated": 401}
