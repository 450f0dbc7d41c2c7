"""What was stored once can be read for ever: events of every type in every version, by way of upcasters."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from eventsourcing import utils
from eventsourcing.domain import AggregateCreated, BaseAggregate, CanInitAggregate

from chuishao.commands.execution import Executor
from chuishao.domain.catalogue import EVENT_TYPES
from chuishao.domain.event import Event, fold
from chuishao.domain.event_fields import MEANINGS, fields_of
from chuishao.eventlog import aggregates, snapshot
from chuishao.eventlog.connection import Connection, connected
from chuishao.eventlog.feed import Feed
from chuishao.eventlog.keyring import Keyring
from chuishao.eventlog.log import EventLog, Filter
from chuishao.eventlog.mapper import decode, make_mapper, schema_version
from chuishao.graphql.context import Context, Services
from chuishao.graphql.endpoint.execution import Engine as GraphQLEngine
from chuishao.graphql.endpoint.execution import GraphQLRequest
from chuishao.graphql.schema import operations, schema
from chuishao.projections.engine import Engine
from chuishao.projections.projection import Batch, Projection
from chuishao.projections.rebuild import prepare
from tests.appends import an_append
from tests.given import AUDITOR
from tests.specimens import AT, STREAM, TOPICS, Line, faults, line, lines, missing, specimen
from tests.town import KEY

LINES = lines()


# The file


def test_every_event_ever_stored_is_read_as_what_it_is_today() -> None:
    assert faults(LINES) == []
    assert missing(LINES) == [], "run `.venv/bin/python -m tests.specimens`"


@pytest.mark.parametrize("old", LINES, ids=lambda old: f"{old.type}-{old.version}")
def test_what_is_stored_today_is_stored_as_ever(old: Line) -> None:
    """The same bytes: transcodings are a storage format as well."""
    if old.version == schema_version(EVENT_TYPES[old.type]):
        assert line(EVENT_TYPES[old.type]) == old
        assert decode(STREAM, 1, old.type, old.data.encode()) == specimen(EVENT_TYPES[old.type])


@pytest.mark.parametrize(
    "old",
    [old for old in LINES if issubclass(EVENT_TYPES[old.type], CanInitAggregate)],
    ids=lambda old: old.type,
)
def test_every_history_can_begin_as_it_did(old: Line) -> None:
    assert fold([decode(STREAM, 1, old.type, old.data.encode())]).version == 1


def test_every_field_says_what_it_stands_for() -> None:
    held = {name for kind in EVENT_TYPES.values() for name in fields_of(kind)}
    assert held == set(MEANINGS)


FIRST = LINES[0]
DAMAGES: dict[str, tuple[list[Line], str]] = {
    "a type without a line": (LINES[1:], "CaseReported is in version 1, and has lines of []"),
    "a line of a version to come": (
        [*LINES, replace(FIRST, version=2)],
        "CaseReported is in version 1, and has lines of [1, 2]",
    ),
    "two lines": ([*LINES, FIRST], "a version of a type has two lines"),
    "a type that is gone": ([*LINES, replace(FIRST, type="CaseHeard")], "CaseHeard was stored once"),
    "other fields": (
        [replace(FIRST, fields=FIRST.fields | {"district": "text"}), *LINES[1:]],
        "CaseReported has other fields than it was stored with",
    ),
    "a field of another type": (
        [replace(FIRST, fields=FIRST.fields | {"category": "integer"}), *LINES[1:]],
        "CaseReported has other fields than it was stored with",
    ),
    "another value": (
        [replace(FIRST, data=FIRST.data.replace("01001", "01002")), *LINES[1:]],
        "category is '01002' and was '01001'",
    ),
    "no JSON": ([replace(FIRST, data="{"), *LINES[1:]], "cannot be decoded"),
    "a field left out": (
        [replace(FIRST, data=FIRST.data.replace('"category":"01001",', "")), *LINES[1:]],
        "CaseReported in version 1: has [",
    ),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_may_not_happen_is_told(damage: str) -> None:
    known, said = DAMAGES[damage]
    assert any(said in fault for fault in faults(known)), faults(known)


# Upcasting, shown with a type that has had three versions: a size in words, a size in metres, and a colour

STAMP = '{"timestamp":{"_type_":"datetime_iso","_data_":"2026-03-02T01:00:00.123456+00:00"}'
STORED = {
    1: STAMP + ',"originator_topic":"toy","size":"6 metres"}',
    2: STAMP + ',"originator_topic":"toy","metres":6,"class_version":2}',
    3: STAMP + ',"originator_topic":"toy","metres":6,"colour":"unknown","class_version":3}',
}
HELD = {1: {"size": "text"}, 2: {"metres": "integer"}, 3: {"metres": "integer", "colour": "text"}}
OLD = [Line("ToyMade", version, HELD[version], STORED[version]) for version in STORED]


@pytest.fixture
def toys() -> Iterator[type[Event]]:
    """The type as it is in its third version; it is gone afterwards."""

    class Toy(BaseAggregate[UUID]):
        TOPIC = "toy"

        def __init__(self) -> None:
            self.metres = 0
            self.colour = ""

    class ToyMade(Event, AggregateCreated):
        """制作: a toy was made."""

        TOPIC = "ToyMade"
        class_version = 3
        metres: int
        colour: str

        def apply(self, toy: Toy) -> None:
            toy.metres, toy.colour = self.metres, self.colour

        @staticmethod
        def upcast_v1_v2(state: dict[str, Any]) -> None:
            state["metres"] = int(state.pop("size").removesuffix(" metres"))

        @staticmethod
        def upcast_v2_v3(state: dict[str, Any]) -> None:
            state["colour"] = "unknown"

    yield ToyMade
    del EVENT_TYPES["ToyMade"]
    for topic in ("ToyMade", "toy"):
        utils._topic_cache.pop(topic)


async def with_toys(log: EventLog) -> list[UUID]:
    """A log with a toy of each version; give their streams."""
    streams = []
    for version, stored in STORED.items():
        stream = uuid4()
        data = stored.encode()
        await log.writer.append(an_append(stream, type="ToyMade", schema_version=version, data=data))
        streams.append(stream)
    return streams


def made(event: Any) -> tuple[int, str]:
    return event.metres, event.colour


def test_events_of_every_version_are_read_as_of_the_last(toys: type[Event]) -> None:
    for stored in STORED.values():
        event = decode(STREAM, 1, "ToyMade", stored.encode())
        assert type(event) is toys
        assert made(event) == (6, "unknown")
        assert event.timestamp == AT


def test_what_is_written_now_is_of_the_last_version_and_says_so(toys: type[Event]) -> None:
    event = decode(STREAM, 1, "ToyMade", STORED[1].encode())
    stored = make_mapper(Keyring(0)).to_stored_event(event)
    assert schema_version(toys) == json.loads(stored.state)["class_version"] == 3
    assert decode(STREAM, 1, stored.topic, stored.state) == event


def test_the_file_asks_for_a_line_of_each_version(toys: type[Event], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TOPICS, "Toy", "toy")
    kinds = {"ToyMade": toys}
    assert faults(OLD, kinds) == ["ToyMade in version 3: colour is 'unknown' and was 'colour 文字'"]
    assert faults([*OLD[:2], line(toys)], kinds) == []
    for gone in (0, 1, 2):
        (fault,) = faults([old for n, old in enumerate(OLD) if n != gone], kinds)[:1]
        assert fault.startswith("ToyMade is in version 3, and has lines of ")
    assert missing(OLD[:2], kinds) == [line(toys)]
    assert missing(OLD, kinds) == []


def test_an_upcaster_that_forgets_a_field_or_makes_it_something_else_is_told(
    toys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(TOPICS, "Toy", "toy")
    known, kinds = [*OLD[:2], line(toys)], {"ToyMade": toys}
    monkeypatch.setattr(toys, "upcast_v2_v3", staticmethod(lambda state: None))
    assert len(faults(known, kinds)) == 2
    monkeypatch.setattr(toys, "upcast_v2_v3", staticmethod(lambda state: state.update(colour=7)))
    assert [fault.partition(": ")[2] for fault in faults(known, kinds)] == 2 * [
        "colour is 7, which is no text"
    ]


async def test_readers_filters_and_snapshots_know_one_type_in_all_its_versions(
    toys: type[Event], log: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    streams = await with_toys(log)
    read = await log.matching(Filter(types=frozenset({"ToyMade"})), 0, 3)
    assert [(recorded.schema_version, made(recorded.event)) for recorded in read] == [
        (version, (6, "unknown")) for version in STORED
    ]

    monkeypatch.setattr(aggregates, "SMALLER", 0)
    first = await log.aggregates.load(streams[0])
    maker = snapshot.made_by(type(first))
    monkeypatch.setattr(aggregates, "makers", lambda: [maker])
    log.aggregates.every = 1
    for stream in streams:
        folded = await log.aggregates.load(stream)
        await log.aggregates.close()
        assert made(folded) == (6, "unknown")
        assert await log.aggregates.load(stream) == folded
    async with connected(log.pool) as connection:
        assert await connection.fetchval("SELECT count(*) FROM snapshot") == 3


class Sizes(Projection):
    """A read model of what is small enough to tell it here."""

    tables = "CREATE TABLE toy (position bigint PRIMARY KEY, metres integer, colour text)"
    indexes = ""


async def test_a_read_model_folds_events_of_every_version_and_those_of_its_topics_alone(
    toys: type[Event], log: EventLog
) -> None:
    async def fold_toys(connection: Connection, batch: Batch) -> None:
        rows = [(recorded.position, *made(recorded.event)) for recorded in batch.events]
        await connection.executemany("INSERT INTO toy VALUES ($1, $2, $3)", rows)

    sizes = Sizes("sizes", 1, fold_toys, on=(toys,))
    assert sizes.topics == {"ToyMade"}
    await prepare(log, [sizes])
    await log.writer.append(an_append())
    await with_toys(log)
    await Engine(Feed(log), [sizes]).catch_up()
    async with connected(log.pool) as connection:
        rows = [tuple(row) for row in await connection.fetch("SELECT * FROM sizes.toy ORDER BY position")]
    assert rows == [(position, 6, "unknown") for position in (2, 3, 4)]


async def test_the_api_tells_in_which_version_an_event_was_stored_and_shows_it_as_of_today(
    toys: type[Event], log: EventLog
) -> None:
    await with_toys(log)
    feed = Feed(log)
    services = Services(log, feed, Engine(feed, []), Executor(log, KEY))
    engine = GraphQLEngine(schema)
    request = GraphQLRequest(operations()["integrator_read_log"], variables={"types": ["ToyMade"]})
    context = Context(services, AUDITOR)
    result: Any = await engine.execute(engine.prepare(request), request, context)
    events = result["data"]["events"]
    assert [event["schemaVersion"] for event in events] == [1, 2, 3]
    assert [event["data"] for event in events] == 3 * [{"metres": 6, "colour": "unknown"}]
