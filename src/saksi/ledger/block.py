"""A sealed block: up to 64 statements of one leaf that live and die together, compressed and encrypted.

    header   first index u16 | count u8 (128 added once mended) | subjects u8 | sealed length u32 | nonce 12 | crc32 u32     24 bytes
    slots    one u32 for each subject: where its key stands, counted from the frame's base
    sealed   AES-256-GCM( salts, 32 bytes each | raw deflate of the statements | zero bytes )
             bound to first index, count and the commitments, which stand outside the seal and outlive it

The statements are lines, one a group, in the order of the groups; an empty line means "as in the statement before". A canonical group
never holds a raw newline. A block that statements were erased from is *mended*: it has the same length, begins with a u64 whose bits name
the statements that are left, holds salts of those alone, and of the others only the lines that later ones repeat.

The checksum finds a flipped bit also where the key has been destroyed. Pure: randomness is passed in.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from saksi.ledger.commitment import SALT_BYTES, Groups
from saksi.ledger.dictionary import WORDS
from saksi.model.errors import BadInput, LedgerFault

__all__ = [
    "BLOCK_HEAD",
    "KEY_BYTES",
    "MAX_BLOCK",
    "MAX_SUBJECTS",
    "NONCE_BYTES",
    "Block",
    "Items",
    "Place",
    "Seal",
    "block_key",
    "deflate",
    "forget_items",
    "inflate",
    "open_block",
    "open_common",
    "parse_block",
    "seal_block",
    "seal_common",
]

MAX_BLOCK = 64
MAX_SUBJECTS = 16
KEY_BYTES = 32
NONCE_BYTES = 12
BLOCK_HEAD = 24
_HEAD = struct.Struct(">HBBI12sI")
_BOUND = struct.Struct(">HB")
_MENDED = 0x80
_MASK = 8
_TAG_BYTES = 16
_WINDOW = -13  # 8 kB: a small window makes a small block cheap to begin, and holds the dictionary
_MEMORY = 6
_LEVEL = 6


@dataclass(frozen=True, slots=True)
class Block:
    """A sealed block as it stands in a frame. `slots` are counted from the frame's base."""

    first: int
    count: int
    slots: tuple[int, ...]
    nonce: bytes
    sealed: bytes
    mended: bool = False

    @property
    def bound_count(self) -> int:
        """The count as it is written: 128 more once the block was mended."""
        return self.count | (_MENDED if self.mended else 0)

    def to_bytes(self) -> bytes:
        """The block as it is written."""
        places = struct.pack(f">{len(self.slots)}I", *self.slots)
        head = (self.first, self.bound_count, len(self.slots), len(self.sealed), self.nonce)
        crc = zlib.crc32(self.sealed, zlib.crc32(_HEAD.pack(*head, 0) + places))
        return _HEAD.pack(*head, crc) + places + self.sealed


@dataclass(frozen=True, slots=True)
class Items:
    """The opened statements of a block: for each its groups and its salt, or None where it was erased alone."""

    groups: tuple[Groups | None, ...]
    salts: tuple[bytes, ...]
    # The salt of an erased statement is empty.


@dataclass(frozen=True, slots=True)
class Place:
    """Where a block's statements stand: the first one's index in its frame, their commitments end to end, their subjects' slots."""

    first: int
    commitments: bytes
    slots: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Seal:
    """Under what a block is sealed: its key, a nonce never used with that key, and the words that its frame has in common.

    `width` is the number of groups of a statement.
    """

    cipher: AESGCM
    nonce: bytes
    common: bytes = b""
    width: int = 4


