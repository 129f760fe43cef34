"""What is said to a recipient after the letter: a reminder, a clarification, a renewal, that it is withdrawn or lifted.

Each is a short signed letter in the thread of the first, which is sent once and never again in other words. A lifting is signed like the
request was: a forged one would set free what was stolen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from saksi.actions import History, Step, Word
from saksi.exchange.deliver import Parcel, Sender, signed
from saksi.exchange.directory import Entry
from saksi.exchange.letter import local, rendered, seal_said
from saksi.exchange.message import Said, written
from saksi.exchange.reference import reference
from saksi.exchange.shown import line
from saksi.exchange.wording import wording
from saksi.model import NotAllowed
from saksi.model.moment import moment

__all__ = ["FOLLOWS", "followed"]

FOLLOWS: Mapping[Word, str] = {
    Word.REMIND: "remind", Word.CLARIFY: "clarify", Word.RENEW: "renew", Word.WITHDRAW: "withdraw", Word.LIFT: "lift",
}  # fmt: skip
_TRIED = timedelta(days=3)


def followed(  # noqa: PLR0913 - what a delivery is made of
    have: History, step: Step, entry: Entry | None, sender: Sender, *, number: int, before: Sequence[str]
) -> Parcel:
    """The parcel for one such `step`, the `number`th mail about the request, in the thread of `before`; `have` stands as after it.

    It goes to where the request went, whatever the directory says now (`entry`, None: it is not there any more). The ground of a
    withdrawal or lifting stays with us: it may speak of people. Raises NotAllowed for another word, or where nothing was sent.
    """
    asked, office = have.request, sender.office
    if step.word not in FOLLOWS or have.sent_at is None:
        raise NotAllowed("only what follows a request that was sent is written about", where="word")
    offset = 0 if entry is None else entry.offset
    words = wording(("en",) if entry is None else entry.languages)
    until = None if have.asked_until is None else local(moment(have.asked_until, "until"), offset)
    asks = words.follow[FOLLOWS[step.word]].format(until=until)
    named = {"reference": reference(asked.id), "asks": asks}
    sent, now = (local(moment(at, "at"), offset) for at in (have.sent_at, step.at))
    page = rendered(
        "follow.html", words, asked=asked, office=office, title=words["follow_title"].format(**named), reference=named["reference"],
        asks=asks, about=words["follow_about"].format(sent=sent), now=now, first=words.kinds[asked.kind.value], at=step.at,
        text=step.text if step.word is Word.CLARIFY else None, seal=seal_said(sender.seal.signer, words),
    )  # fmt: skip
    files = signed(page, f"{named['reference']}-{number}.pdf", sender, step.at)
    body = words["follow_body"].strip().format(office=line(office.name), recipient=line(asked.to.name), **named) + "\n"
    said = Said(words.language, words["follow_subject"].format(**named), body)
    made = written(asked, office, said, files, at=step.at, number=number, before=before)
    return Parcel(made, tuple(files), f"{moment(step.at, 'at') + _TRIED:%Y-%m-%dT%H:%M:%SZ}")
