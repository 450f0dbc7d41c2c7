"""The figures that a server shows to Prometheus: what they count, and that several processes count as one."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from chuishao.domain.actor import Actor
from chuishao.domain.vocabulary import Role
from chuishao.eventlog.connection import Pool, open_pool
from chuishao.eventlog.log import EventLog
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.projection import Projection
from chuishao.service.metrics import forget_the_dead
from tests.conftest import copy_of_template
from tests.served import AUDITOR, Served, address, http_client, process, served, until
from tests.town import COMMUNITY, make_town

Values = dict[str, dict[tuple[str, ...], float]]
STAFF = Actor("community-staff-1", Role.COMMUNITY_STAFF, COMMUNITY)
SECRET_TEXT = "楼道里的纸箱（示例）"


async def scrape(http: httpx.AsyncClient, base: str) -> Values:
    """Samples by name, then by the values of their labels in the order of the labels' names."""
    answer = await http.get(f"http://{base}/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    found: Values = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            labels = tuple(value for _, value in sorted(sample.labels.items()))
            assert labels not in found.get(sample.name, {}), f"{sample.name} is told twice"
            found.setdefault(sample.name, {})[labels] = sample.value
    return found


@pytest.fixture(scope="module")
async def database_url(template: str) -> str:
    database = await copy_of_template(template)
    pool = await open_pool(database, size=4)
    await make_town(EventLog(pool))
    await pool.close()
    return database


@pytest.fixture(scope="module")
async def town(database_url: str) -> AsyncIterator[Served]:
    async with served(database_url) as running:
        yield running


def counted(values: Values, kind: str, outcome: str, transport: str = "http") -> float:
    return values.get("chuishao_operations_total", {}).get((kind, outcome, transport), 0)


async def test_operations_are_counted_by_kind_and_outcome(town: Served) -> None:
    before = await scrape(town.http, town.base)
    client = town.client(AUDITOR)
    await client.read("{ categories { code } }")
    await client.send("{ nothing }")
    await client.send("{ ")
    refused = await town.client(STAFF).mutate("acceptCase", caseId=str(uuid4()))
    after = await scrape(town.http, town.base)
    code = refused["errors"][0]["code"]
    for kind, outcome in (
        ("query", "OK"),
        ("none", "GRAPHQL_VALIDATION_FAILED"),
        ("none", "GRAPHQL_PARSE_FAILED"),
        ("mutation", code),
    ):
        assert counted(after, kind, outcome) == counted(before, kind, outcome) + 1, (kind, outcome)
    seconds = "chuishao_operation_seconds_count"
    assert after[seconds][("query",)] == before.get(seconds, {}).get(("query",), 0) + 1


async def test_an_append_is_measured_from_all_sides(town: Served) -> None:
    before = await scrape(town.http, town.base)
    case = {"category": "01003", "gridCode": f"{COMMUNITY}-G001", "text": SECRET_TEXT}
    await town.client(STAFF).do("reportCase", **case)
    after = await scrape(town.http, town.base)
    for measured in ("append_batch_commands_sum", "append_seconds_count", "append_answer_seconds_count"):
        name = f"chuishao_{measured}"
        assert after[name][()] == before[name][()] + 1, name
    assert after["chuishao_append_events_total"][()] > before["chuishao_append_events_total"][()]
    assert after["chuishao_append_answer_seconds_sum"][()] >= after["chuishao_append_seconds_sum"][()]


async def test_the_head_and_every_read_model_are_told(town: Served, database_url: str) -> None:
    pool = await open_pool(database_url, size=2)
    try:
        head = await EventLog(pool).head()

        async def caught_up() -> bool:
            values = await scrape(town.http, town.base)
            return values["chuishao_projection_lag_events"] == {(p.name,): 0 for p in sorted_projections()}

        assert await until(caught_up)
        values = await scrape(town.http, town.base)
        assert values["chuishao_log_head_position"][()] == head
        assert values["chuishao_database_up"][()] == 1
        assert set(values["chuishao_projection_stopped"].values()) == {0}
        await pool.execute("UPDATE projection SET status = 'stopped' WHERE name = 'cases'")
        await pool.execute("INSERT INTO parked VALUES (1, 'grids', 1, $1, 'why')", uuid4())
        values = await scrape(town.http, town.base)
        assert values["chuishao_projection_stopped"][("cases",)] == 1
        assert values["chuishao_projection_parked_events"][("grids",)] == 1
    finally:
        await pool.execute("UPDATE projection SET status = 'live'")
        await pool.execute("DELETE FROM parked")
        await pool.close()


def sorted_projections() -> list[Projection]:
    return sorted(PROJECTIONS, key=lambda projection: projection.name)


async def test_what_is_open_is_told_and_told_no_more(town: Served) -> None:
    document = "subscription { events { position } }"

    async def open_now() -> tuple[float, ...]:
        values = await scrape(town.http, town.base)
        return (
            values["chuishao_open_sockets"][()],
            values["chuishao_open_streams"][()],
            values["chuishao_running_operations"][("subscription",)],
            values["chuishao_feed_followers"][()],
        )

    async def is_open(*wanted: float) -> bool:
        return await open_now() == wanted

    async with town.client(AUDITOR).socket() as socket, town.client(AUDITOR).stream(document):
        await socket.subscribe(document)
        assert await until(lambda: is_open(1, 1, 2, 2))
        values = await scrape(town.http, town.base)
        assert values["chuishao_feed_follower_lag_events"][()] == 0
        assert values["chuishao_pool_connections"][("used",)] >= 1
    assert await until(lambda: is_open(0, 0, 0, 0))


async def test_no_label_tells_who_or_what(town: Served) -> None:
    client = town.client(STAFF)
    await client.send(f"query {'A' * 50} {{ cases(first: 1) {{ totalCount }} }}")
    text = (await town.http.get(f"http://{town.base}/metrics")).text
    for told in ("A" * 50, SECRET_TEXT, STAFF.id, "cases("):
        assert told not in text


async def test_without_a_database_what_a_process_knows_is_still_told(database: str, pool: Pool) -> None:
    async with served(database) as town:
        await pool.execute("ALTER TABLE projection RENAME TO hidden")
        values = await scrape(town.http, town.base)
        await pool.execute("ALTER TABLE hidden RENAME TO projection")
    assert values["chuishao_database_up"][()] == 0
    assert "chuishao_log_head_position" not in values
    assert "chuishao_open_sockets" in values


async def test_figures_can_be_switched_off(database: str, tmp_path: Path) -> None:
    arguments = ("--database-url", address(database), "--data-dir", tmp_path, "--no-metrics")
    async with process(tmp_path, *arguments) as server:
        answer = await server.served.http.get(f"http://{server.served.base}/metrics")
        assert answer.status_code == 404


async def test_several_processes_count_as_one(database: str, tmp_path: Path) -> None:
    arguments = ("--database-url", address(database), "--data-dir", tmp_path, "--workers", 2)
    async with process(tmp_path, *arguments) as server:
        base = server.served.base
        before = await scrape(server.served.http, base)
        ask = {"query": "{ __typename }"}
        async with asyncio.TaskGroup() as group:
            for _ in range(20):  # each on a connection of its own, so that both processes are met
                group.create_task(_fresh_post(f"http://{base}/graphql", ask))

        async def scrapes_agree() -> bool:
            values = await asyncio.gather(*(_fresh_scrape(base) for _ in range(8)))
            return all(counted(v, "query", "OK") == counted(before, "query", "OK") + 20 for v in values)

        assert await until(scrapes_agree)

        async def both_listen() -> bool:
            return (await _fresh_scrape(base))["chuishao_pool_connections"][("used",)] >= 2

        assert await until(both_listen)
        assert (await _fresh_scrape(base))["chuishao_log_head_position"][()] < 1000


async def _fresh_post(url: str, body: dict[str, str]) -> None:
    async with http_client() as http:
        await http.post(url, json=body)


async def _fresh_scrape(base: str) -> Values:
    async with http_client() as http:
        return await scrape(http, base)


def test_a_killed_process_leaves_its_counts_and_not_its_gauges(tmp_path: Path) -> None:
    program = (
        "import os, prometheus_client as p\n"
        "p.Gauge('open', '', multiprocess_mode='livesum').set(7)\n"
        "p.Counter('done', '').inc(3)\n"
        "os._exit(0)\n"
    )
    environ = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", program], env=environ, check=True)
    assert {file.name.rpartition("_")[0] for file in tmp_path.iterdir()} == {"gauge_livesum", "counter"}
    forget_the_dead(tmp_path)
    assert {file.name.rpartition("_")[0] for file in tmp_path.iterdir()} == {"counter"}
