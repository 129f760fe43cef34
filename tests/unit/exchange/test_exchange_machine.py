"""What machines read: XARF reports and camt.056 messages, in the words of those formats and no others."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from xml.etree import ElementTree as Xml

import pytest
from post import HOLD, HOSTILE, OFFICE, ONE, RECALL, SENT, SUSPEND, TAKEDOWN, TWO

from saksi.actions import Money, Target
from saksi.exchange.camt056 import NAMESPACE, Payment, cancellation
from saksi.exchange.reference import mail_address, message_id, reference, references_in, uuid_of
from saksi.exchange.xarf import reports
from saksi.model import BadInput

N = "{" + NAMESPACE + "}"
UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def test_a_page_is_reported_in_the_words_of_xarf() -> None:
    first, whole_host, address = (json.loads(each.data) for each in reports(TAKEDOWN, OFFICE, SENT))
    assert UUID4.fullmatch(first["report_id"])
    assert len({each["report_id"] for each in (first, whole_host, address)}) == 3
    party = {"contact": "requests@centre.a.example", "domain": "centre.a.example", "org": "Centre A (synthetic)"}
    del first["report_id"]
    assert first == {
        "xarf_version": "4.2.0", "timestamp": SENT, "reporter": party, "sender": party, "category": "content", "type": "fraud",
        "fraud_type": "other", "source_identifier": "pay.shop.example", "url": "https://pay.shop.example/login?a=1&b=%3C2%3E",
        "domain": "pay.shop.example", "tags": ["saksi:takedown", "offence:fraud"],
        "description": "Centre A (synthetic) asks to takedown this, reference SK-0123-4567-89AB, until 2026-07-01T00:00:00Z. "
        "Act 1 of A, section 2 The signed letter says why.",
    }  # fmt: skip
    assert (whole_host["source_identifier"], whole_host["url"]) == ("shop.example", "https://shop.example/")
    assert (address["source_identifier"], address["url"]) == ("2001:db8::7", "https://[2001:db8::7]/")
    assert "domain" not in address


def test_a_number_and_a_handle_are_reported_as_senders() -> None:
    made = [json.loads(each.data) for each in reports(SUSPEND, OFFICE, SENT)]
    assert [(each["category"], each["type"], each["protocol"], each["source_identifier"]) for each in made] == [
        ("messaging", "spam", "other", "+9910020030"),
        ("messaging", "spam", "telegram", "telegram:some_name"),
        ("messaging", "spam", "social_media", "facebook:id/100001"),
    ]


def test_what_xarf_has_no_word_for_is_not_dressed_up() -> None:
    for asked, why in ((replace(TAKEDOWN, offence="trafficking"), "no kind for trafficking"), (HOLD, "no abuse report")):
        with pytest.raises(BadInput, match=why):
            reports(asked, OFFICE, SENT)


def test_a_recall_is_written_as_camt056() -> None:
    iban = "account:IBAN:GB29NWBK60161331926819"
    asked = replace(RECALL, targets=(*RECALL.targets, Target(iban, Money("99.00001", "XBD"))))
    payments = {
        ONE: Payment(end_to_end="E2E-1", uetr="12345678-1234-4234-8234-123456789abc", settled="2026-05-30", amount=Money("2000", "XBD"))
    }
    top = Xml.fromstring(cancellation(asked, OFFICE, SENT, bic="BANKXBXB", payments=payments))
    assert top.tag == N + "Document"
    body = top[0]
    assert [each.tag.removeprefix(N) for each in body] == ["Assgnmt", "Case", "CtrlData", "Undrlyg"]
    assert body.findtext(f"{N}Assgnmt/{N}Assgne/{N}Agt/{N}FinInstnId/{N}BICFI") == "BANKXBXB"
    assert body.findtext(f"{N}CtrlData/{N}NbOfTxs") == "3"
    one, two, three = body.findall(f"{N}Undrlyg/{N}TxInf")
    assert [each.tag.removeprefix(N) for each in one] == [
        "CxlId", "OrgnlEndToEndId", "OrgnlUETR", "OrgnlIntrBkSttlmAmt", "OrgnlIntrBkSttlmDt", "CxlRsnInf", "OrgnlTxRef",
    ]  # fmt: skip
    assert (one.find(f"{N}OrgnlIntrBkSttlmAmt").text, one.find(f"{N}OrgnlIntrBkSttlmAmt").attrib) == ("2000", {"Ccy": "XBD"})  # type: ignore[union-attr]
    assert "recall 1200.50 XBD and nothing above it" in str(one.findtext(f"{N}CxlRsnInf/{N}AddtlInf"))
    assert two.findtext(f"{N}OrgnlIntrBkSttlmAmt") == "80"
    assert two.findtext(f"{N}CxlRsnInf/{N}Rsn/{N}Cd") == "FRAD"
    assert two.findtext(f"{N}OrgnlTxRef/{N}CdtrAcct/{N}Id/{N}Othr/{N}Id") == "0002"
    assert three.findtext(f"{N}OrgnlIntrBkSttlmAmt") == "99.00001"
    assert three.findtext(f"{N}OrgnlTxRef/{N}CdtrAcct/{N}Id/{N}IBAN") == "GB29NWBK60161331926819"


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_stay_words_for_machines(text: str) -> None:
    able = "x" + text[:7000]
    asked = replace(RECALL, legal_basis=able, to=replace(RECALL.to, name=able))
    top = Xml.fromstring(cancellation(asked, replace(OFFICE, name=able), SENT))
    assert {each.tag.removeprefix(N) for each in top.iter()} == {
        each.tag.removeprefix(N) for each in Xml.fromstring(cancellation(RECALL, OFFICE, SENT)).iter()
    }
    for each in top.iter():
        assert each.text is None or 0 < len(each.text) <= (105 if each.tag == N + "AddtlInf" else 140)
    for report in reports(replace(TAKEDOWN, legal_basis=able), replace(OFFICE, name=able), SENT):
        made = json.loads(report.data)
        assert len(made["description"]) <= 1000
        assert len(made["reporter"]["org"]) <= 200
        assert made["description"].isprintable()


@pytest.mark.parametrize("money", [Money("0.000001", "XBD"), Money("1", "USDT")])
def test_what_camt056_cannot_carry_is_refused(money: Money) -> None:
    with pytest.raises(BadInput, match=r"camt\.056 cannot carry"):
        cancellation(replace(RECALL, targets=(Target(TWO, money),)), OFFICE, SENT)


def test_a_wallet_is_no_bank_account() -> None:
    with pytest.raises(BadInput, match="bank accounts only"):
        cancellation(replace(RECALL, targets=(Target("wallet:btc:1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", Money("1", "XBD")),)), OFFICE, SENT)


def test_names_of_a_request_are_the_same_whenever_they_are_made() -> None:
    assert message_id(HOLD, 1, "centre.a.example") == message_id(HOLD, 1, "centre.a.example")
    assert (
        len({message_id(HOLD, 1, "a.example"), message_id(HOLD, 2, "a.example"), message_id(replace(HOLD, nonce="2" * 32), 1, "a.example")})
        == 3
    )
    assert HOLD.id not in message_id(HOLD, 1, "a.example")
    assert UUID4.fullmatch(uuid_of(HOLD, "a"))
    assert references_in("re: sk 0123 4567 89ab, SK-0123-4567-89AB and SK-FFFF-0000-1111") == (reference(HOLD.id), "SK-FFFF-0000-1111")
    with pytest.raises(BadInput, match="not a host name"):
        message_id(HOLD, 1, "a.example>\r\nBcc: x")


@pytest.mark.parametrize(
    "text",
    [
        "a@b", "a b@c.example", "a@b.example\r\nBcc: c@d.example", "<a@b.example>", "a@b.example, c@d.example", "a@@b.example",
        "é@b.example", ".a@b.example", "a@" + "b" * 300 + ".example", "@b.example",
    ],
)  # fmt: skip
def test_only_plain_addresses_are_written_to(text: str) -> None:
    with pytest.raises(BadInput, match="plain mail address"):
        mail_address(text)
