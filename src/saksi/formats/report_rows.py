"""What rows of victim reports say, worked out column by column: the report, its observables with their roles, its payments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from saksi.formats.batch import Rejected
from saksi.formats.gather import Gather, Said, nfc
from saksi.formats.local_account import desk_accounts
from saksi.formats.normal import SCHEMA_OF, normalise
from saksi.formats.reader import rejected
from saksi.formats.report_columns import OBSERVED, base_name, field_name
from saksi.formats.report_mapping import Layout, ReportMapping
from saksi.formats.report_values import DATES, value_of
from saksi.model.errors import BadInput
from saksi.model.locator import Locator
from saksi.model.statement import Value

__all__ = ["MOST_VALUES", "Rows", "endangered", "speak"]

MOST_VALUES = 8
_RECORD = {
    "loss_amount": "amount", "channel": "channel", "country": "country", "loss_currency": "currency", "happened_at": "happened",
    "language": "language", "narrative": "narrative", "reported_at": "reported", "synthetic": "synthetic", "typology": "typology",
}  # fmt: skip
_TRANSFER = {"amount": "amount", "currency": "currency", "paid_at": "at", "rail": "rail", "payment_reference": "reference"}
_URGENT = {"person_in_danger": "personInDanger", "still_paying": "stillPaying"}
_PAYEES = ("payee_account", "payee_wallet", "payee_phone", "payee_email")
_PAYERS = ("victim_account", "victim_wallet")
_Plain = list[str | bool | None]
_Entities = list[str | None]


@dataclass(slots=True)
class Rows:
    """Rows that have a reference, still as text; `plain` and `entities` fill with columns as they are read."""

    heading: Sequence[str]
    cells: list[Sequence[str]]
    numbers: list[int]
    references: list[str]
    found: Layout
    mapping: ReportMapping
    desk: str
    plain: dict[str, _Plain] = field(default_factory=dict)
    entities: dict[str, _Entities] = field(default_factory=dict)

    def texts(self, name: str) -> list[str]:
        """A field's cells, trimmed; the mapping's constant where one is empty."""
        constant = self.mapping.constants.get(name, self.mapping.constants.get(base_name(name)[0], ""))
        at = self.found.at.get(name)
        if at is None:
            return [constant] * len(self.cells)
        return [row[at].strip() or constant for row in self.cells]

    def place(self, row: int, name: str) -> Locator:
        """Where a field of a row stands, by the file's own heading."""
        at = self.found.at.get(name)
        return Locator(row=self.numbers[row], column=name if at is None else self.column(name))

    def column(self, name: str) -> str:
        """The file's own heading of a field."""
        return nfc(self.heading[self.found.at[name]]).strip()


def endangered(rows: Rows, faults: list[Rejected]) -> list[int]:
    """The rows of people who may be in danger: where that is said, or what is said of it cannot be read."""
    told = zip(_plain(rows, "person_in_danger", faults), rows.texts("person_in_danger"), strict=True)
    return [row for row, (value, text) in enumerate(told) if value is True or (value is None and text)]


def speak(rows: Rows, own: Gather, shared: Gather, faults: list[Rejected]) -> None:
    """Put the statements of all rows into `own` (about one victim's report) and `shared` (about what others also report)."""
    reports = [f"report:{rows.desk}/{reference}" for reference in rows.references]
    for name in rows.found.observed():
        _observe(rows, name, _Into(own, shared, reports), faults)
    _transfers(rows, own, reports, faults)
    _reports(rows, own, reports, faults)
    _urgent(rows, own, reports, faults)


@dataclass(frozen=True, slots=True)
class _Into:
    own: Gather
    shared: Gather
    reports: list[str]


