"""The recipient's half, word by word. Answers that a person typed in for a recipient without a node say how they came and were checked."""

from __future__ import annotations

from dataclasses import replace

from saksi.actions.check import with_text
from saksi.actions.half import ACTED, THEIRS, Mine
from saksi.actions.history import History
from saksi.actions.kind import REFUSALS
from saksi.actions.money import Money
from saksi.actions.step import Step, Word
from saksi.model import BadInput, NotAllowed

__all__ = ["ENDS", "answered"]

ENDS: frozenset[str] = frozenset({"expired", "withdrawn", "wrong", "served", "order"})  # why something that was in force ended


def answered(have: History, step: Step) -> History:
    """The history with one more step of the recipient's half."""
    word = step.word
    if have.mine not in {Mine.SENT, Mine.WITHDRAWN}:
        raise NotAllowed("nobody can answer what was not sent", where="word", todo="send it first")
    froms, to = THEIRS[word]
    if have.theirs not in froms:
        raise NotAllowed(
            f"after {have.theirs.value!r} no answer can be {word.value!r}", where="word", todo="look at what was answered so far"
        )
    _vouched(step)
    _worded(have, step)
    made = replace(have, theirs=to or have.theirs, theirs_at=step.at, done=_done(have, step))
    if word is Word.RECEIVE:
        return replace(made, received_at=step.at)
    if word in {Word.ACCEPT, Word.REFUSE}:
        return replace(made, decided_at=step.at, reason=step.reason)
    if word in {Word.END, Word.LIFTED}:
        return replace(made, undone_at=step.at, reason=step.reason, renewal=None)
    if made.theirs in ACTED:
        made = replace(made, acted_at=have.acted_at or step.at)
    if word in {Word.ENFORCE, Word.PROLONG}:
        if step.until is None or have.asked_until is None:
            raise BadInput("say until when it is in force", where="until")
        made = replace(made, until=min(step.until, have.asked_until))  # nobody asked for more
    return made


def _vouched(step: Step) -> None:
    """An answer that did not come from a node was typed in: from what, and how was it made sure that it is theirs?"""
    if step.via != "node" and not (step.checked or "").strip():
        raise BadInput("say how it was made sure that the answer comes from the recipient", where="checked")
    if step.via in {"mail", "paper"} and step.evidence is None:
        raise BadInput("name the letter or mail that the answer was typed from", where="evidence")


def _worded(have: History, step: Step) -> None:
    word, kind = step.word, have.request.kind.value
    if word is Word.REFUSE and step.reason not in REFUSALS:
        raise BadInput(f"a refusal has a reason: {', '.join(REFUSALS)}", where="reason")
    if word is Word.END and step.reason not in ENDS:
        raise BadInput(f"an end has a reason: {', '.join(sorted(ENDS))}", where="reason")
    if word in {Word.ASK, Word.KEPT}:
        with_text(step, "give the recipient's words")
    if word is Word.KEPT and have.appeal is None:
        raise NotAllowed("there is no appeal to decide", where="word")
    if word in {Word.ENFORCE, Word.PROLONG, Word.END, Word.LIFTED} and not have.request.rule.undone:
        raise NotAllowed(
            f"a {kind} request is done or not done: nothing stays in force", where="word", todo="answer that it is done, or refuse it"
        )


def _done(have: History, step: Step) -> tuple[tuple[str, Money], ...]:
    """What was held or returned so far of each target: a later word about a target stands in place of the earlier one."""
    if not step.done:
        return have.done
    asked = {each.entity: each.money for each in have.request.targets}
    for entity, money in step.done:
        wanted = asked.get(entity)
        if wanted is None:
            raise BadInput(
                f"the request asks for no amount of {entity}", where="done", todo="name one of its targets, as it is written there"
            )
        if money.currency != wanted.currency:
            raise BadInput(
                f"the request is in {wanted.currency}, not in {money.currency}",
                where="done",
                todo="give the amount in the currency of the request",
            )
    return tuple({**dict(have.done), **dict(step.done)}.items())
