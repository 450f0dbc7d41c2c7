"""差异 How two answers to one question differ: which of their values were other ones before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

_NAMING = (
    "id", "code", "number", "position", "name", "measure", "part", "since", "until", "severity", "level",
    "stage", "tier", "status", "kind", "month", "day",
)  # fmt: skip
"""Fields that tell elements of a list apart, where an answer has them."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A value of an answer, by the way to it, as it was and as it is; None is for what is not there."""

    path: str
    before: Any
    after: Any


def differences(before: Any, after: Any, path: str = "") -> Iterator[Difference]:
    """Every difference of two answers; none if and only if they are equal."""
    match before, after:
        case dict(), dict() if before.keys() == after.keys():
            for name in before:
                yield from differences(before[name], after[name], f"{path}.{name}" if path else name)
        case list(), list():
            yield from _of_lists(before, after, path)
        case _ if not _same(before, after):
            yield Difference(path, before, after)


def _same(before: Any, after: Any) -> bool:
    return type(before) is type(after) and bool(before == after)


def _of_lists(before: list[Any], after: list[Any], path: str) -> Iterator[Difference]:
    """Elements are compared by what names them, where something does, and else by where they stand."""
    field = _naming(before, after)
    was, now = _named(before, field), _named(after, field)
    for name in [*was, *(name for name in now if name not in was)]:
        if name in was and name in now:
            yield from differences(was[name], now[name], f"{path}[{name}]")
        else:
            yield Difference(f"{path}[{name}]", was.get(name), now.get(name))
    order = [[name for name in one if name in other] for one, other in ((was, now), (now, was))]
    if order[0] != order[1]:
        yield Difference(f"{path} order", *order)


def _naming(*lists: Sequence[Any]) -> list[str]:
    """The fields whose values together name every element of lists, or none."""
    elements = [_inner(element) for elements in lists for element in elements]
    if not all(isinstance(element, dict) for element in elements):
        return []
    fields: list[str] = []
    for field in _NAMING:
        if all(isinstance(element.get(field), str | int) for element in elements):
            fields.append(field)
            if all(len(_named(one, fields)) == len(one) for one in lists):
                return fields
    return []


def _named(elements: Sequence[Any], fields: list[str]) -> dict[str, Any]:
    if not fields:
        return {str(number): element for number, element in enumerate(elements)}
    return {" ".join(str(_inner(element)[field]) for field in fields): element for element in elements}


def _inner(element: Any) -> Any:
    """An element, or what an edge leads to."""
    return element["node"] if isinstance(element, dict) and isinstance(element.get("node"), dict) else element
