"""Folding: from the ledger's blocks to the views' files, step by step.

Order of a step: 1. flat files behind the committed count, durable; 2. hash tables; 3. segments, durable; 4. one transaction of the
serving index, which also holds the manifest: only this makes the step visible; 5. the manifest beside it, for engines and for readers to
notice. A fold that is killed leaves files that nothing names: the next one writes over them. From nothing, the whole is built in a new
folder and named when it is complete.
"""

from __future__ import annotations

import fcntl
import itertools
import os
import secrets
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from saksi.ledger.batch import Kind
from saksi.ledger.ledger import OpenBlock
from saksi.model import LedgerFault
from saksi.views import manifest as manifests
from saksi.views import segments
from saksi.views.fact import AMENDING
from saksi.views.flat import CHANGED, Flat, append, as_words, overwrite
from saksi.views.manifest import FOLD_VERSION, Manifest, Segment
from saksi.views.parse import ERASED, Columns, Numbers, Parser, Shape
from saksi.views.serving import CHUNK, MARKING, RECENT, RECORDER, SHAPE, SOURCE, ChangeRow, Writer, stored
from saksi.views.slots import Slots

__all__ = ["Foldable", "Progress", "Rooted", "current", "fold", "locked", "rebuild"]

Progress = Callable[[int, int], None]  # leaves folded, leaves in all

_STEP = 65_536
_TOLD = frozenset({Kind.PRIVATE, Kind.PUBLIC, Kind.BATCH})  # leaves that hold statements; control leaves and requests are not told here
_shape = msgspec.msgpack.Decoder(Shape)


class Rooted(Protocol):
    """A log that knows its root at every size it has had."""

    def root_at(self, size: int) -> bytes: ...


