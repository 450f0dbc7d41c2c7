"""责任链 What the chain of responsibility says of a case: spells, limits, steps, departments, setbacks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chuishao.domain.calendar import Stop
from chuishao.projections.cases import CaseRow
from chuishao.projections.requests import RequestRow
from chuishao.projections.whistles import WhistleRow


@dataclass(frozen=True, slots=True)
class ChainStep:
    """经手 What somebody did, in the order of the log; `spell` is the number of the one in which they did it.

    A step that hands the case on belongs to the spell that it ends; None where nobody held the case.
    """

    case_id: UUID
    position: int
    type: str
    at: datetime
    actor: str
    role: str
    unit: str
    spell: int | None


@dataclass(frozen=True, slots=True)
class Counted:
    """计时 Seconds that counted for limits in a unit: of the clock, the urgent or the working shifts.

    `of` is what is summed: a spell by its number, or a place.
    """

    case_id: UUID
    of: str
    unit: str
    seconds: int


@dataclass(frozen=True, slots=True)
class LimitRun:
    """期限 A stretch in which one step was owed, by the limit that held when it ended.

    `holder` held the case at its end; `still` is when its clock stood still (挂账).
    """

    case_id: UUID
    number: int
    status: str
    holder: str
    since: datetime
    until: datetime | None
    due_at: datetime | None
    rule: str | None
    unit: str | None
    overdue: bool
    still: tuple[Stop, ...]


@dataclass(frozen=True, slots=True)
class Spell:
    """承办时段 A stretch in which the same place, person and tier held the case.

    `until` is None while it lasts. `role` and `unit` are those in which the assignee acted in it, or whoever
    acted for the holder where nobody is named.
    """

    case_id: UUID
    number: int
    holder: str
    assignee: str | None
    tier: str | None
    since: datetime
    until: datetime | None
    seconds: int
    role: str | None
    unit: str | None
    due_at: datetime | None
    due_rule: str | None
    overdue: bool
    counted: tuple[Counted, ...]
    steps: tuple[ChainStep, ...]


@dataclass(frozen=True, slots=True)
class DepartmentSpell:
    """部门承办时段 What a department owed a whistle, beside the street: from its summons until it answered or
    refused, or until the whistle was over; `state` is where it stood at the end."""

    case_id: UUID
    whistle: UUID
    department: UUID
    number: int
    lead: bool
    since: datetime
    until: datetime | None
    seconds: int
    state: str
    sign_due_at: datetime | None
    check_in_due_at: datetime | None
    signed_at: datetime | None
    checked_in_at: datetime | None
    missed_at: datetime | None
    answered_at: datetime | None
    refused_at: datetime | None
    score: int | None


@dataclass(frozen=True, slots=True)
class Setback:
    """返工与重开 A failed verification or a reopening, and the steps to which it is laid (责任倒查).

    These are the resolution and, where it was closed, the closing; of what was refused or marked a duplicate,
    that.
    """

    step: ChainStep
    laid_to: tuple[ChainStep, ...]


@dataclass(frozen=True, slots=True)
class FirstReceiver:
    """首接负责 Who answered the report first: accepted or refused it, or joined it to another case.

    `came_back`: whether the matter was reopened or failed its verification afterwards.
    """

    step: ChainStep
    holder: str
    came_back: bool


@dataclass(frozen=True, slots=True)
class Held:
    """承办时长 How long a place held the case in all its spells: of the clock, and as the limits count."""

    case_id: UUID
    holder: str
    spells: int
    seconds: int
    counted: tuple[Counted, ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """责任链 of one case, as it is at a moment; `position` is that of the last event taken in."""

    case_id: UUID
    at: datetime
    position: int
    row: CaseRow
    """The case as it stands then, undated."""
    spells: tuple[Spell, ...]
    limits: tuple[LimitRun, ...]
    departments: tuple[DepartmentSpell, ...]
    first_receiver: FirstReceiver | None
    setbacks: tuple[Setback, ...]
    steps: tuple[ChainStep, ...]
    requests: tuple[RequestRow, ...]
    """What was asked for: suspension, extension, return."""
    whistles: tuple[WhistleRow, ...]

    @property
    def held_by(self) -> Spell | None:
        """The spell that lasts; None where the case is over."""
        last = self.spells[-1] if self.spells else None
        return last if last is not None and last.until is None else None

    @property
    def seconds(self) -> int:
        """How long the case was held in all."""
        return sum(spell.seconds for spell in self.spells)

    @property
    def totals(self) -> tuple[Held, ...]:
        """How long each place held it, in the order in which they came to it."""
        places = dict.fromkeys(spell.holder for spell in self.spells)
        return tuple(self._total(place) for place in places)

    def _total(self, place: str) -> Held:
        own = [spell for spell in self.spells if spell.holder == place]
        counted = summed(self.case_id, place, (one for spell in own for one in spell.counted))
        return Held(self.case_id, place, len(own), sum(spell.seconds for spell in own), counted)


def summed(case: UUID, of: str, counted: Iterable[Counted]) -> tuple[Counted, ...]:
    """What counted, once for each unit."""
    sums: dict[str, int] = {}
    for one in counted:
        sums[one.unit] = sums.get(one.unit, 0) + one.seconds
    return tuple(Counted(case, of, unit, seconds) for unit, seconds in sums.items())
