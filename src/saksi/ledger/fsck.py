"""Checking a whole log: everything is derived again from its entries, and every difference is named.

It trusts a verifier key and nothing else, and reads as any stranger could (`reader.py`). Of a log's own folder it
checks beside that what no stranger sees: the index, every checkpoint ever signed, what lies beyond the last one, and
the second place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from struct import pack, unpack

from saksi.ledger.disk import read_file
from saksi.ledger.highest import SLOT, WAITING, read_slots
from saksi.ledger.lag import AGAIN, lag
from saksi.ledger.merkle import Edge, leaf_hash
from saksi.ledger.nodes import edge_from_tiles, split_hashes
from saksi.ledger.note import VKey
from saksi.ledger.reader import Progress, Reader, read_checkpoint, unwatched
from saksi.ledger.recovery import hashed_from
from saksi.ledger.source import LogFolder, Source
from saksi.ledger.store import BUNDLES, CHECKPOINTS, ENTRIES, MAX_FRAME, level_name, unframe
from saksi.ledger.tiles import WIDTH, Tile, parse_entries, tiles_of
from saksi.model.errors import BadInput, LedgerFault, PeerFault, SaksiError

__all__ = ["Difference", "Report", "fsck"]

_AGAIN = 20


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it must be: in which resource or file, and what.

    `unfinished`: it was left by a write that was cut off before it was acknowledged, and a start of the ledger mends it. `lags`: until
    then not all of the ledger can be read by others.
    """

    where: str
    what: str
    unfinished: bool = False
    lags: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """What was checked and every difference found; no difference, or unfinished ones alone, means that the log is whole.

    `note` is the signed checkpoint up to which it was checked; `waits` says that the log was restored and does not sign until somebody
    has said that it is the newest.
    """

    note: bytes
    origin: str
    size: int
    root: bytes
    checkpoints: int
    differences: tuple[Difference, ...]
    waits: bool = False

    @property
    def clean(self) -> bool:
        """Whether nothing differs but what a start mends."""
        return all(each.unfinished for each in self.differences)


def fsck(
    source: Source,
    vkeys: Sequence[VKey],
    *,
    second: Path | None = None,
    settled: bool = True,
    progress: Progress = unwatched,
) -> Report:
    """Check a whole log. `second` is its second place; `settled` says that no writer is at work (tails are named).

    Raises BadInput, PeerFault or LedgerFault when not even a checkpoint can be read and verified.
    """
    reader = Reader(source, vkeys)
    check = _Check(reader, source, vkeys, settled=settled)
    check.entries(progress)
    if isinstance(source, LogFolder):
        check.index()
        check.history_file(settled=settled)
        if settled:
            check.tails()
        if second:
            check.second_place(source, second, settled=settled)
        check.lagging()
        if settled:
            check.torn(whole=second is not None)
    point = reader.checkpoint
    return Report(reader.note, point.origin, point.size, point.root, len(check.signed), tuple(check.found), check.waits)


