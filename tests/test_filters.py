"""Filters with and, or and not: what they let through, how large they may be, and that they only narrow."""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chuishao.domain.actor import Actor
from chuishao.domain.lifecycle import Status
from chuishao.domain.vocabulary import LinkageMechanism, Role, Severity, Tier
from chuishao.eventlog.connection import connected, open_pool
from chuishao.eventlog.feed import Feed
from chuishao.eventlog.log import EventLog
from chuishao.graphql.context import Context
from chuishao.graphql.filter_tree import DEEPEST, MOST, FilterTooLarge, every
from chuishao.graphql.filters import CaseFilter, GridFilter, TimeRange, case_conditions, grid_conditions
from chuishao.projections.cases import CASES, CaseRow
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.engine import Engine
from chuishao.projections.paging import Where
from tests.conftest import copy_of_template
from tests.served import AUDITOR, Client, served
from tests.town import COMMUNITY, GRID, OTHER_COMMUNITY, START, STREET, THIRD_GRID, Town, make_town
from tests.wandering import CATEGORIES, Wanderer

STAFF = Actor("staff", Role.COMMUNITY_STAFF, COMMUNITY)
STREET_OFFICER = Actor("officer", Role.STREET_OFFICER, STREET)
NOW = START + timedelta(days=30)


@pytest.fixture(scope="module")
async def busy(template: str) -> AsyncIterator[Town]:
    """A town in which much has happened."""
    pool = await open_pool(await copy_of_template(template), size=4)
    town = await make_town(EventLog(pool))
    await Wanderer(town, random.Random(17)).walk(400)
    await Engine(Feed(town.log), PROJECTIONS).catch_up()
    yield town
    await pool.close()


# What each kind of condition means of a row

moments = st.integers(0, 90).map(lambda days: START + timedelta(days=days))


def within(wanted: TimeRange, moment: datetime | None) -> bool:
    since, until = wanted.since, wanted.until
    return moment is not None and (since is None or since <= moment) and (until is None or moment < until)


MEANING: dict[str, Callable[[Any, CaseRow], bool]] = {
    "place": lambda wanted, row: row.place.startswith(wanted),
    "grid_code": lambda wanted, row: row.place == wanted,
    "status": lambda wanted, row: row.status in wanted,
    "tier": lambda wanted, row: row.tier in wanted,
    "severity": lambda wanted, row: row.severity in wanted,
    "category": lambda wanted, row: row.category.startswith(wanted),
    "categories": lambda wanted, row: row.category in wanted,
    "linkage": lambda wanted, row: row.linkage in wanted,
    "open": lambda wanted, row: row.open is wanted,
    "overdue": lambda wanted, row: (row.open and row.due_at is not None and row.due_at < NOW) is wanted,
    "whistled": lambda wanted, row: (row.whistle is not None) is wanted,
    "overnight": lambda wanted, row: (
        (row.night_at is not None and (row.taken_up_at or NOW) >= row.night_at) is wanted
    ),
    "reported_at": lambda wanted, row: within(wanted, row.reported_at),
    "due_at": lambda wanted, row: within(wanted, row.due_at),
    "closed_at": lambda wanted, row: within(wanted, row.closed_at),
    "changed_since": lambda wanted, row: row.position > wanted,
    "and_": lambda wanted, row: all(fits(inner, row) for inner in wanted),
    "or_": lambda wanted, row: any(fits(inner, row) for inner in wanted),
    "not_": lambda wanted, row: not fits(wanted, row),
}


def fits(wanted: CaseFilter, row: CaseRow) -> bool:
    """Whether a filter lets a row through, by its words."""
    return all(
        meaning(given, row)
        for name, meaning in MEANING.items()
        if (given := getattr(wanted, name)) is not None
    )


ranges = st.builds(TimeRange, since=st.none() | moments, until=st.none() | moments)
LEAVES: dict[str, Any] = {
    "place": st.sampled_from(["", "12", COMMUNITY, OTHER_COMMUNITY, GRID, "13"]),
    "grid_code": st.sampled_from([GRID, THIRD_GRID]),
    "status": st.lists(st.sampled_from(Status), max_size=4),
    "tier": st.lists(st.sampled_from(Tier), max_size=3),
    "severity": st.lists(st.sampled_from(Severity), max_size=2),
    "category": st.sampled_from(["", "0", "11", *CATEGORIES]),
    "categories": st.lists(st.sampled_from(CATEGORIES), max_size=3),
    "linkage": st.lists(st.sampled_from(LinkageMechanism), max_size=3),
    "open": st.booleans(),
    "overdue": st.booleans(),
    "whistled": st.booleans(),
    "overnight": st.booleans(),
    "reported_at": ranges,
    "due_at": ranges,
    "closed_at": ranges,
    "changed_since": st.integers(0, 500),
}


@st.composite
def filters(draw: Any, depth: int = 3) -> CaseFilter:
    """A filter with a few conditions, and filters in it."""
    names = draw(st.lists(st.sampled_from(sorted(LEAVES)), max_size=2, unique=True))
    wanted = CaseFilter(**{name: draw(LEAVES[name]) for name in names})
    inner = st.lists(filters(depth - 1), max_size=2)
    if depth > 1 and draw(st.booleans()):
        wanted.and_ = draw(st.none() | inner)
        wanted.or_ = draw(st.none() | inner)
        wanted.not_ = draw(st.none() | filters(depth - 1))
    return wanted


