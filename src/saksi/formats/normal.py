"""Normalises a column of one kind of observable, with what each row says besides: its country, its bank, its chain, its network."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from saksi.model.errors import BadInput
from saksi.observables.column import Column
from saksi.observables.host import host_pattern, hosts
from saksi.observables.kinds import observe_column
from saksi.observables.wallet import wallets

__all__ = ["SCHEMA_OF", "normalise", "patterns"]

SCHEMA_OF: Mapping[str, str] = {
    "phone": "PhoneNumber", "account": "BankAccount", "wallet": "CryptoWallet", "host": "WebSite", "url": "WebPage",
    "email": "EmailAddress", "handle": "Handle", "ip": "IpAddress", "network": "IpNetwork",
}  # fmt: skip

_Texts = Sequence[str | None] | None
_ONLY_NUMBER = re.compile(r"[\d\s./-]+")
_BARE_NAME = re.compile(r"[^:/]+")


def normalise(kind: str, texts: Sequence[str], countries: _Texts = None, hints: _Texts = None) -> Column:
    """For each text an entity id or a reason. `hints` are banks for accounts, chains for wallets, networks for handles.

    A bank or a network named in its own column is put before a number or name that names none; a text that names one stays as it is.
    """
    if kind == "wallet":
        return wallets(texts, hints)
    if hints is not None and kind in _NAMED:
        bare, glue = _NAMED[kind]
        texts = [f"{hint}{glue}{text}" if hint and bare.fullmatch(text) else text for text, hint in zip(texts, hints, strict=True)]
    return observe_column(kind, texts, countries)


_NAMED = {"account": (_ONLY_NUMBER, " "), "handle": (_BARE_NAME, ": ")}


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
