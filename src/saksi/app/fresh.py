"""Which statements of a take are met for the first time in it: exact, and in flat memory whatever the size of the input.

Ids are SHA-256; the first 128 bits tell them apart. They wait in sorted runs on the disk, in a folder that goes with the take.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

__all__ = ["Fresh"]

_BYTES = 16
_RUN = 1 << 20


class Fresh:
    """Remembers ids by the million: those of the current run in a set, the older ones in files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._current: set[bytes] = set()
        self._runs: list[npt.NDArray[np.bytes_]] = []

    def first(self, ids: Sequence[bytes]) -> list[bool]:
        """For each id whether it is met for the first time, in their order."""
        made = []
        current = self._current
        for each in ids:
            short = each[:_BYTES]
            made.append(short not in current)
            current.add(short)
        if self._runs and True in made:
            wanted = np.frombuffer(b"".join(each[:_BYTES] for each in ids), dtype=f"S{_BYTES}")
            for run in self._runs:
                place = np.minimum(np.searchsorted(run, wanted), len(run) - 1)
                for number in np.flatnonzero(run[place] == wanted):
                    made[number] = False
        if len(current) >= _RUN:
            self._write()
        return made

    def _write(self) -> None:
        path = self._folder / f"run-{len(self._runs)}"
        run = np.frombuffer(b"".join(sorted(self._current)), dtype=f"S{_BYTES}")
        run.tofile(path)
        self._runs.append(np.memmap(path, dtype=f"S{_BYTES}", mode="r"))
        self._current = set()
