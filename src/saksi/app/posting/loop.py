"""The courier beside the pages: a round every few seconds for as long as the node is served, and what came in is laid on the desk."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from saksi.app.beside import beside, in_words
from saksi.app.posting.posting import Posting
from saksi.app.posting.rounds import Courier
from saksi.app.posting.setting import Means, means_of, printed
from saksi.model import SaksiError

__all__ = ["posting"]

_log = logging.getLogger("saksi.post")
_EACH = 2.0
_ENDS_WITHIN = 60.0  # a server that is slow is waited for 30 seconds


@contextmanager
def posting(node: Posting, *, each: float = _EACH) -> Iterator[None]:
    """Make rounds while the block runs; leaving it waits for the round under way."""
    courier, minute = Courier(node, None), ""

    def make() -> float:
        nonlocal minute
        now = datetime.now(UTC)
        if (seen := f"{now:%H:%M}") != minute:  # the directory and the seal may have been changed
            courier.means, minute = _means(node, now), seen
        courier.round(now)
        node.fold_desk()
        return each

    with beside("courier", make, checks=node.beside, ends_within=_ENDS_WITHIN):
        yield


def _means(node: Posting, now: datetime) -> Means | None:
    """What letters leave with now; none where the node prints, or where a file is not as it should be: that is said, and mail waits."""
    try:
        return None if printed(node.config) else means_of(node.files, node.config, now)
    except SaksiError as fault:
        _log.error("no mail leaves: %s", in_words(fault))
        return None
