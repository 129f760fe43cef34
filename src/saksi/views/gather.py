"""Reading the ledger in stretches, on both cores where there is much to read.

Opening, unpacking and parsing blocks is most of the work of a fold and no stretch depends on another, so forked processes share it; the
stretches come back in the ledger's order. A process with other threads does not fork: it reads by itself.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Protocol

import msgspec

from saksi.ledger.batch import Kind
from saksi.ledger.ledger import OpenBlock
from saksi.model import LedgerFault
from saksi.views.orphan import end_with_parent
from saksi.views.parse import Columns, Parser

__all__ = ["Foldable", "Rooted", "stretches"]

STEP = 16_384  # statements at once; four times as many take no less time, and a few hundred megabytes more
# Leaves that hold statements; control leaves, requests and match runs are not told here.
_TOLD = frozenset({Kind.PRIVATE, Kind.PUBLIC, Kind.BATCH})
_encode, _decode = msgspec.msgpack.Encoder().encode, msgspec.msgpack.Decoder(Columns).decode


class Rooted(Protocol):
    """A log that knows its root at every size it has had."""

    def root_at(self, size: int) -> bytes: ...


class Foldable(Protocol):
    """A ledger as a fold needs it."""

    @property
    def origin(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def log(self) -> Rooted: ...
    def read(self, first: int, last: int) -> Iterator[OpenBlock]: ...


def stretches(ledger: Foldable, first: int, last: int, *, readers: int) -> Iterator[tuple[Columns, int]]:
    """The leaves from `first` up to but not including `last` in stretches of about `STEP` statements, each with the size it reaches.

    Where there is more than one stretch, so many `readers` are forked.
    """
    columns, leaf = _read(ledger, first, last)
    if leaf == last or (os.cpu_count() or 1) < 2 or threading.active_count() > 1:
        yield columns, leaf
        while leaf < last:
            columns, leaf = _read(ledger, leaf, last)
            yield columns, leaf
        return
    # Fork before anything else is loaded that starts threads of its own.
    with ProcessPoolExecutor(readers, mp_context=get_context("fork"), initializer=_settle, initargs=(ledger,)) as pool:
        pool.submit(int).result()
        yield columns, leaf
        try:
            yield from _shared(pool, leaf, last, ahead=2 * readers)
        except BrokenProcessPool as fault:
            raise LedgerFault("a process that read the ledger ended early", todo="run the fold again") from fault


def _read(ledger: Foldable, first: int, last: int) -> tuple[Columns, int]:
    """One stretch, and the size it reaches."""
    parser, leaf = Parser(), first
    for block in ledger.read(first, last):
        if block.leaf != leaf:
            leaf = block.leaf
            if len(parser) >= STEP:
                return parser.columns(), leaf
        _take(parser, block)
    return parser.columns(), last


def _take(parser: Parser, block: OpenBlock) -> None:
    if block.kind in _TOLD:
        parser.add(block)
    elif block.kind is Kind.ERASURE:
        parser.notice(block)


def _shared(pool: ProcessPoolExecutor, first: int, last: int, *, ahead: int) -> Iterator[tuple[Columns, int]]:
    """The same, read by the pool: a task is a range of leaves, as wide as fits what the last one held, and at most twice its width."""
    waiting: deque[tuple[int, int, Future[bytes | tuple[str, str, str]]]] = deque()
    width = 1
    while first < last or waiting:
        while first < last and len(waiting) < ahead:
            end = min(last, first + width)
            waiting.append((first, end, pool.submit(_task, first, end)))
            first = end
        begun, end, future = waiting.popleft()
        done = future.result()
        if isinstance(done, tuple):
            raise LedgerFault(done[0], where=done[1], todo=done[2])
        columns = _decode(done)
        # By what this task held, not by the width of those given out since: they may be wider already.
        leaves = end - begun
        width = max(1, min(2 * leaves, leaves * STEP // max(len(columns), 1)))
        yield columns, end


_here: list[Foldable] = []  # in a forked process only: the ledger it reads


def _settle(ledger: Foldable) -> None:
    end_with_parent()  # it holds the ledger's lock as long as it lives
    _here.append(ledger)


def _task(first: int, last: int) -> bytes | tuple[str, str, str]:
    parser = Parser()
    try:
        for block in _here[0].read(first, last):
            _take(parser, block)
    except LedgerFault as fault:
        return fault.what, fault.where, fault.todo
    return _encode(parser.columns())
