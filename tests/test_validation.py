"""The joined rules of validation find what the single ones find, in the same order."""

from __future__ import annotations

import random

import pytest
from graphql import GraphQLError, GraphQLSyntaxError, parse, specified_rules, validate
from hypothesis import given
from hypothesis import strategies as st

from chuishao.graphql.endpoint.validation import together
from chuishao.graphql.schema import operations, schema
from tests.malformed_documents import misfit, mutated

GRAPH = schema._schema
ONE = [together(specified_rules)]


def said(errors: list[GraphQLError]) -> list[tuple[str, object]]:
    """What the errors say, and where."""
    return [(error.message, error.locations) for error in errors]


def require_the_same(text: str) -> list[GraphQLError]:
    """Hold the joined rules against the single ones; give what they find."""
    document = parse(text, max_lexical_tokens=4_000)
    single = validate(GRAPH, document, specified_rules)
    assert said(validate(GRAPH, document, ONE)) == said(single)
    return single


@given(st.integers(0, 2**32))
def test_a_mutated_document_has_the_same_errors(seed: int) -> None:
    dice = random.Random(seed)
    request = dice.choice((mutated, misfit))(dice)
    try:
        require_the_same(request["query"])
    except GraphQLSyntaxError:
        return


@pytest.mark.parametrize("text", operations().values(), ids=operations().keys())
def test_an_example_has_none(text: str) -> None:
    assert require_the_same(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "type Query { a: Int } { viewer { unheardOf } }",  # what is skipped, and what comes after it
        "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A } fragment C on Nobody { x }",
        "query A($a: Int, $a: Int) { viewer(x: $b) @skip(if: 1) { id(a: 1) } } query A { terms }",
        "{ cases(first: 1, first: 2, nobody: 3) { nodes { id: number id number { x } } } }",
        "{ viewer { id } viewer { id: role } ... on Case { id } }",
    ],
)
def test_rules_that_look_away_and_look_again_find_the_same(text: str) -> None:
    assert require_the_same(text)
