"""Acts that are asked for over HTTP, and their answers: sent again with the same Idempotency-Key, nothing is done twice.

What is in the ledger is never answered as if it were not. The time limit of a request ends its wait for its turn, and not what has begun;
where look-ups do not show in time what was done (a long fold, a full disk), it is answered 202 instead of 201.
"""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

from starlette.responses import Response

from saksi.app.api.desk import Call, Desk, in_time
from saksi.app.api.later import work_off
from saksi.app.api.params import Param
from saksi.app.api.problems import Refused
from saksi.app.api.replay import Keep, Stored, Work, check_key
from saksi.app.api.wire import JSON
from saksi.model import Json
from saksi.views.serving import Behind

__all__ = ["IDEMPOTENT", "Act", "done", "once", "once_for", "said"]

IDEMPOTENT = Param("Idempotency-Key", "Sent again within a day, nothing is done twice.", longest=100, form="[!-~]+", place="header")

_SOON = {"Retry-After": "5"}
_log = logging.getLogger("saksi.api")


class Act(Protocol):
    """Something that is done once for each key."""

    async def do(self, keep: Keep | None) -> Stored:
        """Do it. Where the request bears a key, `keep` makes of its work one whose answer is kept, also where the caller hangs up."""

    async def again(self, stored: Stored) -> Stored:
        """The answer to the same request sent again, given the one that was kept."""


def done(shape: str, example: Json) -> dict[int, tuple[str, str, Json]]:
    """How an act is answered: 201, and 202 where it is in the ledger and look-ups do not show it yet."""
    return dict.fromkeys((201, 202), (shape, JSON, example))


async def once(call: Call, asked: bytes, work: Work) -> Response:
    """Do the work in the thread that writes, or give the stored answer of the same request; `asked` is a digest of all that it asks for."""
    return await once_for(call, asked, _Written(call, call.writing(work)))


async def once_for(call: Call, asked: bytes, act: Act) -> Response:
    """The same of any act."""
    loop, replay, caller = asyncio.get_running_loop(), call.desk.replay, call.caller.name
    told = call.request.headers.get("idempotency-key")
    if told is None:
        return said(await act.do(None))
    key = check_key(told)
    stored = replay.begin(caller, key, asked)
    if stored is not None:
        call.writing(lambda: None)()
        return said(await act.again(stored), replayed=True)

    def keep(work: Work) -> Work:
        def kept() -> Stored:
            try:
                made = work()
            except BaseException:
                loop.call_soon_threadsafe(replay.drop, caller, key)
                raise
            loop.call_soon_threadsafe(lambda: replay.end(caller, key, asked=asked, said=made))
            return made

        return kept

    return said(await act.do(keep))


@dataclass(frozen=True, slots=True)
class _Written:
    """Work of the thread that writes, between other acts."""

    call: Call
    work: Work

    async def do(self, keep: Keep | None) -> Stored:
        """Raises Refused (too-slow) where its turn does not come in time: it is done later then if it bears a key, else not at all."""
        until, made, shown = self.call.mind_time(), Future[Stored](), Future[bool]()
        self.call.desk.writer.submit(_act, self.call.desk, self.work if keep is None else keep(self.work), made=made, shown=shown)
        told = asyncio.wrap_future(made)
        told.add_done_callback(lambda ended: ended.cancelled() or ended.exception())  # heard here, also where nobody waits any more
        if not await in_time(told, until) and (made.cancel() if keep is None else not (made.running() or made.done())):
            raise Refused("too-slow")
        return await self._told(await asyncio.shield(told), shown, until)

    async def again(self, stored: Stored) -> Stored:
        """As it was, once look-ups show it."""
        state = self.call.desk.node.state()
        if state.views == state.size:
            return stored
        return await self._told(stored, self.call.desk.writer.submit(_show, self.call.desk), self.call.mind_time())

    @staticmethod
    async def _told(made: Stored, shown: Future[bool], until: float | None) -> Stored:
        seen = await in_time(asyncio.wrap_future(shown), until) and shown.result()
        return made if seen else Stored(202, made.body, made.location)


def said(stored: Stored, *, replayed: bool = False) -> Response:
    """The answer as it is kept, never to be kept on the way."""
    headers = {"Cache-Control": "no-store"}
    if stored.location:
        headers["Location"] = stored.location
    if replayed:
        headers["Idempotency-Replayed"] = "true"
    return Response(stored.body, stored.status, headers, JSON)


def _act(desk: Desk, work: Work, *, made: Future[Stored], shown: Future[bool]) -> None:
    """Do it, in the thread that writes, where it is waited for still, and show it; then what was accepted meanwhile, however this ended:
    before the next act begins."""
    try:
        if made.set_running_or_notify_cancel():
            made.set_result(work())
            shown.set_result(_show(desk))
    except Behind as fault:  # before anything of it was recorded
        made.set_exception(Refused("disk-full", headers=_SOON).with_traceback(fault.__traceback__))
    except BaseException as fault:
        made.set_exception(fault)
    finally:
        work_off(desk)


def _show(desk: Desk) -> bool:
    """Bring look-ups up to what is recorded; whether that could be done. What is in the ledger stays there, whatever the views are like."""
    try:
        desk.node.catch_up()
    except Exception as fault:
        _log.error("what is recorded is not shown yet: %s", type(fault).__name__)
        return False
    return True
