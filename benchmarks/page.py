"""docs/performance.md: its tables are written from benchmarks/results.json, and say what the last run found.

A table stands between `<!-- measured: NAME -->` and `<!-- end -->`; the rest is written by hand.
"""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.goals import GOALS, WORK

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
MARKED = re.compile(r"(<!-- measured: (\w+) -->\n).*?(<!-- end -->\n)", re.DOTALL)
Results = Mapping[str, Any]
KEPT = {
    "postgraphile": "PostGraphile",
    "mercurius": "mercurius",
    "strawberry": "strawberry",
    "bare": "bare endpoint",
    "bare_json": "PostgreSQL's JSON",
    "unscoped": "ours, unscoped",
    "without_lines": "ours, no log lines",
}


def machine() -> dict[str, Any]:
    """What the figures were measured on, as far as it can be read; Linux says most."""
    model = re.search(r"model name\s*: (.+)", _read("/proc/cpuinfo"))
    memory = re.search(r"MemTotal:\s*(\d+)", _read("/proc/meminfo"))
    return {
        "processors": os.cpu_count(),
        "model": model[1] if model else platform.processor(),
        "memory_gib": round(int(memory[1]) / 2**20) if memory else None,
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load_average": round(os.getloadavg()[0], 1),
        "at": datetime.now(UTC).strftime("%Y-%m-%d"),
    }


def _read(path: str) -> str:
    return Path(path).read_text(encoding="utf-8") if Path(path).exists() else ""


def _machine(results: Results) -> str:
    found = results.get("machine")
    if not found:
        return "Not measured yet.\n"
    return (
        f"{found['processors']} processors ({found['model']}), {found['memory_gib']} GiB of memory,"
        f" {found['system']}, Python {found['python']}; load average {found['load_average']} when it began,"
        f" {found['at']}.\n"
    )


def _goals(results: Results) -> str:
    rows = []
    last = ""
    for goal in GOALS:
        measured = goal.measured(results)
        verdict = "" if measured is None else "yes" if goal.met(measured) else "**no**"
        figure = "not measured" if measured is None else f"{measured:,.4g}"
        rows.append(("" if goal.work == last else goal.work, goal.text, figure, verdict))
        last = goal.work
    return _table(("work", "goal", "measured", "met"), rows, right=(2,))


def _reads(results: Results) -> str:
    """Rates: how many times as fast as each of the others; and our own figures."""
    others = list(KEPT)[:5]
    rows = []
    for kind in (*WORK, "unseen_document"):
        if found := results.get(kind):
            own = [f"{found[f'own_{what}']:,.0f}" for what in ("rate", "cpu", "database")]
            own += [f"{found[f'own_{what}']:.1f}" for what in ("p50", "p99")]
            rows.append((kind.replace("_", " "), *own, *(_times(found.get(name)) for name in others)))
    headings = (
        "ours",
        "answers/s",
        "CPU µs",
        "PostgreSQL µs",
        "p50 ms",
        "p99 ms",
        *(KEPT[n] for n in others),
    )
    return _table(headings, rows)


def _processor(results: Results) -> str:
    """Processor time of the server's process, ours to the others'."""
    names = list(KEPT)
    rows = [
        (kind.replace("_", " "), *(_times(found.get(f"cpu_{name}")) for name in names))
        for kind in (*WORK, "unseen_document")
        if (found := results.get(kind))
    ]
    return _table(("CPU of ours to", *KEPT.values()), rows)


def _growth(results: Results) -> str:
    rows = []
    for kind, found in results.get("growth", {}).items():
        rates = ", ".join(
            f"{name.removeprefix('rate_').replace('_', ',')}: {rate:,.0f}/s"
            for name, rate in found.items()
            if name.startswith("rate_")
        )
        rows.append((kind, rates, _times(found["rate"]), _times(found["cpu"])))
    return _table(("read", "answers by cases", "fastest to slowest", "by processor time"), rows, right=(2, 3))


