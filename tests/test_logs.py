"""Log lines tell which operation did what, and never about whom or in which words."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from chuishao.commands.execution import Executor
from chuishao.domain.actor import Actor
from chuishao.domain.vocabulary import Role
from chuishao.eventlog.connection import Pool
from chuishao.eventlog.failure import kind
from chuishao.eventlog.log import EventLog
from chuishao.graphql.endpoint.observation import observed
from chuishao.service.logs import JsonLines, TextLines, log_operation
from chuishao.service.settings import Settings, WrongSetting
from tests.served import Client, Served, address, process, served
from tests.town import COMMUNITY, make_town

WORDS = "某住户家住七楼左手（示例）"
PHONE = "13900000000"
NAME = "community-staff-mei"
STAFF = Actor(NAME, Role.COMMUNITY_STAFF, COMMUNITY)
Lines = io.StringIO


def formatted(formatter: logging.Formatter, message: str, *arguments: object, **options: Any) -> str:
    """A record as a formatter writes it."""
    record = logging.LogRecord(
        options.pop("name", "chuishao.graphql"),
        logging.ERROR,
        "",
        1,
        message,
        arguments,
        options.get("error"),
    )
    return formatter.format(record)


def caught(error: Exception, cause: Exception | None = None) -> Any:
    """What `sys.exc_info()` gives for an exception."""
    with pytest.raises(type(error)) as raised:
        raise error from cause
    return raised.type, raised.value, raised.tb


@pytest.fixture(params=["json", "text"])
def formatter(request: pytest.FixtureRequest) -> logging.Formatter:
    return JsonLines() if request.param == "json" else TextLines()


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Everything that any logger writes, at every level, in both formats."""
    written = io.StringIO()
    handlers: list[logging.Handler] = []
    for formatter in (JsonLines(), TextLines()):
        handler: logging.Handler = logging.StreamHandler(written)
        handler.setFormatter(formatter)
        handlers.append(handler)
        logging.getLogger().addHandler(handler)
    ours = logging.getLogger("chuishao")
    before = ours.level
    ours.setLevel(logging.DEBUG)
    yield written
    ours.setLevel(before)
    for handler in handlers:
        logging.getLogger().removeHandler(handler)


def objects(lines: Lines) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines.getvalue().splitlines() if line.startswith("{")]


# A line


def test_a_line_is_one_object_with_its_facts() -> None:
    with observed((), "http", {"x-request-id": "edge-7f3a90b1"}) as seen:
        seen.runs("query", "Cases", single=True)
        seen.role = "auditor"
        told = json.loads(formatted(JsonLines(), "projection %s waits", "cases"))
    assert told.pop("time").endswith("+00:00")
    assert told == {
        "level": "error",
        "logger": "chuishao.graphql",
        "message": "projection cases waits",
        "correlation": "edge-7f3a90b1",
        "operation": "Cases",
        "role": "auditor",
    }


def test_a_person_reads_the_same(formatter: logging.Formatter) -> None:
    with observed((), "http", {"x-request-id": "edge-7f3a90b1"}):
        assert "edge-7f3a90b1" in formatted(formatter, "something")


def test_an_exception_is_told_by_kind_and_place_with_its_causes(formatter: logging.Formatter) -> None:
    error = caught(ValueError(WORDS), KeyError(PHONE))
    text = formatted(formatter, "internal error", error=error)
    assert "ValueError" in text and "KeyError" in text
    assert "test_logs.py" in text
    assert WORDS not in text and PHONE not in text


async def test_an_error_of_postgresql_is_told_by_what_it_names(
    pool: Pool, formatter: logging.Formatter
) -> None:
    await pool.execute("CREATE TABLE person (phone text CONSTRAINT one_each UNIQUE)")
    await pool.execute("INSERT INTO person VALUES ($1)", PHONE)
    with pytest.raises(asyncpg.UniqueViolationError) as raised:
        await pool.execute("INSERT INTO person VALUES ($1)", PHONE)
    assert PHONE in str(raised.value), "PostgreSQL quotes the row"
    for text in (
        formatted(formatter, "failed", error=caught(raised.value)),
        formatted(formatter, "failed: %s", raised.value),
        kind(raised.value),
    ):
        assert "UniqueViolationError" in text
        assert "sqlstate=23505" in text and "constraint_name=one_each" in text
        assert PHONE not in text


@pytest.mark.parametrize(
    "message",
    [
        f"Task exception was never retrieved\nfuture: <Task exception=ValueError('{WORDS}')>",
        f"Exception in callback report('{WORDS}')\nhandle: <Handle report('{WORDS}')>",
        f"Task was destroyed but it is pending! <Task exception=ValueError('{WORDS}')>",
    ],
)
def test_what_asyncio_quotes_stays_out(formatter: logging.Formatter, message: str) -> None:
    text = formatted(formatter, message, name="asyncio")
    assert WORDS not in text
    assert message[:14] in text


def test_a_line_that_does_not_fit_its_arguments_is_written_without_them(formatter: logging.Formatter) -> None:
    assert WORDS not in formatted(formatter, "%d of %d", WORDS)


# What an operator sees of an operation


async def test_each_operation_is_one_line(lines: Lines, database: str) -> None:
    async with served(database) as server:
        await server.client(STAFF).read("query Mine { viewer { role } }")
    (line,) = [line for line in objects(lines) if line["logger"] == "chuishao.access"]
    assert {name: line[name] for name in ("level", "operation", "role", "kind", "transport", "outcome")} == {
        "level": "info",
        "operation": "Mine",
        "role": "COMMUNITY_STAFF",
        "kind": "query",
        "transport": "http",
        "outcome": "OK",
    }
    assert line["milliseconds"] > 0
    assert line["sql"] == 0
    assert line["correlation"]


