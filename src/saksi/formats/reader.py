"""How a file becomes statements: cut into jobs of raw rows, then each job read by itself, here or in another process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol

from saksi.formats.batch import Chunk, Rejected
from saksi.model.errors import BadInput
from saksi.model.locator import Locator
from saksi.model.marking import Marking
from saksi.model.source import Source
from saksi.model.statement import Asserter

__all__ = ["Given", "Job", "Reader", "check_sound", "full", "in_file", "read", "read_job", "rejected"]

_SHOWN = 500
_MOST_TEXT = 4 << 20
_MOST_BAD, _BAD_TO_GOOD = 100_000, 100


@dataclass(frozen=True, slots=True)
class Given:
    """What intake knows about a file before anybody reads it: which source it is, who records it, and how it may be handled."""

    source: Source
    asserter: Asserter
    handling: Marking


@dataclass(frozen=True, slots=True)
class Job:
    """Raw rows with their numbers, before any value in them is understood: cheap to make and to send to another process.

    `heading` names the cells of every row. `numbers` are row numbers counted from 1, or, where `place` is a JSON pointer ("/tags", or ""
    for the whole document), indexes into it. `lines` are the lines of the file (rows of a sheet) where the rows begin, counted from 1 with
    the heading and blank ones, where the reader knows them. `rejected` lists what could not even be cut into rows; `counted` is how many
    rows of input the job stands for; `head` is what the file says once for all its rows.
    """

    heading: tuple[str, ...]
    rows: Sequence[Sequence[str]]
    numbers: Sequence[int]
    rejected: tuple[Rejected, ...] = ()
    counted: int = 0
    place: str | None = None
    head: Mapping[str, str] = field(default_factory=dict)
    lines: Sequence[int] = ()

    def locator(self, at: int, column: str | None = None) -> Locator:
        """Where the row with index `at` in this job stands."""
        if self.place is None:
            return Locator(row=self.numbers[at], column=column)
        return Locator(pointer=f"{self.place}/{self.numbers[at]}" + (f"/{column}" if column else ""))


class Reader(Protocol):
    """A format bound to its settings. Instances are small, frozen and can be pickled; neither method keeps state.

    `split` only finds where rows begin and end, and raises `BadInput` for a file that is not what it should be; `read_job` parses,
    normalises and fills the columns, and never raises for a bad row.
    """

    def split(self, stream: BinaryIO) -> Iterator[Job]:
        """Cut the input into jobs, in order, holding only one in memory."""
        ...

    def read_job(self, job: Job) -> Chunk:
        """Statements of one job, and what was rejected in it."""
        ...


def read_job(reader: Reader, job: Job) -> Chunk:
    """One job, as a plain function that a pool of processes can be handed."""
    return reader.read_job(job)


def read(reader: Reader, stream: BinaryIO) -> Iterator[Chunk]:
    """The whole input in this process, one chunk in memory at a time."""
    for job in reader.split(stream):
        yield reader.read_job(job)


def full(rows: int, most: int, *, faults: int = 0, size: int = 0) -> bool:
    """Whether what waits makes a job: so many rows, so many faults, or so many characters that more would not stay flat in memory."""
    return max(rows, faults) >= most or size >= _MOST_TEXT


def check_sound(good: int, bad: int, first: str) -> None:
    """Refuse a file of which hardly anything can be cut into rows: a hundred thousand rejects, or more, help nobody to mend it.

    `first` is the reason for the first that could not.
    """
    if bad > _MOST_BAD and bad > _BAD_TO_GOOD * good:
        raise BadInput(
            f"of the first {good + bad} rows {bad} cannot be read; the first reason: {first}",
            todo="see whether it is the right file, with the right separator and encoding, then take it in again",
        )


def in_file(form: str, row: int, line: int) -> str:
    """Where a row stands for who opens the file, in words; "" where that is the row's own number, or one more for the heading."""
    if line == row + (form != "jsonl"):
        return ""
    return f"row {line} of the sheet" if form == "xlsx" else f"line {line} of the file"


def rejected(place: Locator, reason: str, original: str, beside: str = "") -> Rejected:
    """What could not be taken, its own words cut to 500 characters."""
    return Rejected(place, reason, original if len(original) <= _SHOWN else original[: _SHOWN - 1] + "…", beside)
