"""What a package of mechanisms says about itself to the general tests."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from chuishao.domain.actor import Actor
from tests.town import Town

Prepared = tuple[Actor | None, dict[str, Any]]
Prepare = Callable[[Town], Awaitable[Prepared]]
"""Lets happen what comes before a mutation; gives who may send it then, and its input."""
Live = Callable[[Town], Awaitable[object]]
"""Lets happen what no single mutation of a package's steps shows."""


@dataclass(frozen=True)
class Board:
    """A query for pages: where its rows are, what adds one, and its orders if there are several."""

    source: str
    growing: str
    orders: tuple[str, ...] = ()
