"""Commands against a real log: exactly once, one at a time, refused without a trace."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Annotated, Any, get_args, get_origin, get_type_hints
from uuid import UUID, uuid4

import pytest
from annotated_doc import Doc
from hypothesis import given, settings
from hypothesis import strategies as st

from chuishao.commands import cases, divisions, erasure, grids, policies, requests, whistles
from chuishao.commands.catalogue import COMMANDS
from chuishao.commands.command import Command, name_of
from chuishao.commands.election import CountBallots
from chuishao.commands.execution import ATTEMPTS, Executor, Outcome
from chuishao.commands.secret import secret_of
from chuishao.domain.actor import ANONYMOUS, SYSTEM, Actor
from chuishao.domain.calendar import TimeUnit
from chuishao.domain.case import Case
from chuishao.domain.election.refusals import MorePapersThanIssued, WrongCount
from chuishao.domain.erasure import ErasureGround
from chuishao.domain.event import CLOCK_SKEW, LONG_TEXT, fold
from chuishao.domain.identity import POLICY_ID, division_id, grid_id
from chuishao.domain.lifecycle import Status, Step, possible
from chuishao.domain.refusal import (
    BadSecret,
    BadTime,
    CommandReused,
    Forbidden,
    ForeignGrid,
    IllegalTransition,
    LeadConflict,
    NoLimit,
    NotFound,
    NotYetDue,
    OutOfRange,
    OutOfScope,
    Refusal,
    RetiredGrid,
    StaleVersion,
    TextEmpty,
    TextTooLong,
    UnknownCategory,
    UnknownDivision,
    UnknownGrid,
    WrongDivisionLevel,
)
from chuishao.domain.registers.refusals import NoSuchLine, NotANeed
from chuishao.domain.rounds.refusals import NotWatched
from chuishao.domain.summons import WhistleStatus
from chuishao.domain.vocabulary import LinkageMechanism, Role, Severity, Tier, WhistleKind
from chuishao.domain.whistle import Whistle
from chuishao.eventlog.connection import Pool, open_pool
from chuishao.eventlog.log import EventLog
from tests.conftest import copy_of_template
from tests.given import assert_history_of_a_case, assert_history_of_a_whistle
from tests.mechanisms.steps import STEPS, example_of
from tests.town import (
    COMMUNITY,
    GRID,
    KEY,
    OTHER_COMMUNITY,
    OTHER_GRID,
    SAID,
    STREET,
    THIRD_GRID,
    Town,
    make_town,
)

Example = tuple[Command, Actor]
Prepare = Callable[[Town], Awaitable[Example]]
EXAMPLES: dict[type[Command], Prepare] = {}
NEW_GRID = f"{COMMUNITY}-G009"
LAST_MILE = LinkageMechanism.LAST_MILE


def example(prepare: Prepare) -> Prepare:
    """One valid command of a type, and what must have happened before."""
    kind = next(command for command in COMMANDS if command.__name__.lower() == prepare.__name__)
    EXAMPLES[kind] = prepare
    return prepare


# One valid example of every command


async def accepted(town: Town) -> UUID:
    case = await town.report()
    await town.do(cases.AcceptCase(case_id=case), town.community_staff)
    return case


async def verified(town: Town) -> UUID:
    case = await town.assigned()
    await town.do(cases.ResolveOnSpot(case_id=case, result=SAID), town.worker())
    await town.do(cases.VerifyCase(case_id=case, passed=True), town.community_staff)
    return case


async def on_site(town: Town, *done: type[Command]) -> tuple[UUID, UUID]:
    """A whistle of one department that has taken these steps: (whistle, department)."""
    _, whistle = await town.whistled(departments=1)
    department = town.departments[0]
    for step in done:
        more = {"result": SAID} if step is whistles.AnswerSummons else {}
        await town.do(step(whistle_id=whistle, department_id=department, **more), town.officer())  # type: ignore[call-arg]
    return whistle, department


@example
async def reportcase(town: Town) -> Example:
    told: dict[str, Any] = {"address": SAID, "reporter_name": SAID, "reporter_phone": SAID}
    return cases.ReportCase(category="01001", text=SAID, grid_code=GRID, **told), town.resident


@example
async def acceptcase(town: Town) -> Example:
    return cases.AcceptCase(case_id=await town.report(), note=SAID), town.community_staff


@example
async def refusecase(town: Town) -> Example:
    return cases.RefuseCase(case_id=await town.report(), reason=SAID), town.community_staff


@example
async def assesscase(town: Town) -> Example:
    return cases.AssessCase(
        case_id=await accepted(town), severity=Severity.MAJOR, category="16001", note=SAID
    ), town.community_staff


@example
async def assigncase(town: Town) -> Example:
    case = await accepted(town)
    await town.do(cases.AssessCase(case_id=case, severity=Severity.MINOR), town.community_staff)
    return cases.AssignCase(case_id=case, tier=Tier.ON_SPOT, grid_code=OTHER_GRID), town.community_staff


@example
async def transfercase(town: Town) -> Example:
    return cases.TransferCase(
        case_id=await town.assigned(), community_code=OTHER_COMMUNITY, grid_code=THIRD_GRID, reason=SAID
    ), town.street_officer


@example
async def escalatecase(town: Town) -> Example:
    return cases.EscalateCase(case_id=await town.assigned(), tier=Tier.MULTI_UNIT, reason=SAID), town.worker()


@example
async def returncase(town: Town) -> Example:
    return cases.ReturnCase(case_id=await town.assigned(), reason=SAID), town.grid_leader


@example
async def requestsuspension(town: Town) -> Example:
    return requests.RequestSuspension(case_id=await town.assigned(), reason=SAID), town.worker()


@example
async def requestextension(town: Town) -> Example:
    case = await town.assigned()
    return requests.RequestExtension(
        case_id=case, amount=2, unit=TimeUnit.WORKING_DAYS, reason=SAID
    ), town.worker()


@example
async def requestreturn(town: Town) -> Example:
    return requests.RequestReturn(case_id=await town.assigned(), reason=SAID), town.worker()


@example
async def deciderequest(town: Town) -> Example:
    case = await town.assigned()
    await town.do(
        requests.RequestExtension(case_id=case, amount=2, unit=TimeUnit.WORKING_DAYS, reason=SAID),
        town.worker(),
    )
    return requests.DecideRequest(case_id=case, granted=True, note=SAID), town.grid_leader


@example
async def resumecase(town: Town) -> Example:
    case = await town.assigned()
    await town.do(requests.RequestSuspension(case_id=case, reason=SAID), town.worker())
    await town.do(requests.DecideRequest(case_id=case, granted=True), town.grid_leader)
    return requests.ResumeCase(case_id=case, note=SAID), town.worker()


@example
async def resolveonspot(town: Town) -> Example:
    return cases.ResolveOnSpot(case_id=await town.assigned(), result=SAID), town.worker()


@example
async def resolvecase(town: Town) -> Example:
    return cases.ResolveCase(case_id=await town.assigned(Tier.GRID_LEADER), result=SAID), town.grid_leader


@example
async def verifycase(town: Town) -> Example:
    case = await town.assigned()
    await town.do(cases.ResolveOnSpot(case_id=case, result=SAID), town.worker())
    return cases.VerifyCase(case_id=case, passed=False, note=SAID), town.community_staff


@example
async def ratecase(town: Town) -> Example:
    return cases.RateCase(
        case_id=await verified(town), answered=True, solved=False, satisfied=2, comment=SAID
    ), town.resident


@example
async def closecase(town: Town) -> Example:
    return cases.CloseCase(case_id=await verified(town), note=SAID), town.community_staff


@example
async def reopencase(town: Town) -> Example:
    return cases.ReopenCase(case_id=await verified(town), reason=SAID), town.resident


@example
async def markduplicate(town: Town) -> Example:
    return cases.MarkDuplicate(case_id=await town.report(), of_id=await town.report()), town.community_staff


@example
async def mergecase(town: Town) -> Example:
    return cases.MergeCase(case_id=await town.report(), into_id=await town.report()), town.community_staff


@example
async def undomerge(town: Town) -> Example:
    case = await town.report()
    await town.do(cases.MergeCase(case_id=case, into_id=await town.report()), town.community_staff)
    return cases.UndoMerge(case_id=case, reason=SAID), town.community_staff


@example
async def splitcase(town: Town) -> Example:
    parts = [
        cases.SplitPart(text=SAID, category="01002", grid_code=OTHER_GRID),
        cases.SplitPart(text=SAID),
    ]
    return cases.SplitCase(case_id=await accepted(town), parts=parts), town.community_staff


@example
async def blowwhistle(town: Town) -> Example:
    return whistles.BlowWhistle(
        case_id=await town.assigned(Tier.MULTI_UNIT),
        kind=WhistleKind.TACKLING,
        linkage=LinkageMechanism.RAPID_SERVICE,
        grounds=SAID,
        department_ids=town.departments,
        lead_id=town.departments[1],
    ), town.street_officer


@example
async def summondepartment(town: Town) -> Example:
    whistle, _ = await on_site(town)
    return whistles.SummonDepartment(
        whistle_id=whistle, department_id=town.departments[1]
    ), town.street_officer


@example
async def signsummons(town: Town) -> Example:
    whistle, department = await on_site(town)
    return whistles.SignSummons(whistle_id=whistle, department_id=department), town.officer()


@example
async def checkin(town: Town) -> Example:
    whistle, department = await on_site(town, whistles.SignSummons)
    return whistles.CheckIn(whistle_id=whistle, department_id=department), town.officer()


@example
async def refusesummons(town: Town) -> Example:
    whistle, department = await on_site(town)
    return whistles.RefuseSummons(whistle_id=whistle, department_id=department, reason=SAID), town.officer()


@example
async def recordmissedcheckin(town: Town) -> Example:
    whistle, department = await on_site(town)
    town.clock.advance(days=4)
    return whistles.RecordMissedCheckIn(whistle_id=whistle, department_id=department), SYSTEM


@example
async def answersummons(town: Town) -> Example:
    whistle, department = await on_site(town, whistles.CheckIn)
    return whistles.AnswerSummons(whistle_id=whistle, department_id=department, result=SAID), town.officer()


@example
async def ratedepartment(town: Town) -> Example:
    whistle, department = await on_site(town, whistles.CheckIn, whistles.AnswerSummons)
    return whistles.RateDepartment(
        whistle_id=whistle, department_id=department, score=4, comment=SAID
    ), town.street_officer


async def meeting(town: Town, *settled: int) -> UUID:
    """A last-mile whistle whose meeting is open."""
    _, whistle = await town.whistled(LAST_MILE)
    await town.do(whistles.OpenOnSiteMeeting(whistle_id=whistle, items=["清运", "修路"]), town.street_officer)
    for item in settled:
        await town.do(whistles.SettleOnSiteItem(whistle_id=whistle, item=item), town.street_officer)
    return whistle


@example
async def openonsitemeeting(town: Town) -> Example:
    _, whistle = await town.whistled(LAST_MILE)
    return whistles.OpenOnSiteMeeting(whistle_id=whistle, items=["清运"]), town.street_officer


@example
async def settleonsiteitem(town: Town) -> Example:
    return whistles.SettleOnSiteItem(whistle_id=await meeting(town), item=2), town.street_officer


@example
async def closeonsitemeeting(town: Town) -> Example:
    return whistles.CloseOnSiteMeeting(whistle_id=await meeting(town, 1, 2)), town.street_officer


@example
async def resolvewhistle(town: Town) -> Example:
    whistle, _ = await on_site(town, whistles.CheckIn, whistles.AnswerSummons)
    return whistles.ResolveWhistle(whistle_id=whistle, result=SAID), town.street_officer


@example
async def withdrawwhistle(town: Town) -> Example:
    whistle, _ = await on_site(town)
    return whistles.WithdrawWhistle(whistle_id=whistle, reason=SAID), town.street_officer


@example
async def drawgrid(town: Town) -> Example:
    return grids.DrawGrid(grid_code=NEW_GRID, name="第9网格", households=280), town.community_staff


@example
async def redrawgrid(town: Town) -> Example:
    return grids.RedrawGrid(grid_code=GRID, name="北片", households=310), town.community_staff


@example
async def retiregrid(town: Town) -> Example:
    draw = grids.DrawGrid(grid_code=f"{COMMUNITY}-G010", name="第10网格", households=280)
    await town.do(draw)
    return grids.RetireGrid(grid_code=draw.grid_code, reason="并入相邻网格"), town.street_officer


@example
async def registergridworker(town: Town) -> Example:
    register = grids.RegisterGridWorker(community_code=COMMUNITY, label="网格员 009", name=SAID)
    return register, town.community_staff


@example
async def assigngridworker(town: Town) -> Example:
    draw = grids.DrawGrid(grid_code=f"{COMMUNITY}-G011", name="第11网格", households=280)
    await town.do(draw)
    worker = await town.do(grids.RegisterGridWorker(community_code=COMMUNITY, label="网格员 011"))
    assign = grids.AssignGridWorker(grid_code=draw.grid_code, worker_id=worker.id)
    return assign, town.community_staff


@example
async def relievegridworker(town: Town) -> Example:
    return grids.RelieveGridWorker(grid_code=OTHER_GRID, reason="轮岗"), town.community_staff


@example
async def publishcontact(town: Town) -> Example:
    return grids.PublishContact(worker_id=town.workers[GRID], contact=SAID), town.community_staff


NEXT = date(2026, 3, 1)


@example
async def registerdivision(town: Town) -> Example:
    return divisions.RegisterDivision(code="120102", name="河东区", effective_from=NEXT), SYSTEM


@example
async def renamedivision(town: Town) -> Example:
    return divisions.RenameDivision(code="120101", name="改名区", effective_from=NEXT), SYSTEM


async def spare(town: Town, code: str) -> str:
    """A community that nobody else in these examples needs."""
    await town.do(divisions.RegisterDivision(code=code, name="备用社区", effective_from=date(2023, 9, 1)))
    return code


@example
async def recodedivision(town: Town) -> Example:
    code = await spare(town, "120101001088")
    return divisions.RecodeDivision(code=code, new_code="120101001077", effective_from=NEXT), SYSTEM


@example
async def abolishdivision(town: Town) -> Example:
    return divisions.AbolishDivision(code=await spare(town, "120101001087"), effective_from=NEXT), SYSTEM


@example
async def establishdepartment(town: Town) -> Example:
    return divisions.EstablishDepartment(division_code="120101", name="消防部门"), SYSTEM


@example
async def renamedepartment(town: Town) -> Example:
    return divisions.RenameDepartment(department_id=town.departments[0], name="城管部门"), SYSTEM


@example
async def abolishdepartment(town: Town) -> Example:
    established = await town.do(divisions.EstablishDepartment(division_code="120101", name="临时部门"))
    return divisions.AbolishDepartment(department_id=established.id, reason="机构改革"), SYSTEM


@example
async def adoptpolicy(town: Town) -> Example:
    document = policies.default_policy() | {"version": "2", "effectiveFrom": "2026-06-01"}
    document |= {"limits": document["limits"][-2:], "categories": document["categories"][:1], "findings": {}}
    return policies.AdoptPolicy(document=document), SYSTEM


@example
async def announceworkdays(town: Town) -> Example:
    day = policies.Workday(day=date(2030, 10, 1), works=False)
    return policies.AnnounceWorkdays(days=[day], division_code=STREET), SYSTEM


@example
async def erasesubject(town: Town) -> Example:
    report = cases.ReportCase(category="01001", text=SAID, grid_code=GRID)
    subject = (await town.do(report, ANONYMOUS)).id
    return erasure.EraseSubject(subject_id=subject, reason=ErasureGround.OWN_REQUEST), SYSTEM


EXAMPLES |= {kind: example_of(kind) for kind in COMMANDS if name_of(kind) in STEPS}


def test_there_is_an_example_of_every_command() -> None:
    assert set(EXAMPLES) == set(COMMANDS)


# Exactly once


@pytest.fixture(scope="module")
async def long_lived_town(template: str) -> AsyncIterator[Town]:
    """One town for all the examples, which do not get into each other's way."""
    pool = await open_pool(await copy_of_template(template), size=8)
    yield await make_town(EventLog(pool))
    await pool.close()


