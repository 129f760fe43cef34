"""What a reader yields: statements as columns, and what it could not take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from saksi.model.errors import BadInput
from saksi.model.locator import Locator
from saksi.model.marking import Marking
from saksi.model.source import Source
from saksi.model.statement import Asserter, Op, Value

__all__ = ["MAX_ROWS", "Chunk", "Reading", "Rejected", "StatementBatch"]

MAX_ROWS = 65_536


@dataclass(frozen=True, slots=True)
class StatementBatch:
    """Up to 65,536 statements as columns of equal length, with the parts they share given once.

    `sources`, `asserters` and `handlings` are small tables; `source`, `asserter` and `handling` hold for each row an index into them. A
    row's source is its table entry with `locator` (row, column, pointer), `quote` and `reported` filled in from the columns below.
    `subject` labels the data subject a row is about (any text local to this reading, such as a report's reference), or None; the vault
    turns labels into random ids. Columns that are None hold nothing for any row. `op` is ASSERT or PROPOSE for the whole batch.
    """

    sources: Sequence[Source]
    asserters: Sequence[Asserter]
    handlings: Sequence[Marking]
    source: Sequence[int]
    asserter: Sequence[int]
    handling: Sequence[int]
    entity: Sequence[str]
    schema: Sequence[str]
    prop: Sequence[str]
    value: Sequence[Value]
    polarity: Sequence[str]
    original: Sequence[str | None] | None = None
    lang: Sequence[str | None] | None = None
    valid_from: Sequence[str | None] | None = None
    valid_until: Sequence[str | None] | None = None
    quote: Sequence[str | None] | None = None
    reported: Sequence[str | None] | None = None
    row: Sequence[int | None] | None = None
    column: Sequence[str | None] | None = None
    pointer: Sequence[str | None] | None = None
    subject: Sequence[str | None] | None = None
    op: Op = Op.ASSERT

    def __post_init__(self) -> None:
        if self.op.amends:
            raise BadInput("a batch asserts or proposes; amendments are written one by one")
        rows = len(self.entity)
        if rows > MAX_ROWS:
            raise BadInput(f"a batch holds at most {MAX_ROWS} statements, not {rows}")
        for name in self.__slots__:
            column = getattr(self, name)
            if name not in {"sources", "asserters", "handlings", "op"} and column is not None and len(column) != rows:
                raise BadInput(f"column {name} has {len(column)} rows, entity has {rows}")

    def __len__(self) -> int:
        return len(self.entity)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row or field that could not be taken: where it stands, why, and what it said (at most 500 characters).

    `beside` is where a person finds the row who opens the file ("line 5 of the file"), where blank lines make that another number.
    """

    locator: Locator
    reason: str
    original: str
    beside: str = ""

    @property
    def where(self) -> str:
        """The place in words: row 2, column scam_phone, line 5 of the file."""
        return f"{self.locator}, {self.beside}" if self.beside else str(self.locator)


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a reading: statements, and what was rejected between them. `rows` counts the input rows it covers."""

    batch: StatementBatch
    rejected: tuple[Rejected, ...] = ()
    rows: int = 0


class Reading(Protocol):
    """A reader bound to its input: yields chunks in the order of the input, holding only one in memory."""

    def __iter__(self) -> Iterator[Chunk]: ...