class Foldable(Protocol):
    """A ledger as a fold needs it."""

    @property
    def origin(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def log(self) -> Rooted: ...
    def read(self, first: int, last: int) -> Iterator[OpenBlock]: ...


def current(folder: Path) -> Manifest | None:
    """What the views in `folder` were folded to, or None where nothing usable is there."""
    named = manifests.read(folder)
    return None if named is None else stored(folder / named.folder)


def fold(folder: Path, ledger: Foldable, *, progress: Progress | None = None) -> Manifest:
    """Bring the views in `folder` up to the ledger's size.

    What cannot be continued (of another ledger, of another fold version, damaged) is rebuilt.
    """
    with locked(folder):
        return _fold(folder, ledger, progress)


def _fold(folder: Path, ledger: Foldable, progress: Progress | None) -> Manifest:
    size, have = ledger.size, current(folder)
    if have is None or not _continues(have, ledger) or not _whole(folder, have):
        return _rebuild(folder, ledger, progress)
    if have.size == size:
        if manifests.read(folder) != have:
            manifests.write(folder, have)
        return have
    step = _Step(folder / have.folder, have, fresh=False)
    try:
        for columns, leaf in _stretches(step.parser, ledger, (have.size, size), have.statements):
            have = step.add(columns, have, (leaf, ledger.log.root_at(leaf)))
            manifests.write(folder, have)
            if progress is not None:
                progress(leaf, size)
        have = step.merged(have)
    finally:
        step.close()
    manifests.write(folder, have)
    segments.tidy(folder / have.folder, have.segments)
    return have


def rebuild(folder: Path, ledger: Foldable, *, progress: Progress | None = None) -> Manifest:
    """Build the views anew from the ledger, beside those in use, and put them in their place in one step."""
    with locked(folder):
        return _rebuild(folder, ledger, progress)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep others from writing to the views in `folder`; readers go on."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _rebuild(folder: Path, ledger: Foldable, progress: Progress | None) -> Manifest:
    named = manifests.read(folder)
    name = f"g{int(named.folder[1:]) + 1 if named is not None else 1:06d}"
    for path in folder.iterdir():
        if path.is_dir() and (named is None or path.name != named.folder):
            shutil.rmtree(path)
    place = folder / name
    place.mkdir()
    size = ledger.size
    made = Manifest(FOLD_VERSION, ledger.origin, size, ledger.log.root_at(size).hex(), 0, 0, 0, 0, name, secrets.randbits(64) | 1)
    step = _Step(place, made, fresh=True)
    try:
        for columns, leaf in _stretches(step.parser, ledger, (0, size), 0):
            made = step.stage(columns, made)
            if progress is not None:
                progress(leaf, size)
        made = step.finish(made)
    finally:
        step.close()
    # The new generation is whole and durable: name it, then drop the old one.
    _sync(place)
    manifests.write(folder, made)
    if named is not None:
        shutil.rmtree(folder / named.folder, ignore_errors=True)
    return made


class _Step:
    """The work on one generation's folder."""

    def __init__(self, place: Path, have: Manifest, *, fresh: bool) -> None:
        self._place = place
        try:
            self._writer = Writer(place, fresh=fresh)
        except sqlite3.Error as fault:
            raise LedgerFault(f"the views' index cannot be written: {fault}", where=str(place), todo="rebuild the views") from fault
        writer = self._writer
        numbers = [Numbers(lambda body, kind=kind: writer.find(kind, body), writer.next(kind)) for kind in range(4)]  # type: ignore[misc]
        self.parser = Parser(sources=numbers[SOURCE], recorders=numbers[RECORDER], markings=numbers[MARKING], shapes=numbers[SHAPE])
        self._numbers = numbers
        self._ids = Slots(place / "ids.slots", secret=have.secret)
        self._names = Slots(place / "names.slots", secret=have.secret)
        self._shapes: dict[int, Shape] = {}
        self._authors: dict[int, str] = {}
        self._recent: list[tuple[int, str]] = []
        if fresh:
            (place / "stage").mkdir()

    def close(self) -> None:
        """Give up what was not committed."""
        self._writer.close()

    def add(self, columns: Columns, have: Manifest, at: tuple[int, bytes]) -> Manifest:
        """Fold a stretch into views that are in use."""
        runs, loose = self._common(columns, have)
        facts: dict[str, list[bytes]] = {}
        for entity, packed in zip(columns.entity, columns.packed, strict=True):
            facts.setdefault(entity, []).append(packed)
        met = self._writer.add(facts)
        self._writer.recent(zip(columns.ordinal[-RECENT:], columns.entity[-RECENT:], strict=True))
        new: tuple[Segment, ...] = ()
        if columns.entity:
            new = segments.small(self._place, f"{columns.first:012d}-{have.statements + len(columns):012d}", segments.staged(columns))
        made = _moved(have, at, (have.statements + len(columns), runs, have.loose + loose), have.segments + new)
        made = msgspec.structs.replace(made, entities=have.entities + met)
        self._writer.commit(made)
        return made

    def merged(self, have: Manifest) -> Manifest:
        """Merge small segments, so that a ledger of many folds has few files."""
        few = segments.tiers(have.segments)
        if not few:
            return have
        stem = {segment.file.partition(".")[0] for segment in few}
        first = min(name.partition("-")[0] for name in stem)
        made = segments.merge(self._place, f"{first}-{have.statements:012d}m{secrets.token_hex(4)}", few)
        kept = tuple(segment for segment in have.segments if segment.file.partition(".")[0] not in stem)
        done = _moved(have, (have.size, bytes.fromhex(have.root)), (have.statements, have.runs, have.loose), kept + made)
        self._writer.commit(done)
        return done

    def stage(self, columns: Columns, have: Manifest) -> Manifest:
        """Fold a stretch from nothing: its facts wait unsorted in a file."""
        runs, loose = self._common(columns, have)
        if columns.entity:
            pq.write_table(segments.staged(columns), self._place / "stage" / f"{columns.first:012d}.parquet", compression="lz4")
        self._recent = [*self._recent, *zip(columns.ordinal[-RECENT:], columns.entity[-RECENT:], strict=True)][-RECENT:]
        return _moved(have, (have.size, bytes.fromhex(have.root)), (have.statements + len(columns), runs, have.loose + loose), ())

    def finish(self, have: Manifest) -> Manifest:
        """Sort what was staged, once, into the segments and the serving index."""
        stage, made = self._place / "stage", []
        if any(stage.iterdir()):
            name = f"{0:012d}-{have.statements:012d}"
            sink = segments.Sink(self._place, name, by="entity")
            self._writer.bulk(_entities(segments.sorted_batches(stage, self._place / "scratch"), self._writer, sink))
            made = [sink.close()]
            values = segments.by_value(self._place, name, [made[0].file])
            made += [] if values is None else [values]
        shutil.rmtree(stage)
        shutil.rmtree(self._place / "scratch", ignore_errors=True)
        flat = Flat(self._place, count=have.statements, runs=have.runs)
        self._ids.tighten(flat.ids)
        self._names.tighten(flat.names)
        self._writer.recent(self._recent)
        count = int(self._writer.link.execute("SELECT count(*) FROM entity").fetchone()[0])
        done = msgspec.structs.replace(have, segments=tuple(made), entities=count)
        self._writer.commit(done)
        self._writer.finish()
        return done

    def _common(self, columns: Columns, have: Manifest) -> tuple[int, int]:
        """Flat files, hash tables, tables of parts and amendments; gives the number of runs, and of amendments that change nothing."""
        if columns.first != have.statements:
            raise LedgerFault("the views were folded by two at once", todo="run the fold again")
        runs = append(self._place, columns, runs=have.runs)
        flat = Flat(self._place, count=have.statements + len(columns), runs=runs)
        first = columns.first
        self._ids.put(flat.ids[first:], first=first, among=flat.ids)
        self._names.put(flat.names[first:], first=first, among=flat.names)
        for kind, numbers in enumerate(self._numbers):
            self._writer.parts(kind, numbers.fresh)
            numbers.fresh.clear()
        rows, loose = self._amended(columns, flat, have.origin), 0
        loose = len(columns.amending) - len(rows)
        if rows:
            self._writer.changes(rows)
            overwrite(self._place, "flags", sorted({row[0] for row in rows}), entry=bytes((CHANGED,)))
        return runs, loose

    def _amended(self, columns: Columns, flat: Flat, origin: str) -> list[ChangeRow]:
        """The amendments that count: of an earlier assertion or proposal in this ledger, by its own author."""
        told = [one for one in columns.amending if one.target.startswith(origin + "#")]
        if not told:
            return []
        names = as_words([bytes.fromhex(one.target[-64:]) for one in told], 32)
        targets = self._names.find(names, among=flat.names).tolist()
        rows: list[ChangeRow] = []
        for one, target in zip(told, targets, strict=True):
            if 0 <= target < one.ordinal and int(flat.shapes[target]) != ERASED:
                shape = self._shape(int(flat.shapes[target]))
                if shape.op not in AMENDING and self._author(shape.asserter) == self._author(one.asserter):
                    rows.append((target, one.ordinal, one.op, one.asserter, one.handling, one.reason))
        return rows

    def _shape(self, number: int) -> Shape:
        if number not in self._shapes:
            self._shapes[number] = _shape.decode(self._writer.body(SHAPE, number))
        return self._shapes[number]

    def _author(self, number: int) -> str:
        if number not in self._authors:
            self._authors[number] = str(msgspec.json.decode(self._writer.body(RECORDER, number), type=dict[str, object])["authority"])
        return self._authors[number]


def _stretches(parser: Parser, ledger: Foldable, leaves: tuple[int, int], first: int) -> Iterator[tuple[Columns, int]]:
    """The ledger in stretches of about `_STEP` statements that end with a leaf: the columns, and the size they reach."""
    columns, leaf = Columns(first), leaves[0]
    for block in ledger.read(*leaves):
        if block.leaf != leaf and len(columns) >= _STEP:
            yield columns, block.leaf
            columns = Columns(columns.first + len(columns))
        leaf = block.leaf
        if block.kind in _TOLD:
            parser.add(columns, block)
    yield columns, leaves[1]


def _entities(batches: Iterator[pa.Table], writer: Writer, sink: segments.Sink) -> Iterator[tuple[str, int, int, bytes]]:
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


def _whole_entity(writer: Writer, key: str, rows: list[bytes]) -> tuple[str, int, int, bytes]:
    older, rest = writer.paged(key, rows)
    return key, older, len(rest), b"".join(rest)


def _moved(have: Manifest, at: tuple[int, bytes], counts: tuple[int, int, int], held: tuple[Segment, ...]) -> Manifest:
    return msgspec.structs.replace(have, size=at[0], root=at[1].hex(), statements=counts[0], runs=counts[1], loose=counts[2], segments=held)


def _continues(have: Manifest, ledger: Foldable) -> bool:
    """Whether the ledger is the one that was folded, and has only grown."""
    return have.origin == ledger.origin and have.size <= ledger.size and bytes.fromhex(have.root) == ledger.log.root_at(have.size)


def _whole(folder: Path, have: Manifest) -> bool:
    """Whether the files are all there and long enough."""
    place = folder / have.folder
    wanted = {"commitments": 32, "ids": 16, "shapes": 4, "flags": 1}
    if not all(_size(place / name) >= width * have.statements for name, width in wanted.items()):
        return False
    return all((place / segment.file).exists() for segment in have.segments) and _size(place / "ids.slots") >= 0


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else -1


def _sync(folder: Path) -> None:
    """Make everything in a folder durable."""
    for path in [*(each for each in folder.iterdir() if each.is_file()), folder]:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
