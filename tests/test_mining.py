"""流程挖掘 What process miners are given: OCEL 2.0 and XES, read with the standard library alone."""

from __future__ import annotations

import gzip
import json
import os
import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from xml.etree import ElementTree

import pytest

from chuishao.domain.case import Case
from chuishao.domain.catalogue import EVENT_TYPES
from chuishao.domain.event import fold
from chuishao.domain.identity import identify
from chuishao.domain.vocabulary import Role
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.mapper import Meta, RecordedEvent
from chuishao.service.mining import as_json, as_xes
from chuishao.service.mining.selection import Selection, selected
from chuishao.service.mining.store import CHANGING, EPOCH, made
from chuishao.service.mining.told import Told, above, place_of, told_by
from tests.personal import Person, forms
from tests.served import address, run_chuishao
from tests.specimens import AT, STREAM, specimen
from tests.town import GRID, STREET, Town

JSON_TYPES: dict[str, type | tuple[type, ...]] = {"array": list, "object": dict, "string": str}
NAMED = {"name": "string"}
RELATION = {"objectId": "string", "qualifier": "string"}
SCHEMA: dict[str, Any] = {
    "eventTypes": [NAMED | {"attributes": [NAMED | {"type": "string"}]}],
    "objectTypes": [NAMED | {"attributes": [NAMED | {"type": "string"}]}],
    "events": [
        {"id": "string", "type": "string", "time": "date-time"}
        | {"attributes": [NAMED | {"value": "string"}], "relationships": [RELATION]}
    ],
    "objects": [
        {"id": "string", "type": "string"}
        | {"attributes": [NAMED | {"value": "string", "time": "date-time"}], "relationships": [RELATION]}
    ],
}
"""What the published schema (ocel20-schema-json.json, section 8.2 of the specification) asks for."""
TYPES = {"string", "time", "integer", "float", "boolean"}
XES = "{http://www.xes-standard.org/}"


@dataclass
class Written:
    """A log in the three formats, with the person whose words are in none of them."""

    person: Person
    database: sqlite3.Connection
    json_text: str
    xes_text: str

    @property
    def document(self) -> Any:
        return json.loads(self.json_text)


async def written(log: EventLog, path: Path, wanted: Selection, person: Person) -> Written:
    with made(path) as store:
        async for _, _, page in selected(log, wanted):
            store.add(page)
        texts = "".join(as_json.lines(store)), "".join(as_xes.lines(store))
    return Written(person, sqlite3.connect(path), *texts)


@pytest.fixture
async def lived(town: Town, tmp_path: Path) -> Any:
    """A town in which every event of cases and whistles happened that can hold a person's words."""
    person = Person(town, town.resident, "甲")
    await person.live()
    exported = await written(town.log, tmp_path / "log.sqlite", Selection(), person)
    with closing(exported.database):
        yield exported


def follows(value: Any, schema: Any) -> bool:
    """Whether a value is as a schema says, with every part of it there."""
    match schema:
        case [item]:
            return isinstance(value, list) and all(follows(each, item) for each in value)
        case dict():
            return (
                isinstance(value, dict)
                and value.keys() == schema.keys()
                and all(follows(value[name], part) for name, part in schema.items())
            )
        case "date-time":
            return datetime.fromisoformat(value).utcoffset() == timedelta(0)
    return isinstance(value, JSON_TYPES[schema])


def rows(written: Written, query: str, *asked: Any) -> list[Any]:
    return written.database.execute(query, asked).fetchall()


async def test_a_whole_log_is_written_in_three_formats(lived: Written, log: EventLog) -> None:
    the_document_follows_the_schema(lived)
    the_tables_are_laid_out_as_specified(lived)
    both_files_say_the_same(lived)
    await every_event_is_there(lived, log)
    await the_states_of_cases_are_those_that_they_had(lived, log)
    await each_case_is_one_trace(lived, log)
    nothing_that_was_said_of_a_person_is_told(lived)


def the_document_follows_the_schema(written: Written) -> None:
    document = written.document
    assert follows(document, SCHEMA)
    objects = {thing["id"]: thing["type"] for thing in document["objects"]}
    assert len(objects) == len(document["objects"])
    types = {
        kind: {type_["name"]: {a["name"]: a["type"] for a in type_["attributes"]} for type_ in document[kind]}
        for kind in ("eventTypes", "objectTypes")
    }
    for kind, things in (("eventTypes", document["events"]), ("objectTypes", document["objects"])):
        for thing in things:
            declared = types[kind][thing["type"]]
            assert {attribute["name"] for attribute in thing["attributes"]} <= declared.keys()
            assert set(declared.values()) <= TYPES
            related = [relation["objectId"] for relation in thing["relationships"]]
            assert set(related) <= objects.keys()
            assert kind == "objectTypes" or len(set(related)) == len(related), "an object has one part"
    assert {"case", "whistle", "department", "grid", "community", "worker", "actor"} <= set(objects.values())


