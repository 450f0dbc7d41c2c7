"""The explorer opens in a real browser."""

from __future__ import annotations

from pathlib import Path

from tests.clients.conftest import Place
from tests.clients.programs import succeed


async def test_the_explorer_shows_the_first_three_queries_in_chromium(
    place: Place, browser: list[str | Path], tmp_path: Path
) -> None:
    flags = (f"--user-data-dir={tmp_path}", "--virtual-time-budget=10000", "--dump-dom")
    page = await succeed(*browser, *flags, place.http)

    for name in ("CasesOfAGrid", "TraceACase", "FollowEvents"):
        assert name in page
