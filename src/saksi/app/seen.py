"""Which statements of one take were met before in the same take, whatever its size: the first counts, the others are duplicates.

Ids are SHA-256; 16 of their 32 bytes are kept (two different ones of a hundred million agree with a chance of 1 in 10^22). They stand in
sorted runs: small ones in memory, merged as they grow, and from half a million ids on in files that are mapped and let go of after each
look, so that memory stays flat.
"""

from __future__ import annotations

import mmap
from pathlib import Path
from types import TracebackType

import numpy as np
import numpy.typing as npt

__all__ = ["Seen"]

_Half = npt.NDArray[np.uint64]
_ON_DISK = 1 << 19


class Seen:
    """The ids met so far; its files lie in `folder`, which the take makes and removes."""

    def __init__(self, folder: Path, *, on_disk: int = _ON_DISK) -> None:
        self._folder, self._most = folder, on_disk
        self._runs: list[tuple[_Half, _Half]] = []
        self._files: list[_Mapped] = []

    def __enter__(self) -> Seen:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        for file in self._files:
            file.close()

    def __len__(self) -> int:
        return sum(len(high) for high, _ in self._runs) + sum(file.count for file in self._files)

    def first(self, ids: bytes) -> npt.NDArray[np.bool_]:
        """For each id (32 bytes, end to end) whether it is met for the first time; from then on it is known."""
        halves = np.frombuffer(ids, dtype=">u8").reshape(-1, 4)
        high, low = halves[:, 0].astype(np.uint64), halves[:, 1].astype(np.uint64)
        order = np.lexsort((low, high))  # stable: of equal ids the earliest row comes first
        high, low = high[order], low[order]
        fresh = np.ones(len(order), dtype=np.bool_)
        fresh[1:] = (high[1:] != high[:-1]) | (low[1:] != low[:-1])
        for run_high, run_low in self._runs:
            fresh &= ~_among(high, low, run_high, run_low)
        for file in self._files:
            fresh &= ~file.among(high, low)
        self._add(high[fresh], low[fresh])
        made = np.empty(len(order), dtype=np.bool_)
        made[order] = fresh
        return made

    def _add(self, high: _Half, low: _Half) -> None:
        if not len(high):
            return
        while self._runs and len(self._runs[-1][0]) <= 2 * len(high):
            other_high, other_low = self._runs.pop()
            high, low = np.concatenate((high, other_high)), np.concatenate((low, other_low))
            del other_high, other_low
            order = np.argsort(high, kind="stable")  # quick for what is two sorted runs; second halves of equal ones may stand anyhow
            high = high[order]
            low = low[order]
        if len(high) >= self._most:
            self._files.append(_Mapped(self._folder / f"seen-{len(self._files)}", high, low))
        else:
            self._runs.append((high, low))


class _Mapped:
    """A run in a file: all first halves, then all second halves."""

    def __init__(self, path: Path, high: _Half, low: _Half) -> None:
        self.count = len(high)
        with path.open("w+b") as file:
            file.write(high.data)
            file.write(low.data)
            file.flush()
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    def among(self, high: _Half, low: _Half) -> npt.NDArray[np.bool_]:
        """Which of the sorted ids are in the run."""
        both = np.frombuffer(self._map, dtype=np.uint64)
        found = _among(high, low, both[: self.count], both[self.count :])
        del both
        self._map.madvise(mmap.MADV_DONTNEED)
        return found

    def close(self) -> None:
        self._map.close()


def _among(high: _Half, low: _Half, run_high: _Half, run_low: _Half) -> npt.NDArray[np.bool_]:
    """Which ids are in a sorted run. First halves agree by chance almost never, but they may: those few are looked at one by one."""
    at = np.searchsorted(run_high, high)
    inside = np.minimum(at, len(run_high) - 1)
    same = (at < len(run_high)) & (run_high[inside] == high)
    found: npt.NDArray[np.bool_] = same & (run_low[inside] == low)
    for place in np.flatnonzero(same & ~found):
        start = int(at[place])
        end = int(np.searchsorted(run_high, high[place], side="right"))
        found[place] = bool(np.any(run_low[start:end] == low[place]))
    return found
