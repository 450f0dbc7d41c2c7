"""历史导入 Histories of another system are taken over row by row, by the rules that hold for everybody."""

from __future__ import annotations

import asyncio
import csv
import json
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import pytest

from chuishao.domain.event import fold
from chuishao.domain.lifecycle import Status, Step
from chuishao.eventlog.connection import connected
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.reactions.follower import LOCK
from chuishao.service.histories.bringing import Bringing
from chuishao.service.histories.mapping import Meaning, read_mapping
from chuishao.service.histories.reading import read_rows
from chuishao.service.histories.spool import Spool, spooled
from chuishao.service.histories.steps import COMMANDS
from chuishao.service.importer import BadFile
from tests.histories import BEGIN, COLUMNS, MAPPING, Row, cells, history, rows, write, wrong
from tests.served import address, run_chuishao
from tests.town import GRID, Town

FOUND = list(rows(300, 30))


@contextmanager
def read(
    folder: Path, found: Sequence[Row], mapping: dict[str, Any] = MAPPING
) -> Iterator[tuple[Spool, Meaning]]:
    """A file of these rows as it is read."""
    file, described = write(folder, found)
    described.write_text(json.dumps(mapping), encoding="utf-8")
    meaning = read_mapping(described)
    (folder / "rows").unlink(missing_ok=True)
    with spooled(folder / "rows", meaning.source) as spool:
        for line in read_rows(file, meaning, lambda _: None):
            spool.add(line, meaning)
        spool.order()
        yield spool, meaning


async def bring(town: Town, folder: Path, found: Sequence[Row], **more: Any) -> tuple[Bringing, list[Any]]:
    """Take a file over: what came of it, and its faults as (line, column, code)."""
    with read(folder, found, **more) as (spool, meaning):
        bringing = Bringing(town.executor, spool, meaning.source, lambda: None)
        await bringing.run()
        faults = [(line, meaning.columns.get(name, name), code) for line, name, _, code, *_ in spool.faults()]
        return bringing, faults


def expected(found: Sequence[Row]) -> list[tuple[int, str, str]]:
    """The faults that the rows of a file must have; its header is in line 1."""
    return [(line, *row.refused) for line, row in enumerate(found, start=2) if row.refused]


async def imported(log: EventLog) -> list[RecordedEvent]:
    return [event for event in await log.after(0, 10_000) if event.meta.imported]


def told(events: Sequence[RecordedEvent]) -> list[Any]:
    """What events say that does not hang on when they were recorded."""
    said = [(e.stream, e.version, e.event_id, e.type, e.occurred_at, e.actor, e.role, e.unit) for e in events]
    return sorted(said)


async def test_good_rows_are_taken_in_and_each_bad_one_is_named(town: Town, tmp_path: Path) -> None:
    bringing, faults = await bring(town, tmp_path, FOUND)
    assert faults == expected(FOUND)
    assert (bringing.taken, bringing.known, len(faults)) == (270, 0, 30)
    events = await imported(town.log)
    assert len(events) == 270
    assert {event.meta.imported for event in events} == {"hotline-2019"}
    assert {b'"imported":"hotline-2019"' in event.stored_meta for event in events} == {True}
    written = {row.cells[2] for row in FOUND if not row.refused}
    local = timedelta(hours=8)
    assert {f"{event.occurred_at + local:%Y-%m-%d %H:%M}" for event in events} == written
    streams = {event.stream for event in events}
    states = [fold(await town.log.stream(stream)).status for stream in streams]
    assert states.count(Status.CLOSED) == 33, "270 rows are 33 whole histories and a part of one"
    await a_second_run_adds_nothing(town, tmp_path)


async def a_second_run_adds_nothing(town: Town, folder: Path) -> None:
    head = await town.log.head()
    again, faults = await bring(town, folder, FOUND)
    assert (again.taken, again.known, await town.log.head()) == (0, 270, head)
    assert faults == expected(FOUND), "for the same reasons again"


async def test_a_run_that_was_killed_goes_on_and_the_order_of_lines_means_nothing(
    town: Town, tmp_path: Path
) -> None:
    await one_run(town, tmp_path)
    cut = told(await imported(town.log))
    assert cut
    shuffled = [row for row in FOUND if row.refused is None]
    random.Random(7).shuffle(shuffled)
    bringing, faults = await bring(town, tmp_path, shuffled)
    assert (faults, bringing.known + bringing.taken, bringing.known) == ([], 270, len(cut))
    whole = told(await imported(town.log))
    assert len(whole) == 270
    assert set(cut) < set(whole)
    for stream in {event[0] for event in whole}:
        times = [event[4] for event in whole if event[0] == stream]
        assert times == sorted(times)


