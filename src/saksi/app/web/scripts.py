"""Which language to name for a piece of text, so that a browser takes the right font, line height and breaks."""

from __future__ import annotations

__all__ = ["lang_of"]

_RANGES = (
    (0x0E00, 0x0E7F, "th"),
    (0x0E80, 0x0EFF, "lo"),
    (0x1000, 0x109F, "my"),
    (0xAA60, 0xAA7F, "my"),
    (0x1780, 0x17FF, "km"),
    (0x19E0, 0x19FF, "km"),
    (0x3040, 0x30FF, "ja"),
    (0xAC00, 0xD7AF, "ko"),
    (0x3400, 0x9FFF, "zh"),
)


def lang_of(text: str, told: str | None = None) -> str:
    """The language told, or the one that the text's script is mostly used for; empty where the script does not say (Latin, digits)."""
    if told:
        return told
    if text.isascii():
        return ""
    for char in text:
        code = ord(char)
        for first, last, lang in _RANGES:
            if first <= code <= last:
                return lang
    return ""
