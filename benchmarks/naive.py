"""The plain stack: aggregates and PostgreSQL of `eventsourcing`, mutations of strawberry, served by uvicorn.

    python -m benchmarks.naive PORT SECRET

Written as its documentation teaches, with threads for what blocks. It does less than we do: no idempotency,
no scopes, no read models, no encryption. PostgreSQL is told in the library's variables.
"""

from __future__ import annotations

import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any
from uuid import UUID, uuid5

import jwt
import strawberry
import uvicorn
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from starlette.applications import Starlette
from starlette.routing import Route
from strawberry.asgi import GraphQL

THREADS = 16
"""Half as many as callers, with a connection each: more only take turns at the interpreter's lock."""


class Refused(Exception):
    pass


class Case(Aggregate):
    @event("Reported")
    def __init__(self, id: UUID, category: str, text: str, grid: str, by: str) -> None:  # noqa: A002
        self._id = id
        self.category, self.grid, self.by, self.text = category, grid, by, text
        self.status = "REPORTED"

    @staticmethod
    def create_id(id: UUID) -> UUID:  # noqa: A002
        return id

    def take(self, before: str, step: str, note: str, by: str) -> None:
        if self.status != before:
            raise Refused(f"the case is {self.status}")
        self._took(step, note, by)

    @event("Took")
    def _took(self, step: str, note: str, by: str) -> None:
        self.status = step


class Cases(Application[UUID]):
    def report(self, id: UUID, category: str, text: str, grid: str, by: str) -> int:  # noqa: A002
        return self._position(self.save(Case(id, category, text, grid, by)))

    def take(self, id: UUID, before: str, step: str, note: str, by: str) -> int:  # noqa: A002
        case: Case = self.repository.get(id)
        case.take(before, step, note, by)
        return self._position(self.save(case))

    @staticmethod
    def _position(recordings: Any) -> int:
        return int(recordings[-1].notification.id)


@strawberry.type
class UserError:
    code: str
    message: str
    path: list[str]


@strawberry.type
class Payload:
    position: int | None
    errors: list[UserError]


@strawberry.input
class ReportCaseInput:
    command_id: strawberry.ID
    category: str
    text: str
    grid_code: str


@strawberry.input
class StepInput:
    command_id: strawberry.ID
    case_id: strawberry.ID
    note: str | None = None


def _input(name: str, *fields: str) -> type:
    """An input of one of the steps, with the fields that its callers send."""
    kinds = dict.fromkeys(fields, str) | {"passed": bool}
    body = {"__annotations__": {field: kinds[field] | None for field in fields}, **dict.fromkeys(fields)}
    return strawberry.input(type(name, (StepInput,), body))


Given = {
    "acceptCase": ("REPORTED", "ACCEPTED", _input("AcceptCaseInput")),
    "assessCase": ("ACCEPTED", "ASSESSED", _input("AssessCaseInput", "severity")),
    "assignCase": ("ASSESSED", "ASSIGNED", _input("AssignCaseInput", "tier")),
    "resolveOnSpot": ("ASSIGNED", "RESOLVED", _input("ResolveOnSpotInput", "result")),
    "verifyCase": ("RESOLVED", "VERIFIED", _input("VerifyCaseInput", "passed")),
    "closeCase": ("VERIFIED", "CLOSED", _input("CloseCaseInput")),
}


async def _answered(info: strawberry.Info, work: Any, *arguments: Any) -> Payload:
    loop, context = asyncio.get_running_loop(), info.context
    try:
        position = await loop.run_in_executor(context["threads"], work, *arguments, context["actor"])
    except Refused as refusal:
        return Payload(position=None, errors=[UserError(code="REFUSED", message=str(refusal), path=[])])
    return Payload(position=position, errors=[])


async def _report(info: strawberry.Info, input: ReportCaseInput) -> Payload:  # noqa: A002
    case = uuid5(UUID(input.command_id), "")
    report = info.context["cases"].report
    return await _answered(info, report, case, input.category, input.text, input.grid_code)


def _mutation(name: str) -> Any:
    before, after, kind = Given[name]

    async def take(info: strawberry.Info, input: Any) -> Payload:  # noqa: A002
        said = getattr(input, "result", None) or input.note or ""
        return await _answered(info, info.context["cases"].take, UUID(input.case_id), before, after, said)

    take.__name__ = name
    take.__annotations__ = {"info": strawberry.Info, "input": Annotated[kind, strawberry.argument()],
                            "return": Payload}  # fmt: skip
    return strawberry.mutation(resolver=take, name=name)


@strawberry.type
class Query:
    @strawberry.field
    def ready(self) -> bool:
        return True


def make_app(secret: str) -> Starlette:
    fields = {"report_case": strawberry.mutation(resolver=_report, name="reportCase")}
    fields |= {name: _mutation(name) for name in Given}
    schema = strawberry.Schema(Query, strawberry.type(type("Mutation", (), fields)))
    cases, threads = Cases(), ThreadPoolExecutor(THREADS)

    class Server(GraphQL[Any, Any]):
        async def get_context(self, request: Any, response: Any) -> Any:
            token = request.headers.get("authorization", "")[7:]
            known = jwt.decode(token, secret, algorithms=["HS256"], audience="chuishao") if token else {}
            return {"actor": known.get("sub", "anonymous"), "cases": cases, "threads": threads}

    return Starlette(routes=[Route("/graphql", Server(schema))])


if __name__ == "__main__":
    uvicorn.run(make_app(sys.argv[2]), port=int(sys.argv[1]), log_level="warning", access_log=False)
