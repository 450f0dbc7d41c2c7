"""Identifiers and texts of the domain are what Python's own, slower ways give."""

from __future__ import annotations

import re
from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from chuishao.domain.division import Level, level_of
from chuishao.domain.event import storable
from chuishao.domain.identity import named, uuid_of_number
from chuishao.domain.refusal import BadCode, Refusal
from chuishao.graphql.inputs import read_id


@given(st.uuids(), st.text(st.characters(exclude_categories=["Cs"])))
def test_a_name_gives_the_uuid_that_the_library_gives(namespace: UUID, name: str) -> None:
    found = named(namespace, name)

    assert found == uuid5(namespace, name)
    assert found.version == 5


@given(st.integers(0, 2**128 - 1))
def test_a_uuid_of_a_number_is_the_library_s_own(number: int) -> None:
    assert vars_of(uuid_of_number(number)) == vars_of(UUID(int=number))


def vars_of(value: UUID) -> tuple[object, ...]:
    return type(value), value.int, value.is_safe, hash(value)


@given(st.text(st.characters() | st.sampled_from("\0\ud800\udfff")))
def test_text_is_stored_unless_it_has_a_nul_or_half_a_pair(text: str) -> None:
    assert storable(text) is (re.search("[\0\ud800-\udfff]", text) is None)


@given(st.text("0123456789٣x\n", max_size=14))
def test_a_code_has_the_level_of_its_digits(code: str) -> None:
    levels = [level for level in Level if re.fullmatch(rf"[0-9]{{{level.digits}}}", code)]
    try:
        assert [level_of(code)] == levels
    except BadCode:
        assert not levels


IDS = st.uuids().map(str) | st.uuids().map(lambda id_: id_.hex) | st.uuids().map(lambda id_: id_.urn)


@given(
    IDS
    | st.text("0123456789abcdefABCDEF-_+ {}urnid:๑", max_size=40)
    | st.text("0_-", min_size=32, max_size=33)
)
def test_an_identifier_is_read_as_the_library_reads_it(text: str) -> None:
    try:
        expected: UUID | None = UUID(text)
    except ValueError:
        expected = None
    try:
        assert read_id(text, "id") == expected
    except Refusal:
        assert expected is None