def parse_block(data: bytes, offset: int) -> tuple[Block, int]:
    """The block at `offset` and where the next begins. Raises LedgerFault where it is damaged or cut short."""
    if offset + BLOCK_HEAD > len(data):
        raise LedgerFault("a sealed block is cut short")
    first, count, subjects, length, nonce, crc = _HEAD.unpack_from(data, offset)
    start = offset + BLOCK_HEAD + 4 * subjects
    end = start + length
    if end > len(data):
        raise LedgerFault("a sealed block is cut short")
    places = data[offset + BLOCK_HEAD : start]
    sealed = data[start:end]
    if zlib.crc32(sealed, zlib.crc32(_HEAD.pack(first, count, subjects, length, nonce, 0) + places)) != crc:
        raise LedgerFault("a sealed block is damaged: its checksum differs", todo="restore the vault from a backup")
    return Block(first, count & ~_MENDED, struct.unpack(f">{subjects}I", places), nonce, sealed, bool(count & _MENDED)), end


def block_key(vault_key: bytes, subject_keys: Sequence[bytes]) -> bytes:
    """The key of a block: the vault's own where it has no data subject, else one that needs the key of every subject it has."""
    if not subject_keys:
        return vault_key
    return sha256(b"saksi/v1 block\0" + bytes([len(subject_keys)]) + vault_key + b"".join(subject_keys)).digest()


def seal_block(statements: Sequence[Groups], salts: bytes, *, at: Place, seal: Seal) -> Block:
    """Compress and encrypt statements; `salts` are theirs, 32 bytes each, end to end."""
    return _sealed(salts + deflate(_lines(statements, seal.width), seal.common), at, len(statements), seal)


def seal_common(words: bytes, *, at: Place, seal: Seal) -> Block:
    """A block of no statements that keeps the words a frame has in common."""
    return _sealed(deflate(words, b""), at, 0, seal)


def open_common(block: Block, cipher: AESGCM, *, commitments: bytes) -> bytes:
    """The words that `seal_common` kept."""
    if block.count or block.slots:
        raise LedgerFault("a frame's common words are not where they should be")
    words, rest = inflate(_opened(block, cipher, commitments), b"")
    if rest:
        raise LedgerFault("a sealed block has stray bytes at its end")
    return words


def open_block(block: Block, cipher: AESGCM, *, commitments: bytes, common: bytes, width: int = 4) -> Items:
    """Decrypt and unpack a block of statements of `width` groups. Raises LedgerFault where it does not open."""
    plain = _opened(block, cipher, commitments)
    left = int.from_bytes(plain[:_MASK], "big") if block.mended else -1
    place = _MASK if block.mended else 0
    salts: list[bytes] = []
    for bit in range(block.count):
        if left >> bit & 1:
            salts.append(plain[place : place + SALT_BYTES])
            place += SALT_BYTES
        else:
            salts.append(b"")
    text, rest = inflate(plain[place:], common)
    if rest.strip(b"\0"):
        raise LedgerFault("a sealed block has stray bytes at its end")
    lines = text.split(b"\n")
    if len(lines) != width * block.count + 1:
        raise LedgerFault("a sealed block does not hold the lines it should")
    made: list[Groups | None] = []
    before: Groups = (b"",) * width
    place = 0
    for salt in salts:
        found = lines[place : place + width]
        place += width
        if b"" in found:
            found = [line or old for line, old in zip(found, before, strict=True)]
        before = tuple(found)
        made.append(before)
        if not salt:
            made[-1] = None
    return Items(tuple(made), tuple(salts))


def forget_items(block: Block, items: Items, *, forget: frozenset[int], commitments: bytes, seal: Seal) -> Block:
    """The same block, of the same length, without the statements at the places `forget` (counted in the block).

    What later statements repeat of a forgotten one stays, as it is theirs too; all else of it goes, its salt first.
    """
    kept = [None if place in forget else groups for place, groups in enumerate(items.groups)]
    left = sum(1 << place for place, groups in enumerate(kept) if groups is not None)
    head = left.to_bytes(_MASK, "big") + b"".join(salt for groups, salt in zip(kept, items.salts, strict=True) if groups is not None)
    room = len(block.sealed) - _TAG_BYTES - len(head)
    packed = _smallest(_lines_left(items.groups, kept, seal.width), seal.common)
    if len(packed) > room:
        raise LedgerFault("the block does not shrink when statements are taken out of it", todo="report this with the version of zlib")
    plain = head + packed + bytes(room - len(packed))
    return _sealed(plain, Place(block.first, commitments, block.slots), block.count, seal, mended=True)


