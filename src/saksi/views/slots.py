"""From a key to the number of the statement that has it: a hash table of statement numbers in one file.

The keys themselves (ids, commitments) stand in the flat files, so a slot is four bytes and every hit is checked against the whole key.
The place of a key depends on a secret multiplier, so that nobody can choose keys that crowd one spot. A slot of a fold that was killed
names a statement beyond the committed count: readers pass over it, and the next fold writes the same slot again.

The files are mapped. Where they are large, many keys are looked up or entered lot by lot in the order of their slots, and what a lot
touched is let go of: so that a take's memory does not grow with what the ledger holds.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from saksi.views.flat import Words, let_go, mapped

__all__ = ["Slots"]

_FULL, _CLOSE, _CROWDED = 0.65, 0.8, 0.9  # a new table is so full; so full it is made wider; more is never tried
_BLOCK = 1 << 16  # keys read at once when a table is made anew
_REGION = 1 << 21  # slots filled at once then: 8 MB
_LARGE = 1 << 23  # bytes: files that are smaller are kept mapped
_LOT = 512  # keys looked up before the maps are let go of; a page touched brings fifteen neighbours, so they are 32 MB of each


class Slots:
    """The table in `path`; `secret` is an odd 64-bit number drawn when the views were begun."""

    def __init__(self, path: Path, *, secret: int) -> None:
        self.path = path
        self._secret = np.uint64(secret | 1)
        self._slots = self._opened()

    def find(self, keys: Words, *, among: Words) -> npt.NDArray[np.int64]:
        """For each key the number of a statement in `among` that has it, else -1."""
        found = np.full(len(keys), -1, np.int64)
        for lot in self._lots(keys, self._slots, among):
            found[lot] = self._find(keys[lot], among)
        return found

    def put(self, keys: Words, *, first: int, among: Words, durable: bool = True) -> None:
        """Enter keys of statements `first`, `first` + 1 ..., which stand in `among` too. All-zero keys (erased) are left out."""
        if not self.path.exists() or (first + len(keys)) > _CROWDED * len(self._slots):
            self._grow(int((first + len(keys)) / _FULL * 2) + 1024, among)
            return
        with self.path.open("r+b") as file:
            whole = mapped(file, write=True)
        table = np.frombuffer(whole, "<u4")
        for lot in self._lots(keys, table):
            self._put(table, keys[lot], first + lot)
        if durable:
            whole.flush()

    def tighten(self, among: Words) -> None:
        """Write the table anew at its closest size."""
        self._grow(int(len(among) / _FULL) + 1024, among)

    def widen(self, among: Words) -> None:
        """Write the table anew where it is getting crowded: after a fold, so that nobody waits for it."""
        if len(among) > _CLOSE * len(self._slots):
            self._grow(int(len(among) / _FULL * 1.5), among)

    def _opened(self) -> npt.NDArray[np.uint32]:
        if not self.path.exists() or not self.path.stat().st_size:
            return np.zeros(1, "<u4")
        with self.path.open("rb") as file:
            return np.frombuffer(mapped(file), "<u4")

    def _lots(self, keys: Words, table: npt.NDArray[np.uint32], *others: Words) -> Iterator[npt.NDArray[np.intp]]:
        """All keys, as places in `keys`; where much is mapped, in the order of their slots, a lot at a time."""
        if len(keys) <= _LOT or table.nbytes + sum(other.nbytes for other in others) <= _LARGE:
            yield np.arange(len(keys))
            return
        order = np.argsort(self._home(keys, len(table)), kind="stable")  # of equal keys the earlier comes first
        for start in range(0, len(order), _LOT):
            yield order[start : start + _LOT]
            let_go(table)
            for other in others:
                let_go(other)

    def _find(self, keys: Words, among: Words) -> npt.NDArray[np.int64]:
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

    def _grow(self, capacity: int, among: Words) -> None:
        """Write the table anew, region after region, each from all keys: the memory it takes is that of a region."""
        made = self.path.with_suffix(".new")
        with made.open("w+b") as file:
            os.posix_fallocate(file.fileno(), 0, 4 * capacity)  # a full disk is told here, and not by a signal
            table = np.frombuffer(mapped(file, write=True), "<u4")
            for region in range(0, capacity, _REGION):
                for start in range(0, len(among), _BLOCK):
                    keys = among[start : start + _BLOCK]
                    home = self._home(keys, capacity)
                    here = np.flatnonzero((home >= region) & (home < region + _REGION))
                    self._put(table, keys[here], start + here)
                    let_go(among)
                let_go(table)
        made.replace(self.path)
        self._slots = self._opened()

    def _put(self, table: npt.NDArray[np.uint32], keys: Words, numbers: npt.NDArray[np.intp]) -> None:
        left = np.flatnonzero(keys.any(axis=1))
        slot = self._home(keys, len(table))
        number = (numbers + 1).astype(np.uint32)
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
