"""An answer written once for all values about which the same is held, and filled in for each: the fast way to a million answers.

The wording is always that of `Judge.answer`: to make a form, the judge answers about a copy of the facts with marks in place of all that is
each value's own, and the line is cut at the marks. A form is kept only if, filled in, it gives back the very bytes of the answer it was
made beside, and never if somebody's words look like a mark.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from typing import NamedTuple, Protocol

import msgspec
from msgspec.structs import replace

from saksi.screen.answer import Answer, encode
from saksi.screen.flat import flat
from saksi.screen.judge import Judge, Matched
from saksi.screen.lookup import minded
from saksi.views.fact import Fact, Held
from saksi.views.trace import OWN

__all__ = ["Csv", "Dress", "Form", "Json", "cell_safe", "formed"]

_DIGITS = 8
_HEX = "e5" * 28
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_json = msgspec.json.Encoder().encode


class Dress(Protocol):
    """How answers are written: `line` a whole one, `text` a text that stands alone in it, `rows` the numbers of rows as they stand in it,
    `mark` what finds a mark in a line."""

    mark: re.Pattern[bytes]

    def rows(self, numbers: Sequence[int], /) -> Sequence[bytes]: ...

    def line(self, row: int, answer: Answer) -> bytes: ...

    def text(self, text: str, /) -> bytes: ...


class Json:
    """JSON lines."""

    mark = re.compile(rb'"(?:\w+:)?~(\d+)~"|(?:e5){28}(\d{8})')
    text = staticmethod(_json)  # a JSON text

    def rows(self, numbers: Sequence[int], /) -> Sequence[bytes]:
        """Nothing: rows are not told."""
        return [b""] * len(numbers)

    def line(self, row: int, answer: Answer) -> bytes:
        """The answer's JSON and a line end; the row is not in it."""
        del row
        return encode(answer) + b"\n"


class Csv:
    """CSV rows as in `FlatRow`. `safe` keeps spreadsheets from taking cells for formulas; without it cells are as they are."""

    mark = re.compile(rb"(?:\w+:)?~(\d+)~|(?:e5){28}(\d{8})")

    def __init__(self, *, safe: bool) -> None:
        self._safe = safe

    def line(self, row: int, answer: Answer) -> bytes:
        """A row and its line end."""
        cells = flat(row, answer)
        made = io.StringIO()
        csv.writer(made).writerow([cell_safe(cell) if isinstance(cell, str) else cell for cell in cells] if self._safe else cells)
        return made.getvalue().encode()

    def rows(self, numbers: Sequence[int], /) -> Sequence[bytes]:
        """The first cells."""
        return [b"%d" % number for number in numbers]

    def text(self, text: str, /) -> bytes:
        """A cell."""
        if self._safe:
            text = cell_safe(text)
        if '"' in text or "," in text or "\n" in text or "\r" in text:
            text = '"' + text.replace('"', '""') + '"'
        return text.encode()


def cell_safe(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula; a telephone number keeps its plus."""
    return "'" + cell if cell.startswith(_FORMULA) and not cell[1:].replace(" ", "").isdecimal() else cell


class Form(NamedTuple):
    """A line in pieces: those that stay, and between them empty ones for what is filled in.

    `fill` takes the row, the query, the entities asked about and found (all as `Dress` writes them), then the own texts of all facts, and
    gives the texts for the gaps.
    """

    pieces: list[bytes]
    fill: Callable[[Sequence[bytes]], tuple[bytes, ...]]
    flagged: bool
    known: bool

    def filled(self, own: Sequence[bytes]) -> list[bytes]:
        """The pieces of the line for a value with these own texts: the caller joins those of many lines at once."""
        made = self.pieces.copy()
        made[1::2] = self.fill(own)
        return made


def formed(judge: Judge, dress: Dress, matched: Sequence[Matched], told: tuple[bytes, Sequence[bytes]], *, odd: bool) -> Form | None:
    """The form behind the line `told[0]`, which answers about `matched` and whose own texts are `told[1]`; None where there can be none.

    `odd` says that the value is one of `unplanned`.
    """
    line, own = told
    if dress.mark.search(line):
        return None
    answer = judge.answer("~1~", list(_marked(matched, own, judge.at)))
    if odd:
        answer = minded(answer, (answer.entity,))
    marked = dress.line(0, answer)
    pieces: list[bytes] = []
    order: list[int] = []
    at = 0
    if isinstance(dress, Csv):
        pieces, order, at = [b"", b""], [0], 1  # the row, told as 0, is the first gap
    for found in dress.mark.finditer(marked):
        pieces += (marked[at : found.start()], b"")
        order.append(int(found[1] or found[2]))
        at = found.end()
    form = Form([*pieces, marked[at:]], itemgetter(*order), answer.flagged, answer.status != "unknown")
    return form if b"".join(form.filled(own)) == line else None


def _marked(matched: Sequence[Matched], own: Sequence[bytes], size: int) -> Iterator[Matched]:
    """The same with a mark for each own text, by its place among them."""
    at = 2 + len(matched)
    reports: dict[object, str] = {}  # equal ones keep equal marks, since they are counted
    for number, each in enumerate(matched, 2):
        facts: list[Fact] = []
        for fact in each.held.facts:
            if fact.leaf >= size:
                break
            locator, original, value, quote = own[at + 1 : at + OWN]
            mark = f"~{at + 3}~"
            if fact.prop == "reportedIn" and value:
                mark = reports.setdefault(fact.value, mark)
            facts.append(
                replace(
                    fact,
                    commitment=bytes.fromhex(f"{_HEX}{at:0{_DIGITS}d}"),
                    locator=f'"~{at + 1}~"' if locator else fact.locator,
                    original=f"~{at + 2}~" if original else fact.original,
                    value=mark if value else fact.value,
                    quote=f"~{at + 4}~" if quote else fact.quote,
                )
            )
            at += OWN
        entity = each.entity.partition(":")[0] + f":~{number}~"
        yield each._replace(entity=entity, held=Held(entity, facts, len(facts)))
