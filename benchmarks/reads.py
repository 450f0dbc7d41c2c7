"""How fast a question is answered: ours, PostGraphile, mercurius, strawberry, hand-written SQL behind Starlette.

All answer from the same tables, and before anything is timed their answers must be the same. Then all take
turns in each round, beginning with another one each time, asked by a crowd in a process of its own.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.contestants import (
    BARE,
    MERCURIUS,
    OURS,
    POSTGRAPHILE,
    QUIET,
    SCOPED,
    STRAWBERRY,
    Contender,
    Stage,
    make_views,
)
from benchmarks.dataset import City
from benchmarks.load import MARK, Found, Wish
from benchmarks.processes import Running, postmaster
from benchmarks.questions import KINDS, asked, said
from chuishao.eventlog.connection import open_pool

SEED = 7
COMPARED = 5
"""Questions of each kind whose answers are compared."""
EVERYBODY = (OURS, QUIET, POSTGRAPHILE, SCOPED, MERCURIUS, STRAWBERRY, BARE)


@dataclass(frozen=True, slots=True)
class Effort:
    """How often and how long everybody is asked each question."""

    rounds: int = 5
    seconds: float = 2.0
    connections: int = 16


@dataclass(frozen=True, slots=True)
class Run:
    """One turn: answers a second, microseconds of processor time an answer, milliseconds until an answer."""

    rate: float
    cpu: float
    database: float
    p50: float
    p99: float
    crowd: float
    """Of one core, what the crowd itself used."""
    size: float


@dataclass
class Measured:
    """Every turn by question and contender, round by round."""

    runs: dict[tuple[str, str], list[Run]] = field(default_factory=lambda: defaultdict(list))

    def middle(self, question: str, name: str, what: str) -> float:
        """The median of one figure."""
        return median(getattr(run, what) for run in self.runs[question, name])

    def ratios(self, question: str, name: str, what: str = "rate") -> list[float]:
        """Ours to another's, round by round."""
        pairs = zip(self.runs[question, OURS], self.runs[question, name], strict=True)
        return [getattr(ours, what) / max(getattr(theirs, what), 1e-9) for ours, theirs in pairs]

    def questions(self) -> list[str]:
        """The questions, in the order in which they were first asked."""
        return list(dict.fromkeys(question for question, _ in self.runs))

    def names(self, question: str) -> list[str]:
        """Who was asked a question."""
        return [name for asked_, name in self.runs if asked_ == question]

    def as_json(self) -> dict[str, dict[str, float]]:
        """Median ratios by question: rates by the other's name, processor time as cpu_ and that name."""
        return {question: self._as_json(question) for question in self.questions()}

    def _as_json(self, question: str) -> dict[str, float]:
        found: dict[str, float] = {}
        for name in self.names(question):
            if name != OURS:
                key = {SCOPED: POSTGRAPHILE, QUIET: "without_lines"}.get(name, name)
                found[key] = round(median(self.ratios(question, name)), 2)
                found[f"cpu_{key}"] = round(median(self.ratios(question, name, "cpu")), 2)
        middle = {what: self.middle(question, OURS, what) for what in ("rate", "cpu", "database", "p50", "p99")}
        return found | {f"own_{what}": round(value, 2) for what, value in middle.items()}


def measure(city: City, effort: Effort, console: Console) -> Measured:
    """Start everybody, hold their answers against each other, let them take turns."""
    with ExitStack() as stack:
        stage = _staged(stack, city, EVERYBODY)
        questions = {kind: stage.unscoped(kind) for kind in KINDS}
        questions |= {f"{kind}_scoped": stage.scoped(kind) for kind in KINDS}
        for name, contenders in questions.items():
            agree(name, contenders)
        console.print(f"All answers are the same: {', '.join(questions)}.")
        questions["unseen_document"] = stage.unseen(MARK.decode())
        return _take_turns(questions, postmaster(city.folder), effort, console)


def measure_growth(
    cities: Sequence[Callable[[], Any]], effort: Effort, console: Console
) -> dict[int, Measured]:
    """The three questions on cities of several sizes, one after the other; ours alone."""
    found = {}
    for opened in cities:
        with opened() as city, ExitStack() as stack:
            stage = _staged(stack, city, (OURS,))
            questions = {kind: stage.unscoped(kind) for kind in KINDS}
            found[city.cases] = _take_turns(questions, postmaster(city.folder), effort, console)
    return found


def _staged(stack: ExitStack, city: City, names: Sequence[str]) -> Stage:
    async def prepare() -> Any:
        pool = await open_pool(city.url, size=1)
        try:
            await make_views(pool)
            return await asked(pool, SEED)
        finally:
            await pool.close()

    return Stage.open(stack, names, city.url, city.folder, asyncio.run(prepare()))


