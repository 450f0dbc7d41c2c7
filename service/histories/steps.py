"""步骤 Which command a row of a history becomes, and who sends it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from enum import StrEnum
from types import NoneType
from typing import Any, get_args, get_type_hints
from uuid import UUID

from chuishao.commands import cases
from chuishao.commands.command import Command
from chuishao.domain.actor import ANONYMOUS, Actor
from chuishao.domain.division import community_of, street_of
from chuishao.domain.event import SHORT_TEXT
from chuishao.domain.lifecycle import Step
from chuishao.domain.phrase import Phrase
from chuishao.domain.vocabulary import Role

COMMANDS: dict[Step, type[Command]] = {
    Step.REPORT: cases.ReportCase,
    Step.ACCEPT: cases.AcceptCase,
    Step.REFUSE: cases.RefuseCase,
    Step.ASSESS: cases.AssessCase,
    Step.ASSIGN: cases.AssignCase,
    Step.TRANSFER: cases.TransferCase,
    Step.ESCALATE: cases.EscalateCase,
    Step.RETURN: cases.ReturnCase,
    Step.RESOLVE_ON_SPOT: cases.ResolveOnSpot,
    Step.RESOLVE: cases.ResolveCase,
    Step.VERIFY: cases.VerifyCase,
    Step.FAIL_VERIFICATION: cases.VerifyCase,
    Step.RATE: cases.RateCase,
    Step.CLOSE: cases.CloseCase,
    Step.REOPEN: cases.ReopenCase,
    Step.MARK_DUPLICATE: cases.MarkDuplicate,
    Step.MERGE: cases.MergeCase,
    Step.UNDO_MERGE: cases.UndoMerge,
}
"""The steps that can be taken over. A whistle is a dialogue with departments, which no table of rows holds;
a split makes cases, of which each has a history of its own; what is asked for (挂账、延期、回退) is asked and
decided in pairs; and that a limit passed is for the clock to say."""

FILLED: dict[str, str] = {
    "community_code": "place",
    "grid_code": "place",
    "of_id": "other",
    "into_id": "other",
    "case_id": "case",
}
"""The fields of commands that another field of a row fills."""
_PASSED = {Step.VERIFY: True, Step.FAIL_VERIFICATION: False}
_OURS = frozenset({"secret", "passed"})
"""Fields that no row has to say."""

ENVELOPE = ("case", "activity", "time", "actor", "role", "unit", "place")
"""What any row may say."""

_TRUE, _FALSE = {"1", "true", "yes", "是"}, {"0", "false", "no", "否"}

REACHES: dict[Role, Callable[[str], str]] = {
    Role.RESIDENT: lambda _: "",
    Role.GRID_WORKER: str,
    Role.GRID_LEADER: community_of,
    Role.COMMUNITY_STAFF: community_of,
    Role.SECTOR_CHIEF: community_of,
    Role.STREET_OFFICER: street_of,
}
"""For which unit somebody acts in a place, where a row does not say it."""


class BadRow(Exception):
    """行有误 A row cannot be read: which field is at fault, and why."""

    def __init__(self, field: str, reason: Phrase) -> None:
        super().__init__(reason.en)
        self.field, self.reason = field, reason


def _kinds(command: type[Command]) -> dict[str, tuple[type, bool]]:
    """The fields of a command that rows fill, each with its type and whether it must be there."""
    hints = get_type_hints(command)
    found = {}
    for made in fields(command):
        if made.name not in _OURS:
            hint = hints[made.name]
            kind = next(part for part in get_args(hint) or (hint,) if part is not NoneType)
            found[made.name] = (kind, made.default is MISSING and made.default_factory is MISSING)
    return found


KINDS = {step: _kinds(command) for step, command in COMMANDS.items()}
_KNOWN = {FILLED.get(name, name) for kinds in KINDS.values() for name in kinds} | set(ENVELOPE)


def known_fields() -> set[str]:
    """Everything that a row may say."""
    return _KNOWN


def command_of(step: Step, said: Mapping[str, str], case: UUID, other: UUID | None, secret: str) -> Command:
    """The command that a row asks for; raises `BadRow`. `other` is the other case that the row names."""
    kind = COMMANDS[step]
    given: dict[str, Any] = {"case_id": case, "of_id": other, "into_id": other, **_place(said)}
    filled: dict[str, Any] = {}
    for name, (type_, needed) in KINDS[step].items():
        field = FILLED.get(name, name)
        value = given[name] if name in FILLED else _read(field, said.get(field), type_)
        if value is None and needed:
            raise BadRow(
                field, Phrase(f"{field} is empty, and {step} needs it", f"{field} 为空，而{step.zh}需要它")
            )
        if value is not None:
            filled[name] = value
    if step in _PASSED:
        filled["passed"] = _PASSED[step]
    if "secret" in kind.__dataclass_fields__:
        filled["secret"] = secret
    return kind(**filled)


def _place(said: Mapping[str, str]) -> dict[str, str | None]:
    """The community and the grid of a row."""
    place = said.get("place") or ""
    grid = place if "-" in place else None
    return {"community_code": community_of(place) or None, "grid_code": grid}


def _read(field: str, text: str | None, kind: type) -> Any:
    """A value as its field holds it; None where nothing is said."""
    if not text:
        return None
    if issubclass(kind, StrEnum):
        if text not in kind.__members__:
            allowed = ", ".join(kind)
            raise BadRow(field, Phrase(f"{text!r} is none of {allowed}", f"{text!r} 不是 {allowed} 之一"))
        return kind(text)
    if kind is bool:
        if text.lower() not in _TRUE | _FALSE:
            raise BadRow(
                field, Phrase(f"{text!r} is neither true nor false", f"{text!r} 既不是“是”也不是“否”")
            )
        return text.lower() in _TRUE
    if kind is int:
        try:
            return int(text)
        except ValueError:
            raise BadRow(field, Phrase(f"{text!r} is no whole number", f"{text!r} 不是整数")) from None
    return text


def actor_of(said: Mapping[str, str], place: str) -> Actor:
    """Who acted, in which role, for which unit; raises `BadRow`."""
    role = said.get("role") or ""
    if role not in REACHES:
        allowed = ", ".join(REACHES)
        raise BadRow("role", Phrase(f"{role!r} is none of {allowed}", f"{role!r} 不是 {allowed} 之一"))
    identifier = said.get("actor") or ""
    if not identifier and role == Role.RESIDENT:
        return ANONYMOUS
    if not identifier or len(identifier) > SHORT_TEXT:
        raise BadRow("actor", Phrase("it does not say who acted", "未说明由谁办理"))
    return Actor(identifier, Role(role), scope=said.get("unit") or REACHES[Role(role)](place))
