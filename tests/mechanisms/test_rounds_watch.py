"""早看窗帘、晚看灯 A household on the list is owed two looks a day, and a missed one raises a concern."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given as forall
from hypothesis import strategies as st

from chuishao.commands.policies import default_policy
from chuishao.domain.actor import Actor
from chuishao.domain.event import LONG_TEXT, PersonalText, written
from chuishao.domain.identity import identify
from chuishao.domain.policy import Policy, parse
from chuishao.domain.refusal import BadTime, Forbidden, NotYetDue, TextEmpty
from chuishao.domain.rounds import watch_events as facts
from chuishao.domain.rounds.checks import OwedCheck, check_of, missed_checks, next_check
from chuishao.domain.rounds.following import report_of_concern
from chuishao.domain.rounds.household import household_subject
from chuishao.domain.rounds.refusals import (
    AlreadyWatched,
    BegunLongAgo,
    CheckNotOwed,
    CheckTooEarly,
    NotWatched,
)
from chuishao.domain.rounds.terms import WelfareCheck
from chuishao.domain.rounds.watch import NeighbourWatch, require_looker, require_recent
from chuishao.domain.vocabulary import Role
from tests.given import MINUTE, STAFF, event, given, later, when_made
from tests.town import COMMUNITY, GRID, START

Decision = Callable[[NeighbourWatch], None]
CURTAIN, LIGHT = WelfareCheck.CURTAIN, WelfareCheck.LIGHT
PERSON, NEIGHBOUR = identify("person", 1), identify("person", 2)
NEIGHBOURS = Actor(str(NEIGHBOUR), Role.RESIDENT, None)
POLICY = parse(default_policy())
TIANJIN = ZoneInfo("Asia/Shanghai")
DAY = date(2026, 3, 2)


def at(hour: int, minute: int = 0, day: date = DAY) -> datetime:
    """A moment of a local day."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=TIANJIN).astimezone(UTC)


def a_watch(since: datetime = START) -> NeighbourWatch:
    """A watch over one household, with a neighbour who looks in."""
    day = POLICY.day(since)
    return NeighbourWatch.begin(GRID, 12, day, PERSON, NEIGHBOUR, "独居", since)


def look(
    check: WelfareCheck = CURTAIN,
    when: datetime | None = None,
    amiss: bool = False,
    finding: str | None = None,
    by: Actor = STAFF,
) -> Decision:
    def decide(watch: NeighbourWatch) -> None:
        moment = when or later(watch)
        day = POLICY.day(moment)
        morning = check_of(POLICY, CURTAIN, day, GRID)
        owed = check_of(POLICY, check, day, GRID)
        watch.look(check, day, amiss, finding, morning.ends if morning else None, owed, by, moment)

    return decide


def end(when: datetime | None = None) -> Decision:
    return lambda watch: watch.end("住院", when or later(watch))


def resume(when: datetime | None = None, watcher: object = NEIGHBOUR) -> Decision:
    def decide(watch: NeighbourWatch) -> None:
        moment = when or later(watch)
        named = NEIGHBOUR if watcher is NEIGHBOUR else None
        watch.resume(POLICY.day(moment), PERSON, named, None, moment)

    return decide


def miss(check: WelfareCheck, day: date, when: datetime) -> Decision:
    over = check_of(POLICY, check, day, GRID)
    assert over is not None
    return lambda watch: watch.miss(over, when)


def missed(watch: NeighbourWatch, when: datetime) -> list[tuple[date, WelfareCheck]]:
    """What is missed at a moment, under the default policy."""
    return [(each.day, each.check) for each in missed_checks(watch, lambda _day: POLICY, when)]


def test_a_household_is_put_on_the_list_and_its_words_belong_to_it() -> None:
    done = when_made(a_watch)
    watch = done.then(
        event(
            facts.WatchBegun,
            grid=GRID,
            household=12,
            day="2026-03-02",
            person=PERSON,
            watcher=NEIGHBOUR,
            need="独居",
        )
    )
    assert (watch.place, watch.correlation) == (GRID, watch.id)
    assert vars(done.events[0])["need"] == PersonalText(household_subject(GRID, 12), "独居")


