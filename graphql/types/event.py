"""The event as the log holds it."""

from datetime import datetime
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from chuishao.domain.catalogue import EVENT_TYPES
from chuishao.domain.event import Event as Fact
from chuishao.domain.sight import Reading, shown_of_case, shown_of_place
from chuishao.domain.vocabulary import Role
from chuishao.eventlog.cursor import cursor_of
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.graphql.context import Context, Info
from chuishao.graphql.links import CASE, DEPARTMENT
from chuishao.graphql.scalars import Position
from chuishao.graphql.types.fields import (
    RULE,
    SOURCE,
    Recorded,
    column,
    computed,
    masked,
    one,
    same,
    uuid_or_none,
)
from chuishao.graphql.types.said import Said
from chuishao.graphql.types.seal import InclusionProof
from chuishao.graphql.types.shared import CaseRef, DepartmentRef
from chuishao.projections.sight import SEEN_BY

Root = strawberry.Parent[RecordedEvent]


@strawberry.type(description="操作者 Who acted, in which role, for which unit, within which scope.")
class EventActor:
    """From the event's meta."""

    id: strawberry.ID | None = masked(
        "标识 The actor's identifier; shown to those who handle the case, and auditors.",
        "actor",
        Reading.ACTORS,
        of="correlation",
    )
    role: Role = column("角色 In which role.")
    unit: str = column("单位 For which unit: a department's identifier, or the code of a place.")
    scope: str | None = column("职权范围 The division-code prefix acted within; null for none.")
    department: DepartmentRef | None = one(
        "部门 The department acted for, if it is one.", DEPARTMENT, "unit", uuid_or_none
    )


