"""The work of a fold on one generation's folder: a stretch of the ledger goes into every file of it."""

from __future__ import annotations

import itertools
import secrets
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from saksi.views import segments
from saksi.views.bundle import Entry
from saksi.views.fact import AMENDING
from saksi.views.flat import CHANGED, Flat, append, as_words, overwrite
from saksi.views.manifest import Manifest, Segment
from saksi.views.number import Numbered, Numbers, numbered
from saksi.views.parse import ERASED, Columns, Notice, Shape
from saksi.views.serving import CHUNK, DAYS, MARKING, RECENT, RECORDER, SHAPE, SOURCE, ChangeRow, Writer, no_files, no_room, unusable
from saksi.views.slots import Slots

__all__ = ["Step"]

_shape = msgspec.msgpack.Decoder(Shape)


class Step:
    """The work on one generation's folder."""

    def __init__(self, place: Path, have: Manifest, *, fresh: bool) -> None:
        self._place = place
        try:
            self._writer = Writer(place, fresh=fresh)
        except sqlite3.Error as fault:
            if no_room(fault) or no_files(fault):
                raise
            raise unusable("the views' index cannot be written", fault, place) from fault
        writer = self._writer
        try:
            self._numbers = [Numbers(partial(writer.find, kind), writer.next(kind)) for kind in (SOURCE, RECORDER, MARKING, SHAPE, DAYS)]
            self._ids = Slots(place / "ids.slots", secret=have.secret)
            self._names = Slots(place / "names.slots", secret=have.secret)
        except BaseException:
            writer.close()  # else the index stays locked for as long as the fault is held
            raise
        self._named = 0  # statements whose commitments can be found while all is made anew
        self._shapes: dict[int, Shape] = {}
        self._authors: dict[int, str] = {}
        self._recent: list[tuple[int, str]] = []
        self._gone: list[tuple[int, list[bytes]]] = []
        self.notices: list[Notice] = []
        if fresh:
            (place / "stage").mkdir()

    def close(self) -> None:
        """Give up what was not committed."""
        self._writer.close()

    def add(self, columns: Columns, have: Manifest, at: tuple[int, bytes]) -> Manifest:
        """Fold a stretch into views that are in use; it is visible when this returns."""
        stretch, runs, loose = self._common(columns, have)
        facts: dict[str, list[bytes]] = {}
        for entity, packed in zip(columns.entity, stretch.packed, strict=True):
            facts.setdefault(entity, []).append(packed)
        met = self._writer.add(facts)
        self._writer.recent(zip(stretch.ordinal[-RECENT:], columns.entity[-RECENT:], strict=True))
        count = have.statements + len(columns)
        self._writer.erased(self._days(Flat(self._place, count=count, runs=runs)))
        self._gone.clear()
        new: tuple[Segment, ...] = ()
        if columns.entity:
            new = segments.small(self._place, f"{have.statements:012d}-{count:012d}", segments.staged(stretch))
        made = _moved(have, at, (count, runs, have.loose + loose), have.segments + new)
        made = msgspec.structs.replace(made, entities=have.entities + met)
        self._writer.commit(made)
        return made

    def merged(self, have: Manifest) -> Manifest:
        """Merge small segments, so that a ledger of many folds has few files, and give crowded tables room."""
        flat = Flat(self._place, count=have.statements, runs=have.runs)
        self._ids.widen(flat.ids)
        self._names.widen(flat.names)
        few = segments.tiers(have.segments)
        while len(few) > 1:
            wider = []
            for start in range(0, len(few), segments.FAN):
                some = few[start : start + segments.FAN]
                if len(some) > 1:
                    have, some = self._merge(have, some)
                wider += some
            few = wider
        return have

    def _merge(self, have: Manifest, mains: list[Segment]) -> tuple[Manifest, list[Segment]]:
        """Merge some segments and their second projections; gives the main one made."""
        spans = {segments.span(segment) for segment in mains}
        few = [segment for segment in have.segments if segments.span(segment) in spans]
        first, last = min(spans).partition("-")[0], max(spans).partition("-")[2]
        made = segments.merge(self._place, f"{first}-{last}m{secrets.token_hex(4)}", few)
        kept = tuple(segment for segment in have.segments if segment not in few)
        done = msgspec.structs.replace(have, segments=kept + made)
        self._writer.commit(done)
        return done, [segment for segment in made if segment.by == "entity"]

    def stage(self, columns: Columns, have: Manifest) -> Manifest:
        """Fold a stretch from nothing: its facts wait unsorted in a file."""
        stretch, runs, loose = self._common(columns, have)
        if columns.entity:
            pq.write_table(segments.staged(stretch), self._place / "stage" / f"{stretch.first:012d}.parquet", compression="lz4")
        self._recent = [*self._recent, *zip(stretch.ordinal[-RECENT:], columns.entity[-RECENT:], strict=True)][-RECENT:]
        return _moved(have, (have.size, bytes.fromhex(have.root)), (have.statements + len(columns), runs, have.loose + loose), ())

    def finish(self, have: Manifest) -> Manifest:
        """Sort what was staged, once, into the segments and the serving index."""
        stage, made, count = self._place / "stage", list[Segment](), 0
        flat = Flat(self._place, count=have.statements, runs=have.runs)
        with ThreadPoolExecutor(1) as aside:
            tables = aside.submit(self._tighten, flat)
            if any(stage.iterdir()):
                name = f"{0:012d}-{have.statements:012d}"
                sink = segments.Sink(self._place, name, by="entity")
                count = self._writer.bulk(_entities(segments.sorted_batches(stage, self._place / "scratch"), self._writer, sink))
                made = [sink.close()]
                values = segments.by_value(self._place, name, [made[0].file])
                made += [] if values is None else [values]
            tables.result()
        shutil.rmtree(stage)
        shutil.rmtree(self._place / "scratch", ignore_errors=True)
        self._writer.recent(self._recent)
        self._writer.erased(self._days(flat))
        self._writer.settle(notice.leaf for notice in self.notices)
        done = msgspec.structs.replace(have, segments=tuple(made), entities=count)
        self._writer.commit(done)
        self._writer.finish()
        return done

    def _tighten(self, flat: Flat) -> None:
        self._ids.tighten(flat.ids)
        self._names.tighten(flat.names)

    def _common(self, columns: Columns, have: Manifest) -> tuple[Numbered, int, int]:
        """Flat files, hash tables, tables of parts, amendments; gives also the number of runs, and of amendments that change nothing."""
        first = have.statements
        stretch = numbered(columns, self._numbers, first)
        durable = not self._writer.fresh  # a new generation is made durable as a whole
        runs = append(self._place, stretch, runs=have.runs, durable=durable)
        flat = Flat(self._place, count=first + len(columns), runs=runs)
        if not self._writer.fresh:  # else both are made at the end, at once
            self._ids.put(flat.ids[first:], first=first, among=flat.ids)
            self._names.put(flat.names[first:], first=first, among=flat.names)
        for kind, numbers in enumerate(self._numbers):
            self._writer.parts(kind, numbers.fresh)
            numbers.fresh.clear()
        self._gone += [(first + place, subjects) for place, subjects in columns.gone]
        self.notices += columns.notices
        rows = self._amended(stretch, flat, have.origin)
        if rows:
            self._writer.changes(rows)
            overwrite(self._place, "flags", sorted({row[0] for row in rows}), entry=bytes((CHANGED,)))
        return stretch, runs, len(columns.amending) - len(rows)

    def unsettled(self, notices: Sequence[Notice]) -> list[Notice]:
        """The notices of erasure that nobody has told the views about."""
        return self._writer.unsettled(notices) if notices else []

    def _days(self, flat: Flat) -> Iterator[tuple[int, str]]:
        """The day of each statement that was found erased, as far as the notices tell."""
        by_subject = {subject: notice.day for notice in reversed(self.notices) for subject in notice.subjects}
        by_item = {flat.runs.ordinal(*item): notice.day for notice in reversed(self.notices) for item in notice.items}
        for number, subjects in self._gone:
            days = [by_subject[subject] for subject in subjects if subject in by_subject]
            day = min(days) if days else by_item.get(number)
            if day is not None:
                yield number, day

    def _amended(self, stretch: Numbered, flat: Flat, origin: str) -> list[ChangeRow]:
        """The amendments that count: of an earlier assertion or proposal in this ledger, by its own author."""
        told = [one for one in stretch.columns.amending if one.target.startswith(origin + "#")]
        if not told:
            return []
        if self._writer.fresh:
            self._names.put(flat.names[self._named :], first=self._named, among=flat.names, durable=False)
            self._named = flat.count
        names = as_words([bytes.fromhex(one.target[-64:]) for one in told], 32)
        targets = self._names.find(names, among=flat.names).tolist()
        rows: list[ChangeRow] = []
        for one, target in zip(told, targets, strict=True):
            ordinal, groups = stretch.first + one.place, stretch.groups[one.place]
            if 0 <= target < ordinal and int(flat.shapes[target]) != ERASED:
                shape = self._shape(int(flat.shapes[target]))
                if shape.op not in AMENDING and self._author(shape.asserter) == self._author(groups[0]):
                    rows.append((target, ordinal, one.op, *groups, one.reason))
        return rows

    def _shape(self, number: int) -> Shape:
        if number not in self._shapes:
            self._shapes[number] = _shape.decode(self._writer.body(SHAPE, number))
        return self._shapes[number]

    def _author(self, number: int) -> str:
        if number not in self._authors:
            self._authors[number] = str(msgspec.json.decode(self._writer.body(RECORDER, number), type=dict[str, object])["authority"])
        return self._authors[number]


