"""What frontends are built with, set up as their manuals say: Apollo Client, urql and Relay."""

from __future__ import annotations

import shutil
from pathlib import Path
from uuid import uuid4

import pytest

from tests.clients.conftest import Place
from tests.clients.installation import CLIENTS, ROOT
from tests.clients.programs import play, succeed
from tests.steps import accepted, drawn
from tests.town import COMMUNITY

pytestmark = pytest.mark.usefixtures("npm")

JSON = "application/graphql-response+json"


async def reported(place: Place) -> str:
    """A case that was reported, which the server shows already."""
    case = await place.town.report()
    await place.caught_up()
    return str(case)


# Apollo Client


async def test_apollo_reads_by_post_and_by_get(place: Place) -> None:
    case = await reported(place)
    seen = await play("apollo.mjs", "reads", place.given(id=case))

    for method, read in seen.items():
        assert read["seen"] == [[method.upper(), 200, JSON]]
        assert (read["id"], read["typename"]) == (case, "Case")


async def test_apollo_sends_a_document_until_the_server_has_met_it(place: Place) -> None:
    case = await reported(place)
    first, *later = await play("apollo.mjs", "persists", place.given(id=case))

    assert first == {"id": case, "methods": ["POST", "POST"], "words": [False, True]}
    assert later == [{"id": case, "methods": [method], "words": [False]} for method in ("POST", "GET")]


async def test_apollo_keeps_one_object_for_a_case_whatever_it_came_with(place: Place) -> None:
    case = await reported(place)
    await reported(place)
    seen = await play("apollo.mjs", "normalises", place.given(id=case, place=COMMUNITY))

    assert seen["errors"] == []
    assert seen["shown"] == seen["kept"] == "ACCEPTED"
    assert seen["identified"] >= 2
    assert seen["requests"] == 2


async def test_apollo_puts_pages_together(place: Place) -> None:
    for _ in range(4):
        await reported(place)
    seen = await play("apollo.mjs", "pages", place.given(place=COMMUNITY))

    first, both = seen["shown"]
    assert len(first) == 2
    assert both[:2] == first
    assert both == sorted(set(both)) and len(both) == 4
    assert seen["requests"] == 2


async def test_apollo_follows_a_case_over_a_web_socket_into_its_cache(place: Place) -> None:
    after = await place.town.log.cursor_at_head()
    case = await place.town.report()
    seen = await play("apollo.mjs", "subscribes", place.given(id=str(case), after=after))

    assert seen == {"type": "CaseReported", "kept": "REPORTED"}


async def test_apollo_tells_failures_by_their_codes(place: Place) -> None:
    case = await reported(place)
    given = place.given(id=case, place=COMMUNITY, missing=str(uuid4()))
    seen = await play("apollo.mjs", "fails", given)

    assert seen["invalid"] == ["GRAPHQL_VALIDATION_FAILED"]
    assert seen["refused"] == ["NOT_FOUND"]
    assert seen["range"] == ["OUT_OF_RANGE"]
    assert seen["unauthenticated"]["codes"] == ["UNAUTHENTICATED"]
    assert [status for _, status, _ in seen["seen"]] == [400, 200, 200, 401]


# urql


async def test_urql_gets_json_for_a_query_and_caches_it_until_a_mutation_names_the_type(place: Place) -> None:
    case = await place.town.report()
    await accepted(place.town, case)
    await place.caught_up()
    seen = await play("urql.mjs", "reads", place.given(id=str(case)))

    assert seen["errors"] == []
    assert seen["cached"] == ["miss", "hit", "miss"]
    assert seen["seen"] == [["POST", 200, JSON]] * 3
    assert len(set(seen["numbers"])) == 1


async def test_urql_reads_by_get(place: Place) -> None:
    case = await reported(place)
    seen = await play("urql.mjs", "gets", place.given(id=case))

    assert seen == {"seen": [["GET", 200, JSON]], "id": case}


async def test_urql_tells_failures_by_their_codes(place: Place) -> None:
    seen = await play("urql.mjs", "fails", place.given())

    assert seen["codes"] == ["GRAPHQL_VALIDATION_FAILED"]
    assert seen["seen"] == [["POST", 400, JSON]]


@pytest.mark.parametrize("way", ["streams", "sockets"])
async def test_urql_follows_a_case(place: Place, way: str) -> None:
    after = await place.town.log.cursor_at_head()
    case = await place.town.report()
    await accepted(place.town, case)
    seen = await play("urql.mjs", way, place.given(id=str(case), after=after, count=2))

    assert seen["types"] == ["CaseReported", "CaseAccepted"]
    assert seen["seen"] == ([["POST", 200, "text/event-stream"]] if way == "streams" else [])


# Relay


@pytest.fixture(scope="module")
async def compiled(npm: Path) -> Path:
    """What relay-compiler makes of our fragments and operations."""
    folder = CLIENTS / "relay"
    generated = folder / "__generated__"
    generated.mkdir(exist_ok=True)
    shutil.copyfile(ROOT / "graphql" / "schema.graphql", generated / "schema.graphql")
    await succeed(npm / "relay-compiler", "relay.config.json", folder=folder)
    return generated


async def alone(place: Place, count: int) -> str:
    """A new grid with so many cases, which the server shows already."""
    grid = await drawn(place.town)
    for _ in range(count):
        await place.town.report(grid)
    await place.caught_up()
    return grid


@pytest.mark.usefixtures("compiled")
async def test_relay_reads_a_connection_page_by_page(place: Place) -> None:
    seen = await play("relay.mjs", "pages", place.given(place=await alone(place, 3)))

    assert len(seen["first"]) == 2
    assert seen["both"] == sorted(set(seen["both"])) and len(seen["both"]) == 3
    assert seen["both"][:2] == seen["first"]
    assert seen["more"] == [True, False]


@pytest.mark.usefixtures("compiled")
async def test_relay_asks_for_one_thing_again_by_its_id(place: Place) -> None:
    seen = await play("relay.mjs", "refetches", place.given(place=await alone(place, 1)))

    assert seen == ["REPORTED", "REPORTED", "ACCEPTED"]


@pytest.mark.usefixtures("compiled")
async def test_relay_shows_what_a_mutation_answers_wherever_the_case_is_shown(place: Place) -> None:
    seen = await play("relay.mjs", "mutates", place.given(place=await alone(place, 1)))

    assert seen["errors"] == []
    assert seen["listed"] == "ACCEPTED"
    assert seen["kept"] == {"__typename": "Case", "status": "ACCEPTED"}


@pytest.mark.usefixtures("compiled")
async def test_relay_follows_a_case_into_its_store(place: Place) -> None:
    after = await place.town.log.cursor_at_head()
    case = await place.town.report()
    await accepted(place.town, case)
    seen = await play("relay.mjs", "subscribes", place.given(id=str(case), after=after, count=2))

    assert seen == {"types": ["CaseReported", "CaseAccepted"], "kept": "ACCEPTED"}
