"""Digits, spaces and dashes as officers meet them: in any script, and with what copying from a chat leaves between.

A number typed in Khmer, Thai, Lao, Burmese, Arabic-Indic, Devanagari or full-width digits is the same number. Between
the digits a phone or a web page may leave marks nobody sees (direction marks, joiners, zero-width spaces) and a dozen
kinds of space and dash. Source: Unicode, general categories Nd, Zs, Pd, Cf (the `unicodedata` of this Python).
"""

from __future__ import annotations

import unicodedata
from functools import cache
from itertools import chain

__all__ = ["ascii_digits", "digit_table", "invisible", "plain", "spaces_and_dashes", "without_invisible"]

# Joiners and marks outside category Cf that show nothing: variation selectors, Khmer inherent vowels, the grapheme
# joiner and the Hangul fillers.
_ALSO_INVISIBLE = (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x180E), *range(0xFE00, 0xFE10), 0x3164)


@cache
def _by_category() -> dict[str, tuple[int, ...]]:
    """Code points of the categories that matter here; the planes left out hold ideographs and private use."""
    found: dict[str, list[int]] = {"Nd": [], "Zs": [], "Zl": [], "Zp": [], "Pd": [], "Cf": []}
    for point in chain(range(0x20000), range(0xE0000, 0xE1000)):
        found.get(unicodedata.category(chr(point)), []).append(point)
    return {category: tuple(points) for category, points in found.items()}


@cache
def digit_table() -> dict[int, str]:
    """Every decimal digit that is not ASCII, by code point, with its ASCII digit."""
    return {point: str(unicodedata.decimal(chr(point))) for point in _by_category()["Nd"] if point >= 0x80}


@cache
def invisible() -> frozenset[int]:
    """Code points that show nothing and carry nothing in an identifier."""
    return frozenset(_by_category()["Cf"]).union(_ALSO_INVISIBLE)


@cache
def spaces_and_dashes() -> dict[int, str]:
    """Every kind of space or line break as a space, every kind of dash as "-", by code point."""
    table = {point: " " for category in ("Zs", "Zl", "Zp") for point in _by_category()[category]}
    table |= {ord(c): " " for c in "\t\n\r\v\f\x85"}
    table |= dict.fromkeys(_by_category()["Pd"], "-")
    return table | {0x2212: "-"}  # the minus sign


@cache
def _plain_table() -> dict[int, str | None]:
    table: dict[int, str | None] = {**spaces_and_dashes(), **digit_table()}
    table.update({p: chr(p - 0xFEE0) for p in range(0xFF01, 0xFF5F) if p not in table})
    table.update(dict.fromkeys(invisible()))
    return table


def ascii_digits(text: str) -> str:
    """The text with every decimal digit of any script as an ASCII digit, and all else as it was."""
    return text if text.isascii() else text.translate(digit_table())


def without_invisible(text: str) -> str:
    """The text without direction marks, joiners, zero-width characters and variation selectors."""
    return text if text.isascii() else text.translate(dict.fromkeys(invisible()))


def plain(text: str) -> str:
    """The text with ASCII digits, ASCII spaces and dashes, full-width ASCII as ASCII, nothing invisible, trimmed."""
    return text.translate(_plain_table()).strip()
