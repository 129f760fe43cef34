"""What is in the ledger already, so that a take adds nothing twice: statements by id, and what a series holds now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from saksi.views.fact import TAKEN_AGAIN, Place, decide
from saksi.views.flat import CHANGED, as_words
from saksi.views.parse import ID_BYTES
from saksi.views.reading import Snapshot

__all__ = ["Live", "known", "live", "place_of"]

_MANY = 512  # so many are a piece of a take: what they touched of the files is let go of


class Live:
    """What a series holds now, while it is being taken again.

    `seen` ticks off the ids that the new issue has; `rest` then names what it no longer holds. Memory: 5 bytes a statement of the
    series, whatever the length of the new issue.
    """

    def __init__(self, snapshot: Snapshot, numbers: npt.NDArray[np.int64]) -> None:
        self._snapshot, self._numbers = snapshot, numbers
        self._ticked = np.zeros(len(numbers), np.bool_)

    def __len__(self) -> int:
        return len(self._numbers)

    def seen(self, ids: Sequence[bytes]) -> None:
        """Tick off statements by id (`Statement.id()`)."""
        if not len(self._numbers) or not ids:
            return
        found = _find(self._snapshot, ids)
        place = np.minimum(np.searchsorted(self._numbers, found), len(self._numbers) - 1)
        self._ticked[place[self._numbers[place] == found]] = True

    def rest(self) -> Iterator[Place]:
        """Where the statements stand that were not ticked off, in ledger order."""
        for number in self._numbers[~self._ticked]:
            yield place_of(self._snapshot, int(number))


def known(snapshot: Snapshot, ids: Sequence[bytes]) -> list[Place | None]:
    """For each id where its statement stands and how, or None where the ledger does not have it."""
    if not ids:
        return []
    made = [None if number < 0 else place_of(snapshot, number) for number in _find(snapshot, ids).tolist()]
    if len(ids) >= _MANY:
        snapshot.flat.let_go()
    return made


def live(snapshot: Snapshot, series: str) -> Live:
    """What `series` holds now: its assertions that count."""
    sources = {number for number, source in snapshot.sources() if source.series == series}
    shapes = [number for number, shape in snapshot.shapes() if shape.source in sources and shape.op == "assert"]
    flat = snapshot.flat
    numbers = np.flatnonzero(np.isin(flat.shapes, np.array(shapes, "u4"))) if shapes else np.zeros(0, np.int64)
    changed = numbers[(flat.marks[numbers] & CHANGED).astype(bool)] if len(numbers) else numbers
    gone = [number for number in changed.tolist() if not place_of(snapshot, number).counts]
    flat.let_go()
    return Live(snapshot, np.setdiff1d(numbers, np.array(gone, np.int64), assume_unique=True) if gone else numbers)


def place_of(snapshot: Snapshot, number: int) -> Place:
    """Where a statement stands in the ledger, and how."""
    flat = snapshot.flat
    first, _, leaf, index, _ = flat.runs.at(number)
    shape = snapshot.shape(int(flat.shapes[number]))
    if not flat.flags[number] & CHANGED:
        return Place(leaf, index + number - first, flat.name(number), shape.op == "assert", False, shape.asserter, shape.handling)
    changes = snapshot.changes(number, flat.count)
    stands = decide(shape.op, (shape.asserter, shape.handling), changes)
    expired = stands.last is not None and stands.last.op == "expire"
    marked = any(each.op == "relabel" and each.reason != TAKEN_AGAIN for each in changes)
    return Place(
        leaf, index + number - first, flat.name(number), stands.counts, expired, stands.asserter, stands.handling,
        changes[-1].commitment if changes else None, marked,
    )  # fmt: skip


def _find(snapshot: Snapshot, ids: Sequence[bytes]) -> npt.NDArray[np.int64]:
    return snapshot.ids.find(as_words(ids, ID_BYTES), among=snapshot.flat.ids)