@strawberry.type(description="事件 An immutable fact of the log.")
class Event:
    """A recorded event."""

    @computed("标识 Its identifier, the same for every reader and for ever.")
    def id(event_id: UUID | str) -> strawberry.ID:
        """The event id."""
        return strawberry.ID(str(event_id))

    position: Position = column("位置 Its place in the log: 1, 2, 3 … without gaps.")

    @computed("游标 Give it as `after` to read on from here, now or after a break.")
    def cursor(log: int, position: int, leaf_hash: bytes) -> str:
        """Position and proof."""
        return cursor_of(log, position, leaf_hash)

    type: str = column("类型 Its type, such as CaseReported; never renamed.")
    version: int = column("版本 Its number in its stream, from 1.")
    schema_version: int = column("格式版本 The version of its storage format.")
    occurred_at: datetime = column("发生时间 When it happened in the world.")
    recorded_at: datetime = column("记录时间 When the log learnt it.")

    @computed("说明 What the type means, in Chinese and English.")
    def title(type: str) -> str:
        """The first line of the event's documentation."""
        return _title(type) or type

    @computed("标签 What the type means, in the language of `Accept-Language`.")
    def label(type: str, context: Context) -> str:
        """Its half of the title."""
        zh, _, en = _title(type).partition(": ")
        return zh if context.language == "zh" else en

    @computed(
        "流 The stream it belongs to: the identifier of its case, whistle, grid and so on; "
        "of a register that is not shown, the event's own."
    )
    def stream(
        stream: UUID | str,
        type: str,
        event_id: UUID | str,
        correlation: UUID | str | None,
        place: str,
        context: Context,
    ) -> strawberry.ID:
        """The stream id; that of a watch could be computed for every household, and tell which it is."""
        told = _file_shown(type, correlation, place, context)
        return strawberry.ID(str(stream if told else event_id))

    actor: EventActor = same("操作者 Who did it.")
    place: str = column("位置代码 The code of the place it concerns.")

    @computed(
        "命令 The command that caused it; shown to handlers (except a resident's), auditors, integrators.",
        Reading.COMMANDS,
    )
    def command_id(
        command: UUID | str, role: str, correlation: UUID | str | None, place: str, context: Context
    ) -> strawberry.ID | None:
        """Masked, for whoever knows a report's command may ask for its answer again."""
        shown = _command_shown(role, correlation, place, context)
        return strawberry.ID(str(command)) if shown else None

    @computed("关联 What it belongs to: its case, or else its command.")
    def correlation_id(
        meta_correlation: UUID | str,
        role: str,
        type: str,
        correlation: UUID | str | None,
        place: str,
        context: Context,
    ) -> strawberry.ID | None:
        """The case; a command is masked like everywhere, and the file of a register like its stream."""
        shown = correlation is not None or _command_shown(role, correlation, place, context)
        shown = shown and _file_shown(type, correlation, place, context)
        return strawberry.ID(str(meta_correlation)) if shown else None

    @computed("起因 The event or command that caused it.", Reading.COMMANDS)
    def causation_id(
        causation: UUID | str, role: str, correlation: UUID | str | None, place: str, context: Context
    ) -> strawberry.ID | None:
        """From the meta; masked like the command."""
        shown = _command_shown(role, correlation, place, context)
        return strawberry.ID(str(causation)) if shown else None

    @computed("哈希 SHA-256 over the whole event as stored, in hexadecimal: a leaf of the log's tree.")
    def leaf_hash(leaf_hash: bytes) -> str:
        """The leaf hash."""
        return leaf_hash.hex()

    @strawberry.field(
        description="包含证明 That the newest signed checkpoint covers the event; null until one does."
    )
    async def proof(root: Root, info: Info) -> InclusionProof | None:
        """From the stored tree."""
        leaf = (root.position, root.leaf_hash)
        return await info.context.loaders.proof.load(leaf)  # type: ignore[return-value]

    @computed(
        "存储元数据 Who, for which unit, by which command, as stored: a part of what the hash is taken of.",
        Reading.STORED,
    )
    def stored_meta(
        stored_meta: bytes, correlation: UUID | str | None, place: str, context: Context
    ) -> str | None:
        """Byte for byte."""
        return stored_meta.decode() if shown_of_event(correlation, place, context, Reading.STORED) else None

    @computed(
        "存储数据 What it says, as stored with personal text sealed: a part of what the hash is taken of.",
        Reading.STORED,
    )
    def stored_data(data: bytes, correlation: UUID | str | None, place: str, context: Context) -> str | None:
        """Byte for byte."""
        return data.decode() if shown_of_event(correlation, place, context, Reading.STORED) else None

    @strawberry.field(
        description="内容 What it says, by field; personal text is masked or opened like everywhere.",
        metadata={RULE: Reading.WORDS, SOURCE: Recorded()},
    )
    async def data(root: Root, info: Info) -> JSON:
        """The event's own fields."""
        said = said_to(info.context, root.event, root.correlation, root.place)
        texts = said.texts
        opened = await info.context.loaders.text.load_many(texts)
        return said.plain(dict(zip(texts, opened, strict=True)))

    @strawberry.field(description="案件 The case it belongs to, if any.")
    async def case(root: Root, info: Info) -> CaseRef | None:
        """By correlation, once the read model shows the event."""
        if root.correlation is None:
            return None
        await info.context.at_least(root.position, SEEN_BY)
        return await info.context.loaders.of(CASE).load(root.correlation)  # type: ignore[no-any-return]


def _title(type_: str) -> str:
    return (EVENT_TYPES[type_].__doc__ or "").split("\n")[0]


def said_to(context: Context, event: Fact, correlation: UUID | str | None, place: str) -> Said:
    """What an event says to the asker, who sees it."""
    of = None if event.OF_PLACE else correlation
    addressed = event.addressed_to(context.actor)

    def shown(rule: Reading) -> bool:
        return (addressed and rule is Reading.WORDS) or shown_of_event(of, place, context, rule)

    return Said.of(event, shown)


def shown_of_event(correlation: UUID | str | None, place: str, context: Context, rule: Reading) -> bool:
    """Whether a rule shows a part of an event to somebody who sees the event."""
    if correlation is not None:
        return shown_of_case(context.actor, rule)
    return shown_of_place(context.actor, rule, place)


def _file_shown(type_: str, correlation: UUID | str | None, place: str, context: Context) -> bool:
    """Whether it is shown in which file the event stands: it may name a household."""
    return not EVENT_TYPES[type_].REGISTERED or shown_of_event(correlation, place, context, Reading.REGISTERS)


def _command_shown(role: str, correlation: UUID | str | None, place: str, context: Context) -> bool:
    """Whether the command is shown. A resident's is kept from those who read what it said.

    Whoever has both sends the report once more, is answered with the case's secret, and rates in the
    resident's place.
    """
    repeatable = role == Role.RESIDENT.value and shown_of_event(correlation, place, context, Reading.WORDS)
    return not repeatable and shown_of_event(correlation, place, context, Reading.COMMANDS)
