"""The body of a form with files (RFC 7578), read strictly and within bounds: so many parts, so long heads, names cut before they are kept.

The body is in memory and has been counted; nothing is written to a disk, and nothing in a part's bytes is looked into.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from saksi.model.errors import BadInput

__all__ = ["NOTHING_SENT", "Part", "Sent", "read_form"]

_MOST_PARTS = 200
_LONGEST_HEAD = 2_048
_LONGEST_FIELD = 40_000
_BOUNDARY = re.compile(rb"multipart/form-data\s*;\s*boundary=\"?([0-9A-Za-z'()+_,./:=?-]{1,70})\"?", re.IGNORECASE)
_NAME = re.compile(rb'(?:^|;)\s*name="([^"\r\n]{1,100})"', re.IGNORECASE)
_FILE = re.compile(rb'(?:^|;)\s*filename="([^"\r\n]*)"', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Part:
    """A file as it was sent: its claimed name and its bytes."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Sent:
    """A form: its fields (the values of each in order) and its files. A file field left empty is not in it."""

    fields: Mapping[str, tuple[str, ...]]
    files: tuple[Part, ...]

    def text(self, name: str) -> str:
        """The first value of a field, trimmed; empty where there is none."""
        return self.fields.get(name, ("",))[0].strip()

    def lines(self, name: str) -> tuple[str, ...]:
        """The lines of a field that say something."""
        return tuple(line.strip() for line in self.text(name).splitlines() if line.strip())


NOTHING_SENT = Sent({}, ())


def read_form(body: bytes, content_type: bytes) -> Sent:
    """Read a form sent either way that browsers know. Raises BadInput."""
    if content_type.lower().startswith(b"application/x-www-form-urlencoded"):
        return _plain(body)
    found = _BOUNDARY.match(content_type)
    if found is None:
        raise BadInput("a form is expected", where="Content-Type")
    mark = b"\r\n--" + found[1]
    pieces = (b"\r\n" + body).split(mark, _MOST_PARTS + 2)
    if len(pieces) > _MOST_PARTS + 1:
        raise BadInput(f"a form has at most {_MOST_PARTS} parts")
    if len(pieces) < 2 or pieces[0] not in {b"", b"\r\n"} or not pieces[-1].startswith(b"--"):
        raise BadInput("the form was cut short", todo="send it again")
    fields: dict[str, tuple[str, ...]] = {}
    files: list[Part] = []
    for piece in pieces[1:-1]:
        _part(piece, fields, files)
    return Sent(fields, tuple(files))


def _part(piece: bytes, fields: dict[str, tuple[str, ...]], files: list[Part]) -> None:
    end = piece.find(b"\r\n\r\n", 0, _LONGEST_HEAD)
    if not piece.startswith(b"\r\n") or end < 0:
        raise BadInput("the head of a part is longer than any form's, or is not there", where="form")
    place = next((line for line in piece[2:end].split(b"\r\n") if line.lower().startswith(b"content-disposition:")), b"")
    rest = place.partition(b":")[2].partition(b";")[2]
    name = _NAME.search(rest)
    if name is None:
        raise BadInput("a part has no name", where="form")
    file = _FILE.search(rest)
    data = piece[end + 4 :]
    if file is None:
        _add(fields, name[1].decode("utf-8", "replace"), data[: _LONGEST_FIELD + 1].decode("utf-8", "replace"))
    elif file[1] or data:
        files.append(Part(file[1].decode("utf-8", "replace"), data))


def _plain(body: bytes) -> Sent:
    fields: dict[str, tuple[str, ...]] = {}
    try:
        pairs = parse_qsl(body.decode("latin-1"), keep_blank_values=True, max_num_fields=_MOST_PARTS, errors="replace")
    except ValueError as fault:
        raise BadInput(f"a form has at most {_MOST_PARTS} parts") from fault
    for name, value in pairs:
        _add(fields, name[:100], value)
    return Sent(fields, ())


def _add(fields: dict[str, tuple[str, ...]], name: str, text: str) -> None:
    if len(text) > _LONGEST_FIELD:
        raise BadInput("an answer is longer than the form takes", where=name)
    fields[name] = (*fields.get(name, ()), text)
