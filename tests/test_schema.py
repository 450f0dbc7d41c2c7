"""The schema as it is committed and described, and the example operations, each executed."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    OperationDefinitionNode,
    parse,
    specified_scalar_types,
)

from chuishao.commands import cases, grids, whistles
from chuishao.commands.catalogue import COMMANDS
from chuishao.domain.actor import Actor
from chuishao.domain.catalogue import EVENT_TYPES
from chuishao.domain.vocabulary import Role
from chuishao.eventlog.connection import open_pool
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.sealer import seal
from chuishao.graphql.endpoint.execution import Engine, GraphQLRequest
from chuishao.graphql.inputs import mutation_name
from chuishao.graphql.schema import operations, schema, sdl
from chuishao.service.keys import seal_key
from tests.conftest import copy_of_template
from tests.mechanisms.steps import OPERATIONS as OF_MECHANISMS
from tests.mechanisms.steps import WITHHELD, live
from tests.mechanisms.steps import identifiers as known_ids
from tests.served import AUDITOR, Client, Served, served
from tests.steps import MUTATIONS as ACCEPTED
from tests.steps import accepted, assessed, released, verified
from tests.town import COMMUNITY, GRID, KEY, Town, make_town

OPERATIONS = operations()
AUDIENCES = {"frontend": "# For frontend teams: ", "auditor": "# For auditors: "}
AUDIENCES |= {"integrator": "# For integrators: ", "administrator": "# For administrators: "}
built = schema._schema


# The schema


def test_the_committed_schema_is_the_one_that_is_served() -> None:
    committed = Path(__file__).parents[1] / "graphql" / "schema.graphql"

    assert committed.read_text(encoding="utf-8") == sdl(), "run `make schema`"


def described() -> Iterator[tuple[str, str | None]]:
    """Everything in the schema that can have a description, with it."""
    for name, kind in built.type_map.items():
        if name.startswith("__"):
            continue
        yield name, kind.description
        if isinstance(kind, GraphQLEnumType):
            for value, member in kind.values.items():
                yield f"{name}.{value}", member.description
        if isinstance(kind, GraphQLInputObjectType):
            for field, given in kind.fields.items():
                yield f"{name}.{field}", given.description
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for field, shown in kind.fields.items():
                yield f"{name}.{field}", shown.description
                for argument, taken in shown.args.items():
                    yield f"{name}.{field}({argument})", taken.description


def test_every_type_field_argument_input_field_and_enum_value_is_described() -> None:
    everything = dict(described())

    assert [name for name, description in everything.items() if not (description or "").strip()] == []
    assert len(everything) > 600


def test_every_description_of_ours_names_the_chinese_term_too() -> None:
    ours = {name: said for name, said in described() if name not in specified_scalar_types}

    assert [name for name, said in ours.items() if not re.search("[\u4e00-\u9fff]", said or "")] == []
    assert [name for name, said in ours.items() if not re.search("[A-Za-z]", said or "")] == []


@pytest.mark.parametrize("name", ["EventActor", "PersonalText", "Tally"])
def test_the_committed_schema_says_to_linters_why_a_type_has_no_identifier(name: str) -> None:
    before, _, _ = sdl().partition(f"\ntype {name} ")
    comment = before.rpartition("\n")[2]

    assert comment.startswith("# eslint-disable-next-line @graphql-eslint/strict-id-in-types -- ")


def test_whatever_has_an_identifier_says_so_by_a_stable_one() -> None:
    without = {
        name
        for name, kind in built.type_map.items()
        if isinstance(kind, GraphQLObjectType)
        and not name.startswith("__")
        and not name.endswith(("Connection", "Edge", "Payload", "Error", "PageInfo"))
        and str(getattr(kind.fields.get("id"), "type", None)) != "ID!"
    }

    assert without == {"EventActor", "PersonalText", "Tally", "Query", "Mutation", "Subscription"}


def test_every_command_has_its_mutation_and_there_is_no_other() -> None:
    assert built.mutation_type is not None
    assert list(built.mutation_type.fields) == [mutation_name(command) for command in COMMANDS]


def test_every_mutation_takes_one_input_and_answers_a_thing_a_position_and_errors() -> None:
    assert built.mutation_type is not None
    for command in COMMANDS:
        field = built.mutation_type.fields[mutation_name(command)]
        assert str(field.args["input"].type) == f"{command.__name__}Input!"
        payload: Any = field.type.of_type
        expected = {command.thing, "unread", "position", "errors"}
        assert set(payload.fields) - {"secret"} == expected, command
        assert str(payload.fields["errors"].type) == "[UserError!]!"


def test_every_event_type_has_a_title_of_its_own() -> None:
    titles = {name: (event.__doc__ or "").split("\n")[0] for name, event in EVENT_TYPES.items()}

    assert [name for name, title in titles.items() if not title.endswith(".")] == []
    assert len(set(titles.values())) == len(titles)


# The example operations


def root_fields(text: str) -> set[str]:
    """The root fields that a document asks for."""
    return {
        field.name.value
        for definition in parse(text).definitions
        if isinstance(definition, OperationDefinitionNode)
        for field in definition.selection_set.selections
        if isinstance(field, FieldNode)
    }


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_says_for_whom_and_what_for(name: str) -> None:
    audience, _, what = name.partition("_")

    assert what
    first = OPERATIONS[name].split("\n")[0]
    assert first.startswith(AUDIENCES[audience])
    assert first.endswith(".")


def test_there_is_an_operation_for_every_query_case_and_whistle_mutation_and_subscription() -> None:
    assert built.query_type and built.subscription_type
    handling = {mutation_name(c) for c in COMMANDS if c.__module__.endswith((".cases", ".whistles"))}
    wanted = set(built.query_type.fields) | handling | set(built.subscription_type.fields)

    assert wanted - set[str]().union(*map(root_fields, OPERATIONS.values())) == set()


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_is_valid_and_within_the_limits(name: str) -> None:
    Engine(schema).prepare(GraphQLRequest(OPERATIONS[name]))


@pytest.fixture(scope="module")
async def database(template: str) -> str:
    """One database for all operations."""
    return await copy_of_template(template)


@pytest.fixture(scope="module")
async def town(database: str) -> AsyncIterator[Town]:
    """A town that all operations share, with cases and a whistle."""
    pool = await open_pool(database, size=8)
    made = await make_town(EventLog(pool))
    _, whistle = await made.whistled()
    made.clock.advance(minutes=5)
    signing = whistles.SignSummons(whistle_id=whistle, department_id=made.departments[0])
    await made.do(signing, made.officer(0))
    await made.close(await made.assigned())
    case, whistle = await made.whistled(departments=1)
    await released(made, whistle)
    await verified(made, case)
    await made.do(cases.CloseCase(case_id=case), made.community_staff)
    await made.assigned()
    await made.do(grids.PublishContact(worker_id=made.workers[GRID], contact="公示栏 001"))
    await live(made)
    await seal(made.log, seal_key(KEY))
    yield made
    await pool.close()


@pytest.fixture(scope="module")
async def serving(town: Town, database: str) -> AsyncIterator[Served]:
    """The application on the town's database."""
    assert town
    async with served(database) as running:
        yield running


