"""Rows of delimited text (RFC 4180), cut so that a quote nobody closed costs its own line and never the lines after it.

A row may run over several lines inside quotes. It is taken as such only if, read strictly, it has exactly the heading's number of cells and
none of its inner lines looks like a row itself; else the line that opened the quote is rejected and reading goes on at the next one.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from sys import intern

from saksi.formats.lines import Lines

__all__ = ["MAX_CELL", "Fault", "Records", "read_records"]

MAX_CELL = 131_072
_MOST_LINES = 200
_SHOWN = 1_000


@dataclass(frozen=True, slots=True)
class Fault:
    """A line that is no row: its number among the rows, its number in the file, the reason, and what it said."""

    number: int
    line: int
    reason: str
    original: str


@dataclass(slots=True)
class Records:
    """Rows with their numbers (from 0 for the first row, which is the heading) and the lines they begin at (from 1, blank ones counted),
    the faults between them, and the rows' characters."""

    rows: list[list[str]] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    size: int = 0


def read_records(blocks: Iterable[Lines], delimiter: str) -> Iterator[Records]:
    """Rows in order, one `Records` a block of lines; the first row sets how many cells the others must have. Blank lines are no rows."""
    cutter = _Cutter(delimiter)
    for block in blocks:
        cutter.take(block)
        yield cutter.given()
    cutter.finish()
    yield cutter.given()


class _Cutter:
    """Holds the lines of a row whose quote is still open, from one block to the next.

    A quote that proves never to be closed gives its later lines back to `_waiting`, to be read afresh.
    """

    __slots__ = ("_begun", "_delimiter", "_made", "_next", "_odd", "_open", "_size", "_waiting", "_width")

    def __init__(self, delimiter: str) -> None:
        self._delimiter = delimiter
        self._width = 0
        self._next = 0
        self._open: list[str] = []
        self._begun = 0  # the line that opened the quote; those in `_open` follow each other
        self._odd = False
        self._size = 0
        self._waiting: deque[tuple[int, str]] = deque()
        self._made = Records()

    def given(self) -> Records:
        made, self._made = self._made, Records()
        return made

    def take(self, block: Lines) -> None:
        for at, text in enumerate(block.texts):
            line = block.first + at
            if block.faults and at in block.faults:
                self.finish()
                self._fault(line, *block.faults[at])
            elif not self._open and '"' not in text and len(text) <= MAX_CELL:
                if text and not text.isspace():
                    self._row(line, text.split(self._delimiter), text)
            else:
                self._waiting.append((line, text))
                self._drain()

    def finish(self) -> None:
        """No line will follow that could close an open quote."""
        while self._open:
            self._give_up()
            self._drain()

    def _drain(self) -> None:
        while self._waiting:
            line, text = self._waiting.popleft()
            if self._open:
                self._continue(text)
            elif text and not text.isspace():
                self._quoted(line, text)

    def _quoted(self, line: int, text: str) -> None:
        """A line outside any open row: a row of its own if it can be read so, else the start of a longer one."""
        if len(text) > MAX_CELL * 2:
            self._fault(line, f"a row of more than {MAX_CELL * 2} characters", text[:2000])
            return
        row = self._parse([text])
        if row is not None and (len(row) == (self._width or len(row)) or text.count('"') % 2 == 0):
            self._row(line, row, text)
        elif text.count('"') % 2:
            self._open, self._begun, self._odd, self._size = [text], line, True, len(text)
        else:
            self._fault(line, "the quotation marks of this row do not fit together, or a cell is too long", text)

    def _continue(self, text: str) -> None:
        self._open.append(text)
        self._size += len(text)
        self._odd ^= bool(text.count('"') % 2)
        if self._odd:
            if len(self._open) > _MOST_LINES or self._size > MAX_CELL * 2:
                self._give_up()
            return
        inner = self._open[1:-1]
        if self._width < 3 or not any(line.count(self._delimiter) >= self._width - 1 for line in inner):
            row = self._parse([line + "\n" for line in self._open])
            if row is not None and len(row) == (self._width or len(row)):
                whole, self._open = "\n".join(self._open), []
                self._row(self._begun, row, whole)
                return
        self._give_up()

    def _give_up(self) -> None:
        """Reject the line that opened the quote; the lines after it are read afresh."""
        first, *rest = self._open
        self._open = []
        self._waiting.extendleft(reversed(list(enumerate(rest, self._begun + 1))))
        self._fault(self._begun, "a quotation mark that is not closed: this line is left out, reading goes on at the next", first)

    def _parse(self, lines: list[str]) -> list[str] | None:
        try:
            found = list(csv.reader(lines, delimiter=self._delimiter, strict=True))
        except csv.Error:
            return None
        return found[0] if len(found) == 1 else None

    def _row(self, line: int, row: list[str], text: str) -> None:
        if self._width == 0:
            self._width = len(row)
        elif len(row) != self._width:
            extra = row[self._width :]
            if not extra or any(extra):
                self._fault(line, _count(row, self._width), text)
                return
            del row[self._width :]
        self._made.rows.append(row)
        self._made.numbers.append(self._next)
        self._made.lines.append(line)
        self._made.size += len(text)
        self._next += 1

    def _fault(self, line: int, reason: str, original: str) -> None:
        self._made.faults.append(Fault(self._next, line, reason, original[:_SHOWN]))
        self._next += 1


def _count(row: list[str], wanted: int) -> str:
    """Why a row does not fit the heading; one text for all that are so alike, for a file may have very many."""
    told = f"has {len(row)} cells, the heading {wanted}"
    if any("\r" in cell for cell in row):
        return intern(f"{told}: a carriage return stands in it, which ends no line in this file")
    return intern(f"{told}: cut off?" if len(row) < wanted else f"{told}: a separator inside a cell that is not quoted?")
