"""What the thing is that an officer typed or pasted: every kind that fits, the likeliest first.

Each kind's own strict reader decides; here is only which kinds are worth asking, by what the text has in it, and their order. When
none fits, the refusal says for each of those kinds why: a bare "not recognised" would leave the officer with nothing to mend.
"""

from __future__ import annotations

import re
from contextlib import suppress

from saksi.model.errors import BadInput
from saksi.observables.digits import plain as folded
from saksi.observables.handle_rules import NAMES
from saksi.observables.kinds import KINDS, normaliser
from saksi.observables.observable import Observable

__all__ = ["detect", "not_in_plan"]

_LONGEST = 10_000
_ID = re.compile(r"(" + "|".join(KINDS) + r")\s*:\s*(.+)\Z", re.DOTALL | re.IGNORECASE)
_QR = re.compile(r"\s*00020[12]\d{2}")
_WALLET = re.compile(r"(?:[a-z0-9 -]{2,12}:(?://)?)?(?:0x)?[A-Za-z0-9]{14,}(?:[?@:].*)?\Z", re.IGNORECASE)
_IP = re.compile(r"[\[(]?[0-9a-f]*[:.\[][0-9a-fx:.\[\](){}%/a-z]*\Z", re.IGNORECASE)
_QUAD = r"(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:[\[({]?\.[\])}]?(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3})"
_NETWORK = re.compile(
    rf"\s*(?:{_QUAD}\s*-\s*{_QUAD}|(?:{_QUAD}|\[?[0-9a-f]*(?::[0-9a-f.]*){{2,8}}\]?)[\[(]?/[\])]?\d{{1,3}})\s*\Z", re.IGNORECASE
)
_LOOSE_AT = re.compile(r"@|[\[({]\s*at\s*[\])}]|\sat\s", re.IGNORECASE)
_LOOSE_DOT = re.compile(r"[.\u3002\uff0e\uff61]|[\[({\s]\s*dot\s*[\])}\s]", re.IGNORECASE)
# Each begins where a word does, so that ten thousand letters are looked at once and not from every letter anew.
_PLATFORM = re.compile(r"(?<![^\W\d_])[^\W\d_]{2,}+\s*[:=\s]\s*\S|(?<![^\W\d_])[^\W\d_]++://|(?<!\S)[^\s./]*+[./]\S*/")
_SPOKEN = re.compile(r"([^\W\d_]++)(?:\s*[:=]|\s)\s*\S")
_SPOKEN_KINDS = ("ip", "handle", "account", "phone")  # what may begin with the name of a platform: fb::1, LINE BK 1234567890
_SCHEME = re.compile(
    r"prompt ?pay|pay ?now|duit ?now|bakong|khqr|qris|nmid|instapay|qr ?ph|fps|mmqr|lao ?qr|upi|vpa|พร้อมเพย์|បាគង|id\d{13}\Z", re.IGNORECASE
)
_IBAN = re.compile(r"(?:iban)?[\s:]*[a-z]{2}\d{2}[\sa-z0-9]{10,}\Z", re.IGNORECASE)
_CARD = re.compile(r"4|5[1-5]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)")
_DIALLED = re.compile(r"\+[\s(]*\d")
# What a reader's refusal says when it knew its kind and found a mistake in it.
_TELLING = {"wallet": ("checksum", "EIP-55"), "account": ("account numbers of", "the IBAN's check digits")}
_NOT_TAKEN = re.compile(r"\Anot taken as [^:]*: ")
_WORDS = {
    "phone": "a phone", "account": "an account", "wallet": "a wallet", "host": "a host", "url": "a URL", "email": "an e-mail address",
    "handle": "an account name", "ip": "an IP address", "network": "a network",
    "imei": "a device number", "proxy": "a payment proxy", "qr": "a payment QR code",
}  # fmt: skip
_UNLIKELY = "not valid in its country's number plan"  # the note of `phone.NOT_IN_PLAN`, named without loading the phones' tables


def detect(text: str, *, country: str | None = None, kind: str | None = None) -> tuple[Observable, ...]:
    """Everything that `text` can be, likeliest first and at least one; `country` is where it was written, `kind` what it is, if known.

    An entity id ("phone:+85512345678") is taken as it is; a kind in front ("phone: 012 345 678") says which kind.
    """
    if not text.strip():
        raise BadInput("nothing was given", todo="type a phone, an account, a wallet, a host, a URL, an e-mail or an account name")
    if len(text) > _LONGEST:
        raise BadInput(f"{len(text)} characters are too many for one value", todo="look up many values as a file")
    if kind is not None:
        return _as(kind, text, country)
    said = _ID.match(text.strip())
    if said is not None and not (said[1].lower() == "qr" and _QR.match(text)):
        return _as(said[1].lower(), said[2], country)
    found: dict[str, Observable] = {}
    refused: list[tuple[str, BadInput]] = []
    for candidate in _worth_asking(text):
        try:
            for one in _as(candidate, text, country):
                found.setdefault(one.entity, one)
        except BadInput as refusal:
            refused.append((candidate, refusal))
    if not found:
        raise _nothing_fits(text, refused)
    if any(one.entity.startswith("ip:") for one in found.values()):  # in some countries most addresses would make a number, too
        return tuple(one for one in found.values() if not one.entity.startswith("phone:"))
    return tuple(sorted(found.values(), key=not_in_plan))


