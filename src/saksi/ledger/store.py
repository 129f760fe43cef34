"""A log's files: four kinds, all of which only grow.

`entries.data` (entries, each after its length as a big-endian u16: the bundles one after another), `level<L>.hashes`
(32 bytes a hash: tile L/N is bytes `[8192 N, 8192 N + 32 W)`), `bundles.idx` (for each full bundle the u64 offset of
its end in `entries.data`), `checkpoints.log` (signed notes, each between two u32 of its length). Entries and
checkpoints are the log; the others are derived from them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from struct import pack, unpack, unpack_from

from saksi.ledger.disk import AppendFile, Disk, exists, make_durable
from saksi.ledger.tiles import WIDTH, Tile
from saksi.model.errors import BadInput, LedgerFault

__all__ = ["BUNDLES", "CHECKPOINTS", "ENTRIES", "MAX_FRAME", "Frames", "Store", "frame", "level_name", "unframe"]

ENTRIES, BUNDLES, CHECKPOINTS, LOCK = "entries.data", "bundles.idx", "checkpoints.log", "lock"
MAX_FRAME = 65_536  # bytes of one signed note


def level_name(level: int) -> str:
    """The name of a level's file of hashes."""
    return f"level{level}.hashes"


def frame(note: bytes) -> bytes:
    """A signed note as it stands in `checkpoints.log`."""
    if not 0 < len(note) <= MAX_FRAME:
        raise BadInput(f"a checkpoint of {len(note)} bytes cannot be kept: at most {MAX_FRAME}")
    return pack(">I", len(note)) + note + pack(">I", len(note))


def unframe(data: bytes, start: int = 0) -> Iterator[tuple[int, int, bytes]]:
    """The well-framed notes from `start` on, as (start, end, note); ends at the first that is not well framed."""
    at = start
    while at + 8 <= len(data):
        (length,) = unpack_from(">I", data, at)
        end = at + 8 + length
        if not 0 < length <= MAX_FRAME or end > len(data) or unpack_from(">I", data, end - 4)[0] != length:
            return
        yield at, end, data[at + 4 : end - 4]
        at = end


class Frames:
    """`checkpoints.log`, read from its end and appended to."""

    def __init__(self, file: AppendFile) -> None:
        self.file = file

    def last(self) -> tuple[int, int, bytes] | None:
        """The note that fills the end of the file exactly, as (start, end, note); None where none does."""
        return self.ending_at(self.file.size)

    def ending_at(self, end: int) -> tuple[int, int, bytes] | None:
        """The well-framed note that ends at a byte offset, if one does."""
        tail = self.file.read(end - 4, 4) if end >= 8 else b""
        length = unpack(">I", tail)[0] if len(tail) == 4 else 0
        start = end - 8 - length
        if not 0 < length <= MAX_FRAME or start < 0:
            return None
        found = next(unframe(self.file.read(start, length + 8)), None)
        return (start, end, found[2]) if found else None

    def last_framed(self) -> tuple[int, int, bytes] | None:
        """The last note that is reached from the beginning, whatever follows it."""
        last = None
        for found in self.all():
            last = found
        return last

    def all(self, start: int = 0) -> Iterator[tuple[int, int, bytes]]:
        """Every note from byte `start` on, up to the first that is not well framed."""
        data, base = b"", start
        while piece := self.file.read(base + len(data), 1 << 20):
            data += piece
            used = 0
            for begin, used, note in unframe(data):
                yield base + begin, base + used, note
            data, base = data[used:], base + used
            if len(data) > MAX_FRAME + 8:  # whatever follows, this is no frame
                return

    def at(self, start: int) -> bytes:
        """The note whose frame begins at byte `start`."""
        length = int.from_bytes(self.file.read(start, 4), "big")
        return self.file.read(start + 4, min(length, MAX_FRAME))


class Store:
    """The open files of one log folder. What it appends is not durable before the matching sync."""

    def __init__(self, disk: Disk, folder: Path) -> None:
        self._disk = disk
        self._folder = folder
        self.entries = AppendFile(disk, folder / ENTRIES)
        self.bundles = AppendFile(disk, folder / BUNDLES)
        self.checkpoints = Frames(AppendFile(disk, folder / CHECKPOINTS))
        self._levels: dict[int, AppendFile] = {}
        self._new_name = False  # a level file may have been made whose name is not durable yet
        self._level(0)

    @staticmethod
    def make(disk: Disk, folder: Path) -> None:
        """Make the folder and its empty files, durably."""
        names = (ENTRIES, BUNDLES, CHECKPOINTS, level_name(0))
        make_durable(disk, folder, [folder / name for name in names])

    def append_derived(self, hashes: dict[int, list[bytes]], ends: list[int]) -> None:
        """Hashes by level and the ends of the bundles that became full. Readers see them only by a later checkpoint."""
        for level, gained in hashes.items():
            if gained:
                self._level(level).append(b"".join(gained))
        if ends:
            self.bundles.append(pack(f">{len(ends)}Q", *ends))

    def sync_derived(self) -> None:
        """Make the hashes and the index durable."""
        for file in (*self._levels.values(), self.bundles):
            file.sync()
        if self._new_name:
            make_durable(self._disk, self._folder)
            self._new_name = False

    def holds(self, size: int, hashes: dict[int, list[bytes]], ends: list[int]) -> bool:
        """Whether the files hold what `append_derived` would add to a log of `size`."""
        for level, gained in hashes.items():
            stored = self._level(level).read(32 * (size >> (8 * level)), 32 * len(gained))
            if stored != b"".join(gained):
                return False
        return self.bundles.read(8 * (size // WIDTH), 8 * len(ends)) == pack(f">{len(ends)}Q", *ends)

    def cut_derived(self, size: int) -> None:
        """Cut hashes and index back to what a log of `size` entries has."""
        self.bundles.cut(8 * (size // WIDTH))
        level = 0
        while level in self._levels or size >> (8 * level):
            self._level(level).cut(32 * (size >> (8 * level)))
            level += 1

    def reaches(self, size: int) -> bool:
        """Whether level files and index are at least as long as a log of `size` needs."""
        levels = all(file.size >= 32 * (size >> (8 * level)) for level, file in self._levels.items())
        return levels and self.bundles.size >= 8 * (size // WIDTH)

    def open_levels(self, size: int) -> None:
        """Open every level file that a log of `size` has, and what a killed process left of higher ones."""
        level = 0
        while size >> (8 * level) or exists(self._disk, self._folder / level_name(level)):
            self._level(level)
            level += 1

    def tile(self, tile: Tile) -> bytes:
        """A hash tile's bytes as stored; shorter where they are missing."""
        file = self._levels.get(tile.level)
        return file.read(8192 * tile.n, 32 * tile.width) if file else b""

    def bundle_end(self, n: int) -> int:
        """Where the bundles before bundle `n` end in `entries.data`."""
        if n == 0:
            return 0
        raw = self.bundles.read(8 * (n - 1), 8)
        if len(raw) != 8:
            raise LedgerFault("the index of bundles is too short", where=str(self.bundles.path), todo="run fsck")
        return int(unpack(">Q", raw)[0])

    def close(self) -> None:
        """Let go of all files."""
        for file in (self.entries, self.bundles, self.checkpoints.file, *self._levels.values()):
            file.close()

    def _level(self, level: int) -> AppendFile:
        if level not in self._levels:
            self._levels[level] = AppendFile(self._disk, self._folder / level_name(level))
            self._new_name = self._new_name or self._levels[level].size == 0
        return self._levels[level]
