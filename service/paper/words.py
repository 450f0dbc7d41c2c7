"""双语 Both languages of the page: every text stands there twice, and its style shows the chosen one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, tzinfo
from html import escape

from chuishao.domain.phrase import Phrase
from chuishao.domain.term import Term

DAY, HOUR, MINUTE = 86_400, 3_600, 60
Written = Callable[[datetime | None], str]
"""How moments are written."""


def both(zh: str, en: str, tag: str = "span", attributes: str = "") -> str:
    """A text in Chinese and in English, escaped."""
    return "".join(
        f'<{tag} lang="{language}"{attributes}>{escape(text)}</{tag}>'
        for language, text in (("zh", zh), ("en", en))
    )


def term(value: Term | None) -> str:
    """A domain word: its Chinese name, and its stored word in English letters."""
    return both(value.zh, plain(value), attributes=' class="t"') if value is not None else "–"


def plain(value: str) -> str:
    """A stored word as English writes it."""
    return value.replace("_", " ").capitalize()


def lasting(seconds: int) -> Phrase:
    """A length of time in its two largest units."""
    units = ((DAY, "d", "天"), (HOUR, "h", "小时"), (MINUTE, "min", "分"), (1, "s", "秒"))
    parts: list[tuple[int, str, str]] = []
    rest = seconds
    for size, en, zh in units:
        if rest >= size and len(parts) < 2:  # noqa: PLR2004
            parts.append((rest // size, en, zh))
        elif parts:
            break
        rest %= size
    parts = parts or [(0, "s", "秒")]
    return Phrase(
        " ".join(f"{number} {en}" for number, en, _ in parts),
        " ".join(f"{number} {zh}" for number, _, zh in parts),
    )


def clock(zone: tzinfo) -> Written:
    """How moments are written: by the clock of the place, to the minute."""

    def written(at: datetime | None) -> str:
        if at is None:
            return "–"
        local = at.astimezone(zone)
        return f'<time datetime="{local.isoformat()}">{local:%Y-%m-%d} <b>{local:%H:%M}</b></time>'

    return written
