"""What is valid of one kind is not taken for another: each kind's examples, in countries whose numbers have many lengths."""

from __future__ import annotations

import pytest

from saksi.model.errors import BadInput
from saksi.observables.detect import detect
from saksi.observables.phone import phone
from saksi.observables.phone_bulk import phones

COUNTRIES = (None, "KH", "TH", "LA", "MY", "ID", "US", "DE", "AT", "CN")
NETWORKS = [
    "192.0.2.1/24", "192.0.2.0/24", "10.0.0.1/8", "192.0.2.1 / 24", "192[.]0[.]2[.]1/24", "8.8.8.8 /24", "192.0.2.1-192.0.2.9",
    "192.168.1.1, 192.168.1.2", "１９２.0.2.1／24",
]  # fmt: skip
DATES = ["2026-11-24", "24/11/2026", "11/24/2026", "24.11.2026", "24-11-2026", "2026/11/24", "๒๔/๑๑/๒๕๖๙", "24-11-2569"]
TIMES = ["2026-11-24T14:30:00Z", "2026-11-24 14:30", "14:30", "14:30:15", "18:30-19:00"]
AMOUNTS = ["1,200.50", "1.200,50", "1,200,500.00", "1200.50", "USD 1200.50", "$1,200.50", "1'200.50"]
PLACES = ["11.5564,104.9282", "11.5564, 104.9282", "-11.5564 104.9282", "11°33'23\"N 104°55'42\"E"]
VERSIONS = ["1.2.3.4.5", "1.2.3", "2.31.0", "v1.2.3", "1.0.0-rc1", "192.0.2"]
OTHERS = ["00:1B:44:11:3A:B7", "0x1234", "12:34:56:78:90:12", "123e4567-e89b-12d3-a456-426614174000", "4111 1111 1111 1111"]
NOTHING = [*NETWORKS, *DATES, *TIMES, *AMOUNTS, *PLACES, *VERSIONS, *OTHERS]
ONLY = [
    ("192.0.2.1", "ip:192.0.2.1"),
    ("192.0.2.1:443", "ip:192.0.2.1"),
    ("2001:db8::1", "ip:2001:db8::1"),
    ("10.20.30.40", "ip:10.20.30.40"),
    ("http://192.0.2.1/x", "url:https://192.0.2.1/x"),
    ("example.com:8080", "host:example.com"),
    ("a@example.com", "email:a@example.com"),
    ("telegram:@somename", "handle:telegram:somename"),
    ("DE89 3704 0044 0532 0130 00", "account:IBAN:DE89370400440532013000"),
    ("bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", "wallet:btc:bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"),
    ("imei 490154203237518", "imei:490154203237518"),
    ("+855 12 345 678", "phone:+85512345678"),
]


@pytest.mark.parametrize("country", COUNTRIES)
def test_nothing_is_made_of_what_is_none_of_the_kinds(country: str | None) -> None:
    made = {}
    for text in NOTHING:
        try:
            made[text] = [one.entity for one in detect(text, country=country)]
        except BadInput as refusal:
            assert refusal.what
    assert {text: found for text, found in made.items() if not all(one.startswith(("ip:", "network:")) for one in found)} == {}


@pytest.mark.parametrize("country", COUNTRIES)
@pytest.mark.parametrize(("text", "entity"), ONLY)
def test_each_kind_is_read_as_itself_wherever_it_was_written(text: str, entity: str, country: str | None) -> None:
    assert [one.entity for one in detect(text, country=country)] == [entity]


@pytest.mark.parametrize(
    ("text", "why"),
    [*((text, "network") for text in NETWORKS), *((text, "date") for text in DATES), ("1,200.50", "amount"), ("1.2.3", "version")],
)
def test_a_phone_refuses_them_with_the_reason_alone_and_in_a_column(text: str, why: str) -> None:
    with pytest.raises(BadInput, match="written like") as refusal:
        phone(text, country="DE")
    if "[.]" not in text:
        assert why in refusal.value.what
    assert "+" in refusal.value.todo
    assert phones([text, "+85512345678"], ["DE", None]).normal == [None, "+85512345678"]


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        ("012.345.678", "KH", "+85512345678"),
        ("012/345678", "KH", "+85512345678"),
        ("01.23.45.67.89", "FR", "+33123456789"),
        ("089/123456", "DE", "+4989123456"),
        ("33.12.34.56", "DK", "+4533123456"),
        ("+24-11-2026", None, "+24112026"),
        ("012-345-678", "KH", "+85512345678"),
    ],
)
def test_phones_with_dots_and_slashes_stay_phones(text: str, country: str | None, number: str) -> None:
    found = phones([text], country)
    assert found.e164 == [number]
    if text[0] != "+":
        assert found.normal == [number]
        assert phone(text, country=country).normal == number
    else:
        assert "written like" not in str(found.reason[0])
