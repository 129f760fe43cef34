"""A draft as far as the case, the directory and the ledger know it, so that an officer reads and judges instead of copying."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import msgspec

from saksi.actions import RULES, Kind, Urgency
from saksi.actions.step import moment
from saksi.app.home import now_text
from saksi.app.people.person import Person
from saksi.app.requesting.office import Office
from saksi.app.requesting.wire import RequestBody, TargetBody
from saksi.exchange.directory import Found
from saksi.model import Reader
from saksi.model.favour import SPARED, speaks_for
from saksi.screen.answer import StatementLine

__all__ = ["About", "Draft", "drafted", "shown"]

_KINDS: Mapping[str, Kind] = {
    "account": Kind.HOLD, "account-local": Kind.HOLD, "wallet": Kind.HOLD, "proxy": Kind.HOLD, "phone": Kind.SUSPEND,
    "handle": Kind.SUSPEND, "host": Kind.TAKEDOWN, "url": Kind.TAKEDOWN,
}  # fmt: skip
_SHOWN = 20  # statements shown for a target
_REPORTS = 50  # reports whose payments are added up; of more, a person names the amount
_PAYMENTS = 9  # of one report


@dataclass(frozen=True, slots=True)
class Draft:
    """What the form of a draft shows: `body` as it stands in its fields, per target who can act for it and what is said of it (for and
    against the holder apart), and the recipients that could be asked by hand."""

    body: RequestBody
    found: tuple[Found, ...]
    against: tuple[tuple[str, StatementLine], ...]
    favour: tuple[tuple[str, StatementLine], ...]
    hand: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class About:
    """What a draft is to be about: entities, or what a case holds; the kind and the recipient, where somebody chose them."""

    entities: Sequence[str] = ()
    case: str | None = None
    kind: str | None = None
    to: str | None = None


def drafted(office: Office, person: Person, about: About) -> Draft:
    """A draft about these entities, or about what the case holds."""
    held = office.case_entities(about.case, person.actor, person.post.clearance) if about.case else ()
    named = tuple(dict.fromkeys(about.entities)) or tuple(each for each in held if each.partition(":")[0] in _KINDS)
    reader = office.node.owner(person.post.clearance)
    kind = Kind(about.kind) if about.kind in {each.value for each in Kind} else _kind(named)
    fitting = [each for each in named if _KINDS.get(each.partition(":")[0]) is kind] or list(named)
    targets = tuple(each for each in fitting if not RULES[kind].coercive or not _spared(office, each, reader))[: RULES[kind].targets]
    found = tuple(office.directory().for_entity(each, named=(*named, *held)) for each in targets)
    again = _again(office, kind)
    body = RequestBody(
        kind=kind.value, to=about.to or _proposed(found, kind), targets=tuple(_target(office, each, kind, reader) for each in targets),
        grounds=(), offence="fraud", urgency=_urgency(kind).value, until=_until(kind), case=about.case, instrument=again.instrument,
        legal_basis=again.legal_basis, purpose=again.purpose, proportionality="", holder_language=_language(found),
    )  # fmt: skip
    return shown(office, person, body, found=found)


def _kind(named: Sequence[str]) -> Kind:
    """What fits the things named; money first, for it moves."""
    kinds = {each.partition(":")[0] for each in named}
    return next((kind for name, kind in _KINDS.items() if name in kinds), Kind.VERIFY)


def _spared(office: Office, entity: str, reader: Reader) -> bool:
    """Whether it is said to belong to somebody harmed: nothing coercive is proposed about that."""
    lines = office.node.entity(entity, reader=reader, at=None).statements
    return any(line.part == 0 and line.prop == "role" and line.value in SPARED and line.polarity == "affirm" for line in lines)


def shown(office: Office, person: Person, body: RequestBody, *, found: tuple[Found, ...] = ()) -> Draft:
    """The form with these fields. Where no ground is named yet, all that a person stands behind is proposed."""
    held = office.case_entities(body.case, person.actor, person.post.clearance) if body.case else ()
    kind = Kind(body.kind) if body.kind in {each.value for each in Kind} else Kind.VERIFY
    body = msgspec.structs.replace(body, kind=kind.value)
    directory, targets = office.directory(), [each.entity for each in body.targets]
    found = found or tuple(directory.for_entity(each, named=(*targets, *held)) for each in targets)
    against: list[tuple[str, StatementLine]] = []
    favour: list[tuple[str, StatementLine]] = []
    reader = office.node.owner(person.post.clearance)
    for entity in targets:
        for line in office.node.entity(entity, reader=reader, at=None).statements[-_SHOWN:][::-1]:
            if line.part == 0:
                (favour if speaks_for(line.prop, line.value, line.polarity) else against).append((entity, line))
    if not body.grounds:
        accusing = tuple(line.ref for _, line in against if line.prop == "role")
        body = msgspec.structs.replace(body, grounds=accusing or tuple(line.ref for _, line in against))
    hand = tuple(sorted((entry.id, entry.name) for entry in directory if entry.party in RULES[kind].of))
    return Draft(body, found, tuple(against), tuple(favour), hand)


def _proposed(found: Sequence[Found], kind: Kind) -> str:
    """The recipient that can do it and has no conflict of interest, the most exact first; else whom the directory names instead."""
    for known in (each for one in found for each in one.known):
        if known.to.party in RULES[kind].of:
            if known.to.conflict is None:
                return known.entry.id
            if known.instead is not None:
                return known.instead.id
    return ""


def _target(office: Office, entity: str, kind: Kind, reader: Reader) -> TargetBody:
    """A target, with what was reported as paid to it where that is in one currency: the amount that is tainted, and nothing above it."""
    if not RULES[kind].money:
        return TargetBody(entity)
    lines = office.node.entity(entity, reader=reader, at=None).statements
    reports = {str(line.value) for line in lines if line.prop == "reportedIn" and line.polarity == "affirm"}
    paid: dict[str, Decimal] = {}
    for payment in _payments(office, reports, reader) if len(reports) <= _REPORTS else ():
        amount, currency = payment.get("amount"), payment.get("currency")
        if payment.get("payee") == entity and isinstance(amount, str) and isinstance(currency, str):
            paid[currency] = paid.get(currency, Decimal(0)) + Decimal(amount)
    if len(paid) != 1:
        return TargetBody(entity)
    ((currency, total),) = paid.items()
    return TargetBody(entity, f"{total:f}", currency)


def _payments(office: Office, reports: set[str], reader: Reader) -> Iterator[Mapping[str, object]]:
    """The payments that reports tell of."""
    for report in sorted(reports):
        for number in range(1, _PAYMENTS + 1):
            said = office.node.entity(f"transfer:{report.partition(':')[2]}/{number}", reader=reader, at=None).statements
            records = [line.value for line in said if line.prop == "record" and isinstance(line.value, Mapping)]
            if not records:
                break
            yield records[-1]


def _urgency(kind: Kind) -> Urgency:
    if RULES[kind].money:
        return Urgency.FLOWING
    return Urgency.SOON if RULES[kind].coercive or kind is Kind.WARN else Urgency.ROUTINE


def _until(kind: Kind) -> str | None:
    first = RULES[kind].first
    return None if first is None else f"{moment(now_text(), 'now') + first:%Y-%m-%dT%H:%M:%SZ}"


def _language(found: Sequence[Found]) -> str | None:
    """The first language of whoever can act: it knows its own holders best."""
    languages = [known.entry.languages[0] for one in found for known in one.known[:1]]
    return languages[0] if languages else None


@dataclass(frozen=True, slots=True)
class _Said:
    instrument: str
    legal_basis: str
    purpose: str


def _again(office: Office, kind: Kind) -> _Said:
    """The words that this authority used the last time it asked for the same; its settings where it never has."""
    last = office.node.book.newest(kind.value)
    if last is None:
        return _Said("", office.node.config.legal_basis, office.node.config.purpose)
    asked = office.node.book.history(last).request
    return _Said(asked.instrument, asked.legal_basis, asked.purpose)
