"""A network of internet addresses, as lists name it (`192.0.2.0/24`), and which of the known networks hold an address.

A network is written with the bits of its hosts at zero: `192.0.2.1/24` is refused, because some mean the address by it and some the
network (RFC 4632, section 3.1). A network of one address is that address. IPv6 is written as RFC 5952 says.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from functools import cache
from itertools import islice
from socket import AF_INET, AF_INET6, inet_pton  # reads addresses ten times faster than `ipaddress`
from typing import NamedTuple

from saksi.model.errors import BadInput
from saksi.observables.defang import refang
from saksi.observables.digits import ascii_digits
from saksi.observables.ip import address, ip, mapped, notes_on
from saksi.observables.observable import Observable

__all__ = ["NETWORK", "Networks", "network", "nobodys", "normal_address", "unaccusable"]

NETWORK = "network:"  # how the ids of networks begin

_PAGE = re.compile(r"url:https://(?:([0-9.]+)|\[([0-9a-f:.]+)\])[:/]")  # in its normal form
_OF_THE_NET = re.compile(r"(?:host:|url:https?://)(?:[a-z0-9._-]+\.)?arpa(?:[:/]|\Z)")  # RFC 3172
_LENGTH = re.compile(r"0|[1-9][0-9]{0,2}")
_WIDEST = {32: 8, 128: 19}  # a registry's largest block: nothing wider is in one hand (IANA, IPv4 and IPv6 address space registries)
# What every machine or many networks have for themselves, or nobody has (IANA, special-purpose address registries; RFC 6890).
# The ranges for documentation are not among them: nobody's traffic goes there, and invented records name them.
_NOBODYS = (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "198.18.0.0/15",
    "224.0.0.0/3", "64:ff9b:1::/48", "100::/64", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
)  # fmt: skip
# IPv6 networks that have an IPv4 address in them, and behind how many bits: IPv4-compatible (RFC 4291, section 2.5.5.1), NAT64 (RFC 6052,
# section 2.1), 6to4 (RFC 3056, section 2). What has one of nobody's in it is nobody's.
_CARRIERS = (("::", 96), ("64:ff9b::", 96), ("2002::", 16))


def network(text: str, *, country: str | None = None) -> Observable:
    """The network in `text`, defanged or not; a single address, with or without its length (`/32`, `/128`), is an IP."""
    plain = ascii_digits(refang(text))
    place, slash, length = plain.partition("/")
    if not slash:
        if "-" in plain:
            raise _range(plain)
        return ip(text, country=country)
    if not _LENGTH.fullmatch(length):
        raise BadInput(f"'/{length[:20]}' is no prefix length", todo="write the network like 192.0.2.0/24 or 2001:db8::/32")
    first, bits = address(place.removeprefix("[").removesuffix("]")), int(length)
    if bits > first.max_prefixlen:
        raise BadInput(f"a prefix length is at most {first.max_prefixlen} here, not {bits}")
    inner, notes = mapped(first) if bits >= 96 else (first, ())
    bits -= first.max_prefixlen - inner.max_prefixlen
    if bits == inner.max_prefixlen:
        return Observable("ip", str(inner), "IpAddress", (*notes, *notes_on(inner)))
    meant = ipaddress.ip_network((inner, bits), strict=False)
    if meant.network_address != inner:
        raise BadInput(f"{inner}/{bits} is no network: {inner} lies inside one", todo=f"the network is {meant}, the address is {inner}")
    if bits == 0:
        raise BadInput(f"{meant} is the whole internet, not a network", todo="give the networks that are meant")
    return Observable("network", str(meant), "IpNetwork", (*notes, *notes_on(meant)))


def unaccusable(entity: str) -> str | None:
    """Why an address, a network, a host or a page on one cannot be held against anybody: it has in it, or lies on, what is private,
    loopback or reserved, or it is wider than what a registry gives to one party. None for all else."""
    found = _span(entity)
    if found is not None and found.length < _WIDEST[found.bits]:
        return f"a network wider than /{_WIDEST[found.bits]} belongs to many, and is not accused as a whole"
    if nobodys(entity):
        return "private, loopback and reserved addresses are no one party's, and are not accused"
    return None


def nobodys(entity: str) -> bool:
    """Whether an address is private, loopback or reserved, a network has such addresses in it, or a page lies on one; or a host, or a page
    on one, has a name that every home has for itself."""
    if _OF_THE_NET.match(entity):
        return True
    page = _PAGE.match(entity)
    found = _span(f"ip:{page[1] or page[2]}" if page else entity)
    if found is None:
        return False
    first, length, bits = found
    last = first | (1 << bits - length) - 1
    return any(start <= last and first <= end for start, end in _blocks()[bits])


def normal_address(entity: str) -> bool:
    """Whether this is the id of an IP or a network, written as `ip` and `network` write it."""
    try:
        return _span(entity) is not None and network(entity.partition(":")[2]).entity == entity
    except BadInput:
        return False


class _Span(NamedTuple):
    first: int
    length: int
    bits: int  # 32 or 128


class Networks:
    """Known networks, to be asked which of them hold an address or another network.

    One look into a table for each prefix length that occurs, however many networks there are: real lists have about a dozen.
    """

    __slots__ = ("_known",)

    def __init__(self, entities: Iterable[str]) -> None:
        """Ids that are no network's normal form hold nothing."""
        found: dict[int, dict[int, dict[int, str]]] = {32: {}, 128: {}}
        for entity in entities:
            span = _span(entity) if entity.startswith(NETWORK) else None
            if span is not None:
                hosts = span.bits - span.length
                found[span.bits].setdefault(hosts, {})[span.first >> hosts] = entity
        self._known = {bits: sorted(by_hosts.items()) for bits, by_hosts in found.items() if by_hosts}

    def around(self, entity: str) -> tuple[str, ...]:
        """The known networks that hold an IP address or a network (itself left out), the narrowest first; none for other entities."""
        asked = _span(entity) if self._known else None
        if asked is None:
            return ()
        first, length, bits = asked
        held = [known.get(first >> hosts) for hosts, known in self._known.get(bits, ()) if hosts > bits - length]
        return tuple([each for each in held if each is not None])

    def joined(self, entities: Iterable[str]) -> Networks:
        """These and more."""
        return Networks([*(each for known in self._known.values() for _, ids in known for each in ids.values()), *entities])


