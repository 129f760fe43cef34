"""Withdrawals that were asked for while another was writing: kept durably, done in their order, and told of to whoever asked.

Which statements are about to be withdrawn lies open, as commitments, beside views that hold far more; who asked, why and how it ended is
sealed under a key that lies with the node's others. Nothing of a value or a person is kept: what is asked by value is kept by reference.
The reason goes once it is in the ledger, the rest a week after the end.
"""

from __future__ import annotations

import dataclasses
import hmac
import os
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import NamedTuple

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec.structs import replace

from saksi.app.api.ports import AmendLine, AmendPlan, WithdrawalLine
from saksi.app.api.problems import Refused
from saksi.app.withheld import WITHDRAWS, held_in
from saksi.ledger.disk import DiskFull, check_writable
from saksi.model import LedgerFault
from saksi.views.withheld import Asked

__all__ = ["Waiting", "Waits"]

_WEEK = 7 * 86_400.0
_MOST = 20_000  # statements
_SCHEMA = """
CREATE TABLE IF NOT EXISTS ask (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, ended REAL, body BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS target (ask INTEGER NOT NULL REFERENCES ask ON DELETE CASCADE, statement BLOB NOT NULL, op TEXT NOT NULL,
  leaf INTEGER NOT NULL, at TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS target_ask ON target (ask);
"""
_SOON = "Another act is writing to the ledger. This one is accepted and kept, and is written as soon as that one has ended."
_HIDDEN = "Look-ups and block lists do without these statements from now on."
_AS_BEFORE = "Until then look-ups and block lists are as before."
_STANDS = "Look-ups and block lists tell of the statements as they stand in the ledger."
_LEFT = "withdrawn, erased or marked beyond the clearance of whoever asked meanwhile"
_DONE = f"It is written to the ledger. Statements that were {_LEFT} are not named."
_NONE = f"Nothing is left to name: the statements were {_LEFT}."


class Waits(NamedTuple):
    """What waits to be done: under which id, the plan, when it was asked for (UTC) and the size of the views then."""

    id: str
    plan: AmendPlan
    asked_at: str
    size: int


class _Body(msgspec.Struct, frozen=True):
    """What is sealed: what is told of it and, while it waits, the plan."""

    line: WithdrawalLine
    size: int
    plan: AmendPlan | None = None


