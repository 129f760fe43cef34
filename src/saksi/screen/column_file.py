"""A column of a CSV, Parquet or text file to screen, read in chunks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from saksi.formats.lines import read_lines
from saksi.formats.reader import Job
from saksi.formats.report_csv import split_table
from saksi.model import BadInput
from saksi.screen.bulk import CHUNK, Refused, Rows

__all__ = ["Asked", "Told", "read_column"]

_LONGEST = 10_000  # characters of one value; nothing that can be looked up is longer
_TOLD_APART = frozenset({".xlsx", ".xlsm", ".xls", ".ods", ".json", ".jsonl", ".ndjson"})


@dataclass(frozen=True, slots=True)
class Asked:
    """Which values of a file are asked about. `column` is a heading's name, or, in a file without headings, its number from 1.

    `heading` says whether the first row of a table is one; None leaves it to be seen: it is data where, in a single column, it reads as a
    value, or has no letter in it. `reads` tells whether a text can be read.
    """

    column: str | None = None
    heading: bool | None = None
    reads: Callable[[str], bool] = lambda _: False


@dataclass(frozen=True, slots=True)
class Told:
    """Who hears what is no value: `refused` of rows that cannot be read, `assumed` of what was held for a heading."""

    refused: Callable[[list[Refused]], None] = lambda _: None
    assumed: Callable[[str], None] = lambda _: None


def read_column(path: Path, asked: Asked = Asked(), told: Told = Told()) -> Iterator[Rows]:
    """The values of a column in chunks. Without `column` a table has one column only; a `.txt` file has a value a line.

    Rows are counted from 1; a heading is not, nor is a blank line of a table. Empty cells are left in, to be rejected with their row.
    Raises BadInput where the file or the column is not there or not readable.
    """
    if path.suffix in _TOLD_APART:
        raise BadInput(
            f"a {path.suffix} file is not read here", where=str(path), todo="save the column as CSV, Parquet, or one value a line"
        )
    try:
        if path.suffix == ".parquet":
            yield from _parquet(path, asked.column)
            return
        with path.open("rb") as stream:
            yield from _lines(stream, asked, told) if path.suffix == ".txt" else _csv(stream, asked, told)
    except OSError as fault:
        raise BadInput(f"cannot be read: {fault.strerror or fault}", where=str(path)) from fault
    except BadInput as fault:
        where = f"{path}, {fault.where}" if fault.where and str(path) not in fault.where else str(path)
        raise BadInput(fault.what, where=where, todo=fault.todo.replace("in the mapping", "by saving it as UTF-8")) from fault


def _lines(stream: BinaryIO, asked: Asked, told: Told) -> Iterator[Rows]:
    cells = _each_line(stream, 1 if asked.heading else 0, told)
    while some := list(islice(cells, CHUNK)):
        numbers, texts = zip(*some, strict=True)
        yield _rows(numbers, texts)


def _each_line(stream: BinaryIO, skipped: int, told: Told) -> Iterator[tuple[int, str]]:
    for block in read_lines(stream):
        for at, text in enumerate(block.texts):
            number = block.first + at - skipped
            if at in block.faults:
                reason, shown = block.faults[at]
                told.refused([Refused(max(number, 1), shown, reason)])
            elif number >= 1:
                yield number, text[: _LONGEST + 1]


def _csv(stream: BinaryIO, asked: Asked, told: Told) -> Iterator[Rows]:
    place, later = -1, 0
    for job in split_table(stream, encoding=None, delimiter=None, rows=CHUNK):
        rows, numbers = job.rows, job.numbers
        if place < 0:
            place, heading = _first(job, asked, told)
            if not heading:
                rows, numbers, later = [job.heading, *rows], [0, *numbers], 1
        told.refused([Refused((one.locator.row or 0) + later, one.original, one.reason) for one in job.rejected])
        if rows:
            yield _rows([number + later for number in numbers], [row[place][: _LONGEST + 1] for row in rows])


def _first(job: Job, asked: Asked, told: Told) -> tuple[int, bool]:
    """Where the column stands, and whether the first row is a heading."""
    if asked.heading is False:
        return _numbered(job.heading, asked.column), False
    if len(job.heading) > 1 or asked.column is not None or asked.heading:
        return _place(job.heading, asked.column), True
    first = job.heading[0]
    if asked.reads(first) or not any(map(str.isalpha, first)):
        told.assumed(f"the first row, {first[:60]!r}, is asked about, too: it reads as a value (--heading if it is none)")
        return 0, False
    told.assumed(f"the first row, {first[:60]!r}, is taken for a heading (--no-heading if it is a value)")
    return 0, True


def _numbered(first: Sequence[str], column: str | None) -> int:
    if column is None and len(first) == 1:
        return 0
    if column is None or not re.fullmatch(r"[0-9]{1,4}", column) or not 1 <= int(column) <= len(first):
        todo = "without a heading a column is named by its number: --column 1"
        raise BadInput(f"there are {len(first)} columns, and no heading" + (f"; {column!r} is none of them" if column else ""), todo=todo)
    return int(column) - 1


def _rows(numbers: Sequence[int], texts: Sequence[str]) -> Rows:
    whole = numbers[-1] - numbers[0] + 1 == len(numbers)
    return Rows(range(numbers[0], numbers[0] + len(numbers)) if whole else numbers, texts)


def _parquet(path: Path, column: str | None) -> Iterator[Rows]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            names = file.schema_arrow.names
            number = 0
            for batch in file.iter_batches(batch_size=CHUNK, columns=[names[_place(names, column)]]):
                values = batch.column(0).to_pylist()
                texts = ["" if value is None else str(value)[: _LONGEST + 1] for value in values]
                yield Rows(range(number + 1, number + 1 + len(texts)), texts)
                number += len(texts)
    except pa.ArrowException as fault:
        todo = "write it anew, or give the column as CSV"
        raise BadInput(f"not a Parquet file that can be read: {fault}", where=str(path), todo=todo) from fault


def _place(heading: Sequence[str], column: str | None) -> int:
    todo = f"name one of: {', '.join(heading)[:300]}; or by number, where the first row is data: --no-heading --column 1"
    if column is None:
        if len(heading) == 1:
            return 0
        raise BadInput(f"there are {len(heading)} columns", todo=todo)
    if column not in heading:
        raise BadInput(f"there is no column {column!r}", todo=todo)
    if list(heading).count(column) > 1:
        raise BadInput(f"there are two columns {column!r}", todo="rename one of them")
    return list(heading).index(column)
