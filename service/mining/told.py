"""What one recorded event tells a process miner: about which things, in which part, and what changed of them.

Whatever is sealed is left out, and so is what registers (专册) hold: of their events one sees that they
happened, where and in which role. Residents act as residents, without an identifier.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

from chuishao.domain.case_events import CaseEvent, CaseWhistled
from chuishao.domain.division import Level, parent_code
from chuishao.domain.event import Event, PersonalText, SealedText
from chuishao.domain.lifecycle import TRANSITIONS
from chuishao.domain.vocabulary import Role
from chuishao.eventlog.mapper import RecordedEvent

Value: TypeAlias = str | int | bool | datetime
ABOUT, HISTORY, AT, BY = "about", "history", "at", "by"
"""Parts that things have in every event: its own stream, the case whose history it belongs to, its place, and
who acted. Whatever else an event names has the part that its field is called after."""
_BESIDE = frozenset({"originator_id", "originator_version", "originator_topic", "timestamp"})
_HIDDEN = frozenset({"subject", "identity", "by"})
"""Fields that stand for a person's key, and the one that repeats who acted."""
_PLACE = re.compile(r"[0-9]{2}(?:[0-9]{4}(?:[0-9]{3}(?:[0-9]{3}(?:-G[0-9]{3})?|-S[0-9]{3})?)?)?")
_PLACES = frozenset(
    {
        "body", "communities", "community", "division", "enclave", "former_holder", "former_place", "grid",
        "grids", "heir", "holder", "lies_in", "place", "sector", "street", "successor",
    }
)  # fmt: skip
"""Fields that hold codes of places."""
_BY_CODE = frozenset({"division", "division-code", "grid", "sector"})
"""What is known by the codes of places, and not by the identifiers of streams."""
_LEVELS = {level.digits: level.value.lower() for level in Level}

_RELEASING = {"CaseReturned", "CaseReopened"}
"""Events after which nobody holds the case."""
_HOLDING = ("tier", "holder", "assignee")


class Thing(NamedTuple):
    """An object that events are about: its type, and its identifier, in which the type stands first."""

    type: str
    id: str


@dataclass(slots=True)
class Told:
    """An event: its own attributes, the things it relates to by their parts, what it makes of its own thing,
    and which things belong together from now on."""

    id: str
    type: str
    at: datetime
    attributes: dict[str, Value]
    things: dict[Thing, str] = field(default_factory=dict)
    about: Thing | None = None
    first: bool = False
    """Whether its thing begins with it."""
    states: dict[str, Value | None] = field(default_factory=dict)
    links: list[tuple[Thing, Thing, str]] = field(default_factory=list)


@lru_cache(maxsize=4096)
def place_of(code: str) -> Thing | None:
    """The thing that a code of a place stands for; None where it is no such code."""
    if not _PLACE.fullmatch(code):
        return None
    kind = "grid" if "-G" in code else "sector" if "-S" in code else _LEVELS[len(code)]
    return Thing(kind, f"{kind}:{code}")


@lru_cache(maxsize=4096)
def above(place: Thing) -> tuple[tuple[Thing, Thing, str], ...]:
    """The links of a place to the one that it lies in, and so on up to the municipality."""
    code, found = place.id.partition(":")[2], []
    while (code := _up(code)) and (higher := place_of(code)):
        found.append((place, higher, "part of"))
        place = higher
    return tuple(found)


def _up(code: str) -> str:
    return code.partition("-")[0] if "-" in code else parent_code(code) or ""


def named_in(event: Event) -> Iterator[UUID]:
    """The identifiers in an event that may be those of other streams."""
    for name, value in _shown(event):
        for item in value if isinstance(value, list) else [value]:
            if (found := _identifier(name, item)) is not None:
                yield found