async def shown(town: Town, actor: Actor, wanted: CaseFilter) -> dict[Any, CaseRow]:
    """The cases that somebody is shown for a filter."""
    services: Any = SimpleNamespace(executor=town.executor)
    where = Where()
    case_conditions(Context(services, actor, now=NOW), wanted, where)
    query = f"SELECT {', '.join(CASES.columns)} FROM cases.case_row{where.sql}"
    async with connected(town.log.pool) as connection:
        rows = [CaseRow(*record) for record in await connection.fetch(query, *where.arguments)]
    return {row.id: row for row in rows}


@settings(max_examples=150)
@given(wanted=filters())
async def test_the_database_lets_through_what_the_words_of_a_filter_say(
    busy: Town, wanted: CaseFilter
) -> None:
    everything = await shown(busy, AUDITOR, CaseFilter())

    assert len(everything) > 15
    assert set(await shown(busy, AUDITOR, wanted)) == {
        id_ for id_, row in everything.items() if fits(wanted, row)
    }


ASKERS: dict[str, Callable[[Town], Actor]] = {
    "community": lambda _: STAFF,
    "street": lambda _: STREET_OFFICER,
    "department": lambda town: town.officer(0),
    "resident": lambda _: Actor("resident-1", Role.RESIDENT, ""),
}


@pytest.mark.parametrize("who", ASKERS)
@settings(max_examples=60)
@given(wanted=filters())
async def test_no_filter_shows_more_than_the_asker_sees(busy: Town, who: str, wanted: CaseFilter) -> None:
    actor = ASKERS[who](busy)
    seen = await shown(busy, actor, CaseFilter())
    assert seen

    assert set(await shown(busy, actor, wanted)) == {id_ for id_, row in seen.items() if fits(wanted, row)}


# Bounds


def nested(depth: int) -> CaseFilter:
    return CaseFilter(open=True) if depth == 1 else CaseFilter(not_=nested(depth - 1))


def test_a_filter_may_be_so_deep_and_so_large_and_no_more() -> None:
    assert len(every(nested(DEEPEST))) == DEEPEST
    assert len(every(CaseFilter(or_=[CaseFilter()] * (MOST - 1)))) == MOST
    with pytest.raises(FilterTooLarge, match=f"at most {DEEPEST} deep"):
        every(nested(DEEPEST + 1))
    with pytest.raises(FilterTooLarge, match=f"at most {MOST} in all"):
        every(CaseFilter(and_=[CaseFilter(open=True)] * MOST))


# Over HTTP


async def test_filters_in_filters_work_over_http_and_what_is_too_much_is_refused(
    busy: Town, database: str
) -> None:
    async with served(database) as server:
        client = server.client(AUDITOR)
        for document in (
            "cases(filter: { or: [{ open: true }, { not: { tier: [ON_SPOT] } }], dueAt: {} })",
            'whistles(filter: { and: [], not: { ids: [] }, blownAt: { from: "2026-03-02T00:00Z" } })',
            'grids(filter: { or: [{ vacant: true }, { active: false }], codes: ["120101001001-G001"] })',
            'divisions(filter: { not: { abolished: true }, or: [{ level: [STREET] }, { name: "区" }] })',
        ):
            await client.read(f"{{ {document} {{ totalCount nodes {{ id }} }} }}")
        await too_much(client)


async def too_much(client: Client) -> None:
    ask = "query ($filter: CaseFilter) { cases(filter: $filter) { totalCount } }"
    deep: dict[str, Any] = {}
    for _ in range(DEEPEST):
        deep = {"not": deep}

    error = await client.fails(ask, filter=deep)
    assert (error["code"], error["path"]) == ("FILTER_TOO_LARGE", ["filter"])
    wrong = await client.fails(ask, filter={"or": [{"dueAt": {"until": "tomorrow"}}]})
    assert (wrong["code"], wrong["path"]) == ("BAD_TIME", ["dueAt.until"])
    unkept = await client.fails(ask, filter={"not": {"categories": ["\0"]}})
    assert unkept["code"] == "BAD_TEXT"
    for depth, code in ((100, "FILTER_TOO_LARGE"), (600, "BAD_USER_INPUT"), (5_000, "BAD_REQUEST")):
        text = '{"not":' * depth + "{}" + "}" * depth
        body = f'{{"query":{json.dumps(ask)},"variables":{{"filter":{text}}}}}'
        headers = client.headers | {"content-type": "application/json"}
        answer = await client.http.post(f"http://{client.base}/graphql", content=body, headers=headers)
        assert [error["extensions"]["code"] for error in answer.json()["errors"]] == [code], depth


async def test_grids_are_the_active_ones_where_no_filter_says_otherwise(busy: Town) -> None:
    async def found(wanted: GridFilter) -> set[tuple[bool, bool]]:
        where = Where()
        grid_conditions(wanted, where)
        query = f"SELECT worker IS NULL, retired_at IS NULL FROM grids.grid{where.sql}"
        async with connected(busy.log.pool) as connection:
            return {(row[0], row[1]) for row in await connection.fetch(query, *where.arguments)}

    everything = await found(GridFilter(active=None))
    assert {active for _, active in everything} == {True, False}
    assert await found(GridFilter()) == {row for row in everything if row[1]}
    assert await found(GridFilter(active=False)) == {row for row in everything if not row[1]}
    either = GridFilter(or_=[GridFilter(vacant=False), GridFilter(active=False)])
    assert await found(either) == {row for row in everything if not row[0] or not row[1]}
    assert await found(GridFilter(not_=GridFilter(vacant=True))) == {(False, True)}
