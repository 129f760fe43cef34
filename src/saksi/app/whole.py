"""The whole check of a node: log, vault, originals, keys and views, byte by byte, also while somebody writes to it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from saksi.app.home import now_text
from saksi.app.recording import Recording, Said
from saksi.app.stores import check_stores
from saksi.ledger.calm import calm
from saksi.ledger.check import check_ledger
from saksi.ledger.disk import DiskFull, LocalDisk, ReadingDisk, disk_fault
from saksi.ledger.keys import JOURNAL
from saksi.ledger.ledger import KEYS, LOG
from saksi.ledger.note import parse_vkey
from saksi.ledger.store import CHECKPOINTS, LOCK
from saksi.model import BadInput, LedgerFault, ReadOnly
from saksi.views.against import against
from saksi.views.fold import check as check_views
from saksi.views.fold import locked
from saksi.views.serving import DAMAGE, current, failed, of_another_version, unusable

__all__ = ["Whole", "check_whole"]

_SHOWN = 1000
_VIEWS = "views: "
_ANEW = " (`saksi fold --rebuild` makes them anew from the ledger)"
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Whole:
    """What a whole check found. `differences` name a place and what is wrong there; `missing` counts leaves without their payload;
    `waits` says that the node was restored from a backup and does not sign yet. `unfinished` is what a write left that was cut off before
    it was acknowledged: no fault, the next start of the ledger mends it. `behind` says why the views were not compared with it (they are
    behind, or of another version); `ledger`, that something differs in the ledger itself.
    """

    ok: bool
    size: int
    statements: int
    erased: int
    missing: int
    originals: int
    differences: tuple[str, ...]
    unfinished: tuple[str, ...] = ()
    waits: bool = False
    behind: str = ""
    ledger: bool = False

    @property
    def said(self) -> str:
        """The finding in one sentence."""
        what = f"{_many(self.size, 'leaf', 'leaves')}, {_many(self.statements, 'payload')}, {_many(self.originals, 'original')}"
        extra = "".join([f", {self.erased:,} erased" if self.erased else "", f", {self.missing:,} without payload" if self.missing else ""])
        if self.ok:
            waits = "; restored from a backup, it does not sign yet" if self.waits else ""
            cut = "; a write was cut off before it was acknowledged, the next one clears its remains" if self.unfinished else ""
            return f"checked {what}{extra}: all as it was written{waits}{cut}{self.behind}"
        todo = "keep a copy, then restore a backup"
        if not self.ledger:
            todo = "the ledger is as it was written; what to do is said behind each"
        return f"checked {what}{extra}: {len(self.differences)} differences; {todo}"


def _many(count: int, one: str, more: str = "") -> str:
    return f"{count:,} {one if count == 1 else more or one + 's'}"


def check_whole(node: Recording, *, progress: Callable[[int, int | None], None]) -> Whole:
    """Check everything as of the newest checkpoint, and keep what was found for the pages. Whoever writes goes on; erasures wait."""
    with _alone(node) as alone:
        try:
            made = check_ledger(node.files.ledger, [parse_vkey(node.vkey)], settled=alone, progress=progress)
        except BadInput as fault:  # of somebody else's log it would be for them to mend
            where, todo = str(node.files.ledger / LOG / CHECKPOINTS), "keep a copy, then bring back the log from a mirror, or a backup"
            raise LedgerFault(f"the newest checkpoint cannot be believed: {fault.what}", where=where, todo=todo) from fault
        if made.lags:
            views, behind = _check_views(node.files.views), "; the views are compared once a start has written again what is missing"
        else:
            views, behind = _views(node, compared=made.clean)
    stores = check_stores(node.files)
    told = (*made.log.differences, *made.vault.differences)
    differences = [f"{one.where}: {one.what}" for one in told if not one.unfinished]
    differences += stores
    differences += [f"{_VIEWS}{text}{_ANEW}" for text in views]
    found = Whole(
        ok=made.clean and not views and not stores,
        size=made.log.size,
        statements=made.vault.statements,
        erased=made.vault.erased,
        missing=len(made.vault.missing),
        originals=made.vault.originals,
        differences=tuple(differences[:_SHOWN]),
        unfinished=tuple(f"{one.where}: {one.what}" for one in told if one.unfinished),
        waits=made.log.waits,
        behind=behind,
        ledger=not made.clean,
    )
    with suppress(ReadOnly, DiskFull):  # a home that can only be read, or is full, is checked all the same
        node.note_fsck(Said(now_text(), found.size, found.ok, found.said))
    return found


def _views(node: Recording, *, compared: bool) -> tuple[list[str], str]:
    """What is wrong with the views, and where that could not be found out why not; `compared` with the ledger, too."""
    if of_another_version(node.files.views):
        return [], "; the views are of another version: `saksi fold`, or a start of `saksi serve`, makes them anew"
    found = _check_views(node.files.views)
    try:
        _ = node.views.manifest
    except LedgerFault as fault:
        found.append(fault.what)
    return _compare_views(node) if compared and not found else (found, "")


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


def _compare_views(node: Recording) -> tuple[list[str], str]:
    """What in the views is not what the ledger says; or that they are behind it, as they are until what was recorded last is folded."""
    for last in (False,) * (_TRIES - 1) + (True,):
        with calm(ReadingDisk(LocalDisk()), node.files.ledger / KEYS):
            if (node.files.ledger / KEYS / JOURNAL).stat().st_size:  # cut off: the keys may be gone, and the views hear of it by the notice
                return [], "; the views are compared once a start of the ledger has finished the erasure"
            before = current(node.files.views)
            size, shelf = node.views.size, node.shelf
            if size == shelf.size:
                try:
                    found = against(node.files.views, shelf)
                except DAMAGE as fault:
                    if failed(fault):
                        raise unusable("the views cannot be read", fault, node.files.views) from fault
                    found = [f"they are damaged: {fault}"]
                if last or not found or before == current(node.files.views):
                    return found, ""
            elif last or node.writing:
                break
        time.sleep(1)  # they are being folded
    return [], f"; the views stand at size {size} and were not compared with it: `saksi fold` brings them up"


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
