"""What is due, overdue and expired: functions of the history and of a time, never steps.

What has not been delivered is not received, and its recipient is not silent: the clock then asks us to deliver it another way.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from saksi.actions.half import Mine, Theirs
from saksi.actions.history import History
from saksi.actions.step import moment

__all__ = ["Clock", "Due", "clock", "held_for"]


@dataclass(frozen=True, slots=True)
class Due:
    """Something that somebody ("us" or "them") must do by a time; `over` says that the time has passed."""

    what: str
    who: str
    at: datetime
    over: bool


@dataclass(frozen=True, slots=True)
class Clock:
    """What is due now, the next first; whether what was asked has expired; whether the recipient can be called silent."""

    due: tuple[Due, ...]
    expired: bool
    silent: bool


def clock(have: History, now: datetime) -> Clock:
    """The clocks of a request at `now` (UTC)."""
    due: list[tuple[str, str, datetime]] = []
    if have.sent_at is not None and have.mine is Mine.SENT:
        sent, urgency = moment(have.sent_at, "sent_at"), have.request.urgency
        if have.bounced_at is not None:
            due.append(("deliver it another way", "us", moment(have.bounced_at, "bounced_at") + urgency.receive))
        elif have.theirs is Theirs.SILENT:
            due.append(("acknowledge receipt", "them", sent + urgency.receive))
        if have.theirs in {Theirs.SILENT, Theirs.RECEIVED} and have.bounced_at is None:
            due.append(("decide", "them", sent + urgency.decide))
        if have.theirs is Theirs.ASKING:
            due.append(("clarify", "us", moment(have.theirs_at, "theirs_at") + urgency.decide))
        if have.theirs in {Theirs.ACCEPTED, Theirs.PART_DONE} and have.decided_at is not None:
            due.append(("do it", "them", moment(have.decided_at, "decided_at") + urgency.decide))
    if have.mine is Mine.WITHDRAWN and have.crossing.waits_for == "them":
        due.append(("undo it", "them", moment(have.mine_at, "mine_at") + timedelta(hours=24)))
    if have.appeal == "open":
        due.append(("decide on the appeal", "us", moment(have.appeal_at, "appeal_at") + timedelta(hours=72)))
    if have.until is not None and have.theirs is Theirs.IN_FORCE:
        if have.renewal is not None:
            due.append(("decide on the renewal", "us", moment(have.until, "until")))
        due.append(("it ends by itself", "nobody", moment(have.until, "until")))
    made = tuple(Due(what, who, at, now > at) for what, who, at in sorted(due, key=lambda each: each[2]))
    expired = have.theirs is Theirs.IN_FORCE and have.until is not None and now > moment(have.until, "until")
    silent = have.delivered_at is not None and any(each.over and each.who == "them" and each.what != "undo it" for each in made)
    return Clock(made, expired, silent and have.theirs is Theirs.SILENT)


def held_for(have: History, now: datetime) -> timedelta:
    """How long something has been in force: from when it was first done until it was undone, else until it ended by itself, else `now`."""
    if have.acted_at is None:
        return timedelta(0)
    ends = [now if have.undone_at is None else moment(have.undone_at, "undone_at")]
    if have.undone_at is None and have.until is not None:
        ends.append(moment(have.until, "until"))
    return max(timedelta(0), min(ends) - moment(have.acted_at, "acted_at"))
