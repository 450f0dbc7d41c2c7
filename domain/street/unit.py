"""单位 PublicUnit: a department, or the office of a division, that asks for something or is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self
from uuid import UUID

from chuishao.domain.actor import Actor
from chuishao.domain.authority import MAY_SET_UP, Setup, require_setup
from chuishao.domain.division import Level, level_of
from chuishao.domain.phrase import Phrase
from chuishao.domain.refusal import Forbidden
from chuishao.domain.street.refusals import EitherUnit, NotAbove
from chuishao.domain.vocabulary import Role


@dataclass(frozen=True, slots=True)
class PublicUnit:
    """A department by its identifier, or else the office of a division by its code."""

    department: UUID | None
    body: str | None

    @classmethod
    def either(cls, department: UUID | None, body: str | None) -> Self:
        """The one of the two that is given; refused where it is none or both."""
        if (department is None) is (body is None):
            raise EitherUnit("departmentId" if body is None else "bodyCode")
        return cls(department, body)

    def speaks(self, by: Actor) -> bool:
        """Whether the actor acts for it: of a street its officer, of others an administrator."""
        if self.department is not None:
            return by.role is Role.DEPARTMENT_OFFICER and by.department == self.department
        if self.body is None:
            return False
        role = Role.STREET_OFFICER if len(self.body) == Level.STREET.digits else Role.ADMINISTRATOR
        return by.role is role and by.scope == self.body

    def require_voice(self, by: Actor, what: Setup, place: str) -> None:
        """Refuse whoever does not act for it, and a department's officer who does not reach the place."""
        if not self.speaks(by):
            raise Forbidden(role=by.described, action=what, allowed=self.described)
        if self.department is not None:
            require_setup(by, what, place)

    def require_above(self, place: str) -> None:
        """Refuse the office of a division that does not lie above a place."""
        if self.body is not None:
            level_of(self.body, "bodyCode")
            if self.body == place or not place.startswith(self.body):
                raise NotAbove("bodyCode", body=self.body, place=place)

    @property
    def described(self) -> Phrase:
        """What it is called in a refusal."""
        if self.department is not None:
            return Phrase(f"department {self.department}", f"部门 {self.department}")
        return Phrase(f"the office of {self.body}", f"{self.body} 的机关")


def require_some_voice(by: Actor, what: Setup) -> None:
    """Refuse whoever acts for no unit that might be asked."""
    if by.role not in MAY_SET_UP[what]:
        raise Forbidden(role=by.described, action=what, allowed=sorted(MAY_SET_UP[what]))
