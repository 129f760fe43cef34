"""The courier's round: what the ledger decided leaves, what came of it is logged, what came in is laid before somebody.

Steps, each safe to do again after a crash at any moment: 1. mail about requests that were erased goes; 2. what the steps of requests ask
for is put into the outbox; 3. what is due is handed over; 4. what came of it becomes a step, then is told to the outbox; 5. what came in is
kept, then judged; 6. who is late is reminded. No step of the recipient's half is taken here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from random import random

from saksi.actions import COURIER, History, Role, Step, Word
from saksi.app.posting.appeals import matched_appeals
from saksi.app.posting.clocks import clock_step
from saksi.app.posting.parcels import put_all
from saksi.app.posting.posting import Posting
from saksi.app.posting.setting import Means
from saksi.app.posting.tray import MAIL, Item
from saksi.exchange.answer import Sort, about, sort_of
from saksi.exchange.courier import Round, round_of, step_of
from saksi.exchange.incoming import incoming
from saksi.exchange.message import Mail
from saksi.exchange.notice import bounce
from saksi.exchange.outbox import Outcome
from saksi.exchange.smtp import Handed, hand_over
from saksi.ledger.checkpoint import parse_checkpoint
from saksi.ledger.note import parse_note
from saksi.model import BadInput, LedgerFault, NotAllowed

__all__ = ["Courier"]

_log = logging.getLogger("saksi.post")
_PAGE = 200


@dataclass(slots=True)
class Courier:
    """Makes rounds for a node that holds its ledger. Without `means` nothing leaves; what comes in is read all the same.

    `hand` stands in for the server in tests.
    """

    node: Posting
    means: Means | None
    hand: Callable[[Mail], Handed] | None = None
    luck: Callable[[], float] = random
    _moved: str = field(init=False, default="")
    _whole: bool = field(init=False, default=False)  # whether the round before came to its end

    def round(self, now: datetime) -> Round:
        """Make one round at `now` (UTC)."""
        if not self._whole:
            self.node.forget_erased()  # 1
            self._find_again(now)
        self._whole = False
        made = Round(0, 0, 0) if self.means is None else self._send(self.means, now)
        self._tell(now)  # 4
        self._take_in(now)  # 5
        matched_appeals(self.node, now)
        self._clocks(now)  # 6
        self._whole = True
        return made

    def _send(self, means: Means, now: datetime) -> Round:
        node = self.node
        point = parse_checkpoint(parse_note(node.checkpoint).text) if node.checkpoint else None
        whole = True
        moved = self._moved
        for request in node.book.out(self._moved):
            course = list(node.book.course(request))
            try:
                put_all(course, means, node.outbox, seen=point, now=_text(now))  # 2
            except (BadInput, NotAllowed) as why:
                node.carry(request, partial(_undelivered, now=now, why=str(why)))
            except LedgerFault:
                raise
            except Exception as fault:  # one letter's edge: the others leave, and it is made in the next round
                _log.error("a letter could not be made: %s", type(fault).__name__)
                whole = False
            moved = max(moved, course[-1][1].at)
        self._moved = moved if whole else self._moved
        return round_of(node.outbox, self.hand or partial(hand_over, route=means.route), now, luck=self.luck)  # 3

    def _tell(self, now: datetime) -> None:
        for outcome in self.node.outbox.untold():
            if self.node.book.steps(outcome.request):  # else it was erased meanwhile
                self.node.carry(outcome.request, partial(self._told, outcome=outcome, now=now))
            self.node.outbox.told(outcome.number)

    def _told(self, have: History, outcome: Outcome, now: datetime) -> Step | None:
        """The step for an outcome, unless it was logged before this process, or the one before it, could say so."""
        made = step_of(outcome, have, now)
        for each in self.node.book.steps(outcome.request):
            step = each.step
            if step.person == COURIER.person and step.at >= outcome.at and (step.word, step.text, step.evidence) == (
                made.word, made.text, made.evidence,
            ):  # fmt: skip
                return None
        return made

    def _take_in(self, now: datetime) -> None:
        node = self.node
        if not node.config.mailbox:
            return
        for taken in node.mailbox.take(now):
            if taken.digest is None:
                _log.warning("a file in the mailbox is left unread: %s", taken.reason)
            else:
                self._place(taken.digest, now)

    def _find_again(self, now: datetime) -> None:
        """What a process that died, a round that failed, or a backup that was brought back left half done: mails kept and not judged,
        steps logged and not settled."""
        node = self.node
        for digest in sorted({*node.mailbox.kept(), *(item.digest for item in node.tray.open())}):
            self._place(digest, now)

    def _place(self, digest: str, now: datetime) -> None:
        """Lay what is kept before somebody, once; or forget it, where it was erased or lies in the vault."""
        node = self.node
        if not node.tray.has(digest):
            self._judge(node.mailbox.original(digest), digest, now)
        elif (item := node.tray.get(digest)).state == "erased":
            node.mailbox.forget(digest)
        elif node.shelf.original(bytes.fromhex(digest)) is not None:
            node.tray.logged(digest, item.person or COURIER.person, _text(now), item.request)
            node.mailbox.forget(digest)

    def _judge(self, data: bytes, digest: str, now: datetime) -> None:
        """Where a mail goes: what asks for nothing is noted, a bounce moves our own clock, everything else waits for somebody."""
        node = self.node
        try:
            mail = incoming(data)
        except BadInput:
            node.tray.put(Item(digest, MAIL, None, _text(now), "waiting", None, None, None))
            return
        found, sort = about(mail, node.outbox), sort_of(mail, node.outbox)
        request = bounce(mail, node.outbox, _text(now)) if sort is Sort.NOTICE else None
        state = "waiting" if sort in {Sort.ANSWER, Sort.UNKNOWN} else "noted"
        node.tray.put(Item(digest, MAIL, request or (found.request if found else None), _text(now), state, None, None, sort.value))

    def _clocks(self, now: datetime) -> None:
        after: tuple[str, str] | None = None
        while page := self.node.book.lines(waits=("them", "nobody"), after=after, limit=_PAGE):
            for each in page:
                if each.due is None or each.due > _text(now):
                    return
                mailed = self.means is not None and bool(self.node.outbox.thread(each.id))
                self.node.carry(each.id, partial(clock_step, now=now, mailed=mailed))
            after = (page[-1].due or "9", page[-1].id)


def _undelivered(have: History, *, now: datetime, why: str) -> Step | None:
    """The letter cannot be made: our own clock asks to deliver it another way. Said once."""
    if have.bounced_at is not None or have.delivered_at is not None:
        return None
    return Step(
        request=have.request.id, word=Word.BOUNCE, at=max(_text(now), have.at), after=have.head, person=COURIER.person,
        unit=COURIER.unit, role=Role.COURIER, text=f"it could not be mailed: {why}"[:2000], via="mail",
    )  # fmt: skip


def _text(now: datetime) -> str:
    return f"{now:%Y-%m-%dT%H:%M:%SZ}"
