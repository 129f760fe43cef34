"""What waits to be withdrawn, as whoever opens a node reads it: which statements, how and since when; who asked and why is sealed there."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from saksi.model import LedgerFault
from saksi.views.withheld import Asked

__all__ = ["WITHDRAWS", "held_in", "waiting_as_it_is", "withheld_in"]

WITHDRAWS = frozenset({"retract", "expire", "reject"})
_HELD = "SELECT statement, op, leaf, at FROM target ORDER BY ask DESC"  # of several that ask, the first holds


def withheld_in(path: Path) -> Mapping[bytes, Asked]:
    """What waits in the store of a node, which may be there or not, and may be on a disk that can only be read."""
    with _read(path) as rows:
        return {} if rows is None else held_in(rows)


def waiting_as_it_is(path: Path) -> bytes:
    """The store as one file, as it is at one moment, for a backup."""
    with _read(path) as rows:
        return b"" if rows is None else rows.serialize()


def held_in(rows: sqlite3.Connection) -> Mapping[bytes, Asked]:
    """The same of an open store: by commitment, of what takes a statement back."""
    return {name: Asked(op, leaf, when) for name, op, leaf, when in rows.execute(_HELD) if op in WITHDRAWS}


@contextmanager
def _read(path: Path) -> Iterator[sqlite3.Connection | None]:
    try:
        if not path.exists():
            yield None
            return
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=10)) as rows:
            yield rows
    except (OSError, sqlite3.DatabaseError) as fault:
        todo = "look at the disk; where the file is damaged, remove it and ask for what it held again"
        raise LedgerFault(f"what waits to be withdrawn cannot be read: {fault}", where=str(path), todo=todo) from fault
