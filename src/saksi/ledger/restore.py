"""Bringing a ledger back from its backup: whole, or nothing of it.

How an erased person stays erased. The data file holds only ciphertext of what was erased. The keys file is what could bring it back, so:
it names a day after which it is refused here (set it before the deadline by which an erasure must be complete); a new one replaces the
old; and what the notices in the restored log name, and what the register of erasures that is given names (`register.py`; keep it apart from
the backups), is erased again. What remains open: a keys file that somebody kept beyond its day, with tools
of their own and a data file of the same age. Destroy old keys files.

How a history stays one. A backup is older than what was lost: whoever signs on from it may sign a second history. So the log waits, to be
read but not written, unless somebody says that no later checkpoint was ever signed (`highest.py`).
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from saksi.ledger.backup import Target, opened
from saksi.ledger.checkpoint import Checkpoint, parse_checkpoint
from saksi.ledger.core import Shelf
from saksi.ledger.disk import AppendFile, Disk, LocalDisk, check_room, make_durable, read_file, replace_file
from saksi.ledger.erase import Notice, day_of, erase_untold, ids_alone, ids_under
from saksi.ledger.erasure_plan import groups_at
from saksi.ledger.highest import WAITING, adopt
from saksi.ledger.keys import JOURNAL, Keys
from saksi.ledger.ledger import KEYS, LOG, ORIGINALS
from saksi.ledger.ledger import VAULT as VAULT_FOLDER
from saksi.ledger.log import second_place
from saksi.ledger.note import parse_note
from saksi.ledger.original import Originals
from saksi.ledger.register import Register, noticed
from saksi.ledger.sealed_stream import SealedReader
from saksi.ledger.store import CHECKPOINTS, LOCK, unframe
from saksi.ledger.subjects import Slot, SlotKind
from saksi.ledger.tombstone import Tombstones
from saksi.ledger.vault import INDEX, Vault
from saksi.model.errors import BadInput, NotAllowed

__all__ = ["Into", "Restored", "restore", "undone"]

MOST_UNTOLD = 1_000
_NODE = "node/"
_OTHER = rf"{_NODE}(?:[a-z0-9_-]+(/[a-z0-9_-]+)*\.[a-z0-9]+|named(/(?!\.\.?(/|$))[^/\x00]+)+)"  # named: files that people gave names to
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
    """What a restore brought back: the ledger's size, how much it erased again (keys of data subjects and of originals, statements that go
    alone), and when the backup was made (milliseconds since 1970 UTC)."""

    size: int
    erased_again: int
    made_ms: int


def restore(target: Target, into: Into, *, now_ms: int, newest: bool, erased: Register | None = None) -> Restored:
    """Bring a ledger back: 1. both files are opened, and what they say is compared; 2. the data; 3. the keys; 4. what was erased is erased
    again; 5. where `newest`, the log may sign, else it waits.

    `newest` says that somebody compared the backup with a mirror or a witness and that no later checkpoint of this log was ever signed.
    `erased` is the register of erasures; without it, what was erased after the backup comes back. Whatever fails, nothing is left behind.
    Raises BadInput where a file or the register is damaged or does not belong, NotAllowed where the keys are past their day.
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
        register = erased or Register(point.origin, 0)
        if register.origin != point.origin:
            raise BadInput(f"the register of erasures is that of {register.origin}, the backup that of {point.origin}")
        keys = Keys(disk, keys_folder)
        try:
            again = _erase_again(disk, (folder, keys), size=point.size, erased=register, now_ms=now_ms)  # 4
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


def _erase_again(disk: Disk, into: tuple[Path, Keys], *, size: int, erased: Register, now_ms: int) -> int:
    """Destroy whatever a notice in the vault, or the register, says was erased; before that, remember what goes."""
    folder, keys = into
    vault = Vault(disk, folder / VAULT_FOLDER, keys, size=size, missing_ok=True)
    try:
        shelf = Shelf(vault=vault, keys=keys, originals=Originals(disk, folder / ORIGINALS, keys, random=os.urandom))
        again, untold = _still_there(keys, noticed(shelf, size), erased)
        memory = Tombstones(disk, folder / VAULT_FOLDER, keys.vault)
        going = {number for number, _, kind in (*again, *untold) if kind is SlotKind.SUBJECT}
        if going:
            memory.add(ids_under(shelf, size, going), day_of(now_ms))
        keys.slots.erase(again, at_ms=now_ms)
        alone = [(leaf, index) for leaf, index, commitment in erased.items if _readable(shelf, size, (leaf, index), commitment)]
        if len(untold) + len(alone) > MOST_UNTOLD:
            what = f"{len(untold) + len(alone)} erasures of the register are not known to the backup"
            raise BadInput(what, todo=f"restore a newer backup: at most {MOST_UNTOLD} can be done again at once")
        if alone:
            memory.add(ids_alone(shelf, alone), day_of(now_ms))
        if untold or alone:
            erase_untold(shelf, disk, (untold, alone), size=size, at_ms=now_ms)
    finally:
        vault.close()
    return len(again) + len(untold) + len(alone)


_Slots = list[tuple[int, bytes, SlotKind]]


def _still_there(keys: Keys, told: Notice, erased: Register) -> tuple[_Slots, _Slots]:
    """The slots that hold a key though a notice says that it was destroyed; and those of which only the register says so."""
    again: _Slots = []
    untold: _Slots = []
    subjects, originals, named = set(told.subjects), set(told.originals), set(erased.subjects)
    for number, slot in keys.slots.all():
        if not isinstance(slot, Slot) or slot.key is None:
            continue
        if number in originals if slot.kind is SlotKind.ORIGINAL else slot.id in subjects:
            again.append((number, slot.id, slot.kind))
        elif (number, slot.id) in erased.originals if slot.kind is SlotKind.ORIGINAL else slot.id in named:
            untold.append((number, slot.id, slot.kind))
    return again, untold


def _readable(shelf: Shelf, size: int, place: tuple[int, int], commitment: bytes) -> bool:
    """Whether the statement that the register means stands at its place and can be read."""
    leaf, index = place
    if leaf >= size:
        return False
    with shelf.reading:
        frame = shelf.vault.frame(leaf)
    return (
        frame is not None and frame.commitments[32 * index : 32 * index + 32] == commitment and groups_at(shelf, frame, index) is not None
    )
