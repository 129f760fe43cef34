"""The parts of a spreadsheet file, read as streams of XML within limits: whatever a file was made to do, it takes little memory at a time.

What a zip's directory says of sizes can lie, so what is unpacked is counted. The XML is UTF-8 without a document type; nesting, the length
of a tag or comment and the number of names are bounded, since the parser holds these.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import BinaryIO
from xml.parsers import expat

from saksi.model.errors import BadInput

__all__ = ["AS_CSV", "MAX_FILE", "MAX_PARTS", "MAX_RATIO", "MAX_UNPACKED", "Elements", "Parts"]

MAX_FILE = 16 << 20
MAX_PARTS = 2_000
MAX_UNPACKED = 48 << 20
MAX_RATIO = 200
AS_CSV = "save it as CSV, which has no limit"
_SMALL = 1 << 20
_PIECE = 1 << 16
_LONGEST_TOKEN = 1 << 19
_DEEPEST = 64
_MOST_NAMES = 5_000
_ENTRY = b"PK\x01\x02"  # begins each entry of a zip's directory


class Elements:
    """What is to be done at each element of a part; names come as they are in a part whose first element has no prefix.

    Whoever overrides `start` and `end` calls them for all elements that may stand within each other, so that nesting is bounded.
    """

    def __init__(self) -> None:
        self._depth = 0

    def start(self, name: str, attributes: Mapping[str, str]) -> None:  # noqa: ARG002 (for those who say what is done)
        """An element begins. Raises BadInput where elements are nested too deeply."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise BadInput(f"its XML is nested deeper than {_DEEPEST}, which no workbook needs")

    def end(self, name: str) -> None:  # noqa: ARG002
        """An element ends."""
        self._depth -= 1

    def text(self, data: str) -> None:
        """A piece of text between two tags."""


class Parts:
    """The parts of a zip of XML. Raises BadInput where the stream (seekable) is none, or is damaged or beyond the limits."""

    def __init__(self, stream: BinaryIO) -> None:
        _check_size(stream)
        with _sound():
            self._package = zipfile.ZipFile(stream)
        self._names = {part.filename for part in self._package.infolist()}
        if len(self._names) != len(self._package.infolist()):
            raise BadInput("the workbook names a part twice")
        self._counted: set[str] = set()
        self._left = MAX_UNPACKED

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def read(self, name: str, into: Elements) -> None:
        """Read a part whole."""
        for _ in self.steps(name, into):
            pass

    def steps(self, name: str, into: Elements) -> Iterator[None]:
        """Read a part, giving control back after each piece of 64 kB. Raises BadInput, naming the part."""
        if name not in self._names:
            raise BadInput("the workbook cannot be read: a part that it names is not in it", where=name[:100])
        count = name not in self._counted
        self._counted.add(name)
        parser = _Parser(into, name)
        with _sound():
            part = self._package.getinfo(name)
            if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise BadInput("packed in a way that no spreadsheet program uses", where=name[:100], todo="save it again, or as CSV")
            seen = 0
            with self._package.open(part) as unpacked:
                while piece := unpacked.read(_PIECE):
                    seen += len(piece)
                    if seen > _SMALL and seen > MAX_RATIO * max(part.compress_size, 1):
                        raise BadInput(f"swells more than {MAX_RATIO} times when unpacked", where=name[:100])
                    self._left -= len(piece) if count else 0
                    if self._left < 0:
                        raise BadInput(f"the workbook swells beyond {MAX_UNPACKED} bytes", where=name[:100], todo=AS_CSV)
                    parser.feed(piece, seen)
                    yield
                parser.feed(b"", seen, last=True)
        yield


class _Parser:
    """An XML parser that hands on what it finds as it is found."""

    def __init__(self, into: Elements, name: str) -> None:
        self._into, self._where, self._prefix = into, name[:100], ""
        self._names: dict[str, str] = {}
        parser = self._expat = expat.ParserCreate("utf-8", intern=self._names)
        parser.buffer_text = True
        parser.StartElementHandler = self._first
        parser.EndElementHandler = into.end
        parser.CharacterDataHandler = into.text
        parser.StartDoctypeDeclHandler = self._doctype

    def feed(self, piece: bytes, seen: int, *, last: bool = False) -> None:
        """Parse another piece; `seen` bytes have come in all. What has no end yet may not be long: it is held, and read again."""
        try:
            self._expat.Parse(piece, last)
        except expat.ExpatError as error:
            reason = expat.ErrorString(error.code)
            raise BadInput(f"the workbook cannot be read: {reason}", where=f"{self._where}, line {error.lineno}") from error
        except BadInput as refusal:
            raise refusal if refusal.where else BadInput(refusal.what, where=self._where, todo=refusal.todo) from None
        if len(self._names) > _MOST_NAMES or seen - self._expat.CurrentByteIndex > _LONGEST_TOKEN:
            raise BadInput("the part is not written as spreadsheets write it", where=self._where, todo="save it again, or as CSV")

    def _first(self, name: str, attributes: dict[str, str]) -> None:
        """At the first element: where it has a prefix, that is taken off it and all of its kind."""
        self._prefix = name[: name.find(":") + 1]
        if self._prefix:
            self._expat.StartElementHandler = self._start
            self._expat.EndElementHandler = self._end
            self._start(name, attributes)
        else:
            self._expat.StartElementHandler = self._into.start
            self._into.start(name, attributes)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._into.start(name.removeprefix(self._prefix), attributes)

    def _end(self, name: str) -> None:
        self._into.end(name.removeprefix(self._prefix))

    def _doctype(self, *_: object) -> None:
        raise BadInput("its XML has a document type or defines entities, which no workbook needs", where=self._where)


def _check_size(stream: BinaryIO) -> None:
    """Look at the bytes before the zip's directory is read, which is held whole."""
    size = stream.seek(0, 2)
    stream.seek(0)
    if size > MAX_FILE:
        raise BadInput(f"the workbook has {size} bytes, at most {MAX_FILE} are opened", todo=AS_CSV)
    head = piece = stream.read(_SMALL)
    if not head.startswith(b"PK\x03\x04"):
        raise BadInput("not an XLSX workbook", todo="old .xls and encrypted workbooks are not read: save as XLSX or CSV")
    entries, tail = 0, b""
    while piece:
        entries += (tail + piece).count(_ENTRY)
        tail = piece[1 - len(_ENTRY) :]
        piece = stream.read(_SMALL)
    if entries > MAX_PARTS:
        raise BadInput(f"the workbook has {entries} parts, at most {MAX_PARTS} are opened")
    stream.seek(0)


@contextmanager
def _sound() -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, UnicodeError, struct.error) as error:
        raise BadInput(f"the workbook is damaged or cut off: {error}") from error