def the_tables_are_laid_out_as_specified(written: Written) -> None:
    tables = {name for (name,) in rows(written, "SELECT name FROM sqlite_master WHERE type = 'table'")}
    fixed = {"event", "object", "event_object", "object_object", "event_map_type", "object_map_type"}
    columns = {"event": ["ocel_id", "ocel_time"], "object": ["ocel_id", "ocel_time", "ocel_changed_field"]}
    of_types = set()
    for kind, first in columns.items():
        for type_, part in rows(written, f"SELECT ocel_type, ocel_type_map FROM {kind}_map_type"):
            of_types.add(f"{kind}_{part}")
            table = f'"{kind}_{part}"'
            assert [name for _, name, *_ in rows(written, f"PRAGMA table_info({table})")][
                : len(first)
            ] == first
            ids = f"SELECT DISTINCT ocel_id FROM {table} ORDER BY 1"
            assert rows(written, ids) == rows(
                written, f"SELECT ocel_id FROM {kind} WHERE ocel_type = ? ORDER BY 1", type_
            )
            if kind == "object":
                begun = (
                    f"SELECT count(*), count(DISTINCT ocel_id) FROM {table} WHERE ocel_changed_field IS NULL"
                )
                assert len(set(rows(written, begun)[0])) == 1, "each object begins once"
                begins = f"SELECT DISTINCT ocel_time FROM {table} WHERE ocel_changed_field IS NULL"
                assert rows(written, begins) == [(EPOCH,)]
    assert tables == fixed | of_types
    assert rows(written, "PRAGMA foreign_key_check") == []
    assert rows(written, "PRAGMA integrity_check") == [("ok",)]


def both_files_say_the_same(written: Written) -> None:
    document = written.document
    for kind, query in (("events", "event"), ("objects", "object")):
        said = [(thing["id"], thing["type"]) for thing in document[kind]]
        assert said == rows(written, f"SELECT ocel_id, ocel_type FROM {query} ORDER BY rowid")
    for kind, query in (("events", "event_object"), ("objects", "object_object")):
        related = [
            (thing["id"], relation["objectId"], relation["qualifier"])
            for thing in document[kind]
            for relation in thing["relationships"]
        ]
        assert sorted(related) == sorted(rows(written, f"SELECT * FROM {query}"))


async def every_event_is_there(written: Written, log: EventLog) -> None:
    events = {event["id"]: event for event in written.document["events"]}
    recorded = await log.after(0, 10_000)
    assert list(events) == [str(event.event_id) for event in recorded]
    for event in recorded:
        told = events[str(event.event_id)]
        said = {attribute["name"]: attribute["value"] for attribute in told["attributes"]}
        assert (told["type"], datetime.fromisoformat(told["time"])) == (event.type, event.occurred_at)
        assert (said["position"], said["version"]) == (str(event.position), str(event.version))
        assert (said["place"], said["role"], said["unit"]) == (event.place, event.role, event.unit)
        assert datetime.fromisoformat(said["recorded_at"]) == event.recorded_at


async def the_states_of_cases_are_those_that_they_had(written: Written, log: EventLog) -> None:
    for thing in written.document["objects"]:
        if thing["type"] == "case":
            case: Case = fold(await log.stream(UUID(thing["id"].partition(":")[2])))
            last = {attribute["name"]: attribute["value"] for attribute in thing["attributes"]}
            for name in CHANGING["case"]:
                assert last.get(name, "") == str(getattr(case, name) or ""), (name, thing)


async def each_case_is_one_trace(written: Written, log: EventLog) -> None:
    traces = {}
    for trace in ElementTree.fromstring(written.xes_text).iter(f"{XES}trace"):
        events = [_said(event) for event in trace.iter(f"{XES}event")]
        times = [event["time:timestamp"] for event in events]
        assert times == sorted(times)
        assert {event["lifecycle:transition"] for event in events} == {"complete"}
        traces[_said(trace)["concept:name"]] = Counter(event["concept:name"] for event in events)
    expected: dict[str, Counter[str]] = {}
    for event in await log.after(0, 10_000):
        if event.correlation is not None:
            expected.setdefault(str(event.correlation), Counter())[event.type] += 1
    assert traces == expected


def _said(element: ElementTree.Element) -> Mapping[str, str]:
    return {part.attrib["key"]: part.attrib["value"] for part in element if "key" in part.attrib}


