"""Files that stay readable for as long as somebody needs them, whoever deletes them meanwhile."""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterable
from pathlib import Path

__all__ = ["Kept"]


class Kept:
    """Files held open, to be read by `path`. They are let go of with the last that refers to this.

    What an erasure takes out of the views stays readable until then to whoever had the files open before it, and to nobody else: no
    copy is made, and nothing is left by a process that is killed.
    """

    __slots__ = ("__weakref__", "_open", "whole")

    def __init__(self, paths: Iterable[Path]) -> None:
        self._open: dict[Path, int] = {}
        self.whole = True  # whether all of them are there
        weakref.finalize(self, _close, self._open)
        for path in paths:
            try:
                self._open[path] = os.open(path, os.O_RDONLY)
            except FileNotFoundError:
                self.whole = False

    def path(self, path: Path) -> str:
        """Where a file can be read, by this process: its own name where it was not there."""
        held = self._open.get(path)
        return str(path) if held is None else f"/dev/fd/{held}"


def _close(held: dict[Path, int]) -> None:
    for each in held.values():
        os.close(each)
