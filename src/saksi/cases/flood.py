"""Many reports in a short time that name one target: whether they look as if they came from one hand. A hint to look, never a judgement."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from saksi.cases.alike import ENOUGH, SIZE, parts
from saksi.cases.days import around

__all__ = ["FLOOD", "Flood", "Stretches"]

FLOOD = 10  # reports within two days of one that name the same target
_MOST = 5_000  # reports of such a stretch that are compared
_STRETCH = f"""WITH stretch AS (SELECT report, age FROM naming INDEXED BY naming_age WHERE thing = ? AND age >= ? AND age < ?
  ORDER BY age LIMIT {_MOST})"""  # noqa: S608 - a number of our own
_WORDED = f"{_STRETCH} SELECT report, s.age, words FROM stretch s JOIN report r ON r.number = report ORDER BY s.age"  # noqa: S608
# How many of them have an address of the reporter in common with another.
_SAME_HOME = f"""{_STRETCH}, home AS MATERIALIZED (SELECT n.thing, n.report FROM stretch s JOIN naming n ON n.report = s.report
  JOIN thing t ON t.number = n.thing WHERE own)
  SELECT count(DISTINCT report) FROM home WHERE thing IN (SELECT thing FROM home GROUP BY thing HAVING count(*) > 1)"""  # noqa: S608
_NO_PART = 1 << 32  # what no sketch has


@dataclass(frozen=True, slots=True)
class Flood:
    """Many reports in a short time that name one target and look as if they came from one hand: `alike` are worded like this one,
    `addresses` have an address of the reporter in common with another of them."""

    entity: str
    reports: int
    first: str
    last: str
    alike: int
    addresses: int
    words: str


@dataclass(frozen=True, slots=True)
class _Stretch:
    """The reports that name a target within some days: their numbers, their sketches (a row of eight parts each), the first and the last
    day, and how many have an address of the reporter in common."""

    numbers: frozenset[int]
    sketches: npt.NDArray[np.uint64]
    first: str
    last: str
    same: int

    def alike(self, number: int, words: bytes) -> int:
        """How many are worded like the report with this number, itself among them."""
        mine = parts(words)
        if len(mine) < ENOUGH:
            return int(number in self.numbers)
        return int((np.isin(self.sketches, np.fromiter(mine, np.uint64)).sum(axis=1) >= ENOUGH).sum())


class Stretches:
    """What was read of stretches; to be used for one page, for reports come in."""

    def __init__(self) -> None:
        self._read: dict[tuple[int, str, str], _Stretch | None] = {}

    def flood(self, link: sqlite3.Connection, thing: int, entity: str, this: tuple[int, str, bytes]) -> Flood | None:
        """Whether many reports around this one (number, age, sketch) name the same target in like words, or share addresses of those who
        report."""
        number, age, words = this
        span = around(age)
        if (thing, *span) not in self._read:
            self._read[thing, *span] = _read(link, (thing, *span))
        found = self._read[thing, *span]
        if found is None:
            return None
        count, like, same = len(found.numbers), found.alike(number, words), found.same
        if 2 * max(like, same) < count or max(like, same) < FLOOD // 2:
            return None
        said = (
            f"{count:,}{' or more' if count == _MOST else ''} reports within two days of this one name {entity}; {like:,} are worded "
            f"like this one, {same:,} share an address of the reporter with another. "
            "They may come from one hand, or from one scam that many met. Look before anything is done to whoever holds it"
        )
        return Flood(entity, count, found.first, found.last, like, same, said)


def _read(link: sqlite3.Connection, span: tuple[int, str, str]) -> _Stretch | None:
    """Those within a span of days; None where they are few."""
    rows = link.execute(_WORDED, span).fetchall()
    if len(rows) < FLOOD:
        return None
    sketches = np.full((len(rows), SIZE), _NO_PART, np.uint64)
    for place, (_, _, words) in enumerate(rows):
        made = sorted(parts(words or b""))
        sketches[place, : len(made)] = made
    (same,) = link.execute(_SAME_HOME, span).fetchone()
    return _Stretch(frozenset(row[0] for row in rows), sketches, str(rows[0][1]), str(rows[-1][1]), same)
