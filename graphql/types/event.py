"""The event as the log holds it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from chuishao.domain.catalogue import EVENT_TYPES
from chuishao.domain.event import SealedText
from chuishao.domain.sight import Reading, shown_of_case, shown_of_place
from chuishao.domain.vocabulary import Role
from chuishao.eventlog.cursor import cursor_of
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.graphql.context import Info
from chuishao.graphql.inputs import camel
from chuishao.graphql.scalars import Position
from chuishao.graphql.types.seal import InclusionProof
from chuishao.graphql.types.shared import CaseRef, DepartmentRef, column, guarded
from chuishao.projections.sight import SEEN_BY

Root = strawberry.Parent[RecordedEvent]
_ACTORS = frozenset({"by", "assignee"})
"""Fields that name an actor; masked like the actor's identifier."""
_NOTES = frozenset({"note"})
"""Fields with remarks between those who handle a case."""
_HIDDEN = frozenset(
    {"subject", "identity", "originator_id", "originator_version", "originator_topic", "timestamp"}
)


@strawberry.type(description="操作者 Who acted, in which role, for which unit, within which scope.")
class EventActor:
    """From the event's meta."""

    @guarded(Reading.ACTORS, "标识 The actor's identifier; shown to those who handle the case, and auditors.")
    def id(root: Root, info: Info) -> strawberry.ID | None:
        """Masked like a name, but not for auditors."""
        return strawberry.ID(root.meta.actor) if _shown(root, info, Reading.ACTORS) else None

    @strawberry.field(description="角色 In which role.")
    def role(root: Root) -> Role:
        """The role."""
        return Role(root.meta.role)

    @strawberry.field(description="单位 For which unit: a department's identifier, or the code of a place.")
    def unit(root: Root) -> str:
        """The unit."""
        return root.meta.unit

    @strawberry.field(description="职权范围 The division-code prefix acted within; null for none.")
    def scope(root: Root) -> str | None:
        """The scope."""
        return root.meta.scope

    @strawberry.field(description="部门 The department acted for, if it is one.")
    async def department(root: Root, info: Info) -> DepartmentRef | None:
        """By identifier."""
        try:
            unit = UUID(root.meta.unit)
        except ValueError:
            return None
        return await info.context.loaders.department.load(unit)  # type: ignore[return-value]


