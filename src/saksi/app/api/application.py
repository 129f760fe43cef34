"""The node's web application: the desk, the routes of the API and the pages, and one way for everything that fails."""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path
from typing import TypeAlias

import msgspec
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Receive, Scope, Send

from saksi.app.api import give, later, look, record, undo
from saksi.app.api.access import AccessLog
from saksi.app.api.desk import Call, Desk, Route, Settings
from saksi.app.api.guard import Guard, respond_to
from saksi.app.api.keys import KeyStore
from saksi.app.api.metrics import Metrics
from saksi.app.api.openapi import document
from saksi.app.api.ports import Node
from saksi.app.api.problems import Refused
from saksi.app.api.rates import Rates
from saksi.app.api.replay import Replay
from saksi.app.api.waiting import Waiting
from saksi.app.api.wire import answer
from saksi.app.beside import in_words
from saksi.app.home import Home, people_key, replay_key, waiting_key
from saksi.app.people.fetch import fetch
from saksi.app.people.people import FOLDER, open_people
from saksi.app.people.provider import Provider
from saksi.app.people.store import Store
from saksi.model import LedgerFault, SaksiError
from saksi.model.moment import moment

Endpoint: TypeAlias = "Callable[[Request], Awaitable[Response]]"

__all__ = ["API_ROUTES", "make_app", "make_desk"]

API_ROUTES: tuple[Route, ...] = (*look.ROUTES, *give.ROUTES, *undo.ROUTES, *later.ROUTES, *record.ROUTES)
_log = logging.getLogger("saksi.api")
_BY_STATUS = {404: "not-found", 405: "no-such-method", 413: "too-large", 415: "wrong-media"}


def make_desk(
    node: Node,
    home: Path,
    settings: Settings,
    *,
    clock: Callable[[], str] | None = None,
    random: Callable[[int], bytes] = os.urandom,
) -> Desk:
    """Open the desk of a node: keys, access log and stored answers lie under `home`/api, people and sessions under `home`/people."""
    folder = home / "api"
    spool = folder / "spool"
    spool.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in spool.iterdir():  # uploads that a crash left behind: they were never acknowledged
        left.unlink()
    now = clock or _utc
    limits = settings.limits
    told = settings.provider
    store = Store(home / FOLDER, key=people_key(Home(home)), clock=lambda: int(moment(now(), "clock").timestamp()), random=random)
    waiting = Waiting(Home(home).waiting, key=waiting_key(Home(home)), now=time.time, tell=node.withhold)
    return Desk(
        node=node,
        settings=settings,
        keys=KeyStore(folder / "keys.json", clock=now, random=random),
        access=AccessLog(folder, clock=now, random=random),
        replay=Replay(Home(home).replay, key=replay_key(Home(home)), now=time.time),
        waiting=waiting,
        rates=Rates(each_second=limits.each_second, burst=limits.burst),
        metrics=Metrics(),
        people=open_people(store, ticks=time.monotonic, provider=None if told is None else Provider(told, store, fetch)),
        spool=spool,
        writer=ThreadPoolExecutor(1, "writer"),
        walker=ThreadPoolExecutor(1, "walker"),
        clock=now,
    )


def make_app(desk: Desk, pages: tuple[Route, ...] = ()) -> Guard:
    """The application, ready to be served."""
    app = FastAPI(
        title="Saksi",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan(desk),
        redirect_slashes=False,
    )
    routes = (*API_ROUTES, *desk.settings.more, *pages)
    described = msgspec.json.encode(document(routes, title=desk.settings.title))

    async def openapi(call: Call) -> Response:
        return answer(call.request, described, cache="public, no-cache")

    exact: dict[tuple[str, str], Endpoint] = {}
    for route in (*routes, Route("GET", "/openapi.json", openapi, None, "This document", page=True)):
        endpoint = route.bind(desk)
        app.add_api_route(route.path, endpoint, methods=[route.method], name=endpoint.__name__, response_model=None)
        if "{" not in route.path:
            exact[route.method, route.path] = endpoint

    async def failed(request: Request, fault: Exception) -> Response:
        return respond_to(desk, request, _translated(fault, lambda: _allowed(app, request.scope)))

    for kind in (Refused, SaksiError, HTTPException, RequestValidationError, Exception):
        app.add_exception_handler(kind, failed)
    return Guard(_Direct(app, exact, desk), desk)


