"""Text of others made safe to show: nothing in it can turn, hide or break the words around it.

A letter, a header or a message is read by people and by machines that obey what is invisible. Controls, bidi overrides and characters
that have no glyph are spelled out; what is cut says how much was cut.
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["line", "named", "paragraphs", "spelled"]

_ITS_OWN_NAME = frozenset({"url", "host", "email", "ip", "network", "phone"})  # the ids of other kinds say more than what was written

# Khmer and Thai break words with U+200B, and ZWNJ/ZWJ shape letters: these three stay. U+00AD is a hyphen and harmless.
_KEPT = frozenset("\u200b\u200c\u200d\u00ad")
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_MARK = r"[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u20d0-\u20ff]"
_TOWER = re.compile(rf"({_MARK}{{4}}){_MARK}+")


def line(text: str, longest: int = 300) -> str:
    """`text` on one line, at most `longest` characters and a word on what was cut."""
    return _cut(" ".join(spelled(" ".join(text.split())).split()), longest)


def named(entity: str) -> str:
    """An entity as others know it: a link, a host or a number without our name for its kind."""
    kind, _, normal = entity.partition(":")
    return normal if kind in _ITS_OWN_NAME else entity


def paragraphs(text: str, longest: int = 8_000) -> tuple[str, ...]:
    """`text` as its lines, the empty ones left out; at most `longest` characters in all and a word on what was cut."""
    lines = re.split(r"\r\n|[\r\n\v\f\x85\u2028\u2029]", _cut(text, longest))
    return tuple(made for each in lines if (made := line(each, longest + 60)))


def _cut(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    return f"{text[:longest]} [... {len(text) - longest:,} more characters are left out here]"


def spelled(text: str) -> str:
    """`text` with what is invisible or obeyed spelled out, line breaks too."""
    if text.isascii() and text.isprintable():
        return text
    made = "".join(
        f"[U+{ord(char):04X}]" if char not in _KEPT and (unicodedata.category(char) in _HIDDEN or ord(char) & 0xFFFE == 0xFFFE) else char
        for char in text
    )
    return _TOWER.sub(r"\1", made)  # letters under towers of marks would cover the lines above them
