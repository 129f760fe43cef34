"""What moved about victims' reports and cases between two sizes: said anew, or taken back. For what is folded from the views in turn.

A report that nobody has confirmed yet is a report: it waits with the others, or nobody would ever come to confirm it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

# Late: whoever only passes by here needs no engine, which takes a second to load.
if TYPE_CHECKING:
    from saksi.views.engine import Engine

__all__ = ["DANGER", "PAYING", "Entered", "Moved", "entered", "moved"]

# What a desk says of a report beside its record: truth values.
DANGER = "personInDanger"
PAYING = "stillPaying"

_WANTED = f"""(s.prop = 'reportedIn' OR (s.prop = 'role' AND s.closed = 'victim-own')
  OR (s.prop = 'record' AND s.schema IN ('VictimReport', 'Transfer'))
  OR (s.schema = 'VictimReport' AND s.prop IN ('{DANGER}', '{PAYING}')))"""
_MOVED = f"""
WITH spoken AS (
  SELECT DISTINCT f.entity, s.schema, s.prop, CASE WHEN s.prop IN ('reportedIn', 'role') THEN coalesce(f.value, s.closed) END AS value
  FROM fact f JOIN shape s USING (shape)
  WHERE f.ordinal < $stop AND {_WANTED}
    AND (f.ordinal >= $start OR f.ordinal IN (SELECT target FROM change WHERE ordinal >= $start AND ordinal < $stop))),
stands AS (
  SELECT * FROM told($stop) s WHERE s.polarity = 'affirm' AND {_WANTED} AND ($start = 0 OR s.entity IN (SELECT entity FROM spoken)))
SELECT t.entity, t.schema, t.prop, coalesce(t.value, s.value) AS value, s.ordinal, r.leaf, (r.index + s.ordinal - r.ordinal) AS place,
  strftime(to_timestamp(r.time) AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%SZ') AS known,
  coalesce(NOT s.counts, false) AS proposed
FROM spoken t LEFT JOIN stands s ON s.entity = t.entity AND s.prop = t.prop AND s.schema = t.schema
  AND (t.value IS NULL OR coalesce(s.value, s.closed) = t.value)
ASOF LEFT JOIN run r ON s.ordinal >= r.ordinal"""  # noqa: S608 - our own words
_ENTERED = """
SELECT f.entity, f.value, r.leaf, (r.index + f.ordinal - r.ordinal) AS place
FROM fact f JOIN shape s USING (shape) ASOF JOIN run r ON f.ordinal >= r.ordinal
WHERE f.ordinal >= $start AND f.ordinal < $stop AND s.schema = 'Case' AND s.prop = 'record' AND s.op = 'assert' ORDER BY f.ordinal"""


class Moved(NamedTuple):
    """What stands now of something that moved: a record, a truth value, an identifier's report (`value`) or its being a victim's own.

    (`leaf`, `place`) says where it is logged; `leaf` is None where nothing of it stands any more. Several lines may speak of one thing.
    `proposed`: nobody has confirmed it yet.
    """

    entity: str
    schema: str
    prop: str
    value: str | None
    ordinal: int | None
    leaf: int | None
    place: int | None
    known: str | None
    proposed: bool = False


class Entered(NamedTuple):
    """A record of a case, as JSON text, and where it stands."""

    entity: str
    value: str
    leaf: int
    place: int


def moved(engine: Engine, *, start: int, stop: int) -> Iterator[Moved]:
    """What moved among the statements numbered `start` up to but not including `stop`."""
    engine.placed()
    for batch in engine.batches(_MOVED, {"start": start, "stop": stop}):
        yield from map(Moved._make, zip(*(column.to_pylist() for column in batch.columns), strict=True))


def entered(engine: Engine, *, start: int, stop: int) -> Iterator[Entered]:
    """The entries of cases among those statements, in their order: a retraction takes none of them out of its chain."""
    engine.placed()
    for batch in engine.batches(_ENTERED, {"start": start, "stop": stop}):
        yield from map(Entered._make, zip(*(column.to_pylist() for column in batch.columns), strict=True))
