"""The log of changes to people and rights: each line holds the digest of the one before, and stands in the store with what it tells of.

Lines name people by pseudonym. Whoever can write the store can cut the log's end off; a note of its last digest elsewhere shows that.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from hashlib import sha256

import msgspec

from saksi.model import LedgerFault

__all__ = ["Line", "add_line", "lines"]

_FIRST = "0" * 64


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One change: when (seconds since 1970 UTC), by whom, what was done, to whom, and what there is to say of it."""

    when: int
    who: str
    act: str
    about: str
    said: Mapping[str, str]
    prev: str = ""


def add_line(rows: sqlite3.Connection, line: Line) -> None:
    """Append a line, whatever its `prev`, within the transaction that makes the change."""
    last = rows.execute("SELECT line FROM log ORDER BY n DESC LIMIT 1").fetchone()
    prev = _FIRST if last is None else sha256(last[0]).hexdigest()
    rows.execute("INSERT INTO log (line) VALUES (?)", (msgspec.json.encode(msgspec.structs.replace(line, prev=prev)),))


def lines(rows: sqlite3.Connection) -> Iterator[Line]:
    """All lines in their order. Raises LedgerFault where one does not follow the one before."""
    prev = _FIRST
    for number, (data,) in enumerate(rows.execute("SELECT line FROM log ORDER BY n"), 1):
        try:
            line = msgspec.json.decode(data, type=Line)
        except msgspec.MsgspecError as fault:
            raise LedgerFault(f"the log of people holds a line that is not one of its own: {fault}", where=f"line {number}") from fault
        if line.prev != prev:
            raise LedgerFault("the log of people was changed: a line does not follow the one before", where=f"line {number}")
        prev = sha256(data).hexdigest()
        yield line
