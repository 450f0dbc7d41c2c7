"""The whole matrix of permissions, with real tokens: every mutation and every field, by every role, in the
scope and outside of it. `pytest tests/test_permissions.py -s` prints how many pairs were allowed and denied.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID, uuid4

import pytest
from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

from chuishao.commands import cases, grids, requests, whistles
from chuishao.commands.catalogue import COMMANDS
from chuishao.commands.secret import secret_of
from chuishao.domain.actor import Actor
from chuishao.domain.sight import SHOWN, Reading
from chuishao.domain.vocabulary import LinkageMechanism, Role, Severity, Tier, WhistleKind
from chuishao.eventlog.connection import open_pool
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.sealer import seal
from chuishao.graphql import permissions
from chuishao.graphql.inputs import mutation_name
from chuishao.graphql.schema import schema
from chuishao.service.keys import seal_key
from tests.conftest import copy_of_template
from tests.mechanisms.steps import LEADING, ROOTS, identifiers, live
from tests.mechanisms.steps import OF_ITS_OWN as OF_MECHANISMS
from tests.served import AUDITOR, Client, Served, mutation, served
from tests.steps import MUTATIONS, on_a_case
from tests.town import COMMUNITY, GRID, KEY, STREET, Town, make_town

ELSEWHERE = "310101001"
MAY_SEND = permissions.mutations()
REPORTER = Actor("resident-1", Role.RESIDENT, "")
pairs: Counter[str] = Counter()
"""How many pairs were allowed and denied, by what was asked."""


@pytest.fixture(scope="module")
async def database(template: str) -> str:
    """A database for the whole matrix."""
    return await copy_of_template(template)


@pytest.fixture(scope="module")
async def town(database: str) -> AsyncIterator[Town]:
    """The town that everybody reads and acts in."""
    pool = await open_pool(database, size=4)
    yield await make_town(EventLog(pool))
    await pool.close()


@pytest.fixture(scope="module", autouse=True)
def told() -> Iterator[None]:
    """Print the figures at the end."""
    yield
    print("\n" + ", ".join(f"{what}: {number:,}" for what, number in sorted(pairs.items())))  # noqa: T201


@pytest.fixture(scope="module")
async def serving(town: Town, database: str) -> AsyncIterator[Served]:
    """The application on the town."""
    assert town
    async with served(database) as running:
        yield running


def inside(role: Role, town: Town) -> Actor:
    """Somebody of a role whom everything in the town concerns."""
    match role:
        case Role.RESIDENT:
            return REPORTER
        case Role.STREET_OFFICER:
            return Actor("street-officer-9", role, STREET)
        case Role.DEPARTMENT_OFFICER:
            return Actor("officer-9", role, "120101", town.departments[0])
    return Actor(f"{role.value.lower()}-9", role, "")


def outside(role: Role) -> Actor:
    """Somebody of a role whom nothing in the town concerns."""
    match role:
        case Role.RESIDENT:
            return Actor("resident-9", role, "")
        case Role.DEPARTMENT_OFFICER:
            return Actor("officer-8", role, "120101", uuid4())
    return Actor(f"{role.value.lower()}-8", role, ELSEWHERE)


# Mutations


OF_ITS_OWN = {
    ("resolveCase", Role.STREET_OFFICER): on_a_case("street_officer", Tier.MULTI_UNIT, result="已处理"),
    **OF_MECHANISMS,
}
"""Moments for a role that settles cases at another tier than those in tests/steps.py."""


async def answered(client: Client, name: str, given: dict[str, Any]) -> list[str]:
    """The codes with which a mutation is refused; none where it is accepted."""
    payload = (await client.read(mutation(name), input={"commandId": str(uuid4())} | given))[name]
    assert (payload["position"] is None) is bool(payload["errors"])
    return [error["code"] for error in payload["errors"]]


@pytest.mark.parametrize("name", MAY_SEND)
async def test_a_mutation_is_accepted_from_its_roles_alone_and_in_their_scope_alone(
    name: str, town: Town, serving: Served
) -> None:
    _, given = await MUTATIONS[name](town)
    unproved = {field: value for field, value in given.items() if field != "secret"}
    head = await town.log.head()

    for role in Role:
        if role not in MAY_SEND[name]:
            assert await answered(serving.client(inside(role, town)), name, given) == ["FORBIDDEN"], role
            pairs["mutations denied by role"] += 1
        elif (name, role) != ("reportCase", Role.RESIDENT):  # a resident reports anywhere
            (code,) = await answered(serving.client(outside(role)), name, unproved)
            assert code in ("OUT_OF_SCOPE", "FORBIDDEN", "BAD_SECRET"), role
            pairs["mutations denied by scope"] += 1
    if Role.RESIDENT not in MAY_SEND[name]:
        (code,) = await answered(serving.client(), name, given)
        assert code in ("FORBIDDEN", "OUT_OF_SCOPE")
        pairs["mutations denied without a token"] += 1
    assert await town.log.head() == head

    for role in Role:
        if role in MAY_SEND[name]:
            by, prepare = inside(role, town), OF_ITS_OWN.get((name, role), MUTATIONS[name])
            sender, given = await prepare(town)
            if (name, role) in OF_ITS_OWN:
                assert sender is not None
                by = sender
            assert by.role is role
            assert await answered(serving.client(by), name, given) == [], role
            pairs["mutations allowed"] += 1


def test_every_command_is_in_the_matrix() -> None:
    assert {mutation_name(command) for command in COMMANDS} == set(MAY_SEND) == set(MUTATIONS)
    assert all(MAY_SEND.values())


# Fields


@dataclass(frozen=True)
class Known:
    """What the fields are read of: a case with everything that can be said, and what is published."""

    case: UUID
    whistle: UUID
    position: int
    ids: dict[str, str]
    """By the query of one thing, of what belongs to the mechanisms."""


@pytest.fixture(scope="module")
async def known(town: Town, serving: Served) -> Known:
    """A case reported by name, with remarks, a whistle, a meeting, and two others joined to it."""
    report = cases.ReportCase(
        category="01001",
        text="井盖丢失",
        grid_code=GRID,
        address="示例路 1 号",
        reporter_name="居民 001",
        reporter_phone="000-0001",
    )
    case = (await town.do(report, REPORTER)).id
    staff, street = town.community_staff, town.street_officer
    await town.do(cases.AcceptCase(case_id=case, note="已电话核实"), staff)
    for join in (cases.MarkDuplicate, cases.MergeCase):
        field = "of_id" if join is cases.MarkDuplicate else "into_id"
        await town.do(join(case_id=await town.report(), **{field: case}), staff)
    await town.do(cases.AssessCase(case_id=case, severity=Severity.MAJOR, note="须联动"), staff)
    assign = cases.AssignCase(case_id=case, tier=Tier.MULTI_UNIT, assignee=str(town.workers[GRID]))
    await town.do(assign, staff)
    await town.do(requests.RequestSuspension(case_id=case, reason="等待配件"), street)
    deny = requests.DecideRequest(case_id=case, granted=False, note="可先行处置")
    await town.do(deny, town.other_street_officer)
    blow = whistles.BlowWhistle(
        case_id=case,
        kind=WhistleKind.ROUTINE,
        linkage=LinkageMechanism.LAST_MILE,
        grounds="需要部门联动",
        department_ids=[town.departments[0]],
        lead_id=town.departments[0],
    )
    whistle = (await town.do(blow, street)).id
    await town.do(whistles.OpenOnSiteMeeting(whistle_id=whistle, items=["清理路面"]), street)
    of = {"whistle_id": whistle, "department_id": town.departments[0]}
    for step in (whistles.SignSummons(**of), whistles.CheckIn(**of)):
        await town.do(step, town.officer())
    await town.do(whistles.AnswerSummons(**of, result="已到场处置"), town.officer())
    await town.do(whistles.SettleOnSiteItem(whistle_id=whistle, item=1), street)
    await town.do(whistles.CloseOnSiteMeeting(whistle_id=whistle), street)
    await town.do(whistles.ResolveWhistle(whistle_id=whistle, result="联动办结"), street)
    await town.do(grids.PublishContact(worker_id=town.workers[GRID], contact="公示栏 001"))
    await live(town)
    head = await town.log.head()
    await seal(town.log, seal_key(KEY))
    await serving.client(AUDITOR).read(
        "query ($at: Position) { cases(first: 0, atLeast: $at) { nodes { id } } }", at=head
    )
    return Known(case, whistle, head, await identifiers(town))


def roots(known: Known, town: Town) -> dict[str, str]:
    """Where fields of the queries begin that need arguments, or that should show our case."""
    fixed = {
        "case": f'case(id: "{known.case}")',
        "whistle": f'whistle(id: "{known.whistle}")',
        "worker": f'worker(id: "{town.workers[GRID]}")',
        "grid": f'grid(code: "{GRID}")',
        "division": f'division(code: "{COMMUNITY}")',
        "department": f'department(id: "{town.departments[0]}")',
        "tally": f'tally(place: "{STREET}")',
        "consistency": "consistency(since: 1)",
        "workdays": 'workdays(since: "2026-03-02", until: "2026-03-03")',
    }
    singles = {name: f'{name}(id: "{id_}")' for name, id_ in known.ids.items()}
    return fixed | singles | {name: text % known.ids for name, text in ROOTS.items()}


@cache
def paths() -> dict[str, tuple[str, ...]]:
    """A way of fields from the queries to every type that shows something, the shortest one."""
    query = schema._schema.query_type
    assert query is not None
    wanted = {kind for kind, _, _ in permissions.fields()}
    found: dict[str, tuple[str, ...]] = {}
    waiting: list[tuple[GraphQLObjectType, tuple[str, ...]]] = [(query, ())]
    lists = {"node", "events", "cases", "whistles", "careEntries", "diaryEntries", "looks"}
    # one case says more than a list of any
    while waiting:
        kind, way = waiting.pop(0)
        for name, field in kind.fields.items():
            inner = get_named_type(field.type)
            steps = (*way, name)
            if steps[0] in lists or not isinstance(inner, GraphQLObjectType):
                continue
            if inner.name not in found and may_enter(field, way):
                found[inner.name] = steps
                waiting.append((inner, steps))
    return {kind: way for kind, way in found.items() if kind in wanted}


def may_enter(field: GraphQLField, way: tuple[str, ...]) -> bool:
    """Whether a field can be asked for as it is; queries that need arguments have theirs above."""
    required = any(is_required_argument(argument) for argument in field.args.values())
    return not (required and way)


def document(kind: str, known: Known, town: Town) -> str:
    """A query for every field of a type, on the way to it."""
    first, *rest = paths()[kind]
    begin = roots(known, town).get(first, first)
    definition = schema._schema.type_map[kind]
    assert isinstance(definition, GraphQLObjectType | GraphQLInterfaceType)
    asked = " ".join(
        f"{name} {selection(field)}"
        for name, field in definition.fields.items()
        if not any(is_required_argument(argument) for argument in field.args.values())
    )
    return "{ " + " { ".join([begin, *rest]) + " { " + asked + " }" * (len(rest) + 2)


def selection(field: GraphQLField) -> str:
    """What to select of a field so that one sees whether it is shown."""
    kind = get_named_type(field.type)
    if is_leaf_type(kind):
        return ""
    return "{ state text }" if kind.name == "PersonalText" else "{ __typename }"


def things(answer: Any, way: tuple[str, ...]) -> list[dict[str, Any]]:
    """The objects at the end of the way, through lists."""
    found = [answer]
    for step in way:
        found = [thing[step] for thing in found if thing is not None]
        found = [item for thing in found for item in (thing if isinstance(thing, list) else [thing])]
    return [thing for thing in found if thing is not None]


def appearances(found: list[dict[str, Any]], field: str) -> set[str]:
    """How a field shows itself over all the objects of a type."""
    return {appearance(thing[field]) for thing in found}


def appearance(value: Any) -> str:
    """Whether a value says something, hides something or is not there."""
    text = json.dumps(value, ensure_ascii=False)
    if '"MASKED"' in text:
        return "masked"
    return "nothing" if value in (None, [], {}) else "shown"


@pytest.mark.parametrize("kind", sorted(paths()))
async def test_a_field_is_shown_to_its_roles_alone(
    kind: str, known: Known, town: Town, serving: Served
) -> None:
    asked, way = document(kind, known, town), paths()[kind]
    everything = things(await serving.client(inside(Role.STREET_OFFICER, town)).read(asked), way)
    assert everything, asked
    stored = things(await serving.client(inside(Role.AUDITOR, town)).read(asked), way)

    for role in Role:
        found = things(await serving.client(inside(role, town)).read(asked), way)
        for name, rule in rules_of(kind):
            if (kind, name) in OF_THE_ASKER:
                continue
            full = appearances(stored if rule is Reading.STORED else everything, name)
            if (kind, name) in OF_A_REPORT:
                full = full - {"nothing"} if role not in SHOWN[Reading.WORDS] else full
            if (kind, name) == ("Event", "data") and role is Role.RESIDENT:
                full = full | {"masked"}  # remarks stay between those who handle the case
            if role in SHOWN[rule] and shown_here(kind, role, rule):
                assert appearances(found, name) == full, (role, name)
                pairs["fields shown"] += 1
            elif "shown" in full:
                assert appearances(found, name) != full, (role, name)
                pairs["fields masked"] += 1


def shown_here(kind: str, role: Role, rule: Reading) -> bool:
    """Whether a rule shows something of no case to a role: not to residents and departments."""
    of_case = permissions.RULES.get(kind) is Reading.CASE
    of_no_case = not of_case and rule is not Reading.PUBLISHED
    return not (of_no_case and role in (Role.RESIDENT, Role.DEPARTMENT_OFFICER))


@cache
def rules_of(kind: str) -> list[tuple[str, Reading]]:
    """The fields of a type, each with its rule; fields that lead to other cases depend on those."""
    return [
        (name, rule)
        for of, name, rule in permissions.fields()
        if of == kind and name not in ("joinedTo", "joinedCases", "splitFrom", "parts")
        if (of, name) not in LEADING
    ]


@pytest.mark.parametrize("kind", sorted(paths()))
async def test_who_does_not_see_the_case_sees_only_what_is_published(
    kind: str, known: Known, town: Town, serving: Served
) -> None:
    asked, way = document(kind, known, town), paths()[kind]
    everything = things(await serving.client(inside(Role.STREET_OFFICER, town)).read(asked), way)
    strangers: list[Actor | None] = [*(outside(role) for role in Role), None]

    for stranger in strangers:
        found = things(await serving.client(stranger).read(asked), way)
        if kind in permissions.RULES:
            assert found == [], stranger
            pairs["fields unseen"] += len(rules_of(kind))
            continue
        for name, rule in rules_of(kind):
            if rule is Reading.PUBLISHED and (kind, name) not in OF_THE_ASKER:
                assert appearances(found, name) == appearances(everything, name), (stranger, name)
                pairs["published fields shown to strangers"] += 1
            elif rule is not Reading.PUBLISHED:
                assert "shown" not in appearances(found, name), (stranger, name)
                pairs["fields masked to strangers"] += 1


OF_THE_ASKER = {("Viewer", "scope"), ("Viewer", "departmentId"), ("Case", "allowedSteps")}
"""Fields that say who asks, or what the asker may do."""
OF_A_REPORT = {("Event", "commandId"), ("Event", "causationId")}
"""Fields that, of what a resident sent, say nothing to those who read its words."""


async def test_the_secret_of_a_case_shows_that_case_alone(known: Known, town: Town, serving: Served) -> None:
    asked = "query ($id: ID!, $s: String) { case(id: $id, secret: $s) { id text { text state } } }"
    nobody = serving.client()
    other = await town.report()

    seen = await nobody.read(asked, id=str(known.case), s=secret_of(KEY, known.case))
    wrong = await nobody.fails(asked, id=str(other), s=secret_of(KEY, known.case))

    assert seen["case"]["text"] == {"text": "井盖丢失", "state": "SHOWN"}
    assert wrong["code"] == "BAD_SECRET"
    assert (await nobody.read("query ($id: ID!) { case(id: $id) { id } }", id=str(known.case)))[
        "case"
    ] is None