def agree(question: str, contenders: Sequence[Contender]) -> None:
    """Hold that everybody says the same; raises with both answers where somebody does not."""
    for number in range(COMPARED):
        answers = {c.name: _ask(c, number) for c in contenders if c.name != "unscoped"}
        first = answers[OURS]
        for name, answer in answers.items():
            if answer != first:
                raise AssertionError(f"{question}: {name} says\n{answer}\nand ours\n{first}")


def _ask(contender: Contender, number: int) -> Any:
    """What a contender says to one of its requests."""

    async def ask() -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", contender.port)
        request = contender.requests[number % len(contender.requests)]
        writer.write(request.encode())
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
        body = await reader.readexactly(length)
        writer.close()
        return body

    answer = json.loads(asyncio.run(ask()))
    assert answer.get("data") and "errors" not in answer, (contender.name, answer)
    (data,) = answer["data"].values()
    assert data, (contender.name, answer)
    return said(data)


def _take_turns(
    questions: dict[str, list[Contender]], database: Running, effort: Effort, console: Console
) -> Measured:
    found, numbers = Measured(), 0
    for question, contenders in questions.items():  # nobody is measured on a cold start
        for contender in contenders:
            numbers = max(numbers, _turn(found, question, contender, database, Effort(1, 0.3), numbers).next)
    found.runs.clear()
    turns = [(question, contender) for question, contenders in questions.items() for contender in contenders]
    for number in track(range(effort.rounds), description="asking", console=console):
        step = number * len(turns) // effort.rounds
        for question, contender in turns[step:] + turns[:step]:
            numbers = max(numbers, _turn(found, question, contender, database, effort, numbers).next)
    found.runs = defaultdict(
        list, {(question, c.name): found.runs[question, c.name] for question, c in turns}
    )
    return found


def _turn(
    found: Measured, question: str, contender: Contender, database: Running, effort: Effort, number: int
) -> Found:
    """Let the crowd ask one contender, and keep what came of it."""
    wish = Wish(
        contender.port, contender.requests, effort.seconds, effort.connections,
        first=number if contender.fresh else None,
    )  # fmt: skip
    before = contender.process.processor_seconds(), database.processor_seconds()
    came = _crowd(wish)
    server = contender.process.processor_seconds() - before[0]
    postgres = database.processor_seconds() - before[1]
    if came.wrong:
        raise AssertionError(f"{question}, {contender.name}: {came.wrong}")
    each = 1e6 / max(came.all, 1)
    run = Run(
        came.answers / came.seconds, server * each, postgres * each, came.p50, came.p99,
        came.own / came.seconds, came.bytes / max(came.answers, 1),
    )  # fmt: skip
    found.runs[question, contender.name].append(run)
    return came


def _crowd(wish: Wish) -> Found:
    command = [sys.executable, "-m", "benchmarks.load"]
    ended = subprocess.run(
        command, input=json.dumps(asdict(wish)), capture_output=True, text=True, check=True,
        cwd=Path(__file__).parent.parent,
    )  # fmt: skip
    return Found(**json.loads(ended.stdout))


def table(found: Measured) -> Table:
    """What was measured, for reading."""
    shown = Table(title="Reads: medians of all rounds (lowest–highest)")
    for heading in ("", "answers/s", "ours to it", "CPU µs", "of it ours", "PostgreSQL µs", "p50 ms", "p99 ms", "crowd"):
        shown.add_column(heading, justify="right" if heading else "left")
    for question in found.questions():
        shown.add_section()
        shown.add_row(question, style="bold")
        for name in found.names(question):
            shown.add_row(*_row(found, question, name))
    return shown


def _row(found: Measured, question: str, name: str) -> list[str]:
    rates = [run.rate for run in found.runs[question, name]]
    ratios = found.ratios(question, name)
    cpu = median(found.ratios(question, name, "cpu"))
    compared = name != OURS
    return [
        f"  {name}",
        f"{median(rates):,.0f} ({min(rates):,.0f}–{max(rates):,.0f})",
        f"{median(ratios):.2f}× ({min(ratios):.2f}–{max(ratios):.2f})" if compared else "",
        f"{found.middle(question, name, 'cpu'):,.0f}",
        f"{cpu:.2f}×" if compared else "",
        f"{found.middle(question, name, 'database'):,.0f}",
        f"{found.middle(question, name, 'p50'):.1f}",
        f"{found.middle(question, name, 'p99'):.1f}",
        f"{found.middle(question, name, 'crowd'):.0%}",
    ]
