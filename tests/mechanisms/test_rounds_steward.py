"""小巷管家 Only a registered steward logs duties, and patrols daily."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given as forall
from hypothesis import strategies as st

from chuishao.domain.actor import Actor
from chuishao.domain.event import PersonalText
from chuishao.domain.identity import identify
from chuishao.domain.people.post import Post
from chuishao.domain.people.terms import PostKind
from chuishao.domain.refusal import Forbidden, TextEmpty
from chuishao.domain.rounds.following import report_of_duty
from chuishao.domain.rounds.refusals import NotASteward
from chuishao.domain.rounds.steward import DutyEntry, DutyLogged
from chuishao.domain.rounds.terms import StewardDuty
from chuishao.domain.vocabulary import Role
from tests.given import MINUTE, STAFF, When, event, when_made
from tests.town import COMMUNITY, GRID, START

STEWARD, ENTRY = identify("person", 3), identify("duty", 1)
STEWARDS = Actor(str(STEWARD), Role.RESIDENT, None)
DAY = date(2026, 3, 2)


def post(place: str = COMMUNITY, since: datetime = START, until: datetime | None = None) -> Post:
    """The post of a steward, held from a moment on and until before another one."""
    made = Post.establish(PostKind.ALLEY_STEWARD, place, None, STEWARD, since)
    made.fill(STEWARD, None, None, since)
    if until is not None:
        made.vacate("搬离", until)
    return made


REGISTERED = post(until=START + 60 * MINUTE)


def log(
    duty: StewardDuty = StewardDuty.PATROL,
    registered: Post | None = REGISTERED,
    by: Actor = STEWARDS,
    at: datetime = START,
    note: str = "沿街巡查一圈",
    place: str = COMMUNITY,
) -> When[DutyEntry]:
    return when_made(lambda: DutyEntry.log(ENTRY, STEWARD, place, registered, duty, DAY, note, by, at))


@pytest.mark.parametrize("duty", StewardDuty)
@pytest.mark.parametrize("by", [STEWARDS, STAFF])
def test_a_steward_logs_the_five_duties(duty: StewardDuty, by: Actor) -> None:
    done = log(duty, by=by)
    entry = done.then(
        event(
            DutyLogged,
            steward=STEWARD,
            place=COMMUNITY,
            duty=duty.value,
            day="2026-03-02",
            note="沿街巡查一圈",
        )
    )
    assert vars(done.events[0])["note"] == PersonalText(STEWARD, "沿街巡查一圈")
    assert (entry.place, entry.duty, entry.correlation) == (COMMUNITY, duty, ENTRY)


def test_there_are_exactly_five_duties() -> None:
    assert [duty.zh for duty in StewardDuty] == ["每日巡", "经常访", "及时记", "随手做", "实时报"]


def test_only_a_registered_steward_logs() -> None:
    log(registered=None).refused(NotASteward, steward=STEWARD)
    log(at=START - MINUTE).refused(NotASteward)
    log(at=START + 60 * MINUTE).refused(NotASteward)
    log(at=START + 59 * MINUTE).then(event(DutyLogged))
    log(note=" ").refused(TextEmpty, field="note")


def test_a_resident_logs_their_own_duties() -> None:
    log(by=Actor("resident-9", Role.RESIDENT, "")).refused(Forbidden, role=Role.RESIDENT)


MINUTES = st.integers(-200, 200)


@forall(MINUTES, st.none() | st.integers(0, 200), MINUTES)
def test_a_steward_logs_from_the_registration_on_until_its_end(
    since: int, lasting: int | None, when: int
) -> None:
    ended = None if lasting is None else START + (since + lasting) * MINUTE
    registered = post(since=START + since * MINUTE, until=ended)
    done = log(registered=registered, at=START + when * MINUTE)
    assert (done.refusal is None) == (since <= when and (lasting is None or when < since + lasting))


def test_what_a_steward_reports_becomes_a_case_and_nothing_else_does() -> None:
    for duty in StewardDuty:
        for area, grid in ((COMMUNITY, None), (GRID, GRID)):
            (logged,) = log(duty, registered=post(area), place=area).events
            assert isinstance(logged, DutyLogged)
            report = report_of_duty(logged, "11001", "垃圾未清")
            if duty is not StewardDuty.REPORT:
                assert report is None
                continue
            assert report is not None
            assert (report.community, report.grid, report.text) == (COMMUNITY, grid, "垃圾未清")
            assert report.subject == STEWARD, "the words are erased with those of the steward"
