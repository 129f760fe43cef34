"""Erasing from the views what was erased from the ledger's vault: nothing of it stays readable in any file.

Order: 1. new segments without it, durable; 2. one transaction of the serving index: facts, changes, and tables of parts that nothing uses
any more, with the day; 3. ids, shapes and flags in the flat files; 4. the index's journal emptied, the old segments deleted; 5. the
notices settled. Killed at any point, doing it again ends the same; and where the views stand before a notice that is not settled, the next
fold does it again.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from saksi.views import segments
from saksi.views.flat import GONE, Flat, overwrite
from saksi.views.manifest import Manifest, Segment
from saksi.views.parse import ERASED, ID_BYTES, Shape
from saksi.views.serving import DAYS, MARKING, RECORDER, SHAPE, SOURCE, Rows, Writer, head

if TYPE_CHECKING:
    import duckdb

__all__ = ["erase"]

_pack = msgspec.msgpack.Encoder().encode
_shape = msgspec.msgpack.Decoder(Shape)


def erase(place: Path, have: Manifest, places: Sequence[tuple[int, int]], *, day: str, notices: Sequence[int] = ()) -> Manifest:
    """Take the statements at (leaf, index) `places` out of the views; gives the new manifest, or `have` where there was nothing to do.

    `notices` are the leaves of the ledger's notices that this settles.
    """
    flat = Flat(place, count=have.statements, runs=have.runs)
    found = {flat.runs.ordinal(leaf, index) for leaf, index in places}
    gone = sorted(number for number in found if number is not None)
    if not gone and not notices:
        return have
    where = _entities(place, have, gone)
    kept, new = _segments(place, have, gone)
    writer = Writer(place, fresh=False)
    try:
        link = writer.link
        link.execute("CREATE TEMP TABLE gone AS SELECT value AS ordinal FROM json_each(?)", (msgspec.json.encode(gone).decode(),))
        dropped = sum(_entity(writer, entity, frozenset(gone)) for entity in where)
        link.execute("DELETE FROM change WHERE target IN (SELECT ordinal FROM gone) OR ordinal IN (SELECT ordinal FROM gone)")
        link.execute("DELETE FROM recent WHERE ordinal IN (SELECT ordinal FROM gone)")
        writer.erased((number, day) for number in gone)
        _parts(link, flat, gone)
        _days(link, segments.expand(place, kept + new))
        made = msgspec.structs.replace(have, segments=kept + new, erasures=have.erasures + 1, entities=have.entities - dropped)
        writer.commit(made)
        overwrite(place, "shapes", gone, entry=ERASED.to_bytes(4, "little"))
        overwrite(place, "flags", gone, entry=bytes((GONE,)))
        overwrite(place, "ids", gone, entry=bytes(ID_BYTES))
        link.execute("COMMIT")
        link.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        segments.tidy(place, made.segments)
        link.execute("BEGIN IMMEDIATE")
        writer.settle(notices)
        link.execute("COMMIT")
    finally:
        writer.close()
    return made


def _entities(place: Path, have: Manifest, gone: Sequence[int]) -> list[str]:
    """Which entities the statements are about."""
    files = segments.expand(place, have.segments)
    if not files:
        return []
    with segments.engine(place / "scratch") as link:
        return [
            str(row[0])
            for row in link.execute(
                "SELECT DISTINCT entity FROM read_parquet(?) WHERE ordinal IN (SELECT unnest(?::UINTEGER[]))", [files, list(gone)]
            ).fetchall()
        ]


def _segments(place: Path, have: Manifest, gone: Sequence[int]) -> tuple[tuple[Segment, ...], tuple[Segment, ...]]:
    """The segments that stay, and those written anew without the statements."""
    kept, new = [], []
    with segments.engine(place / "scratch") as link:
        for segment in have.segments:
            if not _holds(link, place / segment.file, gone):
                kept.append(segment)
                continue
            stem = segment.file.partition(".")[0].partition("e")[0]
            made = segments.without(place, f"{stem}e{have.erasures + 1}", segment, gone)
            new += [] if made is None else [made]
    return tuple(kept), tuple(new)


def _holds(link: duckdb.DuckDBPyConnection, path: Path, gone: Sequence[int]) -> bool:
    found = link.execute(
        "SELECT 1 FROM read_parquet(?) WHERE ordinal IN (SELECT unnest(?::UINTEGER[])) LIMIT 1", [str(path), list(gone)]
    ).fetchone()
    return found is not None


def _entity(writer: Writer, entity: str, gone: frozenset[int]) -> bool:
    """Write an entity's rows anew without the statements; says whether nothing was left of it."""
    link, fewer = writer.link, 0
    for first, count, data in link.execute("SELECT first, count, rows FROM page WHERE entity = ?", (entity,)).fetchall():
        left = [row for row in Rows.decode(head(count) + zlib.decompress(data)) if row.ordinal not in gone]
        if len(left) == count:
            continue
        fewer += count - len(left)
        link.execute("DELETE FROM page WHERE entity = ? AND first = ?", (entity, first))
        if left:
            writer.page(entity, b"".join(_pack(row) for row in left), len(left))
    found = writer.entry(entity)
    if found is None or entity not in {entry[0] for entry in found[1]}:
        return False
    entries, emptied = [], False
    for key, older, count, rows in found[1]:
        if key != entity:
            entries.append((key, older, count, rows))
            continue
        kept = [row for row in Rows.decode(head(count) + rows) if row.ordinal not in gone]
        emptied = not kept and older == fewer
        if not emptied:
            entries.append((key, older - fewer, len(kept), b"".join(_pack(row) for row in kept)))
    writer.put(found[0], entries)
    return emptied


def _parts(link: sqlite3.Connection, flat: Flat, gone: Sequence[int]) -> None:
    """Forget shapes, sources, recorders and markings that only the erased statements used."""
    left = np.array(flat.shapes)
    left[list(gone)] = ERASED
    used = set(np.unique(left).tolist())
    shapes = link.execute("SELECT number, body FROM part WHERE kind = ?", (SHAPE,)).fetchall()
    rest = [_shape.decode(body) for number, body in shapes if number in used]
    _drop(link, SHAPE, {number for number, _ in shapes} - used)
    for kind, name in ((SOURCE, "source"), (RECORDER, "asserter"), (MARKING, "handling")):
        numbers = {number for (number,) in link.execute("SELECT number FROM part WHERE kind = ?", (kind,))}
        _drop(link, kind, numbers - {getattr(shape, name) for shape in rest})


def _days(link: sqlite3.Connection, files: Sequence[str]) -> None:
    """Forget the days that no fact in the segments is dated by."""
    numbers, used = link.execute("SELECT number FROM part WHERE kind = ?", (DAYS,)).fetchall(), set[tuple[int]]()
    if files:
        with segments.engine(Path(files[0]).parent / "scratch") as duck:
            used.update(duck.execute("SELECT DISTINCT days FROM read_parquet(?)", [list(files)]).fetchall())
    _drop(link, DAYS, {number for (number,) in set(numbers) - used})


def _drop(link: sqlite3.Connection, kind: int, numbers: set[int]) -> None:
    link.executemany("DELETE FROM part WHERE kind = ? AND number = ?", ((kind, number) for number in numbers))
