"""An entity's facts parted in two: what many entities' facts share, and what is each fact's own.

Whoever screens a column writes an answer once for all entities whose shared part is equal, and fills in the own parts of each. Nothing is
decoded that only needs to be copied.
"""

from __future__ import annotations

from binascii import hexlify
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple, TypeAlias

import msgspec
import numpy as np

from saksi.views.bundle import Entry, Table, inflated, unpack
from saksi.views.flat import CHANGED, Flat
from saksi.views.parse import CLOSED
from saksi.views.reading import MANY, Snapshot
from saksi.views.serving import DAMAGE, head, unusable

__all__ = ["NOTHING", "OWN", "Trace", "traces", "walked"]

OWN = 5  # texts that are a fact's own: reference, locator, original, value, quote
_LOTS = 10_000
_MOST = 32  # facts; sets of more are hardly ever equal
_REPORT = "reportedIn"
_SHORT = 5  # parts of a row without value, quote and dates of its own
_BUNDLES = 500  # read together where all are read
_LATE = 2  # a row behind the size asked at

_Row: TypeAlias = "tuple[int, int, int, int | None, str | bool | None, str | None, str | None, str | None, str | None, str | None]"
_Kind: TypeAlias = "tuple[str, bool, bytes, bytes, int]"  # property, whether the value is the row's, locator around the row, source


class _Logged(NamedTuple):
    """What the flat files say of rows: whether each is late, or changed (0: neither); when it was recorded, in Unix seconds; and all
    commitments in hex, end to end."""

    states: list[int]
    times: list[int]
    names: bytes


