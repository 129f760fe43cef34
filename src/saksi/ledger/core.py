"""What every part of the ledger works on: log, vault, keys and originals held open together, and how an entry gets into both."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from threading import Lock, RLock

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from saksi.ledger.batch import Kind, Leaf
from saksi.ledger.block import KEY_BYTES, NONCE_BYTES, Block, Items, Place, Seal, block_key, seal_block, seal_common
from saksi.ledger.commitment import SALT_BYTES, Groups, commit
from saksi.ledger.common import Common
from saksi.ledger.disk import DiskFull
from saksi.ledger.frame import FrameHead, Subject
from saksi.ledger.keys import Keys
from saksi.ledger.log import Appended, Log
from saksi.ledger.original import Originals
from saksi.ledger.tombstone import Tombstones
from saksi.ledger.vault import Frame, Vault
from saksi.model.errors import BadInput, LedgerFault

__all__ = ["Core", "Entry", "Logged", "Shelf"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One leaf to come that is a statement by itself: its kind, groups, data subjects (ids), and what its leaf bears after the commitment.

    `salt` is given only where an erasure is done again after a crash. `words` are what the frame of a control leaf keeps besides, as its
    own common words: no proof shows them.
    """

    kind: Kind
    groups: Groups
    subjects: tuple[bytes, ...] = ()
    extra: bytes = b""
    salt: bytes | None = None
    words: bytes = b""


@dataclass(frozen=True, slots=True)
class Logged:
    """What was logged: the acknowledgement, and the commitment of each entry."""

    appended: Appended
    commitments: tuple[bytes, ...]


@dataclass(slots=True, kw_only=True)
class Shelf:
    """What reading works on. `reading` is held while the vault's window or the keys are used."""

    vault: Vault
    keys: Keys
    originals: Originals
    reading: Lock = field(default_factory=Lock)

    def frames(self, first: int, last: int) -> Iterator[tuple[int, Frame | None]]:
        """The frames of the leaves `first` up to but not including `last`; None where the payload is not here."""
        for leaf in range(first, last):
            with self.reading:
                found = self.vault.frame(leaf)
            yield leaf, found

    def sealed_blocks(self, frame: Frame) -> Iterator[tuple[int, Block]]:
        """The sealed blocks of a frame with their offsets."""
        reach = self.vault.blocks(frame)
        while True:
            with self.reading:
                found = next(reach, None)
            if found is None:
                return
            yield found

    def blocks(self, frame: Frame) -> Iterator[tuple[Block, Items | None]]:
        """The blocks of a frame, opened where they can be."""
        reach = self.vault.blocks(frame)
        while True:
            with self.reading:
                found = next(reach, None)
                items = self.vault.open(frame, found[1]) if found else None
            if found is None:
                return
            yield found[1], items


