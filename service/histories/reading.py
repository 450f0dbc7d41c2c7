"""The rows of a file, as they stand: CSV with a header, or XES with the attributes of trace and event."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, NamedTuple
from xml.parsers import expat

from chuishao.domain.phrase import Phrase
from chuishao.service.histories.mapping import Meaning
from chuishao.service.importer import BadFile, Fault

PIECE = 1 << 16
"""Bytes of XES read at once."""
_VALUES = {"string", "date", "int", "float", "boolean", "id"}


class Line(NamedTuple):
    """A row: the line at which it begins, its cells by column, and what is wrong with it as a whole."""

    number: int
    cells: Mapping[str, str]
    wrong: Phrase | None = None


def read_rows(file: Path, meaning: Meaning, told: Callable[[int], None]) -> Iterator[Line]:
    """Every row of a file; `told` hears of so many more bytes. Raises `BadFile` where it is none at all."""
    try:
        with file.open("rb") as raw:
            if file.suffix == ".xes":
                yield from _xes(file, raw, told)
            else:
                yield from _csv(file, raw, meaning, told)
    except OSError as error:
        raise BadFile([Fault(str(file), 0, "-", f"cannot be read: {error.strerror}")]) from error


def _csv(file: Path, raw: IO[bytes], meaning: Meaning, told: Callable[[int], None]) -> Iterator[Line]:
    with io.TextIOWrapper(raw, meaning.encoding, "surrogateescape", newline="") as text:
        reader = csv.reader(_heard(text, told), strict=True)
        header = _header(file, meaning, reader)
        while True:
            first = reader.line_num + 1
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield Line(first, {}, Phrase(f"it is no CSV: {error}", f"不是有效的 CSV：{error}"))
                continue
            if len(row) == len(header):
                yield Line(first, dict(zip(header, row, strict=True)))
            elif row:  # a blank line has no fields
                has, wants = len(row), len(header)
                wrong = Phrase(f"{has} fields; there must be {wants}", f"有 {has} 列；应为 {wants} 列")
                yield Line(first, dict(zip(header, row, strict=False)), wrong)


def _header(file: Path, meaning: Meaning, reader: Iterator[list[str]]) -> list[str]:
    try:
        header = next(reader, [])
    except csv.Error as error:
        raise BadFile([Fault(str(file), 1, "-", str(error))]) from error
    lacking = [column for column in meaning.columns.values() if column not in header]
    if lacking or len(set(header)) < len(header):
        why = f"the header lacks {', '.join(lacking)}" if lacking else "the header names a column twice"
        raise BadFile([Fault(str(file), 1, "-", why)])
    return header


def _heard(text: IO[str], told: Callable[[int], None]) -> Iterator[str]:
    for line in text:
        told(len(line.encode(errors="surrogateescape")))
        yield line


def _xes(file: Path, raw: IO[bytes], told: Callable[[int], None]) -> Iterator[Line]:
    found = _Traces()
    try:
        while piece := raw.read(PIECE):
            found.parser.Parse(piece, False)
            told(len(piece))
            yield from found.taken()
        found.parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise BadFile([Fault(str(file), error.lineno, "-", f"is no XES: {error}")]) from error


class _Traces:
    """Collects events: attributes of their trace are named `case:…`, as miners do."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self._lines: list[Line] = []
        self._trace: dict[str, str] = {}
        self._event: dict[str, str] | None = None
        self._within: list[str] = []
        self._line = 0

    def taken(self) -> list[Line]:
        """The events that are complete by now."""
        lines, self._lines = self._lines, []
        return lines

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = tag.rpartition(":")[2]
        above = self._within[-1] if self._within else ""
        self._within.append(tag)
        if tag == "trace":
            self._trace = {}
        elif tag == "event":
            self._event, self._line = {}, self.parser.CurrentLineNumber
        elif tag in _VALUES and "key" in attributes:
            if above == "event" and self._event is not None:
                self._event[attributes["key"]] = attributes.get("value", "")
            elif above == "trace":
                self._trace[f"case:{attributes['key']}"] = attributes.get("value", "")

    def _end(self, tag: str) -> None:
        self._within.pop()
        if tag.rpartition(":")[2] == "event" and self._event is not None:
            self._lines.append(Line(self._line, self._trace | self._event))
            self._event = None
