"""Whatever text comes in: refused with a reason or normal, idempotent, blind to the script of digits, the same in bulk as one by one."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from saksi.model.errors import BadInput
from saksi.observables import base58, bech32
from saksi.observables.account import account, accounts
from saksi.observables.bank_rows import BANK_ROWS
from saksi.observables.banks import bank_countries
from saksi.observables.column import Column
from saksi.observables.defang import refang
from saksi.observables.detect import detect
from saksi.observables.emvco import crc, parse_fields, parse_payload, sealed
from saksi.observables.handle_rules import PLATFORMS
from saksi.observables.host import host, hosts, parents, registrable
from saksi.observables.ip import ip
from saksi.observables.network import network
from saksi.observables.observable import Observable
from saksi.observables.proxy import proxy
from saksi.observables.qr import qr, read_qr
from saksi.observables.url import url, url_host
from saksi.observables.wallet import wallet, wallets

KINDS: dict[str, Callable[..., Observable]] = {
    "account": account, "proxy": proxy, "wallet": wallet, "host": host, "url": url, "ip": ip, "network": network, "qr": qr,
}  # fmt: skip
SCRIPTS = ("០១២៣៤៥៦៧៨៩", "๐๑๒๓๔๕๖๗๘๙", "໐໑໒໓໔໕໖໗໘໙", "၀၁၂၃၄၅၆၇၈၉", "０１２３４５６７８９", "٠١٢٣٤٥٦٧٨٩")  # fmt: skip

label = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
ending = st.sampled_from(["com", "co.uk", "top", "xyz", "com.kh", "github.io", "kobe.jp", "example", "ck", "公司.cn", "рф", "onion"])
name = st.builds(lambda parts, end: ".".join([*parts, end]), st.lists(label, min_size=0, max_size=4), ending)
odd = st.text(st.sampled_from(list("abcXYZ019.:-_/@#?%[](){}*\\ 。០๑黑é\u200b\u200d\u202e\ud800\x00")), max_size=40)
addressed = st.one_of(
    st.text(max_size=60), odd, name, st.builds("{}://{}/{}".format, st.sampled_from(["http", "hxxps", "ftp", ""]), name, odd)
)


def outcome(read: Callable[..., Observable], text: str, **hints: str | None) -> str | BadInput:
    try:
        return read(text, **hints).entity
    except BadInput as refusal:
        return refusal


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=250)
@given(text=addressed, country=st.sampled_from([None, "KH", "th", "AU", "JP", "CN", "XX"]))
@example(text="", country=None)
@example(text="\ud800", country=None)
@example(text="0002016304\ud8001234", country=None)
@example(text="=" * 300, country="KH")
def test_any_text_is_normal_or_refused_with_a_reason(kind: str, text: str, country: str | None) -> None:
    found = outcome(KINDS[kind], text, country=country)
    if isinstance(found, BadInput):
        assert found.what
        return
    again = KINDS["account" if found.startswith("account:") else found.partition(":")[0]]
    assert outcome(again, found.partition(":")[2]) == found


def digits_in(script: str, text: str) -> str:
    return text.translate({ord("0") + value: sign for value, sign in enumerate(script)})


bank_row = st.sampled_from([row for row in BANK_ROWS if row[0] not in ("CN", "AU") and row[1] != "CUP"])


@settings(max_examples=300)
@given(row=bank_row, data=st.data(), script=st.sampled_from(SCRIPTS))
def test_an_account_is_one_in_every_spelling(
    row: tuple[str, str, str, str, str, tuple[int, ...], tuple[str, ...]], data: st.DataObject, script: str
) -> None:
    country, code, bic, _, bank, lengths, _ = row
    number = data.draw(st.text("0123456789", min_size=min(lengths), max_size=min(lengths)))
    expected = f"account:{country}:{code}:{number}"
    gaps = re.sub(r"(.{3})(?=.)", r"\1" + data.draw(st.sampled_from([" ", "-", "  "])), number)
    spellings = [f"{country}:{code}:{number}", f"{country.lower()}:{code}:{number}"]
    if country != "JP":
        spellings += [f"{bank} {gaps}", f"{digits_in(script, gaps)} {bank}", f"{country} {bank}: {number}"]
    if bic:
        spellings += [f"{bic} {number}", f"{bic}XXX/{number}"]
    for text in spellings:
        assert account(text, country=country).entity == expected, text


def test_no_code_of_the_table_means_two_banks() -> None:
    for country, table in bank_countries().items():
        for key, bank in table.keys.items():
            assert bank.country == country
            assert key == key.casefold()
        codes = [row[1] for row in BANK_ROWS if row[0] == country]
        assert len(codes) == len(set(codes))
        assert table.source


banks = st.sampled_from(["ABA", "aba bank", "KBANK", "ACLEDA", "Foo", "HSBC", "CBA", "MUFG"])
codes = st.sampled_from(["ABA", "KASI", "CUP", "062000"])
text_of_account = st.one_of(
    st.builds("{} {}".format, banks, st.text("0123456789 -", max_size=14)),
    st.builds(" {} {}".format, st.sampled_from(["004", "001"]), st.text("0123456789", min_size=10, max_size=10)),
    st.builds("{}:{}:{}".format, st.sampled_from(["KH", "TH", "AU", "CN", "XX"]), codes, st.text("0123456789", max_size=20)),
    st.text(max_size=20),
)


@settings(max_examples=120)
@given(rows=st.lists(st.tuples(text_of_account, st.sampled_from([None, "KH", "TH", "kh", "AU", "JP", "HK", "XX"])), max_size=12))
def test_accounts_in_bulk_are_those_one_by_one(rows: list[tuple[str, str | None]]) -> None:
    column = accounts([text for text, _ in rows], [country for _, country in rows])
    assert_same(column, [outcome(account, text, country=country) for text, country in rows])


@pytest.mark.parametrize("platform", PLATFORMS)
@settings(max_examples=200)
@given(data=st.data(), head=st.sampled_from(["", "user", "username", "id", "user.", "id_", "user_name"]))
def test_a_name_is_read_whole_whatever_it_begins_with(platform: str, data: st.DataObject, head: str) -> None:
    rule = PLATFORMS[platform]
    allowed = "".join(sign for sign in "abx019_.-" if rule.pattern.fullmatch(f"abcde{sign}abcd"))
    middle = data.draw(st.text(allowed, min_size=4, max_size=4))
    text = "".join(sign for sign in head if sign.isalpha() or sign in allowed) + f"a{middle}b"
    assume(rule.pattern.fullmatch(text) is not None)  # two dots together
    spellings = [f"{platform}: {text}", f"{platform}:{text}", f"{platform} id: {text}"]
    if platform != "whatsapp":  # where a bare word is talk
        spellings += [f"{platform} {text}", f"{platform} user {text}"]
    if platform != "line":  # there @ begins an official account's name
        spellings += [f"{platform} @{text}", f"{platform}: @{text}"]
    for spelling in spellings:
        assert [one.entity for one in detect(spelling)] == [f"handle:{platform}:{text}"], spelling


@settings(max_examples=200)
@given(texts=st.lists(addressed, max_size=12))
def test_hosts_in_bulk_are_those_one_by_one(texts: list[str]) -> None:
    assert_same(hosts(texts), [outcome(host, text) for text in texts])


def assert_same(column: Column, single: list[str | BadInput]) -> None:
    assert column.entities == [None if isinstance(found, BadInput) else found for found in single]
    assert column.reasons == [str(found) if isinstance(found, BadInput) else None for found in single]


coin = st.builds(
    lambda version, payload: base58.check_encode(bytes.fromhex(version) + payload),
    st.sampled_from(["00", "05", "30", "32", "1e", "16", "4c", "10", "41", "1cb8", "1cbd", "6f", "80", "ff"]),
    st.binary(min_size=20, max_size=20),
)
evm = st.builds(lambda raw: "0x" + raw.hex(), st.binary(min_size=20, max_size=20))
any_wallet = st.one_of(coin, evm, evm.map(str.upper), st.text(max_size=50), st.text(base58.BITCOIN, min_size=26, max_size=44))


@settings(max_examples=200)
@given(
    rows=st.lists(
        st.tuples(any_wallet, st.sampled_from([None, "BTC", "bch", "LTC", "ETH", "BSC", "USDT", "doge", "xvg", "?"])), max_size=10
    )
)
def test_wallets_in_bulk_are_those_one_by_one(rows: list[tuple[str, str | None]]) -> None:
    column = wallets([text for text, _ in rows], [currency for _, currency in rows])
    assert_same(column, [outcome(wallet, text, currency=currency) for text, currency in rows])
    for entity in column.entities:
        if entity is not None:
            assert wallet(entity.partition(":")[2]).entity == entity


@settings(max_examples=300)
@given(address=coin, at=st.integers(min_value=0), sign=st.sampled_from(base58.BITCOIN))
def test_one_wrong_sign_in_a_wallet_is_refused(address: str, at: int, sign: str) -> None:
    at %= len(address)
    if address[at] == sign or isinstance(outcome(wallet, address), BadInput):
        return
    assert isinstance(outcome(wallet, address[:at] + sign + address[at + 1 :]), BadInput)


@settings(max_examples=200)
@given(payload=st.binary(min_size=20, max_size=20), version=st.sampled_from([0, 8]))
def test_cash_addresses_read_back(payload: bytes, version: int) -> None:
    text = bech32.cash_encode("bitcoincash", version, payload)
    assert bech32.cash_decode("bitcoincash", text) == (version, payload)


@settings(max_examples=200)
@given(payload=st.binary(max_size=60))
def test_base58_reads_back(payload: bytes) -> None:
    assert base58.decode(base58.encode(payload)) == payload


@settings(max_examples=200)
@given(text=name)
def test_parents_end_at_what_one_owner_registered(text: str) -> None:
    found = outcome(host, text)
    if isinstance(found, BadInput):
        return
    normal = found.removeprefix("host:")
    line = parents(normal)
    assert line[0] == normal
    assert line[-1] == registrable(normal)
    assert all(longer.endswith("." + shorter) for longer, shorter in pairwise(line))
    assert {registrable(one) for one in line} == {registrable(normal)}


@settings(max_examples=200)
@given(text=name, path=st.text(max_size=20), defang=st.booleans())
def test_a_url_names_the_host_it_was_made_of(text: str, path: str, defang: bool) -> None:
    found = outcome(host, text)
    if isinstance(found, BadInput):
        return
    written = f"{'hxxps' if defang else 'https'}://{text.replace('.', '[.]') if defang else text}/{path.lstrip('/')}"
    made = outcome(url, written)
    if not isinstance(made, BadInput):
        assert url_host(made.removeprefix("url:")).entity == found


DOTS = ("[.]", "(.)", "{.}", "[dot]", " (dot) ", "[DOT]", "\\.", " dot ")
SCHEMES = ("hxxps://", "hXXps://", "hxxps[:]//", "https[:]//", "https[://]", "h**ps://", "https:\N{SOLIDUS}/")


@settings(max_examples=200)
@given(text=name, data=st.data())
def test_every_way_of_defanging_is_undone(text: str, data: st.DataObject) -> None:
    parts = text.split(".")
    broken = parts[0] + "".join(data.draw(st.sampled_from(DOTS)) + part for part in parts[1:])
    assert refang(broken) == text
    scheme = data.draw(st.sampled_from(SCHEMES))
    assert refang(scheme + broken) == "https://" + text
    assert refang(refang(scheme + broken)) == "https://" + text


tags = st.integers(min_value=0, max_value=99).map("{:02d}".format)
fields = st.dictionaries(tags, st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=20), max_size=8)


@settings(max_examples=200)
@given(made=fields)
def test_fields_read_back_as_they_were_written(made: dict[str, str]) -> None:
    text = "".join(f"{tag}{len(value):02d}{value}" for tag, value in made.items())
    assert parse_fields(text) == made
    assert list(parse_fields(text)) == list(made)


GOOD = sealed("000201010211" + "29370016A000000677010111" + "01130066812345678" + "5802TH5303764")


@settings(max_examples=300)
@given(at=st.integers(min_value=0, max_value=len(GOOD) - 1), sign=st.characters(blacklist_categories=["Cs"]))
def test_no_changed_sign_of_a_payment_code_goes_unseen(at: int, sign: str) -> None:
    changed = GOOD[:at] + sign + GOOD[at + 1 :]
    if changed.upper() == GOOD:
        return
    with pytest.raises(BadInput):
        parse_payload(changed)


@given(cut=st.integers(min_value=0, max_value=len(GOOD) - 1))
def test_no_cut_payment_code_is_read(cut: int) -> None:
    with pytest.raises(BadInput):
        read_qr(GOOD[:cut])


def test_the_checksum_is_that_of_the_standard() -> None:
    assert crc("123456789") == "29B1"  # the check value of CRC-16/CCITT-FALSE