@cache
def _blocks() -> dict[int, list[tuple[int, int]]]:
    """The first and the last address of each block that is nobody's, as numbers, by how many bits they have."""
    found: dict[int, list[tuple[int, int]]] = {32: [], 128: []}
    for block in map(ipaddress.ip_network, _NOBODYS):
        found[block.max_prefixlen].append((int(block.network_address), int(block.broadcast_address)))
    for carrier, ahead in _CARRIERS:
        start, behind = int(ipaddress.IPv6Address(carrier)), 96 - ahead
        found[128] += [(start + (first << behind), start + (last + 1 << behind) - 1) for first, last in found[32]]
    return found


def _span(entity: str) -> _Span | None:
    """The first address of an IP's or a network's id as a number, and the prefix length; None where the id is neither's."""
    kind, _, normal = entity.partition(":")
    place, slash, length = normal.partition("/")
    if kind != ("network" if slash else "ip") or (slash and not _LENGTH.fullmatch(length)):
        return None
    bits, family = (128, AF_INET6) if ":" in place else (32, AF_INET)
    try:
        first = int.from_bytes(inet_pton(family, place), "big")
    except (OSError, ValueError):
        return None
    if not slash:
        return _Span(first, bits, bits)
    hosts = bits - int(length)
    return _Span(first, int(length), bits) if 0 < hosts < bits and not first & ((1 << hosts) - 1) else None


def _range(plain: str) -> BadInput:
    """Why a range is refused, with the networks that it is made of."""
    todo = "give the networks that it is made of, like 192.0.2.0/24"
    ends = [address(each.strip()) for each in plain.split("-")]
    if len(ends) == 2 and ends[0].version == ends[1].version and int(ends[0]) <= int(ends[1]):
        made = list(islice(ipaddress.summarize_address_range(*ends), 5))
        todo = f"give the networks that it is made of: {', '.join(str(each) for each in made[:4])}{' ...' if len(made) > 4 else ''}"
    return BadInput("this is a range of addresses, not a network", todo=todo)
