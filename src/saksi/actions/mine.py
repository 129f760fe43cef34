"""The requester's half, word by word: what each asks for, and what it changes. Nothing here looks at roles: `advance.py` has by then."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import TypeAlias

from saksi.actions.check import with_text, within
from saksi.actions.half import MINE, Mine, Theirs
from saksi.actions.history import Agreed, History, missing
from saksi.actions.step import Step, Word
from saksi.model import BadInput, NotAllowed
from saksi.model.actor import Actor

__all__ = ["said"]

_RENEWAL = b"saksi/renewal1\0"
_Said: TypeAlias = "Callable[[History, Step, Actor], History]"


def said(have: History, step: Step, actor: Actor) -> History:
    """The history with one more step of the requester's half."""
    if have.mine not in MINE.get(step.word, frozenset()):
        raise NotAllowed(
            f"a request that is {have.mine.value} cannot be met with {step.word.value!r}",
            where="word",
            todo="look at it again: it offers what can be done now",
        )
    made = _WORDS[step.word](have, step, actor)
    return made if made.mine is have.mine else replace(made, mine_at=step.at)


def _edited(have: History, step: Step, actor: Actor) -> History:
    """Another request in the same history: whatever was agreed to before is agreed to no more."""
    asked = step.asked
    if asked is None or asked.nonce != have.request.nonce or asked.unit != have.request.unit:
        raise NotAllowed("an edit keeps the nonce and the unit", where="asked", todo="begin a new request for another unit")
    return replace(
        have,
        request=asked,
        subject=asked.digest(),
        asked_until=asked.until,
        approved=(),
        reviewed=(),
        authors=have.authors | {actor.person},
    )


def _agreed(have: History, step: Step, actor: Actor) -> History:
    """An approval or a review: of what waits now, for the targets named, by somebody who had no hand in it."""
    if have.mine is Mine.SENT and have.renewal is None:
        raise NotAllowed("nothing waits for approval", where="word")
    if step.subject != have.subject:
        raise NotAllowed("what you agreed to is not what waits: it was edited", where="subject", todo="read it again")
    targets = frozenset(step.targets)
    if not targets or not targets <= {each.entity for each in have.request.targets}:
        raise BadInput(
            "an agreement names the targets it is given for, one by one", where="targets", todo="name targets of the request as it is now"
        )
    if actor.person in have.authors:
        raise NotAllowed("nobody agrees to what they drafted", where="person", todo="another person must look at it")
    others, mine = (have.reviewed, have.approved) if step.word is Word.APPROVE else (have.approved, have.reviewed)
    if actor.person in {each.person for each in others}:
        raise NotAllowed(
            "approval and independent review are given by two different persons",
            where="person",
            todo="ask another person for the one that is missing",
        )
    agreed = (*mine, Agreed(actor.person, targets))
    if step.word is Word.APPROVE:
        return replace(have, approved=agreed)
    if actor.unit == have.request.unit:
        raise NotAllowed(f"an independent reviewer serves outside {have.request.unit}", where="unit", todo="ask a reviewer of another unit")
    with_text(step, "a reviewer says on what ground they agree")
    return replace(have, reviewed=agreed)


def _sent(have: History, step: Step, actor: Actor) -> History:
    del actor
    asked, rule = have.request, have.request.rule
    if missing(have):
        raise NotAllowed("; ".join(missing(have)), where="word")
    if asked.to.conflict is not None:
        raise NotAllowed(
            f"{asked.to.name} has a conflict of interest: {asked.to.conflict}",
            where="to",
            todo="edit it: ask whom the directory names instead",
        )
    if asked.until is not None and rule.first is not None:
        within(asked.until, step.at, rule.first)
    return replace(have, mine=Mine.SENT, sent_at=step.at)


