"""From the numbers of one stretch of the ledger to those of the whole views."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec
import numpy as np

from saksi.views.parse import Columns, Table

__all__ = ["Numbered", "Numbers", "numbered"]

_pack = msgspec.msgpack.Encoder().encode


@dataclass(slots=True)
class Numbers:
    """Gives equal parts one number. What is new is kept in `fresh` until the fold has written it.

    `find` looks up a part that an earlier fold numbered. After `LIMIT` parts the memory of them is dropped: then an equal part may
    get a second number, which costs room and changes no answer.
    """

    find: Callable[[bytes], int | None]
    next: int
    table: Table = field(default_factory=dict)
    fresh: list[tuple[int, bytes]] = field(default_factory=list)

    LIMIT = 1_000_000

    def of(self, part: bytes) -> int:
        """The number of `part`, a new one where it has none."""
        known = self.table.get(part)
        if known is not None:
            return known
        number = self.find(part)
        if number is None:
            number = self.next
            self.next += 1
            self.fresh.append((number, part))
        if len(self.table) >= self.LIMIT:
            self.table.clear()
        self.table[part] = number
        return number


@dataclass(slots=True)
class Numbered:
    """A stretch with the numbers of the whole: `shapes` for each statement, `shape`, `ordinal`, `days` and the packed row for each fact."""

    first: int
    columns: Columns
    shapes: np.ndarray[tuple[int], np.dtype[np.uint32]]
    shape: list[int]
    ordinal: list[int]
    days: list[int]
    packed: list[bytes]
    groups: dict[int, tuple[int, int]]

    def __len__(self) -> int:
        return len(self.shapes)


def numbered(columns: Columns, numbers: list[Numbers], first: int) -> Numbered:
    """Give the stretch that begins with statement `first` its numbers, and pack its facts for the serving index."""
    sources, recorders, markings, shapes, dated = numbers
    source = [sources.of(part) for part in columns.sources]
    recorder = [recorders.of(part) for part in columns.recorders]
    marking = [markings.of(part) for part in columns.markings]
    table = array("I", (0,))
    for kind in columns.kinds:
        whole = msgspec.structs.replace(kind, source=source[kind.source], asserter=recorder[kind.asserter], handling=marking[kind.handling])
        table.append(shapes.of(_pack(whole)))
    day = [dated.of(_pack(each)) for each in columns.dated]
    own = np.frombuffer(columns.shapes, "u4")
    every = np.frombuffer(table, "u4")[own]
    shape = [table[one] for one in columns.shape]
    ordinal = [first + place for place in columns.place]
    days = [day[one] for one in columns.days]
    packed = [
        _pack((kind, number, when, row, _short(entity, original), value))
        if value is not None
        else _pack((kind, number, when, row, _short(entity, original)))
        for kind, number, when, row, entity, original, value in zip(
            shape, ordinal, days, columns.row, columns.entity, columns.original, columns.value, strict=True
        )
    ]
    for place, rest in columns.rest.items():
        original = _short(columns.entity[place], columns.original[place])
        packed[place] = _pack((shape[place], ordinal[place], days[place], columns.row[place], original, columns.value[place], *rest))
    groups = {one.place: (recorder[one.asserter], marking[one.handling]) for one in columns.amending}
    return Numbered(first, columns, every, shape, ordinal, days, packed, groups)


def _short(entity: str, original: str | None) -> str | bool | None:
    """True where a value was written as the entity's own text."""
    if original is None or not entity.endswith(original) or entity.find(":") + 1 != len(entity) - len(original):
        return original
    return True
