"""A checkpoint: whose log it is, how many entries it holds, and the one hash that fixes them all.

The text of a C2SP tlog-checkpoint, without its signatures: three lines (origin, size, root in base64), then
optional non-empty extension lines.
"""

from __future__ import annotations

from dataclasses import dataclass

from saksi.ledger.merkle import EMPTY_ROOT
from saksi.ledger.wire import MAX_SIZE, parse_base64, parse_decimal, write_base64
from saksi.model.errors import BadInput

__all__ = ["Checkpoint", "parse_checkpoint"]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One state of one log. `root` has 32 bytes; `extensions` are lines without their newline."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for line in (self.origin, *self.extensions):
            if not line or any(char < " " for char in line):
                raise BadInput("a checkpoint's lines are not empty and have no control characters")
        if not 0 <= self.size <= MAX_SIZE:
            raise BadInput(f"a log cannot have {self.size} entries")
        if len(self.root) != 32:
            raise BadInput(f"a root hash has 32 bytes, not {len(self.root)}")
        if self.size == 0 and self.root != EMPTY_ROOT:
            raise BadInput("an empty log has the hash of nothing as its root")

    def text(self) -> str:
        """The text that is signed."""
        return "\n".join((self.origin, str(self.size), write_base64(self.root), *self.extensions, ""))


def parse_checkpoint(text: str) -> Checkpoint:
    """Read the text of a checkpoint: exactly what `Checkpoint.text` writes, else BadInput."""
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop() != "":
        raise BadInput("a checkpoint has at least three lines, each ended by a newline")
    origin, size, root, *extensions = lines
    number = parse_decimal(size, "the tree size")
    return Checkpoint(origin, number, parse_base64(root, "the root hash"), tuple(extensions))
