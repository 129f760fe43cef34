"""What the vectors cannot say: notes, several payees, what a code's maker wrote, lookalike names, and other people's oracles."""

from __future__ import annotations

import random
from pathlib import Path

import base58
import bech32
import pytest
import yaml
from stdnum import iban

from saksi.model.errors import BadInput
from saksi.observables import base58 as ours58
from saksi.observables import bech32 as ours32
from saksi.observables.account import _IBAN_COUNTRIES, account, accounts
from saksi.observables.banks import bank_countries, banks_named, find_bank, prefix_bank
from saksi.observables.date import date
from saksi.observables.emvco import parse_payload, sealed
from saksi.observables.host import SHARED, host, host_pattern
from saksi.observables.ip import ip
from saksi.observables.kinds import normaliser
from saksi.observables.national_id import NATIONAL_ID
from saksi.observables.proxy import proxy
from saksi.observables.qr import read_qr
from saksi.observables.url import url
from saksi.observables.wallet import wallet

ROOT = Path(__file__).resolve().parents[3]
PROMPTPAY = "29370016A000000677010111" + "01130066812345678"
HEAD = "000201010212"


def test_the_countries_of_the_task_have_banks_and_a_named_source() -> None:
    wanted = {"KH", "TH", "VN", "LA", "MM", "MY", "SG", "ID", "PH", "HK", "CN", "JP", "KR", "AU"}
    assert set(bank_countries()) == wanted
    assert all(table.source and table.checked_against for table in bank_countries().values())
    assert all("; read 20" in compared for table in bank_countries().values() for compared in table.checked_against)


def test_a_bank_that_lists_contradict_each_other_about_makes_no_id() -> None:
    table = yaml.safe_load((ROOT / "resources" / "banks.yaml").read_text("utf-8"))["countries"]
    unverified = [(country, *row[:4]) for country, entry in table.items() for row in entry.get("unverified", ())]
    assert ("VN", "971005", "", "971005", "Viettel Money") in unverified
    for country, code, _, national, _ in unverified:
        assert find_bank(code, country) is None
        assert find_bank(national, country) is None
    with pytest.raises(BadInput, match="no bank '971005'"):
        account("VN:971005:0123456789")


def test_two_legal_entities_of_one_group_share_a_code() -> None:
    for name in ("7302", "9636", "MBBESGSG", "MBBESGS2XXX"):  # the branch and the subsidiary in Singapore
        assert (bank := find_bank(name, "SG")) is not None
        assert bank.code == "MBBE"


def test_a_bank_that_was_renamed_is_found_by_both_names() -> None:
    for country, old, new in (
        ("VN", "DongA Bank", "Vikki Bank"),
        ("JP", "住信SBIネット銀行", "ドコモSMTBネット銀行"),
        ("PH", "SeaBank", "MariBank"),
    ):
        assert find_bank(old, country) is find_bank(new, country) is not None
    assert find_bank("BVB", "VN") is None, "two banks are called so: BaoViet Bank and BVBank"


def test_no_country_of_the_bank_table_has_ibans_and_all_iban_countries_are_known_to_stdnum() -> None:
    assert not _IBAN_COUNTRIES & set(bank_countries())
    for country in _IBAN_COUNTRIES:
        assert iban._ibandb.info(country + "00")[0][1], country


def test_a_bank_is_found_by_each_of_its_names() -> None:
    names = ("ABA", "aba bank", "ABAAKHPP", "abaakhppxxx", "ธนาคาร ABA", "Advanced Bank of Asia", "អេប៊ីអេ")
    assert {bank.code for name in names if (bank := find_bank(name, "KH"))} == {"ABA"}
    assert all(find_bank(name, "KH") for name in names)
    assert find_bank("ABAAKHPPXXX", "TH") is None
    assert [bank.country for bank in banks_named("standard chartered")] == ["HK", "ID", "KR", "MY", "PH", "SG", "TH", "VN"]
    assert (bank := prefix_bank("484799", "AU")) is not None
    assert bank.name == "Suncorp Bank"
    assert prefix_bank("999999", "AU") is None


