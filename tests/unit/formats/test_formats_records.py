"""Rows of delimited text: a quote nobody closed never swallows the rows after it."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from saksi.formats.lines import Lines, read_lines
from saksi.formats.records import MAX_CELL, read_records


def records(text: str, delimiter: str = ",") -> tuple[list[list[str]], list[tuple[int, str]]]:
    rows, faults = [], []
    for part in read_records(read_lines(io.BytesIO(text.encode())), delimiter):
        rows += part.rows
        faults += [(fault.number, fault.reason) for fault in part.faults]
    return rows, faults


def test_quotes_commas_and_lines_inside_cells() -> None:
    rows, faults = records('a,b,c\n1,"x, ""y""\nz",3\n"",2,\n')
    assert rows == [["a", "b", "c"], ["1", 'x, "y"\nz', "3"], ["", "2", ""]]
    assert not faults


@pytest.mark.parametrize(
    "bad",
    ['1,"open,3', '1,2,"open', '1,"a"b,3', '"1,2,3', '1,"a,"b"'],
)
def test_an_unbalanced_quote_costs_its_own_line(bad: str) -> None:
    good = [[f"r{number}", "x", "y"] for number in range(400)]
    text = "a,b,c\n" + bad + "\n" + "\n".join(",".join(row) for row in good) + '\nlast,"q",z\n'
    rows, faults = records(text)
    assert rows[1:] == [*good, ["last", "q", "z"]]
    assert 1 <= len(faults) <= 2
    assert faults[0][0] == 1


def test_an_open_quote_at_the_end_costs_its_own_line() -> None:
    rows, faults = records('a,b,c\n1,2,3\n4,"five,6\n7,8,9\n')
    assert rows == [["a", "b", "c"], ["1", "2", "3"], ["7", "8", "9"]]
    assert [number for number, _ in faults] == [2]


def test_a_quote_does_not_close_in_a_later_row() -> None:
    """Both lines alone have an odd number of quotes; together they would read as one row of three cells."""
    rows, faults = records('a,b,c\n1,x,"open\n2,inner,row\n3,y,close"\n4,5,6\n')
    assert ["2", "inner", "row"] in rows
    assert ["4", "5", "6"] in rows
    assert len(faults) >= 1


def test_rows_of_another_width_are_named() -> None:
    rows, faults = records("a,b\n1\n1,2,3\n1,2,,\n\n   \n3,4\n")
    assert rows == [["a", "b"], ["1", "2"], ["3", "4"]]
    assert [number for number, _ in faults] == [1, 2]
    assert "cut off" in faults[0][1]
    assert "separator" in faults[1][1]


def test_a_huge_cell_is_refused_and_the_next_row_read() -> None:
    rows, faults = records("a,b\n" + "x" * (MAX_CELL + 1) + ",1\n" + '"' + "y" * (MAX_CELL + 1) + '",1\n2,3\n')
    assert rows[1:] == [["2", "3"]]
    assert [number for number, _ in faults] == [1, 2]


def test_an_inch_mark_inside_a_cell_is_no_quote() -> None:
    assert records('a,b\n5" pipe,2\n') == ([["a", "b"], ['5" pipe', "2"]], [])


cells = st.text(st.characters(codec="utf-8", exclude_characters="\0\r", exclude_categories=("Cs",)), max_size=12)


@given(st.lists(st.lists(cells, min_size=3, max_size=3), min_size=1, max_size=12))
@settings(max_examples=150, deadline=None)
def test_what_the_csv_module_writes_is_read_back(rows: list[list[str]]) -> None:
    """Unless an inner line of a cell looks like a row of the table, which is what an open quote looks like."""
    rows = [[cell.replace(",", ";") if "\n" in cell else cell for cell in row] for row in rows]
    assume(not any(line.count(",") >= 2 for row in rows for line in _written(row).split("\n")[1:-2]))
    out = io.StringIO()
    csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([["a", "b", "c"], *rows])
    made = [row for part in read_records([Lines(1, out.getvalue().split("\n"))], ",") for row in part.rows]
    assert made == [["a", "b", "c"], *rows]


def _written(row: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL).writerow(row)
    return out.getvalue()


@given(st.text(st.sampled_from('ab,"\n'), max_size=200))
@settings(max_examples=300, deadline=None)
def test_any_text_is_cut_without_losing_a_line(text: str) -> None:
    parts = list(read_records([Lines(1, ("a,b\n" + text).split("\n"))], ","))
    kept = sum(",".join(row).count("a") + ",".join(row).count("b") for part in parts for row in part.rows)
    lost = sum(fault.original.count("a") + fault.original.count("b") for part in parts for fault in part.faults)
    assert kept + lost == ("ab" + text).count("a") + ("ab" + text).count("b")
    numbers = sorted([n for part in parts for n in part.numbers] + [fault.number for part in parts for fault in part.faults])
    assert numbers == list(range(len(numbers)))
