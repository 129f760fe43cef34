"""The side of the serving index that reads: packed rows become facts, numbers become what they stand for.

A `Snapshot` is the views at one state; it stays right while a fold goes on beside it, because rows it does not cover are passed over.
"""

from __future__ import annotations

import sqlite3
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np
import numpy.typing as npt

from saksi.model import Extraction, Grade, LedgerFault, Marking, Source
from saksi.observables.network import NETWORK, Networks
from saksi.views.bundle import Entry, inflated, pick, unpack
from saksi.views.count import Count, Key, key_of
from saksi.views.fact import PAGE, Change, Fact, Held, Recorder, Tally, decide
from saksi.views.flat import CHANGED, Flat
from saksi.views.kept import Kept
from saksi.views.manifest import Manifest
from saksi.views.parse import Days, Shape
from saksi.views.serving import DAYS, FILE, MARKING, RECORDER, SHAPE, SOURCE, Heads, Row, Rows, connect, head, to_answer, unusable
from saksi.views.slots import Slots

__all__ = ["MANY", "Snapshot", "newest"]

_T = TypeVar("_T")
_LOTS = 2_000
_TALLIES = 256
MANY = "SELECT j.key, (SELECT body FROM bundle WHERE first <= j.value ORDER BY first DESC LIMIT 1) FROM json_each(?) j"
_ONE = "SELECT body FROM bundle WHERE first <= ? ORDER BY first DESC LIMIT 1"
_NEW_NETWORKS = f"SELECT DISTINCT entity FROM recent WHERE ordinal >= ? AND entity GLOB '{NETWORK}*'"  # noqa: S608 - a constant
_decode_shape = msgspec.msgpack.Decoder(Shape).decode
_decode_days = msgspec.msgpack.Decoder(Days).decode


