"""How one desk's own table is read as victim reports: its column names, date order, default country, constants, separators, encoding."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from saksi.formats.gather import nfc
from saksi.formats.lines import ENCODINGS
from saksi.formats.report_columns import FIELDS, OBSERVED, base_name
from saksi.model.errors import BadInput

__all__ = ["DATE_ORDERS", "OWN", "Layout", "ReportMapping", "layout", "parse_mapping"]

DATE_ORDERS = ("day-month-year", "month-day-year", "year-month-day")
_CALENDARS = ("gregorian", "buddhist", "auto")


@dataclass(frozen=True, slots=True)
class ReportMapping:
    """The settings of a mapping file, checked. The one without any settings, `OWN`, reads Saksi's own column set.

    `columns` maps a heading of theirs to a field of ours; `values` maps, for a field, their words to ours; `constants` gives a field one
    value for every row that has none; `ignore` names columns left unread on purpose; `phone_plans` says whose number plan a country's
    local phones follow where that is another country's.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    phone_plans: Mapping[str, str] = field(default_factory=dict)
    country: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    many: str | None = None
    date_order: str | None = None
    calendar: str = "auto"
    decimal: str = "."
    sheet: str | None = None


OWN = ReportMapping()


@dataclass(frozen=True, slots=True)
class Layout:
    """A heading understood: for each field its place in the row, and the headings that mean nothing to us."""

    at: Mapping[str, int]
    unread: tuple[str, ...]
    missing: tuple[str, ...]

    def observed(self) -> list[str]:
        """The columns that hold observables, in the heading's order."""
        return [name for name in self.at if base_name(name)[0] in OBSERVED]


def layout(heading: Sequence[str], mapping: ReportMapping) -> Layout:
    """Find the fields in a heading. Raises BadInput for the same heading twice, or two headings for one field."""
    at: dict[str, int] = {}
    unread = []
    ignored = {nfc(name).strip() for name in mapping.ignore}
    wanted = {nfc(theirs).strip(): ours for theirs, ours in mapping.columns.items()}
    seen: dict[str, int] = {}
    for place, raw in enumerate(heading):
        name = nfc(raw).strip()
        if name and name in seen:
            raise BadInput(f"the heading {name!r} stands twice, in columns {seen[name] + 1} and {place + 1}", where="heading")
        seen[name] = place
        ours = wanted.get(name) or _plain(name)
        base, _ = base_name(ours)
        if name in ignored or base not in FIELDS:
            if name not in ignored:
                unread.append(name or f"column {place + 1} (no heading)")
            continue
        if ours in at:
            raise BadInput(f"two columns give {ours!r}: {heading[at[ours]]!r} and {raw!r}", where="heading", todo="map one of them")
        at[ours] = place
    return Layout(at, tuple(unread), tuple(theirs for theirs in wanted if theirs not in seen))


def parse_mapping(data: bytes, where: str = "mapping") -> ReportMapping:
    """Read a mapping file (TOML, UTF-8), strictly: an unknown key is an error that names it."""
    try:
        table = tomllib.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput(f"not a TOML file: {error}", where=where) from error
    known = set(ReportMapping.__dataclass_fields__)
    for key in table:
        if key not in known:
            raise BadInput(f"unknown key {key!r}", where=where, todo=f"known: {', '.join(sorted(known))}")
    texts = {key: _text(table, key, where) for key in ("country", "encoding", "delimiter", "many", "date_order", "sheet")}
    ignore = table.get("ignore", [])
    if not isinstance(ignore, list) or not all(isinstance(name, str) for name in ignore):
        raise BadInput("a list of column names is expected", where=f"{where}/ignore")
    values = table.get("values", {})
    if not isinstance(values, dict):
        raise BadInput("a table is expected", where=f"{where}/values")
    made = ReportMapping(
        columns=_words(table, "columns", where),
        constants=_words(table, "constants", where),
        values={name: _words(values, name, f"{where}/values") for name in values},
        ignore=tuple(ignore),
        phone_plans=_words(table, "phone_plans", where),
        calendar=_text(table, "calendar", where) or "auto",
        decimal=_text(table, "decimal", where) or ".",
        **texts,
    )
    _check(made, where)
    return made


def _check(made: ReportMapping, where: str) -> None:
    for place, names in (("columns", made.columns.values()), ("constants", made.constants), ("values", made.values)):
        for name in names:
            if base_name(name)[0] not in FIELDS:
                raise BadInput(f"{name!r} is not a field of a report", where=f"{where}/{place}", todo="see the reference of report columns")
    if len(set(made.columns.values())) != len(made.columns):
        raise BadInput("two columns are mapped to one field", where=f"{where}/columns", todo="number them: amount, amount_2")
    for place, country in (("country", made.country), *(("phone_plans", plan) for plan in made.phone_plans.values())):
        if country is not None and not re.fullmatch(r"[A-Z]{2}", country):
            raise BadInput("a country is two capital letters (ISO 3166)", where=f"{where}/{place}")
    choices = (
        ("date_order", made.date_order, DATE_ORDERS), ("calendar", made.calendar, _CALENDARS), ("decimal", made.decimal, (".", ",")),
        ("delimiter", made.delimiter, (",", ";", "\t", "|")), ("many", made.many, (";", "|", "\n", "/", ",")),
        ("encoding", made.encoding, ENCODINGS),
    )  # fmt: skip
    for place, value, allowed in choices:
        if value is not None and value not in allowed:
            shown = ", ".join(repr(name) for name in allowed)
            raise BadInput(f"{value!r} is not one of {shown}", where=f"{where}/{place}")


def _plain(name: str) -> str:
    return re.sub(r"[\s-]+", "_", name.casefold())


def _text(table: Mapping[str, object], key: str, where: str) -> str | None:
    value = table.get(key)
    if value is None or isinstance(value, str):
        return value
    raise BadInput("text is expected", where=f"{where}/{key}")


def _words(table: Mapping[str, object], key: str, where: str) -> dict[str, str]:
    value = table.get(key, {})
    if not isinstance(value, dict) or not all(isinstance(word, str) for word in value.values()):
        raise BadInput("a table of texts is expected", where=f"{where}/{key}")
    return {str(name): str(word) for name, word in value.items()}
