"""How a request is named in letters and mails: a reference that people read out, and Message-IDs by which answers thread."""

from __future__ import annotations

import hmac
import re

from saksi.actions import Request
from saksi.model import BadInput

__all__ = ["mail_address", "message_id", "reference", "references_in", "uuid_of"]

_REFERENCE = re.compile(r"\bSK[- ]?([0-9A-F]{4})[- ]?([0-9A-F]{4})[- ]?([0-9A-F]{4})\b", re.IGNORECASE)
_HOST = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*", re.ASCII)


def reference(request: str) -> str:
    """What people read out and type, from a request's id: `SK-01AB-23CD-45EF` (48 bits: enough to find, never enough to trust)."""
    return "SK-" + "-".join(request[at : at + 4].upper() for at in (0, 4, 8))


def references_in(text: str) -> tuple[str, ...]:
    """The references in a text, each once, in order."""
    return tuple(dict.fromkeys("SK-" + "-".join(each.upper() for each in found) for found in _REFERENCE.findall(text)))


def message_id(asked: Request, number: int, domain: str) -> str:
    """The Message-ID of the `number`th mail about a request (from 1): the same whenever it is made again.

    Its first half is keyed with the request's nonce, so that nobody who has not seen a mail can name one.
    """
    if not _HOST.fullmatch(domain):
        raise BadInput(f"not a host name: {domain[:60]!r}", where="domain")
    return f"<{_keyed(asked, f'mail {number}').hex()[:32]}.{number}@{domain}>"


def uuid_of(asked: Request, what: str) -> str:
    """A UUID (version 4 in form) that is the same whenever it is made again for the same request and thing."""
    made = bytearray(_keyed(asked, f"uuid {what}")[:16])
    made[6], made[8] = made[6] & 0x0F | 0x40, made[8] & 0x3F | 0x80
    text = made.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def mail_address(text: str, where: str = "address") -> str:
    """A plain ASCII mail address, its domain in small letters, or BadInput: no names, comments, quotes or routes."""
    local, at, domain = text.rpartition("@")
    domain = domain.lower()
    if not at or len(text) > 254 or len(local) > 64 or not _LOCAL.fullmatch(local) or not _HOST.fullmatch(domain):
        raise BadInput(f"not a plain mail address: {text[:80]!r}", where=where, todo="write name@host.example, a host in ASCII")
    return f"{local}@{domain}"


def _keyed(asked: Request, what: str) -> bytes:
    return hmac.digest(bytes.fromhex(asked.nonce), b"saksi/mail1\0" + f"{asked.id} {what}".encode(), "sha256")
