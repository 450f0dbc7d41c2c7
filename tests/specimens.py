"""One event of every type, and the file of how each version of each was ever stored.

    .venv/bin/python -m tests.specimens

appends to `tests/fixtures/events.jsonl` a line for each type or version that has none yet. Lines that are
there are never changed: somewhere events were stored like that, and they stay as they are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from eventsourcing.domain import CanInitAggregate

from chuishao.domain.catalogue import AGGREGATES, EVENT_TYPES
from chuishao.domain.event import Event, SealedText
from chuishao.domain.event_fields import fields_of
from chuishao.domain.identity import identify
from chuishao.eventlog.keyring import Keyring
from chuishao.eventlog.mapper import decode, make_mapper, schema_version

FILE = Path(__file__).parent / "fixtures" / "events.jsonl"
STREAM = identify("specimen")
AT = datetime(2026, 3, 2, 1, 0, 0, 123456, tzinfo=UTC)
TOPICS = {aggregate.__name__: aggregate.TOPIC for aggregate in AGGREGATES}
TEXTS = {
    "ballot_on": "2026-06-01",
    "call_ground": "TERM_ENDS",
    "care_group": "HARDSHIP",
    "category": "01001",
    "code": "120101001001",
    "community": "120101001001",
    "diary_topic": "HOUSEHOLD",
    "day": "2026-03-02",
    "duty": "PATROL",
    "due": "2026-03-09",
    "effective_from": "2023-09-01",
    "elected_on": "2026-06-01",
    "element_kind": "PERSON",
    "exit_reason": "BETTER",
    "grid": "120101001001-G001",
    "ground": "OWN_REQUEST",
    "holder": "120101001001-G001",
    "kind": "ROUTINE",
    "level": "COMMUNITY",
    "linkage": "RAPID_SERVICE",
    "mode": "ALL_VOTERS",
    "office": "MEMBER",
    "offices1": "DIRECTOR",
    "offices2": "MEMBER",
    "proposers": "HOUSEHOLDS",
    "regime": "LAW_2025",
    "seats1": "DIRECTOR",
    "seats2": "MEMBER",
    "purpose": "HOME_VISIT",
    "register": "CARE",
    "resource_source": "GOVERNMENT",
    "meeting_kind": "REGULAR",
    "severity": "MINOR",
    "street": "120101001",
    "term_from": "2026-06-03",
    "term_until": "2031-06-03",
    "tier": "MULTI_UNIT",
    "period": "2026",
    "place": "120101001001",
    "post_kind": "GRID_LEADER",
    "rung": "CITY_SOCIAL_WORKER",
    "standing": "SECTION_CADRE",
    "training_tier": "STREET",
    "vacancy_ground": "RESIGNED",
    "void_ground": "CALLED_OFF",
    "unit": "物业公司 001",
    "unit_kind": "PROPERTY_COMPANY",
    "body": "120101",
    "core_duty": "PUBLIC_SERVICE",
    "proposer": "PEOPLES_CONGRESS_DEPUTY",
    "street_power": "MAJOR_MATTER_ADVICE",
    "verdict": "SATISFIED",
}
"""Texts that stand for more than themselves."""


@dataclass(frozen=True)
class Line:
    """An event as it was stored, and which fields its type had in that version."""

    type: str
    version: int
    fields: dict[str, str]
    data: str

    def __str__(self) -> str:
        return json.dumps(vars(self), ensure_ascii=False)


def lines() -> list[Line]:
    """Every type in every version, in the order in which they came to be."""
    text = FILE.read_text(encoding="utf-8") if FILE.exists() else ""
    return [Line(**json.loads(line)) for line in text.splitlines()]


def value(name: str, type_: str) -> Any:
    """What the specimen has in a field: the same in every type and for ever."""
    type_ = type_.removesuffix(" or null")
    if type_.startswith("list of "):
        return [value(f"{name}{number}", type_.removeprefix("list of ")) for number in (1, 2)]
    return {
        "text": TEXTS.get(name, f"{name} 文字"),
        "integer": len(name),
        "true or false": len(name) % 2 == 0,
        "identifier": identify("specimen", name),
        "date": AT.date(),
        "personal text": SealedText(identify("specimen", "person"), f"box of {name}".encode()),
        "JSON object": {"version": "2026-1", "nested": [1, 2.5, None, {"字": "文"}]},
    }[type_]


def specimen(kind: type[Event]) -> Event:
    """The event of a type: as it comes out of the log, with every field filled."""
    fields = {name: value(name, type_) for name, type_ in fields_of(kind).items()}
    if issubclass(kind, CanInitAggregate):
        (begun, *_) = kind.apply.__annotations__.values()
        fields["originator_topic"] = TOPICS[begun]
    return kind(originator_id=STREAM, originator_version=1, timestamp=AT, **fields)


def line(kind: type[Event]) -> Line:
    """The specimen of a type as it is stored now."""
    stored = make_mapper(Keyring(0)).to_stored_event(specimen(kind))
    return Line(stored.topic, schema_version(kind), fields_of(kind), stored.state.decode())


def faults(known: list[Line], kinds: dict[str, type[Event]] = EVENT_TYPES) -> list[str]:
    """What is wrong with the file, or with code that it does not allow."""
    found = []
    recorded = {(line.type, line.version): line for line in known}
    if len(recorded) < len(known):
        found.append("a version of a type has two lines")
    for topic, kind in kinds.items():
        versions = {version for type_, version in recorded if type_ == topic}
        if versions != set(range(1, schema_version(kind) + 1)):
            found.append(f"{topic} is in version {schema_version(kind)}, and has lines of {sorted(versions)}")
            continue
        if recorded[topic, schema_version(kind)].fields != fields_of(kind):
            found.append(f"{topic} has other fields than it was stored with: raise its class_version, upcast")
    for each in known:
        if each.type not in kinds:
            found.append(f"{each.type} was stored once and is not known any longer")
        else:
            found += [f"{each.type} in version {each.version}: {fault}" for fault in _misread(each, kinds)]
    return found


def _misread(old: Line, kinds: dict[str, type[Event]]) -> Iterator[str]:
    """What comes out of a line that is not what went in, or is not what its type holds today."""
    kind = kinds[old.type]
    try:
        event = decode(STREAM, 1, old.type, old.data.encode())
    except Exception as error:
        yield f"cannot be decoded: {error!r}"
        return
    expected, held = specimen(kind), fields_of(kind)
    if vars(event).keys() != vars(expected).keys():
        yield f"has {sorted(vars(event))} and not {sorted(vars(expected))}"
        return
    for name, type_ in held.items():
        found = getattr(event, name)
        if old.fields.get(name) == type_ and found != getattr(expected, name):
            yield f"{name} is {found!r} and was {getattr(expected, name)!r}"
        elif not fits(found, type_):
            yield f"{name} is {found!r}, which is no {type_}"


def fits(found: Any, type_: str) -> bool:
    """Whether a value is of a type as `fields_of` names it."""
    if found is None:
        return type_.endswith(" or null")
    type_ = type_.removesuffix(" or null")
    if type_.startswith("list of "):
        return isinstance(found, list) and all(fits(item, type_.removeprefix("list of ")) for item in found)
    return type(found) is type(value("", type_))


def missing(known: list[Line], kinds: dict[str, type[Event]] = EVENT_TYPES) -> list[Line]:
    """The lines that are not there yet: of new types, and of new versions of known ones."""
    there = {(line.type, line.version) for line in known}
    return [line(kind) for topic, kind in kinds.items() if (topic, schema_version(kind)) not in there]


def main() -> None:
    """Append what is missing."""
    with FILE.open("a", encoding="utf-8") as file:
        file.writelines(f"{new}\n" for new in missing(lines()))


if __name__ == "__main__":
    main()
