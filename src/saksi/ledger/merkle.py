"""The Merkle tree that makes a log's past unchangeable: hashes, roots and the growing right edge.

RFC 6962, section 2.1, with SHA-256: a leaf is `SHA256(0x00 || entry)`, a node `SHA256(0x01 || left || right)`, and the
root of nothing `SHA256("")`. All hashes are 32 bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from saksi.model.errors import BadInput

__all__ = ["EMPTY_ROOT", "Edge", "leaf_hash", "node_hash", "path_of", "root_of"]

EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """The hash of one entry as a leaf."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two neighbours as one node."""
    return sha256(b"\x01" + left + right).digest()


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes held in memory."""
    if not leaves:
        return EMPTY_ROOT
    row = list(leaves)
    while len(row) > 1:
        row = _row_above(row)
    return row[0]


def path_of(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """The inclusion path of leaf `index` among leaf hashes held in memory, sibling first, child of the root last."""
    if not 0 <= index < len(leaves):
        raise BadInput(f"there is no leaf {index} among {len(leaves)}")
    path, row = [], list(leaves)
    while len(row) > 1:
        sibling = index ^ 1
        if sibling < len(row):
            path.append(row[sibling])
        row, index = _row_above(row), index >> 1
    return path


def _row_above(row: list[bytes]) -> list[bytes]:
    """One level up: pairs joined, an odd last one carried as it is (RFC 6962's split gives the same tree)."""
    above = [sha256(b"\x01" + row[i] + row[i + 1]).digest() for i in range(0, len(row) - 1, 2)]
    if len(row) & 1:
        above.append(row[-1])
    return above


@dataclass(frozen=True, slots=True)
class Edge:
    """The right edge of a tree: its size and the roots of its perfect subtrees, largest first.

    Everything needed to append and to know the root; 32 bytes for each bit set in `size`.
    """

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if self.size < 0 or len(self.peaks) != self.size.bit_count():
            raise BadInput(f"{len(self.peaks)} subtrees cannot make a tree of {self.size}")

    @property
    def root(self) -> bytes:
        """The tree's root hash."""
        if not self.peaks:
            return EMPTY_ROOT
        peaks = list(self.peaks)
        root = peaks.pop()
        while peaks:
            root = sha256(b"\x01" + peaks.pop() + root).digest()
        return root

    def extend(self, leaves: Iterable[bytes]) -> tuple[Edge, dict[int, list[bytes]]]:
        """The edge after more leaf hashes, and the hashes that each tile level gains, by level (level 0: the leaves)."""
        row = list(leaves)
        size, old, new = self.size, list(self.peaks), []
        gained: dict[int, list[bytes]] = {0: row}
        total, height = size + len(row), 0
        while row or old:
            if row and height and not height & 7:  # roots of full tiles of 256: hashes of the level above
                gained[height >> 3] = row
            pairs = [old.pop(), *row] if size >> height & 1 else row
            if len(pairs) & 1:
                new.append(pairs[-1])
            row = [sha256(b"\x01" + pairs[i] + pairs[i + 1]).digest() for i in range(0, len(pairs) - 1, 2)]
            height += 1
        return Edge(total, tuple(reversed(new))), gained
