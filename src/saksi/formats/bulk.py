"""Columns of statements to canonical bytes and ids, many at a time: the same bytes that the model writes one by one, a fifth of the time.

Whole columns are checked and written by msgspec; a row in which anything at all is unusual goes through `Statement` itself, so that what is
refused, and why, is the model's decision alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from saksi.formats.batch import StatementBatch
from saksi.formats.bulk_columns import ENCODER, few, maybe_texts, plain, texts
from saksi.formats.bulk_source import common_words, sources
from saksi.model.canonical import MAX_BYTES, canonical
from saksi.model.errors import BadInput
from saksi.model.locator import Locator
from saksi.model.source import Source
from saksi.model.statement import Content, Statement, Value

__all__ = ["Encoded", "Refused", "encode", "payload", "statement_of"]

Groups = tuple[bytes, bytes, bytes, bytes]

# Checked against the model's own in the tests; a row that fails here is decided by the model.
_ENTITY = re.compile(r"[a-z][a-z0-9-]{0,31}:[^\s\x00-\x1f\x7f]{1,2048}")
_ID = b"saksi/id1\0"
_ENVELOPE = len(b'{"asserter":,"content":,"handling":,"source":}')


@dataclass(frozen=True, slots=True)
class Refused:
    """A row of the batch that is no statement: its index, the reason and the place in it."""

    row: int
    reason: str
    where: str


@dataclass(frozen=True, slots=True)
class Encoded:
    """The rows of a batch in canonical form.

    `rows` are the indexes of the rows that are statements, in order; `groups` and `ids` go with them; `common` are words that many of the
    rows share (about whom a source is from, who records it and how it is marked), for the vault's packing; the others are `refused`.
    """

    rows: list[int]
    groups: list[Groups]
    ids: list[bytes]
    common: bytes
    refused: tuple[Refused, ...]


def payload(groups: Groups) -> bytes:
    """The whole statement in canonical form, put together from its groups."""
    return b'{"asserter":%b,"content":%b,"handling":%b,"source":%b}' % (groups[2], groups[0], groups[3], groups[1])


def statement_of(batch: StatementBatch, row: int) -> Statement:
    """One row as a statement. Raises BadInput where it is none."""
    source = batch.sources[batch.source[row]]
    place = _locator_of(batch, row, source.locator)
    quote = None if batch.quote is None else batch.quote[row]
    told = None if batch.reported is None else batch.reported[row]
    return Statement(
        content=Content(
            entity=batch.entity[row],
            schema=batch.schema[row],
            prop=batch.prop[row],
            value=batch.value[row],
            original=None if batch.original is None else batch.original[row],
            lang=None if batch.lang is None else batch.lang[row],
            polarity=batch.polarity[row],
            valid_from=None if batch.valid_from is None else batch.valid_from[row],
            valid_until=None if batch.valid_until is None else batch.valid_until[row],
            op=batch.op,
        ),
        source=replace(
            source, locator=place, quote=source.quote if quote is None else quote, reported=source.reported if told is None else told
        ),
        asserter=batch.asserters[batch.asserter[row]],
        handling=batch.handlings[batch.handling[row]],
    )


def encode(batch: StatementBatch) -> Encoded:
    """Canonical groups and ids of all rows, and which rows are refused."""
    suspects: set[int] = set()
    bare, full = _contents(batch, suspects)
    origins = sources(batch, suspects)
    asserters = [_or_empty(each.to_json) for each in batch.asserters]
    handlings = [_or_empty(each.to_json) for each in batch.handlings]
    names = [_or_empty_text(each.authority) for each in batch.asserters]
    series = [None if each.series is None else b'{"series":' + _or_empty_text(each.series) + b"}" for each in batch.sources]
    for kind, table in (("asserter", asserters), ("handling", handlings)):
        if b"" in table:
            suspects.update(row for row, at in enumerate(getattr(batch, kind)) if table[at] == b"")
    suspects.update(_ungraded(batch))
    rows, groups, ids, refused = [], [], [], []
    for row, (content, source, at, who, how) in enumerate(zip(full, origins, batch.source, batch.asserter, batch.handling, strict=True)):
        made: Groups = (content, source, asserters[who], handlings[how])
        if row in suspects or sum(map(len, made)) > MAX_BYTES // 2:
            try:
                made, id_ = _slowly(batch, row)
            except BadInput as refusal:
                refused.append(Refused(row, refusal.what, refusal.where))
                continue
        else:
            fixed = series[at]
            said, ground = (content, source) if fixed is None else (bare[row], fixed)
            id_ = sha256(b'%b{"authority":%b,"content":%b,"source":%b}' % (_ID, names[who], said, ground)).digest()
        rows.append(row)
        groups.append(made)
        ids.append(id_)
    common = common_words(batch, asserters, handlings)
    return Encoded(rows, groups, ids, common, tuple(refused))


def _slowly(batch: StatementBatch, row: int) -> tuple[Groups, bytes]:
    """One row by way of the model."""
    made = statement_of(batch, row)
    groups, id_ = made.groups(), made.id()
    size = sum(map(len, groups)) + _ENVELOPE
    if size > MAX_BYTES:
        raise BadInput(f"canonical form is {size} bytes, at most {MAX_BYTES} are allowed")
    return groups, id_


def _contents(batch: StatementBatch, suspects: set[int]) -> tuple[Sequence[bytes], list[bytes]]:
    """Each row's content group as a series knows it (without `lang` and `original`, an undated role by its report's day), and whole."""
    match, size = _ENTITY.fullmatch, len(batch)
    entities = texts(batch.entity, suspects)
    if not all(map(match, batch.entity)):
        suspects.update(row for row, text in enumerate(batch.entity) if not match(text))
    middles = _middles(batch, suspects)
    values = _values(batch, suspects)
    op = b',"op":"%b"' % batch.op.value.encode()
    untils = few(batch.valid_until, b',"valid_until":', suspects, size)

    def ended(begins: Sequence[str | None] | None) -> list[bytes]:
        froms = few(begins, b',"valid_from":', suspects, size)
        return [b'%b%b%b,"value":%b}' % parts for parts in zip(middles, froms, untils, values, strict=True)]

    ends = ended(batch.valid_from)
    _check_times(batch, suspects)
    known_from = _known_from(batch)
    known_ends = ends if known_from is None else ended(known_from)
    bare = [b'{"entity":%b%b%b' % (entity, op, end) for entity, end in zip(entities, known_ends, strict=True)]
    if batch.original is None and batch.lang is None and known_from is None:
        return bare, bare
    langs = few(batch.lang, b',"lang":', suspects, size)
    originals = maybe_texts(batch.original, b',"original":', suspects, size)
    full = [
        b'{"entity":%b%b%b%b%b' % (entity, lang, op, original, end)
        for entity, lang, original, end in zip(entities, langs, originals, ends, strict=True)
    ]
    return bare, full


def _known_from(batch: StatementBatch) -> list[str | None] | None:
    """`valid_from` as it counts for the id in a series (see `Statement.id`); None where it is the batch's own."""
    table = [source.reported for source in batch.sources]
    days = batch.reported or ([table[at] for at in batch.source] if any(table) else None)
    if days is None:
        return None
    froms = batch.valid_from or [None] * len(batch)
    return [
        day or table[at] if begin is None and prop == "role" else begin
        for begin, day, at, prop in zip(froms, days, batch.source, batch.prop, strict=True)
    ]


