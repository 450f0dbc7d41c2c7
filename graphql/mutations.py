"""Mutations: every command of the catalogue, by the same few lines."""

from __future__ import annotations

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
from chuishao.domain.refusal import Refusal
from chuishao.domain.vocabulary import Role
from chuishao.eventlog.connection import connected
from chuishao.graphql.context import Info
from chuishao.graphql.endpoint.trace import fails, includes
from chuishao.graphql.enums import ErrorCode
from chuishao.graphql.inputs import command_of, input_of, mutation_name, plain_field, read_id, read_moment
from chuishao.graphql.scalars import Position
from chuishao.graphql.types.event import Event
from chuishao.graphql.types.policy import Policy
from chuishao.graphql.types.shared import (
    CaseRef,
    DepartmentRef,
    DivisionRef,
    GridRef,
    WhistleRef,
    WorkerRef,
    column,
)
from chuishao.projections.policies import all_policies


@strawberry.type(description="用户错误 Why a command was refused. Nothing was recorded.")
class UserError:
    """A refusal."""

    code: ErrorCode = column("代码 The stable code.")
    message: str = column("说明 What was wrong and what to do, in the language asked for.")
    path: list[str] = column("字段 The input field at fault; empty where it is the command as a whole.")


@dataclass
class Result:
    """What became of a command; the source of every payload."""

    outcome: Outcome | None = None
    errors: list[UserError] = field(default_factory=list)
    secret: str | None = None

    @property
    def position(self) -> int | None:
        """Where to read it."""
        return self.outcome.position if self.outcome else None


Root = strawberry.Parent[Result]


async def _case(root: Root, info: Info) -> CaseRef | None:
    return await _written(root, info, info.context.loaders.case.load)  # type: ignore[no-any-return]


async def _whistle(root: Root, info: Info) -> WhistleRef | None:
    return await _written(root, info, info.context.loaders.whistle.load)  # type: ignore[no-any-return]


async def _worker(root: Root, info: Info) -> WorkerRef | None:
    return await _written(root, info, info.context.loaders.worker.load)  # type: ignore[no-any-return]


async def _department(root: Root, info: Info) -> DepartmentRef | None:
    return await _written(root, info, info.context.loaders.department.load)  # type: ignore[no-any-return]


async def _division(root: Root, info: Info) -> DivisionRef | None:
    return await _written(root, info, info.context.loaders.division_by_id.load)  # type: ignore[no-any-return]


async def _grid(root: Root, info: Info) -> GridRef | None:
    return await _written(root, info, info.context.loaders.grid_by_id.load)  # type: ignore[no-any-return]


async def _policy(root: Root, info: Info) -> Policy | None:
    async def latest(_id: Any) -> Any:
        async with connected(info.context.services.log.pool) as connection:
            return (await all_policies(connection))[0]

    return await _written(root, info, latest)  # type: ignore[no-any-return]


async def _erasure(root: Root, info: Info) -> Event | None:
    if root.outcome is None:
        return None
    return await info.context.services.log.begun(root.outcome.id)  # type: ignore[return-value]


async def _written(root: Result, info: Info, load: Callable[[Any], Awaitable[Any]]) -> Any:
    """Read what the command made or changed, once the read models show it."""
    if root.outcome is None:
        return None
    await info.context.at_least(root.outcome.position)
    includes(root.outcome.position)
    return await load(root.outcome.id)


_THINGS: dict[str, tuple[Any, str]] = {
    "case": (_case, "案件 The case, as it stands after the command; null if refused."),
    "whistle": (_whistle, "哨件 The whistle, as it stands after the command; null if refused."),
    "worker": (_worker, "网格员 The worker, after the command; null if refused."),
    "department": (_department, "部门 The department, after the command; null if refused."),
    "division": (_division, "区划 The division, after the command; null if refused."),
    "grid": (_grid, "网格 The grid, after the command; null if refused."),
    "policy": (_policy, "政策 The policy adopted last; null if refused."),
    "erasure": (
        _erasure,
        "删除记录 The event that says it for ever; the earlier one if it was done; null if refused.",
    ),
}


async def send(info: Info, command: type[Command], given: Any) -> Result:
    """Execute a command as the asker."""
    context = info.context
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
    thing, text = _THINGS[command.thing]
    fields = [strawberry.field(resolver=thing, name=command.thing, description=text)]
    if command is ReportCase:
        secret = plain_field(
            "secret", str | None, "查询码 The case's own secret: keep it to rate and reopen it."
        )
        fields.append(secret)
    fields.append(plain_field("position", Position | None, "位置 The position to read it at, as `atLeast`."))
    fields.append(plain_field("errors", list[UserError], "错误 Why it was refused; empty if it was not."))
    text = f"结果 Answer of `{mutation_name(command)}`."
    return create_type(f"{command.__name__}Payload", fields, description=text)


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
