"""What rings by itself: one round of mails and webhooks about what was found.

That a call begins, and up to which hit it reaches, is durable before it is made: tried again, also after a crash, it has the same id. What
it tells is judged anew each time. A channel that fails too often stops, and says so on its owner's page.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import random

import msgspec

from saksi.app.alerts.alert import Alert, Course
from saksi.app.alerts.hook import Call, Rung
from saksi.app.alerts.mailed import check_mail, mail_of
from saksi.app.alerts.store import AlertStore
from saksi.app.alerts.telling import Teller
from saksi.app.config import Config
from saksi.exchange.courier import round_of
from saksi.exchange.message import Mail
from saksi.exchange.outbox import Outbox
from saksi.exchange.smtp import Handed
from saksi.model import BadInput

__all__ = ["WAITS", "Rounds"]

WAITS = (1, 5, 15, 60, 180, 360, 720)  # minutes before each further try of a webhook; after the last it stops
_BATCH = 100
_HOUR = timedelta(hours=1)
_GIVEN_UP = timedelta(days=2)
_log = logging.getLogger("saksi.alerts")


@dataclass(slots=True)
class Rounds:
    """Makes rounds. `ring` calls a webhook; `hand` gives a mail to a server, None where none is set; `pool` are the threads that call."""

    store: AlertStore
    teller: Teller
    config: Config
    outbox: Outbox
    pool: ThreadPoolExecutor
    ring: Callable[[Call], Rung]
    hand: Callable[[Mail], Handed] | None = None
    _ringing: set[str] = field(init=False, default_factory=set)

    def round(self, now: datetime) -> None:
        """Mail what is to be mailed, and begin the calls that are due: one at a time for each owner: a slow host holds up its own."""
        self._mail(now)
        for course in self.store.due("hook", _text(now)):
            try:
                alert = self.store.get(course.alert)
            except BadInput:  # deleted meanwhile
                continue
            if alert.owner not in self._ringing:
                self._ringing.add(alert.owner)
                self.pool.submit(self._call, alert, course, now)

    def _call(self, alert: Alert, course: Course, now: datetime) -> None:
        try:
            self.call(alert, course, now)
        except Exception as fault:  # one call's edge: it is made again in a later round
            _log.error("a webhook could not be called: %s", type(fault).__name__)
        finally:
            self._ringing.discard(alert.owner)

    def call(self, alert: Alert, course: Course, now: datetime) -> None:
        """Call one webhook about what was found since it was last told, or about what it was being told when it failed."""
        if course.until <= course.told:
            found = self.store.hits(alert=alert.id, after=course.told, limit=_BATCH)
            course = replace(course, until=found[-1].number if found else course.told)
            self.store.keep(course)
        hits = self.store.hits(alert=alert.id, after=course.told, until=course.until, limit=_BATCH)
        bells = self.teller.bells(alert, hits, way="hook")
        if not bells:
            self.store.keep(replace(course, told=course.until, tries=0))
            return
        id_ = f"{alert.id}.{course.told}.{course.until}"
        body = msgspec.json.encode({"type": "alert", "id": id_, "alert": alert.id, "hits": bells})
        rung = self.ring(Call(alert.channels.hook, id_, int(now.timestamp()), body, alert.channels.secret))
        if rung.taken:
            self.store.keep(replace(course, told=course.until, tries=0, next_at=_text(now)))
        elif rung.again and course.tries < len(WAITS):
            wait = timedelta(minutes=WAITS[course.tries] * (0.75 + random() / 2))  # noqa: S311 - spreads tries, guards nothing
            self.store.keep(replace(course, tries=course.tries + 1, next_at=_text(now + wait)))
        else:
            self.store.keep(replace(course, stopped=rung.said))

    def _mail(self, now: datetime) -> None:
        if self.hand is None:
            return
        for course in self.store.due("mail", _text(now)):
            try:
                alert = self.store.get(course.alert)
                recipient = check_mail(alert.channels.mail, self.config)
            except BadInput as fault:
                self.store.keep(replace(course, stopped=fault.what))
                continue
            hits = self.store.hits(alert=alert.id, after=course.told, limit=_BATCH)
            bells = self.teller.bells(alert, hits, way="mail")
            if bells:
                self.outbox.forget(alert.id)  # those of an hour ago and more
                self.outbox.put(mail_of(alert.id, recipient, self.config, told=course.told, now=now), _text(now), _text(now + _GIVEN_UP))
            self.store.keep(replace(course, told=hits[-1].number, next_at=_text(now + _HOUR if bells else now)))
        round_of(self.outbox, self.hand, now, luck=random)
        for outcome in self.outbox.untold():
            for course in self.store.courses(outcome.request):
                if outcome.kind == "bounce" and course.channel == "mail":
                    self.store.keep(replace(course, stopped=outcome.said))
            self.outbox.told(outcome.number)


def _text(now: datetime) -> str:
    return f"{now:%Y-%m-%dT%H:%M:%SZ}"
