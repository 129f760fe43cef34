"""Writing reports and reading them gives the same columns; a reordered or repeated file says nothing new."""

from __future__ import annotations

import io
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from saksi.formats.bulk import encode
from saksi.formats.reader import Given, read
from saksi.formats.records import MAX_CELL
from saksi.formats.report import ReportReader
from saksi.formats.report_columns import FIELDS, MOST_REPEATS, field_name
from saksi.formats.report_csv import split_table
from saksi.formats.report_jsonl import split_jsonl
from saksi.formats.report_write import write_reports
from saksi.model import Asserter, Grade, Marking, Source, Tlp
from saksi.sources.synthetic import COLUMNS, reports

NAMES = [field_name(base, n) for base, field in FIELDS.items() for n in range(1, (MOST_REPEATS if field.repeats else 1) + 1)]
GIVEN = Given(
    Source("0" * 64, series="desk"), Asserter("centre.a.example", "2026-01-01T00:00:00Z", grade=Grade.parse("C3")), Marking(Tlp.AMBER)
)

# Any text without commas: nobody can tell a line inside a cell that looks like a row of the table from an open quote.
words = st.text(st.characters(codec="utf-8", exclude_characters="\0\r,"), max_size=20).map(lambda text: text if text.strip() else "")
columns = st.lists(st.sampled_from([name for name in NAMES if name not in {"reference", "synthetic"}]), min_size=2, max_size=8, unique=True)


@given(columns, st.data())
@settings(max_examples=40, deadline=None)
def test_cells_come_back_as_they_were_written(names: list[str], data: st.DataObject) -> None:
    wanted = ["reference", *names]
    rows = data.draw(
        st.lists(st.fixed_dictionaries({"reference": st.just("R1")}, optional=dict.fromkeys(names, words)), min_size=1, max_size=6)
    )
    rows = [{name: cell for name, cell in row.items() if cell} for row in rows]
    as_csv = b"".join(write_reports(rows, wanted, "csv"))
    found = [
        dict(zip(job.heading, row, strict=True))
        for job in split_table(io.BytesIO(as_csv), encoding=None, delimiter=",", rows=3)
        for row in job.rows
    ]
    assert [{name: cell for name, cell in row.items() if cell} for row in found] == rows
    as_json = b"".join(write_reports(rows, wanted, "jsonl"))
    found = [
        dict(zip(job.heading, row, strict=True)) for job in split_jsonl(io.BytesIO(as_json), encoding=None, rows=3) for row in job.rows
    ]
    assert [{name: cell for name, cell in row.items() if cell} for row in found] == rows


def ids(data: bytes) -> list[bytes]:
    reader = ReportReader(GIVEN, "csv", "centre.a.example")
    made: list[bytes] = []
    for chunk in read(reader, io.BytesIO(data)):
        encoded = encode(chunk.batch)
        assert not encoded.refused, encoded.refused[:2]
        made += encoded.ids
    return made


@given(st.integers(0, 2**32), st.randoms(use_true_random=False))
@settings(max_examples=6, deadline=None)
def test_a_file_again_or_reordered_says_nothing_new(seed: int, chance: random.Random) -> None:
    rows = list(reports(seed, 60))
    first = set(ids(b"".join(write_reports(rows, COLUMNS))))
    chance.shuffle(rows)
    names = list(COLUMNS)
    chance.shuffle(names)
    assert set(ids(b"".join(write_reports([*rows, *rows[:5]], names)))) == first


@given(st.binary(max_size=400))
@settings(max_examples=80, deadline=None)
def test_any_bytes_under_a_heading_are_taken_or_rejected(data: bytes) -> None:
    """Never an error, never a row lost: each line that is not blank is in a statement's row or among the rejects."""
    reader = ReportReader(GIVEN, "csv", "centre.a.example")
    whole = b"reference,scam_phone,scam_host,amount,happened_at\n" + data
    chunks = list(read(reader, io.BytesIO(whole)))
    for chunk in chunks:
        assert not encode(chunk.batch).refused
    assert sum(chunk.rows for chunk in chunks) >= sum(1 for chunk in chunks for one in chunk.rejected if one.locator.column is None)
    assert all(len(one.original) <= min(500, MAX_CELL) for chunk in chunks for one in chunk.rejected)