class Waiting:
    """The store of one node, for its threads. `now` gives seconds since 1970 UTC; `tell` hears what is about to be withdrawn, now and
    after each change, in their order. `stopped` names what kept the last of it from being written."""

    stopped = ""

    def __init__(
        self, path: Path, *, key: bytes, now: Callable[[], float], tell: Callable[[Mapping[bytes, Asked]], None] = lambda _: None
    ) -> None:
        self._path, self._key, self._seal, self._now, self._tell, self._lock = path, key, AESGCM(key), now, tell, RLock()
        check_writable(path)
        path.touch(mode=0o600)
        with self._storing():
            self._rows = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
            for text in ("journal_mode=TRUNCATE", "synchronous=FULL", "secure_delete=ON", "foreign_keys=ON"):
                self._rows.execute(f"PRAGMA {text}")
            self._rows.executescript(_SCHEMA)
            tell(held_in(self._rows))

    def id_for(self, caller: str, key: str | None, asked: bytes) -> str:
        """What a request is called: sent again with its Idempotency-Key, the same."""
        if key is None:
            return os.urandom(16).hex()
        return hmac.digest(self._key, b"\0".join((b"id", caller.encode(), key.encode(), asked)), "sha256")[:16].hex()

    def accept(self, waits: Waits) -> WithdrawalLine:
        """Keep what is asked for; durable on return. What is there under its id stays. Raises DiskFull, and then nothing is kept."""
        plan, hides = waits.plan, waits.plan.op in WITHDRAWS
        line = WithdrawalLine(
            id=waits.id, op=plan.op, state="waiting", said=f"{_SOON} {_HIDDEN if hides else _AS_BEFORE}", asked_at=waits.asked_at,
            by=plan.by, targets=plan.refs,
        )  # fmt: skip
        with self._changing() as rows:
            if (known := self._found(waits.id)) is not None:
                return known.line
            if rows.execute("SELECT count(*) FROM target").fetchone()[0] + len(plan.refs) > _MOST:
                raise Refused("too-many", f"at most {_MOST} statements wait to be withdrawn", headers={"Retry-After": "30"})
            body = self._sealed(_Body(line, waits.size, plan))
            number = rows.execute("INSERT INTO ask (id, body) VALUES (?, ?)", (waits.id, body)).lastrowid
            rows.executemany(
                "INSERT INTO target VALUES (?, ?, ?, ?, ?)",
                [(number, _commitment(ref), plan.op, waits.size - 1, waits.asked_at) for ref in plan.refs],
            )
        return line

    def find(self, id_: str) -> WithdrawalLine | None:
        """What is told of one, or None where there is none."""
        with self._lock, self._storing():
            found = self._found(id_)
        return None if found is None else found.line

    def waiting(self) -> list[Waits]:
        """What waits, in the order it was asked for."""
        with self._lock, self._storing():
            rows = self._rows.execute("SELECT id, body FROM ask WHERE ended IS NULL ORDER BY number").fetchall()
        made = []
        for id_, sealed in rows:
            body = self._opened(id_, sealed)
            if body.plan is not None:
                made.append(Waits(id_, body.plan, body.line.asked_at, body.size))
        return made

    @property
    def any(self) -> bool:
        """Whether anything waits."""
        with self._lock, self._storing():
            return bool(self._rows.execute("SELECT EXISTS (SELECT 1 FROM ask WHERE ended IS NULL)").fetchone()[0])

    def done(self, id_: str, line: AmendLine) -> None:
        """It is in the ledger, and shown. Not named is what was left, and what whoever asked may not see any more: the words do not say
        which of the two, nor whether there is any."""
        self._end(id_, {"state": "done", "said": _DONE if line.refs else _NONE, "targets": line.targets, "refs": line.refs})

    def refuse(self, id_: str, why: str) -> None:
        """It is not done, and why, in words."""
        self._end(id_, {"state": "refused", "said": f"Not done: {why}. {_STANDS}"})

    def forget(self, erased: Collection[bytes]) -> None:
        """Take statements that were erased out of what is kept. What is about nothing else has nothing left to do."""
        names = {name.hex() for name in erased}
        with self._changing() as rows:
            for id_, sealed in rows.execute("SELECT id, body FROM ask").fetchall():
                body = self._opened(id_, sealed)
                left = tuple(ref for ref in body.line.targets if ref.rpartition("#")[2] not in names)
                if left == body.line.targets:
                    continue
                plan = None if body.plan is None else dataclasses.replace(body.plan, refs=left)
                self._store(_Body(replace(body.line, targets=left), body.size, plan))
            rows.executemany("DELETE FROM target WHERE statement = ?", [(name,) for name in erased])

    def sweep(self) -> None:
        """Forget what ended a week ago."""
        with self._changing() as rows:
            rows.execute("DELETE FROM ask WHERE ended < ?", (self._now() - _WEEK,))

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._rows.close()

    def _end(self, id_: str, told: Mapping[str, str | tuple[str, ...]]) -> None:
        with self._changing() as rows:
            body = self._found(id_)
            if body is not None:
                self._store(_Body(replace(body.line, **told), body.size))
                rows.execute("UPDATE ask SET ended = ? WHERE id = ?", (self._now(), id_))
                rows.execute("DELETE FROM target WHERE ask = (SELECT number FROM ask WHERE id = ?)", (id_,))

    def _store(self, body: _Body) -> None:
        self._rows.execute("UPDATE ask SET body = ? WHERE id = ?", (self._sealed(body), body.line.id))

    def _found(self, id_: str) -> _Body | None:
        row = self._rows.execute("SELECT body FROM ask WHERE id = ?", (id_,)).fetchone()
        return None if row is None else self._opened(id_, row[0])

    def _sealed(self, body: _Body) -> bytes:
        nonce = os.urandom(12)
        return nonce + self._seal.encrypt(nonce, msgspec.msgpack.encode(body), body.line.id.encode())

    def _opened(self, id_: str, sealed: bytes) -> _Body:
        try:
            return msgspec.msgpack.decode(self._seal.decrypt(sealed[:12], sealed[12:], id_.encode()), type=_Body)
        except (InvalidTag, ValueError, msgspec.MsgspecError) as fault:
            todo = "was it sealed under another node's key? Remove the file, and ask for what it held again"
            raise LedgerFault("a withdrawal that waits cannot be opened", where=str(self._path), todo=todo) from fault

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        """One change, whole and durable or not at all."""
        with self._lock, self._storing():
            self._rows.execute("BEGIN IMMEDIATE")
            try:
                yield self._rows
                self._rows.execute("COMMIT")
            finally:
                if self._rows.in_transaction:
                    self._rows.execute("ROLLBACK")
            self._tell(held_in(self._rows))

    @contextmanager
    def _storing(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as fault:
            where = str(self._path)
            if fault.sqlite_errorcode & 0xFF == sqlite3.SQLITE_FULL:
                raise DiskFull("the disk is full; nothing was accepted", where=where, todo="make room and try again") from fault
            todo = "look at the disk; where the file is damaged, remove it and ask for what it held again"
            raise LedgerFault(f"what waits to be withdrawn cannot be kept: {fault}", where=where, todo=todo) from fault


def _commitment(ref: str) -> bytes:
    return bytes.fromhex(ref.rpartition("#")[2])
