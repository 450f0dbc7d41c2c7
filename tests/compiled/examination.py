"""Asks both sides the same questions and compares: the executor, and whatever answers in its place."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from graphql import GraphQLError, parse, print_ast
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st

from chuishao.domain.actor import Actor
from chuishao.domain.phrase import Language
from chuishao.graphql.context import Context
from chuishao.graphql.endpoint.errors import RequestRefused
from chuishao.graphql.endpoint.execution import Engine, GraphQLRequest, Operation, encode_result
from chuishao.graphql.endpoint.language import asked
from tests.compiled.agreement import agree, codes, exact, parsed, without_propagation
from tests.compiled.coverage import reachable, shown
from tests.compiled.documents import Document, documents
from tests.compiled.people import askers
from tests.compiled.values import Draw, pick
from tests.compiled.world import World

REFUSED = {"LIMIT_EXCEEDED", "GRAPHQL_PARSE_FAILED"}
ABORTED = "Validation aborted."
"""What is said of a document with too many selections that might contradict each other."""
FEW = 10
PHASES = (Phase.generate, Phase.shrink)


@dataclass(frozen=True)
class Question:
    """What is asked, by whom, in which language, at which moment."""

    document: Document
    actor: Actor
    language: Language
    now: datetime

    @property
    def request(self) -> GraphQLRequest:
        """As it reaches the endpoint."""
        document = self.document
        return GraphQLRequest(document.text, document.operation, document.variables)

    def __str__(self) -> str:
        try:
            text = print_ast(parse(self.document.text))
        except GraphQLError:
            text = self.document.text
        variables = json.dumps(self.document.variables, ensure_ascii=False, indent=2)
        return (
            f"{text}\nvariables: {variables}\noperation: {self.document.operation}\n"
            f"asked by {self.actor!r} in {self.language} at {self.now.isoformat()}"
        )


@dataclass(frozen=True)
class Reply:
    """What one side answers: the JSON text, and whether it did without the executor."""

    body: bytes
    compiled: bool = False


Side: TypeAlias = Callable[[Engine, Operation, GraphQLRequest, Context], Awaitable[Reply]]


class Differs(AssertionError):
    """The two sides answer differently, or one of them in a way that nobody may."""

    def __init__(self, question: Question, why: str, ordinary: Any, other: Any = None) -> None:
        super().__init__(question, why)
        self.question, self.why, self.ordinary, self.other = question, why, ordinary, other

    def __str__(self) -> str:
        sides = (("ordinary", self.ordinary), ("compiled", self.other))
        said = [f"{name}: {_text(side)}" for name, side in sides if side is not None]
        return "\n".join([self.why, "", str(self.question), *said])


def _text(side: Any) -> str:
    return side.decode(errors="replace") if isinstance(side, bytes) else exact(side)


@dataclass
class Tally:
    """What was asked, and how much of it was answered without the executor."""

    tried: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    """Before anything ran, by code."""
    compiled: int = 0
    failed: int = 0
    """Answered with errors, by both."""
    roots: Counter[str] = field(default_factory=Counter)
    compiled_roots: Counter[str] = field(default_factory=Counter)
    fields: set[str] = field(default_factory=set)
    compiled_fields: set[str] = field(default_factory=set)

    agreed: set[str] = field(default_factory=set)
    """Questions that need not be asked again."""

    def note(self, operation: Operation, result: Any, *, compiled: bool) -> None:
        """Count an answer."""
        fields = shown(operation, result.get("data"))
        roots = {name.removeprefix("Query.") for name in fields if name.startswith("Query.")}
        self.failed += "errors" in result
        self.fields |= fields
        self.roots.update(roots)
        if compiled:
            self.compiled += 1
            self.compiled_fields |= fields
            self.compiled_roots.update(roots)

    def __str__(self) -> str:
        every = reachable()
        missed = sorted(every - self.fields)
        lines = [
            f"tried {self.tried:,} documents: {self.compiled:,} compiled, {self.failed:,} with errors, "
            f"{self.refused.total():,} refused ({self.refused.most_common(2)}); fields covered {len(self.fields & every)}/{len(every)}, "
            f"compiled {len(self.compiled_fields & every)}/{len(every)}",
            *(f"{self.compiled_roots[name]:7,}/{times:<7,} {name}" for name, times in sorted(self.roots.items())),
        ]
        return "\n".join([*lines, f"never shown: {', '.join(missed)}"] if missed else lines)


async def ordinary(engine: Engine, operation: Operation, request: GraphQLRequest, context: Context) -> Reply:
    """The executor's answer."""
    result = await engine.execute(operation, request, context)
    return Reply(encode_result(result).encode())