async def one_run(town: Town, folder: Path) -> None:
    """A run that is cut off when a third of the rows is done."""
    with read(folder, FOUND) as (spool, meaning):
        done = 0

        def one() -> None:
            nonlocal done
            done += 1
            if done == 100:
                running.cancel()

        running = asyncio.ensure_future(Bringing(town.executor, spool, meaning.source, one).run())
        with suppress(asyncio.CancelledError):
            await running
        await town.log.writer.close()


def row(case: str, activity: str, minutes: int, **other: str) -> Row:
    at = BEGIN + timedelta(minutes=minutes)
    return Row(cells(case, activity, at, other.pop("网格", GRID), **other))


async def test_what_was_taken_in_is_neither_changed_nor_preceded(town: Town, tmp_path: Path) -> None:
    first = [row("A", "登记", 0), row("A", "受理", 10), row("A", "派单", 30)]
    _, faults = await bring(town, tmp_path, first)
    assert faults == [(4, "环节", "ILLEGAL_TRANSITION")], "nobody assigns what was not assessed"
    second = [row("A", "登记", 0, 内容="另一件事"), *first[1:], row("A", "研判", 20), row("A", "研判", 5)]
    bringing, faults = await bring(town, tmp_path, second)
    assert faults == [(2, "-", "BAD_ROW"), (6, "环节", "ILLEGAL_TRANSITION")]
    assert (bringing.known, bringing.taken) == (1, 2), "what lacked only the assessment came in behind it"
    late = [*first, row("A", "研判", 20), row("A", "研判", 25)]
    _, faults = await bring(town, tmp_path, late)
    assert faults == [(6, "时间", "BAD_ROW")], "it could have been, and comes too late"
    assert [event.type for event in await imported(town.log)] == [
        "CaseReported",
        "CaseAccepted",
        "SeverityGraded",
        "CaseAssigned",
    ]


MORE = MAPPING | {
    "columns": MAPPING["columns"] | {"other": "内容"},
    "defaults": MAPPING["defaults"] | {"text": "（未保存）", "reason": "（未保存）"},
    "activities": MAPPING["activities"]
    | {
        "并案": {"step": "MERGE", "role": "COMMUNITY_STAFF"},
        "重复": {"step": "MARK_DUPLICATE", "role": "COMMUNITY_STAFF"},
        "分开": {"step": "UNDO_MERGE", "role": "COMMUNITY_STAFF"},
        "转办": {"step": "TRANSFER", "role": "STREET_OFFICER"},
        "返工": {"step": "FAIL_VERIFICATION", "role": "COMMUNITY_STAFF", "note": "未解决"},
        "重开": {"step": "REOPEN", "role": "RESIDENT"},
    },
}
del MORE["columns"]["text"]


async def test_steps_name_other_cases_and_other_places(town: Town, tmp_path: Path) -> None:
    found = [
        row("B", "登记", 1, 内容=""),
        row("A", "登记", 1, 内容=""),
        row("A", "并案", 1, 内容="B"),
        row("A", "分开", 2, 内容=""),
        row("A", "重复", 2, 内容="B"),
        row("B", "受理", 3, 内容=""),
        row("B", "研判", 4, 内容=""),
        row("B", "派单", 5, 内容=""),
        row("B", "转办", 6, 内容="", 网格="120101001002-G001"),
        row("B", "办结", 7, 内容="", 网格=""),
        row("B", "返工", 8, 内容="", 网格=""),
        row("A", "重复", 9, 内容="Z"),
        row("A", "重开", 9, 内容="", 经办人=""),
    ]
    _, faults = await bring(town, tmp_path, found, mapping=MORE)
    assert faults == [(13, "内容", "NOT_FOUND")]
    events = {event.type: event for event in await imported(town.log)}
    assert events["ResolvedOnSpot"].unit == "120101001002-G001", "the place goes with the case"
    assert {
        "CaseMerged",
        "CaseAbsorbed",
        "MergeUndone",
        "CaseMarkedDuplicate",
        "CaseReopened",
    } < events.keys()


