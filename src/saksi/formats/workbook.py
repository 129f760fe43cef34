"""A spreadsheet file (XLSX): which sheets it has, and their rows, read as a stream within limits.

Shared texts are held (48 MB at most), and nothing else: not the sheet, and not the rectangle around its cells, so a cell at the far corner
costs no more than any other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from saksi.formats.xlsx_parts import Elements, Parts
from saksi.formats.xlsx_sheet import Cell, Shared, SheetPart, Strings, StringsPart
from saksi.formats.xlsx_styles import Shown, StylesPart
from saksi.model.errors import BadInput

__all__ = ["Sheet", "Workbook", "open_workbook"]

_BOOK = "xl/workbook.xml"
_RELATED = "xl/_rels/workbook.xml.rels"
_MOST_SHEETS = 255


class Sheet:
    """A sheet that is read row after row. `merged` is known when the last was: the block of merged cells that reaches lowest, by its first
    row and column and its last ones, from 1."""

    def __init__(self, parts: Parts, target: str, part: SheetPart, strings: Strings) -> None:
        self._parts, self._target, self._part, self._strings = parts, target, part, strings

    @property
    def merged(self) -> tuple[tuple[int, int], tuple[int, int]] | None:
        return self._part.merged

    def rows(self) -> Iterator[tuple[int, dict[int, Cell]]]:
        """The rows that hold something: their numbers, from 1, and their cells by column, from 0. Raises BadInput, naming the cell."""
        part, strings = self._part, self._strings
        for _ in self._parts.steps(self._target, part):
            for number, row in part.rows:
                yield number, {column: strings[cell] if isinstance(cell, Shared) else cell for column, cell in row.items()}
            part.rows.clear()


@dataclass(frozen=True, slots=True)
class Workbook:
    """An open workbook. `sheets` gives the part of each sheet by its name, `hidden` names those that are not shown."""

    parts: Parts
    sheets: Mapping[str, str]
    hidden: frozenset[str]
    strings: Strings
    styles: tuple[Shown, ...]
    since_1904: bool

    def sheet(self, name: str) -> Sheet:
        """One of the sheets, from its beginning."""
        part = SheetPart(name, self.strings, self.styles, since_1904=self.since_1904)
        return Sheet(self.parts, self.sheets[name], part, self.strings)

    def filled(self) -> list[str]:
        """The sheets that hold something."""
        return [name for name in self.sheets if next(self.sheet(name).rows(), None) is not None]


def open_workbook(stream: BinaryIO) -> Workbook:
    """Open a stream (seekable). Raises BadInput unless it is a workbook within the limits."""
    parts = Parts(stream)
    if _BOOK not in parts:
        raise BadInput("a zip file, but no XLSX workbook in it")
    book, related = _BookPart(), _RelatedPart()
    parts.read(_BOOK, book)
    parts.read(_RELATED, related)
    sheets = {name: related.targets.get(number, "") for name, number in book.sheets.items()}
    if len(set(sheets.values())) != len(sheets):
        raise BadInput("the workbook cannot be read: two sheets are one part", where=_BOOK)
    strings, styles = StringsPart(), StylesPart()
    for kind, into in (("sharedStrings", strings), ("styles", styles)):
        if (target := related.first(kind)) is not None and target in parts:
            parts.read(target, into)
    return Workbook(parts, sheets, frozenset(book.hidden), strings.made, tuple(styles.made), book.since_1904)


class _BookPart(Elements):
    """The sheets of a workbook, by the numbers of their parts."""

    def __init__(self) -> None:
        super().__init__()
        self.sheets: dict[str, str] = {}
        self.hidden: set[str] = set()
        self.since_1904 = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        super().start(name, attributes)
        if name == "workbookPr":
            self.since_1904 = attributes.get("date1904") in ("1", "true")
        if name != "sheet":
            return
        title = attributes.get("name", "")
        if title in self.sheets or len(self.sheets) >= _MOST_SHEETS or len(title) > 255:
            raise BadInput(f"the workbook names a sheet twice, or more than {_MOST_SHEETS} sheets", where=_BOOK)
        self.sheets[title] = next((value for key, value in attributes.items() if key.rpartition(":")[2] == "id"), "")
        if attributes.get("state", "visible") != "visible":
            self.hidden.add(title)


class _RelatedPart(Elements):
    """Which part is meant by which number, and what kind each is."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: dict[str, str] = {}
        self._kinds: dict[str, str] = {}

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        super().start(name, attributes)
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            target = attributes.get("Target", "")
            part = target[1:] if target.startswith("/") else f"xl/{target.removeprefix('./')}"
            self.targets[attributes.get("Id", "")] = part
            self._kinds.setdefault(attributes.get("Type", "").rpartition("/")[2], part)

    def first(self, kind: str) -> str | None:
        """The part of a kind, if there is one."""
        return self._kinds.get(kind)
