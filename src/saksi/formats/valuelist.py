"""Plain lists of values: one a line, a "hosts" file, a column of a table, or a JSON array; hosts, URLs, wallets, phones, accounts ..."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from saksi.formats.batch import Chunk, Rejected
from saksi.formats.lines import Lines, opening, read_lines
from saksi.formats.listed import Says, check_says, tell_listed
from saksi.formats.reader import Given, Job, full, rejected
from saksi.formats.report_csv import split_table
from saksi.formats.small_json import read_small_json
from saksi.model.errors import BadInput
from saksi.model.locator import Locator

__all__ = ["LIST_FORMS", "ListReader", "Table", "looks_like_hosts_file", "split_array"]

LIST_FORMS = ("lines", "hosts-file", "table", "json")
_ROWS = 8_192
_LONGEST = 10_000
_COMMENT = re.compile(r"(?:^|\s)(?:#|//|;).*")
_SINK = re.compile(r"(?:0\.0\.0\.0|127\.0\.0\.1|::1?|fe80::1%\S+)\Z")
_OWN_NAMES = frozenset({"localhost", "localhost.localdomain", "local", "broadcasthost", "ip6-localhost", "ip6-loopback", "0.0.0.0"})  # noqa: S104
_DAY = re.compile(r"\d{4}(?:-\d\d(?:-\d\d)?)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Table:
    """Which columns of a table are read: the value, and maybe the day it was listed, a label, a chain or bank, a country.

    `expect` names columns that must hold one certain word in each row; a row with another is rejected, for its meaning is not known.
    """

    value: str
    since: str | None = None
    label: str | None = None
    hint: str | None = None
    ignore: tuple[str, ...] = ()
    expect: Mapping[str, str] = field(default_factory=dict)
    country: str | None = None


@dataclass(frozen=True, slots=True)
class ListReader:
    """A list whose values all have one meaning. `form` is lines, hosts-file, table or json (an array of texts)."""

    given: Given
    says: Says
    form: str = "lines"
    table: Table | None = None
    encoding: str | None = None

    def __post_init__(self) -> None:
        check_says(self.says)
        if self.form not in LIST_FORMS:
            raise BadInput(f"a list comes as {', '.join(LIST_FORMS)}, not {self.form!r}")
        if (self.form == "table") != (self.table is not None):
            raise BadInput("a table, and only a table, names its columns")

    def split(self, stream: BinaryIO) -> Iterator[Job]:
        """Jobs of values."""
        if self.form == "json":
            return split_array(read_small_json(stream))
        if self.table is not None:
            return _table(split_table(stream, encoding=self.encoding, delimiter=None, rows=_ROWS), self.table)
        return _lines(read_lines(stream, self.encoding), self.form == "hosts-file")

    def read_job(self, job: Job) -> Chunk:
        """What the list says of each value."""
        return tell_listed(self.given, job, self.says)


def looks_like_hosts_file(head: bytes) -> bool:
    """Whether the first line that says anything has a host behind an address that leads nowhere."""
    lines = (_COMMENT.sub("", line).split() for line in opening(head).splitlines())
    first = next((words for words in lines if words), [])
    return len(first) > 1 and _SINK.match(first[0]) is not None


def _lines(blocks: Iterable[Lines], sinks: bool) -> Iterator[Job]:
    """Values by line, comments and blank lines left out; a hosts file names any number of hosts behind an address that leads nowhere."""
    rows: list[tuple[str]] = []
    numbers: list[int] = []
    faults: list[Rejected] = []
    size = 0
    for block in blocks:
        for at, raw in enumerate(block.texts):
            number = block.first + at
            if at in block.faults:
                faults.append(rejected(Locator(row=number), *block.faults[at]))
                continue
            text = _COMMENT.sub("", raw).strip() if "#" in raw or ";" in raw or raw.startswith("//") else raw.strip()
            if len(text) > _LONGEST:
                faults.append(rejected(Locator(row=number), f"{len(text)} characters are too many for one value", text))
                continue
            values = [text] if text else []
            if sinks and text:
                sink, *values = text.split()
                if not _SINK.match(sink):
                    faults.append(rejected(Locator(row=number), "a line of a hosts file begins with 0.0.0.0 or 127.0.0.1", raw))
                    continue
                values = [value for value in values if value not in _OWN_NAMES]
            rows += [(value,) for value in values]
            numbers += [number] * len(values)
        size += sum(map(len, block.texts))
        while full(len(rows), _ROWS, faults=len(faults), size=size):
            yield _job(rows[:_ROWS], numbers[:_ROWS], faults[:_ROWS])
            rows, numbers, faults, size = rows[_ROWS:], numbers[_ROWS:], faults[_ROWS:], 0
    while rows or faults:
        yield _job(rows[:_ROWS], numbers[:_ROWS], faults[:_ROWS])
        rows, numbers, faults = rows[_ROWS:], numbers[_ROWS:], faults[_ROWS:]


def _job(rows: list[tuple[str]], numbers: list[int], faults: list[Rejected]) -> Job:
    return Job(("value",), rows, numbers, tuple(faults), len(rows) + len(faults))


def split_array(value: object, place: str = "") -> Iterator[Job]:
    """Jobs of the texts in an array that stands at `place`."""
    if not isinstance(value, list):
        raise BadInput("a JSON array of texts is expected", where=place or "/")
    for start in range(0, len(value), _ROWS):
        rows, numbers, faults = [], [], []
        for index, part in enumerate(value[start : start + _ROWS], start):
            if isinstance(part, str):
                rows.append((part,))
                numbers.append(index)
            else:
                faults.append(rejected(Locator(pointer=f"{place}/{index}"), "a text is expected", repr(part)))
        yield Job(("value",), rows, numbers, tuple(faults), len(rows) + len(faults), place)


def _table(jobs: Iterator[Job], table: Table) -> Iterator[Job]:
    """The columns that are read, under the names that `tell_listed` knows; the first job tells of the others."""
    wanted = {"value": table.value, "since": table.since, "label": table.label, "hint": table.hint, "country": table.country}
    told = False
    for job in jobs:
        heading = [name.strip().casefold() for name in job.heading]
        at = {ours: _at(heading, theirs) for ours, theirs in wanted.items() if theirs is not None}
        checks = [(_at(heading, name), name, word) for name, word in table.expect.items()]
        faults = list(job.rejected)
        if not told:
            read = {*wanted.values(), *table.ignore, *table.expect}
            faults += [rejected(Locator(column=name), "nobody read this column", name) for name in heading if name not in read]
            told = True
        rows, numbers = [], []
        for row, number in zip(job.rows, job.numbers, strict=True):
            wrong = next((check for check in checks if row[check[0]] != check[2]), None)
            since = row[at["since"]].strip() if "since" in at else ""
            if wrong is not None:
                reason = f"{wrong[1]} is not {wrong[2]!r}: what that means is not known"
                faults.append(rejected(Locator(row=number, column=wrong[1]), reason, row[wrong[0]]))
            elif since and not _DAY.fullmatch(since):
                faults.append(rejected(Locator(row=number, column=table.since), "not an ISO date", since))
            else:
                rows.append(tuple(row[place].strip() for place in at.values()))
                numbers.append(number)
        yield Job(tuple(at), rows, numbers, tuple(faults), job.counted)


def _at(heading: list[str], name: str) -> int:
    if heading.count(name.casefold()) != 1:
        fault = "is missing" if name.casefold() not in heading else "stands twice"
        raise BadInput(f"the column {name!r} {fault}", where="heading", todo=f"it has {', '.join(heading)[:200]}")
    return heading.index(name.casefold())
