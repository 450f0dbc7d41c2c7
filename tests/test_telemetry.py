"""Spans: what an operation consists of, for a collector; nothing without an SDK, and never a value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from chuishao.domain.actor import Actor
from chuishao.domain.vocabulary import Role
from chuishao.eventlog import spans
from chuishao.eventlog.log import EventLog
from chuishao.service import telemetry
from chuishao.service.settings import WrongSetting
from tests.served import AUDITOR, Served, served
from tests.town import COMMUNITY, make_town

WORDS = "某住户家住七楼左手（示例）"
STAFF = Actor("community-staff-mei", Role.COMMUNITY_STAFF, COMMUNITY)
REPORT = "mutation Report($input: ReportCaseInput!) { reportCase(input: $input) { case { id } position } }"


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """The spans that end, with an SDK for the length of a test."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(spans, "_tracer", provider.get_tracer("chuishao"))
    monkeypatch.setattr(spans, "exported", lambda: True)
    yield exporter
    provider.shutdown()


@pytest.fixture
async def place(database: str, log: EventLog) -> Any:
    await make_town(log)
    async with served(database) as server:
        yield server


def reported(text: str = WORDS) -> dict[str, Any]:
    return {
        "input": {
            "commandId": "0b9d1a56-5d0e-4f0e-9f53-6a3c3b1f0a01",
            "category": "01003",
            "gridCode": f"{COMMUNITY}-G001",
            "text": text,
        }
    }


def named(exporter: InMemorySpanExporter, name: str) -> list[ReadableSpan]:
    return [span for span in exporter.get_finished_spans() if span.name == name]


async def test_an_operation_has_its_command_its_statements_and_the_append(
    place: Served, exported: InMemorySpanExporter
) -> None:
    await place.client(STAFF).read(REPORT, **reported())
    (operation,) = named(exported, "mutation")
    assert operation.attributes is not None
    assert operation.attributes["graphql.operation.name"] == "Report"
    assert operation.attributes["chuishao.outcome"] == "OK"
    assert operation.attributes["chuishao.role"] == "COMMUNITY_STAFF"
    assert len(str(operation.attributes["graphql.document.sha256"])) == 64
    (command,) = named(exported, "command")
    assert command.attributes == {"chuishao.command": "ReportCase"}
    assert command.parent == operation.context
    statements = named(exported, "sql")
    assert statements and {span.context.trace_id for span in statements if span.context} == {
        operation.context.trace_id
    }
    (append,) = [a for a in named(exported, "append") if a.links]
    assert [link.context.span_id for link in append.links] == [command.context.span_id]
    assert named(exported, "fold")


async def test_the_callers_trace_goes_on(place: Served, exported: InMemorySpanExporter) -> None:
    headers = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
    await place.http.post(f"http://{place.base}/graphql", json={"query": "{ __typename }"}, headers=headers)
    (operation,) = named(exported, "query")
    assert operation.context.trace_id == 0x0AF7651916CD43DD8448EB211C80319C
    assert operation.parent is not None and operation.parent.span_id == 0xB7AD6B7169203331


async def test_no_span_holds_what_somebody_entered(place: Served, exported: InMemorySpanExporter) -> None:
    await place.client(STAFF).read(REPORT, **reported())
    search = "query($text: String) { cases(filter: { text: $text }, first: 1) { totalCount } }"
    await place.client(STAFF).send(search, {"text": WORDS})
    await place.client(AUDITOR).send(f'{{ cases(filter: {{ nothing: "{WORDS}" }}) {{ totalCount }} }}')
    written = "".join(span.to_json() for span in exported.get_finished_spans())
    told = written.encode().decode("unicode_escape", errors="replace") + written
    for words in (WORDS, WORDS[:3], WORDS.encode("unicode_escape").decode()[:12], STAFF.id):
        assert words not in told


def test_a_failure_is_told_by_its_kind(exported: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match="某"), spans.span("work"):
        raise ValueError(WORDS)
    (work,) = named(exported, "work")
    assert work.attributes == {"error.type": "ValueError"}
    assert not work.status.is_ok
    assert work.events == ()


def test_without_an_sdk_there_are_no_spans() -> None:
    assert not spans.exported()
    with spans.span("work") as started:
        assert not started.is_recording()
    assert spans.here() is None


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"}, True),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318", "OTEL_TRACES_EXPORTER": "none"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318", "OTEL_SDK_DISABLED": "true"}, False),
    ],
)
def test_the_standard_variables_switch_it_on(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], wanted: bool
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert telemetry.wanted() is wanted


def test_without_the_extra_a_server_that_should_send_spans_does_not_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "otlp")
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(WrongSetting, match="extra `telemetry`"):
        telemetry.require()


def test_the_provider_is_installed_once_it_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "otlp")
    installed: list[TracerProvider] = []
    monkeypatch.setattr(trace, "set_tracer_provider", installed.append)
    monkeypatch.delenv("OTEL_SERVICE_NAME", raising=False)
    telemetry.start()
    (provider,) = installed
    assert provider.resource.attributes["service.name"] == "chuishao"
    provider.shutdown()
