"""The three clocks of a statement in a pack, never mixed: when it happened, when it was reported, when it became known to the authority."""

from __future__ import annotations

from collections.abc import Sequence

from saksi.actions.pack_exhibit import Exhibit
from saksi.model import Content, Statement

__all__ = ["CLOCKS", "by_clock", "clocks"]

CLOCKS = ("happened", "reported", "known to us")
# Where a record keeps its own times.
_HAPPENED = ("happened", "at", "when")


def clocks(statement: Statement) -> tuple[str, str, str]:
    """What each of `CLOCKS` says: an ISO date as coarse as it was told, a span, or a UTC time; "" where it says nothing."""
    said, source = statement.content, statement.source
    record = said.value if isinstance(said, Content) and isinstance(said.value, dict) else {}
    span = " to ".join(filter(None, (said.valid_from, said.valid_until))) if isinstance(said, Content) else ""
    happened = next((str(record[name]) for name in _HAPPENED if name in record), span)
    reported = str(record["reported"]) if "reported" in record else source.reported or source.published or ""
    return happened, reported, statement.asserter.asserted_at


def by_clock(found: Sequence[Exhibit], clock: int) -> list[tuple[str, Exhibit, Content]]:
    """What statements say, by one of `CLOCKS`, the first first; those to which it gives no time come last, and none is left out."""
    made = [
        (clocks(one.statement)[clock], one, one.statement.content)
        for one in found
        if one.role in {"statement", "for"} and one.statement is not None and isinstance(one.statement.content, Content)
    ]
    return sorted(made, key=lambda line: (not line[0], line[0], line[1].name))
