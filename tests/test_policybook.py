"""What a book of policies remembers is what it would work out again."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chuishao.commands.policies import default_policy
from chuishao.domain.calendar import Limit, TimeUnit, WorkingCalendar
from chuishao.domain.policy import LimitKind, Policy, in_force, parse
from chuishao.domain.refusal import NoPolicy
from chuishao.projections import policybook
from chuishao.projections.policybook import PolicyBook

ZONES = ["Asia/Shanghai", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu"]
BEGIN = date(2026, 3, 1)
MOMENTS = st.datetimes(datetime(2026, 2, 25), datetime(2026, 3, 12), timezones=st.just(UTC))
RULES = st.fixed_dictionaries(
    {
        "about": st.sampled_from(["ACCEPT", "HANDLE"]),
        "amount": st.integers(1, 40),
        "unit": st.sampled_from([unit.value for unit in TimeUnit]),
    },
    optional={
        "when": st.dictionaries(
            st.sampled_from(["category", "division", "severity", "tier"]),
            st.sampled_from(["1", "12", "120101", "M"]),
            max_size=3,
        )
    },
)


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """A policy that comes into force on some day, in some zone, with some limits."""
    limits = [rule | {"id": f"limit-{n}"} for n, rule in enumerate(draw(st.lists(RULES, max_size=5)))]
    document = default_policy() | {
        "version": str(draw(st.integers(1, 99))),
        "effectiveFrom": (BEGIN + timedelta(days=draw(st.integers(0, 6)))).isoformat(),
        "limits": limits,
    }
    document["calendar"] = document["calendar"] | {"zone": draw(st.sampled_from(ZONES))}
    return parse(document)


FACTS: Any = st.fixed_dictionaries(
    {
        "category": st.sampled_from(["11003", "12001", "2"]),
        "division": st.sampled_from(["120101001001", "13", "120101"]),
        "severity": st.sampled_from(["MINOR", "CRITICAL"]),
        "tier": st.sampled_from([None, "MULTI_UNIT", "ON_SPOT"]),
    }
)
ASKED = st.lists(st.tuples(MOMENTS, st.integers(0, 6), FACTS, st.sampled_from(LimitKind)), min_size=1)


def afresh(known: list[Policy], moment: datetime) -> Policy | None:
    try:
        return in_force(known, moment)
    except NoPolicy:
        return None


@given(st.lists(policies(), max_size=4), ASKED)
def test_a_book_says_of_any_moment_what_its_policies_say(adopted: list[Policy], asked: list[Any]) -> None:
    book = PolicyBook(tuple(enumerate(adopted, start=2)))
    for moment, known_by, facts, kind in asked:
        policy = book.at(moment, known_by)
        assert policy is afresh(adopted[: max(0, known_by - 1)], moment)
        if policy is not None:
            assert book.limit(policy, kind, **facts) == policy.limit(kind, **facts)


def test_a_book_forgets_rather_than_grow_without_end(monkeypatch: Any) -> None:
    monkeypatch.setattr(policybook, "REMEMBERED", 3)
    policy = parse(default_policy())
    book = PolicyBook(((1, policy),))
    for category in ("01001", "15001", "11001", "02001", "15001"):
        found = book.limit(policy, LimitKind.ACCEPT, category=category)
        assert found == policy.limit(LimitKind.ACCEPT, category=category)
        assert len(book._limits) <= 3


LIMITS = st.builds(Limit, st.integers(1, 30), st.sampled_from(TimeUnit), st.just("a rule"))


@given(st.lists(st.tuples(MOMENTS, LIMITS), min_size=1), st.sampled_from(ZONES))
def test_a_calendar_that_remembers_days_gives_what_a_new_one_gives(
    asked: list[tuple[datetime, Limit]], zone: str
) -> None:
    def calendar() -> WorkingCalendar:
        known = parse(default_policy()).calendar
        exceptions = ((date(2026, 3, 4), False), (date(2026, 3, 7), True))
        return WorkingCalendar(zone, known.weekdays, known.shifts, known.urgent_shifts, exceptions)

    remembering = calendar()
    for since, limit in asked:
        assert remembering.due(since, limit) == calendar().due(since, limit)
    assert remembering == calendar() and hash(remembering) == hash(calendar())