every_command = pytest.mark.parametrize("kind", COMMANDS, ids=lambda kind: kind.__name__)


@every_command
async def test_the_same_command_twice_equals_once(long_lived_town: Town, kind: type[Command]) -> None:
    town = long_lived_town
    command, by = await EXAMPLES[kind](town)
    before, id_ = await town.log.head(), uuid4()
    first = await town.do(command, by, id=id_)
    head = await town.log.head()
    assert first.position == head > before
    town.clock.advance(hours=1)
    assert await town.do(command, by, id=id_) == first
    assert await town.log.head() == head
    assert await town.log.version(first.id) == first.version
    restarted = Executor(EventLog(town.log.pool), KEY, town.clock)
    assert await replace(town, executor=restarted).do(command, by, id=id_) == first
    with pytest.raises(CommandReused):
        await town.do(command, by, id=id_, occurred_at=town.clock.now)
    with pytest.raises(CommandReused):
        await town.do(command, replace(by, id="somebody-else"), id=id_)
    assert await town.log.head() == head


async def test_an_id_stands_for_one_content(town: Town) -> None:
    case, id_ = await town.report(), uuid4()
    await town.do(cases.AcceptCase(case_id=case), town.community_staff, id=id_)
    for other in (
        cases.AcceptCase(case_id=case, note="另行通知"),
        cases.RefuseCase(case_id=case, reason="重复"),
        cases.AcceptCase(case_id=await town.report()),
    ):
        head = await town.log.head()
        with pytest.raises(CommandReused) as refused:
            await town.do(other, town.community_staff, id=id_)
        assert refused.value.facts == {"id": id_}
        assert await town.log.head() == head


