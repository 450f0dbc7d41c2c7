"""瓦片 The stored Merkle tree: 256 hashes a row, from which roots and proofs of any sealed size are read.

A tile of level l holds the roots over 256^l leaves each. A perfect subtree of the tree lies within one tile,
and a row only grows, so what was readable of a smaller tree stays readable.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import count

from chuishao.eventlog.connection import Connection
from chuishao.eventlog.merkle import (
    HASH,
    Node,
    combined,
    consistency_path,
    inclusion_path,
    nodes_of,
    parent,
    perfect,
    proof,
)
from chuishao.eventlog.sql import statements

HEIGHT = 8
"""Levels of the tree that one tile holds."""
WIDTH = 1 << HEIGHT
"""Hashes in a full tile."""
_SQL = statements("chuishao.eventlog", "seal.sql")
Tile = tuple[int, int]
"""Level and index of a tile."""


class MissingTile(Exception):
    """A tile that the tree of a sealed size must have is not there, or is shorter than it was."""


async def inclusion_proof(connection: Connection, log: int, position: int, size: int) -> list[bytes]:
    """The hashes that prove the event of a position in the tree of a checkpoint of that size."""
    return (await inclusion_proofs(connection, log, [position], size))[position]


async def inclusion_proofs(
    connection: Connection, log: int, positions: Iterable[int], size: int
) -> dict[int, list[bytes]]:
    """The same for many positions, with one look at the tiles."""
    paths = {position: inclusion_path(position - 1, size) for position in positions}
    hashes = await read_nodes(connection, log, {node for path in paths.values() for node in nodes_of(path)})
    return {position: proof(path, hashes.__getitem__) for position, path in paths.items()}


async def consistency_proof(connection: Connection, log: int, old: int, new: int) -> list[bytes]:
    """The hashes that prove the tree of an older checkpoint to be the beginning of a newer one's."""
    path = consistency_path(old, new)
    return proof(path, (await read_nodes(connection, log, nodes_of(path))).__getitem__)


async def read_nodes(connection: Connection, log: int, nodes: Iterable[Node]) -> dict[Node, bytes]:
    """The hashes of perfect subtrees; raises `MissingTile`."""
    wanted = {node: _place(node) for node in nodes}
    tiles = await _read_tiles(connection, log, {tile for tile, _, _ in wanted.values()})
    return {node: _over(_hashes(tiles, *place)) for node, place in wanted.items()}


async def read_tile(connection: Connection, log: int, tile: Tile) -> bytes:
    """The hashes of a tile as far as they are sealed; none where there is no such tile."""
    return (await _read_tiles(connection, log, {tile})).get(tile, b"")


async def _read_tiles(connection: Connection, log: int, tiles: set[Tile]) -> dict[Tile, bytes]:
    levels, indexes = [level for level, _ in tiles], [index for _, index in tiles]
    rows = await connection.fetch(_SQL["tiles"], log, levels, indexes)
    return {(level, index): hashes for level, index, hashes in rows}


def _place(node: Node) -> tuple[Tile, int, int]:
    """The tile that a perfect subtree lies in, and from which hash on how many."""
    level, index = node
    tile, inside = divmod(level, HEIGHT)
    row, start = divmod(index << inside, WIDTH)
    return (tile, row), start, 1 << inside


def _hashes(tiles: Mapping[Tile, bytes], tile: Tile, start: int, length: int) -> list[bytes]:
    hashes = tiles.get(tile, b"")
    if len(hashes) < (start + length) * HASH:
        raise MissingTile(f"tile {tile[1]} of level {tile[0]} lacks hashes that were sealed")
    return [hashes[at * HASH : (at + 1) * HASH] for at in range(start, start + length)]


def _over(hashes: list[bytes]) -> bytes:
    """The hash over neighbours whose number is a power of two."""
    while len(hashes) > 1:
        hashes = [parent(left, right) for left, right in zip(hashes[::2], hashes[1::2], strict=True)]
    return hashes[0]


class Growth:
    """The right edge of the stored tree, growing: the unfinished tile of each level, and what became full."""

    def __init__(self, size: int, edges: Iterable[list[bytes]] = ()) -> None:
        self.size = size
        self._edges = list(edges)
        self._full: dict[Tile, bytes] = {}

    def add(self, leaf: bytes) -> None:
        """Add the next leaf."""
        self.size += 1
        for level in count():
            if level == len(self._edges):
                self._edges.append([])
            edge = self._edges[level]
            edge.append(leaf)
            if len(edge) < WIDTH:
                return
            self._full[level, (self.size >> HEIGHT * (level + 1)) - 1] = b"".join(edge)
            leaf = _over(edge)
            edge.clear()

    def root(self) -> bytes:
        """The root of the tree so far."""
        return combined([peak for edge in reversed(self._edges) for peak in _peaks(edge)])

    def taken(self) -> dict[Tile, bytes]:
        """The tiles to be stored now: those that became full since the last time, and the edge."""
        tiles, self._full = self._full, {}
        for level, edge in enumerate(self._edges):
            if edge:
                tiles[level, self.size >> HEIGHT * (level + 1)] = b"".join(edge)
        return tiles


async def read_growth(connection: Connection, log: int, size: int) -> Growth:
    """The stored tree at a sealed size, to grow from there; raises `MissingTile`."""
    levels = range((size.bit_length() + HEIGHT - 1) // HEIGHT)
    lengths = {(level, size >> HEIGHT * (level + 1)): (size >> HEIGHT * level) % WIDTH for level in levels}
    tiles = await _read_tiles(connection, log, {tile for tile, length in lengths.items() if length})
    return Growth(size, [_hashes(tiles, tile, 0, length) for tile, length in lengths.items()])


async def write_tiles(connection: Connection, log: int, tiles: Mapping[Tile, bytes]) -> None:
    """Store tiles; the database refuses what would change a hash that is there."""
    levels, indexes = [level for level, _ in tiles], [index for _, index in tiles]
    await connection.execute(_SQL["put_tiles"], log, levels, indexes, list(tiles.values()))


def _peaks(edge: list[bytes]) -> list[bytes]:
    return [_over(edge[at << level : (at + 1) << level]) for level, at in perfect(0, len(edge))]
