"""The answer an officer gets about a value: how it stands, who says so on which source and place, and what to mind.

The JSON form (`encode`) is one line with the fields below, by these names; docs/reference/answer.md explains each. Equal answers have equal
bytes. Nothing in an answer tells "there is nothing" from "there is nothing for you".
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from saksi.model import Marking

__all__ = [
    "Answer",
    "Independence",
    "MarkingLine",
    "Note",
    "Part",
    "Reading",
    "RoleLine",
    "Seen",
    "SourceLine",
    "Span",
    "StatementLine",
    "decode",
    "encode",
    "marking_line",
]


class Span(msgspec.Struct, frozen=True, gc=False):
    """The first and the last time on one clock: ISO dates as coarse as the source gives them, or UTC times."""

    first: str
    last: str


class Seen(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The three clocks apart: when it happened, when it was reported (to the source, else its own date), when it was recorded here."""

    happened: Span | None = None
    reported: Span | None = None
    recorded: Span | None = None


class Note(msgspec.Struct, frozen=True, gc=False):
    """A sentence for people, with a fixed `code` to translate or test it by."""

    code: str
    text: str


class MarkingLine(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Who may see it and what may be done with it, as in the model's Marking."""

    tlp: str
    pap: str
    audience: tuple[str, ...] = ()
    purpose: str | None = None
    legal_basis: str | None = None
    retain_until: str | None = None


def marking_line(marking: Marking) -> MarkingLine:
    """A marking as it is told."""
    return MarkingLine(
        tlp=marking.tlp.value,
        pap=marking.pap.value,
        audience=marking.audience,
        purpose=marking.purpose,
        legal_basis=marking.legal_basis,
        retain_until=marking.retain_until,
    )


class RoleLine(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What the value of part `part` is said to be, and by whom.

    `said_by` names the sources' publishers (or titles), `recorded_by` the authorities that wrote it down; `denied_by` the
    publishers that deny it. `sources` are numbers in the answer's list.
    """

    part: int
    role: str
    meaning: str
    kind: str  # "accuses" | "protects"
    said_by: tuple[str, ...]
    denied_by: tuple[str, ...]
    recorded_by: tuple[str, ...]
    sources: tuple[int, ...]
    statements: int
    seen: Seen


class Part(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One thing the question was matched with: the value itself, a parent domain, the host of a URL, a network that holds it.

    `safe` are the kinds of safe-listing (benign, shared, reserved). `standing` counts what the reader may see and what stands now.
    """

    entity: str
    relation: str  # "exact" | "www" | "parent" | "host" | "network"
    status: str
    flagged: bool
    safe: tuple[str, ...]
    standing: int


class SourceLine(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A source, numbered from 1 within the answer. `says` is "affirm", "deny" or "both"; `grades` are in force now (empty: ungraded)."""

    n: int
    publisher: str | None
    title: str | None
    uri: str | None
    published: str | None
    series: str | None
    digest: str | None
    grades: tuple[str, ...]
    says: str
    statements: int


class StatementLine(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One statement, by its reference: the only name under which it can be proved, contested or withdrawn.

    `standing` is "stands", or, among the past ones, "retracted", "expired", "lapsed" (its time is over), "future" or "rejected"; `since`
    is when that became so. `locator` is an object as in the model's Locator, or null. `reported` is the day on which somebody told the
    source, where that is said for each statement.
    """

    ref: str
    part: int
    prop: str
    value: str | int | bool | Mapping[str, object]
    polarity: str
    source: int
    locator: msgspec.Raw
    quote: str | None
    original: str | None
    lang: str | None
    valid_from: str | None
    valid_until: str | None
    reported: str | None
    recorded_by: str
    recorded_at: str
    grade: str | None
    tlp: str
    pap: str
    standing: str = "stands"
    since: str | None = None
    reason: str | None = None


class Independence(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """How many sources speak independently for the role: equal document, series, publisher, address, quoted words or headline count once.

    `collapsed` counts the sources that were folded into another one, `unopened` those nobody opened, which count for nothing.
    """

    sources: int
    collapsed: int
    unopened: int


class Reading(msgspec.Struct, frozen=True, gc=False):
    """Another way the text can be read, and how that value stands."""

    entity: str
    status: str


class Answer(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """All that may be said to this reader about one value, on the ledger up to size `at`.

    `status`: "unknown", "known", "safe-listed" or "contested". `flagged` is true only where a standing accusation is neither
    safe-listed, contested, protected, stale nor resting on unreliable sources alone; `decided_by` is the index of the part that decided.
    `total` counts the standing statements that this reader may see; `statements` lists at most the newest ones of them.
    """

    query: str
    entity: str
    kind: str
    status: str
    flagged: bool
    decided_by: int | None
    why: tuple[Note, ...]
    warnings: tuple[Note, ...]
    roles: tuple[RoleLine, ...]
    parts: tuple[Part, ...]
    sources: tuple[SourceLine, ...]
    statements: tuple[StatementLine, ...]
    past: tuple[StatementLine, ...]
    total: int
    reports: int
    independent: Independence
    seen: Seen
    marking: MarkingLine
    contest: str
    at: int
    readings: tuple[Reading, ...] = ()


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Answer)


def encode(answer: Answer) -> bytes:
    """The answer as one line of JSON, without a line end."""
    return _ENCODER.encode(answer)


def decode(line: bytes) -> Answer:
    """Read what `encode` wrote."""
    return _DECODER.decode(line)
