"""Abuse contacts out of an RDAP answer that somebody saved (RFC 9083): offline, and offered to a person, never used by itself.

Whoever registers a name writes much of such an answer: so an address found here is a proposal for the directory.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from saksi.exchange.reference import mail_address
from saksi.exchange.shown import line
from saksi.model import BadInput

__all__ = ["Contact", "abuse_contacts"]

_LARGEST = 2_000_000
_DEEPEST = 6


@dataclass(frozen=True, slots=True)
class Contact:
    """An address for abuse: what the answer is about (a host or an address block), the roles of whoever has it, their name as it stands."""

    about: str
    address: str
    roles: tuple[str, ...]
    name: str


def abuse_contacts(data: bytes) -> tuple[Contact, ...]:
    """The abuse contacts in one RDAP answer about a domain or a network; none where it names none. Raises BadInput where it is none."""
    if len(data) > _LARGEST:
        raise BadInput(f"an RDAP answer has at most {_LARGEST:,} bytes")
    try:
        whole: object = json.loads(data)
    except (ValueError, RecursionError) as fault:
        raise BadInput(f"not JSON: {fault}") from fault
    if not isinstance(whole, dict) or whole.get("objectClassName") not in {"domain", "ip network"}:
        raise BadInput("an RDAP answer about a domain or a network is expected", where="/objectClassName")
    about = _about(whole)
    made = dict.fromkeys(
        Contact(about, address, roles, name) for roles, card in _abuse(whole, ()) for address, name in _cards(card) if address
    )
    return tuple(made)


def _about(whole: Mapping[str, object]) -> str:
    if whole["objectClassName"] == "domain":
        name = whole.get("ldhName")
        if not isinstance(name, str) or not name.isascii():
            raise BadInput("the answer names no host", where="/ldhName")
        return line(name.lower().rstrip("."), 253)
    try:
        first, last = ipaddress.ip_address(str(whole.get("startAddress"))), ipaddress.ip_address(str(whole.get("endAddress")))
        blocks = list(ipaddress.summarize_address_range(first, last))
    except (ValueError, TypeError) as fault:
        raise BadInput(f"the answer names no address block: {fault}", where="/startAddress") from fault
    return " ".join(str(each) for each in blocks[:8])


def _abuse(value: Mapping[str, object], above: tuple[str, ...], depth: int = 0) -> Iterator[tuple[tuple[str, ...], object]]:
    """Roles and card of each entity whose role is abuse; registrars keep theirs inside their own entity."""
    entities = value.get("entities")
    if depth > _DEEPEST or not isinstance(entities, list):
        return
    for each in entities:
        if not isinstance(each, dict):
            continue
        roles = each.get("roles")
        named = tuple(line(str(role), 40) for role in roles) if isinstance(roles, list) else ()
        if "abuse" in named:
            yield (*above, *named), each.get("vcardArray")
        yield from _abuse(each, (*above, *named), depth + 1)


def _cards(card: object) -> Iterator[tuple[str, str]]:
    """Address and name of a jCard (RFC 7095): rows of name, parameters, type, value."""
    if not isinstance(card, list) or len(card) != 2 or not isinstance(card[1], list):
        return
    rows = [row for row in card[1] if isinstance(row, list) and len(row) >= 4 and isinstance(row[3], str)]
    name = next((line(row[3], 120) for row in rows if row[0] == "fn"), "")
    for row in rows:
        if row[0] == "email":
            try:
                yield mail_address(row[3].strip()), name
            except BadInput:
                continue  # an address that cannot be written to is no contact
