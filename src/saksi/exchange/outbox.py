"""What is to be sent, kept on disk until it is known to have gone: durable before it is acknowledged, sent again rather than lost.

A mail is `waiting` until a server has taken it (`sent`) or it cannot be delivered (`failed`). Between "a server took it" and "it was
noted" the machine may die: then it is sent again with the same Message-ID, by which a recipient knows it. What came of each mail is
told (`untold`) until somebody has logged it as a step and said so. A mail whose request was taken back before any try is `dropped`.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace
from pathlib import Path
from threading import RLock

from saksi.exchange.message import Mail
from saksi.ledger.disk import check_writable
from saksi.model import BadInput, LedgerFault
from saksi.model.moment import moment

__all__ = ["Kept", "Outbox", "Outcome"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS mail (id TEXT PRIMARY KEY, request TEXT NOT NULL, sender TEXT NOT NULL, recipient TEXT NOT NULL,
  data BLOB NOT NULL, state TEXT NOT NULL, tries INTEGER NOT NULL, next_at TEXT NOT NULL, give_up_at TEXT NOT NULL, sent_at TEXT,
  said TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS mail_next ON mail (state, next_at);
CREATE INDEX IF NOT EXISTS mail_sent ON mail (recipient, sent_at);
CREATE TABLE IF NOT EXISTS outcome (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, request TEXT NOT NULL, kind TEXT NOT NULL,
  at TEXT NOT NULL, said TEXT NOT NULL, evidence TEXT, UNIQUE (id, kind, evidence));
CREATE TABLE IF NOT EXISTS told (number INTEGER PRIMARY KEY);
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """A mail in the outbox: its state (`waiting`, `sent`, `failed`, `dropped`), how often a try was begun, when it is tried next and given
    up (UTC)."""

    mail: Mail
    state: str
    tries: int
    next_at: str
    give_up_at: str
    said: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a mail: `deliver` (a server of the recipient's side took it) or `bounce`; `evidence` is a notice's digest, if any."""

    number: int
    mail: str
    request: str
    kind: str
    at: str
    said: str
    evidence: str | None