def _middles(batch: StatementBatch, suspects: set[int]) -> list[bytes]:
    """polarity, prop and schema of each row: few combinations, each checked once by the model."""
    known: dict[tuple[str, str, str], bytes] = {}
    made = []
    for row, key in enumerate(zip(batch.polarity, batch.prop, batch.schema, strict=True)):
        piece = known.get(key)
        if piece is None:
            polarity, prop, schema = key
            try:
                Content(entity="x:y", schema=schema, prop=prop, value="", polarity=polarity)
                piece = b',"polarity":%b,"prop":%b,"schema":%b' % tuple(ENCODER.encode(part) for part in key)
            except (BadInput, TypeError):
                piece = b""
            known[key] = piece
        if not piece:
            suspects.add(row)
        made.append(piece)
    return made


def _values(batch: StatementBatch, suspects: set[int]) -> list[bytes]:
    """Each row's value; a record is checked by its schema, each shape of it once."""
    if set(map(type, batch.value)) == {str}:
        return texts(batch.value, suspects)  # type: ignore[arg-type]  # all are str, as just seen
    known: dict[tuple[object, ...], bool] = {}
    made = []
    for row, (value, schema, prop) in enumerate(zip(batch.value, batch.schema, batch.prop, strict=True)):
        found = plain(value)
        if found is not None and not isinstance(value, (str, bool, int)):
            shape = (schema, prop, *value, *map(type, value.values()))
            if shape not in known:
                known[shape] = _fits(schema, prop, value)
            found = found if known[shape] else None
        if found is None:
            suspects.add(row)
            found = b""
        made.append(found)
    return made


def _fits(schema: str, prop: str, value: Value) -> bool:
    try:
        Content(entity="x:y", schema=schema, prop=prop, value=value)
    except BadInput:
        return False
    return True


def _check_times(batch: StatementBatch, suspects: set[int]) -> None:
    """Each distinct date is judged once by the model."""
    for column, judged in ((batch.valid_from, _is_when), (batch.valid_until, _is_when), (batch.reported, _is_day)):
        if column is None:
            continue
        wrong = {when for when in set(column) if when is not None and not judged(when)}
        if wrong:
            suspects.update(row for row, when in enumerate(column) if when in wrong)


def _is_when(when: str) -> bool:
    try:
        Content(entity="x:y", schema="Thing", prop="name", value="", valid_from=when)
    except (BadInput, TypeError):
        return False
    return True


def _is_day(day: str) -> bool:
    try:
        Source(title="x", reported=day)
    except (BadInput, TypeError):
        return False
    return True


def _locator_of(batch: StatementBatch, row: int, base: Locator | None) -> Locator | None:
    number = None if batch.row is None else batch.row[row]
    column = None if batch.column is None else batch.column[row]
    pointer = None if batch.pointer is None else batch.pointer[row]
    if number is None and column is None and pointer is None:
        return base
    place = base or Locator()
    return replace(
        place,
        row=place.row if number is None else number,
        column=place.column if column is None else column,
        pointer=place.pointer if pointer is None else pointer,
    )


def _ungraded(batch: StatementBatch) -> set[int]:
    """Rows whose source nobody opened but which bear a grade."""
    if all(source.digest is not None for source in batch.sources):
        return set()
    closed = [source.digest is None for source in batch.sources]
    graded = [asserter.grade is not None for asserter in batch.asserters]
    return {row for row, (at, who) in enumerate(zip(batch.source, batch.asserter, strict=True)) if closed[at] and graded[who]}


def _or_empty(write: Callable[[], object]) -> bytes:
    try:
        made = write()
        return canonical(made) if isinstance(made, dict) else b""
    except BadInput:
        return b""


def _or_empty_text(text: str) -> bytes:
    return plain(text) or b""
