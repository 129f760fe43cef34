"""The folder where a mail server drops what came in: each mail kept by its digest before it is taken away, then judged (`answer.py`).

A Maildir (`new` inside), or a folder of files, each one mail or an mbox of several. A file that changed within the last minute may still be
written to and waits. Kept originals are plain files that only their owner reads: whoever runs the node moves them into the vault.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from saksi.exchange.incoming import LARGEST
from saksi.ledger.disk import Disk, LocalDisk, make_durable, read_file, replace_file
from saksi.model import BadInput

__all__ = ["Mailbox", "Taken"]

_QUIET = 60.0
_FROM = re.compile(rb"^From [^\n]*\n", re.MULTILINE)
_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Taken:
    """A mail that was kept: its digest and its bytes; or a file that was set aside unread, with the reason."""

    name: str
    digest: str | None
    data: bytes
    reason: str = ""


class Mailbox:
    """A drop folder and the folder of kept originals."""

    def __init__(self, drop: Path, kept: Path, disk: Disk | None = None) -> None:
        self._drop, self._kept, self._disk = drop, kept, disk or LocalDisk()
        make_durable(self._disk, kept)

    def take(self, now: datetime, limit: int = 200) -> Iterator[Taken]:
        """Take up to `limit` files: what they hold is on the disk under its digest before the file is removed.

        A crash in between gives the same mails again, under the same digests. Links and folders are left alone.
        """
        new = self._drop / "new"
        folder, quiet = (new, 0.0) if new.is_dir() else (self._drop, _QUIET)
        for path in sorted(folder.iterdir())[:limit]:
            name = path.name
            if name.startswith(".") or path.is_symlink() or not path.is_file() or abs(now.timestamp() - path.stat().st_mtime) < quiet:
                continue
            if path.stat().st_size > LARGEST:
                yield Taken(name, None, b"", f"larger than {LARGEST:,} bytes: it is left where it is")
                continue
            data = path.read_bytes()
            made = [(sha256(each).hexdigest(), each) for each in _mails(data)]
            for digest, each in made:
                replace_file(self._disk, self._path(digest), each)
            self._disk.remove(path)
            yield from (Taken(name, digest, each) for digest, each in made)

    def kept(self) -> tuple[str, ...]:
        """The digests of all mails that are kept: a crash may have come between keeping one and judging it."""
        return tuple(sorted(path.stem for path in self._kept.glob("*.eml") if _DIGEST.fullmatch(path.stem)))

    def original(self, digest: str) -> bytes:
        """A kept mail by its digest. Raises BadInput where it is not there or not what it was."""
        data = read_file(self._disk, self._path(digest))
        if data is None or sha256(data).hexdigest() != digest:
            raise BadInput("no such mail is kept, or it was changed", where=digest[:64])
        return data

    def forget(self, digest: str) -> None:
        """Remove a kept mail: it is in the vault, or was erased."""
        if self._path(digest).exists():
            self._disk.remove(self._path(digest))
            self._disk.sync_folder(self._kept)

    def _path(self, digest: str) -> Path:
        if not _DIGEST.fullmatch(digest):
            raise BadInput("64 lower-case hex digits are expected", where="digest")
        return self._kept / f"{digest}.eml"


def _mails(data: bytes) -> list[bytes]:
    """The mails of a file: one, or those of an mbox (parted by lines that begin with `From `, quoted inside with `>`)."""
    if not data.startswith(b"From "):
        return [data]
    heads = [found for found in _FROM.finditer(data) if found.start() == 0 or data[found.start() - 2 : found.start()] == b"\n\n"]
    ends = [*(found.start() for found in heads[1:]), len(data)]
    return [_QUOTED.sub(rb"\1", data[found.end() : end]) for found, end in zip(heads, ends, strict=True)]
