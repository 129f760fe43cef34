"""Accounts by the bank in its own column: national codes find their bank, and two unknown banks never share an id."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saksi.formats.local_account import desk_accounts, local_account

DESK = "centre.a.example"


def _one(country: str | None, bank: str, number: str) -> tuple[str | None, str | None]:
    column = desk_accounts(DESK, [number], [country], [bank])
    return column.entities[0], column.reasons[0]


@pytest.mark.parametrize(
    ("country", "first", "second"),
    [("KH", "ធនាគារ កិ", "ធនាគារ កុ"), ("TH", "สหกรณ์ กิ", "สหกรณ์ กุ"), ("LA", "ສະຫະກອນ ກິ", "ສະຫະກອນ ກຸ"), ("MM", "အသင်း ကိ", "အသင်း ကု")],
)
def test_vowel_signs_tell_two_banks_apart(country: str, first: str, second: str) -> None:
    one, other = local_account(DESK, country, first, "12345"), local_account(DESK, country, second, "12345")
    assert one != other
    assert one == f"account-local:{DESK}/{country}/{first.replace(' ', '-')}/12345"


_LETTERS = st.characters(categories=["Lo", "Mn", "Mc"], min_codepoint=0x0E00, max_codepoint=0x109F) | st.characters(
    categories=["Lo", "Mn", "Mc"], min_codepoint=0x1780, max_codepoint=0x17B3
)


@given(st.text(_LETTERS, min_size=1, max_size=6), st.text(_LETTERS, min_size=1, max_size=6))
def test_names_that_differ_give_ids_that_differ(first: str, second: str) -> None:
    same = unicodedata.normalize("NFKC", first) == unicodedata.normalize("NFKC", second)
    one, other = (local_account(DESK, "E", f"coop{name}", "12345") for name in (first, second))
    assert (one == other) == same


@pytest.mark.parametrize(
    ("country", "bank", "number", "entity"),
    [
        ("TH", "004", "1234567891", "account:TH:KASI:1234567891"),
        ("TH", "๐๐๔", "1234567891", "account:TH:KASI:1234567891"),
        ("TH", "4", "1234567891", "account:TH:KASI:1234567891"),
        ("KR", "004", "123456789012", "account:KR:004:123456789012"),
        ("JP", "0001", "1231234567", "account:JP:0001:1231234567"),
        ("JP", "1", "1231234567", "account:JP:0001:1231234567"),
    ],
)
def test_national_codes_are_banks(country: str, bank: str, number: str, entity: str) -> None:
    assert _one(country, bank, number) == (entity, None)


@pytest.mark.parametrize(("country", "bank"), [("VN", "970436"), ("SG", "7171")])
def test_a_national_code_reads_as_the_name_does(country: str, bank: str) -> None:
    name = {"VN": "Vietcombank", "SG": "DBS"}[country]
    found, reason = _one(country, bank, "1234567890")
    assert found is not None, reason
    assert found == _one(country, name, "1234567890")[0]
