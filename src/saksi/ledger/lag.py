"""Files that are made from others and that a crash left behind them: at their end units are missing, or are zero because the disk came to
their length and not to their bytes. A start of the ledger writes them again; until then it is read without them.
"""

from __future__ import annotations

from collections.abc import Iterator

from saksi.ledger.merkle import Edge, leaf_hash
from saksi.ledger.reader import Reader
from saksi.ledger.source import LogFolder
from saksi.ledger.tiles import WIDTH, parse_entries
from saksi.model.errors import BadInput, LedgerFault

__all__ = ["AGAIN", "ByEntries", "lag"]

AGAIN = "a start of the ledger (`saksi fold`, `saksi serve`) writes them again"


def lag(stored: bytes, whole: bytes, unit: int) -> tuple[int, int] | None:
    """The first unit that `stored` lacks of `whole`, and how many; None where anything differs in another way than by lacking it."""
    lacks = []
    for start in range(0, len(whole), unit):
        piece, right = stored[start : start + unit], whole[start : start + unit]
        if piece == right:
            continue
        if any(piece) and (len(piece) == unit or not right.startswith(piece)):
            return None
        lacks.append(start // unit)
    return (lacks[0], len(lacks)) if lacks else None


class ByEntries(Reader):
    """A log's own folder read by its entries alone, one after another, and held against the signed root at their end."""

    def __init__(self, source: LogFolder, known: Reader) -> None:
        """The same log at the same checkpoint as a reader that is there."""
        self._folder = source
        self._source, self._fault, self._nodes = source, LedgerFault, None
        self.note, self.checkpoint, self.signed_by = known.note, known.checkpoint, known.signed_by

    def entries(self, first: int = 0, last: int | None = None) -> Iterator[bytes]:
        """All entries. Raises BadInput for a part of them."""
        if first or last not in (None, self.size):
            raise BadInput("by entries alone a log is read from its beginning to its end")
        edge, end = Edge(), 0
        for n in range(-(-self.size // WIDTH)):
            data = self._folder.entries_at(end, min(WIDTH, self.size - n * WIDTH))
            if data is None:
                raise LedgerFault("an entry cannot be read", where=f"entries.data, byte {end}")
            bundle = parse_entries(data)
            edge, _ = edge.extend([leaf_hash(entry) for entry in bundle])
            end += len(data)
            yield from bundle
        if edge.root != self.checkpoint.root:
            raise LedgerFault("the entries do not make the signed root", where=self.checkpoint.origin)
