"""A request to recall as an ISO 20022 camt.056.001.08 message (FIToFIPaymentCancellationRequest), which a bank can take in by machine.

The `.08` version is the one that SEPA and cross-border payments speak. The sender is an authority and not a bank, so it is named as a party
without a BIC. Only what is known of the original payment is written: a bank that cannot match it by account and amount will ask.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree import ElementTree as Xml

from saksi.actions import Kind, Money, Request, Target
from saksi.exchange.office import Office
from saksi.exchange.reference import reference
from saksi.exchange.shown import line
from saksi.model import BadInput

__all__ = ["NAMESPACE", "Payment", "cancellation"]

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.056.001.08"
_UETR = re.compile(r"[a-f0-9]{8}-[a-f0-9]{4}-4[a-f0-9]{3}-[89ab][a-f0-9]{3}-[a-f0-9]{12}", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_AMOUNT = re.compile(r"[0-9]{1,18}(\.[0-9]{1,5})?", re.ASCII)
_CODES = {"fraud": "FRAD", "attempted-fraud": "FRAD"}  # ExternalCancellationReason1Code; other offences go by their own word


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """What is known of the original payment: the payer's reference, the UETR, the day it was settled, its whole amount."""

    end_to_end: str | None = None
    uetr: str | None = None
    settled: str | None = None
    amount: Money | None = None

    def __post_init__(self) -> None:
        if self.uetr is not None and not _UETR.fullmatch(self.uetr):
            raise BadInput("a UETR is a version 4 UUID in small letters", where="uetr")
        if self.settled is not None and not _DATE.fullmatch(self.settled):
            raise BadInput("a day like 2026-01-31 is expected", where="settled")
        if self.end_to_end is not None and not (0 < len(self.end_to_end) <= 35 and self.end_to_end.isprintable()):
            raise BadInput("1 to 35 characters that can be printed are expected", where="end_to_end")


def cancellation(
    asked: Request, office: Office, sent_at: str, *, bic: str | None = None, payments: Mapping[str, Payment] | None = None
) -> bytes:
    """The message for a recall; `payments` by entity id, `bic` the recipient's. Raises BadInput where the format cannot carry it.

    The amount asked for stands in words in each reason; where the payment's whole amount is not given, it is the amount asked for.
    """
    if asked.kind is not Kind.RECALL:
        raise BadInput(f"a {asked.kind.value} request is no recall", where="kind")
    root = Xml.Element("Document", {"xmlns": NAMESPACE})
    top = Xml.SubElement(root, "FIToFIPmtCxlReq")
    assignment = Xml.SubElement(top, "Assgnmt")
    _text(assignment, "Id", asked.id)
    _party(Xml.SubElement(assignment, "Assgnr"), office)
    _bank(Xml.SubElement(Xml.SubElement(assignment, "Assgne"), "Agt"), asked, bic)
    _text(assignment, "CreDtTm", sent_at)
    case = Xml.SubElement(top, "Case")
    _text(case, "Id", asked.id)
    _party(Xml.SubElement(case, "Cretr"), office)
    _text(Xml.SubElement(top, "CtrlData"), "NbOfTxs", str(len(asked.targets)))
    underlying = Xml.SubElement(top, "Undrlyg")
    for number, target in enumerate(asked.targets, 1):
        _transaction(underlying, number, target, asked, office, (payments or {}).get(target.entity) or Payment())
    body: bytes = Xml.tostring(root, encoding="unicode").encode()
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + body


def _transaction(  # noqa: PLR0913, PLR0917 - the elements of one transaction, in the schema's order
    parent: Xml.Element, number: int, target: Target, asked: Request, office: Office, payment: Payment
) -> None:
    if target.money is None:
        raise BadInput("a recall names an amount", where=target.entity)
    made = Xml.SubElement(parent, "TxInf")
    _text(made, "CxlId", f"{asked.id}-{number}")
    for name, value in (("OrgnlEndToEndId", payment.end_to_end), ("OrgnlUETR", payment.uetr)):
        if value is not None:
            _text(made, name, value)
    _amount(made, "OrgnlIntrBkSttlmAmt", payment.amount or target.money)
    if payment.settled is not None:
        _text(made, "OrgnlIntrBkSttlmDt", payment.settled)
    reason = Xml.SubElement(made, "CxlRsnInf")
    _text(Xml.SubElement(reason, "Orgtr"), "Nm", line(office.name, 70))
    why = Xml.SubElement(reason, "Rsn")
    code = _CODES.get(asked.offence)
    _text(why, "Prtry" if code is None else "Cd", code or asked.offence)
    _text(reason, "AddtlInf", f"Reference {reference(asked.id)}: recall {target.money} and nothing above it")
    for at in range(0, min(len(words := line(asked.legal_basis, 900)), 1050), 105):
        if piece := words[at : at + 105].strip():
            _text(reason, "AddtlInf", piece)
    original = Xml.SubElement(made, "OrgnlTxRef")
    _account(Xml.SubElement(Xml.SubElement(original, "CdtrAcct"), "Id"), target.entity)


def _account(parent: Xml.Element, entity: str) -> None:
    kind, _, normal = entity.partition(":")
    first, _, rest = normal.partition(":")
    if kind == "account" and first == "IBAN":
        _text(parent, "IBAN", rest)
        return
    bank, _, number = rest.rpartition(":")
    if kind != "account" or not 0 < len(number) <= 34 or not 0 < len(bank) <= 32:
        raise BadInput("camt.056 recalls from bank accounts only", where=entity[:80])
    other = Xml.SubElement(parent, "Othr")
    _text(other, "Id", number)
    _text(other, "Issr", f"{first}:{bank}")


def _amount(parent: Xml.Element, name: str, money: Money) -> None:
    digits = money.amount.replace(".", "").lstrip("0")
    if not _AMOUNT.fullmatch(money.amount) or len(digits) > 18 or len(money.currency) != 3 or not money.currency.isalpha():
        raise BadInput(f"camt.056 cannot carry {money}: 18 digits, 5 behind the point, a currency of three letters", where="targets")
    Xml.SubElement(parent, name, {"Ccy": money.currency}).text = money.amount


def _party(parent: Xml.Element, office: Office) -> None:
    party = Xml.SubElement(parent, "Pty")
    _text(party, "Nm", line(office.name, 70))
    _text(Xml.SubElement(party, "CtctDtls"), "EmailAdr", office.mail)


def _bank(parent: Xml.Element, asked: Request, bic: str | None) -> None:
    named = Xml.SubElement(parent, "FinInstnId")
    if bic is not None:
        _text(named, "BICFI", bic)
    _text(named, "Nm", line(asked.to.name, 70))


def _text(parent: Xml.Element, name: str, text: str) -> None:
    Xml.SubElement(parent, name).text = text
