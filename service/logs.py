"""日志 Log lines for operators: one line an event, as JSON for machines or as text for a terminal.

A line tells which operation, by its correlation id, and never about whom or in which words: no actor's name,
no variables, no token, no document, and of an exception only its kind and place.
"""

from __future__ import annotations

import asyncio
import atexit
import json
import logging
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from json.encoder import encode_basestring
from typing import Any, TextIO

from chuishao.eventlog.failure import chain, kind, places
from chuishao.graphql.endpoint.observation import Observation, current

_BEFORE_QUOTES = re.compile("[^(<]*")
"""asyncio goes on with the arguments of a callback, or with a task and its exception."""
SOON = 0.1
"""Seconds that an access line may wait to be written with others."""
access = logging.getLogger("chuishao.access")
"""One line for each operation that has ended, at level info."""


def facts_of(record: logging.LogRecord) -> dict[str, Any]:
    """What a line says."""
    facts: dict[str, Any] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "message": _message(record),
    }
    seen = current()
    if seen is not None:
        facts |= {"correlation": seen.correlation, "operation": seen.name, "role": seen.role}
    facts |= getattr(record, "facts", {})
    if record.exc_info and record.exc_info[1] is not None:
        facts["exception"] = [
            {"kind": kind(error), "places": places(error)} for error in chain(record.exc_info[1])
        ]
    return {name: value for name, value in facts.items() if value is not None}


class JsonLines(logging.Formatter):
    """A JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON."""
        return _encode(facts_of(record))


class TextLines(logging.Formatter):
    """The same for a person, with tracebacks on lines of their own."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as text."""
        facts = facts_of(record)
        exception = facts.pop("exception", ())
        head = f"{facts.pop('time')} {facts.pop('level'):7} {facts.pop('logger')}: {facts.pop('message')}"
        lines = [" ".join((head, *(f"{name}={value}" for name, value in facts.items())))]
        for error in exception:
            lines += [f"  {error['kind']}", *(f"    at {place}" for place in error["places"])]
        return "\n".join(lines)


def configure(wanted: str | None, level: str, to: TextIO | None = None) -> None:
    """Send every logger's lines to standard error; text on a terminal and JSON elsewhere, if not said."""
    stream = to or sys.stderr
    handler = _Handler(stream)
    shown = wanted or ("text" if stream.isatty() else "json")
    handler.setFormatter(JsonLines() if shown == "json" else TextLines())
    _soon.stream = stream if shown == "json" else None
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("chuishao").setLevel(level.upper())
    logging.raiseExceptions = False  # a line that cannot be formatted would be printed with its arguments


def log_operation(seen: Observation) -> None:
    """The access line of an operation."""
    if not access.isEnabledFor(logging.INFO):
        return
    if _soon.stream is None:
        access.info("operation", extra={"facts": _ended(seen)})
        return
    name = f'"operation":{_encode_text(seen.name)},' if seen.name is not None else ""
    role = f'"role":"{seen.role}",' if seen.role is not None else ""
    _soon.write(
        f'{{"time":"{datetime.now(UTC).isoformat(timespec="milliseconds")}","level":"info",'
        f'"logger":"{access.name}","message":"operation","correlation":"{seen.correlation}",{name}{role}'
        f'"kind":"{seen.kind}","transport":"{seen.transport}","outcome":"{seen.outcome}",'
        f'"milliseconds":{round(1000 * seen.seconds, 1)},"sql":{seen.spent.statements},'
        f'"results":{seen.results}}}'
    )


class _Soon:
    """Access lines in JSON that wait for each other: each alone would cost as much as a short answer."""

    def __init__(self) -> None:
        self.stream: TextIO | None = None
        """Where they go; None where they pass through the loggers like any other line."""
        self._lines: list[str] = []

    def write(self, line: str) -> None:
        """Write a line, within a moment where a loop runs."""
        self._lines.append(line)
        if len(self._lines) > 1:
            return
        try:
            asyncio.get_running_loop().call_later(SOON, self.flush)
        except RuntimeError:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        lines, self._lines = self._lines, []
        if lines and self.stream is not None:
            self.stream.write("\n".join([*lines, ""]))
            self.stream.flush()


_soon = _Soon()
atexit.register(_soon.flush)


class _Handler(logging.StreamHandler[TextIO]):
    """Writes every other line, behind the access lines that came before it."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line."""
        _soon.flush()
        super().emit(record)


def _ended(seen: Observation) -> Mapping[str, Any]:
    return {
        "kind": seen.kind,
        "transport": seen.transport,
        "outcome": seen.outcome,
        "milliseconds": round(1000 * seen.seconds, 1),
        "sql": seen.spent.statements,
        "results": seen.results,
    }


def _message(record: logging.LogRecord) -> str:
    """The message with exceptions by their kind; of asyncio's, the line that quotes no exception."""
    arguments = record.args
    if isinstance(arguments, tuple):
        arguments = tuple(_kept_back(a) if isinstance(a, BaseException) else a for a in arguments)
    template = _kept_back(record.msg) if isinstance(record.msg, BaseException) else str(record.msg)
    try:
        message = template % arguments if arguments else template
    except (TypeError, ValueError, KeyError):
        message = template
    first = message.partition("\n")[0]
    return _BEFORE_QUOTES.match(first)[0] if record.name == "asyncio" else first  # type: ignore[index]


def _encode(facts: Mapping[str, Any]) -> str:
    return _encoder.encode(facts)


def _kept_back(value: object) -> str:
    """What is written of a thing instead of its words."""
    if isinstance(value, BaseException):
        return ", after ".join(kind(error) for error in chain(value))
    return type(value).__name__


_encode_text = encode_basestring
_encoder = json.JSONEncoder(ensure_ascii=False, default=_kept_back, separators=(",", ":"))
