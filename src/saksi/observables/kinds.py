"""The kinds of observables by name, and whole columns of one kind: for bulk look-ups and lists of any length.

Modules are loaded when their kind is first asked for: a look-up of a host must not wait for the tables of all phones.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import cast

from saksi.model.errors import BadInput
from saksi.observables.column import Column
from saksi.observables.observable import Normaliser

__all__ = ["KINDS", "normaliser", "observe_column"]

# Each kind is a function of that name in the module of that name. "qr" gives the first payee of a code, under its own kind.
KINDS: tuple[str, ...] = ("phone", "account", "wallet", "host", "url", "email", "handle", "ip", "network", "imei", "proxy", "qr")

_Countries = Sequence[str | None] | str | None


def normaliser(kind: str) -> Normaliser:
    """The function that reads one kind."""
    if kind not in KINDS:
        raise BadInput(f"'{kind[:40]}' is not a kind that can be looked up", todo=f"kinds: {', '.join(KINDS)}")
    return cast(Normaliser, getattr(import_module(f"saksi.observables.{kind}"), kind))


def observe_column(kind: str, texts: Sequence[str], countries: _Countries = None) -> Column:
    """A column of one kind, with one country for all rows, one for each, or none: for each row an entity id or a reason.

    Same answers as the kind's own function; phones, accounts, wallets and hosts go by their fast ways.
    """
    each = [countries] * len(texts) if countries is None or isinstance(countries, str) else countries
    if len(each) != len(texts):
        raise BadInput(f"{len(texts)} values but {len(each)} countries", todo="give one country for each value")
    if kind == "phone":
        return _phones(texts, countries)
    if kind == "account":
        from saksi.observables.account import accounts

        return accounts(texts, each)
    if kind == "wallet":
        from saksi.observables.wallet import wallets

        return wallets(texts)
    if kind == "host":
        from saksi.observables.host import hosts

        return hosts(texts)
    return _one_by_one(normaliser(kind), texts, each)


def _phones(texts: Sequence[str], countries: _Countries) -> Column:
    from saksi.observables.phone import phone
    from saksi.observables.phone_bulk import phones

    found = phones(texts, countries)
    entities = [None if normal is None else "phone:" + normal for normal in found.normal]
    said: dict[str, str] = {}  # what `phone` says, with what to do, for each distinct reason
    reasons: list[str | None] = []
    for row, reason in enumerate(found.reason):
        if reason is not None and reason not in said:
            country = countries if countries is None or isinstance(countries, str) else countries[row]
            said[reason] = _refusal(phone, texts[row], country) or reason
        reasons.append(None if reason is None else said[reason])
    odd = frozenset(entity for entity, valid in zip(entities, found.valid, strict=True) if entity is not None and not valid)
    return Column(entities, reasons, odd)


def _refusal(read: Normaliser, text: str, country: str | None) -> str | None:
    try:
        read(text, country=country)
    except BadInput as refusal:
        return str(refusal)
    return None


def _one_by_one(read: Normaliser, texts: Sequence[str], countries: Sequence[str | None]) -> Column:
    column = Column([], [])
    for text, country in zip(texts, countries, strict=True):
        try:
            column.entities.append(read(text, country=country).entity)
            column.reasons.append(None)
        except BadInput as refusal:
            column.entities.append(None)
            column.reasons.append(str(refusal))
    return column
