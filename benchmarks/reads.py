"""How fast a question is answered: by ours, PostGraphile, mercurius and strawberry, by SQL behind Starlette.

All answer from the same tables, and before anything is timed their answers must be the same. Then all take
turns in each round, beginning with another one each time, asked by a crowd in a process of its own.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
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
    UNSCOPED,
    Contender,
    Stage,
    install,
    make_views,
)
from benchmarks.dataset import City
from benchmarks.load import MARK, Found, Wish
from benchmarks.questions import KINDS, Asked, asked, said
from chuishao.eventlog.connection import open_pool

SEED = 7
COMPARED = 5
"""Questions of each kind whose answers are compared."""
EVERYBODY = (OURS, QUIET, POSTGRAPHILE, SCOPED, MERCURIUS, STRAWBERRY, BARE)


@dataclass(frozen=True, slots=True)
class Effort:
    """How often and how long everybody is asked each question."""

    rounds: int = 5
    seconds: float = 1.5
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

    runs: dict[tuple[str, str], list[Run]]

    def middle(self, question: str, name: str, what: str) -> float:
        """The median of one figure."""
        return float(median(getattr(run, what) for run in self.runs[question, name]))

    def ratios(self, question: str, name: str, what: str = "rate") -> list[float]:
        """Ours to another's, round by round."""
        pairs = zip(self.runs[question, OURS], self.runs[question, name], strict=True)
        return [getattr(ours, what) / max(getattr(theirs, what), 1e-9) for ours, theirs in pairs]

    def questions(self) -> list[str]:
        """The questions, in the order in which they were first asked."""
        return list(dict.fromkeys(question for question, _ in self.runs))

    def names(self, question: str) -> list[str]:
        """Who was asked a question."""
        return [name for of, name in self.runs if of == question]

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
        middle = {
            what: self.middle(question, OURS, what) for what in ("rate", "cpu", "database", "p50", "p99")
        }
        return found | {f"own_{what}": round(value, 2) for what, value in middle.items()}


def measure(city: City, effort: Effort, console: Console) -> Measured:
    """Start everybody, hold their answers against each other, let them take turns."""
    install()
    with ExitStack() as stack:
        stage = staged(stack, city, EVERYBODY)
        questions = {kind: stage.unscoped(kind) for kind in KINDS}
        questions |= {f"{kind}_scoped": stage.scoped(kind) for kind in KINDS}
        for name, contenders in questions.items():
            agree(name, contenders)
        console.print(f"All answers are the same: {', '.join(questions)}.")
        questions["unseen_document"] = stage.unseen(MARK.decode())
        return take_turns(questions, effort, console)


def staged(stack: ExitStack, city: City, names: Sequence[str]) -> Stage:
    """Servers on a city, and what they shall be asked."""

    async def prepare() -> Asked:
        pool = await open_pool(city.url, size=1)
        try:
            await make_views(pool)
            return await asked(pool, SEED)
        finally:
            await pool.close()

    return Stage.open(stack, names, city, asyncio.run(prepare()))


def agree(question: str, contenders: Sequence[Contender]) -> None:
    """Hold that everybody says the same; raises with both answers where somebody does not."""
    for number in range(COMPARED):
        answers = {c.name: _ask(c, number) for c in contenders if c.name != UNSCOPED}
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


def take_turns(questions: dict[str, list[Contender]], effort: Effort, console: Console) -> Measured:
    """Ask everybody everything in each round; the first answers, which are slower, do not count."""
    turns = [(question, contender) for question, contenders in questions.items() for contender in contenders]
    found = Measured({(question, contender.name): [] for question, contender in turns})
    number = 0
    for _, contender in turns:
        number = max(number, _turn(contender, Effort(seconds=0.3), number)[1].next)
    for round_ in track(range(effort.rounds), description="asking", console=console):
        first = round_ * len(turns) // effort.rounds
        for question, contender in turns[first:] + turns[:first]:
            run, came = _turn(contender, effort, number)
            number = max(number, came.next)
            found.runs[question, contender.name].append(run)
    return found


def _turn(contender: Contender, effort: Effort, number: int) -> tuple[Run, Found]:
    """Let the crowd ask one contender, and see what it took."""
    wish = Wish(
        contender.port, contender.requests, effort.seconds, effort.connections,
        first=number if contender.fresh else None,
    )  # fmt: skip
    before = contender.process.processor_seconds(), contender.database.processor_seconds()
    came = _crowd(wish)
    server = contender.process.processor_seconds() - before[0]
    postgres = contender.database.processor_seconds() - before[1]
    if came.wrong or not came.answers:
        raise AssertionError(f"{contender.name}: {came.wrong or 'no answer'}")
    each = 1e6 / came.all
    run = Run(
        came.answers / came.seconds, server * each, postgres * each, came.p50, came.p99,
        came.own / came.seconds, came.bytes / came.answers,
    )  # fmt: skip
    return run, came


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
    for heading in (
        "",
        "answers/s",
        "ours to it",
        "CPU µs",
        "of it ours",
        "PostgreSQL µs",
        "p50 ms",
        "p99 ms",
        "crowd",
    ):
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
