"""Cases for programs: the list, each case, and every word that may be entered, for people who signed in. No key opens a case, whoever
holds it (record 88)."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

import msgspec
from starlette.responses import Response

from saksi.app.api.desk import Call, Route
from saksi.app.api.keys import May
from saksi.app.api.look import read_body
from saksi.app.api.once import IDEMPOTENT, done, once
from saksi.app.api.params import CURSOR, LIMIT, PURPOSE
from saksi.app.api.replay import Stored
from saksi.app.api.wire import JSON
from saksi.app.casing import Casing
from saksi.app.work.asking import who
from saksi.app.work.case import CASE, CLOCK, CasePage
from saksi.app.work.cases import Cases
from saksi.app.work.entering import CaseBody, EntryBody, act_of, work_of
from saksi.app.work.told import EnteredAnswer
from saksi.cases import Case
from saksi.model import Json

__all__ = ["CasesApi"]

_POSTED = ("in-progress", "key-reused", "answer-gone", "wrong-media", "too-large", "not-allowed")

_LINE: dict[str, Json] = {
    "id": "0f" * 16, "unit": "unit one", "title": "report: money may still be reached", "stand": "merged", "lead": "p-0123abcd",
    "opened": "2026-06-15T12:00:00Z", "moved": "2026-06-15T12:00:00Z", "into": "1e" * 16,
}  # fmt: skip
_ENTRY: dict[str, Json] = {
    "case": "0f" * 16, "word": "open", "at": "2026-06-15T12:00:00Z", "after": "0" * 64, "person": "p-0123abcd", "unit": "unit one",
    "role": "analyst", "text": "report: money may still be reached", "head": "0f" * 32,
}  # fmt: skip
_CASE: dict[str, Json] = {
    "id": "0f" * 16, "unit": "unit one", "title": "report: money may still be reached", "opened_at": "2026-06-15T12:00:00Z",
    "stand": "open", "head": "0f" * 32, "at": "2026-06-15T12:00:00Z", "entries": 1, "lead": "p-0123abcd", "members": ["p-0123abcd"],
    "everybody": ["p-0123abcd"],
}  # fmt: skip
_ENTERED: dict[str, Json] = {"case": "0f" * 16, "stand": "open", "head": "0f" * 32}


class CasesApi:
    """The endpoints below /api/v1/cases. Whoever looks states a purpose, as in the rest of the API."""

    def __init__(self, node: Casing, lists: Cases, pages: CasePage) -> None:
        self._node = node
        self._lists = lists
        self._pages = pages

    def routes(self) -> tuple[Route, ...]:
        """All addresses."""
        about = "For people who signed in: no key has this right. A case that is not there and one of others answer alike."
        return (
            Route(
                "GET", "/api/v1/cases", self.cases, May.CASE, "The cases of the person who asks, the last moved first", about,
                (CURSOR, LIMIT, PURPOSE), answers={200: ("CasesAnswer", JSON, {"cases": [_LINE], "next": "WyIx"})},
                problems=("purpose-needed",), tag="Cases",
            ),
            Route(
                "GET", "/api/v1/cases/{case}", self.case, May.CASE, "A case: what it holds, its entries, its chronology", about,
                (CASE, CLOCK, PURPOSE),
                answers={200: ("CaseAnswer", JSON, {"case": _CASE, "favour_now": [], "entries": [_ENTRY], "chronology": []})},
                problems=("purpose-needed", "not-found"), tag="Cases",
            ),
            Route(
                "POST", "/api/v1/cases", self.open, May.CASE, "Open a case",
                "In the name of whoever is signed in: they are its lead.", (IDEMPOTENT,),
                ("CaseBody", JSON, {"title": "report: money may still be reached", "reports": ["report:desk/1"]}),
                done("EnteredAnswer", _ENTERED), _POSTED, "Cases",
            ),
            Route(
                "POST", "/api/v1/cases/{case}/entries", self.enter, May.CASE, "Enter a word in a case",
                "In the name of whoever is signed in, on the case as they saw it (`head`); refused where others entered something since. "
                "What changes who sees the case needs a second factor shown within five minutes.",
                (CASE, IDEMPOTENT), ("EntryBody", JSON, {"word": "note", "head": "0f" * 32, "text": "called the bank"}),
                done("EnteredAnswer", _ENTERED), (*_POSTED, "second-factor"), "Cases",
            ),
        )  # fmt: skip

    async def cases(self, call: Call) -> Response:
        """The list."""
        call.caller.reader(call.purpose)  # refuses whoever does not say what for
        return await self._lists.cases_data(call)

    async def case(self, call: Call) -> Response:
        """One case."""
        call.caller.reader(call.purpose)
        return await self._pages.case_data(call)

    async def open(self, call: Call) -> Response:
        """A new case."""
        body, (actor, clearance) = await read_body(call, CaseBody), who(call)
        asked = sha256(b"case\0" + msgspec.json.encode(body)).digest()
        return await _entered(call, asked, lambda: self._node.open_case(body.title.strip(), actor, clearance, reports=body.reports))

    async def enter(self, call: Call) -> Response:
        """A word in a case."""
        body, case = await read_body(call, EntryBody), call.asked.text("case")
        act = act_of(call, self._node, work_of(case, body), body.into_head or "")
        return await _entered(call, sha256(f"entry {case}\0".encode() + msgspec.json.encode(body)).digest(), act)


async def _entered(call: Call, asked: bytes, act: Callable[[], Case]) -> Response:
    def work() -> Stored:
        have = act()
        said = EnteredAnswer(have.id, have.stand.value, have.head)
        return Stored(201, msgspec.json.encode(said), f"/api/v1/cases/{have.id}")

    return await once(call, asked, work)