class _Check:
    """One run: what was found so far, and what the entries say."""

    def __init__(self, reader: Reader, source: Source, vkeys: Sequence[VKey], *, settled: bool) -> None:
        self.reader, self.source, self.vkeys, self.settled = reader, source, vkeys, settled
        self.lags: dict[str, tuple[int, int]] = {}  # derived files that lack units at their end: the first, and how many
        self.found: list[Difference] = []
        self.ends: list[int] = []  # where each full bundle ends in bytes, as the entries say
        self.end = 0
        self.waits = False
        self.signed: list[tuple[int, bytes, int]] = []  # (size, root, byte offset) of every checkpoint on file
        if isinstance(source, LogFolder):
            self._read_history(source)

    def differs(self, where: str, what: str, *, unfinished: bool = False) -> None:
        self.found.append(Difference(where, what, unfinished))

    def is_lag(self, name: str, stored: bytes, whole: bytes, *, unit: int, first: int = 0) -> bool:
        """Whether a derived file only lacks what a start of the log writes again; `first` is the unit that `whole` begins with."""
        found = lag(stored, whole, unit) if self.settled else None
        if found is None:
            return False
        begin, count = self.lags.get(name, (first + found[0], 0))
        self.lags[name] = begin, count + found[1]
        return True

    def entries(self, progress: Progress) -> None:
        """Derive the tree from the entries; compare each tile, each signed root, and at last the newest."""
        size, edge = self.reader.size, Edge()
        rows: dict[int, list[bytes]] = {}
        later = iter(sorted({signed for signed in self.signed if signed[0] <= size}))
        signed = next(later, None)
        for n, bundle in self._bundles():
            leaves = bundle
            while leaves or (signed and signed[0] == edge.size):
                room = signed[0] - edge.size if signed else len(leaves)
                edge, gained = edge.extend(leaves[:room])
                leaves = leaves[room:]
                for level, hashes in gained.items():
                    rows.setdefault(level, []).extend(hashes)
                while signed and signed[0] == edge.size:
                    if signed[1] != edge.root:
                        self.differs(f"{CHECKPOINTS}, byte {signed[2]}", f"the root signed at size {signed[0]} differs")
                    signed = next(later, None)
            self._compare(rows, edge.size, final=edge.size == size)
            progress(min(size, (n + 1) * WIDTH), size)
        if edge.root != self.reader.checkpoint.root:
            self.differs("checkpoint", f"the entries do not make the root signed at size {size}")
            if _stored_root(self.reader) == self.reader.checkpoint.root:
                self.differs("tile/entries", "the stored hashes do make it: entries were changed, the tree was not")

    def _bundles(self) -> Iterator[tuple[int, list[bytes]]]:
        """Leaf hashes of each bundle; of one that cannot be read, those that the tile gives, to go on with."""
        size = self.reader.size
        for n in range(-(-size // WIDTH)):
            width = min(WIDTH, size - n * WIDTH)
            try:
                bundle = self._bundle(n, width)
                leaves = [leaf_hash(entry) for entry in bundle]
                self.end += sum(map(len, bundle)) + 2 * len(bundle)
            except (BadInput, PeerFault, LedgerFault) as error:
                self.differs(Tile(-1, n, width).path(), f"cannot be read: {error}")
                leaves = self._stored(Tile(0, n, width)) or [b"\0" * 32] * width
                self.end = self._indexed(n)
            if width == WIDTH:
                self.ends.append(self.end)
            yield n, leaves
        if not size:
            yield 0, []

    def _bundle(self, n: int, width: int) -> list[bytes]:
        """The entries of bundle `n`: where the index lacks where it begins or ends, they follow those before."""
        if isinstance(self.source, LogFolder):
            told = range(max(0, n - 1), min(n + 1, self.reader.size // WIDTH))
            raw = self.source.read(BUNDLES, 8 * told.start, 8 * len(told))
            if len(raw) < 8 * len(told) or 0 in unpack(f">{len(told)}Q", raw):
                data = self.source.entries_at(self.end, width)
                if data is not None:
                    return parse_entries(data)
        return self.reader.bundle(n)

    def _indexed(self, n: int) -> int:
        """Where the index says that bundle `n` ends: to go on behind one that cannot be read."""
        raw = self.source.read(BUNDLES, 8 * n, 8) if isinstance(self.source, LogFolder) else b""
        return int.from_bytes(raw, "big")

    def _compare(self, rows: dict[int, list[bytes]], size: int, *, final: bool) -> None:
        """Compare the tiles that are complete with what is stored; at the end, the partial ones too."""
        for level, hashes in rows.items():
            count = size >> (8 * level)
            first = count - len(hashes)
            while len(hashes) >= WIDTH or (final and hashes):
                part = hashes[:WIDTH]
                del hashes[:WIDTH]
                tile = Tile(level, first // WIDTH, len(part))
                first += len(part)
                if self._tile_lags(tile, b"".join(part)):
                    continue
                stored = self._stored(tile)
                if stored != part:
                    self._name_tile(tile, part, stored)

    def _tile_lags(self, tile: Tile, whole: bytes) -> bool:
        if not isinstance(self.source, LogFolder):
            return False
        name = level_name(tile.level)
        return self.is_lag(name, self.source.read(name, 8192 * tile.n, len(whole)), whole, unit=32, first=WIDTH * tile.n)

    def _name_tile(self, tile: Tile, part: list[bytes], stored: list[bytes] | None) -> None:
        if stored is None:
            return
        wrong = [i for i, (one, other) in enumerate(zip(part, stored, strict=True)) if one != other]
        first = tile.n * WIDTH + wrong[0]
        what = "entry" if tile.level == 0 else "hash"
        self.differs(tile.path(), f"{len(wrong)} of {len(part)} differ from the entries, the first at {what} {first}")

    def _stored(self, tile: Tile) -> list[bytes] | None:
        try:
            data = self.reader.fetch(tile)
        except (BadInput, PeerFault, LedgerFault) as error:
            self.differs(tile.path(), f"cannot be read: {error}")
            return None
        if len(data) != 32 * tile.width:
            self.differs(tile.path(), f"has {len(data)} bytes instead of {32 * tile.width}")
            return None
        return split_hashes(data)

    def _read_history(self, source: LogFolder) -> None:
        whole = source.read(CHECKPOINTS, 0, source.length(CHECKPOINTS) or 0)
        self.history_end = 0
        self.history_length = len(whole)
        for start, end, note in unframe(whole):
            self.history_end = end
            try:
                checkpoint, _ = read_checkpoint(note, self.vkeys)
            except BadInput as error:
                self.differs(f"{CHECKPOINTS}, byte {start}", f"not a valid checkpoint: {error}")
                continue
            if checkpoint.origin != self.reader.checkpoint.origin:
                self.differs(f"{CHECKPOINTS}, byte {start}", f"a checkpoint of another log: {checkpoint.origin}")
            if self.signed and checkpoint.size < self.signed[-1][0]:
                self.differs(f"{CHECKPOINTS}, byte {start}", "a checkpoint of a smaller log than the one before it")
            self.signed.append((checkpoint.size, checkpoint.root, start))

    def history_file(self, *, settled: bool) -> None:
        """Every checkpoint ever signed is there, from the empty log to the newest."""
        if not self.signed or self.signed[0][0] != 0:
            self.differs(CHECKPOINTS, "does not begin with the checkpoint of the empty log")
        if self.signed and self.signed[-1][0] != self.reader.size and settled:
            self.differs(CHECKPOINTS, "the newest checkpoint is not the one that is served")

    def index(self) -> None:
        """The index of bundles says where the entries say."""
        assert isinstance(self.source, LogFolder)
        raw = self.source.read(BUNDLES, 0, 8 * len(self.ends))
        stored = list(unpack(f">{len(raw) // 8}Q", raw[: len(raw) & ~7]))
        wrong = [n for n, end in enumerate(self.ends) if n >= len(stored) or stored[n] != end]
        if wrong and not self.is_lag(BUNDLES, raw, pack(f">{len(self.ends)}Q", *self.ends), unit=8):
            self.differs(BUNDLES, f"{len(wrong)} of {len(self.ends)} bundles end elsewhere, the first is {wrong[0]}")

    def tails(self) -> None:
        """Nothing lies beyond the last checkpoint."""
        assert isinstance(self.source, LogFolder)
        size = self.reader.size
        expected = {ENTRIES: self.end, BUNDLES: 8 * len(self.ends)}
        levels = {tile.level for tile in tiles_of(size) if tile.level >= 0}
        expected |= {level_name(level): 32 * (size >> (8 * level)) for level in range(max(levels, default=0) + 2)}
        for name, length in expected.items():
            found = self.source.length(name) or 0
            if found > length:
                what = f"{found - length} bytes beyond the last checkpoint (a start of the log cuts them)"
                self.differs(name, what, unfinished=True)

    def lagging(self) -> None:
        """Derived files that lack their end. A start of the log writes it again (R3, R4 in `recovery.py`) where the entries make the root
        and nothing else differs: from the boundary on that it hashes from, or all, where one of them ends before that."""
        recent = hashed_from(self.reader.size)
        needs = {name: recent // WIDTH if name == BUNDLES else recent >> 8 * _level(name) for name in self.lags}
        assert isinstance(self.source, LogFolder)
        short = any((self.source.length(name) or 0) < (8 if name == BUNDLES else 32) * need for name, need in needs.items())
        mends = all(each.unfinished for each in self.found) and (short or all(self.lags[name][0] >= need for name, need in needs.items()))
        for name, (first, count) in self.lags.items():
            what = f"{count} of its {'ends of bundles' if name == BUNDLES else 'hashes'}, from number {first} on, are missing or zero"
            self.found.append(Difference(name, f"{what} ({AGAIN})" if mends else what, unfinished=mends, lags=mends))

    def torn(self, *, whole: bool) -> None:
        """What lies behind the last whole checkpoint. It is one that was being written where all else agrees, the second place too (`whole`
        says that it was asked): none was signed after the one that is served."""
        if length := self.history_length - self.history_end:
            cut = whole and length <= MAX_FRAME + 8 and all(each.unfinished for each in self.found)
            what = f"{length} bytes that are no whole checkpoint{' (a start of the log cuts them)' if cut else ''}"
            self.differs(f"{CHECKPOINTS}, byte {self.history_end}", what, unfinished=cut)

    def second_place(self, source: LogFolder, path: Path, *, settled: bool) -> None:
        """The second place holds two whole states, both of this log's history."""
        data = read_file(source.disk, path)
        for _ in range(0 if settled else _AGAIN):
            if data in (None, WAITING) or None not in read_slots(data):
                break
            data = read_file(source.disk, path)  # it was being written
        if data is None:
            self.differs(path.name, "is missing")
            return
        self.waits = data == WAITING
        known = {(size, root) for size, root, _ in self.signed}
        for number, mark in enumerate(() if self.waits else read_slots(data)):
            if mark is None:
                self.differs(path.name, f"slot {number} cannot be read")
            elif mark.size > self.reader.size and not settled:
                continue  # the writer has gone on since this check began
            elif (mark.size, mark.root) not in known:
                self.differs(path.name, f"slot {number} names size {mark.size}, which the log never signed like that")
        if len(data) > 2 * SLOT:
            self.differs(path.name, "is longer than two slots")


def _level(name: str) -> int:
    return int(name.removeprefix("level").partition(".")[0])


def _stored_root(reader: Reader) -> bytes | None:
    try:
        return edge_from_tiles(reader.size, reader.fetch).root
    except SaksiError:
        return None
