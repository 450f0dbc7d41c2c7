"""How long a known document takes until its statement can be sent: its plan found, its variables read."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from statistics import median
from types import SimpleNamespace
from typing import Any

from rich.table import Table

from benchmarks.contestants import AUDITOR
from benchmarks.questions import OURS, PARAMETERS
from chuishao.graphql.compiled.plan import Plan, plan
from chuishao.graphql.context import Context
from chuishao.graphql.endpoint.execution import Engine
from chuishao.graphql.schema import schema

ROUNDS, CALLS = 15, 20_000


@dataclass
class Measured:
    """Microseconds of processor time of a look-up, by document and round."""

    rounds: dict[str, list[float]] = field(default_factory=dict)

    def as_json(self) -> dict[str, float]:
        """The slowest document's median, and each one's."""
        each = {name: round(median(found), 2) for name, found in self.rounds.items()}
        return {"microseconds": max(each.values())} | each


def measure(look_ups: dict[str, Callable[[], object]]) -> Measured:
    """Look up every document many times in turn; each function does what a request does, and nothing else."""
    found = Measured({name: [] for name in look_ups})
    for _ in range(ROUNDS):
        for name, look_up in look_ups.items():
            began = time.process_time()
            for _ in range(CALLS):
                look_up()
            found.rounds[name].append(1e6 * (time.process_time() - began) / CALLS)
    return found


def known_documents() -> dict[str, Callable[[], object]]:
    """What a request for each of the three questions does until its statement can be sent."""
    engine = Engine(schema, planner=partial(plan, schema))
    services: Any = SimpleNamespace(log=SimpleNamespace(id=1))
    context = Context(services, AUDITOR)
    return {
        kind: partial(_look_up, engine, context, document, {PARAMETERS[kind]: "120101001001-G001"})
        for kind, document in OURS.items()
    }


def _look_up(engine: Engine, context: Context, document: str, given: dict[str, Any]) -> object:
    (operation,) = engine.operations(document)
    planned = operation.plan
    assert isinstance(planned, Plan)
    variables = planned.variables(given)
    parts = planned.parts(context, variables)
    assert parts is not None
    return [part.arguments(variables) for part in parts if not isinstance(part, str)]


def table(found: Measured) -> Table:
    """What was measured, for reading."""
    shown = Table(title=f"A known document's plan and variables: median of {ROUNDS} rounds (lowest–highest)")
    shown.add_column("document")
    shown.add_column("µs", justify="right")
    for name, rounds in found.rounds.items():
        shown.add_row(name, f"{median(rounds):.2f} ({min(rounds):.2f}–{max(rounds):.2f})")
    return shown
