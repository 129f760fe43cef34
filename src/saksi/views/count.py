"""Facts counted by what they say and on which source, with the days between which they are dated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from saksi.views.parse import Days, Shape

__all__ = ["Count", "Key", "Span", "key_of"]

Key: TypeAlias = tuple[str, str, "str | None", str, str, int, int, int]
Span: TypeAlias = tuple[str, str]


def key_of(shape: Shape, asserter: int, handling: int) -> Key:
    """What facts have in common that are counted together."""
    return shape.schema, shape.prop, shape.value, shape.polarity, shape.op, shape.source, asserter, handling


@dataclass(slots=True)
class Count:
    """Facts of one key counted: how many count and how many do not, the first and the last in ledger order, the days that date them."""

    first: int
    last: int = 0
    counting: int = 0
    withdrawn: int = 0
    happened: Span | None = None
    reported: Span | None = None

    def add(self, stands: bool, count: int, first: int, last: int) -> None:
        """Facts of one shape: whether they count, how many they are, the first and the last."""
        self.first, self.last = min(self.first, first), max(self.last, last)
        if stands:
            self.counting += count
        else:
            self.withdrawn += count

    def date(self, days: Days) -> None:
        """The days of some that count."""
        self.happened = _wider(self.happened, days.valid_from, days.valid_until)
        self.reported = _wider(self.reported, days.reported)


def _wider(span: Span | None, *days: str | None) -> Span | None:
    """A span that holds some more days, those that are given."""
    given = [day for day in days if day is not None]
    if not given:
        return span
    return min(given if span is None else (*span, *given)), max(given if span is None else (*span, *given))
