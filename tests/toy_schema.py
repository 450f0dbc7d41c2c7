"""A schema with nothing in it but what a transport can get wrong."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator
from threading import Event

import strawberry
from graphql import GraphQLError

from chuishao.domain.phrase import Phrase
from chuishao.graphql.endpoint.errors import ApiError


@strawberry.type
class Tick:
    cursor: str
    number: int


@strawberry.type
class Node:
    name: str

    @strawberry.field
    def child(self) -> "Node":
        return Node(name=self.name + "x")


@strawberry.input
class Point:
    x: int = 0


@strawberry.type
class Query:
    @strawberry.field
    def hello(self, name: str = "world") -> str:
        return f"hello {name}"

    @strawberry.field
    async def later(self) -> str:
        await asyncio.sleep(0)
        return "later"

    @strawberry.field
    def node(self, point: Point | None = None) -> Node:
        return Node(name="n")

    @strawberry.field
    def broken(self) -> str | None:
        raise ValueError("a secret of the server")

    @strawberry.field
    def broken_root(self) -> str:
        raise ValueError("a secret of the server")

    @strawberry.field
    def refused(self) -> str | None:
        raise ApiError(Phrase("Not before noon.", "中午以前不行。"), "TOO_EARLY", until="12:00")

    @strawberry.field
    def not_a_number(self) -> strawberry.scalars.JSON:
        return strawberry.scalars.JSON(float("nan"))

    @strawberry.field
    def who(self, info: strawberry.Info) -> strawberry.scalars.JSON:
        return strawberry.scalars.JSON(info.context)


@strawberry.type
class Mutation:
    @strawberry.mutation
    def add(self, a: int, b: int) -> int:
        return a + b


closed: defaultdict[str, Event] = defaultdict(Event)
"""By the name given to `ticks` or `flood`: whether the source of that subscription has been closed."""


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self, to: int) -> AsyncGenerator[int, None]:
        for number in range(1, to + 1):
            yield number

    @strawberry.subscription
    async def ticks(self, name: str = "", after: str | None = None) -> AsyncGenerator[Tick, None]:
        """One tick, then silence until the client leaves."""
        try:
            number = int(after or 0) + 1
            yield Tick(cursor=str(number), number=number)
            await asyncio.Event().wait()
        finally:
            closed[name].set()

    @strawberry.subscription
    async def resumed(self, info: strawberry.Info) -> AsyncGenerator[strawberry.scalars.JSON, None]:
        yield strawberry.scalars.JSON(info.context)

    @strawberry.subscription
    async def flood(self, name: str) -> AsyncGenerator[str, None]:
        try:
            while True:
                yield "x" * 50_000
                await asyncio.sleep(0)
        finally:
            closed[name].set()

    @strawberry.subscription
    async def breaks(self) -> AsyncGenerator[int, None]:
        yield 1
        raise ValueError("a secret of the server")

    @strawberry.subscription
    async def stops(self) -> AsyncGenerator[int, None]:
        raise GraphQLError("Enough.")
        yield 1

    @strawberry.subscription
    async def denied(self) -> AsyncGenerator[int, None]:
        raise ApiError(Phrase("Only for grid leaders.", "仅限网格长。"), "FORBIDDEN")
        yield 1


schema = strawberry.Schema(Query, Mutation, Subscription)
