"""执行踪迹 What an answer rests on, for whoever asks: how far into the log it reaches, and what it cost.

It is asked for with `extensions: {"trace": true}` or the header `X-Chuishao-Trace: 1`, and stands in the
answer's `extensions.trace`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chuishao.eventlog.spent import uncounted
from chuishao.graphql.endpoint.errors import JsonObject
from chuishao.graphql.endpoint.observation import Observation, current

if TYPE_CHECKING:
    from chuishao.graphql.context import Context


async def begin(context: Context) -> None:
    """Note who asks and, where a trace is wanted, what everything read from now on includes."""
    seen = current()
    if seen is None:
        return
    seen.role = context.actor.role.value
    if seen.traced:
        with uncounted():
            seen.position = await context.services.engine.standing()


def begin_result(context: Context) -> None:
    """Begin a result of a subscription: what comes is read anew."""
    if (seen := current()) is not None:
        seen.renews(context.services.engine.position)


def includes(position: int) -> None:
    """Note that the operation waited for a position before it read."""
    if (seen := current()) is not None:
        seen.includes(position)


def fails(code: str) -> None:
    """Note that a command was refused, which is no error of the answer."""
    if (seen := current()) is not None:
        seen.fails(code)


def with_trace(result: JsonObject, seen: Observation) -> JsonObject:
    """The result as it is sent: with a trace if one is wanted."""
    seen.results += 1
    seen.answers(result)
    if not seen.traced:
        return result
    extensions = result.get("extensions")
    known = extensions if isinstance(extensions, dict) else {}
    return {**result, "extensions": {**known, "trace": _trace(seen)}}


def _trace(seen: Observation) -> JsonObject:
    return {
        "position": seen.position,
        "sql": {"count": seen.spent.statements, "milliseconds": _milliseconds(seen.spent.seconds)},
        "milliseconds": _milliseconds(seen.seconds),
        "compiled": seen.compiled,
        "correlation": seen.correlation,
        "operation": seen.name,
        "document": seen.document,
    }


def _milliseconds(seconds: float) -> float:
    return round(1000 * seconds, 3)