def nothing_that_was_said_of_a_person_is_told(written: Written) -> None:
    stored = "\n".join(written.database.iterdump())
    assert len(written.person.words) > 30
    for text in (stored, written.json_text, written.xes_text):
        content = text.encode()
        assert not any(form in content for word in written.person.words for form in forms(word))
        assert written.person.actor.id not in text, "residents have no identifier"
        assert "sealed" not in text


def test_of_no_type_is_anything_told_that_is_sealed_guarded_or_of_a_register() -> None:
    meta = Meta("actor-1", Role.GRID_WORKER, GRID, GRID, GRID, STREAM, STREAM, STREAM)
    for kind in EVENT_TYPES.values():
        recorded = RecordedEvent(1, 7, STREAM, 1, identify("event"), kind.TOPIC, 1, b"", b"", AT, AT, b"")
        vars(recorded).update(event=specimen(kind), meta=meta)
        told = told_by(recorded, "thing", None, {})
        assert "box of" not in repr(told), kind
        assert not (kind.GUARDED | {"subject", "identity"}) & told.attributes.keys()
        assert all(isinstance(value, str | int | datetime) for value in told.attributes.values())
        if kind.WITHHELD or kind.REGISTERED:
            assert told.attributes.keys() == {"position", "version", "recorded_at", "place", "role"}
            assert [thing.id for thing in told.things] == [f"grid:{GRID}"]
            assert told.states == {}


def test_places_lie_in_places() -> None:
    grid = place_of(GRID)
    assert grid is not None
    assert [high.id for _, high, _ in above(grid)] == [
        "community:120101001001",
        "street:120101001",
        "district:120101",
        "municipality:12",
    ]
    assert place_of(f"{STREET}-S001") == ("sector", f"sector:{STREET}-S001")
    assert [place_of(code) for code in ("", "1", "12x", "hello")] == [None] * 4


async def test_a_selection_has_what_was_asked_for(town: Town) -> None:
    case = await town.report()
    await town.report(grid="120101001002-G001")
    town.clock.advance(days=1)
    noon = town.clock.now
    await town.close(await town.assigned())
    events = await town.log.after(0, 10_000)
    wanted: dict[Selection, Callable[[RecordedEvent], bool]] = {
        Selection(): lambda _: True,
        Selection(place="120101001002"): lambda event: event.place.startswith("120101001002"),
        Selection(since=noon): lambda event: event.occurred_at >= noon,
        Selection(until=noon): lambda event: event.occurred_at < noon,
        Selection(case=case): lambda event: event.correlation == case,
        Selection(case=identify("nobody's")): lambda _: False,
    }
    for selection, fits in wanted.items():
        assert [told.id for told in await told_of(town.log, selection)] == [
            str(event.event_id) for event in events if fits(event)
        ]


async def told_of(log: EventLog, selection: Selection) -> list[Told]:
    return [told async for _, _, page in selected(log, selection) for told in page]


async def test_nothing_is_told_of_an_empty_log(log: EventLog, tmp_path: Path) -> None:
    empty = await written(log, tmp_path / "log.sqlite", Selection(), None)  # type: ignore[arg-type]
    with closing(empty.database):
        assert empty.document == {"eventTypes": [], "objectTypes": [], "events": [], "objects": []}
        assert not list(ElementTree.fromstring(empty.xes_text).iter(f"{XES}trace"))


async def test_the_command_writes_a_file_whole_or_not_at_all(
    town: Town, database: str, tmp_path: Path
) -> None:
    await town.report()
    there = ("--database-url", address(database))
    file = tmp_path / "log.xes.gz"
    done = run_chuishao("export", "process", "--to", file, "--place", STREET, *there)
    assert done.returncode == 0, done.stderr
    assert "events are in" in done.stdout
    assert gzip.decompress(file.read_bytes()).count(b"CaseReported") == 1
    assert os.listdir(tmp_path) == ["log.xes.gz"]  # noqa: PTH208 nothing lies beside it


async def test_the_command_writes_to_standard_output(town: Town, database: str) -> None:
    await town.report()
    there = ("--database-url", address(database))
    done = run_chuishao("export", "process", "--to", "-", "--format", "ocel-json", *there)
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["events"]) == await town.log.head()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ("--to log.txt", "which format log.txt is to have is not known; say it with --format"),
        ("--to - --format ocel-sqlite", "OCEL in SQLite is a file of its own"),
        ("--to log.sqlite.gz", "OCEL in SQLite is a file of its own"),
        ("--to log.xes", "log.xes exists; choose another name, or replace it with --force"),
    ],
)
def test_what_cannot_be_written_is_refused_at_once(
    arguments: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("log.xes").touch()
    refused = run_chuishao("export", "process", *arguments.split())
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith(f"chuishao: {reason}")
