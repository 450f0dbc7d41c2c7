"""叙述 A step in words for a person, and as a line of JSON for a program."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from chuishao.domain.catalogue import title
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.graphql.scalars import write_datetime
from chuishao.service.explaining.stepping import Explained, Step

BY_TIME = "By the time alone 时间推移"


def in_words(step: Step) -> Iterator[str]:
    """A line about what happened, and one for each value that it changed."""
    yield _happened(step.event) if step.event else f"{BY_TIME}, until {write_datetime(step.until)}"
    for change in step.changes:
        yield f"    {change.path}: {_short(change.before)} → {_short(change.after)}"


def in_all(found: Explained, by_events: int, by_time: int, *, every: bool) -> str:
    """The last line: how many steps were told."""
    told = f"{by_events:,} events and {by_time:,} times the time alone are told to have changed the answer"
    further = "" if every else "; --every asks behind each event, and tells what was undone again, too"
    return f"From position {found.since:,} to {found.until:,}, {told}{further}."


def as_json(step: Step) -> str:
    """One line: the event, or null where it was time alone, and the changes."""
    event = step.event
    told = None if event is None else {
        "position": event.position,
        "type": event.type,
        "stream": str(event.stream),
        "case": str(event.correlation) if event.correlation else None,
        "occurredAt": write_datetime(event.occurred_at),
        "recordedAt": write_datetime(event.recorded_at),
        "actor": event.actor,
        "role": event.role,
        "place": event.place,
        "command": str(event.command),
    }  # fmt: skip
    changes = [{"path": each.path, "before": each.before, "after": each.after} for each in step.changes]
    line = {"until": write_datetime(step.until), "event": told, "changes": changes}
    return json.dumps(line, ensure_ascii=False)


def _happened(event: RecordedEvent) -> str:
    about = f"case {event.correlation}" if event.correlation else f"stream {event.stream}"
    known = f"recorded {write_datetime(event.recorded_at)}"
    if event.occurred_at != event.recorded_at:
        known += f", happened {write_datetime(event.occurred_at)}"
    named = f"{event.type} {title(event.type).zh}"
    return f"{event.position:,} {named}, {about}, {known}, by {event.role} {event.actor}"


def _short(value: Any) -> str:
    return "nothing 无" if value is None else json.dumps(value, ensure_ascii=False)
