"""The board: the reports that wait, the cases, what is left to do; folded from the ledger's views into one SQLite file.

It names the ledger size it reflects and can be thrown away and rebuilt: from nothing it comes out the same. What was erased is gone from
it, and with an entry of a case the whole case.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import RLock

from saksi.cases.advance import folded, opened, taken
from saksi.cases.case import Case, Stand
from saksi.cases.entry import Entry
from saksi.cases.flood import Stretches
from saksi.cases.links import Linked, linked, sharing
from saksi.cases.queue import Counts, Place, Queue, ReportLine, counted, line_of, page
from saksi.cases.tables import NAMES, SCHEMA, write
from saksi.ledger.batch import Kind
from saksi.ledger.disk import check_writable
from saksi.ledger.plain import keep_private
from saksi.ledger.reading import Reading
from saksi.model import BadInput, LedgerFault, SaksiError
from saksi.views.reports import Entered, entered, moved
from saksi.views.views import Views

__all__ = ["Board", "CaseLine", "Made", "TaskLine"]

_VERSION = 2


@dataclass(frozen=True, slots=True)
class Made:
    """An entry that is in the ledger, and where."""

    entry: Entry
    leaf: int
    place: int


@dataclass(frozen=True, slots=True)
class CaseLine:
    """One case in a list. `into` is the case it was merged into."""

    id: str
    unit: str
    title: str
    stand: str
    lead: str
    opened: str
    moved: str
    into: str | None


@dataclass(frozen=True, slots=True)
class TaskLine:
    """One open task of a case: what, for whom (None: anybody), by when (UTC)."""

    case: str
    name: str
    text: str
    whom: str | None
    due: str | None


class Board:
    """The desk of one node. One thread at a time writes; others may read."""

    def __init__(self, path: Path, *, origin: str) -> None:
        self._lock = RLock()
        check_writable(path)
        try:
            keep_private(path)
            self._link = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._link.execute("PRAGMA journal_mode=WAL")
            self._link.execute("PRAGMA synchronous=NORMAL")
            self._link.execute("PRAGMA secure_delete=ON")
            found = self._link.execute("SELECT count(*) FROM sqlite_master WHERE name = 'state'").fetchone()[0]
            if not found or self._link.execute("SELECT origin, version FROM state").fetchone() != (origin, _VERSION):
                self._empty(origin)
        except (OSError, sqlite3.DatabaseError) as fault:
            raise LedgerFault(f"the board cannot be opened: {fault}", where=str(path), todo="delete it: it is rebuilt") from fault

    @property
    def size(self) -> int:
        """The ledger size it reflects."""
        with self._lock:
            return int(self._link.execute("SELECT size FROM state").fetchone()[0])

    # -- folding ---------------------------------------------------------------------------------------------------------------------

    def catch_up(self, views: Views, ledger: Reading) -> None:
        """Fold what was logged since, as the views have it. After an erasure all is folded anew."""
        with self._lock, views.pinned() as now:
            have = now.manifest
            if have is None:
                return
            first, erasures = self._link.execute("SELECT size, erasures FROM state").fetchone()
            anew = erasures != have.erasures or first > have.size
            if first == have.size and not anew:
                return
            with self._writing(), now.engine() as engine:
                if anew:
                    for name in NAMES:
                        self._link.execute(f"DELETE FROM {name}")  # noqa: S608 - our own names
                start, stop = 0 if anew else now.stop(first), now.stop()
                write(self._link, moved(engine, start=start, stop=stop))
                self._enter(list(entered(engine, start=start, stop=stop)), ledger)
                self._link.execute("UPDATE state SET size = ?, erasures = ?", (have.size, have.erasures))
            if anew:
                self._link.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # nor does the journal keep what was erased

    def _enter(self, rows: Sequence[Entered], ledger: Reading) -> None:
        for case in dict.fromkeys(row.entity for row in rows):
            self._add(case.removeprefix("case:"), [row for row in rows if row.entity == case], ledger)

    def _add(self, case: str, rows: Sequence[Entered], ledger: Reading) -> None:
        """Further entries of one case. What came in with a file, or does not fit on its chain, is none: it is kept apart."""
        held = [each.entry for each in self.entries(case)]
        have = folded(held) if held else None
        for row in rows:
            try:
                if ledger.kind(row.leaf) is not Kind.PRIVATE:
                    raise BadInput("entries of cases are made at the node, not taken in", where="case")
                entry = Entry.from_json(json.loads(row.value))
                if entry.case != case:
                    raise BadInput("the entry is about another case", where="case")
                have = opened(entry, entry.actor) if have is None else taken(have, entry, entry.actor)
            except (SaksiError, ValueError) as fault:
                self._link.execute("INSERT OR REPLACE INTO refused VALUES (?,?,?)", (row.leaf, row.place, str(fault)[:300]))
                continue
            self._link.execute("INSERT INTO entry VALUES (?,?,?,?,?)", (case, have.entries, row.leaf, row.place, row.value))
        if have is not None:
            self._put(have)

    def _put(self, have: Case) -> None:
        for name in ("file", "member", "task", "held"):
            self._link.execute(f"DELETE FROM {name} WHERE {'id' if name == 'file' else 'file'} = ?", (have.id,))  # noqa: S608
        row = (have.id, have.unit, have.title, have.stand.value, have.lead, have.opened_at, have.at, have.into)
        self._link.execute("INSERT INTO file VALUES (?,?,?,?,?,?,?,?)", row)
        self._link.executemany("INSERT INTO member VALUES (?,?)", ((person, have.id) for person in sorted(have.members)))
        tasks = ((have.id, each.name, each.text, each.whom, each.due) for each in have.open_tasks)
        self._link.executemany("INSERT INTO task VALUES (?,?,?,?,?)", tasks)
        named = sorted({each.name for each in (*have.reports, *have.entities)})
        self._link.executemany("INSERT INTO held VALUES (?,?)", ((name, have.id) for name in named))
        reports = [(each.name,) for each in have.reports]
        self._link.executemany("INSERT OR IGNORE INTO report (id) VALUES (?)", reports)
        self._link.executemany(f"UPDATE report SET state = ({_STATE}) WHERE id = ?", reports)  # noqa: S608 - our own words

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self._link.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._link.execute("COMMIT")
        except BaseException:
            self._link.execute("ROLLBACK")
            raise

    def _empty(self, origin: str) -> None:
        for name in ("state", *NAMES):
            self._link.execute(f"DROP TABLE IF EXISTS {name}")
        self._link.executescript(SCHEMA)
        self._link.execute("INSERT INTO state VALUES (?, 0, 0, ?)", (origin, _VERSION))

    # -- cases -----------------------------------------------------------------------------------------------------------------------

    def entries(self, case: str) -> list[Made]:
        """The entries of a case in their order; none where it is not known."""
        with self._lock:
            rows = self._link.execute("SELECT leaf, place, body FROM entry WHERE file = ? ORDER BY number", (case,)).fetchall()
        return [Made(Entry.from_json(json.loads(body)), leaf, place) for leaf, place, body in rows]

    def case(self, case: str) -> Case | None:
        """A case as it stands; None where there is none."""
        entries = self.entries(case)
        return folded(each.entry for each in entries) if entries else None

    def cases(self, person: str, *, after: tuple[str, str] | None = None, limit: int = 50) -> list[CaseLine]:
        """The cases that somebody is a member of, the last moved first; behind the (moved, id) of the last one seen."""
        return self._cases("JOIN member ON file = id WHERE person = ?", [person], after, limit)

    def naming(self, name: str, person: str) -> list[CaseLine]:
        """The cases of a member that hold a report or an entity."""
        return self._cases("JOIN member ON member.file = id JOIN held ON held.file = id WHERE person = ? AND name = ?", [person, name])

    def sealed(self, unit: str) -> list[CaseLine]:
        """The sealed cases of other units, for a reviewer of `unit`: that they are there, whose and since when, without their titles."""
        with self._lock:
            rows = self._link.execute(
                "SELECT id, unit, '', stand, lead, opened, moved, NULL FROM file WHERE stand = ? AND unit <> ? ORDER BY moved, id",
                (Stand.SEALED.value, unit),
            )
            return [CaseLine(*row) for row in rows]

    def of_report(self, report: str) -> list[str]:
        """What a report names, by entity id."""
        text = "SELECT entity FROM report r JOIN naming n ON n.report = r.number JOIN thing t ON t.number = n.thing WHERE id = ? ORDER BY 1"
        with self._lock:
            return [str(row[0]) for row in self._link.execute(text, (report,))]

    def tasks(self, person: str, *, limit: int = 200) -> list[TaskLine]:
        """The open tasks in somebody's cases that are theirs or anybody's, what is due first first; none of a sealed case."""
        text = (
            "SELECT task.* FROM task JOIN member USING (file) JOIN file ON file.id = task.file WHERE person = ? AND stand = ? "
            "AND (whom IS NULL OR whom = person) ORDER BY ifnull(due, '9'), task.file, name LIMIT ?"
        )
        with self._lock:
            return [TaskLine(*row) for row in self._link.execute(text, (person, Stand.OPEN.value, limit))]

    # -- reports ---------------------------------------------------------------------------------------------------------------------

    def queue(self, now: str, *, state: str = "open", after: str | None = None, limit: int = 50) -> Queue:
        """The reports that stand so, the most urgent first, among equals the oldest; `after` is the `next` of the page before.

        A page goes on at the time of the first one: what turns less urgent meanwhile is neither shown twice nor left out.
        """
        with self._lock:
            return page(self._link, Place.first(now, state) if after is None else Place.read(after), limit)

    def counts(self, now: str) -> Counts:
        """How many reports stand how, and the open ones by urgency."""
        with self._lock:
            return counted(self._link, now)

    def losses(self) -> list[tuple[str, str, int]]:
        """What reports tell that was lost, but for those that nobody has confirmed: (currency, amount, how many tell just that)."""
        text = (
            "SELECT currency, amount, count(*) FROM report WHERE leaf IS NOT NULL AND ifnull(proposed, 0) = 0 AND amount IS NOT NULL "
            "AND currency IS NOT NULL GROUP BY currency, amount"
        )
        with self._lock:
            return [(str(currency), str(amount), int(count)) for currency, amount, count in self._link.execute(text)]

    def report(self, report: str, now: str) -> ReportLine | None:
        """One report; None where there is none."""
        with self._lock:
            return line_of(self._link, report, now)

    def linked(self, report: str, stretches: Stretches | None = None) -> Linked | None:
        """What other reports share with one; None where there is none of this id. A page gives the same `stretches` for all its rows."""
        with self._lock:
            return linked(self._link, report, stretches)

    def sharing(self, entity: str, *, after: str = "", limit: int = 100) -> list[str]:
        """All reports that name something, by id, behind the last one seen: how a hub is read whole."""
        with self._lock:
            return sharing(self._link, entity, after, limit)

    def refused(self) -> list[tuple[int, int, str]]:
        """Records that call themselves entries of a case and are none: (leaf, place, why)."""
        with self._lock:
            return self._link.execute("SELECT leaf, place, why FROM refused ORDER BY leaf, place").fetchall()

    def close(self) -> None:
        """Let go of the file."""
        self._link.close()

    def _cases(self, where: str, values: list[str], after: tuple[str, str] | None = None, limit: int = 200) -> list[CaseLine]:
        text = f"SELECT file.* FROM file {where} AND (moved, id) < (?, ?) ORDER BY moved DESC, id DESC LIMIT ?"  # noqa: S608
        with self._lock:
            return [CaseLine(*row) for row in self._link.execute(text, (*values, *(after or ("~", "")), limit))]


# A report stands as the liveliest of its cases does: worked on, else merged, else closed; in none it is open.
_STATE = """SELECT substr(ifnull(min(CASE stand WHEN 'open' THEN '1assigned' WHEN 'sealed' THEN '1assigned' WHEN 'merged' THEN '2merged'
  ELSE '3closed' END), '0open'), 2) FROM held JOIN file ON file.id = held.file WHERE held.name = report.id"""
