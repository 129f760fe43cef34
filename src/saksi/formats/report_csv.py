"""Victim reports as delimited text: finds the heading, the delimiter and the rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import BinaryIO

from saksi.formats.lines import Lines, read_lines
from saksi.formats.reader import Job, rejected
from saksi.formats.records import Records, read_records
from saksi.model.errors import BadInput
from saksi.model.locator import Locator

__all__ = ["DELIMITERS", "split_table"]

DELIMITERS = (",", ";", "\t", "|")


def split_table(stream: BinaryIO, *, encoding: str | None, delimiter: str | None, rows: int) -> Iterator[Job]:
    """Jobs of at most `rows` rows under the file's heading. Raises BadInput where there is no heading."""
    blocks = read_lines(stream, encoding)
    first = next(blocks, None)
    if first is None or not any(text.strip() for text in first.texts):
        raise BadInput("the file is empty", todo="give a table with a heading")
    if 0 in first.faults:
        raise BadInput(f"the heading cannot be read: {first.faults[0][0]}", where="line 1", todo="declare the encoding in the mapping")
    found = read_records(chain([first], blocks), delimiter or _likely(first))
    heading: tuple[str, ...] | None = None
    waiting = Records()
    for part in found:
        if heading is None:
            heading = _heading(part)
            if heading is None:
                continue
            part.rows, part.numbers = part.rows[1:], part.numbers[1:]
        waiting.rows += part.rows
        waiting.numbers += part.numbers
        waiting.faults += part.faults
        while len(waiting.rows) >= rows:
            yield _job(heading, waiting, rows)
    if heading is None:
        raise BadInput("the file has no heading that can be read", where="line 1")
    if waiting.rows or waiting.faults:
        yield _job(heading, waiting, rows)


def _heading(part: Records) -> tuple[str, ...] | None:
    if part.faults and (not part.numbers or part.faults[0].number < part.numbers[0]):
        raise BadInput(f"the heading cannot be read: {part.faults[0].reason}", where="line 1")
    return tuple(part.rows[0]) if part.rows else None


def _job(heading: tuple[str, ...], waiting: Records, rows: int) -> Job:
    """The first rows that wait, with the faults found so far."""
    faults = tuple(rejected(Locator(row=max(fault.number, 1)), fault.reason, fault.original) for fault in waiting.faults)
    made = Job(heading, waiting.rows[:rows], waiting.numbers[:rows], faults, len(waiting.rows[:rows]) + len(faults))
    waiting.rows, waiting.numbers, waiting.faults = waiting.rows[rows:], waiting.numbers[rows:], []
    return made


def _likely(first: Lines) -> str:
    """The delimiter that the heading holds most of."""
    heading = next(text for text in first.texts if text.strip())
    return max(DELIMITERS, key=lambda sign: (_outside_quotes(heading, sign), sign == ","))


def _outside_quotes(text: str, sign: str) -> int:
    parts: Sequence[str] = text.split('"')
    return sum(part.count(sign) for part in parts[::2])
