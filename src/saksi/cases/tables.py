"""The tables of the board, and the writing of what moved into them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from saksi.cases.alike import sketch
from saksi.cases.triage import Facts, Payment, when
from saksi.views.reports import DANGER, PAYING, Moved

__all__ = ["NAMES", "SCHEMA", "facts_of", "write"]

NAMES = ("report", "thing", "naming", "payment", "entry", "refused", "file", "member", "task", "held")
SCHEMA = """
CREATE TABLE state (origin TEXT NOT NULL, size INTEGER NOT NULL, erasures INTEGER NOT NULL, version INTEGER NOT NULL);
CREATE TABLE report (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, leaf INTEGER, place INTEGER, known TEXT, reported TEXT,
  happened TEXT, country TEXT, typology TEXT, amount TEXT, currency TEXT, synthetic INTEGER, proposed INTEGER, words BLOB,
  danger INTEGER, paying INTEGER, age TEXT, lasting INTEGER, reach TEXT, state TEXT NOT NULL DEFAULT 'open');
CREATE INDEX report_queue ON report (state, lasting, age, id, reach);
CREATE INDEX report_reach ON report (state, reach, lasting, age, id) WHERE reach IS NOT NULL;
CREATE TABLE thing (number INTEGER PRIMARY KEY, entity TEXT NOT NULL UNIQUE, own INTEGER NOT NULL DEFAULT 0,
  reports INTEGER NOT NULL DEFAULT 0);
CREATE TABLE naming (thing INTEGER NOT NULL, report INTEGER NOT NULL, age TEXT, PRIMARY KEY (thing, report)) WITHOUT ROWID;
CREATE INDEX naming_report ON naming (report, thing);
CREATE INDEX naming_age ON naming (thing, age);
CREATE TABLE payment (entity TEXT PRIMARY KEY, report INTEGER NOT NULL, rail TEXT, at TEXT, day TEXT, amount TEXT, currency TEXT,
  reference TEXT) WITHOUT ROWID;
CREATE INDEX payment_report ON payment (report);
CREATE INDEX payment_reference ON payment (reference) WHERE reference IS NOT NULL;
CREATE INDEX payment_same ON payment (day, amount, currency) WHERE day IS NOT NULL AND amount IS NOT NULL AND currency IS NOT NULL;
CREATE TABLE entry (file TEXT NOT NULL, number INTEGER NOT NULL, leaf INTEGER NOT NULL, place INTEGER NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (file, number)) WITHOUT ROWID;
CREATE TABLE refused (leaf INTEGER NOT NULL, place INTEGER NOT NULL, why TEXT NOT NULL, PRIMARY KEY (leaf, place)) WITHOUT ROWID;
CREATE TABLE file (id TEXT PRIMARY KEY, unit TEXT NOT NULL, title TEXT NOT NULL, stand TEXT NOT NULL, lead TEXT NOT NULL,
  opened TEXT NOT NULL, moved TEXT NOT NULL, goes_to TEXT) WITHOUT ROWID;
