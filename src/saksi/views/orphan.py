"""A worker process that ends when its parent does, however that ended."""

from __future__ import annotations

import os
from multiprocessing import parent_process
from multiprocessing.connection import wait
from threading import Thread

__all__ = ["end_with_parent"]


def end_with_parent() -> None:
    """From now on this process ends as soon as the one that started it is gone, killed by signal 9 too.

    The workers of a pool wait for work on a pipe that each of them holds open at both ends: without this they would wait for ever, with
    every lock that they inherited.
    """
    parent = parent_process()
    if parent is not None:
        Thread(target=_watch, args=(parent.sentinel,), daemon=True).start()


def _watch(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