def _entities(batches: Iterator[pa.Table], writer: Writer, sink: segments.Sink) -> Iterator[Entry]:
    """From facts sorted by entity to the index's rows, writing the segment on the way. The last entity of a batch may go on in the next."""
    carried: tuple[str, list[bytes]] | None = None
    for table in batches:
        sink.write(table)
        groups = pc.run_end_encode(table["entity"].combine_chunks())
        keys, ends = groups.values.to_pylist(), groups.run_ends.to_numpy()
        packed = table["packed"].combine_chunks()
        offsets = np.frombuffer(packed.buffers()[1], "<i4")[packed.offset : packed.offset + len(packed) + 1]
        data, start = memoryview(packed.buffers()[2]), 0
        cuts, last = offsets[ends].tolist(), len(keys) - 1
        at = int(offsets[0])
        for place, (key, end, cut) in enumerate(zip(keys, ends.tolist(), cuts, strict=True)):
            if place == last or (carried is not None and carried[0] == key) or end - start >= 2 * CHUNK:
                bounds = offsets[start : end + 1].tolist()
                rows = [bytes(data[a:b]) for a, b in itertools.pairwise(bounds)]
                if carried is not None and carried[0] == key:
                    carried[1].extend(rows)
                else:
                    if carried is not None:
                        yield _whole_entity(writer, *carried)
                    carried = (key, rows)
            else:
                if carried is not None:
                    yield _whole_entity(writer, *carried)
                    carried = None
                yield key, 0, end - start, bytes(data[at:cut])
            start, at = end, cut
    if carried is not None:
        yield _whole_entity(writer, *carried)


def _whole_entity(writer: Writer, key: str, rows: list[bytes]) -> Entry:
    older, rest = writer.paged(key, rows)
    return key, older, len(rest), b"".join(rest)


def _moved(have: Manifest, at: tuple[int, bytes], counts: tuple[int, int, int], held: tuple[Segment, ...]) -> Manifest:
    return msgspec.structs.replace(have, size=at[0], root=at[1].hex(), statements=counts[0], runs=counts[1], loose=counts[2], segments=held)
