"""From the ledger's payload lines to columns: what the fold writes down, without an object a statement."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

import msgspec

from saksi.ledger.ledger import OpenBlock
from saksi.model import LedgerFault
from saksi.views.fact import AMENDING

__all__ = ["CLOSED", "ERASED", "ID_BYTES", "Amending", "Columns", "Numbers", "Parser", "Shape", "Table"]

# Properties whose values are few: they are kept once in the shape, not with each fact.
CLOSED: frozenset[str] = frozenset({"role", "safeListed", "typology", "outcome", "country", "topics", "currency"})
ERASED = 0  # the shape of a statement whose payload was destroyed
ID_BYTES = 16  # of a statement's id; nobody can make a second statement with the same 128 bits
_DAY = 10  # the length of an ISO date: times to the second are nearly unique, so they are kept with the fact

Table: TypeAlias = dict[bytes, int]


class Shape(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What many facts have in common; the numbers are places in the tables of sources, recorders and markings.

    `before` and `after` enclose the row number in the locator's JSON (None where the fact carries its own locator or has none).
    Amendments have an empty schema.
    """

    schema: str
    prop: str
    polarity: str
    op: str
    value: str | None
    lang: str | None
    valid_from: str | None
    valid_until: str | None
    source: int
    asserter: int
    handling: int
    before: str | None
    after: str | None


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
    series: str | None = None
    title: str | None = None
    uri: str | None = None


class _Asserter(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    analyst: str | None = None
    asserted_at: str = ""
    authority: str = ""
    credibility: int | None = None
    extraction: msgspec.Raw | None = None
    reliability: str | None = None


@dataclass(frozen=True, slots=True)
class Amending:
    """An amendment as it was logged, before it is known whether it counts."""

    ordinal: int
    target: str
    op: str
    asserter: int
    handling: int
    reason: str | None


@dataclass(slots=True)
class Columns:
    """A stretch of the ledger as columns. `ids` (16 bytes each), `commitments` (32 each) and `shapes` have an entry a statement;
    the lists have one for each assertion or proposal."""

    first: int
    commitments: bytearray = field(default_factory=bytearray)
    ids: bytearray = field(default_factory=bytearray)
    shapes: array[int] = field(default_factory=lambda: array("I"))
    runs: list[tuple[int, int, int, str]] = field(default_factory=list)
    entity: list[str] = field(default_factory=list)
    ordinal: list[int] = field(default_factory=list)
    shape: list[int] = field(default_factory=list)
    row: list[int | None] = field(default_factory=list)
    original: list[str | None] = field(default_factory=list)
    value: list[str | None] = field(default_factory=list)
    packed: list[bytes] = field(default_factory=list)
    amending: list[Amending] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.shapes)


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


_Known: TypeAlias = tuple[int, bytes, "bytes | None", str, str, tuple[int, int]]


