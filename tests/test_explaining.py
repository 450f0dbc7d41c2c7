"""差异说明 Why an answer changed between two moments: the events that changed it, and the time alone."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chuishao.commands import cases
from chuishao.commands.erasure import EraseSubject
from chuishao.commands.policies import AnnounceWorkdays, Workday
from chuishao.domain.erasure import ErasureGround
from chuishao.eventlog.connection import connected
from chuishao.graphql.endpoint.execution import GraphQLRequest
from chuishao.projections import paging
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.onward import onward
from chuishao.projections.past import AsOf, PastGoesOn, PastNotKept, drop, keep
from chuishao.projections.reach import BeyondTheLog
from chuishao.service.asking import NotAnswered, asking
from chuishao.service.explaining.differences import differences
from chuishao.service.explaining.stepping import Explaining, Step
from tests.served import address, run_chuishao
from tests.test_projections import dump
from tests.town import COMMUNITY, Town
from tests.wandering import Wanderer

BOARD = """
query Board($place: String, $since: Date, $until: Date) {
  measures(place: $place, since: $since, until: $until) { nodes { measure numerator denominator rate } }
  cases(filter: {place: $place}, first: 50, orderBy: OLDEST) {
    totalCount
    nodes { id status dueAt responsibility { heldBy { holder tier } setbacks { step { position } } } }
  }
  issueLoop(place: $place, since: $since, until: $until) { stage cases }
  divisions(filter: {place: $place}) { nodes { code tally { cases open resolved households } } }
}
"""
EXAMPLE = Path(__file__).parents[1] / "examples" / "audit" / "figures.graphql"
PERIOD = {"since": "2026-01-01", "until": "2026-12-31"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.floats(0, 1) | st.text("ab", max_size=2),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["id", "code", "node", "rate"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(JSON, JSON)
def test_two_answers_differ_where_they_are_not_equal_and_nowhere_else(before: Any, after: Any) -> None:
    assert not list(differences(before, before))
    equal = json.dumps(before, sort_keys=True) == json.dumps(after, sort_keys=True)
    assert bool(list(differences(before, after))) is not equal


def test_elements_are_known_by_their_names_wherever_they_stand() -> None:
    before = {"nodes": [{"id": "a", "rate": 1}, {"id": "b", "rate": 2}, {"id": "c", "rate": 3}]}
    after = {"nodes": [{"id": "c", "rate": 3}, {"id": "a", "rate": 4}, {"id": "d", "rate": 5}]}
    assert [(one.path, one.before, one.after) for one in differences(before, after)] == [
        ("nodes[a].rate", 1, 4),
        ("nodes[b]", {"id": "b", "rate": 2}, None),
        ("nodes[d]", None, {"id": "d", "rate": 5}),
        ("nodes order", ["a", "c"], ["c", "a"]),
    ]
    was, now = ({"edges": [{"cursor": cursor, "node": {"id": "a", "n": cursor}}]} for cursor in "xy")
    assert [one.path for one in differences(was, now)] == ["edges[a].cursor", "edges[a].node.n"]


async def as_of(town: Town, position: int, at: datetime | None = None, **variables: Any) -> Any:
    """What the board is answered with as of a position."""
    await keep(town.log, PROJECTIONS, position, lambda _: None)
    async with asking(town.log, position if at is None else at) as asked:
        return await asked.ask(BOARD, **PERIOD, **variables)


async def explained(town: Town, since: Any, until: Any = None, stretch: int = 256, **variables: Any) -> Any:
    """The steps between two moments, and what is said of them all."""
    steps: list[Step] = []
    question = GraphQLRequest(BOARD, None, {**PERIOD, **variables})
    found = await Explaining(town.log, question, steps.append, stretch=stretch).explain(since, until)
    return steps, found


@pytest.mark.parametrize("seed", range(2))
async def test_exactly_the_events_that_changed_an_answer_are_told(
    town: Town, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(paging, "EXACT_COUNT", 1)
    chance = random.Random(seed)
    wanderer = Wanderer(town, chance)
    await wanderer.walk(40)
    begin = await town.log.head()
    off = Workday(day=(town.clock.now + timedelta(days=1)).date(), works=False)
    await town.do(AnnounceWorkdays(days=[off], division_code="120101"))
    while await town.log.head() < begin + 6:
        await wanderer.walk(1)
    end = begin + 6
    answers = {position: await as_of(town, position, place="120101") for position in range(begin, end + 1)}

    steps, found = await explained(town, begin, end, stretch=1, place="120101")

    assert [step.event.position for step in steps if step.event] == [
        position for position in range(begin + 1, end + 1) if answers[position] != answers[position - 1]
    ]
    for step in steps:
        assert step.event, "in some milliseconds no limit passes"
        before = answers[step.event.position - 1]
        assert step.changes == list(differences(before, answers[step.event.position]))
    assert (found.since, found.until) == (begin, end)
    assert (found.before, found.after) == (answers[begin], answers[end])

    for stretch in (5, 256):
        fewer, same = await explained(town, begin, end, stretch=stretch, place="120101")
        assert same == found
        assert [step.event.position for step in fewer if step.event] == sorted(
            {step.event.position for step in fewer if step.event}
        )
        assert [step for step in steps if step in fewer] == fewer, "each of them did change the answer"


async def test_the_past_stays_what_it_was_and_an_erasure_waits_for_nothing(town: Town) -> None:
    begin = await town.log.head()
    case = await town.report()
    await town.whistled()
    await keep(town.log, PROJECTIONS, begin, lambda _: None)

    async def everything() -> dict[str, Any]:
        async with connected(town.log.pool) as connection:
            return {each.name: await dump(connection, f"{each.name}_at_{begin}") for each in PROJECTIONS}

    kept = await everything()
    async with onward(town.log, PROJECTIONS, begin) as way:
        await way.fold(await town.log.after(begin, 100))
        subject = (await town.log.aggregates.load(case)).subject
        async with asyncio.timeout(20):
            await town.do(EraseSubject(subject_id=subject, reason=next(iter(ErasureGround))))
        with pytest.raises(PastGoesOn):
            await drop(town.log, begin)
    assert await everything() == kept


async def test_what_follows_from_the_time_alone_is_told_apart(town: Town) -> None:
    limit, case = timedelta(minutes=30), None
    query = "{ cases(filter: {overdue: true}) { nodes { id } } }"
    while case is None:
        due = datetime.now(UTC) + timedelta(seconds=1)
        town.clock.now = due - limit
        case = await town.report(category="15003")
        begin = await town.log.head()
        async with connected(town.log.pool) as connection:
            recorded = await town.log.recorded_at(connection, begin) or due
        case = case if recorded < due else None
    await asyncio.sleep((due - datetime.now(UTC)).total_seconds())
    await town.do(cases.AcceptCase(case_id=case), town.worker())
    await keep(town.log, PROJECTIONS, begin, lambda _: None)

    steps: list[Step] = []
    await Explaining(town.log, GraphQLRequest(query), steps.append).explain(recorded)

    late, accepted = steps
    assert late.event is None
    assert [(one.path, one.after) for one in late.changes] == [(f"cases.nodes[{case}]", {"id": str(case)})]
    assert accepted.event is not None and accepted.event.position == begin + 1
    assert [(one.path, one.after) for one in accepted.changes] == [(f"cases.nodes[{case}]", None)]


async def test_what_cannot_be_explained_is_refused(town: Town) -> None:
    head = await town.log.head()
    await keep(town.log, PROJECTIONS, head - 1, lambda _: None)

    async def refused(text: str, since: AsOf, until: AsOf | None = None) -> str:
        with pytest.raises((NotAnswered, PastNotKept, BeyondTheLog)) as why:
            await Explaining(town.log, GraphQLRequest(text), print).explain(since, until)
        return str(why.value)

    fine = EXAMPLE.read_text(encoding="utf-8")
    found = await Explaining(town.log, GraphQLRequest(fine), print).explain(head - 1)
    assert (found.since, found.until) == (head - 1, head)
    for text, reason in (
        ("{ nothing }", "nothing"),
        ("mutation { acceptCase(id: 1) { id } }", ""),
        ("subscription { events { position } }", "only queries"),
        (f"query @asOf(position: {head}) {{ cases {{ nodes {{ id }} }} }}", "without a directive"),
        ("{ log { head } }", "without @asOf"),
    ):
        assert reason in await refused(text, head - 1)
    assert "is not kept" in await refused(fine, head)
    assert "has not been recorded" in await refused(fine, head + 1)
    assert "comes before" in await refused(fine, head - 1, head - 2)
    await keep(town.log, PROJECTIONS, head, lambda _: None)
    later = datetime.now(UTC)
    assert "comes before" in await refused(fine, later, later - timedelta(microseconds=1))
    assert "has not been recorded" in await refused(fine, head - 1, head + 1)


async def test_the_command_line_tells_the_steps(town: Town, database: str, tmp_path: Path) -> None:
    begin = await town.log.head()
    case = await town.report()
    await town.do(cases.AcceptCase(case_id=case), town.worker())
    file = tmp_path / "board.graphql"
    file.write_text(BOARD, encoding="utf-8")

    async def run(*arguments: object) -> Any:
        return await asyncio.to_thread(run_chuishao, "past", *arguments, "--database-url", address(database))

    explain: Callable[..., Any] = lambda *more: run(  # noqa: E731
        "explain", file, "--from", begin, "--variables", json.dumps({**PERIOD, "place": COMMUNITY}), *more
    )
    not_kept = await explain()
    assert not_kept.returncode == 2 and f"past keep {begin}" in not_kept.stderr, not_kept
    await run("keep", begin)
    told = await explain()
    assert told.returncode == 0, told
    assert f"{begin + 1:,} CaseReported 上报, case {case}, recorded 20" in told.stdout
    assert f"cases.nodes[{case}].status: " in told.stdout
    assert "2 events and 0 times the time alone are told" in told.stdout
    lines = [json.loads(line) for line in (await explain("--json", "--every")).stdout.splitlines()]
    assert [line["event"]["position"] for line in lines] == [begin + 1, begin + 2]
    assert {change["path"] for change in lines[1]["changes"]} >= {f"cases.nodes[{case}].status"}

    for bad, said in (
        (("explain", tmp_path / "none", "--from", begin), "cannot be read"),
        (("explain", file, "--from", "yesterday"), "neither a position nor a time"),
        (("explain", file, "--from", begin, "--to", ""), "neither a position nor a time"),
        (("explain", file, "--from", begin, "--variables", "[]"), "JSON object"),
        (("explain", file, "--from", begin, "--operation", "Other"), "no operation named"),
    ):
        outcome = await run(*bad)
        assert outcome.returncode == 2 and said in outcome.stderr, outcome
