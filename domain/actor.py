"""Who acts, in which role, for which unit, within which scope."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from chuishao.domain.phrase import Phrase
from chuishao.domain.refusal import Forbidden, OutOfScope
from chuishao.domain.term import Term
from chuishao.domain.vocabulary import Role


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or machine in one capacity.

    `scope` is a prefix of division or grid codes ("" is everywhere, None nowhere); `department` is set
    for a department's officer.
    """

    id: str
    role: Role
    scope: str | None = None
    department: UUID | None = None

    @property
    def unit(self) -> str:
        """The unit acted for: a department's identifier, or the code of the place."""
        return str(self.department) if self.department else (self.scope or "")

    @property
    def described(self) -> Phrase:
        """The role and the unit acted for."""
        unit = self.department or self.scope
        return Phrase(f"{self.role} of {unit}", f"{unit} 的{self.role.zh}（{self.role}）")

    def reaches(self, place: str) -> bool:
        """Whether the place lies within the scope."""
        return self.scope is not None and place.startswith(self.scope)


SYSTEM = Actor("system", Role.ADMINISTRATOR, scope="")
"""Chuishao itself, when it adopts the default policy or raises what a clock makes true."""

ANONYMOUS = Actor("anonymous", Role.RESIDENT)
"""Somebody without a token: may report, and rate with the case's own secret."""


def authorise(actor: Actor, action: Term | Phrase, allowed: frozenset[Role], place: str, *path: str) -> None:
    """Refuse an actor whose role may not do this, or not here; `path` leads to what names the place."""
    if actor.role not in allowed:
        raise Forbidden(role=actor.role, action=action, allowed=sorted(allowed))
    if not actor.reaches(place):
        raise out_of_scope(actor, place, *path)


def out_of_scope(actor: Actor, place: str, *path: str) -> OutOfScope:
    """The refusal of somebody who acts beyond their scope."""
    return OutOfScope(*path, place=place, scope=actor.scope or Phrase("(none)", "（无）"))
