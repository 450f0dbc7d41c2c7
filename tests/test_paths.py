"""A refusal leads to the field at fault: a bad value in every field of every mutation's input."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID, uuid4

import pytest

from chuishao.commands.catalogue import COMMANDS
from chuishao.commands.policies import default_policy
from chuishao.domain.term import Term
from chuishao.eventlog.connection import open_pool
from chuishao.eventlog.log import EventLog
from chuishao.graphql.inputs import mutation_name
from tests.conftest import copy_of_template
from tests.served import Served, mutation, served
from tests.steps import MUTATIONS
from tests.town import Town, make_town

LONG = "长" * 4001
UNSEEN = "\u200b\u2060 \u3164"
"""A text that is not empty and shows nothing."""
BY_NAME = {mutation_name(command): command for command in COMMANDS}
CODES = ("code", "category", "secret")


@pytest.fixture(scope="module")
async def peopled(template: str) -> str:
    return await copy_of_template(template)


@pytest.fixture(scope="module")
async def town(peopled: str) -> AsyncIterator[Town]:
    pool = await open_pool(peopled, size=8)
    yield await make_town(EventLog(pool))
    await pool.close()


@pytest.fixture(scope="module")
async def serving(town: Town, peopled: str) -> AsyncIterator[Served]:
    async with served(peopled) as running:
        yield running


GOOD: dict[str, dict[str, Any]] = {"adoptPolicy": {"days": [{"day": "2030-10-01", "works": False}]}}
"""What is good for a field that the example of a mutation leaves out."""


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def bad_values(kind: Any, name: str, good: Any) -> Iterator[tuple[Any, list[str]]]:
    """Values that a field must not have, each with the way from the field to what is wrong.

    `good` is a value that it may have, None where none is known; a part is bad in an otherwise good whole.
    """
    inner = [one for one in get_args(kind) if one is not type(None)]
    if name == "document":
        yield from bad_documents()
    elif get_origin(kind) in (Union, UnionType):
        (only,) = inner
        yield from bad_values_of(only, name, good, required=False)
    else:
        yield from bad_values_of(kind, name, good, required=True)


def bad_values_of(kind: Any, name: str, good: Any, *, required: bool) -> Iterator[tuple[Any, list[str]]]:
    if get_origin(kind) is list:
        (inner,) = get_args(kind)
        before, last = (good[:-1], good[-1]) if good else ([], None)
        for value, way in bad_values_of(inner, name.removesuffix("s"), last, required=True):
            yield [*before, value], [str(len(before)), *way]
    elif is_dataclass(kind):
        assert good is not None, f"nothing good is known for {name}"
        for field, hint in get_type_hints(kind).items():
            for value, way in bad_values(hint, field, good.get(camel(field))):
                yield good | {camel(field): value}, [camel(field), *way]
    else:
        yield from bad_values_of_plain(kind, name, required=required)


def bad_values_of_plain(kind: Any, name: str, *, required: bool) -> Iterator[tuple[Any, list[str]]]:
    if kind is UUID:
        yield from (("7", []), (str(uuid4()), []))
    elif kind in (date, datetime):
        yield "yesterday", []
    elif kind is int:
        yield -5, []
    elif kind is str and (name.endswith("_code") or name in CODES):
        yield from (("nonsense", []), ("999999999999-G999", []))
    elif kind is str:
        yield from ((LONG, []), ("\0", []))
        if required:
            yield from (("", []), (UNSEEN, []))
    else:
        assert kind is bool or issubclass(kind, Term), f"nothing bad is known for {name}"


def bad_documents() -> Iterator[tuple[Any, list[str]]]:
    policy = default_policy()
    first, *others = policy["limits"]
    yield {}, ["effectiveFrom"]
    yield policy | {"limits": [*others, first | {"amount": 0}]}, ["limits", str(len(others)), "amount"]
    yield policy | {"limits": [first | {"unit": "MOONS"}]}, ["limits", "0", "unit"]
    yield policy | {"calendar": policy["calendar"] | {"zone": "Mars"}}, ["calendar", "zone"]
    yield policy | {"categories": [{}]}, ["categories", "0", "group"]


@pytest.mark.parametrize("name", MUTATIONS)
async def test_a_bad_value_is_refused_with_the_way_to_its_field(
    name: str, town: Town, serving: Served
) -> None:
    by, given = await MUTATIONS[name](town)
    hints = get_type_hints(BY_NAME[name])
    document = mutation(name)
    bad = [
        ("commandId", "7", []),
        ("occurredAt", "yesterday", []),
        ("expectedVersion", 77, []),
        *(
            (camel(field.name), value, way)
            for field in fields(BY_NAME[name])
            for value, way in bad_values(
                hints[field.name], field.name, (given | GOOD.get(name, {})).get(camel(field.name))
            )
        ),
    ]
    for field, value, way in bad:
        if (name, way[-1:]) == ("screenCandidates", ["personId"]) and value != "7":
            continue  # whoever stands is on the paper roll, and need not be on a roster
        of_staff = field == "caseId" and name in ("rateCase", "reopenCase")  # no resident is told of a case
        sender = town.community_staff if of_staff else by
        client = serving.client(None if field == "secret" else sender)
        variables = {"input": {"commandId": str(uuid4())} | given | {field: value}}
        answer = (await client.post(document, variables)).json()
        (error,) = answer["data"][name]["errors"]
        assert error["path"] == [field, *way], (field, value, error)
