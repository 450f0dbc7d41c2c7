"""The schema as it is committed and described, and the example operations, each executed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    OperationDefinitionNode,
    parse,
)

from chuishao.commands import cases, grids, whistles
from chuishao.commands.catalogue import COMMANDS
from chuishao.commands.secret import secret_of
from chuishao.domain.actor import Actor
from chuishao.domain.catalogue import EVENT_TYPES
from chuishao.domain.vocabulary import LinkageMechanism, Severity, Tier
from chuishao.eventlog.connection import open_pool
from chuishao.eventlog.log import EventLog
from chuishao.graphql.execution import Engine, GraphQLRequest
from chuishao.graphql.inputs import mutation_name
from chuishao.graphql.schema import operations, schema, sdl
from tests.conftest import copy_of_template
from tests.served import AUDITOR, Client, Served, served
from tests.town import COMMUNITY, GRID, KEY, OTHER_COMMUNITY, THIRD_GRID, Town, make_town

OPERATIONS = operations()
AUDIENCES = {"frontend": "# For frontend teams: ", "auditor": "# For auditors: "}
AUDIENCES["integrator"] = "# For integrators: "
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


def test_every_command_has_its_mutation_and_there_is_no_other() -> None:
    assert built.mutation_type is not None
    assert list(built.mutation_type.fields) == [mutation_name(command) for command in COMMANDS]


def test_every_mutation_takes_one_input_and_answers_a_thing_a_position_and_errors() -> None:
    assert built.mutation_type is not None
    for command in COMMANDS:
        field = built.mutation_type.fields[mutation_name(command)]
        assert str(field.args["input"].type) == f"{command.__name__}Input!"
        payload: Any = field.type.of_type
        expected = {command.thing, "position", "errors"}
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
    yield made
    await pool.close()


@pytest.fixture(scope="module")
async def serving(town: Town, database: str) -> AsyncIterator[Served]:
    """The application on the town's database."""
    assert town
    async with served(database) as running:
        yield running


Prepared = tuple[Actor | None, dict[str, Any]]
Prepare = Callable[[Town], Awaitable[Prepared]]


def on_a_case(by: str, at: Tier | None = Tier.ON_SPOT, **fields: Any) -> Prepare:
    """A step of a case that is assigned to a tier, or only reported where `at` is None."""

    async def prepare(town: Town) -> Prepared:
        case = await town.assigned(at) if at else await town.report()
        return actor(town, by), {"caseId": str(case)} | fields

    return prepare


def after(*steps: Callable[[Town, UUID], Awaitable[object]], by: str, **fields: Any) -> Prepare:
    """A step of a case on which other steps were taken since its report."""

    async def prepare(town: Town) -> Prepared:
        case = await town.report()
        for step in steps:
            await step(town, case)
        return actor(town, by), {"caseId": str(case)} | fields

    return prepare


def on_a_whistle(
    by: str, *steps: Callable[[Town, UUID], Awaitable[object]], linkage: str = "RAPID_SERVICE", **fields: Any
) -> Prepare:
    """A step of a whistle on which other steps were taken since it was blown."""

    async def prepare(town: Town) -> Prepared:
        _, whistle = await town.whistled(LinkageMechanism(linkage), departments=1)
        for step in steps:
            await step(town, whistle)
        given = {
            name: str(town.departments[value]) if name == "departmentId" else value
            for name, value in fields.items()
        }
        return actor(town, by), {"whistleId": str(whistle)} | given

    return prepare


def actor(town: Town, name: str) -> Actor:
    """Somebody of the town by the name of their part."""
    found = getattr(town, name)
    return found() if callable(found) else found  # type: ignore[no-any-return]


async def accepted(town: Town, case: UUID) -> None:
    await town.do(cases.AcceptCase(case_id=case), town.community_staff)


async def assessed(town: Town, case: UUID) -> None:
    command = cases.AssessCase(case_id=case, severity=Severity.MINOR)
    await town.do(command, town.community_staff)


async def assigned(town: Town, case: UUID) -> None:
    await town.do(cases.AssignCase(case_id=case, tier=Tier.ON_SPOT), town.community_staff)


async def resolved(town: Town, case: UUID) -> None:
    await town.do(cases.ResolveOnSpot(case_id=case, result="已处理"), town.worker())


async def verified(town: Town, case: UUID) -> None:
    await town.do(cases.VerifyCase(case_id=case, passed=True), town.community_staff)


async def merged(town: Town, case: UUID) -> None:
    merge = cases.MergeCase(case_id=case, into_id=await town.report())
    await town.do(merge, town.community_staff)


async def checked_in(town: Town, whistle: UUID) -> None:
    command = whistles.CheckIn(whistle_id=whistle, department_id=town.departments[0])
    await town.do(command, town.officer(0))


async def answered(town: Town, whistle: UUID) -> None:
    await checked_in(town, whistle)
    command = whistles.AnswerSummons(whistle_id=whistle, department_id=town.departments[0], result="已到场")
    await town.do(command, town.officer(0))


async def released(town: Town, whistle: UUID) -> None:
    await answered(town, whistle)
    await town.do(whistles.ResolveWhistle(whistle_id=whistle, result="联动办结"), town.street_officer)


async def met(town: Town, whistle: UUID) -> None:
    meeting = whistles.OpenOnSiteMeeting(whistle_id=whistle, items=["清理路面"])
    await town.do(meeting, town.street_officer)


async def settled(town: Town, whistle: UUID) -> None:
    await town.do(whistles.SettleOnSiteItem(whistle_id=whistle, item=1), town.street_officer)


