"""The front desk: what every request needs, made once when the node begins to serve, and the one way a route is called."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response

from saksi.app.api.access import AccessLog
from saksi.app.api.caller import Caller
from saksi.app.api.keys import KeyStore, May
from saksi.app.api.metrics import Metrics
from saksi.app.api.params import PURPOSE, Asked, Param, read_params
from saksi.app.api.ports import Check, Node
from saksi.app.api.problems import Problem
from saksi.app.api.rates import Rates
from saksi.app.api.replay import Replay
from saksi.app.api.waiting import Waiting
from saksi.app.people.people import People
from saksi.app.people.provider import Told
from saksi.model import BadInput, Json, Reader, Tlp

_T = TypeVar("_T")

__all__ = ["LOOPBACK", "Call", "Desk", "Limits", "Route", "Settings", "in_time"]


LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})


@dataclass(frozen=True, slots=True)
class Limits:
    """What a request may cost: bytes of a body (of a form with files, of a file given to take), seconds (of a take), requests a second and
    at once."""

    body: int = 1 << 20
    form: int = 26 << 20
    file: int = 1 << 30
    seconds: float = 30.0
    take_seconds: float = 3600.0
    each_second: float = 1000.0
    burst: int = 2000


@dataclass(frozen=True, slots=True)
class Settings:
    """What the desk is told: the node's names, the clearance of people at this machine (None: they need a key too), its hosts.

    `provider` is the identity provider of its people. `operators`: people at this machine may also give, as those do who take reports down
    on the phone. `more` are addresses beside the node's own.
    """

    title: str
    authority: str
    country: str = ""
    clearance: Tlp | None = Tlp.AMBER
    hosts: frozenset[str] = LOOPBACK
    tls: bool = False
    provider: Told | None = None
    limits: Limits = field(default_factory=Limits)
    operators: bool = False
    more: tuple[Route, ...] = ()


@dataclass(frozen=True, slots=True)
class Desk:
    """The node and what stands around it while it serves. `spool` is where uploads wait; `writer` is the one thread that writes, `walker`
    the one that walks through lists, so that no look-up waits for a search; `waiting` holds what is to be withdrawn once it is free."""

    node: Node
    settings: Settings
    keys: KeyStore
    access: AccessLog
    replay: Replay
    waiting: Waiting
    rates: Rates
    metrics: Metrics
    people: People
    spool: Path
    writer: ThreadPoolExecutor
    walker: ThreadPoolExecutor
    clock: Callable[[], str]
    built: bool = False
    error_page: Callable[[Desk, Problem, Request], Response] | None = None

    def day(self) -> str:
        """Today as an ISO date (UTC)."""
        return self.clock()[:10]

    def close(self) -> None:
        """Let what is under way end, and let go of the files. The node belongs to whoever opened it."""
        for pool in (self.walker, self.writer):
            pool.shutdown(wait=True)
        for store in (self.access, self.replay, self.waiting, self.people):
            store.close()

    def checks(self) -> tuple[Check, ...]:
        """Whether the node is well, and whether the page's parts were built (it answers without them)."""
        said = "fonts and small elements are in place" if self.built else "not built: pages use plain fonts; run `npm ci && npm run build`"
        return (*self.node.checks(), Check(name="page", ok=self.built, said=said, needed=False))


@dataclass(frozen=True, slots=True)
class Call:
    """One request at the desk: who asks, what for, with which parameters."""

    desk: Desk
    request: Request
    caller: Caller
    asked: Asked

    @property
    def purpose(self) -> str:
        """What the caller says the look-up is for, or nothing."""
        header = self.request.headers.get("saksi-purpose")
        if header is None:
            return self.asked.maybe("purpose") or ""
        return str(PURPOSE.read(header))

    @property
    def reader(self) -> Reader:
        """The reader that release decides for."""
        return self.caller.reader(self.purpose)

    def note(self, kind: str, *what: str, size: int | None = None) -> None:
        """Write the look-up into the access log. Comes before the answer leaves."""
        self.desk.access.note(self.caller.watcher(self.purpose), kind, what=what, size=size)

    def writing(self, work: Callable[[], _T]) -> Callable[[], _T]:
        """`work` for the thread that writes, where the caller is asked for once more right before it: a body may come slowly, and the
        act wait behind others, while the key is revoked."""

        def done() -> _T:
            again: Callable[[], Caller] = self.request.scope["saksi.again"]
            self.caller.check_still(again())
            return work()

        return done

    def mind_time(self) -> float | None:
        """Until when (time of the loop; None: for as long as it takes) this is to be answered. Whoever asks minds that from here on: what
        has begun to be written is not broken off."""
        limit: asyncio.Timeout = self.request.scope["saksi.limit"]
        until = limit.when()
        limit.reschedule(None)
        return until

    async def walk(self, work: Callable[[], _T]) -> _T:
        """Do something that may take its time, in the thread for that."""
        return await asyncio.get_running_loop().run_in_executor(self.desk.walker, work)

    def at(self) -> int | None:
        """The ledger size asked for, at most that of the views."""
        size = self.asked.number("at")
        if size is not None and size > (newest := self.desk.node.state().views):
            raise BadInput(f"the ledger is not that long: answers reach up to {newest}", where="at")
        return size


async def in_time(future: asyncio.Future[_T], until: float | None) -> bool:
    """Whether it ends in time (of the loop; None: wait for it in any case). Where it does not, it goes on."""
    left = None if until is None else max(0.0, until - asyncio.get_running_loop().time())
    ended, _ = await asyncio.wait({future}, timeout=left)
    return bool(ended)


@dataclass(frozen=True, slots=True)
class Route:
    """One address: how it is called, who may (None: anyone), and all that the OpenAPI document says about it.

    `answers` maps a status to (name of a schema or "", media type, example); `problems` are the kinds it can refuse with, beside
    those that any address can.
    """

    method: str
    path: str
    endpoint: Callable[[Call], Awaitable[Response]]
    may: May | None
    summary: str
    about: str = ""
    params: tuple[Param, ...] = ()
    body: tuple[str, str, Json] | None = None
    answers: Mapping[int, tuple[str, str, Json]] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    tag: str = "Look-up"
    page: bool = False

    def bind(self, desk: Desk) -> Callable[[Request], Awaitable[Response]]:
        """The route as the web server calls it."""

        async def called(request: Request) -> Response:
            caller: Caller = request.scope["saksi.caller"]
            if self.may is not None:
                caller.must(self.may)
            asked = read_params(self.params, request.query_params, request.path_params, form=self.page)
            return await self.endpoint(Call(desk, request, caller, asked))

        called.__name__ = f"{self.method.lower()} {self.path}"
        return called
