"""A whole column of phone numbers normalised at once, with the same result as `phone` row by row.

The column is read as one long string: characters become classes by one look-up, digits of each row are gathered into a
matrix, and the automata of the table walk all rows side by side, one digit position at a time. Rows that need a second
look (letters, extensions, two plus signs, what the table does not decide) are read one by one by `phone_read`.
One process, one thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import numpy.typing as npt

from saksi.model.errors import BadInput
from saksi.observables.phone_read import (
    LENGTH_REASONS,
    LONGEST_TEXT,
    NO_COUNTRY,
    TOO_LONG,
    UNSTABLE,
    international_reason,
    read,
    steady,
)
from saksi.observables.phone_table import LONGEST, PLUS, table
from saksi.observables.phone_text import ODD, PLUS_SIGN, classes
from saksi.observables.phone_walk import Walk, walk_tables

__all__ = ["PhoneColumn", "phones"]

_CHUNK = 16_384  # rows; what they need at once stays in the processor's cache
_SHORTEST = 4  # digits; shorter numbers are rare and have rules of their own
_WIDTH = 32  # digits a row holds, with sentinels behind
_Ints = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class PhoneColumn:
    """Row by row: `e164` as `phonenumbers` reads it or None, `valid` in its plan, `reason` not to use it or None.

    A row with a reason is one that `phone` refuses, even where it has a reading: use `normal`. `extension` has the
    rows that carry one.
    """

    e164: list[str | None]
    valid: list[bool]
    reason: list[str | None]
    extension: dict[int, str] = field(default_factory=dict)

    @property
    def normal(self) -> list[str | None]:
        """The normal form of each row, None where it is refused."""
        return [e164 if reason is None else None for e164, reason in zip(self.e164, self.reason, strict=True)]

    def __len__(self) -> int:
        return len(self.e164)


def phones(texts: Sequence[str], countries: Sequence[str | None] | str | None = None) -> PhoneColumn:
    """Normalise a column; `countries` is one country for all rows, one a row, or None.

    Raises `BadInput` if the two columns differ in length; a row that is no phone number gets a reason instead.
    """
    many = None if countries is None or isinstance(countries, str) else countries
    if many is not None and len(many) != len(texts):
        raise BadInput(f"{len(texts)} phone numbers but {len(many)} countries", todo="give one country for each number")
    column = PhoneColumn([], [], [])
    for start in range(0, len(texts), _CHUNK):
        part = texts[start : start + _CHUNK]
        places = [countries] * len(part) if many is None else many[start : start + _CHUNK]
        _Chunk(part, places, column, start).run()  # type: ignore[arg-type]
    return column


class _Chunk:
    """One stretch of rows on its way through the table."""

    def __init__(self, texts: Sequence[str], countries: Sequence[str | None], column: PhoneColumn, start: int) -> None:
        self.texts, self.countries, self.column, self.start = texts, countries, column, start
        self.size = len(texts)

    def run(self) -> None:
        alone, plus, count, digits = self._digits()
        region = _regions(self.countries)
        fits = ~alone & (count >= _SHORTEST) & (count <= LONGEST)
        homeless = fits & ~plus & (region < 0)
        zeros = (digits[:, 0] == 0) & (digits[:, 1] == 0)
        abroad = homeless & zeros & (count >= _SHORTEST + 2)  # "00" for "+" where no country is given
        walk = Walk(digits, count, np.where(plus | abroad, walk_tables().plus, region), skip=abroad * 2)
        if table().usable:
            walk.run(fits & (~homeless | abroad))
            walk.refuse(homeless & ~zeros)
        codes = np.where(walk.valid, 0, walk.length_class)
        codes[walk.none & homeless & ~zeros] = len(LENGTH_REASONS)
        codes[walk.none & ~(homeless & ~zeros)] = len(LENGTH_REASONS) + 1
        e164 = walk.forms()
        valid = walk.valid.tolist()
        reason: list[str | None] = _reasons()[codes].tolist()
        self._doubts(walk, zeros & ~plus & (region >= 0), e164, reason)
        at = self.start
        for row in np.flatnonzero(~walk.decided).tolist():
            found = read(self.texts[row], _upper(self.countries[row]))
            e164[row], valid[row], reason[row] = found.e164, found.valid, found.reason
            if found.extension:
                self.column.extension[at + row] = found.extension
        self.column.e164.extend(e164)
        self.column.valid.extend(valid)
        self.column.reason.extend(reason)

    def _digits(self) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_], _Ints, npt.NDArray[np.uint8]]:
        """Rows to be read alone, rows with a plus sign in front, how many digits, and the digits (10 behind the last)."""
        kinds, lengths = _classes_of(self.texts)
        row_of = np.repeat(np.arange(self.size), lengths)
        alone = lengths > LONGEST_TEXT
        alone[row_of[np.flatnonzero(kinds == ODD)]] = True
        at = np.flatnonzero(kinds < 10)
        rows = row_of[at]
        count = np.bincount(rows, minlength=self.size)
        first = np.cumsum(count) - count
        column = np.arange(len(at)) - first[rows]
        digits = np.full((self.size, _WIDTH), 10, np.uint8)
        if len(count) and count.max() <= LONGEST:
            digits.ravel()[rows * _WIDTH + column] = kinds[at]
        else:
            fits = column < LONGEST
            digits[rows[fits], column[fits]] = kinds[at[fits]]
        plus_at = np.flatnonzero(kinds == PLUS_SIGN)
        plus_rows = row_of[plus_at]
        plus = np.zeros(self.size, np.bool_)
        plus[plus_rows] = True
        alone[plus_rows[1:][plus_rows[1:] == plus_rows[:-1]]] = True  # two signs
        has = count[plus_rows] > 0
        late = at[first[plus_rows[has]]] < plus_at[has]  # a sign behind the first digit
        alone[plus_rows[has][late]] = True
        return alone, plus, count, digits

    def _doubts(self, walk: Walk, zeros: npt.NDArray[np.bool_], e164: list[str | None], reason: list[str | None]) -> None:
        """The two rules of `phone_read` that ask for a second reading, for the few rows that they can concern."""
        for row in np.flatnonzero(zeros & ~walk.valid & walk.decided & ~walk.none).tolist():
            digits = "".join(map(str, walk.digits[row, : walk.count[row]].tolist()))
            reason[row] = international_reason(str(e164[row]), digits, self.countries[row]) or reason[row]
        for row in np.flatnonzero(walk.decided & walk.again & ~walk.none).tolist():
            if reason[row] is None and not steady(str(e164[row])):
                reason[row] = UNSTABLE


def _classes_of(texts: Sequence[str]) -> tuple[npt.NDArray[np.uint8], _Ints]:
    lengths = np.fromiter(map(len, texts), np.intp, len(texts))
    joined = "".join(texts)
    if joined.isascii():
        points: npt.NDArray[np.generic] = np.frombuffer(joined.encode("ascii"), np.uint8)
        return classes()[:128][points], lengths
    points = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32)
    return classes()[points], lengths


@cache
def _reasons() -> npt.NDArray[np.object_]:
    return np.array([*LENGTH_REASONS, NO_COUNTRY, TOO_LONG], object)


def _upper(country: str | None) -> str | None:
    return None if country is None else country.upper()


def _regions(countries: Sequence[str | None]) -> _Ints:
    """The start state of each row's country, -1 for none or one without a plan."""
    starts = {code: at for code, at in walk_tables().starts.items() if code != PLUS}
    known = {country: starts.get(_upper(country) or "", -1) for country in set(countries)}
    return np.fromiter((known.get(c, -1) for c in countries), np.intp, len(countries))
