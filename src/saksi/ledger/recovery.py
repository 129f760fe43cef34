"""Coming back after a crash: find the last signed state, prove that the files hold it, cut off what lies beyond.

Numbered once, tagged below. It may itself be killed at any point: it only cuts tails that no checkpoint covers and
writes derived files again, so that it can always be begun anew.
 R1. the last checkpoint that is whole and signed by our key; beyond it at most one torn one;
 R2. the second place must not know a higher state, nor another one of the same size;
 R3. the tree: from the level files where they lead to the signed root, else from all entries;
 R4. where level files or index differ from what those entries give (and only once the root is right: until then they
     are evidence), they are written again and synced;
 R5. the tails of all files are cut off; the second place is brought up to date.
Level files and index are synced whenever the log passes a multiple of 65,536 (see `log.py`): R3 takes the right edge at
the multiple before the last from them and hashes the entries since, so that a start reads at most 131,072 entries.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from saksi.ledger.checkpoint import Checkpoint, parse_checkpoint
from saksi.ledger.highest import Highest
from saksi.ledger.merkle import Edge
from saksi.ledger.nodes import Nodes, edge_from_tiles
from saksi.ledger.note import VKey, parse_note, verify_note
from saksi.ledger.store import MAX_FRAME, Store
from saksi.ledger.tiles import WIDTH
from saksi.model.errors import BadInput, LedgerFault

__all__ = ["BOUNDARY", "State", "bundle_ends", "hashed_from", "open_checkpoint", "recover"]

BOUNDARY = 65_536  # entries between two syncs of the derived files
_CHUNK = 1 << 22


@dataclass(frozen=True, slots=True)
class State:
    """What the log is right now: its right edge, where its entries end in bytes, and its signed checkpoint."""

    edge: Edge
    end: int
    checkpoint: bytes


def open_checkpoint(note: bytes, origin: str, vkeys: Sequence[VKey]) -> Checkpoint:
    """A checkpoint of the log `origin`, signed by one of `vkeys`; else BadInput."""
    parsed = parse_note(note)
    verify_note(parsed, vkeys)
    checkpoint = parse_checkpoint(parsed.text)
    if checkpoint.origin != origin:
        raise BadInput(f"a checkpoint of another log: {checkpoint.origin!r}, not {origin!r}")
    return checkpoint


def recover(store: Store, highest: Highest, *, origin: str, vkeys: Sequence[VKey]) -> State:
    """Bring the files to the last signed state. Raises LedgerFault where what is on the disk is not a crash's doing."""
    frame_end, note, checkpoint = _last_checkpoint(store, origin, vkeys)  # R1
    _check_highest(highest, checkpoint)  # R2
    store.open_levels(checkpoint.size)
    recent = hashed_from(checkpoint.size)
    state = _rebuild(store, recent, checkpoint, note) or _rebuild(store, 0, checkpoint, note)  # R3, R4
    if not state:
        todo = "restore from a mirror or a backup; keep the damaged folder"
        what = f"the entries do not make the root that was signed for size {checkpoint.size}"
        raise LedgerFault(what, where=str(store.entries.path), todo=todo)
    store.entries.cut(state.end)  # R5
    store.cut_derived(checkpoint.size)
    store.checkpoints.file.cut(frame_end)
    for file in (store.entries, store.checkpoints.file):
        file.sync()
    mark = highest.last
    if mark and Nodes(store.tile, state.edge).root(mark.size) != mark.root:
        raise _two_histories(mark.size)
    highest.settle(checkpoint.size, checkpoint.root)
    return state


def hashed_from(size: int) -> int:
    """The entry from which on a start hashes a log of so many entries, and holds the derived files against them."""
    return max(0, (size // BOUNDARY - 1) * BOUNDARY)


def _last_checkpoint(store: Store, origin: str, vkeys: Sequence[VKey]) -> tuple[int, bytes, Checkpoint]:
    frames = store.checkpoints
    size = frames.file.size
    fault = BadInput("there is none")
    last = frames.last()
    candidates = [last, frames.ending_at(last[0])] if last else [frames.last_framed()]
    for candidate in candidates:  # only the newest frame can be torn: each is durable before the next is begun
        if not candidate or size - candidate[1] > MAX_FRAME + 8:
            break
        try:
            return candidate[1], candidate[2], open_checkpoint(candidate[2], origin, vkeys)
        except BadInput as error:
            fault = error
    todo = "if the key or the origin was changed, give the old one; else restore the file from a mirror or a backup"
    raise LedgerFault(f"no valid checkpoint at its end: {fault}", where=str(frames.file.path), todo=todo)


def _check_highest(highest: Highest, checkpoint: Checkpoint) -> None:
    highest.check_confirmed()
    mark = highest.last
    if mark is None:
        todo = "compare the log with a mirror or a witness, then adopt it"
        raise LedgerFault("it holds nothing that can be read", where="second place", todo=todo)
    if mark.size > checkpoint.size:
        what = f"this log was signed at {mark.size} entries and is now at {checkpoint.size}: entries were lost"
        todo = "this is a restored backup or a damaged file: refill it from a mirror, do not append to it"
        raise LedgerFault(what, where="second place", todo=todo)
    if mark.size == checkpoint.size and mark.root != checkpoint.root:
        raise _two_histories(mark.size)


def _two_histories(size: int) -> LedgerFault:
    todo = "stop: two histories were signed; keep both folders and ask the witnesses"
    return LedgerFault(f"another log was signed at size {size}", where="second place", todo=todo)


def _rebuild(store: Store, start: int, checkpoint: Checkpoint, note: bytes) -> State | None:
    """The state, when the entries from `start` on lead from the stored edge to the signed root; derived files mended."""
    if not store.reaches(start):
        return None
    try:
        edge = edge_from_tiles(start, store.tile)
        end = store.bundle_end(start // WIDTH)
    except LedgerFault:
        return None
    fits, begin = True, end
    for leaves, ends in _read_leaves(store, begin, checkpoint.size - start):
        before = edge.size
        edge, gained = edge.extend(leaves)
        fits = fits and store.holds(before, gained, bundle_ends(before, ends))
        end = ends[-1]
    if edge.size != checkpoint.size or edge.root != checkpoint.root:
        return None
    if not fits:
        store.cut_derived(start)
        mending = edge_from_tiles(start, store.tile)
        for leaves, ends in _read_leaves(store, begin, checkpoint.size - start):
            before = mending.size
            mending, gained = mending.extend(leaves)
            store.append_derived(gained, bundle_ends(before, ends))
        store.sync_derived()
    return State(edge, end, note)


def bundle_ends(first: int, ends: Sequence[int]) -> list[int]:
    """Of the byte offsets where entries end, the first being entry `first`: those at which a bundle became full."""
    return list(ends[WIDTH - 1 - first % WIDTH :: WIDTH])


def _read_leaves(store: Store, at: int, count: int) -> Iterator[tuple[list[bytes], list[int]]]:
    """Leaf hashes and ends in bytes of the next `count` entries from a byte offset; fewer where the file ends."""
    data, base = b"", at
    while count:
        piece = store.entries.read(base + len(data), _CHUNK)
        if not piece:
            return
        data += piece
        place = 0
        leaves: list[bytes] = []
        ends: list[int] = []
        while count and place + 2 <= len(data):
            end = place + 2 + (data[place] << 8) + data[place + 1]
            if end > len(data):
                break
            leaves.append(sha256(b"\0" + data[place + 2 : end]).digest())
            ends.append(base + end)
            place, count = end, count - 1
        data, base = data[place:], base + place
        if leaves:
            yield leaves, ends