def _append(results: Results) -> str:
    found = results.get("append", {})
    rows = [
        (
            "group commit",
            *(f"{found[n]['rate']:,.0f}/s" if "rate" in found.get(n, {}) else "" for n in ("1", "32")),
        )
    ]
    names = [name for name in found.get("32", {}) if name != "rate"]
    rows += [(name.replace("_", " "), *(_times(found[n].get(name)) for n in ("1", "32"))) for name in names]
    return _table(("group commit does", "1 caller", "32 callers"), rows)


def _commands(results: Results) -> str:
    contenders = results.get("commands", {}).get("contenders", {})
    rows = [
        (
            name,
            f"{kept['per_second']:,}/s",
            f"{kept['cpu_us']:,} µs" if kept["cpu_us"] else "",
            "" if kept["ours"] == 1 else _times(kept["ours"]),
        )
        for name, kept in contenders.items()
    ]
    return _table(("32 callers", "a second", "server's processor, each", "chuishao does"), rows)


def _parts(results: Results) -> str:
    found = results.get("commands", {})
    cpu = found.get("cpu_us", 0)
    rows = [
        (part, f"{share:.0%}", f"{share * cpu:,.0f} µs") for part, share in found.get("parts", {}).items()
    ]
    return _table(("part of a command", "share", "processor"), rows)


def _profile(results: Results) -> str:
    found = results.get("profile", {})
    parts = dict.fromkeys(part for one in found.values() for part in one)
    rows = [(part, *(f"{one[part]:,} µs" if part in one else "" for one in found.values())) for part in parts]
    return _table(("a request", *found), rows)


def _live(results: Results) -> str:
    found = results.get("live", {})
    names = {
        "p50_ms": "p50, ms",
        "p99_ms": "p99, ms",
        "floor_ms": "p50 of a server that only writes these bytes, ms",
        "cpu_us_a_delivery": "server's processor a delivery, µs",
        "floor_us_a_delivery": "of a server that only writes these bytes, µs",
        "unshared": "one execution for each subscriber: times as much processor",
        "missed": "missed or repeated",
        "memory_kib_a_connection": "memory of an idle connection, KiB",
        "memory_kib_a_subscriber": "memory of a connection with an idle subscription, KiB",
    }
    return _figures(f"{found.get('subscribers', 0):,} subscribers", found, names)


def _projections(results: Results) -> str:
    found = results.get("projections", {})
    names = {
        "events_per_second": "made anew, events a second",
        "into_tables_in_use": "into the tables in use, events a second",
        "package_runner": "times the package's runner, which makes one of them",
        "microseconds_of_python": "of Python an event, µs",
    }
    return _figures("all read models", found, names)


def _start(results: Results) -> str:
    found = results.get("start", {})
    names = {
        "ready": "ready, s",
        "answered": "GraphQL answered, s",
        "cpu": "processor, s",
        "rss": "RSS, MB",
        "pss": "PSS, MB",
    }
    rows = [
        (place, *(f"{found[place][key]:,}" for key in names))
        for place in ("embedded", "external")
        if place in found
    ]
    return _table(("database", *names.values()), rows) + (
        f"\nA million events take {found['log']:,} MB on disk as a log.\n" if "log" in found else ""
    )


TABLES: dict[str, Callable[[Results], str]] = {
    "machine": _machine,
    "goals": _goals,
    "reads": _reads,
    "processor": _processor,
    "growth": _growth,
    "profile": _profile,
    "live": _live,
    "projections": _projections,
    "start": _start,
    "append": _append,
    "commands": _commands,
    "parts": _parts,
}


def _figures(heading: str, found: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """A line for each figure that was found, by what it is called."""
    return _table((heading, ""), [(name, f"{found[key]:,}") for key, name in names.items() if key in found])


def _times(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:,.3g} ×"


def _table(headings: Iterable[str], rows: Iterable[Iterable[str]], right: Iterable[int] | None = None) -> str:
    """A Markdown table; figures to the right, in all columns but the first unless said otherwise."""
    heads = list(headings)
    to_right = set(range(1, len(heads)) if right is None else right)
    lines = [
        heads,
        ["--:" if number in to_right else "---" for number in range(len(heads))],
        *map(list, rows),
    ]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def written(page: str, results: Results) -> str:
    """The page with the tables that results give."""
    return MARKED.sub(lambda found: f"{found[1]}\n{TABLES[found[2]](results)}\n{found[3]}", page)
