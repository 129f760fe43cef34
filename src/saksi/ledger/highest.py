"""The second place: the highest state this log has ever signed, kept apart from the log itself.

It answers two questions that the log's folder cannot answer alone: has it been put back to an older state (a restored
backup), and has another process written in the meantime (compare-and-swap). One file of two slots, 512 bytes each:
`"SKSH" | u64 turn | u64 size | 32 bytes root | 32 bytes SHA-256 of all before`, then zeroes. The newest valid slot
counts. A file that says so in words waits: the log was restored, nobody has said yet that no later checkpoint was signed, and
it does not sign. A slot that has been synced is only written over after the other one has been synced, so that a power cut
leaves one whole. It is synced every 64 turns: after a power cut it may lag behind the log, never lead it.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from struct import pack, unpack

from saksi.ledger.disk import Disk, Handle, disk_fault, exists, make_durable
from saksi.model.errors import LedgerFault, NotAllowed

__all__ = ["WAITING", "Highest", "Mark", "Unconfirmed", "adopt", "read_slots"]

WAITING = b"This log was restored from a backup; it waits to hear that no later checkpoint was signed.\n"
SLOT = 512
_TURNS_A_SYNC = 64


class Unconfirmed(NotAllowed):
    """The log was restored from a backup and nobody has said yet that it is the newest: it can be read, and it does not sign."""


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """A signed state: its turn (counts up for ever), the log's size, its root."""

    turn: int
    size: int
    root: bytes

    def write(self) -> bytes:
        """The slot's bytes."""
        body = b"SKSH" + pack(">QQ", self.turn, self.size) + self.root
        return (body + sha256(body).digest()).ljust(SLOT, b"\0")


def read_slots(data: bytes) -> list[Mark | None]:
    """Both slots; None for one that is not as it was written."""
    return [_read_slot(data[at : at + SLOT]) for at in (0, SLOT)]


def _read_slot(data: bytes) -> Mark | None:
    if len(data) != SLOT:
        return None
    turn, size = unpack(">QQ", data[4:20])
    mark = Mark(turn, size, data[20:52])
    return mark if mark.write() == data else None


def _newest(slots: list[Mark | None]) -> Mark | None:
    return max((mark for mark in slots if mark), default=None)


class Highest:
    """The file, held open by the log's one writer. Every fault of the disk here is fatal (DiskFailed)."""

    def __init__(self, disk: Disk, path: Path) -> None:
        self._path = path
        if not exists(disk, path):  # never made here: a log that lost it does not sign
            todo = "compare the log with a mirror or a witness, then adopt it"
            raise LedgerFault("the second place is missing", where=str(path), todo=todo)
        try:
            self._handle: Handle = disk.open(path, write=True)
            data = self._handle.read_at(2 * SLOT, 0)
        except OSError as error:
            raise disk_fault(error, path) from error
        slots = read_slots(data)
        self._last = _newest(slots)
        self._waits = data == WAITING
        self._next_slot = 1 if self._last and slots[0] == self._last else 0

    @property
    def last(self) -> Mark | None:
        """The newest state that could be read when the file was opened, or was written since."""
        return self._last

    def check_confirmed(self) -> None:
        """Raises Unconfirmed where the log was restored and nobody has said that it is the newest."""
        if self._waits:
            what = "this node was restored from a backup: it answers, and it does not write or sign yet"
            todo = "ask a witness or a mirror for your newest checkpoint; if none is later, restore with --newest into an empty home"
            raise Unconfirmed(what, where="second place", todo=todo)

    def settle(self, size: int, root: bytes) -> None:
        """Write a state into both slots, the older first, each made durable: at the start, and after a recovery."""
        for _ in range(2):
            self._put(size, root)
            self.sync()

    def check_alone(self) -> None:
        """Raise LedgerFault where somebody else has written since this process did, or has begun to: the file that locks was taken away."""
        try:
            found = _newest(read_slots(self._handle.read_at(2 * SLOT, 0)))
        except OSError as error:
            raise disk_fault(error, self._path) from error
        if found != self._last:
            todo = "end this process; only one may write to a log; run fsck before starting again"
            raise LedgerFault("another writer has moved the highest checkpoint", where=str(self._path), todo=todo)

    def swap(self, size: int, root: bytes) -> None:
        """Replace the state this process wrote last; LedgerFault when somebody else has written meanwhile."""
        self.check_alone()
        self._put(size, root)
        if self._last and self._last.turn % _TURNS_A_SYNC == 0:
            self.sync()

    def sync(self) -> None:
        """Make the newest slot durable; from then on the other one is written."""
        try:
            self._handle.sync()
        except OSError as error:
            raise disk_fault(error, self._path) from error
        self._next_slot ^= 1

    def close(self) -> None:
        """Let go of the file."""
        self._handle.close()

    def _put(self, size: int, root: bytes) -> None:
        mark = Mark(self._last.turn + 1 if self._last else 1, size, root)
        data, at = mark.write(), self._next_slot * SLOT
        try:
            taken = self._handle.write_at(data, at)
            if taken != SLOT:
                taken += self._handle.write_at(data[taken:], at + taken)
        except OSError as error:
            raise disk_fault(error, self._path) from error
        if taken != SLOT:
            raise LedgerFault("the disk takes no whole slot", where=str(self._path), todo="check the disk")
        self._last, self._waits = mark, False


def adopt(disk: Disk, path: Path, *, size: int, root: bytes) -> None:
    """Begin a new second place for a log that moved here or was restored; LedgerFault where one knows a higher state.

    Only after the log was compared with a mirror or a witness: whoever adopts a state says that no newer one was signed.
    """
    make_durable(disk, path.parent, [path])
    highest = Highest(disk, path)
    try:
        if highest.last and highest.last.size > size:
            what = f"the second place knows {highest.last.size} entries, the log has {size}"
            raise LedgerFault(what, where=str(path), todo="refill the log from a mirror first")
        highest.settle(size, root)
    finally:
        highest.close()
