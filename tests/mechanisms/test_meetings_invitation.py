"""“日日清”约请 Off unless a policy turns it on; cleared on its day, or carried over with a reason."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given as forall
from hypothesis import strategies as st

from chuishao.commands.policies import default_policy
from chuishao.domain.actor import Actor
from chuishao.domain.identity import identify
from chuishao.domain.meetings.invitation import (
    DailyClearanceInvitation,
    DayCarriedOver,
    DayCleared,
    InvitationAccepted,
    InvitationDeclined,
    InvitationSent,
)
from chuishao.domain.meetings.refusals import ClearanceOff, DayOver, DayToCome
from chuishao.domain.meetings.terms import InvitationState, UnitKind
from chuishao.domain.meetings.unit import Unit
from chuishao.domain.policy import Policy, parse
from chuishao.domain.refusal import (
    BadPolicy,
    BadTime,
    Forbidden,
    IllegalTransition,
    OutOfScope,
    Refusal,
    TextEmpty,
    TextTooLong,
)
from chuishao.domain.vocabulary import Role
from tests.given import (
    EVERYBODY,
    LEADER,
    MINUTE,
    POLICE,
    POLICE_OFFICER,
    STAFF,
    STREET_OFFICER,
    WORKS_OFFICER,
    decided_by,
    event,
    given,
    when_made,
)
from tests.town import COMMUNITY, OTHER_COMMUNITY

Decision = Callable[[DailyClearanceInvitation], object]
INVITATION = identify("invitation", 1)
OF_POLICE = Unit(UnitKind.DEPARTMENT, str(POLICE))
OF_PROPERTY = Unit(UnitKind.PROPERTY_COMPANY, "物业公司 001")
TIANJIN = ZoneInfo("Asia/Shanghai")
NINE = datetime(2026, 3, 2, 9, 0, tzinfo=TIANJIN)
LAST_MINUTE = datetime(2026, 3, 2, 23, 59, tzinfo=TIANJIN)
MIDNIGHT = datetime(2026, 3, 3, 0, 0, tzinfo=TIANJIN)
ELSEWHERE = Actor("community-staff-9", Role.COMMUNITY_STAFF, OTHER_COMMUNITY)


def policy(**changes: Any) -> Policy:
    return parse(default_policy() | changes)


ON = policy(dailyClearance={"enabled": True})


def sent(
    unit: Unit = OF_POLICE,
    by: Actor = STAFF,
    at: datetime = NINE,
    under: Policy = ON,
    matter: str = "今日清理占道",
) -> DailyClearanceInvitation:
    return DailyClearanceInvitation.send(INVITATION, COMMUNITY, unit, matter, under, by, at)


def accept(by: Actor = POLICE_OFFICER, at: datetime = NINE) -> Decision:
    return lambda one: one.accept(by, at, ON.day(at))


def decline(reason: str = "另有任务", by: Actor = POLICE_OFFICER, at: datetime = NINE) -> Decision:
    return lambda one: one.decline(reason, by, at)


def clear(result: str = "已清理", by: Actor = STAFF, at: datetime = NINE) -> Decision:
    return lambda one: one.clear(result, by, at, ON.day(at))


def carry_over(reason: str = "材料未到", by: Actor = STAFF, at: datetime = NINE) -> Decision:
    return lambda one: one.carry_over(reason, by, at, ON.day(at))


# The switch


def test_the_default_policy_and_every_policy_that_says_nothing_leave_it_off() -> None:
    assert default_policy()["dailyClearance"] == {"enabled": False}
    silent = default_policy()
    del silent["dailyClearance"]
    for document in (default_policy(), silent, silent | {"dailyClearance": {}}):
        assert not parse(document).daily_clearance
        refused = when_made(lambda: sent(under=parse(document))).refused(ClearanceOff)  # noqa: B023
        assert "“日日清”" in refused.sentence("zh")


@pytest.mark.parametrize("bad", [True, [], "on", {"enabled": 1}, {"enabled": None}, {"on": True}])
def test_a_switch_is_true_or_false_and_nothing_else(bad: object) -> None:
    with pytest.raises(BadPolicy) as refused:
        policy(dailyClearance=bad)
    assert refused.value.path[:2] == ("document", "dailyClearance")


# One invitation


def test_an_invitation_is_due_by_the_end_of_the_local_day_of_its_sending() -> None:
    for at, day in ((NINE, "2026-03-02"), (LAST_MINUTE, "2026-03-02"), (MIDNIGHT, "2026-03-03")):
        when_made(lambda: sent(at=at)).then(  # noqa: B023
            event(
                InvitationSent,
                division=COMMUNITY,
                unit_kind="DEPARTMENT",
                unit=str(POLICE),
                matter="今日清理占道",
                day=day,
            )
        )


def test_the_unit_accepts_and_the_day_is_cleared() -> None:
    given(sent()).when(accept()).then(event(InvitationAccepted))
    given(sent(), accept()).when(clear(at=LAST_MINUTE)).then(event(DayCleared, result="已清理"))


def test_the_unit_declines_with_a_reason() -> None:
    given(sent()).when(decline()).then(event(InvitationDeclined, reason="另有任务"))
    given(sent()).when(decline(at=MIDNIGHT)).then(event(InvitationDeclined))


def test_when_the_day_is_over_only_carrying_over_is_left() -> None:
    refused = given(sent(), accept()).when(clear(at=MIDNIGHT)).refused(DayOver, day="2026-03-02")
    assert refused.facts["today"] == "2026-03-03"
    given(sent()).when(accept(at=MIDNIGHT)).refused(DayOver)
    given(sent(), accept()).when(carry_over(at=MIDNIGHT)).then(
        event(DayCarriedOver, day="2026-03-03", reason="材料未到")
    )


def test_what_is_carried_over_in_time_is_due_on_the_day_that_follows() -> None:
    given(sent(), accept()).when(carry_over()).then(event(DayCarriedOver, day="2026-03-03"))


def test_what_was_carried_over_is_not_carried_on_before_its_day() -> None:
    refused = given(sent(), carry_over()).when(carry_over()).refused(DayToCome, day="2026-03-03")
    assert refused.facts["today"] == "2026-03-02"
    given(sent(), carry_over()).when(carry_over(at=MIDNIGHT)).then(event(DayCarriedOver, day="2026-03-04"))


def test_what_is_noticed_late_is_due_on_the_day_of_noticing() -> None:
    late = MIDNIGHT + timedelta(days=4)
    given(sent()).when(carry_over(at=late)).then(event(DayCarriedOver, day="2026-03-07"))


def test_after_carrying_over_it_is_cleared_on_its_new_day() -> None:
    given(sent(), carry_over(at=MIDNIGHT), accept(at=MIDNIGHT)).when(clear(at=MIDNIGHT)).then(
        event(DayCleared)
    )


@pytest.mark.parametrize("end", [[accept(), clear()], [decline()]])
@pytest.mark.parametrize("more", [accept(), decline(), clear(), carry_over()])
def test_nothing_follows_the_end(end: list[Decision], more: Decision) -> None:
    given(sent(), *end).when(more).refused(IllegalTransition, possible=[])


def test_nothing_is_cleared_before_the_unit_accepted() -> None:
    given(sent()).when(clear()).refused(IllegalTransition, state=InvitationState.SENT)
    given(sent(), accept()).when(accept()).refused(IllegalTransition, state=InvitationState.ACCEPTED)


def test_nothing_happens_before_what_it_follows() -> None:
    for step in (accept(at=NINE - MINUTE), decline(at=NINE - MINUTE), carry_over(at=NINE - MINUTE)):
        given(sent()).when(step).refused(BadTime)
    given(sent(), accept()).when(clear(at=NINE - MINUTE)).refused(BadTime)


@pytest.mark.parametrize("by", EVERYBODY.values(), ids=EVERYBODY)
def test_leaders_the_community_and_the_street_invite(by: Actor) -> None:
    if by in (LEADER, STAFF, STREET_OFFICER):
        when_made(lambda: sent(by=by)).then(event(InvitationSent))
    else:
        when_made(lambda: sent(by=by)).refused(Forbidden)
        given(sent(), accept()).when(clear(by=by)).refused(Forbidden)
        given(sent()).when(carry_over(by=by)).refused(Forbidden)


def test_only_the_unit_invited_answers() -> None:
    for by in (WORKS_OFFICER, STAFF, STREET_OFFICER):
        given(sent()).when(accept(by=by)).refused(Forbidden)
        given(sent()).when(decline(by=by)).refused(Forbidden)
    given(sent(OF_PROPERTY)).when(accept(by=STAFF)).then(event(InvitationAccepted))
    given(sent(OF_PROPERTY)).when(accept(by=ELSEWHERE)).refused(OutOfScope)


def test_another_community_invites_nobody_here() -> None:
    assert when_made(lambda: sent(by=ELSEWHERE)).refused(OutOfScope).path == ("divisionCode",)


@pytest.mark.parametrize(("text", "refusal"), [(" ", TextEmpty), ("长" * 4001, TextTooLong)])
def test_words_say_something_and_fit(text: str, refusal: type[Refusal]) -> None:
    when_made(lambda: sent(matter=text)).refused(refusal)
    given(sent()).when(decline(text)).refused(refusal)
    given(sent(), accept()).when(clear(text)).refused(refusal)
    given(sent()).when(carry_over(text)).refused(refusal)


# The rule: cleared on its day, or carried over with a reason


STEPS = st.sampled_from([accept, decline, clear, carry_over])
WAITS = st.sampled_from([timedelta(0), timedelta(hours=5), timedelta(hours=15), timedelta(days=2)])


@forall(st.lists(st.tuples(STEPS, WAITS), max_size=10), st.sampled_from([NINE, LAST_MINUTE, MIDNIGHT]))
def test_every_day_is_cleared_in_time_or_carried_over_with_a_reason(
    steps: list[tuple[Callable[..., Decision], timedelta]], at: datetime
) -> None:
    one = sent(at=at)
    one.collect_events()
    due, ended, accepted = ON.day(at), False, False
    for step, wait in steps:
        at += wait
        today = at.astimezone(TIANJIN).date()
        try:
            step(at=at)(one)
        except Refusal:
            assert not one.pending_events
        for happened in decided_by(one):
            assert not ended
            match happened:
                case InvitationAccepted():
                    assert today <= due
                    accepted = True
                case DayCleared():
                    assert accepted
                    assert today <= due
                    ended = True
                case InvitationDeclined():
                    ended = True
                case DayCarriedOver(day=day, reason=reason):
                    assert reason
                    new = date.fromisoformat(day)
                    assert today >= due, "nothing is put off before its day has come"
                    assert new > due
                    assert new in (due + timedelta(days=1), today)
                    assert new >= today
                    due = new
        assert one.day == due
    if not ended and one.day < ON.day(at):
        carry_over(at=at)(one)
        assert one.day == ON.day(at), "whatever is over can be carried over"


@forall(st.booleans() | st.none(), st.sampled_from([NINE, LAST_MINUTE, MIDNIGHT]))
def test_without_a_policy_that_says_so_nobody_is_invited(enabled: bool | None, at: datetime) -> None:
    under = policy(dailyClearance={} if enabled is None else {"enabled": enabled})
    made = when_made(lambda: sent(under=under, at=at))
    if enabled:
        made.then(event(InvitationSent, day=under.day(at).isoformat()))
    else:
        made.refused(ClearanceOff, version=under.version)
