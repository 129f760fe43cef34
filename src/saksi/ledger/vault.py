"""The vault: what the leaves of the log stand for, sealed, one frame a leaf, in the order of the log.

`vault.data` holds the frames and only grows, but for erasure, which writes over a block in place. `vault.idx` holds for each leaf the u64
offset of its frame (all ones: none); it is derived, synced when the ledger passes a multiple of 4,096 leaves, and checked from the multiple
before the last on at every start.

Write order of a take: 0a. key slots and frames, `fdatasync` each; 0b. the leaves, in one append of the log; 0c. the index. Whatever the
log does not cover after a crash is cut: a take is in whole or not at all.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from saksi.ledger.block import BLOCK_HEAD, Block, Items, block_key, open_block, open_common, parse_block
from saksi.ledger.disk import AppendFile, Disk, DiskFailed
from saksi.ledger.frame import FRAME_HEAD, NO_COMMON, FrameHead
from saksi.ledger.keys import Keys
from saksi.ledger.subjects import overwrite
from saksi.model.errors import BadInput, LedgerFault

__all__ = ["DATA", "INDEX", "Frame", "Vault", "absolute_slots", "placed_from"]

DATA, INDEX = "vault.data", "vault.idx"
_NONE = (1 << 64) - 1
_STRETCH, _JUMP = 1 << 20, 1 << 14
BOUNDARY = 4_096
_SAMPLE = 4
_LENGTH = struct.Struct(">HBBI")


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a leaf's frame stands in the vault, its head, and the commitments of its statements end to end."""

    offset: int
    head: FrameHead
    commitments: bytes

    @property
    def end(self) -> int:
        """The byte after the frame."""
        return self.offset + FRAME_HEAD + self.head.body

    def bound(self, block: Block) -> bytes:
        """The commitments of a block's statements; all of the frame's for its common words."""
        if block.count == 0:
            return self.commitments
        return self.commitments[32 * block.first : 32 * (block.first + block.count)]