async def test_many_copies_of_one_command_at_once_are_one(town: Town) -> None:
    id_, other = uuid4(), Executor(EventLog(town.log.pool), KEY, town.clock)
    report = cases.ReportCase(category="01001", text="井盖丢失", grid_code=GRID)
    towns = [town, replace(town, executor=other)] * 5
    before = await town.log.head()
    outcomes = await asyncio.gather(*(one.do(report, town.resident, id=id_) for one in towns))
    assert len(set(outcomes)) == 1
    assert await town.log.head() == before + 1


async def test_a_refused_command_may_be_sent_again_under_its_id_when_it_has_become_possible(
    town: Town,
) -> None:
    case, id_ = await town.report(), uuid4()
    assess = cases.AssessCase(case_id=case, severity=Severity.MINOR)
    with pytest.raises(IllegalTransition):
        await town.do(assess, town.community_staff, id=id_)
    await town.do(cases.AcceptCase(case_id=case), town.community_staff)
    assert (await town.do(assess, town.community_staff, id=id_)).version == 3


async def test_what_changes_nothing_answers_with_the_present_version(town: Town) -> None:
    redraw = grids.RedrawGrid(grid_code=GRID, households=300)
    head = await town.log.head()
    outcome = await town.do(redraw, id=uuid4())
    assert outcome == Outcome(grid_id(GRID), await town.log.version(grid_id(GRID)), head)
    assert await town.log.head() == head


