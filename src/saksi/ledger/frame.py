"""A frame: what the vault holds for one leaf of the log, sealed by whoever takes it in and placed by the ledger.

    head          52 bytes (below)
    commitments   32 bytes a statement; they outlive erasure, and the leaf is made of them
    common        one sealed block of no statements: words that the frame's blocks (and later frames) have in common; optional
    blocks        sealed blocks in the order of their statements

`SealedBatch` is a frame before anybody knows its leaf: worker processes make them from plain bytes and randomness, and give back
bytes alone.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hmac import digest as hmac

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from saksi.ledger.batch import MAX_BATCH, batch_commitment
from saksi.ledger.block import KEY_BYTES, MAX_BLOCK, NONCE_BYTES, Place, Seal, block_key, seal_block, seal_common
from saksi.ledger.commitment import SALT_BYTES, Groups, commit_many
from saksi.model.errors import BadInput, LedgerFault

__all__ = ["FRAME_HEAD", "NO_COMMON", "VERSION", "FrameHead", "SealedBatch", "Subject", "TakeKeys", "seal_batch"]

VERSION = 1
NO_COMMON = (1 << 64) - 1
MAX_COMMON = 3_000
_HEAD = struct.Struct(">4sBBBBQIIIIQII")
FRAME_HEAD = _HEAD.size
_MAGIC = b"SKV1"
_ID_BYTES = 16


@dataclass(frozen=True, slots=True)
class FrameHead:
    """The fixed head of a frame.

    `leaf` is its place in the log; `kind` the leaf's kind; `width` the groups of a statement; `own_common` whether its common words come
    first among its blocks; `common` the leaf whose frame holds the common words its blocks are packed with (NO_COMMON: none); `base` is
    added to its blocks' subject slots; `slots` is how many slots there are once this frame is in; `body` its length without the head.
    """

    leaf: int
    kind: int
    width: int
    own_common: bool
    common: int
    base: int
    slots: int
    count: int
    blocks: int
    body: int

    def to_bytes(self) -> bytes:
        """The head as it is written, its checksum last."""
        fields = (_MAGIC, VERSION, self.kind, self.width, self.own_common, self.leaf, self.base, self.slots, self.count)
        packed = _HEAD.pack(*fields, self.blocks, self.common, self.body, 0)
        return packed[:-4] + zlib.crc32(packed[:-4]).to_bytes(4, "big")

    @classmethod
    def parse(cls, data: bytes) -> FrameHead:
        """Read a head. Raises LedgerFault where it is damaged or of a later version."""
        if len(data) < FRAME_HEAD or data[:4] != _MAGIC:
            raise LedgerFault("a frame does not begin where it should")
        _, version, kind, width, own, leaf, base, slots, count, blocks, common, body, crc = _HEAD.unpack_from(data)
        if zlib.crc32(data[: FRAME_HEAD - 4]) != crc:
            raise LedgerFault("the head of a frame is damaged: its checksum differs")
        if version != VERSION:
            raise LedgerFault(f"the vault is written in version {version}", todo="use a newer version of Saksi")
        return cls(leaf, kind, width, bool(own), common, base, slots, count, blocks, body)


@dataclass(frozen=True, slots=True)
class Subject:
    """A data subject: a random id that names nobody, and the key without which nothing about them can be read."""

    id: bytes
    key: bytes

    def __post_init__(self) -> None:
        if len(self.id) != _ID_BYTES or len(self.key) != KEY_BYTES:
            raise BadInput("a subject has an id of 16 bytes and a key of 32")


@dataclass(frozen=True, slots=True)
class TakeKeys:
    """What a process needs to seal a piece of one take.

    `secret` lives only as long as the take and only in memory: from it every process makes the same id and key for the same label, so that
    a subject met in two pieces is one subject. Afterwards nobody can make them again: the keys stand in the slots and nowhere else.
    """

    vault: bytes
    secret: bytes

    def subject(self, label: str) -> Subject:
        """The data subject that this take calls `label`."""
        wide = hmac(self.secret, b"saksi/v1 subject\0" + label.encode("utf-8", "surrogatepass"), "sha512")
        return Subject(wide[:_ID_BYTES], wide[_ID_BYTES : _ID_BYTES + KEY_BYTES])


@dataclass(frozen=True, slots=True)
class SealedBatch:
    """A batch ready for the vault: bytes and counts alone. `subjects` are the subjects its blocks name, by their place here."""

    count: int
    blocks: int
    commitment: bytes
    commitments: bytes
    own_common: bool
    sealed: bytes
    subjects: tuple[Subject, ...]

    def commitment_at(self, index: int) -> bytes:
        """The commitment of statement `index`."""
        return self.commitments[32 * index : 32 * index + 32]


def seal_batch(
    statements: Sequence[Groups],
    labels: Sequence[str | None] | None,
    *,
    keys: TakeKeys,
    common: bytes = b"",
    random: Callable[[int], bytes],
) -> SealedBatch:
    """Commit to statements (four groups each) and seal them; `labels` names each one's data subject, None for nobody's.

    Neighbours with the same subject share a block. `common` is what many of them hold in the same words (never anything about one
    subject): it is kept once, under the vault's own key.
    """
    count = len(statements)
    if not 1 <= count <= MAX_BATCH:
        raise BadInput(f"a batch holds 1 to {MAX_BATCH} statements, not {count}")
    salts = random(SALT_BYTES * count)
    made = commit_many(statements, salts)
    commitments = b"".join(made)
    common = common[-MAX_COMMON:]
    cipher = AESGCM(keys.vault)
    pieces: list[bytes] = []
    if common:
        pieces.append(seal_common(common, at=Place(0, commitments), seal=Seal(cipher, random(NONCE_BYTES))).to_bytes())
    spans = _spans(count, labels)
    nonces = random(NONCE_BYTES * len(spans))
    places: dict[str, int] = {}
    subjects: list[Subject] = []
    ciphers: dict[str, AESGCM] = {}
    for number, (first, end, label) in enumerate(spans):
        if label is None:
            slots: tuple[int, ...] = ()
            used = cipher
        else:
            if label not in places:
                subject = keys.subject(label)
                places[label] = len(subjects)
                subjects.append(subject)
                ciphers[label] = AESGCM(block_key(keys.vault, (subject.key,)))
            slots, used = (places[label],), ciphers[label]
        seal = Seal(used, nonces[NONCE_BYTES * number : NONCE_BYTES * (number + 1)], common)
        at = Place(first, commitments[32 * first : 32 * end], slots)
        block = seal_block(statements[first:end], salts[SALT_BYTES * first : SALT_BYTES * end], at=at, seal=seal)
        pieces.append(block.to_bytes())
    return SealedBatch(
        count=count,
        blocks=len(spans),
        commitment=batch_commitment(made),
        commitments=commitments,
        own_common=bool(common),
        sealed=b"".join(pieces),
        subjects=tuple(subjects),
    )


def _spans(count: int, labels: Sequence[str | None] | None) -> list[tuple[int, int, str | None]]:
    """Neighbours with the same label, at most 64 together, as (first, end, label)."""
    if labels is None:
        return [(first, min(first + MAX_BLOCK, count), None) for first in range(0, count, MAX_BLOCK)]
    if len(labels) != count:
        raise BadInput(f"{count} statements have {len(labels)} labels of subjects")
    spans: list[tuple[int, int, str | None]] = []
    first = 0
    for place in range(1, count + 1):
        if place == count or labels[place] != labels[first] or place - first == MAX_BLOCK:
            spans.append((first, place, labels[first]))
            first = place
    return spans
