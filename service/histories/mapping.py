"""映射 What the columns, activities and values of another system stand for here: a JSON file says it.

{
  "source": "hotline-2019",
  "columns": {"case": "工单编号", "activity": "环节", "time": "办理时间", "actor": "经办人", "place": "网格"},
  "activities": {"登记": "REPORT", "办结": {"step": "RESOLVE", "role": "GRID_LEADER"}},
  "values": {"category": {"井盖": "01001"}},
  "defaults": {"text": "（原系统未保存描述）"}
}
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from chuishao.domain.event import SHORT_TEXT, says_something, storable
from chuishao.domain.lifecycle import Step
from chuishao.domain.phrase import Phrase
from chuishao.service.histories.steps import COMMANDS, ENVELOPE, BadRow, known_fields
from chuishao.service.importer import BadFile, Fault

NEEDED = ("case", "activity", "time")
"""Columns without which a row is no step of any history."""
_KEYS = {"source", "columns", "activities", "values", "defaults", "zone", "time", "encoding"}


@dataclass(frozen=True)
class Activity:
    """What an activity of the other system is here, and what its rows say where a column does not."""

    step: Step
    said: Mapping[str, str]


@dataclass(frozen=True)
class Meaning:
    """What a mapping file says. Times without an offset are those of `zone`; `time` is their format as
    `strptime` takes it, ISO 8601 where there is none."""

    source: str
    columns: Mapping[str, str]
    activities: Mapping[str, Activity]
    values: Mapping[str, Mapping[str, str]]
    defaults: Mapping[str, str]
    zone: ZoneInfo
    time: str | None
    encoding: str

    def said(self, cells: Mapping[str, str]) -> dict[str, str]:
        """What a row says, by our names: its own cells first, then its activity, then what is always so."""
        own = {name: cells.get(column, "").strip() for name, column in self.columns.items()}
        activity = self.activities.get(own.get("activity", ""))
        found = {**self.defaults, **(activity.said if activity else {})}
        found |= {name: text for name, text in own.items() if text}
        return {name: self.values.get(name, {}).get(text, text) for name, text in found.items()}

    def step(self, cells: Mapping[str, str]) -> Step:
        """Which step a row is; raises `BadRow`."""
        text = cells.get(self.columns["activity"], "").strip()
        activity = self.activities.get(text)
        if activity is None:
            raise BadRow("activity", Phrase(f"{text!r} is not in the mapping", f"映射文件中没有 {text!r}"))
        return activity.step

    def moment(self, text: str) -> datetime:
        """When it happened; raises `BadRow`."""
        try:
            at = datetime.strptime(text, self.time) if self.time else datetime.fromisoformat(text)
        except ValueError:
            wanted = self.time or "2026-03-02T09:00:00+08:00"
            raise BadRow(
                "time", Phrase(f"{text!r} is no time as {wanted}", f"{text!r} 不是 {wanted} 格式的时间")
            ) from None
        return at if at.tzinfo else at.replace(tzinfo=self.zone)


def read_mapping(file: Path) -> Meaning:
    """Read and check a mapping; raises `BadFile` with all that is wrong."""
    try:
        said = json.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise BadFile([Fault(str(file), 0, "-", f"cannot be read: {error.strerror}")]) from error
    except ValueError as error:
        raise BadFile([Fault(str(file), getattr(error, "lineno", 0), "-", "is no JSON in UTF-8")]) from error
    if faults := [Fault(str(file), 0, where, why) for where, why in _faults(said)]:
        raise BadFile(faults)
    activities = {name: _activity(value) for name, value in said["activities"].items()}
    return Meaning(
        source=said["source"],
        columns=said["columns"],
        activities=activities,
        values=said.get("values", {}),
        defaults=said.get("defaults", {}),
        zone=ZoneInfo(said.get("zone", "Asia/Shanghai")),
        time=said.get("time"),
        encoding=said.get("encoding", "utf-8-sig"),
    )


def _activity(value: Any) -> Activity:
    said = {"step": value} if isinstance(value, str) else dict(value)
    return Activity(Step(said.pop("step")), said)


def _faults(said: Any) -> Iterator[tuple[str, str]]:
    """What is wrong with a mapping: (where, why)."""
    if not isinstance(said, dict):
        yield "-", "is no JSON object"
        return
    yield from ((name, "is not known") for name in said.keys() - _KEYS)
    unheld = [name for name, value in said.items() if not all(map(storable, _texts(value)))]
    if unheld:
        yield from ((name, "has a character that no text can hold, as \\u0000") for name in unheld)
        return
    source = said.get("source")
    if not isinstance(source, str) or not says_something(source) or len(source) > SHORT_TEXT:
        yield "source", f"names the other system in 1 to {SHORT_TEXT} characters"
    tables = {name: said.get(name, {}) for name in ("columns", "activities", "values", "defaults")}
    for name, table in tables.items():
        if not isinstance(table, dict):
            yield name, "is no JSON object"
            return
    yield from (
        ("columns", f"does not say where {name} stands") for name in NEEDED if name not in tables["columns"]
    )
    for name in ("columns", "values", "defaults"):
        yield from (
            (name, f"{field!r} is no field; fields are {_fields()}")
            for field in tables[name].keys() - known_fields()
        )
    yield from (
        (name, f"{field} is no text")
        for name in ("columns", "defaults")
        for field, text in tables[name].items()
        if not isinstance(text, str)
    )
    for name, table in tables["values"].items():
        if not isinstance(table, dict) or not all(isinstance(text, str) for text in table.values()):
            yield "values", f"{name} is no JSON object of texts"
    for name, value in tables["activities"].items():
        yield from ((f"activities.{name}", why) for why in _faults_of_activity(value))
    yield from _faults_of_form(said)


def _texts(value: Any) -> Iterator[str]:
    """Every text in a part of a mapping, names included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from _texts(inner)


def _faults_of_activity(value: Any) -> Iterator[str]:
    said = {"step": value} if isinstance(value, str) else value
    if not isinstance(said, dict) or not all(isinstance(text, str) for text in said.values()):
        yield "is neither a step nor an object of texts"
        return
    if said.get("step") not in COMMANDS:
        yield f"{said.get('step')!r} cannot be imported; steps are {', '.join(COMMANDS)}"
    yield from (
        f"{field!r} is no field; fields are {_fields()}" for field in said.keys() - {"step"} - known_fields()
    )


def _faults_of_form(said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    try:
        ZoneInfo(said.get("zone", "Asia/Shanghai"))
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError):
        yield "zone", "is no time zone"
    try:
        "x".encode(said.get("encoding", "utf-8-sig"))  # unlike codecs.lookup, of texts alone
    except (LookupError, TypeError):
        yield "encoding", "is not known"
    if not isinstance(said.get("time", ""), str):
        yield "time", "is no format of times"


def _fields() -> str:
    others = sorted(known_fields() - set(ENVELOPE))
    return ", ".join([*ENVELOPE, *others])
