"""The answers about a column as CSV, Parquet or JSON lines, and the rows that were not answered, written in chunks."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, TextIO, get_type_hints

from saksi.model import BadInput
from saksi.screen.bulk import Done
from saksi.screen.flat import FlatRow
from saksi.screen.form import Csv, Dress, Json, cell_safe
from saksi.screen.spill import Spill

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

__all__ = ["Written", "dress_of"]


def dress_of(path: Path) -> Dress:
    """How answers written to this path look: JSON lines (`.jsonl`, `.ndjson`, `.json`) or a table (`.csv`, `.parquet`)."""
    if path.suffix in {".jsonl", ".ndjson", ".json"}:
        return Json()
    if path.suffix in {".csv", ".parquet"}:
        return Csv(safe=path.suffix == ".csv")
    raise BadInput("answers are written as .jsonl, .csv or .parquet", where=str(path), todo="name a file so, such as answers.jsonl")


class Written:
    """Files of answers and of rejected rows; the second is made only if there is something to reject.

    Use it in a `with`. Both are written beside their place and take it when all is written: whoever finds them finds them whole. Without
    its rejects file (`path` + `.rejects.csv`) every value was answered.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._heading = not isinstance(dress_of(path), Json)
        self._beside: TemporaryDirectory[str] | None = None
        self._out: BinaryIO | None = None
        self._spill: Spill | None = None
        self._end = 0
        self._parquet: pq.ParquetWriter | None = None
        self._rejects: TextIO | None = None
        self.answered = self.flagged = self.known = self.rejected = 0

    def __enter__(self) -> Written:
        try:
            self._beside = TemporaryDirectory(prefix=".answers-", dir=self._path.parent)
            place = self._place(self._path)
            if self._path.suffix == ".parquet":
                import pyarrow.parquet as pq

                self._parquet = pq.ParquetWriter(place, _schema(), compression="zstd")
            else:
                self._out = place.open("wb", buffering=0)
                self._spill = Spill(self._out.fileno())
                if self._heading:
                    self._append(",".join(FlatRow._fields).encode() + b"\r\n")
        except OSError as fault:
            raise BadInput(f"cannot be written: {fault.strerror or fault}", where=str(self._path)) from fault
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        for each in (self._out, self._parquet, self._rejects):
            if each is not None:
                each.close()
        if self._beside is None:
            return
        if kind is None:
            self._place(self._path).replace(self._path)
            if self._rejects is None:
                self.rejects_path.unlink(missing_ok=True)
            else:
                self._place(self.rejects_path).replace(self.rejects_path)
        self._beside.cleanup()

    @property
    def into(self) -> Path | None:
        """The file that workers may write into behind what stands there; None where answers become a table."""
        return None if self._out is None else self._place(self._path)

    @property
    def rejects_path(self) -> Path:
        """Where rejected rows are listed."""
        return self._path.with_name(self._path.name + ".rejects.csv")

    def add(self, done: Done) -> None:
        """Write a screened chunk, as far as whoever screened it has not."""
        if self._parquet is not None and done.answered:
            self._parquet.write_table(_table(done.data))
        else:
            self._append(done.data)
        if done.refused:
            if self._rejects is None:
                self._rejects = self._place(self.rejects_path).open("w", encoding="utf-8", newline="")
                csv.writer(self._rejects).writerow(("row", "query", "reason"))
            csv.writer(self._rejects).writerows((row, cell_safe(text[:500]), reason) for row, text, reason in done.refused)
        self.answered += done.answered
        self.rejected += len(done.refused)
        self.flagged += done.flagged
        self.known += done.known

    def _append(self, data: bytes) -> None:
        if self._spill is not None and data:
            self._spill.write(data, self._end)
            self._end += len(data)

    def _place(self, target: Path) -> Path:
        """Where a file is written until it is whole."""
        if self._beside is None:
            raise BadInput("the answers' file is not open", where=str(target))
        return Path(self._beside.name) / target.name


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