MUTATIONS = {
    name: ACCEPTED[field]
    for name, text in OPERATIONS.items()
    for field in root_fields(text)
    if field in ACCEPTED
}


@pytest.mark.parametrize("name", MUTATIONS)
async def test_a_mutation_among_the_operations_is_accepted(name: str, town: Town, serving: Served) -> None:
    by, fields = await MUTATIONS[name](town)
    variables = {"input": {"commandId": str(uuid4())} | fields}

    ((_, payload),) = (await serving.client(by).read(OPERATIONS[name], **variables)).items()

    thing, *_ = payload
    assert payload["errors"] == []
    assert payload["position"] == await town.log.head()
    assert payload[thing] is not None


async def identifiers(town: Town) -> dict[str, str]:
    """An identifier of each kind of thing."""
    pool = town.log.pool
    return {
        "case": str(await pool.fetchval("SELECT id FROM cases.case_row LIMIT 1")),
        "whistle": str(await pool.fetchval("SELECT id FROM whistles.whistle LIMIT 1")),
        "worker": str(town.workers[GRID]),
        "department": str(town.departments[0]),
    } | await known_ids(town)


QUERIES: dict[str, Callable[[dict[str, str]], dict[str, Any]]] = {
    "frontend_case": lambda ids: {"id": ids["case"], "atLeast": 1},
    "auditor_prove_a_case": lambda ids: {"id": ids["case"]},
    "auditor_has_the_log_only_grown": lambda _: {"since": 1},
    "frontend_search_cases": lambda _: {"filter": {"place": COMMUNITY, "tier": ["ON_SPOT"]}, "first": 2},
    "frontend_grid_board": lambda _: {"code": GRID},
    "frontend_open_requests": lambda _: {"place": COMMUNITY},
    "frontend_workdays": lambda _: {"since": "2026-09-28", "until": "2026-10-11", "place": GRID},
    "frontend_worker_board": lambda ids: {"id": ids["worker"]},
    "frontend_whistle": lambda ids: {"id": ids["whistle"]},
    "frontend_whistle_board": lambda ids: {"filter": {"departmentId": ids["department"]}},
    "frontend_department": lambda ids: {"id": ids["department"]},
    "integrator_anything_by_id": lambda ids: {"id": ids["whistle"]},
    "integrator_read_log": lambda _: {"types": ["CaseReported"]},
} | OF_MECHANISMS
REGISTERS = {"care_ledger", "care_entry", "diary", "diary_entry", "looks"}
OF_REGISTERS = {name for name in OPERATIONS if name.partition("_")[2] in REGISTERS}
"""Operations that show nothing to machines."""
SUBSCRIPTIONS = {name for name in OPERATIONS if "subscription " in OPERATIONS[name]}