# One at a time


async def test_commands_on_one_case_at_once_are_all_decided_in_some_order(town: Town) -> None:
    case = await accepted(town)
    grades = [Severity.MINOR, Severity.MAJOR, Severity.CRITICAL] * (ATTEMPTS // 4)
    other = replace(town, executor=Executor(EventLog(town.log.pool), KEY, town.clock))
    outcomes = await asyncio.gather(
        *(
            (town, other)[number % 2].do(
                cases.AssessCase(case_id=case, severity=severity), town.community_staff
            )
            for number, severity in enumerate(grades)
        )
    )
    assert sorted(outcome.version for outcome in outcomes) == list(range(3, 3 + len(grades)))
    assert_history_of_a_case(await town.log.stream(case))


async def test_of_steps_that_exclude_each_other_one_is_taken_and_the_other_refused(town: Town) -> None:
    case = await town.report()
    accept, refuse = cases.AcceptCase(case_id=case), cases.RefuseCase(case_id=case, reason="重复")
    results = await asyncio.gather(
        *(town.do(command, town.community_staff) for command in (accept, refuse)), return_exceptions=True
    )
    assert sorted(type(result).__name__ for result in results) == ["IllegalTransition", "Outcome"]
    assert await town.log.version(case) == 2


async def test_cases_merged_at_once_into_one_all_arrive(town: Town) -> None:
    carrier = await accepted(town)
    reports = [await town.report() for _ in range(8)]
    merges = [cases.MergeCase(case_id=case, into_id=carrier) for case in reports]
    await asyncio.gather(*(town.do(merge, town.community_staff) for merge in merges))
    folded: Case = fold(await town.log.stream(carrier))
    assert folded.absorbed == set(reports)


async def test_two_workers_who_take_one_grid_at_once_do_not_both_get_it(town: Town) -> None:
    draw = grids.DrawGrid(grid_code=NEW_GRID, name="第9网格", households=280)
    await town.do(draw)
    register = grids.RegisterGridWorker(community_code=COMMUNITY, label="网格员 009")
    workers = [(await town.do(register)).id for _ in range(2)]
    results = await asyncio.gather(
        *(town.do(grids.AssignGridWorker(grid_code=NEW_GRID, worker_id=worker)) for worker in workers),
        return_exceptions=True,
    )
    assert sorted(type(result).__name__ for result in results) == ["GridOccupied", "Outcome"]


async def test_who_expected_another_version_is_told_what_it_is(town: Town) -> None:
    case = await town.report()
    accept = cases.AcceptCase(case_id=case)
    for expected in (0, 2, 7):
        with pytest.raises(StaleVersion) as refused:
            await town.do(accept, town.community_staff, expected_version=expected)
        assert refused.value.facts == {"expected": expected, "actual": 1}
    assert (await town.do(accept, town.community_staff, expected_version=1)).version == 2


async def test_of_two_who_expected_the_same_version_one_is_told_that_it_is_stale(town: Town) -> None:
    case = await accepted(town)
    assess = cases.AssessCase(case_id=case, severity=Severity.MINOR)
    results = await asyncio.gather(
        *(town.do(assess, town.community_staff, expected_version=2) for _ in range(2)),
        return_exceptions=True,
    )
    assert sorted(type(result).__name__ for result in results) == ["Outcome", "StaleVersion"]


# Refused without a trace


async def refused(
    town: Town,
    command: Command,
    code: type[Refusal] | tuple[type[Refusal], ...],
    by: Actor = SYSTEM,
    **envelope: Any,
) -> Refusal:
    """Nothing is recorded, and the reason is told in both languages."""
    head = await town.log.head()
    with pytest.raises(code) as caught:
        await town.do(command, by, **envelope)
    assert type(caught.value) in (code if isinstance(code, tuple) else (code,))
    assert caught.value.sentence("en") and caught.value.sentence("zh")
    assert await town.log.head() == head
    return caught.value


async def test_nothing_happens_in_the_future(town: Town) -> None:
    report = cases.ReportCase(category="01001", text="井盖丢失", grid_code=GRID)
    ahead = town.clock.now + CLOCK_SKEW
    await refused(town, report, BadTime, town.resident, occurred_at=ahead + timedelta(microseconds=1))
    await town.do(report, town.resident, occurred_at=ahead)


async def test_nothing_is_recorded_from_before_there_were_records(town: Town) -> None:
    publish = grids.PublishContact(worker_id=town.workers[GRID], contact="公示栏")
    ancient = datetime(1, 1, 1, tzinfo=UTC)
    await refused(town, publish, BadTime, town.worker(), occurred_at=ancient)
    await refused(town, publish, BadTime, town.worker(), occurred_at=datetime(1899, 12, 31, 23, tzinfo=UTC))


@pytest.mark.parametrize("other", ["ofId", "intoId"])
async def test_a_case_is_not_joined_to_one_out_of_reach(town: Town, other: str) -> None:
    here, there = await town.report(), await town.report(THIRD_GRID)
    await town.do(cases.RefuseCase(case_id=there, reason="不属受理范围"), town.street_officer)
    joins = {
        "ofId": cases.MarkDuplicate(case_id=here, of_id=there),
        "intoId": cases.MergeCase(case_id=here, into_id=there),
    }
    refusal = await refused(town, joins[other], OutOfScope, town.community_staff)
    assert list(refusal.path) == [other]


async def test_two_cases_do_not_become_duplicates_of_each_other(town: Town) -> None:
    for _ in range(5):
        one, other = await town.report(), await town.report()
        marks = [cases.MarkDuplicate(case_id=a, of_id=b) for a, b in ((one, other), (other, one))]
        done = await asyncio.gather(
            *(town.do(mark, town.community_staff) for mark in marks), return_exceptions=True
        )
        assert sorted(type(result).__name__ for result in done) == ["CaseEnded", "Outcome"]


async def test_what_a_decision_rests_on_may_not_change_under_it(town: Town) -> None:
    report = cases.ReportCase(category="01001", text="路灯不亮", grid_code=OTHER_GRID)
    relieve = grids.RelieveGridWorker(grid_code=OTHER_GRID, reason="调整")
    await town.do(relieve)
    retire = grids.RetireGrid(grid_code=OTHER_GRID, reason="合并")
    await asyncio.gather(
        town.do(retire), *(town.do(report, town.resident) for _ in range(20)), return_exceptions=True
    )
    events = await town.log.after(0, 10_000)
    retired = next(event.position for event in events if event.type == "GridRetired")
    assert all(event.position < retired for event in events if event.type == "CaseReported")


async def test_nobody_gives_a_case_to_a_place_beyond_reach(town: Town) -> None:
    case = await town.report()
    await town.do(cases.AcceptCase(case_id=case), town.worker())
    await town.do(cases.AssessCase(case_id=case, severity=Severity.MINOR), town.worker())
    elsewhere = cases.AssignCase(case_id=case, tier=Tier.ON_SPOT, grid_code=OTHER_GRID)
    await refused(town, elsewhere, OutOfScope, town.worker())
    await town.do(cases.AssignCase(case_id=case, tier=Tier.ON_SPOT), town.worker())
    away = cases.TransferCase(case_id=case, community_code=OTHER_COMMUNITY, reason="非本社区")
    await refused(town, away, OutOfScope, town.community_staff)
    await town.do(away, town.street_officer)


async def test_a_command_carries_no_more_than_it_should(town: Town) -> None:
    case = await town.report()
    await town.do(cases.AcceptCase(case_id=case), town.community_staff)
    many = cases.SplitCase(case_id=case, parts=[cases.SplitPart(text="一项")] * 51)
    await refused(town, many, OutOfRange, town.community_staff)


async def test_a_time_has_its_offset(town: Town) -> None:
    report = cases.ReportCase(category="01001", text="井盖丢失", grid_code=GRID)
    naive = town.clock.now.replace(tzinfo=None)
    await refused(town, report, BadTime, town.resident, occurred_at=naive)


async def test_a_draft_made_offline_keeps_its_moment(town: Town) -> None:
    report = cases.ReportCase(category="01001", text="井盖丢失", grid_code=GRID)
    drafted = town.clock.now - timedelta(days=2)
    case = (await town.do(report, town.resident, occurred_at=drafted)).id
    (event,) = await town.log.stream(case)
    assert event.timestamp == drafted
    await refused(
        town,
        cases.AcceptCase(case_id=case),
        BadTime,
        town.community_staff,
        occurred_at=drafted - timedelta(seconds=1),
    )


@pytest.mark.parametrize(
    ("changes", "code", "path"),
    [
        ({"grid_code": None, "community_code": "120101001099"}, UnknownDivision, "communityCode"),
        ({"grid_code": None, "community_code": STREET}, WrongDivisionLevel, "communityCode"),
        ({"grid_code": NEW_GRID}, UnknownGrid, "gridCode"),
        ({"grid_code": OTHER_GRID}, RetiredGrid, "gridCode"),
        ({"grid_code": THIRD_GRID, "community_code": COMMUNITY}, ForeignGrid, "gridCode"),
        ({"category": "99999"}, UnknownCategory, "category"),
        ({"category": ""}, UnknownCategory, "category"),
        ({"text": " "}, TextEmpty, "text"),
        ({"text": "长" * (LONG_TEXT + 1)}, TextTooLong, "text"),
        ({"address": "长" * 201}, TextTooLong, "address"),
    ],
)
async def test_a_report_that_names_what_is_not_there_is_refused(
    town: Town, changes: dict[str, Any], code: type[Refusal], path: str
) -> None:
    await town.do(grids.RelieveGridWorker(grid_code=OTHER_GRID, reason="轮岗"))
    await town.do(grids.RetireGrid(grid_code=OTHER_GRID, reason="并入"))
    report: dict[str, Any] = {"category": "01001", "text": "井盖丢失", "grid_code": GRID} | changes
    refusal = await refused(town, cases.ReportCase(**report), code, town.resident)
    assert refusal.path == (path,)


async def test_a_case_goes_to_grids_of_its_community_and_communities_of_its_street(town: Town) -> None:
    case = await accepted(town)
    await town.do(cases.AssessCase(case_id=case, severity=Severity.MINOR), town.community_staff)
    assign = cases.AssignCase(case_id=case, tier=Tier.ON_SPOT, grid_code=THIRD_GRID)
    await refused(town, assign, ForeignGrid, town.community_staff)
    await town.do(replace(assign, grid_code=OTHER_GRID), town.community_staff)
    assert fold(await town.log.stream(case)).assignee == str(town.workers[OTHER_GRID])
    for code, name in (("120101002", "第二街道"), ("120101002001", "远社区")):
        await town.do(divisions.RegisterDivision(code=code, name=name, effective_from=NEXT))
    away = cases.TransferCase(case_id=case, community_code="120101002001", reason="误报")
    await refused(town, away, ForeignGrid, town.street_officer)
    split = cases.SplitCase(case_id=case, parts=[cases.SplitPart(text="一", grid_code=THIRD_GRID)] * 2)
    await refused(town, split, ForeignGrid, town.community_staff)
    parts = [cases.SplitPart(text="一", category="99999")] * 2
    await refused(town, cases.SplitCase(case_id=case, parts=parts), UnknownCategory, town.community_staff)


async def test_what_is_not_there_is_not_found(town: Town) -> None:
    case, nothing = await town.report(), uuid4()
    missing: list[tuple[Command, str]] = [
        (cases.AcceptCase(case_id=nothing), "caseId"),
        (cases.AcceptCase(case_id=division_id("12")), "caseId"),
        (cases.MergeCase(case_id=case, into_id=nothing), "intoId"),
        (cases.MarkDuplicate(case_id=case, of_id=nothing), "ofId"),
        (whistles.WithdrawWhistle(whistle_id=case, reason="误吹"), "whistleId"),
    ]
    for command, path in missing:
        by = town.street_officer if path == "whistleId" else town.community_staff
        refusal = await refused(town, command, NotFound, by)
        assert refusal.path == (path,)


async def test_a_street_summons_departments_around_it_only(town: Town) -> None:
    await town.do(divisions.RegisterDivision(code="120102", name="河东区", effective_from=NEXT))
    establish = divisions.EstablishDepartment(division_code="120102", name="外区部门")
    foreign = (await town.do(establish)).id
    case = await town.assigned(Tier.MULTI_UNIT)
    blow = whistles.BlowWhistle(
        case_id=case,
        kind=WhistleKind.ROUTINE,
        linkage=LinkageMechanism.RAPID_SERVICE,
        grounds="需要联动",
        department_ids=[foreign],
    )
    await refused(town, blow, OutOfScope, town.street_officer)
    await refused(town, replace(blow, department_ids=[uuid4()]), NotFound, town.street_officer)
    own = replace(blow, department_ids=town.departments)
    await refused(town, own, Forbidden, town.community_staff)
    await refused(town, replace(own, lead_id=foreign), LeadConflict, town.street_officer)
    await town.do(divisions.AbolishDepartment(department_id=town.departments[0], reason="机构改革"))
    await refused(town, own, NotFound, town.street_officer)
    assert fold(await town.log.stream(case)).status is Status.ASSIGNED


async def test_case_and_whistle_end_together(town: Town) -> None:
    case, whistle = await town.whistled()
    await town.do(whistles.WithdrawWhistle(whistle_id=whistle, reason="误吹"), town.street_officer)
    assert fold(await town.log.stream(case)).status is Status.ASSIGNED
    assert fold(await town.log.stream(whistle)).status is WhistleStatus.WITHDRAWN


async def test_a_check_in_is_missed_by_the_policy_in_force_when_the_department_was_summoned(
    town: Town,
) -> None:
    whistle, department = await on_site(town)
    stricter = policies.default_policy() | {"version": "2", "effectiveFrom": "2026-03-03"}
    stricter["limits"] = [
        {"id": "at-once", "about": "CHECK_IN", "amount": 1, "unit": "MINUTES"},
    ]
    await town.do(policies.AdoptPolicy(document=stricter))
    missed = whistles.RecordMissedCheckIn(whistle_id=whistle, department_id=department)
    town.clock.advance(days=1)
    await refused(town, missed, NotYetDue)
    town.clock.advance(days=3)
    await town.do(missed)
    recorded = (await town.log.stream(whistle))[-1]
    assert vars(recorded)["rule"] == "check-in-routine"
    assert recorded.timestamp.isoformat() == "2026-03-05T09:30:00+00:00"


async def test_without_a_limit_none_is_missed(town: Town) -> None:
    unlimited = policies.default_policy() | {"version": "2", "effectiveFrom": "2026-03-02", "limits": []}
    await town.do(policies.AdoptPolicy(document=unlimited))
    whistle, department = await on_site(town)
    missed = whistles.RecordMissedCheckIn(whistle_id=whistle, department_id=department)
    await refused(town, missed, NoLimit)


# Hostile input


def altered(value: Any, text: str) -> Iterator[Any]:
    """The value with one of the texts within it replaced, in every way."""
    if isinstance(value, str) and type(value) is str:
        yield text
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            for other in altered(getattr(value, field.name), text):
                yield replace(value, **{field.name: other})
    elif isinstance(value, list):
        for number, entry in enumerate(value):
            for other in altered(entry, text):
                yield [*value[:number], other, *value[number + 1 :]]
    elif isinstance(value, dict):
        for name, entry in value.items():
            for other in altered(entry, text):
                yield value | {name: other}


def filled(command: Command) -> Command:
    """The command with its optional texts given."""
    given_ = {
        field.name: SAID
        for field in fields(command)
        if field.name in ("secret", "assignee") and getattr(command, field.name) is None
    }
    return replace(command, **given_)


async def test_no_text_breaks_a_command(town: Town) -> None:
    """A text that cannot be kept is refused in every field; any other is kept or refused."""
    for kind, prepare in EXAMPLES.items():
        command, by = await prepare(town)
        again = issubclass(kind, cases.CaseCommand | whistles.WhistleCommand)
        for text in ("a\0b", "\ud800", "", "' OR 1=1 --", "长" * (LONG_TEXT + 1)):
            for number in range(sum(1 for _ in altered(filled(command), text))):
                hostile = next(islice(altered(filled(command), text), number, None))
                try:
                    await town.do(hostile, by)
                except Refusal as refusal:
                    assert refusal.sentence("en")
                    assert refusal.sentence("zh")
                else:
                    harmless = text in ("", "' OR 1=1 --") or getattr(hostile, "secret", None) == text
                    assert harmless, hostile
                    command, by = await prepare(town) if again else (command, by)


NAMING: dict[str, type[Refusal] | tuple[type[Refusal], ...]] = {
    "item": NotFound,
    "number": NotFound,
    "need": NotANeed,
    "line": NoSuchLine,
    "household": (OutOfRange, NotWatched),
}
"""Numbers that name something, and what is said where they name nothing."""
MONEY = frozenset({"amount"})
"""Numbers of fen: millions of them are not too many."""
MILLIONS = 6_000_000
NOBODY = frozenset({"present", "invalid"})
"""Numbers of people who came, and of papers that are invalid: there may be none."""
NOT_ADDING_UP = (OutOfRange, WrongCount, MorePapersThanIssued)
"""What a count is refused with: each number for itself, or as it fits the others."""


async def test_no_number_breaks_a_command(town: Town) -> None:
    tried = 0
    for prepare in EXAMPLES.values():
        command, by = await prepare(town)
        for name in [field.name for field in fields(command) if type(getattr(command, field.name)) is int]:
            wrong: tuple[int, ...] = (-(2**31), -1, 0, MILLIONS, 2**31 - 1)
            if name in MONEY:
                wrong = tuple(number for number in wrong if number != MILLIONS)
            for number in [number for number in wrong if number or name not in NOBODY]:
                counted = isinstance(command, CountBallots)
                code = NOT_ADDING_UP if counted else NAMING.get(name, OutOfRange)
                await refused(town, replace(command, **{name: number}), code, by)
                tried += 1
    assert tried


# 查询码 The case's own secret


def rating(case: UUID, secret: str | None = None) -> cases.RateCase:
    return cases.RateCase(case_id=case, answered=True, solved=True, satisfied=5, secret=secret)


async def test_somebody_without_an_account_rates_with_the_cases_own_secret_only(town: Town) -> None:
    report = cases.ReportCase(category="01001", text="井盖丢失", grid_code=GRID)
    case = (await town.do(report, ANONYMOUS)).id
    await town.do(cases.AcceptCase(case_id=case), town.community_staff)
    await town.do(cases.AssessCase(case_id=case, severity=Severity.MINOR), town.community_staff)
    await town.do(cases.AssignCase(case_id=case, tier=Tier.ON_SPOT), town.community_staff)
    await town.do(cases.ResolveOnSpot(case_id=case, result="已处理"), town.worker())
    await town.do(cases.VerifyCase(case_id=case, passed=True), town.community_staff)
    other = await town.report()
    for wrong in (None, "", "AAAA", secret_of(KEY, other), secret_of(b"another key", case), "\ud800", "密"):
        await refused(town, rating(case, wrong), BadSecret, ANONYMOUS)
        await refused(
            town, cases.ReopenCase(case_id=case, reason="没修好", secret=wrong), BadSecret, ANONYMOUS
        )
    await refused(town, rating(case), BadSecret, town.resident)
    await town.do(rating(case, f" {secret_of(KEY, case).lower()} "), ANONYMOUS)
    await town.do(cases.ReopenCase(case_id=case, reason="没修好", secret=secret_of(KEY, case)), ANONYMOUS)


async def test_a_signed_in_resident_rates_the_own_case_and_no_other(town: Town) -> None:
    case = await verified(town)
    neighbour = Actor("resident-2", Role.RESIDENT, "")
    await refused(town, rating(case), BadSecret, neighbour)
    await town.do(rating(case), town.resident)


async def test_who_follows_up_needs_no_secret(town: Town) -> None:
    await town.do(rating(await verified(town)), town.community_staff)


def test_a_secret_is_as_long_as_can_be_read_out_and_follows_from_case_and_key() -> None:
    case = uuid4()
    assert re.fullmatch("[A-Z2-7]{24}", secret_of(KEY, case))
    assert secret_of(KEY, case) == secret_of(KEY, case)
    assert secret_of(KEY, case) != secret_of(KEY, uuid4()) != secret_of(b"another", case)


# Personal text


def personal_fields(kind: type[Any]) -> Iterator[str]:
    """The fields whose description says that they hold personal text."""
    for name, hint in get_type_hints(kind, include_extras=True).items():
        if get_origin(hint) is Annotated:
            docs = [note.documentation for note in get_args(hint) if isinstance(note, Doc)]
            if any("personal text" in doc for doc in docs):
                yield name


async def test_the_examples_say_something_in_every_field_for_personal_text(town: Town) -> None:
    for kind, prepare in EXAMPLES.items():
        command, _ = await prepare(town)
        for name in personal_fields(kind):
            assert getattr(command, name) == SAID, f"{kind.__name__}.{name}"


async def test_personal_text_stands_nowhere_in_plain(town: Town, pool: Pool) -> None:
    for prepare in EXAMPLES.values():
        command, by = await prepare(town)
        await town.do(command, by)
    query = "SELECT count(*) FROM event WHERE data::text LIKE $1 OR meta::text LIKE $1"
    commands = "SELECT count(*) FROM command WHERE result::text LIKE $1"
    sealed = "SELECT count(*) FROM event WHERE data::text LIKE '%sealed%'"
    async with pool.acquire() as connection:
        for part in ("%xyzzy%", "%某人的话%", "%\\\\u67d0%"):
            assert await connection.fetchval(query, part) == 0
            assert await connection.fetchval(commands, part) == 0
        assert await connection.fetchval(sealed) > len(COMMANDS) // 2


async def test_whoever_holds_the_key_reads_what_was_said(town: Town) -> None:
    case = await town.report(text=SAID)
    (event,) = await town.log.stream(case)
    text = vars(event)["text"]
    assert await town.log.opened([text]) == {text: SAID}


# Any commands in any order

ENDINGS = {Step.REFUSE, Step.MARK_DUPLICATE, Step.MERGE, Step.SPLIT}
Choice = tuple[int, int, int, int, bool]


class World:
    """A few cases in the town, and commands on them that a number chooses."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.cases: list[UUID] = []
        self.whistles: list[UUID] = []
        self.people = [
            town.resident,
            town.worker(),
            town.grid_leader,
            town.community_staff,
            Actor("community-staff-2", Role.COMMUNITY_STAFF, COMMUNITY),
            town.street_officer,
            town.other_street_officer,
            town.officer(0),
            town.officer(1),
        ]

    def steps(self, case: UUID, detail: int) -> dict[Step, Command]:
        """A command for every step of a case that needs no whistle."""
        other = self.cases[detail % len(self.cases)]
        linkage = list(LinkageMechanism)[detail % 5]
        severity = list(Severity)[detail % 3]
        parts = [cases.SplitPart(text="一部分")] * 2
        return {
            Step.ACCEPT: cases.AcceptCase(case_id=case),
            Step.REFUSE: cases.RefuseCase(case_id=case, reason="不予受理"),
            Step.ASSESS: cases.AssessCase(
                case_id=case, severity=severity, linkage=linkage if detail % 2 else None
            ),
            Step.ASSIGN: cases.AssignCase(case_id=case, tier=list(Tier)[detail % 4]),
            Step.ESCALATE: cases.EscalateCase(case_id=case, tier=Tier.MULTI_UNIT, reason="升级"),
            Step.RETURN: cases.ReturnCase(case_id=case, reason="退回"),
            Step.RESOLVE_ON_SPOT: cases.ResolveOnSpot(case_id=case, result="已处理"),
            Step.RESOLVE: cases.ResolveCase(case_id=case, result="已处理"),
            Step.VERIFY: cases.VerifyCase(case_id=case, passed=detail % 3 > 0, note="看过"),
            Step.RATE: cases.RateCase(case_id=case, answered=True, solved=True, satisfied=detail % 7),
            Step.CLOSE: cases.CloseCase(case_id=case),
            Step.REOPEN: cases.ReopenCase(case_id=case, reason="没修好"),
            Step.REQUEST: requests.RequestSuspension(case_id=case, reason="等待配件"),
            Step.DECIDE_REQUEST: requests.DecideRequest(case_id=case, granted=detail % 3 > 0, note="审批"),
            Step.RESUME: requests.ResumeCase(case_id=case),
            Step.MERGE: cases.MergeCase(case_id=case, into_id=other),
            Step.UNDO_MERGE: cases.UndoMerge(case_id=case, reason="误并"),
            Step.MARK_DUPLICATE: cases.MarkDuplicate(case_id=case, of_id=other),
            Step.SPLIT: cases.SplitCase(case_id=case, parts=parts),
            Step.WHISTLE: whistles.BlowWhistle(
                case_id=case,
                kind=list(WhistleKind)[detail % 3],
                linkage=linkage,
                grounds="联动",
                department_ids=self.town.departments[: detail % 3],
            ),
        }

    def signals(self, whistle: UUID, detail: int) -> list[Command]:
        """A command for everything that may be done about a whistle."""
        department = self.town.departments[detail % 2]
        summons: dict[str, Any] = {"whistle_id": whistle, "department_id": department}
        return [
            whistles.SummonDepartment(**summons),
            whistles.SignSummons(**summons),
            whistles.CheckIn(**summons),
            whistles.AnswerSummons(**summons, result="已办"),
            whistles.CheckIn(**summons),
            whistles.AnswerSummons(**summons, result="已办"),
            whistles.RefuseSummons(**summons, reason="不属职责"),
            whistles.RecordMissedCheckIn(**summons),
            whistles.RateDepartment(**summons, score=detail % 7),
            whistles.OpenOnSiteMeeting(whistle_id=whistle, items=["甲", "乙"]),
            whistles.SettleOnSiteItem(whistle_id=whistle, item=detail % 3),
            whistles.CloseOnSiteMeeting(whistle_id=whistle),
            whistles.ResolveWhistle(whistle_id=whistle, result="已办结"),
            whistles.WithdrawWhistle(whistle_id=whistle, reason="误吹"),
        ]

    async def command(self, kind: int, which: int, detail: int) -> Command:
        """A command on a case or its whistle; two times in three one that the table allows."""
        id_ = self.cases[which % len(self.cases)]
        case: Case = fold(await self.town.log.stream(id_))
        whistle = case.whistle or (self.whistles[which % len(self.whistles)] if self.whistles else None)
        if whistle and (case.whistle or kind % 7 == 0):
            among = self.signals(whistle, detail)
            if kind % 3 and case.whistle:
                among = [*among[2:4], whistles.ResolveWhistle(whistle_id=whistle, result="已办结")]
            return among[kind % len(among)]
        steps = self.steps(id_, detail)
        likely = [step for step in possible(case.status) if step in steps and step not in ENDINGS]
        chosen = likely if likely and kind % 3 else list(steps)
        return steps[chosen[kind % len(chosen)]]

    async def send(self, choice: Choice) -> None:
        """Send a command, by the chosen person or by whoever may; twice where chosen."""
        kind, which, detail, person, twice = choice
        command, id_ = await self.command(kind, which, detail), uuid4()
        people = self.people if person < 0 else [self.people[person]]
        for by in people:
            head = await self.town.log.head()
            try:
                outcome = await self.town.do(command, by, id=id_)
            except Refusal as refusal:
                assert refusal.sentence("zh")
                assert await self.town.log.head() == head
                continue
            if isinstance(command, whistles.BlowWhistle):
                self.whistles.append(outcome.id)
            if twice:
                head = await self.town.log.head()
                assert await self.town.do(command, by, id=id_) == outcome
                assert await self.town.log.head() == head
            return

    async def assert_rules(self) -> None:
        """Every history holds, and case and whistle agree."""
        folded: dict[UUID, Case] = {}
        for case in self.cases:
            events = await self.town.log.stream(case)
            assert_history_of_a_case(events)
            folded[case] = fold(events)
        for id_ in self.whistles:
            events = await self.town.log.stream(id_)
            assert_history_of_a_whistle(events)
            whistle: Whistle = fold(events)
            is_open = whistle.status is WhistleStatus.OPEN
            assert (folded[whistle.case].whistle == id_) is is_open
            assert not is_open or folded[whistle.case].status is Status.WHISTLED
        for carrier in folded.values():
            merged = {id_ for id_, one in folded.items() if one.joined == carrier.id and one.before_merge}
            assert carrier.absorbed == merged


CHOICES = st.tuples(
    st.sampled_from(range(840)),
    st.integers(0, 1),
    st.sampled_from(range(420)),
    st.integers(-17, 8),
    st.booleans(),
)


@settings(max_examples=60)
@given(st.lists(CHOICES, min_size=10, max_size=20))
async def test_whatever_is_sent_the_rules_hold_and_what_is_sent_twice_happens_once(
    town: Town, choices: list[Choice]
) -> None:
    world = World(town)
    if choices[0][4]:
        case, whistle = await town.whistled(list(LinkageMechanism)[choices[0][0] % 5])
        world.cases, world.whistles = [case, await town.report()], [whistle]
    else:
        tier = list(Tier)[choices[0][0] % 4]
        world.cases = [await town.assigned(tier), await town.report()]
    for choice in choices:
        town.clock.advance(hours=choice[2] % 24)
        await world.send(choice)
    await world.assert_rules()


async def test_the_policies_are_one_stream(town: Town) -> None:
    assert await town.log.version(POLICY_ID) == 1
