"""The courier beside the pages: one thread that makes a round every few seconds for as long as the node is served, and lays what came in
on the desk."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Event, Thread

from saksi.app.posting.posting import Posting
from saksi.app.posting.rounds import Courier
from saksi.app.posting.setting import Means, means_of, printed
from saksi.model import LedgerFault, SaksiError

__all__ = ["posting"]

_log = logging.getLogger("saksi.post")
_EACH = 2.0
_AFTER_A_FAULT = 30.0
_ENDS_WITHIN = 60.0  # a server that is slow is waited for 30 seconds


@contextmanager
def posting(node: Posting, *, each: float = _EACH) -> Iterator[None]:
    """Make rounds while the block runs; leaving it waits for the round under way."""
    end = Event()
    thread = Thread(target=_run, args=(node, end, each), name="courier", daemon=True)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join(_ENDS_WITHIN)


def _run(node: Posting, end: Event, each: float) -> None:
    courier, wait = Courier(node, None), 0.0
    while not end.wait(wait):
        now = datetime.now(UTC)
        try:
            if wait != each or now.second < each:  # once a minute: the directory and the seal may have been changed
                courier.means = _means(node, now)
            courier.round(now)
            node.fold_desk()
            wait = each
        except LedgerFault as fault:  # an unknown state of the ledger is fatal
            _log.error("the courier stops: %s", type(fault).__name__)
            return
        except Exception as fault:  # a round's edge: nothing was lost, the next one does it again
            _log.error("a round of the courier failed, and is made again: %s", _said(fault))
            wait = _AFTER_A_FAULT


def _means(node: Posting, now: datetime) -> Means | None:
    """What letters leave with now; none where the node prints, or where a file is not as it should be: that is said, and mail waits."""
    try:
        return None if printed(node.config) else means_of(node.files, node.config, now)
    except SaksiError as fault:
        _log.error("no mail leaves: %s", _said(fault))
        return None


def _said(fault: Exception) -> str:
    return str(fault) if isinstance(fault, SaksiError) else type(fault).__name__
