"""A ledger that lives in memory, for tests of the views: leaves of statements, as the real one yields them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from saksi.ledger.batch import Kind
from saksi.ledger.ledger import OpenBlock
from saksi.model import (
    Amendment,
    Asserter,
    Content,
    Grade,
    Locator,
    Marking,
    Op,
    Pap,
    Source,
    Statement,
    Tlp,
    Value,
    canonical,
)

ORIGIN = "authority-a.example/saksi/1"
AUTHOR = "authority-a.example"
TIME = "2026-01-31T09:00:00Z"
MARKING = Marking(Tlp.GREEN, Pap.GREEN, purpose="prevention", legal_basis="synthetic act 1")


class StandIn:
    """Holds leaves; `upto` gives the ledger as it was at a size. Blocks hold at most three statements."""

    def __init__(self, leaves: Sequence[Sequence[bytes | None]] = (), *, origin: str = ORIGIN, salt: str = "") -> None:
        self.leaves: list[list[bytes | None]] = [list(leaf) for leaf in leaves]
        self.origin = origin
        self.salt = salt
        self.names: dict[tuple[int, int], bytes] = {}
        self.kinds: dict[int, Kind] = {}
        self.subjects: dict[tuple[int, int], bytes] = {}

    @property
    def size(self) -> int:
        return len(self.leaves)

    @property
    def log(self) -> StandIn:
        return self

    def root_at(self, size: int) -> bytes:
        digest = hashlib.sha256(f"{self.origin}/{self.salt}".encode())
        for leaf in range(size):
            for index in range(len(self.leaves[leaf])):
                digest.update(self.name(leaf, index))
        return digest.digest()

    def name(self, leaf: int, index: int) -> bytes:
        if (leaf, index) not in self.names:
            payload = self.leaves[leaf][index]
            self.names[leaf, index] = hashlib.sha256(f"{self.salt}{leaf}/{index}/".encode() + (payload or b"")).digest()
        return self.names[leaf, index]

    def ref(self, leaf: int, index: int = 0) -> str:
        return f"{self.origin}#{self.name(leaf, index).hex()}"

    def append(self, *statements: Statement) -> int:
        """One leaf with these statements; gives its number."""
        self.leaves.append([statement.payload() for statement in statements])
        return len(self.leaves) - 1

    def upto(self, size: int) -> StandIn:
        made = StandIn(self.leaves[:size], origin=self.origin, salt=self.salt)
        made.names, made.kinds, made.subjects = dict(self.names), dict(self.kinds), dict(self.subjects)
        return made

    def forget(self, leaf: int, index: int) -> None:
        """Erase a payload; its commitment stays."""
        self.name(leaf, index)
        self.leaves[leaf][index] = None

    def notice(self, *subjects: bytes, items: Sequence[tuple[int, int]] = (), at_ms: int = 1_772_323_200_000) -> int:
        """Erase what these subjects are named in, and single items, and log the notice; gives its leaf."""
        for place in [*(place for place, subject in self.subjects.items() if subject in subjects), *items]:
            self.forget(*place)
        told = {"at_ms": at_ms, "items": [f"{leaf}/{index}" for leaf, index in items], "subjects": [one.hex() for one in subjects]}
        self.leaves.append([canonical({"asserter": {}, "content": {"erased": told}, "handling": {}, "source": {}})])
        self.kinds[len(self.leaves) - 1] = Kind.ERASURE
        return len(self.leaves) - 1

    def read(self, first: int, last: int) -> Iterator[OpenBlock]:
        for leaf in range(first, last):
            payloads = self.leaves[leaf]
            width = 1 if any(place[0] == leaf for place in self.subjects) else 3
            kind = self.kinds.get(leaf, Kind.BATCH if len(payloads) > 1 else Kind.PRIVATE)
            for start in range(0, len(payloads), width):
                some = tuple(payloads[start : start + width])
                names = tuple(self.name(leaf, start + place) for place in range(len(some)))
                subject = self.subjects.get((leaf, start)) if width == 1 else None
                yield OpenBlock(leaf, kind, start, names, some, () if subject is None else (subject,))


GRADE = Grade("B", 2)


def said(
    entity: str,
    prop: str = "role",
    value: Value = "infrastructure",
    *,
    schema: str = "WebSite",
    source: Source | None = None,
    author: str = AUTHOR,
    grade: Grade | None = GRADE,
    marking: Marking = MARKING,
    op: Op = Op.ASSERT,
    original: str | None = None,
    begun: str | None = None,
    when: str = TIME,
) -> Statement:
    """A statement with everything filled in."""
    rests = source or Source(digest="ab" * 32, title="A list", publisher="Authority A", locator=Locator(row=1, column="host"))
    content = Content(entity, schema, prop, value, original=original, valid_from=begun, op=op)
    return Statement(content, rests, Asserter(author, when, grade=grade), marking)


def changed(
    op: Op,
    target: str,
    *,
    author: str = AUTHOR,
    grade: Grade | None = None,
    marking: Marking = MARKING,
    reason: str | None = None,
    when: str = TIME,
) -> Statement:
    """An amendment."""
    return Statement(
        Amendment(op, target, reason=reason), Source(digest="cd" * 32, title="a decision"), Asserter(author, when, grade=grade), marking
    )
