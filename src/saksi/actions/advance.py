"""A further step of a request: taken, or refused with the reason and nothing changed.

Every rule that protects a person holds here, whatever page, API or peer a step comes from: 1. the step follows the last one; 2. the word
is open to this actor's role; 3. it leads on from where both halves stand; 4. what the word itself asks for is there; 5. those who must
be different persons are (3 to 5: `mine.py` and `theirs.py`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace

from saksi.actions.half import MAY, Mine, Theirs
from saksi.actions.history import History, missing
from saksi.actions.mine import said
from saksi.actions.step import FIRST, Step, Word
from saksi.actions.theirs import answered
from saksi.model import BadInput, NotAllowed
from saksi.model.actor import Actor

__all__ = ["begun", "course", "folded", "taken"]


def begun(step: Step, actor: Actor) -> History:
    """The history that a draft begins."""
    if step.word is not Word.DRAFT or step.asked is None:
        raise BadInput("a request begins with a draft", where="word")
    if step.after != FIRST:
        raise NotAllowed("a first step comes after nothing", where="after")
    _allowed(step, actor)
    asked = step.asked
    if (asked.officer, asked.unit) != (actor.person, actor.unit):
        raise NotAllowed("a request names the officer who drafts it, and their unit", where="officer", todo="draft it in your own name")
    return _ready(
        History(
            request=asked, mine=Mine.DRAFTED, theirs=Theirs.SILENT, head=step.digest(), at=step.at, steps=1, subject=asked.digest(),
            authors=frozenset({actor.person}), everybody=frozenset({actor.person}), asked_until=asked.until,
        )
    )  # fmt: skip


def taken(have: History, step: Step, actor: Actor) -> History:
    """The history with one more step. Raises NotAllowed or BadInput with the reason where it may not be taken; nothing has changed then."""
    if step.request != have.request.id:
        raise BadInput("the step is about another request", where="request")
    if step.after != have.head:
        raise NotAllowed(
            "somebody has acted on this request since you looked, or the step was taken before", where="after", todo="look at it again"
        )
    if step.at < have.at:
        raise BadInput(f"the step would lie before the last one ({have.at})", where="at", todo="set the clock right")
    _allowed(step, actor)
    moved = answered(have, step) if step.word.is_answer else said(have, step, actor)
    return _ready(replace(moved, head=step.digest(), at=step.at, steps=have.steps + 1, everybody=have.everybody | {actor.person}))


def folded(steps: Iterable[Step]) -> History:
    """The history of steps that were taken, in their order. Raises where they do not make one."""
    last = deque(course(steps), maxlen=1)
    if not last:
        raise BadInput("there is no step")
    return last[0][1]


def course(steps: Iterable[Step]) -> Iterator[tuple[Step, History]]:
    """Each step with where the request stood after it."""
    have: History | None = None
    for step in steps:
        have = begun(step, step.actor) if have is None else taken(have, step, step.actor)
        yield step, have


def _ready(have: History) -> History:
    """A draft to which nothing is missing is approved."""
    if have.mine in {Mine.DRAFTED, Mine.APPROVED}:
        return replace(have, mine=Mine.DRAFTED if missing(have) else Mine.APPROVED)
    return have


def _allowed(step: Step, actor: Actor) -> None:
    if (step.person, step.unit) != (actor.person, actor.unit):
        raise NotAllowed("a step is signed by whoever takes it", where="person")
    if step.role not in MAY[step.word]:
        able = ", ".join(sorted(role.value for role in MAY[step.word]))
        raise NotAllowed(f"to {step.word.value} needs one of these roles: {able}", where="role", todo="ask somebody who has one")
    if step.role not in actor.roles:
        raise NotAllowed(
            f"you do not act as {step.role.value} here", where="role", todo="act in a role that you have, or ask who gives roles"
        )
