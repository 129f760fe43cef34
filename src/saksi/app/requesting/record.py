"""The record: how requests were met, by party and kind, with what was wrong beside every speed; how much waits in each unit; what became of
money. No person is counted, nothing is ranked, and what stands on fewer than five requests is not shown.
"""

from __future__ import annotations

import csv
import io
from collections import Counter, defaultdict
from decimal import Decimal

import msgspec
from starlette.responses import Response

from saksi.actions import RULES, History, Kind
from saksi.actions.header import header_of
from saksi.actions.yardstick import FEW, Measure, Share, Times, measured
from saksi.app.api.desk import Call, Route
from saksi.app.api.keys import May
from saksi.app.api.wire import answer
from saksi.app.home import now_text
from saksi.app.node import Node
from saksi.app.people.signed import NO_STORE, person_at
from saksi.app.requesting.wire import MeasuresAnswer, MoneyLine, UnitLine
from saksi.app.web.site import Site

__all__ = ["Record", "record_of"]

_COLUMNS = (
    "party", "side", "kind", "requests", "wrong", "wrong_permille", "wrong_hours", "receive_middle_s", "receive_ninth_s",
    "decide_middle_s", "decide_ninth_s", "act_middle_s", "act_ninth_s", "done", "silent", "unfounded", "ledger_size",
)  # fmt: skip


class Record:
    """The endpoints of /record."""

    def __init__(self, node: Node, site: Site) -> None:
        self._node = node
        self._site = site

    def routes(self) -> tuple[Route, ...]:
        """All of them."""
        found = (("/record", self.page), ("/record.json", self.data), ("/record.csv", self.table))
        return tuple(Route("GET", path, endpoint, May.REQUEST, "The record", page=True) for path, endpoint in found)

    async def page(self, call: Call) -> Response:
        """Who did what, how fast?"""
        made, told = await _counted(call, self._node)
        return self._site.page(call, "record.html", headers=NO_STORE, measures=made, told=told, rules=RULES)

    async def data(self, call: Call) -> Response:
        """The same as data."""
        _, told = await _counted(call, self._node)
        return answer(call.request, msgspec.json.encode(told), headers=NO_STORE)

    async def table(self, call: Call) -> Response:
        """The measures as a table; a field is empty where its figure is not shown."""
        made, told = await _counted(call, self._node)
        out = io.StringIO()
        rows = csv.writer(out, lineterminator="\r\n")
        rows.writerow(_COLUMNS)
        rows.writerows(_row(each, told.at) for each in made)
        return answer(call.request, out.getvalue().encode(), media="text/csv; charset=utf-8; header=present", headers=NO_STORE)


async def _counted(call: Call, node: Node) -> tuple[list[Measure], MeasuresAnswer]:
    person_at(call)
    return await call.walk(lambda: record_of(node))


def record_of(node: Node) -> tuple[list[Measure], MeasuresAnswer]:
    """The measures as of now, and the whole answer."""
    book, now = node.book, now_text()
    size, ids = book.size, book.ids()
    courses = [list(book.course(each)) for each in ids]
    made = measured([[header_of(step, have, node.config.authority) for step, have in course] for course in courses], now)
    stood = [course[-1][1] for course in courses if course]
    return made, MeasuresAnswer(size, tuple(dict(each.to_json()) for each in made), _units(node, now), _money(stood, node.board.losses()))


def _units(node: Node, now: str) -> tuple[UnitLine, ...]:
    waits, overdue = Counter[str](), Counter[str]()
    after: tuple[str, str] | None = None
    while found := node.book.lines(waits=("us",), after=after, limit=1000):
        waits.update(each.unit for each in found)
        overdue.update(each.unit for each in found if each.due is not None and each.due < now)
        after = (found[-1].due or "9", found[-1].id)
    return tuple(UnitLine(unit, _shown(waits[unit]), _shown(overdue[unit])) for unit in sorted(waits))


def _money(stood: list[History], losses: list[tuple[str, str, int]]) -> tuple[MoneyLine, ...]:
    """What reports say was lost, what was asked to be held, what was held and what was returned, by currency."""
    sums: dict[tuple[str, str], list[Decimal]] = defaultdict(list)
    lost, tell = defaultdict[str, Decimal](Decimal), Counter[str]()
    for currency, amount, count in losses:
        lost[currency] += Decimal(amount) * count
        tell[currency] += count
    for have in stood:
        if have.sent_at is None or have.request.kind not in {Kind.HOLD, Kind.RETURN}:
            continue
        if have.request.kind is Kind.HOLD:
            for each in have.request.targets:
                if each.money is not None:
                    sums[each.money.currency, "asked"].append(each.money.value)
        what = "held" if have.request.kind is Kind.HOLD else "returned"
        for _, money in have.done:
            sums[money.currency, what].append(money.value)

    def total(currency: str, what: str) -> str | None:
        amounts = sums.get((currency, what), [])
        return f"{sum(amounts, Decimal(0)):f}" if not amounts or len(amounts) >= FEW else None

    def told(currency: str) -> str | None:
        return f"{lost[currency]:f}" if tell[currency] == 0 or tell[currency] >= FEW else None

    names = ("asked", "held", "returned")
    currencies = sorted({currency for currency, _ in sums} | set(tell))
    return tuple(MoneyLine(each, told(each), *(total(each, name) for name in names)) for each in currencies)


def _shown(count: int) -> int | None:
    return count if count == 0 or count >= FEW else None


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


def _safe(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in "=+-@\t\r" else text
