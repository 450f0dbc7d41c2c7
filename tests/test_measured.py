"""指标导出 The measures as a table: the API's figures, always in the same order, safe in a spreadsheet."""

from __future__ import annotations

import csv
import sys
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chuishao.commands import divisions
from chuishao.domain.measure import MeasureSubject, MeasureTrend
from chuishao.eventlog.log import EventLog
from chuishao.service.measured import as_csv, as_parquet
from chuishao.service.measured.line import COLUMNS, MeasuredLine
from chuishao.service.measured.table import Measured, NoSuchPlace, Wanted, measured
from tests.served import address, run_chuishao
from tests.test_board import FIGURES, api
from tests.town import COMMUNITY, GRID, STREET, THIRD_GRID, Town, make_town

SINCE, UNTIL = date(2026, 3, 1), date(2026, 4, 30)
FORMULA = "=HYPERLINK(A1)"


@pytest.fixture(scope="module")
async def town(shared_log: EventLog) -> Town:
    """Two communities; one is called like a formula."""
    town = await make_town(shared_log)
    since = date(2026, 2, 1)
    await town.do(divisions.RenameDivision(code=COMMUNITY, name=FORMULA, effective_from=since))
    await town.close(await town.assigned())
    await town.report(THIRD_GRID)
    return town


def wanted(**changed: Any) -> Wanted:
    asked: dict[str, Any] = {"by": MeasureSubject.DIVISION, "since": SINCE, "until": UNTIL, "trend": None}
    return Wanted(**{"place": STREET} | asked | changed)


def read(text: bytes) -> list[list[str]]:
    assert text.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(StringIO(text.decode("utf-8-sig"), newline="")))


async def test_the_lines_are_the_apis_in_an_order_that_is_always_the_same(
    town: Town, shared_log: EventLog
) -> None:
    asked = {"place": STREET, "since": SINCE.isoformat(), "until": UNTIL.isoformat()}
    for trend in (None, MeasureTrend.MONTH):
        found = await measured(shared_log, wanted(trend=trend))
        answer = await api(shared_log, FIGURES, by="DIVISION", trend=trend, **asked)
        assert {
            (
                one.measure,
                one.part,
                one.since.isoformat(),
                one.numerator,
                one.denominator,
                one.rate,
                one.lower,
            )
            for one in found.lines
        } == {
            tuple(
                each[name]
                for name in ("measure", "part", "since", "numerator", "denominator", "rate", "lower")
            )
            for each in answer["measures"]["nodes"]
        }
        again: Measured = await measured(shared_log, wanted(trend=trend))
        assert found.lines == again.lines != []


@pytest.mark.parametrize("by", [None, *MeasureSubject])
async def test_every_part_has_a_name(town: Town, shared_log: EventLog, by: MeasureSubject | None) -> None:
    found = await measured(shared_log, wanted(by=by))
    assert all(one.name for one in found.lines)
    everywhere = await measured(shared_log, wanted(by=by, place=""))
    assert len(everywhere.lines) >= len(found.lines) or by is MeasureSubject.DIVISION


async def test_an_unknown_place_is_refused(town: Town, shared_log: EventLog) -> None:
    assert (await measured(shared_log, wanted(place=GRID, by=None))).lines
    with pytest.raises(NoSuchPlace, match="999999"):
        await measured(shared_log, wanted(place="999999"))


async def test_csv_is_read_by_excel_and_computes_nothing(town: Town, shared_log: EventLog) -> None:
    found = await measured(shared_log, wanted())
    head, *rows = read(as_csv.written(found.lines))
    assert tuple(head) == COLUMNS
    assert {f"'{FORMULA}", "第二社区"} == {row[COLUMNS.index("name")] for row in rows}
    assert len(rows) == len(found.lines)


texts = st.text(st.characters(exclude_categories=["Cs"]))


@given(texts)
def test_no_cell_begins_like_a_formula_and_every_text_comes_back(name: str) -> None:
    line = MeasuredLine("CLOSURE", 1, "12", name, SINCE, UNTIL, 0, 0, None, None, None, None, 30)
    _, row = read(as_csv.written([line]))
    cell = row[COLUMNS.index("name")]
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert cell in (name, f"'{name}")
    assert row[COLUMNS.index("rate")] == ""


def test_without_pyarrow_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(as_parquet.NoPyArrow, match=r"pip install 'chuishao\[parquet\]'"):
        as_parquet.written([])


async def test_the_command_writes_the_file_and_for_an_unknown_place_none(
    shared_database: str, town: Town, tmp_path: Path
) -> None:
    there = ("--database-url", address(shared_database), "--data-dir", tmp_path / "data")
    asked = ("export", "measures", "--place", STREET, "--by", "division", "--since", SINCE, "--until", UNTIL)
    file = tmp_path / "measures.csv"
    done = run_chuishao(*asked, "--to", file, *there)
    assert done.returncode == 0, done.stderr
    assert f"lines, {SINCE} to {UNTIL}, as of position" in done.stdout
    assert len(read(file.read_bytes())) > 2
    unknown = run_chuishao("export", "measures", "--place", "999999", "--to", tmp_path / "no.csv", *there)
    assert (unknown.returncode, "999999" in unknown.stderr) == (2, True)
    other = run_chuishao("export", "measures", "--to", tmp_path / "no.xlsx", *there)
    assert (other.returncode, ".csv or .parquet" in other.stderr) == (2, True)
    assert not (tmp_path / "no.csv").exists()