class Snapshot:
    """The views as the last fold left them."""

    def __init__(self, place: Path, manifest: Manifest) -> None:
        self.manifest, self.place = manifest, place
        self.files = Kept(place / segment.file for segment in manifest.segments)
        self.flat = Flat(place, count=manifest.statements, runs=manifest.runs)
        self.ids = Slots(place / "ids.slots", secret=manifest.secret)
        self.names = Slots(place / "names.slots", secret=manifest.secret)
        self._own = threading.local()
        self._links: list[sqlite3.Connection] = []
        self._shapes: dict[int, Shape] = {}
        self._days: dict[int, Days] = {}
        self._sources: dict[int, Source] = {}
        self._recorders: dict[int, Recorder] = {}
        self._markings: dict[int, Marking] = {}
        self._tallies: dict[tuple[str, int, bool], list[Tally]] = {}
        self._networks: tuple[int, Networks] | None = None  # those of the first so many statements

    def inherit(self, before: Snapshot) -> None:
        """Take over the connections of an older state of the same files, and what it has read where that cannot have been erased."""
        self._own, self._links = before._own, before._links
        if self.manifest.erasures != before.manifest.erasures:
            return
        self._shapes, self._days, self._sources = before._shapes, before._days, before._sources
        self._recorders, self._markings = before._recorders, before._markings
        self._networks = before._networks

    @property
    def link(self) -> sqlite3.Connection:
        """This thread's connection."""
        made: sqlite3.Connection | None = getattr(self._own, "link", None)
        if made is None:
            try:
                made = connect(self.place / FILE, write=False)
            except sqlite3.Error as fault:
                raise unusable("the views' index cannot be opened", fault, self.place) from fault
            self._own.link = made
            self._links.append(made)
        return made

    def close(self) -> None:
        """Close the connections of all threads."""
        for link in self._links:
            link.close()
        self._links.clear()

    # -- numbers ---------------------------------------------------------------------------------------------------------------------

    def source(self, number: int) -> Source:
        """The source that has a number, without locator and quote."""
        return self._part(self._sources, SOURCE, (number, _source))

    def recorder(self, number: int) -> Recorder:
        """Who recorded it and the grade given."""
        return self._part(self._recorders, RECORDER, (number, _recorder))

    def marking(self, number: int) -> Marking:
        """The marking that has a number."""
        return self._part(self._markings, MARKING, (number, _marking))

    def shape(self, number: int) -> Shape:
        """What facts of a shape have in common."""
        return self._part(self._shapes, SHAPE, (number, _decode_shape))

    def days(self, number: int) -> Days:
        """The days that have a number."""
        return self._part(self._days, DAYS, (number, _decode_days))

    def shapes(self) -> Iterator[tuple[int, Shape]]:
        """All shapes."""
        for number, body in self.link.execute("SELECT number, body FROM part WHERE kind = ?", (SHAPE,)):
            yield number, _decode_shape(body)

    def dated(self) -> Iterator[tuple[int, Days]]:
        """All days that facts are dated by."""
        for number, body in self.link.execute("SELECT number, body FROM part WHERE kind = ?", (DAYS,)):
            yield number, _decode_days(body)

    def sources(self) -> Iterator[tuple[int, Source]]:
        """All sources."""
        for number, body in self.link.execute("SELECT number, body FROM part WHERE kind = ?", (SOURCE,)):
            yield number, _source(body)

    def _part(self, kept: dict[int, _T], kind: int, wanted: tuple[int, Callable[[bytes], _T]]) -> _T:
        number, read = wanted
        found = kept.get(number)
        if found is None:
            row = self.link.execute("SELECT body FROM part WHERE kind = ? AND number = ?", (kind, number)).fetchone()
            if row is None:
                raise LedgerFault(f"the views lack part {kind}/{number}", todo="rebuild the views")
            if len(kept) > 500_000:
                kept.clear()
            found = kept[number] = read(row[0])
        return found

    # -- facts -----------------------------------------------------------------------------------------------------------------------

    def facts(self, entities: Sequence[str], stop: int) -> list[Held]:
        """What is held about each of `entities`, counting statements with a number below `stop`."""
        made: list[Held | None] = [None] * len(entities)
        rows_of, facts = Rows.decode, self._facts
        execute, encode = self.link.execute, msgspec.json.encode
        for start in range(0, len(entities), _LOTS):
            lot = sorted(zip(entities[start : start + _LOTS], range(start, start + _LOTS)))  # noqa: B905 - the last lot is shorter
            last, opened = b"", None
            for at, body in execute(MANY, (encode([entity for entity, _ in lot]).decode(),)).fetchall():
                if body is None:
                    continue
                if opened is None or body != last:  # neighbours are held, or missing, in one bundle
                    last, opened = body, inflated(body)
                entity, place = lot[at]
                entry = pick(opened, entity)
                if entry is None:
                    continue
                _, older, count, rows = entry
                if older:
                    made[place] = self.page(entity, stop, stop)
                else:
                    found = facts(entity, rows_of(head(count) + rows), stop)
                    made[place] = Held(entity, found, len(found))
        return [Held(entity, [], 0) if held is None else held for entity, held in zip(entities, made, strict=True)]

    def page(self, entity: str, stop: int, bound: int, seen: Callable[[int], bool] | None = None) -> Held:
        """The newest `PAGE` facts below `bound` of an entity, and how many it has below `stop`; of those whose marking passes `seen`."""
        found = self._entry(entity)
        if found is None:
            return Held(entity, [], 0)
        _, older, count, data = found
        rows = Rows.decode(head(count) + data)
        low = rows[0].ordinal if rows else self.flat.count
        total = older + count
        if not rows or rows[-1].ordinal >= stop:
            total = sum(row.ordinal < stop for row in rows) + (self._below(entity, min(low, stop), stop) if older else 0)
        fit = None if seen is None else self._fit(np.array([row.ordinal for row in rows], np.uint32), seen)
        rows = [row for row in rows if row.ordinal < bound and (fit is None or row.ordinal in fit)]
        more = False
        if older:
            pages = self.link.cursor().execute(
                "SELECT count, numbers, rows FROM page WHERE entity = ? AND first < ? ORDER BY first DESC", (entity, min(low, bound))
            )
            for size, numbers, packed in pages:
                fit = None if seen is None else self._fit(np.frombuffer(numbers, "<u4"), seen)
                if fit is not None and not any(ordinal < bound for ordinal in fit):
                    continue
                if len(rows) >= PAGE:
                    more = True
                    break
                found_here = Rows.decode(head(size) + zlib.decompress(packed))
                rows = [row for row in found_here if row.ordinal < bound and (fit is None or row.ordinal in fit)] + rows
        if len(rows) > PAGE:
            rows, more = rows[-PAGE:], True
        return Held(entity, self._facts(entity, rows, stop), total, rows[0].ordinal if more else None)

    def _fit(self, numbers: npt.NDArray[np.uint32], seen: Callable[[int], bool]) -> set[int]:
        """Those of some statements whose marking in force now passes `seen`."""
        kinds, place = np.unique(self.flat.shapes[numbers], return_inverse=True)
        shapes = [self.shape(kind) for kind in kinds.tolist()]
        fit = np.array([seen(shape.handling) for shape in shapes], bool)[place]
        for each in np.flatnonzero(self.flat.marks[numbers] & CHANGED).tolist():
            shape = shapes[int(place[each])]
            changes = self.changes(int(numbers[each]), self.flat.count)
            fit[each] = seen(decide(shape.op, (shape.asserter, shape.handling), changes).handling)
        return set(numbers[fit].tolist())

    def tally(self, entity: str, stop: int, *, marked_now: bool = False) -> list[Tally]:
        """All facts of an entity below `stop`, counted by what they say and on which source."""
        key = (entity, stop, marked_now)
        kept = self._tallies.get(key)
        if kept is None:
            if len(self._tallies) >= _TALLIES:
                self._tallies.clear()
            kept = self._tallies[key] = self._counted(entity, stop, marked_now=marked_now)
        return kept

    def _counted(self, entity: str, stop: int, *, marked_now: bool) -> list[Tally]:
        found = self._entry(entity)
        if found is None:
            return []
        tail = Heads.decode(head(found[2]) + found[3])
        pages = [tuple(np.array(part, "<u4").tobytes() for part in ([one.ordinal for one in tail], [one.days for one in tail]))]
        if found[1]:
            low = tail[0].ordinal if tail else stop
            rows = self.link.execute("SELECT numbers, days FROM page WHERE entity = ? AND first < ? ORDER BY first", (entity, low))
            pages = [*((numbers, zlib.decompress(days)) for numbers, days in rows), *pages]
        numbers, dated = (np.frombuffer(b"".join(part), "<u4") for part in zip(*pages, strict=True))
        below = np.searchsorted(numbers, stop)
        numbers, dated = numbers[:below], dated[:below]
        changed = (self.flat.marks[numbers] & CHANGED).astype(bool) if len(numbers) else np.zeros(0, bool)
        counts: dict[Key, Count] = {}
        plain = numbers[~changed]
        if len(plain):
            kinds = self.flat.shapes[plain]
            sizes, place = np.bincount(kinds), np.arange(len(plain))
            first, last = np.zeros(len(sizes), np.int64), np.zeros(len(sizes), np.int64)
            last[kinds], first[kinds[::-1]] = place, place[::-1]
            for number in np.flatnonzero(sizes).tolist():
                shape = self.shape(number)
                what = (shape.op == "assert", int(sizes[number]), int(plain[first[number]]), int(plain[last[number]]))
                counts.setdefault(key_of(shape, shape.asserter, shape.handling), Count(what[2])).add(*what)
            for pair in np.unique(kinds.astype(np.uint64) << 32 | dated[~changed]).tolist():
                shape = self.shape(pair >> 32)
                if shape.op == "assert":
                    counts[key_of(shape, shape.asserter, shape.handling)].date(self.days(pair & 0xFFFF_FFFF))
        for ordinal, days in zip(numbers[changed].tolist(), dated[changed].tolist(), strict=True):
            shape = self.shape(int(self.flat.shapes[ordinal]))
            changes = self.changes(ordinal, self.flat.count if marked_now else stop)
            latest = decide(shape.op, (shape.asserter, shape.handling), changes)
            stands = decide(shape.op, (shape.asserter, shape.handling), self.changes(ordinal, stop)) if marked_now else latest
            count = counts.setdefault(key_of(shape, stands.asserter, latest.handling), Count(ordinal))
            count.add(stands.counts, 1, ordinal, ordinal)
            if stands.counts:
                count.date(self.days(days))
        return [self._told(key, kept) for key, kept in sorted(counts.items(), key=lambda item: item[1].first)]

    def keys_from(self, low: str = "") -> Iterator[list[str]]:
        """Entities in sorted order from about `low` on, in small lists: some of the first may come before it."""
        for body in self.bundles(low):
            yield [entry[0] for entry in unpack(body)]

    def bundles(self, low: str = "") -> Iterator[bytes]:
        """The bundles, packed, from the one that holds or would hold `low` on."""
        start = self.link.execute("SELECT first FROM bundle WHERE first <= ? ORDER BY first DESC LIMIT 1", (low,)).fetchone()
        for (body,) in self.link.cursor().execute("SELECT body FROM bundle WHERE first >= ? ORDER BY first", (start[0] if start else "",)):
            yield body

    def networks(self) -> Networks:
        """The networks that something is or was held about. Read once; after a small fold, only what came with it."""
        count = self.manifest.statements
        upto, found = self._networks or (-1, Networks(()))
        if upto < count:
            whole = upto < 0 or self.link.execute("SELECT ifnull(min(ordinal), 0) > ? FROM recent", (upto,)).fetchone()[0]
            if whole:
                found = Networks(self._networks_held())
            elif more := self.link.execute(_NEW_NETWORKS, (upto,)).fetchall():
                found = found.joined(each for (each,) in more)
            self._networks = count, found
        return found

    def _networks_held(self) -> Iterator[str]:
        for keys in self.keys_from(NETWORK):
            yield from (key for key in keys if key.startswith(NETWORK))
            if keys[-1] > NETWORK and not keys[-1].startswith(NETWORK):
                break

    def changes(self, ordinal: int, stop: int) -> tuple[Change, ...]:
        """The author's changes of a statement, in ledger order."""
        made = []
        for number, op, asserter, handling, reason in self.link.execute(
            "SELECT ordinal, op, asserter, handling, reason FROM change WHERE target = ? AND ordinal < ? ORDER BY ordinal", (ordinal, stop)
        ):
            first, _, leaf, index, when = self.flat.runs.at(number)
            made.append(Change(op, leaf, index + number - first, self.flat.name(number), when, asserter, handling, reason))
        return tuple(made)

    def _facts(self, entity: str, rows: Iterable[Row], stop: int) -> list[Fact]:
        made = []
        flat, shapes, dated = self.flat, self._shapes, self._days
        names, flags, run_of = flat.commitments, flat.flags, flat.runs.at
        first, end, leaf, index, when = 0, 0, 0, 0, ""
        for row in rows:
            ordinal = row.ordinal
            if ordinal >= stop:
                break
            if not first <= ordinal < end:
                first, end, leaf, index, when = run_of(ordinal)
            shape = shapes.get(row.shape) or self.shape(row.shape)
            days = dated.get(row.days) or self.days(row.days)
            original, value, line = row.original, row.value, row.row
            if original is True:
                original = entity.partition(":")[2]
            if value is None:
                value = shape.value
            elif value.__class__ is tuple:
                value = msgspec.json.decode(value[0])
            made.append(
                Fact(
                    entity, shape.schema, shape.prop, value, shape.polarity, shape.op, original, shape.lang,  # type: ignore[arg-type]
                    days.valid_from or row.valid_from, days.valid_until or row.valid_until, shape.source,
                    row.locator if line is None else f"{shape.before}{line}{shape.after}", row.quote, shape.asserter, shape.handling,
                    when, leaf, index + ordinal - first, names[ordinal * 32 : ordinal * 32 + 32],
                    self.changes(ordinal, stop) if flags[ordinal] & CHANGED else (), days.reported,
                )
            )  # fmt: skip
        return made

    def _entry(self, entity: str) -> Entry | None:
        found = self.link.execute(_ONE, (entity,)).fetchone()
        return None if found is None else pick(inflated(found[0]), entity)

    def _below(self, entity: str, low: int, stop: int) -> int:
        """How many of an entity's facts in pages that begin below `low` stand below `stop`."""
        rows = self.link.execute("SELECT numbers FROM page WHERE entity = ? AND first < ? ORDER BY first", (entity, low))
        return int(np.searchsorted(np.frombuffer(b"".join(numbers for (numbers,) in rows), "<u4"), stop))

    def _told(self, key: Key, kept: Count) -> Tally:
        when = self.flat.runs.at
        since, until = when(kept.first)[4], when(kept.last)[4]
        return Tally(*key, kept.counting, kept.withdrawn, since, until, kept.happened, kept.reported)


