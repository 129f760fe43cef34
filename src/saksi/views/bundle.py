"""Neighbouring entities of the serving index packed together, so that an entity costs bytes and not rows.

A bundle is deflated: u32 length of the table, the table (MessagePack: key, facts in pages, facts here, bytes of rows here), then the
rows of each entity, end to end.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

import msgspec

__all__ = ["TARGET", "Entry", "cut", "pack", "pick", "spread", "unpack"]

Entry: TypeAlias = tuple[str, int, int, bytes]  # key, facts moved to pages, facts here, their rows

TARGET = 560  # bytes before deflating: small enough to inflate in a few microseconds, large enough to share words
_Table = msgspec.msgpack.Decoder(list[tuple[str, int, int, int]]).decode
_encode = msgspec.msgpack.Encoder().encode


def pack(entries: Sequence[Entry]) -> bytes:
    """Entries, sorted by key, as one bundle."""
    table = _encode([(key, older, count, len(rows)) for key, older, count, rows in entries])
    squeeze = zlib.compressobj(1, zlib.DEFLATED, -15)
    return squeeze.compress(b"".join((len(table).to_bytes(4, "little"), table, *(entry[3] for entry in entries)))) + squeeze.flush()


def unpack(body: bytes) -> list[Entry]:
    """The entries of a bundle."""
    raw = zlib.decompress(body, -15, 4096)
    at = 4 + int.from_bytes(raw[:4], "little")
    made = []
    for key, older, count, length in _Table(raw[4:at]):
        made.append((key, older, count, raw[at : at + length]))
        at += length
    return made


def pick(body: bytes, wanted: str) -> Entry | None:
    """One entry of a bundle, or None."""
    raw = zlib.decompress(body, -15, 4096)
    at = 4 + int.from_bytes(raw[:4], "little")
    for key, older, count, length in _Table(raw[4:at]):
        if key == wanted:
            return key, older, count, raw[at : at + length]
        at += length
    return None


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
