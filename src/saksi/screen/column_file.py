"""A column of a CSV or Parquet file to screen, and the answers as CSV, Parquet or JSON lines: read and written in chunks."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, TextIO, get_type_hints

from saksi.model import BadInput
from saksi.screen.bulk import CHUNK, Done, Rows
from saksi.screen.flat import FlatRow
from saksi.screen.form import Csv, Dress, Json, cell_safe

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

__all__ = ["Written", "dress_of", "read_column"]

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


def dress_of(path: Path) -> Dress:
    """How answers written to this path look: JSON lines (`.jsonl`, `.ndjson`, `.json`) or a table (`.csv`, `.parquet`)."""
    if path.suffix in {".jsonl", ".ndjson", ".json"}:
        return Json()
    if path.suffix in {".csv", ".parquet"}:
        return Csv(safe=path.suffix == ".csv")
    raise BadInput("answers are written as .jsonl, .csv or .parquet", where=str(path))


class Written:
    """Files of answers and of rejected rows; the second is made only if there is something to reject.

    Use it in a `with`. Without its rejects file (`path` + `.rejects.csv`) every value was answered.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._heading = not isinstance(dress_of(path), Json)
        self._out: BinaryIO | None = None
        self._parquet: pq.ParquetWriter | None = None
        self._rejects: TextIO | None = None
        self._parts: TemporaryDirectory[str] | None = None
        self.answered = self.flagged = self.known = self.rejected = 0

    def __enter__(self) -> Written:
        try:
            if self._path.suffix == ".parquet":
                import pyarrow.parquet as pq

                self._parquet = pq.ParquetWriter(self._path, _schema(), compression="zstd")
            else:
                self._out = self._path.open("wb")
                if self._heading:
                    self._out.write(",".join(FlatRow._fields).encode() + b"\r\n")
            self.rejects_path.unlink(missing_ok=True)
            self._parts = TemporaryDirectory(prefix=".answers-", dir=self._path.parent)
        except OSError as fault:
            raise BadInput(f"cannot be written: {fault.strerror or fault}", where=str(self._path)) from fault
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        for each in (self._out, self._parquet, self._rejects):
            if each is not None:
                each.close()
        if self._parts is not None:
            self._parts.cleanup()

    @property
    def parts(self) -> Path:
        """A folder beside the answers, for as long as they are written: for the parts of workers."""
        if self._parts is None:
            raise BadInput("the answers' file is not open")
        return Path(self._parts.name)

    @property
    def rejects_path(self) -> Path:
        """Where rejected rows are listed."""
        return self._path.with_name(self._path.name + ".rejects.csv")

    def add(self, done: Done) -> None:
        """Write a screened chunk."""
        if self._parquet is not None and done.answered:
            self._parquet.write_table(_table(done.data if done.part is None else done.part.read_bytes()))
        elif self._out is not None and done.part is None:
            self._out.write(done.data)
        elif self._out is not None and done.part is not None:
            self._out.flush()
            with done.part.open("rb") as part:
                _copy(part, self._out)
        if done.part is not None:
            done.part.unlink()
        if done.refused:
            if self._rejects is None:
                self._rejects = self.rejects_path.open("w", encoding="utf-8", newline="")
                csv.writer(self._rejects).writerow(("row", "query", "reason"))
            csv.writer(self._rejects).writerows((row, cell_safe(text[:500]), reason) for row, text, reason in done.refused)
        self.answered += done.answered
        self.rejected += len(done.refused)
        self.flagged += done.flagged
        self.known += done.known


def _copy(part: BinaryIO, out: BinaryIO) -> None:
    """Copy a file to the end of another, without its bytes passing through here."""
    left = os.fstat(part.fileno()).st_size
    while left:
        left -= os.sendfile(out.fileno(), part.fileno(), None, left)  # None: from where it stands


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


def _schema() -> pa.Schema:
    import pyarrow as pa

    kinds = {int: pa.int64(), bool: pa.bool_(), str: pa.string()}
    return pa.schema([(name, kinds[kind]) for name, kind in get_type_hints(FlatRow).items()])


def _table(data: bytes) -> pa.Table:
    """Rows of CSV as a table."""
    import pyarrow.csv

    schema = _schema()
    return pyarrow.csv.read_csv(
        io.BytesIO(data),
        read_options=pyarrow.csv.ReadOptions(column_names=schema.names, use_threads=False, block_size=len(data) + 1),
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
        convert_options=pyarrow.csv.ConvertOptions(column_types=schema, true_values=["True"], false_values=["False"]),
    )
