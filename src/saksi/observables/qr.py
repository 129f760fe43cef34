"""Who a payment QR code pays: accounts and proxies of PromptPay, PayNow, DuitNow, KHQR, VietQR, QRIS, QR Ph, FPS, MMQR and Lao QR.

One code may hold several payees and one payee several names (a proxy and its phone), so `read_qr` gives them all; `qr` gives the first.
Names and places in the code are what its maker wrote: they are given as text, never as entities.
Sources: Thai QR Payment standard (Bank of Thailand), SGQR/PayNow specification (ABS), DuitNow QR MPM (PayNet, AID A0000006150001), KHQR
guideline (National Bank of Cambodia), VietQR (NAPAS, AID A000000727), QRIS (Bank Indonesia), QR Ph (BSP/PPMI), FPS (HKICL, hk.com.hkicl),
Myanmar QR (com.mmqrpay.www), Lao QR (LAPNet, AID A005266284662577). None of them was opened: fields follow public programs that write and
read such codes, and were compared with codes made by them (docs/adr/0026).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from saksi.model.errors import BadInput
from saksi.observables.account import bank_account
from saksi.observables.banks import find_bank
from saksi.observables.email import email
from saksi.observables.emvco import Payload, parse_fields, parse_payload
from saksi.observables.observable import Observable
from saksi.observables.phone import phone
from saksi.observables.proxy import scheme_proxy

__all__ = ["QrReading", "looks_like_qr", "qr", "read_qr"]

_Fields = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class QrReading:
    """What a payment QR code says: whom it pays (at least one entity), in which schemes, and what its maker wrote beside it.

    `payees` are the entities, most specific first; `unread` says why a part that should name a payee names none.
    """

    schemes: tuple[str, ...]
    payees: tuple[Observable, ...]
    name: str
    city: str
    country: str
    currency: str
    amount: str
    dynamic: bool
    unread: tuple[str, ...]


def looks_like_qr(text: str) -> bool:
    """Whether the text begins and ends as a payment QR code does."""
    return re.match(r"\s*00020[12].*6304[0-9A-Fa-f]{4}\s*\Z", text, re.DOTALL) is not None


def qr(text: str, *, country: str | None = None) -> Observable:
    """The first payee of a payment QR code."""
    del country
    return read_qr(text).payees[0]


def read_qr(text: str) -> QrReading:
    """Everybody whom the payment QR code in `text` pays; `BadInput` when its structure or checksum is wrong, or nobody is named."""
    payload = parse_payload(text)
    schemes: dict[str, None] = {}
    payees: dict[str, Observable] = {}
    unread: list[str] = []
    found = {tag: _scheme(tag, template, payload) for tag, template in payload.accounts.items()}
    for tag in sorted(found, key=lambda tag: found[tag] == "promptpay-bill"):  # a shop's own id before the biller it shares
        scheme, template = found[tag], payload.accounts[tag]
        if scheme is None:
            continue
        schemes[scheme] = None
        try:
            for payee in _READERS[scheme](template):
                payees.setdefault(payee.entity, replace(payee, notes=(*payee.notes, f"from a {scheme} QR code")))
        except BadInput as refusal:
            unread.append(f"{scheme}, template {tag}: {refusal.what}")
    if not payees:
        why = "; ".join(unread) or "none of its payment schemes is known here"
        raise BadInput(f"the QR code is well made but names no payee that can be read: {why}", todo="keep the text of the code")
    fields = payload.fields
    return QrReading(
        tuple(schemes), tuple(payees.values()), fields.get("59", ""), fields.get("60", ""), fields.get("58", ""), fields.get("53", ""),
        fields.get("54", ""), payload.dynamic, tuple(unread),
    )  # fmt: skip


_AIDS: Mapping[str, str] = {
    "A000000677010111": "promptpay", "A000000677010114": "promptpay", "A000000677010112": "promptpay-bill",
    "A000000677012006": "promptpay-bill", "A000000677010113": "promptpay-shop",
    "SG.PAYNOW": "paynow", "A0000006150001": "duitnow", "A000000727": "vietqr", "ID.CO.QRIS.WWW": "qris",
    "COM.P2PQRPAY": "qrph", "PH.PPMI.P2M": "qrph-merchant", "PH.PPMI.P2MICRO": "qrph-merchant", "HK.COM.HKICL": "fps",
    "COM.MMQRPAY.WWW": "mmqr", "A005266284662577": "laoqr",
}  # fmt: skip


def _scheme(tag: str, template: _Fields, payload: Payload) -> str | None:
    """The scheme of a template by its globally unique identifier; KHQR has none and is known by its tag and its name@bank."""
    name = template.get("00", "")
    if tag in ("29", "30") and "@" in name and payload.fields.get("58", "KH") == "KH":
        return "khqr"
    return _AIDS.get(name.upper())


def _promptpay(fields: _Fields) -> list[Observable]:
    if "04" in fields:
        return [bank_account("TH", fields["04"][:3], fields["04"][3:])]
    value = next((fields[tag] for tag in ("01", "02", "03") if tag in fields), None)
    if value is None:
        raise BadInput("no phone, identity number, e-wallet or account in it")
    return _with_phone(scheme_proxy("promptpay", value))


def _promptpay_bill(fields: _Fields) -> list[Observable]:
    biller = fields.get("01", "")
    if len(biller) != 15 or not biller.isdigit():
        raise BadInput("the biller id has not 15 digits")
    return [scheme_proxy("promptpay", f"biller/{biller}")]


def _promptpay_shop(fields: _Fields) -> list[Observable]:
    """Payment innovation: the bank or biller in 01, its name for the shop in 02 (04 is a reference, never an account)."""
    if "01" not in fields or "02" not in fields:
        raise BadInput("bank or shop is missing in it")
    return [scheme_proxy("promptpay", f"shop/{fields['01']}/{fields['02']}")]


def _paynow(fields: _Fields) -> list[Observable]:
    if "02" not in fields:
        raise BadInput("no proxy value in it")
    return _with_phone(scheme_proxy("paynow", fields["02"]))


def _duitnow(fields: _Fields) -> list[Observable]:
    if "01" not in fields or "02" not in fields:
        raise BadInput("acquirer or merchant is missing in it")
    return [scheme_proxy("duitnow", f"{fields['01']}:{fields['02']}")]


def _khqr(fields: _Fields) -> list[Observable]:
    """The bank's own id (`abaakhppxxx@abaa`) is everybody's: then the account number in field 01 says whose the code is."""
    name, _, mark = fields["00"].lower().partition("@")
    bank = find_bank(name[:8], "KH") or find_bank(mark, "KH")
    found: list[Observable] = []
    faults: list[str] = []
    if bank is not None and "01" in fields:
        try:
            found.append(bank_account("KH", bank.code, fields["01"]))
        except BadInput as refusal:
            faults.append(refusal.what)
    try:
        found.append(scheme_proxy("bakong", fields["00"]))
    except BadInput as refusal:
        faults.append(refusal.what)
    if not found:
        raise BadInput("; ".join(faults))
    return found


def _vietqr(fields: _Fields) -> list[Observable]:
    inner = parse_fields(fields.get("01", ""), inside="template 38, field 01, ")
    if "00" not in inner or "01" not in inner:
        raise BadInput("bank or account is missing in it")
    if fields.get("02") == "QRIBFTTC":
        raise BadInput("it pays a card, whose number is not kept")
    return [bank_account("VN", inner["00"], inner["01"])]


def _qris(fields: _Fields) -> list[Observable]:
    return [scheme_proxy("qris", fields.get("02", ""))]


def _qrph(fields: _Fields) -> list[Observable]:
    """BIC in 01, the payee's account or token in 04, a mobile in 05. Field 03 is one number for all customers of some wallets."""
    bic, number = fields.get("01", "")[:8], fields.get("04", "")
    if not number:
        raise BadInput("no payee's account in it")
    found: list[Observable] = []
    if number.isdigit() and find_bank(bic, "PH"):
        try:
            found.append(bank_account("PH", bic, number))
        except BadInput:
            found.append(scheme_proxy("qrph", f"{bic}:{number}"))
    else:
        found.append(scheme_proxy("qrph", f"{bic}:{number}"))
    if "05" in fields:
        try:
            found.append(phone(fields["05"], country="PH"))
        except BadInput:
            return found
    return found


