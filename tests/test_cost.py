"""What an operation costs, and that nothing dearer than the limit is executed."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from graphql import get_introspection_query
from hypothesis import given
from hypothesis import strategies as st

from chuishao.graphql.endpoint import cost
from chuishao.graphql.endpoint.execution import Engine, GraphQLRequest
from chuishao.graphql.endpoint.limits import Limits
from chuishao.graphql.schema import operations, schema
from tests.conftest import copy_of_template
from tests.served import AUDITOR, Served, http_client, served
from tests.toy_server import ToyServer, toy_server

ENGINE = Engine(schema, limits=Limits(depth=100, tokens=100_000))


def cost_of(document: str, operation: str | None = None, /, **variables: Any) -> int:
    """What a document's operation costs with these variables."""
    found = ENGINE.prepare(GraphQLRequest(document, operation))
    return found.tariff.cost(found.definition, variables)


@pytest.mark.parametrize(
    ("document", "points"),
    [
        ("{ __typename }", 1),
        ("{ viewer { id role } }", 1),
        ("{ cases(first: 5) { nodes { id } } }", 1 + 5),
        ("{ cases(last: 5) { nodes { id } } }", 1 + 5),
        ("{ cases { nodes { id } } }", 1 + 20),
        ("{ cases(first: null) { nodes { id } } }", 1 + 20),
        ("{ cases(first: 0) { totalCount } }", 1 + 20),
        ("{ cases(first: 3) { edges { cursor node { id } } pageInfo { hasNextPage } } }", 2 + 3 * 2),
        ("{ cases(first: 3) { nodes { whistles { id } } } }", 1 + 3 * (1 + 10)),
        (
            "{ cases(first: 3) { nodes { whistles { summonses { state } } } } }",
            1 + 3 * (1 + 10 * (1 + 10)),
        ),
        ("{ events(first: 7) { case { id } } }", 7 * 2),
        ("{ categories { code } }", 10),
        ("{ a: cases(first: 2) { nodes { id } } b: cases(first: 4) { nodes { id } } }", 3 + 5),
        ("{ cases(first: 500) { nodes { id } } }", 1 + 100),
        ("{ cases(first: -5) { nodes { id } } }", 1),
        (get_introspection_query(), 100),
        ("subscription { events { case { id } } }", 1 + 1),
        ("{ cases(first: 9) { ...Page } } fragment Page on CaseConnection { nodes { id } }", 1 + 9),
        ("{ cases(first: 9) { ... { ... on CaseConnection { nodes { id } } } } }", 1 + 9),
        ("{ cases(first: 9) { nodes @skip(if: true) { id } } }", 1 + 9),
    ],
)
def test_an_operation_costs_its_objects_as_often_as_they_may_be_shown(document: str, points: int) -> None:
    assert cost_of(document) == points


def test_a_fragment_counts_by_the_page_that_it_is_spread_on() -> None:
    document = """query ($n: Int = 2, $m: Int) {
        few: cases(first: $n) { ...Page } many: cases(first: $m) { ...Page } }
        fragment Page on CaseConnection { nodes { id grid { code } } }"""

    assert cost_of(document) == (1 + 2 * 2) + (1 + 20 * 2)
    assert cost_of(document, n=1, m=100) == (1 + 1 * 2) + (1 + 100 * 2)
    assert cost_of(document, n=1.0, m=100.0) == cost_of(document, n=1, m=100)
    assert cost_of(document, n=None, m=0) == (1 + 20 * 2) + 1


@pytest.mark.parametrize("odd", ["many", True, 1.5, [], {}, 10**30, -(10**30)])
def test_a_page_size_that_will_be_refused_makes_no_cost_beyond_the_largest_page(odd: Any) -> None:
    assert 1 <= cost_of("query ($n: Int) { cases(first: $n) { nodes { id } } }", n=odd) <= 101


def test_each_operation_of_a_document_has_a_cost_of_its_own() -> None:
    document = "query A { cases(first: 2) { ...P } } query B { cases(first: 50) { ...P } }"
    document += " fragment P on CaseConnection { nodes { id } }"

    assert (cost_of(document, "A"), cost_of(document, "B"), cost_of(document, "A")) == (3, 51, 3)


def test_a_mutation_costs_ten_beside_its_answer() -> None:
    document = "mutation ($i: AcceptCaseInput!) { acceptCase(input: $i) { case { id } } }"

    assert cost_of(document) == 10 + 2


