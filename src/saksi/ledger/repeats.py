"""Which statements that stood already a file says again, kept with the record of its take, so that an erasure of one finds the file.

    for each leaf, in ascending order:   leaf u64 | length u16 | that many bytes: bit i (lowest first) is statement i of the leaf

The list names places in the ledger and says nothing about anybody. It is kept as the own common words of the record's frame, under the
vault's key: no proof of the record shows it, and no leaf is there because of it.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Mapping

__all__ = ["Repeats", "repeats_any"]

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


def repeats_any(data: bytes, places: Mapping[int, Collection[int]]) -> bool:
    """Whether a list names one of these statements (by leaf, their indexes)."""
    at = 0
    while at < len(data):
        leaf, length = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        if any(index >> 3 < length and data[at + (index >> 3)] >> (index & 7) & 1 for index in places.get(leaf, ())):
            return True
        at += length
    return False
