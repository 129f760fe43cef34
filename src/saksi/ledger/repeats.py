"""Which statements that stood already a file says again, kept with the record of its take, so that an erasure of one finds the file, and
so that a file is handed to nobody who may not see them all.

    for each leaf, in ascending order:   leaf u64 | length u16 | that many bytes: bit i (lowest first) is statement i of the leaf

The list names places in the ledger and says nothing about anybody. It is kept as the own common words of the record's frame, under the
vault's key: no proof of the record shows it, and no leaf is there because of it.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterator, Mapping

from saksi.ledger.batch import Kind
from saksi.ledger.core import Shelf
from saksi.ledger.vault import Frame

__all__ = ["Repeats", "each_leaf", "named", "records", "repeats_any"]

_HEAD = struct.Struct(">QH")


class Repeats:
    """The list of one take, while it is made: at most 8 kB for each leaf that it meets."""

    def __init__(self) -> None:
        self._leaves: dict[int, bytearray] = {}

    def add(self, leaf: int, index: int) -> None:
        """The file says this statement again."""
        bits = self._leaves.get(leaf)
        if bits is None:
            bits = self._leaves[leaf] = bytearray()
        if index >> 3 >= len(bits):
            bits.extend(bytes((index >> 3) + 1 - len(bits)))
        bits[index >> 3] |= 1 << (index & 7)

    def to_bytes(self) -> bytes:
        """The list as it is kept; nothing where the file says nothing again."""
        return b"".join(_HEAD.pack(leaf, len(bits)) + bits for leaf, bits in sorted(self._leaves.items()))


def each_leaf(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Of a list each leaf with its bits."""
    at = 0
    while at < len(data):
        leaf, length = _HEAD.unpack_from(data, at)
        at += _HEAD.size + length
        yield leaf, data[at - length : at]


def named(bits: bytes, index: int) -> bool:
    """Whether the bits of a leaf name this statement of it."""
    return index >> 3 < len(bits) and bool(bits[index >> 3] >> (index & 7) & 1)


def repeats_any(data: bytes, places: Mapping[int, Collection[int]]) -> bool:
    """Whether a list names one of these statements (by leaf, their indexes)."""
    return any(named(bits, index) for leaf, bits in each_leaf(data) for index in places.get(leaf, ()))


def records(shelf: Shelf, first: int, last: int) -> Iterator[tuple[Frame, bytes]]:
    """The records of takes that have a list, of the leaves `first` up to but not including `last`: the frame, and the list."""
    for _, frame in shelf.frames(first, last):
        if frame is not None and frame.head.kind == Kind.CONTROL and frame.head.own_common:
            with shelf.reading:
                words = shelf.vault.common(frame)
            yield frame, words
