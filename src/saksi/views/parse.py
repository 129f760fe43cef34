"""From the ledger's payload lines to columns: what the fold writes down, without an object a statement."""

from __future__ import annotations

import hashlib
import time
from array import array
from typing import TypeAlias

import msgspec

from saksi.ledger.ledger import OpenBlock
from saksi.model import LedgerFault
from saksi.views.fact import AMENDING

__all__ = ["CLOSED", "ERASED", "ID_BYTES", "Amending", "Columns", "Days", "Notice", "Parser", "Shape", "Table"]

# Properties whose values are few: they are kept once in the shape, not with each fact.
CLOSED: frozenset[str] = frozenset({"role", "safeListed", "typology", "outcome", "country", "topics", "currency"})
ERASED = 0  # the shape of a statement whose payload was destroyed
ID_BYTES = 16  # of a statement's id; nobody can make a second statement with the same 128 bits
_DAY = 10  # the length of an ISO date: times to the second are nearly unique, so they are kept with the fact

Table: TypeAlias = dict[bytes, int]


class Shape(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What many facts have in common; the numbers are places in the tables of sources, recorders and markings.

    `before` and `after` enclose the row number in the locator's JSON (None where the fact carries its own locator or has none).
    Amendments have an empty schema. What differs from report to report has no place here: there would be a shape for nearly every fact.
    """

    schema: str
    prop: str
    polarity: str
    op: str
    value: str | None
    lang: str | None
    source: int
    asserter: int
    handling: int
    before: str | None
    after: str | None


class Days(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """The days that date a fact, as coarse as its source gives them: few come together, over all shapes, so they have numbers too."""

    valid_from: str | None = None
    valid_until: str | None = None
    reported: str | None = None


class _Payload(msgspec.Struct, frozen=True, gc=False):
    asserter: msgspec.Raw
    content: msgspec.Raw
    handling: msgspec.Raw
    source: msgspec.Raw


class _Content(msgspec.Struct, frozen=True, gc=False):
    op: str
    entity: str = ""
    schema: str = ""
    prop: str = ""
    value: str | bool | int | dict[str, object] = ""
    polarity: str = ""
    original: str | None = None
    lang: str | None = None
    valid_from: str | None = None
    valid_until: str | None = None
    target: str = ""
    prev: str | None = None
    reason: str | None = None


class _SameContent(msgspec.Struct, frozen=True, omit_defaults=True):
    """The content that counts for the id within a series, its parts copied as they stand, keys in canonical order."""

    entity: msgspec.Raw
    op: msgspec.Raw
    polarity: msgspec.Raw
    prop: msgspec.Raw
    schema: msgspec.Raw
    valid_from: msgspec.Raw = msgspec.Raw()
    valid_until: msgspec.Raw = msgspec.Raw()
    value: msgspec.Raw = msgspec.Raw()


class _Locator(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    column: str | None = None
    end: int | None = None
    label: str | None = None
    page: int | None = None
    pointer: str | None = None
    row: int | None = None
    sheet: str | None = None
    start: int | None = None


class _Source(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    digest: str | None = None
    locator: _Locator | None = None
    published: str | None = None
    publisher: str | None = None
    quote: str | None = None
    reported: str | None = None
    series: str | None = None
    title: str | None = None
    uri: str | None = None


class _Asserter(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    analyst: str | None = None
    asserted_at: str = ""
    authority: str = ""
    credibility: int | None = None
    extraction: dict[str, str] | None = None
    reliability: str | None = None


class _Erased(msgspec.Struct, frozen=True):
    at_ms: int
    subjects: list[str]
    items: list[str]


class _Erasing(msgspec.Struct, frozen=True):
    erased: _Erased


class _NoticePayload(msgspec.Struct, frozen=True):
    content: _Erasing


class Amending(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """An amendment as it was logged, before it is known whether it counts. `place` is its place in the stretch."""

    place: int
    target: str
    op: str
    asserter: int
    handling: int
    reason: str | None


class Notice(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A logged notice of erasure: its leaf, the day, the data subjects (random ids) and the single statements (leaf, index) that went."""

    leaf: int
    day: str
    subjects: list[bytes]
    items: list[tuple[int, int]]


class Columns(msgspec.Struct, array_like=True):
    """A stretch of the ledger as columns, with numbers of its own for sources, recorders, markings and shapes.

    `ids` (16 bytes each), `commitments` (32 each) and `shapes` (4 each) have an entry a statement; `runs` are stretches of statements of
    one leaf recorded at one time (place, leaf, index, time); the lists from `place` to `value` have an entry for each assertion or
    proposal, `days` its place in `dated`; `rest` holds the quote, locator and times of the few that have them with the fact; `gone` has
    the place and the data subjects of each erased statement.
    """

    commitments: bytes = b""
    ids: bytes = b""
    shapes: bytes = b""
    runs: list[tuple[int, int, int, str]] = []
    place: list[int] = []
    entity: list[str] = []
    shape: list[int] = []
    days: list[int] = []
    row: list[int | None] = []
    original: list[str | None] = []
    value: list[str | bool | int | tuple[str] | None] = []
    rest: dict[int, tuple[str | None, str | None, str | None, str | None]] = {}
    amending: list[Amending] = []
    sources: list[bytes] = []
    recorders: list[bytes] = []
    markings: list[bytes] = []
    kinds: list[Shape] = []
    dated: list[Days] = []
    gone: list[tuple[int, list[bytes]]] = []
    notices: list[Notice] = []

    def __len__(self) -> int:
        return len(self.shapes) // 4


_Known: TypeAlias = tuple[int, bytes, "bytes | None", str, tuple[int, int]]


class Parser:
    """Reads blocks into columns; `columns` hands over what was read."""

    def __init__(self) -> None:
        self._made = Columns()
        self._commitments, self._ids, self._shapes = bytearray(), bytearray(), array("I")
        self._numbers: tuple[Table, Table, Table] = ({}, {}, {})
        self._known: dict[tuple[object, ...], _Known] = {}
        # No day at all comes first, so that what most facts have gets a short number.
        self._days: dict[tuple[str | None, str | None, str | None], int] = {(None, None, None): 0}
        self._payload = msgspec.json.Decoder(_Payload).decode
        self._content = msgspec.json.Decoder(_Content).decode
        self._source = msgspec.json.Decoder(_Source).decode
        self._asserter = msgspec.json.Decoder(_Asserter).decode
        self._same = msgspec.json.Decoder(_SameContent).decode
        self._json = msgspec.json.Encoder(order="deterministic").encode

    def __len__(self) -> int:
        return len(self._shapes)

    def columns(self) -> Columns:
        """What was read."""
        made = self._made
        made.commitments, made.ids, made.shapes = bytes(self._commitments), bytes(self._ids), self._shapes.tobytes()
        made.sources, made.recorders, made.markings = (list(table) for table in self._numbers)
        made.dated = [Days(*each) for each in self._days]
        return made

    def add(self, block: OpenBlock) -> None:
        """Read one block. Of a statement whose payload was erased only the commitment stays."""
        place = 0
        try:
            for place, payload in enumerate(block.payloads):
                if payload is None:
                    self._shapes.append(ERASED)
                    self._ids += _NO_ID
                    self._made.gone.append((len(self._shapes) - 1, list(block.subjects)))
                    when = ""
                else:
                    when = self._one(payload)
                self._run(len(self._shapes) - 1, block.leaf, block.first + place, when)
        except msgspec.MsgspecError as fault:
            raise LedgerFault(
                f"a payload is not a statement: {fault}", where=f"leaf {block.leaf}, statement {block.first + place}", todo="run saksi fsck"
            ) from fault
        self._commitments += b"".join(block.commitments)

    def notice(self, block: OpenBlock) -> None:
        """Read a notice of erasure."""
        for payload in block.payloads:
            if payload is not None:
                told = msgspec.json.decode(payload, type=_NoticePayload).content.erased
                day = time.strftime("%Y-%m-%d", time.gmtime(told.at_ms // 1000))
                items = [(int(leaf), int(index)) for leaf, _, index in (item.partition("/") for item in told.items)]
                self._made.notices.append(Notice(block.leaf, day, [bytes.fromhex(one) for one in told.subjects], items))

    def _run(self, at: int, leaf: int, index: int, when: str) -> None:
        runs = self._made.runs
        if runs:
            start, last, first, then = runs[-1]
            if last == leaf and first + at - start == index and (then == when or not when):
                return
        runs.append((at, leaf, index, when))

    def _one(self, payload: bytes) -> str:
        groups = self._payload(payload)
        content, source = self._content(groups.content), self._source(groups.source)
        value, place = content.value, source.locator
        closed = value if content.prop in CLOSED and value.__class__ is str else None
        row, column, sheet = None, None, None
        if place is not None and place.row is not None and place.pointer is None and place.page is None and place.start is None:
            row, column, sheet = place.row, place.column, place.sheet
        key = (
            content.op, content.schema, content.prop, content.polarity, closed, content.lang,
            source.digest, source.published, source.publisher, source.series, source.title, source.uri,
            row is not None, column, sheet, bytes(groups.asserter), bytes(groups.handling),
        )  # fmt: skip
        known = self._known.get(key)
        if known is None:
            known = self._meet(key, source, place if row is not None else None)
        shape, head, tail, when, numbers = known
        at = len(self._shapes)
        self._shapes.append(shape)
        self._ids += self._id(groups, content, head, (tail, source.reported))
        made = self._made
        if content.op in AMENDING:
            made.amending.append(Amending(at, content.target, content.op, *numbers, content.reason))
            return when
        made.place.append(at)
        made.entity.append(content.entity)
        made.shape.append(shape)
        start, end = content.valid_from, content.valid_until
        begun, start = (None, start) if start is None or len(start) <= _DAY else (start, None)
        ended, end = (None, end) if end is None or len(end) <= _DAY else (end, None)
        made.days.append(self._days.setdefault((start, end, source.reported), len(self._days)))
        made.row.append(row)
        made.original.append(content.original)
        if closed is not None:
            made.value.append(None)
        else:
            made.value.append((self._json(value).decode(),) if value.__class__ is dict else value)  # type: ignore[arg-type]
        if source.quote is not None or (place is not None and row is None) or begun is not None or ended is not None:
            where = None if row is not None or place is None else self._json(place).decode()
            made.rest[len(made.entity) - 1] = (source.quote, where, begun, ended)
        return when

    def _id(self, groups: _Payload, content: _Content, head: bytes, ground: tuple[bytes | None, str | None]) -> bytes:
        """The first half of the statement's id, made from the bytes as they were logged (see `Statement.id`).

        `ground` is the series, as its bytes, and the day of the report.
        """
        made: list[bytes | msgspec.Raw] = [head]
        tail, day = ground
        if tail is not None and day is not None and content.prop == "role" and content.valid_from is None:
            made.append(self._json(msgspec.structs.replace(self._same(groups.content), valid_from=msgspec.Raw(self._json(day)))))
        elif tail is not None and (content.original is not None or content.lang is not None):
            made.append(self._json(self._same(groups.content)))
        else:
            made.append(groups.content)
        if content.op == "regrade":
            grade = self._asserter(groups.asserter)
            if grade.reliability is not None:
                made.append(b',"grade":"%s%d"' % (grade.reliability.encode(), grade.credibility or 0))
        elif content.op == "relabel":
            made += (b',"handling":', groups.handling)
        made += (b',"source":', groups.source, b"}") if tail is None else (tail,)
        return hashlib.sha256(b"".join(made)).digest()[:ID_BYTES]

    def _meet(self, key: tuple[object, ...], source: _Source, place: _Locator | None) -> _Known:
        """Number what was not met before: the slow path, once a shape."""
        asserter, handling = bytes(key[-2]), bytes(key[-1])  # type: ignore[call-overload]
        who = self._asserter(asserter)
        numbers = (
            _number(self._numbers[0], self._json(msgspec.structs.replace(source, locator=None, quote=None, reported=None))),
            _number(self._numbers[1], self._json(msgspec.structs.replace(who, asserted_at=""))),
            _number(self._numbers[2], handling),
        )
        before, after = None, None
        if place is not None:
            before, _, after = self._json(msgspec.structs.replace(place, row=0)).decode().partition('"row":0')
            before += '"row":'
        op, schema, prop, polarity, *said = key[:6]
        self._made.kinds.append(msgspec.convert((schema, prop, polarity, op, *said, *numbers, before, after), Shape))
        shape = len(self._made.kinds)
        head = b'saksi/id1\0{"authority":' + self._json(who.authority) + b',"content":'
        tail = None if source.series is None else b',"source":{"series":' + self._json(source.series) + b"}}"
        known: _Known = (shape, head, tail, who.asserted_at, numbers[1:])
        self._known[key] = known
        return known


_NO_ID = bytes(ID_BYTES)


def _number(table: Table, part: bytes) -> int:
    """The number of a part in this stretch."""
    return table.setdefault(part, len(table))
