"""Statements whose withdrawal was asked for and waits to be written: told of as withdrawn from then on.

What waits is named by commitment, and its facts get a change that no ledger has yet; whoever folds facts needs no other rule. What waits is
read before the views are: what is written meanwhile is in one of them at least. Where nothing waits, nothing is looked at.
"""

from __future__ import annotations

from binascii import hexlify
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import numpy as np
from msgspec.structs import replace

from saksi.views.count import key_of
from saksi.views.fact import Change, Fact, Held, Tally, decide, standing
from saksi.views.flat import as_words
from saksi.views.manifest import Manifest
from saksi.views.reading import Snapshot
from saksi.views.serving import Heads, head
from saksi.views.trace import OWN, Trace
from saksi.views.views import Views

__all__ = ["WAITS", "Asked", "Withholding"]

WAITS = "its withdrawal was asked for and is being written"


class Asked(NamedTuple):
    """How a statement is to be withdrawn ("retract", "expire", "reject"), the last leaf of the views when that was asked for, and the
    time of it (UTC)."""

    op: str
    leaf: int
    when: str


class _Waiting(NamedTuple):
    """What waits, by commitment; the same commitments in hex as a trace has them; a name for just these."""

    asked: Mapping[bytes, Asked]
    hexes: frozenset[bytes]
    name: str


_NOTHING = _Waiting({}, frozenset(), "")


class Withholding(Views):
    """Views that tell of what waits to be withdrawn as withdrawn. `recorded` and what a take asks (`known`) are as the ledger has it."""

    def __init__(self, folder: Path, belongs: Callable[[Manifest], None] | None = None) -> None:
        super().__init__(folder, belongs)
        self._waiting = _NOTHING

    def withhold(self, asked: Mapping[bytes, Asked]) -> None:
        """From now on these statements are withdrawn, and no others."""
        name = sha256(b"".join(sorted(asked))).hexdigest()[:16] if asked else ""
        self._waiting = _Waiting(dict(asked), frozenset(map(hexlify, asked)), name)

    @property
    def withheld(self) -> str:
        """A name for what waits, empty where nothing does: with `state` and `size` it says of what an answer was made."""
        return self._waiting.name

    def recorded(self, entity: str, *, before: int | None = None) -> Held:
        """What the ledger has about an entity, whatever waits."""
        return super().facts(entity, before=before)

    @contextmanager
    def pinned(self) -> Iterator[Views]:
        """As in `Views`; what waits is pinned too."""
        waiting = self._waiting
        with super().pinned() as views:
            yield _Pinned(self.folder, views._now(), waiting) if waiting.asked else views

    def facts(self, entity: str, at: int | None = None, *, before: int | None = None, seen: Callable[[int], bool] | None = None) -> Held:
        """As in `Views`."""
        asked = self._asked(at)
        held = super().facts(entity, at, before=before, seen=seen)
        return _told(held, asked) if asked else held

    def facts_many(self, entities: Sequence[str], at: int | None = None) -> list[Held]:
        """As in `Views`."""
        asked = self._asked(at)
        held = super().facts_many(entities, at)
        return [_told(each, asked) for each in held] if asked else held

    def newest(self, limit: int, at: int | None = None) -> list[Fact]:
        """As in `Views`."""
        asked = self._asked(at)
        facts = super().newest(limit, at)
        return [_turned(fact, asked) for fact in facts] if asked else facts

    def tally(self, entity: str, at: int | None = None, *, marked_now: bool = False) -> list[Tally]:
        """As in `Views`; the days that date what counts stay as wide as they were."""
        asked = self._asked(at)
        tallies = super().tally(entity, at, marked_now=marked_now)
        return _counted(self._at(at), entity, tallies, asked=asked, marked_now=marked_now) if asked else tallies

    def traces(self, entities: Sequence[str], at: int | None = None) -> list[Trace | None]:
        """As in `Views`: where a statement waits, the facts have to be read."""
        hexes = self._waiting.hexes
        made = super().traces(entities, at)
        return [None if _touches(trace, hexes) else trace for trace in made] if hexes else made

    def walk(self, prefix: str, at: int | None = None) -> Iterator[tuple[str, Trace | None]]:
        """As in `Views`."""
        hexes = self._waiting.hexes
        walked = super().walk(prefix, at)
        return ((entity, None if _touches(trace, hexes) else trace) for entity, trace in walked) if hexes else walked

    def _asked(self, at: int | None) -> Mapping[bytes, Asked]:
        """What waits, as far as it had been asked for at a ledger size."""
        asked = self._waiting.asked
        return asked if at is None or not asked else {name: one for name, one in asked.items() if one.leaf < at}


