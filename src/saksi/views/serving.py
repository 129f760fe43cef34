"""The serving index (SQLite), the side that writes: from an entity to its facts, from a number to what it stands for.

Facts of an entity are packed rows in a bundle with its neighbours'. Of an entity with many, older rows are moved to pages of `CHUNK`
rows, each with its statement numbers and the numbers of their days, so that a hub is counted without being read.
"""

from __future__ import annotations

import errno
import hashlib
import itertools
import os
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter
from pathlib import Path
from typing import TypeAlias

import msgspec
import numpy as np

from saksi.ledger.disk import FAILED, FULL, DiskFull, disk_fault
from saksi.model import LedgerFault, ReadOnly
from saksi.views import manifest as manifests
from saksi.views.bundle import Entry, cut, pack, spread, unpack
from saksi.views.manifest import FOLD_VERSION, Manifest
from saksi.views.parse import Notice

__all__ = [
    "CHUNK", "DAMAGE", "DAYS", "FILE", "MARKING", "RECENT", "RECORDER", "SHAPE", "SOURCE", "Behind", "ChangeRow", "Heads", "Row", "Rows",
    "Writer", "connect", "current", "failed", "head", "no_files", "no_room", "of_another_version", "stored", "to_answer", "unusable",
]  # fmt: skip

FILE = "serving.sqlite"
CHUNK = 128
RECENT = 1024
_MOST_FILES = frozenset({errno.EMFILE, errno.ENFILE})
DAMAGE = (sqlite3.DatabaseError, zlib.error, msgspec.MsgspecError, UnicodeDecodeError, IndexError)  # what a damaged index shows itself by
SOURCE, RECORDER, MARKING, SHAPE, DAYS = range(5)
_SCHEMA = """
CREATE TABLE bundle (first TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE page (entity TEXT, first INTEGER, count INTEGER, numbers BLOB, days BLOB, rows BLOB, UNIQUE (entity, first));
CREATE TABLE change (target INTEGER, ordinal INTEGER, op TEXT, asserter INTEGER, handling INTEGER, reason TEXT,
  PRIMARY KEY (target, ordinal)) WITHOUT ROWID;
CREATE TABLE part (kind INTEGER, number INTEGER, hash INTEGER, body BLOB, PRIMARY KEY (kind, number)) WITHOUT ROWID;
CREATE TABLE recent (ordinal INTEGER PRIMARY KEY, entity TEXT);
CREATE TABLE erased (ordinal INTEGER PRIMARY KEY, day TEXT);
CREATE TABLE settled (leaf INTEGER PRIMARY KEY);
CREATE TABLE state (manifest BLOB);
"""

ChangeRow: TypeAlias = tuple[int, int, str, int, int, str | None]


class Behind(DiskFull):
    """The disk has no room for the views, or too many files are open: what was recorded is in the ledger, and look-ups do not show it
    until it is folded."""


