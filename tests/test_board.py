"""看板 The board of a division: a page that stands alone, whose figures are the API's, and never invented."""

from __future__ import annotations

import json
import re
from datetime import date
from functools import partial
from html import unescape
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from chuishao.commands import divisions, grids, policies
from chuishao.commands.execution import Executor
from chuishao.eventlog.feed import Feed
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.sealer import seal
from chuishao.graphql.compiled.plan import plan
from chuishao.graphql.context import Context, Services
from chuishao.graphql.endpoint.execution import Engine as GraphQLEngine
from chuishao.graphql.endpoint.execution import GraphQLRequest
from chuishao.graphql.schema import schema
from chuishao.projections import paging
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.engine import Engine
from chuishao.service.asking import NotAnswered
from chuishao.service.board.drawing import percent
from chuishao.service.board.page import page
from chuishao.service.board.reading import Board, NoSuchDivision, gathered
from chuishao.service.keys import seal_key
from tests.served import AUDITOR, address, run_chuishao
from tests.test_dossier import Markup, pages_in
from tests.town import GRID, KEY, STREET, THIRD_GRID, Town, make_town

HOSTILE = "<script>alert('社区')</script> & \"引号\""
THIRD_COMMUNITY = f"{STREET}003"
MINIMUM = 2
SINCE, UNTIL = date(2026, 3, 1), date(2026, 3, 31)
GIVEN: dict[str, Any] = {"place": STREET, "since": SINCE.isoformat(), "until": UNTIL.isoformat()}
FIGURES = (
    "query ($place: String!, $since: Date!, $until: Date!, $by: MeasureSubject, $trend: MeasureTrend) { "
    "measures(place: $place, since: $since, until: $until, by: $by, trend: $trend, first: 100) { nodes { "
    "measure part since numerator denominator rate lower upper rank division { name } } } }"
)


@pytest.fixture(scope="module")
async def town(shared_log: EventLog) -> Town:
    """Three communities, one with a name that means harm; two have a sample that is compared."""
    town = await make_town(shared_log)
    document = policies.default_policy() | {"version": "next", "effectiveFrom": "2026-03-02"}
    await town.do(policies.AdoptPolicy(document=document | {"measures": {"minimumSample": MINIMUM}}))
    since = date(2023, 9, 1)
    await town.do(divisions.RegisterDivision(code=THIRD_COMMUNITY, name=HOSTILE, effective_from=since))
    await town.do(grids.DrawGrid(grid_code=f"{THIRD_COMMUNITY}-G001", name="网格", households=300))
    for _ in range(3):
        await town.close(await town.assigned())
        town.clock.advance(hours=1)
    for grid in (THIRD_GRID, THIRD_GRID, f"{THIRD_COMMUNITY}-G001", GRID):
        await town.report(grid)
    await seal(shared_log, seal_key(KEY))
    return town


@pytest.fixture(scope="module")
async def board(town: Town, shared_log: EventLog) -> Board:
    return await gathered(shared_log, STREET, SINCE, UNTIL)


async def api(log: EventLog, document: str, **variables: Any) -> Any:
    """What a server answers."""
    feed = Feed(log)
    engine = GraphQLEngine(schema, planner=partial(plan, schema))
    services = Services(log, feed, Engine(feed, PROJECTIONS), Executor(log, KEY))
    request = GraphQLRequest(document, variables=variables)
    answer = await engine.execute(engine.prepare(request), request, Context(services, AUDITOR))
    assert "errors" not in answer, answer
    data: Any = answer["data"]
    return json.loads(data) if isinstance(data, str) else data


def league(text: str) -> list[tuple[str, ...]]:
    """The lines of the league table as they are read: rank, name, rate, numerator and denominator, kind."""
    pattern = re.compile(
        r'<tr class="([^"]*)"><td class="n rank">(.*?)</td><td class="name">(.*?)</td>.*?'
        r'<td class="n"><b>(.*?)</b></td><td class="n of">(.*?)</td></tr>'
    )
    return [(kind, rank, unescape(name), rate, of) for kind, rank, name, rate, of in pattern.findall(text)]


def line_of(figure: Any, kind: str, rank: str, name: str) -> tuple[str, ...]:
    """How a figure is expected to be read."""
    small = " small" if figure["denominator"] < MINIMUM else ""
    of = f"{figure['numerator']}/{figure['denominator']}"
    return (kind + small, rank, name, percent(figure["rate"]), of)


async def test_the_page_stands_alone_and_is_well_formed(board: Board) -> None:
    text = page(board)
    markup = Markup(text)
    for tag in ("script", "link", "img", "iframe", "a"):
        assert markup.of(tag) == [], tag
    assert not re.search(r"https?://|@import|url\(", text)
    for said in ("漏斗", "Funnel", "分层处置", "排行", "趋势", "口径与版本", "2026-03-01", "最新检查点"):
        assert said in text, said


async def test_hostile_names_are_words(board: Board) -> None:
    text = page(board)
    assert "<script" not in text
    assert "&lt;script&gt;alert(&#x27;社区&#x27;)&lt;/script&gt; &amp; &quot;引号&quot;" in text


