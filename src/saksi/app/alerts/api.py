"""Alerts over HTTP: saved, listed, paused and deleted by their owner, a person or a key; what was found; and the stream of events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec
from starlette.responses import Response

from saksi.app.alerts.alert import Alert, Wish
from saksi.app.alerts.alerting import Alerting
from saksi.app.alerts.search import WAYS, read_search
from saksi.app.alerts.stream import Listeners, Stream, still_there
from saksi.app.alerts.telling import AlertHit
from saksi.app.api.desk import Call, Route
from saksi.app.api.keys import May
from saksi.app.api.look import read_body
from saksi.app.api.once import IDEMPOTENT
from saksi.app.api.params import PURPOSE, Param
from saksi.app.api.problems import Refused
from saksi.app.api.replay import check_key
from saksi.app.api.wire import JSON, answer
from saksi.model import BadInput, Json

__all__ = [
    "ALERT",
    "AlertApi",
    "AlertBody",
    "AlertHits",
    "AlertLine",
    "AlertsAnswer",
    "PauseBody",
    "apart",
    "found",
    "line_of",
    "owner_of",
    "saved",
]

_T = TypeVar("_T")
ALERT = Param("alert", "The id of a saved search.", "w-3f09ab12c4d5", longest=14, form="w-[0-9a-f]{12}", place="path")
_AFTER = Param("after", "Only what was found behind this number.", 0, most=2**53 - 1)
_LAST = Param(
    "Last-Event-ID", "The number of the event seen last, as browsers send it.", longest=16, form="0|[1-9][0-9]{0,15}", place="header"
)
_PAGE = 100
_LINE: dict[str, Json] = {
    "id": "w-3f09ab12c4d5", "how": "entity", "what": "phone:+85512345678", "role": "", "purpose": "preventing a loss",
    "made": "2026-06-15T12:00:00Z", "paused": False, "hook": "https://bank.a.example/saksi", "mail": "", "channels": {}, "newest": 0,
}  # fmt: skip
_HIT: dict[str, Json] = {
    "id": 17, "alert": "w-3f09ab12c4d5", "found_at": "2026-06-15T12:00:01Z", "ref": "centre.a.example/saksi/1#" + "0f" * 32,
    "statement": "/s/" + "0f" * 32, "page": "/e/phone:+85512345678", "entity": "phone:+85512345678", "prop": "role", "value": "recipient",
    "standing": "stands", "synthetic": True, "more": False,
}  # fmt: skip

_BODY: dict[str, Json] = {"how": "entity", "what": "012 345 678", "country": "KH", "hook": "https://bank.a.example/saksi"}
_TOLD = "What is told is judged when it is told: by the clearance of then, and without what was taken back."
_STREAM = (
    "Server-sent events `alert`, one for each hit of each search that does not rest. Goes on behind `Last-Event-ID` or `after`; without "
    "them with what is new from now on. Ends within a second of the key or the session."
)


class AlertBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A search to save: how, what, with which role (left out: any), and where it rings: an https address, a mail address."""

    how: str
    what: str
    role: str = ""
    country: str | None = None
    hook: str = ""
    mail: str = ""


class PauseBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether a saved search rests. What comes in meanwhile is not found for it."""

    paused: bool


class AlertLine(msgspec.Struct, frozen=True, kw_only=True):
    """A saved search. `channels` says of each channel that rings by itself how it is; `newest` is the number of its newest hit.

    `secret`, which webhooks are signed with, is there once: in the answer to saving it.
    """

    id: str
    how: str
    what: str
    role: str
    purpose: str
    made: str
    paused: bool
    hook: str
    mail: str
    channels: dict[str, str]
    newest: int
    secret: str = ""


class AlertsAnswer(msgspec.Struct, frozen=True):
    """One's saved searches, the newest first."""

    alerts: tuple[AlertLine, ...]


class AlertHits(msgspec.Struct, frozen=True):
    """What a search found, in the order it was found. `next` is where to go on from (`after`), or null at the end."""

    hits: tuple[AlertHit, ...]
    next: int | None


def owner_of(call: Call) -> str:
    """Whose saved searches are meant. Raises Refused (401) for whoever has no name that lasts."""
    if call.caller.name in {"local", "nobody"}:
        raise Refused("key-needed", "Saved searches belong to somebody: sign in, or send a key.")
    return call.caller.name


async def saved(call: Call, alerting: Alerting, body: AlertBody, purpose: str) -> Alert:
    """Save a search for the caller; that they did is written down like a look-up."""
    owner = owner_of(call)
    search = read_search(body.how, body.what, body.role, country=body.country or call.desk.settings.country or None)
    key = call.request.headers.get("idempotency-key")
    if key is not None:
        check_key(key)
    call.desk.access.note(call.caller.watcher(purpose), "alert", what=(search.what,))
    return await apart(lambda: alerting.save(owner, Wish(search, purpose, body.hook, body.mail), key=key or ""))


def line_of(alert: Alert, alerting: Alerting) -> AlertLine:
    """An alert as its owner sees it, without its secrets."""
    newest = alerting.store.newest(alert.id, 1)
    search, channels = alert.search, alert.channels
    states = {
        each.channel: each.stopped or (f"waits, tried {each.tries} times" if each.tries else "works")
        for each in alerting.store.courses(alert.id)
    }
    return AlertLine(
        id=alert.id, how=search.how, what=search.what, role=search.role, purpose=alert.purpose, made=alert.made, paused=alert.paused,
        hook=channels.hook, mail=channels.mail, channels=states, newest=newest[0].number if newest else 0,
    )  # fmt: skip


