"""One piece of a take, from raw rows to sealed bytes: what a worker process does, and what this process does when there is no worker.

Two steps with a question between them: `read` gives the ids of what the rows say, whoever keeps the ledger answers which of them are new,
`seal` makes those into a batch. The rows stay where they were read.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection

from saksi.formats.batch import Rejected, StatementBatch
from saksi.formats.bulk import Encoded, encode
from saksi.formats.reader import Job, Reader, rejected
from saksi.ledger.frame import SealedBatch, TakeKeys, seal_batch
from saksi.model.errors import BadInput, LedgerFault, NotAllowed, PeerFault, SaksiError
from saksi.model.locator import Locator
from saksi.model.marking import Marking
from saksi.model.statement import Asserter

__all__ = ["Fault", "Met", "Piece", "serve"]

_KINDS = {kind.__name__: kind for kind in (BadInput, NotAllowed, PeerFault, LedgerFault)}


@dataclass(frozen=True, slots=True)
class Met:
    """What the rows of a piece say, before it is decided what of it is new.

    `ids` names each statement, 32 bytes end to end; `asserter` and `handling` hold for each an index into the tables, `prop` its property.
    `rows` counts input rows; `rejected` lists what could not be taken.
    """

    ids: bytes
    asserter: Sequence[int]
    handling: Sequence[int]
    prop: Sequence[str]
    asserters: Sequence[Asserter]
    handlings: Sequence[Marking]
    rows: int
    rejected: tuple[Rejected, ...]

    def __len__(self) -> int:
        return len(self.ids) // 32

    def each(self) -> list[bytes]:
        """The ids one by one."""
        return [self.ids[place : place + 32] for place in range(0, len(self.ids), 32)]


@dataclass(frozen=True, slots=True)
class Fault:
    """An error on its way from a worker to whoever asked it."""

    kind: str
    what: str
    where: str
    todo: str

    @classmethod
    def of(cls, error: SaksiError) -> Fault:
        """The error as plain words."""
        return cls(type(error).__name__, error.what, error.where, error.todo)

    def error(self) -> SaksiError:
        """The error again."""
        return _KINDS.get(self.kind, SaksiError)(self.what, where=self.where, todo=self.todo)


class Piece:
    """One job under way."""

    __slots__ = ("_batch", "_encoded", "_keys")

    def __init__(self, keys: TakeKeys) -> None:
        self._keys = keys
        self._batch: StatementBatch | None = None
        self._encoded: Encoded | None = None

    def read(self, reader: Reader, job: Job) -> Met:
        """Parse, normalise and canonicalise the rows."""
        chunk = reader.read_job(job)
        batch = self._batch = chunk.batch
        made = self._encoded = encode(batch)
        refused = tuple(rejected(_place(batch, one.row), _reason(one.reason, one.where), _words(batch, one.row)) for one in made.refused)
        whole = len(made.rows) == len(batch)
        return Met(
            ids=b"".join(made.ids),
            asserter=batch.asserter if whole else [batch.asserter[row] for row in made.rows],
            handling=batch.handling if whole else [batch.handling[row] for row in made.rows],
            prop=batch.prop if whole else [batch.prop[row] for row in made.rows],
            asserters=batch.asserters,
            handlings=batch.handlings,
            rows=chunk.rows,
            rejected=(*chunk.rejected, *refused),
        )

    def seal(self, keep: bytes) -> SealedBatch | None:
        """Commit to the statements whose byte in `keep` is 1 and seal them; None where none is kept."""
        made, batch = self._encoded, self._batch
        if made is None or batch is None or len(keep) != len(made.rows):
            raise BadInput("the answer does not fit the question: one byte for each id")
        self._encoded = self._batch = None
        if 1 not in keep:
            return None
        subject = batch.subject
        if 0 not in keep:
            groups: Sequence[tuple[bytes, ...]] = made.groups
            labels = None if subject is None else [subject[row] for row in made.rows]
        else:
            groups = [one for one, kept in zip(made.groups, keep, strict=True) if kept]
            labels = None if subject is None else [subject[row] for row, kept in zip(made.rows, keep, strict=True) if kept]
        return seal_batch(groups, labels, keys=self._keys, common=made.common, random=os.urandom)


def serve(line: Connection, reader: Reader, keys: TakeKeys) -> None:
    """A worker process: answers jobs until the line is closed or None comes."""
    piece = Piece(keys)
    try:
        while True:
            asked = line.recv()
            if asked is None:
                return
            try:
                answer = piece.seal(asked) if isinstance(asked, bytes) else piece.read(reader, asked)
            except SaksiError as error:
                line.send(Fault.of(error))
            else:
                line.send(answer)
    except (EOFError, OSError, KeyboardInterrupt):
        return  # whoever asked has gone


def _place(batch: StatementBatch, row: int) -> Locator:
    number = None if batch.row is None else batch.row[row]
    column = None if batch.column is None else batch.column[row]
    pointer = None if batch.pointer is None else batch.pointer[row]
    try:
        return Locator(row=number, column=column, pointer=pointer)
    except BadInput:
        return Locator()


def _reason(reason: str, where: str) -> str:
    return f"{where}: {reason}" if where else reason


def _words(batch: StatementBatch, row: int) -> str:
    found = None if batch.original is None else batch.original[row]
    return (found or str(batch.value[row])).encode("utf-8", "backslashreplace").decode()
