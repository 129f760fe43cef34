"""XRP Ledger addresses: the classic `r...` and the X-address, which also holds the destination tag of one customer.

Source: XRPL standard XLS-5d. An address with a tag keeps it (`X...`): the tag names one customer, the classic address a whole exchange.
"""

from __future__ import annotations

import re

from saksi.model.errors import BadInput
from saksi.observables import base58

__all__ = ["looks_like_ripple", "ripple_address"]

_CLASSIC = re.compile(r"(r[1-9A-HJ-NP-Za-km-z]{24,34})(?:[:?](?:dt=)?([0-9]{1,10}))?\Z")
_MAIN = b"\x05\x44"
_TEST = b"\x04\x93"


def looks_like_ripple(text: str) -> bool:
    """Whether the form, not yet the checksum, is that of an XRP Ledger address."""
    return _CLASSIC.match(text) is not None or (len(text) in (46, 47) and text[0] in "XT")


def ripple_address(text: str) -> tuple[str, tuple[str, ...]]:
    """The address in its one form and notes: classic where there is no tag, X-address where there is one."""
    found = _CLASSIC.match(text)
    if found is None:
        return _x_address(text)
    payload = base58.check_decode(found[1], base58.RIPPLE)
    if len(payload) != 21 or payload[0] != 0:
        raise BadInput("not an account of the XRP Ledger")
    return _with_tag(payload[1:], int(found[2]) if found[2] else None)


def _with_tag(account: bytes, tag: int | None) -> tuple[str, tuple[str, ...]]:
    classic = base58.check_encode(b"\0" + account, base58.RIPPLE)
    if tag is None:
        return classic, ()
    if tag >= 1 << 32:
        raise BadInput(f"a destination tag is at most 4294967295, not {tag}")
    full = _MAIN + account + b"\1" + tag.to_bytes(8, "little")
    return base58.check_encode(full, base58.RIPPLE), (f"destination tag {tag} of {classic}",)


def _x_address(text: str) -> tuple[str, tuple[str, ...]]:
    payload = base58.check_decode(text, base58.RIPPLE)
    if payload[:2] == _TEST:
        raise BadInput("this is an address of the XRP test network, where coins have no value")
    if len(payload) != 31 or payload[:2] != _MAIN or payload[22] > 1:
        raise BadInput("not an account of the XRP Ledger")
    tag = int.from_bytes(payload[23:], "little")
    if payload[22] == 0 and tag:
        raise BadInput("this X-address holds a tag and says that it has none")
    return _with_tag(payload[2:22], tag if payload[22] else None)
