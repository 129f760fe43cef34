"""The text inside a payment QR code: tags, lengths and values, closed by a checksum (EMV QR Code, Merchant-Presented Mode, 1.1).

Read strictly: one wrong length and everything after it would be read as something else, so each fault is refused with the offset
where it stands. A field is two digits of id, two digits of length in characters, then the value; ids 26-51, 62, 64 and 80-99 are
templates that hold fields again. The last field is the CRC-16/CCITT-FALSE of everything before it, `6304` included, over UTF-8.
"""

from __future__ import annotations

import re
from binascii import crc_hqx
from collections.abc import Mapping
from dataclasses import dataclass

from saksi.model.errors import BadInput

__all__ = ["Payload", "crc", "parse_fields", "parse_payload", "sealed"]

_LONGEST = 4096
_DIGITS = frozenset("0123456789")
_FORMATS = ("01", "02")  # "02" is what the newest DuitNow QR codes say
_CRC = re.compile("[0-9A-Fa-f]{4}")
_TODO = "scan the code again, or copy its text whole"


@dataclass(frozen=True, slots=True)
class Payload:
    """A payload whose checksum is right: its fields by id, and the templates that hold merchant accounts (ids 26 to 51) read in turn.

    `accounts` maps a template's id to its fields by id; `dynamic` says that the code was made for one payment.
    """

    fields: Mapping[str, str]
    accounts: Mapping[str, Mapping[str, str]]

    @property
    def dynamic(self) -> bool:
        """Whether the code is for one payment (point of initiation "12") and not for many."""
        return self.fields.get("01") == "12"


def parse_payload(text: str) -> Payload:
    """The payload in `text`, its structure and checksum verified."""
    text = text.strip()
    if len(text) > _LONGEST:
        raise BadInput(f"{len(text)} characters are too many for a payment QR code", todo=_TODO)
    if not text.startswith("0002"):
        raise BadInput("not a payment QR code: it does not begin with its format field", where="offset 0", todo=_TODO)
    fields = parse_fields(text)
    if fields["00"] not in _FORMATS:
        raise BadInput(f"the format '{fields['00']}' is not known", where="offset 4", todo=_TODO)
    _check_crc(text, fields)
    accounts = {}
    for tag, value in fields.items():
        if "26" <= tag <= "51":
            accounts[tag] = parse_fields(value, offset=_offset(fields, tag) + 4, inside=f"template {tag}, ")
    return Payload(fields, accounts)


def parse_fields(text: str, *, offset: int = 0, inside: str = "") -> dict[str, str]:
    """The fields of a payload or of a template, in their order. `offset` is where `text` begins, `inside` what holds it."""
    fields: dict[str, str] = {}
    at = 0
    while at < len(text):
        where = f"{inside}offset {offset + at}"
        head = text[at : at + 4]
        if len(head) < 4 or not _DIGITS.issuperset(head):
            raise BadInput(f"expected two digits of id and two of length, found {head!r}", where=where, todo=_TODO)
        tag, length = head[:2], int(head[2:])
        value = text[at + 4 : at + 4 + length]
        if len(value) < length:
            raise BadInput(f"field {tag} says {length} characters and only {len(value)} are left", where=where, todo=_TODO)
        if length == 0:
            raise BadInput(f"field {tag} is empty", where=where, todo=_TODO)
        if tag in fields:
            raise BadInput(f"field {tag} stands twice: two readers would pay two accounts", where=where, todo=_TODO)
        fields[tag] = value
        at += 4 + length
    return fields


def crc(text: str) -> str:
    """CRC-16/CCITT-FALSE (polynomial 1021, start FFFF) of the text in UTF-8, as four capital hexadecimal digits."""
    try:
        return f"{crc_hqx(text.encode('utf-8'), 0xFFFF):04X}"
    except UnicodeEncodeError as error:
        raise BadInput("the text holds half a character", todo=_TODO) from error


def sealed(body: str) -> str:
    """A payload's text with its checksum field, for making test codes."""
    return f"{body}6304{crc(body + '6304')}"


def _check_crc(text: str, fields: Mapping[str, str]) -> None:
    if list(fields)[-1] != "63" or len(fields["63"]) != 4:
        raise BadInput("the checksum field (63) is missing at the end", where=f"offset {len(text)}", todo=_TODO)
    said = fields["63"]
    if not _CRC.fullmatch(said) or crc(text[:-4]) != said.upper():
        raise BadInput("the checksum is wrong: a sign was changed or lost", where=f"offset {len(text) - 4}", todo=_TODO)


def _offset(fields: Mapping[str, str], wanted: str) -> int:
    at = 0
    for tag, value in fields.items():
        if tag == wanted:
            break
        at += 4 + len(value)
    return at