def test_fragments_forty_deep_are_counted_in_linear_time_as_they_are_written_out() -> None:
    levels = range(40)
    chain = "{ cases(first: 1) { nodes { ...F0 } } }"
    chain += "".join(f" fragment F{n} on Case {{ ...F{n + 1} }}" for n in levels)
    chain += " fragment F40 on Case { grid { code } }"
    started = time.perf_counter()

    assert cost_of(chain) == 3
    assert time.perf_counter() - started < 1


@given(st.integers(0, 100), st.integers(0, 100))
def test_what_is_remembered_of_a_cost_is_what_would_be_counted(first: int, second: int) -> None:
    document = """query ($a: Int, $b: Int) { cases(first: $a) { nodes { id } }
        whistles(last: $b) { nodes { summonses { id: state } } } }"""

    assert cost_of(document, a=first, b=second) == 1 + first + 1 + second * 11


@pytest.mark.parametrize("name", operations())
def test_an_example_costs_much_less_than_is_allowed(name: str) -> None:
    assert cost_of(operations()[name]) * 2 < Limits().cost


def test_the_documentation_names_the_figures() -> None:
    told = cost.__doc__ or ""
    assert (cost.LIST_ROWS, cost.MUTATION, cost.INTROSPECTION, cost.DEAR) == (10, 10, 100, {"totalCount": 20})
    assert "ten times" in told and "100 points" in told


# Over the transports


@pytest.fixture(scope="module")
def thrifty() -> Any:
    """A server on which one operation may cost nine points."""
    with toy_server(Limits(cost=9, rate=0)) as running:
        yield running


@pytest.mark.parametrize("accept", ["application/graphql-response+json", "application/json"])
async def test_what_costs_too_much_is_refused_with_both_figures(thrifty: ToyServer, accept: str) -> None:
    async with http_client(headers={"accept": accept}) as client:
        refusal = await client.post(thrifty.http, json={"query": "mutation { add(a: 1, b: 2) }"})
        answer = await client.post(thrifty.http, json={"query": "{ node { child { name } } }"})

    assert refusal.status_code == (400 if "response" in accept else 200)
    (error,) = refusal.json()["errors"]
    assert error["extensions"] == {"code": "LIMIT_EXCEEDED", "cost": 10, "limit": 9}
    assert error["message"].startswith("The operation costs 10 points; at most 9 are allowed.")
    assert answer.json()["extensions"]["cost"] == {"requested": 2, "limit": 9}


@pytest.fixture(scope="module")
async def serving(template: str) -> AsyncIterator[Served]:
    """The application, with nothing in it."""
    async with served(await copy_of_template(template)) as running:
        yield running


async def test_an_answer_says_what_it_cost_and_what_is_left(serving: Served) -> None:
    result = await serving.client(AUDITOR).send("{ cases(first: 4) { nodes { id } } }")

    told = result["extensions"]["cost"]
    assert (told["requested"], told["limit"]) == (5, Limits().cost)
    assert 0 < told["remaining"] < Limits().rate


async def test_lists_in_lists_are_refused_by_their_product(serving: Served) -> None:
    document = """query ($n: Int) { divisions(first: $n) { nodes { children { children { grids {
        worker { id } } } } } } }"""

    error = await serving.client(AUDITOR).fails(document, n=100)
    assert (error["code"], error["cost"]) == ("LIMIT_EXCEEDED", 1 + 100 * (1 + 10 * (1 + 10 * (1 + 10 * 2))))
    assert "errors" not in await serving.client(AUDITOR).send(document, {"n": 4})


@pytest.mark.parametrize("size", [101, -1])
async def test_a_page_beyond_the_largest_is_refused_through_variables_and_forty_fragments(
    serving: Served, size: int
) -> None:
    document = "query A { viewer { id } } query B($n: Int) { ...F0 }"
    document += "".join(f" fragment F{n} on Query {{ ...F{n + 1} }}" for n in range(40))
    document += " fragment F40 on Query { cases(first: $n) { nodes { id } } }"
    body = {"query": document, "operationName": "B", "variables": {"n": size}}

    headers = serving.client(AUDITOR).headers
    answer = await serving.http.post(f"http://{serving.base}/graphql", json=body, headers=headers)

    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] == "OUT_OF_RANGE"
    assert error["message"] == f"first is {size}; it must be from 0 to 100."
