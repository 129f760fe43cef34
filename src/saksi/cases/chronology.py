"""What happened in a case, on three clocks that are never mixed: when it happened, when it was reported, when it became known to us."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from saksi.model import canonical
from saksi.model.favour import speaks_for
from saksi.views.fact import Fact

__all__ = ["Clock", "Line", "chronology", "line_of"]


class Clock(Enum):
    """By which clock the lines are put in order."""

    HAPPENED = "happened"
    REPORTED = "reported"
    KNOWN = "known"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One statement: `happened` and `reported` are ISO dates as coarse as the source gives them or UTC times, None where it does not;
    `known` is the UTC time at which it was recorded here. `value` is a text, or any other value as JSON. `favour` says that it speaks for
    somebody."""

    ref: str
    entity: str
    prop: str
    value: str
    polarity: str
    happened: str | None
    reported: str | None
    known: str
    favour: bool


# Where a record keeps its own times.
_HAPPENED = ("happened", "at", "when")


def line_of(fact: Fact, *, ref: str, published: str | None) -> Line:
    """The line of a statement; `published` is its source's own date, which is when it was reported where nothing nearer is said."""
    record = fact.value if isinstance(fact.value, dict) else {}
    happened = next((str(record[name]) for name in _HAPPENED if name in record), fact.valid_from)
    told = canonical(record).decode() if record else fact.value if isinstance(fact.value, str) else json.dumps(fact.value)
    return Line(
        ref=ref, entity=fact.entity, prop=fact.prop, value=told, polarity=fact.polarity, happened=happened,
        reported=str(record["reported"]) if "reported" in record else fact.reported or published,
        known=fact.asserted_at, favour=speaks_for(fact.prop, fact.value, fact.polarity),
    )  # fmt: skip


def chronology(lines: Iterable[Line], clock: Clock) -> tuple[Line, ...]:
    """All lines by one clock, the first first; those to which it gives no time come last, and none is left out."""

    def key(line: Line) -> tuple[bool, str, str]:
        when: str | None = getattr(line, clock.value)
        return when is None, when or "", line.ref

    return tuple(sorted(lines, key=key))