@st.composite
def questions(draw: Draw[Any], world: World) -> Question:
    """A random document, asked by anybody at some moment."""
    document = draw(documents(world.known))
    actor = draw(askers(world.known))
    language: Language = pick(draw, ("en", "zh"))
    days = pick(draw, (0, -10, 400))
    return Question(document, actor, language, world.town.clock.now + timedelta(days=days))


def examine(
    world: World,
    side: Side,
    examples: int,
    *,
    engine: Engine,
    start: int = 0,
    tally: Tally | None = None,
    phases: Sequence[Phase] = PHASES,
) -> Tally:
    """Ask both sides so many random questions; raises Differs with the smallest one found that tells them apart.

    `start` is the seed; the same seed on the same world asks the same.
    """
    counted = tally or Tally()
    batch, enough = 0, counted.tried + examples
    while counted.tried < enough:
        _examine_few(world, side, engine, start * 10**6 + batch, counted, phases)
        batch += 1
    return counted


def _examine_few(
    world: World, side: Side, engine: Engine, start: int, tally: Tally, phases: Sequence[Phase]
) -> None:
    """Ask a few questions: hypothesis varies what it has drawn already once it has drawn a few."""

    @seed(start)
    @settings(
        max_examples=FEW,
        database=None,
        deadline=None,
        phases=phases,
        report_multiple_bugs=False,
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
    )
    @given(questions(world))
    def asked_of_both(question: Question) -> None:
        if (told := repr(question)) not in tally.agreed:
            world.wait(compare(world, engine, side, question, tally))
            tally.agreed.add(told)

    asked_of_both()


async def compare(world: World, engine: Engine, side: Side, question: Question, tally: Tally) -> None:
    """Ask both sides one question; raises Differs."""
    tally.tried += 1
    asked.set(question.language)
    request = question.request
    try:
        operation = engine.prepare(request)
    except RequestRefused as refusal:
        tally.refused[refusal.refusals[0].code] += 1
        if any(error.code not in REFUSED and error.said.en != ABORTED for error in refusal.refusals):
            raise Differs(question, "the document is not valid", refusal.errors) from refusal
        return
    if operation.tariff.cost(operation.definition, request.variables or {}) > engine.limits.cost:
        tally.refused["LIMIT_EXCEEDED"] += 1
        return
    one = await ordinary(engine, operation, request, _context(world, question))
    two = await side(engine, operation, request, _context(world, question))
    await _judge(world, engine, operation, question, one, two)
    tally.note(operation, parsed(one.body), compiled=two.compiled)


async def _judge(
    world: World, engine: Engine, operation: Operation, question: Question, one: Reply, two: Reply
) -> None:
    if "INTERNAL" in codes(parsed(one.body)):
        raise Differs(question, "the executor meets what nobody foresaw", one.body)
    if agree(one.body, two.body):
        return
    result: Any = await engine.execute(
        without_propagation(operation), question.request, _context(world, question)
    )
    if not agree(one.body, two.body, Counter(map(exact, result.get("errors", ())))):
        raise Differs(question, "the answers differ", one.body, two.body)


def _context(world: World, question: Question) -> Context:
    return Context(world.services, question.actor, question.language, now=question.now)