async def report(_town: Town) -> Prepared:
    return None, {"category": "01001", "text": "井盖丢失", "gridCode": GRID}


async def rate(town: Town) -> Prepared:
    case = await town.report()
    for step in (accepted, assessed, assigned, resolved, verified):
        await step(town, case)
    rating = {"answered": True, "solved": True, "satisfied": 5, "secret": secret_of(KEY, case)}
    return None, {"caseId": str(case)} | rating


async def joining(town: Town, field: str) -> Prepared:
    return town.community_staff, {"caseId": str(await town.report()), field: str(await town.report())}


async def blow(town: Town) -> Prepared:
    case = await town.assigned(Tier.MULTI_UNIT)
    called = {"kind": "ROUTINE", "linkage": "RAPID_SERVICE", "departmentIds": [str(town.departments[0])]}
    return town.street_officer, {"caseId": str(case), "grounds": "需要部门联动"} | called


MUTATIONS: dict[str, Prepare] = {
    "frontend_report_case": report,
    "frontend_accept_case": on_a_case("community_staff", None),
    "frontend_refuse_case": on_a_case("community_staff", None, reason="不属受理范围"),
    "frontend_assess_case": after(accepted, by="community_staff", severity="MINOR"),
    "frontend_assign_case": after(accepted, assessed, by="community_staff", tier="ON_SPOT"),
    "frontend_transfer_case": on_a_case(
        "street_officer", communityCode=OTHER_COMMUNITY, gridCode=THIRD_GRID, reason="位置有误"
    ),
    "frontend_escalate_case": on_a_case("worker", tier="GRID_LEADER", reason="现场无法解决"),
    "frontend_return_case": on_a_case("worker", reason="须重新交办"),
    "frontend_resolve_on_spot": on_a_case("worker", result="已处理"),
    "frontend_resolve_case": on_a_case("grid_leader", Tier.GRID_LEADER, result="已处理"),
    "frontend_verify_case": after(
        accepted, assessed, assigned, resolved, by="community_staff", passed=True, note="现场已恢复"
    ),
    "frontend_rate_case": rate,
    "frontend_close_case": after(
        accepted, assessed, assigned, resolved, verified, by="community_staff", note=None
    ),
    "frontend_reopen_case": after(
        accepted, assessed, assigned, resolved, verified, by="resident", reason="问题复发"
    ),
    "frontend_mark_duplicate": lambda town: joining(town, "ofId"),
    "frontend_merge_case": lambda town: joining(town, "intoId"),
    "frontend_undo_merge": after(merged, by="community_staff", reason="并非同一事项"),
    "frontend_split_case": on_a_case(
        "community_staff", parts=[{"text": "井盖"}, {"text": "路灯", "category": "01003", "gridCode": GRID}]
    ),
    "frontend_blow_whistle": blow,
    "frontend_summon_department": on_a_whistle("street_officer", departmentId=1),
    "frontend_sign_summons": on_a_whistle("officer", departmentId=0),
    "frontend_check_in": on_a_whistle("officer", departmentId=0),
    "frontend_refuse_summons": on_a_whistle("officer", departmentId=0, reason="不属本部门职责"),
    "integrator_record_missed_check_in": on_a_whistle("street_officer", departmentId=0),
    "frontend_answer_summons": on_a_whistle("officer", checked_in, departmentId=0, result="已处置"),
    "frontend_rate_department": on_a_whistle("street_officer", answered, departmentId=0, score=5),
    "frontend_open_on_site_meeting": on_a_whistle(
        "street_officer", linkage="LAST_MILE", items=["清理路面", "恢复照明"]
    ),
    "frontend_settle_on_site_item": on_a_whistle("street_officer", met, linkage="LAST_MILE", item=1),
    "frontend_close_on_site_meeting": on_a_whistle("street_officer", met, settled, linkage="LAST_MILE"),
    "frontend_resolve_whistle": on_a_whistle("street_officer", answered, result="联动办结"),
    "frontend_withdraw_whistle": on_a_whistle("street_officer", reason="社区可自行处置"),
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
    }


QUERIES: dict[str, Callable[[dict[str, str]], dict[str, Any]]] = {
    "frontend_case": lambda ids: {"id": ids["case"], "atLeast": 1},
    "frontend_search_cases": lambda _: {"filter": {"place": COMMUNITY, "tier": ["ON_SPOT"]}, "first": 2},
    "frontend_grid_board": lambda _: {"code": GRID},
    "frontend_worker_board": lambda ids: {"id": ids["worker"]},
    "frontend_whistle": lambda ids: {"id": ids["whistle"]},
    "frontend_whistle_board": lambda ids: {"filter": {"departmentId": ids["department"]}},
    "frontend_department": lambda ids: {"id": ids["department"]},
    "integrator_anything_by_id": lambda ids: {"id": ids["whistle"]},
    "integrator_read_log": lambda _: {"types": ["CaseReported"]},
}
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
@pytest.mark.parametrize("role", ["street", "auditor", "nobody"])
async def test_a_query_among_the_operations_shows_something_to_everybody(
    name: str, role: str, town: Town, serving: Served
) -> None:
    people = {"street": town.street_officer, "auditor": AUDITOR, "nobody": None}
    client = serving.client(people[role])
    head = await town.log.head()
    await client.read("query ($at: Position) { cases(first: 1, atLeast: $at) { nodes { id } } }", at=head)
    variables = QUERIES[name](await identifiers(town)) if name in QUERIES else {}

    for field, answer in (await client.read(OPERATIONS[name], **variables)).items():
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