def newest(folder: Path, belongs: Callable[[Manifest], None] | None) -> Snapshot | None:
    """The state that the views in `folder` are in, None before the first fold; looked at again where a fold or a rebuild deletes files
    while they are opened. Raises what `belongs` says of another ledger's, and LedgerFault where they cannot be read."""
    have = to_answer(folder)
    while have is not None:
        if belongs is not None:
            belongs(have)
        made: Snapshot | None = None
        with suppress(FileNotFoundError):
            made = Snapshot(folder / have.folder, have)
        if made is not None and made.files.whole:
            return made
        before, have = have, to_answer(folder)
        if have == before:  # nobody is at work: they are gone
            if made is None:
                raise LedgerFault("a file of the views is missing", where=str(folder), todo="run `saksi fold --rebuild`")
            return made  # look-ups do without the segments
    return None


def _source(body: bytes) -> Source:
    return Source.from_json(msgspec.json.decode(body))


def _marking(body: bytes) -> Marking:
    return Marking.from_json(msgspec.json.decode(body))


class _Recorded(msgspec.Struct, frozen=True):
    authority: str
    analyst: str | None = None
    reliability: str | None = None
    credibility: int | None = None
    extraction: dict[str, str] | None = None


def _recorder(body: bytes) -> Recorder:
    read = msgspec.json.decode(body, type=_Recorded)
    graded = read.reliability is not None and read.credibility is not None
    return Recorder(
        read.authority,
        read.analyst,
        Grade(str(read.reliability), int(read.credibility or 0)) if graded else None,
        None if read.extraction is None else Extraction(**read.extraction),
    )
