"""Identity numbers that stand in for bank accounts, with their check digits: Thailand, Singapore, Malaysia.

They name a person: whatever holds one carries the note `NATIONAL_ID`, so that screens and exports can treat it as they must.
Sources: python-stdnum for Thai numbers, Malaysian MyKad and Singapore's UEN; the public check-letter rule of NRIC and FIN.
"""

from __future__ import annotations

import re

from stdnum.exceptions import ValidationError
from stdnum.my import nric as mykad
from stdnum.sg import uen
from stdnum.th import tin

from saksi.model.errors import BadInput

__all__ = ["NATIONAL_ID", "malaysian_id", "singapore_business", "singapore_id", "thai_id"]

NATIONAL_ID = "national-id"

_NRIC = re.compile(r"([STFGM])([0-9]{7})([A-Z])\Z")
_WEIGHTS = (2, 7, 6, 5, 4, 3, 2)
_LETTERS = {"S": "JZIHGFEDCBA", "T": "JZIHGFEDCBA", "F": "XWUTRQPNMLK", "G": "XWUTRQPNMLK"}
_UEN_SUFFIX = re.compile(r"(.{9,10})([A-Z0-9]{3})\Z")


def thai_id(digits: str) -> tuple[str, ...]:
    """Notes on a Thai number of 13 digits, its check digit verified: a person's, or a company's tax number (0 in front)."""
    try:
        tin.validate(digits)
    except ValidationError as error:
        raise BadInput("the check digit of this Thai number is wrong", todo="a digit is mistyped: copy it again") from error
    return ("tax number of a company",) if digits[0] == "0" else (NATIONAL_ID,)


def singapore_business(text: str) -> str:
    """A Unique Entity Number, its form and check letter verified; PayNow lets a business add three signs of its own, which stay."""
    found = _UEN_SUFFIX.match(text)
    for number in (text, found[1] if found else ""):
        if number and uen.is_valid(number):
            return text
    raise BadInput("not a Singapore UEN: its form or its check letter is wrong", todo="one is written as 201403121W: copy it again")


def singapore_id(text: str) -> tuple[str, ...]:
    """Notes on an NRIC or FIN, its check letter verified where the rule is public (not for numbers that begin with M)."""
    found = _NRIC.match(text)
    if found is None:
        raise BadInput("not a Singapore NRIC or FIN", todo="one is written as S1234567D: copy it again")
    kind, digits, letter = found[1], found[2], found[3]
    if kind == "M":
        return (NATIONAL_ID, "check letter not verified")
    total = sum(weight * int(sign) for weight, sign in zip(_WEIGHTS, digits, strict=True)) + (4 if kind in "TG" else 0)
    if _LETTERS[kind][total % 11] != letter:
        raise BadInput("the check letter of this NRIC or FIN is wrong", todo="a sign is mistyped: copy it again")
    return (NATIONAL_ID,)


def malaysian_id(digits: str) -> tuple[str, ...]:
    """Notes on twelve Malaysian digits: a MyKad number (date and place of birth are checked), or a company's registration number."""
    if mykad.is_valid(digits):
        return (NATIONAL_ID,)
    if re.match(r"(?:19|20)[0-9]{2}0[1-6][0-9]{6}\Z", digits):
        return ("registration number of a company",)
    raise BadInput("neither a MyKad number nor a company's registration number", todo="check the digits")
