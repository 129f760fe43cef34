"""Ringing a webhook: one signed POST to an address that may be hostile, over verified TLS, to networks that are allowed, within seconds.

The name is resolved once, every address it has is judged, and the connection goes to one of those judged, so that a name that changes
between two looks gains nothing. Redirects are not followed. Of the answer only its first line is read. Signed as in Standard Webhooks:
HMAC-SHA256 over id, time and body.
"""

from __future__ import annotations

import base64
import hmac
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias
from urllib.parse import urlsplit

from saksi.model import BadInput

__all__ = ["Call", "Rung", "allowed_networks", "check_hook", "ring", "signature"]

Networks: TypeAlias = "tuple[IPv4Network | IPv6Network, ...]"
SECONDS = 10.0
_LONGEST = 500
_LINE = 1_024
_STATUS = re.compile(rb"HTTP/1\.[01] ([2-5][0-9]{2})(?: |\r)")
_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|[0-9a-f:.]+", re.ASCII)
_NAT64 = IPv6Network("64:ff9b::/96")
_TARGET = re.compile(r"[!-~]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Call:
    """One call: the address, the id by which its recipient knows it again, the time (seconds since 1970), the body, the secret."""

    url: str
    id: str
    at: int
    body: bytes
    secret: str


@dataclass(frozen=True, slots=True)
class Rung:
    """What came of it: `taken` (an answer of 200 to 299), else whether it may be tried `again`; `said` in words, never the other's own."""

    taken: bool
    again: bool
    said: str


def allowed_networks(text: str) -> Networks:
    """The private networks that webhooks may be in, from the setting (separated by blanks or commas). Raises BadInput."""
    try:
        return tuple(ip_network(each) for each in text.replace(",", " ").split())
    except ValueError as fault:
        raise BadInput(f"not a network: {fault}", where="alert_networks", todo="write 10.1.0.0/16") from fault


def check_hook(url: str) -> str:
    """An address that a webhook can have: https, a host, no user, no fragment. Raises BadInput."""
    _parts(url)
    return url


def signature(secret: str, id_: str, at: int, body: bytes) -> str:
    """`v1,` and the base64 of HMAC-SHA256 over `id.time.body`, under the bytes of the secret behind `whsec_`."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return "v1," + base64.b64encode(hmac.digest(key, f"{id_}.{at}.".encode() + body, "sha256")).decode("ascii")


def ring(
    call: Call,
    *,
    networks: Networks = (),
    context: ssl.SSLContext | None = None,
    seconds: float = SECONDS,
    resolve: Callable[[str, int], Iterable[str]] | None = None,
) -> Rung:
    """Make a call, within `seconds` in all but for the resolver's own time. Never raises for what the other side or the network does."""
    end = time.monotonic() + seconds
    try:
        host, port, target = _parts(call.url)
        address = _judged((resolve or _resolved)(host, port), networks)
        if address is None:
            return Rung(taken=False, again=True, said="its host has no address that webhooks may go to")
        with socket.create_connection((address, port), timeout=_left(end)) as plain:
            plain.settimeout(_left(end))
            with (context or ssl.create_default_context()).wrap_socket(plain, server_hostname=host) as line:
                line.settimeout(_left(end))
                line.sendall(_request(call, host, port, target))
                return _answered(line, end)
    except ssl.SSLCertVerificationError:
        return Rung(taken=False, again=True, said="its certificate cannot be verified")
    except TimeoutError:
        return Rung(taken=False, again=True, said=f"no answer within {seconds:g} seconds")
    except BadInput as fault:
        return Rung(taken=False, again=False, said=fault.what)
    except (OSError, UnicodeError) as fault:
        return Rung(taken=False, again=True, said=f"it cannot be reached ({type(fault).__name__})")


def _parts(url: str) -> tuple[str, int, str]:
    """Host, port and target of an address."""
    if len(url) > _LONGEST or not _TARGET.fullmatch(url):
        raise BadInput(f"at most {_LONGEST} printable ASCII characters", where="hook")
    try:
        parts = urlsplit(url)
        port = parts.port or 443
    except ValueError as fault:
        raise BadInput("not an address", where="hook") from fault
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme != "https" or "@" in parts.netloc or parts.fragment or not _HOST.fullmatch(host):
        raise BadInput("a webhook is https://HOST/PATH, without a user or a fragment", where="hook")
    return host, port, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _resolved(host: str, port: int) -> list[str]:
    return [str(place[0]) for *_, place in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _judged(addresses: Iterable[str], networks: Networks) -> str | None:
    """The first of a host's addresses, if calls may go to every one of them: one that is private makes the whole name suspect."""
    first = None
    for text in addresses:
        address = ip_address(text.partition("%")[0])
        inner = _inner(address)
        known = any(each in network for each in (address, inner) for network in networks)
        if not known and (not address.is_global or not inner.is_global or address.is_multicast):
            return None
        first = first or text
    return first


def _inner(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 one leads to, where it does: mapped, 6to4, or by NAT64 (RFC 6052)."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _request(call: Call, host: str, port: int, target: str) -> bytes:
    name = (f"[{host}]" if ":" in host else host) + ("" if port == 443 else f":{port}")
    head = (
        f"POST {target} HTTP/1.1\r\nHost: {name}\r\nUser-Agent: saksi\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(call.body)}\r\n"
        f"Webhook-Id: {call.id}\r\nWebhook-Timestamp: {call.at}\r\n"
        f"Webhook-Signature: {signature(call.secret, call.id, call.at, call.body)}\r\n\r\n"
    )
    return head.encode("ascii") + call.body


def _answered(line: ssl.SSLSocket, end: float) -> Rung:
    """Read the first line of the answer, a few bytes at a time at most until `end`, and nothing behind it."""
    data = b""
    while b"\n" not in data and len(data) < _LINE:
        line.settimeout(_left(end))
        piece = line.recv(_LINE - len(data))
        if not piece:
            break
        data += piece
    found = _STATUS.match(data)
    if found is None:
        return Rung(taken=False, again=True, said="its answer is not HTTP")
    status = int(found[1])
    if 200 <= status < 300:
        return Rung(taken=True, again=False, said=f"it answered {status}")
    return Rung(taken=False, again=status != 410, said=f"it answered {status}" + (": not followed" if status < 400 else ""))


def _left(end: float) -> float:
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