def _qrph_merchant(fields: _Fields) -> list[Observable]:
    parts = [fields.get("01", "")[:8], fields.get("03", ""), fields.get("04", "")]
    return [scheme_proxy("qrph", ":".join(part for part in parts if part))]


def _fps(fields: _Fields) -> list[Observable]:
    """An FPS id in 02, a phone in 03, an e-mail address in 04; a clearing code in 01 only says which of the payee's banks is asked."""
    if len(fields.get("02", "0000000")) not in (7, 9):
        raise BadInput("an FPS id has 7 or 9 digits")  # eight would be read as a phone
    found: list[Observable] = []
    for tag in ("02", "03", "04"):
        if tag in fields:
            found += _with_phone(scheme_proxy("fps", fields[tag]))
    if not found:
        raise BadInput("no FPS id, phone or e-mail address in it")
    return found


def _mmqr(fields: _Fields) -> list[Observable]:
    return [scheme_proxy("mmqr", fields.get("01", ""))]


def _laoqr(fields: _Fields) -> list[Observable]:
    return [scheme_proxy("laoqr", f"{fields.get('01', '')}:{fields.get('03', '')}")]


def _with_phone(found: Observable) -> list[Observable]:
    """The proxy, and the phone or the e-mail address that it is."""
    value = found.normal.partition(":")[2]
    if "#" in value:
        return [found]
    if value.startswith("+"):
        return [found, phone(value)]
    return [found, email(value)] if "@" in value else [found]


_READERS = {
    "promptpay": _promptpay,
    "promptpay-bill": _promptpay_bill,
    "promptpay-shop": _promptpay_shop,
    "paynow": _paynow,
    "duitnow": _duitnow,
    "khqr": _khqr,
    "vietqr": _vietqr,
    "qris": _qris,
    "qrph": _qrph,
    "qrph-merchant": _qrph_merchant,
    "fps": _fps,
    "mmqr": _mmqr,
    "laoqr": _laoqr,
}
