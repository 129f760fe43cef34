"""Neighbouring entities of the serving index packed together, so that an entity costs bytes and not rows.

A bundle is deflated: u32 length of the table, the table (MessagePack, column by column: keys, facts in pages, facts here, bytes of rows
here), then the rows of each entity, end to end.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

import msgspec

__all__ = ["TARGET", "Entry", "Table", "cut", "inflated", "pack", "pick", "spread", "unpack"]

Entry: TypeAlias = tuple[str, int, int, bytes]  # key, facts moved to pages, facts here, their rows
Table: TypeAlias = tuple[list[str], list[int], list[int], list[int]]  # by column: keys, facts in pages, facts here, bytes of rows here

TARGET = 560  # bytes before deflating: small enough to inflate in a few microseconds, large enough to share words
_table = msgspec.msgpack.Decoder(Table).decode
_encode = msgspec.msgpack.Encoder().encode


def pack(entries: Sequence[Entry]) -> bytes:
    """Entries, sorted by key, as one bundle."""
    keys, older, counts, rows = zip(*entries, strict=True)
    table = _encode((keys, older, counts, [*map(len, rows)]))
    squeeze = zlib.compressobj(6, zlib.DEFLATED, -15, strategy=zlib.Z_FIXED)  # a code of its own would take longer to build than to use
    return squeeze.compress(b"".join((len(table).to_bytes(4, "little"), table, *rows))) + squeeze.flush()


def inflated(body: bytes) -> tuple[Table, bytes, int]:
    """A bundle's table, its bytes, and where in them the rows begin."""
    raw = zlib.decompress(body, -15, 4096)
    start = 4 + int.from_bytes(raw[:4], "little")
    return _table(raw[4:start]), raw, start


def unpack(body: bytes) -> list[Entry]:
    """The entries of a bundle."""
    table, raw, at = inflated(body)
    made = []
    for key, older, count, size in zip(*table, strict=True):
        made.append((key, older, count, raw[at : at + size]))
        at += size
    return made


def pick(opened: tuple[Table, bytes, int], wanted: str) -> Entry | None:
    """One entry of a bundle that is inflated, or None."""
    (keys, older, counts, sizes), raw, start = opened
    if wanted not in keys:
        return None
    place = keys.index(wanted)
    at = start + sum(sizes[:place])
    return wanted, older[place], counts[place], raw[at : at + sizes[place]]


def cut(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """Sorted entries in lots of about `TARGET` bytes, as they come."""
    lot: list[Entry] = []
    size = 0
    for entry in entries:
        weight = len(entry[0]) + 4 + len(entry[3])
        if lot and size + weight > TARGET:
            yield lot
            lot, size = [], 0
        lot.append(entry)
        size += weight
    if lot:
        yield lot


def spread(entries: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
    """Sorted entries of one bundle that has grown: as it is, or in even parts where it is over twice the target."""
    total = sum(len(entry[0]) + 4 + len(entry[3]) for entry in entries)
    parts = 1 if total <= 2 * TARGET else min(len(entries), -(-total // TARGET))
    for part in range(parts):
        some = entries[part * len(entries) // parts : (part + 1) * len(entries) // parts]
        if some:
            yield some
