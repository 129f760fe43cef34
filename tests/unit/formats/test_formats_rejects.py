"""The rejects file: every reject in it, and no cell that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
import json

import pytest

from saksi.formats.batch import Rejected
from saksi.formats.rejects import write_rejects
from saksi.model import BadInput, Locator

FOUND = [
    Rejected(Locator(row=3, column="scam_phone"), "too short", '=HYPERLINK("http://x")'),
    Rejected(Locator(pointer="/tags/1"), "no address", 'a\r\nb,"c" \0 \ud800'),
    *[Rejected(Locator(row=4), "x", text) for text in ("+1", "-1", "@a", "\tx", " =1", "＝1", "plain", "")],
]


def test_csv_has_all_and_runs_nothing() -> None:
    data = b"".join(write_rejects(FOUND))
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert rows[0] == ["where", "reason", "original"]
    assert len(rows) == len(FOUND) + 1
    assert rows[1] == ["row 3, column scam_phone", "too short", '\'=HYPERLINK("http://x")']
    for row in rows:
        for cell in row:
            assert not cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "＝"))
    assert rows[-2][2] == "plain"


def test_json_lines_have_all_as_it_was() -> None:
    rows = [json.loads(line) for line in b"".join(write_rejects(FOUND, "jsonl")).splitlines()]
    assert rows[0] == {"locator": {"column": "scam_phone", "row": 3}, "original": '=HYPERLINK("http://x")', "reason": "too short"}
    assert len(rows) == len(FOUND)
    with pytest.raises(BadInput):
        list(write_rejects(FOUND, "xml"))


def test_where_the_row_is_not_where_it_stands_in_the_file_both_are_told() -> None:
    one = Rejected(Locator(row=2, column="scam_phone"), "too short", "012", "line 5 of the file")
    assert (
        list(csv.reader(io.StringIO(b"".join(write_rejects([one])).decode("utf-8-sig"))))[1][0]
        == "row 2, column scam_phone, line 5 of the file"
    )
    assert json.loads(b"".join(write_rejects([one], "jsonl")))["beside"] == "line 5 of the file"