def _plain(rows: Rows, name: str, faults: list[Rejected]) -> _Plain:
    """A field read row by row; equal words are read once, and each cell that cannot be read, or not whole, is rejected."""
    if name in rows.plain:
        return rows.plain[name]
    known: dict[tuple[str, str | None], tuple[str | bool | None, str]] = {}
    base, _ = base_name(name)
    texts = rows.texts(name)
    places: Sequence[str | None] = _report_countries(rows, faults) if base in DATES else [None] * len(texts)
    made: _Plain = []
    for row, at in enumerate(zip(texts, places, strict=True)):
        text, country = at
        if at not in known:
            try:
                known[at] = value_of(base, text, rows.mapping, country=country) if text else (None, "")
            except BadInput as refusal:
                known[at] = None, str(refusal)
        value, reason = known[at]
        if reason:
            faults.append(rejected(rows.place(row, name), reason, text))
        made.append(value)
    rows.plain[name] = made
    return made


def _words(rows: Rows, name: str, faults: list[Rejected]) -> list[str | None]:
    return [None if value is None else str(value) for value in _plain(rows, name, faults)]


def _observe(rows: Rows, name: str, into: _Into, faults: list[Rejected]) -> None:
    """One column of observables: normalised, then said of each what it is, in which report, and in what kind of scam."""
    base, number = base_name(name)
    kind = OBSERVED[base]
    at, texts = _cells(rows, name, faults)
    if not at:
        return
    countries = _countries(rows, base, number, faults)
    hints = None if kind.hint_from is None else [text or None for text in rows.texts(field_name(kind.hint_from, number))]
    places = [countries[row] for row in at]
    if kind.kind == "account" and hints is not None:
        column = desk_accounts(rows.desk, texts, places, [hints[row] for row in at])
    else:
        column = normalise(kind.kind, texts, places, None if hints is None else [hints[row] for row in at])
    kept = []
    for place, entity in enumerate(column.entities):
        if entity is None:
            faults.append(rejected(rows.place(at[place], name), column.reasons[place] or "", texts[place]))
        else:
            kept.append(place)
    first: _Entities = [None] * len(rows.cells)
    for place in reversed(kept):
        first[at[place]] = column.entities[place]
    rows.entities[name] = first
    roles = _roles(rows, base, number, faults)
    found = _Found(
        schema=SCHEMA_OF[kind.kind],
        column=rows.column(name),
        entity=[column.entities[place] or "" for place in kept],
        at=[at[place] for place in kept],
        original=[nfc(texts[place]) for place in kept],
        role=[roles[at[place]] for place in kept],
    )
    _tell(rows, found, into, faults)
    if base == "payee_account":
        _names(rows, number, into.own, faults)


@dataclass(frozen=True, slots=True)
class _Found:
    """Observables of one column: whose row (`at`), what they are, what they said, and the role they have."""

    schema: str
    column: str
    entity: list[str]
    at: list[int]
    original: list[str]
    role: list[str]


def _tell(rows: Rows, found: _Found, into: _Into, faults: list[Rejected]) -> None:
    numbers, references = rows.numbers, rows.references
    all_rows = [numbers[row] for row in found.at]
    subjects = [references[row] for row in found.at]
    reported = _told(rows, found.at, faults)
    into.own.say(
        Said(
            found.schema, "reportedIn", found.entity, [into.reports[row] for row in found.at],
            row=all_rows, column=found.column, reported=reported, subject=subjects,
        )
    )  # fmt: skip
    days = _days(rows, "happened_at", faults)
    typologies = _words(rows, "typology", faults)
    mine = [place for place, role in enumerate(found.role) if role == "victim-own"]
    others = [place for place, role in enumerate(found.role) if role != "victim-own"] if mine else list(range(len(found.at)))
    for gather, places in ((into.own, mine), (into.shared, others)):
        gather.say(
            Said(
                found.schema, "role", [found.entity[place] for place in places], [found.role[place] for place in places],
                row=[all_rows[place] for place in places], column=found.column, original=[found.original[place] for place in places],
                valid_from=[days[found.at[place]] for place in places], reported=[reported[place] for place in places],
                subject=[subjects[place] for place in places] if gather is into.own else None,
            )
        )  # fmt: skip
    tagged = [place for place in others if typologies[found.at[place]] is not None]
    into.shared.say(
        Said(
            found.schema, "typology", [found.entity[place] for place in tagged], [typologies[found.at[place]] or "" for place in tagged],
            row=[all_rows[place] for place in tagged], column=found.column, reported=[reported[place] for place in tagged],
        )
    )  # fmt: skip


