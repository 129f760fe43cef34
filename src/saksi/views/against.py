"""Whether the views are what their ledger gives: every statement is read again, and what the views hold of it compared.

Segments bear a digest; the index and the flat files change too often for one, and a single bit that turned in them may be another answer.
Nothing is written. What is compared: 1. the index's order and counts; 2. for each stretch of the ledger the flat files, the hash tables,
the rows of its facts, the amendments that count; 3. at the end that there is nothing else. Numbers of equal parts are taken as one (an
equal part may have two).
"""

from __future__ import annotations

import calendar
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice, pairwise
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from saksi.views import manifest as manifests
from saksi.views.bundle import Entry, inflated, pick, unpack
from saksi.views.fact import AMENDING
from saksi.views.flat import CHANGED, GONE, as_words
from saksi.views.gather import Foldable, stretches
from saksi.views.manifest import Manifest
from saksi.views.number import Numbered, Numbers, numbered
from saksi.views.parse import ERASED, Columns, Shape
from saksi.views.reading import MANY, Snapshot
from saksi.views.serving import DAYS, MARKING, RECENT, RECORDER, SHAPE, SOURCE, ChangeRow, Rows, current, head

__all__ = ["against"]

_KINDS = (SOURCE, RECORDER, MARKING, SHAPE, DAYS)
_LOT = 2_000
_shape = msgspec.msgpack.Decoder(Shape).decode
_pack = msgspec.msgpack.Encoder().encode


def against(folder: Path, ledger: Foldable) -> list[str]:
    """What in the views is not as the ledger has it, in words, the first of each sort; nothing where all is, or there are no views.

    Raises what a damaged file shows itself by (`serving.DAMAGE`), and LedgerFault where the ledger cannot be read.
    """
    have = current(folder)
    if have is None:
        return []
    with closing(Snapshot(folder / have.folder, have)) as snapshot:
        snapshot.link.execute("BEGIN")  # one state, whatever is folded beside
        check = _Check(snapshot, _alike(snapshot))
        named = manifests.read(folder)
        if named is not None and (named.size, named.erasures) >= (have.size, have.erasures) and _plain(named) != _plain(have):
            check.differs("the index is not at the state that the manifest names")
        check.order()
        for columns, _ in stretches(ledger, 0, have.size, readers=2):
            check.stretch(columns)
        check.ended(have, ledger)
    return list(check.found)


