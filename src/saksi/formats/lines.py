"""Lines of text out of bytes whose encoding may be wrong, mixed or cut off: bad lines are named, the others are kept.

Only line feeds end a line (with or without a carriage return before them; or carriage returns alone where a file has no line feed): the
separators that Unicode adds occur inside people's words.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import BinaryIO

from saksi.model.errors import BadInput

__all__ = ["ENCODINGS", "MAX_LINE", "Lines", "opening", "read_lines"]

MAX_LINE = 1 << 20
_BLOCK = 1 << 18

# What a mapping may declare. All but UTF-16 write a line feed as one byte that is never part of another character.
ENCODINGS = {
    "utf-8": "utf-8", "utf-16": "utf-16", "utf-16-le": "utf-16-le", "utf-16-be": "utf-16-be", "windows-874": "cp874", "tis-620": "tis-620",
    "gb18030": "gb18030", "gbk": "gbk", "big5": "big5", "shift_jis": "cp932", "euc-jp": "euc-jp", "euc-kr": "euc-kr",
    "windows-1252": "cp1252", "windows-1258": "cp1258", "iso-8859-1": "iso-8859-1",
}  # fmt: skip
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


@dataclass(frozen=True, slots=True)
class Lines:
    """A run of lines: `texts` without their ends, the first of them numbered `first`; `faults` maps an index to (reason, what it said)."""

    first: int
    texts: list[str]
    faults: dict[int, tuple[str, str]] = field(default_factory=dict)


def read_lines(stream: BinaryIO, encoding: str | None = None) -> Iterator[Lines]:
    """Lines in order, some hundred kilobytes at a time; a line of more than about a megabyte is a fault and is skipped."""
    head = stream.read(_BLOCK)
    codec, skip = _codec(head, encoding)
    blocks = _blocks(stream, head[skip:])
    if codec.startswith("utf-16"):
        blocks = _as_utf8(blocks, codec)
        head = next(blocks, b"")
        blocks, codec = chain([head], blocks), _WAS_UTF16
    return _lines(blocks, codec, b"\r" if b"\r" in head and b"\n" not in head else b"\n")


def opening(head: bytes) -> str:
    """The first bytes of a file as text, as far as that can be had without being told the encoding: to recognise whose file it is.

    Never raises. Zero bytes are left out, so that UTF-16 without its mark is recognised here and refused, with the reason, by `read_lines`.
    """
    codec, mark = next(((name, mark) for mark, name in _MARKS if head.startswith(mark)), ("utf-8", b""))
    return head[len(mark) :].decode(codec, "replace").replace("\0", "")


def _codec(head: bytes, declared: str | None) -> tuple[str, int]:
    wanted = None if declared is None else ENCODINGS.get(declared.strip().lower())
    if declared is not None and wanted is None:
        raise BadInput(f"the encoding {declared!r} is not one that is read", todo=f"one of {', '.join(ENCODINGS)}")
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)) and wanted is None:
        raise BadInput("this is UTF-32, which is not read", todo="save the file as UTF-8")
    for mark, name in _MARKS:
        if head.startswith(mark) and (wanted is None or wanted.startswith(name[:6])):
            return name, len(mark)
    if wanted is None and head[1::2][:2000].count(0) + head[::2][:2000].count(0) > len(head[:4000]) // 4:
        raise BadInput("every other byte is zero: UTF-16 without its mark, or not a text", todo="declare the encoding in the mapping")
    if wanted == "utf-16":
        raise BadInput("UTF-16 without its mark", todo="declare utf-16-le or utf-16-be")
    return wanted or "utf-8", 0


def _blocks(stream: BinaryIO, first: bytes) -> Iterator[bytes]:
    block = first
    while block:
        yield block
        block = stream.read(_BLOCK)


def _as_utf8(blocks: Iterator[bytes], codec: str) -> Iterator[bytes]:
    """UTF-16 as UTF-8; what is no character becomes a byte that UTF-8 does not know, so that its line is found to be faulty."""
    decoder = codecs.getincrementaldecoder(codec)("replace")
    for block in blocks:
        yield decoder.decode(block).encode("utf-8", "replace").replace(b"\xef\xbf\xbd", b"\xff")
    yield decoder.decode(b"", final=True).encode("utf-8", "replace").replace(b"\xef\xbf\xbd", b"\xff")


def _lines(blocks: Iterator[bytes], codec: str, end: bytes) -> Iterator[Lines]:
    number, kept, skipping = 1, b"", False
    for block in blocks:
        data = block
        if skipping:
            at = data.find(end)
            if at < 0:
                continue
            data, skipping = data[at + 1 :], False
        kept = kept + data if kept else data
        cut = kept.rfind(end)
        if cut >= 0:
            found = _decoded(kept[:cut], codec, end, number)
            number += len(found.texts)
            kept = kept[cut + 1 :]
            yield found
        if len(kept) > MAX_LINE:
            reason = f"a line of more than {MAX_LINE} bytes"
            yield Lines(number, [""], {0: (reason, kept[:2000].decode(_codec_of(codec), "replace"))})
            number, kept, skipping = number + 1, b"", True
    if kept:
        yield _decoded(kept, codec, end, number)


def _decoded(data: bytes, codec: str, end: bytes, first: int) -> Lines:
    try:
        text = data.decode(_codec_of(codec))
    except UnicodeDecodeError:
        return _one_by_one(data, codec, end, first)
    if end == b"\r":
        texts = text.split("\r")
    elif "\r" in text:
        texts = [line.removesuffix("\r") for line in text.split("\n")]
    else:
        texts = text.split("\n")
    faults = {at: (_NUL, line) for at, line in enumerate(texts) if "\0" in line} if "\0" in text else {}
    for at in faults:
        texts[at] = ""
    return Lines(first, texts, faults)


_NUL = "holds a zero byte, which is in no text"
_WAS_UTF16 = "utf-16"  # UTF-8 by now


def _codec_of(codec: str) -> str:
    return "utf-8" if codec == _WAS_UTF16 else codec


def _one_by_one(data: bytes, codec: str, end: bytes, first: int) -> Lines:
    texts: list[str] = []
    faults: dict[int, tuple[str, str]] = {}
    for at, raw in enumerate(data.split(end)):
        line = ""
        try:
            line = raw.removesuffix(b"\r").decode(_codec_of(codec))
        except UnicodeDecodeError as error:
            reason = f"byte {error.start + 1} of the line is not {codec}"
            if codec == _WAS_UTF16:
                reason = f"character {len(raw[: error.start].decode()) + 1} of the line is broken: not {codec}"
            faults[at] = (reason, raw.decode(_codec_of(codec), "backslashreplace"))
        if "\0" in line:
            faults[at] = (_NUL, line)
            line = ""
        texts.append(line)
    return Lines(first, texts, faults)
