"""Read models that have stopped or are no longer ours, as those meet them who ask and act over the API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from chuishao.commands import grids
from chuishao.projections.catalogue import PROJECTIONS
from tests.served import AUDITOR, Served, served, until
from tests.town import COMMUNITY, GRID, Town

REPORTED = "case { id status } unread { code message }"
CASE = "query ($at: Position) { cases(first: 1, atLeast: $at) { nodes { id } } }"
EVENTS = "subscription ($after: String) { events(after: $after) { type case { id } } }"
REPORT: dict[str, Any] = {"category": "01001", "text": "井盖丢失", "gridCode": GRID}


@pytest.fixture
async def serving(town: Town, database: str) -> AsyncIterator[Served]:
    """The application on the town, whose read models are at the head."""
    assert town
    async with served(database) as running:
        await running.client(AUDITOR).read(CASE, at=await town.log.head())
        yield running


async def stop(town: Town, name: str) -> None:
    """Let a read model stop where it is."""
    query = "UPDATE projection SET status = 'stopped', error = 'at position 9' WHERE name = $1"
    await town.log.pool.execute(query, name)


async def test_a_recorded_command_is_answered_with_its_position_though_its_thing_cannot_be_read(
    town: Town, serving: Served
) -> None:
    await stop(town, "cases")
    client = serving.client(town.community_staff)

    payload = await client.mutate("reportCase", REPORTED, **REPORT)
    chinese = await client.speaking("zh").mutate("reportCase", REPORTED, **REPORT)

    assert (payload["case"], payload["errors"]) == (None, [])
    assert payload["unread"]["code"] == "READ_MODEL_STOPPED"
    assert payload["unread"]["message"].startswith("Read model cases has stopped at position ")
    assert chinese["unread"]["message"].startswith("读模型 cases 已停在位置 ")
    assert [payload["position"], chinese["position"]] == [await town.log.head() - 1, await town.log.head()]


async def test_what_has_stopped_and_does_not_show_the_thing_is_nothing_to_a_command(
    town: Town, serving: Served
) -> None:
    await stop(town, "tallies")

    payload = await serving.client(town.community_staff).do("reportCase", REPORTED, **REPORT)

    assert payload["case"]["status"] == "REPORTED"
    assert payload["unread"] is None


async def test_a_refused_command_is_refused_and_not_unread(town: Town, serving: Served) -> None:
    await stop(town, "cases")
    wrong = REPORT | {"gridCode": f"{COMMUNITY}-G999"}

    payload = await serving.client(town.community_staff).mutate("reportCase", REPORTED, **wrong)

    assert (payload["case"], payload["position"], payload["unread"]) == (None, None, None)
    assert [error["code"] for error in payload["errors"]] == ["UNKNOWN_GRID"]


async def test_waiting_for_a_stopped_read_model_is_refused_and_reading_it_as_it_is_is_not(
    town: Town, serving: Served
) -> None:
    case = await town.report()
    client = serving.client(AUDITOR)
    await client.read(CASE, at=await town.log.head())
    await stop(town, "cases")
    await town.report()

    error = await client.fails(CASE, at=await town.log.head())

    assert error["code"] == "READ_MODEL_STOPPED"
    assert "Read model cases has stopped at position" in error["message"]
    assert (await client.read(CASE))["cases"]["nodes"] == [{"id": str(case)}]


@pytest.mark.parametrize("who", ["resident", "department"])
async def test_events_are_followed_though_a_read_model_has_stopped_that_shows_nobody_anything(
    who: str, town: Town, serving: Served
) -> None:
    await stop(town, "tallies")
    await town.report()
    actor = town.resident if who == "resident" else town.officer()
    async with serving.client(actor).socket() as socket:
        await socket.subscribe(EVENTS, after=await town.log.cursor_at_head())
        await town.do(grids.DrawGrid(grid_code=f"{COMMUNITY}-G009", name="第9网格", households=10))
        assert (await socket.next())["events"]["type"] == "GridDrawn"


async def test_a_process_answers_no_more_from_a_read_model_of_another_version(
    town: Town, serving: Served
) -> None:
    client = serving.client(town.community_staff)
    await town.log.pool.execute("UPDATE projection SET fingerprint = 'of a newer one' WHERE name = 'grids'")

    async def refused() -> Any:
        result = await client.send("{ grids(first: 1) { nodes { code } } }")
        return result.get("errors")

    (error,) = await until(refused)
    assert error["extensions"]["code"] == "READ_MODEL_REPLACED"
    assert error["message"].startswith("Read model grids now belongs to another version of the server")
    health = await client.http.get(f"http://{serving.base}/health/ready")
    assert health.status_code == 503
    assert any(problem.startswith("read model grids is not of this") for problem in health.json()["problems"])

    payload = await client.mutate("reportCase", REPORTED, **REPORT)
    assert payload["unread"]["code"] == "READ_MODEL_REPLACED"
    assert payload["position"] == await town.log.head()
    assert (await client.read("{ log { head } }"))["log"]["head"] == payload["position"]

    await town.log.pool.execute("UPDATE projection SET fingerprint = $1 WHERE name = 'grids'", _own("grids"))
    await until(lambda: _answers(client))


LIST = "{ grids(first: 1) { nodes { code name } } }"
LOADER = f'{{ grid(code: "{GRID}") {{ code name }} }}'
COLUMN, TABLE, SCHEMA, TYPE = (
    "ALTER TABLE grids.grid RENAME COLUMN name TO title",
    "ALTER TABLE grids.grid RENAME TO area",
    "ALTER SCHEMA grids RENAME TO areas",
    "ALTER TABLE grids.grid ALTER COLUMN code TYPE bytea USING code::bytea",
)
FOUND_OUT = [
    (COLUMN, LIST), (TABLE, LIST), (SCHEMA, LIST),
    (COLUMN, LOADER), (TABLE, LOADER), (SCHEMA, LOADER), (TYPE, LOADER),
]  # fmt: skip
"""How another version's tables differ, and a read that fails on them."""


@pytest.mark.parametrize(("another", "query"), FOUND_OUT)
async def test_a_read_that_finds_other_tables_than_its_own_says_that_they_are_another_versions(
    another: str, query: str, town: Town, serving: Served
) -> None:
    client = serving.client(AUDITOR)
    await client.read(query)
    async with town.log.pool.acquire() as connection, connection.transaction():
        await connection.execute(another)
        await connection.execute("UPDATE projection SET fingerprint = 'of a newer one' WHERE name = 'grids'")

    error = await client.fails(query)  # at once: the next look of the process may not be due

    assert error["code"] == "READ_MODEL_REPLACED"


async def test_a_table_that_is_missing_from_a_read_model_of_this_version_is_an_internal_error(
    town: Town, serving: Served
) -> None:
    await town.log.pool.execute("ALTER TABLE grids.grid RENAME TO area")

    error = await serving.client(AUDITOR).fails(LIST)

    assert error["code"] == "INTERNAL"


async def _answers(client: Any) -> bool:
    return "errors" not in await client.send("{ grids(first: 1) { nodes { code } } }")


def _own(name: str) -> str:
    return next(projection.fingerprint for projection in PROJECTIONS if projection.name == name)
