"""Calm: while it is held nothing is erased, so that a backup or a check reads one state of a ledger though its writer goes on.

Whatever else the writer does adds to the end of a file, and can be left out by its length; an erasure alone writes over what is there.
Calm is a lock on the journal of erasures: many may share it, an erasure holds it alone. It goes with its process, also with a killed one.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from saksi.ledger.disk import Disk, Handle, Held, disk_fault
from saksi.ledger.keys import JOURNAL

__all__ = ["calm", "erasing"]

WAIT = 60.0  # seconds that one side waits for the other
_STEP = 0.05


@contextmanager
def calm(disk: Disk, keys: Path, *, wait: float = WAIT) -> Iterator[None]:
    """Keep erasures waiting. Raises Held where one is under way for longer than `wait` seconds."""
    lock = _take(disk, keys / JOURNAL, shared=True, wait=wait)
    try:
        yield
    finally:
        lock.close()


@contextmanager
def erasing(disk: Disk, keys: Path, *, wait: float = WAIT) -> Iterator[None]:
    """Erase while nobody reads the whole ledger. Raises Held where a backup or a check goes on for longer than `wait` seconds."""
    lock = _take(disk, keys / JOURNAL, shared=False, wait=wait)
    try:
        yield
    finally:
        lock.close()


def _take(disk: Disk, path: Path, *, shared: bool, wait: float) -> Handle:
    ends = time.monotonic() + wait
    while True:
        try:
            return disk.lock(path, shared=shared)
        except BlockingIOError as error:
            if time.monotonic() >= ends:
                what = "an erasure is under way" if shared else "a backup or a check reads the ledger, and an erasure would tear it"
                raise Held(what, where=str(path.parent), todo="do it again when that is through") from error
        except OSError as error:
            raise disk_fault(error, path) from error
        time.sleep(_STEP)
