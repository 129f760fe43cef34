"""Cases for programs: the list and each case, for people who signed in. No key opens a case, whoever holds it (record 88)."""

from __future__ import annotations

from starlette.responses import Response

from saksi.app.api.desk import Call, Route
from saksi.app.api.keys import May
from saksi.app.api.params import CURSOR, LIMIT, PURPOSE
from saksi.app.api.wire import JSON
from saksi.app.work.case import CASE, CLOCK, CasePage
from saksi.app.work.cases import Cases
from saksi.model import Json

__all__ = ["CasesApi"]

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


class CasesApi:
    """The endpoints below /api/v1/cases. A purpose is stated, as in the rest of the API."""

    def __init__(self, lists: Cases, pages: CasePage) -> None:
        self._lists = lists
        self._pages = pages

    def routes(self) -> tuple[Route, ...]:
        """Both addresses."""
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
        )  # fmt: skip

    async def cases(self, call: Call) -> Response:
        """The list."""
        call.caller.reader(call.purpose)  # refuses whoever does not say what for
        return await self._lists.cases_data(call)

    async def case(self, call: Call) -> Response:
        """One case."""
        call.caller.reader(call.purpose)
        return await self._pages.case_data(call)