def test_an_account_names_its_bank_in_a_note_only() -> None:
    assert account("ABA 000123456", country="KH").notes == ("ABA Bank",)
    card = account("工商银行 6222021234567890128", country="CN")
    assert card.entity == "account:CN:CUP:6222021234567890128"
    assert card.notes == ("Industrial and Commercial Bank of China",)


def test_a_column_of_unequal_length_is_a_fault_of_the_caller() -> None:
    with pytest.raises(ValueError, match="shorter"):
        accounts(["ABA 000123456", "ABA 000123457"], ["KH"])


def test_rows_after_the_first_are_read_by_their_own_digits() -> None:
    column = accounts(["ABA 000 123 456", "ABA 000-123-457", "ABA 000123", "ABA 000 123 458"], ["KH"] * 4)
    assert column.entities == ["account:KH:ABA:000123456", "account:KH:ABA:000123457", None, "account:KH:ABA:000123458"]
    cards = accounts(["card 6222021234567890128", "银联 6222021234567890128", "银联 6222021234567890129"], ["CN"] * 3)
    assert cards.entities[1:] == ["account:CN:CUP:6222021234567890128", None]


def test_a_code_says_whom_it_pays_and_what_its_maker_wrote() -> None:
    reading = read_qr(sealed(HEAD + PROMPTPAY + "5303764" + "540510.50" + "5802TH" + "5904Name" + "6007Bangkok"))
    assert [payee.entity for payee in reading.payees] == ["proxy:promptpay:+66812345678", "phone:+66812345678"]
    assert (reading.name, reading.city, reading.country, reading.currency, reading.amount) == ("Name", "Bangkok", "TH", "764", "10.50")
    assert reading.dynamic
    assert reading.schemes == ("promptpay",)
    assert reading.unread == ()
    assert all("from a promptpay QR code" in payee.notes for payee in reading.payees)


def field(tag: str, value: str) -> str:
    return f"{tag}{len(value):02d}{value}"


def test_a_code_of_two_schemes_gives_both_payees_and_says_what_it_could_not_read() -> None:
    paynow = field("26", field("00", "SG.PAYNOW") + field("01", "2") + field("02", "201403121W"))
    incomplete = field("31", field("00", "A0000006150001"))
    reading = read_qr(sealed(HEAD + paynow + PROMPTPAY + incomplete + "5802SG"))
    assert reading.schemes == ("paynow", "promptpay", "duitnow")
    assert [payee.kind for payee in reading.payees] == ["proxy", "proxy", "phone"]
    assert len(reading.unread) == 1
    assert "duitnow, template 31" in reading.unread[0]
    with pytest.raises(BadInput, match="duitnow, template 31"):
        read_qr(sealed(HEAD + incomplete + "5802SG"))


def test_a_shop_stands_before_the_biller_it_shares_and_a_reference_is_no_account() -> None:
    bill = field("30", field("00", "A000000677010112") + field("01", "010754200001101") + field("02", "KB000000000001"))
    shop = field("31", field("00", "A000000677010113") + field("01", "004") + field("02", "KB000000000001") + field("04", "0041234567890"))
    reading = read_qr(sealed(HEAD + bill + shop + "5802TH"))
    assert [payee.entity for payee in reading.payees] == [
        "proxy:promptpay:shop/004/KB000000000001",
        "proxy:promptpay:biller/010754200001101",
    ]
    assert "biller with suffix 01; many payees may share it" in reading.payees[1].notes


def test_an_fps_code_gives_the_phone_or_the_mail_beside_the_proxy() -> None:
    head = HEAD + "26"
    for value, entity in ((field("03", "+852-51234567"), "phone:+85251234567"), (field("04", "pay@example.com"), "email:pay@example.com")):
        template = field("00", "hk.com.hkicl") + value
        reading = read_qr(sealed(f"{head}{len(template):02d}{template}5802HK"))
        assert [payee.kind for payee in reading.payees] == ["proxy", entity.partition(":")[0]]
        assert reading.payees[1].entity == entity


