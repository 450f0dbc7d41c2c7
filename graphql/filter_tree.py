"""与或非 Filters in filters: `and`, `or` and `not`, compiled to one condition in parentheses.

What a filter asks for only narrows: whoever decides what an asker may see adds that condition beside the
compiled one, so that no `or` and no `not` reaches around it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from chuishao.domain.refusal import Refusal
from chuishao.projections.paging import Where

F = TypeVar("F")
DEEPEST = 6
"""Levels of filters in filters, the outermost included."""
MOST = 60
"""Filters in one filter, itself included."""

AND = f"与 All of these must hold as well; filters lie {DEEPEST} deep at most, {MOST} in all."
OR = "或 At least one of these must hold as well; an empty list lets nothing through."
NOT = "非 This must not hold."


class FilterTooLarge(Refusal):
    """筛选条件过多 A filter holds too many filters, or too deep."""

    en = "Filters lie at most {deepest} deep in each other, at most {most} in all. Ask with fewer."
    zh = "筛选条件最多嵌套 {deepest} 层，总数不超过 {most}。请减少条件。"


def require(where: Where, wanted: F, conditions: Callable[[F, Where], None]) -> None:
    """Require what a filter asks for; `conditions` adds those of one filter without the filters in it."""
    every(wanted)
    _compile(where, wanted, conditions)


def _compile(where: Where, wanted: Any, conditions: Callable[[Any, Where], None]) -> None:
    conditions(wanted, where)
    for inner in wanted.and_ or ():
        where.also(_branch(where, inner, conditions))
    if wanted.or_ is not None:
        where.also(" OR ".join(f"({_branch(where, inner, conditions)})" for inner in wanted.or_) or "FALSE")
    if wanted.not_ is not None:  # what is unknown of a row does not hold, so its negation does
        where.also(f"({_branch(where, wanted.not_, conditions)}) IS NOT TRUE")


def _branch(where: Where, wanted: Any, conditions: Callable[[Any, Where], None]) -> str:
    """The condition of an inner filter, whose arguments join the others."""
    inner = Where(arguments=where.arguments)
    _compile(inner, wanted, conditions)
    return inner.all


def _inner(wanted: Any) -> Iterator[Any]:
    yield from wanted.and_ or ()
    yield from wanted.or_ or ()
    if wanted.not_ is not None:
        yield wanted.not_


def every(wanted: F) -> list[F]:
    """A filter and every filter in it; refused where they would make a statement without bound."""
    level, found = [wanted], [wanted]
    for _ in range(DEEPEST):
        level = [inner for outer in level for inner in _inner(outer)]
        found += level
        if not level or len(found) > MOST:
            break
    if level:
        raise FilterTooLarge("filter", deepest=DEEPEST, most=MOST)
    return found
