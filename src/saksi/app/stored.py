"""A store that others write to meanwhile, read as it is at one moment."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Collection
from contextlib import closing
from io import BytesIO
from pathlib import Path
from tempfile import mkstemp
from typing import IO

from saksi.model import LedgerFault
from saksi.views.serving import no_room

__all__ = ["as_it_is"]


def as_it_is(path: Path, *, without: Collection[str] = ()) -> IO[bytes]:
    """An SQLite store as one file. The copy lies beside the store and has no name: a crash leaves nothing of it.

    Of the tables `without` no row is in it, and no trace of one; such a copy is in memory, and so is one for which the disk has no room, or
    that can only be read: a backup is most needed then. Raises LedgerFault where the store is damaged.
    """
    try:
        with closing(sqlite3.connect(_address(path), uri=True, timeout=10)) as stored:
            if without or not os.access(path.parent, os.W_OK):
                return _smaller(stored, without)
            try:
                return _beside(stored, path.parent)
            except (sqlite3.OperationalError, OSError) as fault:
                if not no_room(fault):
                    raise
                return _smaller(stored, ())
    except sqlite3.DatabaseError as fault:
        todo = "look at the disk; where the file is damaged, bring it back from a backup"
        raise LedgerFault(f"the store cannot be read: {fault}", where=str(path), todo=todo) from fault


def _beside(stored: sqlite3.Connection, folder: Path) -> IO[bytes]:
    handle, name = mkstemp(dir=folder, prefix=".copy-")
    copy = os.fdopen(handle, "rb")
    try:
        with closing(sqlite3.connect(name)) as made:
            made.execute("PRAGMA journal_mode=OFF")  # opens the file, which needs its name no more
            Path(name).unlink()
            stored.backup(made)
    except BaseException:
        copy.close()
        Path(name).unlink(missing_ok=True)
        raise
    return copy


def _smaller(stored: sqlite3.Connection, without: Collection[str]) -> IO[bytes]:
    with closing(sqlite3.connect(":memory:")) as made:
        stored.backup(made)
        for table in without:
            made.execute(f"DELETE FROM {table}")  # noqa: S608 - a name of ours
        made.commit()
        made.execute("VACUUM")
        return BytesIO(made.serialize())


def _address(path: Path) -> str:
    journal = path.with_name(path.name + "-wal")
    still = not os.access(path.parent, os.W_OK) and not (journal.exists() and journal.stat().st_size)  # nobody writes, nothing to put in
    return f"{path.absolute().as_uri()}?mode=ro{'&immutable=1' if still else ''}"
