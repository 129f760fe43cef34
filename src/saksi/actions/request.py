"""A request: what is asked of whom, on which observables, on which statements it rests, under which law, for which purpose."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeVar

from saksi.actions.kind import OFFENCES, RULES, Kind, Party, Rule, Urgency
from saksi.actions.money import Money
from saksi.model import BadInput, Json, JsonObject, canonical
from saksi.model.fields import Fields
from saksi.model.moment import moment
from saksi.model.statement import check_ref

__all__ = ["PROTECTED", "Ground", "Recipient", "Request", "Target"]

_T = TypeVar("_T")
_TAG = b"saksi/request1\0"
_ID = re.compile(r"[0-9a-f]{32}")
_LONGEST = 8_000

# People whose work depends on not being reached for lightly: a request that concerns one is read by an independent reviewer, of any kind.
PROTECTED: frozenset[str] = frozenset({"media", "lawyer", "ngo", "accuser-of-official"})

# What a ground is made of. The last three never carry a coercive request by themselves.
_GROUNDS = frozenset({"statement", "machine", "taint", "pattern"})


@dataclass(frozen=True, slots=True)
class Target:
    """One observable that is asked about, by its entity id; for money the tainted amount, and nothing above it."""

    entity: str
    money: Money | None = None

    def to_json(self) -> JsonObject:
        """The target as an object without its empty fields."""
        return {"entity": self.entity} if self.money is None else {"entity": self.entity, "money": self.money.to_json()}

    @classmethod
    def from_json(cls, value: Json) -> Target:
        """Read what `to_json` wrote, strictly."""
        fields = Fields(value, where="/targets")
        money = fields.maybe_object("money")
        made = cls(fields.text("entity"), None if money is None else Money.from_json(money, where="/targets/money"))
        fields.done()
        return made


@dataclass(frozen=True, slots=True)
class Ground:
    """A statement that the request rests on, by reference, and what it is made of: a person's `statement`, `machine` output, `taint` that
    was passed on, or a `pattern`."""

    ref: str
    made_of: str = "statement"

    def __post_init__(self) -> None:
        check_ref(self.ref)
        if self.made_of not in _GROUNDS:
            raise BadInput(f"a ground is one of {', '.join(sorted(_GROUNDS))}, not {self.made_of[:40]!r}")

    def to_json(self) -> JsonObject:
        """The ground as an object."""
        return {"made_of": self.made_of, "ref": self.ref}

    @classmethod
    def from_json(cls, value: Json) -> Ground:
        """Read what `to_json` wrote, strictly."""
        fields = Fields(value, where="/grounds")
        made = cls(fields.text("ref"), fields.text("made_of"))
        fields.done()
        return made


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who can act: an id of the directory, what it is, its name, how it is reached.

    `conflict` says why it should not be asked in this matter (it, or its head, is named in it): such a request is not sent there but to
    whom the directory names instead. `by_hand` says that a person chose it, not a rule.
    """

    id: str
    party: Party
    name: str
    address: str
    conflict: str | None = None
    by_hand: bool = False

    def to_json(self) -> JsonObject:
        """The recipient as an object without its empty fields."""
        made: dict[str, Json] = {
            "address": self.address,
            "by_hand": self.by_hand,
            "id": self.id,
            "name": self.name,
            "party": self.party.value,
        }
        if self.conflict is not None:
            made["conflict"] = self.conflict
        return made

    @classmethod
    def from_json(cls, value: Json) -> Recipient:
        """Read what `to_json` wrote, strictly."""
        fields = Fields(value, where="/to")
        by_hand = fields.any("by_hand")
        if not isinstance(by_hand, bool):
            raise BadInput("true or false is expected", where="/to/by_hand")
        made = cls(
            id=fields.text("id"), party=_word(Party, fields.text("party"), "/to/party"), name=fields.text("name"),
            address=fields.text("address"), conflict=fields.maybe_text("conflict"), by_hand=by_hand,
        )  # fmt: skip
        fields.done()
        return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked, whole; a changed word makes another digest, and approvals are given to a digest.

    `id` is 16 random bytes in hex: it names the request to the parties and tells nobody anything. `nonce` (16 random bytes, hex) links its
    steps for those who know it. `until` is a UTC time: how long what is asked should stay in force at first. `concerns` names protected
    callings of the people concerned, empty where somebody looked and found none. `living_costs` says what stays free for the holder to live
    on, or why nothing need to (a company's account). `exculpatory` are references that speak for the holder. `consent` is the reference of
    the statement in which the person to be rescued agreed. `audience` names the authorities and courts, besides this one, that may be
    shown the steps of the request.
    """

    id: str
    nonce: str
    kind: Kind
    to: Recipient
    targets: tuple[Target, ...]
    grounds: tuple[Ground, ...]
    offence: str
    instrument: str
    legal_basis: str
    purpose: str
    proportionality: str
    urgency: Urgency
    officer: str
    unit: str
    until: str | None = None
    exculpatory: tuple[str, ...] = ()
    concerns: tuple[str, ...] = ()
    living_costs: str | None = None
    holder_language: str | None = None
    consent: str | None = None
    text: str | None = None
    audience: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("id", "nonce"):
            if not _ID.fullmatch(getattr(self, name)):
                raise BadInput("16 random bytes in lower-case hex are expected", where=name)
        for name in ("instrument", "legal_basis", "purpose", "proportionality", "officer", "unit"):
            if not getattr(self, name).strip():
                raise BadInput("a request names it in words", where=name)
        for name in ("text", "purpose", "proportionality", "legal_basis", "instrument", "living_costs"):
            if len(getattr(self, name) or "") > _LONGEST:
                raise BadInput(f"at most {_LONGEST:,} characters", where=name)
        if self.offence not in OFFENCES:
            raise BadInput(f"an offence is one of {', '.join(sorted(OFFENCES))}, not {self.offence[:40]!r}", where="offence")
        if not set(self.concerns) <= PROTECTED:
            raise BadInput(f"protected callings are {', '.join(sorted(PROTECTED))}", where="concerns")
        if self.audience != tuple(sorted(set(self.audience))):
            raise BadInput("an audience is sorted and names nobody twice", where="audience")
        if self.until is not None:
            moment(self.until, "until")
        for ref in (*self.exculpatory, *([self.consent] if self.consent is not None else [])):
            check_ref(ref)
        _fits(self, self.rule)

    @property
    def rule(self) -> Rule:
        """What holds for its kind."""
        return RULES[self.kind]

    @property
    def independent(self) -> bool:
        """Whether somebody outside the unit must agree: it bears upon somebody, or concerns a protected calling."""
        return self.rule.coercive or bool(self.concerns)

    def digest(self) -> str:
        """SHA-256 of the request in canonical form, in hex: what approvals are given to."""
        return sha256(_TAG + canonical(self.to_json())).hexdigest()

    def to_json(self) -> JsonObject:
        """The request as an object without its empty fields."""
        made: dict[str, Json] = {
            "grounds": [each.to_json() for each in self.grounds],
            "kind": self.kind.value,
            "targets": [each.to_json() for each in self.targets],
            "to": self.to.to_json(),
            "urgency": self.urgency.value,
        }
        for name in _TEXTS:
            made[name] = getattr(self, name)
        for name in _MAYBE:
            if getattr(self, name) is not None:
                made[name] = getattr(self, name)
        for name in ("audience", "concerns", "exculpatory"):
            if getattr(self, name):
                made[name] = list(getattr(self, name))
        return made

    @classmethod
    def from_json(cls, value: Json) -> Request:
        """Read what `to_json` wrote, strictly."""
        fields = Fields(value, where="/request")
        made = cls(
            kind=_word(Kind, fields.text("kind"), "/request/kind"),
            urgency=_word(Urgency, fields.text("urgency"), "/request/urgency"),
            to=Recipient.from_json(fields.any("to")),
            targets=_each(fields.any("targets"), Target.from_json, "/request/targets"),
            grounds=_each(fields.any("grounds"), Ground.from_json, "/request/grounds"),
            audience=fields.texts("audience"),
            concerns=fields.texts("concerns"),
            exculpatory=fields.texts("exculpatory"),
            id=fields.text("id"), nonce=fields.text("nonce"), offence=fields.text("offence"), instrument=fields.text("instrument"),
            legal_basis=fields.text("legal_basis"), purpose=fields.text("purpose"), proportionality=fields.text("proportionality"),
            officer=fields.text("officer"), unit=fields.text("unit"), until=fields.maybe_text("until"),
            living_costs=fields.maybe_text("living_costs"), holder_language=fields.maybe_text("holder_language"),
            consent=fields.maybe_text("consent"), text=fields.maybe_text("text"),
        )  # fmt: skip
        fields.done()
        return made


_TEXTS = ("id", "nonce", "offence", "instrument", "legal_basis", "purpose", "proportionality", "officer", "unit")
_MAYBE = ("until", "living_costs", "holder_language", "consent", "text")


def _fits(asked: Request, rule: Rule) -> None:
    """Refuse what no approval could heal."""
    if asked.to.party not in rule.of:
        able = ", ".join(sorted(each.value for each in rule.of))
        raise BadInput(f"a {asked.to.party.value} cannot be asked to {rule.asks}", where="to", todo=f"ask one of: {able}")
    if not 1 <= len(asked.targets) <= rule.targets:
        raise BadInput(
            f"a {asked.kind.value} request names 1 to {rule.targets} targets, not {len(asked.targets)}",
            where="targets",
            todo="take some out or make a request for each",
        )
    if len({each.entity for each in asked.targets}) < len(asked.targets):
        raise BadInput("a target is named twice", where="targets", todo="name each once")
    for each in asked.targets:
        if rule.money is (each.money is None):
            todo = "name the tainted amount of each account" if rule.money else "only requests about money name amounts"
            raise BadInput(
                f"{each.entity}: a {asked.kind.value} request {'names' if rule.money else 'names no'} amount", where="targets", todo=todo
            )
    if not asked.grounds:
        raise BadInput("a request rests on at least one statement", where="grounds", todo="name what is known here about the target")
    if rule.coercive and all(each.made_of != "statement" for each in asked.grounds):
        raise BadInput(
            "a request that bears upon somebody never rests on machine output, taint or a pattern alone", where="grounds",
            todo="add a statement that a person stands behind",
        )  # fmt: skip
    if rule.coercive and not (asked.holder_language or "").strip():
        raise BadInput("the holder is told in their language how to contest it: name the language", where="holder_language")
    if (rule.first is None) is not (asked.until is None):
        raise BadInput(f"a {asked.kind.value} request {'ends by itself: say when' if rule.first else 'has no end'}", where="until")
    if asked.kind is Kind.HOLD and not (asked.living_costs or "").strip():
        raise BadInput("say what stays free for the holder to live on, or why nothing need to", where="living_costs")
    if asked.kind is Kind.RESCUE and not (asked.consent and asked.to.by_hand):
        raise BadInput("a rescue names the recorded consent, and a recipient chosen by hand", where="consent" if asked.to.by_hand else "to")


def _word(kinds: Callable[[str], _T], text: str, where: str) -> _T:
    try:
        return kinds(text)
    except ValueError:
        raise BadInput(f"unknown word {text[:40]!r}", where=where) from None


def _each(value: Json, read: Callable[[Json], _T], where: str) -> tuple[_T, ...]:
    if not isinstance(value, (list, tuple)):
        raise BadInput("a list is expected", where=where)
    return tuple(read(each) for each in value)
