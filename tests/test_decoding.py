"""Stored events read quickly are what the library's mapper reads, and wrong ones are wrong either way."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chuishao.domain.event import SealedText
from chuishao.eventlog.decoding import quickly, uuid_from_hex, uuid_of
from chuishao.eventlog.keyring import from_json
from chuishao.eventlog.mapper import RecordedEvent, decode, recorded, thoroughly
from tests.specimens import STREAM, Line, lines
from tests.test_event_versions import STORED, toys

__all__ = ["toys"]

NAMES = st.sampled_from(["_type_", "_data_", "timestamp", "class_version", "community", "other"])
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.sampled_from(["datetime_iso", "uuid_hex", "sealed", "tuple_as_list", "2026-03-02T01:00:00+08:00"])
    | st.sampled_from(
        [uuid4().hex, str(uuid4()), "{" + uuid4().hex + "}", "+" + "1" * 31, "1_" * 16, "๑" * 32]
    )
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
TRANSCODED = st.fixed_dictionaries(
    {"_type_": st.sampled_from(["datetime_iso", "uuid_hex", "sealed", "unknown"]), "_data_": VALUES}
)
STATES = st.dictionaries(NAMES, VALUES | TRANSCODED, max_size=4)


def outcome(read: Any, topic: str, data: bytes) -> tuple[object, ...]:
    """What reading gives, or how it fails."""
    try:
        event = read(STREAM, 7, topic, data)
    except Exception as error:
        return type(error), str(error)
    return type(event), list(vars(event).items())


@pytest.mark.parametrize("old", lines(), ids=lambda old: f"{old.type}-{old.version}")
def test_every_event_ever_stored_is_read_quickly_as_the_library_reads_it(old: Line) -> None:
    data = old.data.encode()
    assert outcome(quickly, old.type, data) == outcome(thoroughly, old.type, data)


@pytest.mark.usefixtures("toys")
@pytest.mark.parametrize("version", STORED)
def test_every_version_of_a_type_is_upcast_alike(version: int) -> None:
    data = STORED[version].encode()
    assert outcome(quickly, "ToyMade", data) == outcome(thoroughly, "ToyMade", data)


@given(STATES, st.sampled_from(["", " ", "\n"]), st.sampled_from(["", " ", "}", ","]))
@example({"_type_": "uuid_hex", "_data_": STREAM.hex}, "", "")
@example({"timestamp": {"_type_": "sealed", "_data_": [STREAM.hex, "é"]}}, "", "")
@example({"timestamp": {"_type_": "sealed", "_data_": [STREAM.hex, "Ym94"]}}, "", "")
@example({"class_version": "2"}, "", "")
def test_whatever_is_stored_is_read_alike_or_refused_alike(
    state: dict[str, Any], before: str, after: str
) -> None:
    data = (before + json.dumps(state, ensure_ascii=False) + after).encode(errors="surrogatepass")
    assert outcome(decode, "CaseAccepted", data) == outcome(thoroughly, "CaseAccepted", data)


def test_an_unknown_type_is_refused_alike() -> None:
    assert outcome(decode, "NeverHeardOf", b"{}") == outcome(thoroughly, "NeverHeardOf", b"{}")


@given(st.uuids())
def test_identifiers_are_made_as_their_class_makes_them(made: UUID) -> None:
    for found in (uuid_of(made.bytes), uuid_from_hex(made.hex), uuid_from_hex(str(made))):
        assert (found, hash(found), str(found), found.is_safe) == (made, hash(made), str(made), made.is_safe)
        assert type(found) is UUID


@given(st.text(alphabet="0123456789abcdefABCDEF-_+ {}urnid:๑", max_size=40))
def test_what_is_no_identifier_is_refused_as_its_class_refuses_it(text: str) -> None:
    def made(make: Any) -> object:
        try:
            return make(text)
        except ValueError as error:
            return str(error)

    assert made(uuid_from_hex) == made(UUID)


def test_a_row_becomes_what_the_constructor_makes() -> None:
    row: Any = (1, 2, STREAM, 3, uuid4(), "CaseAccepted", 1, b"{}", b"{}", None, None, b"", STREAM)
    assert recorded(row) == RecordedEvent(*row)
    assert vars(recorded(row)) == vars(RecordedEvent(*row))


def test_a_sealed_text_is_read_as_it_was_written() -> None:
    assert from_json([STREAM.hex, "Ym94"]) == SealedText(STREAM, b"box")
