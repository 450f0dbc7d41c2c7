"""OCEL 2.0 as JSON, from the file in SQLite: types first, then events in the order of the log, then objects.

The published schema has every value as a text; of which type it is stands with the event's or object's type.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from chuishao.service.mining.store import CHANGED, TIME, Store

_TYPES = {"TEXT": "string", "INTEGER": "integer", "BOOLEAN": "boolean", "TIMESTAMP": "time"}


def lines(store: Store) -> Iterator[str]:
    """The document, line by line."""
    for key, kind in (("eventTypes", "event"), ("objectTypes", "object")):
        yield f"{'{' if kind == 'event' else ''}{_text(key)}: [\n"
        yield from _separated(_type(store, kind, type_) for type_ in store.types(kind))
        yield "],\n"
    yield '"events": [\n'
    yield from _separated(_event(store, *row) for row in store.read("events"))
    yield '],\n"objects": [\n'
    yield from _separated(_object(store, *row) for row in store.read("objects"))
    yield "]}\n"


def length(store: Store) -> int:
    """About how many pieces the document has."""
    return int(next(store.read("size"))[0])


def _separated(items: Iterator[dict[str, Any]]) -> Iterator[str]:
    before = ""
    for item in items:
        yield f"{before}{_text(item)}"
        before = ",\n"
    yield "\n"


def _type(store: Store, kind: str, type_: str) -> dict[str, Any]:
    attributes = store.attributes(kind, type_).items()
    return {"name": type_, "attributes": [{"name": name, "type": _TYPES[sql]} for name, sql in attributes]}


def _event(store: Store, identifier: str, type_: str) -> dict[str, Any]:
    (row,) = store.rows("event", type_, identifier)
    types = store.attributes("event", type_)
    values = zip(types.items(), row[TIME + 1 :], strict=True)
    return {
        "id": identifier,
        "type": type_,
        "time": moment(row[TIME]),
        "attributes": [
            {"name": name, "value": text_of(sql, value)} for (name, sql), value in values if value is not None
        ],
        "relationships": _relationships(store.read("things_of_event", identifier)),
    }


def _object(store: Store, identifier: str, type_: str) -> dict[str, Any]:
    said = []
    for row in store.rows("object", type_, identifier):
        for (name, sql), value in zip(
            store.attributes("object", type_).items(), row[CHANGED + 1 :], strict=True
        ):
            if value is not None or name == row[CHANGED]:  # what ceased to hold has changed, too
                said.append({"name": name, "time": moment(row[TIME]), "value": text_of(sql, value)})
    links = _relationships(store.read("links_of_object", identifier))
    return {"id": identifier, "type": type_, "attributes": said, "relationships": links}


def _relationships(rows: Iterator[Any]) -> list[dict[str, str]]:
    return [{"objectId": identifier, "qualifier": part} for identifier, part in rows]


def text_of(sql: str, value: Any) -> str:
    """A stored value as JSON and XML have it."""
    match sql:
        case "BOOLEAN":
            return "true" if value else "false"
        case "TIMESTAMP":
            return moment(value)
    return "" if value is None else str(value)


def moment(stored: str) -> str:
    """A stored moment as JSON and XML have it."""
    return f"{stored.replace(' ', 'T')}Z"


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
