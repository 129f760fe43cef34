"""Victim reports as delimited text: finds the heading, the delimiter and the rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import BinaryIO

from saksi.formats.lines import Lines, read_lines
from saksi.formats.reader import Job, check_sound, full, in_file, rejected
from saksi.formats.records import Records, read_records
from saksi.model.errors import BadInput
from saksi.model.locator import Locator

__all__ = ["DELIMITERS", "MAX_COLUMNS", "MOST_CELLS", "split_table"]

MAX_COLUMNS = 2_000
MOST_CELLS = 200_000
DELIMITERS = (",", ";", "\t", "|")


def split_table(stream: BinaryIO, *, encoding: str | None, delimiter: str | None, rows: int) -> Iterator[Job]:
    """Jobs of at most `rows` rows under the file's heading, one at least. Raises BadInput where there is no heading."""
    blocks = read_lines(stream, encoding)
    first = next(blocks, None)
    if first is not None and 0 in first.faults:
        todo = "declare the encoding in the mapping" if " is not " in first.faults[0][0] else "give a table with a heading"
        raise BadInput(f"the heading cannot be read: {first.faults[0][0]}", where="line 1", todo=todo)
    if first is None or not any(text.strip() for text in first.texts):
        raise BadInput("the file is empty", todo="give a table with a heading")
    found = read_records(chain([first], blocks), delimiter or _likely(first))
    heading: tuple[str, ...] | None = None
    waiting = Records()
    good, bad, begun = 0, 0, ""
    for part in found:
        if heading is None:
            heading = _heading(part)
            if heading is None:
                continue
            part.rows, part.numbers, part.lines = part.rows[1:], part.numbers[1:], part.lines[1:]
            rows = max(1, min(rows, MOST_CELLS // len(heading)))
        waiting.rows += part.rows
        waiting.numbers += part.numbers
        waiting.lines += part.lines
        waiting.faults += part.faults
        waiting.size += part.size
        good, bad = good + len(part.rows), bad + len(part.faults)
        if part.faults:
            begun = begun or f"row {part.faults[0].number}: {part.faults[0].reason}"
            check_sound(good, bad, begun)
        while full(len(waiting.rows), rows, faults=len(waiting.faults), size=waiting.size):
            yield _job(heading, waiting, rows)
    if heading is None:
        raise BadInput("the file has no heading that can be read", where="line 1")
    while waiting.rows or waiting.faults or not good:
        yield _job(heading, waiting, rows)
        good += 1


def _heading(part: Records) -> tuple[str, ...] | None:
    if part.faults and (not part.numbers or part.faults[0].number < part.numbers[0]):
        raise BadInput(f"the heading cannot be read: {part.faults[0].reason}", where="line 1")
    if part.rows and len(part.rows[0]) > MAX_COLUMNS:
        raise BadInput(f"a heading of {len(part.rows[0])} columns, at most {MAX_COLUMNS} are read", where="line 1")
    return tuple(part.rows[0]) if part.rows else None


def _job(heading: tuple[str, ...], waiting: Records, rows: int) -> Job:
    """The first rows that wait, and the first faults; the count of characters is that of what came since."""
    faults = tuple(
        rejected(Locator(row=max(fault.number, 1)), fault.reason, fault.original, in_file("csv", fault.number, fault.line))
        for fault in waiting.faults[:rows]
    )
    counted = len(waiting.rows[:rows]) + len(faults)
    made = Job(heading, waiting.rows[:rows], waiting.numbers[:rows], faults, counted, lines=waiting.lines[:rows])
    waiting.rows, waiting.numbers, waiting.lines = waiting.rows[rows:], waiting.numbers[rows:], waiting.lines[rows:]
    waiting.faults = waiting.faults[rows:]
    waiting.size = 0
    return made


def _likely(first: Lines) -> str:
    """The delimiter that the heading holds most of."""
    heading = next(text for text in first.texts if text.strip())
    return max(DELIMITERS, key=lambda sign: (_outside_quotes(heading, sign), sign == ","))


def _outside_quotes(text: str, sign: str) -> int:
    parts: Sequence[str] = text.split('"')
    return sum(part.count(sign) for part in parts[::2])
