"""时间轴 The course of a case as a drawing: tiers and departments as lanes, spells as bars, limits as flags.

The axis is not to scale: a stretch takes room by the root of its length, so that minutes and weeks are both
legible; what is marked has its time written. Red is what was late, hatched is when the clock stood still.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from html import escape
from itertools import pairwise

from chuishao.domain.catalogue import title
from chuishao.domain.summons import SummonsState
from chuishao.domain.vocabulary import Tier
from chuishao.projections.chain import DepartmentSpell, LimitRun, Spell
from chuishao.service.dossier.reading import Dossier
from chuishao.service.paper.words import both, lasting, plain

LABELS, WIDTH, RIGHT = 150, 1000, 14
HEAD, LANE, BAR = 34, 44, 26
LEAST = 26
"""Pixels that a stretch takes at least, of what there is."""
LATE = frozenset({"CaseOverdue", "CheckInMissed", "VerificationFailed", "CaseReopened"})


@dataclass(frozen=True)
class Axis:
    """Moments in order with their places in the drawing."""

    moments: tuple[datetime, ...]
    places: tuple[float, ...]

    def __call__(self, at: datetime) -> float:
        """Where a moment is drawn; between two marks to scale."""
        after = bisect_right(self.moments, at)
        if after == 0:
            return self.places[0]
        if after == len(self.moments):
            return self.places[-1]
        before, then = self.moments[after - 1], self.moments[after]
        part = (at - before) / (then - before)
        return self.places[after - 1] + part * (self.places[after] - self.places[after - 1])


def axis_of(dossier: Dossier) -> Axis:
    """The axis from the report to the end of what is known; the limit that still runs is on it, too."""
    chain = dossier.chain
    marks = {chain.spells[0].since}
    stretches: list[Spell | LimitRun | DepartmentSpell] = [*chain.spells, *chain.limits, *chain.departments]
    for one in stretches:
        marks |= {one.since, one.until or dossier.at}
    marks |= {limit.due_at for limit in chain.limits if limit.due_at and (limit.overdue or not limit.until)}
    moments = sorted(marks)
    if len(moments) == 1:
        return Axis((moments[0],), (LABELS,))
    roots = [max(1.0, (then - at).total_seconds()) ** 0.5 for at, then in pairwise(moments)]
    room = WIDTH - LABELS - RIGHT
    least = min(LEAST, room / (2 * len(roots)))
    share = (room - least * len(roots)) / sum(roots)
    places = [float(LABELS)]
    for root in roots:
        places.append(places[-1] + least + root * share)
    return Axis(tuple(moments), tuple(places))


def drawn(dossier: Dossier) -> str:
    """The drawing as SVG."""
    axis, chain = axis_of(dossier), dossier.chain
    tiers = [None, *Tier]
    used = [tier for tier in tiers if any(spell.tier == tier for spell in chain.spells)]
    departments = list(dict.fromkeys(one.department for one in chain.departments))
    lanes = {tier: HEAD + LANE * number for number, tier in enumerate(used)}
    rows = {each: HEAD + LANE * (len(used) + number) for number, each in enumerate(departments)}
    bottom = HEAD + LANE * (len(used) + len(departments))
    parts = [
        *(_lane(y, _tier(tier)) for tier, y in lanes.items()),
        *(
            _lane(y, escape(dossier.names.get(str(each), str(each)[:8])), "of-department")
            for each, y in rows.items()
        ),
        *_days(dossier, axis, bottom),
        *(part for one in chain.spells for part in _spell(dossier, axis, one, lanes[_of(one)])),
        *(part for one in chain.departments for part in _summons(dossier, axis, one, rows[one.department])),
        *_dots(dossier, axis, bottom),
    ]
    return (
        f'<svg class="course" viewBox="0 0 {WIDTH} {bottom + 44}" role="img">'
        '<defs><pattern id="still" width="7" height="7" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><rect width="7" height="7" fill="#fff" fill-opacity=".72"/>'
        '<line x1="0" y1="0" x2="0" y2="7" stroke="#5b6472" stroke-width="2.4"/></pattern></defs>'
        f"{''.join(parts)}</svg>"
    )


def _of(spell: Spell) -> Tier | None:
    return Tier(spell.tier) if spell.tier else None


def _tier(tier: Tier | None) -> str:
    return both("受理分办", "Intake", "tspan") if tier is None else both(tier.zh, plain(tier), "tspan")


def _lane(y: float, label: str, kind: str = "") -> str:
    return (
        f'<g class="lane {kind}"><line x1="0" y1="{y + LANE - 4}" x2="{WIDTH}" y2="{y + LANE - 4}"/>'
        f'<text x="4" y="{y + BAR - 4}">{label}</text></g>'
    )


def _days(dossier: Dossier, axis: Axis, bottom: float) -> Iterator[str]:
    """The moments between spells, written where there is room."""
    free = float(LABELS)
    edges = sorted(
        {spell.since for spell in dossier.chain.spells}
        | {spell.until or dossier.at for spell in dossier.chain.spells}
    )
    for at in edges:
        x = axis(at)
        yield f'<line class="tick" x1="{x:.1f}" y1="{HEAD - 6}" x2="{x:.1f}" y2="{bottom}"/>'
        if x >= free:
            local = at.astimezone(dossier.zone)
            left = min(x, WIDTH - 62)
            yield f'<text class="when" x="{left:.1f}" y="12">{local:%m-%d}</text>'
            yield f'<text class="when" x="{left:.1f}" y="24">{local:%H:%M}</text>'
            free = left + 44


def _bar(axis: Axis, since: datetime, until: datetime, y: float, kind: str, said: str = "") -> str:
    x, width = axis(since), max(2.0, axis(until) - axis(since))
    told = f"<title>{said}</title>" if said else ""
    return f'<rect class="{kind}" x="{x:.1f}" y="{y}" width="{width:.1f}" height="{BAR}" rx="3">{told}</rect>'


def _spell(dossier: Dossier, axis: Axis, spell: Spell, y: float) -> Iterator[str]:
    end = spell.until or dossier.at
    name = dossier.names.get(spell.holder, spell.holder)
    held = lasting(spell.seconds)
    said = escape(f"{spell.number}. {name} {spell.holder}: {held.zh} / {held.en}")
    yield _bar(axis, spell.since, end, y, "held", said)
    for limit in dossier.chain.limits:
        yield from _limit(dossier, axis, limit, spell, y)
    width = axis(end) - axis(spell.since)
    if width > LEAST:
        shown = f"{spell.number} {name}" if width > 9 * len(name) + LEAST else str(spell.number)
        yield f'<text class="name" x="{axis(spell.since) + 6:.1f}" y="{y + 17}">{escape(shown)}</text>'


def _limit(dossier: Dossier, axis: Axis, limit: LimitRun, spell: Spell, y: float) -> Iterator[str]:
    """What of a limit lies in a spell: late in red, still hatched, and where it ended a flag."""
    until = limit.until or dossier.at
    since, end = max(limit.since, spell.since), min(until, spell.until or dossier.at)
    if since >= end:
        return
    if limit.due_at is not None and limit.overdue and limit.due_at < end:
        yield _bar(axis, max(limit.due_at, since), end, y, "late")
    for begins, ends in limit.still:
        if ends is not None and max(begins, since) < min(ends, end):
            yield _bar(axis, max(begins, since), min(ends, end), y, "still")
    running = limit.until is None and spell.until is None
    if limit.due_at is not None and ((limit.overdue and since <= limit.due_at < end) or running):
        x = axis(limit.due_at)
        kind = "flag late" if limit.overdue else "flag"
        yield f'<path class="{kind}" d="M{x:.1f} {y - 5}v{BAR + 10}m0 {-BAR - 10}h9l-3 4 3 4h-9z"/>'


def _summons(dossier: Dossier, axis: Axis, one: DepartmentSpell, y: float) -> Iterator[str]:
    end = one.until or dossier.at
    yield _bar(axis, one.since, end, y, "summoned" if one.state != SummonsState.REFUSED else "refused")
    if one.missed_at is not None:
        yield _bar(axis, one.missed_at, min(one.checked_in_at or end, end), y, "late")
    for at, sign in (
        (one.signed_at, "✎"),
        (one.checked_in_at, "●"),
        (one.answered_at, "✓"),
        (one.refused_at, "✕"),
    ):
        if at is not None:
            yield f'<text class="sign" x="{axis(at):.1f}" y="{y + 18}">{sign}</text>'


def _dots(dossier: Dossier, axis: Axis, bottom: float) -> Iterator[str]:
    """A dot for each step; those that nobody likes to see are red."""
    for step in dossier.chain.steps:
        kind = "dot bad" if step.type in LATE else "dot"
        name = title(step.type)
        said = escape(f"#{step.position} {name.zh} / {name.en}")
        yield (
            f'<circle class="{kind}" cx="{axis(step.at):.1f}" cy="{bottom + 14}" r="4">'
            f"<title>{said}</title></circle>"
        )
    yield f'<text class="foot" x="4" y="{bottom + 18}">{both("经手", "Steps", "tspan")}</text>'
    scale = both(
        "横轴不按比例：长短按平方根，时刻另行标注。",
        "Not to scale: lengths by their root; times are written.",
        "tspan",
    )
    yield f'<text class="foot" x="{LABELS}" y="{bottom + 38}">{scale}</text>'
