"""What is known of a publisher's lists before one is read: who publishes, under which licence, how often, how trusted, how big."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from saksi.formats.lines import opening
from saksi.formats.listed import Says
from saksi.formats.valuelist import Table
from saksi.model.errors import BadInput
from saksi.model.grade import Grade
from saksi.model.marking import Pap, Tlp

__all__ = ["KINDS", "READERS", "FetchSpec", "FileSpec", "SourceSpec", "parse_spec"]

KINDS = ("list", "safe-list", "desk", "one-off")
READERS = ("lines", "hosts-file", "table", "json", "tagpack", "warninglist", "eth-phishing", "report")
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class FetchSpec:
    """How the files are had: `by` an officer, who follows `steps` to `url`, or `by` npm (a package, its version, the file in it)."""

    by: str
    url: str
    steps: str = ""
    package: str = ""
    version: str = ""
    file: str = ""


@dataclass(frozen=True, slots=True)
class FileSpec:
    """One file of a publisher: how it is recognised, which series it is an issue of, how it is read, and how many rows it should have.

    `names` are patterns of file names, `head` is a pattern for its first bytes. `per_file`: each file is a series of its own, named
    after it; then `counts` gives the expected rows by that name. `says` and the fields after it are settings of the
    reader.
    """

    series: str
    reader: str
    title: str | None = None
    names: tuple[str, ...] = ()
    head: str | None = None
    per_file: bool = False
    rows: tuple[int, int] | None = None
    counts: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    says: Says | None = None
    allowed: Says | None = None
    table: Table | None = None
    roles: Mapping[str, str] = field(default_factory=dict)
    meanings: Mapping[str, str] = field(default_factory=dict)
    phone_plans: Mapping[str, str] = field(default_factory=dict)

    def matches(self, name: str, head: bytes) -> str | None:
        """Why a file is one of these, or None: its name and its first bytes must both fit where both are given."""
        named = any(fnmatchcase(name.casefold(), pattern) for pattern in self.names)
        begins = self.head is not None and re.search(self.head, opening(head[:8192])) is not None
        if begins:
            return "its name and its first lines" if named else "its first lines"
        return "its name" if named and self.head is None else None

    def series_of(self, name: str) -> str:
        """The series of a file by this name."""
        return f"{self.series}/{_stem(name)}" if self.per_file else self.series

    def expected(self, name: str) -> tuple[int, int] | None:
        """The fewest and the most rows that a file by this name should have."""
        return self.counts.get(_stem(name)) if self.per_file else self.rows

    def count_warning(self, name: str, rows: int) -> str | None:
        """What to tell the officer when a file is much smaller or larger than this list has been; None where it is as expected."""
        span = self.expected(name)
        if span is None or span[0] <= rows <= span[1]:
            return None
        fewer = rows < span[0]
        told = "it may be cut off, or its form may have changed" if fewer else "the list has grown, or something else is in it"
        return f"{name}: {rows} rows, where {span[0]} to {span[1]} were expected: {told}"


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """A publisher, as its `source.toml` says."""

    name: str
    title: str
    publisher: str
    homepage: str
    licence: str
    licence_url: str
    cadence: str
    kind: str
    grade: Grade
    grade_reason: str
    tlp: Tlp
    pap: Pap
    caveats: tuple[str, ...]
    fetch: FetchSpec
    files: tuple[FileSpec, ...]


def parse_spec(data: bytes, where: str) -> SourceSpec:
    """Read a `source.toml` strictly: nothing missing, nothing unknown."""
    try:
        top = _Table(tomllib.loads(data.decode("utf-8")), where)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput(f"not a TOML file: {error}", where=where) from error
    fetch = top.table("fetch")
    made = SourceSpec(
        name=top.text("name"), title=top.text("title"), publisher=top.text("publisher"), homepage=top.text("homepage"),
        licence=top.text("licence"), licence_url=top.text("licence_url"), cadence=top.text("cadence"), kind=top.text("kind"),
        grade=Grade.parse(top.text("grade")), grade_reason=top.text("grade_reason"), tlp=Tlp(top.text("tlp")), pap=Pap(top.text("pap")),
        caveats=top.texts("caveats"),
        fetch=FetchSpec(fetch.text("by"), fetch.text("url"), *(fetch.text(key, "") for key in ("steps", "package", "version", "file"))),
        files=tuple(_file(part) for part in top.tables("files")),
    )  # fmt: skip
    fetch.done()
    top.done()
    if not _NAME.fullmatch(made.name) or made.kind not in KINDS or made.fetch.by not in {"officer", "npm", "nobody"}:
        raise BadInput("name, kind or fetch.by is not one that is known", where=where)
    if made.fetch.by == "npm" and not (made.fetch.package and made.fetch.version and made.fetch.file):
        raise BadInput("a package, its version and the file in it are needed", where=f"{where}/fetch")
    return made


def _file(part: _Table) -> FileSpec:
    counts = part.table("counts", {})
    table = part.table("table", {})
    rows = part.pair("rows")
    made = FileSpec(
        series=part.text("series"), reader=part.text("reader"), title=part.text("title", "") or None, names=part.texts("names"),
        head=part.text("head", "") or None, per_file=part.flag("per_file"), rows=rows,
        counts={name: span for name in counts.left() if (span := counts.pair(name)) is not None},
        says=_says(part.table("says", {})), allowed=_says(part.table("allowed", {})), table=_columns(table),
        roles=part.words("roles"), meanings=part.words("meanings"), phone_plans=part.words("phone_plans"),
    )  # fmt: skip
    part.done()
    if made.reader not in READERS:
        raise BadInput(f"unknown reader {made.reader!r}", where=part.where, todo=f"one of {', '.join(READERS)}")
    try:
        re.compile(made.head or "")
    except re.error as error:
        raise BadInput(f"not a pattern: {error}", where=f"{part.where}/head") from error
    if not made.names and made.head is None:
        raise BadInput("nothing says how the file is recognised", where=part.where)
    return made


def _says(part: _Table) -> Says | None:
    if not part.left():
        return None
    kinds, country = part.texts("kinds"), part.text("country", "") or None
    props = tuple((name, part.text(name)) for name in part.left())
    return Says(kinds, props, country)


def _columns(part: _Table) -> Table | None:
    if not part.left():
        return None
    since, label, hint = (part.text(key, "") or None for key in ("since", "label", "hint"))
    made = Table(part.text("value"), since, label, hint, part.texts("ignore"), part.words("expect"))
    part.done()
    return made


def _stem(name: str) -> str:
    return name.rpartition(".")[0] or name


class _Table:
    """A TOML table whose keys are taken one by one; `done` refuses what nobody took."""

    def __init__(self, parts: Mapping[str, object], where: str) -> None:
        self._parts = dict(parts)
        self.where = where

    def left(self) -> list[str]:
        return list(self._parts)

    def _take(self, key: str, default: object) -> object:
        if key not in self._parts and default is None:
            raise BadInput("missing", where=f"{self.where}/{key}")
        return self._parts.pop(key, default)

    def text(self, key: str, default: str | None = None) -> str:
        value = self._take(key, default)
        if not isinstance(value, str):
            raise BadInput("text is expected", where=f"{self.where}/{key}")
        return value

    def flag(self, key: str) -> bool:
        value = self._take(key, False)
        if not isinstance(value, bool):
            raise BadInput("true or false is expected", where=f"{self.where}/{key}")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self._take(key, ())
        if not isinstance(value, (list, tuple)) or not all(isinstance(part, str) for part in value):
            raise BadInput("a list of texts is expected", where=f"{self.where}/{key}")
        return tuple(value)

    def pair(self, key: str) -> tuple[int, int] | None:
        value = self._take(key, ())
        if value == ():
            return None
        if not isinstance(value, list) or len(value) != 2 or not all(type(part) is int for part in value) or not 0 <= value[0] <= value[1]:
            raise BadInput("the fewest and the most rows are expected", where=f"{self.where}/{key}")
        return value[0], value[1]

    def words(self, key: str) -> dict[str, str]:
        part = self.table(key, {})
        return {name: part.text(name) for name in part.left()}

    def table(self, key: str, default: Mapping[str, object] | None = None) -> _Table:
        value = self._take(key, default)
        if not isinstance(value, Mapping):
            raise BadInput("a table is expected", where=f"{self.where}/{key}")
        return _Table(value, f"{self.where}/{key}")

    def tables(self, key: str) -> list[_Table]:
        value = self._take(key, None)
        if not isinstance(value, list) or not all(isinstance(part, dict) for part in value):
            raise BadInput("a list of tables is expected", where=f"{self.where}/{key}")
        return [_Table(part, f"{self.where}/{key}/{place}") for place, part in enumerate(value)]

    def done(self) -> None:
        if self._parts:
            raise BadInput(f"unknown key {next(iter(self._parts))!r}", where=self.where)
