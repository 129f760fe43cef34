"""How a bank's name is compared: without case, accents, spaces and punctuation. Other scripts keep their vowel signs."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["bank_key"]

_ACCENTS = re.compile("[\u0300-\u036f]")


def bank_key(name: str) -> str:
    """`"Ngân hàng Á Châu"` -> `"nganhangachau"`; `"ธ.ก.ส."` -> `"ธกส"`."""
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", name)).replace("đ", "d").replace("Đ", "d")
    plain = unicodedata.normalize("NFC", plain)
    return "".join(sign for sign in plain.casefold() if sign.isalnum() or unicodedata.category(sign) in ("Mn", "Mc"))
