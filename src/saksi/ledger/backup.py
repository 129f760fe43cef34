"""A ledger's own backup: log, vault and originals in one sealed file, the keys in another that is kept apart and for a shorter time.

It is made beside the process that writes the ledger, as of its newest checkpoint; erasures alone wait until it is through (`calm.py`).
How an erased person stays erased is told where it is brought back (`restore.py`).

Both files are written beside their places, NAME.new, made durable, and only then named, keys first. Who is killed in between leaves the new
keys beside the old data, and the new data under its other name: `belonging` finds the two that were made together.

A mirror restores the log, never the vault: this backup is the only way back to the payloads.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from saksi.ledger.beside import LedgerBeside
from saksi.ledger.calm import calm
from saksi.ledger.disk import AppendFile, Held, LocalDisk, check_room, disk_fault, read_file
from saksi.ledger.keys import JOURNAL, SIGNING, SLOTS, VAULT
from saksi.ledger.ledger import LOG, ORIGINALS
from saksi.ledger.ledger import VAULT as VAULT_FOLDER
from saksi.ledger.picture import Picture, picture
from saksi.ledger.sealed_stream import Part, SealedReader, SealedWriter, Secret, read_head
from saksi.ledger.source import LogFolder
from saksi.ledger.subjects import SLOT_BYTES
from saksi.ledger.tombstone import TOMBSTONES
from saksi.ledger.vault import DATA
from saksi.model.canonical import Json
from saksi.model.errors import BadInput, LedgerFault

__all__ = ["BackedUp", "Other", "Target", "Term", "back_up", "belonging", "opened", "read_backup"]

_NEW = ".new"
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Target:
    """Where a backup goes, or comes from: two files, best on two different media, each under its own secret."""

    data: Path
    keys: Path
    secret: Secret
    keys_secret: Secret


@dataclass(frozen=True, slots=True)
class Term:
    """When a backup is made, and the time after which a restore refuses its keys; milliseconds since 1970 UTC."""

    now_ms: int
    until_ms: int

    def __post_init__(self) -> None:
        if self.until_ms <= self.now_ms:
            raise BadInput("the keys' backup would be out of date at once", todo="set a later end, before the deadline for erasures")


@dataclass(frozen=True, slots=True)
class Other:
    """Files of the node that go in with the ledger's own, named `node/...`: with its data, or with its keys and for as short a time."""

    data: tuple[Part, ...] = ()
    keys: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class BackedUp:
    """What a backup holds: the ledger's size in leaves, and the bytes of both files."""

    size: int
    data_bytes: int
    keys_bytes: int


def back_up(ledger: LedgerBeside, target: Target, *, term: Term, other: Other | None = None) -> BackedUp:
    """Write both files, as of the newest checkpoint; each replaces an older one of its name at once, or not at all.

    Raises Held where another backup of the ledger is being made or an erasure does not end, LedgerFault where an erasure was left half
    done or a file is shorter than the checkpoint needs. Then what was there stays, and nothing is added.
    """
    other = other or Other()
    with _the_only_backup(ledger.folder), calm(ledger.disk, ledger.keys.folder):
        journal = ledger.keys.folder / JOURNAL
        if read_file(ledger.disk, journal):
            todo = "start the node, which finishes it (`saksi fold` does), then make the backup"
            raise LedgerFault("an erasure was interrupted and is half done", where=str(journal), todo=todo)
        if belonging(target) != target:
            _name(target.data)  # of a backup that was killed between its two names
        seen = picture(LogFolder(ledger.folder / LOG, ledger.disk), ledger.folder / VAULT_FOLDER, keys=ledger.keys, vkeys=ledger.vkeys)
        said: dict[str, Json] = {"backup": ledger.random(16).hex(), "created_ms": term.now_ms, "origin": ledger.origin}
        said["size"] = seen.checkpoint.size
        parts, secrets = [*_data(ledger.folder, seen), *other.data], [*_keys(ledger.keys.folder, seen), *other.keys]
        with _taken_back(target):
            _check_room(target, sum(size for _, size, _ in parts), sum(size for _, size, _ in secrets))
            data = _write(target.data, _Sealed("data", target.secret, said, ledger.random(32)), parts)
            sealed = _Sealed("keys", target.keys_secret, {**said, "until_ms": term.until_ms}, ledger.random(32))
            keys = _write(target.keys, sealed, secrets)
            _name(target.keys)
        _name(target.data)
    return BackedUp(seen.checkpoint.size, data, keys)


def read_backup(path: Path, secret: Secret) -> dict[str, Json]:
    """Read a backup from the first byte to the last and give what it says of itself. Raises BadInput where it is damaged or cut short."""
    with opened(path, secret) as reader:
        count = 0
        for _, size, pieces in reader.files():
            count += 1
            if sum(map(len, pieces)) != size:
                raise BadInput(
                    "a file in the backup is shorter than it says", where=str(path), todo="take another copy of it, or back up again"
                )
        return {**reader.said, "files": count}


