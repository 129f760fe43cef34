"""What stands before every route: the right host and site, who is asking, how much and how often, in time; and headers on every answer.

1. Host, against rebinding of names. 2. Origin and Sec-Fetch-Site, against other sites' pages. 3. The caller. 4. The caller's allowance.
5. The size of the body, counted as it comes. 6. The time. What is refused here is refused as a problem like everywhere else.
"""

from __future__ import annotations

import asyncio
import logging
import math
import re
import secrets
import time
import traceback
from collections.abc import Mapping
from functools import partial

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from saksi.app.api.caller import NOBODY, Caller, is_at_this_machine, local_caller, of_key, of_session
from saksi.app.api.desk import Desk
from saksi.app.api.problems import Refused, problem_of
from saksi.app.api.rates import Allowance
from saksi.app.api.wire import problem_response
from saksi.app.people.cookies import read_cookie, session_cookie

__all__ = ["CSP", "Guard", "respond_to"]

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = [
    (b"content-security-policy", CSP.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
]
_HSTS = (b"strict-transport-security", b"max-age=31536000")
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_TAKES = "/api/v1/takes"
_PARTS = b"multipart/form-data"
_STREAM = "/api/v1/events"  # ends by rules of its own
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s:/@\[\]]+)(?::[0-9]{1,5})?")
_log = logging.getLogger("saksi.api")


class Guard:
    """The outermost layer of the node's web application."""

    def __init__(self, app: ASGIApp, desk: Desk) -> None:
        self.app = app
        self._desk = desk
        self._limits = desk.settings.limits
        self._headers = [*_HEADERS, _HSTS] if desk.settings.tls else _HEADERS
        self._policy = f'"caller";q={self._limits.burst};w={math.ceil(self._limits.burst / self._limits.each_second)}'.encode()
        clearance = desk.settings.clearance
        self._local = None if clearance is None else local_caller(desk.settings.authority, clearance, gives=desk.settings.operators)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        head = scope["method"] == "HEAD"
        if head:  # answered like GET, without the body (RFC 9110, section 9.3.2); the server beneath keeps its own scope
            scope = {**scope, "method": "GET"}
        scope["saksi.number"] = number = secrets.token_hex(8)
        headers: Mapping[bytes, bytes] = dict(scope["headers"])
        out = _Out(send, [*self._headers, (b"saksi-request", number.encode())], bare=head)
        try:
            scope["saksi.caller"] = caller = self._admit(scope, headers)
            scope["saksi.again"] = partial(self._admit, scope, headers)
            allowance = self._desk.rates.take(_bucket(scope, caller), began)
            out.headers += [
                (b"ratelimit-policy", self._policy),
                (b"ratelimit", f'"caller";r={allowance.left};t={math.ceil(allowance.wait)}'.encode()),
            ]
            _allow(allowance)
            taking = scope["path"] == _TAKES
            body = _Body(receive, self._limits.file if taking else self._most(caller, headers))
            body.check(headers)
            seconds = None if scope["path"] == _STREAM else self._limits.take_seconds if taking else self._limits.seconds
            async with asyncio.timeout(seconds) as scope["saksi.limit"]:
                await self.app(scope, body.receive, out.send)
        except TimeoutError:
            await self._refuse(scope, receive, out=out, fault=Refused("too-slow"))
        except Refused as fault:
            await self._refuse(scope, receive, out=out, fault=fault)
        except Exception as fault:
            if not out.started:
                await self._refuse(scope, receive, out=out, fault=fault)
        finally:
            endpoint = scope.get("endpoint")
            name = getattr(endpoint, "__name__", "other").partition(" ")[2] or "other"
            method = scope["method"] if scope["method"] in {"GET", "POST", "DELETE"} else "other"
            self._desk.metrics.count(method, name, status=out.status, seconds=time.perf_counter() - began)

    def _most(self, caller: Caller, headers: Mapping[bytes, bytes]) -> int:
        """How long a body may be: a form with files is longer, of whoever is known here."""
        return self._limits.form if caller.rights and headers.get(b"content-type", b"").lower().startswith(_PARTS) else self._limits.body

    def _admit(self, scope: Scope, headers: Mapping[bytes, bytes]) -> Caller:
        settings = self._desk.settings
        host = _host(headers.get(b"host", b"").decode("latin-1"))
        if host not in settings.hosts:
            raise Refused("wrong-host")
        _same_site(scope, headers, tls=settings.tls)
        auth = headers.get(b"authorization")
        if auth is not None:
            scheme, _, text = auth.decode("latin-1").partition(" ")
            key = self._desk.keys.check(text.strip()) if scheme.lower() == "bearer" else None
            if key is None:
                raise Refused("key-needed", "the key is not one of this node, has ended or was revoked")
            return of_key(key, settings.authority)
        token = read_cookie(headers, session_cookie(tls=settings.tls))
        session = self._desk.people.sessions.find(token) if token else None
        if session is not None:
            return of_session(session, settings.authority)
        client = scope.get("client")
        if self._local is not None and client is not None and is_at_this_machine(client[0], host, headers):
            return self._local
        return NOBODY

    async def _refuse(self, scope: Scope, receive: Receive, *, out: _Out, fault: Exception) -> None:
        if out.started:
            return
        response = respond_to(self._desk, Request(scope, receive), fault)
        response.headers["Connection"] = "close"  # what is left of the body is not read
        await response(scope, receive, out.send)


