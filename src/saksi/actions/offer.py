"""Which words somebody may say now: the machine itself is asked, word by word, and no step is taken."""

from __future__ import annotations

from dataclasses import dataclass

from saksi.actions.advance import taken
from saksi.actions.half import MAY, MINE, THEIRS, Mine
from saksi.actions.history import History, unapproved, unreviewed
from saksi.actions.step import Step, Word, moment
from saksi.model import SaksiError
from saksi.model.actor import Actor

__all__ = ["Offer", "awaited", "offers"]


@dataclass(frozen=True, slots=True)
class Offer:
    """A word that somebody's roles hold and that leads on from here; `refused` is what the rules say against it all the same."""

    word: Word
    refused: SaksiError | None = None


def offers(have: History, actor: Actor, at: str) -> tuple[Offer, ...]:
    """The words for this person at a time (UTC), in the order of `Word`."""
    return tuple(
        Offer(word, _refusal(have, word, actor, max(at, have.at)))
        for word in Word
        if word is not Word.DRAFT and actor.roles & MAY[word] and _leads_on(have, word)
    )


def awaited(have: History, actor: Actor, at: str) -> tuple[Word, ...]:
    """The words that the request waits for and that this person may say: nothing else is a task of theirs."""
    wants = _wants(have)
    return tuple(each.word for each in offers(have, actor, at) if each.refused is None and each.word in wants)


def _wants(have: History) -> frozenset[Word]:
    made = set[Word]()
    if have.mine is Mine.DRAFTED or have.renewal is not None:
        made |= {Word.APPROVE} if unapproved(have) else set()
        made |= {Word.REVIEW} if unreviewed(have) else set()
    if have.renewal is not None and not made:
        made.add(Word.RENEW)
    if have.mine is Mine.APPROVED:
        made.add(Word.SEND)
    if have.appeal == "open":
        made |= {Word.KEEP, Word.LIFT}
    if have.bounced_at is not None:
        made.add(Word.DELIVER)
    if have.crossing.waits_for == "us" and have.mine is Mine.SENT:
        made |= {Word.CLARIFY, Word.WITHDRAW}
    return frozenset(made)


def _leads_on(have: History, word: Word) -> bool:
    if word.is_answer:
        return have.mine in {Mine.SENT, Mine.WITHDRAWN} and have.theirs in THEIRS[word][0]
    return have.mine in MINE[word]


def _refusal(have: History, word: Word, actor: Actor, at: str) -> SaksiError | None:
    """What the machine says to a step that lacks nothing but this person's right to take it."""
    agreeing = word in {Word.APPROVE, Word.REVIEW}
    step = Step(
        request=have.request.id, word=word, at=at, after=have.head, person=actor.person, unit=actor.unit,
        role=min(actor.roles & MAY[word], key=lambda role: role.value), asked=have.request if word is Word.EDIT else None,
        subject=have.subject if agreeing else None, targets=tuple(each.entity for each in have.request.targets) if agreeing else (),
        until=_until(have, word, at), reason={Word.REFUSE: "other", Word.END: "expired"}.get(word), text="tried", via="form",
        checked="tried",
    )  # fmt: skip
    try:
        taken(have, step, actor)
    except SaksiError as fault:
        return fault
    return None


def _until(have: History, word: Word, at: str) -> str | None:
    """The latest end that could be asked for or told."""
    if word is Word.PROPOSE_RENEWAL and have.acted_at is not None and have.request.rule.longest is not None:
        return f"{moment(have.acted_at, 'at') + have.request.rule.longest:%Y-%m-%dT%H:%M:%SZ}"
    return (have.asked_until or at) if word in {Word.ENFORCE, Word.PROLONG} else None