class Row(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A fact as it is packed. `original` is True where it is the entity's own text; a `value` in a list of one is JSON."""

    shape: int
    ordinal: int
    days: int
    row: int | None = None
    original: str | bool | None = None
    value: str | bool | int | tuple[str] | None = None
    quote: str | None = None
    locator: str | None = None
    valid_from: str | None = None
    valid_until: str | None = None


class _Head(msgspec.Struct, array_like=True, frozen=True, gc=False):
    shape: int
    ordinal: int
    days: int


Rows = msgspec.msgpack.Decoder(list[Row])
Heads = msgspec.msgpack.Decoder(list[_Head])
_Raws = msgspec.msgpack.Decoder(list[msgspec.Raw])


def head(count: int) -> bytes:
    """The MessagePack header of a list of `count` items."""
    if count < 16:
        return bytes((0x90 | count,))
    return b"\xdc" + count.to_bytes(2, "big") if count < 65_536 else b"\xdd" + count.to_bytes(4, "big")


def no_room(fault: BaseException) -> bool:
    """Whether an error of the system, of SQLite or of DuckDB says that the disk is full: then nothing is damaged."""
    if isinstance(fault, sqlite3.Error):
        return getattr(fault, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    return (isinstance(fault, OSError) and fault.errno in FULL) or "No space left on device" in str(fault)


def no_files(fault: BaseException) -> bool:
    """Whether it says that too many files are open, here or on the machine: then nothing is damaged either."""
    if isinstance(fault, sqlite3.Error):  # SQLite says no more than that it could not open one
        return (getattr(fault, "sqlite_errorcode", None) or 0) & 0xFF == sqlite3.SQLITE_CANTOPEN and _few_left()
    return (isinstance(fault, OSError) and fault.errno in _MOST_FILES) or "Too many open files" in str(fault)


def _few_left() -> bool:
    held: list[int] = []
    try:
        while len(held) < 8:
            held.append(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))
    except OSError as fault:
        return fault.errno in _MOST_FILES
    finally:
        for each in held:
            os.close(each)
    return False


def failed(fault: BaseException) -> bool:
    """Whether it says that the disk itself failed: then nobody knows what is damaged, and to build anew on it would not help."""
    if isinstance(fault, sqlite3.Error):
        return (getattr(fault, "sqlite_errorcode", None) or 0) & 0xFF == sqlite3.SQLITE_IOERR
    return isinstance(fault, OSError) and fault.errno in FAILED


def unusable(what: str, fault: Exception, where: Path | None = None) -> LedgerFault:
    """The word for an index that does not open, or cannot be read or written: `what` is wrong with it, or its disk failed."""
    if failed(fault):
        return disk_fault(OSError(errno.EIO, str(fault)), where or Path("views"))
    return LedgerFault(f"{what}: {fault}", where="" if where is None else str(where), todo="run `saksi fold --rebuild`")


def connect(path: Path, *, write: bool) -> sqlite3.Connection:
    """Open the index. A reader maps the file into memory and cannot write; a writer overwrites what it deletes.

    A reader in a folder that may not be written to needs the files of the journal, or no journal: raises ReadOnly where one is left.
    """
    made = _opened(path, "mode=rw" if write else "mode=ro")
    if write:
        made.execute("PRAGMA mmap_size=0")  # what it maps it would hold, and that is as much as there is
        made.execute("PRAGMA cache_size=-8192")
        made.execute("PRAGMA secure_delete=ON")
        made.execute("PRAGMA synchronous=NORMAL")
    return made


def _opened(path: Path, how: str) -> sqlite3.Connection:
    # A connection is used by one thread at a time; the last owner of the views closes those of threads that have ended.
    made = sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True, isolation_level=None, check_same_thread=False, timeout=30)
    try:
        made.execute("PRAGMA mmap_size=68719476736")
        made.execute("PRAGMA schema_version")  # opens the files
    except sqlite3.OperationalError:
        made.close()
        if how != "mode=ro" or not path.exists() or os.access(path.parent, os.W_OK):
            raise
        journal = path.with_name(path.name + "-wal")
        if journal.exists() and journal.stat().st_size:
            what = "the views were left with a journal, and here nothing may be written to read it"
            todo = "run any command once where the home can be written, `saksi doctor` say, or copy it there; its -shm file belongs to it"
            raise ReadOnly(what, where=str(journal), todo=todo) from None
        return _opened(path, "mode=ro&immutable=1")  # nobody writes here, and nothing is left to be put in
    return made


def stored(folder: Path) -> Manifest | None:
    """What the index in a generation's folder was last folded to: the one truth after a crash. None where it cannot be read.

    Raises DiskFailed where that is the disk's doing.
    """
    try:
        link = connect(folder / FILE, write=False)
        try:
            found = link.execute("SELECT manifest FROM state").fetchone()
        finally:
            link.close()
        made = msgspec.json.decode(found[0], type=Manifest) if found else None
    except (sqlite3.Error, msgspec.MsgspecError, UnicodeDecodeError, OSError) as fault:
        if failed(fault):
            raise unusable("it cannot be read", fault, folder / FILE) from fault
        return None
    return made if made is not None and made.fold_version == FOLD_VERSION else None


def current(folder: Path) -> Manifest | None:
    """What the views in `folder` were folded to, or None where nothing usable is there."""
    named = manifests.read(folder)
    return None if named is None else stored(folder / named.folder)


def of_another_version(folder: Path) -> bool:
    """Whether a program of another version folded the views: the manifest says so, and no index of this version contradicts it."""
    named = manifests.foreign(folder)
    return named is not None and stored(folder / named) is None


