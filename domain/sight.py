"""阅读权限 Who sees which cases, and which of their words: one table, asked wherever rows are loaded."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from chuishao.domain.actor import Actor
from chuishao.domain.term import Term
from chuishao.domain.vocabulary import Role


class Sight(Term):
    """可见案件 Which cases a role sees, with their whistles and events; nobody else learns of them."""

    SCOPE = "SCOPE", "职权范围内的案件", "the cases in the scope"
    SUMMONED = "SUMMONED", "召集过本部门的案件", "the cases in the scope that the department was summoned to"
    OWN = "OWN", "本人的案件", "the own cases: reported under the own identity, or proved by their secret"


class Reading(Term):
    """阅读规则 By which rule a part of the schema is shown."""

    PUBLISHED = "PUBLISHED", "公开", "to everybody, with a token or without"
    CASE = "CASE", "案件", "to whoever sees the case"
    WORDS = "WORDS", "个人信息", "words about people, to whoever sees the case and needs them"
    NOTES = "NOTES", "内部备注", "remarks between those who handle the case"
    ACTORS = "ACTORS", "操作者", "who acted, to those who handle the case and to auditors"
    STORED = "STORED", "存储原文", "the event as it is stored, personal text sealed, to auditors"
    COMMANDS = "COMMANDS", "命令", "which command caused an event, also to machines and administrators"
    REGISTERS = (
        "REGISTERS",
        "台账",
        "the care ledger, the diary and who looked, to those who keep or supervise them there, and auditors",
    )


SIGHT: dict[Role, Sight] = dict.fromkeys(Role, Sight.SCOPE) | {
    Role.RESIDENT: Sight.OWN,
    Role.DEPARTMENT_OFFICER: Sight.SUMMONED,
}

_HANDLERS = frozenset(
    {
        Role.GRID_WORKER,
        Role.GRID_LEADER,
        Role.COMMUNITY_STAFF,
        Role.SECTOR_CHIEF,
        Role.STREET_OFFICER,
        Role.DEPARTMENT_OFFICER,
    }
)

SHOWN: dict[Reading, frozenset[Role]] = {
    Reading.PUBLISHED: frozenset(Role),
    Reading.CASE: frozenset(Role),
    Reading.WORDS: _HANDLERS | {Role.RESIDENT},
    Reading.NOTES: _HANDLERS,
    Reading.ACTORS: _HANDLERS | {Role.AUDITOR},
    Reading.STORED: frozenset({Role.AUDITOR}),
    Reading.COMMANDS: _HANDLERS | {Role.AUDITOR, Role.INTEGRATOR, Role.ADMINISTRATOR},
    Reading.REGISTERS: (_HANDLERS - {Role.DEPARTMENT_OFFICER}) | {Role.AUDITOR},
}
"""The roles to which each rule shows what it guards, where they see the thing itself at all."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: the actor, and what ties a resident to cases.

    `subject` is the identity under which a signed-in resident's words are kept; `proven` are the cases
    whose secret was given, or that the reader's own command has just made.
    """

    actor: Actor
    subject: UUID | None = None
    proven: frozenset[UUID] = frozenset()

    @property
    def sight(self) -> Sight:
        """Which cases the reader's role sees."""
        return SIGHT[self.actor.role]

    @property
    def unknown(self) -> bool:
        """Whether nothing ties the reader to any case: nobody signed in, no secret given."""
        return self.sight is Sight.OWN and self.subject is None and not self.proven


def shown_of_case(actor: Actor, rule: Reading) -> bool:
    """Whether what a rule guards is shown to somebody who sees the case that it belongs to."""
    return actor.role in SHOWN[rule]


def shown_of_place(actor: Actor, rule: Reading, place: str) -> bool:
    """Whether what a rule guards is shown where it belongs to a place and to no case, as a worker's name."""
    if rule is Reading.PUBLISHED:
        return True
    return SIGHT[actor.role] is Sight.SCOPE and actor.role in SHOWN[rule] and actor.reaches(place)
