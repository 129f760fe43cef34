"""A name that payments find an account by: a PromptPay phone, a PayNow UEN, a DuitNow id, a Bakong id, an NMID, an FPS id.

`proxy:<scheme>:<value>`. The scheme is part of the id, because one phone leads to different accounts in different schemes. Values
that are identity numbers carry the note "national-id". The id of the phone itself stays `phone:+...`: a QR code gives both.
A PromptPay biller (`biller/<15 digits>`) is not the PromptPay account of the same tax number, and shops that a bank bills for share the
bank's biller: what the bank calls the shop (`shop/<bank or biller>/<reference>`) tells them apart.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from saksi.model.errors import BadInput
from saksi.observables.banks import bank_countries, find_bank
from saksi.observables.digits import plain as folded
from saksi.observables.email import email
from saksi.observables.national_id import NATIONAL_ID, malaysian_id, singapore_business, singapore_id, thai_id
from saksi.observables.observable import Observable
from saksi.observables.phone import phone

__all__ = ["SCHEMES", "proxy", "scheme_proxy"]

_Value = tuple[str, tuple[str, ...]]  # value in its normal form, notes

_GAPS = re.compile(r"[\s().-]+")
_BAKONG = re.compile(r"([a-z0-9][a-z0-9._-]{0,30})@([a-z0-9]{2,12})\Z")
_UPI = re.compile(r"([a-z0-9][a-z0-9._-]{0,254})@([a-z][a-z0-9]{1,63})\Z")
_NMID = re.compile(r"ID[0-9]{13}\Z")
_QRPH = re.compile(r"([A-Z]{6}[A-Z0-9]{2})(?:XXX)?:([A-Za-z0-9._-]{4,36}(?::[A-Za-z0-9._-]{4,36})?)\Z")
_ACQUIRER = re.compile(r"([0-9]{6}):([A-Za-z0-9._-]{4,36})\Z")
_LAO = re.compile(r"([0-9]{8}):([A-Za-z0-9._-]{4,36})\Z")
_BILLER = re.compile(r"biller/([0-9]{13})([0-9]{2})\Z", re.IGNORECASE)
_SHOP = re.compile(r"shop/([0-9]{3}|[0-9]{15})/([A-Z0-9]{4,20})\Z", re.IGNORECASE)
_PASSPORT = re.compile(r"[A-Z]{1,2}[0-9]{6,9}\Z")
_VPA = re.compile(r"(.+)#([A-Z0-9]{2,20})\Z")
_WORDS: Mapping[str, str] = {
    "promptpay": "promptpay", "prompt pay": "promptpay", "พร้อมเพย์": "promptpay",
    "paynow": "paynow", "pay now": "paynow",
    "duitnow": "duitnow", "duit now": "duitnow",
    "bakong": "bakong", "khqr": "bakong", "បាគង": "bakong",
    "qris": "qris", "nmid": "qris",
    "instapay": "instapay", "qrph": "qrph", "qr ph": "qrph",
    "fps": "fps", "轉數快": "fps", "转数快": "fps",
    "mmqr": "mmqr", "laoqr": "laoqr", "lao qr": "laoqr", "lapnet": "laoqr",
    "upi": "upi", "vpa": "upi",
}  # fmt: skip
_HEAD = re.compile(
    r"(" + "|".join(sorted(map(re.escape, _WORDS), key=len, reverse=True)) + r")(?:\s*(?:id|uen|nric))?\s*[:\s]\s*", re.IGNORECASE
)


def proxy(text: str, *, country: str | None = None) -> Observable:
    """The proxy in `text`: the scheme's name and the value ("PromptPay 081 234 5678"), or a value that only one scheme writes."""
    plain = folded(text)
    if len(plain) > 400:
        raise BadInput("too long for a payment proxy")
    found = _HEAD.match(plain)
    if found is not None:
        return scheme_proxy(_WORDS[found[1].lower()], plain[found.end() :])
    if _NMID.match(plain.upper()):
        return scheme_proxy("qris", plain)
    local = _BAKONG.match(plain.lower())
    if local is not None and (country == "KH" or local[2] in _BAKONG_MARKS or find_bank(local[2], "KH")):
        return scheme_proxy("bakong", plain)
    raise BadInput("it does not say which payment scheme it belongs to", todo=f"put the scheme in front: {', '.join(SCHEMES)}")


def scheme_proxy(scheme: str, value: str) -> Observable:
    """The proxy with this value in this scheme."""
    read = SCHEMES.get(scheme)
    if read is None:
        raise BadInput(f"the payment scheme '{scheme[:30]}' is not known", todo=f"known: {', '.join(SCHEMES)}")
    value = folded(value)
    if not value:
        raise BadInput("the value after the scheme is missing")
    normal, notes = read(value)
    return Observable("proxy", f"{scheme}:{normal}", "PaymentProxy", notes)


# What follows the @ in Bakong ids, where it is not the beginning of a code in the bank table (there: CADI, PPCB ...).
_BAKONG_MARKS = frozenset({"abaa", "wing"})


def _phone(value: str, country: str) -> _Value:
    found = phone(value, country=country)
    return found.normal, found.notes