def to_answer(folder: Path) -> Manifest | None:
    """The same for whoever answers by them. Raises LedgerFault where the index is behind the manifest beside it, which is written after it:
    SQLite passes over a journal that is damaged, or was lost with the power, without a word."""
    named, have = manifests.read(folder), current(folder)
    if named is not None and have is not None and (have.size, have.erasures) < (named.size, named.erasures):
        raise LedgerFault("the views' index lacks what was folded last", where=str(folder), todo="run `saksi fold`")
    return have


class Writer:
    """Writes the index: in bulk into a new file (`fresh`), else in transactions beside readers."""

    def __init__(self, folder: Path, *, fresh: bool) -> None:
        path = folder / FILE
        self.fresh = fresh
        if fresh:
            self.link = sqlite3.connect(path, isolation_level=None)
            for pragma in ("page_size=8192", "journal_mode=OFF", "synchronous=OFF", "cache_size=-65536"):
                self.link.execute(f"PRAGMA {pragma}")
            self.link.executescript(_SCHEMA)
        else:
            self.link = connect(path, write=True)
            self.link.execute("PRAGMA journal_mode=WAL")
        self.link.execute("BEGIN IMMEDIATE")

    def find(self, kind: int, body: bytes) -> int | None:
        """The number an earlier fold gave to an equal part."""
        if self.fresh:
            return None
        rows = self.link.execute("SELECT number, body FROM part WHERE kind = ? AND hash = ?", (kind, _hash(body)))
        return next((int(number) for number, kept in rows if kept == body), None)

    def next(self, kind: int) -> int:
        """The next free number (0 is not used)."""
        top = self.link.execute("SELECT max(number) FROM part WHERE kind = ?", (kind,)).fetchone()[0]
        return int(top or 0) + 1

    def body(self, kind: int, number: int) -> bytes:
        """The part that has a number."""
        found = self.link.execute("SELECT body FROM part WHERE kind = ? AND number = ?", (kind, number)).fetchone()
        if found is None:
            raise LedgerFault(f"the views lack part {kind}/{number}", todo="rebuild the views")
        return bytes(found[0])

    def parts(self, kind: int, fresh: Iterable[tuple[int, bytes]]) -> None:
        """Keep parts that were numbered anew."""
        self.link.executemany("INSERT INTO part VALUES (?,?,?,?)", ((kind, number, _hash(body), body) for number, body in fresh))

    def changes(self, rows: Iterable[ChangeRow]) -> None:
        """Keep amendments that count."""
        self.link.executemany("INSERT OR REPLACE INTO change VALUES (?,?,?,?,?,?)", rows)

    def recent(self, rows: Iterable[tuple[int, str]]) -> None:
        """Remember the newest facts' entities; forget all but the last `RECENT`."""
        self.link.executemany("INSERT OR REPLACE INTO recent VALUES (?,?)", rows)
        self.link.execute("DELETE FROM recent WHERE ordinal NOT IN (SELECT ordinal FROM recent ORDER BY ordinal DESC LIMIT ?)", (RECENT,))

    def bulk(self, entries: Iterable[Entry]) -> int:
        """Insert entities in sorted order (bulk only); gives their number."""
        count = 0

        def rows() -> Iterator[tuple[str, bytes]]:
            nonlocal count
            for lot in cut(entries):
                count += len(lot)
                yield lot[0][0], pack(lot)

        self.link.executemany("INSERT INTO bundle VALUES (?,?)", rows())
        return count

    def add(self, facts: dict[str, list[bytes]]) -> int:
        """Add packed rows to entities, new or known; gives how many were new."""
        keys = sorted(facts)
        met = 0
        holders = self.link.execute(
            "SELECT (SELECT first FROM bundle WHERE first <= j.value ORDER BY first DESC LIMIT 1) FROM json_each(?) j",
            (msgspec.json.encode(keys).decode(),),
        ).fetchall()
        for (holder,), pairs in itertools.groupby(zip(holders, keys, strict=True), itemgetter(0)):
            held = {} if holder is None else {entry[0]: entry for entry in unpack(self._body(holder))}
            for _, key in pairs:
                met += key not in held
                held[key] = self._grown(key, held.get(key, (key, 0, 0, b"")), facts[key])
            self.put(holder, [held[key] for key in sorted(held)])
        return met

    def entry(self, key: str) -> tuple[str, list[Entry]] | None:
        """The bundle that would hold an entity: its first key, and its entries."""
        found = self.link.execute("SELECT first, body FROM bundle WHERE first <= ? ORDER BY first DESC LIMIT 1", (key,)).fetchone()
        return None if found is None else (str(found[0]), unpack(found[1]))

    def put(self, holder: str | None, entries: Sequence[Entry]) -> None:
        """Write a bundle anew, as several where it has grown; `holder` is the first key it had."""
        if holder is not None:
            self.link.execute("DELETE FROM bundle WHERE first = ?", (holder,))
        self.link.executemany("INSERT INTO bundle VALUES (?,?)", ((some[0][0], pack(some)) for some in spread(entries)))

    def paged(self, entity: str, rows: Sequence[bytes]) -> tuple[int, Sequence[bytes]]:
        """Move all but the last rows of an entity to pages; gives how many were moved and what stays."""
        start = 0
        while len(rows) - start >= 2 * CHUNK:
            self.page(entity, b"".join(rows[start : start + CHUNK]), CHUNK)
            start += CHUNK
        return start, rows[start:]

    def erased(self, days: Iterable[tuple[int, str]]) -> None:
        """Keep the day on which statements were erased; the first day told stays."""
        self.link.executemany("INSERT OR IGNORE INTO erased VALUES (?,?)", days)

    def settle(self, notices: Iterable[int]) -> None:
        """Remember that what these notices of erasure name is gone from the views."""
        self.link.executemany("INSERT OR IGNORE INTO settled VALUES (?)", ((leaf,) for leaf in notices))

    def unsettled(self, notices: Iterable[Notice]) -> list[Notice]:
        """The notices that were not settled yet."""
        done = {int(row[0]) for row in self.link.execute("SELECT leaf FROM settled")}
        return [notice for notice in notices if notice.leaf not in done]

    def commit(self, manifest: Manifest) -> None:
        """Make what was written the state of the views: a fold becomes visible here and nowhere else."""
        self.link.execute("DELETE FROM state")
        self.link.execute("INSERT INTO state VALUES (?)", (msgspec.json.encode(manifest),))
        self.link.execute("COMMIT")
        self.link.execute("BEGIN IMMEDIATE")

    def finish(self) -> None:
        """End a bulk write: the index for new parts, and the journal that lets readers and a writer work side by side."""
        self.link.execute("CREATE INDEX IF NOT EXISTS part_hash ON part (kind, hash)")
        self.link.execute("COMMIT")
        self.link.execute("PRAGMA synchronous=FULL")
        self.link.execute("PRAGMA journal_mode=WAL")
        self.link.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.link.execute("BEGIN IMMEDIATE")

    def close(self) -> None:
        """Give up what was not committed and close."""
        if self.link.in_transaction:
            self.link.execute("ROLLBACK")
        self.link.close()

    def _body(self, holder: str) -> bytes:
        return bytes(self.link.execute("SELECT body FROM bundle WHERE first = ?", (holder,)).fetchone()[0])

    def _grown(self, key: str, had: Entry, new: list[bytes]) -> Entry:
        _, older, count, rows = had
        if count + len(new) < 2 * CHUNK:
            return key, older, count + len(new), rows + b"".join(new)
        kept = [bytes(raw) for raw in _Raws.decode(head(count) + rows)]
        moved, rest = self.paged(key, kept + new)
        return key, older + moved, len(rest), b"".join(rest)

    def page(self, entity: str, rows: bytes, count: int) -> None:
        """Keep a page of an entity's rows."""
        heads = Heads.decode(head(count) + rows)
        numbers, days = (np.array(each, "<u4") for each in ([one.ordinal for one in heads], [one.days for one in heads]))
        packed = entity, int(numbers[0]), count, numbers.tobytes(), zlib.compress(days.tobytes(), 1), zlib.compress(rows, 1)
        self.link.execute("INSERT INTO page VALUES (?,?,?,?,?,?)", packed)


def _hash(body: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(body, digest_size=8).digest(), "big", signed=True)
