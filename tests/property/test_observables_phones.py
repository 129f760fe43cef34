"""Properties of the normal forms of phones, dates, e-mail addresses, account names and device numbers."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Callable

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saksi.model.errors import BadInput
from saksi.observables.date import date
from saksi.observables.digits import ascii_digits, digit_table, plain
from saksi.observables.email import email
from saksi.observables.handle import handle
from saksi.observables.imei import imei, luhn_digit
from saksi.observables.phone import phone
from saksi.observables.phone_bulk import phones

COUNTRIES = st.sampled_from([None, *sorted(phonenumbers.SUPPORTED_REGIONS)])
ZEROS = (0x17E0, 0x0E50, 0x0ED0, 0x1040, 0xFF10, 0x0660, 0x06F0, 0x0966, 0x1D7CE)
PHONE_LIKE = st.text(st.sampled_from("0123456789+-() ./x#~,;*extEXT០១២๓໔၅６\u200e\u00a0abc@:"), max_size=30)
DATE_LIKE = st.text(st.sampled_from("0123456789-/. :tTzZ+apm๒พค年月日កុម្ភៈmayB"), max_size=30)
HANDLE_LIKE = st.builds(
    lambda head, tail: head + tail,
    st.sampled_from(["telegram:", "t.me/", "wa.me/", "line:", "fb.com/", "x:", "tiktok:@", "https://line.me/ti/p/~", "wechat ", "tg://"]),
    st.text(st.sampled_from("abcxyzABC0123456789_.-@~+/?=&%២ "), max_size=24),
)
MAIL_LIKE = st.text(st.sampled_from("abcABC012.@+-_ []()<>dotatéßİ名.comexample២"), max_size=30)
READ: dict[str, Callable[..., object]] = {"phone": phone, "email": email, "handle": handle, "imei": imei, "date": date}


def taken(read: Callable[..., object], text: str, country: str | None) -> object | None:
    try:
        return read(text, country=country)
    except BadInput as refusal:
        assert refusal.what
        assert refusal.todo
        return None


def check_stable(text: str, country: str | None) -> None:
    for read in (phone, email, handle, imei):
        found = taken(read, text, country)
        if found is not None:
            again = READ[found.kind]  # type: ignore[attr-defined]
            for place in (None, country):
                assert again(found.normal, country=place).entity == found.entity  # type: ignore[attr-defined]
    when = taken(date, text, country)
    if when is not None:
        again = date(when.iso, country=country)  # type: ignore[attr-defined]
        assert (again.iso, again.precision) == (when.iso, when.precision)  # type: ignore[attr-defined]


@settings(max_examples=400, deadline=None)
@given(st.one_of(PHONE_LIKE, DATE_LIKE, HANDLE_LIKE, MAIL_LIKE, st.text(max_size=40)), COUNTRIES)
def test_a_normal_form_normalises_to_itself(text: str, country: str | None) -> None:
    check_stable(text, country)


@settings(max_examples=300, deadline=None)
@given(
    COUNTRIES,
    st.sampled_from(["", "+", "00", "0", "1", "8"]),
    st.integers(1, 998),
    st.integers(10**4, 10**12),
    st.booleans(),
)
def test_a_read_phone_reads_as_itself(country: str | None, head: str, code: int, rest: int, with_code: bool) -> None:
    check_stable(f"{head}{code if with_code else ''}{rest}", country)


@settings(max_examples=300, deadline=None)
@given(st.one_of(PHONE_LIKE, DATE_LIKE, HANDLE_LIKE, MAIL_LIKE), COUNTRIES, st.sampled_from(ZEROS))
def test_digits_of_any_script_are_the_same(text: str, country: str | None, zero: int) -> None:
    latin = ascii_digits(text)
    other = "".join(chr(zero + int(c)) if c in "0123456789" else c for c in latin)
    for read in READ.values():
        one, two = taken(read, latin, country), taken(read, other, country)
        if read is date:
            assert (one and one.iso) == (two and two.iso)  # type: ignore[attr-defined]
        else:
            assert (one and one.entity) == (two and two.entity)  # type: ignore[attr-defined]


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(exclude_categories=()), max_size=60), COUNTRIES)
def test_any_text_is_taken_or_refused(text: str, country: str | None) -> None:
    for read in READ.values():
        taken(read, text, country)
    column = phones([text, "+85512345678", text], country)
    assert column.normal[1] == "+85512345678"
    assert column.e164[0] == column.e164[2]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.one_of(PHONE_LIKE, st.text(max_size=300)), COUNTRIES), max_size=40))
def test_a_column_is_its_rows(rows: list[tuple[str, str | None]]) -> None:
    column = phones([text for text, _ in rows], [country for _, country in rows])
    for (text, country), normal in zip(rows, column.normal, strict=True):
        found = taken(phone, text, country)
        assert (found.normal if found else None) == normal  # type: ignore[attr-defined]


@pytest.mark.parametrize("unit", ["0", "+", "a", " ", "០", "(", "@", ".", "\x00", "\ud800", "\u200b", "1 ", "t.me/", "%", "-"])
def test_a_megabyte_is_refused_at_once(unit: str) -> None:
    text = unit * (1_000_000 // len(unit))
    start = time.perf_counter()
    for read in READ.values():
        assert taken(read, text, "KH") is None
    assert phones([text, "012345678"], "KH").normal == [None, "+85512345678"]
    assert time.perf_counter() - start < 2


@pytest.mark.parametrize("text", ["+85512345678", "2024-05-10T14:30", "name@example.com", "telegram:some_name", "490154203237518"])
@pytest.mark.parametrize("other", [None, 12345678, b"+85512345678"])
def test_what_is_no_text_is_refused(text: str, other: object) -> None:
    for read in READ.values():
        with pytest.raises(BadInput):
            read(other)
    assert any(taken(read, text, None) for read in READ.values())


@given(st.integers(0, 10**14 - 1))
@settings(max_examples=100, deadline=None)
def test_one_changed_digit_breaks_the_check_digit(number: int) -> None:
    body = f"{number:014}"
    check = luhn_digit(body)
    for place in range(14):
        changed = body[:place] + str((int(body[place]) + 1) % 10) + body[place + 1 :]
        assert luhn_digit(changed) != check


def test_the_digit_table_is_that_of_unicode() -> None:
    table = digit_table()
    every = [chr(point) for point in range(0x80, 0x110000) if unicodedata.category(chr(point)) == "Nd"]
    assert len(table) == len(every)
    assert all(table[ord(c)] == str(unicodedata.decimal(c)) for c in every)
    formats = [chr(point) for point in range(0x110000) if unicodedata.category(chr(point)) == "Cf"]
    assert plain("".join(formats)) == ""
