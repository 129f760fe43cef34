"""Withdrawals that were asked for while another was writing: kept durably, done in their order, and told of to whoever asked.

Which statements are about to be withdrawn lies open, as commitments, beside views that hold far more; who asked, why and how it ended is
sealed under a key that lies with the node's others. Nothing of a value or a person is kept: what is asked by value is kept by reference.
The reason goes once it is in the ledger, the rest a week after the end. One that is damaged keeps no other from being written.
"""

from __future__ import annotations

import dataclasses
import os
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock
from typing import NamedTuple

from msgspec.structs import replace

from saksi.app.api.ports import AmendLine, AmendPlan, WithdrawalLine
from saksi.app.api.problems import Refused
from saksi.app.api.waiting_seal import Body, Damaged, Seal, damaged_in
from saksi.app.withheld import UNNAMED, WITHDRAWS, check_there, held_in, mark_of, remedy
from saksi.ledger.disk import DiskFull, LocalDisk, check_writable, disk_fault
from saksi.model import LedgerFault
from saksi.views.withheld import Asked

__all__ = ["Waiting", "Waits"]

_WEEK = 7 * 86_400.0
_MOST = 20_000  # statements
_SHARE = 5_000  # of one asker, but for what one request alone is about
_SCHEMA = """
CREATE TABLE IF NOT EXISTS ask (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, asker BLOB NOT NULL,
  ended REAL, body BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS target (ask INTEGER NOT NULL REFERENCES ask ON DELETE CASCADE, statement BLOB NOT NULL, op TEXT NOT NULL,
  leaf INTEGER NOT NULL, at TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS target_ask ON target (ask);
CREATE TABLE IF NOT EXISTS written (one INTEGER PRIMARY KEY CHECK (one = 1), size INTEGER NOT NULL) STRICT;
"""
_SOON = "It is accepted and kept, and is written to the ledger as soon as what is under way has ended and there is room."
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


