"""单位 Unit: whom a resolution, an order or an invitation is addressed to, and who speaks for it.

“街镇、政府有关部门、物业公司、相关单位”: of a street the code names it, of a department the identifier; a
property company or another unit is called by role and number.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from chuishao.domain.actor import Actor, authorise
from chuishao.domain.authority import Setup, require_setup
from chuishao.domain.division import Level, level_of
from chuishao.domain.event import SHORT_TEXT, written
from chuishao.domain.meetings.terms import UnitKind
from chuishao.domain.phrase import Phrase
from chuishao.domain.refusal import BadCode, Forbidden, WrongDivisionLevel
from chuishao.domain.term import Term
from chuishao.domain.vocabulary import Role


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit by its kind and what names it."""

    kind: UnitKind
    name: str

    @property
    def department(self) -> UUID | None:
        """The department that it is, if it is one."""
        return UUID(self.name) if self.kind is UnitKind.DEPARTMENT else None

    def speaks(self, by: Actor) -> bool:
        """Whether the actor speaks for it; a property company or another unit has no actors of its own."""
        match self.kind:
            case UnitKind.STREET:
                return by.role is Role.STREET_OFFICER and by.scope == self.name
            case UnitKind.DEPARTMENT:
                return by.role is Role.DEPARTMENT_OFFICER and by.department == self.department
        return False

    def acts(self, by: Actor, place: str) -> bool:
        """Whether the actor speaks for it; refused where a department's officer does not reach the place."""
        if self.kind is UnitKind.DEPARTMENT and self.speaks(by):
            authorise(by, Setup.ANSWER_FOR_UNIT, frozenset({Role.DEPARTMENT_OFFICER}), place)
        return self.speaks(by)

    def require_voice(self, by: Actor, step: Term, place: str) -> None:
        """Refuse whoever does not speak for the unit; for those without actors, those who coordinate do."""
        if self.kind in (UnitKind.PROPERTY_COMPANY, UnitKind.OTHER_UNIT):
            require_setup(by, Setup.COORDINATE, place)
        elif not self.acts(by, place):
            allowed = Phrase(f"{self.kind} {self.name}", f"{self.kind.zh} {self.name}")
            raise Forbidden(role=by.described, action=step, allowed=allowed)


def named_unit(kind: UnitKind, name: str) -> Unit:
    """A unit as somebody names it; refused where such a kind is not named so."""
    said = written("unit", name, SHORT_TEXT)
    match kind:
        case UnitKind.STREET:
            level = level_of(said, "unit")
            if level is not Level.STREET:
                raise WrongDivisionLevel("unit", code=said, level=level, needed=Level.STREET)
        case UnitKind.DEPARTMENT:
            try:
                said = str(UUID(said))
            except ValueError:
                reason = Phrase("a department is named by its identifier", "部门须以其标识填写")
                raise BadCode("unit", code=said, reason=reason) from None
    return Unit(kind, said)
