"""What a take changes about statements that stand already, no further than whoever gave the file may go and see."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from saksi.app.home import today
from saksi.app.order import Order
from saksi.app.withdrawing import Withdrawing
from saksi.formats.reader import Given
from saksi.ledger.batch import Kind
from saksi.ledger.commitment import Groups
from saksi.ledger.core import Entry
from saksi.ledger.frame import seal_batch
from saksi.ledger.transaction import Transaction
from saksi.model import Amendment, Grade, Marking, Op, Statement, release
from saksi.views.fact import TAKEN_AGAIN, Place

__all__ = ["Turns"]

_TURNED = 8_192


@dataclass(frozen=True, slots=True)
class _Turn:
    """A change that a take makes to a statement that stands already."""

    op: Op
    reason: str
    grade: Grade | None = None
    marking: Marking | None = None


class Turns:
    """The amendments of one open take. `expired`, `reinstated` and `changed` count them; `kept` counts what keeps its marking, though the
    file bears another, and `stayed` the values that were on a list before and are on it still, of those that the giver may see. `stood`
    counts by TLP in force what stands already, `gone` what expired and `turned` what was changed: nobody is told of more than they may see.
    """

    def __init__(self, node: Withdrawing, take: Transaction, given: Given, order: Order) -> None:
        self._node, self._take, self._given, self._order = node, take, given, order
        self._open: dict[int, bool] = {}
        self._waiting: list[Groups] = []  # amendments that wait to be a batch
        self.expired = self.reinstated = self.changed = self.kept = self.stayed = 0
        self.stood: Counter[str] = Counter()
        self.gone: Counter[str] = Counter()
        self.turned: Counter[str] = Counter()

    @property
    def moved(self) -> int:
        """How many amendments there are."""
        return self.expired + self.reinstated + self.changed

    def sees(self, place: Place) -> bool:
        """Whether the giver may see a statement, by the marking in force; the owner sees all."""
        clearance = self._order.clearance
        if clearance is None:
            return True
        if place.handling not in self._open:
            marking = self._node.views.handling(place.handling)
            self._open[place.handling] = "content" in release(marking, self._node.owner(clearance), on=today())
        return self._open[place.handling]

    def meets(self, place: Place) -> None:
        """Count a statement of the file that stands already."""
        self.stood[self._node.views.handling(place.handling).read_as.value] += 1

    def stays(self, place: Place) -> None:
        """A value that is on the list still, or again where an edition before had dropped it, under the marking that it had. What its giver
        may not see stays dropped, as it would have stayed listed."""
        if not self.sees(place):
            return
        self.stayed += place.counts
        if place.expired:
            self.reinstated += self._append(place, _Turn(Op.REINSTATE, "on the list again"))

    def regrade(self, place: Place, grade: Grade | None) -> None:
        """A statement under another grade, by a giver who may amend and sees it.

        Where an analyst has amended it since, only what the giver states now, in so many words, goes before that.
        """
        stated = place.prev is None or self._order.grade is not None
        if stated and grade != self._node.views.asserter(place.asserter).grade and self._order.amends and self.sees(place):
            self._change(place, _Turn(Op.REGRADE, "taken in again under another grade", grade=grade))

    def relabel(self, place: Place, marking: Marking, *, shared: bool) -> None:
        """As for a grade; but nobody opens by a take what they may not see; what several reports of a desk may have said (`shared`) keeps
        its marking, whatever the next one bears (record 44); and what a person marked is opened by a person (record 75): a stricter file
        still restricts it.
        """
        now = self._node.views.handling(place.handling)
        if not self.sees(place) or marking == now:
            return
        stated = place.prev is None or self._order.tlp is not None or self._order.pap is not None
        if shared or (stated and place.marked and not _restricts(marking, now)):
            self.kept += (marking.tlp, marking.pap) != (now.tlp, now.pap)
        elif stated:
            self._change(place, _Turn(Op.RELABEL, TAKEN_AGAIN, marking=marking))

    def expire(self, gone: Iterable[Place]) -> None:
        """What an edition no longer has, of what its giver may see (record 75)."""
        for place in gone:
            self.gone[self._node.views.handling(place.handling).read_as.value] += 1
            self.expired += self._append(place, _Turn(Op.EXPIRE, "no longer on the list"))

    def log(self) -> None:
        """Log the amendments that wait, thousands behind one leaf as statements are."""
        if self._waiting:
            common = b"".join(self._waiting[0][1:])  # source, asserter and marking, which all share but for grades and markings changed
            self._take.add(seal_batch(self._waiting, None, keys=self._take.keys, common=common, random=os.urandom))
            self._waiting.clear()

    def _change(self, place: Place, turn: _Turn) -> None:
        self.turned[self._node.views.handling(place.handling).read_as.value] += 1
        self.changed += self._append(place, turn)

    def _append(self, place: Place, turn: _Turn) -> int:
        views, ledger, given = self._node.views, self._node.ledger, self._given
        made = Statement(
            Amendment(turn.op, ledger.ref(place.commitment), None if place.prev is None else ledger.ref(place.prev), turn.reason),
            given.source,
            replace(given.asserter, grade=turn.grade or views.asserter(place.asserter).grade),
            turn.marking or views.handling(place.handling),
        )
        subjects = ledger.subjects(place.leaf, place.index)
        if subjects:
            self._take.note(Entry(Kind.PRIVATE, made.groups(), subjects))  # a batch knows the subjects of its own take only
            return 1
        self._waiting.append(made.groups())
        if len(self._waiting) >= _TURNED:
            self.log()
        return 1


def _restricts(marking: Marking, now: Marking) -> bool:
    """Whether a marking is stricter than the one in force, and in nothing wider. Who an audience is, no file says."""
    tlp, pap = marking.read_as.rank - now.read_as.rank, marking.pap.rank - now.pap.rank
    return min(tlp, pap) >= 0 and max(tlp, pap) > 0
