"""工单 What may happen to a case, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from chuishao.domain import case_events as facts
from chuishao.domain.actor import ANONYMOUS, Actor
from chuishao.domain.case import Case, Part, holder_of
from chuishao.domain.event import LONG_TEXT, SHORT_TEXT, PersonalText
from chuishao.domain.identity import identify
from chuishao.domain.lifecycle import Status
from chuishao.domain.refusal import (
    AlreadyRated,
    BadText,
    BadTime,
    CaseEnded,
    Forbidden,
    HasMergedCases,
    IllegalTransition,
    OutOfRange,
    OutOfScope,
    Refusal,
    SameCase,
    SamePerson,
    TextEmpty,
    TextTooLong,
    TierNotHigher,
    TooFewParts,
    WhistleRequired,
    WrongTier,
)
from chuishao.domain.vocabulary import LinkageMechanism, Role, Severity, Tier
from tests.given import (
    CASE,
    CHIEF,
    DISPUTE,
    INTEGRATOR,
    LEADER,
    MINUTE,
    OTHER,
    OTHER_STAFF,
    RESIDENT,
    RESOLVING,
    STAFF,
    STREET_OFFICER,
    WHISTLE,
    WORKER,
    CaseDecision,
    a_case,
    a_case_in,
    accept,
    an_accepted_case,
    assess,
    assign,
    blow,
    close,
    decided_by,
    escalate,
    event,
    fail_verification,
    given,
    later,
    mark_duplicate,
    merge_into,
    path_to,
    rate,
    refuse,
    reopen,
    resolve,
    resolve_by_whistle,
    resolve_on_spot,
    return_,
    split,
    transfer,
    two_parts,
    undo_merge,
    verify,
    when_made,
    withdraw_whistle,
)
from tests.town import COMMUNITY, GRID, OTHER_COMMUNITY, OTHER_GRID, START, STREET, THIRD_GRID

# 上报 Reporting


def test_a_resident_reports_a_case() -> None:
    case = when_made(lambda: a_case(address=" 一号楼 ", severity=Severity.MAJOR)).then(
        event(
            facts.CaseReported,
            community=COMMUNITY,
            grid=GRID,
            category="01001",
            severity="MAJOR",
            subject=CASE,
            anonymous=True,
            text="井盖丢失",
            address="一号楼",
            reporter_name=None,
            timestamp=START,
        )
    )
    assert (case.status, case.place, case.tier, case.correlation) == (Status.REPORTED, GRID, None, CASE)


def test_a_reporter_may_give_name_and_phone_and_all_text_is_about_them() -> None:
    subject = identify("resident", 1)
    made = when_made(lambda: a_case(subject=subject, reporter_name="居民 001", reporter_phone="0000"))
    made.then(event(facts.CaseReported, anonymous=False, reporter_name="居民 001", reporter_phone="0000"))
    (reported,) = made.events
    texts = [value for value in vars(reported).values() if isinstance(value, PersonalText)]
    assert len(texts) == 3
    assert {text.subject for text in texts} == {subject}


def test_a_case_without_a_grid_lies_in_its_community() -> None:
    assert a_case(grid=None).place == COMMUNITY


@pytest.mark.parametrize("by", [RESIDENT, ANONYMOUS, WORKER, LEADER, STAFF, CHIEF, STREET_OFFICER])
def test_whoever_finds_something_reports_it(by: Actor) -> None:
    when_made(lambda: a_case(by=by)).then(event(facts.CaseReported))


def test_a_machine_reports_nothing() -> None:
    when_made(lambda: a_case(by=INTEGRATOR)).refused(Forbidden, role="INTEGRATOR", action="REPORT")


def test_a_worker_reports_within_the_own_grid_only() -> None:
    when_made(lambda: a_case(by=WORKER, grid=OTHER_GRID)).refused(OutOfScope, place=OTHER_GRID, scope=GRID)


@pytest.mark.parametrize("field", ["address", "reporter_name", "reporter_phone"])
def test_what_a_reporter_adds_is_short(field: str) -> None:
    fits: dict[str, Any] = {field: "长" * SHORT_TEXT}
    longer: dict[str, Any] = {field: "长" * (SHORT_TEXT + 1)}
    when_made(lambda: a_case(**fits)).then(event(facts.CaseReported))
    refusal = when_made(lambda: a_case(**longer)).refused(
        TextTooLong, length=SHORT_TEXT + 1, limit=SHORT_TEXT
    )
    assert refusal.path == (refusal.facts["field"],)


# 受理、不予受理 Accepting and refusing


def test_a_reported_case_is_accepted() -> None:
    accepted = (
        given(a_case()).when(accept("请网格员核实")).then(event(facts.CaseAccepted, note="请网格员核实"))
    )
    assert (accepted.status, accepted.since) == (Status.ACCEPTED, START + MINUTE)


def test_a_blank_note_is_no_note() -> None:
    given(a_case()).when(accept("  \n ")).then(event(facts.CaseAccepted, note=None))


def test_a_reported_case_is_refused_with_a_reason() -> None:
    case = given(a_case()).when(refuse("重复骚扰")).then(event(facts.CaseRefused, reason="重复骚扰"))
    assert case.status is Status.REFUSED


def test_a_grid_worker_refuses_nobody() -> None:
    given(a_case()).when(refuse(by=WORKER)).refused(Forbidden, role="GRID_WORKER", action="REFUSE")


def test_what_was_accepted_is_not_accepted_again() -> None:
    given(a_case(), accept()).when(accept()).refused(
        IllegalTransition,
        state="ACCEPTED",
        asked="ACCEPT",
        possible="ASSESS, MARK_DUPLICATE, MERGE, ABSORB, SPLIT",
    )


def test_nothing_follows_a_split() -> None:
    a_case_in(Status.SPLIT).when(accept()).refused(IllegalTransition, state="SPLIT", possible="nothing")


# 研判 Assessing


def test_an_accepted_case_is_assessed() -> None:
    case = (
        a_case_in(Status.ACCEPTED)
        .when(assess(Severity.MAJOR, DISPUTE, "邻里纠纷", category="16001"))
        .then(
            event(
                facts.SeverityGraded,
                category="16001",
                severity="MAJOR",
                linkage="DISPUTE_RESOLUTION",
                note="邻里纠纷",
            )
        )
    )
    assert (case.category, case.severity, case.linkage) == ("16001", Severity.MAJOR, DISPUTE)


def test_an_assessment_may_be_corrected_before_the_assignment() -> None:
    case = a_case_in(Status.ASSESSED).when(assess(Severity.CRITICAL)).then(event(facts.SeverityGraded))
    assert (case.severity, case.linkage) == (Severity.CRITICAL, None)


def test_a_reported_case_is_accepted_before_it_is_assessed() -> None:
    given(a_case()).when(assess()).refused(IllegalTransition, state="REPORTED", asked="ASSESS")


# 交办、转办、升级、退回 Assigning, transferring, escalating, returning


@pytest.mark.parametrize(
    ("tier", "holder"),
    [
        (Tier.ON_SPOT, GRID),
        (Tier.GRID_LEADER, GRID),
        (Tier.DELIBERATION, COMMUNITY),
        (Tier.MULTI_UNIT, STREET),
    ],
)
def test_each_tier_has_a_place_that_answers(tier: Tier, holder: str) -> None:
    case = (
        a_case_in(Status.ASSESSED)
        .when(assign(tier, assignee="grid-worker-1"))
        .then(event(facts.CaseAssigned, tier=tier.value, holder=holder, grid=GRID, assignee="grid-worker-1"))
    )
    assert (case.tier, case.holder, case.assignee) == (tier, holder, "grid-worker-1")


def test_without_a_grid_the_community_answers() -> None:
    assert holder_of(Tier.ON_SPOT, COMMUNITY, None) == COMMUNITY


def test_an_assignment_may_name_the_grid() -> None:
    case = (
        given(a_case(grid=None), accept(), assess())
        .when(assign(grid=OTHER_GRID))
        .then(event(facts.CaseAssigned, grid=OTHER_GRID, holder=OTHER_GRID))
    )
    assert case.place == OTHER_GRID


@pytest.mark.parametrize("severity", [Severity.MAJOR, Severity.CRITICAL])
@pytest.mark.parametrize("tier", [Tier.ON_SPOT, Tier.GRID_LEADER, Tier.DELIBERATION])
def test_a_major_dispute_goes_to_the_street(severity: Severity, tier: Tier) -> None:
    given(a_case(), accept(), assess(severity, DISPUTE)).when(assign(tier)).refused(WhistleRequired)


def test_a_minor_dispute_stays_in_the_community() -> None:
    given(a_case(), accept(), assess(Severity.MINOR, DISPUTE)).when(assign(Tier.GRID_LEADER)).then(
        event(facts.CaseAssigned)
    )


def test_a_case_is_transferred_at_its_tier() -> None:
    case = (
        a_case_in(Status.ASSIGNED)
        .when(transfer(OTHER_COMMUNITY, THIRD_GRID, "grid-worker-3"))
        .then(
            event(
                facts.CaseTransferred,
                community=OTHER_COMMUNITY,
                grid=THIRD_GRID,
                holder=THIRD_GRID,
                assignee="grid-worker-3",
                reason="属于另一网格",
            )
        )
    )
    assert (case.place, case.tier, case.status) == (THIRD_GRID, Tier.ON_SPOT, Status.ASSIGNED)


def test_after_a_transfer_the_former_community_has_no_say() -> None:
    given(a_case(), *path_to(Status.ASSIGNED), transfer(OTHER_COMMUNITY, THIRD_GRID)).when(return_()).refused(
        OutOfScope, place=THIRD_GRID, scope=COMMUNITY
    )


@pytest.mark.parametrize(
    ("tier", "higher"), [(tier, higher) for tier in Tier for higher in Tier if higher.rank > tier.rank]
)
def test_a_case_is_escalated_to_any_higher_tier(tier: Tier, higher: Tier) -> None:
    case = (
        a_case_in(Status.ASSIGNED, tier)
        .when(escalate(higher, "street-officer-1"))
        .then(
            event(
                facts.CaseEscalated,
                tier=higher.value,
                holder=holder_of(higher, COMMUNITY, GRID),
                assignee="street-officer-1",
            )
        )
    )
    assert (case.tier, case.status) == (higher, Status.ASSIGNED)


@pytest.mark.parametrize(
    ("tier", "lower"), [(tier, lower) for tier in Tier for lower in Tier if lower.rank <= tier.rank]
)
def test_a_case_is_never_escalated_sideways_or_down(tier: Tier, lower: Tier) -> None:
    a_case_in(Status.ASSIGNED, tier).when(escalate(lower)).refused(
        TierNotHigher, tier=tier.value, asked=lower.value
    )


def test_a_returned_case_is_held_by_nobody_until_it_is_assigned_anew() -> None:
    case = (
        a_case_in(Status.ASSIGNED, Tier.DELIBERATION)
        .when(return_("不属于本级", STREET_OFFICER))
        .then(event(facts.CaseReturned, tier="DELIBERATION", reason="不属于本级"))
    )
    assert (case.status, case.tier, case.holder, case.assignee) == (Status.ASSESSED, None, None, None)


# 处置 Resolving


@pytest.mark.parametrize("by", [WORKER, LEADER])
def test_a_case_is_resolved_on_the_spot(by: Actor) -> None:
    case = (
        a_case_in(Status.ASSIGNED)
        .when(resolve_on_spot("已更换井盖", by))
        .then(event(facts.ResolvedOnSpot, by=by.id, result="已更换井盖"))
    )
    assert (case.status, case.resolver) == (Status.RESOLVED, by.id)


@pytest.mark.parametrize("tier", [Tier.GRID_LEADER, Tier.DELIBERATION, Tier.MULTI_UNIT])
def test_a_case_is_resolved_at_its_tier(tier: Tier) -> None:
    by = RESOLVING[tier]
    case = (
        a_case_in(Status.ASSIGNED, tier)
        .when(resolve("已协调解决", by))
        .then(event(facts.CaseResolved, by=by.id, whistle=None, result="已协调解决"))
    )
    assert (case.status, case.resolver) == (Status.RESOLVED, by.id)


@pytest.mark.parametrize("tier", [Tier.GRID_LEADER, Tier.DELIBERATION, Tier.MULTI_UNIT])
def test_only_the_lowest_tier_resolves_on_the_spot(tier: Tier) -> None:
    a_case_in(Status.ASSIGNED, tier).when(resolve_on_spot()).refused(
        WrongTier, asked="RESOLVE_ON_SPOT", needed="ON_SPOT", tier=tier.value, advice="Use RESOLVE."
    )


def test_the_lowest_tier_resolves_on_the_spot_or_escalates() -> None:
    a_case_in(Status.ASSIGNED).when(resolve()).refused(WrongTier, asked="RESOLVE", tier="ON_SPOT")


@pytest.mark.parametrize(
    ("tier", "by"),
    [
        (Tier.GRID_LEADER, STREET_OFFICER),
        (Tier.DELIBERATION, LEADER),
        (Tier.MULTI_UNIT, Actor("community-staff-9", Role.COMMUNITY_STAFF, STREET)),
    ],
)
def test_each_tier_is_settled_by_its_own_people(tier: Tier, by: Actor) -> None:
    a_case_in(Status.ASSIGNED, tier).when(resolve(by=by)).refused(Forbidden, role=by.role.value)


def test_a_major_dispute_is_not_resolved_before_the_street_has_whistled() -> None:
    assigned = (accept(), assess(Severity.MAJOR, DISPUTE), assign(Tier.MULTI_UNIT))
    given(a_case(), *assigned).when(resolve(by=STREET_OFFICER)).refused(WhistleRequired)
    given(a_case(), *assigned, blow(DISPUTE)).when(resolve_by_whistle()).then(
        event(facts.CaseResolved, whistle=WHISTLE)
    )


def test_a_case_that_becomes_a_major_dispute_goes_to_the_street() -> None:
    regraded = (*path_to(Status.ASSIGNED), return_(), assess(Severity.MAJOR, DISPUTE))
    given(a_case(), *regraded).when(assign(Tier.ON_SPOT)).refused(WhistleRequired)


# 吹哨 Whistling


def test_the_street_blows_the_whistle_on_a_case_at_its_tier() -> None:
    case = (
        a_case_in(Status.ASSIGNED, Tier.MULTI_UNIT)
        .when(blow(LinkageMechanism.JOINT_ENFORCEMENT))
        .then(event(facts.CaseWhistled, whistle=WHISTLE, kind="ROUTINE", linkage="JOINT_ENFORCEMENT"))
    )
    assert (case.status, case.whistle) == (Status.WHISTLED, WHISTLE)


@pytest.mark.parametrize("tier", [Tier.ON_SPOT, Tier.GRID_LEADER, Tier.DELIBERATION])
def test_below_its_tier_the_street_does_not_blow(tier: Tier) -> None:
    a_case_in(Status.ASSIGNED, tier).when(blow()).refused(
        WrongTier, asked="WHISTLE", needed="MULTI_UNIT", tier=tier.value
    )


@pytest.mark.parametrize("by", [WORKER, LEADER, STAFF, CHIEF, RESIDENT])
def test_only_a_street_blows(by: Actor) -> None:
    a_case_in(Status.ASSIGNED, Tier.MULTI_UNIT).when(blow(by=by)).refused(
        Forbidden, action="WHISTLE", allowed="STREET_OFFICER"
    )


@pytest.mark.parametrize("scope", ["", "12", "120101"])
def test_a_city_or_district_does_not_blow_in_place_of_the_street(scope: str) -> None:
    by = Actor("street-officer-9", Role.STREET_OFFICER, scope)
    a_case_in(Status.ASSIGNED, Tier.MULTI_UNIT).when(blow(by=by)).refused(
        Forbidden, allowed=f"the street {STREET}"
    )


def test_another_street_does_not_blow() -> None:
    by = Actor("street-officer-9", Role.STREET_OFFICER, "120101002")
    a_case_in(Status.ASSIGNED, Tier.MULTI_UNIT).when(blow(by=by)).refused(OutOfScope, scope="120101002")


@pytest.mark.parametrize("linkage", [mechanism for mechanism in LinkageMechanism if mechanism is not DISPUTE])
def test_a_major_dispute_calls_for_its_own_mechanism(linkage: LinkageMechanism) -> None:
    assigned = (accept(), assess(Severity.MAJOR, DISPUTE), assign(Tier.MULTI_UNIT))
    given(a_case(), *assigned).when(blow(linkage)).refused(WhistleRequired)


def test_a_withdrawn_whistle_leaves_the_case_with_the_street() -> None:
    case = (
        a_case_in(Status.WHISTLED)
        .when(withdraw_whistle("已自行解决"))
        .then(event(facts.CaseWhistleWithdrawn, whistle=WHISTLE, reason="已自行解决"))
    )
    assert (case.status, case.tier, case.whistle) == (Status.ASSIGNED, Tier.MULTI_UNIT, None)


def test_a_whistled_case_is_resolved_through_its_whistle_only() -> None:
    a_case_in(Status.WHISTLED).when(resolve(by=STREET_OFFICER)).refused(
        IllegalTransition, possible="WITHDRAW_WHISTLE, RESOLVE_BY_WHISTLE, ABSORB, REQUEST"
    )
    case = (
        a_case_in(Status.WHISTLED)
        .when(resolve_by_whistle("已联合处置"))
        .then(event(facts.CaseResolved, whistle=WHISTLE, by=STREET_OFFICER.id, result="已联合处置"))
    )
    assert (case.status, case.whistle) == (Status.RESOLVED, None)


# 核查、返工 Verifying


def test_a_resolved_case_is_verified_by_somebody_else() -> None:
    case = (
        a_case_in(Status.RESOLVED)
        .when(verify("现场已恢复"))
        .then(event(facts.CaseVerified, by=STAFF.id, note="现场已恢复"))
    )
    assert case.status is Status.VERIFIED


@pytest.mark.parametrize("decision", [verify(by=STAFF), fail_verification(by=STAFF)])
def test_the_resolver_does_not_verify(decision: CaseDecision) -> None:
    a_case_in(Status.RESOLVED, Tier.DELIBERATION).when(decision).refused(SamePerson, actor=STAFF.id)


def test_whoever_resolved_through_the_whistle_does_not_verify() -> None:
    given(a_case(), *path_to(Status.WHISTLED), resolve_by_whistle()).when(verify(by=STREET_OFFICER)).refused(
        SamePerson, actor=STREET_OFFICER.id
    )


def test_another_role_does_not_make_another_person() -> None:
    by = Actor(LEADER.id, Role.COMMUNITY_STAFF, COMMUNITY)
    a_case_in(Status.RESOLVED, Tier.GRID_LEADER).when(verify(by=by)).refused(SamePerson, actor=LEADER.id)


def test_a_failed_verification_sends_the_case_back_to_its_holder() -> None:
    case = (
        a_case_in(Status.RESOLVED)
        .when(fail_verification("仍有积水"))
        .then(event(facts.VerificationFailed, by=STAFF.id, reason="仍有积水"))
    )
    assert (case.status, case.tier, case.holder, case.reworks) == (Status.ASSIGNED, Tier.ON_SPOT, GRID, 1)


def test_after_the_rework_the_second_resolver_counts() -> None:
    reworked = (
        *path_to(Status.RESOLVED),
        fail_verification(),
        escalate(Tier.DELIBERATION),
        resolve(by=STAFF),
    )
    given(a_case(), *reworked).when(verify(by=STAFF)).refused(SamePerson)
    given(a_case(), *reworked).when(verify(by=OTHER_STAFF)).then(event(facts.CaseVerified))


# 评价、结案、重开 Rating, closing, reopening


@pytest.mark.parametrize("status", [Status.VERIFIED, Status.CLOSED])
def test_a_resident_rates_before_or_after_the_close(status: Status) -> None:
    case = (
        a_case_in(status)
        .when(rate(2, solved=False, comment="只补了一半"))
        .then(
            event(
                facts.CaseRated,
                answered=True,
                solved=False,
                satisfied=2,
                follow_up=False,
                comment="只补了一半",
            )
        )
    )
    assert case.status is status


def test_a_follow_up_visit_is_told_from_a_direct_answer() -> None:
    a_case_in(Status.CLOSED).when(rate(by=STAFF)).then(event(facts.CaseRated, follow_up=True))


def test_a_case_is_rated_once_a_resolution() -> None:
    rated = (*path_to(Status.CLOSED), rate())
    given(a_case(), *rated).when(rate(1)).refused(AlreadyRated, what=f"case {CASE}")
    again = (reopen(), assess(), assign(), resolve_on_spot(), verify())
    given(a_case(), *rated, *again).when(rate(1)).then(event(facts.CaseRated, satisfied=1))


@pytest.mark.parametrize("satisfied", [1, 5])
def test_satisfaction_goes_from_one_to_five(satisfied: int) -> None:
    a_case_in(Status.CLOSED).when(rate(satisfied)).then(event(facts.CaseRated, satisfied=satisfied))


@pytest.mark.parametrize("satisfied", [-1, 0, 6, 2**63])
def test_satisfaction_outside_its_scale_is_refused(satisfied: int) -> None:
    a_case_in(Status.CLOSED).when(rate(satisfied)).refused(OutOfRange, value=satisfied, low=1, high=5)


def test_an_unverified_case_is_not_rated() -> None:
    a_case_in(Status.RESOLVED).when(rate()).refused(
        IllegalTransition, state="RESOLVED", possible="VERIFY, FAIL_VERIFICATION"
    )


def test_a_verified_case_is_closed_rated_or_not() -> None:
    a_case_in(Status.VERIFIED).when(close()).then(event(facts.CaseClosed, note=None))
    given(a_case(), *path_to(Status.VERIFIED), rate()).when(close("归档")).then(
        event(facts.CaseClosed, note="归档")
    )


def test_a_resolved_case_is_not_closed_unverified() -> None:
    a_case_in(Status.RESOLVED).when(close()).refused(IllegalTransition, asked="CLOSE")


@pytest.mark.parametrize("status", [Status.VERIFIED, Status.CLOSED, Status.REFUSED, Status.DUPLICATE])
def test_a_case_that_was_not_fixed_is_reopened(status: Status) -> None:
    case = a_case_in(status).when(reopen("又坏了")).then(event(facts.CaseReopened, reason="又坏了"))
    assert (case.status, case.reopenings, case.rated) == (Status.ACCEPTED, 1, False)
    assert (case.tier, case.holder, case.assignee, case.resolver, case.joined) == (None,) * 5


def test_what_is_being_handled_is_not_reopened() -> None:
    a_case_in(Status.ASSIGNED).when(reopen()).refused(IllegalTransition, asked="REOPEN")


# 重复、并案、拆分 Duplicates, merges and splits


@pytest.mark.parametrize("status", [Status.REPORTED, Status.ACCEPTED, Status.ASSESSED, Status.ASSIGNED])
def test_a_case_is_marked_as_a_duplicate(status: Status) -> None:
    case = (
        a_case_in(status)
        .when(mark_duplicate(an_accepted_case()))
        .then(event(facts.CaseMarkedDuplicate, of=OTHER))
    )
    assert (case.status, case.joined) == (Status.DUPLICATE, OTHER)


def test_a_report_may_repeat_a_closed_case_but_is_not_merged_into_it() -> None:
    closed = a_case_in(Status.CLOSED, id_=OTHER).aggregate
    given(a_case()).when(mark_duplicate(closed)).then(event(facts.CaseMarkedDuplicate))
    given(a_case()).when(merge_into(closed)).refused(CaseEnded, case=OTHER, state="CLOSED")


@pytest.mark.parametrize("status", [Status.DUPLICATE, Status.MERGED, Status.SPLIT, Status.REFUSED])
@pytest.mark.parametrize("join", [mark_duplicate, merge_into])
def test_nothing_is_joined_to_a_case_that_ended_elsewhere(
    join: Callable[[Case], CaseDecision], status: Status
) -> None:
    third = given(a_case(identify("case", 3)), accept()).aggregate
    path = {Status.DUPLICATE: [mark_duplicate(third)], Status.MERGED: [merge_into(third)]}
    other = given(a_case(OTHER), *path.get(status, path_to(status))).aggregate
    given(a_case()).when(join(other)).refused(CaseEnded, case=OTHER, state=status.value)


@pytest.mark.parametrize("status", [Status.RESOLVED, Status.VERIFIED])
def test_a_resolved_case_takes_nothing_more_in(status: Status) -> None:
    other = a_case_in(status, id_=OTHER).aggregate
    given(a_case()).when(merge_into(other)).refused(IllegalTransition, state=status.value, asked="ABSORB")
    assert decided_by(other) == []


@pytest.mark.parametrize("join", [mark_duplicate, merge_into])
def test_a_case_is_not_joined_to_itself(join: Callable[[Case], CaseDecision]) -> None:
    given(a_case()).when(lambda case: join(case)(case)).refused(SameCase, case=CASE)


def test_a_merge_is_told_in_both_histories() -> None:
    other = an_accepted_case()
    case = a_case_in(Status.ASSESSED).when(merge_into(other)).then(event(facts.CaseMerged, into=OTHER))
    event(facts.CaseAbsorbed, case=CASE).check(*decided_by(other))
    assert (case.status, case.joined, other.absorbed) == (Status.MERGED, OTHER, {CASE})
    assert other.status is Status.ACCEPTED


def test_both_cases_of_a_merge_lie_within_reach() -> None:
    other = given(a_case(OTHER, community=OTHER_COMMUNITY, grid=THIRD_GRID)).aggregate
    given(a_case()).when(merge_into(other)).refused(OutOfScope, place=THIRD_GRID)
    given(a_case()).when(merge_into(other, STREET_OFFICER)).then(event(facts.CaseMerged))


def test_a_withdrawn_whistle_leaves_a_major_dispute_to_be_whistled_for() -> None:
    at_street = (accept(), assess(Severity.MAJOR, DISPUTE), assign(Tier.MULTI_UNIT))
    withdrawn = given(a_case(), *at_street, blow(DISPUTE), withdraw_whistle())
    withdrawn.when(resolve(by=STREET_OFFICER)).refused(WhistleRequired)


def test_a_reopened_major_dispute_is_whistled_for_anew() -> None:
    at_street = (accept(), assess(Severity.MAJOR, DISPUTE), assign(Tier.MULTI_UNIT))
    settled = (blow(DISPUTE), resolve_by_whistle(), verify(), reopen())
    again = (assess(Severity.MAJOR, DISPUTE), assign(Tier.MULTI_UNIT))
    given(a_case(), *at_street, *settled, *again).when(resolve(by=STREET_OFFICER)).refused(WhistleRequired)


@pytest.mark.parametrize("decision", [mark_duplicate(an_accepted_case()), merge_into(an_accepted_case())])
def test_a_case_that_carries_others_is_not_joined_to_another(decision: CaseDecision) -> None:
    carrier = a_case_in(Status.ACCEPTED)
    given(a_case(identify("case", 3)), merge_into(carrier.aggregate))
    carrier.aggregate.collect_events()
    carrier.when(decision).refused(HasMergedCases, case=CASE, count=1)
    carrier.when(split()).refused(HasMergedCases, case=CASE, count=1)


@pytest.mark.parametrize("status", [Status.REPORTED, Status.ACCEPTED, Status.ASSESSED, Status.ASSIGNED])
def test_undoing_a_merge_gives_back_where_the_case_stood(status: Status) -> None:
    other = an_accepted_case()
    merged = a_case_in(status)
    before = (merged.aggregate.status, merged.aggregate.since, merged.aggregate.holder)
    given(merged.aggregate, merge_into(other))
    other.collect_events()
    case = merged.when(undo_merge(other, "两处井盖")).then(
        event(facts.MergeUndone, out_of=OTHER, reason="两处井盖")
    )
    event(facts.CaseReleased, case=CASE).check(*decided_by(other))
    assert (case.status, case.since, case.holder) == before
    assert (case.joined, case.before_merge, other.absorbed) == (None, None, set())


def test_a_case_that_carries_others_is_not_refused() -> None:
    carrier = given(a_case())
    given(a_case(identify("case", 3)), merge_into(carrier.aggregate))
    carrier.aggregate.collect_events()
    carrier.when(refuse()).refused(HasMergedCases, case=CASE, count=1)


def test_only_a_merge_is_undone() -> None:
    given(a_case(), accept()).when(undo_merge(an_accepted_case())).refused(
        IllegalTransition, asked="UNDO_MERGE"
    )


def test_an_undone_merge_may_be_made_again() -> None:
    other = an_accepted_case()
    given(a_case(), merge_into(other), undo_merge(other)).when(merge_into(other)).then(
        event(facts.CaseMerged, into=OTHER)
    )


@pytest.mark.parametrize("status", [Status.ACCEPTED, Status.ASSESSED, Status.ASSIGNED])
def test_a_case_is_split_into_cases_of_their_own(status: Status) -> None:
    one, two = identify("part", 1), identify("part", 2)
    parts = [
        Part(id=one, text="井盖", category="01002", grid=OTHER_GRID),
        Part(id=two, text="路灯"),
    ]
    done = a_case_in(status).when(split(parts))
    case = done.then(event(facts.CaseSplit, parts=[one, two]))
    assert (case.status, case.parts) == (Status.SPLIT, [one, two])
    assert isinstance(done.answer, list)
    expected = [("01002", OTHER_GRID, "井盖"), ("01001", GRID, "路灯")]
    for part, (category, grid, text) in zip(done.answer, expected, strict=True):
        event(facts.CaseSplitOff, parent=CASE, category=category, grid=grid, text=text).check(
            *decided_by(part)
        )
        assert (part.status, part.split_from, part.subject) == (Status.ACCEPTED, CASE, case.subject)


@pytest.mark.parametrize("count", [0, 1])
def test_a_split_has_at_least_two_parts(count: int) -> None:
    a_case_in(Status.ACCEPTED).when(split(two_parts()[:count])).refused(TooFewParts, count=count)


def test_a_part_that_says_nothing_is_refused_and_no_part_is_made() -> None:
    parts = [*two_parts(), Part(id=identify("part", 3), text=" ")]
    a_case_in(Status.ACCEPTED).when(split(parts)).refused(TextEmpty, field="text")


# Times


def at(make: Callable[..., CaseDecision], offset: timedelta, **more: object) -> CaseDecision:
    """A decision dated relative to the moment since which the case stands where it stands."""
    return lambda case: make(at=case.since + offset, **more)(case)


DATED: dict[str, tuple[Status, Callable[..., CaseDecision]]] = {
    "accept": (Status.REPORTED, accept),
    "refuse": (Status.REPORTED, refuse),
    "assess": (Status.ACCEPTED, assess),
    "assign": (Status.ASSESSED, assign),
    "transfer": (Status.ASSIGNED, transfer),
    "escalate": (Status.ASSIGNED, escalate),
    "return": (Status.ASSIGNED, return_),
    "resolve on the spot": (Status.ASSIGNED, resolve_on_spot),
    "withdraw": (Status.WHISTLED, withdraw_whistle),
    "resolve by whistle": (Status.WHISTLED, resolve_by_whistle),
    "verify": (Status.RESOLVED, verify),
    "fail": (Status.RESOLVED, fail_verification),
    "rate": (Status.VERIFIED, rate),
    "close": (Status.VERIFIED, close),
    "reopen": (Status.CLOSED, reopen),
    "split": (Status.ACCEPTED, split),
}


@pytest.mark.parametrize(("status", "make"), DATED.values(), ids=DATED.keys())
def test_a_step_is_not_dated_before_the_state_it_follows(
    status: Status, make: Callable[..., CaseDecision]
) -> None:
    refusal = (
        a_case_in(status).when(at(make, -timedelta(microseconds=1))).refused(BadTime, field="occurredAt")
    )
    assert refusal.path == ("occurredAt",)
    done = a_case_in(status).when(at(make, timedelta()))
    assert done.refusal is None


def test_a_merge_is_dated_after_both_cases() -> None:
    other = given(a_case(OTHER, at=START + 10 * MINUTE)).aggregate
    given(a_case()).when(merge_into(other, at=START + 5 * MINUTE)).refused(BadTime)


# Texts


def splitting(text: str) -> CaseDecision:
    """Split off a part in these words."""
    return split([Part(id=identify("part", 1), text="其一"), Part(id=identify("part", 2), text=text)])


REQUIRED_TEXTS: dict[str, tuple[Status, Tier, Callable[[str], CaseDecision]]] = {
    "refuse": (Status.REPORTED, Tier.ON_SPOT, refuse),
    "transfer": (Status.ASSIGNED, Tier.ON_SPOT, lambda text: transfer(reason=text)),
    "escalate": (Status.ASSIGNED, Tier.ON_SPOT, lambda text: escalate(reason=text)),
    "return": (Status.ASSIGNED, Tier.ON_SPOT, return_),
    "resolve on the spot": (Status.ASSIGNED, Tier.ON_SPOT, resolve_on_spot),
    "resolve": (Status.ASSIGNED, Tier.GRID_LEADER, resolve),
    "withdraw": (Status.WHISTLED, Tier.ON_SPOT, withdraw_whistle),
    "resolve by whistle": (Status.WHISTLED, Tier.ON_SPOT, resolve_by_whistle),
    "fail": (Status.RESOLVED, Tier.ON_SPOT, fail_verification),
    "reopen": (Status.CLOSED, Tier.ON_SPOT, reopen),
    "split": (Status.ACCEPTED, Tier.ON_SPOT, splitting),
    "undo": (Status.MERGED, Tier.ON_SPOT, lambda text: undo_merge(an_accepted_case(), text)),
}
OPTIONAL_TEXTS: dict[str, tuple[Status, Tier, Callable[[str], CaseDecision]]] = {
    "accept": (Status.REPORTED, Tier.ON_SPOT, accept),
    "assess": (Status.ACCEPTED, Tier.ON_SPOT, lambda text: assess(note=text)),
    "verify": (Status.RESOLVED, Tier.ON_SPOT, verify),
    "rate": (Status.CLOSED, Tier.ON_SPOT, lambda text: rate(comment=text)),
    "close": (Status.VERIFIED, Tier.ON_SPOT, close),
}
ASSIGNEES: dict[str, tuple[Status, Tier, Callable[[str], CaseDecision]]] = {
    "assign": (Status.ASSESSED, Tier.ON_SPOT, lambda text: assign(assignee=text)),
    "transfer to": (Status.ASSIGNED, Tier.ON_SPOT, lambda text: transfer(assignee=text)),
    "escalate to": (Status.ASSIGNED, Tier.ON_SPOT, lambda text: escalate(assignee=text)),
}


def texts(
    *tables: dict[str, tuple[Status, Tier, Callable[[str], CaseDecision]]],
) -> pytest.MarkDecorator:
    """Every place where a case takes text."""
    table = {name: row for entries in tables for name, row in entries.items()}
    return pytest.mark.parametrize(("status", "tier", "say"), table.values(), ids=table.keys())


@texts(REQUIRED_TEXTS)
@pytest.mark.parametrize("text", ["", " \t\n", "\u3000"])
def test_a_reason_or_result_says_something(
    status: Status, tier: Tier, say: Callable[[str], CaseDecision], text: str
) -> None:
    a_case_in(status, tier).when(say(text)).refused(TextEmpty)


@texts(REQUIRED_TEXTS, OPTIONAL_TEXTS)
def test_a_text_fits(status: Status, tier: Tier, say: Callable[[str], CaseDecision]) -> None:
    assert a_case_in(status, tier).when(say(" " + "长" * LONG_TEXT + " ")).refusal is None
    a_case_in(status, tier).when(say("长" * (LONG_TEXT + 1))).refused(
        TextTooLong, length=LONG_TEXT + 1, limit=LONG_TEXT
    )


@texts(ASSIGNEES)
def test_an_assignee_fits(status: Status, tier: Tier, say: Callable[[str], CaseDecision]) -> None:
    a_case_in(status, tier).when(say("x" * (SHORT_TEXT + 1))).refused(TextTooLong, limit=SHORT_TEXT)
    assert a_case_in(status, tier).when(say(" ")).aggregate.assignee is None


@texts(REQUIRED_TEXTS, OPTIONAL_TEXTS, ASSIGNEES)
@pytest.mark.parametrize("text", ["a\0b", "\ud800", "吹\udfff哨", "\0"])
def test_a_text_that_cannot_be_kept_is_refused(
    status: Status, tier: Tier, say: Callable[[str], CaseDecision], text: str
) -> None:
    a_case_in(status, tier).when(say(text)).refused(BadText)


@pytest.mark.parametrize(
    ("text", "code"),
    [("", TextEmpty), ("x" * (LONG_TEXT + 1), TextTooLong), ("\0", BadText), ("\udc00", BadText)],
)
def test_a_report_in_bad_words_is_refused(text: str, code: type[Refusal]) -> None:
    when_made(lambda: a_case(text=text)).refused(code, field="text")


def test_pairs_beyond_the_basic_plane_are_plain_text() -> None:
    when_made(lambda: a_case(text="𠮷家胡同 🚰")).then(event(facts.CaseReported, text="𠮷家胡同 🚰"))


def test_all_text_of_a_case_is_kept_about_its_subject() -> None:
    subject: UUID = identify("resident", 1)
    for status, tier, say in (REQUIRED_TEXTS | OPTIONAL_TEXTS).values():
        said = given(a_case(subject=subject), *path_to(status, tier)).when(say("一段话")).events
        texts = [value for event in said for value in vars(event).values() if isinstance(value, PersonalText)]
        assert {text.subject for text in texts} <= {subject}


def test_the_moment_of_a_step_is_when_it_happened() -> None:
    case = given(a_case()).when(accept(at=START + 7 * MINUTE)).then(event(facts.CaseAccepted))
    assert (case.since, later(case)) == (START + 7 * MINUTE, START + 8 * MINUTE)
