"""Draws docs/process.svg: how cases go, as a process miner that others wrote discovers it from our files.

    make mining

plays a day of the demonstration, exports it in the three formats, has pm4py read each of them, and draws
which step followed which. What pm4py finds in the formats must be the same.
"""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unicodedata import east_asian_width

import pm4py  # type: ignore[import-not-found,unused-ignore]  # an extra of its own

from chuishao.domain.catalogue import title

BIN = Path(sys.executable).parent
PICTURE = Path(__file__).parent / "process.svg"
CASES = 500
RARE = 0.04
"""Steps between events that less than so many of the cases take are not drawn."""
MINUTES, HOURS = timedelta(hours=2), timedelta(days=2)
"""Up to where times are told in minutes, and in hours."""


def main() -> None:
    """Play, export, read, discover, draw."""
    with TemporaryDirectory() as folder:
        data = ("--data-dir", str(Path(folder) / "data"))
        run("demo", "--no-serve", "--cases", str(CASES), *data)
        files = [str(Path(folder) / name) for name in ("log.sqlite", "log.json", "log.xes")]
        for file in files:
            run("export", "process", "--to", file, *data)
        cases = agreed(*files)
    follows, begins, ends = pm4py.discover_performance_dfg(cases)
    counts, _, _ = pm4py.discover_dfg(cases)
    drawn = dot(counts, follows, begins, ends, Counter(cases["concept:name"]))
    done = subprocess.run(  # noqa: S603 a program of our own environment
        [str(BIN / "graphviz-pure"), "-Tsvg"], input=drawn, capture_output=True, text=True, check=True
    )
    PICTURE.write_text(plain(done.stdout), encoding="utf-8")
    sys.stdout.write(f"{PICTURE} shows {cases['case:concept:name'].nunique()} cases.\n")


def run(*arguments: str) -> None:
    """Run our own command."""
    subprocess.run([str(BIN / "chuishao"), *arguments], check=True)  # noqa: S603 a program of our own


def agreed(sqlite: str, document: str, xes: str) -> Any:
    """The events of cases as XES has them, once every format has been read and says the same of them."""
    cases = pm4py.read_xes(xes)
    of_cases = sorted(cases["concept:name"])
    for read, file in ((pm4py.read_ocel2_sqlite, sqlite), (pm4py.read_ocel2_json, document)):
        found = read(file)
        types = len(pm4py.discover_ocdfg(found)["object_types"])
        related = found.relations[found.relations["ocel:type"] == "case"]
        own = related[related["ocel:qualifier"].isin(["about", "history"])]
        if sorted(own["ocel:activity"]) != of_cases:
            raise SystemExit(f"{file} says something else of cases than {xes}")
        sys.stdout.write(f"{Path(file).name}: {len(found.events)} events, {types} types of objects\n")
    return cases


def dot(
    counts: Mapping[tuple[str, str], int],
    times: Mapping[tuple[str, str], Any],
    begins: Mapping[str, int],
    ends: Mapping[str, int],
    events: Mapping[str, int],
) -> str:
    """The process map in the language of Graphviz."""
    least = RARE * sum(begins.values())
    edges = {pair: count for pair, count in counts.items() if count >= least}
    names = sorted({name for pair in edges for name in pair})
    lines = [
        "digraph {",
        'graph [rankdir=TB, pad=0.3, nodesep=0.3, ranksep=0.32, bgcolor=white, fontname="sans-serif"]',
        'node [shape=box, style="rounded,filled", fillcolor="#eef4fb", color="#5b7fa8",'
        ' fontname="sans-serif", fontsize=11, height=0.5]',
        'edge [color="#7a8794", fontname="sans-serif", fontsize=9, fontcolor="#444444"]',
        'begin [label="", shape=circle, width=0.2, height=0.2, fillcolor="#4c9a5b"]',
        'end [label="", shape=doublecircle, width=0.18, height=0.18, fillcolor="#b0473a"]',
    ]
    for name in names:
        label, below = f"{title(name).zh} {events[name]}", name
        width = max(_width(label) * 11, _width(below) * 11) / 72 + 0.25
        lines.append(f'"{name}" [label="{label}\\n{below}", width={width:.2f}]')
    for (first, second), count in sorted(edges.items()):
        told = f"   {count}\\l   {_time(timedelta(seconds=float(times[first, second]['mean'])))}\\l"
        pen = 0.6 + 4 * count / max(edges.values())
        lines.append(f'"{first}" -> "{second}" [label="{told}", penwidth={pen:.2f}]')
    lines += [f'begin -> "{name}" [label=" {count}"]' for name, count in begins.items() if name in names]
    lines += [f'"{name}" -> end [label=" {count}"]' for name, count in ends.items() if count >= least]
    return "\n".join([*lines, "}"])


def _width(text: str) -> float:
    """How wide a text is in the widths of its letters' height."""
    return sum(1.0 if east_asian_width(letter) in "WF" else 0.62 for letter in text)


def _time(taken: timedelta) -> str:
    seconds = taken.total_seconds()
    if seconds < 1:
        return "at once"
    if taken < MINUTES:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h" if taken < HOURS else f"{seconds / 86400:.0f} d"


def plain(svg: str) -> str:
    """The picture without what says by which program it was drawn."""
    kept = [line for line in svg.splitlines() if not line.startswith(("<!-- Generated", " -->"))]
    return "\n".join(kept) + "\n"


if __name__ == "__main__":
    main()
