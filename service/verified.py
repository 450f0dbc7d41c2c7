"""已核验的令牌 Tokens verified before: whose they are, until they end or their key is trusted no more.

What is kept is a digest of a token and never the token. Nothing is believed on its word alone: whoever asks
says with which key the token would be verified now.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chuishao.domain.actor import Actor

MOST = 10_000
"""Tokens remembered; those that were not seen for longest are forgotten first."""


@dataclass(frozen=True, slots=True)
class Believed:
    """Who a token names, when it ends, and what verified it; `names_key` is how it names its key."""

    actor: Actor
    end: datetime
    key: Any
    algorithm: str
    names_key: str | None


class Verified:
    """The tokens verified by one process."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._known: OrderedDict[bytes, Believed] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def find(self, token: str) -> Believed | None:
        """What was found of a token when it was verified; None where it was not, or is forgotten."""
        digest = _digest(token)
        found = self._known.get(digest)
        if found is not None:
            self._known.move_to_end(digest)
        return found

    def keep(self, token: str, believed: Believed) -> None:
        """Remember a token that has just been verified."""
        self._known[_digest(token)] = believed
        if len(self._known) > self._most:
            self._known.popitem(last=False)

    def forget(self, token: str) -> None:
        """Verify the token anew when it comes again."""
        self._known.pop(_digest(token), None)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()