@strawberry.type(description="事件 An immutable fact of the log.")
class Event:
    """A recorded event."""

    @strawberry.field(description="标识 Its identifier, the same for every reader and for ever.")
    def id(root: Root) -> strawberry.ID:
        """The event id."""
        return strawberry.ID(str(root.event_id))

    @strawberry.field(description="位置 Its place in the log: 1, 2, 3 … without gaps.")
    def position(root: Root) -> Position:
        """The position."""
        return Position(root.position)

    @strawberry.field(description="游标 Give it as `after` to read on from here, now or after a break.")
    def cursor(root: Root) -> str:
        """Position and proof."""
        return cursor_of(root.log, root.position, root.leaf_hash)

    type: str = column("类型 Its type, such as CaseReported; never renamed.")
    version: int = column("版本 Its number in its stream, from 1.")
    schema_version: int = column("格式版本 The version of its storage format.")
    occurred_at: datetime = column("发生时间 When it happened in the world.")
    recorded_at: datetime = column("记录时间 When the log learnt it.")

    @strawberry.field(description="说明 What the type means, in Chinese and English.")
    def title(root: Root) -> str:
        """The first line of the event's documentation."""
        return (EVENT_TYPES[root.type].__doc__ or root.type).split("\n")[0]

    @strawberry.field(description="标签 What the type means, in the language of `Accept-Language`.")
    def label(root: Root, info: Info) -> str:
        """Its half of the title."""
        zh, _, en = (EVENT_TYPES[root.type].__doc__ or "").split("\n")[0].partition(": ")
        return zh if info.context.language == "zh" else en

    @strawberry.field(
        description="流 The stream it belongs to: the identifier of its case, whistle, grid and so on."
    )
    def stream(root: Root) -> strawberry.ID:
        """The stream id."""
        return strawberry.ID(str(root.stream))

    @strawberry.field(description="操作者 Who did it.")
    def actor(root: Root) -> EventActor:
        """From the meta; the event says who sees it."""
        return root  # type: ignore[return-value]

    @strawberry.field(description="位置代码 The code of the place it concerns.")
    def place(root: Root) -> str:
        """From the meta."""
        return root.meta.place

    @guarded(
        Reading.COMMANDS,
        "命令 The command that caused it; shown to handlers (except a resident's), auditors, integrators.",
    )
    def command_id(root: Root, info: Info) -> strawberry.ID | None:
        """Masked, for whoever knows a report's command may ask for its answer again."""
        return strawberry.ID(str(root.meta.command)) if _command_shown(root, info) else None

    @strawberry.field(description="关联 What it belongs to: its case, or else its command.")
    def correlation_id(root: Root, info: Info) -> strawberry.ID | None:
        """The case; a command is masked like everywhere."""
        shown = root.correlation is not None or _command_shown(root, info)
        return strawberry.ID(str(root.meta.correlation)) if shown else None

    @guarded(Reading.COMMANDS, "起因 The event or command that caused it.")
    def causation_id(root: Root, info: Info) -> strawberry.ID | None:
        """From the meta; masked like the command."""
        return strawberry.ID(str(root.meta.causation)) if _command_shown(root, info) else None

    @strawberry.field(
        description="哈希 SHA-256 over the whole event as stored, in hexadecimal: a leaf of the log's tree."
    )
    def leaf_hash(root: Root) -> str:
        """The leaf hash."""
        return root.leaf_hash.hex()

    @strawberry.field(
        description="包含证明 That the newest signed checkpoint covers the event; null until one does."
    )
    async def proof(root: Root, info: Info) -> InclusionProof | None:
        """From the stored tree."""
        leaf = (root.position, root.leaf_hash)
        return await info.context.loaders.proof.load(leaf)  # type: ignore[return-value]

    @guarded(
        Reading.STORED,
        "存储元数据 Who, for which unit, by which command, as stored: a part of what the hash is taken of.",
    )
    def stored_meta(root: Root, info: Info) -> str | None:
        """Byte for byte."""
        return root.stored_meta.decode() if _shown(root, info, Reading.STORED) else None

    @guarded(
        Reading.STORED,
        "存储数据 What it says, as stored with personal text sealed: a part of what the hash is taken of.",
    )
    def stored_data(root: Root, info: Info) -> str | None:
        """Byte for byte."""
        return root.data.decode() if _shown(root, info, Reading.STORED) else None

    @guarded(Reading.WORDS, "内容 What it says, by field; personal text is masked or opened like everywhere.")
    async def data(root: Root, info: Info) -> JSON:
        """The event's own fields."""
        fields = {name: value for name, value in vars(root.event).items() if name not in _HIDDEN}
        if not _shown(root, info, Reading.ACTORS):
            fields |= dict.fromkeys(_ACTORS & fields.keys())
        texts = [
            text
            for name, value in fields.items()
            if _shown(root, info, Reading.NOTES if name in _NOTES else Reading.WORDS)
            for text in _sealed(value)
        ]
        opened = dict(zip(texts, await info.context.loaders.text.load_many(texts), strict=True))
        return JSON({camel(name): _plain(value, opened) for name, value in fields.items()})

    @strawberry.field(description="案件 The case it belongs to, if any.")
    async def case(root: Root, info: Info) -> CaseRef | None:
        """By correlation, once the read model shows the event."""
        if root.correlation is None:
            return None
        await info.context.at_least(root.position, SEEN_BY)
        return await info.context.loaders.case.load(root.correlation)  # type: ignore[return-value]


def _shown(recorded: RecordedEvent, info: Info, rule: Reading) -> bool:
    """Whether a rule shows a part of an event to somebody who sees the event."""
    actor = info.context.actor
    if recorded.correlation is not None:
        return shown_of_case(actor, rule)
    return shown_of_place(actor, rule, recorded.meta.place)


def _command_shown(recorded: RecordedEvent, info: Info) -> bool:
    """Whether the command is shown. A resident's is kept from those who read what it said.

    Whoever has both sends the report once more, is answered with the case's secret, and rates in the
    resident's place.
    """
    repeatable = recorded.meta.role == Role.RESIDENT.value and _shown(recorded, info, Reading.WORDS)
    return not repeatable and _shown(recorded, info, Reading.COMMANDS)


def _sealed(value: Any) -> list[SealedText]:
    """The sealed texts in a field of an event, alone or in a list."""
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, SealedText)]


def _plain(value: Any, opened: dict[SealedText, str | None]) -> Any:
    match value:
        case SealedText():
            if value not in opened:
                return {"text": None, "state": "MASKED"}
            text = opened[value]
            return {"text": text, "state": "ERASED" if text is None else "SHOWN"}
        case UUID():
            return str(value)
        case datetime():
            return value.isoformat()
        case list() | tuple():
            return [_plain(item, opened) for item in value]
    return value
