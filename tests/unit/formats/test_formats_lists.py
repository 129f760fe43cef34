"""Plain lists, tables of values, the eth-phishing-detect configuration and MISP warning lists."""

from __future__ import annotations

import json

import pytest
from formats_given import GIVEN, take

from saksi.formats.eth_phishing import EthPhishingReader
from saksi.formats.listed import Says
from saksi.formats.ofac import ofac_reader
from saksi.formats.valuelist import ListReader, Table
from saksi.formats.warninglist import WarningListReader
from saksi.model import BadInput

BLOCK = Says(("host", "ip", "url"), (("role", "infrastructure"), ("typology", "t:x")))
SAFE = Says(("host",), (("safeListed", "shared"),))


def test_a_line_each_with_comments_and_defanged() -> None:
    data = (
        b"# list\nbad.example.com\n\nhxxps://worse[.]example[.]org/a?b=1#c\n192.0.2.7\n.below.example.net # all of it\n*.star.example.net\n"
    )
    taken = take(ListReader(GIVEN, BLOCK), data)
    assert taken.said("role") == [
        ("host:bad.example.com", "infrastructure"),
        ("url:https://worse.example.org/a?b=1", "infrastructure"),
        ("ip:192.0.2.7", "infrastructure"),
        ("host:below.example.net", "infrastructure"),
        ("host:star.example.net", "infrastructure"),
    ]
    assert [one.source.locator.row for one in taken.statements[:2]] == [2, 4]  # type: ignore[union-attr]
    assert len(taken.said("typology")) == 5
    assert not taken.rejected


def test_a_hosts_file() -> None:
    data = b"127.0.0.1 localhost\n0.0.0.0 bad.example.com worse.example.com # x\n::1 localhost\nbad.example.org\n"
    taken = take(ListReader(GIVEN, BLOCK, "hosts-file"), data)
    assert [entity for entity, _ in taken.said("role")] == ["host:bad.example.com", "host:worse.example.com"]
    assert taken.why() == [("row 4", "a line of a hosts file begins with 0.0.0.0 or 127.0.0.1")]


def test_a_bare_word_is_no_host() -> None:
    taken = take(ListReader(GIVEN, BLOCK), b"domain\nbad.example.com\n")
    assert len(taken.rejected) == 1
    assert "'domain' is one word, not a host" in taken.rejected[0].reason
    assert taken.rejected[0].original == "domain"


def test_phones_accounts_and_wallets_by_line() -> None:
    says = Says(("phone",), (("role", "infrastructure"),), country="KH")
    assert take(ListReader(GIVEN, says), "០១២ ៣៤៥ ៦៧៨\n".encode()).said("role") == [("phone:+85512345678", "infrastructure")]
    says = Says(("account",), (("role", "suspected-mule"),), country="KH")
    assert take(ListReader(GIVEN, says), b"ABA 000 123 456\n").said("role") == [("account:KH:ABA:000123456", "suspected-mule")]


def test_networks_by_line_and_those_too_wide_to_accuse() -> None:
    data = b"192.0.2.0/24 ; SBL1\n192.0.2.7\n2001:db8::/32\n192.0.2.0-192.0.2.9\n128.0.0.0/7\n2000::/12\n"
    taken = take(ListReader(GIVEN, Says(("network",), (("role", "infrastructure"),))), data)
    assert [entity for entity, _ in taken.said("role")] == ["network:192.0.2.0/24", "ip:192.0.2.7", "network:2001:db8::/32"]
    assert {one.content.schema for one in taken.statements} == {"IpNetwork", "IpAddress"}  # type: ignore[union-attr]
    assert [place for place, _ in taken.why()] == ["row 4", "row 5", "row 6"]
    assert "range" in taken.rejected[0].reason
    assert "wider than /8" in taken.rejected[1].reason
    assert "wider than /19" in taken.rejected[2].reason
    taken = take(ListReader(GIVEN, Says(("network",), (("safeListed", "reserved"),))), b"224.0.0.0/4\n")
    assert taken.said("safeListed") == [("network:224.0.0.0/4", "reserved")]
    assert not take(ListReader(GIVEN, BLOCK), b"192.0.2.0/24\n").statements


