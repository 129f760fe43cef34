"""Questions over all facts at once: DuckDB over the Parquet segments.

An engine works on one state of the views. A size is given as `stop`, the number of statements below it: `Views.stop(at)`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

import duckdb
import pyarrow as pa

from saksi.model import BadInput, LedgerFault
from saksi.views import segments
from saksi.views.reading import Snapshot

__all__ = ["COLUMNS", "Engine", "Ranked"]

Ranked: TypeAlias = tuple[int, str]  # how well an entity fits a search (0: exactly), and the entity

COLUMNS = (
    "entity", "schema", "prop", "value", "polarity", "op", "original", "lang", "valid_from", "valid_until", "source", "asserter",
    "handling", "reported", "row", "leaf", "index", "asserted_at",
)  # fmt: skip
_SHAPE = pa.schema(
    [("shape", pa.uint32())]
    + [(name, pa.string()) for name in ("schema", "prop", "polarity", "op", "closed", "lang")]
    + [(name, pa.uint32()) for name in ("source", "asserter", "handling")]
)
_DAYS = pa.schema([("days", pa.uint32())] + [(name, pa.string()) for name in ("valid_from", "valid_until", "reported")])
_CHANGE = pa.schema([("target", pa.uint32()), ("ordinal", pa.uint32()), ("op", pa.string()), ("handling", pa.uint32())])
_RUN = ("ordinal", "leaf", "index", "time")
# The last word on each of two questions: was it withdrawn, was it accepted (see `fact.decide`). What is told counts, or waits for somebody
# to decide about it.
_STANDS = """
CREATE TEMP MACRO told(stop) AS TABLE
WITH said AS (
  SELECT target, arg_max(op, ordinal) FILTER (op IN ('retract', 'expire', 'reinstate')) AS held,
    arg_max(op, ordinal) FILTER (op IN ('confirm', 'reject')) AS taken
  FROM change WHERE ordinal < stop GROUP BY target)
SELECT f.*, s.schema, s.prop, s.polarity, s.op, s.lang, s.source, s.asserter, s.handling, s.closed,
  coalesce(held, 'reinstate') = 'reinstate'
    AND coalesce(taken, CASE WHEN s.op = 'assert' THEN 'confirm' ELSE 'wait' END) = 'confirm' AS counts
