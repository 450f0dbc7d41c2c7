"""Events are stored byte for byte as the library writes them, and requests hashed as they ever were."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chuishao.commands import cases, divisions, policies
from chuishao.commands.command import Command
from chuishao.commands.request import Envelope, request_hash
from chuishao.domain.actor import SYSTEM, Actor
from chuishao.domain.catalogue import EVENT_TYPES
from chuishao.domain.event import Event, PersonalText, SealedText
from chuishao.domain.vocabulary import Role, Severity
from chuishao.eventlog.encoding import encode, encode_meta, topic
from chuishao.eventlog.keyring import Keyring
from chuishao.eventlog.mapper import Meta, make_mapper
from tests.specimens import lines, specimen
from tests.town import KEY, Town
from tests.wandering import Wanderer

_mapper = make_mapper(Keyring(1))


def sealed(text: PersonalText) -> SealedText:
    return SealedText(text.subject, text.text.encode(errors="surrogatepass"))


class Known(Keyring):
    """Seals so that it can be foreseen."""

    def seal(self, text: PersonalText) -> SealedText:
        return sealed(text)


@pytest.mark.parametrize("kind", EVENT_TYPES.values(), ids=EVENT_TYPES)
def test_an_event_of_every_type_is_written_as_the_mapper_does(kind: type[Event]) -> None:
    event = specimen(kind)
    stored = _mapper.to_stored_event(event)
    assert (encode(event, sealed), topic(event)) == (stored.state, stored.topic)


ZONES = [UTC, timezone(timedelta(hours=8)), timezone(timedelta(minutes=-7))]
PLAIN = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.uuids()
    | st.datetimes(timezones=st.sampled_from(ZONES)) | st.sampled_from(Severity)
    | st.builds(SealedText, st.uuids(), st.binary(max_size=40))
)  # fmt: skip
DOCUMENTS = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
WORDS = st.builds(PersonalText, st.uuids(), st.text())
VALUES = DOCUMENTS | WORDS | st.lists(WORDS | PLAIN, max_size=3)


@given(st.dictionaries(st.sampled_from(["note", "by", "parts", "at"]), VALUES))
def test_whatever_an_event_holds_is_written_as_the_mapper_does(fields: dict[str, Any]) -> None:
    event: Any = object.__new__(EVENT_TYPES["CaseAccepted"])
    vars(event).update(originator_id=uuid4(), originator_version=1, **fields)
    mapper = make_mapper(Known(1))
    assert encode(event, sealed) == mapper.to_stored_event(event).state


def test_every_line_of_a_present_version_is_written_again_as_it_stands() -> None:
    for line in lines():
        if line.version == getattr(EVENT_TYPES[line.type], "class_version", 1):
            assert encode(specimen(EVENT_TYPES[line.type]), sealed).decode() == line.data


@given(
    st.builds(
        Meta,
        *[st.text()] * 3,
        st.none() | st.text(),
        st.text(),
        *[st.uuids()] * 3,
        imported=st.none() | st.text(),
    )
)
def test_who_did_it_is_written_as_json(meta: Meta) -> None:
    plain = json.dumps(meta.to_json(), ensure_ascii=False, separators=(",", ":"))
    assert encode_meta(meta) == plain.encode() if _encodable(plain) else True


def _encodable(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


COMMANDS: list[Command] = [
    cases.ReportCase(category="01001", text="“井盖”\ud800", severity=Severity.MAJOR),
    cases.SplitCase(case_id=UUID(int=7), parts=[cases.SplitPart(text="一"), cases.SplitPart(text="二")]),
    divisions.RegisterDivision(code="12", name="天津市", effective_from=date(2023, 9, 1)),
    policies.AdoptPolicy(document=policies.default_policy()),
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: type(command).__name__)
@pytest.mark.parametrize("at", [None, datetime(2026, 3, 2, 9, tzinfo=timezone(timedelta(hours=8)))])
@pytest.mark.parametrize("actor", [SYSTEM, Actor("d-1", Role.DEPARTMENT_OFFICER, "12", UUID(int=3))])
def test_a_request_is_hashed_as_it_ever_was(command: Any, at: datetime | None, actor: Actor) -> None:
    """The hashes of accepted commands are stored: the same request must meet its own for ever."""
    envelope = Envelope(uuid4(), actor, at, 3)
    content = {
        "command": type(command).__name__,
        "actor": [actor.id, actor.role, actor.unit],
        "at": at,
        "expected": 3,
        "fields": asdict(command),
    }
    text = json.dumps(content, sort_keys=True, default=str).encode("utf-8", "surrogatepass")
    salted = b"request:" + envelope.id.bytes + text
    assert request_hash(KEY, command, envelope) == hmac.digest(KEY, salted, hashlib.sha256)


async def test_a_whole_town_is_written_as_the_mapper_does(town: Town) -> None:
    await Wanderer(town, random.Random(3)).walk(120)
    for event in await town.log.after(0, 10_000):
        assert encode(event.event, sealed) == event.data == _mapper.to_stored_event(event.event).state
        assert encode_meta(event.meta) == event.stored_meta
