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
from saksi.observables.phone_digits import digit_rows
from saksi.observables.phone_read import (
    LENGTH_REASONS,
    LONGEST_TEXT,
    NO_COUNTRY,
    TOO_LONG,
    UNSTABLE,
    Read,
    international_reason,
    read,
    read_seen,
    steady,
)
from saksi.observables.phone_table import LONGEST, PLUS, SHORTEST, table
from saksi.observables.phone_text import label_reason, odd_shape
from saksi.observables.phone_unlike import suspects, unlike
from saksi.observables.phone_walk import Walk, walk_tables

__all__ = ["PhoneColumn", "phones", "unlisted"]

_CHUNK = 32_768  # rows at once: a few dozen megabytes, whatever the length of the column
_FEW = 64  # so many are read one by one in the time that a column takes to begin
_OPEN = "not decided yet"
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

    def append(self, other: PhoneColumn) -> None:
        """Put another column's rows behind this one's."""
        at = len(self)
        self.e164.extend(other.e164)
        self.valid.extend(other.valid)
        self.reason.extend(other.reason)
        self.extension.update((at + row, digits) for row, digits in other.extension.items())

    def __len__(self) -> int:
        return len(self.e164)


def phones(texts: Sequence[str], countries: Sequence[str | None] | str | None = None) -> PhoneColumn:
    """Normalise a column; `countries` is one country for all rows, one a row, or None.

    Raises `BadInput` if the two columns differ in length; a row that is no phone number gets a reason instead.
    """
    each = [countries] * len(texts) if countries is None or isinstance(countries, str) else countries
    if len(each) != len(texts):
        raise BadInput(f"{len(texts)} phone numbers but {len(each)} countries", todo="give one country for each number")
    column = PhoneColumn([], [], [])
    for start in range(0, len(texts), _CHUNK):
        column.append(_take(texts[start : start + _CHUNK], each[start : start + _CHUNK]))
    return column


def unlisted(forms: Sequence[str]) -> list[bool]:
    """Whether each phone, in normal form, is one that its country's number plan does not list: taken, because plans grow, but to be minded.

    What is no phone is no such phone.
    """
    if len(forms) < _FEW:
        return [one.reason is None and not one.valid for one in (read(form, None) for form in forms)]
    found = phones(forms)
    return [reason is None and not valid for valid, reason in zip(found.valid, found.reason, strict=True)]


def _take(texts: Sequence[str], countries: Sequence[str | None]) -> PhoneColumn:
    """One stretch of rows: the table, the table again on what a closer look at the text gives, then one by one."""
    found, left = _decide(texts, countries)
    seen = {row: odd_shape(texts[row]) if len(texts[row]) <= LONGEST_TEXT else None for row in left}
    shapes = [(row, shape) for row, shape in seen.items() if shape is not None]
    again, _ = _decide(
        [f"+{shape.digits}" if shape.plus else shape.digits for _, shape in shapes],
        [countries[row] for row, _ in shapes],
    )
    for at, (row, shape) in enumerate(shapes):
        if again.reason[at] != _OPEN:
            reason = again.reason[at] or label_reason(texts[row])
            _put(found, row, Read(again.e164[at], again.valid[at], reason, shape.extension))
    for row in left:
        if found.reason[row] == _OPEN:
            _put(found, row, read_seen(texts[row], _upper(countries[row]), seen[row]))
    for row in suspects(texts):
        found.reason[row] = unlike(texts[row]) or found.reason[row]
    return found


def _put(column: PhoneColumn, row: int, one: Read) -> None:
    column.e164[row], column.valid[row], column.reason[row] = one.e164, one.valid, one.reason
    if one.extension and one.e164 is not None:
        column.extension[row] = one.extension


def _decide(texts: Sequence[str], countries: Sequence[str | None]) -> tuple[PhoneColumn, list[int]]:
    """What the table says, and the rows that it leaves open (their reason is `_OPEN`)."""
    rows, region = digit_rows(texts), _regions(countries)
    fits = ~rows.alone & (rows.count >= SHORTEST) & (rows.count <= LONGEST)
    zeros = (rows.digits[:, 0] == 0) & (rows.digits[:, 1] == 0)
    homeless = fits & ~rows.plus & (region < 0)
    abroad = homeless & zeros & (rows.count >= SHORTEST + 2)  # "00" for "+" where no country is given
    walk = Walk(rows, np.where(rows.plus | abroad, walk_tables().plus, region), skip=abroad * 2)
    if table().usable:
        walk.run(fits & (~homeless | abroad))
        walk.refuse(homeless & ~zeros)
    codes = np.where(walk.valid, 0, walk.length_class)
    codes[walk.none] = len(LENGTH_REASONS) + 1
    codes[homeless & ~zeros] = len(LENGTH_REASONS)
    codes[~walk.decided] = len(LENGTH_REASONS) + 2
    found = PhoneColumn(walk.forms(), walk.valid.tolist(), _reasons()[codes].tolist())
    _doubt(walk, zeros & ~rows.plus & (region >= 0), found, countries)
    for row in np.flatnonzero(rows.words & walk.decided & ~walk.none).tolist():
        found.reason[row] = found.reason[row] or label_reason(texts[row])
    return found, np.flatnonzero(~walk.decided).tolist()


def _doubt(walk: Walk, zeros: npt.NDArray[np.bool_], found: PhoneColumn, countries: Sequence[str | None]) -> None:
    """The two rules of `phone_read` that ask for a second reading, for the few rows that they can concern."""
    sure = walk.decided & ~walk.none
    dialled = zeros & (walk.prefix != 2)  # where "00" itself was the prefix, "+" says the same
    for row in np.flatnonzero(dialled & ~walk.valid & sure).tolist():
        digits = "".join(map(str, walk.digits[row, : walk.count[row]].tolist()))
        found.reason[row] = international_reason(str(found.e164[row]), digits, countries[row]) or found.reason[row]
    rows = [row for row in np.flatnonzero(walk.again & sure).tolist() if found.reason[row] is None]
    for row, form in zip(rows, _read_again([str(found.e164[row]) for row in rows]), strict=True):
        if form != found.e164[row] and (form is not None or not steady(str(found.e164[row]))):
            found.reason[row] = UNSTABLE


def _read_again(forms: list[str]) -> list[str | None]:
    """What E.164 forms read as; None where the table leaves it open."""
    rows = digit_rows(forms)
    walk = Walk(rows, np.full(len(forms), walk_tables().plus), skip=np.zeros(len(forms), np.intp))
    walk.run((rows.count >= SHORTEST) & (rows.count <= LONGEST))
    return walk.forms()


@cache
def _reasons() -> npt.NDArray[np.object_]:
    return np.array([*LENGTH_REASONS, NO_COUNTRY, TOO_LONG, _OPEN], object)


def _upper(country: str | None) -> str | None:
    return None if country is None else country.upper()


def _regions(countries: Sequence[str | None]) -> _Ints:
    """The start state of each row's country, -1 for none or one without a plan."""
    starts = {code: at for code, at in walk_tables().starts.items() if code != PLUS}
    known = {country: starts.get(_upper(country) or "", -1) for country in set(countries)}
    return np.fromiter(map(known.__getitem__, countries), np.intp, len(countries))