async def apart(work: Callable[[], _T]) -> _T:
    """Do what reads many rows, or waits for the disk, off the thread that answers."""
    return await asyncio.to_thread(work)


@dataclass(frozen=True, slots=True)
class AlertApi:
    """The addresses of alerts for programs."""

    alerting: Alerting
    listeners: Listeners = field(default_factory=Listeners)

    def routes(self) -> tuple[Route, ...]:
        """All of them."""
        one, tag, missing = "/api/v1/alerts/{alert}", "Alerts", ("not-found",)
        ways = "; ".join(f"`{how}`: {said}" for how, said in WAYS.items())
        return (
            Route(
                "GET",
                "/api/v1/alerts",
                self.all,
                May.LOOK,
                "One's saved searches",
                answers={200: ("AlertsAnswer", JSON, {"alerts": [_LINE]})},
                tag=tag,
            ),
            Route(
                "POST",
                "/api/v1/alerts",
                self.add,
                May.LOOK,
                "Save a search",
                f"{ways}. {_TOLD}",
                (IDEMPOTENT, PURPOSE),
                ("AlertBody", JSON, _BODY),
                {201: ("AlertLine", JSON, {**_LINE, "secret": "whsec_c3ludGhldGlj"})},
                ("purpose-needed", "wrong-media", "too-large"),
                tag,
            ),
            Route(
                "DELETE",
                one,
                self.delete,
                May.LOOK,
                "Delete a saved search",
                params=(ALERT,),
                answers={204: ("", "", "")},
                problems=missing,
                tag=tag,
            ),
            Route(
                "POST",
                f"{one}/pause",
                self.pause,
                May.LOOK,
                "Let a saved search rest, or go on",
                "Going on also starts a webhook anew that stopped.",
                (ALERT,),
                ("PauseBody", JSON, {"paused": True}),
                {200: ("AlertLine", JSON, _LINE)},
                (*missing, "wrong-media"),
                tag,
            ),
            Route(
                "GET",
                f"{one}/hits",
                self.hits,
                May.LOOK,
                "What a saved search found",
                _TOLD,
                (ALERT, _AFTER),
                answers={200: ("AlertHits", JSON, {"hits": [_HIT], "next": 117})},
                problems=missing,
                tag=tag,
            ),
            Route(
                "GET",
                "/api/v1/events",
                self.events,
                May.LOOK,
                "What is found, as it is found",
                _STREAM,
                (_AFTER, _LAST),
                answers={200: ("AlertEvent", "text/event-stream", {"id": "17", "event": "alert", "data": json.dumps(_HIT)})},
                problems=("too-many",),
                tag="Node",
            ),
        )

    async def all(self, call: Call) -> Response:
        """One's saved searches."""
        owner = owner_of(call)
        lines = await apart(lambda: tuple(line_of(each, self.alerting) for each in self.alerting.store.of(owner)))
        return answer(call.request, msgspec.json.encode(AlertsAnswer(lines)))

    async def add(self, call: Call) -> Response:
        """Save one."""
        body = await read_body(call, AlertBody)
        call.caller.reader(call.purpose)  # above CLEAR nobody looks without a purpose
        made = await saved(call, self.alerting, body, call.purpose)
        line = msgspec.structs.replace(line_of(made, self.alerting), secret=made.channels.secret)
        return Response(msgspec.json.encode(line), 201, {"Cache-Control": "no-store", "Location": f"/alerts/{made.id}"}, JSON)

    async def delete(self, call: Call) -> Response:
        """Delete one."""
        alert = found(call, self.alerting)
        await apart(lambda: self.alerting.store.delete(alert.id, alert.owner))
        return Response(status_code=204, headers={"Cache-Control": "no-store"})

    async def pause(self, call: Call) -> Response:
        """Let one rest, or go on."""
        body, alert, store = await read_body(call, PauseBody), found(call, self.alerting), self.alerting.store
        await apart(lambda: store.pause(alert.id, alert.owner, paused=body.paused))
        line = line_of(store.get(alert.id, alert.owner), self.alerting)
        return Response(msgspec.json.encode(line), 200, {"Cache-Control": "no-store"}, JSON)

    async def hits(self, call: Call) -> Response:
        """What was found."""
        alert, after = found(call, self.alerting), call.asked.number("after") or 0
        made = await apart(lambda: self.alerting.store.hits(alert=alert.id, after=after, limit=_PAGE))
        told = await apart(lambda: self.alerting.teller.told(alert, made, way="page", withdrawn=True))
        body = AlertHits(tuple(told), made[-1].number if len(made) == _PAGE else None)
        return answer(call.request, msgspec.json.encode(body))

    async def events(self, call: Call) -> Response:
        """The stream of events."""
        owner = owner_of(call)
        last = call.request.headers.get("last-event-id")
        after = int(str(_LAST.read(last))) if last else call.asked.number("after")
        self.listeners.enter(owner)
        alerting = self.alerting
        return Stream(
            owner, alerting.store.last(owner) if after is None else after, store=alerting.store, teller=alerting.teller,
            there=still_there(call.caller, call.desk.people.sessions), left=lambda: self.listeners.leave(owner),
        )  # fmt: skip


def found(call: Call, alerting: Alerting) -> Alert:
    """The caller's saved search that an address names. Raises Refused (404) where it is not there, or not theirs."""
    try:
        return alerting.store.get(call.asked.text("alert"), owner_of(call))
    except BadInput as fault:
        raise Refused("not-found") from fault
