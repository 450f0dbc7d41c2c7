"""Mutations: every command of the catalogue, by the same few lines."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Annotated, Any

import strawberry
from strawberry.tools import create_type

from chuishao.commands.cases import ReportCase
from chuishao.commands.catalogue import COMMANDS
from chuishao.commands.command import Command
from chuishao.commands.execution import Envelope, Outcome
from chuishao.commands.secret import secret_of
from chuishao.domain.phrase import Phrase
from chuishao.domain.refusal import Refusal
from chuishao.domain.vocabulary import Role
from chuishao.eventlog.connection import Unavailable
from chuishao.graphql.context import Context, Info
from chuishao.graphql.endpoint.errors import ApiError, code_of
from chuishao.graphql.endpoint.trace import fails, includes
from chuishao.graphql.enums import ErrorCode
from chuishao.graphql.inputs import command_of, input_of, mutation_name, plain_field, read_id, read_moment
from chuishao.graphql.links import (
    BURDEN_BY_ID,
    CAMPAIGN,
    CARE_ENTRY,
    CASE,
    COMMITTEE_BY_ID,
    DELIBERATION,
    DEPARTMENT,
    DIARY_ENTRY,
    DIVISION_BY_ID,
    DUTY,
    DUTY_LIST_BY_ID,
    ELECTION,
    ELEMENT,
    ENCLAVE_BY_ID,
    EXERCISE,
    FUND,
    GAP,
    GRID_BY_ID,
    INVITATION,
    OFFICE_BY_ID,
    ORDER,
    PATROL,
    PERSON,
    POST,
    PROPOSAL,
    SCREENING,
    SECTOR_BY_ID,
    SPLIT_BY_ID,
    WATCH,
    WHISTLE,
    WORK_MEETING,
    WORKER,
    ZONE_BY_ID,
    Link,
)
from chuishao.graphql.scalars import Position
from chuishao.graphql.types.event import Event
from chuishao.graphql.types.fields import column
from chuishao.graphql.types.policy import Policy
from chuishao.graphql.types.shared import (
    BurdenListRef,
    CampaignRef,
    CareEntryRef,
    CaseRef,
    CommitteeRef,
    CoordinationOrderRef,
    DeliberationRef,
    DepartmentRef,
    DiaryEntryRef,
    DivisionRef,
    DutyListRef,
    DutyRef,
    ElectionRef,
    ElementRef,
    EnclaveRef,
    GapRef,
    GridRef,
    InvitationRef,
    OfficeRef,
    PatrolRef,
    PersonRef,
    PostRef,
    PowerExerciseRef,
    ProposalRef,
    ScreeningRef,
    SectorRef,
    SplitRef,
    StreetFundRef,
    WatchRef,
    WhistleRef,
    WordsShownRef,
    WorkerRef,
    WorkMeetingRef,
    ZoneRef,
)
from chuishao.graphql.types.words import words_of
from chuishao.projections.policies import all_policies
from chuishao.projections.sight import SEEN_BY

RECORDED = Phrase(
    "The command is recorded; what it made or changed cannot be read at this moment. Read it in a moment.",
    "命令已记录；目前无法读取其结果。请稍后读取。",
)


@strawberry.type(description="用户错误 Why a command was refused. Nothing was recorded.")
class UserError:
    """A refusal."""

    code: ErrorCode = column("代码 The stable code.")
    message: str = column("说明 What was wrong and what to do, in the language asked for.")
    path: list[str] = column("字段 The input field at fault; empty where it is the command as a whole.")


@strawberry.type(
    description="未能显示 Why what a command made or changed cannot be shown now. The command is recorded."
)
class UnreadError:
    """A recorded command whose effect is not to be read yet."""

    code: str = column(
        "代码 NOT_YET, READ_MODEL_STOPPED, READ_MODEL_REPLACED, UNAVAILABLE, TIMEOUT or LOOK_OVER."
    )
    message: str = column("说明 What is the matter and what to do, in the language asked for.")


@dataclass
class Result:
    """What became of a command; the source of every payload."""

    outcome: Outcome | None = None
    errors: list[UserError] = field(default_factory=list)
    secret: str | None = None
    thing: asyncio.Future[tuple[Any, UnreadError | None]] | None = None
    """What the command made or changed, or why it cannot be shown; read once, whoever asks for it."""

    @property
    def position(self) -> int | None:
        """Where to read it."""
        return self.outcome.position if self.outcome else None


Root = strawberry.Parent[Result]


@dataclass(frozen=True)
class Thing:
    """What a kind of command makes or changes: how it is read, and which read models that needs, if any."""

    shown: Any
    text: str
    needed: frozenset[str]
    load: Callable[[Info, Any], Awaitable[Any]]


async def _latest_policy(info: Info, _id: Any) -> Any:
    async with info.context.reading() as connection:
        return (await all_policies(connection))[0]


def _by(link: Link) -> Callable[[Info, Any], Awaitable[Any]]:
    return lambda info, id_: info.context.loaders.of(link).load(id_)


def _thing(shown: Any, zh: str, en: str, load: Callable[[Info, Any], Awaitable[Any]], *needed: str) -> Thing:
    text = f"{zh} The {en}, as it stands after the command; null if refused, or with `unread`."
    return Thing(shown, text, frozenset(needed), load)


async def _erasure(info: Info, id_: Any) -> Any:
    return await info.context.services.log.begun(id_)


THINGS: dict[str, Thing] = {
    "case": _thing(CaseRef, "案件", "case", _by(CASE), *SEEN_BY),
    "whistle": _thing(WhistleRef, "哨件", "whistle", _by(WHISTLE), *SEEN_BY),
    "worker": _thing(WorkerRef, "网格员", "worker", _by(WORKER), "workers"),
    "department": _thing(DepartmentRef, "部门", "department", _by(DEPARTMENT), "departments"),
    "division": _thing(DivisionRef, "区划", "division", _by(DIVISION_BY_ID), "divisions"),
    "grid": _thing(GridRef, "网格", "grid", _by(GRID_BY_ID), "grids"),
    "policy": _thing(Policy, "政策", "policy adopted last", _latest_policy, "policies"),
    "erasure": Thing(
        Event,
        "删除记录 The event that says it for ever; the earlier one if it was done; null if refused.",
        frozenset(),
        _erasure,
    ),
    "person": _thing(PersonRef, "人员", "person", _by(PERSON), "people"),
    "post": _thing(PostRef, "岗位", "post", _by(POST), "posts"),
    "election": _thing(ElectionRef, "选举", "election", _by(ELECTION), "elections"),
    "committee": _thing(CommitteeRef, "居民委员会", "committee", _by(COMMITTEE_BY_ID), "committees"),
    "element": _thing(ElementRef, "要素", "element", _by(ELEMENT), "elements"),
    "careEntry": _thing(CareEntryRef, "台账记录", "entry of the ledger", _by(CARE_ENTRY), "care"),
    "diaryEntry": _thing(DiaryEntryRef, "日志记录", "entry of the diary", _by(DIARY_ENTRY), "diary"),
    "words": Thing(
        WordsShownRef,
        "查阅结果 The words, as they stood when the look was recorded; null if refused, or with `unread`.",
        frozenset({"care", "diary", "looks"}),
        words_of,
    ),
    "patrol": _thing(PatrolRef, "巡查", "patrol", _by(PATROL), "patrols"),
    "watch": _thing(WatchRef, "守望", "watch", _by(WATCH), "watches"),
    "campaign": _thing(CampaignRef, "排查", "campaign", _by(CAMPAIGN), "campaigns"),
    "screening": _thing(ScreeningRef, "网格排查", "campaign in the grid", _by(SCREENING), "campaigns"),
    "stewardDuty": _thing(DutyRef, "履职记录", "entry", _by(DUTY), "duties"),
    "zone": _thing(ZoneRef, "战区", "zone", _by(ZONE_BY_ID), "zones"),
    "sector": _thing(SectorRef, "街片", "sector", _by(SECTOR_BY_ID), "sectors"),
    "split": _thing(SplitRef, "社区拆分", "split", _by(SPLIT_BY_ID), "splits"),
    "office": _thing(OfficeRef, "街道机构", "street office", _by(OFFICE_BY_ID), "offices"),
    "gap": _thing(GapRef, "覆盖空白", "coverage gap", _by(GAP), "coverage"),
    "enclave": _thing(EnclaveRef, "飞地", "enclave", _by(ENCLAVE_BY_ID), "enclaves"),
    "meeting": _thing(WorkMeetingRef, "工作例会", "work meeting", _by(WORK_MEETING), "meetings"),
    "deliberation": _thing(
        DeliberationRef, "议事协商", "deliberation", _by(DELIBERATION), "deliberations", *SEEN_BY
    ),
    "coordinationOrder": _thing(
        CoordinationOrderRef, "协同", "coordination order", _by(ORDER), "coordination", *SEEN_BY
    ),
    "invitation": _thing(InvitationRef, "约请", "invitation", _by(INVITATION), "invitations"),
    "powerExercise": _thing(PowerExerciseRef, "权力行使", "exercise of a power", _by(EXERCISE), "powers"),
    "fund": _thing(StreetFundRef, "资金", "fund", _by(FUND), "funds"),
    "dutyList": _thing(DutyListRef, "职责清单", "duty list", _by(DUTY_LIST_BY_ID), "duty_lists"),
    "burdenList": _thing(BurdenListRef, "准入清单", "list of tasks", _by(BURDEN_BY_ID), "burdens"),
    "proposal": _thing(ProposalRef, "代表建议", "deputy's proposal", _by(PROPOSAL), "proposals"),
}


async def read_thing(root: Result, info: Info, thing: Thing) -> tuple[Any, UnreadError | None]:
    """Read what a command made or changed, once; a recorded command is never answered by an error."""
    if root.thing is None:
        root.thing = asyncio.ensure_future(_read_now(root, info, thing))
    return await root.thing


async def _read_now(root: Result, info: Info, thing: Thing) -> tuple[Any, UnreadError | None]:
    if root.outcome is None:
        return None, None
    try:
        if thing.needed:
            await info.context.at_least(root.outcome.position, thing.needed)
            includes(root.outcome.position)
        return await thing.load(info, root.outcome.id), None
    except ApiError as error:
        return None, UnreadError(code=error.code, message=error.said.said(info.context.language))
    except Unavailable as error:
        code = code_of(error)
        return None, UnreadError(code=code, message=RECORDED.said(info.context.language))


async def send(info: Info, command: type[Command], given: Any) -> Result:
    """Execute a command as the asker; what was done already is not done again."""
    done = info.context.done.get(str(info.path.key)) if info.context.done else None
    return await (done or carry_out(info.context, command, given))


async def carry_out(context: Context, command: type[Command], given: Any) -> Result:
    """Execute a command as the asker of an operation; raises what is no refusal."""
    try:
        ready = command_of(command, given)
        envelope = Envelope(
            id=read_id(given.command_id, "commandId"),
            actor=context.actor,
            occurred_at=read_moment(given.occurred_at, "occurredAt"),
            expected_version=given.expected_version,
        )
        outcome = await context.services.executor.execute(ready, envelope)
        context.forget()
        if command.thing == "case":
            context.prove(outcome.id)
    except Refusal as refusal:
        fails(refusal.code)
        sentence = refusal.sentence(context.language)
        return Result(errors=[UserError(code=refusal.code, message=sentence, path=list(refusal.path))])
    secret = secret_of(context.services.executor.key, outcome.id) if command is ReportCase else None
    return Result(outcome, secret=secret)


def _payload_of(command: type[Command]) -> type:
    thing = THINGS[command.thing]

    async def shown(root: Root, info: Info) -> Any:
        return (await read_thing(root, info, thing))[0]

    async def unread(root: Root, info: Info) -> UnreadError | None:
        return (await read_thing(root, info, thing))[1]

    shown.__annotations__["return"] = thing.shown | None
    fields = [
        strawberry.field(resolver=shown, name=command.thing, description=thing.text),
        strawberry.field(resolver=unread, name="unread", description=_UNREAD),
    ]
    if command is ReportCase:
        secret = plain_field(
            "secret", str | None, "查询码 The case's own secret: keep it to rate and reopen it."
        )
        fields.append(secret)
    fields.append(plain_field("position", Position | None, "位置 The position to read it at, as `atLeast`."))
    fields.append(plain_field("errors", list[UserError], "错误 Why it was refused; empty if it was not."))
    text = f"结果 Answer of `{mutation_name(command)}`."
    return create_type(f"{command.__name__}Payload", fields, description=text)


_UNREAD = (
    "未能显示 Why the thing is null although the command is recorded, at `position`: read it later, "
    "and do not send the command anew. Null where it is shown, and where the command was refused."
)


def _mutation_of(command: type[Command]) -> Any:
    async def resolve(info: Info, input: Any) -> Any:  # noqa: A002 the name that GraphQL clients expect
        return await send(info, command, input)

    payload, given = _payload_of(command), input_of(command)
    argument = strawberry.argument(description="命令 The command.")
    resolve.__name__ = mutation_name(command)  # strawberry tells fields apart by their resolvers' names
    resolve.__annotations__ = {"info": Info, "input": Annotated[given, argument], "return": payload}
    who = ", ".join(role.value for role in Role if role in command.roles)
    description = f"{(command.__doc__ or '').split(chr(10))[0]} By 可执行: {who}."
    return strawberry.mutation(resolver=resolve, name=mutation_name(command), description=description)


Mutation = create_type(
    "Mutation",
    [_mutation_of(command) for command in COMMANDS],
    description="操作 Everything that can be done. Every mutation takes one input with a command id chosen "
    "by the client; sending the same command again changes nothing and answers the same.",
)
