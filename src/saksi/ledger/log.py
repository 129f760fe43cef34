"""The append-only log: what it has acknowledged is never lost, and never changed without every reader noticing.

Write order of a group, tagged below:
 0. whoever calls makes what the entries stand for durable first (payloads and salts, in the vault);
 1. the entries, whole, then `fdatasync`; then level hashes and index, which are derived and need no sync (they get
    one when the log passes a multiple of 65,536, so that recovery need not read further back);
 2. the signed checkpoint, then `fdatasync`; then the second place, by compare-and-swap;
 3. only then is the group acknowledged and seen by readers.
A full disk takes the whole group back (DiskFull) and the log goes on. Any other fault ends the writer: every later
call is refused, and the process must end. Nothing is tried twice.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from threading import Lock

from saksi.ledger.checkpoint import Checkpoint, parse_checkpoint
from saksi.ledger.disk import Disk, DiskFull, Handle, LocalDisk, exists, make_durable, take_lock
from saksi.ledger.highest import Highest
from saksi.ledger.merkle import EMPTY_ROOT
from saksi.ledger.nodes import Nodes
from saksi.ledger.note import Signer, parse_note, sign_note
from saksi.ledger.recovery import BOUNDARY, State, bundle_ends, recover
from saksi.ledger.store import CHECKPOINTS, LOCK, Store, frame
from saksi.ledger.tiles import WIDTH, Tile, frame_entries, parse_entries
from saksi.model.errors import BadInput, LedgerFault

__all__ = ["Appended", "Log", "second_place"]


@dataclass(frozen=True, slots=True)
class Appended:
    """An acknowledgement: index of the first entry, the log's size, and the signed checkpoint that covers them."""

    first: int
    size: int
    checkpoint: bytes


def second_place(folder: Path) -> Path:
    """Where the highest checkpoint is kept unless told otherwise: beside the folder; better is another disk."""
    return folder.with_name(folder.name + ".highest")


