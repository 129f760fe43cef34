"""The courier: takes what is due out of the outbox, hands it over, and notes what came of it. It never writes a mail and answers none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from saksi.actions import COURIER, History, Role, Step, Word
from saksi.exchange.message import Mail
from saksi.exchange.outbox import Kept, Outbox, Outcome
from saksi.exchange.smtp import Handed
from saksi.model.moment import moment

__all__ = ["Round", "round_of", "step_of"]

_WAITS = (1, 2, 5, 10, 20, 30, 60)  # minutes between tries; the last one again and again
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Round:
    """What one round did: how many mails were taken, how many wait for another try or for the cap, how many failed."""

    taken: int
    waiting: int
    failed: int


def round_of(  # noqa: PLR0913 - one round and its three effects
    outbox: Outbox, hand_over: Callable[[Mail], Handed], now: datetime, *, luck: Callable[[], float], per_hour: int = 20, limit: int = 100
) -> Round:
    """Try each mail that is due at `now` (UTC) once. `luck` gives numbers from 0 to 1 that spread the next tries; `per_hour` is the most
    mails one recipient gets in an hour: what is above it waits and is not lost."""
    counts = {"taken": 0, "waiting": 0, "failed": 0}
    for kept in outbox.due(_text(now), limit):
        counts[_one(outbox, kept, hand_over, now, luck(), per_hour)] += 1
    return Round(**counts)


def step_of(outcome: Outcome, have: History, now: datetime) -> Step:
    """The courier's step for what came of a mail, after the last step of its request: to be logged, then told to the outbox."""
    return Step(
        request=outcome.request, word=Word.DELIVER if outcome.kind == "deliver" else Word.BOUNCE, at=max(_text(now), have.at),
        after=have.head, person=COURIER.person, unit=COURIER.unit, role=Role.COURIER, text=outcome.said, via="mail",
        evidence=outcome.evidence,
    )  # fmt: skip


def _one(  # noqa: PLR0913, PLR0917 - what one try needs
    outbox: Outbox, kept: Kept, hand_over: Callable[[Mail], Handed], now: datetime, luck: float, per_hour: int
) -> str:
    if now >= moment(kept.give_up_at, "give_up_at"):
        outbox.failed(kept.mail.id, _text(now), f"given up after {kept.tries} tries: {kept.said or 'it was never its turn'}")
        return "failed"
    if outbox.sent_since(kept.mail.recipient, _text(now - _HOUR)) >= per_hour:
        outbox.later(kept.mail.id, _text(now + _HOUR / 12), f"this recipient has had {per_hour} mails within the hour")
        return "waiting"
    outbox.begun(kept.mail.id)
    handed = hand_over(kept.mail)
    if handed.taken:
        outbox.sent(kept.mail.id, _text(now), handed.said)
        return "taken"
    if not handed.again:
        outbox.failed(kept.mail.id, _text(now), handed.said)
        return "failed"
    minutes = _WAITS[min(kept.tries, len(_WAITS) - 1)] * (0.75 + luck / 2)
    outbox.later(kept.mail.id, _text(now + timedelta(minutes=minutes)), handed.said)
    return "waiting"


def _text(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
