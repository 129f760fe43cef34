"""The views of one ledger: what is known about an entity, what is in the ledger already, and what the newest is.

Everything here was folded from the ledger up to a size and can be thrown away and rebuilt. `at` is a ledger size: the answer is the one
that a fold up to there would give, erased statements left out.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import msgspec
import numpy as np

from saksi.model import BadInput, Marking, NotReady, Source
from saksi.views import manifest as manifests
from saksi.views import seen
from saksi.views.fact import AMENDING, Fact, Held, Place, Recorder, Tally
from saksi.views.flat import GONE, as_words
from saksi.views.manifest import Manifest
from saksi.views.parse import ERASED
from saksi.views.reading import Snapshot, newest
from saksi.views.seen import Live
from saksi.views.serving import DAMAGE, current, unusable
from saksi.views.trace import Trace, traces, walked

# Late: folding and the engine take a second to load, and answering needs neither.
if TYPE_CHECKING:
    from saksi.views.engine import Engine
    from saksi.views.fold import Progress
    from saksi.views.gather import Foldable

__all__ = ["Totals", "Views"]

_P = ParamSpec("_P")
_T = TypeVar("_T")


def _guarded(work: Callable[_P, _T]) -> Callable[_P, _T]:
    """Say what to do where the files are damaged."""

    @wraps(work)
    def guarded(*args: _P.args, **named: _P.kwargs) -> _T:
        try:
            return work(*args, **named)
        except DAMAGE as fault:
            raise unusable("the views are damaged", fault) from fault

    return guarded


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts at a ledger size: all statements, those about entities by schema, amendments, proposals, erased ones."""

    statements: int
    entities: int
    by_schema: dict[str, int]
    amendments: int
    proposals: int
    erased: int


