"""Columns of texts and numbers as JSON in canonical form, one piece of bytes a row; rows that the model must judge become suspects."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

import msgspec

from saksi.model.canonical import MAX_INTEGER
from saksi.model.statement import Value

__all__ = ["ENCODER", "few", "maybe_texts", "numbers", "plain", "texts"]

ENCODER = msgspec.json.Encoder(order="deterministic")
_FLAT = frozenset({str, bool})


def plain(value: Value) -> bytes | None:
    """A text, truth value, integer or flat record of texts and truth values in canonical form; None where the model must decide."""
    if type(value) is dict:
        if not _FLAT.issuperset(map(type, value.values())) or not all(type(key) is str and key.isascii() for key in value):
            return None
    elif type(value) is int:
        return b"%d" % value if abs(value) <= MAX_INTEGER else None
    elif type(value) is not str and type(value) is not bool:
        return None
    try:
        text = ENCODER.encode(value)
    except UnicodeEncodeError:
        return None
    if text.isascii():
        return text
    parts: Iterable[object] = (value,) if isinstance(value, str) else value.values() if isinstance(value, dict) else ()
    return text if all(unicodedata.is_normalized("NFC", part) for part in parts if isinstance(part, str)) else None


def texts(column: Sequence[str], suspects: set[int]) -> list[bytes]:
    """Each text as JSON; rows that are not NFC text are suspects and get an empty text."""
    if set(map(type, column)) <= {str}:
        try:
            lines = ENCODER.encode_lines(column)
        except UnicodeEncodeError:
            pass
        else:
            made = lines.split(b"\n")
            made.pop()
            if not lines.isascii():
                normal = unicodedata.is_normalized
                suspects.update(row for row, text in enumerate(column) if not text.isascii() and not normal("NFC", text))
            return made
    made = []
    for row, text in enumerate(column):
        found = plain(text) if type(text) is str else None
        if found is None:
            suspects.add(row)
        made.append(b'""' if found is None else found)
    return made


def maybe_texts(column: Sequence[str | None] | None, name: bytes, suspects: set[int], size: int) -> list[bytes]:
    """Each text behind `name`, nothing where there is none."""
    if column is None:
        return [b""] * size
    if None not in column:
        return [name + text for text in texts(column, suspects)]  # type: ignore[arg-type]  # none is None, as just seen
    written = texts(["" if text is None else text for text in column], suspects)
    return [b"" if given is None else name + text for given, text in zip(column, written, strict=True)]


def few(column: Sequence[str | None] | None, name: bytes, suspects: set[int], size: int) -> list[bytes]:
    """As `maybe_texts` for a column of few distinct texts, each written once."""
    if column is None:
        return [b""] * size
    known: dict[str | None, bytes] = {None: b""}
    for text in set(column):
        if text is not None:
            found = plain(text) if type(text) is str else None
            if found is None:
                suspects.update(row for row, each in enumerate(column) if each == text)
            known[text] = b"" if found is None else name + found
    return [known[text] for text in column]


def numbers(column: Sequence[int | None] | None, suspects: set[int], size: int) -> list[bytes]:
    """A column of integers as JSON, empty where there is none; rows that do not fit are noted in `suspects`."""
    if column is None:
        return [b""] * size
    made = []
    for row, number in enumerate(column):
        if number is None:
            made.append(b"")
        elif type(number) is int and 1 <= number <= MAX_INTEGER:
            made.append(b',"row":%d' % number)
        else:
            suspects.add(row)
            made.append(b"")
    return made
