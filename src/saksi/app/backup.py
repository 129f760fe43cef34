"""Backup and restore of a node: its ledger and what its callers rely on, in two sealed files that are kept apart.

With the data go the settings, the files they name that are no secrets, and the access log (digests only); with the keys, and for as short
a time, what says more: secrets that the settings name, the API keys' digests and roles, the key of the access log, the people (without
their sessions), the list of takes, withdrawals that wait, saved searches, mails on their way and what came in and waits. Views are folded
anew; answers kept for a day and uploads under way are left out.

Mails and appeals that came in lie in the tray until a step rests on them, then in the vault. So the tray is read before the ledger: what
was settled in between is in both, and found to be settled when the node starts (`posting/rounds.py`); the other way it could be in neither.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from saksi.app.config import Config, load
from saksi.app.home import Home, now_ms, open_ledger, setup_of
from saksi.app.named_files import bring_named, named_files, parts
from saksi.app.people.people import FOLDER
from saksi.app.people.store import FILE, snapshot
from saksi.app.stored import as_it_is
from saksi.app.withheld import check_there
from saksi.ledger.backup import BackedUp, Other, Target, Term, back_up, belonging
from saksi.ledger.beside import LedgerBeside
from saksi.ledger.disk import DiskFull, Held, disk_fault
from saksi.ledger.keys import JOURNAL
from saksi.ledger.ledger import KEYS
from saksi.ledger.register import Register
from saksi.ledger.restore import Into, Restored, restore, undone
from saksi.ledger.sealed_stream import Part, Secret
from saksi.model import BadInput
from saksi.views.serving import Behind
from saksi.views.views import Views

__all__ = ["DAY_MS", "Files", "Taken", "bring_back", "register", "write_backup"]

DAY_MS = 86_400_000
_PIECE = 1 << 20
_SETTINGS = "saksi.toml"
_PEOPLE = f"{FOLDER}/{FILE}"
_WITH_DATA = ("api/access.log", _SETTINGS)
_WITH_KEYS = ("api/access.key", "api/keys.json", "takes/takes.jsonl", _PEOPLE)
_GROWING = frozenset({"api/access.log", "takes/takes.jsonl"})
_STORES = (
    "api/waiting.db",
    "alerts/alerts.db",
    "alerts/outbox.sqlite",
    "post/tray.sqlite",
    "post/outbox.sqlite",
)  # each after what refers to it
_MAILS = "post/kept"
_FOLDERS = ("api", FOLDER, "takes", "alerts", "post")


@dataclass(frozen=True, slots=True)
class Files:
    """The two files of a backup. `keys` belongs on another medium, under another passphrase."""

    data: Path
    keys: Path

    @classmethod
    def beside(cls, target: Path) -> Files:
        """The files for a target's name: NAME.data, NAME.keys."""
        return cls(target.with_name(target.name + ".data"), target.with_name(target.name + ".keys"))


@dataclass(frozen=True, slots=True)
class Taken:
    """What opens a backup: the secrets of its two sealed files."""

    data: Secret
    keys: Secret


def write_backup(home: Home, config: Config, files: Files, secrets: Taken, *, keep_keys_days: int) -> BackedUp:
    """Write both files, also while the node is served; they replace older ones whole. After `keep_keys_days` a restore refuses the keys."""
    for folder in {files.data.parent, files.keys.parent}:
        if not folder.is_dir():
            raise BadInput("there is no such folder to put the backup into", where=str(folder), todo="make it first")
    _finish_erasure(home, config)
    check_there(home.waiting)
    now = now_ms()
    target = Target(files.data, files.keys, secrets.data, secrets.keys)
    with ExitStack() as copies:
        stores = [_store(name, copies.enter_context(as_it_is(home.path / name))) for name in _STORES if (home.path / name).exists()]
        mails = copies.enter_context(_mails(home))
        ledger = copies.enter_context(LedgerBeside(home.ledger, setup_of(config)))
        named = named_files(home.path, config)
        with_data = (*_parts(home, _WITH_DATA), *parts(home.path, named.data))
        other = Other(with_data, (*_parts(home, _WITH_KEYS), *parts(home.path, named.keys), *stores, *mails))
        return back_up(ledger, target, term=Term(now, now + keep_keys_days * DAY_MS), other=other)


def register(home: Home, config: Config) -> Register:
    """What was erased from the node, to be kept apart from its backups; also while it is served."""
    _finish_erasure(home, config)
    with LedgerBeside(home.ledger, setup_of(config)) as ledger:
        return ledger.register()


