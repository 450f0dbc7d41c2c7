"""The event as the log holds it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from chuishao.domain.catalogue import EVENT_TYPES
from chuishao.domain.event import SealedText
from chuishao.domain.vocabulary import Role
from chuishao.eventlog.cursor import cursor_of
from chuishao.eventlog.mapper import Meta, RecordedEvent, sealed_texts
from chuishao.graphql.context import Info
from chuishao.graphql.scalars import Position
from chuishao.graphql.types.shared import CaseRef, DepartmentRef, audits, column, reads

Root = strawberry.Parent[RecordedEvent]
_ACTORS = {"by", "assignee"}
"""Fields that name an actor; masked like the actor's identifier."""
_HIDDEN = frozenset({"subject", "originator_id", "originator_version", "originator_topic", "timestamp"})


@strawberry.type(description="操作者 Who acted, in which role, for which unit, within which scope.")
class EventActor:
    """From the event's meta."""

    @strawberry.field(
        description="标识 The actor's identifier; shown to those who handle cases here, and auditors."
    )
    async def id(root: strawberry.Parent[Meta], info: Info) -> strawberry.ID | None:
        """Masked like a name, but not for auditors."""
        shown = audits(info, root.place) or await reads(info, root.place, root.correlation)
        return strawberry.ID(root.actor) if shown else None

    @strawberry.field(description="角色 In which role.")
    def role(root: strawberry.Parent[Meta]) -> Role:
        """The role."""
        return Role(root.role)

    unit: str = column("单位 For which unit: a department's identifier, or the code of a place.")
    scope: str | None = column("职权范围 The division-code prefix acted within; null for none.")

    @strawberry.field(description="部门 The department acted for, if it is one.")
    async def department(root: strawberry.Parent[Meta], info: Info) -> DepartmentRef | None:
        """By identifier."""
        try:
            unit = UUID(root.unit)
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
        """From the meta."""
        return root.meta  # type: ignore[return-value]

    @strawberry.field(description="位置代码 The code of the place it concerns.")
    def place(root: Root) -> str:
        """From the meta."""
        return root.meta.place

    @strawberry.field(
        description="命令 The command that caused it; shown to handlers, auditors and integrators."
    )
    async def command_id(root: Root, info: Info) -> strawberry.ID | None:
        """Masked, for whoever knows a report's command may ask for its answer again."""
        return strawberry.ID(str(root.meta.command)) if await _traces(root, info) else None

    @strawberry.field(description="关联 What it belongs to: its case, or else its command.")
    async def correlation_id(root: Root, info: Info) -> strawberry.ID | None:
        """The case; a command is masked like everywhere."""
        shown = root.correlation is not None or await _traces(root, info)
        return strawberry.ID(str(root.meta.correlation)) if shown else None

    @strawberry.field(description="起因 The event or command that caused it.")
    async def causation_id(root: Root, info: Info) -> strawberry.ID | None:
        """From the meta; masked like the command."""
        return strawberry.ID(str(root.meta.causation)) if await _traces(root, info) else None

    @strawberry.field(
        description="哈希 SHA-256 over the whole event as stored, in hexadecimal: a leaf of the log's tree."
    )
    def leaf_hash(root: Root) -> str:
        """The leaf hash."""
        return root.leaf_hash.hex()

    @strawberry.field(
        description="内容 What it says, by field; personal text is masked or opened like everywhere."
    )
    async def data(root: Root, info: Info) -> JSON:
        """The event's own fields."""
        fields = {name: value for name, value in vars(root.event).items() if name not in _HIDDEN}
        shown = await reads(info, root.meta.place, root.meta.correlation)
        if not shown and not audits(info, root.meta.place):
            fields |= dict.fromkeys(_ACTORS & fields.keys())
        texts = list(sealed_texts(root.event)) if shown else []
        plain = dict(zip(texts, await info.context.loaders.text.load_many(texts), strict=True))
        return JSON(dict(_written(fields, plain, shown=shown)))

    @strawberry.field(description="案件 The case it belongs to, if any.")
    async def case(root: Root, info: Info) -> CaseRef | None:
        """By correlation, once the read model shows the event."""
        await info.context.at_least(root.position)
        return await info.context.loaders.case.load(root.meta.correlation)  # type: ignore[return-value]


async def _traces(recorded: RecordedEvent, info: Info) -> bool:
    """Whether the asker may tie events to the commands that caused them."""
    meta, actor = recorded.meta, info.context.actor
    if actor.role in (Role.INTEGRATOR, Role.ADMINISTRATOR) and actor.reaches(meta.place):
        return True
    return audits(info, meta.place) or await reads(info, meta.place, recorded.correlation)


def _written(
    fields: dict[str, Any], plain: dict[SealedText, str | None], *, shown: bool
) -> Iterator[tuple[str, Any]]:
    """An event's fields as JSON, in camel case."""
    for name, value in fields.items():
        first, *rest = name.split("_")
        yield first + "".join(word.capitalize() for word in rest), _plain(value, plain, shown=shown)


def _plain(value: Any, plain: dict[SealedText, str | None], *, shown: bool) -> Any:
    match value:
        case SealedText():
            text = plain.get(value)
            return {"text": text, "state": "MASKED" if not shown else "ERASED" if text is None else "SHOWN"}
        case UUID():
            return str(value)
        case datetime():
            return value.isoformat()
        case list() | tuple():
            return [_plain(item, plain, shown=shown) for item in value]
    return value
