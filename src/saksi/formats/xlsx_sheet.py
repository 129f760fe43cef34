"""The rows of one sheet of a spreadsheet file as they stand in it: stored values only, row after row, never a rectangle around them."""

from __future__ import annotations

import datetime
import re
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from saksi.formats.lines import MAX_LINE
from saksi.formats.xlsx_parts import AS_CSV, MAX_UNPACKED, Elements
from saksi.formats.xlsx_styles import Shown, day_of
from saksi.model.errors import BadInput

__all__ = ["MAX_CELL", "MOST_TEXT", "Cell", "Raw", "Rows", "SheetPart", "Strings", "StringsPart", "Unread"]

MAX_CELL = 32_767  # characters: what spreadsheet programs hold
MOST_TEXT = MAX_UNPACKED  # bytes of text that the cells of a sheet name in all: many may name one text of the file
_MOST_STRINGS = 3_000_000
_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_384
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,400}(?:\.[0-9]{0,400})?|\.[0-9]{1,400})(?:[Ee][+-]?[0-9]{1,4})?")
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")


@dataclass(frozen=True, slots=True)
class Unread:
    """What a cell holds that is no text, number, truth or day, and its words."""

    reason: str
    words: str


class Shared(int):
    """The number of a text that cells share."""


Cell: TypeAlias = str | bool | float | datetime.date | Unread
Raw: TypeAlias = Cell | Shared
Rows: TypeAlias = list[tuple[int, dict[int, Raw]]]


