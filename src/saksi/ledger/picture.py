"""A ledger as it stood at one checkpoint, although its writer goes on: how far each of its files reaches.

All of them only grow, but for what an erasure writes over: so a length is enough, as long as calm is held (`calm.py`). The frames of a
checkpoint's leaves were durable before it was signed; what lies beyond belongs to takes that are not in the log yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from saksi.ledger.checkpoint import Checkpoint
from saksi.ledger.disk import Disk, disk_fault
from saksi.ledger.frame import FRAME_HEAD, FrameHead
from saksi.ledger.keys import Keys
from saksi.ledger.note import VKey
from saksi.ledger.reader import Reader, read_checkpoint
from saksi.ledger.source import LogFolder
from saksi.ledger.store import BUNDLES, CHECKPOINTS, ENTRIES, level_name
from saksi.ledger.subjects import Slot, SlotKind
from saksi.ledger.tiles import WIDTH, Tile
from saksi.ledger.vault import DATA, Vault
from saksi.model.errors import LedgerFault

__all__ = ["Picture", "picture"]


@dataclass(frozen=True, slots=True)
class Picture:
    """What belongs to one checkpoint: the bytes of each file of the log and of the vault, the key slots, the originals (file names)."""

    checkpoint: Checkpoint
    log: tuple[tuple[str, int], ...]
    vault: int
    slots: int
    originals: tuple[str, ...]


def picture(log: LogFolder, vault: Path, *, keys: Keys, vkeys: Sequence[VKey]) -> Picture:
    """The ledger at its newest checkpoint, which is made durable first: no power cut takes it back once it was copied."""
    found = log.newest()
    if found is None:
        raise LedgerFault("the log has no checkpoint", where=str(log.folder))
    end, note = found
    _sync(log.disk, log.folder / CHECKPOINTS)
    point, _ = read_checkpoint(note, vkeys)
    files = [(CHECKPOINTS, end), (ENTRIES, _entries_end(log, Reader(log, vkeys, checkpoint=note))), (BUNDLES, 8 * (point.size // WIDTH))]
    level = 0
    while level == 0 or point.size >> (8 * level):
        files.append((level_name(level), 32 * (point.size >> (8 * level))))
        level += 1
    with closing(Vault.beside(log.disk, vault, keys)) as frames:
        length, slots = _frames_end(log.disk, frames, vault / DATA, point.size)
    newest = {slot.id: slot for number, slot in keys.slots.all() if number < slots and isinstance(slot, Slot)}
    kept = [f"{slot.id.hex()}.sealed" for slot in newest.values() if slot.kind is SlotKind.ORIGINAL and slot.key is not None]
    return Picture(point, tuple(files), length, slots, tuple(sorted(kept)))


def _entries_end(log: LogFolder, reader: Reader) -> int:
    """Where the last entry that the checkpoint covers ends in the file of entries."""
    full, rest = divmod(reader.size, WIDTH)
    start = int.from_bytes(log.read(BUNDLES, 8 * (full - 1), 8), "big") if full else 0
    return start + (len(reader.fetch(Tile(-1, full, rest))) if rest else 0)


def _frames_end(disk: Disk, vault: Vault, path: Path, size: int) -> tuple[int, int]:
    """Where the frame of the last leaf below `size` ends, and how many key slots it knows of; the index may lag behind."""
    end = slots = 0
    leaf = min(size, vault.leaves)
    for known in range(leaf - 1, -1, -1):
        frame = vault.frame(known)
        if frame is not None:
            end, slots = frame.end, frame.head.slots
            break
    try:
        with closing(disk.open(path)) as file:
            while leaf < size:
                data = file.read_at(FRAME_HEAD, end)
                head = FrameHead.parse(data) if len(data) == FRAME_HEAD else None
                if head is None or head.leaf != leaf:
                    raise LedgerFault(f"the vault has no payload for leaf {leaf}", where=f"{path}, byte {end}", todo="run fsck")
                end, slots, leaf = end + FRAME_HEAD + head.body, head.slots, leaf + 1
    except OSError as error:
        raise disk_fault(error, path) from error
    return end, slots


def _sync(disk: Disk, path: Path) -> None:
    try:
        with closing(disk.open(path)) as file:
            file.sync()
    except OSError as error:
        raise disk_fault(error, path) from error
