"""Looks into a spreadsheet file before it is opened: a zip that would swell, XML that defines entities, or no spreadsheet at all.

Sizes in a zip's directory can lie, so every part is unpacked once, piece by piece, counted and thrown away.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from typing import BinaryIO

from saksi.model.errors import BadInput

__all__ = ["MAX_FILE", "MAX_PARTS", "MAX_RATIO", "MAX_UNPACKED", "check_workbook"]

MAX_FILE = 16 << 20
MAX_PARTS = 2_000
MAX_UNPACKED = 48 << 20
MAX_RATIO = 200
_SMALL = 1 << 20
_PIECE = 1 << 18
_DEFINES = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_DEFINES_WIDE = re.compile(rb"<\0!\0[DdEe]\0[OoNn]\0|\0<\0!\0[DdEe]\0[OoNn]")


def check_workbook(stream: BinaryIO) -> None:
    """Raise BadInput unless the stream (seekable) is a zip of XML parts within the limits. Leaves the stream at its start."""
    size = stream.seek(0, 2)
    stream.seek(0)
    if size > MAX_FILE:
        raise BadInput(f"the workbook has {size} bytes, at most {MAX_FILE} are opened", todo="save it as CSV, which has no limit")
    if stream.read(4) != b"PK\x03\x04":
        raise BadInput("not an XLSX workbook", todo="old .xls and encrypted workbooks are not read: save as XLSX or CSV")
    try:
        with zipfile.ZipFile(stream) as package:
            _check_parts(package)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise BadInput(f"the workbook is damaged or cut off: {error}") from error
    stream.seek(0)


def _check_parts(package: zipfile.ZipFile) -> None:
    parts = package.infolist()
    if len(parts) > MAX_PARTS:
        raise BadInput(f"the workbook has {len(parts)} parts, at most {MAX_PARTS} are opened")
    names = [part.filename for part in parts]
    if len(set(names)) != len(names):
        raise BadInput("the workbook names a part twice")
    if "xl/workbook.xml" not in names:
        raise BadInput("a zip file, but no XLSX workbook in it")
    total = 0
    for part in parts:
        seen, tail = 0, b""
        with package.open(part) as unpacked:
            while piece := unpacked.read(_PIECE):
                seen += len(piece)
                total += len(piece)
                if seen > _SMALL and seen > MAX_RATIO * max(part.compress_size, 1):
                    raise BadInput(f"swells more than {MAX_RATIO} times when unpacked", where=part.filename[:100])
                if total > MAX_UNPACKED:
                    raise BadInput(f"the workbook swells beyond {MAX_UNPACKED} bytes", todo="save it as CSV, which has no limit")
                window = tail + piece
                if part.filename.endswith((".xml", ".rels", ".vml")) and (_DEFINES.search(window) or _DEFINES_WIDE.search(window)):
                    raise BadInput("its XML has a document type or defines entities, which no workbook needs", where=part.filename[:100])
                tail = window[-16:]
