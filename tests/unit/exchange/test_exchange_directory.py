"""The directory: who is named for what and why, that it never guesses, conflicts of interest, its files, and RDAP answers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saksi.actions import Party
from saksi.exchange.directory import COVERS, Conflict, Directory, Entry
from saksi.exchange.directory_file import read_csv, read_toml
from saksi.exchange.rdap import Contact, abuse_contacts
from saksi.model import BadInput

TOML = """
[[recipient]]
id = "bank-b"
party = "bank"
name = "Bank B (synthetic)"
address = "fraud@Bank.B.example"
languages = ["km", "en"]
offset = "+07:00"
callback = "+99 400 500 600"
bic = "BANKXBXB"
[recipient.covers]
banks = ["XB:BANKB", "GB:NWBK"]

[[recipient]]
id = "telco-d"
party = "telco"
name = "Telco D"
address = "abuse@telco.d.example"
covers = { phones = ["+9910", "+99100"], handles = ["telegram"] }

[[recipient]]
id = "host-c"
party = "host"
name = "Host C"
address = "abuse@host.c.example"
covers = { hosts = ["shop.example"], networks = ["192.0.2.0/24", "2001:db8::/32"], wallets = ["btc:1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"] }

[[recipient]]
id = "zone"
party = "registrar"
name = "Zone"
address = "abuse@zone.example"
covers = { hosts = ["example"], networks = ["192.0.2.0/25"], proxies = ["promptpay"] }