def _proposed(have: History, step: Step, actor: Actor) -> History:
    longest = have.request.rule.longest
    if have.theirs is not Theirs.IN_FORCE or longest is None or have.acted_at is None:
        raise NotAllowed("only what is in force can be renewed", where="word", todo="make a new request")
    if step.until is None or step.until <= (have.until or ""):
        raise BadInput("a renewal ends later than what is in force", where="until", todo="name a later day")
    within(step.until, have.acted_at, longest)
    with_text(step, "say why it must stay in force")
    subject = sha256(_RENEWAL + f"{have.request.digest()} {step.until}".encode()).hexdigest()
    return replace(have, renewal=step.until, subject=subject, approved=(), reviewed=(), authors=frozenset({actor.person}))


def _renewed(have: History, step: Step, actor: Actor) -> History:
    del step, actor
    if have.renewal is None or have.theirs is not Theirs.IN_FORCE:
        raise NotAllowed("no renewal of what is in force was proposed", where="word", todo="propose one first")
    if missing(have):
        raise NotAllowed("; ".join(missing(have)), where="word")
    return replace(have, asked_until=have.renewal, renewal=None)


def _appealed(have: History, step: Step, actor: Actor) -> History:
    del actor
    if have.appeal == "open":
        raise NotAllowed("an appeal is open already", where="word", todo="decide that one: lift or keep")
    return replace(have, appeal="open", appeal_at=step.at)


def _lifted(have: History, step: Step, actor: Actor) -> History:
    """Ask the recipient to undo it: one person is enough to undo what is wrong."""
    del actor
    with_text(step, "say on what ground")
    return replace(have, mine=Mine.WITHDRAWN, appeal="lift" if have.appeal else None, renewal=None, reason=step.text)


def _kept(have: History, step: Step, actor: Actor) -> History:
    with_text(step, "say on what ground")
    if have.appeal != "open":
        raise NotAllowed("there is no appeal to decide", where="word")
    if actor.person in have.everybody or actor.unit == have.request.unit:
        raise NotAllowed(
            "an appeal is turned down only by a reviewer who had no hand in the request",
            where="person",
            todo="ask a reviewer of another unit who took no step of it",
        )
    return replace(have, appeal="keep", reason=step.text)


def _sent_back(have: History, step: Step, actor: Actor) -> History:
    del actor
    with_text(step, "say what is wanting")
    if have.mine is Mine.SENT and have.renewal is None:
        raise NotAllowed("nothing waits for approval", where="word")
    return replace(have, approved=(), reviewed=(), reason=step.text)


def _withdrawn(have: History, step: Step, actor: Actor) -> History:
    del actor
    with_text(step, "say why it is withdrawn")
    return replace(have, mine=Mine.WITHDRAWN if have.mine is Mine.SENT else Mine.DROPPED, renewal=None, reason=step.text)


def _clarified(have: History, step: Step, actor: Actor) -> History:
    del actor
    if have.theirs is not Theirs.ASKING:
        raise NotAllowed("nobody has asked for clarification", where="word")
    with_text(step, "give the clarification")
    return replace(have, theirs=Theirs.RECEIVED, theirs_at=step.at)


_WORDS: Mapping[Word, _Said] = {
    Word.EDIT: _edited,
    Word.APPROVE: _agreed,
    Word.REVIEW: _agreed,
    Word.SEND_BACK: _sent_back,
    Word.SEND: _sent,
    Word.DELIVER: lambda have, step, _: replace(have, delivered_at=have.delivered_at or step.at, bounced_at=None),
    Word.BOUNCE: lambda have, step, _: replace(have, bounced_at=step.at),
    Word.REMIND: lambda have, *_: replace(have, reminders=have.reminders + 1),
    Word.ESCALATE: lambda have, *_: replace(have, escalated=have.escalated + 1),
    Word.CLARIFY: _clarified,
    Word.PROPOSE_RENEWAL: _proposed,
    Word.RENEW: _renewed,
    Word.APPEAL: _appealed,
    Word.LIFT: _lifted,
    Word.KEEP: _kept,
    Word.WITHDRAW: _withdrawn,
}
