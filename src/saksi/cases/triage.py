"""How soon a report must be looked at, and why, in words: from what it tells, never from who tells it or whom it names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from saksi.cases.rails import RAILS, ends
from saksi.model.moment import moment

__all__ = ["Facts", "Payment", "Triage", "Urgency", "triage", "when"]


class Urgency(IntEnum):
    """What a report is about, the most urgent first. UNKNOWN: nobody can tell yet whether it is urgent, so it is asked before routine."""

    DANGER = 0
    PAYING = 1
    MONEY = 2
    UNKNOWN = 3
    ROUTINE = 4

    @property
    def words(self) -> str:
        """For people."""
        return _WORDS[self]


_WORDS = {
    Urgency.DANGER: "a person is in danger",
    Urgency.PAYING: "the victim is still paying",
    Urgency.MONEY: "money may still be reached",
    Urgency.UNKNOWN: "not known whether money may still be reached",
    Urgency.ROUTINE: "routine",
}


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment of a report: how and when it was paid, as far as that is told (an ISO date or a UTC time)."""

    rail: str | None
    at: str | None


@dataclass(frozen=True, slots=True)
class Facts:
    """What a report tells, as far as urgency goes. `danger` and `paying` are None where nobody has said so or otherwise; `lost` says
    that money was lost."""

    danger: bool | None = None
    paying: bool | None = None
    payments: tuple[Payment, ...] = ()
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Triage:
    """How soon, why, and what is not known. `until` is the UTC time at which the urgency ends by itself (money), or None."""

    urgency: Urgency
    reasons: tuple[str, ...]
    unknown: tuple[str, ...]
    until: str | None = None


def triage(facts: Facts, now: str) -> Triage:
    """The urgency of a report at the UTC time `now`."""
    unknown = []
    if facts.danger is None:
        unknown.append("whether a person is in danger is not told")
    if facts.paying is None:
        unknown.append("whether the victim is still paying is not told")
    reached, doubts, why = _money(facts, now)
    unknown += doubts
    if facts.danger:
        return Triage(Urgency.DANGER, ("a person is said to be in danger", *why), tuple(unknown))
    if facts.paying:
        return Triage(Urgency.PAYING, ("the victim is said to be still paying", *why), tuple(unknown))
    if reached is not None:
        return Triage(Urgency.MONEY, tuple(why), tuple(unknown), reached)
    if doubts:
        return Triage(Urgency.UNKNOWN, tuple(doubts), tuple(unknown))
    return Triage(Urgency.ROUTINE, tuple(why) or ("no payment is told of",), tuple(unknown))


def when(facts: Facts) -> tuple[Urgency, str | None]:
    """The urgency that lasts, and until when money may be reached (None: no payment tells): what a queue keeps without asking a clock."""
    reached, doubts, _ = _money(facts, "")
    if facts.danger:
        return Urgency.DANGER, None
    if facts.paying:
        return Urgency.PAYING, None
    return (Urgency.UNKNOWN if doubts else Urgency.ROUTINE), reached


def _money(facts: Facts, now: str) -> tuple[str | None, list[str], list[str]]:
    """Until when the money of any payment may be reached (None: not any more, or not known), what is not known, and the reasons."""
    doubts: list[str] = []
    why: list[str] = []
    reached: str | None = None
    for payment in dict.fromkeys(facts.payments):
        rail = None if payment.rail is None else RAILS.get(payment.rail)
        if rail is not None and rail.hours == 0:
            why.append(f"{payment.rail}: {rail.ground}")
        elif rail is None:
            doubts.append("how it was paid is not told" if payment.rail is None else f"nothing is known here of payments by {payment.rail}")
        elif (last := None if payment.at is None else ends(payment.at, rail.hours)) is None:
            doubts.append(f"the day of a payment by {payment.rail} is not told")
        else:
            end = f"{last.replace(tzinfo=None).isoformat(timespec='seconds')}Z"
            if end > now:
                reached = max(reached or "", end)
                why.append(f"paid by {payment.rail}, within reach until {last:%Y-%m-%d %H:%M} UTC: {rail.ground}")
            else:
                why.append(f"paid by {payment.rail} {_ago(last, now)} beyond reach: {rail.ground}")
    if facts.lost and not facts.payments:
        doubts.append("money was lost, how and when is not told")
    return reached, list(dict.fromkeys(doubts)), why


def _ago(end: datetime, now: str) -> str:
    hours = int((moment(now, "now") - end).total_seconds() // 3600)
    return f"{hours} hours" if hours < 72 else f"{hours // 24} days"
