"""A ledger's own backup: log, vault and originals in one sealed file, the keys in another that is kept apart and for a shorter time.

How an erased person stays erased. The data file holds only ciphertext of what was erased. The keys file is what could bring it back, so:
it names a day after which `restore` refuses it (set it before the deadline by which an erasure must be complete); a new one replaces the
old; and `restore` erases again whatever the notices in the restored log name, and whatever the register of erasures that is given to it
names (`erased`; keep the ids of each erasure in the register of processing). What remains open: a keys file that somebody kept beyond its
day, with tools of their own and a data file of the same age. Destroy old keys files.

A mirror restores the log, never the vault: this backup is the only way back to the payloads.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from saksi.ledger.batch import Kind
from saksi.ledger.checkpoint import Checkpoint, parse_checkpoint
from saksi.ledger.core import Shelf
from saksi.ledger.disk import AppendFile, Disk, LocalDisk, disk_fault, make_durable, read_file
from saksi.ledger.erase import day_of, ids_under, leave_to_finish, read_notice
from saksi.ledger.highest import adopt
from saksi.ledger.keys import JOURNAL, SIGNING, SLOTS, VAULT, Keys
from saksi.ledger.ledger import KEYS, LOG, ORIGINALS, Ledger
from saksi.ledger.ledger import VAULT as VAULT_FOLDER
from saksi.ledger.log import second_place
from saksi.ledger.note import parse_note
from saksi.ledger.original import Originals
from saksi.ledger.sealed_stream import SealedReader, SealedWriter, Secret
from saksi.ledger.store import CHECKPOINTS, LOCK, unframe
from saksi.ledger.subjects import Slot, SlotKind
from saksi.ledger.tombstone import TOMBSTONES, Tombstones
from saksi.ledger.vault import DATA, INDEX, Vault
from saksi.model.canonical import Json
from saksi.model.errors import BadInput, NotAllowed

__all__ = ["BackedUp", "Into", "Restored", "Target", "back_up", "read_backup", "restore"]

_PIECE = 1 << 20
MOST_UNTOLD = 1_000
_NAME = {
    "data": re.compile(r"(log/[a-z0-9]+\.[a-z]+|vault/(vault\.data|erased\.ids)|originals/[0-9a-f]{32}\.sealed)"),
    "keys": re.compile(r"(vault\.key|signing\.key|subjects\.slots)"),
}


@dataclass(frozen=True, slots=True)
class Target:
    """Where a backup goes, or comes from: two files, best on two different media, each under its own secret."""

    data: Path
    keys: Path
    secret: Secret
    keys_secret: Secret


@dataclass(frozen=True, slots=True)
class BackedUp:
    """What a backup holds: the ledger's size in leaves, and the bytes of both files."""

    size: int
    data_bytes: int
    keys_bytes: int


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore brought back: the ledger's size, and how many keys it destroyed again because their owners were erased."""

    size: int
    erased_again: int


def back_up(ledger: Ledger, target: Target, *, now_ms: int, keys_until_ms: int) -> BackedUp:
    """Write both files; each replaces an older one of its name at once, or not at all. Other writers wait; reading goes on.

    `keys_until_ms` is the time after which `restore` refuses the keys.
    """
    if keys_until_ms <= now_ms:
        raise BadInput("the keys' backup would be out of date at once", todo="set a later end, before the deadline for erasures")
    core, folder = ledger.core, ledger.folder
    with core.turn:
        core.check()
        said: dict[str, Json] = {"created_ms": now_ms, "origin": ledger.origin, "size": core.log.size}
        salts = core.random(32), core.random(32)
        data = _write(target.data, SealedKind("data", target.secret, said, salts[0]), _data_files(folder))
        about: dict[str, Json] = {**said, "until_ms": keys_until_ms}
        names = [(name, core.keys.folder / name) for name in (VAULT, SIGNING, SLOTS)]
        keys = _write(target.keys, SealedKind("keys", target.keys_secret, about, salts[1]), names)
        return BackedUp(core.log.size, data, keys)


def read_backup(path: Path, secret: Secret) -> dict[str, Json]:
    """Read a backup from the first byte to the last and give what it says of itself. Raises BadInput where it is damaged or cut short."""
    with _stream(path, secret) as reader:
        count = 0
        for _, size, pieces in reader.files():
            count += 1
            if sum(map(len, pieces)) != size:
                raise BadInput("a file in the backup is shorter than it says", where=str(path))
        return {**reader.said, "files": count}


