"""What benchmarks stand on: a city that is a valid log, answers compared by what they say, a current page."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from benchmarks import goals, page
from benchmarks.growing import grow
from benchmarks.load import MARK
from benchmarks.questions import OURS, POSTGRAPHILE, renamed, said
from benchmarks.rebuilding import checksums
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.sql import statements
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.rebuild import Manner, rebuild_all
from chuishao.service.database import make_ready, opened
from tests.conftest import copy_of_template
from tests.town import KEY


@pytest.fixture(scope="module")
async def city(template: str) -> AsyncIterator[tuple[str, EventLog]]:
    """A small city: its database and its log."""
    url = await copy_of_template(template)
    async with opened(url, size=4) as log:
        await make_ready(log, KEY)
        await grow(log, KEY, 150, 1, Console(file=StringIO()), communities=10)
        yield url, log


async def test_a_copied_city_has_whole_streams_and_hashes_that_hold(city: tuple[str, EventLog]) -> None:
    _, log = city
    wrong = """
        SELECT count(*) FROM event e WHERE leaf_hash <> leaf_hash(log, position, stream, version, event_id,
            type, schema_version, occurred_at, recorded_at, meta, data)
        UNION ALL
        SELECT count(*) FROM stream s WHERE (version, first_position, last_position) IS DISTINCT FROM
            (SELECT (max(e.version), min(e.position), max(e.position)) FROM event e WHERE e.stream = s.id)
        UNION ALL
        SELECT max(position) - count(*) FROM event
    """

    assert [row[0] for row in await log.pool.fetch(wrong)] == [0, 0, 0]
    assert await log.pool.fetchval(statements("benchmarks", "growing.sql")["tallies_hold"]) == 0


async def test_the_read_models_of_a_copied_city_are_what_folding_its_log_gives(
    city: tuple[str, EventLog],
) -> None:
    url, log = city
    copied = await checksums(url)

    await rebuild_all(log, PROJECTIONS, Manner())

    assert await checksums(url) == copied
    assert copied["cases.case_row"][0] == 150


CONNECTION = {"nodes": [{"number": "12", "at": "2026-03-02T09:01:00+08:00"}]}
LIST = [{"number": 12, "at": "2026-03-02T01:01:00Z"}]
ACTOR = {"role": "AUDITOR", "unit": "", "scope": None}
NESTED = {"status": "OPEN", "event": {"position": 1, "actor": ACTOR | {"id": None}}}
FLAT = {"status": "OPEN", "position": 1, "actorId": None} | ACTOR


@pytest.mark.parametrize(
    ("one", "other"), [(CONNECTION, LIST), (NESTED, FLAT), ({"rating": 4}, {"rating": 4.0})]
)
def test_answers_that_say_the_same_are_the_same_however_they_are_written(one: Any, other: Any) -> None:
    assert said(one) == said(other)


@pytest.mark.parametrize(
    ("one", "other"), [({"open": True}, {"open": 1.5}), ({"code": "12"}, {"code": "13"}), ([], None)]
)
def test_answers_that_say_something_else_are_not(one: Any, other: Any) -> None:
    assert said(one) != said(other)


@pytest.mark.parametrize("document", [OURS["list"], POSTGRAPHILE["list"]])
def test_an_unseen_document_has_names_that_nobody_has_used(document: str) -> None:
    fresh = renamed(document, MARK.decode())

    assert f"cases{MARK.decode()}: " in fresh and f"status{MARK.decode()}: status" in fresh


def test_a_goal_is_met_at_its_bound_and_not_beyond() -> None:
    least, most = goals.Goal("w", ("a",), "", least=3.0), goals.Goal("w", ("a", "b"), "", most=5.0)

    assert least.met(3.0) and not least.met(2.99)
    assert most.met(5.0) and not most.met(5.01)
    assert most.measured({"a": {"b": 4}}) == 4.0 and most.measured({"a": {}}) is None


def test_the_page_says_what_the_last_run_found() -> None:
    results = json.loads(
        (page.PAGE.parent.parent / "benchmarks" / "results.json").read_text(encoding="utf-8")
    )
    text = page.PAGE.read_text(encoding="utf-8")

    assert page.written(text, results) == text, (
        "run `.venv/bin/python -m benchmarks` with a name, or `make bench`"
    )
