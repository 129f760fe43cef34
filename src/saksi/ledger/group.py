"""Group commit: many threads hand in entries, and one pair of syncs makes them all durable.

A group closes at 1,000 entries or 50 ms after its first one, whichever comes first; what one call hands in is never
split. A caller waits for its future: when that has a result, the entries are durable and signed for.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from threading import Condition, Thread
from time import monotonic
from types import TracebackType
from typing import Generic, TypeVar

from saksi.ledger.disk import DiskFull
from saksi.ledger.log import Appended
from saksi.ledger.tiles import MAX_ENTRY
from saksi.model.errors import BadInput, LedgerFault, NotAllowed, SaksiError

__all__ = ["GroupCommit", "check_entry"]

T = TypeVar("T")
_Waiting = tuple[Sequence[T], "Future[Appended]"]


def check_entry(entry: bytes) -> None:
    """BadInput for an entry that no log can take."""
    if len(entry) > MAX_ENTRY:
        raise BadInput(f"an entry of {len(entry)} bytes is too long: at most {MAX_ENTRY}")


class GroupCommit(Generic[T]):
    """The front of a log for many threads. `append` logs one group and is called by one thread at a time.

    `check` refuses a single item at once, so that one bad item does not spoil its group. After a fault that is not
    "disk full" everything waiting and everything new is refused with that fault.
    """

    def __init__(
        self,
        append: Callable[[Sequence[T]], Appended],
        *,
        check: Callable[[T], None],
        most: int = 1000,
        wait: float = 0.05,
    ) -> None:
        self._append, self._check, self._most, self._wait = append, check, most, wait
        self._changed = Condition()
        self._waiting: deque[_Waiting[T]] = deque()
        self._count = 0
        self._closing = False
        self._fault: LedgerFault | None = None
        self._thread = Thread(target=self._run, name="group-commit", daemon=True)
        self._thread.start()

    def submit(self, items: Sequence[T]) -> Future[Appended]:
        """Hand in items; the future tells where they stand in the log, once they are durable."""
        for item in items:
            self._check(item)
        future: Future[Appended] = Future()
        future.set_running_or_notify_cancel()  # what was handed in cannot be called back
        with self._changed:
            if self._fault:
                raise self._fault
            if self._closing:
                raise NotAllowed("the log is being closed")
            self._waiting.append((items, future))
            self._count += len(items)
            if self._count >= self._most or len(self._waiting) == 1:
                self._changed.notify()
        return future

    @property
    def fault(self) -> LedgerFault | None:
        """Why nothing is taken any more, if so."""
        return self._fault

    def close(self) -> None:
        """Log what was handed in, then stop."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def __enter__(self) -> GroupCommit[T]:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _run(self) -> None:
        while group := self._next_group():
            items = [item for some, _ in group for item in some]
            try:
                appended = self._append(items)
            except SaksiError as error:
                self._refuse(group, error)
            except BaseException as error:
                todo = "end the process, start again and run fsck"
                self._refuse(group, LedgerFault(f"the writer died: {error!r}", todo=todo))
                raise
            else:
                at = appended.first
                for some, future in group:
                    future.set_result(replace(appended, first=at))
                    at += len(some)

    def _refuse(self, group: list[_Waiting[T]], error: SaksiError) -> None:
        with self._changed:
            if isinstance(error, LedgerFault) and not isinstance(error, DiskFull):
                self._fault = error
                group += self._waiting
                self._waiting.clear()
                self._count = 0
        for _, future in group:
            future.set_exception(error)

    def _next_group(self) -> list[_Waiting[T]]:
        """Wait for a group; empty when closing and nothing is left."""
        with self._changed:
            while not self._waiting:
                if self._closing:
                    return []
                self._changed.wait()
            until = monotonic() + self._wait
            while self._count < self._most and not self._closing and (left := until - monotonic()) > 0:
                self._changed.wait(left)
            group = [self._waiting.popleft()]
            count = len(group[0][0])
            while self._waiting and count + len(self._waiting[0][0]) <= self._most:
                group.append(self._waiting.popleft())
                count += len(group[-1][0])
            self._count -= count
            return group