@dataclass(frozen=True, slots=True)
class Into:
    """Where a ledger is restored to: its folder (empty or absent), its keys where they lie elsewhere, the log's second place."""

    folder: Path
    keys: Path | None = None
    second: Path | None = None


def restore(target: Target, into: Into, *, now_ms: int, newest: bool, erased: Collection[bytes] = ()) -> Restored:
    """Bring a ledger back: 1. its files; 2. its keys; 3. what was erased is erased again; 4. where `newest`, the log may sign again.

    `newest` says that somebody compared the backup with a mirror or a witness and that no later checkpoint of this log was ever signed:
    else the log is there to be read, and refuses to sign. `erased` are ids of data subjects from the register of erasures.

    Raises BadInput where a file is damaged or does not belong, NotAllowed where the keys are past their day.
    """
    disk, folder = LocalDisk(), into.folder
    if folder.exists() and any(folder.iterdir()):
        raise BadInput("the folder is not empty", where=str(folder), todo="choose an empty one: a restore never writes over a ledger")
    keys_folder = into.keys or folder / KEYS
    for place in (folder, folder / LOG, folder / VAULT_FOLDER, folder / ORIGINALS, keys_folder):
        make_durable(disk, place)
    said = _read(target.data, ("data", target.secret), folder, disk=disk, now_ms=now_ms)  # 1
    make_durable(disk, folder / VAULT_FOLDER, [folder / VAULT_FOLDER / INDEX])
    about = _read(target.keys, ("keys", target.keys_secret), keys_folder, disk=disk, now_ms=now_ms)  # 2
    if about["origin"] != said["origin"]:
        raise BadInput(f"the keys are those of {about['origin']}, the data is that of {said['origin']}")
    make_durable(disk, keys_folder, [keys_folder / JOURNAL])
    point = _last_checkpoint(disk, folder / LOG / CHECKPOINTS)
    keys = Keys(disk, keys_folder)
    try:
        again = _erase_again(disk, (folder, keys), size=point.size, erased=erased, now_ms=now_ms)  # 3
    finally:
        keys.slots.close()
    if newest:  # 4
        second = into.second or second_place(folder / LOG)
        adopt(disk, second, size=point.size, root=point.root)
    return Restored(point.size, again)


@dataclass(frozen=True, slots=True)
class SealedKind:
    """One file of a backup: which of the two, under which secret, what it says in public, its salt."""

    kind: str
    secret: Secret
    said: dict[str, Json]
    salt: bytes


def _write(path: Path, sealed: SealedKind, files: Iterable[tuple[str, Path]]) -> int:
    """Write one file beside its place, make it durable, then put it in place."""
    disk = LocalDisk()
    beside = path.with_name(path.name + ".new")
    out = AppendFile(disk, beside)
    try:
        out.cut(0)
        writer = SealedWriter(out.append, sealed.secret, said={**sealed.said, "kind": sealed.kind}, salt=sealed.salt)
        for name, source in files:
            size = source.stat().st_size
            writer.file(name, size, _copy(source, size))
        writer.close()
        out.sync()
        written = out.size
        disk.rename(beside, path)
        disk.sync_folder(path.parent)
    except OSError as error:
        raise disk_fault(error, path) from error
    finally:
        out.close()
    return written