class Log:
    """One log folder, held open by its one writer. Reading is safe from many threads; appending takes its turn."""

    def __init__(self, lock: Handle, store: Store, highest: Highest, *, origin: str, signer: Signer) -> None:
        """Use `create` or `open`."""
        self._lock, self._store, self._highest = lock, store, highest
        self._origin, self._signer = origin, signer
        self._turn = Lock()
        self._broken: LedgerFault | None = None
        self._state = recover(store, highest, origin=origin, vkeys=signer.vkeys)
        self._nodes = Nodes(store.tile, self._state.edge)
        self._signed_sizes = array("Q")
        self._signed_at = array("Q")

    @classmethod
    def create(cls, folder: Path, *, origin: str, signer: Signer, disk: Disk | None = None, second: Path | None = None) -> Log:
        """Begin a log: an empty folder, its second place and a checkpoint of size 0. What a killed `create` left is used."""
        disk, second = disk or LocalDisk(), second or second_place(folder)
        if signer.vkeys[0].name != origin:
            raise BadInput(f"the key is named {signer.vkeys[0].name!r}; a log's key bears its origin, {origin!r}")
        make_durable(disk, folder)
        with ExitStack() as held:
            lock = take_lock(disk, folder / LOCK)
            held.callback(lock.close)
            Store.make(disk, folder)
            store = Store(disk, folder)
            held.callback(store.close)
            if store.entries.size or store.checkpoints.last_framed():
                raise BadInput("there is a log already", where=str(folder), todo="open it, or choose another folder")
            make_durable(disk, second.parent, [second])
            highest = Highest(disk, second)
            held.callback(highest.close)
            if highest.last and highest.last.size:
                raise BadInput("the second place belongs to a log that is not empty", where=str(second))
            highest.settle(0, EMPTY_ROOT)
            store.checkpoints.file.cut(0)
            note = sign_note(Checkpoint(origin, 0, EMPTY_ROOT).text(), signer)
            store.checkpoints.file.append(frame(note.write()))
            store.checkpoints.file.sync()
            log = cls(lock, store, highest, origin=origin, signer=signer)
            held.pop_all()
            return log

    @classmethod
    def open(cls, folder: Path, *, origin: str, signer: Signer, disk: Disk | None = None, second: Path | None = None) -> Log:
        """Open a log to append to it: takes the lock, then recovers (see `recovery.py`)."""
        disk, second = disk or LocalDisk(), second or second_place(folder)
        if not exists(disk, folder / CHECKPOINTS):
            raise BadInput("there is no log here", where=str(folder), todo="create it first")
        with ExitStack() as held:
            lock = take_lock(disk, folder / LOCK)
            held.callback(lock.close)
            store = Store(disk, folder)
            held.callback(store.close)
            highest = Highest(disk, second)
            held.callback(highest.close)
            log = cls(lock, store, highest, origin=origin, signer=signer)
            held.pop_all()
            return log

    @property
    def origin(self) -> str:
        """The log's name in every checkpoint."""
        return self._origin

    @property
    def size(self) -> int:
        """How many entries are acknowledged."""
        return self._state.edge.size

    @property
    def root(self) -> bytes:
        """The root hash at that size."""
        return self._state.edge.root

    def checkpoint(self) -> bytes:
        """The newest signed checkpoint."""
        return self._state.checkpoint

    def check_alone(self) -> None:
        """Raise LedgerFault where another process has begun to write to this log, for the file that locks was taken away."""
        self._highest.check_alone()

    def append(self, entries: Sequence[bytes]) -> Appended:
        """Log a group of entries; they are durable when this returns. All or none.

        Raises BadInput (an entry over 65,535 bytes), DiskFull (nothing taken, go on) or LedgerFault (end the process).
        """
        framed = frame_entries(entries)
        with self._turn:
            if self._broken:
                raise self._broken
            if not entries:
                return Appended(self.size, self.size, self.checkpoint())
            before = self._state
            signed_end = self._store.checkpoints.file.size
            try:
                state = self._write(before, entries, framed)
            except DiskFull as full:
                self._take_back(before, signed_end, full)
                raise
            except LedgerFault as fault:
                self._broken = fault
                raise
            self._state, self._nodes.edge = state, state.edge  # 3
            return Appended(before.edge.size, state.edge.size, state.checkpoint)

    def _write(self, before: State, entries: Sequence[bytes], framed: bytes) -> State:
        store, size = self._store, before.edge.size
        self._highest.check_alone()  # before anything: what another process has acknowledged is not written over
        end, ends = before.end, []
        for entry in entries:
            end += 2 + len(entry)
            ends.append(end)
        edge, gained = before.edge.extend([sha256(b"\0" + entry).digest() for entry in entries])
        store.entries.append(framed)  # 1
        store.entries.sync()
        store.append_derived(gained, bundle_ends(size, ends))
        if edge.size // BOUNDARY > size // BOUNDARY:
            store.sync_derived()
        note = sign_note(Checkpoint(self._origin, edge.size, edge.root).text(), self._signer).write()  # 2
        store.checkpoints.file.append(frame(note))
        store.checkpoints.file.sync()
        try:
            self._highest.swap(edge.size, edge.root)
        except DiskFull as full:  # the checkpoint is durable: there is no way back
            raise LedgerFault(full.what, where=full.where, todo="end the process, make room, start again") from full
        return State(edge, end, note)

    def _take_back(self, before: State, signed_end: int, full: DiskFull) -> None:
        self._broken = full  # until all of it is taken back
        self._store.checkpoints.file.cut(signed_end)
        self._store.entries.cut(before.end)
        self._store.cut_derived(before.edge.size)
        self._broken = None

    def checkpoint_at(self, size: int) -> bytes:
        """The checkpoint that was signed at `size`; BadInput where none was."""
        with self._turn:
            sizes, starts = self._signed_sizes, self._signed_at
            begin = starts[-1] if starts else 0
            if not sizes or sizes[-1] < self.size:
                for start, _, note in self._store.checkpoints.all(begin):
                    signed = parse_checkpoint(parse_note(note).text).size
                    if not sizes or signed > sizes[-1]:
                        sizes.append(signed)
                        starts.append(start)
            at = bisect_left(sizes, size)
            if at == len(sizes) or sizes[at] != size:
                raise BadInput(f"no checkpoint was signed at size {size}")
            return self._store.checkpoints.at(starts[at])

    def signed_size(self, index: int) -> int:
        """The size of the first checkpoint that covers entry `index`."""
        if not 0 <= index < self.size:
            raise BadInput(f"there is no entry {index} in a log of {self.size}")
        self.checkpoint_at(self.size)
        return self._signed_sizes[bisect_left(self._signed_sizes, index + 1)]

    def entries(self, first: int = 0, last: int | None = None) -> Iterator[bytes]:
        """Entries `first` up to but not including `last`, each checked against the tree as it is read."""
        state = self._state
        last = state.edge.size if last is None else last
        if not 0 <= first <= last <= state.edge.size:
            raise BadInput(f"there are no entries {first} to {last} in a log of {state.edge.size}")
        for n in range(first // WIDTH, -(-last // WIDTH)):
            bundle = self._bundle(n, state)
            yield from bundle[max(0, first - n * WIDTH) : last - n * WIDTH]

    def _bundle(self, n: int, state: State) -> list[bytes]:
        start = self._store.bundle_end(n)
        full = (n + 1) * WIDTH <= state.edge.size
        end = self._store.bundle_end(n + 1) if full else state.end
        try:
            bundle = parse_entries(self._store.entries.read(start, max(0, end - start)))
        except BadInput as error:
            raise LedgerFault(str(error), where=f"entries.data, byte {start}", todo="run fsck") from error
        if b"".join([sha256(b"\0" + entry).digest() for entry in bundle]) != self._nodes.leaves(n, state.edge):
            raise LedgerFault("entries do not fit the checkpoint", where=f"entries.data, byte {start}", todo="run fsck")
        return bundle

    def inclusion(self, index: int, size: int | None = None) -> list[bytes]:
        """The proof that entry `index` is in the log as it was at `size` (now, when left out)."""
        return self._nodes.inclusion(index, self.size if size is None else size)

    def consistency(self, old: int, new: int | None = None) -> list[bytes]:
        """The proof that the log at `new` (now, when left out) begins with the log at `old`."""
        return self._nodes.consistency(old, self.size if new is None else new)

    def root_at(self, size: int) -> bytes:
        """The root hash the log had at `size`."""
        return self._nodes.root(size)

    def tile(self, tile: Tile) -> bytes | None:
        """The bytes of a C2SP resource (hashes or a bundle) at the log's size; None where there is no such tile."""
        state = self._state
        count = state.edge.size >> (8 * max(tile.level, 0))
        if tile.n * WIDTH + tile.width > count:
            return None
        if tile.level >= 0:
            return self._store.tile(tile)
        return frame_entries(self._bundle(tile.n, state)[: tile.width])

    def close(self) -> None:
        """Sync what is derived, let go of the files and of the lock."""
        with self._turn:
            whole = self._broken is None
            self._broken = self._broken or LedgerFault("the log is closed", todo="open it again")
            try:
                if whole:
                    self._highest.sync()
                    self._store.sync_derived()
            finally:
                self._highest.close()
                self._store.close()
                self._lock.close()

    def __enter__(self) -> Log:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
