"""Asks both sides the same questions and compares: the executor, and whatever answers in its place."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Any, TypeAlias

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st

from chuishao.domain.actor import Actor
from chuishao.domain.phrase import Language
from chuishao.graphql.compiled.plan import plan
from chuishao.graphql.context import Context
from chuishao.graphql.endpoint.errors import RequestRefused
from chuishao.graphql.endpoint.execution import DataText, Engine, GraphQLRequest, Operation, encode_result
from chuishao.graphql.endpoint.language import asked
from chuishao.graphql.schema import schema
from tests.compiled.agreement import agree, codes, exact, parsed, without_propagation
from tests.compiled.coverage import reachable, shown
from tests.compiled.documents import Document, documents
from tests.compiled.people import SCOPES, askers
from tests.compiled.question import Asking, Differs, Question
from tests.compiled.reduction import smallest
from tests.compiled.values import Draw, one_in, pick
from tests.compiled.world import World

REFUSED = {"LIMIT_EXCEEDED", "GRAPHQL_PARSE_FAILED"}
ABORTED = "Validation aborted."
"""What is said of a document with too many selections that might contradict each other."""
FEW = 10


@dataclass(frozen=True)
class Reply:
    """What one side answers: the JSON text, and whether it did without the executor."""

    body: bytes
    compiled: bool = False
    warned: str = ""
    """What was logged of it."""


Side: TypeAlias = Callable[[Engine, Operation, GraphQLRequest, Context], Awaitable[Reply]]


@dataclass
class Tally:
    """What was asked, and how much of it was answered without the executor."""

    tried: int = 0
    answered: int = 0
    """More often than there are documents, for several may ask the same."""
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
        self.answered += 1
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
            f"tried {self.tried:,} documents: {self.refused.total():,} refused, {self.answered:,} answers, "
            f"{self.failed:,} of them with errors, {self.compiled:,} compiled; "
            f"fields covered {len(self.fields & every)}/{len(every)}, "
            f"compiled {len(self.compiled_fields & every)}/{len(every)}",
            *(
                f"{self.compiled_roots[name]:7,}/{times:<7,} {name}"
                for name, times in sorted(self.roots.items())
            ),
        ]
        return "\n".join([*lines, f"never shown: {', '.join(missed)}"] if missed else lines)


def planning() -> Engine:
    """An engine that plans, as the one of a server."""
    return Engine(schema, planner=partial(plan, schema))


async def ordinary(engine: Engine, operation: Operation, request: GraphQLRequest, context: Context) -> Reply:
    """The executor's answer."""
    result = await engine.execute(replace(operation, plan=None), request, context)
    return Reply(encode_result(result).encode())


async def compiled(engine: Engine, operation: Operation, request: GraphQLRequest, context: Context) -> Reply:
    """What a server answers: by the plan, or as the executor does where there is none."""
    with _listening() as heard:
        result = await engine.execute(operation, request, context)
    written = isinstance(result.get("data"), DataText)
    return Reply(encode_result(result).encode(), written, "; ".join(heard))


@contextmanager
def _listening() -> Iterator[list[str]]:
    """What is logged of plans that fail and leave the answer to the executor."""
    heard: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: heard.append(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger("chuishao.compiled")
    logger.addHandler(handler)
    try:
        yield heard
    finally:
        logger.removeHandler(handler)


@st.composite
def questions(draw: Draw[Any], world: World) -> Question:
    """A random document, asked by one to three: what is planned for one may be used for another."""
    document = draw(documents(world.known))
    first = draw(_askings(world, document, None))
    askings = [first]
    while len(askings) < 3 and one_in(draw, 2):
        askings.append(draw(_askings(world, document, first.actor)))
    return Question(document, tuple(askings))


@st.composite
def _askings(draw: Draw[Any], world: World, document: Document, like: Actor | None) -> Asking:
    """One who asks: anybody, or somebody who differs from another only in scope."""
    if like is not None and one_in(draw, 2):
        actor = replace(like, scope=pick(draw, SCOPES))
    else:
        actor = draw(askers(world.known))
    language: Language = pick(draw, ("en", "zh"))
    now = world.town.clock.now + timedelta(days=pick(draw, (0, -10, 400)))
    return Asking(actor, language, now, pick(draw, document.variables))


def examine(
    world: World,
    side: Side,
    examples: int,
    *,
    start: int = 0,
    tally: Tally | None = None,
    told: Callable[[int], object] = lambda _tried: None,
    reduced: bool = True,
) -> Tally:
    """Ask both sides so many random questions; raises Differs with the first that tells them apart, reduced.

    `start` is the seed; the same seed on the same world asks the same. `told` hears how many were asked.
    """
    counted = tally or Tally()
    batch, enough = 0, counted.tried + examples
    while counted.tried < enough:
        try:
            _examine_few(world, side, start * 10**6 + batch, counted)
        except Differs as found:
            if not reduced:
                raise
            again = partial(compare, world, side, tally=Tally())
            raise world.wait(smallest(found, again)) from found
        batch += 1
        told(counted.tried)
    return counted


def _examine_few(world: World, side: Side, start: int, tally: Tally) -> None:
    """Ask a few questions: hypothesis varies what it has drawn already once it has drawn a few."""

    @seed(start)
    @settings(
        max_examples=FEW,
        database=None,
        deadline=None,
        phases=[Phase.generate],  # what is found is made smaller by what knows GraphQL
        report_multiple_bugs=False,
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
    )
    @given(questions(world))
    def asked_of_both(question: Question) -> None:
        if (told := repr(question)) not in tally.agreed:
            world.wait(compare(world, side, question, tally))
            tally.agreed.add(told)

    asked_of_both()


async def compare(world: World, side: Side, question: Question, tally: Tally) -> None:
    """Ask both sides one question; raises Differs. The engine knows no document yet."""
    engine = planning()
    tally.tried += 1
    for number, asking in enumerate(question.askings, start=1):
        asked.set(asking.language)
        request = question.request(asking)
        shorter = replace(question, askings=question.askings[:number])
        try:
            operation = engine.prepare(request)
        except RequestRefused as refusal:
            tally.refused[refusal.refusals[0].code] += 1
            if any(error.code not in REFUSED and error.said.en != ABORTED for error in refusal.refusals):
                raise Differs(shorter, "the document is not valid", refusal.errors) from refusal
            return
        if operation.tariff.cost(operation.definition, asking.variables) > engine.limits.cost:
            tally.refused["LIMIT_EXCEEDED"] += 1
            return
        one = await ordinary(engine, operation, request, asking.context(world))
        two = await side(engine, operation, request, asking.context(world))
        await _judge(world, engine, operation, shorter, one, two)
        tally.note(operation, parsed(one.body), compiled=two.compiled)


async def _judge(
    world: World, engine: Engine, operation: Operation, question: Question, one: Reply, two: Reply
) -> None:
    if "INTERNAL" in codes(parsed(one.body)):
        raise Differs(question, "the executor meets what nobody foresaw", one.body)
    if two.warned:
        raise Differs(question, f"the planner meets what nobody foresaw: {two.warned}", one.body)
    if agree(one.body, two.body):
        return
    asking, bare = question.askings[-1], without_propagation(operation)
    result: Any = await engine.execute(bare, question.request(asking), asking.context(world))
    if not agree(one.body, two.body, Counter(map(exact, result.get("errors", ())))):
        raise Differs(question, "the answers differ", one.body, two.body)
