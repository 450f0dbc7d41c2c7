"""工单流转 The table of the lifecycle, held against the decisions of real cases."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chuishao.domain.actor import Actor
from chuishao.domain.case import Case
from chuishao.domain.identity import identify
from chuishao.domain.lifecycle import (
    BY_ITSELF,
    OPEN,
    RESOLVERS,
    STAGES,
    TABLE,
    TRANSITIONS,
    Standing,
    Status,
    Step,
    allowed,
    possible,
    require,
)
from chuishao.domain.refusal import CaseEnded, Forbidden, IllegalTransition, OutOfScope, WrongTier
from chuishao.domain.vocabulary import Role, Stage, Tier
from tests.given import (
    EVERYBODY,
    LEADER,
    OTHER_STAFF,
    RESIDENT,
    RESOLVING,
    CaseDecision,
    Given,
    When,
    a_case,
    a_case_in,
    absorb,
    accept,
    an_accepted_case,
    ask_suspension,
    asked_and_decided,
    assess,
    assign,
    blow,
    close,
    escalate,
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
    suspended_and_resumed,
    transfer,
    undo_merge,
    verify,
    when_made,
    withdraw_whistle,
)
from tests.town import COMMUNITY, GRID, OTHER_COMMUNITY, OTHER_GRID, STREET, THIRD_GRID

STEPS_OF_A_CASE = [step for step in Step if step is not Step.REPORT]

DECISIONS: dict[Step, Callable[[Actor], CaseDecision]] = {
    Step.ACCEPT: lambda by: accept(by=by),
    Step.REFUSE: lambda by: refuse(by=by),
    Step.ASSESS: lambda by: assess(by=by),
    Step.ASSIGN: lambda by: assign(by=by),
    Step.TRANSFER: lambda by: transfer(grid=GRID, by=by),
    Step.ESCALATE: lambda by: escalate(by=by),
    Step.RETURN: lambda by: return_(by=by),
    Step.RESOLVE_ON_SPOT: lambda by: resolve_on_spot(by=by),
    Step.RESOLVE: lambda by: resolve(by=by),
    Step.WHISTLE: lambda by: blow(by=by),
    Step.WITHDRAW_WHISTLE: lambda by: withdraw_whistle(by=by),
    Step.RESOLVE_BY_WHISTLE: lambda by: resolve_by_whistle(by=by),
    Step.VERIFY: lambda by: verify(by=by),
    Step.FAIL_VERIFICATION: lambda by: fail_verification(by=by),
    Step.RATE: lambda by: rate(by=by),
    Step.CLOSE: lambda by: close(by=by),
    Step.REOPEN: lambda by: reopen(by=by),
    Step.MARK_DUPLICATE: lambda by: mark_duplicate(an_accepted_case(), by),
    Step.MERGE: lambda by: merge_into(an_accepted_case(), by),
    Step.UNDO_MERGE: lambda by: undo_merge(an_accepted_case(), by=by),
    Step.ABSORB: lambda by: absorb(a_case(identify("case", 3)), by),
    Step.SPLIT: lambda by: split(by=by),
    Step.REHOME: lambda by: lambda case: case.rehome(OTHER_COMMUNITY, None, None, by, later(case)),
    Step.REQUEST: lambda by: ask_suspension(by=by),
    Step.DECIDE_REQUEST: asked_and_decided,
    Step.RESUME: suspended_and_resumed,
    Step.OVERDUE: lambda by: lambda case: case.let_pass(case.since, "rule", by, later(case), escalates=False),
}
TIERS = {Step.RESOLVE: Tier.GRID_LEADER, Step.WHISTLE: Tier.MULTI_UNIT}
"""The tier at which a step is tried, where the lowest does not do."""


def someone_who_may(step: Step) -> Actor:
    """An actor whom nothing but the state can keep from the step."""
    special = {
        Step.RESOLVE_ON_SPOT: EVERYBODY[Role.GRID_WORKER],
        Step.RESOLVE: RESOLVING[Tier.GRID_LEADER],
        Step.VERIFY: OTHER_STAFF,
        Step.FAIL_VERIFICATION: OTHER_STAFF,
        Step.DECIDE_REQUEST: EVERYBODY[Role.STREET_OFFICER],
    }
    roles = TRANSITIONS[step].roles
    return special.get(step) or next(actor for role, actor in EVERYBODY.items() if role in roles)


def tried(step: Step, status: Status) -> When[Case]:
    """The step, tried in a status by somebody who may."""
    prepared = a_case_in(status, TIERS.get(step, Tier.ON_SPOT))
    return prepared.when(DECISIONS[step](someone_who_may(step)))


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("step", STEPS_OF_A_CASE)
def test_a_step_may_follow_a_status_if_and_only_if_the_table_says_so(step: Step, status: Status) -> None:
    row = TRANSITIONS[step]
    done = tried(step, status)
    if status in row.sources:
        assert done.refusal is None, str(done.refusal)
        assert done.events
        stays = (
            done.before.before_merge[0] if step is Step.UNDO_MERGE and done.before.before_merge else status
        )
        assert done.aggregate.status is (row.target or stays)
    elif step is Step.ABSORB and status not in OPEN:
        done.refused(CaseEnded, state=status.value)
    else:
        names = ", ".join(one.value for one in possible(status, done.aggregate.tier)) or "nothing"
        done.refused(IllegalTransition, state=status.value, asked=step.value, possible=names)


def test_every_decision_is_tried() -> None:
    assert set(DECISIONS) == set(STEPS_OF_A_CASE)


def test_the_table_has_one_row_for_every_step() -> None:
    assert [row.step for row in TABLE] == list(Step)


def test_a_report_comes_first_and_once() -> None:
    assert possible(None) == [Step.REPORT]
    assert all(Step.REPORT not in possible(status) for status in Status)


@pytest.mark.parametrize("status", Status)
def test_every_status_is_reached_by_decisions(status: Status) -> None:
    assert a_case_in(status).aggregate.status is status


@pytest.mark.parametrize("status", Status)
def test_the_table_alone_leads_to_every_status(status: Status) -> None:
    reached = {Status.REPORTED}
    while True:
        further = {row.target for row in TABLE if row.target and row.sources & reached} | reached
        if further == reached:
            break
        reached = further
    assert status in reached


@pytest.mark.parametrize("status", sorted(OPEN))
def test_an_open_case_can_always_come_to_its_close(status: Status) -> None:
    towards = {Status.CLOSED}
    while True:
        nearer = {source for row in TABLE if row.target in towards for source in row.sources} | towards
        if nearer == towards:
            break
        towards = nearer
    assert status in towards


def test_only_a_split_is_final() -> None:
    assert [status for status in Status if not possible(status)] == [Status.SPLIT]


# 闭环 Stages


def test_every_status_has_its_stage_and_the_stages_come_in_order() -> None:
    assert set(STAGES) == set(Status)
    stages = [stage for stage in STAGES.values() if stage]
    assert stages == sorted(stages, key=list(Stage).index)
    assert set(stages) == set(Stage)


BACKWARD = {Step.RETURN, Step.FAIL_VERIFICATION, Step.REOPEN}


@pytest.mark.parametrize("step", STEPS_OF_A_CASE)
def test_no_step_skips_a_stage_and_only_some_lead_back(step: Step) -> None:
    row = TRANSITIONS[step]
    after = STAGES[row.target] if row.target else None
    if after is None:
        return
    for source in row.sources:
        before = STAGES[source]
        if before is not None:
            distance = list(Stage).index(after) - list(Stage).index(before)
            assert distance <= 1
            assert distance >= 0 or step in BACKWARD


# 角色 Roles


def ready_for(step: Step) -> Given[Case]:
    """A case in which nothing but role and place keep anybody from the step."""
    status = next(status for status in Status if status in TRANSITIONS[step].sources)
    if step in (Step.VERIFY, Step.FAIL_VERIFICATION):
        return given(a_case(), *path_to(Status.ASSIGNED), resolve_on_spot())
    if step is Step.DECIDE_REQUEST:
        return given(a_case(), *path_to(Status.ASSIGNED), ask_suspension())
    if step is Step.RESUME:
        return given(a_case(), *path_to(Status.ASSIGNED), asked_and_decided(OTHER_STAFF))
    return a_case_in(status, TIERS.get(step, Tier.ON_SPOT))


def standing_of(case: Case) -> Standing:
    return Standing(asked=case.asked is not None, suspended=bool(case.clock.stops))


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("step", STEPS_OF_A_CASE)
def test_a_role_may_take_a_step_if_and_only_if_the_table_says_so(step: Step, role: Role) -> None:
    ready = ready_for(step)
    case, actor = ready.aggregate, EVERYBODY[role]
    told = step in allowed(case.status, case.tier, actor, case.place, standing_of(case))
    done = ready.when(DECISIONS[step](actor))
    settles = {Step.RESOLVE_ON_SPOT: Tier.ON_SPOT, Step.RESOLVE: Tier.GRID_LEADER}
    roles = TRANSITIONS[step].roles & (RESOLVERS[settles[step]] if step in settles else frozenset(Role))
    if role in roles:
        assert done.refusal is None, str(done.refusal)
    else:
        done.refused(Forbidden, role=role.value)
    assert told is (done.refusal is None and step not in BY_ITSELF)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("status", Status)
def test_a_case_beyond_the_scope_allows_nothing(status: Status, role: Role) -> None:
    far = Actor("somebody", role, "31")

    steps = {step for tier in (None, *Tier) for step in allowed(status, tier, far, "120101001001")}

    assert steps <= ({Step.RATE, Step.REOPEN} if role is Role.RESIDENT else set())


@pytest.mark.parametrize("role", Role)
def test_a_role_may_report_if_and_only_if_the_table_says_so(role: Role) -> None:
    made = when_made(lambda: a_case(by=EVERYBODY[role]))
    if role in TRANSITIONS[Step.REPORT].roles:
        assert made.refusal is None
    else:
        made.refused(Forbidden, role=role.value, action="REPORT")


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("tier", Tier)
def test_a_tier_is_settled_by_the_roles_that_answer_for_it(tier: Tier, role: Role) -> None:
    on_spot = tier is Tier.ON_SPOT
    settle = resolve_on_spot if on_spot else resolve
    done = a_case_in(Status.ASSIGNED, tier).when(settle(by=EVERYBODY[role]))
    step = Step.RESOLVE_ON_SPOT if on_spot else Step.RESOLVE
    if role in RESOLVERS[tier] & TRANSITIONS[step].roles:
        assert done.refusal is None
    else:
        done.refused(Forbidden, role=role.value)


def test_every_resolver_of_a_tier_may_take_the_step_that_resolves_it() -> None:
    for tier, roles in RESOLVERS.items():
        step = Step.RESOLVE_ON_SPOT if tier is Tier.ON_SPOT else Step.RESOLVE
        assert roles <= TRANSITIONS[step].roles, tier


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.INTEGRATOR, Role.ADMINISTRATOR, Role.DEPARTMENT_OFFICER])
def test_who_watches_sets_up_or_is_summoned_takes_no_step_of_a_case(role: Role) -> None:
    assert [row.step for row in TABLE if role in row.roles and row.step not in BY_ITSELF] == []


# 职权范围 Scopes


@pytest.mark.parametrize("step", STEPS_OF_A_CASE)
@pytest.mark.parametrize("role", [role for role in Role if role is not Role.RESIDENT])
@pytest.mark.parametrize("scope", [None, OTHER_GRID, OTHER_COMMUNITY, "120101002", "120102", "13"])
def test_nobody_acts_beyond_the_own_scope(step: Step, role: Role, scope: str | None) -> None:
    elsewhere = Actor("somebody", role, scope)
    done = ready_for(step).when(DECISIONS[step](elsewhere))
    assert done.refusal is not None
    if role in TRANSITIONS[step].roles:
        done.refused(OutOfScope, place=GRID, scope=scope or "(none)")


@pytest.mark.parametrize("scope", [GRID, COMMUNITY, STREET, "120101", "12", ""])
def test_a_scope_is_a_prefix_of_the_place(scope: str) -> None:
    require(Step.ACCEPT, Status.REPORTED, Actor("somebody", Role.STREET_OFFICER, scope), GRID)


def test_a_grid_worker_does_not_act_on_the_case_of_another_grid() -> None:
    neighbour = Actor("grid-worker-2", Role.GRID_WORKER, OTHER_GRID)
    a_case_in(Status.ASSIGNED).when(resolve_on_spot(by=neighbour)).refused(
        OutOfScope, place=GRID, scope=OTHER_GRID
    )


def test_a_grid_worker_does_not_act_on_a_case_without_a_grid() -> None:
    worker = EVERYBODY[Role.GRID_WORKER]
    given(a_case(grid=None)).when(accept(by=worker)).refused(OutOfScope, place=COMMUNITY, scope=GRID)


def test_after_a_transfer_the_new_grid_acts() -> None:
    transferred = (*path_to(Status.ASSIGNED), transfer(OTHER_COMMUNITY, THIRD_GRID))
    newcomer = Actor("grid-worker-3", Role.GRID_WORKER, THIRD_GRID)
    assert given(a_case(), *transferred).when(resolve_on_spot(by=newcomer)).refusal is None
    given(a_case(), *transferred).when(resolve_on_spot()).refused(OutOfScope, place=THIRD_GRID)


@pytest.mark.parametrize("scope", [None, "", "13"])
def test_a_resident_acts_on_the_own_case_wherever_it_lies(scope: str | None) -> None:
    resident = Actor(RESIDENT.id, Role.RESIDENT, scope)
    assert a_case_in(Status.CLOSED).when(rate(by=resident)).refusal is None


def test_who_may_not_is_told_before_what_is_not_possible() -> None:
    a_case_in(Status.CLOSED).when(accept(by=RESIDENT)).refused(Forbidden)
    elsewhere = Actor("somebody", Role.STREET_OFFICER, "13")
    a_case_in(Status.CLOSED).when(accept(by=elsewhere)).refused(OutOfScope)


def test_the_wrong_tier_is_told_before_who_settles_it() -> None:
    a_case_in(Status.ASSIGNED, Tier.MULTI_UNIT).when(resolve_on_spot(by=LEADER)).refused(WrongTier)