class _Direct:
    """Takes addresses without holes straight to their endpoint, the look-up among them; all others go through FastAPI."""

    def __init__(self, app: FastAPI, exact: Mapping[tuple[str, str], Endpoint], desk: Desk) -> None:
        self._app = app
        self._exact = exact
        self._desk = desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        endpoint = self._exact.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        if endpoint is None:
            await self._app(scope, receive, send)
            return
        scope["endpoint"] = endpoint
        request = Request(scope, receive)
        try:
            response = await endpoint(request)
        except Exception as fault:
            response = respond_to(self._desk, request, fault)
        await response(scope, receive, send)


def _allowed(app: FastAPI, scope: Scope) -> list[str]:
    """Every method of an address: the framework names those of the first route that matches."""
    found = {method for each in app.routes if each.matches(scope)[0] is not Match.NONE for method in getattr(each, "methods", None) or ()}
    return sorted(found | ({"HEAD"} if "GET" in found else set()))


def _translated(fault: Exception, allowed: Callable[[], list[str]]) -> Exception:
    """What the framework raises, as ours; `allowed` gives the methods of the address."""
    if isinstance(fault, HTTPException):
        slug = _BY_STATUS.get(fault.status_code, "bad-input" if fault.status_code < 500 else "fault")
        headers = dict(fault.headers or {})
        if "Allow" in headers:
            headers["Allow"] = ", ".join(allowed())
        return Refused(slug, headers=headers)
    if isinstance(fault, RequestValidationError):
        first = fault.errors()[0]
        return Refused("bad-input", str(first["msg"]), where="/".join(map(str, first["loc"])))
    return fault


def _lifespan(desk: Desk) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def running(_app: FastAPI) -> AsyncIterator[None]:
        beside = [asyncio.create_task(_sync(desk)), asyncio.create_task(_catch_up(desk))]
        try:
            yield
        finally:
            for each in beside:
                each.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            desk.close()

    return running


async def _sync(desk: Desk) -> None:
    """Bring the access log to the disk every second, off the thread that answers; every ten minutes forget answers older than a day."""
    for second in count(1):
        await asyncio.sleep(1)
        with suppress(LedgerFault):  # told to whoever looks something up from then on
            await asyncio.to_thread(desk.access.sync)
        if second % 600 == 0:
            with suppress(sqlite3.Error):  # a full or busy disk: they go with the next POST, or in ten minutes
                desk.replay.sweep()
            with suppress(SaksiError):
                desk.waiting.sweep()


async def _catch_up(desk: Desk, *, every: float = 3) -> None:
    """Show what is recorded and was not shown for want of room, as soon as there is some, and write what was accepted before this process
    began or could not be written: a wrongful listing must not wait for a caller."""
    writing = partial(asyncio.get_running_loop().run_in_executor, desk.writer)

    async def written() -> None:
        if desk.waiting.any:
            await writing(later.work_off, desk)

    async def shown() -> None:
        state = desk.node.state()
        if state.views < state.size:
            await writing(desk.node.catch_up)

    while True:
        await _tried(written)
        await asyncio.sleep(every)
        await _tried(shown)


async def _tried(work: Callable[[], Awaitable[None]]) -> None:
    """Do it; what fails is done with the next round."""
    try:
        await work()
    except SaksiError:
        pass  # no room, say: the checks tell it
    except Exception as fault:
        _log.error("what is recorded or accepted could not be shown or written, and is tried again: %s", in_words(fault))


def _utc() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
