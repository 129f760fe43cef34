"""From a key to the number of the statement that has it: a hash table of statement numbers in one file.

The keys themselves (ids, commitments) stand in the flat files, so a slot is four bytes and every hit is checked against the whole key.
The place of a key depends on a secret multiplier, so that nobody can choose keys that crowd one spot. A slot of a fold that was killed
names a statement beyond the committed count: readers pass over it, and the next fold writes the same slot again.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from saksi.views.flat import Words

__all__ = ["Slots"]

_FULL, _CLOSE, _CROWDED = 0.65, 0.8, 0.9  # a new table is so full; so full it is made wider; more is never tried
_BLOCK = 1 << 18


class Slots:
    """The table in `path`; `secret` is an odd 64-bit number drawn when the views were begun."""

    def __init__(self, path: Path, *, secret: int) -> None:
        self.path = path
        self._secret = np.uint64(secret | 1)
        size = path.stat().st_size if path.exists() else 0
        self._slots: npt.NDArray[np.uint32] = np.memmap(path, "<u4", "r") if size else np.zeros(1, "<u4")

    def find(self, keys: Words, *, among: Words) -> npt.NDArray[np.int64]:
        """For each key the number of a statement in `among` that has it, else -1."""
        found = np.full(len(keys), -1, np.int64)
        open_ = np.arange(len(keys))
        slot = self._home(keys)
        while open_.size:
            number = self._slots[slot[open_]].astype(np.int64) - 1
            inside = np.flatnonzero((number >= 0) & (number < len(among)))
            same = inside[(among[number[inside]] == keys[open_[inside]]).all(axis=1)]
            found[open_[same]] = number[same]
            going = number >= 0
            going[same] = False
            open_ = open_[going]
            slot[open_] = (slot[open_] + 1) % len(self._slots)
        return found

    def put(self, keys: Words, *, first: int, among: Words, durable: bool = True) -> None:
        """Enter keys of statements `first`, `first` + 1 ..., which stand in `among` too. All-zero keys (erased) are left out."""
        if not self.path.exists() or (first + len(keys)) > _CROWDED * len(self._slots):
            self._grow(int((first + len(keys)) / _FULL * 2) + 1024, among)
        else:
            table = np.memmap(self.path, "<u4", "r+")
            self._put(table, keys, first)
            if durable:
                table.flush()
        self._slots = np.memmap(self.path, "<u4", "r")

    def tighten(self, among: Words) -> None:
        """Write the table anew at its closest size."""
        self._grow(int(len(among) / _FULL) + 1024, among)
        self._slots = np.memmap(self.path, "<u4", "r")

    def widen(self, among: Words) -> None:
        """Write the table anew where it is getting crowded: after a fold, so that nobody waits for it."""
        if len(among) > _CLOSE * len(self._slots):
            self._grow(int(len(among) / _FULL * 1.5), among)
            self._slots = np.memmap(self.path, "<u4", "r")

    def _grow(self, capacity: int, among: Words) -> None:
        table = np.zeros(capacity, "<u4")
        for start in range(0, len(among), _BLOCK):
            self._put(table, among[start : start + _BLOCK], start)
        made = self.path.with_suffix(".new")
        table.tofile(made)
        made.replace(self.path)

    def _put(self, table: npt.NDArray[np.uint32], keys: Words, first: int) -> None:
        left = np.flatnonzero(keys.any(axis=1))
        slot = self._home(keys, len(table))
        number = np.arange(first + 1, first + 1 + len(keys), dtype=np.uint32)
        while left.size:
            at = slot[left]
            free = table[at] == 0
            # Backwards, so that of equal keys the earlier statement has the earlier slot and is the one that is found.
            table[at[free][::-1]] = number[left[free]][::-1]
            left = left[table[at] != number[left]]
            slot[left] = (slot[left] + 1) % len(table)

    def _home(self, keys: Words, capacity: int | None = None) -> npt.NDArray[np.int64]:
        mixed = (keys[:, 0] * self._secret) >> np.uint64(32)
        return ((mixed * np.uint64(capacity or len(self._slots))) >> np.uint64(32)).astype(np.int64)