class Waiting:
    """The store of one node, for its threads. `now` gives seconds since 1970 UTC; `tell` hears what is about to be withdrawn, now and
    after each change, in their order. `stopped` names what kept the last of it from being written."""

    stopped = ""

    def __init__(
        self, path: Path, *, key: bytes, now: Callable[[], float], tell: Callable[[Mapping[bytes, Asked]], None] = lambda _: None
    ) -> None:
        self._path, self._seal, self._now, self._tell, self._lock = path, Seal(key, path), now, tell, RLock()
        check_writable(path)
        check_there(path)
        path.touch(mode=0o600)
        self._file = path.stat().st_ino
        with self._storing():
            self._rows = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
            for text in ("journal_mode=TRUNCATE", "synchronous=FULL", "secure_delete=ON", "foreign_keys=ON"):
                self._rows.execute(f"PRAGMA {text}")
            self._rows.executescript(_SCHEMA)
            if not self._rows.execute("SELECT 1 FROM pragma_table_info('ask') WHERE name = 'asker'").fetchone():  # an older store
                self._rows.execute("ALTER TABLE ask ADD COLUMN asker BLOB NOT NULL DEFAULT x''")
        with self._changing():  # names anew what lost its names, and tells what waits
            pass

    def id_for(self, caller: str, key: str | None, asked: bytes) -> str:
        """What a request is called: sent again with its Idempotency-Key, the same."""
        return os.urandom(16).hex() if key is None else self._seal.name(b"id", caller.encode(), key.encode(), asked).hex()

    def accept(self, waits: Waits) -> WithdrawalLine:
        """Keep what is asked for; durable on return. What is there under its id stays. Where the same asker waits for the same about these
        statements already, that is told of, and nothing more is kept. Raises DiskFull, and then nothing is kept."""
        plan, hides = waits.plan, waits.plan.op in WITHDRAWS
        line = WithdrawalLine(
            id=waits.id, op=plan.op, state="waiting", said=f"{_SOON} {_HIDDEN if hides else _AS_BEFORE}", asked_at=waits.asked_at,
            by=plan.by, targets=plan.refs,
        )  # fmt: skip
        asker = self._seal.name(b"asker", plan.by.encode())
        with self._changing() as rows:
            if (known := self._known(waits)) is not None:
                return known
            self._check_room(asker, len(plan.refs))
            rows.execute("DELETE FROM ask WHERE id = ?", (waits.id,))  # damaged: it is asked for again just so
            rows.execute(
                "INSERT INTO ask (id, asker, body) VALUES (?, ?, ?)", (waits.id, asker, self._seal.shut(Body(line, waits.size, plan)))
            )
            self._name(waits)
        return line

    def find(self, id_: str) -> WithdrawalLine | None:
        """What is told of one, or None where there is none."""
        with self._lock, self._storing():
            with suppress(LedgerFault):
                found = self._found(id_)
                return None if found is None else found.line
            return next((each.line for each in damaged_in(self._rows, self._seal) if each.id == id_), None)

    def waiting(self) -> list[Waits]:
        """What waits and can be done, in the order it was asked for."""
        with self._lock, self._storing():
            rows = self._rows.execute("SELECT id, body FROM ask WHERE ended IS NULL ORDER BY number").fetchall()
        made = []
        for id_, sealed in rows:
            with suppress(LedgerFault):
                body = self._seal.open(id_, sealed)
                if body.plan is not None:
                    made.append(Waits(id_, body.plan, body.line.asked_at, body.size))
        return made

    def damaged(self) -> list[Damaged]:
        """What waits and cannot be done, for it cannot be read."""
        with self._lock, self._storing():
            return damaged_in(self._rows, self._seal)

    @property
    def any(self) -> bool:
        """Whether anything waits."""
        with self._lock, self._storing():
            return bool(self._rows.execute("SELECT EXISTS (SELECT 1 FROM ask WHERE ended IS NULL)").fetchone()[0])

    @property
    def written(self) -> int:
        """The size that the ledger had when the last one was done: those that wait still are written behind it."""
        with self._lock, self._storing():
            return int(self._rows.execute("SELECT coalesce(max(size), 0) FROM written").fetchone()[0])

    def done(self, id_: str, line: AmendLine, *, size: int) -> None:
        """It is in the ledger, which has that size by now, and shown. Not named is what was left, and what whoever asked may not see any
        more: the words do not say which of the two, nor whether there is any."""
        with self._changing() as rows:
            self._ended(id_, {"state": "done", "said": _DONE if line.refs else _NONE, "targets": line.targets, "refs": line.refs})
            rows.execute("INSERT OR REPLACE INTO written VALUES (1, ?)", (size,))

    def refuse(self, id_: str, why: str) -> None:
        """It is not done, and why, in words."""
        with self._changing():
            self._ended(id_, {"state": "refused", "said": f"Not done: {why}. {_STANDS}"})

    def drop(self, damaged: Damaged) -> None:
        """Forget one that is damaged."""
        with self._changing() as rows:
            rows.execute("DELETE FROM ask WHERE id = ?", (damaged.id,))

    def forget(self, erased: Collection[bytes]) -> None:
        """Take statements that were erased out of what is kept. What is about nothing else is done."""
        names = {name.hex() for name in erased}
        with self._changing() as rows:
            for id_, sealed in rows.execute("SELECT id, body FROM ask").fetchall():
                with suppress(LedgerFault):
                    body = self._seal.open(id_, sealed)
                    left = tuple(ref for ref in body.line.targets if ref.rpartition("#")[2] not in names)
                    plan = None if body.plan is None else dataclasses.replace(body.plan, refs=left)
                    if left != body.line.targets:
                        self._store(Body(replace(body.line, targets=left), body.size, plan))
                    if plan is not None and not left:
                        self._ended(id_, {"state": "done", "said": _NONE})
            rows.executemany("DELETE FROM target WHERE statement = ?", [(name,) for name in erased])
            rows.execute(f"DELETE {UNNAMED}")  # damaged, and about nothing else

    def sweep(self) -> None:
        """Forget what ended a week ago; and what was asked for then, is damaged and hides nothing."""
        old = self._now() - _WEEK
        day = f"{datetime.fromtimestamp(old, UTC):%Y-%m-%d}"
        with self._changing() as rows:
            rows.execute("DELETE FROM ask WHERE ended < ?", (old,))
            gone = [(each.id,) for each in damaged_in(rows, self._seal) if not each.hides and each.asked_at < day]
            rows.executemany("DELETE FROM ask WHERE id = ?", gone)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._rows.close()

    def _known(self, waits: Waits) -> WithdrawalLine | None:
        """What is kept under this id; or what waits last about each of these statements, where that is one request of the same asker for
        the same: in between nobody asked for anything else."""
        with suppress(LedgerFault):
            if (found := self._found(waits.id)) is not None:
                return found.line
        last = dict(self._rows.execute("SELECT statement, id FROM target JOIN ask ON ask = number ORDER BY number"))
        ids = {last.get(_commitment(ref)) for ref in waits.plan.refs}
        with suppress(LedgerFault):
            found = self._found(ids.pop() or "") if len(ids) == 1 else None
            if found is not None and found.plan is not None and _same(found.plan, waits.plan):
                return found.line
        return None

    def _check_room(self, asker: bytes, more: int) -> None:
        (held,) = self._rows.execute("SELECT count(*) FROM target JOIN ask ON ask = number WHERE asker = ?", (asker,)).fetchone()
        (all_,) = self._rows.execute("SELECT count(*) FROM target").fetchone()
        if (held and held + more > _SHARE) or all_ + more > _MOST:
            most = f"at most {_MOST:,} statements wait to be withdrawn, of one asker {_SHARE:,}"
            raise Refused("too-many", most, headers={"Retry-After": "30"})

    def _name(self, waits: Waits) -> None:
        """Write openly which statements are meant."""
        (number,) = self._rows.execute("SELECT number FROM ask WHERE id = ?", (waits.id,)).fetchone()
        self._rows.executemany(
            "INSERT INTO target VALUES (?, ?, ?, ?, ?)",
            [(number, _commitment(ref), waits.plan.op, waits.size - 1, waits.asked_at) for ref in waits.plan.refs],
        )

    def _mend(self) -> None:
        """Name again what is about no statement any more, from what is sealed. Raises LedgerFault where that is damaged too."""
        for id_, sealed in self._rows.execute(f"SELECT id, body {UNNAMED}").fetchall():
            body = self._seal.open(id_, sealed)
            if body.plan is not None and body.plan.refs:
                self._name(Waits(id_, body.plan, body.line.asked_at, body.size))
            else:
                self._ended(id_, {"state": "done", "said": _NONE})

    def _ended(self, id_: str, told: Mapping[str, str | tuple[str, ...]]) -> None:
        body = self._found(id_)
        if body is not None:
            self._store(Body(replace(body.line, **told), body.size))
            self._rows.execute("UPDATE ask SET ended = ? WHERE id = ?", (self._now(), id_))
            self._rows.execute("DELETE FROM target WHERE ask = (SELECT number FROM ask WHERE id = ?)", (id_,))

    def _store(self, body: Body) -> None:
        self._rows.execute("UPDATE ask SET body = ? WHERE id = ?", (self._seal.shut(body), body.line.id))

    def _found(self, id_: str) -> Body | None:
        row = self._rows.execute("SELECT body FROM ask WHERE id = ?", (id_,)).fetchone()
        return None if row is None else self._seal.open(id_, row[0])

    def _check_same(self) -> None:
        """Raises LedgerFault where the store is another file than the one that is open, or none: what it kept would be lost."""
        if not self._path.exists() or self._path.stat().st_ino != self._file:
            raise LedgerFault(
                "the store of what waits to be withdrawn was taken away while it is in use", where=str(self._path),
                todo=f"stop the node, put it back and start it again; where it is lost, {remedy(self._path)}",
            )  # fmt: skip

    def _mark(self) -> None:
        """Lay the mark beside the store before something waits in it."""
        mark = mark_of(self._path)
        if self.any and not mark.exists():
            mark.touch(mode=0o600)
            LocalDisk().sync_folder(mark.parent)

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        """One change, whole and durable or not at all."""
        with self._lock, self._storing():
            self._check_same()
            self._rows.execute("BEGIN IMMEDIATE")
            try:
                self._mend()
                yield self._rows
                self._mark()
                self._rows.execute("COMMIT")
            finally:
                if self._rows.in_transaction:
                    self._rows.execute("ROLLBACK")
            if not self.any:
                with suppress(OSError):  # beside a store it says nothing
                    mark_of(self._path).unlink(missing_ok=True)
            self._tell(held_in(self._rows))

    @contextmanager
    def _storing(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as fault:
            where = str(self._path)
            if fault.sqlite_errorcode & 0xFF == sqlite3.SQLITE_FULL:
                raise DiskFull("the disk is full; nothing was accepted", where=where, todo="make room and try again") from fault
            todo = f"look at the disk; where the file is damaged, {remedy(self._path)}"
            raise LedgerFault(f"what waits to be withdrawn cannot be kept: {fault}", where=where, todo=todo) from fault
        except OSError as fault:
            raise disk_fault(fault, self._path) from fault


def _commitment(ref: str) -> bytes:
    return bytes.fromhex(ref.rpartition("#")[2])


def _same(one: AmendPlan, other: AmendPlan) -> bool:
    """Whether two plans of one asker do the same, whatever they are about and why."""
    return dataclasses.replace(one, refs=other.refs, reason=other.reason, clearance=other.clearance) == other
