"""Victim reports as a spreadsheet: stored values only, formulas are never worked out.

Spreadsheets turn what looks like a number into one and lose what they could not hold: leading zeros, and digits after the fifteenth.
So a cell that is a number is refused where an account, a wallet or a reference is expected.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import BinaryIO, TypeAlias

import python_calamine

from saksi.formats.batch import Rejected
from saksi.formats.reader import Job, rejected
from saksi.formats.report_columns import FIELDS, base_name
from saksi.formats.report_mapping import ReportMapping, layout
from saksi.formats.workbook import check_workbook
from saksi.model.errors import BadInput
from saksi.model.locator import Locator

__all__ = ["split_xlsx"]

_Cell: TypeAlias = "int | float | str | bool | datetime.time | datetime.date | datetime.datetime | datetime.timedelta"


def split_xlsx(stream: BinaryIO, mapping: ReportMapping, *, rows: int) -> Iterator[Job]:
    """Jobs of at most `rows` rows of the mapping's sheet, or of the only one that is not empty."""
    check_workbook(stream)
    sheet = _opened(stream, mapping.sheet)
    lines = sheet.iter_rows()
    heading: tuple[str, ...] | None = None
    whole: list[bool] = []
    cells: list[list[str]] = []
    numbers: list[int] = []
    faults: list[Rejected] = []
    number = 0
    for at, line in enumerate(lines, (sheet.start or (0, 0))[0]):
        if heading is None:
            if any(str(cell).strip() for cell in line):
                heading = tuple(str(cell).strip() for cell in line)
                whole = _whole(heading, mapping)
                _check_merged(sheet, at)
            continue
        if not any(cell != "" for cell in line):
            continue
        number += 1
        numbers.append(number)
        cells.append(_row(line, whole, Locator(sheet=sheet.name, row=number), (heading, faults)))
        if len(cells) >= rows:
            yield Job(heading, cells, numbers, tuple(faults), len(cells))
            cells, numbers, faults = [], [], []
    if heading is None:
        raise BadInput("the sheet is empty", where=f"sheet {sheet.name}")
    if cells:
        yield Job(heading, cells, numbers, tuple(faults), len(cells))


def _opened(stream: BinaryIO, wanted: str | None) -> python_calamine.CalamineSheet:
    """The sheet, read whole by the library. A panic in its Rust code arrives as a BaseException of a class that cannot be named."""
    try:
        return _sheet(python_calamine.load_workbook(stream), wanted)
    except (python_calamine.CalamineError, python_calamine.PasswordError, python_calamine.XmlError, python_calamine.ZipError) as error:
        raise BadInput(f"the workbook cannot be read: {error}") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise BadInput("the workbook cannot be read: its parts contradict each other") from error


def _sheet(book: python_calamine.CalamineWorkbook, wanted: str | None) -> python_calamine.CalamineSheet:
    names: Sequence[str] = book.sheet_names
    if wanted is not None:
        if wanted not in names:
            raise BadInput(f"no sheet {wanted!r}", where="workbook", todo=f"it has {', '.join(names)}")
        return book.get_sheet_by_name(wanted)
    filled = [sheet for sheet in map(book.get_sheet_by_name, names) if sheet.height > 0]
    if len(filled) > 1:
        seen = {sheet.name for sheet in book.sheets_metadata if sheet.visible is python_calamine.SheetVisibleEnum.Visible}
        shown = ", ".join(sheet.name if sheet.name in seen else f"{sheet.name} (hidden)" for sheet in filled)
        raise BadInput(f"the workbook has several filled sheets: {shown}", todo="name one in the mapping (sheet = ...)")
    if not filled:
        raise BadInput("the workbook is empty")
    return filled[0]


def _check_merged(sheet: python_calamine.CalamineSheet, heading: int) -> None:
    """Refuse cells merged below the heading (row numbers from 0): what is seen in all of them is stored for the first alone."""
    for start, end in sheet.merged_cell_ranges or ():
        if end[0] > heading:
            raise BadInput(
                f"cells are merged from row {start[0] + 1}, column {start[1] + 1} to row {end[0] + 1}, column {end[1] + 1}",
                where=f"sheet {sheet.name}",
                todo="part them and give each row its own value: a merged cell is stored for its first row alone",
            )


def _whole(heading: tuple[str, ...], mapping: ReportMapping) -> list[bool]:
    fields = {place: name for name, place in layout(heading, mapping).at.items()}
    return [at in fields and FIELDS[base_name(fields[at])[0]].whole for at in range(len(heading))]


def _row(line: Sequence[_Cell], whole: list[bool], place: Locator, into: tuple[tuple[str, ...], list[Rejected]]) -> list[str]:
    heading, faults = into
    return [
        cell if isinstance(cell, str) else _text(cell, whole[at], replace(place, column=heading[at]), faults)
        for at, cell in enumerate(line)
    ]


def _text(cell: _Cell, whole: bool, place: Locator, faults: list[Rejected]) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, (int, float)):
        number = int(cell) if float(cell).is_integer() and abs(cell) < 1e15 else cell
        text = str(number) if isinstance(number, int) else format(number, ".15g")
        if whole or abs(cell) >= 1e15:
            reason = "the cell holds a number: leading zeros and digits beyond the fifteenth may be lost; format the column as text"
            faults.append(rejected(place, reason, text))
            return ""
        return text
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat()
    if isinstance(cell, datetime.date):
        return cell.isoformat()
    faults.append(rejected(place, "the cell holds a time or a span of time, not a text, number or date", str(cell)))
    return ""
