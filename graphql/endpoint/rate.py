"""限流 How much one asker may use of this process: points by the minute, subscriptions at a time.

Both are kept in the memory of one process. Behind a balancer each process counts for itself.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import IPv6Address, ip_address

from starlette.requests import HTTPConnection

from chuishao.domain.phrase import Phrase
from chuishao.graphql.endpoint.errors import ApiError

REMEMBERED = 50_000
"""Askers remembered; who is forgotten begins with a full bucket."""
_CRUMB = 1e-6  # what rounding may leave missing of a point
_NETWORK = 64  # bits of an IPv6 address that a provider gives to one customer


class Rate:
    """令牌桶 One bucket for each asker: it holds the points of a minute and fills all the time.

    What is dearer than a whole bucket runs from a full one, and leaves a debt to be waited for.
    """

    def __init__(
        self, points: int, *, clock: Callable[[], float] = time.monotonic, remembered: int = REMEMBERED
    ) -> None:
        self._points = points
        self._clock = clock
        self._remembered = remembered
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def spend(self, asker: str, points: int) -> int | None:
        """Take points; give what remains, or nothing where no rate is set. Raises ApiError RATE_LIMITED."""
        if not self._points:
            return None
        now = self._clock()
        left, since = self._buckets.get(asker, (float(self._points), now))
        left = min(self._points, left + (now - since) * self._points / 60)
        missing = min(points, self._points) - left
        if missing < _CRUMB:
            left -= points
        self._buckets[asker] = left, now
        self._buckets.move_to_end(asker)
        if len(self._buckets) > self._remembered:
            self._buckets.popitem(last=False)
        if missing >= _CRUMB:
            raise _limited(self._points, points, math.ceil(missing * 60 / self._points))
        return max(0, math.floor(left))


class Following:
    """订阅数 How many subscriptions each asker has open, over all sockets and event streams."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: dict[str, int] = {}

    def check(self, asker: str) -> None:
        """Refuse one more than are allowed; raises ApiError TOO_MANY_OPERATIONS."""
        if self._open.get(asker, 0) >= self._most:
            raise _too_many(self._most)

    @contextmanager
    def one(self, asker: str) -> Iterator[None]:
        """Hold one subscription open."""
        self.check(asker)
        self._open[asker] = self._open.get(asker, 0) + 1
        try:
            yield
        finally:
            self._open[asker] -= 1
            if not self._open[asker]:
                del self._open[asker]


def address(connection: HTTPConnection) -> str:
    """Where a connection comes from, as far as one customer of a network provider can be told from others."""
    host = connection.client.host if connection.client else ""
    try:
        found = ip_address(host)
    except ValueError:
        return host
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return f"{IPv6Address(int(found) >> _NETWORK << _NETWORK)}/{_NETWORK}"
    return host


def _limited(rate: int, cost: int, seconds: int) -> ApiError:
    said = Phrase(
        f"You have used up your {rate} points a minute; this operation costs {cost}. "
        f"Come back in {seconds} s, or ask for less at once.",
        f"每分钟 {rate} 点的额度已用完；本操作需 {cost} 点。请在 {seconds} 秒后重试，或缩小查询范围。",
    )
    return ApiError(said, "RATE_LIMITED", cost=cost, limit=rate, retryAfter=seconds)


def _too_many(most: int) -> ApiError:
    said = Phrase(
        f"You follow {most} subscriptions already, over all your connections. End one first.",
        f"您在所有连接上已有 {most} 个订阅。请先结束其中一个。",
    )
    return ApiError(said, "TOO_MANY_OPERATIONS", limit=most)
