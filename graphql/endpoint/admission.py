"""准入 Whether an operation may run now: what it costs, and what its asker has left."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractContextManager, aclosing, nullcontext
from dataclasses import dataclass
from typing import TypeAlias

from starlette.requests import HTTPConnection

from chuishao.domain.phrase import Phrase
from chuishao.graphql.endpoint.errors import ApiError, JsonObject, RequestRefused
from chuishao.graphql.endpoint.execution import GraphQLRequest, Operation
from chuishao.graphql.endpoint.limits import Limits
from chuishao.graphql.endpoint.rate import Following, Rate, address
from chuishao.graphql.endpoint.written import Result, Written

CHARACTERS = 2
"""Characters of a new document that are understood for one point."""

Identify: TypeAlias = Callable[[HTTPConnection, object], str]
"""Who asks, by the connection and the operation's context: whoever shares a name shares one allowance."""


def by_address(connection: HTTPConnection, _context: object) -> str:
    """Everybody at one address is one asker."""
    return address(connection)


@dataclass(frozen=True, slots=True)
class Bill:
    """What an operation costs, the most that one may cost, and what its asker has left."""

    requested: int
    limit: int
    remaining: int | None

    def on(self, result: JsonObject) -> JsonObject:
        """The result with the bill among its extensions; nothing was executed where there is no data."""
        if "data" not in result:
            return result
        known = result.get("extensions")
        return {**result, "extensions": {**(known if isinstance(known, dict) else {}), "cost": self._cost}}

    def on_written(self, result: Written) -> Written:
        """The same for a result that is written already."""
        return result.extended(self._written)

    async def on_first(self, results: AsyncGenerator[Result, None]) -> AsyncGenerator[Result, None]:
        """The results, the first of them with the bill: a subscription is paid once."""
        paid = False
        async with aclosing(results):
            async for result in results:
                if paid:
                    yield result
                else:
                    yield self.on_written(result) if isinstance(result, Written) else self.on(result)
                paid = True

    @property
    def _written(self) -> bytes:
        """The extensions as JSON, put together by hand: thousands may get their first result at once."""
        left = b"" if self.remaining is None else b',"remaining":%d' % self.remaining
        return b'{"cost":{"requested":%d,"limit":%d%b}}' % (self.requested, self.limit, left)

    @property
    def _cost(self) -> JsonObject:
        cost: JsonObject = {"requested": self.requested, "limit": self.limit}
        if self.remaining is not None:
            cost["remaining"] = self.remaining
        return cost


class Admission:
    """Decides for one process."""

    def __init__(self, limits: Limits, identify: Identify = by_address, rate: Rate | None = None) -> None:
        self._limits = limits
        self._identify = identify
        self._rate = rate or Rate(limits.rate)
        self._following = Following(limits.actor_subscriptions)

    def reader(self, connection: HTTPConnection) -> Callable[[int], object]:
        """Charges an address for a document that nobody has sent before, understood or refused."""

        def charge(characters: int) -> None:
            self._rate.spend(address(connection), characters // CHARACTERS)

        return charge

    def admit(
        self, operation: Operation, request: GraphQLRequest, connection: HTTPConnection, context: object
    ) -> Bill:
        """Charge the asker; raises RequestRefused for what is too dear, ApiError for who has too little."""
        asker = self._identify(connection, context)
        if operation.kind == "subscription":
            self._following.check(asker)
        cost = operation.tariff.cost(operation.definition, request.variables or {})
        if cost > self._limits.cost:
            raise RequestRefused([_too_dear(cost, self._limits.cost)])
        return Bill(cost, self._limits.cost, self._rate.spend(asker, cost))

    def held(
        self, operation: Operation, connection: HTTPConnection, context: object
    ) -> AbstractContextManager[None]:
        """What is held while the operation runs: a place among its asker's subscriptions."""
        if operation.kind != "subscription":
            return nullcontext()
        return self._following.one(self._identify(connection, context))


def _too_dear(cost: int, limit: int) -> ApiError:
    said = Phrase(
        f"The operation costs {cost} points; at most {limit} are allowed. "
        "Ask for smaller pages or fewer lists.",
        f"本操作需 {cost} 点；每次至多 {limit} 点。请缩小分页或减少列表。",
    )
    return ApiError(said, "LIMIT_EXCEEDED", cost=cost, limit=limit)