@pytest.mark.parametrize("kinds", [("network",), ("host", "ip")])
def test_a_list_accuses_no_private_loopback_or_reserved_address_and_a_safe_list_may_hold_them(kinds: tuple[str, ...]) -> None:
    data = b"127.0.0.1\n192.168.1.1\n0.0.0.0\n198.18.0.1\n::127.0.0.1\n64:ff9b::a00:1\n2002:a00:1::1\n203.0.113.7\n"
    taken = take(ListReader(GIVEN, Says(kinds, (("role", "infrastructure"),))), data)
    assert taken.said("role") == [("ip:203.0.113.7", "infrastructure")]
    assert [place for place, _ in taken.why()] == [f"row {row}" for row in range(1, 8)]
    assert {reason for _, reason in taken.why()} == {"private, loopback and reserved addresses are no one party's, and are not accused"}
    assert len(take(ListReader(GIVEN, Says(kinds, (("safeListed", "reserved"),))), data).said("safeListed")) == 8


def test_a_list_accuses_no_page_on_a_private_address_or_a_name_that_means_one() -> None:
    pages = (
        b"http://192.168.0.1/x",
        b"http://10.0.0.1",
        b"https://[::1]:8443/",
        b"http://[64:ff9b::7f00:1]/",
        b"http://127.0.0.1:8080/pay",
    )
    names = (b"http://localhost/x", b"http://printer.local/", b"http://pay.internal/", b"http://router.home.arpa/")
    data = b"\n".join((*pages, *names, b"http://203.0.113.7/x"))
    taken = take(ListReader(GIVEN, Says(("url",), (("role", "infrastructure"),))), data)
    assert taken.said("role") == [("url:https://203.0.113.7/x", "infrastructure")]
    refused = taken.why()
    assert {reason for _, reason in refused[: len(pages)]} == {
        "private, loopback and reserved addresses are no one party's, and are not accused"
    }
    assert [place for place, _ in refused] == [f"row {row}" for row in range(1, 10)]
    assert len(take(ListReader(GIVEN, Says(("url",), (("safeListed", "reserved"),))), data).said("safeListed")) == 6


def test_a_json_array_and_what_is_not_text_in_it() -> None:
    taken = take(ListReader(GIVEN, SAFE, "json"), b'["*.fleek.co","github.io",5,null,"word"]')
    assert taken.said("safeListed") == [("host:fleek.co", "shared"), ("host:github.io", "shared")]
    assert [place for place, _ in taken.why()] == ["at /2", "at /3", "at /4"]
    assert taken.statements[0].source.locator.pointer == "/0"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"{}", "array"), (b"[", "not JSON"), (b'["\xff"]', "not UTF-8"), (b"[" * 100_000, "nested|not JSON"), (b"", "not JSON"),
        (b'{"a":1,"a":2}', "twice"), (b" " * (25 << 20), "more than"),
    ],
)  # fmt: skip
def test_json_that_is_no_list_is_refused(data: bytes, word: str) -> None:
    with pytest.raises(BadInput, match=word):
        take(ListReader(GIVEN, SAFE, "json"), data)


def test_a_table_with_dates_labels_and_a_word_that_must_stand() -> None:
    table = Table("address", since="added", label="tag", ignore=("n",), expect={"kind": "phish-hack"})
    data = (
        b"address,added,tag,kind,n,more\n0x000000000532b45f47779fce440748893b257865,2024-10-27,Fake_1,phish-hack,1,x\n"
        b"0x000000000532b45f47779fce440748893b257866,2024-10-27,Fake_2,heist,1,x\n0x12,,,phish-hack,1,x\n"
        b"0x000000000532b45f47779fce440748893b257867,yesterday,,phish-hack,1,x\n"
    )
    taken = take(ListReader(GIVEN, Says(("wallet",), (("role", "recipient"),)), "table", table), data)
    assert taken.said("role") == [("wallet:eth:0x000000000532b45f47779fce440748893b257865", "recipient")]
    assert taken.said("label")[0][1] == "Fake_1"
    assert taken.statements[0].content.to_json()["valid_from"] == "2024-10-27"
    assert [place for place, _ in taken.why()] == ["column more", "row 2, column kind", "row 4, column added", "row 3"]
    with pytest.raises(BadInput, match="'address' is missing"):
        take(ListReader(GIVEN, SAFE, "table", Table("address")), b"a,b\n1,2\n")
    with pytest.raises(BadInput, match="stands twice"):
        take(ListReader(GIVEN, SAFE, "table", Table("a")), b"a,a\n1,2\n")


def test_a_currency_says_which_chain() -> None:
    legacy = b"12cbQLTFMXRnSzktFkuoG3eHoMeFtpTu3S"
    data = b"ofac_currency_code,address\nXBT,%b\nBSV,%b\nXBT,TUCsTq7TofTCJRRoHk6RvhMoS2mJLm5Yzq\n" % (legacy, legacy)
    taken = take(ofac_reader(GIVEN), data)
    assert [entity.split(":")[1] for entity, _ in taken.said("role")] == ["btc", "bsv"]
    assert {role for _, role in taken.said("role")} == {"sanctioned"}
    assert "TRON, not of Bitcoin" in taken.rejected[0].reason


