"""The sealed part of what waits to be withdrawn: who asked, why, and the plan; and what of it cannot be opened any more."""

from __future__ import annotations

import hmac
import os
import sqlite3
from pathlib import Path
from typing import NamedTuple

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from saksi.app.api.ports import AmendPlan, WithdrawalLine
from saksi.app.withheld import WITHDRAWS, remedy
from saksi.model import LedgerFault

__all__ = ["Body", "Damaged", "Seal", "damaged_in"]

_SAID = (
    "It is damaged, and cannot be written. Ask again for these statements: once that is in the ledger, this one is forgotten. "
    "Until then look-ups and block lists do without them, where they were to be taken back."
)


class Body(msgspec.Struct, frozen=True):
    """What is sealed: what is told of it and, while it waits, the plan."""

    line: WithdrawalLine
    size: int
    plan: AmendPlan | None = None


class Damaged(NamedTuple):
    """One that waits and cannot be opened: what lies open of it. Its statements are commitments, `asked_at` is UTC."""

    id: str
    op: str
    asked_at: str
    statements: tuple[bytes, ...]

    @property
    def hides(self) -> bool:
        """Whether its statements are withheld."""
        return self.op in WITHDRAWS

    @property
    def line(self) -> WithdrawalLine:
        """What can be told of it; the statements are named as in their own addresses."""
        names = tuple(each.hex() for each in self.statements)
        return WithdrawalLine(id=self.id, op=self.op, state="damaged", said=_SAID, asked_at=self.asked_at, by="", targets=names)


class Seal:
    """Seals and opens, under the key of one node; `where` is the store that errors name."""

    def __init__(self, key: bytes, where: Path) -> None:
        self._key, self._cipher, self._where = key, AESGCM(key), where

    def name(self, *what: bytes) -> bytes:
        """A name for something, that nobody without the key can make or read; 16 bytes."""
        return hmac.digest(self._key, b"\0".join(what), "sha256")[:16]

    def shut(self, body: Body) -> bytes:
        """Seal it, to its id."""
        nonce = os.urandom(12)
        return nonce + self._cipher.encrypt(nonce, msgspec.msgpack.encode(body), body.line.id.encode())

    def open(self, id_: str, sealed: bytes) -> Body:
        """Open what was sealed to that id. Raises LedgerFault."""
        try:
            return msgspec.msgpack.decode(self._cipher.decrypt(sealed[:12], sealed[12:], id_.encode()), type=Body)
        except (InvalidTag, ValueError, msgspec.MsgspecError) as fault:
            todo = f"was it sealed under another node's key? If so, {remedy(self._where)}"
            raise LedgerFault("a withdrawal that waits cannot be opened", where=str(self._where), todo=todo) from fault


def damaged_in(rows: sqlite3.Connection, seal: Seal) -> list[Damaged]:
    """Those that wait in a store and cannot be opened, in the order they were asked for."""
    made = []
    for number, id_, sealed in rows.execute("SELECT number, id, body FROM ask WHERE ended IS NULL ORDER BY number").fetchall():
        try:
            if seal.open(id_, sealed).plan is not None:
                continue
        except LedgerFault:
            pass
        said = rows.execute("SELECT op, at, statement FROM target WHERE ask = ?", (number,)).fetchall()
        op, at = said[0][:2] if said else ("", "")
        made.append(Damaged(id_, op, at, tuple(statement for _, _, statement in said)))
    return made