FROM fact f JOIN shape s USING (shape) LEFT JOIN said ON said.target = f.ordinal
WHERE f.ordinal < stop AND (counts OR (s.op = 'propose' AND held IS NULL AND taken IS NULL));
CREATE TEMP MACRO counting(stop) AS TABLE SELECT * EXCLUDE (counts) FROM told(stop) WHERE counts
"""


class Engine:
    """DuckDB with the facts of one state of the views as a table."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._link = segments.engine(snapshot.place / "scratch")
        self._files = snapshot.files  # every query opens them anew
        self._runs = snapshot.flat.runs.table
        self._name = snapshot.flat.name
        shapes = [(number, *tuple_of[:9]) for number, one in snapshot.shapes() if (tuple_of := _parts(one))]
        self._link.register("shape", _table(shapes, _SHAPE))
        self._link.register("dated", _table([(number, *_parts(one)) for number, one in snapshot.dated()], _DAYS))
        rows = snapshot.link.execute("SELECT target, ordinal, op, handling FROM change").fetchall()
        self._link.register("change", _table(rows, _CHANGE))
        self._handlings = {one.handling for _, one in snapshot.shapes()} | {row[3] for row in rows}
        try:
            self._open(snapshot)
        except duckdb.Error as fault:
            self._link.close()
            raise _fault(fault) from fault

    def _open(self, snapshot: Snapshot) -> None:
        for name, by, columns in (
            (
                "fact",
                "entity",
                "entity VARCHAR, ordinal UINTEGER, shape UINTEGER, days UINTEGER, row UINTEGER, same BOOLEAN, original VARCHAR, "
                "value VARCHAR",
            ),
            ("said", "value", "value VARCHAR, entity VARCHAR, ordinal UINTEGER, shape UINTEGER"),
        ):
            files = [snapshot.files.path(snapshot.place / each.file) for each in snapshot.manifest.segments if each.by == by]
            if files:
                self._link.read_parquet(files).create_view(f"{name}")
            else:
                self._link.execute(f"CREATE TEMP TABLE {name} ({columns})")
        self._link.execute(_STANDS)

    def close(self) -> None:
        """End the engine."""
        self._link.close()

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def entities(self, stop: int) -> int:
        """How many entities somebody has spoken about, withdrawn or not."""
        return self._number("SELECT count(DISTINCT entity) FROM fact WHERE ordinal < ?", [stop])

    def since(self, start: int) -> Iterator[list[str]]:
        """The entities of which facts from number `start` on speak, in lists, twins allowed between them."""
        try:
            found = self._link.sql("SELECT DISTINCT entity FROM fact WHERE ordinal >= ?", params=[start])
            yield from (batch.column(0).to_pylist() for batch in found.to_arrow_reader(segments.GROUP))
        except duckdb.Error as fault:
            raise _fault(fault) from fault

    def commitment(self, ordinal: int) -> bytes:
        """The commitment of the statement with this number."""
        return self._name(ordinal)

    def counts(self, stop: int) -> list[tuple[str, str, str | None, int]]:
        """Facts that count, by schema, property and closed value (None where values are free)."""
        return [
            (str(row[0]), str(row[1]), None if row[2] is None else str(row[2]), int(str(row[3])))
            for row in self._rows("SELECT schema, prop, closed, count(*) FROM counting(?) GROUP BY ALL ORDER BY ALL", [stop])
        ]

    def saying(self, prop: str, value: str, *, stop: int, limit: int = 1000) -> list[str]:
        """Entities of which a counting fact gives `value` as a free value of `prop`, in order: what a report, say, names."""
        query = """SELECT DISTINCT c.entity FROM counting(?) c WHERE c.ordinal IN (
          SELECT v.ordinal FROM said v JOIN shape s USING (shape) WHERE v.value = ? AND s.prop = ?) AND c.entity IN (
          SELECT entity FROM said WHERE value = ?) ORDER BY 1 LIMIT ?"""
        return [str(row[0]) for row in self._rows(query, [stop, value, prop, value, limit])]

    def search(self, text: str, *, stop: int, seen: Callable[[int], bool], after: Ranked | None = None, limit: int = 50) -> list[Ranked]:
        """Entities for a search box, those behind `after`: the exact id or value first, then those that begin with `text`, then those
        that hold it.

        Looks at ids and at free text values (names, labels), without regard to case, in facts alone whose marking (by its number, the one
        in force now) passes `seen`: neither what is found nor its order tells of others.
        """
        if not text:
            return []
        self._link.register("seen", pa.table({"handling": pa.array(filter(seen, sorted(self._handlings)), pa.uint32())}))
        query = """
        WITH marked AS (SELECT target, arg_max(handling, ordinal) AS handling FROM change WHERE op = 'relabel' GROUP BY target),
        found AS (
          SELECT entity, lower(substr(entity, instr(entity, ':') + 1)) AS here, ordinal, shape FROM fact
          WHERE ordinal < $stop AND contains(lower(entity), $text)
          UNION ALL
          SELECT entity, lower(value), ordinal, shape FROM said
          WHERE ordinal < $stop AND value[1] <> '{' AND contains(lower(value), $text)),
        ranked AS (
          SELECT entity, min(CASE WHEN here = $text OR lower(entity) = $text THEN 0 WHEN starts_with(here, $text) THEN 1 ELSE 2 END) AS rank
          FROM found f JOIN shape s USING (shape) LEFT JOIN marked m ON m.target = f.ordinal
          WHERE coalesce(m.handling, s.handling) IN (SELECT handling FROM seen) GROUP BY entity)
        SELECT rank, entity FROM ranked WHERE (rank, length(entity), entity) > ($rank, length($after), $after)
        ORDER BY rank, length(entity), entity LIMIT $limit"""
        rank, entity = after or (-1, "")
        values = {"stop": stop, "text": text.lower(), "rank": rank, "after": entity, "limit": limit}
        return [(int(str(row[0])), str(row[1])) for row in self._rows(query, values)]

    def scan(self, columns: Sequence[str], *, stop: int, schema: str | None = None) -> Iterator[pa.RecordBatch]:
        """The facts that count, those of their `columns` that are asked for (see `COLUMNS`), of one schema or of all, in no order."""
        unknown = set(columns) - set(COLUMNS)
        if unknown or not columns:
            raise BadInput(f"no column {', '.join(sorted(unknown)) or 'was named'}", todo=f"choose from {', '.join(COLUMNS)}")
        wanted = ", ".join(f'{_EXPRESSION.get(name, "c." + name)} AS "{name}"' for name in columns)
        placed = {"leaf", "index", "asserted_at"} & set(columns)
        join = "ASOF JOIN run r ON c.ordinal >= r.ordinal" if placed else ""
        if placed:
            self.placed()
        if _DATES & set(columns):
            join += " JOIN dated d ON d.days = c.days"
        where = "WHERE c.schema = ?" if schema is not None else ""
        query = f"SELECT {wanted} FROM counting(?) c {join} {where}"  # noqa: S608 - column names from our own list
        yield from self.batches(query, [stop] + ([schema] if schema is not None else []))

    def placed(self) -> None:
        """Make the table `run` (ordinal, leaf, index, time) known to queries that ask where a statement stands."""
        self._link.register("run", pa.table({name: self._runs[name] for name in _RUN}))

    def batches(self, query: str, values: Sequence[object] | dict[str, object]) -> Iterator[pa.RecordBatch]:
        """What a query of the views' own answers, in pieces."""
        try:
            yield from self._link.sql(query, params=values).to_arrow_reader(segments.GROUP)
        except duckdb.Error as fault:
            raise _fault(fault) from fault

    def _rows(self, query: str, values: Sequence[object] | dict[str, object]) -> list[tuple[object, ...]]:
        try:
            return self._link.execute(query, values).fetchall()
        except duckdb.Error as fault:
            raise _fault(fault) from fault

    def _number(self, query: str, values: Sequence[object]) -> int:
        return int(str(self._rows(query, values)[0][0]))


_DATES = frozenset({"valid_from", "valid_until", "reported"})
_EXPRESSION = {
    **{name: f"d.{name}" for name in _DATES},
    "value": "coalesce(c.value, c.closed)",
    "original": "CASE WHEN c.same THEN substr(c.entity, instr(c.entity, ':') + 1) ELSE c.original END",
    "leaf": "r.leaf",
    "index": "(r.index + c.ordinal - r.ordinal)",
    "asserted_at": "strftime(to_timestamp(r.time) AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%SZ')",
}


def _parts(shape: object) -> tuple[object, ...]:
    return tuple(getattr(shape, name) for name in shape.__struct_fields__)  # type: ignore[attr-defined]


def _table(rows: Sequence[tuple[object, ...]], schema: pa.Schema) -> pa.Table:
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(schema)
    return pa.table([pa.array(column, kind.type) for column, kind in zip(columns, schema, strict=True)], schema=schema)


def _fault(fault: duckdb.Error) -> LedgerFault:
    return LedgerFault(f"the segments cannot be read: {fault}", todo="rebuild the views")
