"""Says what an international host name may be pretending to be: mixed scripts, and letters that look Latin but are not.

A note for the reader, never part of the id. After the idea of UTS #39 (mixed-script and whole-script confusables), with a small
table of our own for the Cyrillic, Greek, Armenian and accented letters seen in phishing names; it does not find every lookalike.
"""

from __future__ import annotations

import unicodedata

__all__ = ["lookalike_notes"]

_TOGETHER = (
    frozenset({"LATIN", "CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "IDEOGRAPHIC"}),
    frozenset({"LATIN", "CJK", "BOPOMOFO"}),
    frozenset({"LATIN", "CJK", "HANGUL"}),
)
_OTHER = str.maketrans(
    "асԁеһіјӏорԛѕԝхуүьпкмтвгνοαρτυικγβωχηεσօոսզցհıłøđħŧɡʟɩɑ",
    "acdehijlopqswxyybnkmtbrvoaptuikybwxneoonuqghilodhtglia",
)


def lookalike_notes(shown: str) -> tuple[str, ...]:
    """Notes on a name as browsers show it: scripts mixed within one label, and the plain Latin name that it resembles."""
    notes = []
    for label in shown.split("."):
        scripts = {_script(sign) for sign in label} - {""}
        if len(scripts) > 1 and not any(scripts <= allowed for allowed in _TOGETHER):
            notes.append("mixes scripts: " + ", ".join(sorted(name.capitalize() for name in scripts)))
    plain = _plain(shown)
    if plain != shown and plain.isascii():
        notes.append(f"looks like {plain}")
    return tuple(notes)


def _script(sign: str) -> str:
    """The script by the first word of the letter's Unicode name; digits, hyphens and marks have none."""
    if not sign.isalpha():
        return ""
    return unicodedata.name(sign, "UNKNOWN").split()[0]


def _plain(shown: str) -> str:
    bare = "".join(sign for sign in unicodedata.normalize("NFD", shown) if not unicodedata.combining(sign))
    return bare.translate(_OTHER)
