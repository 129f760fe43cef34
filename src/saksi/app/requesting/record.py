"""The record: how requests were met, by party and kind, with what was wrong beside every speed; how much waits in each unit; what became of
money. No person is counted, nothing is ranked, and what stands on fewer than five requests is not shown.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import TypeAlias

import msgspec
from starlette.responses import Response

from saksi.actions import RULES
from saksi.actions.yardstick import Measure, Share, Times
from saksi.app.api.desk import Call, Route
from saksi.app.api.keys import May
from saksi.app.api.params import Param
from saksi.app.api.wire import answer
from saksi.app.node import Node
from saksi.app.people.signed import NO_STORE, person_at
from saksi.app.requesting.counted import record_of
from saksi.app.requesting.wire import MeasuresAnswer
from saksi.app.web.site import Site

__all__ = ["Record"]

_COLUMNS = (
    "party", "side", "kind", "requests", "wrong", "wrong_permille", "wrong_hours", "receive_middle_s", "receive_ninth_s",
    "decide_middle_s", "decide_ninth_s", "act_middle_s", "act_ninth_s", "done", "silent", "unfounded", "ledger_size",
)  # fmt: skip
_UNIT = ("unit", "waits", "overdue", "ledger_size")
_MONEY = ("currency", "reported", "asked", "held", "returned", "ledger_size")
_Rows: TypeAlias = "tuple[Sequence[str], list[list[str]]]"
_TABLE = Param(
    "table",
    "Which table: the measures, what waits in each unit, or what became of money.",
    "measures",
    longest=8,
    form="measures|units|money",
)


class Record:
    """The endpoints of /record."""

    def __init__(self, node: Node, site: Site) -> None:
        self._node = node
        self._site = site

    def routes(self) -> tuple[Route, ...]:
        """All of them."""
        found = (("/record", self.page), ("/record.json", self.data), ("/record.csv", self.table))
        return tuple(
            Route("GET", path, endpoint, May.REQUEST, "The record", params=(_TABLE,) if endpoint == self.table else (), page=True)
            for path, endpoint in found
        )

    async def page(self, call: Call) -> Response:
        """Who did what, how fast?"""
        made, told = await _counted(call, self._node)
        return self._site.page(call, "record.html", headers=NO_STORE, measures=made, told=told, rules=RULES)

    async def data(self, call: Call) -> Response:
        """The same as data."""
        _, told = await _counted(call, self._node)
        return answer(call.request, msgspec.json.encode(told), headers=NO_STORE)

    async def table(self, call: Call) -> Response:
        """One of its tables; a field is empty where its figure is not shown."""
        made, told = await _counted(call, self._node)
        head, found = _table(call.asked.maybe("table") or "measures", made, told)
        out = io.StringIO()
        rows = csv.writer(out, lineterminator="\r\n")
        rows.writerow(head)
        rows.writerows(found)
        return answer(call.request, out.getvalue().encode(), media="text/csv; charset=utf-8; header=present", headers=NO_STORE)


def _table(name: str, made: Sequence[Measure], told: MeasuresAnswer) -> _Rows:
    if name == "measures":
        return _COLUMNS, [_row(each, told.at) for each in made]
    head, lines = (_UNIT, told.units) if name == "units" else (_MONEY, told.money)
    return head, [[*(_cell(getattr(line, column)) for column in head[:-1]), str(told.at)] for line in lines]


async def _counted(call: Call, node: Node) -> tuple[list[Measure], MeasuresAnswer]:
    person_at(call)
    return await call.walk(lambda: record_of(node))


def _row(made: Measure, size: int) -> list[str]:
    def pair(times: Times | None) -> tuple[int | None, int | None]:
        return (None, None) if times is None else (times.middle, times.ninth)

    def part(share: Share) -> int | None:
        return share.part

    cells = (
        _safe(made.party), "asked" if not made.asks else "asking", made.kind.value, made.requests, part(made.wrong), made.wrong.permille,
        made.wrong_hours, *pair(made.receive), *pair(made.decide), *pair(made.act), part(made.done), part(made.silent),
        part(made.unfounded), size,
    )  # fmt: skip
    return ["" if cell is None else str(cell) for cell in cells]


def _cell(figure: str | int | None) -> str:
    return "" if figure is None else _safe(str(figure))


def _safe(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in "=+-@\t\r" else text
