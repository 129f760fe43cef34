"""Writing files of gigabytes that nobody here reads again: what the disk has leaves the memory.

Left alone, the answers of a long column fill the memory with their pages, a fresh one for each that is written, and push out the index
that the next answers are read from. Given back at once, a few megabytes serve for the whole file.
"""

from __future__ import annotations

import os

__all__ = ["Spill"]

_LEFT = 12  # writes whose pages stay meanwhile: the disk is still busy with them


class Spill:
    """Writes into an open file. Nothing waits for the disk: the system is told to begin with a stretch, and later that it may go."""

    __slots__ = ("_file", "_left")

    def __init__(self, file: int) -> None:
        self._file = file
        self._left: list[tuple[int, int]] = []

    def write(self, data: bytes, at: int) -> None:
        """Write all of `data` from `at` on. Raises OSError."""
        count = os.pwrite(self._file, data, at)
        while count < len(data):  # cut short: a signal, a disk that is nearly full
            count += os.pwrite(self._file, memoryview(data)[count:], at + count)
        self._pass(at, count)
        self._left.append((at, count))
        if len(self._left) > _LEFT:
            self._pass(*self._left.pop(0))

    def _pass(self, at: int, count: int) -> None:
        os.posix_fadvise(self._file, at, count, os.POSIX_FADV_DONTNEED)