CREATE TABLE member (person TEXT NOT NULL, file TEXT NOT NULL, PRIMARY KEY (person, file)) WITHOUT ROWID;
CREATE TABLE task (file TEXT NOT NULL, name TEXT NOT NULL, text TEXT NOT NULL, whom TEXT, due TEXT, PRIMARY KEY (file, name)) WITHOUT ROWID;
CREATE TABLE held (name TEXT NOT NULL, file TEXT NOT NULL, PRIMARY KEY (name, file)) WITHOUT ROWID;
"""
_RECORD = ("reported", "happened", "country", "typology", "amount", "currency")


@dataclass(slots=True)
class _Sorted:
    """What moved, each thing once; None, or an empty list, where nothing of it stands any more."""

    records: dict[str, Moved | None] = field(default_factory=dict)
    payments: dict[str, Moved | None] = field(default_factory=dict)
    flags: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    names: dict[tuple[str, str], bool] = field(default_factory=dict)
    own: dict[str, bool] = field(default_factory=dict)


def write(link: sqlite3.Connection, lines: Iterable[Moved]) -> None:
    """Put what moved into the tables, and work out anew how urgent each report is that it bears upon."""
    told = _sorted(lines)
    reports = {*told.records, *(report for _, report in told.names), *(report for report, _ in told.flags)}
    link.execute("CREATE TEMP TABLE touched (number INTEGER PRIMARY KEY)")
    try:
        link.executemany("INSERT OR IGNORE INTO report (id) VALUES (?)", ((each,) for each in sorted(reports)))
        _records(link, told)
        _names(link, told)
        _payments(link, told)
        numbers = "(SELECT number FROM report WHERE id = ?)"
        link.executemany(f"INSERT OR IGNORE INTO touched SELECT number FROM {numbers}", ((each,) for each in reports))  # noqa: S608
        _urgency(link)
    finally:
        link.execute("DROP TABLE touched")


def facts_of(link: sqlite3.Connection, number: int, row: tuple[int | None, int | None, str | None]) -> Facts:
    """What a report tells as far as urgency goes; `row` is its (danger, paying, amount)."""
    payments = link.execute("SELECT DISTINCT rail, at FROM payment WHERE report = ? ORDER BY rail, at", (number,)).fetchall()
    return _facts(row, tuple(Payment(rail, at) for rail, at in payments))


def _facts(row: tuple[int | None, int | None, str | None], payments: tuple[Payment, ...]) -> Facts:
    danger, paying, amount = row
    return Facts(_truth(danger), _truth(paying), payments, lost=amount is not None)


def _sorted(lines: Iterable[Moved]) -> _Sorted:
    made = _Sorted()
    for line in lines:
        stands = line.leaf is not None
        if line.prop == "record":
            kept = made.records if line.schema == "VictimReport" else made.payments
            before = kept.get(line.entity)
            later = before is None or (line.ordinal or 0) > (before.ordinal or 0)  # told twice: the last word counts
            if stands and later:
                kept[line.entity] = line
            else:
                kept.setdefault(line.entity, None)
        elif line.prop == "reportedIn":
            key = (line.entity, line.value or "")
            made.names[key] = made.names.get(key, False) or stands
        elif line.prop == "role":
            made.own[line.entity] = made.own.get(line.entity, False) or stands
        else:
            said = made.flags.setdefault((line.entity, line.prop), [])
            if stands:
                said.append(line.value or "")
    return made


def _names(link: sqlite3.Connection, told: _Sorted) -> None:
    things = {*told.own, *(thing for thing, _ in told.names)}
    link.executemany("INSERT OR IGNORE INTO thing (entity) VALUES (?)", ((each,) for each in sorted(things)))
    link.executemany("UPDATE thing SET own = ? WHERE entity = ?", ((int(own), entity) for entity, own in told.own.items()))
    pair = "SELECT t.number, r.number{} FROM thing t, report r WHERE t.entity = ? AND r.id = ?"
    link.executemany(f"INSERT OR IGNORE INTO naming {pair.format(', r.age')}", (key for key, stands in told.names.items() if stands))
    link.executemany(
        f"DELETE FROM naming WHERE (thing, report) IN ({pair.format('')})",  # noqa: S608
        (key for key, stands in told.names.items() if not stands),
    )
    link.executemany(
        "UPDATE thing SET reports = (SELECT count(*) FROM naming WHERE thing = number) WHERE entity = ?",
        ((each,) for each in {thing for thing, _ in told.names}),
    )


def _payments(link: sqlite3.Connection, told: _Sorted) -> None:
    gone = [(entity,) for entity in told.payments]
    touch = "INSERT OR IGNORE INTO touched SELECT report FROM payment WHERE entity = ?"
    link.executemany(touch, gone)
    link.executemany("DELETE FROM payment WHERE entity = ?", gone)
    rows = []
    for entity, line in told.payments.items():
        record = {} if line is None else _object(line.value)
        if "report" in record:
            at = record.get("at")
            day = None if at is None or len(at) < 10 else at[:10]
            rows.append(
                (
                    record["report"],
                    entity,
                    record.get("rail"),
                    at,
                    day,
                    record.get("amount"),
                    record.get("currency"),
                    record.get("reference"),
                )
            )
    link.executemany("INSERT OR IGNORE INTO report (id) VALUES (?)", ((row[0],) for row in rows))
    link.executemany("INSERT INTO payment SELECT ?2, number, ?3, ?4, ?5, ?6, ?7, ?8 FROM report WHERE id = ?1", rows)
    link.executemany(touch, gone)


def _records(link: sqlite3.Connection, told: _Sorted) -> None:
    rows = []
    for entity, line in told.records.items():
        record = {} if line is None else _object(line.value)
        leaf, place, known = (None, None, None) if line is None else (line.leaf, line.place, line.known)
        age = None if known is None else min(record.get("reported") or known, known)
        said = tuple(record.get(name) for name in _RECORD)
        marks = int(record.get("synthetic") == "True"), int(line is not None and line.proposed)
        rows.append((leaf, place, known, *said, *marks, sketch(record.get("narrative", "")), age, entity))
    link.executemany(
        "UPDATE report SET leaf = ?, place = ?, known = ?, reported = ?, happened = ?, country = ?, typology = ?, amount = ?, "
        "currency = ?, synthetic = ?, proposed = ?, words = ?, age = ? WHERE id = ?",
        rows,
    )
    moved = "UPDATE naming SET age = ?1 WHERE report = (SELECT number FROM report WHERE id = ?2) AND age IS NOT ?1"
    link.executemany(moved, ((row[-2], row[-1]) for row in rows))
    for column, prop in (("danger", DANGER), ("paying", PAYING)):
        flags = ((_flag(said), report) for (report, name), said in told.flags.items() if name == prop)
        link.executemany(f"UPDATE report SET {column} = ? WHERE id = ?", flags)  # noqa: S608


def _urgency(link: sqlite3.Connection) -> None:
    payments: dict[int, list[Payment]] = {}
    for number, rail, at in link.execute("SELECT DISTINCT report, rail, at FROM payment JOIN touched ON number = report ORDER BY 1, 2, 3"):
        payments.setdefault(number, []).append(Payment(rail, at))
    rows = []
    for number, *said in link.execute("SELECT number, danger, paying, amount FROM report JOIN touched USING (number)"):
        lasting, reach = when(_facts((said[0], said[1], said[2]), tuple(payments.get(number, ()))))
        rows.append((int(lasting), reach, number))
    link.executemany("UPDATE report SET lasting = ?, reach = ? WHERE number = ?", rows)


def _object(value: str | None) -> Mapping[str, str]:
    """The texts of a record; a statement that calls itself a record and is none tells nothing."""
    try:
        made = json.loads(value or "{}")
    except ValueError:
        return {}
    return {name: str(said) for name, said in made.items() if isinstance(said, (str, bool))} if isinstance(made, dict) else {}


def _flag(said: list[str]) -> int | None:
    """One who says yes is enough: it is looked at then."""
    return None if not said else int("true" in said)


def _truth(flag: int | None) -> bool | None:
    return None if flag is None else bool(flag)
