"""How a spreadsheet shows its numbers, as far as that decides what they are: numbers, days, or times (ECMA-376-1, 18.8.30, 18.8.31)."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from enum import Enum

from saksi.formats.xlsx_parts import Elements
from saksi.model.errors import BadInput

__all__ = ["Shown", "StylesPart", "day_of"]

_MOST_STYLES = 65_536  # a spreadsheet program writes at most 65,490
_DAYS = frozenset({*range(14, 23), *range(27, 37), 45, 47, *range(50, 59), *range(71, 82)})  # 27 on: in Chinese, Japanese, Korean, Thai
_SPAN = 46
_LITERAL = re.compile(r'"[^"]*"?|[\\_*].?|\[(?!(?:h+|m+|s+)\])[^\]]*\]?', re.IGNORECASE)
_LAST_DAY = 2_958_466  # the first after 9999-12-31


class Shown(Enum):
    """What a number is shown as."""

    NUMBER = "number"
    DAY = "day"
    SPAN = "span of time"


class StylesPart(Elements):
    """Reads what each style of a cell shows a number as, by the style's number."""

    def __init__(self) -> None:
        super().__init__()
        self.made: list[Shown] = []
        self._own: dict[str, Shown] = {}
        self._within = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        super().start(name, attributes)
        if name == "numFmt":
            self._own[attributes.get("numFmtId", "")] = _format(attributes.get("formatCode", ""))
        elif name == "cellXfs":
            self._within = True
        elif name == "xf" and self._within:
            number = attributes.get("numFmtId", "0")
            self.made.append(self._own.get(number) or _built_in(number))
        if len(self._own) > _MOST_STYLES or len(self.made) > _MOST_STYLES:
            raise BadInput(f"the workbook has more than {_MOST_STYLES} styles", todo="save it again, or as CSV")

    def end(self, name: str) -> None:
        super().end(name)
        if name == "cellXfs":
            self._within = False


def day_of(number: float, *, since_1904: bool) -> datetime.date | None:
    """The day that a number stands for, to the millisecond as spreadsheets round; None for a time of day alone, or beyond their calendar.

    Days are counted from 1 on 1900-01-01, with a 29 February 1900 that never was (number 60), or from 0 on 1904-01-01.
    """
    if number < 1 and not (since_1904 and number == 0):
        return None
    whole = int((round(number * 86_400_000)) // 86_400_000) if number < _LAST_DAY else _LAST_DAY
    if since_1904:
        start = datetime.date(1904, 1, 1)
    elif whole == 60:
        return None
    else:
        start = datetime.date(1899, 12, 31 if whole < 60 else 30)
    last = (datetime.date.max - start).days
    return start + datetime.timedelta(days=whole) if whole <= last else None


def _built_in(number: str) -> Shown:
    known = int(number) if number.isascii() and number.isdigit() and len(number) < 6 else 0
    return Shown.SPAN if known == _SPAN else Shown.DAY if known in _DAYS else Shown.NUMBER


def _format(code: str) -> Shown:
    """By the first of a format's sections, without what stands in it word for word."""
    plain = _LITERAL.sub("", code).partition(";")[0].lower()
    if "[" in plain:
        return Shown.SPAN
    return Shown.DAY if set(plain) & set("dmyhs") or "a/p" in plain else Shown.NUMBER
