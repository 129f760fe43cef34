"""Server-sent events: what is found is told to whoever listens, from the event they saw last, for as long as they may look.

Twice a second it is asked anew who listens, and what there is. A client that does not read, and a node that stops, end the stream.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import groupby

import msgspec
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from saksi.app.alerts.store import AlertStore
from saksi.app.alerts.telling import AlertHit, Teller
from saksi.app.api.caller import Caller
from saksi.app.api.problems import Refused
from saksi.app.people.sessions import Sessions
from saksi.model import BadInput

__all__ = ["ENDING", "Listeners", "Stream", "still_there"]

ENDING = "saksi.ending"  # where a connection finds what to call when the node stops
_TICK, _BEAT, _SENT_WITHIN = 0.5, 15.0, 10.0
_AT_ONCE = 50
_HEADERS = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-store"), (b"x-accel-buffering", b"no")]


class Listeners:
    """How many streams are open: a few for each caller, and not too many in all."""

    def __init__(self, *, each: int = 4, every: int = 200) -> None:
        self._each, self._every = each, every
        self._open: Counter[str] = Counter()

    def enter(self, name: str) -> None:
        """Count one more. Raises Refused (429) where there are too many."""
        if self._open[name] >= self._each or self._open.total() >= self._every:
            raise Refused("too-many", "too many streams of events are open", headers={"Retry-After": "30"})
        self._open[name] += 1

    def leave(self, name: str) -> None:
        """One less."""
        self._open[name] -= 1
        if not self._open[name]:
            del self._open[name]


def still_there(caller: Caller, sessions: Sessions) -> Callable[[], bool]:
    """Whether the session that a caller came with goes on. A stream keeps none alive: it is no sign that somebody is there."""
    session = caller.session
    if session is None:
        return lambda: True
    return lambda: any(each.id == session.id and each.factor is not None for each in sessions.of(session.person.id))


class Stream(Response):
    """The events of one owner behind number `after`."""

    def __init__(  # noqa: PLR0913 - whose, from where, and what it asks
        self, owner: str, after: int, *, store: AlertStore, teller: Teller, there: Callable[[], bool], left: Callable[[], None]
    ) -> None:
        super().__init__()
        self._owner, self._after = owner, after
        self._store, self._teller, self._there, self._left = store, teller, there, left

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the caller leaves, may not look any more, or reads no more."""
        end = asyncio.Event()
        scope[ENDING] = end.set
        leaving = asyncio.create_task(_watched(receive, end))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
            await _said(send, b"retry: 3000\n\n")
            beat = time.monotonic()
            while not end.is_set() and self._may_listen():
                for event in self._events():
                    await _said(send, event)
                    beat = time.monotonic()
                if time.monotonic() - beat >= _BEAT:
                    await _said(send, b": still here\n\n")
                    beat = time.monotonic()
                with suppress(TimeoutError):
                    await asyncio.wait_for(end.wait(), _TICK)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            leaving.cancel()
            self._left()

    def _may_listen(self) -> bool:
        return self._there() and self._teller.owners.now(self._owner) is not None

    def _events(self) -> Iterator[bytes]:
        hits = self._store.hits(owner=self._owner, after=self._after, limit=_AT_ONCE)
        for name, some in groupby(hits, key=lambda hit: hit.alert):
            found = list(some)
            self._after = found[-1].number
            try:
                alert = self._store.get(name, self._owner)
            except BadInput:  # deleted meanwhile
                continue
            yield from map(_event, self._teller.told(alert, found, way="stream"))


def _event(hit: AlertHit) -> bytes:
    return b"id: %d\nevent: alert\ndata: %s\n\n" % (hit.id, msgspec.json.encode(hit))


async def _said(send: Send, data: bytes) -> None:
    """Send a piece; a client that has not read for long is let go of."""
    message: Message = {"type": "http.response.body", "body": data, "more_body": True}
    await asyncio.wait_for(send(message), _SENT_WITHIN)


async def _watched(receive: Receive, end: asyncio.Event) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    end.set()
