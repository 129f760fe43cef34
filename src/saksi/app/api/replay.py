"""What was answered to a request that carries an Idempotency-Key, so that sending it again does nothing twice.

An answer may name what was asked about, and a request's digest can be guessed from a phone number: answers are sealed and digests keyed,
under a key that lies with the node's others. They are kept for a day in a small SQLite file of the node, and an erasure takes the answers
of all requests with it: what was done is known still, so that it is not done twice. Look-ups are not stored (they change nothing). An
answer is stored after the act is durable: where the node dies in between, the request is done again, and taking the same thing in again
adds nothing.
"""

from __future__ import annotations

import hmac
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import TypeAlias

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from saksi.app.api.problems import Refused
from saksi.model import BadInput, LedgerFault

__all__ = ["Keep", "Replay", "Stored", "Work", "check_key", "forget_answers"]

_DAY = 86_400.0
_FORMAT = 1  # before it, digests were plain and answers lay open


class Stored(msgspec.Struct, frozen=True):
    """An answer as it was given."""

    status: int
    body: bytes
    location: str = ""


Work: TypeAlias = Callable[[], Stored]
Keep: TypeAlias = Callable[[Work], Work]


class Replay:
    """The answers of the last day, by caller and key."""

    def __init__(self, path: Path, *, key: bytes, now: Callable[[], float]) -> None:
        self._now, self._key, self._seal = now, key, AESGCM(key)
        self._running: set[bytes] = set()
        self._unwritten: dict[bytes, tuple[bytes, bytes | None]] = {}  # what the disk had no room for
        path.touch(mode=0o600)
        self._rows = _opened(path)
        if self._rows.execute("PRAGMA user_version").fetchone()[0] != _FORMAT:
            self._rows.execute("DROP TABLE IF EXISTS answer")
            self._rows.execute("CREATE TABLE answer (name BLOB PRIMARY KEY, asked BLOB, made REAL, said BLOB) WITHOUT ROWID")
            self._rows.execute(f"PRAGMA user_version={_FORMAT}")
            _emptied(self._rows)
        self.sweep()

    def begin(self, caller: str, key: str, asked: bytes) -> Stored | None:
        """The answer given before to the same request, or None: then `end` or `drop` must follow. Raises Refused on misuse, and where
        an erasure took the answer."""
        name = self._name(caller, key)
        if name in self._running:
            raise Refused("in-progress", headers={"Retry-After": "1"})
        with suppress(sqlite3.OperationalError):  # a full disk
            self.sweep()
        row = self._unwritten.get(name) or self._rows.execute("SELECT asked, said FROM answer WHERE name = ?", (name,)).fetchone()
        if row is None:
            self._running.add(name)
            return None
        if row[0] != self._keyed(b"asked", asked):
            raise Refused("key-reused")
        if row[1] is None:
            raise Refused("answer-gone")
        try:
            said = self._seal.decrypt(row[1][:12], row[1][12:], name)
        except (InvalidTag, ValueError) as fault:  # sealed under another node's key
            raise Refused("answer-gone") from fault
        return msgspec.msgpack.decode(said, type=Stored)

    def end(self, caller: str, key: str, *, asked: bytes, said: Stored) -> None:
        """Keep the answer that was given."""
        name = self._name(caller, key)
        self._running.discard(name)  # first: where the answer cannot be kept, the request may be sent again all the same
        nonce = os.urandom(12)
        sealed = nonce + self._seal.encrypt(nonce, msgspec.msgpack.encode(said), name)
        keyed = self._keyed(b"asked", asked)
        try:
            self._rows.execute("INSERT OR REPLACE INTO answer VALUES (?, ?, ?, ?)", (name, keyed, self._now(), sealed))
        except sqlite3.OperationalError:
            self._unwritten[name] = (keyed, sealed)

    def drop(self, caller: str, key: str) -> None:
        """Forget a request that was refused: it may be sent again, mended."""
        self._running.discard(self._name(caller, key))

    def forget(self) -> None:
        """Forget all that was answered so far: what the disk had no room for, and what ended while an erasure began."""
        self._unwritten = {name: (keyed, None) for name, (keyed, _) in self._unwritten.items()}
        with suppress(sqlite3.OperationalError):  # a disk that is full since the erasure forgot the others: a day ends it
            _forgotten(self._rows)

    def sweep(self) -> None:
        """Forget what is older than a day, out of the file's log too."""
        if self._rows.execute("DELETE FROM answer WHERE made < ?", (self._now() - _DAY,)).rowcount:
            _emptied(self._rows)

    def close(self) -> None:
        """Let go of the file."""
        self._rows.close()

    def _name(self, caller: str, key: str) -> bytes:
        return self._keyed(b"name", f"{caller}\0{key}".encode())

    def _keyed(self, what: bytes, data: bytes) -> bytes:
        return hmac.digest(self._key, what + b"\0" + data, "sha256")


def forget_answers(path: Path) -> None:
    """Forget all that was answered: before an erasure, and whoever else has the file open. Raises LedgerFault where that cannot be done."""
    if not path.exists():
        return
    try:
        with closing(_opened(path)) as rows:
            if rows.execute("PRAGMA user_version").fetchone()[0] == _FORMAT:  # what is older goes when the node is served again
                _forgotten(rows)
    except sqlite3.Error as fault:
        todo = "remove the file while the node is not served: it holds the answers of one day"
        raise LedgerFault(f"what was answered cannot be forgotten: {fault}", where=str(path), todo=todo) from fault


def check_key(text: str) -> str:
    """An Idempotency-Key: 1 to 100 visible ASCII characters."""
    if not 1 <= len(text) <= 100 or not all("!" <= char <= "~" for char in text):
        raise BadInput("an Idempotency-Key is 1 to 100 visible ASCII characters", where="Idempotency-Key")
    return text


def _opened(path: Path) -> sqlite3.Connection:
    rows = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    for text in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"):
        rows.execute(f"PRAGMA {text}")
    return rows


def _forgotten(rows: sqlite3.Connection) -> None:
    rows.execute("UPDATE answer SET said = NULL WHERE said IS NOT NULL")
    _emptied(rows)


def _emptied(rows: sqlite3.Connection) -> None:
    """Bring the log of changes into the file and empty it: it holds pages as they were."""
    rows.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