def test_every_operation_is_executed_below() -> None:
    without_variables = {name for name in OPERATIONS if needs_no_variables(name)}

    assert set(OPERATIONS) == set(MUTATIONS) | set(QUERIES) | SUBSCRIPTIONS | without_variables
    assert {
        "auditor_trace_a_case",
        "frontend_cases_of_a_grid",
        "integrator_follow_events",
    } <= without_variables


def needs_no_variables(name: str) -> bool:
    """Whether an operation works when it is pasted as it is."""
    (operation,) = parse(OPERATIONS[name]).definitions
    assert isinstance(operation, OperationDefinitionNode)
    return not any(
        str(variable.type.kind) == "non_null_type" and variable.default_value is None
        for variable in operation.variable_definitions or ()
    )


def assert_full(value: Any, path: str) -> None:
    """No list at the top of an answer is empty: the operation showed something."""
    assert value not in (None, []), path
    if isinstance(value, dict):
        for name in ("nodes", "edges"):
            if name in value:
                assert_full(value[name], f"{path}.{name}")


@pytest.mark.parametrize("name", sorted(set(OPERATIONS) - set(MUTATIONS) - SUBSCRIPTIONS))
@pytest.mark.parametrize("role", ["street", "auditor", "integrator"])
async def test_a_query_among_the_operations_shows_something_to_its_audiences(
    name: str, role: str, town: Town, serving: Served
) -> None:
    people = {
        "street": town.street_officer,
        "auditor": AUDITOR,
        "integrator": Actor("integrator-1", Role.INTEGRATOR, ""),
    }
    client = serving.client(people[role])
    head = await town.log.head()
    await client.read("query ($at: Position) { cases(first: 1, atLeast: $at) { nodes { id } } }", at=head)
    variables = QUERIES[name](await identifiers(town)) if name in QUERIES else {}

    for field, answer in (await client.read(OPERATIONS[name], **variables)).items():
        if role == "integrator" and (name in OF_REGISTERS or field in WITHHELD):
            assert not answer or answer["nodes"] == [], f"{name}: {field}"
        else:
            assert_full(answer, f"{name}: {field}")


async def test_an_operation_with_defaults_needs_no_variables(town: Town, serving: Served) -> None:
    client = serving.client(town.street_officer)
    for name in sorted(set(OPERATIONS) - set(MUTATIONS) - SUBSCRIPTIONS):
        if needs_no_variables(name):
            for field, answer in (await client.read(OPERATIONS[name])).items():
                assert_full(answer, f"{name}: {field}")


@pytest.mark.parametrize("name", sorted(SUBSCRIPTIONS))
async def test_a_subscription_among_the_operations_tells_what_comes(
    name: str, town: Town, serving: Served
) -> None:
    case = await town.report()
    await accepted(town, case)
    variables = {} if needs_no_variables(name) else {"caseId": str(case)}
    client: Client = serving.client(town.street_officer)
    async with client.socket() as socket:
        await socket.subscribe(OPERATIONS[name], **variables)
        heard = asyncio.create_task(socket.next())
        while not heard.done():  # the subscription begins at an unknown moment: something happens until then
            await assessed(town, case)
            await asyncio.wait([heard], timeout=0.05)
        ((_, event),) = (await heard).items()

    assert event["cursor"]
    assert event["type"] in EVENT_TYPES


async def test_an_operation_is_no_secret_to_the_explorer(serving: Served) -> None:
    page = await serving.http.get(f"http://{serving.base}/graphql", headers={"accept": "text/html"})

    for name in ("frontend_cases_of_a_grid", "auditor_trace_a_case", "integrator_follow_events"):
        assert OPERATIONS[name].split("\n")[0] in page.text
