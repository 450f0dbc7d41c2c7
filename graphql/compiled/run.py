"""What one run of a compiled read carries along, and what the written functions call."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from chuishao.domain.event import Event, SealedText
from chuishao.eventlog.keyring import open_with
from chuishao.eventlog.mapper import decode
from chuishao.graphql.compiled.leaves import NULL, json
from chuishao.graphql.compiled.unplanned import Unplanned
from chuishao.graphql.context import Context
from chuishao.graphql.policies import Policies
from chuishao.graphql.types.event import said_to
from chuishao.graphql.types.fields import uuid_or_none
from chuishao.graphql.types.shared import PersonalText, TextState


@dataclass
class Run:
    """One run. `opened` holds the sealed texts opened so far, `wanted` those that are missing in it."""

    context: Context
    policies: Policies | None = None
    opened: dict[SealedText, str | None] = field(default_factory=dict)
    wanted: set[SealedText] = field(default_factory=set)
    events: dict[tuple[str, int], Event] = field(default_factory=dict)

    def said(
        self, stream: str, version: int, kind: str, data: bytes, correlation: str | None, place: str
    ) -> str:
        """What an event says, as JSON; not yet right while something is wanted."""
        event = self.events.get((stream, version))
        if event is None:
            event = self.events[stream, version] = decode(UUID(stream), version, kind, data)
        said = said_to(self.context, event, correlation, place)
        missing = [text for text in said.texts if text not in self.opened]
        if missing:
            self.wanted.update(missing)
            return NULL
        return json(said.plain({text: self.opened[text] for text in said.texts}))


@dataclass(slots=True)
class Paged:
    """A page of rows, as the type of connections shows it."""

    rows: list[Any]
    cursors: list[str]
    has_next_page: bool
    has_previous_page: bool
    total_count: int = 0
    total_count_estimated: bool = False

    @property
    def start_cursor(self) -> str | None:
        """The cursor of the first row."""
        return self.cursors[0] if self.cursors else None

    @property
    def end_cursor(self) -> str | None:
        """The cursor of the last row."""
        return self.cursors[-1] if self.cursors else None


_MASKED = PersonalText(text=None, state=TextState.MASKED)
_ERASED = PersonalText(text=None, state=TextState.ERASED)


def unsealed(value: bytes | None, key: bytes | None, shown: bool = True) -> PersonalText | None:
    """A sealed column, opened with its subject's key where that still exists."""
    if not value:
        return None
    if not shown:
        return _MASKED
    plain = open_with(key, value)
    return _ERASED if plain is None else PersonalText(text=plain, state=TextState.SHOWN)


def masked(said: bool) -> PersonalText | None:
    """A sealed column that is not shown: whether there is one."""
    return _MASKED if said else None


def written(write: Callable[[Any, Run], str], value: Any, run: Run) -> str:
    """An object that may be null."""
    return NULL if value is None else write(value, run)


def listed(write: Callable[[Any, Run], str], values: Iterable[Any], run: Run) -> str:
    """A list of objects."""
    return f"[{','.join([write(value, run) for value in values])}]"


def nested(write: Callable[[Any, Run], str], values: list[Any], run: Run) -> str:
    """A list of objects within an object; the rows that an answer shows are counted."""
    run.context.spend(values)
    return f"[{','.join([write(value, run) for value in values])}]"


def told(values: list[str | None], run: Run) -> str:
    """A list of objects within an object, each written by PostgreSQL."""
    run.context.spend(values)
    if None in values:
        raise Unplanned
    return f"[{','.join(values)}]"  # type: ignore[arg-type]


def missing() -> str:
    """What may not be null is."""
    raise Unplanned


def unlinked(value: str | None) -> str:
    """Nobody was found under a text; an identifier in an unusual form would have to be looked for again."""
    if value is not None and uuid_or_none(value) is not None and str(UUID(value)) != value:
        raise Unplanned
    return NULL