def test_the_same_watch_again_changes_nothing_and_another_one_is_refused() -> None:
    given(a_watch()).when(resume()).then()
    given(a_watch()).when(resume(watcher=None)).refused(AlreadyWatched, household=12)


def test_a_watch_that_ended_is_resumed() -> None:
    given(a_watch()).when(end()).then(event(facts.WatchEnded, reason="住院"))
    given(a_watch(), end()).when(resume()).then(event(facts.WatchResumed, watcher=NEIGHBOUR))
    given(a_watch(), end()).when(resume(START)).refused(BadTime)
    for decision in (end(), look(), lambda watch: watch.raise_concern("门口报纸未取", STAFF, START)):
        given(a_watch(), end()).when(decision).refused(NotWatched, household=12)


def test_the_curtain_is_looked_at_in_the_morning_and_the_light_in_the_evening() -> None:
    given(a_watch()).when(look(CURTAIN, at(9, 30))).then(
        event(facts.WelfareCheckDone, check="CURTAIN", day="2026-03-02", amiss=False, finding=None)
    )
    given(a_watch()).when(look(LIGHT, at(18))).then(
        event(facts.WelfareCheckDone, check="LIGHT", day="2026-03-02")
    )
    given(a_watch()).when(look(LIGHT, at(9, 59))).refused(CheckTooEarly, opens=at(10).isoformat())
    given(a_watch()).when(look(CURTAIN, START - MINUTE)).refused(BadTime)


def test_what_is_amiss_is_a_concern_at_once() -> None:
    given(a_watch()).when(look(amiss=True, finding="窗帘未拉开")).then(
        event(facts.WelfareCheckDone, amiss=True, finding="窗帘未拉开"),
        event(
            facts.ConcernRaised,
            grid=GRID,
            household=12,
            cause="AMISS",
            check="CURTAIN",
            day="2026-03-02",
            rule=None,
            finding="窗帘未拉开",
        ),
    )


def test_two_neighbours_may_both_look() -> None:
    given(a_watch(), look()).when(look()).then(event(facts.WelfareCheckDone, check="CURTAIN"))


def test_somebody_worries_at_any_hour() -> None:
    given(a_watch()).when(lambda watch: watch.raise_concern("敲门无应答", STAFF, at(23))).then(
        event(facts.ConcernRaised, cause="OTHER", check=None, day=None, finding="敲门无应答")
    )
    given(a_watch()).when(lambda watch: watch.raise_concern(" ", STAFF, at(23))).refused(TextEmpty)


def test_of_residents_only_the_neighbour_named_looks_in() -> None:
    given(a_watch()).when(look(by=NEIGHBOURS)).then(event(facts.WelfareCheckDone))
    stranger = Actor("resident-9", Role.RESIDENT, "")
    given(a_watch()).when(look(by=stranger)).refused(Forbidden)
    given(a_watch()).when(lambda watch: watch.raise_concern("无应答", stranger, at(23))).refused(Forbidden)
    given(a_watch(), end(), resume(watcher=None)).when(look(by=NEIGHBOURS)).refused(Forbidden)
    require_looker(STAFF, None)
    for nobodys in (NEIGHBOURS, stranger, Actor("None", Role.RESIDENT, "")):
        with pytest.raises(Forbidden):
            require_looker(nobodys, None)


@forall(st.timedeltas(timedelta(days=-3), timedelta(days=4000)))
def test_a_watch_is_entered_within_a_week_of_its_beginning(ago: timedelta) -> None:
    if ago <= timedelta(days=7):
        require_recent(START - ago, START)
        return
    with pytest.raises(BegunLongAgo) as refused:
        require_recent(START - ago, START)
    assert refused.value.path == ("occurredAt",)


