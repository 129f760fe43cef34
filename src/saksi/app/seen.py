"""Which statements of one take were met before in the same take, whatever its size: the first counts, the others are duplicates.

Ids are SHA-256; 16 of their 32 bytes are kept (two different ones of a hundred million agree with a chance of 1 in 10^22). They stand in
sorted runs that are merged as they grow. From some hundred thousand ids on a run is a file without a name, looked at piece by piece
and let go of after each, and written in slices, so that memory stays flat.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from saksi.views.flat import let_go, mapped

__all__ = ["Seen"]

_Half = npt.NDArray[np.uint64]
_Run: TypeAlias = tuple[_Half, _Half]  # first halves, sorted, and the second half of each
_ON_DISK = 1 << 17
_PIECE = 1 << 19  # ids looked among at once: their first halves are 4 MB
_SLICE = 1 << 16  # ids sorted at once


class Seen:
    """The ids met so far; its files lie in `folder`, which the take makes and removes."""

    def __init__(self, folder: Path, *, on_disk: int = _ON_DISK) -> None:
        self._folder, self._most = folder, on_disk
        self._runs: list[_Run] = []

    def __enter__(self) -> Seen:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        self._runs.clear()  # and with the last look at a file it is gone

    def __len__(self) -> int:
        return sum(len(high) for high, _ in self._runs)

    def first(self, ids: bytes) -> npt.NDArray[np.bool_]:
        """For each id (32 bytes, end to end) whether it is met for the first time; from then on it is known."""
        halves = np.frombuffer(ids, dtype=">u8").reshape(-1, 4)
        high, low = halves[:, 0].astype(np.uint64), halves[:, 1].astype(np.uint64)
        order = np.lexsort((low, high))  # stable: of equal ids the earliest row comes first
        high, low = high[order], low[order]
        fresh = np.ones(len(order), dtype=np.bool_)
        fresh[1:] = (high[1:] != high[:-1]) | (low[1:] != low[:-1])
        for run in self._runs:
            fresh &= ~_known(high, low, run)
        self._add(high[fresh], low[fresh])
        made = np.empty(len(order), dtype=np.bool_)
        made[order] = fresh
        return made

    def _add(self, high: _Half, low: _Half) -> None:
        if not len(high):
            return
        runs, count = [(high, low)], len(high)
        while self._runs and len(self._runs[-1][0]) <= 2 * count:
            runs.append(self._runs.pop())
            count += len(runs[-1][0])
        self._runs.append(self._written(runs, count) if count >= self._most else _merged(runs))

    def _written(self, runs: Sequence[_Run], count: int) -> _Run:
        """Several runs as one in a file: all first halves, then all second halves."""
        with tempfile.TemporaryFile(dir=self._folder) as file:
            done = 0
            for high, low in _slices(runs, count):
                for half, start in ((high, done), (low, count + done)):
                    file.seek(8 * start)
                    file.write(half.data)
                done += len(high)
            file.flush()
            both = np.frombuffer(mapped(file), dtype=np.uint64)
        return both[:count], both[count:]


def _slices(runs: Sequence[_Run], count: int) -> Iterator[_Run]:
    """The ids of several runs in order, some at a time: digests are spread evenly, so equal spans of them hold about as many each."""
    parts = count // _SLICE + 1
    bounds = np.array([place * 2**64 // parts for place in range(1, parts)], dtype=np.uint64)
    cuts = [[0, *np.searchsorted(high, bounds).tolist(), len(high)] for high, _ in runs]
    for place in range(parts):
        spans = [slice(cut[place], cut[place + 1]) for cut in cuts]
        yield _merged([(high[span], low[span]) for (high, low), span in zip(runs, spans, strict=True)])
        for high, _ in runs:
            let_go(high)


def _merged(runs: Sequence[_Run]) -> _Run:
    """Several runs as one. Second halves of equal first ones may stand anyhow."""
    if len(runs) == 1:
        return runs[0]
    high, low = (np.concatenate(halves) for halves in zip(*runs, strict=True))
    order = np.argsort(high, kind="stable")  # quick for what is sorted runs
    return high[order], low[order]


def _known(high: _Half, low: _Half, run: _Run) -> npt.NDArray[np.bool_]:
    """Which of the sorted ids are in a run, which is looked at piece by piece."""
    found = np.zeros(len(high), dtype=np.bool_)
    for start in range(0, len(run[0]), _PIECE):
        run_high, run_low = (half[start : start + _PIECE] for half in run)
        first = int(np.searchsorted(high, run_high[0]))
        last = int(np.searchsorted(high, run_high[-1], side="right"))
        if first < last:
            found[first:last] |= _among(high[first:last], low[first:last], run_high, run_low)
        let_go(run_high)
    return found


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
