"""申请审批 What is asked for in a case, who decides it, and what follows for its limit."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from chuishao.domain import case_events as facts
from chuishao.domain import case_requests as asked
from chuishao.domain.actor import SYSTEM, Actor
from chuishao.domain.calendar import Limit, TimeUnit
from chuishao.domain.case import Case
from chuishao.domain.lifecycle import Status
from chuishao.domain.policy import LimitKind
from chuishao.domain.refusal import BadTime, Forbidden, IllegalTransition, OutOfRange, TextEmpty
from chuishao.domain.vocabulary import Tier
from tests.given import (
    LEADER,
    OTHER_STREET_OFFICER,
    POLICY,
    STAFF,
    STREET_OFFICER,
    WORKER,
    CaseDecision,
    Given,
    a_case_in,
    an_accepted_case,
    ask_extension,
    ask_return,
    ask_suspension,
    decide_request,
    event,
    given,
    merge_into,
    resolve_on_spot,
    resume,
    transfer,
    undo_merge,
)
from tests.served import Client, Served, served
from tests.town import Town

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def passes(due: datetime) -> CaseDecision:
    """Let the limit be recorded as passed."""
    return lambda case: case.let_pass(due, "rule", SYSTEM, due, escalates=False)


def handled(*past: CaseDecision, tier: Tier = Tier.ON_SPOT) -> Given[Case]:
    """A case that is being handled, and what was decided since."""
    return given(a_case_in(Status.ASSIGNED, tier).aggregate, *past)


def assigned(*past: CaseDecision, tier: Tier = Tier.ON_SPOT) -> Case:
    """The same as it stands then."""
    return handled(*past, tier=tier).aggregate


# 挂账 Suspension


def test_a_suspended_case_has_no_limit_until_it_is_resumed() -> None:
    case = assigned()
    due = case.due(POLICY)
    assert due is not None
    ask_suspension(at=case.since + HOUR)(case)
    assert case.due(POLICY) == due  # asking stops no clock

    decide_request(at=case.since + 2 * HOUR)(case)
    assert case.due(POLICY) is None

    resume(at=case.since + 26 * HOUR)(case)
    assert case.due(POLICY) == case.clock.due(POLICY.calendar_of(case.place), case.since, limit_of(case))
    later = case.due(POLICY)
    assert later is not None
    assert later > due


def limit_of(case: Case) -> Any:
    return POLICY.limit(
        LimitKind.HANDLE,
        category=case.category,
        severity=case.severity,
        tier=case.tier,
        division=case.place,
    )


def test_a_suspension_with_an_end_ends_by_itself() -> None:
    case = assigned()
    until = case.since + 5 * DAY
    ask_suspension(until, at=case.since + HOUR)(case)
    decide_request(at=case.since + 2 * HOUR)(case)

    due = case.due(POLICY)
    assert due is not None
    assert due > until
    with pytest.raises(asked.NotSuspended):
        resume(at=until)(case)


def test_what_was_granted_is_recorded_with_who_asked_and_who_decided() -> None:
    asking = ask_suspension(reason="等待配件")

    handled(asking).when(decide_request(note="属实")).then(
        event(asked.CaseRequestGranted, number=1, request="SUSPENSION", by=STAFF.id, note="属实")
    )
    handled(asking).when(decide_request(granted=False, note="可先行处置")).then(
        event(asked.CaseRequestDenied, number=1, request="SUSPENSION", by=STAFF.id, reason="可先行处置")
    )
    handled(asking).when(decide_request(granted=False)).refused(TextEmpty)


def test_a_suspended_case_is_not_suspended_anew_and_one_that_runs_is_not_resumed() -> None:
    handled().when(resume()).refused(asked.NotSuspended)
    still = handled(ask_suspension(), decide_request())
    still.when(ask_suspension()).refused(asked.AlreadySuspended)
    still.when(ask_extension()).refused(asked.NothingToExtend)


def test_a_suspension_that_would_be_over_is_neither_asked_for_nor_granted() -> None:
    since = assigned().since
    handled().when(ask_suspension(since, at=since + HOUR)).refused(BadTime)
    short = handled(ask_suspension(since + 2 * HOUR, at=since + HOUR))
    short.when(decide_request(at=since + 2 * HOUR)).refused(BadTime)
    assert short.when(decide_request(granted=False, note="已过", at=since + 2 * HOUR)).refusal is None


# 延期 Extension


def test_an_extended_limit_ends_later_by_what_was_asked_for() -> None:
    case = assigned(ask_extension(2, TimeUnit.WORKING_DAYS))
    before = case.due(POLICY)
    decide_request()(case)
    calendar = POLICY.calendar_of(case.place)

    assert before is not None
    assert case.due(POLICY) == calendar.due(before, Limit(2, TimeUnit.WORKING_DAYS, "rule"))


def test_a_limit_that_is_over_is_not_extended() -> None:
    due = assigned().due(POLICY)
    assert due is not None
    assert handled().when(ask_extension(at=due)).refusal is None
    handled().when(ask_extension(at=due + timedelta(seconds=1))).refused(asked.LimitOver)


def test_a_limit_that_is_over_is_not_extended_by_who_decides_late_either() -> None:
    due = assigned().due(POLICY)
    assert due is not None
    late = due + timedelta(seconds=1)
    asking = ask_extension(at=due - HOUR)
    assert handled(asking).when(decide_request(at=due)).refusal is None
    handled(asking).when(decide_request(at=late)).refused(asked.LimitOver)
    assert handled(asking).when(decide_request(granted=False, note="已过期", at=late)).refusal is None


@pytest.mark.parametrize("decision", [ask_suspension, ask_extension, ask_return, decide_request, resume])
def test_nothing_is_dated_back_behind_a_limit_that_is_recorded_as_passed(
    decision: Callable[..., CaseDecision],
) -> None:
    due = assigned().due(POLICY)
    assert due is not None
    before = [ask_suspension(at=due - 3 * HOUR)] if decision is decide_request else []
    handled(*before, passes(due)).when(decision(at=due - HOUR)).refused(BadTime)


def test_no_limit_is_put_off_for_more_than_a_year() -> None:
    since = assigned().since
    year = since + asked.AHEAD
    assert handled().when(ask_suspension(year, at=since)).refusal is None
    handled().when(ask_suspension(year + timedelta(seconds=1), at=since)).refused(asked.TooFarAhead)
    handled().when(ask_extension(400, TimeUnit.WORKING_DAYS)).refused(asked.TooFarAhead)


@pytest.mark.parametrize("amount", [-1, 0, 1001])
def test_an_extension_has_a_length(amount: int) -> None:
    handled().when(ask_extension(amount)).refused(OutOfRange)


# 回退 Return


def test_a_return_that_is_granted_returns_the_case() -> None:
    case = (
        handled(ask_return())
        .when(decide_request(note="应由他网格办理"))
        .then(
            event(asked.CaseRequestGranted, number=1, request="RETURN"),
            event(facts.CaseReturned, tier="ON_SPOT", reason="应由他网格办理"),
        )
    )
    assert (case.status, case.tier, case.asked) == (Status.ASSESSED, None, None)


def test_a_whistled_case_is_not_returned() -> None:
    a_case_in(Status.WHISTLED).when(ask_return(by=STREET_OFFICER)).refused(IllegalTransition)


# 谁审批 Who decides


@pytest.mark.parametrize(
    ("tier", "by", "may"),
    [
        (Tier.ON_SPOT, WORKER, False),
        (Tier.ON_SPOT, LEADER, True),
        (Tier.GRID_LEADER, LEADER, False),
        (Tier.GRID_LEADER, STAFF, True),
        (Tier.DELIBERATION, STAFF, False),
        (Tier.DELIBERATION, STREET_OFFICER, True),
        (Tier.MULTI_UNIT, STAFF, False),
        (Tier.MULTI_UNIT, OTHER_STREET_OFFICER, True),
    ],
)
def test_the_level_above_decides(tier: Tier, by: Actor, may: bool) -> None:
    asking = handled(ask_suspension(by=WORKER), tier=tier)
    decided = asking.when(decide_request(by=by))
    if may:
        assert decided.refusal is None
    else:
        decided.refused(Forbidden)


def test_nobody_decides_what_they_asked_for() -> None:
    asking = handled(ask_suspension(by=STREET_OFFICER), tier=Tier.MULTI_UNIT)
    asking.when(decide_request(by=STREET_OFFICER)).refused(asked.OwnCaseRequest)
    assert asking.when(decide_request(by=OTHER_STREET_OFFICER)).refusal is None


def test_one_thing_is_asked_for_at_a_time() -> None:
    handled().when(decide_request()).refused(asked.NothingAsked)
    handled(ask_return()).when(ask_suspension()).refused(asked.RequestOpen)


def test_nothing_is_asked_or_decided_before_what_was_said_last() -> None:
    since = assigned().since
    asking = handled(ask_suspension(at=since + 2 * HOUR))
    asking.when(decide_request(at=since + HOUR)).refused(BadTime)


def test_a_request_lapses_and_the_clock_starts_anew_where_the_case_goes_on() -> None:
    suspended = (ask_suspension(), decide_request())
    for goes_on in (transfer(), resolve_on_spot()):
        case = assigned(*suspended, ask_return(), goes_on)
        assert case.asked is None
        assert not case.clock.stops


def test_a_merge_that_is_undone_leaves_the_clock_as_it_was() -> None:
    case = assigned(ask_suspension(), decide_request())
    clock, other = case.clock, an_accepted_case()
    merge_into(other)(case)
    assert not case.clock.stops
    undo_merge(other)(case)
    assert case.clock == clock


def test_requests_are_counted() -> None:
    case = assigned(
        ask_suspension(), decide_request(), ask_return(), decide_request(granted=False, note="不同意")
    )
    assert (case.requests, case.suspension) == (2, 1)
    (resumed,) = given(case).when(resume()).events
    assert vars(resumed)["number"] == 1


# 接口 Through the interface

READ = """query ($id: ID!, $by: Position) { case(id: $id, atLeast: $by) {
    dueAt dueRule overdue suspended asked secondsLeft possibleSteps
    requests { number kind state amount unit until decidedAt resumedAt reason { text } note { text } } } }"""


@dataclass
class Asking:
    """Somebody who reads what is recorded by now."""

    client: Client
    town: Town

    async def do(self, mutation: str, case: UUID, **fields: object) -> None:
        await self.client.do(mutation, caseId=str(case), **fields)

    async def read(self, case: UUID) -> dict[str, Any]:
        told = await self.client.read(READ, id=str(case), by=await self.town.log.head())
        return told["case"]  # type: ignore[no-any-return]

    async def found(self, wanted: str) -> list[str]:
        """The cases that a filter finds."""
        query = (
            f"query ($by: Position) {{ cases(filter: {{ {wanted} }}, atLeast: $by) {{ nodes {{ id }} }} }}"
        )
        told = await self.client.read(query, by=await self.town.log.head())
        return [node["id"] for node in told["cases"]["nodes"]]


@pytest.fixture
async def serving(town: Town, database: str) -> AsyncIterator[Served]:
    """A server whose clock the town's keeps up with."""
    town.clock.now = datetime.now(UTC)
    async with served(database) as running:
        yield running


