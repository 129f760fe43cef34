"""Tiles: the log cut into files of 256, so that anyone can fetch, cache and check any part of it.

C2SP tlog-tiles. Resources are `checkpoint`, `tile/<level>/<n>[.p/<width>]` (32-byte hashes) and
`tile/entries/<n>[.p/<width>]` (entries, each after its length as a big-endian u16). `n` is written in groups of three
digits, all but the last beginning with `x`: 1234067 is `x001/x234/067`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from struct import pack

from saksi.model.errors import BadInput

__all__ = ["MAX_ENTRY", "WIDTH", "Tile", "frame_entries", "parse_entries", "parse_path", "tiles_of"]

WIDTH = 256
MAX_ENTRY = 65_535  # bytes: what a u16 can say
_PATH = re.compile(r"tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile's name. `level` is -1 for a bundle of entries; `width` is 256 for a full tile."""

    level: int
    n: int
    width: int = WIDTH

    def __post_init__(self) -> None:
        if not (-1 <= self.level <= 63 and 0 <= self.n < 10**21 and 1 <= self.width <= WIDTH):
            raise BadInput(f"there is no tile of level {self.level}, number {self.n}, width {self.width}")

    def path(self) -> str:
        """The resource's path under the log's prefix."""
        digits = f"{self.n:03d}"
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
        number = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
        part = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{'entries' if self.level < 0 else self.level}/{number}{part}"


def parse_path(path: str) -> Tile:
    """Read a tile's path: exactly what `Tile.path` writes, else BadInput."""
    found = _PATH.fullmatch(path)
    if not found:
        raise BadInput(f"not the path of a tile: {path[:80]!r}")
    level, number, width = found.groups()
    tile = Tile(
        -1 if level == "entries" else int(level),
        int(number.replace("/", "").replace("x", "")),
        int(width) if width else WIDTH,
    )
    if tile.path() != path:  # a partial tile of 256, or a number with leading groups of zeroes
        raise BadInput(f"not the path of a tile: {path[:80]!r}")
    return tile


def tiles_of(size: int, *, since: int = 0) -> Iterator[Tile]:
    """Every hash tile and bundle of a log of `size`, but those that were already full at size `since`."""
    for level in range(-1, 64):
        hashes, done = size >> (8 * max(level, 0)), since >> (8 * max(level, 0))
        if not hashes:
            return
        for n in range(done // WIDTH, -(-hashes // WIDTH)):
            yield Tile(level, n, min(WIDTH, hashes - n * WIDTH))


def frame_entries(entries: Sequence[bytes]) -> bytes:
    """Entries as they stand in a bundle and in `entries.data`."""
    parts: list[bytes] = []
    for entry in entries:
        if len(entry) > MAX_ENTRY:
            raise BadInput(f"an entry of {len(entry)} bytes is too long: at most {MAX_ENTRY}")
        parts += (pack(">H", len(entry)), entry)
    return b"".join(parts)


def parse_entries(data: bytes, count: int | None = None) -> list[bytes]:
    """The entries of a bundle; exactly `count` of them where that is given."""
    entries: list[bytes] = []
    at, end = 0, len(data)
    while at < end:
        start = at + 2
        at = start + (data[at] << 8) + data[start - 1] if start <= end else end + 1
        if at > end:
            raise BadInput("a bundle ends within an entry", where=f"entry {len(entries)}")
        entries.append(data[start:at])
    if count is not None and len(entries) != count:
        raise BadInput(f"a bundle of {count} entries holds {len(entries)}")
    return entries
