"""Phone numbers as they come: the hard mix on which the normaliser is compared with `phonenumbers` and measured.

Every region and every type; valid numbers drawn from the plans' own patterns, example numbers, mutated digits, wrong
lengths, national forms with prefix and carrier code, calling codes without a plus, international prefixes of the
region and "00", formatted forms, extensions, labels, digits of other scripts, odd separators, keypad letters, noise.
Nothing here is a real person's number on purpose: all are drawn at random from a seed.
"""

from __future__ import annotations

import random
import re._parser as sre
from functools import cache
from typing import Any

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumber, PhoneNumberFormat

__all__ = ["Case", "cases", "noise", "reference"]

Case = tuple[str, str | None]
_TYPES = ("fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "voip", "personal_number", "pager", "uan")
_SCRIPTS = tuple("".join(chr(zero + i) for i in range(10)) for zero in (0x17E0, 0xE50, 0xED0, 0x1040, 0xFF10, 0x660, 0x966, 0x6F0))
_SEPARATORS = (" ", "-", ".", " - ", "/", "\u00a0", "\u2011", "\u2013", "\uff0d", "\u3000", "\u200b", "  ", ") ", "\u2060")
_EXTENSIONS = (" ext 12", " ext. 4567", "x123", " x 7", ";ext=99", " extension 5", "#45", ",,12", " доб. 12", " int 3", "~8", " - 503#")
_LABELS = ("Tel: ", "tel:", "Phone ", "WhatsApp: ", "ទូរស័ព្ទ ", "โทร. ", "(", "[", "a1 ", "call me ")
_TAILS = (".", " ", ")", ",", ";", "!", " abc", " x", "*", "#", " or 012345678", "\n", "\u200e", "y", "_")
_NOISE = "0123456789+-() ./x#*;,~abcABCext\u0e50\uff0b\u200e\t\n=:tel"


def _regions() -> list[str]:
    return sorted(phonenumbers.SUPPORTED_REGIONS)


@cache
def _plan(region: str) -> PhoneMetadata:
    return PhoneMetadata.metadata_for_region(region, None)


@cache
def _patterns(region: str) -> list[Any]:
    descriptions = [getattr(_plan(region), name) for name in _TYPES]
    return [sre.parse(d.national_number_pattern) for d in descriptions if d is not None and d.national_number_pattern]


@cache
def _examples(region: str) -> list[PhoneNumber]:
    found = [phonenumbers.example_number_for_type(region, kind) for kind in range(11)]
    return [number for number in found if number is not None]


@cache
def _formats(region: str) -> list[str]:
    styles = (PhoneNumberFormat.INTERNATIONAL, PhoneNumberFormat.NATIONAL, PhoneNumberFormat.RFC3966)
    found = [phonenumbers.format_number(n, style) for n in _examples(region) for style in styles]
    for carrier in ("15", "12", "031", "14"):
        found += [phonenumbers.format_national_number_with_carrier_code(n, carrier) for n in _examples(region)]
    found += [phonenumbers.format_out_of_country_calling_number(n, region) for n in _examples(region)]
    found += [
        phonenumbers.format_out_of_country_calling_number(n, other)
        for n in _examples(region)
        for other in ("US", "KH", "AU", "JP", "TH", "RU")
    ]
    return found


def _sample(rnd: random.Random, items: Any) -> str:
    text = ""
    for op, argument in items:
        name = str(op)
        if name == "LITERAL":
            text += chr(argument)
        elif name == "IN":
            kind, choice = rnd.choice(argument)
            low, high = (choice, choice) if str(kind) == "LITERAL" else choice if str(kind) == "RANGE" else (48, 57)
            text += chr(rnd.randint(low, high))
        elif name == "SUBPATTERN":
            text += _sample(rnd, argument[3])
        elif name == "BRANCH":
            text += _sample(rnd, rnd.choice(argument[1]))
        elif name == "MAX_REPEAT":
            for _ in range(rnd.randint(argument[0], min(int(argument[1]), argument[0] + 4))):
                text += _sample(rnd, argument[2])
        else:
            raise ValueError(name)
    return text


def _national(rnd: random.Random, region: str) -> str:
    draw = rnd.random()
    if draw < 0.75:
        return _sample(rnd, rnd.choice(_patterns(region)))
    if draw < 0.92:
        return phonenumbers.national_significant_number(rnd.choice(_examples(region)))
    return "".join(rnd.choice("0123456789") for _ in range(rnd.randint(1, 18)))


def _written(rnd: random.Random, region: str) -> str:
    """One number of the region in one of the ways people and machines write it."""
    plan, draw = _plan(region), rnd.random()
    if draw < 0.22:
        return rnd.choice(_formats(region))
    national = _national(rnd, region)
    if draw < 0.50:
        return f"+{plan.country_code}{national}"
    if draw < 0.60:
        return national
    if draw < 0.76:
        return (plan.national_prefix or rnd.choice(("0", "1", ""))) + national
    if draw < 0.82:
        return f"{plan.country_code}{national}"
    if draw < 0.85:
        return f"{plan.country_code}{plan.national_prefix or '0'}{national}"
    if draw < 0.88:
        return f"+{plan.country_code} (0){national}"
    if draw < 0.91:
        return f"00{plan.country_code}{national}"
    if draw < 0.94:
        return f"{rnd.choice(('011', '001', '0011', '810', '119', '010', '009', '8~10'))}{plan.country_code}{national}"
    if draw < 0.97:  # mobile tokens and carrier codes of Argentina, Brazil, Mexico, Colombia, ...
        return f"{rnd.choice(('0', '', '+' + str(plan.country_code)))}{rnd.choice(('9', '15', '1', '044', '045', '021', '31'))}{national}"
    return "".join(rnd.choice("0123456789") for _ in range(rnd.randint(2, 20)))


def _spoiled(rnd: random.Random, text: str) -> str:
    """A digit changed, lost, doubled or swapped."""
    at = [i for i, c in enumerate(text) if c.isdigit()]
    if not at:
        return text
    i, draw = rnd.choice(at), rnd.random()
    if draw < 0.5:
        return text[:i] + rnd.choice("0123456789") + text[i + 1 :]
    if draw < 0.7:
        return text[:i] + text[i + 1 :]
    if draw < 0.85:
        return text[:i] + rnd.choice("0123456789") + text[i:]
    return text[: i + 1] if draw < 0.9 else text[i:] + text[:i] if draw < 0.93 else text[:i] + text[i] + text[i:]


def _separated(rnd: random.Random, text: str) -> str:
    for _ in range(rnd.randint(1, 4)):
        i = rnd.randint(0, len(text))
        text = text[:i] + rnd.choice(_SEPARATORS) + text[i:]
    return text


def _extension(rnd: random.Random) -> str:
    """Any label with any separators, digits and end: most are extensions, some are nearly."""
    digits = "".join(rnd.choice("0123456789") for _ in range(rnd.choice((0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 15))))
    return (
        rnd.choice(("", "", " ", "  ", ", ", "\t", "-", ")", "/"))
        + rnd.choice((";ext=", "ext", "EXT.", "x", "X", "#", "~", ",", ",,", ";", "int", "доб", "anexo", "extn", " - ", " ", "/x", "e"))
        + rnd.choice(("", "", " ", ":", ". ", "-", "\u00a0"))
        + digits
        + rnd.choice(("", "", "", "#", "##", ".", ",", "\n", " x2"))
    )


def _one(rnd: random.Random, regions: list[str]) -> Case:
    region = rnd.choice(regions)
    if rnd.random() < 0.01:
        return "".join(rnd.choice(_NOISE) for _ in range(rnd.randint(0, 24))), rnd.choice((region, None))
    text = _written(rnd, region)
    if rnd.random() < 0.25:
        text = _spoiled(rnd, text)
    if rnd.random() < 0.15:
        text = _separated(rnd, text)
    if rnd.random() < 0.03:
        text += rnd.choice(_EXTENSIONS) if rnd.random() < 0.5 else _extension(rnd)
    if rnd.random() < 0.02:
        text = rnd.choice(_LABELS) + text
    if rnd.random() < 0.01:
        text += rnd.choice(_TAILS)
    if rnd.random() < 0.004:
        text = text[: rnd.randint(0, len(text))] + rnd.choice(("FLOWERS", "TAXI", "abc", "Xx")) + text[-3:]
    if rnd.random() < 0.004:
        text = rnd.choice(("+", "\uff0b", "++", "+ +")) + text
    if rnd.random() < 0.12:
        script = rnd.choice(_SCRIPTS)
        text = "".join(script[int(c)] if c.isascii() and c.isdigit() and rnd.random() < 0.97 else c for c in text)
    draw = rnd.random()
    return text, region if draw < 0.8 else rnd.choice(regions) if draw < 0.9 else None


def cases(seed: int, count: int) -> list[Case]:
    """`count` texts with the country they were written in (or None), the same for the same seed."""
    rnd, regions = random.Random(seed), _regions()
    return [_one(rnd, regions) for _ in range(count)]


def noise(seed: int, count: int) -> list[Case]:
    """Digits among whatever may stand between, before and behind them: nothing a person would write, and all that a parser may meet."""
    rnd, places = random.Random(seed), [None, None, *_regions()]
    signs = list("0123456789") * 6 + list(
        "+ -.()/[]~,;#x*e\t\n_'!ー＋／［）٣២²½Ⅷ\u00ad\u200b\u200e\u2060\ufeff\u3000\u0301ក្ហé\ud800\U0001d7d8\U000e0020"
    )
    found = []
    for _ in range(count):
        text = "".join(rnd.choice(signs) for _ in range(rnd.randint(0, 22)))
        found.append((f"+{text}" if rnd.random() < 0.3 else text, rnd.choice(places)))
    return found


def reference(text: str, country: str | None) -> tuple[str | None, bool]:
    """What `phonenumbers` says: E.164 or None, valid or not."""
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None, False
    return phonenumbers.format_number(number, PhoneNumberFormat.E164), phonenumbers.is_valid_number(number)
