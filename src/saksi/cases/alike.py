"""Whether two narratives are worded alike: a small sketch of each, that can be compared without the words."""

from __future__ import annotations

import re
from heapq import nsmallest
from struct import Struct
from zlib import crc32

__all__ = ["ENOUGH", "SIZE", "parts", "sketch"]

SIZE = 8
ENOUGH = 6  # of 8 in common: about three quarters of all pieces are the same
_FEWEST = 12  # pieces: shorter narratives are alike by chance
_LONGEST = 2_000
_WORD = re.compile(r"\w+")
_PIECE = 4
_NUMBERS = {
    4 * count: Struct(f">{count}I").unpack for count in range(SIZE + 1)
}  # a sketch may have fewer, and is whole numbers of four bytes


def sketch(text: str) -> bytes:
    """The smallest eight of the checksums of its words, four bytes each; of pieces of long unspaced runs where a script has no spaces.

    Empty for a text too short to compare. A sketch tells nobody the words, but whoever knows a text can test for it.
    """
    words = _WORD.findall(text[:_LONGEST].casefold())
    pieces = {piece for word in words for piece in _pieces(word)}
    if len(pieces) < _FEWEST:
        return b""
    return b"".join(each.to_bytes(4, "big") for each in nsmallest(SIZE, {crc32(piece.encode()) for piece in pieces}))


def parts(made: bytes) -> frozenset[int]:
    """The checksums of a sketch. Two texts are worded alike where `ENOUGH` of them are the same."""
    return frozenset(_NUMBERS[len(made)](made))


def _pieces(word: str) -> list[str]:
    return [word] if len(word) <= 4 * _PIECE else [word[at : at + _PIECE] for at in range(len(word) - _PIECE + 1)]
