"""Normalises a column of one kind of observable, with what each row says besides: its country, its bank, its chain, its network."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from saksi.model.errors import BadInput
from saksi.observables.account import accounts
from saksi.observables.column import Column
from saksi.observables.host import host_pattern, hosts
from saksi.observables.ip import ip
from saksi.observables.observable import Observable
from saksi.observables.phone_bulk import phones
from saksi.observables.url import url
from saksi.observables.wallet import wallets

__all__ = ["SCHEMA_OF", "normalise", "patterns"]

SCHEMA_OF = {
    "phone": "PhoneNumber", "account": "BankAccount", "wallet": "CryptoWallet", "host": "WebSite", "url": "WebPage",
    "email": "EmailAddress", "handle": "Handle", "ip": "IpAddress",
}  # fmt: skip

_Texts = Sequence[str | None] | None


def normalise(kind: str, texts: Sequence[str], countries: _Texts = None, hints: _Texts = None) -> Column:
    """For each text an entity id or a reason. `hints` are banks for accounts, chains for wallets, networks for handles."""
    if kind == "phone":
        found = phones(texts, countries)
        reasons = [None if reason is None else f"not taken as a phone number: {reason}" for reason in found.reason]
        return Column([None if normal is None else "phone:" + normal for normal in found.normal], reasons)
    if kind == "wallet":
        return wallets(texts, hints)
    if kind == "host":
        return hosts(texts)
    if kind == "account":
        return _accounts(texts, countries, hints)
    return _one_by_one(_ONE[kind], texts, hints)


def patterns(texts: Sequence[str]) -> Column:
    """Lines of host lists, where `.example.com` and `*.example.com` mean the host and all below it: entity ids of the hosts."""
    column = hosts(texts)
    for at, text in enumerate(texts):
        if column.entities[at] is None and text.lstrip().startswith((".", "*")):
            try:
                column.entities[at], column.reasons[at] = host_pattern(text)[0].entity, None
            except BadInput as refusal:
                column.reasons[at] = str(refusal)
    return column


def _accounts(texts: Sequence[str], countries: _Texts, banks: _Texts) -> Column:
    """A bank named in its own column is put before the number; a text that already names one stays as it is."""
    if banks is not None:
        texts = [f"{bank} {text}" if bank and _ONLY_NUMBER.fullmatch(text) else text for text, bank in zip(texts, banks, strict=True)]
    return accounts(texts, countries)


def _one_by_one(read: Callable[[str, str | None], Observable], texts: Sequence[str], hints: _Texts) -> Column:
    entities: list[str | None] = []
    reasons: list[str | None] = []
    known: dict[tuple[str, str | None], tuple[str | None, str | None]] = {}
    for key in zip(texts, hints or [None] * len(texts), strict=True):
        if key not in known:
            try:
                known[key] = read(*key).entity, None
            except BadInput as refusal:
                known[key] = None, str(refusal)
        entity, reason = known[key]
        entities.append(entity)
        reasons.append(reason)
    return Column(entities, reasons)


def _handle(text: str, network: str | None) -> Observable:
    from saksi.observables.handle import handle

    return handle(text, country=network)


def _email(text: str, _: str | None) -> Observable:
    from saksi.observables.email import email

    return email(text)


def _url(text: str, _: str | None) -> Observable:
    return url(text)


def _ip(text: str, _: str | None) -> Observable:
    return ip(text)


_ONE = {"handle": _handle, "email": _email, "url": _url, "ip": _ip}
_ONLY_NUMBER = re.compile(r"[\d\s./-]+")
