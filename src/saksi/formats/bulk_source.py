"""The source groups of a batch: what a source says of itself is written once, each row's place, quote and day of report are put between."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from saksi.formats.batch import StatementBatch
from saksi.formats.bulk_columns import ENCODER, few, maybe_texts, numbers
from saksi.model.canonical import canonical
from saksi.model.errors import BadInput
from saksi.model.source import Source

__all__ = ["common_words", "sources"]

_SHARED_BY = 16


def sources(batch: StatementBatch, suspects: set[int]) -> list[bytes]:
    """Each row's source group: the table's parts around the row's place, quote and report's day."""
    size = len(batch)
    tables = [source_parts(source) for source in batch.sources]
    quotes = maybe_texts(batch.quote, b',"quote":', suspects, size)
    if None in tables:
        suspects.update(row for row, at in enumerate(batch.source) if tables[at] is None)
    parts = [table or _NOTHING for table in tables]
    columns = few(batch.column, b',"column":', suspects, size)
    pointers = maybe_texts(batch.pointer, b',"pointer":', suspects, size)
    if batch.pointer is not None:
        suspects.update(row for row, pointer in enumerate(batch.pointer) if pointer and pointer[0] != "/")
    rows = numbers(batch.row, suspects, size)
    days = few(batch.reported, b',"reported":', suspects, size)
    made = []
    for at, column, pointer, number, quote, day in zip(batch.source, columns, pointers, rows, quotes, days, strict=True):
        table = parts[at]
        own = (column or table.column, table.before, pointer or table.pointer, number or table.row, table.after)
        place = b"%b%b%b%b%b" % own
        if place:
            place = b',"locator":{%b}' % place[1:]
        group = b"%b%b%b%b%b%b" % (table.first, place, table.middle, quote or table.quote, day or table.reported, table.last)
        made.append(b"{%b}" % group[1:])
    return made


@dataclass(frozen=True, slots=True)
class SourceParts:
    """A source's fields in canonical order, each with a comma before it, cut where a row's own may come between."""

    first: bytes
    middle: bytes
    quote: bytes
    reported: bytes
    last: bytes
    column: bytes
    before: bytes
    pointer: bytes
    row: bytes
    after: bytes


_NOTHING = SourceParts(*[b""] * 10)


def source_parts(source: Source) -> SourceParts | None:
    """None where the source has something that the model would refuse."""
    try:
        whole = source.to_json()
        canonical(whole)
    except BadInput:
        return None
    place = source.locator.to_json() if source.locator is not None else {}

    def some(fields: object, *names: str) -> bytes:
        found = fields if isinstance(fields, dict) else {}
        return b"".join(b',"%b":%b' % (name.encode(), ENCODER.encode(found[name])) for name in names if name in found)

    return SourceParts(
        first=some(whole, "digest"),
        middle=some(whole, "published", "publisher"),
        quote=some(whole, "quote"),
        reported=some(whole, "reported"),
        last=some(whole, "series", "title", "uri"),
        column=some(place, "column"),
        before=some(place, "end", "label", "page"),
        pointer=some(place, "pointer"),
        row=some(place, "row"),
        after=some(place, "sheet", "start"),
    )


def common_words(batch: StatementBatch, asserters: Sequence[bytes], handlings: Sequence[bytes]) -> bytes:
    """What many rows hold in the same words, the most used last; never the words of a source that is about one data subject alone."""
    pieces = [*asserters, *handlings]
    for at, count in Counter(batch.source).most_common(4):
        if count >= _SHARED_BY and _concerns_many(batch, at):
            found = source_parts(batch.sources[at])
            if found is not None:
                pieces.append(found.first + found.middle + found.last)
    return b"".join(piece for piece in reversed(pieces) if len(piece) < 1_000)


def _concerns_many(batch: StatementBatch, source: int) -> bool:
    if batch.subject is None:
        return True
    labels = {label for label, at in zip(batch.subject, batch.source, strict=True) if at == source}
    return None in labels or len(labels) > 1
