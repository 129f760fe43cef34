"""Looks into a spreadsheet file before it is opened: a zip that would swell, XML that defines entities, a far cell, or no spreadsheet.

Sizes in a zip's directory can lie, so every part is unpacked once, piece by piece, counted and thrown away. Readers of sheets lay out the
rectangle up to the last cell, so one cell at the far corner (XFD1048576) would take all memory: the rectangle is measured first.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from typing import BinaryIO

from saksi.model.errors import BadInput

__all__ = ["MAX_CELLS", "MAX_FILE", "MAX_PARTS", "MAX_RATIO", "MAX_UNPACKED", "check_workbook"]

MAX_FILE = 16 << 20
MAX_PARTS = 2_000
MAX_UNPACKED = 48 << 20
MAX_RATIO = 200
MAX_CELLS = 3_000_000
_SMALL = 1 << 20
_PIECE = 1 << 18
_DEFINES = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_PLACE = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]*)([0-9]*)""")
_NO_PLACE = re.compile(rb"""<(?:\w+:)?c(?:\s+(?!r\s*=)[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*\s*/?>""")
_LONGEST_TAG = 1 << 17
# A formula that no program has worked out: no value beside it. An empty text (t="str") is a value.
_UNWORKED = re.compile(
    rb"""<(?:\w+:)?c((?:\s[^<>]*)?)>\s*<(?:\w+:)?f(?:\s[^<>]*)?(?:/>|>[^<]*</(?:\w+:)?f>)\s*"""
    rb"""(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>|</(?:\w+:)?c>)"""
)
_TEXT = re.compile(rb"""\st\s*=\s*["']str["']""")
_LONGEST_CELL = 1 << 16
_DEFINES_WIDE = re.compile(rb"<\0!\0[DdEe]\0[OoNn]\0|\0<\0!\0[DdEe]\0[OoNn]")


def check_workbook(stream: BinaryIO) -> None:
    """Raise BadInput unless the stream (seekable) is a zip of XML parts within the limits. Leaves the stream at its start."""
    size = stream.seek(0, 2)
    stream.seek(0)
    if size > MAX_FILE:
        raise BadInput(f"the workbook has {size} bytes, at most {MAX_FILE} are opened", todo="save it as CSV, which has no limit")
    if stream.read(4) != b"PK\x03\x04":
        raise BadInput("not an XLSX workbook", todo="old .xls and encrypted workbooks are not read: save as XLSX or CSV")
    try:
        with zipfile.ZipFile(stream) as package:
            _check_parts(package)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise BadInput(f"the workbook is damaged or cut off: {error}") from error
    stream.seek(0)


def _check_parts(package: zipfile.ZipFile) -> None:
    parts = package.infolist()
    if len(parts) > MAX_PARTS:
        raise BadInput(f"the workbook has {len(parts)} parts, at most {MAX_PARTS} are opened")
    names = [part.filename for part in parts]
    if len(set(names)) != len(names):
        raise BadInput("the workbook names a part twice")
    if "xl/workbook.xml" not in names:
        raise BadInput("a zip file, but no XLSX workbook in it")
    total = 0
    for part in parts:
        seen, tail = 0, b""
        sheet = _Rectangle(part.filename) if part.filename.startswith("xl/worksheets/") else None
        with package.open(part) as unpacked:
            while piece := unpacked.read(_PIECE):
                seen += len(piece)
                total += len(piece)
                if seen > _SMALL and seen > MAX_RATIO * max(part.compress_size, 1):
                    raise BadInput(f"swells more than {MAX_RATIO} times when unpacked", where=part.filename[:100])
                if total > MAX_UNPACKED:
                    raise BadInput(f"the workbook swells beyond {MAX_UNPACKED} bytes", todo="save it as CSV, which has no limit")
                window = tail + piece
                if part.filename.endswith((".xml", ".rels", ".vml")) and (_DEFINES.search(window) or _DEFINES_WIDE.search(window)):
                    raise BadInput("its XML has a document type or defines entities, which no workbook needs", where=part.filename[:100])
                tail = window[-64:] if sheet is None else sheet.grow(window)


class _Rectangle:
    """The rows and columns that a sheet's cells reach to."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._letters: set[bytes] = set()
        self._columns = self._rows = 1

    def grow(self, window: bytes) -> bytes:
        """Take in the places named in a piece of the sheet, and give back its end, from the last tag on, to be seen again whole.

        Raises BadInput once the rectangle is too large, and for what spreadsheets do not write: a cell that does not say its place.
        """
        tail = window[window.rfind(b"<") :] if b"<" in window else window
        unworked = next((found for found in _UNWORKED.finditer(window) if not _TEXT.search(found[1])), None)
        if unworked is not None:
            place = _PLACE.search(unworked[1])
            raise BadInput(
                "a formula has no result stored beside it, and none is worked out here",
                where=f"{self._name[:100]}, cell {(place[1] + place[2]).decode()[:20]}" if place else self._name[:100],
                todo="open the workbook in a spreadsheet program and save it, or give values instead of formulas",
            )
        if b"\0" in window or len(tail) > _LONGEST_TAG or _NO_PLACE.search(window):
            raise BadInput("the sheet is not written as spreadsheets write it", where=self._name[:100], todo="save it again, or as CSV")
        places = _PLACE.findall(window)
        cell = window.rfind(b"<c ")
        if len(window) - _LONGEST_CELL < cell:
            tail = window[cell:]  # seen again whole, with the formula and the value in it
        if not places:
            return tail
        for letters in {letters for letters, _ in places} - self._letters:
            self._letters.add(letters)
            self._columns = max(self._columns, _column(letters))
        longest = max(len(digits) for _, digits in places)
        self._rows = max(self._rows, 10**longest if longest > 7 else max(int(digits or b"1") for _, digits in places))
        if self._columns > 16_384 or self._rows > 1_048_576 or self._columns * self._rows > MAX_CELLS:
            raise BadInput(
                f"the sheet reaches to row {self._rows}, column {self._columns}: more than {MAX_CELLS} cells",
                where=self._name[:100],
                todo="delete what stands far below or right of the table, or save it as CSV",
            )
        return tail


def _column(letters: bytes) -> int:
    """A -> 1, Z -> 26, AA -> 27; more than three letters are beyond every sheet."""
    if len(letters) > 3:
        return 1 << 20
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number