class Parser:
    """Reads payload lines into `Columns`; keeps the numbering of sources, recorders, markings and shapes."""

    def __init__(self, *, sources: Numbers, recorders: Numbers, markings: Numbers, shapes: Numbers) -> None:
        self.sources, self.recorders, self.markings, self.shapes = sources, recorders, markings, shapes
        self._known: dict[tuple[object, ...], _Known] = {}
        self._payload = msgspec.json.Decoder(_Payload)
        self._content = msgspec.json.Decoder(_Content)
        self._source = msgspec.json.Decoder(_Source)
        self._asserter = msgspec.json.Decoder(_Asserter)
        self._same = msgspec.json.Decoder(_SameContent)
        self._json = msgspec.json.Encoder(order="deterministic")
        self._pack = msgspec.msgpack.Encoder()

    def add(self, into: Columns, block: OpenBlock) -> None:
        """Read one block. Of a statement whose payload was erased only the commitment stays."""
        place = 0
        try:
            for place, payload in enumerate(block.payloads):
                ordinal = into.first + len(into)
                if payload is None:
                    into.shapes.append(ERASED)
                    into.ids += _NO_ID
                    when = ""
                else:
                    when = self._one(into, ordinal, payload)
                self._run(into, ordinal, (block.leaf, block.first + place), when)
        except msgspec.MsgspecError as fault:
            raise LedgerFault(
                f"a payload is not a statement: {fault}", where=f"leaf {block.leaf}, statement {block.first + place}", todo="run saksi fsck"
            ) from fault
        into.commitments += b"".join(block.commitments)

    def _run(self, into: Columns, ordinal: int, place: tuple[int, int], when: str) -> None:
        if into.runs:
            start, leaf, index, time = into.runs[-1]
            if leaf == place[0] and index + (ordinal - start) == place[1] and (time == when or not when):
                return
        into.runs.append((ordinal, *place, when))

    def _one(self, into: Columns, ordinal: int, payload: bytes) -> str:
        groups = self._payload.decode(payload)
        content = self._content.decode(groups.content)
        source = self._source.decode(groups.source)
        value = content.value
        closed = value if content.prop in CLOSED and value.__class__ is str else None
        start, end = content.valid_from, content.valid_until
        place = source.locator
        row, column, sheet = None, None, None
        if place is not None and place.row is not None and place.pointer is None and place.page is None and place.start is None:
            row, column, sheet = place.row, place.column, place.sheet
        key = (
            content.op, content.schema, content.prop, content.polarity, closed, content.lang,
            start if start is not None and len(start) <= _DAY else None, end if end is not None and len(end) <= _DAY else None,
            source.digest, source.published, source.publisher, source.series, source.title, source.uri,
            row is not None, column, sheet, bytes(groups.asserter), bytes(groups.handling),
        )  # fmt: skip
        known = self._known.get(key)
        if known is None:
            known = self._meet(key, source, place if row is not None else None)
        shape, head, tail, when, _, numbers = known
        into.shapes.append(shape)
        into.ids += self._id(groups, content, head, tail)
        if content.op in AMENDING:
            into.amending.append(Amending(ordinal, content.target, content.op, *numbers, content.reason))
            return when
        self._fact(into, ordinal, (content, source, closed is None), (shape, row))
        return when

    def _id(self, groups: _Payload, content: _Content, head: bytes, tail: bytes | None) -> bytes:
        """The first half of the statement's id, made from the bytes as they were logged (see `Statement.id`)."""
        made: list[bytes | msgspec.Raw] = [head]
        if tail is not None and (content.original is not None or content.lang is not None):
            made.append(self._json.encode(self._same.decode(groups.content)))
        else:
            made.append(groups.content)
        if content.op == "regrade":
            grade = self._asserter.decode(groups.asserter)
            if grade.reliability is not None:
                made.append(b',"grade":"%s%d"' % (grade.reliability.encode(), grade.credibility or 0))
        elif content.op == "relabel":
            made += (b',"handling":', groups.handling)
        made += (b',"source":', groups.source, b"}") if tail is None else (tail,)
        return hashlib.sha256(b"".join(made)).digest()[:ID_BYTES]

    def _fact(self, into: Columns, ordinal: int, said: tuple[_Content, _Source, bool], at: tuple[int, int | None]) -> None:
        content, source, free = said
        value = text = content.value if free else None
        if value.__class__ is not str and value is not None:
            text = self._json.encode(value).decode()
            if value.__class__ is dict:
                value = (text,)  # type: ignore[assignment]
        original: str | bool | None = content.original
        if original is not None and original == content.entity.partition(":")[2]:
            original = True
        start, end = content.valid_from, content.valid_until
        rest = (
            source.quote,
            None if at[1] is not None or source.locator is None else self._json.encode(source.locator).decode(),
            None if start is None or len(start) <= _DAY else start,
            None if end is None or len(end) <= _DAY else end,
        )
        into.entity.append(content.entity)
        into.ordinal.append(ordinal)
        into.shape.append(at[0])
        into.row.append(at[1])
        into.original.append(content.original)
        into.value.append(text)  # type: ignore[arg-type]
        if rest != _NOTHING:
            into.packed.append(self._pack.encode((at[0], ordinal, at[1], original, value, *rest)))
        elif value is not None:
            into.packed.append(self._pack.encode((at[0], ordinal, at[1], original, value)))
        else:
            into.packed.append(self._pack.encode((at[0], ordinal, at[1], original)))

    def _meet(self, key: tuple[object, ...], source: _Source, place: _Locator | None) -> _Known:
        """Number what was not met before: the slow path, once a shape."""
        asserter, handling = bytes(key[-2]), bytes(key[-1])  # type: ignore[call-overload]
        who = self._asserter.decode(asserter)
        numbers = (
            self.sources.of(self._json.encode(msgspec.structs.replace(source, locator=None, quote=None))),
            self.recorders.of(self._json.encode(msgspec.structs.replace(who, asserted_at=""))),
            self.markings.of(handling),
        )
        before, after = None, None
        if place is not None:
            before, _, after = self._json.encode(msgspec.structs.replace(place, row=0)).decode().partition('"row":0')
            before += '"row":'
        op, schema, prop, polarity, closed, lang, start, end = key[:8]
        shape = self.shapes.of(self._pack.encode((schema, prop, polarity, op, closed, lang, start, end, *numbers, before, after)))
        head = b'saksi/id1\0{"authority":' + self._json.encode(who.authority) + b',"content":'
        tail = None if source.series is None else b',"source":{"series":' + self._json.encode(source.series) + b"}}"
        known: _Known = (shape, head, tail, who.asserted_at, str(op), numbers[1:])
        if len(self._known) >= Numbers.LIMIT:
            self._known.clear()
        self._known[key] = known
        return known


_NO_ID = bytes(ID_BYTES)
_NOTHING = (None, None, None, None)