def belonging(target: Target) -> Target:
    """The two files that were made together, where a backup was killed between naming the one and the other; else the target as it is."""
    waiting = _beside(target.data)
    keys = _backup_of(target.keys)
    if keys is not None and _backup_of(target.data) != keys and _backup_of(waiting) == keys:
        return replace(target, data=waiting)
    return target


@contextmanager
def opened(path: Path, secret: Secret) -> Iterator[SealedReader]:
    """A file of a backup, open to be read. Raises BadInput where there is none, or it is none."""
    try:
        file = path.open("rb")
    except OSError as error:
        if isinstance(error, FileNotFoundError | IsADirectoryError):
            raise BadInput("there is no such backup", where=str(path), todo="name it as it was named when it was made") from error
        raise disk_fault(error, path) from error
    with file:
        yield SealedReader(lambda length, offset: _read(file, length, offset), _length(file), secret, where=str(path))


@dataclass(frozen=True, slots=True)
class _Sealed:
    """One file of a backup: which of the two, under which secret, what it says in public, its salt."""

    kind: str
    secret: Secret
    said: dict[str, Json]
    salt: bytes


@contextmanager
def _the_only_backup(folder: Path) -> Iterator[None]:
    """A lock on the ledger's folder, as two backups at once would mix their files; it goes with the process and leaves nothing behind."""
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise disk_fault(error, folder) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Held("another backup of this node is being made", where=str(folder), todo="wait until it is through") from error
        yield
    finally:
        os.close(handle)


def _check_room(target: Target, data: int, keys: int) -> None:
    """Whether both files have room beside older ones, which stand until the new ones are whole."""
    for path in (target.data, target.keys):
        with suppress(FileNotFoundError):
            _beside(path).unlink()  # of a backup that was killed
    if target.data.parent.stat().st_dev == target.keys.parent.stat().st_dev:
        check_room(target.data.parent, data + keys)
        return
    check_room(target.data.parent, data)
    check_room(target.keys.parent, keys)


@contextmanager
def _taken_back(target: Target) -> Iterator[None]:
    """Whatever fails while the block runs, nothing of it is left."""
    try:
        yield
    except BaseException:
        for path in (target.data, target.keys):
            with suppress(OSError):
                _beside(path).unlink(missing_ok=True)
        raise


def _beside(path: Path) -> Path:
    """Where a file is written before it gets its name."""
    return path.with_name(path.name + _NEW)


def _name(path: Path) -> None:
    disk = LocalDisk()
    try:
        disk.rename(_beside(path), path)
        disk.sync_folder(path.parent)
    except OSError as error:
        raise disk_fault(error, path) from error


def _backup_of(path: Path) -> Json | None:
    """Which backup a file is of, as far as its head says; None where it is none, or not there."""
    try:
        with path.open("rb") as file:
            said, _, _ = read_head(lambda length, offset: _read(file, length, offset))
    except (OSError, BadInput, LedgerFault):
        return None
    return said.get("backup")


def _write(path: Path, sealed: _Sealed, parts: Iterable[Part]) -> int:
    """Write one file beside its place and make it durable; returns its bytes."""
    out = AppendFile(LocalDisk(), _beside(path))
    try:
        out.cut(0)
        writer = SealedWriter(out.append, sealed.secret, said={**sealed.said, "kind": sealed.kind}, salt=sealed.salt)
        for name, size, pieces in parts:
            writer.file(name, size, pieces)
        writer.close()
        out.sync()
    except OSError as error:
        raise disk_fault(error, path) from error
    finally:
        out.close()
    return out.size


def _data(folder: Path, seen: Picture) -> Iterator[Part]:
    """Log, vault and originals; not what is derived in the vault, and not the lock."""
    for name, size in seen.log:
        yield f"{LOG}/{name}", size, _copy(folder / LOG / name, size)
    yield f"{VAULT_FOLDER}/{DATA}", seen.vault, _copy(folder / VAULT_FOLDER / DATA, seen.vault)
    for name in (f"{VAULT_FOLDER}/{TOMBSTONES}", *(f"{ORIGINALS}/{name}" for name in seen.originals)):
        path = folder / name
        if path.exists():  # nothing may have been erased yet; without an original the rest is backed up all the same, and `fsck` names it
            size = path.stat().st_size
            yield name, size, _copy(path, size)


def _keys(folder: Path, seen: Picture) -> Iterator[Part]:
    for name in (VAULT, SIGNING, SLOTS):
        size = seen.slots * SLOT_BYTES if name == SLOTS else (folder / name).stat().st_size
        yield name, size, _copy(folder / name, size)


def _copy(path: Path, size: int) -> Iterator[bytes]:
    """The first `size` bytes of a file, as they are read."""
    with path.open("rb") as file:
        while size:
            piece = file.read(min(_PIECE, size))
            if not piece:
                return
            size -= len(piece)
            yield piece


def _read(file: BinaryIO, length: int, offset: int) -> bytes:
    try:
        file.seek(offset)
        return file.read(length)
    except OSError as error:
        raise disk_fault(error, Path(file.name)) from error


def _length(file: BinaryIO) -> int:
    return os.fstat(file.fileno()).st_size
