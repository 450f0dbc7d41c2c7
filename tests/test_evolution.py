"""The schema may grow, and lose only what was deprecated until a day that has passed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from graphql import parse

from chuishao.graphql.evolution import NoRemovalDate, changes, deprecated, deprecations, last_day
from chuishao.graphql.schema import sdl

TODAY = date(2026, 7, 1)
RELEASED = Path(__file__).parents[1] / "graphql" / "released.graphql"
OLD = (
    "type Query { cases(first: Int, state: State): Int grid: Grid version: ID } "
    "enum State { OPEN SHUT } type Grid { id: ID! }"
)


def breaks(newer: str, older: str = OLD, today: date = TODAY) -> list[str]:
    return changes(older, newer, today).breaking


def with_reason(until: str, text: str = OLD) -> str:
    """The old schema with its grids deprecated."""
    reason = deprecated("cases", date.fromisoformat(until))
    return text.replace("grid: Grid", f'grid: Grid @deprecated(reason: "{reason}")')


def test_nothing_that_existing_frontends_use_is_gone() -> None:
    assert breaks(sdl(), RELEASED.read_text(encoding="utf-8"), date.today()) == []


def test_what_the_schema_deprecates_says_what_to_use_and_stays_for_some_time_yet() -> None:
    found = deprecations(parse(sdl()))

    late = {what: reason for what, reason in found.items() if last_day(reason) < date.today()}
    assert late == {}, "its day has passed: take it away"


@pytest.mark.parametrize(
    ("gone", "kept"),
    [
        ("state: State", "states: [State!]"),
        ("first: Int", "first: Int!"),
        ("grid: Grid", "grids: [Grid!]!"),
        ("OPEN SHUT", "OPEN"),
        ("id: ID!", "id: ID"),
        ("cases(first: Int, state: State): Int", "cases(first: Int, state: State): String"),
    ],
)
def test_a_removal_and_a_changed_type_break(gone: str, kept: str) -> None:
    assert len(breaks(OLD.replace(gone, kept))) >= 1


def test_what_is_added_breaks_nothing_and_is_told_by_how_much_it_may_surprise() -> None:
    newer = OLD.replace("OPEN SHUT", "OPEN SHUT STUCK").replace("id: ID!", "id: ID! code: String!")

    found = changes(OLD, newer, TODAY)

    assert (found.breaking, len(found.dangerous), len(found.added)) == ([], 1, 1)
    assert "STUCK" in found.dangerous[0] and "Grid.code" in found.added[0]


def test_what_was_deprecated_may_go_after_its_day_with_the_types_that_only_it_used() -> None:
    newer = OLD.replace("grid: Grid", "").replace("type Grid { id: ID! }", "")

    assert breaks(newer, with_reason("2026-06-30")) == []
    assert len(breaks(newer, with_reason("2026-07-01"))) == 2
    assert len(breaks(newer)) == 2


def test_what_is_newly_deprecated_is_told_with_its_reason() -> None:
    found = changes(OLD, with_reason("2027-06-30"), TODAY).deprecated

    assert found == ["Query.grid: Use `cases`. 弃用：请改用 `cases`。 Removed after 2027-06-30."]


def test_a_deprecation_without_its_day_is_refused() -> None:
    with pytest.raises(NoRemovalDate, match="no longer wanted"):
        last_day("no longer wanted")
