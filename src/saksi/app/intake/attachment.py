"""A file that somebody gave with a report: kept sealed as it is, never opened by the node.

The label is a guess by the first bytes, for the eye alone: nothing is decided by it, as one file can be several things at once. There are
no previews: reading hostile files needs a process in a sandbox, which is not there. Who may have a file gets it as a download.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from hashlib import sha256

from starlette.responses import Response

from saksi.model.errors import BadInput

__all__ = ["MOST_FILES", "MOST_FILE_BYTES", "Attachment", "download", "label_of", "safe_name"]

MOST_FILES = 5
MOST_FILE_BYTES = 5 << 20
_LONGEST_NAME = 80
_RESERVED = frozenset('\\/:*?"<>|%;')

# What goes with a file on its way out, beside `nosniff` as on every answer: no browser shows it, whatever is in it.
_DOWNLOAD = {
    "Content-Type": "application/octet-stream",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "no-store",
}

_LABELS = (
    (0, b"\xff\xd8\xff", "JPEG picture"), (0, b"\x89PNG\r\n\x1a\n", "PNG picture"), (0, b"GIF8", "GIF picture"),
    (8, b"WEBP", "WebP picture"), (4, b"ftyp", "video, or HEIF picture"), (0, b"%PDF-", "PDF document"),
    (0, b"PK\x03\x04", "ZIP archive, or office document"), (0, b"\xd0\xcf\x11\xe0", "old office document"), (0, b"Rar!", "RAR archive"),
    (0, b"\x1f\x8b", "gzip archive"), (0, b"OggS", "Ogg sound"), (0, b"ID3", "MP3 sound"), (0, b"MZ", "Windows program"),
    (0, b"\x7fELF", "Linux program"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Attachment:
    """One file: a name that is safe to show, its bytes."""

    name: str
    data: bytes

    def __post_init__(self) -> None:
        if not self.data:
            raise BadInput("the file is empty", where=self.name)
        if len(self.data) > MOST_FILE_BYTES:
            raise BadInput(f"a file has at most {MOST_FILE_BYTES >> 20} MB", where=self.name)

    @property
    def digest(self) -> str:
        """SHA-256 in hex: its name in the ledger."""
        return sha256(self.data).hexdigest()

    @property
    def label(self) -> str:
        """What its first bytes look like."""
        return label_of(self.data)


def download(data: bytes, name: str) -> Response:
    """A file on its way out, under a name of ours."""
    return Response(data, 200, {**_DOWNLOAD, "Content-Disposition": f'attachment; filename="{name}"'})


def label_of(data: bytes) -> str:
    """What the first bytes look like, in words."""
    for at, sign, words in _LABELS:
        if data[at : at + len(sign)] == sign:
            return words
    if b"<svg" in data[:1024].lower() or b"<html" in data[:1024].lower():
        return "SVG or HTML text"
    return "unknown kind"


def safe_name(given: str) -> str:
    """A file's name without paths, signs that are not seen, and what other systems give a meaning; at most 80 characters."""
    last = given[:4096].replace("\\", "/").rpartition("/")[2]
    kept = "".join(sign for sign in unicodedata.normalize("NFC", last) if unicodedata.category(sign)[0] in "LMN" or sign in " ._-()")
    kept = "".join(sign for sign in kept if sign not in _RESERVED).strip(" .")
    if len(kept) > _LONGEST_NAME:
        stem, dot, ending = kept.rpartition(".")
        kept = stem[: _LONGEST_NAME - 12] + dot + ending[:11] if dot else kept[:_LONGEST_NAME]
    return kept or "file"
