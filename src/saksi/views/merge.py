"""Merging Parquet segments that are sorted already: a few rows of each are in memory, whatever they hold.

What is due next is everything up to the least of the last rows in memory, for no row to come is before it. The last key of both orders
is the statement's number, so no two rows are equal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

__all__ = ["merged"]

_Key: TypeAlias = tuple[str | int, ...]
_ROWS = 4_096  # of one segment at once
_READ = 1 << 16  # bytes of one column at once
_WIDE = 1 << 22  # bytes sorted at once


def merged(paths: Sequence[Path], order: Sequence[str], rows: int) -> Iterator[pa.Table]:
    """The rows of segments sorted by `order`, as one, in tables of so many `rows` or somewhat more.

    Where rows are wide a table has fewer, and so may the last one.
    """
    files = [pq.ParquetFile(path, pre_buffer=False, buffer_size=_READ) for path in paths]
    try:
        waiting, due, count, size = [one for file in files if (one := _Ahead(file, order)).more()], list[pa.Table](), 0, 0
        while waiting:
            bound = min(one.last for one in waiting)
            parts = [one.taken(bound) for one in waiting]
            due, count, size = due + parts, count + sum(part.num_rows for part in parts), size + sum(part.nbytes for part in parts)
            waiting = [one for one in waiting if one.last != bound or one.more()]
            if not waiting or count >= rows or size >= _WIDE:
                whole = pa.concat_tables(due)
                due, count, size = [], 0, 0
                yield whole.take(pc.sort_indices(whole, [(name, "ascending") for name in order]))
    finally:
        for file in files:
            file.close()


class _Ahead:
    """A sorted segment with its next rows in memory; `last` is the key of the last of these."""

    last: _Key

    def __init__(self, file: pq.ParquetFile, order: Sequence[str]) -> None:
        self._batches, self._order = file.iter_batches(_ROWS, use_threads=False), order

    def more(self) -> bool:
        """Read the next rows, when those before were all taken; says whether there are any."""
        batch = next(self._batches, None)
        if batch is None:
            return False
        self._rows = pa.Table.from_batches([batch])
        self.last = self._key(batch.num_rows - 1)
        return True

    def taken(self, bound: _Key) -> pa.Table:
        """The rows up to `bound`, which are not met again."""
        low, high = 0, self._rows.num_rows
        while low < high:
            middle = (low + high) // 2
            if self._key(middle) <= bound:
                low = middle + 1
            else:
                high = middle
        made, self._rows = self._rows.slice(0, low), self._rows.slice(low)
        return made

    def _key(self, row: int) -> _Key:
        return tuple(self._rows[name][row].as_py() for name in self._order)
