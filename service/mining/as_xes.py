"""XES (IEEE 1849), from the file in SQLite: one trace a case, with the events of its whistles in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import quoteattr

from chuishao.service.mining.as_json import moment, text_of
from chuishao.service.mining.store import CHANGED, TIME, Store

_EXTENSIONS = {"concept": "Concept", "time": "Time", "lifecycle": "Lifecycle", "org": "Organizational"}
_STANDARD = {"actor": "org:resource", "role": "org:role", "unit": "org:group"}
"""Attributes that XES has names of its own for."""
_TAGS = {"TEXT": "string", "INTEGER": "int", "BOOLEAN": "boolean", "TIMESTAMP": "date"}


def lines(store: Store) -> Iterator[str]:
    """The document, trace by trace."""
    store.prepare_cases()
    yield "".join(_head())
    for (identifier,) in store.read("cases"):
        yield "".join(_trace(store, identifier))
    yield "</log>\n"


def length(store: Store) -> int:
    """About how many pieces the document has."""
    return int(next(store.read("case_count"))[0])


def _head() -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield '<log xes.version="1849-2016" xes.features="" xmlns="http://www.xes-standard.org/">\n'
    for prefix, name in _EXTENSIONS.items():
        uri = f"http://www.xes-standard.org/{prefix}.xesext"
        yield f'<extension name="{name}" prefix="{prefix}" uri="{uri}"/>\n'
    yield f'<global scope="trace">{_attribute("string", "concept:name", "case")}</global>\n'
    yield '<global scope="event">'
    yield _attribute("string", "concept:name", "event")
    yield _attribute("date", "time:timestamp", "1970-01-01T00:00:00Z")
    yield _attribute("string", "lifecycle:transition", "complete")
    yield '</global>\n<classifier name="Activity" keys="concept:name"/>\n'


def _trace(store: Store, identifier: str) -> Iterator[str]:
    told = store.read("events_of_case", identifier)
    events = [(type_, *store.rows("event", type_, event)) for event, type_ in told]
    if not events:  # a case that others only name
        return
    yield f"<trace>{_attribute('string', 'concept:name', identifier.partition(':')[2])}"
    begun = store.rows("object", "case", identifier)[0][CHANGED + 1 :]
    yield from _attributes(store.attributes("object", "case"), begun)
    yield "\n"
    for type_, row in sorted(events, key=lambda event: str(event[1][TIME])):
        yield f"<event>{_attribute('string', 'concept:name', type_)}"
        yield _attribute("date", "time:timestamp", moment(row[TIME]))
        yield _attribute("string", "lifecycle:transition", "complete")
        yield from _attributes(store.attributes("event", type_), row[TIME + 1 :])
        yield "</event>\n"
    yield "</trace>\n"


def _attributes(types: dict[str, str], values: Any) -> Iterator[str]:
    for (name, sql), value in zip(types.items(), values, strict=True):
        if value is not None and name != "status":  # of a case it is where it began: always the same
            yield _attribute(_TAGS[sql], _STANDARD.get(name, name), text_of(sql, value))


def _attribute(tag: str, key: str, value: str) -> str:
    return f"<{tag} key={quoteattr(key)} value={quoteattr(_legible(value))}/>"


def _legible(text: str) -> str:
    """A text without what XML cannot hold."""
    return "".join(character for character in text if character in "\t\n\r" or character >= " ")
