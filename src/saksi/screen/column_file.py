"""A column of a CSV or Parquet file to screen, read in chunks."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from saksi.model import BadInput
from saksi.screen.bulk import CHUNK, Rows

__all__ = ["read_column"]

_LONGEST = 10_000  # characters of one value; nothing that can be looked up is longer


def read_column(path: Path, column: str | None = None) -> Iterator[Rows]:
    """The values of a column in chunks. Without `column` a CSV or Parquet file has one column only; a `.txt` file has a value a line.

    Empty cells are left in: they are rejected with their row. Raises BadInput where the file or the column is not there or not readable.
    """
    try:
        if path.suffix == ".parquet":
            yield from _parquet(path, column)
        elif path.suffix == ".txt":
            yield from _lines(path)
        else:
            yield from _csv(path, column)
    except OSError as fault:
        raise BadInput(f"cannot be read: {fault.strerror or fault}", where=str(path)) from fault
    except UnicodeDecodeError as fault:
        raise BadInput("not UTF-8 text", where=str(path), todo="save it as UTF-8") from fault


def _chunks(cells: Iterator[tuple[int, str]]) -> Iterator[Rows]:
    while some := list(islice(cells, CHUNK)):
        numbers, texts = zip(*some, strict=True)
        first = numbers[0]
        whole = numbers[-1] - first + 1 == len(numbers)
        yield Rows(range(first, first + len(numbers)) if whole else numbers, texts)


def _lines(path: Path) -> Iterator[Rows]:
    with path.open(encoding="utf-8-sig") as file:
        yield from _chunks((number, line.rstrip("\r\n")[:_LONGEST]) for number, line in enumerate(file, 1))


def _csv(path: Path, column: str | None) -> Iterator[Rows]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        try:
            heading = next(reader, None)
            if heading is None:
                raise BadInput("the file is empty", where=str(path))
            place = _place(heading, column, path)
            yield from _chunks(
                (number, cells[place][:_LONGEST] if place < len(cells) else "") for number, cells in enumerate(reader, 1) if cells
            )
        except csv.Error as fault:
            raise BadInput(f"not CSV: {fault}", where=f"{path}, line {reader.line_num}") from fault


def _parquet(path: Path, column: str | None) -> Iterator[Rows]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            names = file.schema_arrow.names
            number = 0
            for batch in file.iter_batches(batch_size=CHUNK, columns=[names[_place(names, column, path)]]):
                values = batch.column(0).to_pylist()
                texts = ["" if value is None else str(value)[:_LONGEST] for value in values]
                yield Rows(range(number + 1, number + 1 + len(texts)), texts)
                number += len(texts)
    except pa.ArrowException as fault:
        raise BadInput(f"not a Parquet file that can be read: {fault}", where=str(path)) from fault


def _place(heading: Sequence[str], column: str | None, path: Path) -> int:
    if column is None:
        if len(heading) == 1:
            return 0
        raise BadInput(f"there are {len(heading)} columns", where=str(path), todo=f"name one of: {', '.join(heading)[:300]}")
    if column not in heading:
        raise BadInput(f"there is no column {column!r}", where=str(path), todo=f"name one of: {', '.join(heading)[:300]}")
    return list(heading).index(column)
