"""Reading a ledger: its statements in order or one by one, whole or as proofs, and its originals.

The same for the process that writes the ledger (`ledger.Ledger`) and for another one beside it (`beside.LedgerBeside`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from saksi.ledger.batch import Kind, Leaf, batch_path
from saksi.ledger.bundle import BatchPlace, Shown, write_bundle
from saksi.ledger.commitment import GROUP_NAMES, Groups, disclose
from saksi.ledger.core import Shelf
from saksi.ledger.merkle import root_of
from saksi.ledger.repeats import each_leaf, records
from saksi.ledger.tlogproof import TlogProof
from saksi.ledger.vault import Frame
from saksi.model.canonical import parse_canonical
from saksi.model.errors import BadInput
from saksi.model.source import Source

__all__ = ["OpenBlock", "Reading", "whole"]


@dataclass(frozen=True, slots=True)
class OpenBlock:
    """Neighbouring statements of one leaf that share their data subjects.

    `first` is the index of the first in its leaf; `commitments` are theirs; `payloads` their whole canonical payloads, None for one that
    was erased; `subjects` the ids of their data subjects, `kind` the leaf's kind.
    """

    leaf: int
    kind: Kind
    first: int
    commitments: tuple[bytes, ...]
    payloads: tuple[bytes | None, ...]
    subjects: tuple[bytes, ...]


class Reading(ABC):
    """A ledger as far as it can be read."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    @property
    @abstractmethod
    def origin(self) -> str:
        """The ledger's name."""

    @property
    @abstractmethod
    def size(self) -> int:
        """How many leaves are acknowledged."""

    @abstractmethod
    def _entry(self, leaf: int) -> bytes:
        """The entry of the log at a leaf."""

    @abstractmethod
    def _proof(self, leaf: int) -> TlogProof:
        """The log's proof of it, to its newest checkpoint."""

    def ref(self, commitment: bytes) -> str:
        """The public name of a statement."""
        return f"{self.origin}#{commitment.hex()}"

    def read(self, first: int = 0, last: int | None = None, *, kinds: Collection[Kind] = frozenset(Kind)) -> Iterator[OpenBlock]:
        """The blocks of the leaves `first` up to but not including `last` (all, when left out), in order; only leaves of `kinds`.

        A leaf whose payload is not here is skipped.
        """
        for leaf, frame in self._shelf.frames(first, self.size if last is None else last):
            if frame is None or frame.head.kind not in kinds:
                continue
            kind, stored = Kind(frame.head.kind), frame.commitments
            for block, items in self._shelf.blocks(frame):
                commitments = tuple(stored[32 * place : 32 * place + 32] for place in range(block.first, block.first + block.count))
                payloads = tuple(None if groups is None else whole(groups) for groups in items.groups) if items else (None,) * block.count
                ids = self._ids(frame, block.slots) if block.slots else ()
                yield OpenBlock(leaf, kind, block.first, commitments, payloads, ids)

    def said_again(self, digests: Collection[str]) -> Iterator[tuple[str, int, bytes]]:
        """What files say again that stood already when they were taken: the digest of one of these (SHA-256 in hex), a leaf, and the bits
        that name the statements of the leaf (`repeats.named`). A file that was taken more than once is told as often.
        """
        for frame, words in records(self._shelf, 0, self.size):
            for _, items in self._shelf.blocks(frame):
                for groups in filter(None, items.groups if items else ()):
                    digest = Source.from_json(parse_canonical(groups[1])).digest
                    if digest in digests and digest is not None:
                        yield from ((digest, leaf, bits) for leaf, bits in each_leaf(words))

    def payload(self, leaf: int, index: int = 0) -> bytes | None:
        """The canonical payload of a statement; None where it was erased or is not here."""
        groups = self._groups(leaf, index)[0]
        return None if groups is None else whole(groups)

    def subjects(self, leaf: int, index: int = 0) -> tuple[bytes, ...]:
        """The ids of the data subjects of a statement."""
        with self._shelf.reading:
            frame = self._shelf.vault.frame(leaf)
            if frame is None:
                return ()
            _, block = self._shelf.vault.block_of(frame, index)
        return self._ids(frame, block.slots)

    def commitment(self, leaf: int, index: int = 0) -> bytes:
        """The commitment of a statement; it outlives erasure."""
        with self._shelf.reading:
            frame = self._shelf.vault.frame(leaf)
        if frame is None:
            raise BadInput(f"the payload of leaf {leaf} is not here")
        if not 0 <= index < frame.head.count:
            raise BadInput(f"leaf {leaf} has {frame.head.count} statements: there is no number {index}")
        return frame.commitments[32 * index : 32 * index + 32]

    def prove(self, leaf: int, index: int = 0, groups: Collection[str] = GROUP_NAMES[:4]) -> bytes:
        """A proof file of one statement that shows the named groups and hides the others (`bundle.verify_bundle` checks it).

        Raises BadInput where the statement was erased: nothing of it can be shown any more.
        """
        unknown = sorted(set(groups) - set(GROUP_NAMES))
        if unknown:
            raise BadInput(f"a statement has no group {unknown[0]!r}", todo=f"choose from {', '.join(GROUP_NAMES)}")
        opened, salt, frame = self._groups(leaf, index)
        if opened is None or frame is None:
            raise BadInput(
                f"statement {index} of leaf {leaf} was erased, or its payload is not here: nothing of it can be shown",
                todo="prove another statement",
            )
        entry, proof = self._entry(leaf), self._proof(leaf)
        kind = Kind(frame.head.kind)
        batch = None
        if kind is Kind.BATCH:
            commitments = [frame.commitments[place : place + 32] for place in range(0, len(frame.commitments), 32)]
            batch = BatchPlace(index, len(commitments), root_of(commitments), tuple(batch_path(commitments, index)))
        shown = [place for place, name in enumerate(GROUP_NAMES[: len(opened)]) if name in groups]
        return write_bundle(Shown(self.origin, Leaf.parse(entry), disclose(opened, salt, shown=shown), batch, proof))

    def time_ms(self, leaf: int) -> int:
        """The time that a leaf claims, in milliseconds since 1970 UTC."""
        return Leaf.parse(self._entry(leaf)).time_ms

    def kind(self, leaf: int) -> Kind:
        """What a leaf is about, as strangers see it."""
        return Leaf.parse(self._entry(leaf)).kind

    def original(self, digest: bytes) -> Iterator[bytes] | None:
        """The original with this SHA-256, in pieces; None where it is not here or was erased."""
        return self._shelf.originals.read(digest)

    def _groups(self, leaf: int, index: int) -> tuple[Groups | None, bytes, Frame | None]:
        with self._shelf.reading:
            vault = self._shelf.vault
            frame = vault.frame(leaf)
            if frame is None:
                return None, b"", None
            _, block = vault.block_of(frame, index)
            items = vault.open(frame, block)
        if items is None:
            return None, b"", frame
        return items.groups[index - block.first], items.salts[index - block.first], frame

    def _ids(self, frame: Frame, slots: Sequence[int]) -> tuple[bytes, ...]:
        with self._shelf.reading:
            return tuple(self._shelf.keys.slots.read(frame.head.base + slot).id for slot in slots)


def whole(groups: Groups) -> bytes:
    """The canonical payload of a statement, put together from its groups."""
    content, source, asserter, handling = groups[:4]
    header = b',"header":' + groups[4] if len(groups) == 5 else b""
    return b'{"asserter":%b,"content":%b,"handling":%b%b,"source":%b}' % (asserter, content, handling, header, source)
