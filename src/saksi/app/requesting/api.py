"""Requests for programs in the hands of a person: the same drafts and steps as on the pages, under a session of theirs and never a key."""

from __future__ import annotations

from hashlib import sha256

import msgspec
from starlette.responses import Response

from saksi.app.api.desk import Call, Route
from saksi.app.api.keys import May
from saksi.app.api.look import read_body
from saksi.app.api.once import IDEMPOTENT, done, once
from saksi.app.api.params import CURSOR, LIMIT, PURPOSE
from saksi.app.api.replay import Stored
from saksi.app.api.wire import JSON, answer, next_link
from saksi.app.people.person import Person
from saksi.app.people.signed import NO_STORE, person_at
from saksi.app.requesting import samples
from saksi.app.requesting.counted import record_of
from saksi.app.requesting.office import Office
from saksi.app.requesting.pages import ID, SHOW
from saksi.app.requesting.wire import RequestBody, StepBody

__all__ = ["RequestsApi"]

_TAG = "Requests"
_POSTED = ("in-progress", "key-reused", "answer-gone", "wrong-media", "too-large", "not-allowed", "not-found")


class RequestsApi:
    """The addresses below /api/v1/requests, and the yardstick."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def routes(self) -> tuple[Route, ...]:
        """All of them."""
        return (
            Route(
                "GET", "/api/v1/requests", self.listed, May.REQUEST, "Requests, by what they wait for",
                params=(SHOW, CURSOR, LIMIT, PURPOSE), answers={200: ("RequestsAnswer", JSON, samples.LISTED)},
                problems=("purpose-needed",), tag=_TAG,
            ),
            Route(
                "POST", "/api/v1/requests", self.draft, May.REQUEST, "Draft a request",
                "In the name of whoever is signed in. A draft leaves nowhere: it needs the agreement that its kind asks for.",
                (IDEMPOTENT,), ("RequestBody", JSON, samples.BODY), done("RequestAnswer", samples.ANSWER), _POSTED, _TAG,
            ),
            Route(
                "GET", "/api/v1/requests/{id}", self.one, May.REQUEST, "A request: both halves, clocks, steps, and what you may do now",
                params=(ID, PURPOSE), answers={200: ("RequestAnswer", JSON, samples.ANSWER)},
                problems=("not-found", "purpose-needed"), tag=_TAG,
            ),
            Route(
                "POST", "/api/v1/requests/{id}/steps", self.step, May.REQUEST, "Take a step",
                "In the name of whoever is signed in. What bears upon others needs a second factor shown within five minutes.",
                (ID, IDEMPOTENT), ("StepBody", JSON, samples.STEP), done("RequestAnswer", samples.ANSWER),
                (*_POSTED, "second-factor"), _TAG,
            ),
            Route(
                "GET", "/api/v1/yardstick", self.yardstick, May.REQUEST, "How requests were met, the same for every party",
                answers={200: ("MeasuresAnswer", JSON, samples.MEASURES)}, tag=_TAG,
            ),
        )  # fmt: skip

    async def listed(self, call: Call) -> Response:
        """One list."""
        person, which = _looking(call), call.asked.maybe("show") or "mine"
        cursor, limit = call.asked.maybe("cursor"), call.asked.number("limit") or 50
        found = await call.walk(lambda: self._office.listed(which, person, after=cursor, limit=limit))
        call.note("requests", *(each.id for each in found.requests))
        return answer(call.request, msgspec.json.encode(found), headers=next_link(call.request, found.next) if found.next else None)

    async def draft(self, call: Call) -> Response:
        """Begin a request."""
        session = person_at(call)
        body = await read_body(call, RequestBody)

        def work() -> Stored:
            have = self._office.draft(body, session)
            view = self._office.view(have.request.id, session.person)
            return Stored(201, msgspec.json.encode(view), f"/api/v1/requests/{have.request.id}")

        return await once(call, sha256(b"request\0" + msgspec.json.encode(body)).digest(), work)

    async def one(self, call: Call) -> Response:
        """A request."""
        person, name = _looking(call), call.asked.text("id")
        view = await call.walk(lambda: self._office.view(name, person))
        call.note("request", name)
        return answer(call.request, msgspec.json.encode(view), headers=NO_STORE)

    async def step(self, call: Call) -> Response:
        """Take a step."""
        session, name, now = person_at(call), call.asked.text("id"), call.desk.people.store.clock()
        body = await read_body(call, StepBody)

        def work() -> Stored:
            self._office.step(name, body, session, now=now)
            return Stored(201, msgspec.json.encode(self._office.view(name, session.person)), f"/api/v1/requests/{name}")

        return await once(call, sha256(f"step {name}\0".encode() + msgspec.json.encode(body)).digest(), work)

    async def yardstick(self, call: Call) -> Response:
        """The yardstick."""
        person_at(call)
        _, told = await call.walk(lambda: record_of(self._office.node))
        return answer(call.request, msgspec.json.encode(told))


def _looking(call: Call) -> Person:
    """The person who looks, and says what for. Raises Refused where they do not."""
    person = person_at(call).person
    call.caller.reader(call.purpose)
    return person
