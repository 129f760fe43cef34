"""The saved searches of a node, what was found for each, and how far each channel has told it: one SQLite file, below `alerts/`.

What is searched for and by which channels is sealed; of what was found only commitments are kept, which say nothing by themselves. How far
the views were matched stands in the same transaction as what was found: after a crash nothing is missing and nothing is there twice.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from saksi.app.alerts.alert import Alert, Channels, Course, Hit
from saksi.app.alerts.search import Search
from saksi.ledger.disk import check_writable
from saksi.model import BadInput, LedgerFault, NotFound

__all__ = ["FILE", "MOST", "AlertStore"]

FILE = "alerts.db"
MOST = 200  # alerts of one owner
_KEPT = 1_000  # hits of one alert: the newest
_SCHEMA = """
CREATE TABLE IF NOT EXISTS alert (key INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, made TEXT NOT NULL,
  paused INTEGER NOT NULL, body BLOB NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS alert_owner ON alert (owner, id);
CREATE TABLE IF NOT EXISTS hit (number INTEGER PRIMARY KEY AUTOINCREMENT, alert INTEGER NOT NULL REFERENCES alert ON DELETE CASCADE,
  statement BLOB NOT NULL, at TEXT NOT NULL, more TEXT NOT NULL, UNIQUE (alert, statement)) STRICT;
CREATE INDEX IF NOT EXISTS hit_alert ON hit (alert, number);
CREATE TABLE IF NOT EXISTS course (alert TEXT NOT NULL REFERENCES alert (id) ON DELETE CASCADE, channel TEXT NOT NULL,
  told INTEGER NOT NULL, until INTEGER NOT NULL, tries INTEGER NOT NULL, next_at TEXT NOT NULL, stopped TEXT NOT NULL,
  PRIMARY KEY (alert, channel)) STRICT;
CREATE TABLE IF NOT EXISTS matched (one INTEGER PRIMARY KEY CHECK (one = 1), statements INTEGER NOT NULL) STRICT;
"""
_ALERT = "SELECT id, owner, made, paused, body FROM alert"
_HIT = "SELECT h.number, a.id, h.statement, h.at, h.more FROM alert a JOIN hit h ON h.alert = a.key"
_TRIM = "DELETE FROM hit WHERE alert = ? AND number <= (SELECT number FROM hit WHERE alert = ? ORDER BY number DESC LIMIT 1 OFFSET ?)"


class _Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is sealed of an alert."""

    search: Search
    purpose: str
    channels: Channels


class AlertStore:
    """The alerts of one node; several threads and processes may use it."""

    def __init__(self, folder: Path, *, key: bytes) -> None:
        path = folder / FILE
        check_writable(path)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock, self._seal = RLock(), AESGCM(key)
        try:
            path.touch(mode=0o600)
            self._link = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
            for text in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", "foreign_keys=ON"):
                self._link.execute(f"PRAGMA {text}")
            self._link.executescript(_SCHEMA)
        except (OSError, sqlite3.DatabaseError) as fault:
            todo = "move it away: saved searches are lost, nothing else is"
            raise LedgerFault(f"the alerts cannot be opened: {fault}", where=str(path), todo=todo) from fault

    # -- alerts ----------------------------------------------------------------------------------------------------------------------

    def add(self, alert: Alert) -> None:
        """Keep a new alert, durable when this returns. Raises BadInput where its owner has too many."""
        with self._turn():
            (count,) = self._link.execute("SELECT count(*) FROM alert WHERE owner = ?", (alert.owner,)).fetchone()
            if count >= MOST:
                raise BadInput(f"{MOST} saved searches are the most that one may have", where="alert", todo="delete some first")
            body = self._sealed(alert.id, _Body(alert.search, alert.purpose, alert.channels))
            row = (alert.id, alert.owner, alert.made, int(alert.paused), body)
            self._link.execute("INSERT INTO alert (id, owner, made, paused, body) VALUES (?,?,?,?,?)", row)
            (last,) = self._link.execute("SELECT ifnull(max(seq), 0) FROM sqlite_sequence WHERE name = 'hit'").fetchone()
            for channel in ("hook", "mail"):
                if getattr(alert.channels, channel):
                    self._link.execute("INSERT INTO course VALUES (?,?,?,?,0,?,'')", (alert.id, channel, last, last, alert.made))

    def get(self, id_: str, owner: str = "") -> Alert:
        """An alert; with `owner` only where it is theirs. Raises NotFound in the same words where there is none."""
        with self._lock:
            row = self._link.execute(f"{_ALERT} WHERE id = ? AND (? = '' OR owner = ?)", (id_, owner, owner)).fetchone()
        if row is None:
            raise NotFound("there is no such saved search", where="alert", todo="`saksi alert list` shows those there are")
        return self._alert(row)

    def of(self, owner: str) -> list[Alert]:
        """Somebody's alerts, the newest first."""
        with self._lock:
            rows = self._link.execute(f"{_ALERT} WHERE owner = ? ORDER BY made DESC, id", (owner,)).fetchall()
        return [self._alert(row) for row in rows]

    def every(self) -> list[Alert]:
        """All alerts that are not paused, in no order."""
        with self._lock:
            rows = self._link.execute(f"{_ALERT} WHERE paused = 0").fetchall()
        return [self._alert(row) for row in rows]

    def owners(self) -> list[str]:
        """Whoever has an alert."""
        with self._lock:
            return [str(row[0]) for row in self._link.execute("SELECT DISTINCT owner FROM alert ORDER BY owner")]

    def pause(self, id_: str, owner: str, *, paused: bool) -> None:
        """Stop matching an alert, or go on with it and with its channels: what comes in meanwhile is not found for it."""
        self.get(id_, owner)
        with self._turn():
            self._link.execute("UPDATE alert SET paused = ? WHERE id = ?", (int(paused), id_))
            if not paused:
                self._link.execute("UPDATE course SET stopped = '', tries = 0 WHERE alert = ?", (id_,))

    def delete(self, id_: str, owner: str) -> None:
        """Forget an alert and all that was found for it."""
        self.get(id_, owner)
        with self._turn():
            self._link.execute("DELETE FROM alert WHERE id = ?", (id_,))

    # -- what was found --------------------------------------------------------------------------------------------------------------

    def matched(self) -> int | None:
        """How many statements of the views were matched; None before the first time."""
        with self._lock:
            row = self._link.execute("SELECT statements FROM matched").fetchone()
        return None if row is None else int(row[0])

    def found(self, rows: Iterable[tuple[str, bytes, str]], *, statements: int, at: str) -> int:
        """Keep what was found (alert, commitment, `more`) up to this many statements; gives how many were not known yet."""
        with self._turn():
            before, keys = self._link.total_changes, dict(self._link.execute("SELECT id, key FROM alert").fetchall())
            (last,) = self._link.execute("SELECT ifnull(max(number), 0) FROM hit").fetchone()
            text = "INSERT INTO hit (alert, statement, at, more) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
            known = ((keys[alert], statement, at, more) for alert, statement, more in rows if alert in keys)
            self._link.executemany(text, known)
            made = self._link.total_changes - before
            full = "SELECT DISTINCT alert FROM hit WHERE number > ? AND number % 100 = 0"  # now and then: that many are counted quickly
            for (alert,) in self._link.execute(full, (last,)).fetchall():
                self._link.execute(_TRIM, (alert, alert, _KEPT))
            text = "INSERT INTO matched VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET statements = excluded.statements"
            self._link.execute(text, (statements,))
            return made

    def hits(self, *, alert: str = "", owner: str = "", after: int = 0, until: int | None = None, limit: int = 100) -> list[Hit]:
        """What was found for an alert, or for all of an owner's that are not paused, behind number `after`, in its order."""
        which, name = ("a.id = ?", alert) if alert else ("a.owner = ? AND a.paused = 0", owner)
        with self._lock:
            last = (1 << 62) if until is None else until
            text = f"{_HIT} WHERE {which} AND h.number > ? AND h.number <= ? ORDER BY h.number LIMIT ?"
            rows = self._link.execute(text, (name, after, last, limit)).fetchall()
        return [_hit(row) for row in rows]

    def newest(self, alert: str, limit: int) -> list[Hit]:
        """The newest hits of an alert, the newest first."""
        with self._lock:
            text = f"{_HIT} WHERE a.id = ? ORDER BY h.number DESC LIMIT ?"
            return [_hit(row) for row in self._link.execute(text, (alert, limit))]

    def last(self, owner: str) -> int:
        """The number of the newest hit of an owner's alerts; 0 where there is none."""
        with self._lock:
            text = "SELECT ifnull(max(h.number), 0) FROM alert a JOIN hit h ON h.alert = a.key WHERE a.owner = ?"
            return int(self._link.execute(text, (owner,)).fetchone()[0])

    # -- how far it was told -----------------------------------------------------------------------------------------------------------

    def due(self, channel: str, now: str) -> list[Course]:
        """The courses by which there is something to tell now."""
        text = (
            "SELECT c.* FROM course c JOIN alert a ON a.id = c.alert WHERE c.channel = ? AND c.stopped = '' AND a.paused = 0 "
            "AND c.next_at <= ? AND EXISTS (SELECT 1 FROM hit h WHERE h.alert = a.key AND h.number > c.told) ORDER BY c.next_at, c.alert"
        )
        with self._lock:
            return [Course(*row) for row in self._link.execute(text, (channel, now))]

    def courses(self, alert: str) -> list[Course]:
        """How an alert's channels are."""
        with self._lock:
            return [Course(*row) for row in self._link.execute("SELECT * FROM course WHERE alert = ? ORDER BY channel", (alert,))]

    def keep(self, course: Course) -> None:
        """Note how far a channel is; nothing where the alert was deleted meanwhile."""
        row = (course.told, course.until, course.tries, course.next_at, course.stopped, course.alert, course.channel)
        with self._turn():
            text = "UPDATE course SET told = ?, until = ?, tries = ?, next_at = ?, stopped = ? WHERE alert = ? AND channel = ?"
            self._link.execute(text, row)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._link.close()

    def _sealed(self, id_: str, body: _Body) -> bytes:
        nonce = os.urandom(12)
        return nonce + self._seal.encrypt(nonce, msgspec.json.encode(body), id_.encode())

    def _alert(self, row: Sequence[object]) -> Alert:
        id_, owner, made, paused, sealed = row
        assert isinstance(sealed, bytes)
        try:
            body = msgspec.json.decode(self._seal.decrypt(sealed[:12], sealed[12:], str(id_).encode()), type=_Body)
        except (InvalidTag, ValueError) as fault:
            raise LedgerFault("a saved search cannot be opened", where=str(id_), todo="was it sealed under another node's key?") from fault
        return Alert(str(id_), str(owner), str(made), bool(paused), body.search, body.purpose, body.channels)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        with self._lock, self._link:
            self._link.execute("BEGIN IMMEDIATE")
            yield


def _hit(row: tuple[int, str, bytes, str, str]) -> Hit:
    return Hit(row[0], row[1], bytes(row[2]).hex(), row[3], row[4])