def as_xes(found: Sequence[Row]) -> str:
    """The rows as XES, a trace a case."""
    traces: dict[str, list[str]] = {}
    for each in found:
        said = dict(zip(COLUMNS, each.cells, strict=True))
        case = said.pop("工单编号")
        parts = [f"<string key={quoteattr(key)} value={quoteattr(value)}/>" for key, value in said.items()]
        traces.setdefault(case, []).append(f"<event>{''.join(parts)}</event>\n")
    inside = "".join(
        f'<trace><string key="concept:name" value={quoteattr(case)}/>\n{"".join(events)}</trace>\n'
        for case, events in traces.items()
    )
    return f'<log xmlns="http://www.xes-standard.org/">\n{inside}</log>'


def lines_of(file: Path, mapping: dict[str, Any] = MAPPING) -> list[Any]:
    described = file.with_name("mapping.json")
    described.write_text(json.dumps(mapping), encoding="utf-8")
    return list(read_rows(file, read_mapping(described), lambda _: None))


def test_xes_is_read_as_csv_is(tmp_path: Path) -> None:
    found = [each for number in (0, 1) for each in history(number)]
    (tmp_path / "log.xes").write_text(as_xes(found), encoding="utf-8")
    mapping = MAPPING | {"columns": MAPPING["columns"] | {"case": "case:concept:name"}}
    lines = lines_of(tmp_path / "log.xes", mapping)
    assert [line.number for line in lines] == [*range(3, 11), *range(13, 21)]
    write(tmp_path, found)
    as_csv = [line.cells for line in lines_of(tmp_path / "histories.csv")]
    assert [{"工单编号": line.cells["case:concept:name"], **line.cells} for line in lines] == [
        cells | {"case:concept:name": cells["工单编号"]} for cells in as_csv
    ]


