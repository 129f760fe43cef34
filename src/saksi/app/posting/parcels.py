"""What must be in the outbox for a request, read off its steps: made once, and made again after a crash under the same name.

The `send` step in the ledger is the decision; the mail follows from it. So a mail is never put before its step is durable, and a process
that died between the two puts it when it starts again.
"""

from __future__ import annotations

from collections.abc import Sequence

from saksi.actions import History, Mine, Step, Word
from saksi.app.posting.setting import Means
from saksi.exchange.deliver import Parcel, packed
from saksi.exchange.follow import FOLLOWS, followed
from saksi.exchange.outbox import Outbox
from saksi.exchange.reference import message_id
from saksi.ledger.checkpoint import Checkpoint
from saksi.model import BadInput

__all__ = ["put_all"]

_BY_HAND = frozenset({"phone", "paper", "form"})


def put_all(course: Sequence[tuple[Step, History]], means: Means, outbox: Outbox, *, seen: Checkpoint | None, now: str) -> None:
    """Put every mail that the steps of a request ask for and that is not in the outbox yet; `now` is a UTC time.

    Raises NotAllowed or BadInput where the letter cannot be made: then it has to be delivered another way.
    """
    have = course[-1][1]
    asked, domain = have.request, means.sender.office.domain
    before: list[str] = []
    number = 0
    for step, stood in course:
        if step.word is not Word.SEND and not _follows(step, stood):
            continue
        number += 1  # of the step, whether it was mailed or not: no later step ever gets its name
        id_ = message_id(asked, number, domain)
        if outbox.known(id_) is None:
            if not _still(step, have, bool(before)):
                continue
            parcel = _made(step, stood, means, seen, number, before)
            outbox.put(parcel.mail, now, parcel.give_up_at)
        before.append(id_)
        if number == 1 and _never_left(id_, have, outbox):
            return


def _never_left(id_: str, have: History, outbox: Outbox) -> bool:
    """Whether the letter was taken back before anybody can have it: then nobody has to be told so."""
    if have.mine is Mine.WITHDRAWN:
        outbox.drop(id_, "withdrawn before it left")
    return outbox.get(id_).state == "dropped"


def _follows(step: Step, stood: History) -> bool:
    """Whether a later step is told to the recipient by mail."""
    return step.word in FOLLOWS and step.via not in _BY_HAND and stood.sent_at is not None


def _still(step: Step, have: History, begun: bool) -> bool:
    """Whether it is still to be written. What was delivered another way is not mailed too, nor what follows it; an answer makes a reminder
    idle."""
    if step.word is Word.SEND:
        return have.mine is Mine.SENT and have.delivered_at is None and have.bounced_at is None and not have.theirs_at
    return begun and (step.word is not Word.REMIND or have.theirs_at <= step.at)


def _made(  # noqa: PLR0913, PLR0917 - what a delivery is made of
    step: Step, stood: History, means: Means, seen: Checkpoint | None, number: int, before: Sequence[str]
) -> Parcel:
    to = stood.request.to.id
    if step.word is Word.SEND:
        return packed(stood, means.directory.entry(to), means.sender, seen=seen)
    try:
        entry = means.directory.entry(to)
    except BadInput:  # it was taken out of the directory since: the mail goes where the request went
        entry = None
    return followed(stood, step, entry, means.sender, number=number, before=before)