class Vault:
    """The open vault of a ledger whose log has `size` leaves; cuts what the log does not cover."""

    def __init__(self, disk: Disk, folder: Path, keys: Keys, *, size: int | None, missing_ok: bool = False) -> None:
        """Open to write, and recover; without a `size` only to read, as things stand."""
        self._disk, self._keys = disk, keys
        self._cipher = AESGCM(keys.vault)
        self._data = AppendFile(disk, folder / DATA)
        self._index = AppendFile(disk, folder / INDEX)
        self._base, self._window = 0, b""
        self._common: dict[int, bytes] = {}
        self._subject_ciphers: dict[tuple[int, ...], AESGCM | None] = {}
        self._slots = 0
        self._staged: list[int] = []
        if size is not None:
            self._recover(size, missing_ok=missing_ok)

    @classmethod
    def beside(cls, disk: Disk, folder: Path, keys: Keys) -> Vault:
        """Open to read beside the process that writes; nothing is cut and nothing may be staged."""
        return cls(disk, folder, keys, size=None)

    @property
    def path(self) -> Path:
        """The file of frames."""
        return self._data.path

    @property
    def length(self) -> int:
        """The vault's length in bytes."""
        return self._data.size

    @property
    def leaves(self) -> int:
        """How many leaves the index covers."""
        return self._index.size // 8

    def stage(self, head: FrameHead, commitments: bytes, sealed: bytes) -> None:
        """Write the frame of a leaf to come. It counts once the log has its leaf and `settle` was called."""
        if head.leaf != self.leaves + len(self._staged):
            raise BadInput(f"the next frame is for leaf {self.leaves + len(self._staged)}, not {head.leaf}")
        placed = replace(head, body=len(commitments) + len(sealed))
        self._staged.append(self._data.append(b"".join((placed.to_bytes(), commitments, sealed))))

    def sync(self) -> None:
        """Make the staged frames and their subjects' keys durable (0a)."""
        self._keys.slots.sync()
        self._data.sync()

    def settle(self) -> None:
        """The log has the leaves of the staged frames: they count (0c)."""
        before = self.leaves
        self._index.append(struct.pack(f">{len(self._staged)}Q", *self._staged))
        if self.leaves // BOUNDARY > before // BOUNDARY:
            self._index.sync()
        self._staged = []
        self._slots = self._keys.slots.count

    def take_back(self) -> None:
        """Drop the staged frames and the slots they brought."""
        if self._staged:
            self._data.cut(self._staged[0])
        self._staged = []
        self._forget_window()
        self._keys.slots.cut(self._slots)

    def frame(self, leaf: int) -> Frame | None:
        """The frame of a leaf, or None where its payload is not here. Raises LedgerFault where it is damaged."""
        raw = self._index.read(8 * leaf, 8)
        if len(raw) != 8:
            raise BadInput(f"there is no leaf {leaf} in a ledger of {self.leaves}")
        (offset,) = struct.unpack(">Q", raw)
        if offset == _NONE:
            return None
        found = self._frame_at(offset)
        if found is None or found.head.leaf != leaf:
            raise LedgerFault(f"the index does not lead to leaf {leaf}", where=str(self._index.path), todo="run fsck")
        return found

    def sample(self, size: int) -> Iterator[Frame]:
        """A few frames that can be read, of a log of `size` leaves: the first ones, whatever the index says, then the newest."""
        offset = 0
        for _ in range(_SAMPLE):
            try:
                found = self._frame_at(offset)
            except LedgerFault:
                break
            if found is None or found.head.leaf >= size:
                break
            yield found
            offset = found.end
        newest = min(size, self.leaves)
        for leaf in range(max(0, newest - _SAMPLE), newest):
            with suppress(LedgerFault):
                found = self.frame(leaf)
                if found is not None:
                    yield found

    def blocks(self, frame: Frame) -> Iterator[tuple[int, Block]]:
        """The sealed blocks of a frame with their offsets, without its common words."""
        for offset, block in self._all_blocks(frame):
            if block.count:
                yield offset, block

    def block_of(self, frame: Frame, index: int) -> tuple[int, Block]:
        """The block that holds statement `index` of a frame, and its offset."""
        if not 0 <= index < frame.head.count:
            raise BadInput(f"leaf {frame.head.leaf} has {frame.head.count} statements: there is no number {index}")
        offset = frame.offset + FRAME_HEAD + len(frame.commitments)
        while offset < frame.end:
            first, count, subjects, length = _LENGTH.unpack(self._read(offset, _LENGTH.size))
            if first <= index < first + (count & 0x7F):
                return offset, self._block_at(offset)[0]
            offset += BLOCK_HEAD + 4 * subjects + length
        raise LedgerFault(f"statement {index} of leaf {frame.head.leaf} is in no block", todo="run fsck")

    def open(self, frame: Frame, block: Block) -> Items | None:
        """The statements of a block, or None where the key of one of its subjects is gone."""
        cipher = self.cipher(absolute_slots(frame.head, block))
        if cipher is None:
            return None
        common = self.common(frame)
        return open_block(block, cipher, commitments=frame.bound(block), common=common, width=frame.head.width)

    def cipher(self, slots: tuple[int, ...]) -> AESGCM | None:
        """What opens a block with these subjects, or None where the key of one of them was erased."""
        if not slots:
            return self._cipher
        if slots not in self._subject_ciphers:
            if len(self._subject_ciphers) >= 256:
                self._subject_ciphers.clear()
            keys = [self._keys.slots.read(number).key for number in slots]
            present = [key for key in keys if key is not None]
            whole = len(present) == len(slots)
            self._subject_ciphers[slots] = AESGCM(block_key(self._keys.vault, present)) if whole else None
        return self._subject_ciphers[slots]

    def forget_keys(self) -> None:
        """Let go of every key that was read from a slot: one was just erased."""
        self._subject_ciphers.clear()

    def common(self, frame: Frame) -> bytes:
        """The common words that a frame's blocks were packed with."""
        leaf = frame.head.common
        if leaf == NO_COMMON:
            return b""
        if leaf not in self._common:
            holder = frame if leaf == frame.head.leaf else self.frame(leaf)
            if holder is None or not holder.head.own_common:
                raise LedgerFault(f"leaf {frame.head.leaf} needs the common words of leaf {leaf}, which are not here", todo="run fsck")
            block, _ = self._block_at(holder.offset + FRAME_HEAD + len(holder.commitments))
            if len(self._common) >= 64:
                self._common.clear()
            self._common[leaf] = open_common(block, self._cipher, commitments=holder.commitments)
        return self._common[leaf]

    def rewrite(self, pieces: Sequence[tuple[int, bytes]]) -> None:
        """Write blocks over blocks of the same length, and make that durable. Only erasure does this, with its journal behind it."""
        overwrite(self._disk, self._data.path, pieces)
        self._forget_window()

    def close(self) -> None:
        """Let go of the files."""
        self._data.close()
        self._index.close()

    def _all_blocks(self, frame: Frame) -> Iterator[tuple[int, Block]]:
        offset = frame.offset + FRAME_HEAD + len(frame.commitments)
        for _ in range(frame.head.blocks + frame.head.own_common):
            block, end = self._block_at(offset)
            yield offset, block
            offset = end
        if offset != frame.end:
            raise LedgerFault(f"the frame of leaf {frame.head.leaf} does not end where its blocks do", todo="run fsck")

    def _block_at(self, offset: int) -> tuple[Block, int]:
        _, _, subjects, length = _LENGTH.unpack(self._read(offset, _LENGTH.size))
        data = self._read(offset, BLOCK_HEAD + 4 * subjects + length)
        try:
            block, end = parse_block(data, 0)
        except LedgerFault as fault:
            raise LedgerFault(fault.what, where=f"{self._data.path}, byte {offset}", todo=fault.todo) from fault
        return block, offset + end

    def _frame_at(self, offset: int) -> Frame | None:
        """The frame at an offset; None where the file ends before the frame does. Raises LedgerFault where it is damaged."""
        if offset + FRAME_HEAD > self._data.size:
            return None
        head = FrameHead.parse(self._read(offset, FRAME_HEAD))
        if 32 * head.count > head.body or offset + FRAME_HEAD + head.body > self._data.size:
            return None
        return Frame(offset, head, self._read(offset + FRAME_HEAD, 32 * head.count))

    def _read(self, offset: int, length: int) -> bytes:
        """Bytes through a window: wide while reading goes forward, narrow after a jump."""
        place = offset - self._base
        if place < 0 or place + length > len(self._window):
            stretch = _STRETCH if 0 < place <= len(self._window) else _JUMP
            self._window = self._data.read(offset, max(length, min(stretch, self._data.size - offset)))
            self._base, place = offset, 0
        found = self._window[place : place + length]
        if len(found) != length:
            raise LedgerFault("the vault is cut short", where=f"{self._data.path}, byte {offset}", todo="restore it from a backup")
        return found

    def _forget_window(self) -> None:
        self._base, self._window = 0, b""

    def _recover(self, size: int, *, missing_ok: bool) -> None:
        """Bring index and data to what a log of `size` leaves covers. May be killed at any point and begun anew."""
        leaf, offset = self._last_indexed(size)
        self._index.cut(8 * leaf)
        fresh: list[int] = []
        fault: LedgerFault | None = None
        while leaf < size:
            try:
                found = self._frame_at(offset)
            except DiskFailed:  # what cannot be read is not damaged: no backup is needed, another disk may be
                raise
            except LedgerFault as error:
                found, fault = None, error
            if found is None or not leaf <= found.head.leaf < size:
                break
            fresh.extend([_NONE] * (found.head.leaf - leaf))
            fresh.append(offset)
            self._slots = found.head.slots
            leaf, offset = found.head.leaf + 1, found.end
        if leaf < size and not missing_ok:
            what = f"the vault has no payload for leaf {leaf} of {size}" + (f": {fault.what}" if fault else "")
            todo = "restore the vault from a backup, or open the ledger without its missing payloads"
            raise LedgerFault(what, where=f"{self._data.path}, byte {offset}", todo=todo)
        if leaf < size and fault:  # damaged bytes are evidence: they are never cut
            raise LedgerFault(fault.what, where=f"{self._data.path}, byte {offset}", todo="move the damaged vault aside, then open again")
        fresh.extend([_NONE] * (size - leaf))
        self._index.append(struct.pack(f">{len(fresh)}Q", *fresh))
        self._index.sync()
        self._data.cut(offset)
        self._forget_window()
        if self._keys.slots.count < self._slots:
            raise LedgerFault("the keys are older than the vault: slots are missing", todo="restore the newest backup of the keys")
        self._keys.slots.cut(self._slots)

    def _last_indexed(self, size: int) -> tuple[int, int]:
        """The leaf after the last one that was synced into the index, and the byte after its frame; the start where that fails."""
        leaf = min(self._index.size // 8, placed_from(size)) - 1
        while leaf >= 0:
            (offset,) = struct.unpack(">Q", self._index.read(8 * leaf, 8))
            if offset != _NONE:
                try:
                    found = self._frame_at(offset)
                except DiskFailed:
                    raise
                except LedgerFault:
                    found = None
                if found is None or found.head.leaf != leaf:
                    return 0, 0
                self._slots = found.head.slots
                return leaf + 1, found.end
            leaf -= 1
        return 0, 0


def placed_from(size: int) -> int:
    """The leaf from which on a start writes the index of a ledger of so many leaves again."""
    return max(0, (size // BOUNDARY - 1) * BOUNDARY)


def absolute_slots(head: FrameHead, block: Block) -> tuple[int, ...]:
    """The numbers of the slots that a block's subjects have."""
    return tuple(head.base + place for place in block.slots) if block.slots else ()
