"""How a fact stands, in the words of an answer's lines."""

from __future__ import annotations

from saksi.views.fact import Change, Fact

__all__ = ["closed_word", "dated_word"]

_CLOSED = {"retract": "retracted", "expire": "expired", "reject": "rejected"}


def closed_word(fact: Fact, last: Change | None, at: int) -> str | None:
    """Why a fact does not count; None for a proposal that nobody has decided on, which is nobody's statement yet."""
    decided = fact.op == "assert" or any(change.op in {"confirm", "reject"} for change in fact.changes if change.leaf < at)
    return _CLOSED.get(last.op, "rejected") if decided and last is not None else None


def dated_word(fact: Fact, today: str) -> str:
    """How a fact that counts and has dates stands today."""
    if fact.valid_until is not None and _before(fact.valid_until, today):
        return "lapsed"
    if fact.valid_from is not None and _before(today, fact.valid_from):
        return "future"
    return "stands"


def _before(one: str, other: str) -> bool:
    """Whether a date lies wholly before another, to the day or as coarse as the coarser of them."""
    shared = min(len(one), len(other), 10)
    return one[:shared] < other[:shared]
