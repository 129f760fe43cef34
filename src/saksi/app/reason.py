"""Words that others will read: a reason, a ground or an entry of a case is kept for ever, and shown on terminals, in pages, in letters."""

from __future__ import annotations

import re

from saksi.model import BadInput

__all__ = ["check_reason"]

# Controls but line breaks; separators that end a line; what turns the direction of the words behind it (Unicode, UAX #9, 2.1 to 2.5).
_STEERING = re.compile("[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def check_reason(text: str, where: str) -> str:
    """Give `text` back; raises BadInput where it holds what steers a terminal or turns the words around it."""
    found = _STEERING.search(text)
    if found is not None:
        raise BadInput(f"U+{ord(found[0]):04X} is a control character, not a word", where=where, todo="write it in plain words")
    return text
