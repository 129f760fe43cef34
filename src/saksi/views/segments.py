"""Parquet segments: facts sorted by entity, and those with a free value once more sorted by value.

Columns of the first: entity, ordinal (the statement's number), shape and days (what it shares with others: numbers in the index's table
`part`), row (of a table it was read from), same (whether it was written as the entity's own text), original (where it was not), value (free
values only: others are in the shape). Of the second: value, entity, ordinal, shape. Quotes and places that are not table rows are in the
serving index only.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from saksi.views.manifest import Segment, digest
from saksi.views.merge import merged
from saksi.views.number import Numbered

# Late: it takes 15 MB, and a fold of views that stand needs it not.
if TYPE_CHECKING:
    import duckdb

__all__ = [
    "FAN", "GROUP", "Sink", "by_value", "engine", "expand", "merge", "small", "sorted_batches", "span", "staged", "tidy", "tiers",
    "without",
]  # fmt: skip

_COLUMNS = [
    ("entity", pa.string()), ("ordinal", pa.uint32()), ("shape", pa.uint32()), ("days", pa.uint32()), ("row", pa.uint32()),
    ("same", pa.bool_()), ("original", pa.string()), ("value", pa.string()),
]  # fmt: skip
_ENTITY = pa.schema(_COLUMNS)
_STAGE = pa.schema([*_COLUMNS, ("packed", pa.binary())])
_VALUE = pa.schema([("value", pa.string()), ("entity", pa.string()), ("ordinal", pa.uint32()), ("shape", pa.uint32())])
_PACKING = {
    "entity": "DELTA_BYTE_ARRAY", "value": "DELTA_BYTE_ARRAY", "original": "DELTA_BYTE_ARRAY", "ordinal": "DELTA_BINARY_PACKED",
    "row": "DELTA_BINARY_PACKED",
}  # fmt: skip
_ORDER = {"entity": ("entity", "ordinal"), "value": ("value", "entity", "ordinal")}
FAN = 8  # pairs merged at once: each takes some 5 MB
GROUP = 122_880
_SPAN = 25  # two numbers of twelve digits and a dash
_PAGE = 1 << 17  # whoever merges many segments has a page of each column in memory


class Sink:
    """Writes one segment; `close` gives its description."""

    def __init__(self, folder: Path, name: str, *, by: str) -> None:
        self._path, self._by, self._rows = folder / f"{name}.{by}.parquet", by, 0
        self._schema = _ENTITY if by == "entity" else _VALUE
        self._writer = pq.ParquetWriter(
            self._path, self._schema, compression="zstd", compression_level=3, use_dictionary=["shape", "days"],
            column_encoding={name: how for name, how in _PACKING.items() if name in self._schema.names},
            write_statistics=True, data_page_size=_PAGE,
        )  # fmt: skip

    def write(self, part: pa.Table) -> None:
        """Add sorted rows. What Arrow keeps of the memory it took before goes back to the system."""
        self._writer.write_table(part.select(self._schema.names).cast(self._schema), row_group_size=GROUP)
        self._rows += part.num_rows
        pa.default_memory_pool().release_unused()

    def close(self) -> Segment:
        """Finish the file, durably."""
        self._writer.close()
        with self._path.open("rb") as file:
            os.fsync(file.fileno())
        return Segment(self._path.name, self._by, self._rows, digest(self._path))


def staged(stretch: Numbered) -> pa.Table:
    """The facts of a stretch of the ledger as a table, in ledger order."""
    columns = stretch.columns
    same = [
        original is not None and entity.endswith(original) and entity.find(":") + 1 == len(entity) - len(original)
        for entity, original in zip(columns.entity, columns.original, strict=True)
    ]
    original = [None if plain else text for plain, text in zip(same, columns.original, strict=True)]
    value = [one if one is None or one.__class__ is str else _text(one) for one in columns.value]
    parts = [columns.entity, stretch.ordinal, stretch.shape, stretch.days, columns.row, same, original, value, stretch.packed]
    return pa.table(parts, schema=_STAGE)


def _text(value: bool | int | str | tuple[str]) -> str:
    """A value that is not text, as JSON."""
    return value[0] if isinstance(value, tuple) else msgspec.json.encode(value).decode()


def small(folder: Path, name: str, table: pa.Table) -> tuple[Segment, ...]:
    """Write a table that fits in memory as two segments (one where no value is free)."""
    sink = Sink(folder, name, by="entity")
    sink.write(table.sort_by([("entity", "ascending"), ("ordinal", "ascending")]))
    made = [sink.close()]
    free = table.filter(table["value"].is_valid())
    if free.num_rows:
        sink = Sink(folder, name, by="value")
        sink.write(free.sort_by([("value", "ascending"), ("entity", "ascending"), ("ordinal", "ascending")]))
        made.append(sink.close())
    return tuple(made)


def sorted_batches(stage: Path, scratch: Path) -> Iterator[pa.Table]:
    """The staged tables as one, sorted by entity and statement number; memory stays flat, what does not fit goes to `scratch`."""
    with engine(scratch) as link:
        query = f"SELECT * FROM read_parquet('{_quoted(stage)}/*.parquet') ORDER BY entity, ordinal"  # noqa: S608 - our own folder
        for batch in link.sql(query).to_arrow_reader(GROUP):
            yield pa.Table.from_batches([batch])


def by_value(folder: Path, name: str, inputs: Sequence[str]) -> Segment | None:
    """The second projection of entity segments `inputs`."""
    return _rewrite(folder, name, (inputs, "value IS NOT NULL", "value, entity, ordinal"))


def merge(folder: Path, name: str, inputs: Sequence[Segment]) -> tuple[Segment, ...]:
    """One pair of segments with the rows of several; memory stays flat where they are `FAN` pairs at most."""
    made = []
    for by, order in _ORDER.items():
        if paths := [folder / segment.file for segment in inputs if segment.by == by]:
            sink = Sink(folder, name, by=by)
            for table in merged(paths, order, GROUP):
                sink.write(table)
            made.append(sink.close())
    return tuple(made)


def expand(folder: Path, segments: Iterable[Segment]) -> list[str]:
    """The paths of the segments sorted by entity."""
    return [str(folder / segment.file) for segment in segments if segment.by == "entity"]


def without(folder: Path, name: str, segment: Segment, numbers: Sequence[int]) -> Segment | None:
    """The segment without some statements; None where nothing is left."""
    order = "entity, ordinal" if segment.by == "entity" else "value, entity, ordinal"
    gone = ", ".join(str(int(number)) for number in numbers) or "NULL"
    return _rewrite(folder, name, ([segment.file], f"ordinal NOT IN ({gone})", order))


def tidy(folder: Path, segments: Iterable[Segment]) -> None:
    """Delete Parquet files that no longer belong to the views."""
    kept = {segment.file for segment in segments}
    for path in folder.glob("*.parquet"):
        if path.name not in kept:
            path.unlink()


def span(segment: Segment) -> str:
    """The statements a segment was made for, as its name begins: the same for both of a pair, and sorted as the ledger is."""
    return segment.file[:_SPAN]


def tiers(segments: Iterable[Segment]) -> list[Segment]:
    """The newest segments that are worth merging: a segment is kept while it is at least three times the one after it."""
    mains = sorted((segment for segment in segments if segment.by == "entity"), key=span)
    start, rows = len(mains) - 1, mains[-1].rows if mains else 0
    while start > 0 and (mains[start - 1].rows <= 3 * rows):
        start -= 1
        rows += mains[start].rows
    return mains[start:] if start < len(mains) - 1 else []


def _rewrite(folder: Path, name: str, what: tuple[Sequence[str], str, str]) -> Segment | None:
    files, keep, order = what
    names = ", ".join(f"'{_quoted(folder / file)}'" for file in files)
    by = order.partition(",")[0]
    with engine(folder / "scratch") as link:
        columns = ", ".join((_ENTITY if by == "entity" else _VALUE).names)
        sink: Sink | None = None
        query = f"SELECT {columns} FROM read_parquet([{names}]) WHERE {keep} ORDER BY {order}"  # noqa: S608 - our own files and numbers
        for batch in link.sql(query).to_arrow_reader(GROUP):
            sink = sink or Sink(folder, name, by=by)
            sink.write(pa.Table.from_batches([batch]))
    return None if sink is None else sink.close()


def engine(scratch: Path) -> duckdb.DuckDBPyConnection:
    """DuckDB, held to two threads and 1.5 GB, fetching nothing from anywhere."""
    import duckdb

    link = duckdb.connect(":memory:", config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})
    link.execute(f"SET temp_directory = '{_quoted(scratch)}'; SET memory_limit = '1500MB'; SET threads = 2")
    return link


def _quoted(path: Path) -> str:
    return str(path.absolute()).replace("'", "''")
