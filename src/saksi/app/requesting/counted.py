"""What the record says, counted: how requests were met, how much waits in each unit, what became of money. For the page, the API and the
command line alike; nothing that stands on fewer than five is shown.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from decimal import Decimal

from saksi.actions import History, Kind
from saksi.actions.header import header_of
from saksi.actions.yardstick import FEW, Measure, measured
from saksi.app.home import now_text
from saksi.app.node import Node
from saksi.app.requesting.wire import MeasuresAnswer, MoneyLine, UnitLine

__all__ = ["record_of"]


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
