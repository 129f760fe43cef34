"""Screening in worker processes: each opens the store for itself and writes its answers where they belong, in the order of the chunks.

Answers do not travel through a pipe, which costs more than making them: once a worker knows how long its chunk's answers are it takes its
turn, which tells it where the chunk before ends, and writes there by itself.
"""

from __future__ import annotations

import gc
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from multiprocessing.synchronize import Condition
from pathlib import Path
from typing import Protocol

from saksi.model import BadInput, LedgerFault
from saksi.screen.bulk import SELDOM, Done, Opened, Rows, Screen, Task
from saksi.screen.spill import Spill
from saksi.views.orphan import end_with_parent

__all__ = ["screen_apart"]

_AHEAD = 4  # chunks under way a worker
_NEVER = 2**62


class _Count(Protocol):
    """A number that processes share."""

    value: int


class _Turns:
    """Whose turn it is to say where its answers go: chunks take theirs in order, and nobody waits for the writing of another."""

    def __init__(self, changed: Condition, turn: _Count, end: _Count, failed: _Count) -> None:
        self._changed, self._turn, self._end, self._failed = changed, turn, end, failed

    def take(self, number: int, length: int) -> int:
        """Where chunk `number` begins, its answers being `length` bytes. Raises LedgerFault where an earlier chunk has failed."""
        with self._changed:
            self._changed.wait_for(lambda: self._turn.value == number or self._failed.value < number)
            if self._turn.value != number:
                raise LedgerFault("an earlier part of the column failed")
            at = self._end.value
            self._end.value = at + length
            self._turn.value = number + 1
            self._changed.notify_all()
        return at

    def fail(self, number: int) -> None:
        """No chunk behind this one gets a turn; those before it do."""
        with self._changed:
            self._failed.value = min(self._failed.value, number)
            self._changed.notify_all()


class _Worker:
    """What a worker process holds: its screen, and the file it writes into (None where answers are handed back)."""

    def __init__(self, screen: Screen, turns: _Turns, into: Path | None) -> None:
        self._screen, self._turns = screen, turns
        self._into = into
        self._spill = None if into is None else Spill(os.open(into, os.O_WRONLY))

    def chunk(self, number: int, rows: Rows) -> Done:
        try:
            done = self._screen.chunk(rows)
            if self._spill is None:
                return done
            self._spill.write(done.data, self._turns.take(number, len(done.data)))
        except OSError as fault:
            self._turns.fail(number)
            raise BadInput(f"answers cannot be written: {fault.strerror or fault}", where=str(self._into)) from fault
        except BaseException:
            self._turns.fail(number)
            raise
        return done._replace(data=b"")


_mine: list[_Worker] = []  # one entry in a worker process, none elsewhere


def screen_apart(opener: Callable[[], Opened], task: Task, rows: Iterable[Rows], *, workers: int, into: Path | None) -> Iterator[Done]:
    """As `screen`, in `workers` processes, which write behind what stands in the file `into` (None: `Done.data` has the answers).

    `opener` must be a function (or partial) of a module, so that it can be sent. What stands in the file is whole only when the last chunk
    was yielded. Raises what a chunk raises, and LedgerFault where a worker ends before its time.
    """
    context = get_context("spawn")
    end = 0 if into is None else into.stat().st_size
    turns = (context.Condition(), *[context.Value("q", start, lock=False) for start in (0, end, _NEVER)])
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_begin, initargs=(opener, task, turns, into)) as pool:
        waiting: deque[Future[Done]] = deque()
        try:
            for number, chunk in enumerate(rows):
                if len(waiting) >= _AHEAD * workers:
                    yield waiting.popleft().result()
                waiting.append(pool.submit(_work, number, chunk))
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool as fault:
            raise LedgerFault(
                "a process that screened ended before its time", todo="screen the column again, with fewer workers if memory is short"
            ) from fault


def _begin(opener: Callable[[], Opened], task: Task, turns: tuple[Condition, _Count, _Count, _Count], into: Path | None) -> None:
    end_with_parent()
    _mine.append(_Worker(Screen(opener(), task), _Turns(*turns), into))
    gc.freeze()
    gc.set_threshold(*SELDOM)


def _work(number: int, rows: Rows) -> Done:
    return _mine[0].chunk(number, rows)
