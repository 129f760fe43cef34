"""The zip file of an evidence pack, of which there is one form only: every byte outside the files is fixed by their names, sizes and CRCs.

    for each file, sorted by name: local header | name | the bytes, stored as they are
    for each file, in the same order: central header | name
    end record, without a comment                                       (PKWARE APPNOTE 6.3.10, sections 4.3.7, 4.3.12, 4.3.16)

Nothing is compressed, so nothing can swell; times are 1980-01-01, there are no extra fields, no comments, no encryption, no folders, no
files in files. A reader writes the headers again from what they say and compares: whatever another tool would read otherwise is refused.
Files pass through in pieces; a pack ends below 4 GiB.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO
from zlib import crc32

from saksi.model import BadInput

__all__ = ["LARGEST", "MOST_FILES", "PIECE", "Member", "check_fits", "members", "pieces", "write_members"]

MOST_FILES = 20_000
LARGEST = (1 << 32) - 1
PIECE = 1 << 20
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}(/[A-Za-z0-9][A-Za-z0-9._-]{0,99}){0,2}")
_LOCAL = struct.Struct("<4sHHHHHIIIHH")
_CENTRAL = struct.Struct("<4sHHHHHHIIIHHHHHII")
_END = struct.Struct("<4sHHHHIIH")
_DAY = 0x0021  # 1980-01-01
_UNIX = 3 << 8 | 20
_PLAIN = 0o100644 << 16


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a pack: its name, size in bytes and CRC-32, and where its bytes begin."""

    name: str
    size: int
    crc: int
    start: int = 0

    def _local(self) -> bytes:
        name = self.name.encode("ascii")
        return _LOCAL.pack(b"PK\x03\x04", 20, 0, 0, 0, _DAY, self.crc, self.size, self.size, len(name), 0) + name

    def _central(self) -> bytes:
        name = self.name.encode("ascii")
        at = self.start - _LOCAL.size - len(name)
        fields = (_UNIX, 20, 0, 0, 0, _DAY, self.crc, self.size, self.size, len(name), 0, 0, 0, 0, _PLAIN, at)
        return _CENTRAL.pack(b"PK\x01\x02", *fields) + name


def check_fits(files: Sequence[tuple[str, int]]) -> None:
    """Refuse files (name, size) that are more than one pack can hold."""
    whole = sum(_LOCAL.size + _CENTRAL.size + 2 * len(name) + size for name, size in files) + _END.size
    if len(files) > MOST_FILES or whole > LARGEST:
        raise BadInput(f"a pack holds at most {MOST_FILES:,} files and 4 GiB", todo="make several packs, or one without originals")


def write_members(out: Callable[[bytes], object], files: Sequence[tuple[Member, Iterator[bytes]]]) -> None:
    """Write a pack: `files` are (name, size and CRC; the bytes in pieces), in any order. Raises BadInput where the bytes are others."""
    at, placed = 0, []
    named = {_check_name(one.name) for one, _ in files}
    if len(named) < len(files):
        raise BadInput("two files of a pack bear one name")
    check_fits([(one.name, one.size) for one, _ in files])
    for given, content in sorted(files, key=lambda one: one[0].name):
        member = Member(given.name, given.size, given.crc, at + _LOCAL.size + len(given.name))
        out(member._local())
        size = crc = 0
        for piece in content:
            size, crc = size + len(piece), crc32(piece, crc)
            out(piece)
        if (size, crc) != (given.size, given.crc):
            raise BadInput("the file changed while it was put into the pack", where=given.name, todo="make the pack again")
        placed.append(member)
        at = member.start + size
    out(_tail(placed, at))


def members(file: BinaryIO) -> tuple[Member, ...]:
    """The files of a pack, in the order of their names. Raises BadInput, naming the place, unless it is written as `write_members` writes.

    Steps: 1. the end record, at the very end; 2. the central headers, as many as it says; 3. each local header, where the one before ends;
    4. all of them written again give the same bytes, and nothing lies between.
    """
    whole = file.seek(0, 2)
    if not _END.size <= whole <= LARGEST:
        raise BadInput(f"a pack has {_END.size} bytes to 4 GiB, not {whole:,}")
    end = _read(file, whole - _END.size, _END.size)  # 1
    magic, _, _, here, count, length, begin, _ = _END.unpack(end)
    if magic != b"PK\x05\x06" or here != count or begin + length + _END.size != whole:
        raise BadInput("the file does not end as a pack does: it was cut off, lengthened, or is no pack", where=f"byte {whole - _END.size}")
    if not 1 <= count <= MOST_FILES or length > count * (_CENTRAL.size + 302):
        raise BadInput(f"a pack holds 1 to {MOST_FILES:,} files, not {count:,}")
    central = _read(file, begin, length)
    found: list[Member] = []
    place = at = 0
    for _ in range(count):  # 2
        if place + _CENTRAL.size > length:
            raise BadInput("the list of files is cut off", where=f"byte {begin + place}")
        fields = _CENTRAL.unpack_from(central, place)
        name = _check_name(central[place + _CENTRAL.size : place + _CENTRAL.size + fields[10]].decode("ascii", "replace"))
        if found and name <= found[-1].name:
            raise BadInput("the files of a pack are sorted by name, and each is there once", where=name)
        member = Member(name, fields[9], fields[7], at + _LOCAL.size + len(name))
        if member.start + member.size > begin:
            raise BadInput("the file reaches beyond its place", where=name)
        header = member._local()
        if _read(file, at, len(header)) != header:  # 3
            raise BadInput("its header is not what the list of files says", where=name)
        found.append(member)
        at = member.start + member.size
        place += _CENTRAL.size + len(name)
    if at != begin or central + end != _tail(found, at):  # 4
        raise BadInput("the list of files is not written as a pack's is, or something lies between the files")
    return tuple(found)


def pieces(file: BinaryIO, member: Member) -> Iterator[bytes]:
    """The bytes of one file in pieces of 1 MB; BadInput after the last where they do not have its CRC."""
    done = crc = 0
    while done < member.size:
        piece = _read(file, member.start + done, min(PIECE, member.size - done))
        done, crc = done + len(piece), crc32(piece, crc)
        yield piece
    if crc != member.crc:
        raise BadInput("its bytes do not have the CRC of its header", where=member.name)


def _tail(placed: Sequence[Member], at: int) -> bytes:
    central = b"".join(one._central() for one in placed)
    return central + _END.pack(b"PK\x05\x06", 0, 0, len(placed), len(placed), len(central), at, 0)


def _check_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise BadInput(f"a file of a pack cannot be named {name[:80]!r}")
    return name


def _read(file: BinaryIO, at: int, size: int) -> bytes:
    file.seek(at)
    data = file.read(size)
    if len(data) != size:
        raise BadInput("the file is cut off", where=f"byte {at + len(data)}")
    return data
