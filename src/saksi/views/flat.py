"""Files with one fixed-size entry for each statement, in ledger order: the place of an entry is the statement's number here.

A statement's number (its *ordinal*) counts all statements of the ledger from 0. The files only grow; what stands beyond the committed
count is left over from a fold that was killed, and is cut before the next one writes.
"""

from __future__ import annotations

import calendar
import mmap
import os
import time
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, TypeAlias

import numpy as np
import numpy.typing as npt

from saksi.views.number import Numbered

__all__ = ["CHANGED", "GONE", "Flat", "Run", "Runs", "Words", "append", "as_words", "let_go", "mapped", "overwrite"]

Words: TypeAlias = npt.NDArray[np.uint64]
Run: TypeAlias = tuple[int, int, int, int, str]  # first ordinal, first ordinal of the next run, leaf, first index, asserted_at

CHANGED = 1  # look for changes of this statement
GONE = 2  # its payload was destroyed
_RUN = np.dtype([("ordinal", "<u8"), ("leaf", "<u8"), ("index", "<u4"), ("time", "<u4")])
_WIDTHS = {"commitments": 32, "ids": 16, "shapes": 4, "flags": 1, "runs": _RUN.itemsize}
_FEW = 200_000
_FORM = "%Y-%m-%dT%H:%M:%SZ"


class Flat:
    """A read-only look at the files, up to `count` statements and `runs` runs."""

    def __init__(self, folder: Path, *, count: int, runs: int) -> None:
        self.count = count
        self.commitments = _map(folder / "commitments", count * 32)
        self.flags = _map(folder / "flags", count)
        self._ids = _map(folder / "ids", count * 16)
        self._shapes = _map(folder / "shapes", count * 4)
        self.runs = Runs(_map(folder / "runs", runs * _RUN.itemsize), count)

    @property
    def ids(self) -> Words:
        """The ids' first halves as two words a statement; all zero where erased."""
        return np.frombuffer(self._ids, "<u8").reshape(-1, 2)

    @property
    def names(self) -> Words:
        """The commitments as four words a statement."""
        return np.frombuffer(self.commitments, "<u8").reshape(-1, 4)

    @property
    def shapes(self) -> npt.NDArray[np.uint32]:
        """The number of each statement's shape."""
        return np.frombuffer(self._shapes, "<u4")

    @property
    def marks(self) -> npt.NDArray[np.uint8]:
        """The flags of each statement."""
        return np.frombuffer(self.flags, "u1")

    def let_go(self) -> None:
        """Give what was touched of the files back to the system."""
        for table in (self.ids, self.names, self.shapes, self.marks):
            let_go(table)

    def name(self, ordinal: int) -> bytes:
        """The commitment of a statement, 32 bytes."""
        return bytes(self.commitments[ordinal * 32 : ordinal * 32 + 32])


