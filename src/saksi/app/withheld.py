"""What waits to be withdrawn, as whoever opens a node reads it: which statements, how and since when; who asked and why is sealed there.

While something waits a mark lies beside the store: a store that was taken away meanwhile is not taken for one in which nothing waits.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from saksi.model import LedgerFault
from saksi.views.withheld import Asked

__all__ = ["UNNAMED", "WITHDRAWS", "check_there", "held_in", "mark_of", "reading", "remedy", "withheld_in"]

WITHDRAWS = frozenset({"retract", "expire", "reject"})
UNNAMED = "FROM ask WHERE ended IS NULL AND NOT EXISTS (SELECT 1 FROM target WHERE target.ask = ask.number)"  # and so damaged
_HELD = "SELECT statement, op, leaf, at FROM target ORDER BY ask DESC"  # of several that ask, the first holds


def withheld_in(path: Path) -> Mapping[bytes, Asked]:
    """What waits in the store of a node, which may be there or not, and may be on a disk that can only be read.

    Raises LedgerFault where it is damaged, or gone while something waited: what is to be withdrawn is not known then.
    """
    with reading(path) as rows:
        if rows is None:
            return {}
        if rows.execute(f"SELECT EXISTS (SELECT 1 {UNNAMED})").fetchone()[0]:
            todo = "`saksi serve` mends it from its sealed part; where that is damaged too, " + remedy(path)
            raise LedgerFault("what waits to be withdrawn has lost which statements it is about", where=str(path), todo=todo)
        return held_in(rows)


def held_in(rows: sqlite3.Connection) -> Mapping[bytes, Asked]:
    """The same of an open store: by commitment, of what takes a statement back."""
    return {name: Asked(op, leaf, when) for name, op, leaf, when in rows.execute(_HELD) if op in WITHDRAWS}


def mark_of(path: Path) -> Path:
    """The empty file that lies beside the store while something waits in it."""
    return path.with_suffix(".open")


def check_there(path: Path) -> bool:
    """Whether there is a store. Raises LedgerFault where there is none any more, though something waited in it."""
    if path.exists():
        return True
    if mark_of(path).exists():
        raise LedgerFault(
            "what waits to be withdrawn is gone: its store was taken away", where=str(path), todo=f"put it back, or {remedy(path)}"
        )
    return False


def remedy(path: Path) -> str:
    """What to do about a store that is lost."""
    return f"stop the node, remove {path.name} and {mark_of(path).name} in {path.parent}, start it, and ask again for what waited"


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection | None]:
    """The store, to be read alone; None where there is none. Raises LedgerFault where it cannot be read."""
    try:
        if not check_there(path):
            yield None
            return
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=10)) as rows:
            yield rows
    except (OSError, sqlite3.DatabaseError) as fault:
        todo = f"look at the disk; where the file is damaged, {remedy(path)}"
        raise LedgerFault(f"what waits to be withdrawn cannot be read: {fault}", where=str(path), todo=todo) from fault
