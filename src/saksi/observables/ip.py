"""An internet address that a scam used: IPv4 or IPv6, read strictly, never looked up.

Old tools read `010.1` as an octal short form and others as 10.0.0.1: such spellings are refused, because two readers would mean
two machines (RFC 6943, section 3.1.1). IPv6 is written as RFC 5952 says.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TypeAlias

from saksi.model.errors import BadInput
from saksi.observables.defang import refang
from saksi.observables.digits import ascii_digits
from saksi.observables.observable import Observable

__all__ = ["Address", "Block", "address", "ip", "looks_like_ip", "mapped", "notes_on"]

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Block: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

_V4_PORT = re.compile(r"^([0-9.]+):([0-9]{1,5})$")
_V6_PORT = re.compile(r"^\[([^\]]*)\](?::([0-9]{1,5}))?$")
_DECIMAL_QUAD = re.compile(r"^[0-9]{1,3}(?:\.[0-9]{1,3}){3}$")
_NUMERIC = re.compile(r"^(?:0[xX][0-9a-fA-F]*|[0-9]+)(?:\.(?:0[xX][0-9a-fA-F]*|[0-9]+)){0,3}\.?$")
_RANGES = (
    ("is_unspecified", "unspecified address"),
    ("is_loopback", "loopback: the machine itself"),
    ("is_link_local", "link-local: valid on one network only"),
    ("is_multicast", "multicast range"),
    ("is_private", "private or documentation range: many networks use it"),
    ("is_reserved", "reserved range"),
)
_MAPPED = "was written as an IPv4-mapped IPv6 address"


def ip(text: str, *, country: str | None = None) -> Observable:
    """The IP address in `text`, defanged or not; a port is dropped with a note, an IPv4-mapped IPv6 address becomes IPv4."""
    del country
    plain, port = _without_port(ascii_digits(refang(text)))
    if "/" in plain:
        raise BadInput("this is a network, not one address", todo="ask for it as a network, or give the single address")
    found, notes = mapped(address(plain))
    notes = ((f"port {port} left out",) if port else ()) + notes
    return Observable("ip", str(found), "IpAddress", (*notes, *notes_on(found)))


def address(plain: str) -> Address:
    """One address without a port, as it is written; never short, octal or hexadecimal forms."""
    if "%" in plain:
        raise BadInput("an IPv6 zone (after '%') means something on one machine only", todo="give the address without the zone")
    try:
        return ipaddress.ip_address(plain)
    except ValueError as error:
        raise BadInput(f"not an IP address: {_why(plain)}", todo="write it like 203.0.113.7 or 2001:db8::1") from error


def mapped(found: Address) -> tuple[Address, tuple[str, ...]]:
    """The IPv4 address behind an IPv4-mapped IPv6 one, with a note; every other as it is."""
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        return found.ipv4_mapped, (_MAPPED,)
    return found, ()


def notes_on(found: Address | Block) -> tuple[str, ...]:
    """What kind of range it is in, where that is a special one."""
    return next(((words,) for test, words in _RANGES if getattr(found, test)), ())


def looks_like_ip(text: str) -> bool:
    """Whether software could read this as an IP address, strict or not: such a text is never taken for a host name."""
    return ":" in text or _NUMERIC.match(text) is not None


def _without_port(text: str) -> tuple[str, str]:
    found = _V6_PORT.match(text) or _V4_PORT.match(text)
    if found is None:
        return text, ""
    port = found[2] or ""
    if port and int(port) > 65535:
        raise BadInput(f"there is no port {port}", todo="ports go up to 65535")
    return found[1], port


def _why(plain: str) -> str:
    if _DECIMAL_QUAD.match(plain):
        parts = plain.split(".")
        if any(int(part) > 255 for part in parts):
            return "a part is larger than 255"
        return "a part has a leading zero, which some programs read as octal"
    if _NUMERIC.match(plain):
        return "short, octal and hexadecimal forms are read differently by different programs"
    if ":" in plain:
        return "the IPv6 groups are malformed"
    return "it has other characters than digits, dots and colons"
