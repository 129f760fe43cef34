"""From a phone number as somebody wrote it to its digits: plus sign or not, digits, extension.

Only what is beyond doubt is taken here: digits of any script with punctuation between, one plus sign in front, an
extension behind a usual word, a label before. All else (letters dialled on a keypad, stars, two numbers in one cell) is
left to `phonenumbers`. Punctuation is what `phonenumbers` takes (its `_VALID_PUNCTUATION` without "x" and "~"), and, more
than it takes, every space, dash and invisible mark of Unicode between the digits; line breaks are not among them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from saksi.observables.digits import digit_table, invisible, spaces_and_dashes

__all__ = [
    "END",
    "ODD",
    "PLUS_SIGN",
    "SEMICOLON",
    "SKIP",
    "Shape",
    "kind_of",
    "label_reason",
    "lead_end",
    "letters_inside",
    "odd_shape",
    "shape",
    "without_marks",
]

# Classes of characters; 0 to 9 are digits. What stands in front of the number does not count, save a semicolon (it may
# begin a parameter of a "tel:" URI); what stands behind it does not count if it is neither letter nor "#".
SKIP, PLUS_SIGN, END, SEMICOLON, ODD = 10, 11, 12, 13, 14
_BREAKS = "\n\r\v\f\x85\u2028\u2029"
_PUNCTUATION = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\uff0d\uff0e\uff0f \u00a0\u00ad\u200b\u2060\u3000()\uff08\uff09\uff3b\uff3d.[]/"
_LONG_VOWEL = "\u30fc"  # a letter that Japanese keyboards give for a dash; left to `phonenumbers`, which takes it so
_PLUSES = "+\uff0b"
_CLEAN = re.compile(r"\+?[0-9]{3,24}")
_LABEL = r"(?:e?xt(?:ensi(?:o\u0301?|\u00f3))?n?|x|#|~|int|\u0434\u043e\u0431|anexo)[:.]?[ \u00a0\t,-]*"
_EXTENSION = re.compile(
    r"(?P<number>[^#~*,;A-Za-z\uff41-\uff5a\u0400-\u04ff]*[\d)])"
    r"(?:;ext=(?P<parameter>\d{1,7})"
    r"|(?:[ \u00a0\t,]*" + _LABEL + r"|[ \u00a0\t]*(?:,+|;)[:.]?[ \u00a0\t,-]*)(?P<labelled>\d{1,7})#?"
    r"|[- ]+(?P<with_hash>\d{1,6})#)",
    re.IGNORECASE,
)
_TILDE_EXTENSION = re.compile(r"~[:.\uff0e]?[ \u00a0\t,-]*\d{1,9}#?$")
_END = re.compile(r"(?:_|[^#\w])+\Z")
_LEAD = re.compile(r"[^\d+\uff0b;]*")
_SPLIT = re.compile(r"[\s:.,()\[\]/#'\"\-\uff1a\u17d6]+")
_LABEL_WORDS = """
tel telephone phone ph mobile mob cell cellphone handphone hp whatsapp wa viber telegram fax call contact no nr number num
hotline line sms m t p telp telpon nomor celular telefon telefono đt sđt điện thoại số
ទូរស័ព្ទ លេខ លេខទូរស័ព្ទ ទូរសព្ទ លេខទូរសព្ទ โทร โทรศัพท์ เบอร์ เบอร์โทร มือถือ ໂທ ໂທລະສັບ ເບີ ເບີໂທ ဖုန်း
电话 電話 手机 手機 联系电话
"""
_LABELS = frozenset(_LABEL_WORDS.split())


@dataclass(frozen=True, slots=True)
class Shape:
    """What was written: `digits` ASCII, `extension` ASCII digits or empty."""

    plus: bool
    digits: str
    extension: str = ""


@cache
def _table() -> dict[int, str | None]:
    table: dict[int, str | None] = {**digit_table()}
    skipped = {*invisible(), *spaces_and_dashes(), *map(ord, _PUNCTUATION)} - set(map(ord, _BREAKS))
    table.update(dict.fromkeys(skipped))
    table.update({ord(c): "+" for c in _PLUSES})
    return table


def kind_of(point: int) -> int:
    """The class of one code point."""
    if 48 <= point < 58:
        return point - 48
    if point == 0x3B:
        return SEMICOLON
    to = _table().get(point, "")
    if to is None:
        return SKIP
    return PLUS_SIGN if to == "+" else int(to) if to else END if _END.fullmatch(chr(point)) else ODD


def shape(text: str) -> Shape | None:
    """The digits of the one number in the text, or None where `phonenumbers` has to read it."""
    clean = text.translate(_table())
    return _shape(clean, "") if _CLEAN.fullmatch(clean) else odd_shape(text)


def odd_shape(text: str) -> Shape | None:
    """As `shape`, for a text that is known to hold more than digits and punctuation."""
    rest = _from_first_digit(text)
    found = _EXTENSION.fullmatch(rest)
    if found:
        clean, extension = found["number"].translate(_table()), found["parameter"] or found["labelled"] or found["with_hash"]
        return _shape(clean, extension.translate(_table())) if _CLEAN.fullmatch(clean) else None
    if "~" in rest and not _TILDE_EXTENSION.search(without_marks(rest)):  # "8~10": wait for the tone
        rest = rest.replace("~", "-")
    clean = rest.translate(_table())
    return _shape(clean, "") if _CLEAN.fullmatch(clean) else None


def _from_first_digit(text: str) -> str:
    """The text without what stands in front of the number and, behind it, what is neither letter, digit nor "#"."""
    rest = text[lead_end(text) :]
    last = rest[-1:]
    return rest if last.isalnum() or last == "#" else _END.sub("", rest)


def _shape(clean: str, extension: str) -> Shape:
    plus = clean[0] == "+"
    return Shape(plus, clean[1:] if plus else clean, extension)


@cache
def _marks() -> dict[int, str | None]:
    table: dict[int, str | None] = {p: c for p, c in spaces_and_dashes().items() if chr(p) not in _BREAKS}
    return table | dict.fromkeys(invisible())


def without_marks(text: str) -> str:
    """The text with what `phonenumbers` would stumble over made plain: invisible marks, rare spaces and dashes."""
    return text if text.isascii() else text.translate(_marks())


def lead_end(text: str) -> int:
    """Where the number begins: behind all that is neither digit nor plus sign."""
    if text[:1].isdecimal() or text[:1] == "+":
        return 0
    found = _LEAD.match(text)
    return found.end() if found else 0


def label_reason(text: str) -> str | None:
    """Why the words before the number are too many, or None for none or a usual label ("Tel.", "ទូរស័ព្ទ")."""
    if lead_end(text) == 0:
        return None
    lead = without_marks(text[: lead_end(text)])
    words = [word for word in _SPLIT.split(lead.casefold()) if any(c.isalpha() and c != _LONG_VOWEL for c in word)]
    if all(word in _LABELS for word in words):
        return None
    return "there are words beside the number"


def letters_inside(text: str) -> bool:
    """Whether letters stand in or behind the number, words for an extension aside."""
    rest = _from_first_digit(text)
    found = _EXTENSION.fullmatch(rest)
    return any(c.isalpha() for c in (found["number"] if found else rest) if c != _LONG_VOWEL)