def _cells(rows: Rows, name: str, faults: list[Rejected]) -> tuple[list[int], list[str]]:
    """The values of a column and the rows they stand in; the mapping's `many` parts several in one cell."""
    at, texts = [], []
    mark = rows.mapping.many
    for row, text in enumerate(rows.texts(name)):
        if not text:
            continue
        parts = [text] if mark is None or mark not in text else [part.strip() for part in text.split(mark) if part.strip()]
        if len(parts) > MOST_VALUES:
            faults.append(rejected(rows.place(row, name), f"{len(parts)} values in one cell, at most {MOST_VALUES} are taken", text))
            continue
        at += [row] * len(parts)
        texts += parts
    return at, texts


def _countries(rows: Rows, base: str, number: int, faults: list[Rejected]) -> list[str | None]:
    """Each row's country for local forms: the payee's, else the report's."""
    made = _report_countries(rows, faults)
    special = OBSERVED[base].country_from
    if special is not None:
        name = field_name(special, number)
        written = rows.texts(name)
        theirs = _words(rows, name, faults)
        made = [value if text else general for value, text, general in zip(theirs, written, made, strict=True)]
    plans = rows.mapping.phone_plans
    if plans and OBSERVED[base].kind == "phone":
        return [plans.get(country, country) if country is not None else None for country in made]
    return made


def _report_countries(rows: Rows, faults: list[Rejected]) -> list[str | None]:
    """Each report's country: the row's own, else the mapping's; none where the row's cannot be read."""
    written = rows.texts("country")
    return [value if value or text else rows.mapping.country for value, text in zip(_words(rows, "country", faults), written, strict=True)]


def _roles(rows: Rows, base: str, number: int, faults: list[Rejected]) -> list[str]:
    kind = OBSERVED[base]
    if kind.role_from is None:
        return [kind.role] * len(rows.cells)
    return [value or kind.role for value in _words(rows, field_name(kind.role_from, number), faults)]


def _days(rows: Rows, name: str, faults: list[Rejected]) -> list[str | None]:
    """A date of each report to the day, or as coarse as it is stated: when it happened, when it was reported."""
    return [None if when is None else when[:10] for when in _words(rows, name, faults)]


def _told(rows: Rows, at: Sequence[int], faults: list[Rejected]) -> list[str | None]:
    """The day on which the reports of some rows were made."""
    days = _days(rows, "reported_at", faults)
    return [days[row] for row in at]


def _names(rows: Rows, number: int, own: Gather, faults: list[Rejected]) -> None:
    name = field_name("payee_name", number)
    entities = rows.entities[field_name("payee_account", number)]
    at = [row for row, holder in enumerate(_words(rows, name, faults)) if holder and entities[row]]
    holders = _words(rows, name, faults)
    own.say(
        Said(
            "BankAccount", "label", [entities[row] or "" for row in at], [holders[row] or "" for row in at],
            row=[rows.numbers[row] for row in at], column=rows.column(name) if name in rows.found.at else name,
            reported=_told(rows, at, faults), subject=[rows.references[row] for row in at],
        )
    )  # fmt: skip


def _transfers(rows: Rows, own: Gather, reports: list[str], faults: list[Rejected]) -> None:
    """A transfer for each payment whose amount and payee are both known."""
    for number in sorted({base_name(name)[1] for name in rows.found.at if base_name(name)[0] in {*_TRANSFER, *_PAYEES}}):
        payees = _first_of(rows, _PAYEES, number)
        payers = _first_of(rows, _PAYERS, number)
        if number > 1 and not any(payers):
            payers = _first_of(rows, _PAYERS, 1)
        parts: dict[str, Sequence[str | None]] = {into: _words(rows, field_name(base, number), faults) for base, into in _TRANSFER.items()}
        parts |= {"payee": payees, "payer": payers, "report": list(reports)}
        at = [row for row, payee in enumerate(payees) if payee and parts["amount"][row]]
        ids = [f"transfer:{rows.desk}/{rows.references[row]}/{number}" for row in at]
        _records(rows, own, _Records("Transfer", ids, at, parts), faults)


