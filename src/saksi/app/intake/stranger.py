"""What stands before the public pages: the right host and site, so much from each address and from all, so many bytes, in time.

Steps: 1. headers for every answer; 2. host; 3. other sites' pages are refused, or they could make their visitors report; 4. the address's
share; 5. the body, counted as it comes and waited for no longer than the limit; 6. how many are served at once.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from saksi.app.api.rates import Rates
from saksi.app.intake.settings import PublicSettings

__all__ = ["Answered", "Stranger", "Visit"]

_log = logging.getLogger("saksi.public")
_CSP = "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
_HEADERS = {
    "Content-Security-Policy": _CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "X-Robots-Tag": "noindex",
}
_SMALL = 64 << 10


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of a stranger, its body read whole. `address` is for the moment alone and is written down nowhere. `data` says that the
    answer is for a program: the path ended in `.json`, or JSON is what it accepts. `path` is without that ending and slashes behind it."""

    request: Request
    path: str
    body: bytes
    address: str
    data: bool

    @property
    def posts(self) -> bool:
        """Whether something is sent."""
        return self.request.method == "POST"


class Answered(Exception):
    """An answer found before its time."""

    def __init__(self, status: int, words: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status)
        self.status, self.words, self.headers = status, words, dict(headers or {})


class Stranger:
    """The outermost layer of the public pages. `answer` makes the page, `failed` the page of an error by its status."""

    def __init__(
        self, settings: PublicSettings, answer: Callable[[Visit], Awaitable[Response]], failed: Callable[[Visit, Answered], Response]
    ) -> None:
        self._settings, self._answer, self._failed = settings, answer, failed
        limits = self._limits = settings.limits
        self._each = {
            kind: Rates(each_second=rate, burst=burst, callers=100_000)
            for kind, (rate, burst) in (("report", limits.each_report), ("ask", limits.each_question), ("page", limits.each_page))
        }
        self._all = {
            kind: Rates(each_second=rate, burst=burst)
            for kind, (rate, burst) in (("report", limits.all_reports), ("ask", limits.all_questions))
        }
        self._room = limits.at_once
        self._uploads = asyncio.Semaphore(limits.uploads)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        asked: str = scope["path"]
        path = asked if asked.startswith("/static/") else asked.removesuffix(".json")
        data = path != asked or "application/json" in request.headers.get("accept", "")
        # Here alone: what counts a visit and what answers it must read one address alike.
        visit = Visit(request, path.rstrip("/") or "/", b"", _address(scope, self._settings), data)
        try:
            response = await self._served(visit)
        except Answered as found:
            response = self._failed(visit, found)
            response.headers.update(found.headers)
        except ClientDisconnect:  # half a body, and nobody left to answer
            return
        except Exception as fault:
            where = "".join(traceback.format_tb(fault.__traceback__, limit=-6))
            _log.error("a public page failed: %s\n%s", type(fault).__name__, where)  # its words may be somebody's
            response = self._failed(visit, Answered(500))
        response.headers.update(_HEADERS)
        if self._settings.tls:
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        response.headers.setdefault("Cache-Control", "no-store")
        await response(scope, receive, send)

    async def _served(self, visit: Visit) -> Response:
        request = visit.request
        if request.method not in {"GET", "HEAD", "POST"}:
            raise Answered(405, headers={"Allow": "GET, HEAD, POST"})
        host = request.headers.get("host", "").rpartition(":")[0] or request.headers.get("host", "")
        if self._settings.hosts and host.lower() not in self._settings.hosts:
            raise Answered(421)
        _same_site(request)
        self._allow(visit)
        if self._room <= 0:
            raise Answered(503, headers={"Retry-After": "5"})
        self._room -= 1
        try:
            async with asyncio.timeout(self._limits.seconds):
                if not visit.posts:
                    return await self._answer(visit)
                return await self._posted(visit)
        except TimeoutError as fault:
            raise Answered(408, headers={"Connection": "close"}) from fault
        finally:
            self._room += 1

    async def _posted(self, visit: Visit) -> Response:
        told = visit.request.headers.get("content-length", "")
        if told and (not told.isdigit() or len(told) > 12 or int(told) > self._limits.body):
            raise Answered(413, headers={"Connection": "close"})
        if told and int(told) <= _SMALL:
            return await self._read(visit, _SMALL)
        async with self._uploads:  # large bodies are held in memory: only so many at once
            return await self._read(visit, self._limits.body)

    async def _read(self, visit: Visit, most: int) -> Response:
        body = bytearray()
        async for piece in visit.request.stream():
            body += piece
            if len(body) > most:
                raise Answered(413, headers={"Connection": "close"})
        return await self._answer(replace(visit, body=bytes(body)))

    def _allow(self, visit: Visit) -> None:
        kind = "page" if not visit.posts else "report" if visit.path == "/report" else "ask"
        now = time.monotonic()
        allowances = [self._each[kind].take(visit.address, now)]
        if allowances[0].ok and kind in self._all:
            allowances.append(self._all[kind].take("all", now))
        wait = max(each.wait for each in allowances)
        if wait > 0:
            raise Answered(429, headers={"Retry-After": str(math.ceil(wait))})


def _same_site(request: Request) -> None:
    """Refuse what a page of another site made a browser send; following a link to here is fine."""
    if request.method != "POST":
        return
    site, origin = request.headers.get("sec-fetch-site", "none"), request.headers.get("origin")
    ours = {f"{scheme}://{request.headers.get('host', '')}" for scheme in ("http", "https")}
    # Under `no-referrer` a browser sends its own site's forms with the origin "null": then it says where from in Sec-Fetch-Site.
    strange = origin is not None and origin not in ours and not (origin == "null" and site == "same-origin")
    if site in {"cross-site", "same-site"} or strange:
        raise Answered(403)


def _address(scope: Scope, settings: PublicSettings) -> str:
    client = scope.get("client")
    if settings.forwarded:
        told = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
        if told:
            return bytes(told[-1]).decode("latin-1").rpartition(",")[2].strip()[:64]
    return client[0] if client else ""


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        kind = (await receive())["type"]
        await send({"type": f"{kind}.complete"})
        if kind == "lifespan.shutdown":
            return
