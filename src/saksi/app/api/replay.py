"""What was answered to a request that carries an Idempotency-Key, so that sending it again does nothing twice.

Answers to takes and outcomes hold counts and references, never data of people; look-ups are not stored (they change nothing). Kept for
a day in a small SQLite file of the node. An answer is stored after the act is durable: where the node dies in between, the
request is done again, and taking the same thing in again adds nothing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import msgspec

from saksi.app.api.problems import Refused
from saksi.model import BadInput

__all__ = ["Replay", "Stored", "check_key"]

_DAY = 86_400.0


class Stored(msgspec.Struct, frozen=True):
    """An answer as it was given."""

    status: int
    body: bytes
    location: str = ""


class Replay:
    """The answers of the last day, by caller and key."""

    def __init__(self, path: Path, *, now: Callable[[], float]) -> None:
        self._now = now
        self._running: set[bytes] = set()
        self._unwritten: dict[bytes, tuple[bytes, bytes]] = {}  # what the disk had no room for
        self._rows = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._rows.execute("PRAGMA journal_mode=WAL")
        self._rows.execute("PRAGMA synchronous=FULL")
        self._rows.execute("CREATE TABLE IF NOT EXISTS answer (name BLOB PRIMARY KEY, asked BLOB, made REAL, said BLOB) WITHOUT ROWID")

    def begin(self, caller: str, key: str, asked: bytes) -> Stored | None:
        """The answer given before to the same request, or None: then `end` or `drop` must follow. Raises Refused on misuse."""
        name = _name(caller, key)
        if name in self._running:
            raise Refused("in-progress", headers={"Retry-After": "1"})
        with suppress(sqlite3.OperationalError):  # a full disk
            self._rows.execute("DELETE FROM answer WHERE made < ?", (self._now() - _DAY,))
        row = self._unwritten.get(name) or self._rows.execute("SELECT asked, said FROM answer WHERE name = ?", (name,)).fetchone()
        if row is None:
            self._running.add(name)
            return None
        if row[0] != asked:
            raise Refused("key-reused")
        return msgspec.msgpack.decode(row[1], type=Stored)

    def end(self, caller: str, key: str, *, asked: bytes, said: Stored) -> None:
        """Keep the answer that was given."""
        name = _name(caller, key)
        self._running.discard(name)  # first: where the answer cannot be kept, the request may be sent again all the same
        body = msgspec.msgpack.encode(said)
        try:
            self._rows.execute("INSERT OR REPLACE INTO answer VALUES (?, ?, ?, ?)", (name, asked, self._now(), body))
        except sqlite3.OperationalError:
            self._unwritten[name] = (asked, body)

    def drop(self, caller: str, key: str) -> None:
        """Forget a request that was refused: it may be sent again, mended."""
        self._running.discard(_name(caller, key))

    def close(self) -> None:
        """Let go of the file."""
        self._rows.close()


def check_key(text: str) -> str:
    """An Idempotency-Key: 1 to 100 visible ASCII characters."""
    if not 1 <= len(text) <= 100 or not all("!" <= char <= "~" for char in text):
        raise BadInput("an Idempotency-Key is 1 to 100 visible ASCII characters", where="Idempotency-Key")
    return text


def _name(caller: str, key: str) -> bytes:
    return sha256(f"{caller}\0{key}".encode()).digest()