class _Pinned(Withholding):
    """Both at one state; the files belong to others."""

    def __init__(self, folder: Path, snapshot: Snapshot, waiting: _Waiting) -> None:
        super().__init__(folder)
        self._snapshot, self._waiting = snapshot, waiting

    def close(self) -> None:
        """Nothing here is its own."""

    def _maybe(self) -> Snapshot | None:
        return self._snapshot


def _touches(trace: Trace | None, hexes: Collection[bytes]) -> bool:
    return trace is not None and any(name in hexes for name in trace.own[::OWN])


def _told(held: Held, asked: Mapping[bytes, Asked]) -> Held:
    if asked.keys().isdisjoint([fact.commitment for fact in held.facts]):
        return held
    return replace(held, facts=[_turned(fact, asked) for fact in held.facts])


def _turned(fact: Fact, asked: Mapping[bytes, Asked]) -> Fact:
    """A fact with the change that waits, where it counts; that change has no commitment yet, and whoever sees the fact sees it."""
    one = asked.get(fact.commitment)
    if one is None or not (state := standing(fact)).counts:
        return fact
    change = Change(one.op, one.leaf, 0, b"", one.when, state.asserter, state.handling, WAITS)
    return replace(fact, changes=(*fact.changes, change))


def _counted(
    where: tuple[Snapshot, int], entity: str, tallies: list[Tally], *, asked: Mapping[bytes, Asked], marked_now: bool
) -> list[Tally]:
    """Tallies without those of an entity's statements that wait."""
    snapshot, stop = where
    made = {tuple(getattr(each, name) for name in Tally.__struct_fields__[:8]): each for each in tallies}
    for ordinal in _ordinals(snapshot, entity, asked):
        if ordinal >= stop:
            continue
        shape = snapshot.shape(int(snapshot.flat.shapes[ordinal]))
        groups = (shape.asserter, shape.handling)
        now = decide(shape.op, groups, snapshot.changes(ordinal, snapshot.flat.count if marked_now else stop))
        stands = decide(shape.op, groups, snapshot.changes(ordinal, stop)) if marked_now else now
        key = key_of(shape, stands.asserter, now.handling)
        if stands.counts and (one := made.get(key)) is not None:
            made[key] = replace(one, counting=one.counting - 1, withdrawn=one.withdrawn + 1)
    return list(made.values())


def _ordinals(snapshot: Snapshot, entity: str, asked: Mapping[bytes, Asked]) -> list[int]:
    """The numbers of an entity's statements that wait."""
    entry = snapshot._entry(entity)
    if entry is None:
        return []
    wanted = snapshot.names.find(as_words(tuple(asked), 32), among=snapshot.flat.names)
    own = [one.ordinal for one in Heads.decode(head(entry[2]) + entry[3])]
    pages = snapshot.link.execute("SELECT numbers FROM page WHERE entity = ?", (entity,)).fetchall()
    numbers = np.concatenate([np.array(own, np.int64), np.frombuffer(b"".join(page for (page,) in pages), "<u4").astype(np.int64)])
    return [int(number) for number in np.intersect1d(wanted, numbers)]