class Strings:
    """The texts that cells share, kept as one run of UTF-8."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._ends = array("I", [0])

    def add(self, text: str) -> None:
        """One more, at the next number. Raises BadInput beyond three million."""
        if len(self._ends) > _MOST_STRINGS:
            raise BadInput(f"the workbook has more than {_MOST_STRINGS} texts", where="xl/sharedStrings.xml", todo=AS_CSV)
        self._bytes += text.encode("utf-8", "replace")
        self._ends.append(len(self._bytes))

    def __len__(self) -> int:
        return len(self._ends) - 1

    def size(self, number: int) -> int:
        """Bytes of a text."""
        return self._ends[number + 1] - self._ends[number]

    def __getitem__(self, number: int) -> str:
        return self._bytes[self._ends[number] : self._ends[number + 1]].decode()


class _Text:
    """A text gathered out of <t> elements, without the reading aids (rPh) that East Asian text has beside it."""

    __slots__ = ("_aid", "_kept", "_length", "_pieces", "_taking", "_words")

    def __init__(self) -> None:
        self._words = self._pieces = ""
        self._length = 0
        self._taking = self._aid = self._kept = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "t" and not self._aid:
            self._taking, self._kept = True, attributes.get("xml:space") == "preserve"
        elif name == "rPh":
            self._aid = True

    def end(self, name: str) -> None:
        if name == "t" and self._taking:
            self._words += self._pieces if self._kept else self._pieces.strip(" \t\r\n")
            self._pieces, self._taking = "", False
        elif name == "rPh":
            self._aid = False

    def text(self, data: str, place: str) -> None:
        if self._taking:
            self._length += len(data)
            _check_length(self._length, place)
            self._pieces += data

    def whole(self) -> str:
        text = self._words
        return _ESCAPE.sub(_escaped, text) if "_x" in text else text


class StringsPart(Elements):
    """Reads the part that holds the texts that cells share."""

    def __init__(self) -> None:
        super().__init__()
        self.made = Strings()
        self._text: _Text | None = None

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        super().start(name, attributes)
        if name == "si":
            self._text = _Text()
        elif self._text is not None:
            self._text.start(name, attributes)

    def end(self, name: str) -> None:
        super().end(name)
        if self._text is not None and name == "si":
            self.made.add(self._text.whole())
            self._text = None
        elif self._text is not None:
            self._text.end(name)

    def text(self, data: str) -> None:
        if self._text is not None:
            self._text.text(data, f"text {len(self.made) + 1} of xl/sharedStrings.xml")


class SheetPart(Elements):
    """Reads a sheet: `rows` fills with those that hold something, as (number from 1, {column from 0: value}), for its reader to take away.

    `merged` is the block of merged cells that reaches lowest: its first row and column and its last ones, from 1.
    """

    def __init__(self, name: str, strings: Strings, styles: Sequence[Shown], *, since_1904: bool) -> None:
        super().__init__()
        self.rows: Rows = []
        self.merged: tuple[tuple[int, int], tuple[int, int]] | None = None
        self._name, self._strings, self._styles, self._since_1904 = name, strings, styles, since_1904
        self._columns: dict[str, int] = {}
        self._row: dict[int, Raw] | None = None
        self._number, self._digits = 0, ""
        self._size = self._all = 0
        self._place = self._kind = self._style = self._words = ""
        self._column = -1
        self._taking = self._formula = False
        self._inline: _Text | None = None

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "c":
            self._begin(attributes)
        elif name == "v" and not self._taking and self._column >= 0:
            self._taking, self._words = True, ""
        else:
            self._other(name, attributes)

    def end(self, name: str) -> None:
        if name == "v":
            self._taking = False
        elif name == "c":
            self._finish()
        else:
            super().end(name)
            if self._inline is not None:
                self._inline.end(name)
            elif name == "row":
                if self._row:
                    self.rows.append((self._number, self._row))
                self._row = None

    def text(self, data: str) -> None:
        if self._taking:
            self._words += data
            if len(self._words) > MAX_CELL:
                _check_length(len(self._words), self._where())
        elif self._inline is not None:
            self._inline.text(data, self._where())

    def _other(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "v" or (name == "row" and self._row is not None):
            raise self._unlike(f"row {self._digits}")
        super().start(name, attributes)
        if name == "row":
            self._begin_row(attributes.get("r", ""))
        elif self._inline is not None:
            self._inline.start(name, attributes)
        elif self._column >= 0:
            if name == "is":
                self._inline = _Text()
            self._formula = self._formula or name == "f"
        elif name == "mergeCell":
            self._merge(attributes.get("ref", ""))

    def _where(self) -> str:
        return f"sheet {self._name}, cell {self._place}"

    def _begin_row(self, digits: str) -> None:
        number = int(digits) if len(digits) < 8 and digits.isascii() and digits.isdigit() else 0
        if not self._number < number <= _LAST_ROW:
            raise self._unlike(f"row {digits[:20] or 'without a number'}")
        self._row, self._number, self._digits, self._size = {}, number, digits, 0

    def _begin(self, attributes: Mapping[str, str]) -> None:
        place, digits = attributes.get("r", ""), self._digits
        letters = place[: -len(digits)]
        column = self._columns.get(letters)
        if column is None:
            column = self._columns[letters] = _column(letters)
        if self._row is None or column < 0 or column in self._row or self._column >= 0 or not place.endswith(digits):
            raise self._unlike(f"cell {place[:20] or 'without a place'}")
        self._place, self._column, self._kind, self._style = place, column, attributes.get("t", "n"), attributes.get("s", "")
        self._words, self._formula = "", False

    def _finish(self) -> None:
        """Put the cell that has ended into its row."""
        kind, words, column = self._kind, self._words, self._column
        inline, self._inline, self._column = self._inline, None, -1
        if self._formula and not words and kind != "str":
            raise BadInput(
                "a formula has no result stored beside it, and none is worked out here",
                where=self._where(),
                todo="open the workbook in a spreadsheet program and save it, or give values instead of formulas",
            )
        value: Raw
        if kind == "s":
            if not words:
                return
            number = int(words) if len(words) < 9 and words.isascii() and words.isdigit() else len(self._strings)
            if number >= len(self._strings):
                raise BadInput("the workbook cannot be read: a cell names a text that is not in it", where=self._where())
            size, value = self._strings.size(number), Shared(number)
        elif not words and inline is None:
            return
        else:
            value = self._value(kind, words if inline is None else inline.whole())
            size = len(value) if isinstance(value, str) else 1
        self._size += size
        self._all += size
        if self._size > MAX_LINE:
            raise BadInput(f"a row of more than {MAX_LINE} bytes", where=self._where(), todo="shorten its texts")
        if self._all > MOST_TEXT:
            raise BadInput(f"the cells up to this one hold more than {MOST_TEXT} bytes of text", where=self._where(), todo=AS_CSV)
        if size and self._row is not None:
            self._row[column] = value

    def _value(self, kind: str, words: str) -> Cell:
        if kind == "inlineStr":
            return words
        if kind == "str":
            return _ESCAPE.sub(_escaped, words) if "_x" in words else words
        if not words:
            return ""
        if kind == "n":
            return self._number_of(words)
        if kind == "b":
            return words != "0"
        if kind == "d":
            return words.partition("T")[0]
        if kind == "e":
            return Unread("the cell holds the error of a formula, not a value", words)
        raise self._unlike(f"cell {self._place}")

    def _number_of(self, words: str) -> Cell:
        if not _NUMBER.fullmatch(words):
            raise BadInput(f"a number that is none: {words[:40]!r}", where=self._where(), todo="save it again, or as CSV")
        number = float(words)
        style = self._style
        at = int(style) if len(style) < 7 and style.isascii() and style.isdigit() else 0
        shown = self._styles[at] if at < len(self._styles) else Shown.NUMBER
        if shown is Shown.NUMBER:
            return number
        day = day_of(number, since_1904=self._since_1904) if shown is Shown.DAY else None
        return Unread("the cell holds a time or a span of time, not a text, number or date", words) if day is None else day

    def _merge(self, ref: str) -> None:
        first, _, last = ref.partition(":")
        block = _spot(first), _spot(last or first)
        if min(block[0][1], block[1][1]) < 1:
            raise self._unlike(f"merged cells {ref[:40]}")
        if self.merged is None or block[1][0] > self.merged[1][0]:
            self.merged = block

    def _unlike(self, place: str) -> BadInput:
        where = f"sheet {self._name}, {place}"
        return BadInput("the sheet is not written as spreadsheets write it", where=where, todo="save it again, or as CSV")


def _check_length(length: int, place: str) -> None:
    if length > MAX_CELL:
        raise BadInput(
            f"a text of more than {MAX_CELL} characters, which no cell may hold", where=place, todo="shorten it, or save it as CSV"
        )


def _column(letters: str) -> int:
    """A -> 0, Z -> 25, AA -> 26; -1 for what is no column of a sheet."""
    if not (1 <= len(letters) <= 3 and letters.isascii() and letters.isalpha()):
        return -1
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number - 1 if number <= _LAST_COLUMN else -1


def _spot(place: str) -> tuple[int, int]:
    """Row and column of a place, from 1; (0, 0) for what is none."""
    letters = place.rstrip("0123456789")
    digits = place[len(letters) :]
    return (int(digits), _column(letters) + 1) if 1 <= len(digits) <= 7 else (0, 0)


def _escaped(found: re.Match[str]) -> str:
    """A character that XML cannot hold, written as _x000D_; half a character and zero stay as they are written."""
    number = int(found[1], 16)
    return found[0] if number == 0 or 0xD800 <= number <= 0xDFFF else chr(number)