class Runs:
    """Where statements stand in the ledger: stretches of consecutive statements of one leaf, recorded at one time."""

    def __init__(self, data: mmap.mmap | bytes, count: int) -> None:
        table = np.frombuffer(data, _RUN)
        few = len(table) <= _FEW
        self._starts: Sequence[int] = table["ordinal"].tolist() if few else table["ordinal"].data
        self._leaves: Sequence[int] = table["leaf"].tolist() if few else table["leaf"].data
        self._read: dict[int, Run] = {}
        self._table = table
        self._count = count
        self._last: Run = (0, 0, 0, 0, "")

    def __len__(self) -> int:
        return len(self._table)

    @property
    def table(self) -> npt.NDArray[np.void]:
        """The runs as they are stored: ordinal, leaf, index, time (Unix seconds, 0 where erased)."""
        return self._table

    def at(self, ordinal: int) -> Run:
        """The run that a statement stands in."""
        last = self._last
        if last[0] <= ordinal < last[1]:
            return last
        place = bisect_right(self._starts, ordinal) - 1
        run = self._read.get(place)
        if run is None:
            first, leaf, index, when = (int(part) for part in self._table[place].tolist())
            end = int(self._starts[place + 1]) if place + 1 < len(self._starts) else self._count
            run = (first, end, leaf, index, time.strftime(_FORM, time.gmtime(when)) if when else "")
            if len(self._read) >= _FEW:
                self._read.clear()
            self._read[place] = run
        self._last = run
        return run

    def times(self, ordinals: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint32]:
        """When statements were recorded, in Unix seconds."""
        return self._table["time"][np.searchsorted(self._table["ordinal"], ordinals, side="right") - 1]

    def before(self, leaf: int) -> int:
        """How many statements stand in leaves before `leaf`: a ledger size as a number of statements."""
        place = bisect_left(self._leaves, leaf)
        return int(self._starts[place]) if place < len(self._starts) else self._count

    def ordinal(self, leaf: int, index: int) -> int | None:
        """The number of the statement at a place, or None where nothing stands."""
        place = bisect_right(self._leaves, leaf) - 1
        while place >= 0 and int(self._leaves[place]) == leaf:
            first, _, start, _ = (int(part) for part in self._table[place].tolist())
            end = int(self._starts[place + 1]) if place + 1 < len(self._starts) else self._count
            if start <= index < start + end - first:
                return first + index - start
            place -= 1
        return None


def append(folder: Path, stretch: Numbered, *, runs: int, durable: bool = True) -> int:
    """Write a stretch behind the first `stretch.first` statements and `runs` runs, durably; gives the new number of runs."""
    columns = stretch.columns
    table = np.empty(len(columns.runs), _RUN)
    for number, (place, leaf, index, when) in enumerate(columns.runs):
        table[number] = (stretch.first + place, leaf, index, calendar.timegm(time.strptime(when, _FORM)) if when else 0)
    parts = {
        "commitments": columns.commitments,
        "ids": columns.ids,
        "shapes": stretch.shapes.tobytes(),
        "flags": ((stretch.shapes == 0) * np.uint8(GONE)).astype("u1").tobytes(),
        "runs": table.tobytes(),
    }
    for name, data in parts.items():
        start = (runs if name == "runs" else stretch.first) * _WIDTHS[name]
        with (folder / name).open("r+b" if (folder / name).exists() else "w+b") as file:
            file.truncate(start)
            file.seek(start)
            file.write(data)
            if durable:
                file.flush()
                os.fdatasync(file.fileno())
    return runs + len(columns.runs)


def overwrite(folder: Path, name: str, entries: Sequence[int], *, entry: bytes) -> None:
    """Write the same `entry` over several entries of a file, durably."""
    width = _WIDTHS[name]
    with (folder / name).open("r+b") as file:
        for place in entries:
            file.seek(place * width)
            file.write(entry)
        file.flush()
        os.fdatasync(file.fileno())


def as_words(keys: Sequence[bytes], width: int) -> Words:
    """Keys as rows of 64-bit words, each key cut to `width` bytes."""
    return np.frombuffer(b"".join([key[:width] for key in keys]), "<u8").reshape(-1, width // 8)


def mapped(file: BinaryIO, size: int = 0, *, write: bool = False) -> mmap.mmap:
    """A file as memory: its first `size` bytes, or all of it."""
    return mmap.mmap(file.fileno(), size, access=mmap.ACCESS_WRITE if write else mmap.ACCESS_READ)


def let_go(table: npt.NDArray[np.generic]) -> None:
    """Give the memory of a table that stands in a mapped file back to the system, which reads it again where it is asked for."""
    base: object = table
    while isinstance(base, np.ndarray):
        base = base.base
    whole = base.obj if isinstance(base, memoryview) else base
    if isinstance(whole, mmap.mmap):
        whole.madvise(mmap.MADV_DONTNEED)


def _map(path: Path, size: int) -> mmap.mmap | bytes:
    if size == 0:
        return b""
    with path.open("rb") as file:
        return mapped(file, size)
