"""Where a request stands after the steps that were taken, and what it still needs before it may leave."""

from __future__ import annotations

from dataclasses import dataclass

from saksi.actions.crossing import CROSSINGS, Crossing
from saksi.actions.half import Mine, Theirs
from saksi.actions.money import Money
from saksi.actions.request import Request

__all__ = ["Agreed", "History", "missing", "unapproved", "unreviewed"]


@dataclass(frozen=True, slots=True)
class Agreed:
    """Who agreed to which targets, under one digest."""

    person: str
    targets: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Where a request stands after its last step.

    `head` is the digest of that step, `at` its time. `subject` is the digest that waits for approvals (of the request, or of a renewal).
    `authors` are all who drafted, edited or proposed what waits, `everybody` all who took a step. `mine_at`, `theirs_at` and `appeal_at`
    are when each last moved; `acted_at` is when something was first done, `undone_at` when it was undone. `asked_until` is until when it
    is asked to stay in force, `until` until when it does. `appeal` is None, "open", "lift" or "keep".
    """

    request: Request
    mine: Mine
    theirs: Theirs
    head: str
    at: str
    steps: int
    subject: str
    authors: frozenset[str]
    approved: tuple[Agreed, ...] = ()
    reviewed: tuple[Agreed, ...] = ()
    renewal: str | None = None
    everybody: frozenset[str] = frozenset()
    sent_at: str | None = None
    delivered_at: str | None = None
    bounced_at: str | None = None
    received_at: str | None = None
    decided_at: str | None = None
    acted_at: str | None = None
    undone_at: str | None = None
    asked_until: str | None = None
    until: str | None = None
    done: tuple[tuple[str, Money], ...] = ()
    appeal: str | None = None
    mine_at: str = ""
    theirs_at: str = ""
    appeal_at: str = ""
    reason: str | None = None
    reminders: int = 0
    escalated: int = 0

    @property
    def crossing(self) -> Crossing:
        """What both halves mean together."""
        return CROSSINGS[self.mine, self.theirs]

    @property
    def over(self) -> tuple[str, ...]:
        """Targets of which more was held than was asked for: the rest must be released."""
        asked = {each.entity: each.money for each in self.request.targets}
        return tuple(entity for entity, money in self.done if (most := asked.get(entity)) is not None and money.value > most.value)


def missing(have: History) -> tuple[str, ...]:
    """What a request (or its renewal) still needs before it may leave, in words; empty where nothing is missing."""
    wants = []
    if left := unapproved(have):
        wants.append(f"approval by another person, for {_named(left)}")
    if left := unreviewed(have):
        wants.append(f"agreement of an independent reviewer outside {have.request.unit}, for {_named(left)}")
    return tuple(wants)


def unapproved(have: History) -> frozenset[str]:
    """The targets that another person must still approve, one by one."""
    return _left(have, have.approved) if have.request.rule.coercive else frozenset()


def unreviewed(have: History) -> frozenset[str]:
    """The targets that a reviewer outside the unit must still agree to."""
    return _left(have, have.reviewed) if have.request.independent else frozenset()


def _left(have: History, agreed: tuple[Agreed, ...]) -> frozenset[str]:
    return frozenset(each.entity for each in have.request.targets).difference(*(each.targets for each in agreed))


def _named(entities: frozenset[str]) -> str:
    few = sorted(entities)
    return ", ".join(few[:3]) + (f" and {len(few) - 3} more" if len(few) > 3 else "")