def bring_back(home: Home, files: Files, secrets: Taken, *, newest: bool, erased: Register | None = None) -> tuple[Config, Restored]:
    """Restore into an empty home and fold the views: all of it, or nothing is left there.

    `newest` says that no later checkpoint was ever signed; else the node can be read and does not sign. What `erased` names is erased
    again; what was erased after the backup, and is not in it, comes back.
    """
    if home.path.exists() and any(home.path.iterdir()):
        raise BadInput("the directory is not empty", where=str(home.path), todo="choose an empty or new one")
    target = belonging(Target(files.data, files.keys, secrets.data, secrets.keys))
    other = home.path / "incoming"
    with undone(home.path):
        made = restore(target, Into(home.ledger, other=other), now_ms=now_ms(), newest=newest, erased=erased)
        home.path.chmod(0o700)
        config, _ = load(other, {}, {})
        home.views.mkdir(mode=0o700)
        if newest:  # a notice of what was erased again is logged
            open_ledger(home, config).close()
        with LedgerBeside(home.ledger, setup_of(config)) as ledger, Views.open(home.views) as views:
            try:
                views.rebuild(ledger)
            except Behind as full:  # it says that the ledger has all: here nothing is left of it
                todo = "make room and restore again"
                raise DiskFull("the disk is full: nothing was restored", where=str(home.path), todo=todo) from full
        try:
            for name in _FOLDERS:
                if (other / name).exists():
                    (other / name).rename(home.path / name)
            bring_named(other, home.path)
            (other / _SETTINGS).rename(home.path / _SETTINGS)  # last: a directory with settings is a whole node
            other.rmdir()
            home.takes.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise disk_fault(error, home.path) from error
    return config, made


def _finish_erasure(home: Home, config: Config) -> None:
    """Finish an erasure that a crash interrupted, as every start of the ledger does, unless somebody holds the ledger and is at it."""
    journal = home.ledger / KEYS / JOURNAL
    if journal.exists() and journal.stat().st_size:
        with suppress(Held), open_ledger(home, config):
            pass


def _parts(home: Home, names: Collection[str]) -> Iterator[Part]:
    """The node's files as they are now; of one that grows line by line the whole lines."""
    for name in names:
        path = home.path / name
        if name in _GROWING:
            size = _whole_lines(path)
            yield f"node/{name}", size, _first(path, size)
        elif path.exists():
            data = snapshot(path) if name == _PEOPLE else path.read_bytes()  # others are replaced whole by whoever writes them
            yield f"node/{name}", len(data), iter((data,))


def _store(name: str, copy: IO[bytes]) -> Part:
    size = copy.seek(0, os.SEEK_END)
    return f"node/{name}", size, _slice(copy, 0, size)


@contextmanager
def _mails(home: Home) -> Iterator[tuple[Part, ...]]:
    """The mails that came in and wait, as they are now. Each may be gone before it is written, so they are copied to a file without a
    name, of which a crash leaves nothing; on a disk that can only be read none goes."""
    folder = home.path / _MAILS
    paths = sorted(folder.glob("*.eml"))
    if not paths or not os.access(folder, os.W_OK):
        yield tuple((f"node/{_MAILS}/{path.name}", path.stat().st_size, _first(path, path.stat().st_size)) for path in paths)
        return
    with TemporaryFile(dir=folder) as spool:
        yield tuple(_copied(paths, spool))


def _copied(paths: Iterable[Path], spool: IO[bytes]) -> Iterator[Part]:
    try:
        for path in paths:
            with suppress(FileNotFoundError):  # in the vault by now, which is read after this
                data, start = path.read_bytes(), spool.tell()
                spool.write(data)
                yield f"node/{_MAILS}/{path.name}", len(data), _slice(spool, start, len(data))
        spool.flush()
    except OSError as error:
        raise disk_fault(error, Path(_MAILS)) from error


def _slice(file: IO[bytes], start: int, size: int) -> Iterator[bytes]:
    file.seek(start)
    while size and (piece := file.read(min(_PIECE, size))):
        size -= len(piece)
        yield piece


def _whole_lines(path: Path) -> int:
    """The byte after the last whole line; 0 where there is none."""
    if not path.exists():
        return 0
    with path.open("rb") as lines:
        end = lines.seek(0, os.SEEK_END)
        while end:
            start = max(0, end - _PIECE)
            lines.seek(start)
            found = lines.read(end - start).rfind(b"\n")
            if found >= 0:
                return start + found + 1
            end = start
    return 0


def _first(path: Path, size: int) -> Iterator[bytes]:
    if size:
        with path.open("rb") as file:
            yield from _slice(file, 0, size)
