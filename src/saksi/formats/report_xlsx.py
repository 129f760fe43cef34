"""Victim reports as a spreadsheet: stored values only, formulas are never worked out.

Spreadsheets turn what looks like a number into one and lose what they could not hold: leading zeros, and digits after the fifteenth.
So a cell that is a number is refused where an account, a wallet or a reference is expected.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

from saksi.formats.batch import Rejected
from saksi.formats.reader import Job, full, rejected
from saksi.formats.report_columns import FIELDS, base_name
from saksi.formats.report_csv import MAX_COLUMNS, MOST_CELLS
from saksi.formats.report_mapping import ReportMapping, layout
from saksi.formats.workbook import Workbook, open_workbook
from saksi.formats.xlsx_sheet import Cell, Unread
from saksi.model.errors import BadInput
from saksi.model.locator import Locator

__all__ = ["split_xlsx"]


def split_xlsx(stream: BinaryIO, mapping: ReportMapping, *, rows: int) -> Iterator[Job]:
    """Jobs of at most `rows` rows of the mapping's sheet, or of the only one that is not empty. Raises BadInput, at the last row too."""
    book = open_workbook(stream)
    name = _chosen(book, mapping.sheet)
    sheet = book.sheet(name)
    lines = sheet.rows()
    at, first, heading = _heading(lines, name)
    cells: list[dict[int, Cell]] = []
    places: list[int] = []
    number, size, wide = 1, 0, len(heading)
    for place, line in lines:
        cells.append(line)
        places.append(place)
        size += sum(len(cell) for cell in line.values() if isinstance(cell, str))
        wide = max(wide, max(line) + 1 - first)
        if full(len(cells), max(1, min(rows, MOST_CELLS // wide)), size=size):
            yield replace(_job(heading, first, mapping, Locator(sheet=name, row=number), cells), lines=places)
            number, cells, places, size = number + len(cells), [], [], 0
    _check_merged(name, sheet.merged, at)
    if cells:
        yield replace(_job(heading, first, mapping, Locator(sheet=name, row=number), cells), lines=places)


def _chosen(book: Workbook, wanted: str | None) -> str:
    """The sheet that is read."""
    if wanted is not None:
        if wanted not in book.sheets:
            raise BadInput(f"no sheet {wanted!r}", where="workbook", todo=f"it has {', '.join(book.sheets)}")
        return wanted
    filled = book.filled()
    if len(filled) > 1:
        shown = ", ".join(f"{name} (hidden)" if name in book.hidden else name for name in filled)
        raise BadInput(f"the workbook has several filled sheets: {shown}", todo="name one in the mapping (sheet = ...)")
    if not filled:
        raise BadInput("the workbook is empty")
    return filled[0]


def _heading(lines: Iterator[tuple[int, dict[int, Cell]]], name: str) -> tuple[int, int, tuple[str, ...]]:
    """The first row with words in it: its number, from 1, its first column, from 0, and the words."""
    for at, line in lines:
        words = {column: text for column, cell in line.items() if (text := str(cell).strip())}
        if words:
            first, last = min(words), max(words)
            _check_wide(last - first + 1, name)
            return at, first, tuple(words.get(column, "") for column in range(first, last + 1))
    raise BadInput("the sheet is empty", where=f"sheet {name}")


def _check_wide(wide: int, name: str) -> None:
    if wide > MAX_COLUMNS:
        todo = "delete what stands far right of the table, or save it as CSV"
        raise BadInput(f"the sheet has {wide} columns, at most {MAX_COLUMNS} are read", where=f"sheet {name}", todo=todo)


def _check_merged(name: str, merged: tuple[tuple[int, int], tuple[int, int]] | None, heading: int) -> None:
    """Refuse cells merged below the heading: what is seen in all of them is stored for the first alone."""
    if merged is not None and merged[1][0] > heading:
        (row, column), (last_row, last_column) = merged
        raise BadInput(
            f"cells are merged from row {row}, column {column} to row {last_row}, column {last_column}",
            where=f"sheet {name}",
            todo="part them and give each row its own value: a merged cell is stored for its first row alone",
        )


def _whole(heading: tuple[str, ...], mapping: ReportMapping) -> list[bool]:
    fields = {place: name for name, place in layout(heading, mapping).at.items()}
    return [at in fields and FIELDS[base_name(fields[at])[0]].whole for at in range(len(heading))]


def _job(heading: tuple[str, ...], first: int, mapping: ReportMapping, begin: Locator, lines: list[dict[int, Cell]]) -> Job:
    """A job of rows from the one named on, as wide as its widest: a column without a heading is said to be unread, as in other tables."""
    wide = max(len(heading), 1 + max(max(line) for line in lines) - first)
    _check_wide(wide, begin.sheet or "")
    heading += ("",) * (wide - len(heading))
    whole = _whole(heading, mapping)
    faults: list[Rejected] = []
    numbers = range(begin.row or 1, (begin.row or 1) + len(lines))
    rows = []
    for number, line in zip(numbers, lines, strict=True):
        place = replace(begin, row=number)
        made = [""] * wide
        for column, cell in line.items():
            at = column - first
            if at < 0:
                faults.append(rejected(place, "a cell left of the heading, which nobody read", str(cell)))
            else:
                made[at] = cell if isinstance(cell, str) else _text(cell, whole[at], replace(place, column=heading[at]), faults)
        rows.append(made)
    return Job(heading, rows, numbers, tuple(faults), len(rows))


def _text(cell: Cell, whole: bool, place: Locator, faults: list[Rejected]) -> str:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        number = int(cell) if cell.is_integer() and abs(cell) < 1e15 else cell
        text = str(number) if isinstance(number, int) else format(number, ".15g")
        if whole or abs(cell) >= 1e15:
            reason = "the cell holds a number: leading zeros and digits beyond the fifteenth may be lost; format the column as text"
            faults.append(rejected(place, reason, text))
            return ""
        return text
    if isinstance(cell, Unread):
        faults.append(rejected(place, cell.reason, cell.words))
        return ""
    return cell.isoformat()