def told_by(
    recorded: RecordedEvent,
    category: str,
    history: str | None,
    categories: Mapping[UUID, str],
    *,
    status: str | None = None,
) -> Told:
    """What an event tells. `category` is what its stream is about and `history` what it belongs to, as the
    log calls them; `categories` says the same of the streams that it names."""
    event, meta = recorded.event, recorded.meta
    told = Told(str(recorded.event_id), recorded.type, recorded.occurred_at, _envelope(recorded))
    if event.WITHHELD or event.REGISTERED:
        _relate_place(told, meta.place)
        return told
    told.about = _stream(category, recorded.stream, meta.place)
    told.first = recorded.version == 1
    told.things[told.about] = ABOUT
    if history == "case" and recorded.correlation is not None:
        told.things.setdefault(Thing("case", f"case:{recorded.correlation}"), HISTORY)
    _relate_place(told, meta.place)
    told.attributes["unit"] = meta.unit
    if meta.role != Role.RESIDENT:
        told.attributes["actor"] = meta.actor
    told.things.setdefault(_actor(meta.role, meta.actor), BY)
    for name, value in _shown(event):
        _say(told, name, value, categories)
    if isinstance(event, CaseEvent):
        _follow(told, event, status)
    return told


def _envelope(recorded: RecordedEvent) -> dict[str, Value]:
    meta = recorded.meta
    said: dict[str, Value] = {
        "position": recorded.position,
        "version": recorded.version,
        "recorded_at": recorded.recorded_at,
        "place": meta.place,
        "role": meta.role,
    }
    return said if meta.imported is None else said | {"imported": meta.imported}


def _actor(role: str, identifier: str) -> Thing:
    return Thing("actor", f"actor:{role}" if role == Role.RESIDENT else f"actor:{role}:{identifier}")


def _stream(category: str, stream: UUID, place: str) -> Thing:
    """What a stream is about: places are known by their codes, everything else by its identifier."""
    found = place_of(place)
    if found is not None and category in {found.type, "division"}:
        return found
    return Thing(category, f"{category}:{stream}")


def _relate_place(told: Told, place: str) -> None:
    found = place_of(place)
    if found is None:
        return
    told.things.setdefault(found, AT)
    told.links += above(found)
    if told.about is not None and told.about != found:
        told.links.append((told.about, found, "lies in"))


def _shown(event: Event) -> list[tuple[str, Any]]:
    """The fields of an event that may be told, with nothing sealed in them."""
    if event.WITHHELD or event.REGISTERED:
        return []
    return [
        (name, value)
        for name, value in vars(event).items()
        if name not in _BESIDE and name not in _HIDDEN and name not in event.GUARDED and not _personal(value)
    ]


def _personal(value: Any) -> bool:
    match value:
        case SealedText() | PersonalText():
            return True
        case list() | tuple():
            return any(map(_personal, value))
        case dict():
            return any(map(_personal, value.values()))
    return False


def _identifier(name: str, value: Any) -> UUID | None:
    """The identifier that a field holds; that of the worker who is to handle a case is written as a text."""
    if isinstance(value, UUID):
        return value
    if name == "assignee" and isinstance(value, str):
        try:
            return UUID(value)
        except ValueError:
            return None
    return None


def _say(told: Told, name: str, value: Any, categories: Mapping[UUID, str]) -> None:
    """Tell one field: the things that it names, and its value where it has one that is plain."""
    for item in value if isinstance(value, list) else [value]:
        if (thing := _thing(name, item, categories)) is not None and thing != told.about:
            told.things.setdefault(thing, name)
            if told.about is not None:
                told.links.append((told.about, thing, name))
    plain = _plain(value)
    if plain is not None:
        told.attributes[f"own_{name}" if name in told.attributes else name] = plain
    told.states[name] = plain


def _thing(name: str, value: Any, categories: Mapping[UUID, str]) -> Thing | None:
    if name in _PLACES and isinstance(value, str):
        return place_of(value)
    identifier = _identifier(name, value)
    category = categories.get(identifier, "division") if identifier else "division"
    return None if category in _BY_CODE else Thing(category, f"{category}:{identifier}")


def _plain(value: Any) -> Value | None:
    match value:
        case None | str() | bool() | int():
            return value
        case UUID():
            return str(value)
        case date():
            return value.isoformat()
    return json.dumps(value, ensure_ascii=False, default=str)


def _follow(told: Told, event: CaseEvent, restored: str | None) -> None:
    """Say in which state the case is, and that nobody holds it where that is so."""
    target = TRANSITIONS[event.step].target
    if restored is not None or target is not None:
        told.states["status"] = restored or (target.value if target else None)
    if isinstance(event, CaseWhistled):
        told.states.pop("linkage")  # that of the whistle, not the one that the case calls for
    if told.type in _RELEASING:
        told.states.update(dict.fromkeys(_HOLDING))
