"""Proofs from tiles, where no tile is believed before its hash has been traced to the root.

A tile holds one row of 256 hashes; the rows between are computed from it. A full tile must hash to its entry in the tile
above, and the tiles at the tree's right edge must hash to the edge, which the checkpoint fixes. So stored hashes can be
lost, stale or tampered with, and a proof that is given out is still right.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256

from saksi.ledger.merkle import Edge, node_hash, root_of
from saksi.ledger.tiles import WIDTH, Tile
from saksi.model.errors import BadInput, LedgerFault

__all__ = ["Nodes", "edge_from_tiles", "split_hashes"]

_KEEP = 4096  # full tiles in memory, 16 KiB each: 64 MiB answers any proof from a million entries

Rows = tuple[bytes, ...]
Fetch = Callable[[Tile], bytes]


class Nodes:
    """The tree's nodes at any size up to the edge's. `fetch` gives a hash tile's bytes as they are stored.

    Safe for many threads; whoever appends sets `edge` when the new tiles can be fetched.
    Raises LedgerFault where what is stored does not fit the edge.
    """

    def __init__(self, fetch: Fetch, edge: Edge, *, keep: int = _KEEP) -> None:
        self.edge = edge
        self._fetch = fetch
        self._full = lru_cache(maxsize=keep)(self._load_full)
        self._partial = lru_cache(maxsize=16)(self._load_partial)
        self._range = lru_cache(maxsize=1024)(self._join)

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """The proof that leaf `index` is in the tree of `size` leaves (RFC 6962, 2.1.1)."""
        edge = self.edge
        if not 0 <= index < size <= edge.size:
            raise BadInput(f"there is no entry {index} in a log of {min(size, edge.size)}")
        return self._path(0, index, size=size, edge=edge)

    def consistency(self, old: int, new: int) -> list[bytes]:
        """The proof that the tree of `new` leaves begins with that of `old` (RFC 6962, 2.1.2)."""
        edge = self.edge
        if not 0 < old <= new <= edge.size:
            raise BadInput(f"no proof from {old} to {new} in a log of {edge.size}")
        if old == new:
            return []
        height = (old & -old).bit_length() - 1
        index = (old - 1) >> height
        seed = [] if old == 1 << height else [self.node(height, index, edge)]
        return seed + self._path(height, index, size=new, edge=edge)

    def leaves(self, n: int, edge: Edge) -> bytes:
        """The leaf hashes of bundle `n`, concatenated."""
        return self._rows(0, n, edge)[0]

    def root(self, size: int) -> bytes:
        """The root that the tree had at `size`."""
        edge = self.edge
        if not 0 <= size <= edge.size:
            raise BadInput(f"the log never had {size} entries: it has {edge.size}")
        return self._range(0, size) if size else Edge().root

    def node(self, height: int, index: int, edge: Edge) -> bytes:
        """The root of the perfect subtree of `2**height` leaves, the `index`-th of its kind."""
        row = height & 7
        within = index & ((WIDTH >> row) - 1)
        return self._rows(height >> 3, index >> (8 - row), edge)[row][32 * within : 32 * within + 32]

    def _path(self, height: int, index: int, *, size: int, edge: Edge) -> list[bytes]:
        """Siblings from a perfect subtree up to the root: first within the last subtree both share, then left of it."""
        split = height + (index ^ ((size - 1) >> height)).bit_length()
        path: list[bytes] = []
        rows: Rows = ()
        for level in range(height, split - 1):
            row = level & 7
            if not rows or not row:  # the next tile up
                rows = self._rows(level >> 3, index >> (8 - row), edge)
            at = 32 * ((index ^ 1) & ((WIDTH >> row) - 1))
            path.append(rows[row][at : at + 32])
            index >>= 1
        if split > height:  # here the paths to this node and to the last leaf part: the sibling may be incomplete
            path.append(self._range((index ^ 1) << (split - 1), size))
            index >>= 1
        while index:
            if index & 1:
                path.append(self.node(split, index - 1, edge))
            index, split = index >> 1, split + 1
        return path

    def _join(self, start: int, end: int) -> bytes:
        """The root over `[start, end)`, where `start` is a multiple of a power of two not less than its length."""
        peaks, left, edge = [], end - start, self.edge
        while left:
            height = left.bit_length() - 1
            peaks.append(self.node(height, start >> height, edge))
            start, left = start + (1 << height), left - (1 << height)
        root = peaks.pop()
        while peaks:
            root = node_hash(peaks.pop(), root)
        return root

    def _rows(self, level: int, n: int, edge: Edge) -> Rows:
        if (n + 1) << (8 * (level + 1)) <= edge.size:
            return self._full(level, n)
        return self._partial(level, edge)

    def _load_full(self, level: int, n: int) -> Rows:
        rows = _rows_of(self._fetch(Tile(level, n)))
        edge = self.edge
        if len(rows) != 9 or rows[8] != self.node(8 * (level + 1), n, edge):
            raise _unfit(Tile(level, n))
        return rows

    def _load_partial(self, level: int, edge: Edge) -> Rows:
        count = edge.size >> (8 * level)
        tile = Tile(level, count // WIDTH, count % WIDTH)
        data = self._fetch(tile)
        if len(data) != 32 * tile.width or _peaks_of(data) != _edge_peaks(edge, level):
            raise _unfit(tile)
        return _rows_of(data)


def edge_from_tiles(size: int, fetch: Fetch) -> Edge:
    """The edge of a tree of `size`, from its rightmost tiles; whoever asks checks its root."""
    peaks: list[bytes] = []
    for level in range(7, -1, -1):
        count = size >> (8 * level)
        if count % WIDTH:
            tile = Tile(level, count // WIDTH, count % WIDTH)
            data = fetch(tile)
            if len(data) != 32 * tile.width:
                raise _unfit(tile)
            peaks += _peaks_of(data)
    return Edge(size, tuple(peaks))


def split_hashes(data: bytes) -> list[bytes]:
    """Concatenated hashes, one by one."""
    return [data[i : i + 32] for i in range(0, len(data), 32)]


def _peaks_of(data: bytes) -> list[bytes]:
    """The roots of the perfect subtrees in a partial tile, largest first."""
    hashes, peaks, at = split_hashes(data), [], 0
    for bit in range(7, -1, -1):
        if len(hashes) >> bit & 1:
            peaks.append(root_of(hashes[at : at + (1 << bit)]))
            at += 1 << bit
    return peaks


def _edge_peaks(edge: Edge, level: int) -> list[bytes]:
    """The part of the edge that lies in the partial tile of a level."""
    above = (edge.size >> (8 * (level + 1))).bit_count()
    return list(edge.peaks[above : above + (edge.size >> (8 * level) & 0xFF).bit_count()])


def _rows_of(data: bytes) -> Rows:
    """A tile's row and all rows above it that it completes."""
    rows = [data]
    while len(data) >= 64:
        data = b"".join([sha256(b"\x01" + data[i : i + 64]).digest() for i in range(0, len(data) & ~63, 64)])
        rows.append(data)
    return tuple(rows)


def _unfit(tile: Tile) -> LedgerFault:
    todo = "run fsck; where only level files differ, stop, remove them and start again: they are rebuilt from the entries"
    return LedgerFault("stored hashes do not fit the checkpoint", where=tile.path(), todo=todo)
