"""Histories as another system writes them: most rows right, and so many wrong in ways that are known.

    .venv/bin/python -m tests.histories FOLDER --rows 50000 --bad 500

writes `histories.csv` and `mapping.json`, to be imported into a database that has the grids.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.town import GRID, OTHER_GRID

COLUMNS = ["工单编号", "环节", "时间", "经办人", "角色", "网格", "类别", "内容", "层级", "满意度"]
MAPPING: dict[str, Any] = {
    "source": "hotline-2019",
    "time": "%Y-%m-%d %H:%M",
    "columns": {
        "case": "工单编号",
        "activity": "环节",
        "time": "时间",
        "actor": "经办人",
        "role": "角色",
        "place": "网格",
        "category": "类别",
        "text": "内容",
        "tier": "层级",
        "satisfied": "满意度",
    },
    "activities": {
        "登记": {"step": "REPORT", "role": "RESIDENT"},
        "受理": {"step": "ACCEPT", "role": "COMMUNITY_STAFF"},
        "研判": {"step": "ASSESS", "role": "COMMUNITY_STAFF"},
        "派单": {"step": "ASSIGN", "role": "COMMUNITY_STAFF"},
        "办结": {"step": "RESOLVE_ON_SPOT", "role": "GRID_WORKER"},
        "核查": {"step": "VERIFY", "role": "COMMUNITY_STAFF"},
        "回访": {"step": "RATE", "role": "COMMUNITY_STAFF", "answered": "是", "solved": "是"},
        "归档": {"step": "CLOSE", "role": "COMMUNITY_STAFF"},
    },
    "values": {"category": {"井盖": "01001"}, "tier": {"现场": "ON_SPOT"}, "role": {"居民": "RESIDENT"}},
    "defaults": {"severity": "MINOR", "result": "（原系统未保存处理结果）"},
}
BEGIN = datetime(2022, 3, 1, 8, 0)
ACTIVITIES = ("登记", "受理", "研判", "派单", "办结", "核查", "回访", "归档")
WORKER, STAFF = "网格员-07", "社区-03"


@dataclass(frozen=True)
class Row:
    """One row, and the column and code under which it must be refused; None where it is right."""

    cells: Sequence[str]
    refused: tuple[str, str] | None = None


def cells(case: str, activity: str, at: datetime, grid: str, **other: str) -> list[str]:
    """The cells of a row that is right."""
    own = {
        "登记": {"经办人": "", "类别": "井盖", "内容": "井盖丢失"},
        "派单": {"层级": "现场"},
        "办结": {"经办人": WORKER},
        "回访": {"满意度": "5"},
    }
    row = {"工单编号": case, "环节": activity, "时间": f"{at:%Y-%m-%d %H:%M}", "经办人": STAFF, "网格": grid}
    row |= own.get(activity, {}) | other
    return [row.get(column, "") for column in COLUMNS]


def history(number: int) -> Iterator[Row]:
    """A case from its report to its close, in eight rows."""
    at, grid = BEGIN + timedelta(minutes=7 * number), (GRID, OTHER_GRID)[number % 2]
    for step, activity in enumerate(ACTIVITIES):
        yield Row(cells(f"GD{number:06d}", activity, at + timedelta(minutes=30 * step), grid))


def wrong(number: int, case: int) -> Row:
    """A row that is wrong in one of a dozen ways, beside the history of a case."""
    name, at = f"GD{case:06d}", BEGIN + timedelta(minutes=7 * case)
    late, new = at + timedelta(days=1), f"XX{number:06d}"
    kinds = [
        Row(cells(name, "转走", late, GRID), ("环节", "BAD_ROW")),
        Row(cells(name, "归档", late, GRID, 时间="昨天"), ("时间", "BAD_ROW")),
        Row(cells("", "归档", late, GRID), ("工单编号", "BAD_ROW")),
        Row(cells(name, "归档", late, GRID)[:-3], ("-", "BAD_ROW")),
        Row(cells(name, "登记", late, GRID), ("环节", "BAD_ROW")),
        Row(cells(name, "受理", late, GRID, 经办人=""), ("经办人", "BAD_ROW")),
        Row(cells(new, "登记", at, "120101001001-G999"), ("网格", "UNKNOWN_GRID")),
        Row(cells(new, "登记", at, GRID, 类别="不存在"), ("类别", "UNKNOWN_CATEGORY")),
        Row(cells(new, "登记", at, GRID, 内容=""), ("内容", "BAD_ROW")),
        Row(cells(new, "登记", at, GRID, 时间="2999-01-01 00:00"), ("时间", "BAD_TIME")),
        Row(cells(new, "受理", at, GRID), ("工单编号", "NOT_FOUND")),
        Row(cells(name, "受理", late, GRID), ("环节", "ILLEGAL_TRANSITION")),
        Row(cells(name, "核查", at + timedelta(minutes=121), GRID, 经办人=WORKER), ("经办人", "SAME_PERSON")),
        Row(cells(name, "受理", at + timedelta(minutes=1), GRID, 角色="居民"), ("角色", "FORBIDDEN")),
        Row(cells(name, "回访", at + timedelta(minutes=151), GRID, 满意度="9"), ("满意度", "OUT_OF_RANGE")),
    ]
    return kinds[number % len(kinds)]


def rows(count: int, bad: int) -> Iterator[Row]:
    """So many rows in all, of which so many are wrong; those of several cases mixed, as time goes."""
    right, number, case = count - bad, 0, 0
    pending: list[Row] = []
    while right:
        taken = list(history(case))[:right]
        right -= len(taken)
        pending += taken
        if number < bad and case % max(1, count // 8 // max(1, bad)) == 0 and len(taken) == len(ACTIVITIES):
            pending.append(wrong(number, case))
            number += 1
        case += 1
    yield from pending
    yield from (wrong(late, late % max(1, case - 1)) for late in range(number, bad))


def write(folder: Path, found: Sequence[Row]) -> tuple[Path, Path]:
    """Write a file and its mapping; give their names."""
    file, mapping = folder / "histories.csv", folder / "mapping.json"
    with file.open("w", encoding="utf-8-sig", newline="") as text:
        sheet = csv.writer(text)
        sheet.writerow(COLUMNS)
        sheet.writerows(row.cells for row in found)
    mapping.write_text(json.dumps(MAPPING, ensure_ascii=False, indent=2), encoding="utf-8")
    return file, mapping


def main() -> None:
    """Write what is asked for."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("folder", type=Path)
    asked.add_argument("--rows", type=int, default=50_000)
    asked.add_argument("--bad", type=int, default=500)
    said = asked.parse_args()
    write(said.folder, list(rows(said.rows, said.bad)))


if __name__ == "__main__":
    main()
