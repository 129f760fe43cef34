"""The number of a mobile device: what ties SIM cards, and the scam calls made with them, to one handset.

IMEI: 14 digits and a Luhn check digit; IMEISV: 14 digits and two of software version, no check digit. Networks do not
carry the check digit; logs show it missing or as 0. Source: 3GPP TS 23.003, 6.2.1, 6.2.2 and annex B. The normal form
is always the 15 digits of the IMEI, so that a log of a network and the box of the device meet.
"""

from __future__ import annotations

import re

from saksi.model.errors import BadInput
from saksi.observables.digits import plain
from saksi.observables.observable import Observable

__all__ = ["imei", "luhn_digit"]

_LONGEST = 60
_LABEL = re.compile(r"imei(?:\s*sv)?\s*[12]?\s*[:#.]?\s*(?=\d)", re.IGNORECASE)
_GAPS = re.compile(r"(?<=[0-9])[ \-/.]{1,3}(?=[0-9])")
_DIGITS = re.compile(r"[0-9]+")
# One run, or the groups of a box: type (8, or 6 and 2, or 2 and 6), serial number (6), check digit or software version. A check digit is
# never worked out for digits in other groups: a bank's code and an account number have fourteen, too.
_AS_PRINTED = re.compile(r"[0-9]+|(?:[0-9]{8}|[0-9]{6}[ \-/.][0-9]{2}|[0-9]{2}[ \-/.][0-9]{6})[ \-/.][0-9]{6}(?:[ \-/.]?[0-9]{1,2})?")
_TODO = "dial *#06# on the device, or check the digits against the box"


def imei(text: str, *, country: str | None = None) -> Observable:
    """The device in `text`, as the 15 digits of its IMEI; `country` is not used. `BadInput` with the reason otherwise."""
    del country
    if not isinstance(text, str) or len(text) > _LONGEST:
        raise BadInput("not taken as an IMEI: the text is too long", todo=_TODO)
    bare = plain(text)
    written = _LABEL.sub("", bare, count=1)
    digits = _GAPS.sub("", written)
    if not _DIGITS.fullmatch(digits):
        raise BadInput("not taken as an IMEI: it has other characters than digits", todo=_TODO)
    if len(digits) not in {14, 15, 16}:
        raise BadInput(f"not taken as an IMEI: it has {len(digits)} digits instead of 14, 15 or 16", todo=_TODO)
    body = digits[:14]
    if len(set(body)) == 1 or body == "12345678901234":
        raise BadInput("not taken as an IMEI: it is a filler that no device has", todo=_TODO)
    check = luhn_digit(body)
    if digits != body + check and written == bare and not _AS_PRINTED.fullmatch(written):
        raise BadInput("not taken as an IMEI: its check digit is missing or wrong, and it is not grouped like one", todo=_TODO)
    notes: tuple[str, ...] = ()
    if len(digits) == 16:
        notes = (f"software version {digits[14:]}", "check digit worked out")
    elif len(digits) == 14:
        notes = ("check digit worked out",)
    elif digits[14] != check:
        if digits[14] != "0":
            raise BadInput("not taken as an IMEI: the check digit is wrong", todo=_TODO)
        notes = ("sent by a network with 0 for the check digit, which was worked out",)
    return Observable("imei", body + check, "SimDevice", notes)


def luhn_digit(digits: str) -> str:
    """The check digit of ISO/IEC 7812-1 annex B for a string of ASCII digits."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = (ord(digit) - 48) * (1 if place % 2 else 2)
        total += value - 9 if value > 9 else value
    return str(-total % 10)
