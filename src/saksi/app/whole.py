"""The whole check of a node: log, vault, originals, keys and views, byte by byte."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from saksi.app.home import now_text
from saksi.app.recording import Recording, Said
from saksi.ledger.check import check_ledger
from saksi.ledger.disk import LocalDisk, take_lock
from saksi.ledger.ledger import LOG
from saksi.ledger.note import parse_vkey
from saksi.ledger.store import LOCK
from saksi.model import LedgerFault
from saksi.views.fold import check as check_views

__all__ = ["Whole", "check_whole"]

_SHOWN = 1000


@dataclass(frozen=True, slots=True)
class Whole:
    """What a whole check found. `differences` name a place and what is wrong there; `missing` counts leaves without their payload."""

    ok: bool
    size: int
    statements: int
    erased: int
    missing: int
    originals: int
    differences: tuple[str, ...]

    @property
    def said(self) -> str:
        """The finding in one sentence."""
        what = f"{self.size} leaves, {self.statements:,} payloads, {self.originals:,} originals"
        extra = "".join([f", {self.erased:,} erased" if self.erased else "", f", {self.missing:,} without payload" if self.missing else ""])
        if self.ok:
            return f"checked {what}{extra}: all as it was written"
        return f"checked {what}{extra}: {len(self.differences)} differences; keep a copy, then restore a backup"


def check_whole(node: Recording, *, progress: Callable[[int, int | None], None]) -> Whole:
    """Check everything while nobody writes, and keep what was found for the pages. Raises NotAllowed where another process is writing."""
    with _alone(node):
        made = check_ledger(node.files.ledger, [parse_vkey(node.vkey)], progress=progress)
        views = check_views(node.files.views)
        try:
            _ = node.views.manifest
        except LedgerFault as fault:
            views.append(fault.what)
    differences = [f"{one.where}: {one.what}" for one in (*made.log.differences, *made.vault.differences)]
    differences += [f"views: {text}" for text in views]
    found = Whole(
        ok=made.clean and not views,
        size=made.log.size,
        statements=made.vault.statements,
        erased=made.vault.erased,
        missing=len(made.vault.missing),
        originals=made.vault.originals,
        differences=tuple(differences[:_SHOWN]),
    )
    node.note_fsck(Said(now_text(), found.size, found.ok, found.said))
    return found


@contextmanager
def _alone(node: Recording) -> Iterator[None]:
    """Hold the ledger's lock, unless this process holds it already."""
    if node.writing:
        yield
        return
    lock = take_lock(LocalDisk(), node.files.ledger / LOG / LOCK)
    try:
        yield
    finally:
        lock.close()