def not_in_plan(one: Observable) -> bool:
    """Whether it is a phone that its country's number plan does not list: taken, because plans grow, but to be minded."""
    return _UNLIKELY in one.notes


def _clearly(text: str, refused: list[tuple[str, BadInput]]) -> list[tuple[str, BadInput]]:
    """The one reason that counts, where the text is clearly of one kind; else all of them."""
    plain = folded(text)
    for kind, refusal in refused:
        if (
            (kind == "handle" and (plain.startswith("@") or _platform_said(plain)))
            or (kind == "phone" and _DIALLED.match(plain))
            or any(word in refusal.what for word in _TELLING.get(kind, ()))
        ):
            return [(kind, refusal)]
    return refused


def _nothing_fits(text: str, refused: list[tuple[str, BadInput]]) -> BadInput:
    refused = _clearly(text, refused)
    why = [f"{_WORDS[kind]}: {_NOT_TAKEN.sub('', refusal.what)}" for kind, refusal in refused]
    todo = "; or ".join(list(dict.fromkeys(refusal.todo for _, refusal in refused if refusal.todo))[:2])
    return BadInput(
        "nothing that can be looked up. " + ("Not " + "; not ".join(why) if why else _too_little(folded(text))),
        todo=todo or "check the spelling, or say what it is and in which country",
    )


def _too_little(plain: str) -> str:
    """What a text lacks that no reader took up."""
    if any(sign.isdigit() for sign in plain):
        return "It is too short for a phone or an account, and has nothing else in it that can be read"
    if any(sign.isalpha() for sign in plain):
        return "It has no digits, dot, @ or known name in it"
    return "It has no letters or digits in it"


def _as(kind: str, text: str, country: str | None) -> tuple[Observable, ...]:
    if kind == "qr":
        from saksi.observables.qr import read_qr

        return read_qr(text).payees
    found = normaliser(kind)(text, country=country)
    if kind == "phone" and (other := _international(found, text)) is not None:
        return (other, found) if not_in_plan(found) else (found, other)
    return (found,)


def _international(found: Observable, text: str) -> Observable | None:
    """A phone that was read in its country's form, read as if its "+" had been left out; None where the plan does not know that."""
    digits = "".join(sign for sign in folded(text) if sign in "0123456789")
    code = found.normal.removeprefix("+").removesuffix(digits)
    if not code or not found.normal.endswith(digits) or not digits.startswith(code):
        return None
    with suppress(BadInput):
        other = normaliser("phone")(f"+{digits}")
        return None if not_in_plan(other) else other
    return None


def _worth_asking(text: str) -> list[str]:
    """The kinds that a text like this can be, likeliest first."""
    if _QR.match(text):
        return ["qr"]
    plain = folded(text)
    if _NETWORK.match(plain):
        return ["network"]
    digits = sum(sign.isdigit() for sign in plain)
    letters = any(sign.isalpha() for sign in plain)
    slash = "/" in plain
    at = _LOOSE_AT.search(plain) is not None
    dotted = _LOOSE_DOT.search(plain) is not None
    spaced = len(plain.split()) > 1
    card = not letters and _of_a_card(plain)
    asked = {
        "wallet": letters and not slash and not at and _WALLET.match(plain) is not None,
        "email": at and not slash,
        "ip": "//" not in plain
        and digits + plain.count(":") >= 2
        and _IP.match(plain) is not None
        and (plain.count(".") + plain.count(":") > 1),
        "proxy": _SCHEME.match(plain) is not None or (at and not dotted),
        "handle": letters and (_PLATFORM.search(plain) is not None or plain[0] == "@") and not (at and dotted and not slash),
        "url": slash and letters,
        "host": letters and dotted and not slash and not at,
        "account": (digits >= 5 or (digits > 0 and letters and spaced)) and not at and not _of_a_url(plain),
        "phone": digits >= 4
        and not at
        and not card
        and not (slash and letters)
        and (not letters or spaced or ":" in plain or digits > len(plain) // 2),
        "imei": 14 <= digits <= 16 and not slash and ("imei" in plain.lower() if letters else not card),
    }
    if _platform_said(plain):
        asked["handle"] = True
        return [kind for kind in _SPOKEN_KINDS if asked[kind]]
    likely = [kind for kind, yes in asked.items() if yes]
    if not likely:
        likely = ["host"] if letters and not spaced else []
    if "wallet" in likely and _IBAN.match(plain):
        likely.remove("wallet")
    return likely


def _platform_said(plain: str) -> bool:
    """Whether a platform is named and then an account, like "x: @jack"; a link with a platform in it says so itself."""
    said = _SPOKEN.match(plain)
    return said is not None and "/" not in plain and said[1].lower() in NAMES


def _of_a_card(plain: str) -> bool:
    """Whether these are the digits of a payment card (ISO/IEC 7812: a known beginning, sixteen digits, a Luhn check digit)."""
    digits = [int(sign) for sign in plain if sign in "0123456789"]
    doubled = [digit if place % 2 else sum(divmod(2 * digit, 10)) for place, digit in enumerate(digits)]
    return len(digits) == 16 and _CARD.match("".join(map(str, digits))) is not None and sum(doubled) % 10 == 0


def _of_a_url(plain: str) -> bool:
    """Whether the text has the slashes of a URL, which no account number has."""
    return "://" in plain or re.search(r"\.\w+/", plain) is not None
