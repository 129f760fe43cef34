"""Bringing a ledger back from its backup: whole, or nothing of it.

How an erased person stays erased. The data file holds only ciphertext of what was erased. The keys file is what could bring it back, so:
it names a day after which it is refused here (set it before the deadline by which an erasure must be complete); a new one replaces the
old; and what the notices in the restored log name, and what the register of erasures that is given names (`erased`; keep the ids of
each erasure in the register of processing), is erased again. What remains open: a keys file that somebody kept beyond its day, with tools
of their own and a data file of the same age. Destroy old keys files.

How a history stays one. A backup is older than what was lost: whoever signs on from it may sign a second history. So the log waits, to be
read but not written, unless somebody says that no later checkpoint was ever signed (`highest.py`).
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from saksi.ledger.backup import Target, opened
from saksi.ledger.batch import Kind
from saksi.ledger.checkpoint import Checkpoint, parse_checkpoint
from saksi.ledger.core import Shelf
from saksi.ledger.disk import AppendFile, Disk, LocalDisk, check_room, make_durable, read_file, replace_file
from saksi.ledger.erase import day_of, ids_under, leave_to_finish, read_notice
from saksi.ledger.highest import WAITING, adopt
from saksi.ledger.keys import JOURNAL, Keys
from saksi.ledger.ledger import KEYS, LOG, ORIGINALS
from saksi.ledger.ledger import VAULT as VAULT_FOLDER
from saksi.ledger.log import second_place
from saksi.ledger.note import parse_note
from saksi.ledger.original import Originals
from saksi.ledger.sealed_stream import SealedReader
from saksi.ledger.store import CHECKPOINTS, LOCK, unframe
from saksi.ledger.subjects import Slot, SlotKind
from saksi.ledger.tombstone import Tombstones
from saksi.ledger.vault import INDEX, Vault
from saksi.model.errors import BadInput, NotAllowed

__all__ = ["Into", "Restored", "restore", "undone"]

MOST_UNTOLD = 1_000
_NODE = "node/"
_OTHER = rf"{_NODE}[a-z0-9_-]+(/[a-z0-9_-]+)*\.[a-z0-9]+"
_NAME = {
    "data": re.compile(rf"log/[a-z0-9]+\.[a-z]+|vault/(vault\.data|erased\.ids)|originals/[0-9a-f]{{32}}\.sealed|{_OTHER}"),
    "keys": re.compile(rf"vault\.key|signing\.key|subjects\.slots|{_OTHER}"),
}


@dataclass(frozen=True, slots=True)
class Into:
    """Where a ledger is restored to: its folder (empty or absent), its keys where they lie elsewhere, the log's second place, and the
    folder for the other files of the node, which are left out where it is None."""

    folder: Path
    keys: Path | None = None
    second: Path | None = None
    other: Path | None = None


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore brought back: the ledger's size, how many keys it destroyed again because their owners were erased, and when the
    backup was made (milliseconds since 1970 UTC)."""

    size: int
    erased_again: int
    made_ms: int


