"""Schemathesis asks what the schema allows and what it does not: the answers are what the schema promises."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from graphql import GraphQLResolveInfo, IntValueNode, ObjectValueNode, build_schema, execute_sync, parse
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from chuishao.domain.actor import Actor
from chuishao.graphql.endpoint.failures import FAILURES
from chuishao.graphql.enums import refusals
from tests.clients.conftest import Place
from tests.clients.installation import ROOT
from tests.served import token

SCHEMA = build_schema((ROOT / "graphql" / "schema.graphql").read_text(encoding="utf-8"))
CODES = {*FAILURES, *(refusal.code for refusal in refusals())} - {"INTERNAL", "UNAVAILABLE"}
"""The codes that errors may have: a fault of the server is not among them."""

EXAMPLES = {GenerationMode.POSITIVE: 3, GenerationMode.NEGATIVE: 1}
"""How often each query and mutation is asked: as the schema allows, and otherwise."""

schemathesis.graphql.scalar("JSON", st.just(ObjectValueNode(fields=())))
schemathesis.graphql.scalar("Position", st.integers(0, 9).map(lambda number: IntValueNode(value=str(number))))


def answered(source: Any, info: GraphQLResolveInfo[Any], **_: Any) -> Any:
    """What an answer has at the place of a field."""
    return source[info.path.key]


def assert_promised(document: str, answer: Any) -> None:
    """The data are what the schema says of this document, and the errors have codes that are written down."""
    codes = {error["extensions"]["code"] for error in answer.json().get("errors", ())}
    assert codes <= CODES, (document, answer.text)
    assert answer.status_code < 500, (document, answer.text)
    if answer.json().get("data") is not None:
        repeated = execute_sync(SCHEMA, parse(document), answer.json()["data"], field_resolver=answered)
        assert repeated.errors is None, (document, answer.text)


def ask_everything(place: Place, actor: Actor | None) -> Counter[str]:
    """Ask every query and mutation a few times; give how often each outcome was met."""
    met: Counter[str] = Counter()
    headers = {"authorization": f"Bearer {token(actor)}"} if actor else {}
    schema = schemathesis.graphql.from_url(place.http)
    for found in schema.get_all_operations():
        operation = found.ok()
        for mode, examples in EXAMPLES.items():

            @settings(
                max_examples=examples,
                derandomize=True,
                database=None,
                deadline=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(operation.as_strategy(generation_mode=mode))
            def ask(case: Any) -> None:
                answer = case.call(headers=headers)
                assert_promised(case.body, answer)
                met["refused" if "errors" in answer.json() else "answered"] += 1

            ask()
    return met


@pytest.mark.parametrize("who", ["street officer", "nobody"])
async def test_every_answer_is_one_that_the_schema_promises(
    place: Place, who: str, record_property: Callable[[str, object], None]
) -> None:
    actor = place.town.street_officer if who == "street officer" else None
    await place.town.whistled()
    await place.caught_up()

    met = await asyncio.to_thread(ask_everything, place, actor)

    record_property("schemathesis", f"as {who} {met.total()} cases: {dict(met)}")
    assert met.total() > 200
    assert min(met["answered"], met["refused"]) > 20