[[conflict]]
about = "person:minister"
recipient = "bank-b"
reason = "its chair is named in the matter"
instead = "zone"
"""
DIRECTORY = read_toml(TOML.encode())


@pytest.mark.parametrize(
    ("entity", "ids"),
    [
        ("account:XB:BANKB:0001", ["bank-b"]),
        ("account:IBAN:GB29NWBK60161331926819", ["bank-b"]),
        ("account:IBAN:GB29ABCD60161331926819", []),
        ("account:XB:BANKBB:0001", []),
        ("account:XC:BANKB:0001", []),
        ("account-local:centre.a.example/XB/bankb/0001", ["bank-b"]),
        ("account-local:centre.a.example/XC/bankb/0001", []),
        ("account-local:centre.a.example/unknown/bankb/0001", []),
        ("account-local:bankb/0001", []),
        ("phone:+9910020030", ["telco-d"]),
        ("phone:+9920020030", []),
        ("handle:telegram:some_name", ["telco-d"]),
        ("handle:telegramm:some_name", []),
        ("host:shop.example", ["host-c", "zone"]),
        ("host:a.shop.example", ["host-c", "zone"]),
        ("host:ashop.example", ["zone"]),
        ("url:https://a.shop.example:8443/x?y", ["host-c", "zone"]),
        ("url:https://shop.example.evil/x", []),
        ("url:https://user@shop.example/x", ["host-c", "zone"]),
        ("email:a@b.shop.example", ["host-c", "zone"]),
        ("ip:192.0.2.7", ["zone", "host-c"]),
        ("ip:192.0.2.200", ["host-c"]),
        ("network:192.0.0.0/16", []),
        ("url:https://[2001:db8::7]/", ["host-c"]),
        ("wallet:btc:1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", ["host-c"]),
        ("wallet:btc:1BoatSLRHtKNngkdXEeobR76b53LETtpyT", []),
        ("proxy:promptpay:0812345678", ["zone"]),
        ("imei:490154203237518", []),
        ("nonsense", []),
        ("", []),
    ],
)
def test_who_can_act(entity: str, ids: list[str]) -> None:
    found = DIRECTORY.for_entity(entity)
    assert [each.entry.id for each in found.known] == ids
    assert all(each.reason for each in found.known)
    if not ids:
        assert "nobody in the directory covers it" in found.said


def test_the_example_of_the_pages_is_read() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "reference" / "directory.md").read_text(encoding="utf-8")
    toml, table = (part.partition("```")[0] for part in (page.split("```toml\n")[1], page.split("```text\n")[1]))
    assert read_toml(toml.encode()).for_entity("account:XB:BANKB:0001").known[0].entry.id == "bank-b"
    assert read_csv(table.encode()).for_entity("phone:+9910020030").known[0].entry.id == "telco-d"
    assert all(f"`{name}`" in page for name in COVERS)


def test_a_tie_is_for_a_person_to_decide() -> None:
    twins = [Entry(id=each, party=Party.BANK, name=each, address="a@b.example", covers={"banks": ("XB:BANKB",)}) for each in ("one", "two")]
    assert "choose" in Directory(twins).for_entity("account:XB:BANKB:1").said


def test_who_is_in_conflict_is_named_with_whom_to_ask_instead() -> None:
    (known,) = DIRECTORY.for_entity("account:XB:BANKB:0001", named=["person:minister"]).known
    assert known.to.conflict == "its chair is named in the matter"
    assert known.instead is not None
    assert known.instead.id == "zone"
    assert DIRECTORY.recipient("bank-b").conflict is None
    assert DIRECTORY.recipient("bank-b", named=["person:minister"], by_hand=True).conflict is not None


def test_whoever_is_asked_instead_has_no_conflict_of_their_own() -> None:
    both = Directory(
        [DIRECTORY.entry("bank-b"), DIRECTORY.entry("zone")],
        [Conflict("person:x", "bank-b", "r", "zone"), Conflict("person:x", "zone", "r", "bank-b")],
    )
    (known,) = both.for_entity("account:XB:BANKB:0001", named=["person:x"]).known
    assert known.instead is None


def test_what_the_file_says_is_read() -> None:
    entry = DIRECTORY.entry("bank-b")
    assert (entry.address, entry.offset, entry.languages, entry.bic) == ("fraud@bank.b.example", 420, ("km", "en"), "BANKXBXB")
    assert len(DIRECTORY) == 4
    table = "id,party,name,address,languages,offset,banks\nbank-b,bank,Bank B,fraud@bank.b.example,km en,-03:30,XB:BANKB GB:NWBK\n"
    row = read_csv(table.encode("utf-8-sig")).entry("bank-b")
    assert (row.languages, row.offset, row.covers["banks"]) == (("km", "en"), -210, ("XB:BANKB", "GB:NWBK"))


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ('party = "bank"', 'party = "church"', "recipient 1/party"),
        ('"fraud@Bank.B.example"', '"fraud@bank.b.example\\r\\nBcc: a@b.example"', "recipient 1/address"),
        ('id = "telco-d"', 'id = "bank-b"', "bank-b"),
        ('"+9910"', '"0099"', "recipient 2/covers/phones"),
        ('"192.0.2.0/24"', '"192.0.2.1/24"', "recipient 3/covers/networks"),
        ('offset = "+07:00"', 'offset = "+25:00"', "recipient 1/offset"),
        ('offset = "+07:00"', "offset = 7", "recipient 1/offset"),
        ('bic = "BANKXBXB"', 'bic = "BANK"', "recipient 1/bic"),
        ('name = "Zone"', 'name = "Zo\\u202ene"', "recipient 4/name"),
        ('name = "Zone"', 'name = "Zone"\nnmae = "x"', "recipient 4"),
        ('recipient = "bank-b"', 'recipient = "bank-z"', "person:minister"),
        ('instead = "zone"', 'instead = "bank-b"', "person:minister"),
        ('"XB:BANKB"', '"XB:bankb"', "recipient 1/covers/banks"),
        ("[[conflict]]", "[[conflicts]]", "directory"),
        ("[[recipient]]", "[[recipient", "directory"),
    ],
)
def test_a_wrong_word_is_refused_with_its_place(old: str, new: str, where: str) -> None:
    with pytest.raises(BadInput) as met:
        read_toml(TOML.replace(old, new, 1).encode())
    assert met.value.where == where


@pytest.mark.parametrize(
    ("table", "where"),
    [
        ("id,party,name\n", "line 1"),
        ("id,party,name,address,id\n", "line 1"),
        ("id,party,name,address\nbank-b,bank,B\n", "line 2"),
        ("id,party,name,address,banks\nbank-b,bank,B,a@b.example,XB\n", "line 2/covers/banks"),
        ('id,party,name,address\nbank-b,bank,"B', "line 2"),
        ("\xff", "directory"),
    ],
)
def test_a_wrong_row_is_refused_with_its_line(table: str, where: str) -> None:
    with pytest.raises(BadInput) as met:
        read_csv(table.encode("latin-1"))
    assert met.value.where == where


@given(st.binary(max_size=300))
def test_no_file_breaks_it(data: bytes) -> None:
    for read in (read_toml, read_csv, abuse_contacts):
        try:
            read(data)
        except BadInput:
            continue


def _rdap(**more: object) -> bytes:
    abuse = {
        "objectClassName": "entity", "roles": ["abuse"],
        "vcardArray": [
            "vcard",
            [
                ["version", {}, "text", "4.0"], ["fn", {}, "text", "Abuse\u202e Desk"],
                ["email", {}, "text", "abuse@registrar.example"], ["email", {}, "text", "x@y.example\r\nBcc: z@z.example"],
            ],
        ],
    }  # fmt: skip
    registrar = {"objectClassName": "entity", "roles": ["registrar"], "entities": [abuse]}
    return json.dumps({"objectClassName": "domain", "ldhName": "SHOP.EXAMPLE", "entities": [registrar], **more}).encode()


def test_abuse_contacts_are_found_where_registrars_keep_them() -> None:
    assert abuse_contacts(_rdap()) == (Contact("shop.example", "abuse@registrar.example", ("registrar", "abuse"), "Abuse[U+202E] Desk"),)
    network = _rdap(objectClassName="ip network", startAddress="192.0.2.0", endAddress="192.0.2.255")
    assert abuse_contacts(network)[0].about == "192.0.2.0/24"
    assert abuse_contacts(_rdap(entities=[])) == ()


@pytest.mark.parametrize(
    "data",
    [
        b"[]", b"{}", b"[" * 200_000, _rdap(ldhName=5), _rdap(objectClassName="ip network"),
        _rdap(objectClassName="ip network", startAddress="::", endAddress="1.1.1.1"),
    ],
)  # fmt: skip
def test_what_is_no_rdap_answer_is_refused(data: bytes) -> None:
    with pytest.raises(BadInput):
        abuse_contacts(data)
