"""A take: any number of batches and originals that come into the ledger together or not at all, under one checkpoint.

Batches are sealed elsewhere (`frame.seal_batch`, in worker processes if need be) and written as they come, so that memory stays flat
whatever the size of the input; only the leaves, 48 bytes for up to 65,536 statements, wait for the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from types import TracebackType

from saksi.ledger.batch import Kind, Leaf
from saksi.ledger.core import Core, Entry
from saksi.ledger.frame import NO_COMMON, FrameHead, SealedBatch, TakeKeys
from saksi.ledger.original import Kept
from saksi.model.errors import BadInput

__all__ = ["Taken", "Transaction"]


@dataclass(frozen=True, slots=True)
class Taken:
    """What a take came to: its first leaf, the ledger's size after it, the statements in it, the checkpoint that covers it."""

    first: int
    size: int
    statements: int
    checkpoint: bytes


class Transaction:
    """A take under way; use it in a `with` block. It is logged when the block ends well, and leaves nothing when it does not."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._leaves: list[tuple[Kind, bytes, bytes]] = []
        self._statements = 0
        self._open = False
        self.keys = TakeKeys(core.keys.vault, core.random(32))
        self.taken: Taken | None = None

    def __enter__(self) -> Transaction:
        self._core.turn.acquire()
        self._open = True
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if kind is None and self._open:
                self.commit()
            elif self._open:
                self.roll_back()
        finally:
            self._open = False
            self._core.turn.release()

    def keep_original(self, pieces: Iterable[bytes]) -> Kept:
        """Seal and keep the bytes that the take rests on, or a list of what was rejected."""
        self._check()
        return self._core.originals.keep(pieces)

    def keep_originals(self, originals: Sequence[bytes]) -> list[Kept]:
        """The same for some tens of small ones at once, given whole."""
        self._check()
        return self._core.originals.keep_all([[data] for data in originals])

    def erased_on(self, ids: Sequence[bytes]) -> list[date | None]:
        """For each statement id the day on which its statement was erased from this ledger, or None where it was not."""
        return self._core.tombstones.erased_on(ids)

    def add(self, batch: SealedBatch) -> int:
        """Write a sealed batch; returns the leaf it will have."""
        self._check()
        core = self._core
        leaf = core.log.size + len(self._leaves)
        base = core.keys.slots.append(batch.subjects)
        head = FrameHead(
            leaf=leaf,
            kind=Kind.BATCH,
            width=4,
            own_common=batch.own_common,
            common=leaf if batch.own_common else NO_COMMON,
            base=base,
            slots=core.keys.slots.count,
            count=batch.count,
            blocks=batch.blocks,
            body=0,
        )
        core.vault.stage(head, batch.commitments, batch.sealed)
        self._leaves.append((Kind.BATCH, batch.commitment, b""))
        self._statements += batch.count
        return leaf

    def note(self, entry: Entry) -> tuple[int, bytes]:
        """Put one leaf of its own among the batches (what was taken, under which policy); returns its leaf and commitment."""
        self._check()
        leaf = self._core.log.size + len(self._leaves)
        commitment = self._core.stage(entry, leaf)
        self._leaves.append((entry.kind, commitment, entry.extra))
        return leaf, commitment

    def commit(self) -> Taken:
        """Make everything durable and log it. Called by the end of the `with` block; a take without statements logs nothing."""
        self._check()
        core = self._core
        time_ms = core.clock()
        leaves = [Leaf(kind, time_ms, commitment, extra).to_bytes() for kind, commitment, extra in self._leaves]
        try:
            if leaves:
                appended = core.log_staged(leaves)
                self.taken = Taken(appended.first, appended.size, self._statements, appended.checkpoint)
            else:
                core.take_back()  # originals alone are not kept: nothing would name them
                self.taken = Taken(core.log.size, core.log.size, 0, core.log.checkpoint())
        except BaseException:
            core.take_back()
            raise
        finally:
            self._open = False
        return self.taken

    def roll_back(self) -> None:
        """Drop everything."""
        self._open = False
        self._core.take_back()

    def _check(self) -> None:
        if not self._open:
            raise BadInput("the take is over", todo="begin another one")
        self._core.check()
