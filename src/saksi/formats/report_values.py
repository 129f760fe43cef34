"""The plain values of a report: amounts, dates, countries, languages, currencies, truth values; each read or refused with a reason."""

from __future__ import annotations

import datetime
import re
from typing import NamedTuple

from saksi.formats.gather import nfc
from saksi.formats.report_mapping import ReportMapping
from saksi.model.errors import BadInput
from saksi.model.vocabulary import ROLES
from saksi.observables.date import MONTH_FIRST, Exchangeable, date
from saksi.observables.digits import plain

__all__ = ["DATES", "LONGEST_NARRATIVE", "TRUTHS", "Said", "amount", "narrative", "reference", "value_of", "when"]

LONGEST_NARRATIVE = 32_000
DATES = frozenset({"reported_at", "happened_at", "paid_at"})
TRUTHS = frozenset({"person_in_danger", "still_paying", "synthetic"})
_LONGEST_WORDS = 300
_ISO_DAY = re.compile(r"(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])", re.ASCII)
_AMOUNT = re.compile(r"(\d{1,3}(?:G\d{3})+|\d{1,30})(?:D(\d{1,18}))?", re.ASCII)
_TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class Said(NamedTuple):
    """A field's value, and what has to be told of how it was read, if anything."""

    value: str | bool
    note: str = ""


def value_of(name: str, text: str, mapping: ReportMapping, *, country: str | None = None) -> Said:
    """One plain field of a report, in the form its statement has; `country` is the row's, for the order of day and month.

    Raises BadInput with the reason.
    """
    words = mapping.values.get(name)
    if words is not None:
        text = words.get(text, text)
    if name in DATES:
        return when(text, mapping, country=country)
    return Said(_value(name, text, mapping))


def _value(name: str, text: str, mapping: ReportMapping) -> str | bool:
    if name in {"loss_amount", "amount"}:
        return amount(text, mapping)
    if name == "narrative":
        return narrative(text)
    if name in TRUTHS:
        if text.casefold() not in _TRUTH:
            raise BadInput("neither true nor false")
        return _TRUTH[text.casefold()]
    if name in _SHAPES:
        shape, reason = _SHAPES[name]
        plainer = plain(text)
        plainer = plainer.upper() if name != "language" else plainer
        if not shape.fullmatch(plainer):
            raise BadInput(reason)
        return plainer
    if name.endswith("_role"):
        if text.casefold() not in ROLES:
            raise BadInput(f"not a role; a role is one of {', '.join(ROLES)}")
        return text.casefold()
    if len(text) > _LONGEST_WORDS:
        raise BadInput(f"{len(text)} characters, at most {_LONGEST_WORDS} are taken here")
    return nfc(text)


_SHAPES = {
    "country": (re.compile(r"[A-Z]{2}"), "a country is two letters (ISO 3166)"),
    "payee_country": (re.compile(r"[A-Z]{2}"), "a country is two letters (ISO 3166)"),
    "language": (re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*"), "a language is a BCP 47 tag such as km or zh-Hant"),
    "currency": (re.compile(r"[A-Z][A-Z0-9]{1,9}"), "a currency is an ISO 4217 code or a coin's short name"),
    "loss_currency": (re.compile(r"[A-Z][A-Z0-9]{1,9}"), "a currency is an ISO 4217 code or a coin's short name"),
}


def amount(text: str, mapping: ReportMapping) -> str:
    """A decimal as text: "1,234.50" -> "1234.50". A separator must group by threes, or it could be the other one."""
    decimal, group = (".", ",") if mapping.decimal == "." else (",", ".")
    bare = plain(text).replace(" ", "").replace("'", "")
    found = None if re.search("[A-Za-z]", bare) else _AMOUNT.fullmatch(bare.translate({ord(decimal): "D", ord(group): "G"}))
    if found is None:
        raise BadInput("not an amount: digits, groups of three, one decimal sign", todo="the currency has its own column")
    whole = found[1].replace("G", "").lstrip("0") or "0"
    return whole if found[2] is None else f"{whole}.{found[2]}"


def when(text: str, mapping: ReportMapping, *, country: str | None) -> Said:
    """A date to the day or coarser, or a UTC time: no more than is certain.

    Day and month stand in the mapping's order, else in that usual in `country`. Where neither says, the year alone is taken, and that is
    told. A time without a zone is left out and its day kept.
    """
    if mapping.calendar != "buddhist" and _ISO_DAY.fullmatch(text):
        return Said(text)
    if mapping.date_order is not None:
        country = _ORDER_OF[mapping.date_order]
    try:
        return Said(_sure(text, mapping, country))
    except Exchangeable as refusal:
        year = _sure(text, mapping, _ORDER_OF["day-month-year"])[:4]
        todo = "say the country of the row, or date_order in the mapping"
        return Said(year, f"{refusal.what}, so its year alone was taken ({todo})")


def _sure(text: str, mapping: ReportMapping, country: str | None) -> str:
    found = date(text, country="TH" if mapping.calendar == "buddhist" and country not in MONTH_FIRST else country)
    if mapping.calendar not in ("auto", found.calendar):
        raise BadInput(f"a year of the {found.calendar} calendar, where the mapping says {mapping.calendar}")
    day, _, clock = found.iso.partition("T")
    if not clock or len(clock) < 6:
        return day
    moment = datetime.datetime.fromisoformat(found.iso).astimezone(datetime.UTC)
    return moment.strftime("%Y-%m-%dT%H:%MZ")


# Countries whose writing has that order, for the reader of dates.
_ORDER_OF = {"day-month-year": "GB", "month-day-year": "US", "year-month-day": None}


def narrative(text: str) -> str:
    """The words, whole or not at all: nothing is cut in silence."""
    made = nfc(text)
    if len(made.encode("utf-8")) > LONGEST_NARRATIVE:
        raise BadInput(f"the narrative has more than {LONGEST_NARRATIVE} bytes: it stays in the original only")
    return made


def reference(text: str) -> str:
    """A report's reference as part of its id: blanks and unseen signs are escaped, nothing else is changed."""
    made = nfc(text.strip())
    if len(made) > 200:
        raise BadInput("a reference has at most 200 characters")
    if made.isascii() and made.isprintable() and " " not in made and "%" not in made:
        return made
    return "".join(_escaped(sign) for sign in made)


def _escaped(sign: str) -> str:
    if sign == "%" or sign.isspace() or not sign.isprintable():
        return "".join(f"%{byte:02X}" for byte in sign.encode("utf-8"))
    return sign
