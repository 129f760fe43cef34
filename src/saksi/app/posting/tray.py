"""The tray: mails and appeals that came in and wait for somebody, each once, with who dealt with it and how.

A mail's words lie beside it as they came (`exchange.mailbox`), an appeal's here, sealed; once a step rests on one it is in the vault, and
here its digest is left. What is set aside stays to be seen, with the reason, until somebody else erases it for good.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import RLock

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from saksi.ledger.disk import check_writable
from saksi.model import BadInput, LedgerFault, NotAllowed

__all__ = ["APPEAL", "MAIL", "Item", "Tray"]

MAIL, APPEAL = "mail", "appeal"
_MOST_WAITING = 5_000
_LONGEST = 2_000
_SCHEMA = """
CREATE TABLE IF NOT EXISTS item (digest TEXT PRIMARY KEY, sort TEXT NOT NULL, request TEXT, came TEXT NOT NULL, state TEXT NOT NULL,
  person TEXT, at TEXT, reason TEXT, body BLOB) STRICT;
CREATE INDEX IF NOT EXISTS item_state ON item (state, came);
CREATE INDEX IF NOT EXISTS item_request ON item (request);
"""
_SELECT = "SELECT digest, sort, request, came, state, person, at, reason FROM item"


@dataclass(frozen=True, slots=True)
class Item:
    """Something that came in: SHA-256 of its bytes in hex, `mail` or `appeal`, the request it is about (None: none that it names), when.

    `state` is `new` (nobody has looked which request it is about), `waiting`, `logged` (a step rests on it), `aside` (somebody set it aside
    for a `reason`), `noted` (it asks for nothing: a delivery notice, an absence notice) or `erased` (for a `reason`). Times are UTC.
    """

    digest: str
    sort: str
    request: str | None
    came: str
    state: str
    person: str | None
    at: str | None
    reason: str | None


class Tray:
    """The tray of one node, in one SQLite file; several threads may use it."""

    def __init__(self, path: Path, *, key: bytes) -> None:
        self._lock, self._seal = RLock(), AESGCM(key)
        check_writable(path)
        try:
            path.touch(mode=0o600)
            self._link = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
            for text in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"):
                self._link.execute(f"PRAGMA {text}")
            self._link.executescript(_SCHEMA)
        except (OSError, sqlite3.DatabaseError) as fault:
            todo = "move it away: mails are judged anew; appeals in it are lost"
            raise LedgerFault(f"the tray cannot be opened: {fault}", where=str(path), todo=todo) from fault

    def put(self, item: Item, body: bytes | None = None) -> bool:
        """Put something in, durable when this returns; False where it is there already, or so much waits that no more is kept."""
        sealed = None
        if body is not None:
            nonce = os.urandom(12)
            sealed = nonce + self._seal.encrypt(nonce, body, item.digest.encode())
        with self._turn():
            text = "SELECT count(*) FROM item WHERE sort = ? AND state IN ('new', 'waiting')"
            (waiting,) = self._link.execute(text, (APPEAL,)).fetchone()  # mails that wait take no room from those who contest
            if item.sort == APPEAL and waiting >= _MOST_WAITING:
                return False
            row = (item.digest, item.sort, item.request, item.came, item.state, item.person, item.at, item.reason, sealed)
            return bool(self._link.execute("INSERT INTO item VALUES (?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING", row).rowcount)

    def get(self, digest: str) -> Item:
        """What has this digest. Raises BadInput where there is nothing."""
        with self._lock:
            row = self._link.execute(f"{_SELECT} WHERE digest = ?", (digest,)).fetchone()
        if row is None:
            raise BadInput("nothing of this digest came in", where="digest")
        return Item(*row)

    def has(self, digest: str) -> bool:
        """Whether it came in."""
        with self._lock:
            return self._link.execute("SELECT 1 FROM item WHERE digest = ?", (digest,)).fetchone() is not None

    def body(self, digest: str) -> bytes | None:
        """The words of an appeal; None where they are in the vault, or were erased."""
        with self._lock:
            row = self._link.execute("SELECT body FROM item WHERE digest = ?", (digest,)).fetchone()
        if row is None or row[0] is None:
            return None
        data = bytes(row[0])
        try:
            return self._seal.decrypt(data[:12], data[12:], digest.encode())
        except (InvalidTag, ValueError) as fault:
            raise LedgerFault("an appeal cannot be opened", where=digest, todo="was it sealed under another node's key?") from fault

    def listed(self, state: str = "waiting", *, sort: str = "", after: tuple[str, str] = ("", ""), limit: int = 50) -> list[Item]:
        """What is in a state, the oldest first, behind the (came, digest) of the last one seen."""
        text = f"{_SELECT} WHERE state = ? AND (? = '' OR sort = ?) AND (came, digest) > (?, ?) ORDER BY came, digest LIMIT ?"
        with self._lock:
            return [Item(*row) for row in self._link.execute(text, (state, sort, sort, *after, limit))]

    def open(self) -> list[Item]:
        """All that no step rests on yet and nobody set aside."""
        with self._lock:
            return [Item(*row) for row in self._link.execute(f"{_SELECT} WHERE state IN ('new', 'waiting') ORDER BY came, digest")]

    def waiting(self) -> int:
        """How much waits."""
        with self._lock:
            return int(self._link.execute("SELECT count(*) FROM item WHERE state = 'waiting'").fetchone()[0])

    def of(self, request: str) -> list[Item]:
        """All that came in about a request, the oldest first."""
        with self._lock:
            return [Item(*row) for row in self._link.execute(f"{_SELECT} WHERE request = ? ORDER BY came, digest", (request,))]

    def set_aside(self, digest: str, person: str, at: str, reason: str) -> None:
        """Set aside what waits. Raises NotAllowed where somebody has dealt with it since, BadInput without a reason."""
        _check_reason(reason, "set aside")
        text = "UPDATE item SET state = 'aside', person = ?, at = ?, reason = ? WHERE digest = ? AND state = 'waiting'"
        with self._turn():
            if not self._link.execute(text, (person, at, reason.strip(), digest)).rowcount:
                self.get(digest)
                raise NotAllowed("somebody has dealt with it since you looked", where="digest", todo="look at it again")

    def erase(self, digest: str, person: str, at: str, reason: str) -> None:
        """Destroy the words of what was set aside or asks for nothing, for good; whoever set it aside does not erase it as well.

        Raises NotAllowed where it is not so, BadInput without a reason. A kept mail is forgotten by the caller, after this.
        """
        _check_reason(reason, "erased")
        text = (
            "UPDATE item SET state = 'erased', person = ?, at = ?, reason = ?, body = NULL "
            "WHERE digest = ? AND state IN ('aside', 'noted') AND person IS NOT ?"
        )
        with self._turn():
            if self._link.execute(text, (person, at, reason.strip(), digest, person)).rowcount:
                return
        item = self.get(digest)
        if item.state == "logged":
            raise NotAllowed("a step of a request rests on it", where="digest", todo="erase the request, where that must be")
        if item.state == "aside":
            raise NotAllowed("nobody erases what they set aside", where="digest", todo="ask another approver to look at it")
        raise NotAllowed("only what was set aside is erased", where="digest", todo="look at it again; set it aside first, with a reason")

    def sort_out(self, digest: str, request: str | None) -> None:
        """What is new waits for somebody from now on, about that request."""
        with self._turn():
            self._link.execute("UPDATE item SET state = 'waiting', request = ? WHERE digest = ? AND state = 'new'", (request, digest))

    def logged(self, digest: str, person: str, at: str, request: str | None) -> None:
        """A step of a request rests on it, and its words are in the vault; where it did not come in here, nothing is said."""
        with self._turn():
            text = "UPDATE item SET state = 'logged', person = ?, at = ?, request = ?, body = NULL WHERE digest = ?"
            self._link.execute(text, (person, at, request, digest))

    def requests(self) -> set[str]:
        """The requests that something came in about."""
        with self._lock:
            return {str(row[0]) for row in self._link.execute("SELECT DISTINCT request FROM item WHERE request IS NOT NULL")}

    def forget(self, digest: str) -> None:
        """Take it away for good."""
        with self._turn():
            self._link.execute("DELETE FROM item WHERE digest = ?", (digest,))

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._link.close()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        with self._lock, self._link:
            self._link.execute("BEGIN IMMEDIATE")
            yield


def _check_reason(reason: str, done: str) -> None:
    if not reason.strip() or len(reason) > _LONGEST:
        raise BadInput(
            f"say why it is {done}, in at most {_LONGEST:,} characters", where="reason", todo="without names or other personal data"
        )
