"""默克尔树 The Merkle tree of RFC 9162 over leaf hashes: roots, proofs, and checking both without a database.

A leaf is the hash of an event, made when it was appended. A node is SHA-256(0x01 ‖ left ‖ right); a tree of n
leaves splits at the largest power of two below n. Level 0 are the leaves; the node (level, index) stands over
the 2^level leaves from index · 2^level on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256

HASH = 32
"""Bytes of a hash."""
EMPTY = sha256(b"").digest()
"""The root of a tree without leaves."""
Node = tuple[int, int]
Range = tuple[int, int]


def parent(left: bytes, right: bytes) -> bytes:
    """The hash over two neighbours."""
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """The right edge of a growing tree: the roots of its perfect subtrees, the largest first.

    That is all it takes to add leaves and to know the root, however many leaves came before.
    """

    __slots__ = ("peaks", "size")

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        if len(peaks) != size.bit_count():
            raise ValueError(f"a tree of {size} leaves has {size.bit_count()} perfect subtrees")
        self.size = size
        self.peaks = list(peaks)

    def add(self, leaf: bytes) -> None:
        """Add the next leaf."""
        peaks, size = self.peaks, self.size
        self.size = size + 1
        while size & 1:
            leaf = sha256(b"\x01" + peaks.pop() + leaf).digest()
            size >>= 1
        peaks.append(leaf)

    def root(self) -> bytes:
        """The root of the tree so far."""
        return combined(self.peaks)

    def copy(self) -> Frontier:
        """The same tree, to grow in another way."""
        return Frontier(self.size, self.peaks)


def combined(peaks: Sequence[bytes]) -> bytes:
    """The hash over neighbouring perfect subtrees, the largest first."""
    if not peaks:
        return EMPTY
    *others, found = peaks
    for peak in reversed(others):
        found = parent(peak, found)
    return found


def perfect(start: int, end: int) -> Iterator[Node]:
    """The perfect subtrees of a subtree over the leaves start ≤ i < end, the largest first."""
    while start < end:
        level = (end - start).bit_length() - 1
        yield level, start >> level
        start += 1 << level


def inclusion_path(index: int, size: int) -> list[Range]:
    """The subtrees, as ranges of leaves, whose hashes prove a leaf in a tree (RFC 9162, 2.1.3.1)."""
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {index}")
    start, end, path = 0, size, list[Range]()
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((start, middle))
            start = middle
    return path[::-1]


def consistency_path(old: int, new: int) -> list[Range]:
    """The subtrees whose hashes prove that a tree is the beginning of another one (RFC 9162, 2.1.4.1)."""
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {new} leaves has no beginning of {old}")
    if old in (0, new):
        return []
    start, end, path = 0, new, list[Range]()
    while old < end:
        middle = start + _split(end - start)
        if old <= middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((start, middle))
            start = middle
    if start:
        path.append((start, end))
    return path[::-1]


def proof(path: Sequence[Range], hash_of: Callable[[Node], bytes]) -> list[bytes]:
    """The hashes of a path, from those of perfect subtrees."""
    return [combined([hash_of(node) for node in perfect(*part)]) for part in path]


def nodes_of(path: Sequence[Range]) -> list[Node]:
    """The perfect subtrees that a proof is made of."""
    return [node for part in path for node in perfect(*part)]


def root_from(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes | None:
    """The root that an inclusion proof leads to (RFC 9162, 2.1.3.2); None where it has a wrong length."""
    if not 0 <= index < size:
        return None
    found, last, rest = leaf, size - 1, index
    for sibling in proof:
        if last == 0:
            return None
        if rest & 1 or rest == last:
            found = parent(sibling, found)
            while not rest & 1 and rest:
                rest, last = rest >> 1, last >> 1
        else:
            found = parent(found, sibling)
        rest, last = rest >> 1, last >> 1
    return found if last == 0 else None


def included(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether a proof shows that a tree holds a leaf at an index."""
    return root_from(leaf, index, size, proof) == root


def consistent(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether a proof shows that the old tree is the beginning of the new one (RFC 9162, 2.1.4.2)."""
    if not 0 <= old <= new:
        return False
    if old in (0, new):
        return not proof and old_root == (EMPTY if old == 0 else new_root)
    hashes = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not hashes:
        return False
    rest, last = old - 1, new - 1
    while rest & 1:
        rest, last = rest >> 1, last >> 1
    older = newer = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return False
        if rest & 1 or rest == last:
            older, newer = parent(sibling, older), parent(sibling, newer)
            while not rest & 1 and rest:
                rest, last = rest >> 1, last >> 1
        else:
            newer = parent(newer, sibling)
        rest, last = rest >> 1, last >> 1
    return last == 0 and older == old_root and newer == new_root


def _split(size: int) -> int:
    """The largest power of two below a size."""
    return 1 << (size - 1).bit_length() - 1
