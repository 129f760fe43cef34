"""What the views answer with: facts, the changes of mind about them, and how each stands at a ledger size.

A fact is a statement as the views hold it, with the parts that many facts share (source, recorder, marking) given as an index into
a small table: `Views.source(i)`, `Views.asserter(i)`, `Views.handling(i)`. Nothing here reads a file: it is the shape that other rooms
fold over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from saksi.model import Extraction, Grade, Value

__all__ = ["AMENDING", "PAGE", "TAKEN_AGAIN", "Change", "Fact", "Held", "Place", "Recorder", "Standing", "Tally", "decide", "standing"]

AMENDING: frozenset[str] = frozenset({"retract", "reinstate", "regrade", "relabel", "expire", "confirm", "reject"})

TAKEN_AGAIN = "taken in again under another marking"  # the reason of a relabel that a take makes by itself, and no person gives

PAGE = 256


class Change(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """The author's amendment of its own statement.

    `asserter` and `handling` are the amendment's own groups: a `regrade` carries its new grade in the first, a `relabel` its new marking
    in the second. `asserted_at` is a UTC time, `commitment` 32 bytes.
    """

    op: str
    leaf: int
    index: int
    commitment: bytes
    asserted_at: str
    asserter: int
    handling: int
    reason: str | None = None


class Fact(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A statement about an entity: what is said, on which source and place, recorded by whom, marked how, and where it is logged.

    `op` is `assert` or `propose` (a proposal never counts until it is confirmed). `locator` is canonical JSON text. `asserted_at` is a
    UTC time to the second; `reported` is the day on which somebody told the source, where that is said. `leaf` and `index` say where
    the statement stands in its ledger; `changes` are in ledger order. Facts are never made for erased statements.
    """

    entity: str
    schema: str
    prop: str
    value: Value
    polarity: str
    op: str
    original: str | None
    lang: str | None
    valid_from: str | None
    valid_until: str | None
    source: int
    locator: str | None
    quote: str | None
    asserter: int
    handling: int
    asserted_at: str
    leaf: int
    index: int
    commitment: bytes
    changes: tuple[Change, ...] = ()
    reported: str | None = None


class Standing(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """How a fact stands at a ledger size.

    `counts` is false for what is withdrawn and for proposals nobody confirmed; `asserter` holds the grade in force (after the last
    `regrade`), `handling` the marking in force (after the last `relabel`); `last` is the last change that decides whether it counts.
    """

    counts: bool
    asserter: int
    handling: int
    last: Change | None


class Tally(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """How many facts of an entity say the same kind of thing on the same source, when there are too many to list.

    `value` is None where values of this property are free (the facts have them). `counting` facts count, `withdrawn` ones do not;
    proposals are never in `counting` unless confirmed. `asserter` and `handling` are those in force. `since` and `until` are the
    `asserted_at` of the first and the last of them in ledger order. `happened` and `reported` are the first and the last day that those
    which count are dated by; times to the second, which the facts carry, are not in them.
    """

    schema: str
    prop: str
    value: Value | None
    polarity: str
    op: str
    source: int
    asserter: int
    handling: int
    counting: int
    withdrawn: int
    since: str
    until: str
    happened: tuple[str, str] | None = None
    reported: tuple[str, str] | None = None


class Held(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What the views hold about an entity at a ledger size.

    `facts` are in ledger order. Up to `PAGE` facts all are there and `cursor` is None. Of an entity with more, `facts` are the newest
    ones, `total` counts all, and `Views.facts(entity, before=cursor)` gives the page before; `Views.tally(entity)` sums up all of
    them. `total` is 0 for an entity nobody has spoken about.
    """

    entity: str
    facts: list[Fact]
    total: int
    cursor: int | None = None


class Place(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Where a statement that is already in the ledger stands, and how: what a take needs to add nothing twice.

    `counts` as in `Standing`; `expired` says that the last deciding change is an `expire`; `asserter` and `handling` are those in
    force; `prev` is the commitment of the author's last change, or None; `marked` says that a relabel of its author marked it which no take
    made by itself.
    """

    leaf: int
    index: int
    commitment: bytes
    counts: bool
    expired: bool
    asserter: int
    handling: int
    prev: bytes | None = None
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Recorder:
    """Who recorded a statement and how it graded it: the asserter group without its time, which each fact carries itself."""

    authority: str
    analyst: str | None = None
    grade: Grade | None = None
    extraction: Extraction | None = None


def standing(fact: Fact, *, at: int | None = None) -> Standing:
    """How `fact` stands at ledger size `at` (None: with all its changes).

    Of each sort of change the author's last one counts: regrading a retracted statement does not bring it back.
    """
    if not fact.changes:
        return Standing(fact.op == "assert", fact.asserter, fact.handling, None)
    return decide(fact.op, (fact.asserter, fact.handling), fact.changes, at=at)


def decide(op: str, groups: tuple[int, int], changes: Sequence[Change], *, at: int | None = None) -> Standing:
    """`standing` of any statement, given its op, its own (asserter, handling) and its changes in ledger order."""
    accepted, withdrawn = op == "assert", False
    asserter, handling = groups
    last: Change | None = None
    for change in changes:
        if at is not None and change.leaf >= at:
            break
        if change.op == "regrade":
            asserter = change.asserter
            continue
        if change.op == "relabel":
            handling = change.handling
            continue
        last = change
        if change.op in {"retract", "expire"}:
            withdrawn = True
        elif change.op == "reinstate":
            withdrawn = False
        else:
            accepted = change.op == "confirm"
    return Standing(accepted and not withdrawn, asserter, handling, last)
