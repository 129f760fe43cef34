"""The queue of reports on the board: by urgency as it is now, then by age, page by page."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from saksi.cases.tables import facts_of
from saksi.cases.triage import Triage, Urgency, triage
from saksi.model import BadInput
from saksi.model.moment import moment

__all__ = ["STATES", "Counts", "Place", "Queue", "ReportLine", "counted", "line_of", "page"]

STATES = ("open", "assigned", "merged", "closed")
_COLUMNS = (
    "number, id, state, age, reported, happened, known, country, typology, amount, currency, synthetic, proposed, leaf, place, "
    "danger, paying"
)
# The urgency at a time: what lasts, unless money is still within reach. For each: which rows, the index, and the values to put in.
_WHERE = {
    Urgency.DANGER: "INDEXED BY report_queue WHERE state = :state AND lasting = 0",
    Urgency.PAYING: "INDEXED BY report_queue WHERE state = :state AND lasting = 1",
    Urgency.MONEY: "INDEXED BY report_reach WHERE state = :state AND reach > :now AND lasting > 1",
    Urgency.UNKNOWN: "INDEXED BY report_queue WHERE state = :state AND lasting = 3 AND ifnull(reach, '') <= :now",
    Urgency.ROUTINE: "INDEXED BY report_queue WHERE state = :state AND lasting = 4 AND ifnull(reach, '') <= :now",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportLine:
    """One report: how it stands on the board, how urgent it is and why, and what its record tells. (`leaf`, `place`) is its record's
    place in the ledger. `age` is from when on it waits: when it was reported, where that is told, else when it was recorded.
    `proposed`: it stands as the public form brought it, and nobody has confirmed it."""

    id: str
    state: str
    triage: Triage
    age: str
    reported: str | None
    happened: str | None
    known: str
    country: str | None
    typology: str | None
    amount: str | None
    currency: str | None
    synthetic: bool
    proposed: bool
    leaf: int
    place: int


@dataclass(frozen=True, slots=True)
class Queue:
    """A page of the queue as of `now`; `next` goes on behind it, None where nothing is left."""

    lines: tuple[ReportLine, ...]
    now: str
    next: str | None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many reports there are by state, and how many open ones by urgency."""

    states: dict[str, int]
    urgencies: dict[Urgency, int]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins: at which time urgency is told, among which reports, behind which one."""

    now: str
    state: str
    urgency: Urgency = Urgency.DANGER
    age: str = ""
    id: str = ""

    def __post_init__(self) -> None:
        moment(self.now, "now")
        if self.state not in STATES:
            raise BadInput(f"a report is one of {', '.join(STATES)}, not {self.state[:20]!r}", where="state")

    @classmethod
    def first(cls, now: str, state: str) -> Place:
        """The beginning of the queue."""
        return cls(now, state)

    @classmethod
    def behind(cls, line: ReportLine, now: str) -> Place:
        """Behind a report, as it stood at `now`."""
        return cls(now, line.state, line.triage.urgency, line.age, line.id)

    @classmethod
    def read(cls, text: str) -> Place:
        """Read what `write` wrote. Raises BadInput for anything else."""
        try:
            found = json.loads(text)
        except ValueError:
            found = None
        if not (isinstance(found, list) and len(found) == 5 and all(isinstance(each, str) for each in found)):
            raise BadInput("a cursor is what an earlier page gave", where="after")
        if not re.fullmatch("[0-4]", found[2], re.ASCII):
            raise BadInput("a cursor is what an earlier page gave", where="after")
        return cls(found[0], found[1], Urgency(int(found[2])), found[3], found[4])

    def write(self) -> str:
        """The place as text."""
        return json.dumps([self.now, self.state, str(int(self.urgency)), self.age, self.id])


def page(link: sqlite3.Connection, place: Place, limit: int) -> Queue:
    """The page that begins behind `place`."""
    made: list[ReportLine] = []
    at = place
    for row in _rows(link, place, limit + 1):
        if len(made) == limit:
            return Queue(tuple(made), place.now, at.write())
        line = _line(link, row, place.now)
        made.append(line)
        at = Place.behind(line, place.now)
    return Queue(tuple(made), place.now, None)


def line_of(link: sqlite3.Connection, report: str, now: str) -> ReportLine | None:
    """One report as it stands."""
    row = link.execute(f"SELECT {_COLUMNS} FROM report WHERE id = ? AND age IS NOT NULL", (report,)).fetchone()  # noqa: S608
    return None if row is None else _line(link, row, now)


def counted(link: sqlite3.Connection, now: str) -> Counts:
    """All counts at a time."""
    found = dict(link.execute("SELECT state, count(*) FROM report WHERE age IS NOT NULL GROUP BY state"))
    urgencies = {
        urgency: int(link.execute(f"SELECT count(*) FROM report {where} AND age IS NOT NULL", {"state": "open", "now": now}).fetchone()[0])  # noqa: S608
        for urgency, where in _WHERE.items()
    }
    return Counts({state: int(found.get(state, 0)) for state in STATES}, urgencies)


def _rows(link: sqlite3.Connection, place: Place, limit: int) -> Iterator[tuple[object, ...]]:
    left = limit
    for urgency in Urgency:
        if urgency < place.urgency or left <= 0:
            continue
        age, last = (place.age, place.id) if urgency == place.urgency else ("", "")
        inner = f"SELECT number FROM report {_WHERE[urgency]} AND (age, id) > (:age, :id) ORDER BY age, id LIMIT :limit"  # noqa: S608
        text = f"SELECT {_COLUMNS} FROM report WHERE number IN ({inner}) ORDER BY age, id"  # noqa: S608 - our own words
        values = {"state": place.state, "now": place.now, "age": age, "id": last, "limit": left}
        rows = link.execute(text, values).fetchall()
        left -= len(rows)
        yield from rows


def _line(link: sqlite3.Connection, row: tuple[object, ...], now: str) -> ReportLine:
    number, id_, state, age, reported, happened, known, country, typology, amount, currency, synthetic, *where, danger, paying = row
    proposed, leaf, place = where
    facts = facts_of(link, int(str(number)), (_number(danger), _number(paying), _text(amount)))
    return ReportLine(
        id=str(id_), state=str(state), triage=triage(facts, now), age=str(age), reported=_text(reported), happened=_text(happened),
        known=str(known), country=_text(country), typology=_text(typology), amount=_text(amount), currency=_text(currency),
        synthetic=bool(synthetic), proposed=bool(proposed), leaf=int(str(leaf)), place=int(str(place)),
    )  # fmt: skip


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _number(value: object) -> int | None:
    return None if value is None else int(str(value))