async def test_a_long_name_of_an_operation_makes_no_long_line(lines: Lines, database: str) -> None:
    async with served(database) as server:
        await server.client(STAFF).read(f"query {'N' * 5_000} {{ viewer {{ role }} }}")
    (line,) = [line for line in objects(lines) if line["logger"] == "chuishao.access"]
    assert line["operation"] == "N" * 100


def test_the_level_warning_leaves_the_operations_out(lines: Lines) -> None:
    logging.getLogger("chuishao").setLevel(logging.WARNING)
    with observed([log_operation], "http", {}):
        pass
    assert lines.getvalue() == ""


# Nothing about a person, on any path


@pytest.fixture
async def place(database: str, log: EventLog) -> Any:
    await make_town(log)
    async with served(database) as server:
        yield server


async def every_path(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Send words about a person on every way that an operation can take."""
    staff, anybody = server.client(STAFF), server.client()
    case = {"category": "01003", "gridCode": f"{COMMUNITY}-G001", "text": WORDS}
    reported = await staff.do("reportCase", "case { id }", **case)
    case_id = reported["case"]["id"]
    await staff.mutate("reportCase", **case | {"category": WORDS})
    search = "query($text: String) { cases(filter: { text: $text }, first: 1) { totalCount } }"
    await staff.send(search, {"text": WORDS})
    await anybody.mutate("rateCase", caseId=case_id, secret=PHONE, answered=True, satisfied=5, solved=True)
    await staff.send(f'{{ cases(filter: {{ nothing: "{WORDS}" }}) {{ totalCount }} }}')
    await staff.send(f'{{ cases(filter: {{ text: "{WORDS}')
    await staff.send(search, {"text": {"words": WORDS}})
    await staff.send("query($p: Position!) { cases(atLeast: $p) { totalCount } }", {"p": WORDS})
    await server.http.post(f"http://{server.base}/graphql?phone={PHONE}", content=WORDS.encode())
    forged = Client(server.base, server.http, {"authorization": f"Bearer {PHONE}.{PHONE}.{PHONE}"})
    await forged.post("{ viewer { role } }")
    async with staff.socket() as socket:
        await socket.subscribe(search, text=WORDS)
        await socket.hear()
        await socket.say(id=WORDS, type="subscribe", payload={"query": WORDS})
        await socket.hear()
    await failing_inside(staff, case, monkeypatch)


async def failing_inside(staff: Client, case: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """An internal error whose message, cause and context quote the words, and one of PostgreSQL."""

    async def breaks(*_: Any) -> Any:
        raise ValueError(f"cannot read {WORDS!r}") from KeyError(PHONE)

    async def violates(self: Executor, *_: Any) -> Any:
        await self.log.pool.execute("CREATE TEMP TABLE person (words text UNIQUE)")
        await self.log.pool.execute("INSERT INTO person VALUES ($1), ($1)", WORDS)

    for broken in (breaks, violates):
        with monkeypatch.context() as patch:
            patch.setattr(Executor, "execute", broken)
            result = await staff.send(
                "mutation($input: ReportCaseInput!) { reportCase(input: $input) { position } }",
                {"input": case | {"commandId": str(uuid4())}},
            )
        assert result["errors"][0]["extensions"]["code"] == "INTERNAL"


async def test_no_line_tells_about_a_person(
    place: Served, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    await every_path(place, monkeypatch)
    written = lines.getvalue()
    assert len([line for line in objects(lines) if line["logger"] == "chuishao.access"]) >= 12
    assert "UniqueViolationError" in written and "ValueError" in written
    for told in (WORDS, WORDS[:3], WORDS.encode("unicode_escape").decode()[:18], PHONE, NAME, "eyJ"):
        assert told not in written, told


async def test_an_internal_error_is_found_by_the_id_that_the_client_was_told(
    place: Served, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def breaks(*_: Any) -> Any:
        raise ValueError(WORDS)

    monkeypatch.setattr(Executor, "execute", breaks)
    body = {
        "query": "mutation($input: ReportCaseInput!) { reportCase(input: $input) { position } }",
        "variables": {
            "input": {"commandId": str(uuid4()), "category": "01003", "gridCode": "1", "text": WORDS}
        },
    }
    headers = place.client(STAFF).headers | {"X-Request-ID": "edge-7f3a90b1"}
    answer = await place.http.post(f"http://{place.base}/graphql", json=body, headers=headers)
    assert answer.headers["x-request-id"] == "edge-7f3a90b1"
    assert answer.json()["errors"][0]["extensions"]["id"] == "edge-7f3a90b1"
    found = [line for line in objects(lines) if line.get("correlation") == "edge-7f3a90b1"]
    assert [line["logger"] for line in found] == ["chuishao.graphql", "chuishao.access"]
    assert found[1]["outcome"] == "INTERNAL"


# The process


async def test_a_server_writes_json_where_nobody_looks(database: str, tmp_path: Path) -> None:
    arguments = ("--database-url", address(database), "--data-dir", tmp_path)
    async with process(tmp_path, *arguments) as server:
        await server.client().read("query Where { log { head } }")
        assert await asyncio.to_thread(server.terminate) == 0
        written = [json.loads(line) for line in server.said.splitlines() if line.startswith("{")]
    assert "Where" in {line.get("operation") for line in written}


@pytest.mark.parametrize("setting", [{"log_format": "xml"}, {"log_level": "loud"}, {"drain_seconds": -1.0}])
def test_a_setting_that_cannot_be_is_refused(setting: dict[str, Any]) -> None:
    with pytest.raises(WrongSetting, match="must be"):
        Settings(**setting)
