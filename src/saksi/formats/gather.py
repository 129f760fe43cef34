"""Fills the columns of a batch, many rows at a time, and normalises columns of observables."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import itemgetter

from saksi.formats.batch import StatementBatch
from saksi.formats.reader import Given
from saksi.model.source import Source
from saksi.model.statement import Asserter, Value

__all__ = ["Gather", "Said", "nfc"]


def nfc(text: str) -> str:
    """The text in Unicode normal form C, as the canonical form asks."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


@dataclass(frozen=True, slots=True)
class Said:
    """Statements of one property about entities of one schema: columns of equal length; a lone value stands for a whole column."""

    schema: str | Sequence[str]
    prop: str
    entity: Sequence[str]
    value: Sequence[Value] | str
    row: Sequence[int | None] | None = None
    column: str | Sequence[str | None] | None = None
    pointer: Sequence[str | None] | None = None
    original: Sequence[str | None] | None = None
    valid_from: Sequence[str | None] | None = None
    reported: Sequence[str | None] | None = None
    subject: Sequence[str | None] | None = None
    asserter: int | Sequence[int] = 0
    source: int = 0


class Gather:
    """Columns under construction; the parts that all rows share are given once."""

    __slots__ = ("_asserters", "_columns", "_given", "_size", "_sources")

    def __init__(self, given: Given) -> None:
        self._given = given
        self._size = 0
        self._sources = [given.source]
        self._asserters = [given.asserter]
        self._columns: dict[str, list[object]] = {name: [] for name in _COLUMNS}

    def __len__(self) -> int:
        return self._size

    def asserter(self, wanted: Asserter) -> int:
        """The index of an asserter of its own, such as one with another grade."""
        if wanted not in self._asserters:
            self._asserters.append(wanted)
        return self._asserters.index(wanted)

    def source(self, **changed: str | None) -> int:
        """The index of a source that differs from the given one, such as one with its own title."""
        wanted: Source = replace(self._given.source, **changed)  # type: ignore[arg-type]  # texts only, checked by Source
        if wanted not in self._sources:
            self._sources.append(wanted)
        return self._sources.index(wanted)

    def say(self, said: Said) -> None:
        """Add one statement for each entity."""
        many = len(said.entity)
        if not many:
            return
        self._size += many
        columns = self._columns
        for name in _COLUMNS:
            part = getattr(said, name)
            if part is None or isinstance(part, (str, int)):
                columns[name].extend([part] * many)
            else:
                columns[name].extend(part)

    def batch(self, then: Gather | None = None) -> StatementBatch:
        """The finished batch, with what `then` holds behind it, ordered by row; columns in which nothing was said become None.

        `then` was gathered with the same shared parts. Its statements about one row, and so about one subject, stand together.
        """
        columns = self._columns
        if then is not None and then._size:
            rows = then._columns["row"]
            order = sorted(range(then._size), key=rows.__getitem__)  # type: ignore[arg-type]  # row numbers
            pick = itemgetter(*order) if then._size > 1 else None
            for name in _COLUMNS:
                columns[name] = columns[name] + list(pick(then._columns[name]) if pick else then._columns[name])
        made: dict[str, Sequence[object] | None] = dict(columns)
        for name in _OPTIONAL:
            if columns[name].count(None) == len(columns[name]):
                made[name] = None
        size = len(columns["entity"])
        return StatementBatch(
            sources=tuple(self._sources),
            asserters=tuple(self._asserters),
            handlings=(self._given.handling,),
            handling=[0] * size,
            polarity=["affirm"] * size,
            **made,  # type: ignore[arg-type]  # the names and types are those of Said
        )


_OPTIONAL = ("row", "column", "pointer", "original", "valid_from", "reported", "subject")
_COLUMNS = ("schema", "prop", "entity", "value", "asserter", "source", *_OPTIONAL)
