"""A proof that fits in one file: what was logged can be shown and checked with no database and no network.

C2SP tlog-proof: a header line, optional extra data, the entry's index, its inclusion path, and the checkpoint. What is
logged itself is not in it: whoever verifies must have the entry. Extra data is not authenticated.
"""

from __future__ import annotations

from dataclasses import dataclass

from saksi.ledger.note import MAX_NOTE, parse_note
from saksi.ledger.wire import MAX_SIZE, parse_base64, parse_decimal, write_base64
from saksi.model.errors import BadInput

__all__ = ["TlogProof", "parse_proof"]

_HEADER = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True, slots=True)
class TlogProof:
    """`path` holds 32-byte hashes, sibling of the leaf first; `extra` is None where there is none."""

    index: int
    path: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.index <= MAX_SIZE:
            raise BadInput(f"an index cannot be {self.index}")
        if len(self.path) > 63 or any(len(hash_) != 32 for hash_ in self.path):
            raise BadInput("a path has at most 63 hashes of 32 bytes")

    def write(self) -> bytes:
        """The file's bytes."""
        extra = [] if self.extra is None else [f"extra {write_base64(self.extra)}"]
        lines = [_HEADER, *extra, f"index {self.index}", *map(write_base64, self.path), "", ""]
        return "\n".join(lines).encode() + self.checkpoint


def parse_proof(data: bytes) -> TlogProof:
    """Read a proof file: exactly what `TlogProof.write` writes, else BadInput. Nothing in it is verified yet."""
    head, divided, checkpoint = data.partition(b"\n\n")
    if not divided or len(data) > 2 * MAX_NOTE:
        raise BadInput("a proof file is a proof, an empty line and a checkpoint")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise BadInput("a proof is ASCII text", where=f"byte {error.start}") from error
    if lines.pop(0) != _HEADER:
        raise BadInput(f"a proof file begins with {_HEADER}")
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = parse_base64(lines.pop(0)[6:], "the extra data")
    if not lines or not lines[0].startswith("index "):
        raise BadInput("a proof names the index of its entry")
    index = parse_decimal(lines.pop(0)[6:], "the index")
    parse_note(checkpoint)
    return TlogProof(index, tuple(parse_base64(line, "a hash of the path") for line in lines), checkpoint, extra)