class Views:
    """The views in a folder. Safe for many threads; a fold elsewhere is noticed at the next question."""

    def __init__(self, folder: Path, belongs: Callable[[Manifest], None] | None = None) -> None:
        self.folder = folder
        self._belongs = belongs
        self._lock = threading.Lock()
        self._mark: tuple[int, int] = (0, 0)
        self._snapshot: Snapshot | None = None
        self._old: list[Snapshot] = []

    @classmethod
    def open(cls, folder: Path, *, belongs: Callable[[Manifest], None] | None = None) -> Views:
        """The views in `folder`, which may be empty: `fold` makes them. `belongs` raises where those read are of another ledger."""
        return cls(folder, belongs)

    def close(self) -> None:
        """Close all files; the views are not used afterwards."""
        for snapshot in [*self._old, *([self._snapshot] if self._snapshot is not None else [])]:
            snapshot.close()
        self._snapshot, self._old, self._mark = None, [], (0, 0)

    def __enter__(self) -> Views:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    # -- making ----------------------------------------------------------------------------------------------------------------------

    @_guarded
    def fold(self, ledger: Foldable, *, progress: Progress | None = None) -> Manifest:
        """Bring the views up to the ledger's size. Views of another ledger or fold version, or damaged ones, are rebuilt."""
        from saksi.views.fold import fold

        return fold(self.folder, ledger, progress=progress)

    @_guarded
    def rebuild(self, ledger: Foldable, *, progress: Progress | None = None) -> Manifest:
        """Build the views anew from the ledger. Answers are the same, but for what was erased from the vault since."""
        from saksi.views.fold import rebuild

        return rebuild(self.folder, ledger, progress=progress)

    @_guarded
    def erase(self, places: Sequence[tuple[int, int]], *, on: str, notices: Sequence[int] = ()) -> None:
        """Take statements at (leaf, index) out of every file of the views, keeping the day `on`.

        To be called after the ledger erased them, with the leaves of its notices; doing it twice changes nothing more. A fold that meets
        a notice that nobody told the views about does it by itself, after reading the whole ledger.
        """
        from saksi.views.erase import erase
        from saksi.views.fold import locked, room

        with room(self.folder), locked(self.folder):
            if (have := current(self.folder)) is not None:
                manifests.write(self.folder, erase(self.folder / have.folder, have, places, day=on, notices=notices))

    @contextmanager
    def pinned(self) -> Iterator[Views]:
        """These views as they are now, to one thread and for a moment, whatever is folded, erased or rebuilt beside it.

        While it lasts, what is erased stays readable in the index's journal.
        """
        while True:
            snapshot = self._now()
            link = snapshot.link
            link.execute("BEGIN")
            try:
                have = msgspec.json.decode(link.execute("SELECT manifest FROM state").fetchone()[0], type=Manifest)
                if have.erasures == snapshot.manifest.erasures:
                    yield _Pinned(self.folder, snapshot)
                    return
            finally:
                link.execute("ROLLBACK")
            with self._lock:
                self._load(self._mark)  # its numbers may stand for other things now

    def check(self) -> list[str]:
        """What is wrong with the files, in words; nothing where all is well. Reads everything: for `fsck` and `doctor`."""
        from saksi.views.fold import check

        return check(self.folder)

    # -- what they are ---------------------------------------------------------------------------------------------------------------

    @property
    def manifest(self) -> Manifest | None:
        """The ledger, size and files these views stand for, or None before the first fold."""
        snapshot = self._maybe()
        return None if snapshot is None else snapshot.manifest

    @property
    def state(self) -> str:
        """Changes whenever the numbers in facts may stand for other things than before: what was kept by number is then forgotten."""
        have = self._now().manifest
        return f"{have.folder}/{have.erasures}"

    @property
    def size(self) -> int:
        """The ledger size the views were folded to, in leaves; 0 before the first fold."""
        snapshot = self._maybe()
        return 0 if snapshot is None else snapshot.manifest.size

    # -- facts -----------------------------------------------------------------------------------------------------------------------

    @_guarded
    def facts(self, entity: str, at: int | None = None, *, before: int | None = None, seen: Callable[[int], bool] | None = None) -> Held:
        """What is held about an entity. `before` is the `cursor` of the answer whose older facts are wanted.

        With `seen`, a page is filled with those facts alone whose marking (by its number, the one in force now) passes it: what others
        may see does not show in where a page ends.
        """
        snapshot, stop = self._at(at)
        if before is None and seen is None:
            return snapshot.facts([entity], stop)[0]
        if before is not None and before < 0:
            raise BadInput("a cursor is what an earlier answer gave")
        return snapshot.page(entity, stop, stop if before is None else min(before, stop), seen)

    @_guarded
    def facts_many(self, entities: Sequence[str], at: int | None = None) -> list[Held]:
        """What is held about each of many entities, in their order. Of a hub the newest facts are there: see `Held`."""
        snapshot, stop = self._at(at)
        return snapshot.facts(entities, stop)

    @_guarded
    def tally(self, entity: str, at: int | None = None, *, marked_now: bool = False) -> list[Tally]:
        """All facts of an entity counted by what they say and on which source, in the order they first came in.

        With `marked_now` they count as they stood at `at`, under the markings that are in force now.
        """
        snapshot, stop = self._at(at)
        return snapshot.tally(entity, stop, marked_now=marked_now)

    @_guarded
    def around(self, entity: str) -> tuple[str, ...]:
        """The networks that hold an IP address or a network, the narrowest first, of those that something is or was held about."""
        return self._now().networks().around(entity)

    @_guarded
    def traces(self, entities: Sequence[str], at: int | None = None) -> list[Trace | None]:
        """The traces of many entities, quickest in sorted order; None for those that have to be read by their facts."""
        snapshot, stop = self._at(at)
        return traces(snapshot, entities, stop)

    def walk(self, prefix: str, at: int | None = None) -> Iterator[tuple[str, Trace | None]]:
        """Every entity whose id begins with `prefix`, in order, with its trace as in `traces`: the quick way through all of a kind."""
        return walked(*self._at(at), prefix)

    @_guarded
    def newest(self, limit: int, at: int | None = None) -> list[Fact]:
        """The newest facts, newest first: at most the last 1,024 that the views remember."""
        snapshot, stop = self._at(at)
        rows = snapshot.link.execute(
            "SELECT ordinal, entity FROM recent WHERE ordinal < ? ORDER BY ordinal DESC LIMIT ?", (stop, max(0, limit))
        ).fetchall()
        held = {one.entity: one for one in snapshot.facts(sorted({row[1] for row in rows}), stop)}
        by_place = {(fact.leaf, fact.index): fact for one in held.values() for fact in one.facts}
        made = []
        for number, _ in rows:
            first, _, leaf, index, _ = snapshot.flat.runs.at(number)
            fact = by_place.get((leaf, index + number - first))
            if fact is not None:
                made.append(fact)
        return made

    @_guarded
    def entities(self, prefix: str = "", *, after: str = "", limit: int = 100, at: int | None = None) -> list[str]:
        """Entities whose id begins with `prefix`, in order, `limit` of them, those behind `after`."""
        snapshot, stop = self._at(at)
        made: list[str] = []
        for some in snapshot.keys_from(max(prefix, after)):
            inside = [key for key in some if key.startswith(prefix) and key > after]
            made += inside if at is None else [held.entity for held in snapshot.facts(inside, stop) if held.total]
            if len(made) >= limit or (some[-1] > prefix and not some[-1].startswith(prefix)):
                break
        return made[:limit]

    def all_entities(self) -> Iterator[list[str]]:
        """Every entity, in sorted order, in lists of up to 65,536."""
        every = chain.from_iterable(self._now().keys_from())
        while some := list(islice(every, 65_536)):
            yield some

    @_guarded
    def source(self, number: int) -> Source:
        """The source that facts name by `source`, without locator and quote."""
        return self._now().source(number)

    def sources(self) -> Iterator[Source]:
        """All sources, without locator and quote."""
        return (source for _, source in self._now().sources())

    @_guarded
    def asserter(self, number: int) -> Recorder:
        """Who recorded, and the grade: what facts name by `asserter`."""
        return self._now().recorder(number)

    @_guarded
    def handling(self, number: int) -> Marking:
        """The marking that facts name by `handling`."""
        return self._now().marking(number)

    # -- what is there already -------------------------------------------------------------------------------------------------------

    @_guarded
    def known(self, ids: Sequence[bytes]) -> list[Place | None]:
        """For each statement id where it stands and how, or None where the ledger does not have it."""
        snapshot = self._maybe()
        return [None] * len(ids) if snapshot is None else seen.known(snapshot, ids)

    @_guarded
    def series_live(self, series: str) -> Live:
        """What a recurring list holds now, to compare a new issue with."""
        return seen.live(self._now(), series)

    @_guarded
    def find_ref(self, commitment: bytes) -> tuple[int, int] | None:
        """The (leaf, index) of the statement with this commitment, or None; erased ones are found too."""
        snapshot = self._maybe()
        if snapshot is None or len(commitment) != 32:
            return None
        number = int(snapshot.names.find(as_words([commitment], 32), among=snapshot.flat.names)[0])
        if number < 0:
            return None
        first, _, leaf, index, _ = snapshot.flat.runs.at(number)
        return leaf, index + number - first

    @_guarded
    def erased_on(self, leaf: int, index: int) -> str | None:
        """The day a statement was erased ("" where the day is not known any more), or None where it was not."""
        snapshot = self._now()
        number = snapshot.flat.runs.ordinal(leaf, index)
        if number is None or not snapshot.flat.flags[number] & GONE:
            return None
        found = snapshot.link.execute("SELECT day FROM erased WHERE ordinal = ?", (number,)).fetchone()
        return "" if found is None else str(found[0])

    @_guarded
    def totals(self, at: int | None = None) -> Totals:
        """How much there is."""
        snapshot, stop = self._at(at)
        shapes = np.bincount(snapshot.flat.shapes[:stop]) if stop else np.zeros(1, np.int64)
        by_schema: dict[str, int] = {}
        amendments = proposals = 0
        for number, shape in snapshot.shapes():
            count = int(shapes[number]) if number < len(shapes) else 0
            if not count:
                continue
            if shape.op in AMENDING:
                amendments += count
            else:
                proposals += count if shape.op == "propose" else 0
                by_schema[shape.schema] = by_schema.get(shape.schema, 0) + count
        if stop == snapshot.flat.count:
            entities = snapshot.manifest.entities
        else:
            with self.engine() as engine:
                entities = engine.entities(stop)
        return Totals(stop, entities, dict(sorted(by_schema.items())), amendments, proposals, int(shapes[ERASED]))

    def engine(self) -> Engine:
        """Questions over all facts at once, on the state as it is now, whatever is folded, erased or rebuilt meanwhile. To be closed
        (`with views.engine() as engine`)."""
        from saksi.views.engine import Engine

        return Engine(self._now())

    def stop(self, at: int | None = None) -> int:
        """A ledger size as the engine wants it: how many statements stand below it."""
        return self._at(at)[1]

    # -- state -----------------------------------------------------------------------------------------------------------------------

    def _at(self, at: int | None) -> tuple[Snapshot, int]:
        snapshot = self._now()
        if at is None:
            return snapshot, snapshot.flat.count
        if not 0 <= at <= snapshot.manifest.size:
            what = f"the views stand at ledger size {snapshot.manifest.size}, {at} is not known to them"
            raise BadInput(what, todo="fold first, or ask at a smaller size")
        return snapshot, snapshot.flat.runs.before(at)

    def _now(self) -> Snapshot:
        snapshot = self._maybe()
        if snapshot is None:
            raise NotReady("there are no views here yet", where=str(self.folder), todo="run `saksi fold`")
        return snapshot

    def _maybe(self) -> Snapshot | None:
        try:
            found = os.stat(self.folder / manifests.NAME)  # noqa: PTH116 - asked at every look-up
        except OSError:
            return None
        mark = (found.st_ino, found.st_mtime_ns)
        if mark != self._mark:
            with self._lock:
                if mark != self._mark:
                    self._load(mark)
        return self._snapshot

    def _load(self, mark: tuple[int, int]) -> None:
        before, made = self._snapshot, newest(self.folder, self._belongs)
        if made is not None and before is not None and made.manifest.folder == before.manifest.folder:
            made.inherit(before)
        elif before is not None:
            # Others may still be reading: the files stay readable until the last of them is through.
            for old in self._old[:-2]:
                old.close()
            self._old = [*self._old[-2:], before]
        self._snapshot, self._mark = made, mark


class _Pinned(Views):
    """The views at one state."""

    def __init__(self, folder: Path, snapshot: Snapshot) -> None:
        super().__init__(folder)
        self._snapshot = snapshot

    def close(self) -> None:
        """The files belong to others."""

    def _maybe(self) -> Snapshot | None:
        return self._snapshot
