"""Victim reports and lists into columns of statements, beside Python's own `csv` module merely reading the same file.

    python bench/bench_formats.py [--quick]

Statements a second of one process, from bytes to columns: cutting, decoding, normalising each phone, account, wallet and host, filling the
columns. Canonical bytes, sealing and logging are not in it (see bench_statements). The peer reads the cells and understands nothing; its
value is in the same unit (statements of the file a second), so the ratio says what the understanding costs.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import time
from collections.abc import Callable

from saksi.formats.reader import Reader, read
from saksi.formats.report import ReportReader
from saksi.sources import Issue, guess, reader_for
from saksi.sources.synthetic import COLUMNS, reports, written

GOAL = 60_000


def main() -> None:
    """Print one JSON line a form of input."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--quick", action="store_true")
    rows = 5_000 if ask.parse_args().quick else 40_000
    as_csv = b"".join(written(1, rows))
    cells = best(lambda: sum(1 for _ in csv.reader(io.StringIO(as_csv.decode(), newline=""))))
    show("formats: reports as CSV to columns, one process", bound("synthetic.csv", as_csv), as_csv, GOAL, cells)
    reader = bound("synthetic.csv", as_csv)
    show("formats: reports as CSV, cutting into jobs only", _Cutting(reader), as_csv, None, cells)
    as_json = b"".join(written(1, rows, "jsonl"))
    loads = best(lambda: sum(1 for line in as_json.splitlines() if json.loads(line)))
    show("formats: reports as JSON lines to columns, one process", bound("synthetic.jsonl", as_json), as_json, GOAL, loads, "json.loads")
    book = workbook(rows // 5)
    opened = best(lambda: peer_workbook(book), 1)
    show("formats: reports as XLSX to columns, one process", bound("synthetic.xlsx", book), book, None, opened, "openpyxl read-only")
    hosts = b"".join(b"a%d.shop-%d.example.com\n" % (n, n % 977) for n in range(rows * 5))
    lines = best(lambda: sum(1 for _ in io.StringIO(hosts.decode())))
    show(
        "formats: plain list of hosts to columns, one process",
        bound("global-anti-scam.txt", hosts),
        hosts,
        GOAL,
        lines,
        "lines of io.StringIO",
    )


class _Cutting:
    """A reader of which only the first step is measured; its statements are counted beforehand."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.known: int | None = None


def bound(name: str, data: bytes) -> Reader:
    """The reader that recognises the file."""
    found = guess(name, data[:8192]) if not name.endswith("xlsx") else guess("synthetic.csv", ",".join(COLUMNS).encode())
    assert found is not None
    reader = reader_for(found.spec, found.file, Issue("0" * 64, name, "centre.a.example", "2026-01-01T00:00:00Z"))
    assert name.endswith("txt") or isinstance(reader, ReportReader)
    return reader


def show(
    name: str, reader: Reader | _Cutting, data: bytes, goal: int | None, peer: float, peer_name: str = "csv.reader, cells only"
) -> None:
    """Measure and print one line."""
    whole = reader.reader if isinstance(reader, _Cutting) else reader
    statements = sum(len(chunk.batch) for chunk in read(whole, io.BytesIO(data)))
    if isinstance(reader, _Cutting):
        seconds = best(lambda: sum(job.counted for job in whole.split(io.BytesIO(data))))
    else:
        seconds = best(lambda: sum(len(chunk.batch) for chunk in read(whole, io.BytesIO(data))))
    value, other = statements / seconds, statements / peer
    line = {"name": name, "value": round(value), "unit": "statements/s", "goal": goal, "peer": peer_name, "peer_value": round(other)}
    print(json.dumps(line | {"ratio": round(value / other, 3)}), flush=True)


def best(job: Callable[[], int], times: int = 3) -> float:
    """The shortest of some runs, in seconds."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        assert job()
        taken.append(time.perf_counter() - start)
    return min(taken)


def workbook(rows: int) -> bytes:
    """The same reports as a spreadsheet."""
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Reports")
    sheet.append(list(COLUMNS))
    for row in reports(1, rows):
        sheet.append([row.get(name, "") for name in COLUMNS])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def peer_workbook(data: bytes) -> int:
    """Read all cells with openpyxl, understanding nothing."""
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True)
    return sum(1 for sheet in book for _ in sheet.iter_rows(values_only=True))


if __name__ == "__main__":
    main()
