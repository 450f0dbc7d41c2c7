"""纸质文件 What stays on paper with those who hold an election, and how the log vouches for it.

The roll of voters and the protocol of the count name people and exact figures, and never come here. Their
salted hashes do: whoever is shown the paper and the salt later can tell that it is the same paper. Without
the salt a hash says nothing: a roll with one name more or less, or a count, would soon be found by trying.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable

from chuishao.domain.election.refusals import BadHash

SALT = 16
"""The least bytes of a salt; it is drawn by chance for each paper, and kept with it."""


def salted_hash(salt: bytes, lines: Iterable[str]) -> str:
    """HMAC-SHA-256 with the salt as its key over the lines in UTF-8, each ended by a line feed."""
    if len(salt) < SALT:
        raise ValueError(f"a salt has at least {SALT} bytes")
    text = "".join(f"{line}\n" for line in lines)
    return hmac.digest(salt, text.encode(), "sha256").hex()


def require_hash(given: str, field: str) -> str:
    """Give back what has the form of such a hash; else refuse it."""
    if not re.fullmatch("[0-9a-f]{64}", given):
        raise BadHash(field, field=field)
    return given