async def test_every_figure_is_the_apis(board: Board, shared_log: EventLog) -> None:
    parts = (await api(shared_log, FIGURES, by="DIVISION", **GIVEN))["measures"]["nodes"]
    whole = {line["measure"]: line for line in (await api(shared_log, FIGURES, **GIVEN))["measures"]["nodes"]}
    expected: list[tuple[str, ...]] = []
    for measure, lines in groupby(parts, lambda line: line["measure"]):
        expected.append(line_of(whole[measure], "all", "", "All"))
        expected += [line_of(each, "", str(each["rank"] or "–"), each["division"]["name"]) for each in lines]
    shown = [
        (kind, rank, "All" if "全域" in name else name, rate, of)
        for kind, rank, name, rate, of in league(page(board))
    ]
    assert shown == expected
    assert any(rank == "1" for _, rank, *_ in shown)
    assert all(rank in ("", "–") for kind, rank, *_ in shown if "small" in kind)

    trend = (await api(shared_log, FIGURES, trend="MONTH", **GIVEN))["measures"]["nodes"]
    drawn = {(line["measure"], line["since"], line["numerator"], line["denominator"]) for line in board.trend}
    assert drawn <= {
        (line["measure"], line["since"], line["numerator"], line["denominator"]) for line in trend
    }


async def test_the_funnel_and_the_tiers_are_the_apis(board: Board, shared_log: EventLog) -> None:
    loop = "query ($place: String!, $since: Date!, $until: Date!) { issueLoop(place: $place, since: $since, "
    loop += "until: $until) { reached cases } }"
    reached = [line["reached"] for line in (await api(shared_log, loop, **GIVEN))["issueLoop"]]
    shown = [int(cases) for cases in re.findall(r'<td class="n"><b>(\d+)</b></td>', page(board))]
    assert shown[:5] == reached == [7, 3, 3, 3, 3]
    assert shown[5:7] == [3, 3]
    assert shown[7:11] == [3, 0, 0, 0]


async def test_what_the_api_would_estimate_is_counted(
    town: Town, shared_log: EventLog, monkeypatch: pytest.MonkeyPatch, board: Board
) -> None:
    monkeypatch.setattr(paging, "EXACT_COUNT", 1)
    again = await gathered(shared_log, STREET, SINCE, UNTIL)
    assert (again.further, again.tiers) == (board.further, board.tiers)


async def test_it_says_as_of_what(board: Board, shared_log: EventLog) -> None:
    text = page(board)
    assert board.moment.position == board.moment.head == await shared_log.head()
    assert f"{board.moment.position:,}" in text
    assert board.checkpoint is not None
    assert board.checkpoint.size <= board.moment.position


async def test_an_empty_period_says_so(town: Town, shared_log: EventLog) -> None:
    text = page(await gathered(shared_log, STREET, date(2025, 1, 1), date(2025, 1, 31)))
    assert "本期没有数据" in text
    assert "Nothing lies in this period" in text
    assert "<svg" not in text
    Markup(text)


async def test_left_out_the_period_is_the_twelve_months_up_to_the_last_event(
    town: Town, shared_log: EventLog
) -> None:
    board = await gathered(shared_log, "12", None, None)
    assert board.moment.recorded_at is not None
    assert (board.until - board.since).days in range(330, 366)
    assert board.since.day == 1
    assert len({line["since"] for line in board.trend}) == 12


async def test_an_unknown_division_or_period_is_refused(town: Town, shared_log: EventLog) -> None:
    for unknown in ("999999", "", GRID, HOSTILE):
        with pytest.raises(NoSuchDivision, match="no division"):
            await gathered(shared_log, unknown, SINCE, UNTIL)
    with pytest.raises(NotAnswered, match="days"):
        await gathered(shared_log, STREET, date(2024, 1, 1), UNTIL)


async def test_the_command_writes_the_page_and_for_an_unknown_division_no_file(
    shared_database: str, town: Town, tmp_path: Path
) -> None:
    there = ("--database-url", address(shared_database), "--data-dir", tmp_path / "data")
    period = ("--since", SINCE, "--until", UNTIL)
    file = tmp_path / "board.html"
    done = run_chuishao("board", STREET, "--to", file, "--language", "en", *period, *there)
    assert done.returncode == 0, done.stderr
    assert f"The board of 第一街道 ({STREET}), {SINCE} to {UNTIL}" in done.stdout
    assert Markup(file.read_text(encoding="utf-8")).of("html") == [{"lang": "en"}]
    unknown = run_chuishao("board", "999999", "--to", tmp_path / "no.html", *there)
    assert unknown.returncode == 2
    assert unknown.stderr == "chuishao: there is no division with the code '999999' in this log\n"
    again = run_chuishao("board", STREET, "--to", file, *there)
    assert (again.returncode, "exists" in again.stderr) == (2, True)
    assert pages_in(tmp_path) == ["board.html"]