def _refused(read: Callable[..., object], *values: str) -> bool:
    try:
        read(*values)
    except BadInput:
        return True
    return False


def _promptpay(value: str) -> _Value:
    if (found := _BILLER.match(value)) is not None:
        return value.lower(), (*thai_id(found[1]), f"biller with suffix {found[2]}; many payees may share it")
    if (found := _SHOP.match(value)) is not None:
        return f"shop/{found[1]}/{found[2].upper()}", ("shop of the bank or biller in front",)
    digits = _GAPS.sub("", value)
    if digits.isdigit() and len(digits) == 13 and not digits.startswith("0066"):
        return digits, thai_id(digits)
    if digits.isdigit() and len(digits) == 15:
        return digits, ("e-wallet number",)
    if digits.startswith("0066") and len(digits) == 13:
        value = "+66" + digits[4:]
    return _phone(value, "TH")


def _paynow(value: str) -> _Value:
    compact = _GAPS.sub("", value).upper()
    found = _VPA.match(compact)
    if found is not None:
        inner, notes = _paynow(found[1])
        return f"{inner}#{found[2]}", (*notes, "virtual payment address")
    if re.fullmatch("[STFGM][0-9]{7}[A-Z]", compact) and not compact.startswith("T0"):
        return compact, singapore_id(compact)
    if re.fullmatch(r"\+?[0-9]+", compact) and len(compact.removeprefix("+65").removeprefix("65")) == 8:
        return _phone(compact, "SG")
    if compact.startswith("+"):
        return _phone(compact, "SG")
    return singapore_business(compact), ()


def _duitnow(value: str) -> _Value:
    found = _ACQUIRER.match(value)
    if found is not None:
        return f"{found[1]}:{found[2]}", ("merchant of the acquirer in front",)
    compact = _GAPS.sub("", value).upper()
    if compact.isdigit() and len(compact) == 12:
        if compact.startswith("60") and not _refused(_phone, compact, "MY") and not _refused(malaysian_id, compact):
            raise BadInput("this may be a phone or a MyKad number", todo="write a phone with + in front, or without 60")
        if not compact.startswith("60") or _refused(_phone, compact, "MY"):
            return compact, malaysian_id(compact)
    if _PASSPORT.match(compact):
        return compact, (NATIONAL_ID, "passport number", "not checked")
    return _phone(value, "MY")


def _bakong(value: str) -> _Value:
    found = _BAKONG.match(value.lower())
    if found is None:
        raise BadInput("a Bakong id looks like name@bank", todo="copy it as the app shows it")
    name, bank = found[1], found[2]
    if re.fullmatch("[a-z]{4}kh[a-z0-9]{2}(?:[a-z0-9]{3})?", name) or name == "khqr":
        raise BadInput(f"'{name}@{bank}' is the bank's own id, shared by all its customers", todo="take the account number beside it")
    return f"{name}@{bank}", ()


def _qris(value: str) -> _Value:
    compact = _GAPS.sub("", value).upper()
    if not _NMID.match(compact):
        raise BadInput("an NMID has 'ID' and 13 digits", todo="copy it from below the QR code")
    return compact, ()


def _instapay(value: str) -> _Value:
    return _phone(value, "PH")


def _qrph(value: str) -> _Value:
    found = _QRPH.match(value)
    if found is None or found[1][4:6] not in bank_countries():
        raise BadInput("a QR Ph payee is a BIC and the payee's number, like BNORPHMM:1234567890", todo="take it from the QR code")
    return f"{found[1]}:{found[2]}", ()


def _fps(value: str) -> _Value:
    """An FPS id (7 or 9 digits), a phone (8 digits are a Hong Kong phone) or an e-mail address."""
    if "@" in value:
        found = email(value)
        return found.normal, found.notes
    compact = _GAPS.sub("", value)
    if compact.isdigit() and len(compact) in (7, 9):
        return compact, ()
    if compact.isdigit() and len(compact) < 8:
        raise BadInput("an FPS id has 7 or 9 digits", todo="check the number")
    return _phone(value.replace("-", " "), "HK")


def _mmqr(value: str) -> _Value:
    compact = _GAPS.sub("", value)
    if not re.fullmatch("[0-9]{15}", compact):
        raise BadInput("an MMQR merchant has 15 digits", todo="take it from the QR code")
    return compact, ()


def _laoqr(value: str) -> _Value:
    found = _LAO.match(value)
    if found is None:
        raise BadInput(
            "a Lao QR payee is an institution of 8 digits and the payee's id, like 27710418:mch0000000000001",
            todo="take it from the QR code",
        )
    return f"{found[1]}:{found[2]}", ()


def _upi(value: str) -> _Value:
    found = _UPI.match(value.lower())
    if found is None:
        raise BadInput("a UPI address looks like name@bank, without a dot after the @", todo="copy it as the app shows it")
    return found[0], ()


SCHEMES: Mapping[str, Callable[[str], _Value]] = {
    "promptpay": _promptpay,
    "paynow": _paynow,
    "duitnow": _duitnow,
    "bakong": _bakong,
    "qris": _qris,
    "instapay": _instapay,
    "qrph": _qrph,
    "fps": _fps,
    "mmqr": _mmqr,
    "laoqr": _laoqr,
    "upi": _upi,
}