@pytest.mark.parametrize(
    "says",
    [
        Says(("nonsense",), (("role", "infrastructure"),)),
        Says(("host",), (("role", "crook"),)),
        Says(("host",), (("safeListed", "nice"),)),
        Says((), ()),
    ],
)
def test_what_a_list_says_must_be_known(says: Says) -> None:
    with pytest.raises(BadInput):
        ListReader(GIVEN, says)


CONFIG = {
    "version": 2,
    "tolerance": 2,
    "fuzzylist": ["metamask.io"],
    "whitelist": ["good.example.com"],
    "blacklist": ["bad.example.com", "word"],
}


def test_blocked_allowed_and_look_alikes() -> None:
    taken = take(EthPhishingReader(GIVEN, BLOCK, SAFE), json.dumps(CONFIG).encode())
    assert taken.said("role") == [("host:bad.example.com", "infrastructure")]
    assert taken.said("safeListed") == [("host:good.example.com", "shared")]
    assert [place for place, _ in taken.why()] == ["at /fuzzylist", "at /blacklist/1"]
    assert taken.rows == 3
    with pytest.raises(BadInput, match="version 3"):
        take(EthPhishingReader(GIVEN, BLOCK, SAFE), json.dumps(CONFIG | {"version": 3}).encode())
    with pytest.raises(BadInput, match="blacklist"):
        take(EthPhishingReader(GIVEN, BLOCK, SAFE), b"[]")


def warning(kind: str, attributes: list[str], values: list[object], name: str = "A list") -> bytes:
    return json.dumps(
        {"name": name, "type": kind, "matching_attributes": attributes, "list": values, "version": 1, "description": "x"}
    ).encode()


@pytest.mark.parametrize(
    ("kind", "attributes", "values", "safe", "why"),
    [
        ("hostname", ["domain"], [".google.ad", "x.example.com"], ["host:google.ad", "host:x.example.com"], []),
        ("hostname", ["domain"], ["*.example.com", "*example.net"], ["host:example.com"], ["the sign '*' cannot stand in a host name"]),
        ("substring", ["email-src"], ["0-mail.com"], ["host:0-mail.com"], []),
        (
            "cidr",
            ["ip-src"],
            ["192.0.2.1/32", "10.0.0.0/8", "2001:db8::1/128", "192.0.2.2", "192.0.2.2/24", "0.0.0.0/0", "224.0.0.0/4"],
            ["ip:192.0.2.1", "network:10.0.0.0/8", "ip:2001:db8::1", "ip:192.0.2.2", "network:224.0.0.0/4"],
            [
                "192.0.2.2/24 is no network: 192.0.2.2 lies inside one (the network is 192.0.2.0/24, the address is 192.0.2.2)",
                "0.0.0.0/0 is the whole internet, not a network (give the networks that are meant)",
            ],
        ),
        (
            "regex",
            ["phone-number"],
            ["/((?:\\+|00)61)?1800160401/g", "/((?:\\+|00)1)?55501([0-9]{2})/g"],
            ["phone:+611800160401"],
            ["a pattern that fits many values, not one value"],
        ),
        ("regex", ["email-src"], ["/^abuse@/i"], [], ["a pattern that fits many values, not one value"]),
        ("string", ["md5", "sha256"], ["00014cb6ebc0e2fb3f83dec061fc8ac1"], [], ["out of scope: a list of file hashes"]),
        ("string", ["domain"], [5, ""], [], ["a text is expected", "an empty text"]),
    ],
)
def test_warning_lists(kind: str, attributes: list[str], values: list[object], safe: list[str], why: list[str]) -> None:
    taken = take(WarningListReader(GIVEN, {"A list": "benign"}), warning(kind, attributes, values))
    assert taken.said("safeListed") == [(entity, "benign") for entity in safe]
    assert [reason for _, reason in taken.why()] == why
    assert taken.rows == len(values)


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (warning("string", ["domain"], [], "Unknown"), "what the list 'Unknown' means is not known"),
        (warning("fuzzy", ["domain"], []), "unknown type 'fuzzy'"),
        (b'{"list": []}', "is expected"),
        (b"[1]", "is expected"),
    ],
)
def test_a_warning_list_nobody_explained_is_refused(data: bytes, word: str) -> None:
    with pytest.raises(BadInput, match=word):
        take(WarningListReader(GIVEN, {"A list": "benign"}), data)
    with pytest.raises(BadInput, match="a warning list is"):
        WarningListReader(GIVEN, {"A list": "nice"})
