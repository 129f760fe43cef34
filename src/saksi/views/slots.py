"""From a key to the number of the statement that has it: a hash table of statement numbers in one file.

The keys themselves (ids, commitments) stand in the flat files, so a slot is four bytes and every hit is checked against the whole key.
A slot is a statement's number plus one, and in the bits above, which no number of this table needs, the last bits of its key's hash: where
those differ the key is not read at all, so a key that nobody has costs no look at any other. The hash depends on a secret multiplier, so
that nobody can choose keys that crowd one spot. A slot of a fold that was killed names a statement beyond the committed count: readers
pass over it, and the next fold writes the same slot again.

The files are mapped. Where they are large, many keys are looked up or entered lot by lot, in the order in which they stand, and what a lot
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
_REGION = 1 << 20  # slots filled at once then: some 30 MB are sorted
_WHOLE = 1 << 23  # the same where nothing else is under way: some 250 MB
_LARGE = 1 << 23  # bytes: files that are smaller are kept mapped; of others so much at once
_LOT = 512  # keys looked up before the maps are let go of; a page touched brings fifteen neighbours, so they are 32 MB at most
_NEAR, _WIDE = 16, 1 << 16  # slots of a key that are looked at together at first; of all keys of a lot together, at most
_LOW, _HALF = np.uint64(0xFFFF_FFFF), np.uint64(32)


class Slots:
    """The table in `path`; `secret` is an odd 64-bit number drawn when the views were begun."""

    def __init__(self, path: Path, *, secret: int) -> None:
        self.path = path
        self._secret = np.uint64(secret | 1)
        self._slots = self._opened()

    def find(self, keys: Words, *, among: Words) -> npt.NDArray[np.int64]:
        """For each key the number of a statement in `among` that has it, else -1."""
        found = np.full(len(keys), -1, np.int64)
        slot, tag = self._placed(self._hashed(keys), len(self._slots))
        left = np.argsort(slot, kind="stable")
        while left.size:
            left, number = self._next(left, slot, tag)
            order = np.argsort(number, kind="stable")
            left, number = left[order], number[order]
            same = np.zeros(len(left), np.bool_)
            first, end = np.searchsorted(number, (0, len(among)))  # what a killed fold left is beyond
            own, held, equal = left[first:end], number[first:end], same[first:end]
            for lot in _lots(held, among):
                equal[lot] = (among[held[lot]] == keys[own[lot]]).all(axis=1)
            found[left[same]] = number[same]
            left = left[~same]
            slot[left] = (slot[left] + 1) % len(self._slots)
            left = left[np.argsort(slot[left], kind="stable")]
        return found

    def put(self, keys: Words, *, first: int, among: Words, durable: bool = True) -> None:
        """Enter keys of statements `first`, `first` + 1 ..., which stand in `among` too. All-zero keys (erased) are left out."""
        if not self.path.exists() or (first + len(keys)) > _CROWDED * len(self._slots):
            self._grow(int((first + len(keys)) / _FULL * 2) + 1024, among, _REGION)
            return
        with self.path.open("r+b") as file:
            whole = mapped(file, write=True)
        table = np.frombuffer(whole, "<u4")
        slot, tag = self._placed(self._hashed(keys), len(table))
        order = np.argsort(slot, kind="stable")  # of equal keys the earlier comes first
        order = order[keys[order].any(axis=1)]
        slot, word = slot[order], tag[order] | (first + 1 + order).astype(np.uint32)
        for lot in _lots(slot, table):
            _enter(table, slot[lot], word[lot])
        if durable:
            whole.flush()

    def tighten(self, among: Words) -> None:
        """Write the table anew at its closest size."""
        self._grow(int(len(among) / _FULL) + 1024, among, _WHOLE)

    def widen(self, among: Words) -> None:
        """Write the table anew where it is getting crowded: after a fold, so that nobody waits for it."""
        if len(among) > _CLOSE * len(self._slots):
            self._grow(int(len(among) / _FULL * 1.5), among, _REGION)

    def _opened(self) -> npt.NDArray[np.uint32]:
        if not self.path.exists() or not self.path.stat().st_size:
            return np.zeros(1, "<u4")
        with self.path.open("rb") as file:
            return np.frombuffer(mapped(file), "<u4")

    def _next(
        self, left: npt.NDArray[np.intp], slot: npt.NDArray[np.int64], tag: npt.NDArray[np.uint32]
    ) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.int64]]:
        """Moves each of the keys `left` to the first slot from its own on that bears its tag; gives those that have one, and its number."""
        table, above = self._slots, ~_numbers(len(self._slots))
        met, words = [left[:0]], [tag[:0]]
        for lot in _lots(slot[left], table):
            going, width = left[lot], _NEAR
            while going.size:
                word = table.take(slot[going, None] + np.arange(width), mode="wrap")
                ends = (word & above == tag[going, None]) | (word == 0)
                place = ends.argmax(axis=1)
                row = np.arange(len(going))
                there, word = ends[row, place], word[row, place]
                same = there & (word != 0)
                met.append(going[same])
                words.append(word[same])
                slot[going] = (slot[going] + np.where(there, place, width)) % len(table)
                going = going[~there]
                width = max(_NEAR, min(2 * width, _WIDE // max(len(going), 1)))
        return np.concatenate(met), (np.concatenate(words) & ~above).astype(np.int64) - 1

    def _grow(self, capacity: int, among: Words, region: int) -> None:
        """Write the table anew, region after region, each from all keys: the memory it takes is that of a region.

        Keys sorted by their hashes go each to its own slot or to the first behind it that is free, all at once.
        """
        made = self.path.with_suffix(".new")
        with made.open("w+b") as file:
            os.posix_fallocate(file.fileno(), 0, 4 * capacity)  # a full disk is told here, and not by a signal
            table = np.frombuffer(mapped(file, write=True), "<u4")
            free = 0
            for low in range(0, capacity, region):
                held = self._within(among, low, min(low + region, capacity), capacity)
                slot, tag = self._placed(held >> _HALF, capacity)
                word = tag | (held & _LOW).astype(np.uint32)
                place = np.arange(len(slot))
                slot = np.maximum.accumulate(np.maximum(slot - place, free)) + place
                free = int(slot[-1]) + 1 if len(slot) else free
                inside = np.searchsorted(slot, capacity)
                table[slot[:inside]] = word[:inside]
                _enter(table, slot[inside:] % capacity, word[inside:])  # round the end
                let_go(table)
        made.replace(self.path)
        self._slots = self._opened()

    def _within(self, among: Words, low: int, high: int, capacity: int) -> Words:
        """The hashes of all keys whose slots are from `low` up to `high`, each above the statement's number plus one, sorted."""
        parts = [np.zeros(0, np.uint64)]
        least, end = (np.uint64(-(-(slot << 32) // capacity)) for slot in (low, high))
        for start in range(0, len(among), _BLOCK):
            mixed = self._hashed(among[start : start + _BLOCK])
            here = np.flatnonzero((mixed >= least) & (mixed < end))
            here = here[among[start + here].any(axis=1)]
            parts.append(mixed[here] << _HALF | (here + (start + 1)).astype(np.uint64))
            let_go(among)
        made = np.concatenate(parts)
        made.sort()
        return made

    def _hashed(self, keys: Words) -> npt.NDArray[np.uint64]:
        return (keys[:, 0] * self._secret) >> _HALF

    def _placed(self, mixed: npt.NDArray[np.uint64], capacity: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint32]]:
        """From hashes (32 bits) to slots, and to what stands in a slot above the number."""
        return ((mixed * np.uint64(capacity)) >> _HALF).astype(np.int64), mixed.astype(np.uint32) << np.uint32(capacity.bit_length())


def _numbers(capacity: int) -> np.uint32:
    """The bits of a slot that hold a number: all where a table has two thousand million slots, and then no tag is left."""
    return np.uint32((1 << min(capacity.bit_length(), 32)) - 1)


def _lots(places: npt.NDArray[np.int64], table: npt.NDArray[np.generic]) -> Iterator[slice]:
    """Places in a table, sorted, in lots; where the table is large, a lot is so many as lie close together, and is let go of after it."""
    if len(places) <= _LOT or table.nbytes <= _LARGE:
        yield slice(len(places))
        return
    width, start = _LARGE // table[0].nbytes, 0
    while start < len(places):
        end = max(start + _LOT, int(np.searchsorted(places, places[start] + width)))
        yield slice(start, end)
        let_go(table)
        start = end


def _enter(table: npt.NDArray[np.uint32], slot: npt.NDArray[np.int64], word: npt.NDArray[np.uint32]) -> None:
    """Put words into their slots or the first behind them that are free; of equal keys the earlier one is found, for it stands first."""
    left, slot = np.arange(len(slot)), slot.copy()
    for _ in range(4 * _NEAR):
        at = slot[left]
        free = table[at] == 0
        table[at[free][::-1]] = word[left[free]][::-1]
        left = left[table[at] != word[left]]
        slot[left] = (slot[left] + 1) % len(table)
    for each in left.tolist():  # few, unless many keys are equal: then each has a long way to go
        at, free = slot[each], np.zeros(0, np.intp)
        while not free.size:
            ahead = table[at : at + 1024]
            free = np.flatnonzero((ahead == 0) | (ahead == word[each]))
            at = at + free[0] if free.size else (at + len(ahead)) % len(table)
        table[at] = word[each]
