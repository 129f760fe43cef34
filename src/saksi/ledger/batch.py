"""What stands in the log: leaves of 48 bytes, and batches that put up to 65,536 statements behind one leaf.

    leaf   "SKS1" | kind u8 | scheme u8 | 0x0000 | claimed time, u64 big-endian, ms since 1970 UTC | C 32 bytes | extra
    batch  C = SHA256("saksi/b1\\0" || count u32 big-endian || root), root = RFC 6962 tree whose leaf hashes are the
           commitments of its statements, as they are

`extra` is empty but for public statements (the canonical JSON, preceded by its salt) and for requests, receipts and
outcomes (a tag of 16 bytes that only the parties can link).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256

from saksi.ledger.merkle import path_of, root_of
from saksi.ledger.proof import verify_inclusion
from saksi.model.errors import BadInput, Unproved

__all__ = ["LEAF_BYTES", "MAX_BATCH", "Kind", "Leaf", "batch_commitment", "batch_path", "check_batch_path"]

LEAF_BYTES = 48
MAX_BATCH = 65_536
_HEAD = struct.Struct(">4sBBHQ32s")
_MAGIC = b"SKS1"
_SCHEME = 1
_TAG_BYTES = 16
_BATCH_TAG = b"saksi/b1\0"


class Kind(IntEnum):
    """What a leaf is about; strangers see this, a time, and nothing else."""

    PRIVATE = 0x01
    PUBLIC = 0x02
    BATCH = 0x03
    CONTROL = 0x10
    REQUEST = 0x20
    RECEIPT = 0x21
    OUTCOME = 0x22
    MATCH_INTENT = 0x30
    MATCH_RESULT = 0x31
    ERASURE = 0x40

    @property
    def has_header(self) -> bool:
        """Whether its statements have a fifth group, `header`, and its leaf a tag."""
        return self in {Kind.REQUEST, Kind.RECEIPT, Kind.OUTCOME}


@dataclass(frozen=True, slots=True)
class Leaf:
    """One entry of the log. `time_ms` is what the author claims; what counts is the time of the witnesses."""

    kind: Kind
    time_ms: int
    commitment: bytes
    extra: bytes = b""

    def __post_init__(self) -> None:
        if len(self.commitment) != 32 or not 0 <= self.time_ms < 1 << 63:
            raise BadInput("a leaf has a commitment of 32 bytes and a time in milliseconds since 1970")
        wrong = len(self.extra) != _TAG_BYTES if self.kind.has_header else bool(self.extra) != (self.kind is Kind.PUBLIC)
        if wrong:
            raise BadInput(f"a leaf of kind {self.kind.name} does not have {len(self.extra)} bytes after its commitment")

    def to_bytes(self) -> bytes:
        """The leaf as it is written."""
        return _HEAD.pack(_MAGIC, self.kind, _SCHEME, 0, self.time_ms, self.commitment) + self.extra

    @classmethod
    def parse(cls, entry: bytes) -> Leaf:
        """Read what `to_bytes` wrote, strictly. Raises BadInput for entries of other logs and of later schemes."""
        if len(entry) < LEAF_BYTES:
            raise BadInput(f"a leaf has {LEAF_BYTES} bytes or more, not {len(entry)}")
        magic, kind, scheme, zero, time_ms, commitment = _HEAD.unpack_from(entry)
        if magic != _MAGIC or zero:
            raise BadInput("the entry is not a Saksi leaf")
        if scheme != _SCHEME:
            raise BadInput(f"the leaf has scheme {scheme}, this version reads scheme {_SCHEME}", todo="use a newer version of Saksi")
        try:
            known = Kind(kind)
        except ValueError as error:
            raise BadInput(f"the leaf has the unknown kind {kind:#04x}", todo="use a newer version of Saksi") from error
        return cls(known, time_ms, commitment, entry[LEAF_BYTES:])


def batch_commitment(commitments: Sequence[bytes]) -> bytes:
    """The commitment C of a batch leaf over the commitments of its statements, 1 to 65,536 of them."""
    return _bind(len(commitments), root_of(commitments))


def batch_path(commitments: Sequence[bytes], index: int) -> list[bytes]:
    """The path from statement `index` to the root of its batch, sibling first."""
    return path_of(index, commitments)


def check_batch_path(commitment: bytes, place: tuple[int, int], *, path: Sequence[bytes], root: bytes, batch: bytes) -> None:
    """Check that a commitment stands at `place` (index, count) in a batch whose root is `root` and whose leaf says `batch`.

    Raises Unproved where it does not.
    """
    index, count = place
    verify_inclusion(commitment, index, size=count, root=root, proof=path)
    if _bind(count, root) != batch:
        raise Unproved("the batch's root does not lead to the leaf's commitment")


def _bind(count: int, root: bytes) -> bytes:
    if not 1 <= count <= MAX_BATCH:
        raise BadInput(f"a batch holds 1 to {MAX_BATCH} statements, not {count}")
    return sha256(_BATCH_TAG + count.to_bytes(4, "big") + root).digest()
