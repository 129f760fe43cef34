"""Screening in worker processes: each opens the store for itself, and the answers come back in the order of the chunks."""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context

from saksi.screen.bulk import Done, Opened, Rows, Screen
from saksi.screen.form import Dress
from saksi.screen.judge import Setting

__all__ = ["screen_apart"]

_mine: list[Screen] = []  # one entry in a worker process, none elsewhere


def screen_apart(opener: Callable[[], Opened], setting: Setting, dress: Dress, rows: Iterable[Rows], *, workers: int) -> Iterator[Done]:
    """As `screen`, in `workers` processes. At most two chunks a worker are under way.

    `opener` must be a function (or partial) of a module, so that it can be sent.
    """
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_begin, initargs=(opener, setting, dress)) as pool:
        waiting: deque[Future[Done]] = deque()
        for chunk in rows:
            if len(waiting) >= 2 * workers:
                yield waiting.popleft().result()
            waiting.append(pool.submit(_work, chunk))
        while waiting:
            yield waiting.popleft().result()


def _begin(opener: Callable[[], Opened], setting: Setting, dress: Dress) -> None:
    _mine.append(Screen(opener(), setting, dress))
    gc.freeze()  # answers hold no cycles: looking for them seldom is enough, and saves a fifth of the time
    gc.set_threshold(200_000, 50, 100)


def _work(chunk: Rows) -> Done:
    return _mine[0].chunk(chunk)