def test_a_fault_in_a_code_names_its_offset() -> None:
    broken = sealed(HEAD + field("29", field("00", "A000000677010111") + "0199short") + "5802TH")
    with pytest.raises(BadInput) as refusal:
        parse_payload(broken)
    assert refusal.value.where == "template 29, offset 36"  # 12 before the template, 4 of its head, 20 of its first field
    assert broken[36:40] == "0199"
    with pytest.raises(BadInput) as refusal:
        parse_payload(HEAD + "58zzTH6304ABCD")
    assert refusal.value.where == "offset 12"


@pytest.mark.parametrize(
    ("read", "text", "next_"),
    [
        ("proxy", "paynow:201912345K", "one is written as 201403121W"),
        ("account", "JP:MUFG:1234567", "both the branch (3 digits) and the number (7) are needed"),
    ],
)
def test_a_refusal_says_what_is_missing_and_guesses_at_nobodys_number(read: str, text: str, next_: str) -> None:
    with pytest.raises(BadInput) as refused:
        normaliser(read)(text)
    assert next_ in refused.value.todo
    assert "looks like" not in refused.value.todo


@pytest.mark.parametrize(
    ("text", "what"), [("1 มี.ค. 69", "no year of four digits"), ("2024 2025", "two years"), ("2024 May June", "two months")]
)
def test_a_date_says_what_it_has_too_little_or_too_much_of(text: str, what: str) -> None:
    with pytest.raises(BadInput, match=what):
        date(text)


def test_identity_numbers_are_marked() -> None:
    assert NATIONAL_ID in proxy("paynow S1234567D").notes
    assert NATIONAL_ID in proxy("duitnow 880101-14-5500").notes
    assert NATIONAL_ID not in proxy("promptpay 0107542000011").notes
    assert NATIONAL_ID not in proxy("promptpay 081 234 5678").notes


def test_notes_say_what_the_id_of_a_host_does_not_hold() -> None:
    assert host("example.com:8080").notes == ("port 8080 left out",)
    assert host("github.io").notes == (SHARED,)
    assert "looks like apple.com" in host("аррӏе.com").notes
    assert "mixes scripts: Cyrillic, Latin" in host("аpple.com").notes
    assert "looks like metamask.io" in host("metamąsk.io").notes
    assert host("黑貓宅配.top").notes == ("shown as 黑貓宅配.top",)
    assert host_pattern("*.example.com") == (host("example.com"), True)
    assert host_pattern(".example.com") == (host("example.com"), True)
    assert host_pattern("example.com") == (host("example.com"), False)


def test_notes_say_what_was_left_out_of_a_url_or_an_address() -> None:
    assert url("http://user:secret@example.com/#x").notes == ("found as http", "credentials before the host left out", "fragment left out")
    assert "secret" not in url("http://user:secret@example.com/").normal
    assert ip("10.0.0.1").notes == ("private or documentation range: many networks use it",)
    assert ip("127.0.0.1").notes == ("loopback: the machine itself",)
    assert ip("8.8.8.8").notes == ()
    assert ip("::ffff:8.8.8.8").notes == ("was written as an IPv4-mapped IPv6 address",)
    assert wallet("r9cZA1mLK5R5Am25ArfXFmqgNwjZgnfk59?dt=1").notes == ("destination tag 1 of r9cZA1mLK5R5Am25ArfXFmqgNwjZgnfk59",)


def test_base58_and_bech32_agree_with_the_packages() -> None:
    chance = random.Random(7)
    for _ in range(300):
        raw = chance.randbytes(chance.randrange(5, 60))
        text = base58.b58encode_check(raw).decode()
        assert ours58.check_decode(text) == raw
        assert ours58.check_encode(raw) == text
        program = chance.randbytes(chance.choice([20, 32]))
        segwit = bech32.encode("bc", 0, program)
        prefix, values, kind = ours32.decode(segwit)
        assert (prefix, values[0], kind) == ("bc", 0, ours32.BECH32)
        assert ours32.to_bytes(values[1:]) == program
        wrong = segwit[:10] + chance.choice("qpzry9x8gf2tvdw0s3jn54khce6mua7l") + segwit[11:]
        theirs = bech32.decode("bc", wrong)[0] is not None
        assert theirs == (outcome(wrong) is not None)


def outcome(text: str) -> str | None:
    try:
        return wallet(text).entity
    except BadInput:
        return None