def _reports(rows: Rows, own: Gather, reports: list[str], faults: list[Rejected]) -> None:
    """The report itself. Its loss is the one stated, or that of its only payment."""
    parts: dict[str, Sequence[str | bool | None]] = {into: _plain(rows, base, faults) for base, into in _RECORD.items()}
    paid = sorted({base_name(name)[1] for name in rows.found.at if base_name(name)[0] == "amount"})
    if paid:
        amounts = [_words(rows, field_name("amount", number), faults) for number in paid]
        currencies = [_words(rows, field_name("currency", number), faults) for number in paid]
        only: list[int | None] = [_only(row) for row in zip(*amounts, strict=True)]
        stated = parts["amount"]
        losses = [None if one is None or stated[row] else one for row, one in enumerate(only)]
        parts["amount"] = [stated[row] if one is None else amounts[one][row] for row, one in enumerate(losses)]
        parts["currency"] = [
            old if one is None else currencies[one][row] for row, (one, old) in enumerate(zip(losses, parts["currency"], strict=True))
        ]
    parts["narrative"] = _unsealed(rows, parts["narrative"], faults)
    parts["reference"] = rows.references
    _records(rows, own, _Records("VictimReport", reports, list(range(len(reports))), parts), faults)


def _unsealed(rows: Rows, narratives: Sequence[str | bool | None], faults: list[Rejected]) -> list[str | bool | None]:
    """The narratives without those of people in danger, which may say who and where they are: these stay in the original alone."""
    made = list(narratives)
    for row in endangered(rows, faults):
        if made[row] is not None:
            faults.append(rejected(rows.place(row, "narrative"), "somebody is in danger: the narrative stays in the original alone", ""))
            made[row] = None
    return made


def _urgent(rows: Rows, own: Gather, reports: list[str], faults: list[Rejected]) -> None:
    """What a report says of urgency, yes or no; of what nobody asked nothing is said."""
    for name, prop in _URGENT.items():
        told = _plain(rows, name, faults)
        at = [row for row, value in enumerate(told) if value is not None]
        if not at:
            continue
        own.say(
            Said(
                "VictimReport", prop, [reports[row] for row in at], [bool(told[row]) for row in at],
                row=[rows.numbers[row] for row in at], column=rows.column(name) if name in rows.found.at else name,
                reported=_told(rows, at, faults), subject=[rows.references[row] for row in at],
            )
        )  # fmt: skip


def _only(amounts: Sequence[str | None]) -> int | None:
    """Which payment is the only one of a report, or None."""
    filled = [place for place, amount in enumerate(amounts) if amount]
    return filled[0] if len(filled) == 1 else None


@dataclass(frozen=True, slots=True)
class _Records:
    """Records of one schema: their ids, the rows they come from, and for each field of the record a column over all rows."""

    schema: str
    ids: list[str]
    at: list[int]
    parts: Mapping[str, Sequence[str | bool | None]]


def _records(rows: Rows, own: Gather, made: _Records, faults: list[Rejected]) -> None:
    names = sorted(made.parts)
    columns = [made.parts[name] for name in names]
    values: list[Value] = [
        {name: value for name, column in zip(names, columns, strict=True) if (value := column[row]) is not None} for row in made.at
    ]
    places, subjects = [rows.numbers[row] for row in made.at], [rows.references[row] for row in made.at]
    own.say(Said(made.schema, "record", made.ids, values, row=places, reported=_told(rows, made.at, faults), subject=subjects))


def _first_of(rows: Rows, names: Sequence[str], number: int) -> _Entities:
    columns = [rows.entities[name] for base in names if (name := field_name(base, number)) in rows.entities]
    if not columns:
        return [None] * len(rows.cells)
    return [next((entity for entity in row if entity), None) for row in zip(*columns, strict=True)]