async def test_the_whole_of_it_through_the_interface(town: Town, serving: Served) -> None:
    case = await town.assigned()
    worker = Asking(serving.client(town.worker()), town)
    leader = Asking(serving.client(town.grid_leader), town)
    before = await worker.read(case)
    assert (before["suspended"], before["asked"], before["requests"]) == (False, None, [])
    assert before["secondsLeft"] is not None

    await worker.do("requestSuspension", case, reason="等待配件")
    waiting = await leader.read(case)
    assert (waiting["asked"], waiting["dueAt"]) == ("SUSPENSION", before["dueAt"])
    assert "DECIDE_REQUEST" in waiting["possibleSteps"]
    assert await leader.found("requested: [SUSPENSION]") == [str(case)]
    assert await leader.found("suspended: true") == []

    await leader.do("decideRequest", case, granted=True, note="属实")
    still = await leader.read(case)
    assert (still["suspended"], still["dueAt"], still["overdue"]) == (True, None, False)
    assert (still["dueRule"], still["asked"]) == (before["dueRule"], None)
    assert "RESUME" in still["possibleSteps"]
    assert await leader.found("suspended: true") == [str(case)]
    assert await leader.found("requested: [SUSPENSION]") == []

    await worker.do("resumeCase", case)
    after = await leader.read(case)
    assert after["suspended"] is False
    assert after["dueAt"] >= before["dueAt"]
    (request,) = after["requests"]
    assert (request["state"], request["kind"]) == ("GRANTED", "SUSPENSION")
    assert (request["reason"]["text"], request["note"]["text"]) == ("等待配件", "属实")
    assert request["resumedAt"] is not None


async def test_a_request_that_lapsed_says_so(town: Town, serving: Served) -> None:
    case = await town.assigned()
    worker = Asking(serving.client(town.worker()), town)
    await worker.do("requestReturn", case, reason="不属于本网格")
    await worker.do("resolveOnSpot", case, result="已处理")
    (request,) = (await worker.read(case))["requests"]
    assert (request["state"], request["kind"]) == ("LAPSED", "RETURN")
