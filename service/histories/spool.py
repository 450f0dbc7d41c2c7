"""The rows of a file in the order in which they happened, kept on disk: memory may not hold them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from chuishao.domain.event import storable
from chuishao.domain.identity import identify, named
from chuishao.domain.lifecycle import Step
from chuishao.domain.phrase import Phrase
from chuishao.eventlog.sql import statements
from chuishao.service.histories.mapping import Meaning
from chuishao.service.histories.reading import Line
from chuishao.service.histories.steps import BadRow

_SQL = statements("chuishao.service.histories", "spool.sql")
_NOT_TEXT = Phrase("it holds characters that are no text in this encoding", "含有该编码无法表示的字符")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A step to be taken: what its row says, under which command, and what is known of it.

    `taken` is the hash of the content under which an earlier run took it in; `passed`, whether later steps of
    its history are in already, and `since` the last one before it that is; `place`, where its case lies then,
    as far as the file tells.
    """

    line: int
    history: str
    step: Step
    at: datetime
    said: Mapping[str, str]
    command: UUID
    taken: bytes | None
    place: str
    since: UUID | None
    passed: bool


class Spool:
    """The rows of one file, and what is wrong with some."""

    def __init__(self, database: sqlite3.Connection, source: str) -> None:
        self._database = database
        self._namespace = identify("import", source)

    def add(self, line: Line, meaning: Meaning) -> None:
        """Keep a row, or what is wrong with it."""
        history = line.cells.get(meaning.columns["case"], "").strip()
        try:
            self._add(line, history, meaning)
        except BadRow as bad:
            self.reject(line.number, bad.field, history, "BAD_ROW", bad.reason)

    def _add(self, line: Line, history: str, meaning: Meaning) -> None:
        if line.wrong is not None:
            raise BadRow("-", line.wrong)
        for name, column in meaning.columns.items():
            if not storable(line.cells.get(column, "")):
                raise BadRow(name, _NOT_TEXT)
        if not history:
            raise BadRow("case", Phrase("it does not say of which case it is", "未说明属于哪个案件"))
        step, said = meaning.step(line.cells), meaning.said(line.cells)
        try:
            at = meaning.moment(said.get("time", "")).astimezone(UTC).isoformat(timespec="microseconds")
        except OverflowError:
            raise BadRow("time", Phrase("it lies beyond all times", "时间超出范围")) from None
        row = (line.number, history, step.value, at, said.get("place"), json.dumps(said))
        try:
            self._database.execute(_SQL["add"], row)
        except sqlite3.IntegrityError:
            ((first,),) = self._database.execute(_SQL["report"], (history,))
            raise BadRow(
                "activity", Phrase(f"the case is reported in line {first}", f"该案件已在第 {first} 行上报")
            ) from None

    def reject(self, line: int, field: str, history: str, code: str, reason: Phrase) -> None:
        """Keep what is wrong with a row."""
        readable = history.encode(errors="replace").decode()
        said = [text.encode(errors="backslashreplace").decode() for text in (reason.en, reason.zh)]
        self._database.execute(_SQL["fault"], (line, field, readable, code, *said))

    def order(self) -> None:
        """Give each row the command that stands for it: whatever runs again gives the same ones.

        A case has one report; other steps are told apart by their moment and, within it, by their order.
        """
        names = [
            (self._name(history, step, at, among).bytes, number)
            for number, history, step, at, among in self._database.execute(_SQL["numbered"])
        ]
        self._database.executemany(_SQL["name"], names)
        self._database.executescript(_SQL["order"])

    def _name(self, history: str, step: str, at: str, among: int) -> UUID:
        if step == Step.REPORT:
            return named(self._namespace, f"{history}\n{step}")
        return named(self._namespace, f"{history}\n{step}\n{at}\n{among}")

    def case(self, history: str) -> UUID:
        """The case that a history becomes."""
        return named(self._name(history, Step.REPORT, "", 1), "")

    def commands(self, size: int) -> Iterator[dict[UUID, int]]:
        """The commands with the numbers of their rows, so many at once."""
        last = 0
        while page := self._database.execute(_SQL["named"], (last, size)).fetchall():
            yield {UUID(bytes=command): number for number, command in page}
            last = page[-1][0]

    def take(self, taken: Sequence[tuple[bytes, int]]) -> None:
        """Note of rows under which hash they were taken in before."""
        self._database.executemany(_SQL["take"], taken)

    def steps(self) -> Iterator[Wanted]:
        """The steps in the order in which they happened."""
        for row in self._database.execute(_SQL["steps"]):
            line, history, step, at, said, command, taken, place, since, passed = row
            yield Wanted(
                line=line,
                history=history,
                step=Step(step),
                at=datetime.fromisoformat(at),
                said=json.loads(said),
                command=UUID(bytes=command),
                taken=taken,
                place=place,
                since=UUID(bytes=since) if since else None,
                passed=bool(passed),
            )

    def read(self, name: str) -> list[Any]:
        """The rows of a named statement."""
        return self._database.execute(_SQL[name]).fetchall()

    def faults(self) -> Iterator[Any]:
        """What is wrong, line by line: line, field, case, code, and the reason in both languages."""
        yield from self._database.execute(_SQL["faults"])


@contextmanager
def spooled(path: Path, source: str) -> Iterator[Spool]:
    """An empty spool in a file."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.executescript(_SQL["tables"])
        database.execute("BEGIN")
        yield Spool(database, source)