HEADER = ",".join(COLUMNS) + "\n"


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("x.csv", b"a,b\n", "line 1, column -: the header lacks"),
        ("x.csv", b"", "line 1, column -: the header lacks"),
        ("x.csv", f"a,a,{HEADER}".encode(), "the header names a column twice"),
        ("x.csv", None, "cannot be read: No such file"),
        ("x.xes", b"<log><trace>\n<event></trace></log>", "line 2, column -: is no XES: mismatched tag"),
        ("x.xes", b"<log>", "is no XES: no element found"),
    ],
)
def test_a_file_that_is_none_is_refused_whole(
    name: str, content: bytes | None, reason: str, tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(BadFile, match="Nothing was imported") as refused:
        lines_of(tmp_path / name)
    assert reason in str(refused.value)


def test_a_line_that_is_none_is_one_fault(tmp_path: Path) -> None:
    content = [
        HEADER.encode(),
        b'"broken"x,1\n',
        b"\n",
        b"A,\xff\xfe,,,,,,,,\n",
        b'A,"two\nlines",,,,,,,,\n',
        b"A\n",
        b'"open',
    ]
    (tmp_path / "x.csv").write_bytes(b"".join(content))
    lines = lines_of(tmp_path / "x.csv")
    assert [(line.number, line.wrong is not None) for line in lines] == [
        (2, True),
        (4, False),
        (5, False),
        (7, True),
        (8, True),
    ]
    with spooled(tmp_path / "rows", "x") as spool:
        for line in lines:
            spool.add(line, read_mapping(tmp_path / "mapping.json"))
        found = [(line, field, en) for line, field, _, _, en, _ in spool.faults()]
    assert found[1] == (4, "activity", "it holds characters that are no text in this encoding")
    assert [line for line, *_ in found] == [2, 4, 5, 7, 8]


def test_xes_without_line_breaks_is_taken_over_whole(tmp_path: Path) -> None:
    found = [row for number in range(3) for row in history(number)]
    (tmp_path / "log.xes").write_text(as_xes(found).replace("\n", " "), encoding="utf-8")
    mapping = MAPPING | {"columns": MAPPING["columns"] | {"case": "case:concept:name"}}
    lines = lines_of(tmp_path / "log.xes", mapping)
    with spooled(tmp_path / "rows", "x") as spool:
        for line in lines:
            spool.add(line, read_mapping(tmp_path / "mapping.json"))
        spool.order()
        assert list(spool.faults()) == []
        steps = list(spool.steps())
    assert {wanted.line for wanted in steps} == {1}
    assert len({wanted.command for wanted in steps}) == len(steps) == len(found)


@pytest.mark.parametrize(
    ("change", "where", "reason"),
    [
        ({"source": " "}, "source", "names the other system"),
        ({"columns": {"case": "a", "time": "b"}}, "columns", "does not say where activity stands"),
        (
            {"columns": MAPPING["columns"] | {"colour": "c"}},
            "columns",
            "'colour' is no field; fields are case,",
        ),
        ({"columns": []}, "columns", "is no JSON object"),
        ({"activities": {"x": "WHISTLE"}}, "activities.x", "'WHISTLE' cannot be imported; steps are REPORT,"),
        ({"activities": {"x": {"step": "CLOSE", "y": "1"}}}, "activities.x", "'y' is no field"),
        ({"activities": {"x": 7}}, "activities.x", "is neither a step nor an object of texts"),
        ({"defaults": {"text": 7}}, "defaults", "text is no text"),
        ({"defaults": {"text": "\0"}}, "defaults", "has a character that no text can hold"),
        ({"values": {"category": {"\ud800": "01001"}}}, "values", "has a character that no text can hold"),
        ({"values": {"tier": 7}}, "values", "tier is no JSON object of texts"),
        ({"zone": "Mars/Olympus"}, "zone", "is no time zone"),
        ({"encoding": "x"}, "encoding", "is not known"),
        ({"encoding": "base64"}, "encoding", "is not known"),
        ({"time": 7}, "time", "is no format of times"),
        ({"encoding": "\0"}, "encoding", "has a character that no text can hold"),
        ({"colour": 1}, "colour", "is not known"),
    ],
)
def test_a_mapping_says_what_is_wrong_with_it(
    change: dict[str, Any], where: str, reason: str, tmp_path: Path
) -> None:
    (tmp_path / "mapping.json").write_text(json.dumps(MAPPING | change), encoding="utf-8")
    with pytest.raises(BadFile) as refused:
        read_mapping(tmp_path / "mapping.json")
    assert [fault.column for fault in refused.value.faults] == [where]
    assert refused.value.faults[0].reason.startswith(reason)


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff", None])
def test_what_is_no_mapping_is_refused(content: bytes | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "mapping.json").write_bytes(content)
    with pytest.raises(BadFile):
        read_mapping(tmp_path / "mapping.json")


def test_every_step_can_be_taken_over_or_is_said_not_to_be() -> None:
    others = {
        Step.WHISTLE,
        Step.WITHDRAW_WHISTLE,
        Step.RESOLVE_BY_WHISTLE,
        Step.SPLIT,
        Step.REQUEST,
        Step.DECIDE_REQUEST,
        Step.RESUME,
        Step.OVERDUE,
        Step.ABSORB,
        Step.REHOME,
    }
    assert set(COMMANDS) | others == set(Step)
    assert not set(COMMANDS) & others


async def test_the_command_lists_each_bad_row_in_a_file(town: Town, database: str, tmp_path: Path) -> None:
    file, mapping = write(tmp_path, [*history(0), wrong(0, 0), wrong(12, 0)])
    there = ("--database-url", address(database))
    done = run_chuishao(
        "import", "histories", file, "--mapping", mapping, *there, CHUISHAO_KEY=town.executor.key.hex()
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert "8 rows taken in, 0 were in already, 2 refused; " in done.stdout
    with (tmp_path / "histories.csv.rejected.csv").open(encoding="utf-8-sig", newline="") as text:
        listed = list(csv.DictReader(text))
    assert [(each["line"], each["column"], each["case"]) for each in listed] == [
        ("10", "环节", "GD000000"),
        ("11", "经办人", "GD000000"),
    ]
    assert listed[1]["reason"] == "网格员-07 resolved this case and may not verify it. Somebody else must."
    assert listed[1]["原因"] == "网格员-07 处置了此案件，不得自行核查。须由他人核查。"


async def test_nothing_is_imported_while_somebody_reacts(town: Town, database: str, tmp_path: Path) -> None:
    file, mapping = write(tmp_path, list(history(0)))
    head = await town.log.head()
    async with connected(town.log.pool) as connection:
        await connection.execute("SELECT pg_advisory_lock($1, $2)", LOCK, town.log.id)
        there = ("--database-url", address(database))
        done = run_chuishao("import", "histories", file, "--mapping", mapping, *there)
        await connection.execute("SELECT pg_advisory_unlock($1, $2)", LOCK, town.log.id)
    assert (done.returncode, await town.log.head()) == (2, head)
    assert done.stderr.startswith(
        "chuishao: a server reacts to events; stop it, or start it with --no-reactions"
    )