@dataclass(slots=True, kw_only=True)
class Core(Shelf):
    """The open parts of a ledger. `turn` is held by whoever writes."""

    log: Log
    tombstones: Tombstones
    clock: Callable[[], int]
    random: Callable[[int], bytes]
    turn: RLock = field(default_factory=RLock)
    common: Common = field(default_factory=Common)
    pending: dict[bytes, Subject] = field(default_factory=dict)
    slots: dict[bytes, int] = field(default_factory=dict)
    broken: bool = False

    def append(self, entries: Sequence[Entry]) -> Logged:
        """Log entries as leaves of their own, all or none; durable when this returns."""
        with self.turn:
            time_ms = self.clock()
            leaves: list[bytes] = []
            commitments: list[bytes] = []
            try:
                for entry in entries:
                    commitment = self.stage(entry, self.log.size + len(leaves))
                    commitments.append(commitment)
                    leaves.append(Leaf(entry.kind, time_ms, commitment, entry.extra).to_bytes())
                appended = self.log_staged(leaves)
            except BaseException:
                self.take_back()
                raise
            for entry in entries:
                for id_ in entry.subjects:
                    self.pending.pop(id_, None)
            return Logged(appended, tuple(commitments))

    def log_staged(self, leaves: Sequence[bytes]) -> Appended:
        """The staged frames durable (0a), their leaves in the log (0b), then they count (0c)."""
        try:
            self.vault.sync()  # 0a
            appended = self.log.append(leaves)  # 0b
            with self.reading:
                self.vault.settle()  # 0c
        except (BadInput, DiskFull):
            if self.log.size > self.vault.leaves:  # no room for the index: the entries are acknowledged all the same
                self.broken = True
            raise
        except BaseException:
            self.broken = True
            raise
        return appended

    def check(self) -> None:
        """Refuse to write after a fault, and where another process has begun to write: nothing of its is written over, or cut."""
        if self.broken:
            raise LedgerFault("the ledger has failed and is not written to any more", todo="end the process, start again and run fsck")
        try:
            self.log.check_alone()
        except LedgerFault:
            self.broken = True
            raise

    def take_back(self) -> None:
        """Drop what is staged; not after a fault, when nobody knows whether the log has it: only a restart may tell."""
        if self.broken:
            return
        with self.reading:
            self.common = Common()
            self.slots.clear()
            try:
                self.vault.take_back()
            except LedgerFault:
                self.broken = True

    def new_subject(self) -> bytes:
        """The random id of a data subject; its key is kept once a statement names it."""
        subject = Subject(self.random(16), self.random(KEY_BYTES))
        with self.turn:
            self.pending[subject.id] = subject
        return subject.id

    def stage(self, entry: Entry, leaf: int) -> bytes:
        """Seal one entry into the frame of a leaf to come; returns its commitment."""
        self.check()
        slots = tuple(self._slot(id_) for id_ in sorted(set(entry.subjects)))
        keys = [self.keys.slots.read(number).key for number in slots]
        present = [key for key in keys if key is not None]
        if len(present) != len(slots):
            raise BadInput("a data subject of the statement was erased", todo="take it in without the subject, or under a new one")
        salt = entry.salt or self.random(SALT_BYTES)
        commitment = commit(entry.groups, salt)
        shared = self.common.want(entry.groups, entry.subjects[0] if entry.subjects else None) if entry.kind is Kind.PRIVATE else None
        if shared is not None:
            self.common.take(shared, leaf)
        words, holder = (entry.words, leaf) if entry.words else (self.common.words, self.common.leaf)
        sealed = b""
        vault = AESGCM(self.keys.vault)
        if holder == leaf:
            sealed = seal_common(words, at=Place(0, commitment), seal=Seal(vault, self.random(NONCE_BYTES))).to_bytes()
        cipher = AESGCM(block_key(self.keys.vault, present)) if present else vault
        seal = Seal(cipher, self.random(NONCE_BYTES), words, len(entry.groups))
        sealed += seal_block([entry.groups], salt, at=Place(0, commitment, slots), seal=seal).to_bytes()
        head = FrameHead(
            leaf=leaf,
            kind=entry.kind,
            width=len(entry.groups),
            own_common=holder == leaf,
            common=holder,
            base=0,
            slots=self.keys.slots.count,
            count=1,
            blocks=1,
            body=0,
        )
        self.vault.stage(head, commitment, sealed)
        return commitment

    def _slot(self, id_: bytes) -> int:
        """The slot of a subject, made now where it is new."""
        if id_ not in self.slots:
            if id_ in self.pending:
                self.slots[id_] = self.keys.slots.append([self.pending[id_]])
            else:
                found = self.keys.slots.find(id_)
                if not found:
                    raise BadInput(f"there is no data subject {id_.hex()}", todo="make one with new_subject")
                self.slots[id_] = found[0]
            if len(self.slots) > 10_000:
                self.slots.pop(next(iter(self.slots)))
        return self.slots[id_]
