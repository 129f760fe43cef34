"""Checking a whole vault against its log: every frame, block, key slot and original; every difference is named, what was erased is said.

It reads the files from the first byte to the last and trusts neither index nor lengths: the leaves come from the log through the public
reader, and the notices of erasure (kind 40) say which slots and statements may be empty.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from saksi.ledger.batch import Kind, Leaf, batch_commitment
from saksi.ledger.block import BLOCK_HEAD, Block, Items, block_key, open_block, open_common, parse_block
from saksi.ledger.commitment import commit
from saksi.ledger.disk import Disk, Handle, disk_fault, read_file
from saksi.ledger.erase import Begun, Notice, begun, read_notice
from saksi.ledger.erasure_plan import SAYING
from saksi.ledger.frame import FRAME_HEAD, NO_COMMON, FrameHead
from saksi.ledger.fsck import Difference
from saksi.ledger.keys import JOURNAL, SIGNING, SLOTS, VAULT, parse_key
from saksi.ledger.lag import AGAIN
from saksi.ledger.original import original_pieces, sealed_name
from saksi.ledger.reader import Progress, Reader, unwatched
from saksi.ledger.subjects import SLOT_BYTES, Slot, SlotKind, read_slot
from saksi.ledger.tombstone import TOMBSTONES, Tombstones
from saksi.ledger.vault import DATA, INDEX, Frame, placed_from
from saksi.model.errors import BadInput, LedgerFault

__all__ = ["VaultPlaces", "VaultReport", "check_vault"]

_STRETCH = 1 << 20
_NONE = (1 << 64) - 1
_ANEW = f"{AGAIN} from the frames"
_TRIES, _WAIT = 100, 0.02  # seconds


@dataclass(frozen=True, slots=True)
class VaultPlaces:
    """The folders of a vault: its frames, its keys, its originals."""

    vault: Path
    keys: Path
    originals: Path


@dataclass(frozen=True, slots=True)
class VaultReport:
    """What was checked, what is erased or missing and meant to be known, and every difference; where nothing differs but what a start
    mends (`Difference.unfinished`) the vault is whole.

    `statements` counts those that could be read and fit their commitments; `erased` those whose payload was erased by a notice; `missing`
    the leaves whose payload is not here, as after refilling a log from a mirror.
    """

    statements: int
    erased: int
    missing: tuple[int, ...]
    originals: int
    differences: tuple[Difference, ...]

    @property
    def clean(self) -> bool:
        """Whether nothing differs but what a start mends; erased statements are no difference, missing ones are listed apart."""
        return all(each.unfinished for each in self.differences)


def check_vault(places: VaultPlaces, log: Reader, disk: Disk, *, settled: bool = True, progress: Progress = unwatched) -> VaultReport:
    """Check a vault up to the log's checkpoint. `settled` says that nobody is writing to it: then nothing may lie beyond.

    Raises LedgerFault where not even its key can be read.
    """
    check = _Check(places, disk, settled=settled)
    check.slots()
    check.frames(log, progress)
    check.notices()
    check.tombstones()
    check.originals()
    return VaultReport(check.statements, check.erased, tuple(check.missing), check.kept, tuple(check.found))


@dataclass(slots=True)
class _Window:
    """A file read through a window, so that its size does not matter."""

    handle: Handle
    size: int
    base: int = 0
    held: bytes = b""

    def read(self, offset: int, length: int) -> bytes:
        place = offset - self.base
        if place < 0 or place + length > len(self.held):
            self.held = self.handle.read_at(max(length, _STRETCH), offset)
            self.base, place = offset, 0
        return self.held[place : place + length]


class _Check:
    """One run: what was found so far."""

    def __init__(self, places: VaultPlaces, disk: Disk, *, settled: bool) -> None:
        self.places, self.disk, self.settled = places, disk, settled
        self.key = parse_key("vault", read_file(disk, places.keys / VAULT) or b"")
        self.cipher = AESGCM(self.key)
        self.found: list[Difference] = []
        self.missing: list[int] = []
        self.statements = self.erased = self.kept = 0
        self.by_number: list[Slot | None] = []
        self.common: dict[int, bytes] = {}
        self.empty_items: set[tuple[int, int]] = set()
        self.closed: dict[int, list[range]] = {}  # by leaf: the statements of blocks that no key opens any more
        self.noticed = _Noticed()
        self.said_and_gone = False  # whether a statement was erased that a file could say again
        self.covered = 0
        self.torn: dict[int, str] = {}  # slots that cannot be read
        self.begun: Begun | None = None  # an erasure that was cut off

    def differs(self, where: str, what: str, *, unfinished: bool = False) -> None:
        self.found.append(Difference(where, what, unfinished))

    def slots(self) -> None:
        """Every key slot is as it was written, and no erasure stands half done."""
        with self._open(self.places.keys / SLOTS) as file:
            for number in range(file.size // SLOT_BYTES):
                try:
                    self.by_number.append(read_slot(file.read(number * SLOT_BYTES, SLOT_BYTES), number))
                except LedgerFault as fault:
                    self.by_number.append(None)
                    self.torn[number] = fault.what
            if file.size % SLOT_BYTES and self.settled:
                self.differs(SLOTS, "does not end with a whole slot (a start of the ledger cuts it)", unfinished=True)
        journal = read_file(self.disk, self.places.keys / JOURNAL)
        self.begun = begun(journal)
        if journal:
            cut = "an erasure was interrupted (a start of the ledger finishes it)"
            before = "an erasure was cut off before it did anything (a start of the ledger lets go of it: give it again)"
            self.differs(JOURNAL, before if self.begun is None else cut, unfinished=True)
        try:
            parse_key("signing", read_file(self.disk, self.places.keys / SIGNING) or b"")
        except LedgerFault as fault:
            self.differs(SIGNING, fault.what)

    def frames(self, log: Reader, progress: Progress) -> None:
        """Every leaf of the log has its frame, in order, and its statements make its commitment."""
        with self._open(self.places.vault / DATA) as data, self._open(self.places.vault / INDEX) as index:
            if not self.settled:
                _await(index, 8 * log.size)
            offset = empty = 0
            synced = placed_from(log.size)
            for leaf, entry in enumerate(log.entries()):
                indexed = int.from_bytes(index.read(8 * leaf, 8).ljust(8, b"\xff"), "big")
                behind = index.size < 8 * leaf + 8  # its writer was cut off before it came to this leaf
                end = self._frame(data, offset, leaf, entry)
                if end is None and indexed not in (offset, _NONE):  # damaged, or bytes too many: go on where the index says
                    end = self._frame(data, indexed, leaf, entry)
                    self.differs(f"{DATA}, byte {offset}", "these bytes are no frame")
                    offset = indexed if end is not None else offset
                if end is None:
                    self.missing.append(leaf)
                    following = int.from_bytes(index.read(8 * leaf + 8, 8).ljust(8, b"\xff"), "big")
                    if indexed != _NONE or behind:
                        self.differs(f"{DATA}, byte {offset}", f"leaf {leaf} has no frame that can be read")
                        offset = following if following != _NONE else offset
                else:
                    if indexed == 0 < leaf and leaf >= synced and self.settled:
                        empty += 1
                    elif indexed != offset and not behind:
                        self.differs(f"{INDEX}, byte {8 * leaf}", f"does not lead to the frame of leaf {leaf}")
                    offset = end
                progress(leaf + 1, log.size)
            if data.size > offset and self.settled:
                what = f"{data.size - offset} bytes beyond the log (a start of the ledger cuts them)"
                self.differs(f"{DATA}, byte {offset}", what, unfinished=True)
            if index.size // 8 > log.size and self.settled:  # it is written after the log: no crash left that, and no start cuts it
                self.differs(INDEX, f"knows {index.size // 8} leaves of a log of {log.size}: an older log was put in its place")
            elif index.size != 8 * log.size and (self.settled or index.size < 8 * log.size):
                what = f"has {index.size} bytes instead of {8 * log.size} ({_ANEW})"
                self.found.append(Difference(INDEX, what, unfinished=True, lags=index.size < 8 * log.size))
            if empty:
                self.found.append(Difference(INDEX, f"{empty} of its places are zero ({_ANEW})", unfinished=True, lags=True))
        self._covered()

    def _covered(self) -> None:
        """There are as many slots as the newest frame knows of; those of a take that is not in the log yet are left alone."""
        if not self.settled:
            del self.by_number[self.covered :]
        if (count := len(self.by_number)) != self.covered:
            self.differs(SLOTS, f"there are {count} slots, the newest frame knows {self.covered}", unfinished=count > self.covered)
        for number, what in self.torn.items():
            if number < self.covered:
                torn = self.begun is not None and number in self.begun.slots
                self.differs(f"{SLOTS}, byte {number * SLOT_BYTES}", what, unfinished=torn)

    def notices(self) -> None:
        """What is empty was erased by a notice, or by an erasure that was cut off before its notice; what a notice erased is empty."""
        begun = _Noticed()
        if self.begun is not None:
            begun.add(self.begun.notice)
        for number, slot in enumerate(self.by_number):
            if slot is None:
                continue
            told = self.noticed.names(slot, number)
            if slot.key is None and not told and not begun.names(slot, number):
                self.differs(f"{SLOTS}, byte {number * SLOT_BYTES}", "a key is gone without a notice of its erasure")
            if slot.key is not None and told:
                what = "a key is here that a notice says was erased: an old backup of the keys?"
                self.differs(f"{SLOTS}, byte {number * SLOT_BYTES}", what)
        for leaf, index in sorted(self.empty_items - self.noticed.items - begun.items):
            self.differs(f"{DATA}, leaf {leaf}", f"statement {index} is gone without a notice of its erasure")
        for leaf, index in sorted(self.noticed.items - self.empty_items):
            if any(index in block for block in self.closed.get(leaf, ())):
                continue  # it went alone, and its subject later
            what = f"statement {index} is here, though a notice says it was erased: an old backup of the vault?"
            self.differs(f"{DATA}, leaf {leaf}", what)

    def tombstones(self) -> None:
        """The list of what was erased is whole, and there where something was: without it a take would bring the erased back."""
        listed = Tombstones(self.disk, self.places.vault, self.key)
        try:
            if not listed.present and self.said_and_gone:
                self.differs(TOMBSTONES, "the list of what was erased is missing: a take would bring it back")
            listed.check()
        except LedgerFault as fault:
            self.differs(TOMBSTONES, fault.what)
        finally:
            listed.close()

    def originals(self) -> None:
        """Every original whose key stands is here, whole, and the one its name says."""
        newest = {slot.id: (number, slot) for number, slot in enumerate(self.by_number) if slot and slot.kind is SlotKind.ORIGINAL}
        for number, slot in newest.values():
            if slot.key is None:
                continue
            path = self.places.originals / f"{slot.id.hex()}.sealed"
            try:
                digest, pieces = original_pieces(self.disk, path, AESGCM(slot.key), slot=number)
                read = sha256()
                for piece in pieces:
                    read.update(piece)
                if read.digest() != digest or sealed_name(self.key, digest) != path.name:
                    self.differs(f"originals/{path.name}", "is not the original that its name says")
            except LedgerFault as fault:
                self.differs(f"originals/{path.name}", fault.what, unfinished=number >= self.covered)  # of a take that was cut off
            self.kept += 1

    def _frame(self, data: _Window, offset: int, leaf: int, entry: bytes) -> int | None:
        """Check the frame at an offset against its leaf; gives its end, or None where there is no frame of this leaf."""
        try:
            head = FrameHead.parse(data.read(offset, FRAME_HEAD))
        except LedgerFault:
            return None
        if head.leaf != leaf or 32 * head.count > head.body or offset + FRAME_HEAD + head.body > data.size:
            return None
        frame = Frame(offset, head, data.read(offset + FRAME_HEAD, 32 * head.count))
        where = f"{DATA}, leaf {leaf}"
        try:
            known = Leaf.parse(entry)
        except BadInput as refusal:
            self.differs(where, f"the log's entry cannot be read: {refusal}")
            return frame.end
        commitments = [frame.commitments[place : place + 32] for place in range(0, len(frame.commitments), 32)]
        made = batch_commitment(commitments) if known.kind is Kind.BATCH else b"".join(commitments)
        if made != known.commitment or head.kind != known.kind or head.width != (5 if known.kind.has_header else 4):
            self.differs(where, "the commitments are not those of the leaf")
        self.covered = head.slots
        self._blocks(data, frame, commitments, where)
        return frame.end

    def _blocks(self, data: _Window, frame: Frame, commitments: list[bytes], where: str) -> None:
        head = frame.head
        offset = frame.offset + FRAME_HEAD + len(frame.commitments)
        index = 0
        for number in range(head.blocks + head.own_common):
            try:
                block, end = _block_at(data, offset, frame.end)
                if number == 0 and head.own_common:
                    self.common[head.leaf] = open_common(block, self.cipher, commitments=frame.commitments)
                elif block.first != index or block.first + block.count > head.count:
                    self.differs(where, f"statement {index} is in no block")
                    return
                else:
                    self._statements(frame, block, commitments, where)
                    index = block.first + block.count
            except LedgerFault as fault:
                self.differs(f"{where}, byte {offset}", fault.what, unfinished=self.begun is not None and offset in self.begun.blocks)
                return
            offset = end
        if offset != frame.end or index != head.count:
            self.differs(where, "the blocks do not fill the frame")
        if head.own_common and head.kind != Kind.PRIVATE:  # nobody else's
            self.common.pop(head.leaf, None)

    def _statements(self, frame: Frame, block: Block, commitments: list[bytes], where: str) -> None:
        opened = self._open_block(frame, block, where)
        if opened is None:
            return
        for place, (groups, salt) in enumerate(zip(opened.groups, opened.salts, strict=True)):
            index = block.first + place
            if groups is None:
                self.empty_items.add((frame.head.leaf, index))
                self.erased += 1
                self.said_and_gone |= frame.head.kind in SAYING
            elif commit(groups, salt) != commitments[index]:
                self.differs(where, f"statement {index} does not fit its commitment")
            else:
                self.statements += 1
                if frame.head.kind == Kind.ERASURE:
                    self.noticed.add(read_notice(groups[0]))

    def _open_block(self, frame: Frame, block: Block, where: str) -> Items | None:
        """The statements of a block; None where they were erased, or where its keys are damaged, which is named elsewhere."""
        head = frame.head
        keys: list[bytes] = []
        for slot in block.slots:
            if head.base + slot >= min(len(self.by_number), head.slots):
                self.differs(where, f"statement {block.first} names a key slot that is not there")
                return None
            found = self.by_number[head.base + slot]
            if found is None:
                return None
            if found.key is None:
                self.closed.setdefault(head.leaf, []).append(range(block.first, block.first + block.count))
                self.erased += block.count
                self.said_and_gone |= head.kind in SAYING
                return None
            keys.append(found.key)
        common = b""
        if head.common != NO_COMMON:
            if head.common not in self.common:
                self.differs(where, f"its common words are in leaf {head.common}, where they cannot be read")
                return None
            common = self.common[head.common]
        cipher = AESGCM(block_key(self.key, keys)) if keys else self.cipher
        return open_block(block, cipher, commitments=frame.bound(block), common=common, width=head.width)

    @contextmanager
    def _open(self, path: Path) -> Iterator[_Window]:
        try:
            handle = self.disk.open(path)
        except OSError as error:
            raise disk_fault(error, path) from error
        try:
            yield _Window(handle, handle.size())
        except OSError as error:
            raise disk_fault(error, path) from error
        finally:
            handle.close()


@dataclass(slots=True)
class _Noticed:
    """What the notices of erasure name."""

    subjects: set[bytes] = field(default_factory=set)
    slots: set[int] = field(default_factory=set)
    items: set[tuple[int, int]] = field(default_factory=set)

    def names(self, slot: Slot, number: int) -> bool:
        """Whether the key in a slot was erased by one of them."""
        return slot.id in self.subjects if slot.kind is SlotKind.SUBJECT else number in self.slots

    def add(self, notice: Notice) -> None:
        self.subjects.update(notice.subjects)
        self.slots.update(notice.originals)
        self.items.update(notice.items)


def _await(index: _Window, size: int) -> None:
    """Wait a moment for the index, which the writer brings up to the log only after it has signed."""
    for _ in range(_TRIES):
        index.size = index.handle.size()
        if index.size >= size:
            return
        time.sleep(_WAIT)


def _block_at(data: _Window, offset: int, end: int) -> tuple[Block, int]:
    head = data.read(offset, 8)
    if len(head) < 8 or offset + BLOCK_HEAD > end:
        raise LedgerFault("a sealed block is cut short")
    length = BLOCK_HEAD + 4 * head[3] + int.from_bytes(head[4:8], "big")
    if offset + length > end:
        raise LedgerFault("a sealed block is cut short")
    block, size = parse_block(data.read(offset, length), 0)
    return block, offset + size