def respond_to(desk: Desk, request: Request, fault: Exception) -> Response:
    """The answer to a request that failed: a problem, or a page in plain words for people. What nobody expected is logged."""
    number = str(request.scope.get("saksi.number", ""))
    if isinstance(fault, ClientDisconnect):  # nobody is left to read it, and nothing is wrong with the node
        fault = Refused("bad-input", "the body was cut short", where="body")
    problem, headers = problem_of(fault, number)
    if problem.status in {500, 503}:
        where = "".join(traceback.format_tb(fault.__traceback__, limit=-8))
        _log.error("request %s failed: %s\n%s", number, type(fault).__name__, where)  # the words of an error may hold a value
    wants_page = "text/html" in request.headers.get("accept", "") and not request.url.path.startswith(("/api/", "/ledger/"))
    if wants_page and desk.error_page is not None:
        response = desk.error_page(desk, problem, request)
        response.headers.update(headers)
        return response
    return problem_response(problem, headers)


class _Out:
    """The way out: puts the headers on, and knows whether the answer has begun. `bare`: nothing of the body leaves."""

    __slots__ = ("_bare", "_send", "headers", "started", "status")

    def __init__(self, send: Send, headers: list[tuple[bytes, bytes]], *, bare: bool) -> None:
        self._send = send
        self._bare = bare
        self.headers = headers
        self.started = False
        self.status = 500

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            self.status = message["status"]
            message["headers"] = [*message["headers"], *self.headers]
        elif self._bare and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await self._send(message)


class _Body:
    """The way in: counts the bytes of a body as they come."""

    __slots__ = ("_most", "_receive", "_seen")

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive = receive
        self._most = most
        self._seen = 0

    def check(self, headers: Mapping[bytes, bytes]) -> None:
        length = headers.get(b"content-length", b"0")
        if not length.isdigit():
            raise Refused("bad-input", "not a length", where="Content-Length")
        if len(length) > 15 or int(length) > self._most:
            raise Refused("too-large", f"at most {self._most} bytes")

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._seen += len(message.get("body", b""))
            if self._seen > self._most:
                raise Refused("too-large", f"at most {self._most} bytes")
        return message


def _host(header: str) -> str:
    """The host without its port, in lower case; nothing where it is not written as one."""
    found = _HOST.fullmatch(header)
    return "" if found is None else found[1].lower()


def _same_site(scope: Scope, headers: Mapping[bytes, bytes], *, tls: bool) -> None:
    """Refuse what a page of another site made a browser send. Following a link to here stays allowed."""
    site = headers.get(b"sec-fetch-site", b"none")
    if site in {b"cross-site", b"same-site"} and headers.get(b"sec-fetch-mode") != b"navigate":
        raise Refused("cross-site")
    if scope["method"] in _READING:
        return
    origin = headers.get(b"origin")
    scheme = "https" if tls else scope.get("scheme", "http")  # a proxy in front may have taken TLS off
    ours = f"{scheme}://".encode() + headers.get(b"host", b"")
    if site in {b"cross-site", b"same-site"} or (origin is not None and origin != ours):
        raise Refused("cross-site")


def _bucket(scope: Scope, caller: Caller) -> str:
    client = scope.get("client")
    return f"nobody {client[0] if client else ''}" if caller is NOBODY else caller.name


def _allow(allowance: Allowance) -> None:
    if not allowance.ok:
        raise Refused("too-many", headers={"Retry-After": str(math.ceil(allowance.wait))})
