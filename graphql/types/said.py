"""What an event says, as a reader may see it: its own fields, with personal text masked or opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from strawberry.scalars import JSON

from chuishao.domain.event import Event, SealedText
from chuishao.domain.sight import Reading
from chuishao.graphql.inputs import camel

_ACTORS = frozenset({"by", "assignee"})
"""Fields that name an actor; masked like the actor's identifier."""
_NOTES = frozenset({"note"})
"""Fields with remarks between those who handle a case."""
_HIDDEN = frozenset(
    {"subject", "identity", "originator_id", "originator_version", "originator_topic", "timestamp"}
)


@dataclass(frozen=True, slots=True)
class Said:
    """The fields of an event, and the sealed texts among them that the reader may see opened."""

    fields: Mapping[str, Any]
    texts: list[SealedText]

    @classmethod
    def of(cls, event: Event, shown: Callable[[Reading], bool]) -> Said:
        """What an event says to somebody to whom `shown` shows what a rule guards."""
        fields = {name: value for name, value in vars(event).items() if name not in _HIDDEN}
        if (event.WITHHELD or event.REGISTERED) and not shown(Reading.REGISTERS):
            return cls(dict.fromkeys(fields), [])
        if event.WITHHELD:
            return cls(fields, [])
        if not shown(Reading.ACTORS):
            fields |= dict.fromkeys((_ACTORS | event.GUARDED) & fields.keys())
        words, notes = shown(Reading.WORDS), shown(Reading.NOTES)
        texts = [
            text
            for name, value in fields.items()
            if (notes if name in _NOTES else words)
            for text in _sealed(value)
        ]
        return cls(fields, texts)

    def plain(self, opened: Mapping[SealedText, str | None]) -> JSON:
        """By the names of the schema; a text that is not among the opened ones is masked, None is erased."""
        return JSON({camel(name): _plain(value, opened) for name, value in self.fields.items()})


def _sealed(value: Any) -> list[SealedText]:
    """The sealed texts in a field of an event, alone or in a list."""
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, SealedText)]


def _plain(value: Any, opened: Mapping[SealedText, str | None]) -> Any:
    match value:
        case SealedText():
            if value not in opened:
                return {"text": None, "state": "MASKED"}
            text = opened[value]
            return {"text": text, "state": "ERASED" if text is None else "SHOWN"}
        case UUID():
            return str(value)
        case datetime():
            return value.isoformat()
        case list() | tuple():
            return [_plain(item, opened) for item in value]
    return value
