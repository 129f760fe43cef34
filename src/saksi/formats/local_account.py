"""Accounts whose bank is not in the shipped table: an id in the desk's own space, matched by judgement, never guessed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from saksi.formats.normal import normalise
from saksi.model.errors import BadInput
from saksi.observables.banks import bank_countries, banks_named, find_bank
from saksi.observables.column import Column
from saksi.observables.digits import plain

__all__ = ["bank_known", "desk_accounts", "local_account"]

_NUMBER = re.compile(r"[0-9][0-9A-Z]{3,33}", re.ASCII)
_ONLY_NUMBER = re.compile(r"[\d\s./-]+")
_GAPS = re.compile(r"[\s./-]+")
_ONLY_DIGITS = re.compile("[0-9]+")
_DASHES = re.compile("-+")


def bank_known(bank: str, country: str | None) -> bool:
    """Whether the shipped table has the bank, so that its accounts have one id everywhere."""
    if country is not None and country in bank_countries():
        return find_bank(bank, country) is not None or _code(bank, country) is not None
    return bool(banks_named(bank))


def local_account(desk: str, country: str | None, bank: str, number: str) -> str:
    """`account-local:<desk>/<country>/<bank>/<number>`. Raises BadInput where the table does know the bank, or no bank is named."""
    if bank_known(bank, country):
        raise BadInput(f"the bank {bank[:60]!r} is in the table: its accounts have one id everywhere")
    return _id(desk, country, bank, number)


def desk_accounts(desk: str, texts: Sequence[str], countries: Sequence[str | None], banks: Sequence[str | None]) -> Column:
    """A column of accounts with their banks: those of unknown banks in the desk's space, all others by their one id everywhere."""
    known: dict[tuple[str | None, str], bool] = {}
    entities: list[str | None] = [None] * len(texts)
    reasons: list[str | None] = [None] * len(texts)
    table = []
    coded = False
    for at, (text, country, bank) in enumerate(zip(texts, countries, banks, strict=True)):
        if bank is None or not _ONLY_NUMBER.fullmatch(text):
            table.append(at)
            continue
        if (country, bank) not in known:
            known[country, bank] = bank_known(bank, country)
        if known[country, bank]:
            table.append(at)
            coded = coded or _ONLY_DIGITS.fullmatch(plain(bank)) is not None
            continue
        try:
            entities[at] = _id(desk, country, bank, text)
        except BadInput as refusal:
            reasons[at] = str(refusal)
    numbers = [_with_code(texts[at], countries[at], banks[at]) for at in table] if coded else [texts[at] for at in table]
    found = normalise("account", numbers, [countries[at] for at in table], [banks[at] for at in table])
    for place, at in enumerate(table):
        entities[at], reasons[at] = found.entities[place], found.reasons[place]
    return Column(entities, reasons)


def _with_code(text: str, country: str | None, bank: str | None) -> str:
    """A number with its bank's national code in front as an id holds it: digits before digits would read as one number."""
    code = plain(bank or "")
    if not _ONLY_DIGITS.fullmatch(code) or not _ONLY_NUMBER.fullmatch(text):
        return text
    places = [country] if country in bank_countries() else [found.country for found in banks_named(code)]
    place = places[0] if len(places) == 1 else None
    return text if place is None else f"{place}:{_code(code, place) or code}:{text}"


@lru_cache(maxsize=4096)
def _code(bank: str, country: str) -> str | None:
    """The national code that these digits are in a country, None for none. A spreadsheet drops zeros in front: `4` is Thailand's `004`,
    where no other bank of the country has a code that would shrink to it."""
    digits = plain(bank)
    if not _ONLY_DIGITS.fullmatch(digits):
        return None
    if find_bank(digits, country) is not None:
        return digits
    short = digits.lstrip("0")
    found = {
        one.national for one in bank_countries()[country].keys.values() if one.national.isdigit() and one.national.lstrip("0") == short
    }
    return found.pop() if len(found) == 1 else None


def _id(desk: str, country: str | None, bank: str, number: str) -> str:
    name = _slug(bank)
    compact = _GAPS.sub("", plain(number)).upper()
    if not name:
        raise BadInput("no bank is named", todo="a number alone may be ten people's account")
    if not _NUMBER.fullmatch(compact):
        raise BadInput("not an account number: 4 to 34 digits, letters after the first")
    return f"account-local:{desk}/{country or 'unknown'}/{name}/{compact}"


def _slug(bank: str) -> str:
    """The name in letters, marks and digits, "-" for all between.

    Marks count, which `re` takes for no part of a word: in Khmer, Thai, Lao or Burmese a vowel sign may be all that tells two banks
    apart. Forms that Unicode calls the same (NFKC), in either case, are one name.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", plain(bank)).casefold())
    kept = "".join(sign if sign == "_" or unicodedata.category(sign)[0] in "LMN" else "-" for sign in folded)
    return _DASHES.sub("-", kept).strip("-_")
