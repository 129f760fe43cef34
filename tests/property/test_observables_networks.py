"""Networks against the standard library: normal forms, and which of many known ones hold an address."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from saksi.model import BadInput
from saksi.observables.detect import detect
from saksi.observables.ip import Block
from saksi.observables.network import Networks, network, nobodys, normal_address, unaccusable

# Few different bits, so that networks often lie in each other.
near = st.integers(0, 15).map(lambda number: (number >> 2 << 30 | number & 3) & 0xFFFFFFFF)
high = st.one_of(near, st.just(0x20010DB8))
blocks4 = st.builds(lambda first, bits: ipaddress.IPv4Network((first, bits), strict=False), near, st.integers(1, 31))
blocks6 = st.builds(lambda first, bits: ipaddress.IPv6Network((first << 96 | first, bits), strict=False), high, st.integers(1, 127))
blocks = st.one_of(blocks4, blocks6)
single = st.one_of(near.map(ipaddress.IPv4Address), near.map(lambda first: ipaddress.IPv6Address(first << 96 | first)))
SCRIPTS = ("០១២៣៤៥៦៧៨៩", "๐๑๒๓๔๕๖๗๘๙", "０１２３４５６７８９")


def entity_of(block: Block) -> str:
    """The id that a network must have; IPv4-mapped ones are IPv4."""
    inner = getattr(block.network_address, "ipv4_mapped", None)
    return f"network:{inner}/{block.prefixlen - 96}" if inner is not None and block.prefixlen > 96 else f"network:{block}"


@settings(max_examples=300)
@given(block=blocks, script=st.sampled_from(SCRIPTS), defanged=st.booleans())
def test_a_network_is_one_in_every_spelling(block: Block, script: str, defanged: bool) -> None:
    entity = entity_of(block)
    digits = str.maketrans("0123456789", script)
    places = [str(block.network_address), block.network_address.exploded, str(block.network_address).translate(digits)]
    for place in places:
        text = f"{place.replace('.', '[.]') if defanged else place}/{block.prefixlen}"
        assert network(text).entity == entity
        assert network(network(text).normal).entity == entity
    assert normal_address(entity)
    assert [one.entity for one in detect(str(block), country="KH")] == [entity]


@settings(max_examples=300)
@given(address=single, bits=st.integers(0, 129))
@example(address=ipaddress.IPv4Address("192.0.2.1"), bits=24)
def test_a_length_behind_an_address_is_taken_only_where_no_bit_is_lost(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address, bits: int
) -> None:
    text = f"{address}/{bits}"
    try:
        found = network(text).entity
    except BadInput as refusal:
        try:
            meant = ipaddress.ip_network(text, strict=False)
        except ValueError:
            return
        assert meant.network_address != address or bits == 0
        assert bits == 0 or str(meant) in refusal.todo
        return
    assert found == (f"ip:{address}" if bits == address.max_prefixlen else f"network:{ipaddress.ip_network(text)}")


@settings(max_examples=500)
@given(known=st.lists(blocks, max_size=12), more=st.lists(blocks, max_size=3), asked=st.one_of(single, blocks))
def test_what_holds_an_address_is_what_the_standard_library_says(
    known: list[Block], more: list[Block], asked: ipaddress.IPv4Address | ipaddress.IPv6Address | Block
) -> None:
    entity = f"network:{asked}" if isinstance(asked, Block) else f"ip:{asked}"
    own = ipaddress.ip_network(asked)
    holding = [block for block in {*known, *more} if block.version == own.version and block != own and own.subnet_of(block)]  # type: ignore[arg-type]
    expected = tuple(f"network:{block}" for block in sorted(holding, key=lambda block: -block.prefixlen))
    found = Networks(f"network:{block}" for block in known).joined(f"network:{block}" for block in more)
    assert found.around(entity) == expected


@settings(max_examples=200)
@given(
    junk=st.one_of(
        st.text(max_size=20), st.builds("{}:{}/{}".format, st.sampled_from(["ip", "network"]), st.text(max_size=12), st.integers())
    )
)
@example(junk="network:192.0.2.1/24")
@example(junk="network:192.0.2.0/24 ")
@example(junk="network:192.0.2.0/٢٤")
@example(junk="network:fe80::%eth0/64")
@example(junk="ip:192.0.2.1/32")
@example(junk="network:0.0.0.0/0")
def test_ids_that_are_nobodys_normal_form_hold_nothing_and_are_held_by_nothing(junk: str) -> None:
    if normal_address(junk):
        return
    assert not Networks([junk]).around("ip:192.0.2.1")
    assert Networks([junk]).around("ip:fe80::1") == ()
    assert not normal_address(junk.upper() if junk.islower() else junk)


def test_what_is_wider_than_a_registrys_largest_block_is_unaccusable() -> None:
    wide = ["network:128.0.0.0/7", "network:0.0.0.0/1", "network:2000::/18", "network:8000::/1"]
    narrow = ["network:11.0.0.0/8", "network:2001::/19", "network:192.0.2.0/24", "ip:192.0.2.1", "host:example.com", "network:junk"]
    assert all(unaccusable(each) for each in wide)
    assert not any(unaccusable(each) for each in narrow)


def test_what_is_private_loopback_or_reserved_is_nobodys_to_accuse() -> None:
    nobodys = ["0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "169.254.0.9", "172.31.0.1", "192.168.1.1", "239.0.0.1", "255.255.255.255"]
    nobodys += ["198.19.255.255", "::", "::1", "100::7", "fd00::7", "fe80::1", "fec0::1", "ff02::1", "64:ff9b:1::8.8.8.8"]
    blocks = ["10.0.0.0/8", "127.0.0.0/8", "192.168.0.0/24", "192.160.0.0/11", "240.0.0.0/8", "fe80::/64", "2002:a00::/24"]
    beside = ["9.255.255.255", "11.0.0.0", "172.32.0.0", "192.169.0.0", "223.255.255.255", "203.0.113.7", "198.20.0.0", "2001:db8::1"]
    beside += ["100:0:0:1::", "ff0::1", "2001::1"]
    assert all(unaccusable(f"ip:{each}") for each in nobodys)
    assert all(unaccusable(f"network:{each}") for each in blocks)
    assert not any(unaccusable(f"ip:{each}") for each in beside)


@given(
    number=st.one_of(near, st.integers(0, 0xFFFFFFFF), st.sampled_from([10 << 24, (11 << 24) - 1, 0x7F000001, 0xC0A80001])),
    low=st.integers(0, (1 << 80) - 1),
)
@example(number=0x08080808, low=1)
def test_an_ipv6_address_that_carries_an_ipv4_address_is_as_accusable_as_that(number: int, low: int) -> None:
    inside = nobodys(f"ip:{ipaddress.IPv4Address(number)}")
    for carrier in (number, 0x64FF9B << 96 | number, 0x2002 << 112 | number << 80 | low):
        address = ipaddress.IPv6Address(carrier)
        assert nobodys(f"ip:{address}") is nobodys(f"url:https://[{address}]/a") is nobodys(f"url:https://[{address}]:8080/") is inside


def test_a_name_of_the_internet_itself_or_of_every_home_is_nobodys() -> None:
    for each in ("home.arpa", "x.home.arpa", "a.b.home.arpa", "1.0.0.127.in-addr.arpa", "1.0.ip6.arpa", "ipv4only.arpa", "arpa"):
        assert unaccusable(f"host:{each}")
        assert unaccusable(f"url:https://{each}/login")
        assert unaccusable(f"url:http://{each}:8080/")
        for text in (each, f"*.{each}", f"https://{each}/login", f"{each.upper()}."):
            with pytest.raises(BadInput):
                detect(text, country=None)
    for each in ("myarpa.example.com", "home.arpa.example.com", "arpa.com"):
        assert unaccusable(f"host:{each}") is None
        assert unaccusable(f"url:https://{each}/home.arpa") is None
