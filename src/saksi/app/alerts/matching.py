"""One round of matching: what the views hold since the last round, against every alert of somebody who may still look."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Protocol

import pyarrow as pa

from saksi.app.alerts.alert import Alert
from saksi.app.alerts.match import Question, matched
from saksi.app.alerts.owners import Owner, Owners
from saksi.app.alerts.store import AlertStore
from saksi.app.home import Home, now_text, today
from saksi.cases import Case
from saksi.cases.board import Board
from saksi.cases.case import Stand
from saksi.model import ALL_GROUPS, Reader, Tlp, release
from saksi.views.news import news
from saksi.views.views import Views

__all__ = ["Matching", "match_new"]


class Matching(Protocol):
    """What matching asks of a node."""

    @property
    def files(self) -> Home: ...

    @property
    def views(self) -> Views: ...

    @property
    def board(self) -> Board: ...


def match_new(node: Matching, store: AlertStore, owners: Owners) -> int:
    """Find what is new for each alert and keep it; gives how many hits there are. The first time nothing is new: all was there before.

    Statements that came in while nobody matched are found by the next round, whatever stopped in between.
    """
    stop, start = node.views.stop(), store.matched()
    if start == stop:
        return 0
    asked = _asked(node, store.every(), owners)  # after the look at the views: who has saved a search misses nothing from then on
    rows: list[tuple[str, bytes, str]] = []
    if start is not None and start < stop and asked:  # else: the first time, or views of a restored, shorter ledger
        with node.views.pinned() as views:
            rows = list(_found(node, views, asked, (start, stop)))
    return store.found(rows, statements=stop, at=now_text())


def _found(node: Matching, views: Views, asked: dict[Question, list[str]], span: tuple[int, int]) -> Iterator[tuple[str, bytes, str]]:
    """What is new in a span of statements for each alert that asks: its id, the commitment, and under which clearance there is more."""
    questions, names = list(asked), {level.rank: level.value for level in Tlp}
    with views.engine() as engine:
        table = news(engine, *span)
        seen, said_by = _seen(views, table, {each.level for each in questions}), _said_by(views, table, questions)
        for each in matched(table, questions, seen=seen, said_by=said_by, scratch=node.files.alerts / "scratch"):
            question, commitment = questions[each.place], engine.commitment(each.ordinal)
            for alert in asked[question]:
                yield alert, commitment, names[question.level] if each.more else ""


def _asked(node: Matching, alerts: Iterable[Alert], owners: Owners) -> dict[Question, list[str]]:
    """Every question once, with the alerts that ask it."""
    made: dict[Question, list[str]] = defaultdict(list)
    known: dict[str, Owner | None] = {}
    for alert in alerts:
        if alert.owner not in known:
            known[alert.owner] = owners.now(alert.owner)
        owner, search = known[alert.owner], alert.search
        if owner is None:
            continue
        level = owner.clearance.rank
        if search.how != "case":
            made[Question(search.how, search.what, search.role, level)].append(alert.id)
            continue
        for entity in _named(node.board.case(search.what), owner):
            made[Question("entity", entity, search.role, level)].append(alert.id)
    return made


def _named(case: Case | None, owner: Owner) -> Iterator[str]:
    """What a case names, where it is open and its owner is one of its members."""
    cleared = owner.clearance.rank >= Tlp.AMBER_STRICT.rank  # the marking of cases
    if cleared and case is not None and case.stand is Stand.OPEN and owner.person is not None and owner.person.id in case.members:
        yield from (each.name for each in (*case.entities, *case.reports))


def _seen(views: Views, table: pa.Table, levels: set[int]) -> pa.Table:
    """Which clearance may see which marking, by the one function that decides it."""
    day, pairs = today(), []
    clearances = {level.rank: level for level in Tlp}
    for handling in table["handling"].unique().to_pylist():
        marking = views.handling(handling)
        for level in levels:
            reader = Reader("", home=True, clearance=clearances[level], known=True)
            if release(marking, reader, on=day) == ALL_GROUPS:
                pairs.append((level, handling))
    return pa.table(
        {"level": pa.array([pair[0] for pair in pairs], pa.int64()), "handling": pa.array([pair[1] for pair in pairs], pa.uint32())}
    )


def _said_by(views: Views, table: pa.Table, questions: Iterable[Question]) -> pa.Table:
    """The publisher of each new source, where somebody asks for one."""
    asked = any(each.how == "source" for each in questions)
    sources = table["source"].unique().to_pylist() if asked else []
    return pa.table(
        {"source": pa.array(sources, pa.uint32()), "publisher": pa.array([views.source(each).publisher for each in sources], pa.string())}
    )