@dataclass(frozen=True, slots=True)
class _Alike:
    """The parts by their bytes, kind by kind, each under one number; and by its number, the one it is taken as."""

    numbers: dict[int, dict[bytes, int]]
    taken: dict[int, dict[int, int]]

    def shapes(self, numbers: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
        """Numbers of shapes as those they are taken as; one that nothing has stays as it is."""
        found, place = np.unique(numbers, return_inverse=True)
        return np.array([self.taken[SHAPE].get(each, each) for each in found.tolist()], "u4")[place]


def _alike(snapshot: Snapshot) -> _Alike:
    made = _Alike({kind: {} for kind in _KINDS}, {kind: {} for kind in _KINDS})
    rows = snapshot.link.execute("SELECT kind, number, body FROM part ORDER BY kind = ?, number", (SHAPE,))
    for kind, number, body in rows:
        part = bytes(body)
        if kind == SHAPE:
            shape, taken = _shape(part), made.taken
            part = _pack(
                msgspec.structs.replace(
                    shape,
                    source=taken[SOURCE].get(shape.source, shape.source),
                    asserter=taken[RECORDER].get(shape.asserter, shape.asserter),
                    handling=taken[MARKING].get(shape.handling, shape.handling),
                )
            )
        made.taken[kind][number] = made.numbers[kind].setdefault(part, number)
    return made


@dataclass(slots=True)
class _Check:
    """One run: what was found so far (as keys, each once), and how far the ledger was read."""

    snapshot: Snapshot
    alike: _Alike
    found: dict[str, None] = field(default_factory=dict)
    statements: int = 0
    facts: int = 0
    held: int = 0
    entities: int = 0
    newest: dict[int, str] = field(default_factory=dict)
    numbers: list[Numbers] = field(init=False)
    changes: Iterator[ChangeRow] = field(init=False)

    def __post_init__(self) -> None:
        self.numbers = [Numbers(self.alike.numbers[kind].get, 1 << 31) for kind in _KINDS]
        rows = self.snapshot.link.cursor().execute("SELECT target, ordinal, op, asserter, handling, reason FROM change ORDER BY ordinal")
        self.changes = iter(rows)

    def differs(self, what: str) -> None:
        self.found.setdefault(what)

    def order(self) -> None:
        """Step 1: every entity stands once, where it is looked for, with as many facts as its pages hold."""
        last = ""
        for first, body in self.snapshot.link.cursor().execute("SELECT first, body FROM bundle ORDER BY first"):
            entries = unpack(body)
            keys = [entry[0] for entry in entries]
            if not keys or keys[0] != first or first < last or any(one >= other for one, other in pairwise(keys)):
                self.differs(f"{first!r} and its neighbours stand in the wrong order")
            last = max(keys, default=last)
            self.entities += len(keys)
            self.held += sum(older + count for _, older, count, _ in entries)
            for key, older, _, _ in entries:
                if older and older != self._paged(key):
                    self.differs(f"pages of {key!r} are missing, or too many")

    def _paged(self, entity: str) -> int:
        """How many facts the pages of an entity hold; none where their columns are not those of their rows."""
        count = 0
        pages = self.snapshot.link.execute("SELECT count, numbers, days, rows FROM page WHERE entity = ?", (entity,))
        for size, numbers, days, rows in pages:
            read = Rows.decode(head(size) + zlib.decompress(rows))
            ordinals = np.array([row.ordinal for row in read], "<u4").tobytes()
            dated = np.array([row.days for row in read], "<u4").tobytes()
            if ordinals != bytes(numbers) or dated != zlib.decompress(days):
                return 0
            count += len(read)
        return count

    def stretch(self, columns: Columns) -> None:
        """Step 2, for one stretch of the ledger."""
        if not len(columns):  # notices alone, or leaves of other kinds
            return
        made = numbered(columns, self.numbers, self.statements)
        self.statements += len(columns)
        if self.statements > self.snapshot.flat.count:
            self.differs("there are fewer statements than in the ledger")
            return
        self._flat(made)
        self._tables(made)
        self._rows(made)
        self._changes(made)
        self.facts += len(made.ordinal)
        self.newest.update(zip(made.ordinal[-RECENT:], columns.entity[-RECENT:], strict=True))
        for old in list(islice(self.newest, max(0, len(self.newest) - RECENT))):
            del self.newest[old]
        self.snapshot.flat.let_go()

    def _flat(self, made: Numbered) -> None:
        flat, first, last = self.snapshot.flat, made.first, made.first + len(made)
        here = slice(first, last)
        ids = np.frombuffer(made.columns.ids, "<u8").reshape(-1, 2)
        gone = made.shapes == ERASED
        for name, right in (
            ("commitments", bytes(flat.commitments[32 * first : 32 * last]) == made.columns.commitments),
            ("ids", np.array_equal(flat.ids[here], ids)),
            ("shapes", np.array_equal(self.alike.shapes(flat.shapes[here]), made.shapes)),
            ("flags", np.array_equal((flat.marks[here] & GONE) != 0, gone)),
            ("runs", self._placed(made, gone)),
        ):
            if not right:
                self.differs(f"{name} are not those of the ledger, between statements {first} and {last}")

    def _placed(self, made: Numbered, gone: npt.NDArray[np.bool_]) -> bool:
        """Whether leaf, index and time of each statement are those of the ledger (of an erased one the time is nobody's)."""
        table = self.snapshot.flat.runs.table
        starts = table["ordinal"].astype(np.int64)
        if not len(starts) or starts[0] != 0 or (np.diff(starts) <= 0).any():
            return False
        ordinals = np.arange(made.first, made.first + len(made))
        run = np.searchsorted(starts, ordinals, side="right") - 1
        runs = made.columns.runs
        mine = np.searchsorted([place for place, *_ in runs], np.arange(len(made)), side="right") - 1
        leaf, index, when = (np.array(part, np.int64)[mine] for part in zip(*((a, b - p, _seconds(t)) for p, a, b, t in runs), strict=True))
        return bool(
            np.array_equal(table["leaf"][run], leaf)
            and np.array_equal(table["index"][run] + ordinals - starts[run], index + np.arange(len(made)))
            and (gone | (table["time"][run] == when)).all()
        )

    def _tables(self, made: Numbered) -> None:
        """Each statement is found by its id and by its commitment: it, or an earlier one that has the same."""
        flat, ordinals = self.snapshot.flat, np.arange(made.first, made.first + len(made))
        for name, table, among in (("ids", self.snapshot.ids, flat.ids), ("names", self.snapshot.names, flat.names)):
            keys = among[made.first : made.first + len(made)]
            found = table.find(keys, among=among)
            if (keys.any(axis=1) & ((found < 0) | (found > ordinals))).any():
                self.differs(f"{name}.slots does not lead to each of the statements {made.first} to {made.first + len(made)}")

    def _rows(self, made: Numbered) -> None:
        """The rows of the stretch's facts are in the index, each under its entity."""
        wanted: dict[str, list[bytes]] = {}
        for entity, packed in zip(made.columns.entity, made.packed, strict=True):
            wanted.setdefault(entity, []).append(packed)
        entities = sorted(wanted)
        for start in range(0, len(entities), _LOT):
            lot = entities[start : start + _LOT]
            for place, body in self.snapshot.link.execute(MANY, (msgspec.json.encode(lot).decode(),)).fetchall():
                entry, rows = None if body is None else pick(inflated(body), lot[place]), wanted[lot[place]]
                if entry is None or self._held(entry, made) != Rows.decode(head(len(rows)) + b"".join(rows)):
                    self.differs(f"what is held about {lot[place]!r} is not what the ledger says")

    def _held(self, entry: Entry, made: Numbered) -> list[object]:
        """What the index holds about an entity from one stretch, with the numbers that parts are taken as."""
        entity, older, count, data = entry
        last, rows = made.first + len(made), Rows.decode(head(count) + data)
        if older:
            pages = self.snapshot.link.execute(
                "SELECT count, rows FROM page WHERE entity = ?1 AND first < ?3 AND first >="
                " (SELECT ifnull(max(first), 0) FROM page WHERE entity = ?1 AND first <= ?2) ORDER BY first",
                (entity, made.first, last),
            )
            rows = [row for size, packed in pages for row in Rows.decode(head(size) + zlib.decompress(packed))] + rows
        shapes, days = self.alike.taken[SHAPE], self.alike.taken[DAYS]
        return [
            msgspec.structs.replace(row, shape=shapes.get(row.shape, row.shape), days=days.get(row.days, row.days))
            for row in rows
            if made.first <= row.ordinal < last
        ]

    def _changes(self, made: Numbered) -> None:
        """The amendments that count are those of the ledger: of an earlier statement, by its own author."""
        wanted = list(self._amended(made))
        recorders, markings = self.alike.taken[RECORDER], self.alike.taken[MARKING]
        held = [
            (target, ordinal, op, recorders.get(asserter, asserter), markings.get(handling, handling), reason)
            for target, ordinal, op, asserter, handling, reason in islice(self.changes, len(wanted))
        ]
        marks = self.snapshot.flat.marks
        if held != wanted or not all(marks[target] & CHANGED for target, *_ in wanted):
            self.differs(f"amendments are not those of the ledger, between statements {made.first} and {made.first + len(made)}")

    def _amended(self, made: Numbered) -> Iterator[ChangeRow]:
        flat, origin = self.snapshot.flat, self.snapshot.manifest.origin
        told = [one for one in made.columns.amending if one.target.startswith(f"{origin}#")]
        targets = (
            self.snapshot.names.find(as_words([bytes.fromhex(one.target[-64:]) for one in told], 32), among=flat.names) if told else ()
        )
        for one, target in zip(told, map(int, targets), strict=True):
            ordinal, groups = made.first + one.place, made.groups[one.place]
            if 0 <= target < ordinal and int(flat.shapes[target]) != ERASED:
                shape = self.snapshot.shape(int(flat.shapes[target]))
                if shape.op not in AMENDING and self._author(shape.asserter) == self._author(groups[0]):
                    yield target, ordinal, one.op, *groups, one.reason

    def _author(self, number: int) -> str:
        return self.snapshot.recorder(number).authority

    def ended(self, have: Manifest, ledger: Foldable) -> None:
        """Step 3: there is nothing that the ledger does not say, and the views say rightly how much there is."""
        counted = (self.statements, self.facts, self.entities)
        if counted != (have.statements, self.held, have.entities) or next(self.changes, None) is not None:
            self.differs("there is more, or less, than in the ledger")
        if bytes.fromhex(have.root) != ledger.log.root_at(have.size):
            self.differs("they are not of this ledger")
        newest: Sequence[tuple[int, str]] = self.snapshot.link.execute("SELECT ordinal, entity FROM recent ORDER BY ordinal").fetchall()
        if any(self.newest.get(ordinal) != entity for ordinal, entity in newest):
            self.differs("the newest facts are not those of the ledger")


def _plain(manifest: Manifest) -> Manifest:
    """Without its files: whoever merges some and is killed has not named those that the index does."""
    return msgspec.structs.replace(manifest, segments=())


def _seconds(text: str) -> int:
    return calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ")) if text else 0