def test_a_look_after_its_time_was_missed_first() -> None:
    late = given(a_watch()).when(look(CURTAIN, at(23)))
    late.then(
        event(facts.ConcernRaised, cause="MISSED_CHECK", check="CURTAIN", day="2026-03-02", rule="curtain"),
        event(facts.WelfareCheckDone, check="CURTAIN", day="2026-03-02", amiss=False),
    )
    assert [each.timestamp for each in late.events] == [at(10), at(23)]
    given(a_watch(), look(CURTAIN, at(9, 30))).when(look(CURTAIN, at(23))).then(event(facts.WelfareCheckDone))
    given(a_watch(), miss(CURTAIN, DAY, at(11))).when(look(CURTAIN, at(23))).then(
        event(facts.WelfareCheckDone)
    )
    given(a_watch(since=at(12))).when(look(CURTAIN, at(23))).then(event(facts.WelfareCheckDone))


def test_a_check_missed_before_the_household_left_the_list_is_raised() -> None:
    done = given(a_watch(), end(at(12))).when(miss(CURTAIN, DAY, at(15)))
    done.then(event(facts.ConcernRaised, cause="MISSED_CHECK", check="CURTAIN"))


def test_a_missed_check_raises_a_concern_once_dated_when_its_time_was_over() -> None:
    done = given(a_watch()).when(miss(CURTAIN, DAY, at(11)))
    done.then(event(facts.ConcernRaised, cause="MISSED_CHECK", check="CURTAIN", rule="curtain", finding=None))
    assert done.events[0].timestamp == at(10)
    given(a_watch(), miss(CURTAIN, DAY, at(11))).when(miss(CURTAIN, DAY, at(12))).then()
    given(a_watch(), look(CURTAIN, at(9, 30))).when(miss(CURTAIN, DAY, at(11))).then()
    given(a_watch(), look(CURTAIN, at(10, 30))).when(miss(CURTAIN, DAY, at(11))).then()


def test_what_was_not_owed_or_is_not_over_is_not_missed() -> None:
    given(a_watch()).when(miss(CURTAIN, DAY, at(9, 59))).refused(NotYetDue, due=at(10).isoformat())
    late = a_watch(since=at(10))
    given(late).when(miss(CURTAIN, DAY, at(11))).refused(CheckNotOwed, day="2026-03-02")
    given(a_watch(), end(at(9, 30))).when(miss(CURTAIN, DAY, at(11))).refused(CheckNotOwed)
    yesterday = DAY - timedelta(days=1)
    given(a_watch()).when(miss(LIGHT, yesterday, at(11))).refused(CheckNotOwed)


def test_missed_checks_are_told_at_a_moment() -> None:
    watch = given(a_watch(), look(CURTAIN, at(9, 30))).aggregate
    assert missed(watch, at(20, 59)) == []
    assert missed(watch, at(21)) == [(DAY, LIGHT)]
    tomorrow = DAY + timedelta(days=1)
    assert missed(watch, at(10, day=tomorrow)) == [(DAY, LIGHT), (tomorrow, CURTAIN)]
    assert missed(given(watch, look(LIGHT, at(22))).aggregate, at(23)) == []


def test_nothing_is_missed_where_the_policy_states_no_limit() -> None:
    silent = parse({**default_policy(), "limits": []})
    assert check_of(silent, CURTAIN, DAY, GRID) is None
    assert missed_checks(a_watch(), lambda _day: silent, at(23)) == []


def test_a_street_may_have_hours_of_its_own() -> None:
    document = default_policy()
    own = {"id": "early", "about": "CURTAIN_CHECK", "amount": 8, "unit": "CALENDAR_HOURS"}
    document["limits"].append({**own, "when": {"division": "120101001"}})
    policy = parse(document)
    assert missed_checks(a_watch(at(7)), lambda _day: policy, at(9)) == [
        OwedCheck(DAY, CURTAIN, at(8), "early")
    ]


def test_a_change_of_policy_holds_from_its_day() -> None:
    silent = parse({**default_policy(), "limits": []})
    tomorrow = DAY + timedelta(days=1)

    def policy_of(day: date) -> Policy:
        return POLICY if day < tomorrow else silent

    found = missed_checks(a_watch(), policy_of, at(23, day=tomorrow))
    assert [(each.day, each.check) for each in found] == [(DAY, CURTAIN), (DAY, LIGHT)]