def deflate(text: bytes, common: bytes, *, level: int = _LEVEL) -> bytes:
    """Raw deflate with the dictionary of this version, followed by the words `common` to a frame."""
    packer = zlib.compressobj(level, zlib.DEFLATED, _WINDOW, _MEMORY, zlib.Z_DEFAULT_STRATEGY, WORDS + common)
    return packer.compress(text) + packer.flush()


def inflate(packed: bytes, common: bytes) -> tuple[bytes, bytes]:
    """What `deflate` packed, and the bytes after it."""
    unpacker = zlib.decompressobj(_WINDOW, WORDS + common)
    try:
        text = unpacker.decompress(packed) + unpacker.flush()
    except zlib.error as error:
        raise LedgerFault(f"a sealed block does not unpack: {error}") from error
    if not unpacker.eof:
        raise LedgerFault("a sealed block does not unpack: it ends too early")
    return text, unpacker.unused_data


def _smallest(text: bytes, common: bytes) -> bytes:
    """The shortest of all ways to pack it: a mended block must fit where it was."""
    best = deflate(text, common)
    for strategy in (zlib.Z_DEFAULT_STRATEGY, zlib.Z_FILTERED, zlib.Z_FIXED):
        for level in range(1, 10):
            packer = zlib.compressobj(level, zlib.DEFLATED, _WINDOW, 9, strategy, WORDS + common)
            best = min(best, packer.compress(text) + packer.flush(), key=len)
    return best


def _lines_left(before: Sequence[Groups | None], kept: Sequence[Groups | None], width: int) -> bytes:
    """The lines of a mended block. A line of an erased statement stays in its place where the next one left repeats it: that one's words
    are then where they always were, and the text only ever loses."""
    lines: list[bytes] = []
    last: list[bytes] = [b""] * width
    for place, groups in enumerate(before):
        following = next((each for each in kept[place:] if each is not None), None)
        for column in range(width):
            line = groups[column] if groups is not None else b""
            if line and following is not None and line == following[column] and line != last[column]:
                lines.append(line)
                last[column] = line
            else:
                lines.append(b"")
    lines.append(b"")
    return b"\n".join(lines)


def _lines(statements: Sequence[Groups], width: int) -> bytes:
    """One line a group; empty where the statement before has the same."""
    lines: list[bytes] = []
    before: Groups = (b"",) * width
    for groups in statements:
        lines.extend(b"" if new == old else new for new, old in zip(groups, before, strict=True))
        before = groups
    lines.append(b"")
    text = b"\n".join(lines)
    if text.count(b"\n") != width * len(statements):
        raise BadInput("a group is canonical JSON on one line")
    return text


def _sealed(plain: bytes, at: Place, count: int, seal: Seal, *, mended: bool = False) -> Block:
    if count > MAX_BLOCK or len(at.slots) > MAX_SUBJECTS:
        raise BadInput(f"a block holds at most {MAX_BLOCK} statements and {MAX_SUBJECTS} subjects")
    bound = _BOUND.pack(at.first, count | (_MENDED if mended else 0)) + at.commitments
    return Block(at.first, count, at.slots, seal.nonce, seal.cipher.encrypt(seal.nonce, plain, bound), mended)


def _opened(block: Block, cipher: AESGCM, commitments: bytes) -> bytes:
    try:
        return cipher.decrypt(block.nonce, block.sealed, _BOUND.pack(block.first, block.bound_count) + commitments)
    except InvalidTag as error:
        raise LedgerFault("a sealed block does not open: it, its commitments or its key were altered", todo="run fsck") from error
