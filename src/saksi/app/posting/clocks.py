"""When the courier reminds and escalates by itself: twice a reminder, then a person is told. Nothing more is decided by a clock."""

from __future__ import annotations

from datetime import datetime

from saksi.actions import COURIER, History, Mine, Role, Step, Word, clock
from saksi.model.moment import moment

__all__ = ["clock_step"]

_REMINDERS = 2


def clock_step(have: History, now: datetime, *, mailed: bool) -> Step | None:
    """The step that is due at `now` (UTC) because the recipient is late, or what was asked has ended by itself; None where none is.

    A recipient whom no letter reached by mail (`mailed`) is not reminded by one: a person is told at once. Whoever was not reached at all
    is not reminded. Between two steps lies the time that its urgency gives to acknowledge receipt.
    """
    if have.mine not in {Mine.SENT, Mine.WITHDRAWN} or have.delivered_at is None or have.bounced_at is not None:
        return None
    now_clock = clock(have, now)
    if now_clock.expired and have.until is not None and have.at <= have.until:
        return _step(have, now, Word.ESCALATE, f"it has ended by itself at {have.until}: make sure that the recipient let go")
    over = [each for each in now_clock.due if each.over and each.who == "them"]
    if not over or now < moment(have.at, "at") + have.request.urgency.receive:
        return None
    said = f"overdue since {over[0].at:%Y-%m-%dT%H:%M:%SZ}: {over[0].what}"
    if mailed and have.reminders < _REMINDERS:
        return _step(have, now, Word.REMIND, said)
    return None if have.escalated else _step(have, now, Word.ESCALATE, f"{said}; reminded {have.reminders} times")


def _step(have: History, now: datetime, word: Word, text: str) -> Step:
    return Step(
        request=have.request.id, word=word, at=max(f"{now:%Y-%m-%dT%H:%M:%SZ}", have.at), after=have.head, person=COURIER.person,
        unit=COURIER.unit, role=Role.COURIER, text=text, via="mail",
    )  # fmt: skip
