"""Which changes of mind say anything about a statement: by what its author said of it so far, and by what waits to be said before."""

from __future__ import annotations

from collections.abc import Collection

from saksi.app.withheld import WITHDRAWS
from saksi.model import BadInput
from saksi.views.fact import Fact, standing

__all__ = ["check_moves", "may_count", "moves"]

_ACCEPTS = frozenset({"confirm", "reject"})
_STAYS = frozenset({"retract", "expire", "reinstate"})
_TAKES_BACK = frozenset({"retract", "expire"})
_RESTORES = frozenset({"confirm", "reinstate"})


def check_moves(op: str, ref: str, *, may: bool, may_not: bool) -> None:
    """Refuse what changes nothing, whether or not the statement counts by then: `may` and `may_not` say which of the two can be."""
    if op in _TAKES_BACK and not may:
        raise BadInput("it does not count any more: there is nothing to withdraw", where=ref)
    if op in _RESTORES and not may_not:
        raise BadInput("it counts already", where=ref)


def may_count(fact: Fact, before: Collection[str]) -> tuple[bool, bool]:
    """Whether a statement may count, and whether it may not, once the ops that wait before are behind it. Each of them may be refused
    still: its asker's key is revoked, say. So what any of them leads to can be."""
    accepted = {_last(_ACCEPTS, fact, "confirm" if fact.op == "assert" else "reject"), *(_ACCEPTS & set(before))}
    stays = {_last(_STAYS, fact, "reinstate"), *(_STAYS & set(before))}
    return "confirm" in accepted and "reinstate" in stays, "reject" in accepted or not _TAKES_BACK.isdisjoint(stays)


def moves(op: str, fact: Fact) -> bool:
    """Whether an amendment that was accepted still says something: not where the same was said since, or for an expiry a retraction."""
    if op not in WITHDRAWS:
        return op not in _RESTORES or not standing(fact).counts
    last = _last(_ACCEPTS if op in _ACCEPTS else _STAYS, fact, "")
    return last != op and (op, last) != ("expire", "retract")


def _last(sort: Collection[str], fact: Fact, otherwise: str) -> str:
    """Of the ops of one sort the author's last, which counts."""
    return next((each.op for each in reversed(fact.changes) if each.op in sort), otherwise)
