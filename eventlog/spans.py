"""Spans for OpenTelemetry: nothing at all until a process installs an SDK.

No attribute holds a value that somebody entered, and of an exception only its kind is written down.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeAlias

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.propagate import extract
from opentelemetry.trace import INVALID_SPAN, Link, Span, SpanContext, SpanKind, Status, StatusCode

from chuishao.domain.refusal import Refusal
from chuishao.eventlog.failure import kind

Attributes: TypeAlias = Mapping[str, str] | Mapping[str, int] | Mapping[str, str | int]
STATEMENT = 2_000
"""Characters of a statement that are kept."""
_tracer = trace.get_tracer("chuishao")
_exported = False


def exported() -> bool:
    """Whether spans go anywhere."""
    return _exported


def look() -> None:
    """See whether an SDK has been installed; asking OpenTelemetry each time costs too much."""
    global _exported  # noqa: PLW0603 as global as the SDK itself
    _exported = not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)


def here() -> SpanContext | None:
    """The present span, to be linked to from another one."""
    context = trace.get_current_span().get_span_context()
    return context if context.is_valid else None


@contextmanager
def span(
    name: str,
    attributes: Attributes | None = None,
    *,
    kind_of: SpanKind = SpanKind.INTERNAL,
    headers: Mapping[str, str] | None = None,
    links: Sequence[SpanContext] = (),
) -> Iterator[Span]:
    """A span around some work; `headers` may name the span of another service that it belongs to."""
    if not exported():
        yield INVALID_SPAN
        return
    with _tracer.start_as_current_span(
        name,
        context=_above(headers),
        kind=kind_of,
        attributes=attributes,
        links=[Link(linked) for linked in links],
        record_exception=False,  # the SDK would write down its message
        set_status_on_exception=False,
    ) as started:
        try:
            yield started
        except Refusal as refusal:
            started.set_attribute("chuishao.outcome", refusal.code)
            raise
        except Exception as error:
            fail(started, kind(error))
            raise


def fail(started: Span, what: str) -> None:
    """Mark a span as failed."""
    started.set_attribute("error.type", what)
    started.set_status(Status(StatusCode.ERROR, what))


@contextmanager
def statement(text: str) -> Iterator[None]:
    """A span around one statement, inside of a span that is recorded; its parameters stay out."""
    if not trace.get_current_span().is_recording():
        yield
        return
    attributes = {"db.system.name": "postgresql", "db.query.text": " ".join(text.split())[:STATEMENT]}
    with span("sql", attributes, kind_of=SpanKind.CLIENT):
        yield


def _above(headers: Mapping[str, str] | None) -> Context | None:
    return extract(dict(headers)) if headers is not None and "traceparent" in headers else None
