"""An e-mail address, defanged or not, in the one form that reports can be matched by.

The domain is a host in its normal form (IDNA, lower case). The local part is lower-cased: RFC 5321 (2.4) lets a server
tell case apart, none of those that people use does. Everything else is kept: "+tag" and dots are another mailbox at most
providers, and an analyst can still judge two addresses to be one person's. Sources: RFC 5321, 5322 (dot-atom), 6531.
"""

from __future__ import annotations

import re
import unicodedata

from saksi.model.errors import BadInput
from saksi.observables.defang import refang
from saksi.observables.digits import plain
from saksi.observables.host import host
from saksi.observables.observable import Observable

__all__ = ["email"]

_LONGEST = 320
_AT_WORD = re.compile(r"\s+at\s+", re.IGNORECASE)
_ATOM = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~\-\u0080-\U0010ffff]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~\-\u0080-\U0010ffff]+)*")
_TODO = "give one address, for example name@example.com"


def email(text: str, *, country: str | None = None) -> Observable:
    """The address in `text` ("mailto:" and angle brackets aside); `country` is not used. `BadInput` with the reason else."""
    del country
    if not isinstance(text, str) or len(text) > _LONGEST:
        raise BadInput("not taken as an e-mail address: the text is too long", todo=_TODO)
    local, domain = _split(refang(_AT_WORD.sub("@", plain(text))))
    local = unicodedata.normalize("NFC", unicodedata.normalize("NFC", local).lower())
    _check_local(local)
    try:
        where = host(domain)
    except BadInput as refusal:
        raise BadInput(f"not taken as an e-mail address: its domain: {refusal.what}", todo=_TODO) from refusal
    if len(local.encode()) + 1 + len(where.normal) > 254:
        raise BadInput("not taken as an e-mail address: it is longer than 254 characters", todo=_TODO)
    notes = tuple(note for note in where.notes if not note.startswith("shared suffix"))
    return Observable("email", f"{local}@{where.normal}", "Email", notes)


def _split(address: str) -> tuple[str, str]:
    if address[:7].lower() == "mailto:":
        address = address[7:].partition("?")[0]
    if address.startswith("<") and address.endswith(">"):
        address = address[1:-1]
    local, at, domain = address.rpartition("@")
    if not at or not local or not domain:
        raise BadInput("not taken as an e-mail address: it has no name, @ and domain", todo=_TODO)
    if not domain[-1].isalnum() or ":" in domain or "/" in domain or "[" in domain:
        raise BadInput("not taken as an e-mail address: its domain is no host name", todo=_TODO)
    return local, domain


def _check_local(local: str) -> None:
    if local.startswith('"') or "@" in local:
        raise BadInput("not taken as an e-mail address: quoted names and two @ are not taken", todo=_TODO)
    if len(local) > 255 or len(local.encode("utf-8", "replace")) > 64:
        raise BadInput("not taken as an e-mail address: the part before @ is longer than 64", todo=_TODO)
    if not _ATOM.fullmatch(local) or any(unicodedata.category(c) in _NOT_IN_NAMES for c in local):
        raise BadInput("not taken as an e-mail address: the part before @ has characters that no mailbox has", todo=_TODO)


_NOT_IN_NAMES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zs", "Zl", "Zp"})