class Trace(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What is held about an entity, in the order it was logged.

    `own` has five texts a fact: the commitment in hex, then locator, original, value and quote as JSON (empty where there is none, or
    where it is in `shared`). Entities with equal `shared` have facts that differ in nothing else but entity, leaf and index, and whose
    values of `reportedIn` (`reports` of them) are equal among themselves in the same places. `quoted` says that there is a quote.
    """

    shared: tuple[object, ...]
    own: list[bytes]
    reports: int = 0
    quoted: bool = False


NOTHING = Trace((), [])


_rows = msgspec.msgpack.Decoder(list[tuple]).decode  # type: ignore[type-arg]
_json = msgspec.json.Encoder().encode


def traces(snapshot: Snapshot, entities: Sequence[str], stop: int) -> list[Trace | None]:
    """The traces of entities, quickest in sorted order, from statements with a number below `stop`.

    None for an entity that has to be read by its facts: of one that was amended, of a hub, and of values that are no plain text.
    """
    made: list[Trace | None] = [NOTHING] * len(entities)
    last, raw, base = b"", b"", 0
    table: Table = ([], [], [], [])
    for start in range(0, len(entities), _LOTS):
        lot = entities[start : start + _LOTS]
        places: list[int] = []
        entries: list[Entry] = []
        for place, body in snapshot.link.execute(MANY, (_json(lot).decode(),)).fetchall():
            if body is None:
                continue
            if body != last:  # neighbours stand in one bundle
                last, (table, raw, base) = body, inflated(body)
            keys, older, counts, sizes = table
            entity = lot[place]
            if entity in keys:
                here = keys.index(entity)
                at = base + sum(sizes[:here])
                places.append(start + place)
                entries.append((entity, older[here], counts[here], raw[at : at + sizes[here]]))
        for place, trace in zip(places, _told(snapshot, entries, stop), strict=True):
            made[place] = trace
    return made


def walked(snapshot: Snapshot, stop: int, prefix: str) -> Iterator[tuple[str, Trace | None]]:
    """Every entity whose id begins with `prefix`, in order, with its trace as in `traces`; each bundle is read once."""
    try:
        bundles = iter(snapshot.bundles(prefix))
        while some := [entry for body in islice(bundles, _BUNDLES) for entry in unpack(body)]:
            inside = [entry for entry in some if entry[0].startswith(prefix)]
            yield from zip([entry[0] for entry in inside], _told(snapshot, inside, stop), strict=True)
            if some[-1][0] > prefix and not some[-1][0].startswith(prefix):
                return
    except DAMAGE as fault:
        raise unusable("the views are damaged", fault) from fault


def _told(snapshot: Snapshot, entries: Sequence[Entry], stop: int) -> list[Trace | None]:
    """The traces of entries. All their rows are decoded together and looked up in the flat files together."""
    if not stop:
        return [NOTHING] * len(entries)
    counts = [0 if older or count > _MOST else count for _, older, count, _ in entries]
    rows: list[_Row] = _rows(head(sum(counts)) + b"".join([entry[3] for entry, count in zip(entries, counts, strict=True) if count]))
    logged = _logged(snapshot.flat, rows, stop)
    kinds: dict[int, _Kind] = {}
    made: list[Trace | None] = []
    at = 0
    for (entity, *_), count in zip(entries, counts, strict=True):
        trace = None
        if count == 1:
            trace = _plain(snapshot, (entity, rows[at]), (logged, at), kinds)
        made.append(trace or (_trace(snapshot, (entity, rows[at : at + count]), (logged, at), kinds) if count else None))
        at += count
    return made


def _logged(flat: Flat, rows: Sequence[_Row], stop: int) -> _Logged:
    numbers = np.array([row[1] for row in rows], np.uint64)
    late = numbers >= stop
    numbers[late] = 0
    states = np.where(late, _LATE, flat.marks[numbers] & CHANGED).tolist()
    return _Logged(states, flat.runs.times(numbers).tolist(), hexlify(flat.names[numbers].tobytes()))


def _plain(snapshot: Snapshot, where: tuple[str, _Row], found: tuple[_Logged, int], kinds: dict[int, _Kind]) -> Trace | None:
    """What `_trace` gives for a single fact that was read from a table's row and has a closed value, as most have; None for any other."""
    entity, row = where
    (states, times, names), at = found
    if len(row) != _SHORT or states[at]:
        return None
    number, _, days, line, original, *_ = row
    _, free, before, after, _ = kinds.get(number) or _kind(snapshot, number, kinds)
    if free or line is None:
        return None
    written = b"" if original is None else _json(entity.partition(":")[2] if original is True else original)
    own = [names[at * 64 : at * 64 + 64], b"%b%d%b" % (before, line, after), written, b"", b""]
    return Trace((number, days, times[at], 3 if written else 1), own)


def _trace(snapshot: Snapshot, where: tuple[str, Sequence[_Row]], found: tuple[_Logged, int], kinds: dict[int, _Kind]) -> Trace | None:
    entity, rows = where
    (states, times, names), start = found
    shared: list[object] = []
    own: list[bytes] = []
    reports: list[str] = []
    quotes: list[str] = []
    sources: list[int] = []
    row: _Row
    for at, row in enumerate(rows, start):
        if states[at]:
            if states[at] == _LATE:
                break
            return None
        number, _, days, line, original, *more = row
        prop, free, before, after, source = kinds.get(number) or _kind(snapshot, number, kinds)
        sources.append(source)
        place, said, words = b"", b"", b""
        if line is not None:
            place = b"%b%d%b" % (before, line, after)
        if free:
            value = more[0]
            if value.__class__ is not str or prop in CLOSED:
                return None
            said = _json(value)
            if prop == _REPORT:
                reports.append(value)
        if len(more) > 1:
            if line is None and more[2] is not None:
                place = more[2].encode()
            if more[1] is not None:
                quotes.append(more[1])
                words = _json(more[1])
            shared += more[3:]
        written = b"" if original is None else _json(entity.partition(":")[2] if original is True else original)
        shared += (number, days, times[at], (place != b"") + 2 * (written != b"") + 4 * (words != b""))
        own += (names[at * 64 : at * 64 + 64], place, written, said, words)
    if quotes and len(set(sources)) > 1:  # what is quoted from several sources can make them one: it counts
        shared += quotes
        own[4::OWN] = [b""] * (len(own) // OWN)
    if len(reports) > 1:
        shared += [reports.index(each) for each in reports]
    return Trace(tuple(shared), own, len(reports), bool(quotes)) if own else NOTHING


def _kind(snapshot: Snapshot, number: int, kinds: dict[int, _Kind]) -> _Kind:
    shape = snapshot.shape(number)
    before, after = (shape.before or "").encode(), (shape.after or "").encode()
    made = kinds[number] = (shape.prop, shape.value is None, before, after, shape.source)
    return made
