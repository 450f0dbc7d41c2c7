"""Who acts, in which role, for which unit, within which scope."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from chuishao.domain.refusal import Forbidden, OutOfScope
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

    def reaches(self, place: str) -> bool:
        """Whether the place lies within the scope."""
        return self.scope is not None and place.startswith(self.scope)


SYSTEM = Actor("system", Role.ADMINISTRATOR, scope="")
"""Chuishao itself, when it adopts the default policy or raises what a clock makes true."""

ANONYMOUS = Actor("anonymous", Role.RESIDENT)
"""Somebody without a token: may report, and rate with the case's own secret."""


def authorise(actor: Actor, action: str, allowed: frozenset[Role], place: str) -> None:
    """Refuse an actor whose role may not do this, or not here."""
    if actor.role not in allowed:
        names = ", ".join(sorted(role.value for role in allowed))
        raise Forbidden(role=actor.role.value, action=action, allowed=names)
    if not actor.reaches(place):
        raise OutOfScope(place=place, scope=actor.scope or "(none)")
