"""How long a rebuild still takes, as honestly as can be told."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from chuishao.service import progress
from chuishao.service.progress import Estimate, shown


def estimate(*samples: tuple[float, int, int]) -> Estimate:
    found = Estimate()
    for sample in samples:
        found.note(*sample)
    return found


def test_what_is_left_is_the_gap_at_the_rate_of_the_last_seconds() -> None:
    found = estimate((0, 0, 10_000), (10, 1000, 10_000))
    assert (found.rate, found.left) == (100, 90)
    assert str(found) == "100/s, 0:01:30 left"


def test_a_log_that_grows_makes_it_longer() -> None:
    found = estimate((0, 0, 10_000), (10, 1000, 10_500))
    assert found.rate == 100
    assert found.left == 190


def test_a_gap_that_does_not_close_has_no_time() -> None:
    assert str(estimate((0, 0, 10_000), (10, 1000, 11_500))) == "100/s, time left not known"
    assert str(estimate((0, 5, 10))) == "time left not known"
    assert estimate((0, 5, 10), (1, 10, 10)).left == 0


def test_what_is_long_past_does_not_count() -> None:
    slow_then_fast = [(float(at), at, 100_000) for at in range(100)]
    slow_then_fast += [(100.0 + at, 100 + 1000 * at, 100_000) for at in range(30)]
    found = estimate(*slow_then_fast)
    assert found.rate == pytest.approx(1000, rel=0.06)


def test_without_a_terminal_there_is_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 1000, 2))
    monkeypatch.setattr(progress, "monotonic", lambda: float(next(clock)))
    written = io.StringIO()
    with shown(Console(file=written, width=110)) as hear:
        for position in range(0, 1000, 100):
            hear("cases", position, 1000)
            hear("grids", position + 50, 1000)
    lines = written.getvalue().splitlines()
    assert 2 < len(lines) < 20
    assert all(line.startswith("Rebuilding 2 read models: ") and "\x1b" not in line for line in lines[1:])
    assert "of 1,000 events" in lines[0]


def test_on_a_terminal_there_is_a_bar_that_counts_the_slowest() -> None:
    written = io.StringIO()
    with shown(Console(file=written, width=110, force_terminal=True)) as hear:
        hear("cases", 400, 1000)
        hear("grids", 200, 1000)
    assert "Rebuilding 2 read models" in written.getvalue()
    assert "200/1,000" in written.getvalue()