def test_a_concern_becomes_a_case_of_the_grid() -> None:
    done = given(a_watch()).when(miss(CURTAIN, DAY, at(11)))
    (concern,) = done.events
    assert isinstance(concern, facts.ConcernRaised)
    report = report_of_concern(concern, "16005")
    assert (report.community, report.grid, report.category) == (COMMUNITY, GRID, "16005")
    assert (report.text, report.address) == ("2026-03-02 早看窗帘：漏查。", "第 12 户")
    assert report.subject == household_subject(GRID, 12)
    (other,) = given(a_watch()).when(lambda watch: watch.raise_concern("无应答", STAFF, at(23))).events
    assert isinstance(other, facts.ConcernRaised)
    assert report_of_concern(other, "16005", "无应答").text == "其他情况。无应答"
    longest = report_of_concern(other, "16005", "长" * LONG_TEXT).text
    assert written("text", longest) == longest
    assert longest.startswith("其他情况。长") and longest.endswith("长…")


HAPPENINGS = st.lists(
    st.tuples(
        st.sampled_from(["curtain", "light", "amiss", "miss", "end", "resume"]), st.integers(1, 36 * 60)
    ),
    max_size=25,
)


@forall(HAPPENINGS, st.integers(0, 48 * 60), st.integers(0, 23 * 60))
def test_missed_is_what_was_owed_and_neither_made_nor_worried_about(
    happenings: list[tuple[str, int]], wait: int, began: int
) -> None:
    """Recounted naively from the events: each local day, both checks, on the list at the limit."""
    now = at(0) + timedelta(minutes=began)
    watch = a_watch(now)
    for what, minutes in happenings:
        now += timedelta(minutes=minutes)
        try:
            match what:
                case "miss":
                    for found in missed_checks(watch, lambda _day: POLICY, now):
                        watch.miss(found, now)
                    assert missed(watch, now) == []
                case "end":
                    end(now)(watch)
                case "resume":
                    resume(now)(watch)
                case _:
                    check = LIGHT if what == "light" else CURTAIN
                    look(check, now, amiss=what == "amiss")(watch)
        except (NotWatched, CheckTooEarly):
            pass
    now += timedelta(minutes=wait)
    events = [each for each in watch.pending_events if isinstance(each, facts.WatchEvent)]
    assert missed(watch, now) == recount(events, now)
    upcoming = next_check(watch, lambda _day: POLICY)
    if upcoming is None:
        assert watch.ended_at is not None
    else:
        later_on = recount(events, upcoming.ends)
        assert [(upcoming.day, upcoming.check)] == later_on[:1]
    raised: set[tuple[str | None, str | None]] = set()
    for each in events:
        if isinstance(each, facts.WatchResumed):
            raised.clear()
        if isinstance(each, facts.ConcernRaised) and each.cause == "MISSED_CHECK":
            assert (each.day, each.check) not in raised, "a missed check raises one concern"
            raised.add((each.day, each.check))


def recount(events: list[facts.WatchEvent], now: datetime) -> list[tuple[date, WelfareCheck]]:
    """The checks since the watch last began whose limit passed on the list, and that nothing settled."""
    since, until = START, None
    settled: set[tuple[str | None, str | None]] = set()
    for happened in events:
        match happened:
            case facts.WatchBegun() | facts.WatchResumed():
                since, until, settled = happened.timestamp, None, set()
            case facts.WatchEnded():
                until = happened.timestamp
            case facts.WelfareCheckDone() | facts.ConcernRaised():
                settled.add((happened.day, happened.check))
    found = []
    for number in range(60):
        day = DAY + timedelta(days=number)
        for check, hour in ((CURTAIN, 10), (LIGHT, 21)):
            due = at(hour, day=day)
            owed = since < due <= min(now, until or now)
            if owed and (day.isoformat(), check.value) not in settled:
                found.append((day, check))
    return found


@pytest.mark.parametrize("days", [1, 365])
def test_a_year_of_looks_is_remembered_in_a_few_characters(days: int) -> None:
    watch = a_watch()
    for number in range(days):
        look(CURTAIN, at(9, 30, DAY + timedelta(days=number)))(watch)
        look(LIGHT, at(19, 0, DAY + timedelta(days=number)))(watch)
    assert watch.days == "3" * days
