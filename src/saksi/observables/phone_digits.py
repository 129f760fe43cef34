"""The digits of a whole column of texts, gathered into a matrix, a row a text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from saksi.observables.phone_read import LONGEST_TEXT
from saksi.observables.phone_table import LONGEST
from saksi.observables.phone_text import END, ODD, PLUS_SIGN, SEMICOLON, kind_of

__all__ = ["WIDTH", "DigitRows", "digit_rows"]

WIDTH = 32  # places in a row of the matrix; behind the last digit they hold 10

_Ints = npt.NDArray[np.intp]
_Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class DigitRows:
    """`digits[row]` the digits of each text, `count` how many, `plus` one plus sign in front of the first; `words`
    rows have letters in front; `alone` rows hold something else as well and are to be read one by one."""

    digits: npt.NDArray[np.uint8]
    count: _Ints
    plus: _Bools
    words: _Bools
    alone: _Bools


def digit_rows(texts: Sequence[str]) -> DigitRows:
    """One look-up a character for the whole column; texts may hold anything, lone surrogates too."""
    kinds, lengths = _kinds(texts)
    size = len(texts)
    row_of = np.repeat(np.arange(size), lengths)
    alone: _Bools = lengths > LONGEST_TEXT
    at = np.flatnonzero(kinds < 10)
    rows = row_of[at]
    count: _Ints = np.bincount(rows, minlength=size)
    first = np.cumsum(count) - count
    column = np.arange(len(at)) - first[rows]
    digits = np.full((size, WIDTH), 10, np.uint8)
    fits = slice(None) if count.max(initial=0) <= LONGEST else np.flatnonzero(column < LONGEST)
    digits.ravel()[rows[fits] * WIDTH + column[fits]] = kinds[at[fits]]
    plus_at = np.flatnonzero(kinds == PLUS_SIGN)
    plus_rows = row_of[plus_at]
    plus = np.zeros(size, np.bool_)
    plus[plus_rows] = True
    alone[plus_rows[1:][plus_rows[1:] == plus_rows[:-1]]] = True  # two signs
    begin = np.full(size, len(kinds))  # the first digit of each row, behind everything if it has none
    begin[count > 0] = at[first[count > 0]]
    alone[plus_rows[begin[plus_rows] < plus_at]] = True  # a sign behind the first digit
    finish = np.full(size, -1)
    finish[count > 0] = at[(first + count - 1)[count > 0]]
    begin[plus_rows] = np.minimum(begin[plus_rows], plus_at)
    odd_at = np.flatnonzero(kinds >= END)
    odd_rows, odd = row_of[odd_at], kinds[odd_at]
    front, back = odd_at < begin[odd_rows], odd_at > finish[odd_rows]
    alone[odd_rows[~((front & (odd != SEMICOLON)) | (back & (odd != ODD)))]] = True
    words = np.zeros(size, np.bool_)
    words[odd_rows[front & (odd == ODD)]] = True
    return DigitRows(digits, count, plus, words, alone)


@cache
def _classes() -> npt.NDArray[np.uint8]:
    """The class of every code point; digits lie in the planes that `digits` looks at."""
    found = np.full(0x110000, ODD, np.uint8)
    for start, end in ((0, 0x20000), (0xE0000, 0xE1000)):
        found[start:end] = [kind_of(point) for point in range(start, end)]
    return found


def _kinds(texts: Sequence[str]) -> tuple[npt.NDArray[np.uint8], _Ints]:
    lengths = np.fromiter(map(len, texts), np.intp, len(texts))
    joined = "".join(texts)
    if joined.isascii():
        return _classes()[:128][np.frombuffer(joined.encode("ascii"), np.uint8)], lengths
    return _classes()[np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32)], lengths
