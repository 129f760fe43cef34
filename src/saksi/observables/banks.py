"""The banks that Saksi knows by name, BIC or national code, in the fourteen countries whose accounts have no IBAN.

The rows are made from `resources/banks.yaml`, which names for each country whose list decides and what the rows were compared with. A
bank that is not there, or could not be confirmed, is not guessed: its accounts stay entities of the authority that reports them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from saksi.observables.bank_key import bank_key
from saksi.observables.bank_rows import BANK_ROWS, COUNTRY_ROWS

__all__ = ["Bank", "BankCountry", "bank_countries", "banks_named", "find_bank", "prefix_bank"]

# Words for "bank" and company forms that people add or leave out, also written together with the name.
_WORDS = tuple(map(bank_key, (
    "bank", "nganhang", "tmcp", "ธนาคาร", "ธ", "ធនាគារ", "ທະນາຄານ", "ဘဏ်", "银行", "銀行", "은행",
    "plc", "berhad", "bhd", "ltd", "limited", "pcl", "จำกัด(มหาชน)", "จำกัด", "股份有限公司", "株式会社", "주식회사",
)))  # fmt: skip

# Company forms that are too short, or too common in names, to be dropped but as words of their own: in front and at the end.
_FORMS_BEFORE = frozenset(map(bank_key, ("pt", "บมจ", "บริษัท")))
_FORMS_BEHIND = frozenset(map(bank_key, (
    "co", "company", "corp", "corporation", "inc", "ltd", "limited", "plc", "pcl", "public", "tbk", "persero", "berhad", "bhd", "jsc",
    "joint", "stock", "จำกัด", "มหาชน",
)))  # fmt: skip
_BETWEEN = re.compile(r"[\s,()]+|(?<=\w{2})\.")


@dataclass(frozen=True, slots=True)
class Bank:
    """One bank of one country: the code that stands in entity ids, its BIC and national code where known, and the lengths of its
    account numbers, in digits."""

    country: str
    code: str
    bic: str
    national: str
    name: str
    lengths: frozenset[int]


@dataclass(frozen=True, slots=True)
class BankCountry:
    """One country of the table: `keys` finds its banks; `letters` says that account numbers may hold letters; `prefixes` that a
    bank's code is the beginning of a branch code (Australia's BSB); `source` says whose list decides, `checked_against` what was read."""

    code: str
    name: str
    letters: bool
    prefixes: bool
    source: str
    checked_against: tuple[str, ...]
    keys: Mapping[str, Bank]


@cache
def bank_countries() -> Mapping[str, BankCountry]:
    """Every country of the table by its ISO code."""
    keys: dict[str, dict[str, Bank]] = {}
    for country, code, bic, national, name, lengths, found_by in BANK_ROWS:
        bank = Bank(country, code, bic, national, name, frozenset(lengths))
        keys.setdefault(country, {}).update(dict.fromkeys(found_by, bank))
    return {row[0]: BankCountry(*row, keys[row[0]]) for row in COUNTRY_ROWS}


@lru_cache(maxsize=4096)
def find_bank(name: str, country: str) -> Bank | None:
    """The bank of this country that is called so: by code, BIC (8 or 11 characters), national code, name or another name."""
    table = bank_countries().get(country)
    if table is None:
        return None
    key = bank_key(name)
    if len(key) == 11 and key[4:6] == country.lower() and key[:8] in table.keys:
        return table.keys[key[:8]]
    for candidate in (*_shorter(key), *_shorter(bank_key(_without_form(name)))):
        if candidate in table.keys:
            return table.keys[candidate]
    return None


def banks_named(name: str) -> tuple[Bank, ...]:
    """The banks of all countries that are called so, in the order of the countries' codes."""
    found = (find_bank(name, country) for country in sorted(bank_countries()))
    return tuple(bank for bank in found if bank is not None)


def prefix_bank(branch: str, country: str) -> Bank | None:
    """The bank that a branch code belongs to, where the code's first digits name the bank; the longest prefix wins."""
    keys = bank_countries()[country].keys
    for size in (3, 2):
        if branch[:size] in keys:
            return keys[branch[:size]]
    return None


def _without_form(name: str) -> str:
    """The name without its company forms: "PT Bank Central Asia Tbk" is Bank Central Asia."""
    words = [word for word in _BETWEEN.split(name) if bank_key(word)]
    while len(words) > 1 and bank_key(words[-1]) in _FORMS_BEHIND:
        words.pop()
    while len(words) > 1 and bank_key(words[0]) in _FORMS_BEFORE:
        words.pop(0)
    return " ".join(words)


def _shorter(key: str) -> list[str]:
    """The key itself, then without words for "bank" at either end."""
    found = [key]
    changed = True
    while changed and key:
        changed = False
        for word in _WORDS:
            short = key.removesuffix(word).removeprefix(word)
            if short and short != key:
                key, changed = short, True
                found.append(key)
    return found
