"""证明 What proves to somebody who trusts nobody that an event is in the log, and that the log only grew."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from chuishao.eventlog.connection import Connection
from chuishao.eventlog.sealer import Sealed
from chuishao.eventlog.tiles import consistency_proof, inclusion_proofs

Leaf = tuple[int, bytes]
"""An event's position and hash."""


@dataclass(frozen=True, slots=True)
class Included:
    """An event's place in the tree of a checkpoint, and the hashes from its leaf to the root."""

    position: int
    leaf_hash: bytes
    hashes: list[bytes]
    checkpoint: Sealed


@dataclass(frozen=True, slots=True)
class Continued:
    """The size of an older tree, and the hashes that lead from it to the root of a newer checkpoint."""

    since: int
    hashes: list[bytes]
    checkpoint: Sealed


async def included(
    connection: Connection, log: int, checkpoint: Sealed, leaves: Iterable[Leaf]
) -> dict[Leaf, Included]:
    """The proof of each event that a checkpoint covers."""
    covered = [leaf for leaf in leaves if leaf[0] <= checkpoint.size]
    found = await inclusion_proofs(connection, log, {position for position, _ in covered}, checkpoint.size)
    return {leaf: Included(*leaf, found[leaf[0]], checkpoint) for leaf in covered}


async def continued(connection: Connection, log: int, since: int, checkpoint: Sealed) -> Continued:
    """The proof that the tree of a size is the beginning of a checkpoint's."""
    hashes = await consistency_proof(connection, log, since, checkpoint.size)
    return Continued(since, hashes, checkpoint)