class Outbox:
    """The outbox of one node, in one SQLite file. Several threads may use it; one process at a time sends."""

    def __init__(self, path: Path) -> None:
        self._lock = RLock()
        check_writable(path)
        try:
            path.touch(mode=0o600)
            self._link = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
            for text in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"):
                self._link.execute(f"PRAGMA {text}")
            self._link.executescript(_SCHEMA)
        except (OSError, sqlite3.DatabaseError) as fault:
            raise LedgerFault(
                f"the outbox cannot be opened: {fault}", where=str(path), todo="restore it: its mails are not elsewhere"
            ) from fault

    def put(self, mail: Mail, now: str, give_up_at: str) -> None:
        """Keep a mail to be sent; it is durable when this returns.

        Made and put again after a crash it changes nothing: the first stays, for a signature differs each time. The same id about another
        request, or to somebody else, is refused.
        """
        moment(now, "now")
        moment(give_up_at, "give_up_at")
        row = (mail.id, mail.request, mail.sender, mail.recipient, mail.data, now, give_up_at)
        with self._lock:
            made = self._link.execute("INSERT INTO mail VALUES (?,?,?,?,?,'waiting',0,?,?,NULL,'') ON CONFLICT DO NOTHING", row).rowcount
            if not made and replace(self.get(mail.id).mail, data=mail.data) != mail:
                raise BadInput("another mail has this Message-ID", where=mail.id)

    def get(self, id_: str) -> Kept:
        """The mail of that Message-ID. Raises BadInput where there is none."""
        with self._lock:
            row = self._link.execute(f"{_SELECT} WHERE id = ?", (id_,)).fetchone()
        if row is None:
            raise BadInput("no such mail was sent", where=id_[:120])
        return _kept(row)

    def known(self, id_: str) -> str | None:
        """The request that the mail of a Message-ID is about; None where it is not one of ours."""
        with self._lock:
            row = self._link.execute("SELECT request FROM mail WHERE id = ?", (id_,)).fetchone()
        return None if row is None else str(row[0])

    def enveloped(self, envelope: str) -> list[str]:
        """The Message-IDs of the mails that went out under an envelope id: what stands before the host."""
        if len(envelope) < 34:
            return []
        with self._lock:
            rows = self._link.execute("SELECT id FROM mail WHERE id >= ? AND id < ?", (f"<{envelope}@", f"<{envelope}A")).fetchall()
        return [str(row[0]) for row in rows]

    def requests(self, prefix: str) -> tuple[str, ...]:
        """The requests that mails were sent about, whose ids begin so (hex)."""
        with self._lock:
            rows = self._link.execute("SELECT DISTINCT request FROM mail WHERE substr(request, 1, ?) = ? ORDER BY 1", (len(prefix), prefix))
            return tuple(str(row[0]) for row in rows)

    def thread(self, request: str) -> tuple[str, ...]:
        """The Message-IDs of the mails about a request, in the order of their numbers."""
        with self._lock:
            rows = self._link.execute("SELECT id FROM mail WHERE request = ?", (request,)).fetchall()
        return tuple(sorted((str(row[0]) for row in rows), key=lambda id_: int(id_.partition(".")[2].partition("@")[0])))

    def due(self, now: str, limit: int = 100) -> list[Kept]:
        """Mails that wait and are to be tried by now, those due longest first."""
        with self._lock:
            rows = self._link.execute(f"{_SELECT} WHERE state = 'waiting' AND next_at <= ? ORDER BY next_at, id LIMIT ?", (now, limit))
            return [_kept(row) for row in rows.fetchall()]

    def sent_since(self, recipient: str, since: str) -> int:
        """How many mails a recipient's server has taken since a time."""
        with self._lock:
            row = self._link.execute("SELECT count(*) FROM mail WHERE recipient = ? AND sent_at > ?", (recipient, since)).fetchone()
        return int(row[0])

    def sent(self, id_: str, now: str, said: str) -> None:
        """Note that a server took the mail."""
        self._ended(id_, "sent", "deliver", now, said)

    def failed(self, id_: str, now: str, said: str) -> None:
        """Note that the mail cannot be delivered."""
        self._ended(id_, "failed", "bounce", now, said)

    def begun(self, id_: str) -> None:
        """Note that a try begins: from here on the recipient may have the mail, whatever becomes of this process."""
        with self._lock:
            self._link.execute("UPDATE mail SET tries = tries + 1 WHERE id = ?", (id_,))

    def drop(self, id_: str, said: str) -> bool:
        """Take back a mail that was never tried; False where it may have left."""
        with self._lock:
            text = "UPDATE mail SET state = 'dropped', said = ? WHERE id = ? AND state = 'waiting' AND tries = 0"
            return bool(self._link.execute(text, (said, id_)).rowcount)

    def later(self, id_: str, next_at: str, said: str) -> None:
        """Note that the mail waits: it was tried in vain, or not at all for now."""
        with self._lock:
            self._link.execute("UPDATE mail SET next_at = ?, said = ? WHERE id = ?", (next_at, said, id_))

    def bounced(self, id_: str, now: str, said: str, evidence: str) -> bool:
        """Note what a delivery notice says of a mail that was sent; `evidence` is the notice's digest. False where it was noted before."""
        with self._lock, self._link:
            self._link.execute("BEGIN IMMEDIATE")
            row = self._link.execute("SELECT request FROM mail WHERE id = ?", (id_,)).fetchone()
            if row is None:
                raise BadInput("no such mail was sent", where=id_[:120])
            made = self._tell(id_, str(row[0]), "bounce", now, said, evidence)
            if made:
                self._link.execute("UPDATE mail SET state = 'failed', said = ? WHERE id = ?", (said, id_))
            return made

    def untold(self) -> list[Outcome]:
        """What came of mails and is not in the ledger yet, the oldest first."""
        with self._lock:
            rows = self._link.execute("SELECT * FROM outcome WHERE number NOT IN (SELECT number FROM told) ORDER BY number").fetchall()
        return [Outcome(*row) for row in rows]

    def told(self, number: int) -> None:
        """Say that an outcome is in the ledger as a step."""
        with self._lock:
            self._link.execute("INSERT INTO told VALUES (?) ON CONFLICT DO NOTHING", (number,))

    def forget(self, request: str) -> None:
        """Take away all mails about a request: for erasure, and when its time of keeping is over."""
        with self._lock, self._link:
            self._link.execute("BEGIN IMMEDIATE")
            self._link.execute("DELETE FROM told WHERE number IN (SELECT number FROM outcome WHERE request = ?)", (request,))
            for name in ("mail", "outcome"):
                self._link.execute(f"DELETE FROM {name} WHERE request = ?", (request,))  # noqa: S608 - our own names

    def close(self) -> None:
        """Let go of the file."""
        self._link.close()

    def _ended(self, id_: str, state: str, kind: str, now: str, said: str) -> None:
        request = self.known(id_)
        if request is None:
            raise BadInput("no such mail was kept", where=id_[:120])
        with self._lock, self._link:
            self._link.execute("BEGIN IMMEDIATE")
            self._link.execute(
                "UPDATE mail SET state = ?, said = ?, sent_at = CASE ? WHEN 'sent' THEN ? ELSE sent_at END WHERE id = ?",
                (state, said, state, now, id_),
            )
            self._tell(id_, request, kind, now, said, None)

    def _tell(self, id_: str, request: str, kind: str, now: str, said: str, evidence: str | None) -> bool:  # noqa: PLR0913, PLR0917 - a row
        row = (id_, request, kind, now, said, evidence)
        return bool(
            self._link.execute(
                "INSERT INTO outcome (id, request, kind, at, said, evidence) SELECT ?,?,?,?,?,? WHERE NOT EXISTS "
                "(SELECT 1 FROM outcome WHERE id = ? AND kind = ? AND evidence IS ?)", (*row, id_, kind, evidence),
            ).rowcount
        )  # fmt: skip


_SELECT = "SELECT id, request, sender, recipient, data, state, tries, next_at, give_up_at, said FROM mail"


def _kept(row: tuple[str, str, str, str, bytes, str, int, str, str, str]) -> Kept:
    return Kept(Mail(*row[:4], bytes(row[4])), *row[5:])
