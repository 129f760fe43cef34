"""The files of a node beside its ledger and views, looked through for damage: whether each can be read to its end, and its chain holds.

What lies in them sealed says by itself whether it is whole, and what was folded from the ledger can be thrown away; a text that stands
open in a table and turned into another text is not seen here.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from saksi.app.api.access import chained
from saksi.app.api.keys import KeyStore
from saksi.app.home import Home, now_text
from saksi.app.people.chain import lines
from saksi.model import LedgerFault

__all__ = ["check_stores"]

_BACK = "bring it back from a backup"
_ANEW = "delete it while the node is not served: it is made anew"
_PEOPLE = "people/people.db"
_TABLES = {
    _PEOPLE: _BACK,
    "api/waiting.db": "delete it, and ask again for what was to be withdrawn",
    "api/replay.db": "delete it while the node is not served: it holds the answers of one day",
    "post/outbox.sqlite": "delete it while the node is not served: what the ledger says was not delivered is mailed again",
    "post/tray.sqlite": "move it away: mails are judged anew, appeals in it are lost",
    "alerts/alerts.db": "move it away: saved searches are lost, nothing else is",
    "alerts/outbox.sqlite": _ANEW,
    "book.sqlite": _ANEW,
    "board.sqlite": _ANEW,
}


def check_stores(home: Home) -> list[str]:
    """What is wrong with them, each with its place and what to do; nothing where all is well."""
    return [*_tables(home.path), *_keys(home.path), *_log(home.path)]


def _tables(folder: Path) -> Iterator[str]:
    for name, todo in _TABLES.items():
        path = folder / name
        if not path.exists() or not path.stat().st_size or not os.access(path.parent, os.W_OK):  # a journal cannot be read there
            continue
        try:
            with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=10)) as rows:
                wrong = [str(row[0]) for row in rows.execute("PRAGMA integrity_check") if row[0] != "ok"]
                if name == _PEOPLE and not wrong:
                    for _ in lines(rows):
                        pass
        except (sqlite3.DatabaseError, LedgerFault) as fault:
            wrong = [str(fault)]
        if wrong:
            yield f"{name}: {wrong[0]} ({todo})"


def _keys(folder: Path) -> Iterator[str]:
    path = folder / "api" / "keys.json"
    try:
        KeyStore(path, clock=now_text, random=os.urandom).listed()
    except LedgerFault as fault:
        yield f"api/keys.json: {fault.what} ({_BACK})"


def _log(folder: Path) -> Iterator[str]:
    path = folder / "api" / "access.log"
    if path.is_file():
        try:
            for _ in chained(path):
                pass
        except LedgerFault as fault:
            yield f"{fault.where.replace(str(path), 'api/access.log')}: {fault.what} (keep it, and compare it with a backup)"