def restore(target: Target, into: Into, *, now_ms: int, newest: bool, erased: Collection[bytes] = ()) -> Restored:
    """Bring a ledger back: 1. both files are opened, and what they say is compared; 2. the data; 3. the keys; 4. what was erased is erased
    again; 5. where `newest`, the log may sign, else it waits.

    `newest` says that somebody compared the backup with a mirror or a witness and that no later checkpoint of this log was ever signed.
    `erased` are ids of data subjects from the register of erasures. Whatever fails, nothing is left behind.
    Raises BadInput where a file is damaged or does not belong, NotAllowed where the keys are past their day.
    """
    disk, folder = LocalDisk(), into.folder
    keys_folder, second = into.keys or folder / KEYS, into.second or second_place(folder / LOG)
    for place in (folder, keys_folder):
        if place.exists() and any(place.iterdir()):
            raise BadInput("the folder is not empty", where=str(place), todo="choose an empty one: a restore never writes over a ledger")
    with (
        opened(target.keys, target.keys_secret) as keys_file,
        opened(target.data, target.secret) as data_file,
        undone(keys_folder),
        undone(folder),
    ):
        made_ms = _check_heads(target, data_file, keys_file, now_ms)  # 1
        check_room(folder, data_file.size)
        for place in (folder, folder / LOG, folder / VAULT_FOLDER, folder / ORIGINALS, keys_folder):
            make_durable(disk, place)
        _write(data_file, "data", _Place(disk, folder, into.other))  # 2
        make_durable(disk, folder / VAULT_FOLDER, [folder / VAULT_FOLDER / INDEX])
        make_durable(disk, folder / LOG, [folder / LOG / LOCK])  # there also for whoever may only read
        _write(keys_file, "keys", _Place(disk, keys_folder, into.other))  # 3
        make_durable(disk, keys_folder, [keys_folder / JOURNAL])
        point = _last_checkpoint(disk, folder / LOG / CHECKPOINTS)
        keys = Keys(disk, keys_folder)
        try:
            again = _erase_again(disk, (folder, keys), size=point.size, erased=erased, now_ms=now_ms)  # 4
        finally:
            keys.slots.close()
        if newest:  # 5
            adopt(disk, second, size=point.size, root=point.root)
        else:
            make_durable(disk, second.parent)
            replace_file(disk, second, WAITING)
    return Restored(point.size, again, made_ms)


@contextmanager
def undone(folder: Path) -> Iterator[None]:
    """Whatever fails while the block runs, the folder is as it was before: empty, or not there with those above it that were not there."""
    absent = [place for place in (folder, *folder.parents) if not place.exists()]
    try:
        yield
    except BaseException:
        if absent:
            shutil.rmtree(absent[-1], ignore_errors=True)
        else:
            for path in folder.iterdir():
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink(missing_ok=True)
        raise


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the files of one file of a backup go."""

    disk: Disk
    folder: Path
    other: Path | None

    def path(self, name: str) -> Path | None:
        """Where a file goes, in a folder that is there; None where nobody wants it."""
        if not name.startswith(_NODE):
            return self.folder / name
        if self.other is None:
            return None
        path = self.other / name.removeprefix(_NODE)
        make_durable(self.disk, path.parent)
        return path


def _check_heads(target: Target, data: SealedReader, keys: SealedReader, now_ms: int) -> int:
    """Whether the two files are what they should be and belong together; gives the time when the data was written."""
    for reader, kind, path in ((data, "data", target.data), (keys, "keys", target.keys)):
        if reader.said.get("kind") != kind:
            raise BadInput(f"this is not the {kind} of a ledger", where=str(path), todo="name the two files of one backup: data, then keys")
    until, made = keys.said.get("until_ms"), data.said.get("created_ms")
    if not isinstance(until, int) or until < now_ms:
        todo = "erasures since then could be undone by it; use a newer backup of the keys, and destroy this one"
        raise NotAllowed("the backup of the keys is past its day", where=str(target.keys), todo=todo)
    if keys.said.get("origin") != data.said.get("origin") or not isinstance(made, int):
        raise BadInput(
            f"the keys are those of {keys.said.get('origin')}, the data is that of {data.said.get('origin')}",
            todo="name the two files of one backup",
        )
    for reader in (keys, data):
        reader.check_secret()
    return made


def _write(reader: SealedReader, kind: str, place: _Place) -> None:
    """Write the files of one file of a backup to where they belong."""
    for name, size, pieces in reader.files():
        if not _NAME[kind].fullmatch(name):
            raise BadInput(f"the backup holds a file that no ledger has: {name[:80]!r}", where=reader.where)
        path = place.path(name)
        if path is None:
            for _ in pieces:
                pass
            continue
        file = AppendFile(place.disk, path)
        try:
            for piece in pieces:
                file.append(piece)
            file.sync()
            if file.size != size:
                raise BadInput(f"{name} is shorter than it should be", where=reader.where, todo="take another copy of the backup")
        finally:
            file.close()


def _last_checkpoint(disk: Disk, path: Path) -> Checkpoint:
    notes = [note for _, _, note in unframe(read_file(disk, path) or b"")]
    if not notes:
        raise BadInput("the backup holds no checkpoint", where=str(path), todo="take another backup: nothing was ever signed in this one")
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
