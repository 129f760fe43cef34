"""The keys of data subjects (and of originals), in slots of fixed size apart from the vault, so that erasing is one overwrite.

    slot, 64 bytes   id 16 | key 32 | state u8 (1 live, 2 erased) | kind u8 (0 subject, 1 original) | 0x0000 | erased at u64 ms | crc32 u32

The id is random and names nobody. Erasing overwrites the key with zeroes and waits for the disk; what the log says about the leaf stays
true, what the vault holds about the subject is noise from then on. Known hole: a solid-state disk or a copying file system may keep the
old block for a while; put the keys folder on an encrypted disk, and see decision record 0032.
"""

from __future__ import annotations

import errno
import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from saksi.ledger.disk import AppendFile, Disk, DiskFailed, disk_fault
from saksi.ledger.frame import Subject
from saksi.model.errors import LedgerFault

__all__ = ["SLOT_BYTES", "Slot", "SlotKind", "Slots", "overwrite", "read_slot"]

SLOT_BYTES = 64
_SLOT = struct.Struct(">16s32sBBHQI")
_LIVE, _ERASED = 1, 2
_NO_KEY = bytes(32)
_STRETCH = 16_384  # slots read at once: 1 MB


class SlotKind(IntEnum):
    """Whose key a slot holds."""

    SUBJECT = 0
    ORIGINAL = 1


@dataclass(frozen=True, slots=True)
class Slot:
    """One slot. `key` is None once it is erased, and `erased_ms` says when."""

    id: bytes
    key: bytes | None
    kind: SlotKind
    erased_ms: int = 0

    def to_bytes(self) -> bytes:
        """The slot as it is written."""
        state = _LIVE if self.key is not None else _ERASED
        packed = _SLOT.pack(self.id, self.key or _NO_KEY, state, self.kind, 0, self.erased_ms, 0)[:-4]
        return packed + zlib.crc32(packed).to_bytes(4, "big")


def read_slot(data: bytes, number: int) -> Slot:
    """Read the 64 bytes of slot `number`. Raises LedgerFault where they are not as they were written."""
    if len(data) != SLOT_BYTES:
        raise LedgerFault(f"there is no key slot {number}", todo="restore the keys from their backup")
    id_, key, state, kind, zero, erased_ms, crc = _SLOT.unpack(data)
    if zlib.crc32(data[:-4]) != crc or state not in {_LIVE, _ERASED} or kind > 1 or zero or (state == _ERASED and key != _NO_KEY):
        raise LedgerFault(f"key slot {number} is damaged", todo="restore the keys from their backup")
    return Slot(id_, key if state == _LIVE else None, SlotKind(kind), erased_ms)


class Slots:
    """The file of slots, held open by the ledger's one writer."""

    def __init__(self, disk: Disk, path: Path) -> None:
        self._disk, self._path = disk, path
        self._file = AppendFile(disk, path)
        self._reach = (0, b"")
        self._last: tuple[int, Slot | None] = (-1, None)

    @property
    def count(self) -> int:
        """How many slots there are; a torn one at the end does not count."""
        return self._file.size // SLOT_BYTES

    def append(self, subjects: Iterable[Subject], kind: SlotKind = SlotKind.SUBJECT) -> int:
        """Add live slots; returns the number of the first. Durable after `sync`."""
        first = self.count
        self._file.append(b"".join(Slot(subject.id, subject.key, kind).to_bytes() for subject in subjects))
        self._forget()
        return first

    def sync(self) -> None:
        """Make what was added durable."""
        self._file.sync()

    def cut(self, count: int) -> None:
        """Drop the slots from `count` on: those of a take that never came to be."""
        self._file.cut(count * SLOT_BYTES)
        self._forget()

    def read(self, number: int) -> Slot:
        """Slot `number`."""
        last, slot = self._last
        if last == number and slot is not None:
            return slot
        first, data = self._reach
        if not first <= number < first + len(data) // SLOT_BYTES:
            first = number
            data = self._file.read(number * SLOT_BYTES, SLOT_BYTES * 64)
            self._reach = (first, data)
        place = (number - first) * SLOT_BYTES
        slot = read_slot(data[place : place + SLOT_BYTES], number)
        self._last = (number, slot)
        return slot

    def all(self, first: int = 0) -> Iterator[tuple[int, Slot | LedgerFault]]:
        """Every slot with its number, or what is wrong with it."""
        while data := self._file.read(first * SLOT_BYTES, SLOT_BYTES * _STRETCH):
            for place in range(0, len(data), SLOT_BYTES):
                try:
                    yield first, read_slot(data[place : place + SLOT_BYTES], first)
                except LedgerFault as fault:
                    yield first, fault
                first += 1

    def find(self, id_: bytes, first: int = 0) -> list[int]:
        """The numbers of all slots with this id, live or erased."""
        found = []
        place = first
        while data := self._file.read(place * SLOT_BYTES, SLOT_BYTES * _STRETCH):
            at = data.find(id_)
            while at >= 0:
                if at % SLOT_BYTES == 0:
                    found.append(place + at // SLOT_BYTES)
                at = data.find(id_, at + 1)
            place += len(data) // SLOT_BYTES
            if len(data) % SLOT_BYTES:
                break
        return found

    def erase(self, slots: Sequence[tuple[int, bytes, SlotKind]], *, at_ms: int) -> None:
        """Overwrite the keys in the slots given by (number, id, kind) and make that durable. May be done again after a crash."""
        pieces = [(number * SLOT_BYTES, Slot(id_, None, kind, at_ms).to_bytes()) for number, id_, kind in slots]
        overwrite(self._disk, self._path, pieces)
        self._forget()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _forget(self) -> None:
        """Let go of what was read: slots were added, cut or erased."""
        self._reach = (0, b"")
        self._last = (-1, None)


def overwrite(disk: Disk, path: Path, pieces: Iterable[tuple[int, bytes]]) -> None:
    """Write over places of a file, (byte offset, bytes), then `fdatasync`. Only erasure does this, and only with a journal behind it."""
    try:
        handle = disk.open(path, write=True)
        try:
            size = handle.size()
            for offset, data in pieces:
                if offset + len(data) > size:
                    raise LedgerFault("erasing would write beyond the end of the file", where=f"{path}, byte {offset}", todo="run fsck")
                left, place = memoryview(data), offset
                while left:
                    taken = handle.write_at(left, place)
                    if taken <= 0:
                        raise OSError(errno.EIO, "a write took nothing")
                    left, place = left[taken:], place + taken
            handle.sync()
        finally:
            handle.close()
    except OSError as error:
        fault = disk_fault(error, path)
        raise DiskFailed(fault.what, where=fault.where, todo="end the process; the erasure is finished at the next start") from error
