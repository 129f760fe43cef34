"""Accounts whose bank is not in the shipped table: an id in the desk's own space, matched by judgement, never guessed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from saksi.formats.normal import normalise
from saksi.model.errors import BadInput
from saksi.observables.banks import bank_countries, banks_named, find_bank
from saksi.observables.column import Column
from saksi.observables.digits import plain

__all__ = ["bank_known", "desk_accounts", "local_account"]

_NUMBER = re.compile(r"[0-9][0-9A-Z]{3,33}", re.ASCII)
_ONLY_NUMBER = re.compile(r"[\d\s./-]+")
_GAPS = re.compile(r"[\s./-]+")
_NOT_SLUG = re.compile(r"[^\w]+")


def bank_known(bank: str, country: str | None) -> bool:
    """Whether the shipped table has the bank, so that its accounts have one id everywhere."""
    if country is not None and country in bank_countries():
        return find_bank(bank, country) is not None
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
    for at, (text, country, bank) in enumerate(zip(texts, countries, banks, strict=True)):
        if bank is None or not _ONLY_NUMBER.fullmatch(text):
            table.append(at)
            continue
        if (country, bank) not in known:
            known[country, bank] = bank_known(bank, country)
        if known[country, bank]:
            table.append(at)
            continue
        try:
            entities[at] = _id(desk, country, bank, text)
        except BadInput as refusal:
            reasons[at] = str(refusal)
    found = normalise("account", [texts[at] for at in table], [countries[at] for at in table], [banks[at] for at in table])
    for place, at in enumerate(table):
        entities[at], reasons[at] = found.entities[place], found.reasons[place]
    return Column(entities, reasons)


def _id(desk: str, country: str | None, bank: str, number: str) -> str:
    name = _NOT_SLUG.sub("-", plain(bank).casefold()).strip("-_")
    compact = _GAPS.sub("", plain(number)).upper()
    if not name:
        raise BadInput("no bank is named", todo="a number alone may be ten people's account")
    if not _NUMBER.fullmatch(compact):
        raise BadInput("not an account number: 4 to 34 digits, letters after the first")
    return f"account-local:{desk}/{country or 'unknown'}/{name}/{compact}"
