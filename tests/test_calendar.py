"""工作时间 When a limit ends, and which policy says so."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chuishao.commands.policies import default_policy
from chuishao.domain.calendar import Limit, Shift, TimeUnit, WorkingCalendar
from chuishao.domain.measure import MINIMUM_SAMPLE
from chuishao.domain.policy import LimitKind, Policies, Policy, PolicyAdopted, PolicyRevised, in_force, parse
from chuishao.domain.refusal import AlreadyExists, BadPolicy, NoPolicy, UnknownCategory
from tests.given import event, when_made
from tests.given import given as given_past
from tests.town import START

TIANJIN = ZoneInfo("Asia/Shanghai")
BERLIN = "Europe/Berlin"  # a zone whose clocks change, which those of Tianjin do not
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def limit(amount: int, unit: TimeUnit) -> Limit:
    return Limit(amount, unit, "rule")


def tianjin(*when: int) -> datetime:
    return datetime(*when, tzinfo=TIANJIN)  # type: ignore[arg-type, misc]


# The slow oracle: minute by minute, day by day


def counts(calendar: WorkingCalendar, minute: datetime, *, urgent: bool) -> bool:
    """Whether the minute that begins then is working time."""
    local = minute.astimezone(ZoneInfo(calendar.zone))
    works = urgent or dict(calendar.exceptions).get(local.date(), local.isoweekday() in calendar.weekdays)
    shifts = calendar.urgent_shifts if urgent else calendar.shifts
    return works and any(start <= local.time() < end for start, end in shifts)


def oracle(calendar: WorkingCalendar, since: datetime, amount: int, unit: TimeUnit) -> datetime:
    """Where a limit ends, found by waiting for it."""
    now = since.astimezone(UTC)
    match unit:
        case TimeUnit.MINUTES:
            return now + amount * MINUTE
        case TimeUnit.CALENDAR_HOURS:
            return now + amount * 60 * MINUTE
        case TimeUnit.WORKING_DAYS:
            day = since.astimezone(ZoneInfo(calendar.zone)).date()
            while amount:
                day += DAY
                amount -= calendar.is_working_day(day)
            return datetime.combine(day, max(end for _, end in calendar.shifts), ZoneInfo(calendar.zone))
        case TimeUnit.WORKING_HOURS | TimeUnit.URGENT_WORKING_HOURS:
            left = amount * 60
            while left:
                left -= counts(calendar, now, urgent=unit is TimeUnit.URGENT_WORKING_HOURS)
                now += MINUTE
            return now


def shifts(step: int) -> st.SearchStrategy[tuple[Shift, ...]]:
    """One to three shifts of at least an hour between them, on multiples of so many minutes."""

    def paired(marks: list[int]) -> tuple[Shift, ...]:
        times = [time(*divmod(mark * step, 60)) for mark in sorted(marks)]
        return tuple(zip(times[::2], times[1::2], strict=False))

    def long_enough(found: tuple[Shift, ...]) -> bool:
        return sum((end.hour - start.hour) * 60 + end.minute - start.minute for start, end in found) >= 60

    marks = st.lists(st.integers(0, 24 * 60 // step - 1), unique=True, min_size=2, max_size=6)
    return marks.map(paired).filter(long_enough)


@st.composite
def calendars(draw: st.DrawFn, zone: str = "Asia/Shanghai", step: int = 1) -> WorkingCalendar:
    """Any calendar: some weekdays, some shifts, some days that are otherwise."""
    days = st.dates(date(2026, 2, 15), date(2026, 4, 15))
    return WorkingCalendar(
        zone=zone,
        weekdays=draw(st.frozensets(st.integers(1, 7), min_size=1)),
        shifts=draw(shifts(step)),
        urgent_shifts=draw(shifts(step)),
        exceptions=tuple(draw(st.dictionaries(days, st.booleans(), max_size=8)).items()),
    )


MOMENTS = st.builds(
    lambda minutes, zone: (datetime(2026, 2, 20, tzinfo=UTC) + minutes * MINUTE).astimezone(ZoneInfo(zone)),
    st.integers(0, 45 * 24 * 60),
    st.sampled_from(["UTC", "Asia/Shanghai", BERLIN, "America/New_York"]),
)


@settings(max_examples=150)
@given(calendars(), MOMENTS, st.integers(1, 9), st.sampled_from(TimeUnit))
def test_a_limit_ends_where_waiting_for_it_ends(
    calendar: WorkingCalendar, since: datetime, amount: int, unit: TimeUnit
) -> None:
    assert calendar.due(since, limit(amount, unit)) == oracle(calendar, since, amount, unit)


SUMMER = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)  # half an hour before the clocks of Berlin go forward
EARLY = ((time(0), time(6)),)


@settings(max_examples=75)
@given(calendars(BERLIN, step=60), MOMENTS, st.integers(1, 9), st.sampled_from(TimeUnit))
@example(WorkingCalendar(BERLIN, frozenset({7}), EARLY, EARLY), SUMMER, 3, TimeUnit.WORKING_HOURS)
@example(
    WorkingCalendar(BERLIN, frozenset({7}), EARLY, EARLY),
    SUMMER.astimezone(ZoneInfo(BERLIN)),
    3,
    TimeUnit.CALENDAR_HOURS,
)
def test_an_hour_is_an_hour_also_where_the_clocks_change(
    calendar: WorkingCalendar, since: datetime, amount: int, unit: TimeUnit
) -> None:
    assert calendar.due(since, limit(amount, unit)) == oracle(calendar, since, amount, unit)


@given(calendars(), MOMENTS, st.integers(1, 20), st.sampled_from(TimeUnit))
def test_a_longer_limit_ends_later_and_none_ends_before_it_began(
    calendar: WorkingCalendar, since: datetime, amount: int, unit: TimeUnit
) -> None:
    due = calendar.due(since, limit(amount, unit))
    assert since < due < calendar.due(since, limit(amount + 1, unit))


@given(calendars(), MOMENTS, st.integers(0, 5000), st.integers(1, 9), st.sampled_from(TimeUnit))
def test_what_begins_later_never_ends_earlier(
    calendar: WorkingCalendar, since: datetime, wait: int, amount: int, unit: TimeUnit
) -> None:
    asked = limit(amount, unit)
    assert calendar.due(since, asked) <= calendar.due(since + wait * MINUTE, asked)


# Examples, in the calendar of the default policy


@pytest.mark.parametrize(
    ("since", "amount", "unit", "due"),
    [
        (tianjin(2026, 3, 2, 9), 2, TimeUnit.WORKING_HOURS, tianjin(2026, 3, 2, 11)),
        (tianjin(2026, 3, 2, 11), 2, TimeUnit.WORKING_HOURS, tianjin(2026, 3, 2, 14, 30)),
        (tianjin(2026, 3, 2, 10), 2, TimeUnit.WORKING_HOURS, tianjin(2026, 3, 2, 12)),
        (tianjin(2026, 3, 6, 17), 1, TimeUnit.WORKING_HOURS, tianjin(2026, 3, 9, 9)),
        (tianjin(2026, 3, 7, 12), 1, TimeUnit.WORKING_HOURS, tianjin(2026, 3, 9, 9, 30)),
        (tianjin(2026, 3, 7, 21, 30), 1, TimeUnit.URGENT_WORKING_HOURS, tianjin(2026, 3, 8, 7, 30)),
        (tianjin(2026, 3, 7, 23), 30, TimeUnit.MINUTES, tianjin(2026, 3, 7, 23, 30)),
        (tianjin(2026, 3, 7, 23), 24, TimeUnit.CALENDAR_HOURS, tianjin(2026, 3, 8, 23)),
        (tianjin(2026, 3, 2, 9), 3, TimeUnit.WORKING_DAYS, tianjin(2026, 3, 5, 17, 30)),
        (tianjin(2026, 3, 6, 23), 1, TimeUnit.WORKING_DAYS, tianjin(2026, 3, 9, 17, 30)),
    ],
)
def test_limits_of_the_default_calendar(since: datetime, amount: int, unit: TimeUnit, due: datetime) -> None:
    assert parse(default_policy()).calendar.due(since, limit(amount, unit)) == due


def test_a_limit_moves_when_a_holiday_is_announced() -> None:
    document = default_policy()
    before = parse(document).calendar
    document["calendar"]["exceptions"] = {"2026-03-03": False, "2026-03-07": True}
    after = parse(document).calendar
    two_days = limit(5, TimeUnit.WORKING_DAYS)
    assert before.due(tianjin(2026, 3, 2, 9), two_days) == tianjin(2026, 3, 9, 17, 30)
    assert after.due(tianjin(2026, 3, 2, 9), two_days) == tianjin(2026, 3, 9, 17, 30)  # a make-up Saturday
    one_day = limit(1, TimeUnit.WORKING_DAYS)
    assert before.due(tianjin(2026, 3, 2, 9), one_day) == tianjin(2026, 3, 3, 17, 30)
    assert after.due(tianjin(2026, 3, 2, 9), one_day) == tianjin(2026, 3, 4, 17, 30)
    assert after.due(tianjin(2026, 3, 6, 9), one_day) == tianjin(2026, 3, 7, 17, 30)


def test_the_day_is_that_of_the_calendars_own_zone() -> None:
    late = datetime(2026, 3, 2, 17, tzinfo=UTC)  # 01:00 on Tuesday in Tianjin
    due = parse(default_policy()).calendar.due(late, limit(1, TimeUnit.WORKING_DAYS))
    assert due == tianjin(2026, 3, 4, 17, 30)


# The policy document


def document(**changes: Any) -> dict[str, Any]:
    """The default policy with some entries replaced; a dot leads inside."""
    changed = deepcopy(default_policy())
    for path, value in changes.items():
        *folders, name = path.split("__")
        inside = changed
        for folder in folders:
            inside = inside[folder]
        inside[name] = value
    return changed


def a_rule(**changes: Any) -> dict[str, Any]:
    rule = {"id": "accept", "about": "ACCEPT", "amount": 2, "unit": "WORKING_HOURS", **changes}
    return {name: value for name, value in rule.items() if value is not None}


def with_rule(**changes: Any) -> dict[str, Any]:
    return document(limits=[a_rule(**changes)])


def with_category(**changes: Any) -> dict[str, Any]:
    entry = {**default_policy()["categories"][0], **changes}
    return document(categories=[{name: value for name, value in entry.items() if value is not None}])


def without(*path: str) -> dict[str, Any]:
    changed = document()
    inside = changed
    for name in path[:-1]:
        inside = inside[name]
    del inside[path[-1]]
    return changed


OPTIONAL = {"note", "dailyClearance", "community", "findings"}
"""What a policy may leave out."""
BAD: list[tuple[dict[str, Any], str]] = [
    *[(without(name), f"'{name}' is missing") for name in default_policy() if name not in OPTIONAL],
    *[
        (without("calendar", name), f"'{name}' is missing")
        for name in ("zone", "weekdays", "shifts", "urgentShifts")
    ],
    (without("grid", "households"), "'households' is missing"),
    (document(effectiveFrom="2021-13-01"), "effectiveFrom"),
    (document(effectiveFrom=20210101), "effectiveFrom"),
    (document(version=""), "version"),
    (document(version={}), "version"),
    (document(calendar=[]), "calendar"),
    (document(calendar__zone="Mars/Olympus"), "Mars/Olympus"),
    (document(calendar__zone="../../etc/passwd"), "zone"),
    (document(calendar__zone=""), "zone"),
    (document(calendar__zone="America"), "zone"),
    (document(calendar__zone=8), "zone"),
    (document(calendar__weekdays=[]), "weekday"),
    (document(calendar__weekdays=[0, 1]), "weekday"),
    (document(calendar__weekdays=[8]), "weekday"),
    (document(calendar__weekdays=["1"]), "weekday"),
    (document(calendar__weekdays=5), "weekday"),
    (document(calendar__shifts=[]), "shift"),
    (document(calendar__urgentShifts=[]), "shift"),
    (document(calendar__shifts=[["17:30", "08:30"]]), "does not end after it starts"),
    (document(calendar__shifts=[["08:30", "08:30"]]), "does not end after it starts"),
    (document(calendar__shifts=[["13:30", "17:30"], ["08:30", "12:00"]]), "order"),
    (document(calendar__shifts=[["08:30", "14:00"], ["13:30", "17:30"]]), "order"),
    (document(calendar__shifts=[["08:30"]]), ""),
    (document(calendar__shifts=[["8 o'clock", "17:30"]]), "8 o'clock"),
    (document(calendar__shifts=[["08:30", "25:00"]]), ""),
    (document(calendar__shifts=[["08:30+08:00", "17:30+08:00"]]), "shift"),
    (document(calendar__exceptions=["2026-03-03"]), "exceptions"),
    (document(calendar__exceptions={"3 March": False}), "3 March"),
    (document(calendar__exceptions={"2026-03-03": "false"}), "2026-03-03"),
    (document(grid__households="many"), "households"),
    (document(grid__households=0), "households"),
    (document(grid__tolerance=-0.5), "tolerance"),
    (document(grid__tolerance=float("nan")), ""),
    (document(grid__tolerance=float("inf")), ""),
    (document(measures={"minimumsample": 30}), "'minimumSample' is missing"),
    (document(measures={"minimumSample": 0}), "from 1 to"),
    (document(measures={"minimumSample": "30"}), "from 1 to"),
    (document(measures=30), "measures"),
    (document(limits="none"), ""),
    (document(limits=[5]), ""),
    (with_rule(id=None), "'id' is missing"),
    (with_rule(about=None), "'about' is missing"),
    (with_rule(unit=None), "'unit' is missing"),
    (with_rule(amount=None), "'amount' is missing"),
    (with_rule(about="SLEEP"), "SLEEP"),
    (with_rule(unit="FORTNIGHTS"), "FORTNIGHTS"),
    (with_rule(amount=0), "from 1 to"),
    (with_rule(amount=-3), "from 1 to"),
    (with_rule(amount=1.5), "from 1 to"),
    (with_rule(amount="2"), "from 1 to"),
    (with_rule(amount=True), "from 1 to"),
    (with_rule(amount=10**15, unit="MINUTES"), "amount"),
    (with_rule(amount=2**31, unit="MINUTES"), "from 1 to"),
    (with_rule(amount=10**6, unit="WORKING_DAYS"), "accept"),
    (with_rule(amount=10**6, unit="WORKING_HOURS"), "accept"),
    (with_rule(when=["tier"]), "when"),
    (with_rule(when={"tier": 1}), "when"),
    (with_rule(when={"tear": "ON_SPOT"}), "tear"),
    (document(limits=[a_rule(), a_rule(amount=3)]), "accept"),
    (with_category(code=None), "'code' is missing"),
    (with_category(group=None), "'group' is missing"),
    (with_category(code=1001), "code"),
    (with_category(code="1001"), "code"),
    (with_category(code="０１００１"), "code"),
    (with_category(kind="ANIMAL"), "ANIMAL"),
    (document(categories=[default_policy()["categories"][0]] * 2), "01001"),
    (with_category(zh="井\0盖"), ""),
    (document(note="\ud800"), ""),
]


@pytest.mark.parametrize(("bad", "reason"), BAD, ids=range(len(BAD)))
def test_a_document_that_cannot_be_used_is_refused_with_the_reason(bad: dict[str, Any], reason: str) -> None:
    refusal = when_made(lambda: Policies.adopt(bad, START)).refused(BadPolicy)
    assert reason in str(refusal.facts["reason"])
    assert refusal.path[0] == "document"
    assert "missing" not in str(refusal.facts["reason"]) or "missing" in reason


@pytest.mark.parametrize("bad", [[], "policy", 5, None])
def test_what_is_no_document_is_refused(bad: Any) -> None:
    with pytest.raises(BadPolicy):
        parse(bad)


def test_the_default_policy_is_usable_and_every_limit_of_it_ends() -> None:
    policy = parse(default_policy())
    for rule in policy.rules:
        assert policy.calendar.due(START, Limit(rule["amount"], TimeUnit(rule["unit"]), rule["id"])) > START
    assert policy.category("01001").zh == "上水井盖"
    assert {category.kind for category in policy.categories.values()} == {"COMPONENT", "MATTER"}


def test_a_policy_may_say_from_which_sample_on_figures_are_compared() -> None:
    assert parse(document(measures={"minimumSample": 5})).minimum_sample == 5
    assert parse(document(measures={})).minimum_sample == MINIMUM_SAMPLE


def test_a_policy_adopted_before_anything_was_said_of_samples_stays_what_it_was() -> None:
    old = {name: value for name, value in default_policy().items() if name != "measures"}
    now = default_policy()

    given_past(Policies.adopt(old, START)).when(lambda policies: policies.revise(now, START)).then()
    assert parse(old).minimum_sample == MINIMUM_SAMPLE


def test_a_category_that_the_catalogue_lacks_is_refused() -> None:
    with pytest.raises(UnknownCategory) as refused:
        parse(default_policy()).category("99999")
    assert refused.value.path == ("category",)


# The rule that holds


def rules(*whens: dict[str, str] | None) -> Policy:
    """A policy with one rule for handling for each of these conditions, named by number."""
    entries = [
        a_rule(id=f"rule-{number}", about="HANDLE", amount=number, when=when)
        for number, when in enumerate(whens, start=1)
    ]
    return parse(document(limits=entries))


HANDLE = LimitKind.HANDLE


def test_the_most_specific_rule_wins_wherever_it_stands() -> None:
    policy = rules({"tier": "MULTI_UNIT", "severity": "CRITICAL"}, {"tier": "MULTI_UNIT"}, None)
    ruled: Callable[..., Limit | None] = policy.limit
    facts = [{"tier": "MULTI_UNIT", "severity": "CRITICAL"}, {"tier": "MULTI_UNIT", "severity": "MINOR"}, {}]
    found = [ruled(HANDLE, **one) for one in facts]
    assert [one.rule for one in found if one] == ["rule-1", "rule-2", "rule-3"]


def test_a_condition_is_a_prefix_so_that_groups_and_divisions_can_be_named() -> None:
    policy = rules(None, {"category": "15"}, {"division": "120101"})
    assert policy.limit(HANDLE, category="15003") == Limit(2, TimeUnit.WORKING_HOURS, "rule-2")
    assert policy.limit(HANDLE, category="16001", division="120101001") == Limit(
        3, TimeUnit.WORKING_HOURS, "rule-3"
    )


def test_where_no_rule_fits_there_is_no_limit() -> None:
    policy = rules({"tier": "ON_SPOT"})
    assert policy.limit(HANDLE, tier="MULTI_UNIT") is None
    assert policy.limit(HANDLE, tier=None) is None
    assert policy.limit(LimitKind.VERIFY) is None
    assert policy.due(LimitKind.VERIFY, START) is None
    assert policy.due(HANDLE, tianjin(2026, 3, 2, 9), tier="ON_SPOT") == tianjin(2026, 3, 2, 10)


# The policy in force


def test_the_policy_in_force_is_the_one_with_the_latest_date_already_come() -> None:
    versions = [("1", "2021-01-01"), ("2", "2026-03-01"), ("3", "2025-01-01"), ("4", "2027-01-01")]
    known = [parse(document(version=version, effectiveFrom=since)) for version, since in versions]
    assert in_force(known, tianjin(2024, 12, 31)).version == "1"
    assert in_force(known, tianjin(2025, 1, 1)).version == "3"
    assert in_force(known, tianjin(2026, 3, 2)).version == "2"
    assert in_force(known, tianjin(2030, 1, 1)).version == "4"


def test_of_two_policies_of_one_date_the_later_adopted_holds() -> None:
    known = [parse(document(version=version)) for version in ("1", "2")]
    assert in_force(known, START).version == "2"


def test_a_policy_begins_at_midnight_of_its_own_zone() -> None:
    known = [parse(document(effectiveFrom="2026-03-02"))]
    assert in_force(known, datetime(2026, 3, 1, 16, tzinfo=UTC)).version == "1"
    with pytest.raises(NoPolicy):
        in_force(known, datetime(2026, 3, 1, 15, 59, tzinfo=UTC))


def test_before_any_policy_there_is_none() -> None:
    with pytest.raises(NoPolicy) as refused:
        in_force([parse(document())], tianjin(2020, 12, 31))
    assert "2020-12-31" in refused.value.sentence()


# Adopting


def adopted() -> Policies:
    return Policies.adopt(document(), START)


def test_a_first_policy_is_adopted() -> None:
    policies = when_made(adopted).then(event(PolicyAdopted, document=document()))
    assert policies.in_force(START).version == "1"


def test_a_further_version_stands_beside_its_predecessor() -> None:
    second = document(version="2", effectiveFrom="2026-03-01")
    policies = (
        given_past(adopted())
        .when(lambda policies: policies.revise(second, START))
        .then(event(PolicyRevised, document=second))
    )
    assert policies.in_force(START).version == "2"
    assert policies.in_force(tianjin(2026, 2, 1)).version == "1"


def test_the_same_document_again_changes_nothing() -> None:
    given_past(adopted()).when(lambda policies: policies.revise(document(), START)).then()


def test_a_version_stands_for_one_document() -> None:
    other = document(grid__households=250)
    given_past(adopted()).when(lambda policies: policies.revise(other, START)).refused(
        AlreadyExists, kind="policy", id="1"
    )


def test_an_unusable_revision_is_refused() -> None:
    given_past(adopted()).when(lambda policies: policies.revise({}, START)).refused(BadPolicy)
