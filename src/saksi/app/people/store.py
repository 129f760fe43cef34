"""The store of people: one SQLite file that only the node's owner can read, every change in one transaction with its line in the log."""

from __future__ import annotations

import hmac
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from threading import RLock

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from saksi.app.people.chain import Line, add_line, lines
from saksi.app.stored import as_it_is
from saksi.ledger.disk import check_writable
from saksi.model import LedgerFault

__all__ = ["FILE", "SCHEMA", "Store", "snapshot"]

FILE = "people.db"
SCHEMA = """
CREATE TABLE IF NOT EXISTS person (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, key TEXT NOT NULL UNIQUE, unit TEXT NOT NULL, roles TEXT NOT NULL, clearance TEXT NOT NULL,
  made INTEGER NOT NULL, disabled INTEGER, password TEXT, totp BLOB, totp_next BLOB, totp_step INTEGER NOT NULL DEFAULT 0,
  setup BLOB, setup_until INTEGER
) STRICT;
CREATE TABLE IF NOT EXISTS session (
  id TEXT PRIMARY KEY, digest BLOB NOT NULL UNIQUE, person TEXT NOT NULL REFERENCES person, begun INTEGER NOT NULL, seen INTEGER NOT NULL,
  factor INTEGER, way TEXT NOT NULL, address TEXT NOT NULL, agent TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS passkey (
  id BLOB PRIMARY KEY, person TEXT NOT NULL REFERENCES person, public BLOB NOT NULL, count INTEGER NOT NULL, label TEXT NOT NULL,
  made INTEGER NOT NULL, used INTEGER
) STRICT;
CREATE TABLE IF NOT EXISTS challenge (digest BLOB PRIMARY KEY, session TEXT NOT NULL, until INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS subject (
  issuer TEXT NOT NULL, sub TEXT NOT NULL, person TEXT REFERENCES person, seen INTEGER NOT NULL, PRIMARY KEY (issuer, sub)
) STRICT;
CREATE TABLE IF NOT EXISTS log (n INTEGER PRIMARY KEY AUTOINCREMENT, line BLOB NOT NULL) STRICT;
CREATE TRIGGER IF NOT EXISTS log_stays BEFORE UPDATE ON log BEGIN SELECT RAISE(ABORT, 'the log is only appended to'); END;
CREATE TRIGGER IF NOT EXISTS log_kept BEFORE DELETE ON log BEGIN SELECT RAISE(ABORT, 'the log is only appended to'); END;
"""


class Store:
    """An open store, for several threads and processes. `clock` gives seconds since 1970 UTC, `key` seals what must be read again."""

    def __init__(self, folder: Path, *, key: bytes, clock: Callable[[], int], random: Callable[[int], bytes]) -> None:
        self.clock = clock
        self.random = random
        self._key = key
        self._turn = RLock()
        path = folder / FILE
        check_writable(path)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        try:
            self._rows = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
            self._rows.execute("PRAGMA journal_mode=WAL")
            self._rows.execute("PRAGMA synchronous=FULL")
            self._rows.execute("PRAGMA foreign_keys=ON")
            self._rows.executescript(SCHEMA)
        except sqlite3.DatabaseError as fault:
            raise LedgerFault(f"the store of people cannot be opened: {fault}", where=str(path), todo="restore it from a backup") from fault

    @contextmanager
    def rows(self) -> Iterator[sqlite3.Connection]:
        """The tables, for this thread alone while the block runs: to read, or for one statement that needs no line in the log."""
        with self._turn:
            yield self._rows

    @contextmanager
    def change(self, who: str, act: str, about: str, **said: str) -> Iterator[sqlite3.Connection]:
        """One change by `who`, with its line in the log: both are there afterwards, or neither where the block raises."""
        with self._turn:
            self._rows.execute("BEGIN IMMEDIATE")
            try:
                yield self._rows
                add_line(self._rows, Line(when=self.clock(), who=who, act=act, about=about, said=said))
                self._rows.execute("COMMIT")
            except BaseException:
                if self._rows.in_transaction:
                    self._rows.execute("ROLLBACK")
                raise

    def log(self) -> tuple[Line, ...]:
        """The log of all changes, oldest first. Raises LedgerFault where it was tampered with."""
        with self._turn:
            return tuple(lines(self._rows))

    def seal(self, what: str, data: bytes) -> bytes:
        """Seal bytes for their place (AES-256-GCM); `what` names the place, so that they open nowhere else."""
        nonce = self.random(12)
        return nonce + AESGCM(self._key).encrypt(nonce, data, what.encode())

    def unseal(self, what: str, data: bytes) -> bytes | None:
        """What was sealed for this place; None where it was not, or not by this node."""
        try:
            return AESGCM(self._key).decrypt(data[:12], data[12:], what.encode())
        except (InvalidTag, ValueError):
            return None

    def tag(self, what: str, data: bytes) -> bytes:
        """A keyed digest of bytes for a place (HMAC-SHA256)."""
        return hmac.digest(sha256(b"saksi/people-tag1\0" + self._key).digest(), what.encode() + b"\0" + data, "sha256")

    def close(self) -> None:
        """Let go of the file."""
        with self._turn:
            self._rows.close()


def snapshot(path: Path) -> bytes:
    """The store as one file, as it is at one moment, for a backup: without sessions, so that none comes back to life in a restored node."""
    with as_it_is(path, without=("session", "challenge")) as copy:
        return copy.read()
