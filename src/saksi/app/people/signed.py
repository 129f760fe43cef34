"""Who is signed in at a route, and whether they have just shown a second factor: asked before anything that bears upon others."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from starlette.responses import RedirectResponse, Response

from saksi.app.api.desk import Call
from saksi.app.api.problems import Refused
from saksi.app.people.cookies import keep_cookie, known_cookie, read_cookie, session_cookie
from saksi.app.people.door import Knock
from saksi.app.people.passkeys import Site as Place
from saksi.app.people.sessions import Session
from saksi.model import NotAllowed, SaksiError

__all__ = [
    "NO_STORE", "away", "check_fresh", "enter", "fresh", "held", "is_fresh", "knock_of", "on_porter", "on_writer", "person_at", "place_of",
    "status_of",
]  # fmt: skip

NO_STORE = {"Cache-Control": "no-store"}
_SECOND = "second factor"  # where a refusal says that it has to be shown again
_T = TypeVar("_T")


def held(call: Call) -> Session:
    """The session of whoever calls, whole or still lacking its second factor. Raises Refused (401) where there is none."""
    if call.caller.session is None:
        raise Refused("key-needed", "Sign in first.")
    return call.caller.session


def person_at(call: Call) -> Session:
    """The session of a person who is signed in. Raises Refused (401) where nobody is."""
    session = held(call)
    if session.factor is None:
        raise Refused("key-needed", "Sign in first: a second factor is missing.")
    return session


def fresh(call: Call) -> Session:
    """The session of a person who showed a second factor within five minutes. Raises Refused (403) where they have to show it again."""
    session = person_at(call)
    if not is_fresh(call):
        raise Refused("second-factor")
    return session


def is_fresh(call: Call) -> bool:
    """Whether who is signed in showed a second factor within five minutes."""
    return person_at(call).fresh(call.desk.people.store.clock())


def check_fresh(call: Call) -> None:
    """The same for a page that shows again what was typed. Raises NotAllowed."""
    if not is_fresh(call):
        raise NotAllowed(
            "this bears upon others: show your second factor again",
            where=_SECOND,
            todo="the link on this page opens beside it; then send this again",
        )


def status_of(fault: SaksiError | None, otherwise: int) -> int:
    """What HTTP calls a page that shows again what was typed, with the refusal that it met."""
    return 200 if fault is None else 403 if fault.where == _SECOND else otherwise


def knock_of(call: Call) -> Knock:
    """Who is at the door."""
    request = call.request
    known = read_cookie(dict(request.headers.raw), known_cookie(tls=call.desk.settings.tls))
    return Knock(request.client.host if request.client else "", request.headers.get("user-agent", ""), known)


def place_of(call: Call) -> Place:
    """The node as this browser calls it; the host was checked by the guard."""
    host = call.request.headers.get("host", "").lower()
    scheme = "https" if call.desk.settings.tls else call.request.url.scheme
    name = host.partition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]
    return Place(name, f"{scheme}://{host}", call.desk.settings.title)


async def on_porter(call: Call, work: Callable[[], _T]) -> _T:
    """Do what takes its time (a hash, a word with the provider) off the thread that answers."""
    return await asyncio.get_running_loop().run_in_executor(call.desk.people.porter, work)


async def on_writer(call: Call, work: Callable[[], _T]) -> _T:
    """Write to the ledger in the one thread that does; not broken off where the caller hangs up meanwhile."""
    return await asyncio.shield(asyncio.get_running_loop().run_in_executor(call.desk.writer, call.writing(work)))


def away(path: str) -> Response:
    """Go on to another page."""
    return RedirectResponse(path, 303, NO_STORE)


def enter(call: Call, response: Response, token: str, *, mark: str = "") -> Response:
    """Give the browser its session, always under a new token; the one it came with before is over."""
    tls = call.desk.settings.tls
    before = call.caller.session
    now = call.desk.people.sessions.find(token)
    if before is not None and (now is None or before.id != now.id):
        call.desk.people.sessions.end(before.person.id, before.id, by=before.person.id)
    keep_cookie(response, session_cookie(tls=tls), token)
    if mark:
        keep_cookie(response, known_cookie(tls=tls), mark)
    return response
