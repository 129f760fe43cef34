"""The book of requests: where each stands, folded from the ledger's steps into one SQLite file that can be thrown away and rebuilt.

It names the ledger size it reflects. A step counts when it is in the ledger and not before: `Book.add` is called with what was logged, and
`catch_up` reads what was logged since.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import RLock

from saksi.actions.advance import course, folded
from saksi.actions.deadline import clock
from saksi.actions.history import History
from saksi.actions.logged import step_of
from saksi.actions.step import FIRST, Step
from saksi.ledger.batch import Kind as LeafKind
from saksi.ledger.disk import check_writable
from saksi.ledger.plain import keep_private
from saksi.ledger.reading import Reading
from saksi.model import LedgerFault, NotFound

__all__ = ["Book", "Line", "Logged"]

_VERSION = 2
_SCHEMA = """
CREATE TABLE state (origin TEXT NOT NULL, size INTEGER NOT NULL, version INTEGER NOT NULL);
CREATE TABLE step (request TEXT NOT NULL, number INTEGER NOT NULL, leaf INTEGER NOT NULL, commitment BLOB NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (request, number)) WITHOUT ROWID;
CREATE TABLE request (id TEXT PRIMARY KEY, kind TEXT NOT NULL, recipient TEXT NOT NULL, officer TEXT NOT NULL, unit TEXT NOT NULL,
  mine TEXT NOT NULL, theirs TEXT NOT NULL, waits TEXT NOT NULL, due TEXT, moved TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX request_due ON request (waits, due);
CREATE INDEX request_moved ON request (moved);
CREATE TABLE target (entity TEXT NOT NULL, request TEXT NOT NULL, PRIMARY KEY (entity, request)) WITHOUT ROWID;
"""

_HOLDS = "waits = 'nobody' AND theirs = 'in-force' AND ifnull(due, '9') >= ?"  # it ends by itself, and has not yet


@dataclass(frozen=True, slots=True)
class Logged:
    """A step that is in the ledger, and where."""

    step: Step
    leaf: int
    commitment: bytes


@dataclass(frozen=True, slots=True)
class Line:
    """One request in a list: what, of whom, by whom, where both halves stand, who must act by when (UTC, None: nobody)."""

    id: str
    kind: str
    recipient: str
    officer: str
    unit: str
    mine: str
    theirs: str
    waits_for: str
    due: str | None
    moved: str


class Book:
    """The requests of one node. One thread at a time writes; others may read."""

    def __init__(self, path: Path, *, origin: str) -> None:
        self._lock, self._path = RLock(), path
        check_writable(path)
        try:
            keep_private(path)
            self._link = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._link.execute("PRAGMA journal_mode=WAL")
            self._link.execute("PRAGMA secure_delete=ON")
            found = self._link.execute("SELECT count(*) FROM sqlite_master WHERE name = 'state'").fetchone()[0]
            held = self._link.execute("SELECT origin, version FROM state").fetchone() if found else None
            if held != (origin, _VERSION):
                self._empty(origin)
        except (OSError, sqlite3.DatabaseError) as fault:
            raise LedgerFault(
                f"the book of requests cannot be opened: {fault}", where=str(path), todo="delete it: it is rebuilt"
            ) from fault

    @property
    def size(self) -> int:
        """The ledger size it reflects."""
        with self._lock:
            return int(self._link.execute("SELECT size FROM state").fetchone()[0])

    def catch_up(self, ledger: Reading) -> int:
        """Fold the steps that were logged since; gives how many. After an erasure all is folded anew: what was erased is gone from it too,
        and with a step its whole request."""
        with self._lock:
            self._link.execute("BEGIN IMMEDIATE")
            try:
                met = self._fold(ledger)
                self._link.execute("COMMIT")
            except BaseException:
                self._link.execute("ROLLBACK")
                raise
            return met

    def _fold(self, ledger: Reading) -> int:
        first, last = self.size, ledger.size
        if first > last:
            first = self._clear()
        met, gone = 0, set[str]()
        for block in ledger.read(first, last):
            if block.kind is LeafKind.ERASURE and first:
                self._clear()
                return self._fold(ledger)
            step = step_of(block)
            if step is None or step.request in gone:
                continue
            if step.after != FIRST and not self.steps(step.request):
                gone.add(step.request)  # its beginning was erased
                continue
            self._put(Logged(step, block.leaf, block.commitments[0]))
            met += 1
        self._link.execute("UPDATE state SET size = ?", (last,))
        return met

    def _clear(self) -> int:
        for name in ("step", "request", "target"):
            self._link.execute(f"DELETE FROM {name}")  # noqa: S608 - our own names
        self._link.execute("UPDATE state SET size = 0")
        return 0

    def steps(self, request: str) -> list[Logged]:
        """The steps of a request in their order; none where it is not known."""
        with self._lock:
            rows = self._link.execute("SELECT leaf, commitment, body FROM step WHERE request = ? ORDER BY number", (request,)).fetchall()
        return [Logged(Step.from_json(json.loads(body)), leaf, bytes(commitment)) for leaf, commitment, body in rows]

    def history(self, request: str) -> History:
        """Where a request stands. Raises BadInput where there is none."""
        steps = self.steps(request)
        if not steps:
            raise NotFound("there is no such request", where=request[:40], todo="`saksi request list` shows those there are")
        return folded(each.step for each in steps)

    def lines(
        self, *, waits: Sequence[str] = (), after: tuple[str, str] | None = None, limit: int = 50, before: str | None = None
    ) -> list[Line]:
        """Requests, those that are due first; only those that wait for one of `waits`, and that were due `before` a time (UTC); behind the
        (due, id) of the last one seen."""
        wanted = f"AND waits IN ({','.join('?' * len(waits))})" if waits else ""
        text = f"SELECT * FROM request WHERE (ifnull(due, '9'), id) > (?, ?) AND ifnull(due, '9') < ? {wanted}"  # noqa: S608
        return self._lines(f"{text} ORDER BY ifnull(due, '9'), id LIMIT ?", *(after or ("", "")), before or "~", *waits, limit)

    def in_force(self, now: str, *, after: tuple[str, str] | None = None, limit: int = 50) -> list[Line]:
        """Requests that wait for nobody and whose measure is in force at a time (UTC), those that end first; behind the (due, id) of the
        last one seen."""
        text = f"SELECT * FROM request WHERE {_HOLDS} AND (ifnull(due, '9'), id) > (?, ?) ORDER BY ifnull(due, '9'), id LIMIT ?"  # noqa: S608
        return self._lines(text, now, *(after or ("", "")), limit)

    def ended(self, now: str, *, after: tuple[str, str] | None = None, limit: int = 50) -> list[Line]:
        """Requests that wait for nobody and are not in force at a time (UTC), the last moved first; behind the (moved, id) of the last one
        seen."""
        text = f"SELECT * FROM request WHERE waits = 'nobody' AND NOT ({_HOLDS}) AND (moved, id) < (?, ?)"  # noqa: S608
        return self._lines(f"{text} ORDER BY moved DESC, id DESC LIMIT ?", now, *(after or ("~", "~")), limit)

    def newest(self, kind: str) -> str | None:
        """The id of the request of a kind that was moved last."""
        found = self._lines("SELECT * FROM request WHERE kind = ? ORDER BY moved DESC, id LIMIT 1", kind)
        return found[0].id if found else None

    def _lines(self, text: str, *parts: str | int) -> list[Line]:
        with self._lock:
            return [Line(*row) for row in self._link.execute(text, parts)]

    def about(self, entity: str) -> list[str]:
        """The ids of the requests that name an entity."""
        with self._lock:
            return [str(row[0]) for row in self._link.execute("SELECT request FROM target WHERE entity = ? ORDER BY request", (entity,))]

    def named(self, prefix: str) -> list[str]:
        """The ids of the requests whose ids begin so (hex)."""
        with self._lock:
            rows = self._link.execute("SELECT id FROM request WHERE substr(id, 1, ?) = ? ORDER BY id", (len(prefix), prefix))
            return [str(row[0]) for row in rows]

    def out(self, since: str = "") -> list[str]:
        """The ids of the requests that left, now sent or withdrawn, and were moved at or after a time; those moved first come first."""
        with self._lock:
            text = "SELECT id FROM request WHERE moved >= ? AND mine IN ('sent', 'withdrawn') ORDER BY moved, id"
            return [str(row[0]) for row in self._link.execute(text, (since,))]

    def ids(self) -> list[str]:
        """The ids of all requests."""
        with self._lock:
            return [str(row[0]) for row in self._link.execute("SELECT id FROM request ORDER BY id")]

    def course(self, request: str) -> Iterator[tuple[Step, History]]:
        """Each step of a request with where it stood after it."""
        return course(each.step for each in self.steps(request))

    def close(self) -> None:
        """Let go of the file."""
        self._link.close()

    def _put(self, logged: Logged) -> None:
        step = logged.step
        number = self._link.execute("SELECT count(*) FROM step WHERE request = ?", (step.request,)).fetchone()[0] + 1
        body = json.dumps(step.to_json(), ensure_ascii=False)
        self._link.execute("INSERT INTO step VALUES (?,?,?,?,?)", (step.request, number, logged.leaf, logged.commitment, body))
        have = self.history(step.request)
        waits, due = _next(have)
        row = (
            step.request, have.request.kind.value, have.request.to.name, have.request.officer, have.request.unit,
            have.mine.value, have.theirs.value, waits, due, have.at,
        )  # fmt: skip
        self._link.execute("INSERT OR REPLACE INTO request VALUES (?,?,?,?,?,?,?,?,?,?)", row)
        self._link.execute("DELETE FROM target WHERE request = ?", (step.request,))
        self._link.executemany("INSERT INTO target VALUES (?,?)", ((each.entity, step.request) for each in have.request.targets))

    def _empty(self, origin: str) -> None:
        for name in ("state", "step", "request", "target"):
            self._link.execute(f"DROP TABLE IF EXISTS {name}")
        self._link.executescript(_SCHEMA)
        self._link.execute("INSERT INTO state VALUES (?, 0, ?)", (origin, _VERSION))


def _next(have: History) -> tuple[str, str | None]:
    """Who must act next, and by when."""
    due = clock(have, datetime.strptime(have.at, "%Y-%m-%dT%H:%M:%S%z")).due
    acting = next((each for each in due if each.who != "nobody"), None)  # an end that comes by itself hides nobody's task
    first = acting or (due[0] if due else None)
    waits = have.crossing.waits_for if acting is None else acting.who
    return waits, None if first is None else f"{first.at:%Y-%m-%dT%H:%M:%SZ}"
