"""An entity's facts parted in two: what many entities' facts share, and what is each fact's own.

Whoever screens a column writes an answer once for all entities whose shared part is equal, and fills in the own parts of each. Nothing is
decoded that only needs to be copied.
"""

from __future__ import annotations

from binascii import hexlify
from collections.abc import Iterator, Sequence
from typing import TypeAlias

import msgspec

from saksi.model import LedgerFault
from saksi.views.bundle import Entry, Table, inflated, unpack
from saksi.views.flat import CHANGED
from saksi.views.parse import CLOSED
from saksi.views.reading import MANY, Snapshot
from saksi.views.serving import DAMAGE, head

__all__ = ["NOTHING", "OWN", "Trace", "traces", "walked"]

OWN = 5  # texts that are a fact's own: reference, locator, original, value, quote
_LOTS = 10_000
_MOST = 32  # facts; sets of more are hardly ever equal
_REPORT = "reportedIn"
_SHORT = 5  # parts of a row without value, quote and dates of its own
_HEADS = [head(count) for count in range(_MOST + 1)]

_Row: TypeAlias = "tuple[int, int, int, int | None, str | bool | None, str | None, str | None, str | None, str | None, str | None]"
_Kind: TypeAlias = "tuple[str, bool, bytes, bytes, int]"  # property, whether the value is the row's, locator around the row, source


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
    kinds: dict[int, _Kind] = {}
    last, raw, base = b"", b"", 0
    table: Table = ([], [], [], [])
    for start in range(0, len(entities), _LOTS):
        lot = entities[start : start + _LOTS]
        for place, body in snapshot.link.execute(MANY, (_json(lot).decode(),)).fetchall():
            if body is None:
                continue
            if body != last:  # neighbours stand in one bundle
                last, (table, raw, base) = body, inflated(body)
            keys, older, counts, sizes = table
            entity = lot[place]
            try:
                here = keys.index(entity)
            except ValueError:
                continue
            at = base + sum(sizes[:here])
            made[start + place] = _told(snapshot, (entity, older[here], counts[here], raw[at : at + sizes[here]]), kinds, stop)
    return made


def walked(snapshot: Snapshot, stop: int, prefix: str) -> Iterator[tuple[str, Trace | None]]:
    """Every entity whose id begins with `prefix`, in order, with its trace as in `traces`; each bundle is read once."""
    kinds: dict[int, _Kind] = {}
    try:
        for body in snapshot.bundles(prefix):
            for entry in unpack(body):
                if entry[0].startswith(prefix):
                    yield entry[0], _told(snapshot, entry, kinds, stop)
                elif entry[0] > prefix:
                    return
    except DAMAGE as fault:
        raise LedgerFault(f"the views are damaged: {fault}", todo="rebuild the views") from fault


def _told(snapshot: Snapshot, entry: Entry, kinds: dict[int, _Kind], stop: int) -> Trace | None:
    entity, older, count, packed = entry
    if older or count > _MOST:
        return None
    rows = _rows(_HEADS[count] + packed)
    plain = _plain(snapshot, entity, rows[0], kinds, stop) if count == 1 and len(rows[0]) == _SHORT else None
    return plain or _trace(snapshot, (entity, rows), kinds, stop)


def _plain(snapshot: Snapshot, entity: str, row: _Row, kinds: dict[int, _Kind], stop: int) -> Trace | None:
    """What `_trace` gives for a single fact that was read from a table's row and has a closed value, as most have; None for any other."""
    number, ordinal, days, line, original, *_ = row
    flat = snapshot.flat
    _, free, before, after, _ = kinds.get(number) or _kind(snapshot, number, kinds)
    if free or line is None or ordinal >= stop or flat.flags[ordinal] & CHANGED:
        return None
    written = b"" if original is None else _json(entity.partition(":")[2] if original is True else original)
    own = [hexlify(flat.commitments[ordinal * 32 : ordinal * 32 + 32]), b"%b%d%b" % (before, line, after), written, b"", b""]
    return Trace((number, days, flat.runs.at(ordinal)[4], 3 if written else 1), own)


def _trace(  # noqa: PLR0912 - a call for each branch would cost more than the branch
    snapshot: Snapshot, where: tuple[str, list[_Row]], kinds: dict[int, _Kind], stop: int
) -> Trace | None:
    entity, rows = where
    flat = snapshot.flat
    flags, names, run_of = flat.flags, flat.commitments, flat.runs.at
    shared: list[object] = []
    own: list[bytes] = []
    reports: list[str] = []
    quotes: list[str] = []
    sources: list[int] = []
    first, end, when = 0, 0, ""
    row: _Row
    for row in rows:
        number, ordinal, days, line, original, *more = row
        if ordinal >= stop:
            break
        if flags[ordinal] & CHANGED:
            return None
        if not first <= ordinal < end:
            first, end, _, _, when = run_of(ordinal)
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
        shared += (number, days, when, (place != b"") + 2 * (written != b"") + 4 * (words != b""))
        own += (hexlify(names[ordinal * 32 : ordinal * 32 + 32]), place, written, said, words)
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
