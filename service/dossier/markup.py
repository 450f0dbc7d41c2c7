"""标记 The pieces of the page that tell of a case; whatever comes from the log is escaped here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from chuishao.domain.calendar import TimeUnit
from chuishao.domain.catalogue import title
from chuishao.domain.phrase import Phrase
from chuishao.domain.sight import Reading
from chuishao.domain.vocabulary import Role
from chuishao.projections.chain import ChainStep, Counted
from chuishao.service.dossier.reading import Dossier
from chuishao.service.paper.markup import NONE, said_in_both
from chuishao.service.paper.words import Written, both, lasting, term

UUID_DIGITS = 36
MASKED = both("隐去", "masked", attributes=' class="hidden"')
ERASED = both("已依法删除", "erased by right", attributes=' class="erased"')


def place_named(dossier: Dossier, code: str) -> str:
    """A place or department by its name, with its code."""
    name = dossier.names.get(code)
    if name is None:
        return f'<span class="code">{escape(code)}</span>'
    if not code[:1].isdigit() or len(code) == UUID_DIGITS:
        return escape(name)
    return f'{escape(name)} <span class="code">{escape(code)}</span>'


def person_named(dossier: Dossier, actor: str | None) -> str:
    """Who acted, for whom that is shown: a grid worker by label, others by identifier."""
    if actor is None:
        return NONE
    if not dossier.shows(Reading.ACTORS):
        return MASKED
    return escape(dossier.names[actor]) if actor in dossier.names else f"<code>{escape(actor)}</code>"


def positions_told(positions: Sequence[int]) -> str:
    """Positions with what leads to their events; those that follow each other as from – to."""
    runs: list[list[int]] = []
    for position in positions:
        if runs and position == runs[-1][-1] + 1:
            runs[-1].append(position)
        else:
            runs.append([position])
    parts = []
    for run in runs:
        ends = [run[0], run[-1]] if len(run) > 2 else run  # noqa: PLR2004 two are written one by one
        parts.append(("–" if len(run) > 2 else " ").join(map(at_position, ends)))  # noqa: PLR2004
    return " ".join(parts)


def at_position(position: int) -> str:
    """A position, leading to its event."""
    return f'<a href="#e{position}">{position}</a>'


def counted_told(counted: Iterable[Counted]) -> str:
    """What counted, in each unit."""
    return (
        "<br>".join(
            f"{said_in_both(lasting(one.seconds))} <small>{term(TimeUnit(one.unit))}</small>"
            for one in counted
        )
        or NONE
    )


def late_mark(overdue: bool) -> str:
    """The mark of what was late."""
    return f'<br><span class="pill bad">{both("逾期", "late")}</span>' if overdue else ""


def step_told(dossier: Dossier, step: ChainStep, at: Written) -> str:
    """A step: what, when, in which role, for which unit, by whom."""
    unit = place_named(dossier, step.unit) if step.unit else ""
    return (
        f"{at_position(step.position)} {said_in_both(short_title(step.type))} · {at(step.at)}<br>"
        f"{term(Role(step.role))} {unit} {person_named(dossier, step.actor)}"
    )


def short_title(type_: str) -> Phrase:
    """What an event is called, without the sentence."""
    zh = title(type_).zh
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in type_).strip()
    return Phrase(words.capitalize(), zh)


def fields_told(said: Any) -> str:
    """What an event says, field by field."""
    entries = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{value_told(value)}</dd></div>"
        for name, value in said.items()
        if value is not None and value != []
    )
    return f'<dl class="said">{entries}</dl>' if entries else ""


def value_told(value: Any) -> str:
    """A field of an event: a personal text, a list, or a plain value; all escaped."""
    match value:
        case {"state": "MASKED"}:
            return MASKED
        case {"state": "ERASED"}:
            return ERASED
        case {"state": "SHOWN", "text": str(text)}:
            return f'<span class="words">{escape(text)}</span>'
        case None:
            return NONE
        case list():
            return ", ".join(map(value_told, value))
    return escape(str(value))
