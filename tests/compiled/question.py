"""A question to both sides, and the finding that they answer it differently."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from graphql import GraphQLError, parse, print_ast

from chuishao.domain.actor import Actor
from chuishao.domain.phrase import Language
from chuishao.graphql.context import Context
from chuishao.graphql.endpoint.execution import GraphQLRequest
from tests.compiled.agreement import exact
from tests.compiled.documents import Document
from tests.compiled.world import World


@dataclass(frozen=True)
class Asking:
    """Who asks, in which language, at which moment, with which of the sets of variables."""

    actor: Actor
    language: Language
    now: datetime
    variables: dict[str, Any]

    def context(self, world: World) -> Context:
        """A context of its own."""
        return Context(world.services, self.actor, self.language, now=self.now)

    def __str__(self) -> str:
        given = json.dumps(self.variables, ensure_ascii=False, indent=2)
        return f"variables: {given}\nby {self.actor!r} in {self.language} at {self.now.isoformat()}"


@dataclass(frozen=True)
class Question:
    """A document, and those who ask it one after the other."""

    document: Document
    askings: tuple[Asking, ...]

    def request(self, asking: Asking) -> GraphQLRequest:
        """As it reaches the endpoint."""
        return GraphQLRequest(self.document.text, self.document.operation, asking.variables or None)

    def __str__(self) -> str:
        try:
            text = print_ast(parse(self.document.text))
        except GraphQLError:
            text = self.document.text
        return "\n".join([text, f"operation: {self.document.operation}", *map(str, self.askings)])


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