def _data_files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Log, vault and originals; not what is derived in the vault, and not the lock."""
    for path in sorted((folder / LOG).iterdir()):
        if path.name != LOCK and path.is_file():
            yield f"{LOG}/{path.name}", path
    for name in (DATA, TOMBSTONES):
        if (folder / VAULT_FOLDER / name).exists():  # nothing may have been erased yet
            yield f"{VAULT_FOLDER}/{name}", folder / VAULT_FOLDER / name
    for path in sorted((folder / ORIGINALS).glob("*.sealed")):
        yield f"{ORIGINALS}/{path.name}", path


def _copy(path: Path, size: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        while size:
            piece = file.read(min(_PIECE, size))
            if not piece:
                return
            size -= len(piece)
            yield piece


@contextmanager
def _stream(path: Path, secret: Secret) -> Iterator[SealedReader]:
    try:
        with path.open("rb") as file:

            def read(length: int, offset: int) -> bytes:
                file.seek(offset)
                return file.read(length)

            yield SealedReader(read, path.stat().st_size, secret)
    except OSError as error:
        raise disk_fault(error, path) from error


def _read(path: Path, sealed: tuple[str, Secret], folder: Path, *, disk: Disk, now_ms: int) -> dict[str, Json]:
    """Write the files of one backup file into a folder, and give what it says of itself."""
    kind, secret = sealed
    with _stream(path, secret) as reader:
        said = dict(reader.said)
        until = said.get("until_ms")
        if said.get("kind") != kind:
            raise BadInput(f"this is not the {kind} of a ledger", where=str(path))
        if isinstance(until, int) and until < now_ms:
            todo = "erasures since then could be undone by it; use a newer backup of the keys, and destroy this one"
            raise NotAllowed("the backup of the keys is past its day", where=str(path), todo=todo)
        for name, size, pieces in reader.files():
            if not _NAME[kind].fullmatch(name):
                raise BadInput(f"the backup holds a file that no ledger has: {name[:80]!r}", where=str(path))
            file = AppendFile(disk, folder / name)
            try:
                for piece in pieces:
                    file.append(piece)
                file.sync()
                if file.size != size:
                    raise BadInput(f"{name} is shorter than it should be", where=str(path))
            finally:
                file.close()
    return said


def _last_checkpoint(disk: Disk, path: Path) -> Checkpoint:
    notes = [note for _, _, note in unframe(read_file(disk, path) or b"")]
    if not notes:
        raise BadInput("the backup holds no checkpoint", where=str(path))
    return parse_checkpoint(parse_note(notes[-1]).text)


def _erase_again(disk: Disk, into: tuple[Path, Keys], *, size: int, erased: Collection[bytes], now_ms: int) -> int:
    """Destroy the keys of whoever a notice in the vault, or the register, says was erased; before that, remember what goes with them."""
    folder, keys = into
    vault = Vault(disk, folder / VAULT_FOLDER, keys, size=size, missing_ok=True)
    try:
        shelf = Shelf(vault=vault, keys=keys, originals=Originals(disk, folder / ORIGINALS, keys, random=os.urandom))
        noticed, numbers = _noticed(shelf, size)
        again: list[tuple[int, bytes, SlotKind]] = []
        untold: list[tuple[int, bytes]] = []
        for number, slot in keys.slots.all():
            if not isinstance(slot, Slot) or slot.key is None:
                continue
            if number in numbers if slot.kind is SlotKind.ORIGINAL else slot.id in noticed:
                again.append((number, slot.id, slot.kind))
            elif slot.kind is SlotKind.SUBJECT and slot.id in erased:
                untold.append((number, slot.id))
        if len(untold) > MOST_UNTOLD:
            todo = f"restore a newer backup: at most {MOST_UNTOLD} can be erased again at once"
            raise BadInput(f"{len(untold)} subjects of the register are not erased in the backup", todo=todo)
        going = {number for number, _, kind in again if kind is SlotKind.SUBJECT} | {number for number, _ in untold}
        if going:
            Tombstones(disk, folder / VAULT_FOLDER, keys.vault).add(ids_under(shelf, size, going), day_of(now_ms))
    finally:
        vault.close()
    keys.slots.erase(again, at_ms=now_ms)
    if untold:  # the log does not know of these yet: the next start destroys the keys and logs the notice
        leave_to_finish(disk, keys, untold, size=size, at_ms=now_ms)
    return len(again) + len(untold)


def _noticed(shelf: Shelf, size: int) -> tuple[set[bytes], set[int]]:
    """The subjects (ids) and originals (slots) that the notices of erasure in a vault name."""
    subjects: set[bytes] = set()
    slots: set[int] = set()
    for _, frame in shelf.frames(0, size):
        if frame is None or frame.head.kind != Kind.ERASURE:
            continue
        for _, items in shelf.blocks(frame):
            if items is not None and items.groups[0] is not None:
                notice = read_notice(items.groups[0][0])
                subjects.update(notice.subjects)
                slots.update(notice.originals)
    return subjects, slots
