"""Compiled mutations answer as the executor does, whatever is asked, refused or wrong."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest
from graphql import get_named_type, is_leaf_type

from chuishao.commands.execution import Executor
from chuishao.domain.actor import ANONYMOUS, Actor
from chuishao.domain.phrase import Language
from chuishao.domain.vocabulary import Role
from chuishao.eventlog.connection import Unavailable, open_pool
from chuishao.eventlog.feed import Feed
from chuishao.eventlog.log import EventLog
from chuishao.graphql.compiled.plan import plan
from chuishao.graphql.context import Context, Services
from chuishao.graphql.endpoint.execution import DataText, GraphQLRequest
from chuishao.graphql.endpoint.execution import Engine as GraphQLEngine
from chuishao.graphql.mutations import THINGS
from chuishao.graphql.schema import schema
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.engine import Engine
from tests.conftest import POPULATED, copy_of_template, drop
from tests.steps import MUTATIONS
from tests.town import GRID, KEY, Town, living_in

SHORT = "__typename at: position errors { code said: message path __typename }"
SHOWN = {
    "case": "id version number status open tier reportedAt",
    "whistle": "id kind status",
    "worker": "id label",
    "department": "id name",
    "division": "id code name",
    "grid": "id code households",
    "policy": "version",
    "erasure": "position type",
    "element": "id kind registeredAt",
    "careEntry": "id needs unmet",
    "diaryEntry": "id topic actor",
    "words": "look { id purpose } lines { words { text state } }",
    "zone": "id code powers { power }",
    "sector": "id code communities { since }",
    "office": "id tiers chart { name tier }",
    "gap": "id households remedy",
    "enclave": "id place remedy holder { code }",
    "powerExercise": "id power score adopted words { text state } whistles { number whistle { id } }",
    "fund": "id year left allocations { number returned community { code } }",
    "dutyList": "id standing items { number coreDuty name }",
    "burdenList": "id load tasks { number state department { id } }",
    "proposal": "id status verdict proposal { text state }",
}
UNREAD = "unread { code message }"


@dataclass
class Both:
    """Two engines on one schema: one that compiles mutations, and one that does not."""

    town: Town
    services: Services
    quick: GraphQLEngine = field(
        default_factory=lambda: GraphQLEngine(schema, planner=lambda d, o: plan(schema, d, o))
    )
    plain: GraphQLEngine = field(default_factory=lambda: GraphQLEngine(schema))

    async def answer(
        self, engine: GraphQLEngine, request: GraphQLRequest, by: Actor | None, language: Language = "en"
    ) -> tuple[Any, bool]:
        """The answer as a client reads it, and whether it was compiled."""
        context = Context(self.services, by or ANONYMOUS, language)
        result = await engine.execute(engine.prepare(request), request, context)
        compiled = isinstance(result.get("data"), DataText)
        if compiled:
            result = {**result, "data": json.loads(str(result["data"]))}
        return json.loads(json.dumps(result)), compiled

    async def same(
        self, document: str, given: Any, by: Actor | None, *, first: str = "quick", language: Language = "en"
    ) -> tuple[Any, bool]:
        """What both answer; the second of them finds the command recorded already."""
        request = GraphQLRequest(document, None, given)
        engines = [self.quick, self.plain] if first == "quick" else [self.plain, self.quick]
        found = {id(e): await self.answer(e, request, by, language) for e in engines}
        (quick, compiled), (plain, _) = found[id(self.quick)], found[id(self.plain)]
        assert [*quick] == [*plain] and without_incident(quick) == without_incident(plain), document
        assert json.dumps(quick.get("data")) == json.dumps(plain.get("data")), "in the same order"
        return quick, compiled


def without_incident(answer: Any) -> Any:
    """An answer but for the number under which an internal error is logged."""
    for error in answer.get("errors", ()):
        if error["extensions"]["code"] == "INTERNAL":
            error["extensions"].pop("id")
    return answer


@pytest.fixture(scope="module")
async def town(template: str, populated: Town) -> AsyncIterator[Town]:
    """The town in which all of it happens: each test prepares a moment of its own."""
    url = await copy_of_template(template, POPULATED)
    pool = await open_pool(url, size=8)
    yield living_in(populated, EventLog(pool))
    await pool.close()
    await drop(template, url)


@pytest.fixture(scope="module")
async def both(town: Town) -> AsyncIterator[Both]:
    """Both engines in a town whose read models follow."""
    feed = Feed(town.log)
    engine = Engine(feed, PROJECTIONS)
    await feed.start()
    engine.start()
    yield Both(town, Services(town.log, feed, engine, Executor(town.log, KEY)))
    await engine.stop()
    await feed.stop()


def document(name: str, selection: str) -> str:
    kind = f"{name[0].upper()}{name[1:]}Input"
    return f"mutation Do($input: {kind}!) {{ {name}(input: $input) {{ {selection} }} }}"


def thing_of(name: str) -> str:
    payload: Any = schema._schema.mutation_type.fields[name].type.of_type  # type: ignore[union-attr]
    return next(thing for thing in THINGS if thing in payload.fields)


def plain_fields(name: str, thing: str) -> str:
    """What a thing says of itself, where nothing else is chosen."""
    payload: Any = schema._schema.mutation_type.fields[name].type.of_type  # type: ignore[union-attr]
    fields = get_named_type(payload.fields[thing].type).fields
    leaves = [name for name, field in fields.items() if is_leaf_type(get_named_type(field.type))]
    return " ".join(name for name in leaves if not fields[name].args)


@pytest.mark.parametrize("first", ["quick", "plain"])
@pytest.mark.parametrize("name", MUTATIONS)
async def test_every_mutation_is_answered_the_same(both: Both, name: str, first: str) -> None:
    thing = thing_of(name)
    shown = SHOWN.get(thing) or plain_fields(name, thing)
    selections = [SHORT, f"{SHORT} shown: {thing} {{ {shown} }} {UNREAD}", f"{thing} {{ id }}"]
    for selection in selections:
        by, given = await MUTATIONS[name](both.town)
        variables = {"input": {"commandId": str(uuid4())} | given}
        answer, compiled = await both.same(document(name, selection), variables, by, first=first)
        assert answer["data"][name].get("errors", []) == [], answer
        assert compiled or "{ id }" in selection or "shown" in selection, selection
        nobody = Actor("auditor-9", Role.AUDITOR, "12")
        refused, _ = await both.same(
            document(name, selection), {"input": {"commandId": str(uuid4())} | given}, nobody, language="zh"
        )
        assert refused["data"][name].get("errors", [{}])[0].get("code", "FORBIDDEN") == "FORBIDDEN"


def wrong(given: dict[str, Any]) -> dict[str, Any]:
    """Inputs that are wrong in one way each, by what is wrong."""
    found: dict[str, Any] = {
        "nothing": {},
        "no object": {"input": 5},
        "null": {"input": None},
        "a list": {"input": [given]},
    }
    for name in given:
        rest = {other: value for other, value in given.items() if other != name}
        found[f"{name} left out"] = {"input": rest}
        for value in (None, 7, -1.5, True, "", "nonsense", [], ["a"], {}, {"a": 1}, "\0", 10**10, "x" * 5000):
            found[f"{name} is {str(value)[:20]!r}"] = {"input": rest | {name: value}}
    found["one too many"] = {"input": given | {"unheardOf": 1}}
    found["a variable too many"] = {"input": given, "other": 1}
    for name in ("expectedVersion", "occurredAt"):
        for value in (
            None,
            3,
            -1,
            "x",
            "2026-03-02",
            "2026-03-02T09:00:00+08:00",
            "1800-01-01T00:00:00Z",
            1.0,
        ):
            found[f"{name} is {value!r}"] = {"input": given | {name: value}}
    return found


@pytest.mark.parametrize("name", MUTATIONS)
async def test_whatever_is_wrong_with_an_input_is_told_the_same(both: Both, name: str) -> None:
    by, given = await MUTATIONS[name](both.town)
    compiled = 0
    for what, variables in wrong({"commandId": "no identifier"} | given).items():
        _, quick = await both.same(document(name, SHORT), variables, by)
        compiled += quick
        assert not quick or what, what
    assert compiled, "a value that is only refused is compiled, too"


REPORT = '{commandId: "%s", category: "01001", gridCode: "120101001001-G001", %s}'
TEXT = "($t: String!)"
LITERALS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "an object of literals": ("", r'text: "井盖\n", severity: MAJOR', {}),
    "an object with variables": (
        "($t: String!, $s: Severity!)",
        "text: $t, severity: $s",
        {"t": "灯", "s": "MINOR"},
    ),
    "a variable that is not given": ("($t: String!, $a: String)", "text: $t, address: $a", {"t": "灯"}),
    "a variable with a default": ('($t: String! = "路")', "text: $t", {}),
    "a wrong variable": (TEXT, "text: $t", {"t": 1}),
    "a needed variable left out": (TEXT, "text: $t", {}),
    "null and a time": ("", 'text: "路", address: null, occurredAt: "2026-03-02T01:00:30Z"', {}),
    "a number": ("", 'text: "路", expectedVersion: 0', {}),
}
NOT_COMPILED = {"a variable with a default", "a wrong variable", "a needed variable left out"}


@pytest.mark.parametrize("what", LITERALS)
async def test_literals_are_read_as_the_executor_does(both: Both, what: str) -> None:
    head, literal, variables = LITERALS[what]
    given = REPORT % (uuid4(), literal)
    text = f"mutation{head} {{ reportCase(input: {given}) {{ {SHORT} secret }} }}"
    _, compiled = await both.same(text, variables, both.town.resident)
    assert compiled is (what not in NOT_COMPILED)


SEVERAL = """
mutation Do($one: ReportCaseInput!, $two: AcceptCaseInput!, $three: AcceptCaseInput!) {
  __typename
  reportCase(input: $one) { ...Told }
  first: acceptCase(input: $two) { position errors { code } ... on AcceptCasePayload { __typename } }
  second: acceptCase(input: $three) { position errors { code ...Code } case { version } }
}
fragment Told on ReportCasePayload { position secret errors { code } }
fragment Code on UserError { message path }
"""


def several(town: Town) -> dict[str, Any]:
    report = {"commandId": str(uuid4()), "category": "01001", "text": "井盖", "gridCode": GRID}
    case = {"caseId": str(uuid5(UUID(report["commandId"]), ""))}
    return {
        "one": report,
        "two": case | {"commandId": str(uuid4())},
        "three": case | {"commandId": str(uuid4())},
    }


async def test_several_commands_are_carried_out_one_after_the_other(both: Both) -> None:
    answer, compiled = await both.same(SEVERAL, several(both.town), both.town.community_staff)
    assert compiled
    assert answer["data"]["first"]["errors"] == []
    assert answer["data"]["second"]["errors"][0]["code"] == "ILLEGAL_TRANSITION"


@pytest.mark.parametrize("error", [Unavailable("away"), RuntimeError("a mistake")])
@pytest.mark.parametrize("number", [0, 1, 2])
async def test_what_goes_wrong_is_told_by_the_executor_and_nothing_is_done_twice(
    both: Both, monkeypatch: pytest.MonkeyPatch, error: Exception, number: int
) -> None:
    given, sent = several(both.town), []
    execute = both.services.executor.execute

    async def failing(command: Any, envelope: Any) -> Any:
        sent.append(envelope.id)
        if envelope.id == UUID([*given.values()][number]["commandId"]):
            raise error
        return await execute(command, envelope)

    monkeypatch.setattr(both.services.executor, "execute", failing)
    answer, compiled = await both.same(SEVERAL, given, both.town.community_staff)
    assert answer["data"] is None and len(answer["errors"]) == 1 and not compiled
    ids = [UUID(value["commandId"]) for value in given.values()][: number + 1]
    assert sent == ids + ids, "once by each engine"


async def test_what_goes_wrong_in_reading_is_told_by_the_executor_and_nothing_is_done_twice(
    both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = []
    execute, given = both.services.executor.execute, several(both.town)["one"]

    async def counted(command: Any, envelope: Any) -> Any:
        sent.append(envelope.id)
        return await execute(command, envelope)

    async def failing(*_: Any, **__: Any) -> None:
        raise RuntimeError("a mistake")

    monkeypatch.setattr(both.services.executor, "execute", counted)
    monkeypatch.setattr(both.services.engine, "reach", failing)
    answer, compiled = await both.same(
        document("reportCase", f"{SHORT} case {{ id }}"), {"input": given}, None
    )
    assert answer["data"]["reportCase"]["case"] is None and not compiled
    assert len(sent) == 2


LEFT: dict[str, str] = {
    "what is not a column": "case { grid { name } }",
    "what is shown by a rule of its own": "case { assignee }",
    "a condition": "position @include(if: $yes)",
    "personal text": "case { text { text } }",
}


@pytest.mark.parametrize("what", LEFT)
async def test_what_it_does_not_understand_is_left_to_the_executor(both: Both, what: str) -> None:
    given = several(both.town)["one"]
    head = (
        "($input: ReportCaseInput!, $yes: Boolean!)" if "$yes" in LEFT[what] else "($input: ReportCaseInput!)"
    )
    text = f"mutation{head} {{ reportCase(input: $input) {{ {LEFT[what]} errors {{ code }} }} }}"
    answer, compiled = await both.same(text, {"input": given, "yes": True}, both.town.resident)
    assert not compiled and answer["data"]["reportCase"]["errors"] == []
