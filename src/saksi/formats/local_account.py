"""The id of an account whose bank is not in the shipped table: in the desk's own space, matched by judgement, never guessed."""

from __future__ import annotations

import re

from saksi.model.errors import BadInput
from saksi.observables.banks import bank_countries, find_bank
from saksi.observables.digits import plain

__all__ = ["local_account"]

_NUMBER = re.compile(r"[0-9][0-9A-Z]{3,33}", re.ASCII)
_GAPS = re.compile(r"[\s.-]+")
_NOT_SLUG = re.compile(r"[^a-z0-9]+")


def local_account(desk: str, country: str | None, bank: str, number: str) -> str:
    """`account-local:<desk>/<country>/<bank>/<number>`. Raises BadInput where the table does know the bank, or no bank is named."""
    name = _NOT_SLUG.sub("-", plain(bank).casefold()).strip("-")
    compact = _GAPS.sub("", plain(number)).upper()
    if not name:
        raise BadInput("no bank is named", todo="a number alone may be ten people's account")
    if not _NUMBER.fullmatch(compact):
        raise BadInput("not an account number: 4 to 34 digits, letters after the first")
    if country is not None and country in bank_countries() and find_bank(bank, country) is not None:
        raise BadInput(f"the bank {bank[:60]!r} is in the table: its accounts have one id everywhere")
    return f"account-local:{desk}/{country or 'unknown'}/{name}/{compact}"
