"""Importing divisions: the whole file is checked, then each row goes through the same command as the API."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from uuid import NAMESPACE_URL, uuid4, uuid5

from chuishao.commands.divisions import RegisterDivision, RenameDivision
from chuishao.commands.execution import Envelope, Executor
from chuishao.domain.actor import SYSTEM
from chuishao.domain.division import Level, level_of, parent_code
from chuishao.domain.event import SHORT_TEXT, written
from chuishao.domain.refusal import AlreadyExists, Refusal
from chuishao.eventlog.connection import connected

COLUMNS = ["code", "name", "level", "parent_code"]
TIANJIN = "tianjin-divisions.csv"
TIANJIN_DATE = date(2023, 9, 1)
"""When the bundled divisions were published."""
AT_ONCE = 256
SHOWN = 20
"""Faults shown of a file; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Row:
    """A division as a file gives it."""

    line: int
    code: str
    name: str
    parent: str


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one field of a file."""

    file: str
    line: int
    column: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}, column {self.column}: {self.reason}"


class BadFile(Exception):
    """The file is not usable, and nothing of it was imported."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        shown = [str(fault) for fault in faults[:SHOWN]]
        if len(faults) > SHOWN:
            shown.append(f"and {len(faults) - SHOWN} more")
        super().__init__("\n".join([*shown, "Nothing was imported."]))
        self.faults = faults


def bundled() -> Path:
    """The divisions of Tianjin that ship with Chuishao."""
    return Path(str(files("chuishao.data").joinpath(TIANJIN)))


def read_divisions(file: Path, known: Iterable[str] = ()) -> list[Row]:
    """Read and check a CSV file with the columns code, name, level, parent_code; `known` codes exist.

    Raises `BadFile` with line, column and reason of every fault.
    """
    name = str(file)
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise BadFile([Fault(name, 0, "-", f"cannot be read: {error.strerror}")]) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise BadFile([Fault(name, line, "-", "is not UTF-8 text")]) from error
    faults: list[Fault] = []
    rows: dict[str, Row] = {}
    try:
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        header = next(reader, [])
        if header != COLUMNS:
            reason = f"the header is {','.join(header)!r}; it must be {','.join(COLUMNS)!r}"
            raise BadFile([Fault(name, 1, "-", reason)])
        for fields in filter(None, reader):  # a blank line has no fields
            faults += [Fault(name, reader.line_num, *fault) for fault in _faults(fields, rows)]
            if len(fields) == len(COLUMNS):
                code, title, _, parent = fields
                rows.setdefault(code, Row(reader.line_num, code, title, parent))
    except csv.Error as error:
        faults.append(Fault(name, reader.line_num, "-", str(error)))
    there = {*rows, *known}
    faults += [
        Fault(name, row.line, "parent_code", f"{row.parent} is neither in the file nor registered")
        for row in rows.values()
        if row.parent and row.parent not in there
    ]
    if faults:
        raise BadFile(sorted(faults, key=lambda fault: fault.line))
    return sorted(rows.values(), key=lambda row: (len(row.code), row.code))


def _faults(fields: list[str], rows: dict[str, Row]) -> list[tuple[str, str]]:
    """What is wrong with one line: (column, reason)."""
    if len(fields) != len(COLUMNS):
        return [("-", f"{len(fields)} fields; there must be {len(COLUMNS)}")]
    code, name, level, parent = fields
    found: list[tuple[str, str]] = []
    try:
        if level_of(code).value.lower() != level:
            levels = ", ".join(known.value.lower() for known in Level)
            found.append(("level", f"{level!r} does not fit the code {code}; levels are {levels}"))
        elif (parent_code(code) or "") != parent:
            found.append(
                ("parent_code", f"{parent!r}; for the code {code} it is {parent_code(code) or ''!r}")
            )
    except Refusal as refusal:
        found.append(("code", refusal.sentence()))
    if code in rows:
        found.append(("code", f"{code} stands in line {rows[code].line} already"))
    try:
        written("name", name, SHORT_TEXT)
    except Refusal as refusal:
        found.append(("name", refusal.sentence()))
    return found


async def import_divisions(
    executor: Executor, rows: Sequence[Row], since: date, progress: Callable[[int], None]
) -> int:
    """Register what is new and rename what is named differently; give how many changed.

    `progress` hears how many rows each finished group had. Can be cut off and begun again at any time.
    """
    async with connected(executor.log.pool) as connection:
        found = await connection.fetch("SELECT code, name FROM divisions.division")
    names = {row["code"]: row["name"] for row in found}
    changed = 0
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(row: Row) -> None:
        nonlocal changed
        if names.get(row.code) != row.name.strip():
            async with slots:
                await _register(executor, row, since, known=row.code in names)
            changed += 1
        progress(1)

    for _, level in groupby(rows, key=lambda row: len(row.code)):
        async with asyncio.TaskGroup() as tasks:
            for row in level:
                tasks.create_task(one(row))
    return changed


async def _register(executor: Executor, row: Row, since: date, *, known: bool) -> None:
    name = uuid5(NAMESPACE_URL, f"import:{row.code}:{row.name}:{since.isoformat()}")
    with suppress(AlreadyExists):
        if not known:
            register = RegisterDivision(code=row.code, name=row.name, effective_from=since)
            await executor.execute(register, Envelope(name, SYSTEM))
            return
    rename = RenameDivision(code=row.code, name=row.name, effective_from=since)
    await executor.execute(rename, Envelope(uuid4(), SYSTEM))  # a name may be taken back and given again
