"""行政区划 Division: municipality, district, street or town, community; each with names and codes by date.

Codes change over the years, so a division has an identity of its own. A code is claimed once and for good:
the stream derived from a code belongs to the division that bore it first.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Self
from uuid import UUID

from eventsourcing.domain import AggregateCreated, BaseAggregate

from chuishao.domain.event import SHORT_TEXT, Event, written
from chuishao.domain.identity import division_id
from chuishao.domain.phrase import Phrase
from chuishao.domain.refusal import AlreadyExists, BadCode, BadTime, WrongDivisionLevel
from chuishao.domain.term import Term


class Level(Term):
    """区划级别 The levels of division."""

    MUNICIPALITY = "MUNICIPALITY", "直辖市", "a municipality, 2 digits"
    DISTRICT = "DISTRICT", "区", "a district, 6 digits"
    STREET = "STREET", "街道、乡镇", "a street, town or zone, 9 digits"
    COMMUNITY = "COMMUNITY", "社区、村", "a community or village, 12 digits"

    @property
    def digits(self) -> int:
        """How long a code of this level is."""
        return _DIGITS[self.value]


_DIGITS = {"MUNICIPALITY": 2, "DISTRICT": 6, "STREET": 9, "COMMUNITY": 12}
_BY_LENGTH = {level.digits: level for level in Level}


def level_of(code: str, *path: str) -> Level:
    """The level that a code's form gives; refused when it has no such form."""
    level = _BY_LENGTH.get(len(code))
    if level is not None and code.isascii() and code.isdigit():
        return level
    reason = Phrase("a division code has 2, 6, 9 or 12 digits", "区划代码为 2、6、9 或 12 位数字")
    raise BadCode(*(path or ("code",)), code=code, reason=reason)


def parent_code(code: str) -> str | None:
    """The code one level up, or None for a municipality."""
    return {2: None, 6: code[:2], 9: code[:6], 12: code[:9]}[len(code)]


def street_of(code: str) -> str:
    """The street that a community or grid code lies in."""
    return code[: Level.STREET.digits]


def community_of(code: str) -> str:
    """The community that a grid code lies in."""
    return code[: Level.COMMUNITY.digits]


class DivisionRegistered(Event, AggregateCreated):
    """登记区划: a division entered the register under its first code."""

    TOPIC = "DivisionRegistered"
    code: str
    name: str
    level: str
    parent: UUID | None
    effective_from: str

    def apply(self, division: Division) -> None:
        """Bear the first code and name."""
        division.level = Level(self.level)
        division.name = self.name
        division.parent = self.parent
        division.codes = [(self.effective_from, self.code)]


class DivisionRenamed(Event):
    """区划更名: the division bears another name from a date on."""

    TOPIC = "DivisionRenamed"
    name: str
    effective_from: str

    def apply(self, division: Division) -> None:
        """Bear the new name."""
        division.name = self.name


class DivisionRecoded(Event):
    """变更代码: the division bears another code from a date on."""

    TOPIC = "DivisionRecoded"
    code: str
    effective_from: str

    def apply(self, division: Division) -> None:
        """Bear the new code beside the dated old ones."""
        division.codes.append((self.effective_from, self.code))


class DivisionAbolished(Event):
    """撤销区划: the division ended."""

    TOPIC = "DivisionAbolished"
    effective_from: str

    def apply(self, division: Division) -> None:
        """Be no more from that date."""
        division.abolished_from = self.effective_from


class Division(BaseAggregate[UUID]):
    """One division through all its names and codes."""

    TOPIC = "division"

    def __init__(self) -> None:
        self.level = Level.COMMUNITY
        self.name = ""
        self.parent: UUID | None = None
        self.codes: list[tuple[str, str]] = []
        self.abolished_from: str | None = None

    @property
    def place(self) -> str:
        """The code borne last."""
        return self.codes[-1][1]

    @property
    def correlation(self) -> None:
        """Divisions belong to no case."""

    @classmethod
    def register(cls, code: str, name: str, parent: Division | None, since: date, at: datetime) -> Self:
        """Enter a division under `code`; its parent is one level up."""
        level = level_of(code)
        above = parent_code(code)
        if above is not None and (parent is None or parent.place != above):
            needed = Phrase(f"parent with code {above}", f"代码为 {above} 的上级")
            raise WrongDivisionLevel("code", code=code, level=level, needed=needed)
        return cls._create(
            DivisionRegistered,
            id=division_id(code),
            timestamp=at,
            code=code,
            name=written("name", name, SHORT_TEXT),
            level=level.value,
            parent=parent.id if parent else None,
            effective_from=since.isoformat(),
        )

    def rename(self, name: str, since: date, at: datetime) -> None:
        """Give it another name; the same name again changes nothing."""
        said = written("name", name, SHORT_TEXT)
        if said != self.name:
            self.trigger_event(DivisionRenamed, timestamp=at, name=said, effective_from=since.isoformat())

    def recode(self, code: str, since: date, at: datetime) -> None:
        """Give it another code of its level; the same code again changes nothing."""
        if code == self.place:
            return
        level = level_of(code, "newCode")
        if level is not self.level:
            raise WrongDivisionLevel("newCode", code=code, level=level, needed=self.level)
        if since.isoformat() <= self.codes[-1][0]:
            present = self.codes[-1][0]
            reason = Phrase(f"the present code is in effect since {present}", f"现行代码自 {present} 起生效")
            raise BadTime("effectiveFrom", field="effectiveFrom", at=since.isoformat(), reason=reason)
        self.trigger_event(DivisionRecoded, timestamp=at, code=code, effective_from=since.isoformat())

    def abolish(self, since: date, at: datetime) -> None:
        """End it; once."""
        if self.abolished_from is not None:
            kind = Phrase("abolition", "撤销")
            raise AlreadyExists("code", kind=kind, id=self.place, existing=self.abolished_from)
        self.trigger_event(DivisionAbolished, timestamp=at, effective_from=since.isoformat())


class DivisionCodeClaimed(Event, AggregateCreated):
    """占用代码: a code was taken by a division that was registered under another one."""

    TOPIC = "DivisionCodeClaimed"
    code: str
    division: UUID

    def apply(self, claim: DivisionCode) -> None:
        """Point to the division."""
        claim.code = self.code
        claim.division = self.division


class DivisionCode(BaseAggregate[UUID]):
    """A code that leads to a division first registered under another."""

    TOPIC = "division-code"

    def __init__(self) -> None:
        self.code = ""
        self.division: UUID | None = None

    @property
    def place(self) -> str:
        """The code itself."""
        return self.code

    @property
    def correlation(self) -> None:
        """Codes belong to no case."""

    @classmethod
    def claim(cls, code: str, division: Division, at: datetime) -> Self:
        """Take the code; the stream makes sure that nobody else has it."""
        return cls._create(
            DivisionCodeClaimed, id=division_id(code), timestamp=at, code=code, division=division.id
        )
