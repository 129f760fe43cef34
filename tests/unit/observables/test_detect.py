"""What an officer types is read as what it is, or refused with the reasons of every kind that it could have been."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saksi.model.errors import BadInput
from saksi.model.vocabulary import SCHEMATA
from saksi.observables.detect import detect, not_in_plan
from saksi.observables.kinds import KINDS, normaliser, observe_column

KHQR = "00020101021129290016abaakhppxxx@abaa0105000125802KH6304"
ONE = [
    ("០១២ ៣៤៥ ៦៧៨", "KH", "phone:+85512345678"),
    ("+85512345678", None, "phone:+85512345678"),
    ("phone:+85512345678", None, "phone:+85512345678"),
    ("phone: 012 345 678", "KH", "phone:+85512345678"),
    ("etherscan.io", None, "host:etherscan.io"),
    ("host:example.com", None, "host:example.com"),
    ("黑貓宅配.top", None, "host:xn--09s945i07cm1q.top"),
    ("hxxps://bad[.]example[.]com/x", None, "url:https://bad.example.com/x"),
    ("bad.example.com/x", None, "url:https://bad.example.com/x"),
    ("0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB", None, "wallet:eth:0xdbf03b407c01e7cd3cbea99509d93f8dddc8c6fb"),
    ("wallet:eth:0xdbf03b407c01e7cd3cbea99509d93f8dddc8c6fb", None, "wallet:eth:0xdbf03b407c01e7cd3cbea99509d93f8dddc8c6fb"),
    ("bitcoin:1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa?amount=1", None, "wallet:btc:1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"),
    ("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", None, "wallet:tron:TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"),
    ("ABA 000 123 456", "KH", "account:KH:ABA:000123456"),
    ("account:KH:ABA:000123456", None, "account:KH:ABA:000123456"),
    ("DE89 3704 0044 0532 0130 00", None, "account:IBAN:DE89370400440532013000"),
    ("6222021234567890128", None, "account:CN:CUP:6222021234567890128"),
    ("203[.]0[.]113[.]7:80", None, "ip:203.0.113.7"),
    ("2001:db8::1", None, "ip:2001:db8::1"),
    ("192.0.2.0/24", "KH", "network:192.0.2.0/24"),
    ("192[.]0[.]2[.]0[/]24", "KH", "network:192.0.2.0/24"),
    ("[2001:db8::]/32", None, "network:2001:db8::/32"),
    ("network:2001:db8::/32", None, "network:2001:db8::/32"),
    ("192.0.2.7/32", None, "ip:192.0.2.7"),
    ("192.0.2.0/pay", None, "url:https://192.0.2.0/pay"),
    ("a [at] example [dot] com", None, "email:a@example.com"),
    ("490154203237518", None, "imei:490154203237518"),
    ("example@aclb", None, "proxy:bakong:example@aclb"),
    ("promptpay 081 234 5678", None, "proxy:promptpay:+66812345678"),
    ("telegram: somename", None, "handle:telegram:somename"),
]


@pytest.mark.parametrize(("text", "country", "entity"), ONE)
def test_one_reading(text: str, country: str | None, entity: str) -> None:
    assert [one.entity for one in detect(text, country=country)] == [entity]


def test_a_profile_link_is_the_account_first_and_then_the_page() -> None:
    assert [one.entity for one in detect("https://t.me/somename")] == ["handle:telegram:somename", "url:https://t.me/somename"]


@pytest.mark.parametrize(
    ("text", "country", "account"),
    [
        ("7171 0123456789", "SG", "account:SG:DBSS:0123456789"),
        ("014 0123456789", "ID", "account:ID:CENA:0123456789"),
        ("0001 1231234567", "JP", "account:JP:0001:1231234567"),
    ],
)
def test_a_bank_code_and_a_number_are_the_account_first_and_never_a_device(text: str, country: str, account: str) -> None:
    found = [one.entity for one in detect(text, country=country)]
    assert found[0] == account
    assert not any(one.startswith("imei:") for one in found)


def test_a_number_that_its_plan_does_not_list_is_taken_with_a_note_and_read_with_a_plus_where_that_fits() -> None:
    (mistyped,) = detect("6681234567", country="TH")
    assert mistyped.entity == "phone:+666681234567"
    assert not_in_plan(mistyped)
    (whole,) = detect("66812345678", country="TH")
    assert whole.entity == "phone:+66812345678"
    assert not not_in_plan(whole)
    two = detect("62812345678", country="ID")  # a fixed line, or a mobile whose + was left out
    assert [one.entity for one in two] == ["phone:+6262812345678", "phone:+62812345678"]
    assert not any(map(not_in_plan, two))


@pytest.mark.parametrize("text", ["x @jack", "X @jack", "x: @jack", "x:jack", "x: jack", "X\uff1ajack", "twitter @jack", "twitter jack"])
def test_a_platform_of_one_letter_is_named_in_every_spelling(text: str) -> None:
    assert [one.entity for one in detect(text)] == ["handle:x:jack"]


@pytest.mark.parametrize(
    ("text", "entity"),
    [
        ("telegram username_x", "handle:telegram:username_x"),
        ("telegram user_x1", "handle:telegram:user_x1"),
        ("telegram userhelp", "handle:telegram:userhelp"),
        ("tiktok @user.name", "handle:tiktok:user.name"),
        ("facebook @some.page", "handle:facebook:somepage"),
        ("facebook user.page1", "handle:facebook:userpage1"),
        ("fb::1", "ip:fb::1"),
    ],
)
def test_a_platform_and_a_name_are_that_account_alone(text: str, entity: str) -> None:
    assert [one.entity for one in detect(text)] == [entity]


@pytest.mark.parametrize(
    ("text", "only"),
    [
        ("facebook zuck", "Not an account name: Facebook gives names of 5 or more"),
        ("tiktok @user.name.", "Not an account name: TikTok gives names of"),
        ("x: jack-of-all", "Not an account name: X gives names of"),
        ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", "Not a wallet: the checksum is wrong"),
        ("bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdx", "Not a wallet: the checksum is wrong"),
        ("+1 555 0100 22 33 44", "Not a phone: the number is too long for its country"),
        ("+1234", "Not a phone: the number is too short for its country"),
        ("BCEL 12", "Not an account: account numbers of Banque pour le Commerce Exterieur Lao have 6 to 20 digits, this has 2"),
        ("BCEL 12345", "Not an account: account numbers of Banque pour le Commerce Exterieur Lao have 6 to 20 digits, this has 5"),
    ],
)
def test_what_is_clearly_of_one_kind_is_refused_for_its_reason_alone(text: str, only: str) -> None:
    with pytest.raises(BadInput) as refusal:
        detect(text)
    assert refusal.value.what.startswith(f"nothing that can be looked up. {only}")
    assert "; not " not in refusal.value.what


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("domain", "not a host"),
        ("192.0.2.1/24", "192.0.2.1 lies inside one"),
        ("192.0.2.0-192.0.2.255", "a range of addresses"),
        ("com", "not a host"),
        ("012345678", "national form"),
        ("0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6Fb", "EIP-55"),
        ("Nowhere Bank 12345678", "no bank 'Nowhere Bank'"),
        ("@somename", "no known platform"),
        (KHQR + "0000", "checksum"),
        ("", "nothing was given"),
        ("!", "no letters or digits"),
        (".....", "no letters or digits"),
        ("12", "too short for a phone or an account"),
        ("+855", "too short for a phone or an account"),
        ("a b", "no digits, dot, @ or known name"),
        ("x" * 20_000, "too many"),
    ],
)
def test_nothing_fits_and_it_says_why(text: str, said: str) -> None:
    with pytest.raises(BadInput) as refusal:
        detect(text)
    assert said in refusal.value.what
    assert refusal.value.todo


@pytest.mark.parametrize("text", ["@somename", " @somename", "@scammer", "@some_name99"])
def test_an_account_name_without_its_platform_is_asked_for_with_it(text: str) -> None:
    with pytest.raises(BadInput, match="Not an account name: no known platform is named") as refusal:
        detect(text)
    assert refusal.value.todo == "give the profile link, or platform and name, for example telegram:somename"


def test_a_known_kind_is_the_only_one_asked() -> None:
    assert [one.entity for one in detect("etherscan.io", kind="url")] == ["url:https://etherscan.io/"]
    with pytest.raises(BadInput, match="one word"):
        detect("domain", kind="host")
    with pytest.raises(BadInput, match="not a kind"):
        detect("domain", kind="planet")


@settings(max_examples=300)
@given(
    text=st.one_of(st.text(max_size=40), st.text(st.sampled_from("aB0:./@+- 1\ud800្៩"), max_size=30)), country=st.sampled_from([None, "KH"])
)
def test_any_text_gives_normal_forms_or_a_reason(text: str, country: str | None) -> None:
    try:
        found = detect(text, country=country)
    except BadInput as refusal:
        assert refusal.what
        return
    assert found
    for one in found:
        assert one.schema in SCHEMATA
        assert [again.entity for again in detect(one.entity)] == [one.entity]


@pytest.mark.parametrize("part", ["n", "ไ", "1", ".", "a.", "a/", "a ", "a@", "(", "1:", "0xa", "[.]", " dot ", "+1 "])
def test_the_longest_text_is_read_or_refused_at_once(part: str) -> None:
    text = "aa" + part * (9_990 // len(part))
    began = time.process_time()
    with suppress(BadInput):
        detect(text)
    assert time.process_time() - began < 1.5  # a pattern that begins anew at each letter took six


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.one_of(st.sampled_from([row[0] for row in ONE]), st.text(max_size=12)), st.sampled_from([None, "KH"])), max_size=8
    )
)
def test_columns_say_what_the_kind_itself_says(kind: str, rows: list[tuple[str, str | None]]) -> None:
    column = observe_column(kind, [text for text, _ in rows], [country for _, country in rows])
    for row, (text, country) in enumerate(rows):
        try:
            assert column.entities[row] == normaliser(kind)(text, country=country).entity
            assert column.reasons[row] is None
        except BadInput as refusal:
            assert column.entities[row] is None
            assert column.reasons[row] == str(refusal)


def test_columns_of_different_length_are_refused() -> None:
    with pytest.raises(BadInput, match="2 values but 1 countries"):
        observe_column("host", ["a.com", "b.com"], [None])


def test_every_schema_is_a_word_of_the_domain() -> None:
    samples = {
        "phone": "+85512345678",
        "account": "KH:ABA:000123456",
        "wallet": "0x" + "0" * 40,
        "host": "example.com",
        "url": "example.com/a",
    }
    samples |= {
        "email": "a@example.com",
        "handle": "telegram:somename",
        "ip": "203.0.113.7",
        "imei": "490154203237518",
        "proxy": "upi name@bank",
    }
    for kind, text in samples.items():
        assert normaliser(kind)(text).schema in SCHEMATA


def test_a_host_is_looked_up_without_the_tables_of_phones() -> None:
    source = Path(__file__).resolve().parents[3] / "src"
    code = (
        "import sys; from saksi.observables.detect import detect; detect('etherscan.io'); "
        "print('numpy' in sys.modules, 'phonenumbers' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env={"PYTHONPATH": str(source)})
    assert done.stdout.split() == ["False", "False"]
