"""The whole check of a node: log, vault, originals, keys and views, byte by byte, also while somebody writes to it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from saksi.app.home import now_text
from saksi.app.recording import Recording, Said
from saksi.ledger.check import check_ledger
from saksi.ledger.disk import DiskFull, LocalDisk, disk_fault
from saksi.ledger.ledger import LOG
from saksi.ledger.note import parse_vkey
from saksi.ledger.store import LOCK
from saksi.model import LedgerFault, ReadOnly
from saksi.views.fold import check as check_views
from saksi.views.fold import locked

__all__ = ["Whole", "check_whole"]

_SHOWN = 1000
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Whole:
    """What a whole check found. `differences` name a place and what is wrong there; `missing` counts leaves without their payload;
    `waits` says that the node was restored from a backup and does not sign yet. `unfinished` is what a write left that was cut off before
    it was acknowledged: no fault, the next start of the ledger mends it."""

    ok: bool
    size: int
    statements: int
    erased: int
    missing: int
    originals: int
    differences: tuple[str, ...]
    unfinished: tuple[str, ...] = ()
    waits: bool = False

    @property
    def said(self) -> str:
        """The finding in one sentence."""
        what = f"{_many(self.size, 'leaf', 'leaves')}, {_many(self.statements, 'payload')}, {_many(self.originals, 'original')}"
        extra = "".join([f", {self.erased:,} erased" if self.erased else "", f", {self.missing:,} without payload" if self.missing else ""])
        if self.ok:
            waits = "; restored from a backup, it does not sign yet" if self.waits else ""
            cut = "; a write was cut off before it was acknowledged, the next one clears its remains" if self.unfinished else ""
            return f"checked {what}{extra}: all as it was written{waits}{cut}"
        return f"checked {what}{extra}: {len(self.differences)} differences; keep a copy, then restore a backup"


def _many(count: int, one: str, more: str = "") -> str:
    return f"{count:,} {one if count == 1 else more or one + 's'}"


def check_whole(node: Recording, *, progress: Callable[[int, int | None], None]) -> Whole:
    """Check everything as of the newest checkpoint, and keep what was found for the pages. Whoever writes goes on; erasures wait."""
    with _alone(node) as alone:
        made = check_ledger(node.files.ledger, [parse_vkey(node.vkey)], settled=alone, progress=progress)
        views = _check_views(node.files.views)
        try:
            _ = node.views.manifest
        except LedgerFault as fault:
            views.append(fault.what)
    told = (*made.log.differences, *made.vault.differences)
    differences = [f"{one.where}: {one.what}" for one in told if not one.unfinished]
    differences += [f"views: {text}" for text in views]
    found = Whole(
        ok=made.clean and not views,
        size=made.log.size,
        statements=made.vault.statements,
        erased=made.vault.erased,
        missing=len(made.vault.missing),
        originals=made.vault.originals,
        differences=tuple(differences[:_SHOWN]),
        unfinished=tuple(f"{one.where}: {one.what}" for one in told if one.unfinished),
        waits=made.log.waits,
    )
    with suppress(ReadOnly, DiskFull):  # a home that can only be read, or is full, is checked all the same
        node.note_fsck(Said(now_text(), found.size, found.ok, found.said))
    return found


def _check_views(folder: Path) -> list[str]:
    """What is wrong with the views. Where something is, they may have been folded meanwhile: look again, at last while nobody folds."""
    for _ in range(_TRIES):
        try:
            found = check_views(folder)
        except OSError:  # a file went while it was read
            continue
        if not found:
            return found
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        return check_views(folder)
    with locked(folder):
        return check_views(folder)


@contextmanager
def _alone(node: Recording) -> Iterator[bool]:
    """Keep others from writing, and say whether nobody is: False where another process holds the ledger and goes on."""
    if node.writing:
        yield True
        return
    path = node.files.ledger / LOG / LOCK
    try:
        lock = LocalDisk().lock(path, shared=True)
    except BlockingIOError:
        yield False
        return
    except OSError as error:
        raise disk_fault(error, path) from error
    try:
        yield True
    finally:
        lock.close()
