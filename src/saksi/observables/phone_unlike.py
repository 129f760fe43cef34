"""What is written as something else than a phone, although its digits would make one: a network, a date, an amount, a place.

A country with numbers of many lengths takes nearly any digits: "192.0.2.1/24" becomes a number of Cambodia, "24.11.2026" a valid one of
Germany. The form tells them apart, and nobody has to guess: whoever means a number writes it with "+", and then nothing here applies.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from saksi.observables.digits import plain

__all__ = ["suspects", "unlike"]

_QUAD = r"\d{1,3}(?:\[?\.\]?\d{1,3}){3}"
_YEAR = r"(?:19|20|24|25)\d\d"  # of the common or of the Buddhist era
_DAY, _MONTH = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])"
_LONGEST_DATE = 20
_FORMS = (
    (re.compile(rf"\[?{_QUAD}\]?(?::\d+)?\s*/\s*\d{{1,3}}|{_QUAD}\s*[-,;]\s*{_QUAD}"), "a network of internet addresses"),
    (re.compile(r"(?=(?:\d+\.)*\d(?!\d))(?=.*\b\d\b.*\b\d\b)\d{1,3}(?:\.\d{1,3}){2,}"), "an internet address or a version"),
    (re.compile(r".*\[\.\].*", re.DOTALL), "a defanged address"),
    (
        re.compile(rf"{_YEAR}([-/.]){_MONTH}\1{_DAY}|(?:{_DAY}([-/.]){_MONTH}|{_MONTH}([-/.]){_DAY})(?:\2|\3){_YEAR}"),
        "a date",
    ),
    (re.compile(r"-?\d{1,3}(?:,\d{3})*\.\d{1,2}|-?\d{1,3}(?:\.\d{3})*,\d{1,2}|\d+[.,]\d{1,2}"), "an amount"),
    (re.compile(r"-?\d{1,3}\.\d{4,}\s*[,;\s]\s*-?\d{1,3}\.\d{4,}"), "a place on the map"),
    (re.compile(r"0x[0-9a-f]+", re.IGNORECASE), "a hexadecimal number"),
)


# What none of the forms does without: a sign that most phones do not have, or three groups that may be a date's.
_SIGNS = re.compile(r"[./,xX\[．／，［]")
_GROUPS = re.compile(r"\d{1,4}[^\d\s]\d{1,2}[^\d\s]\d{1,4}")


def suspects(texts: Sequence[str]) -> list[int]:
    """The rows for which `unlike` has to be asked: few of a column, found at little cost."""
    signs = _SIGNS.search("".join(texts)) is not None
    return [
        row
        for row, text in enumerate(texts)
        if text[:1] != "+"
        and ((signs and _SIGNS.search(text) is not None) or (len(text) < _LONGEST_DATE and _GROUPS.fullmatch(text.strip()) is not None))
    ]


def unlike(text: str) -> str | None:
    """Why a text is taken for something else than a phone, or None."""
    if len(text) > 100:
        return None
    bare = text.strip() if text.isascii() else plain(text)
    what = next((what for form, what in _FORMS if form.fullmatch(bare)), None)
    return None if what is None else f"it is written like {what}"
