"""The access log: who looked at what kind of thing, when and for what purpose; appended, chained, never the value itself.

One JSON object a line. `what` holds keyed hashes (HMAC-SHA256 under a key that lies in a file of its own): an auditor of the node can ask
"who looked at this?", while the log alone, copied or stolen, tells nobody which phone was asked about. `prev` is the digest of the line
before, so that a line taken out or changed shows. A line is written before its answer is given, and reaches the disk within a
second (record 72).
"""

from __future__ import annotations

import errno
import fcntl
import hmac
import os
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path

import msgspec

from saksi.ledger.disk import FULL, DiskFull
from saksi.model import LedgerFault

__all__ = ["AccessLog", "Seen", "Watcher", "chained"]

_FIRST = "0" * 64
_TAG = b"saksi/access1\0"
_CHECK = "end the process, check the disk, and start again"


class Watcher(msgspec.Struct, frozen=True):
    """Who looks: the key's name or `local`, its role, the purpose stated."""

    who: str
    role: str
    purpose: str


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the log. `kind` is the route's sort of question, `count` how many values it held, `size` the ledger size asked."""

    when: str
    who: str
    role: str
    purpose: str
    kind: str
    count: int
    what: tuple[str, ...]
    size: int | None
    prev: str


class AccessLog:
    """The access log of one node; several processes may append."""

    def __init__(self, folder: Path, *, clock: Callable[[], str], random: Callable[[int], bytes]) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = folder / "access.log"
        self._clock = clock
        self._key = _key(folder / "access.key", random)
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self._end = -1
        self._prev = _FIRST
        self._encode = msgspec.json.Encoder().encode

    def note(self, watcher: Watcher, kind: str, *, what: Sequence[str], size: int | None = None) -> None:
        """Append one line. An error here means that the look-up must not be answered."""
        if self._file < 0:
            raise LedgerFault("the access log is closed", where=str(self._path), todo=_CHECK)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX)
            try:
                self._catch_up()
                line = self._encode(
                    Seen(
                        when=self._clock(),
                        who=watcher.who,
                        role=watcher.role,
                        purpose=watcher.purpose,
                        kind=kind,
                        count=len(what),
                        what=tuple(map(self.tag, what)),
                        size=size,
                        prev=self._prev,
                    )
                )
                if os.write(self._file, line + b"\n") != len(line) + 1:
                    raise OSError(errno.ENOSPC, "written in part")
                self._end += len(line) + 1
                self._prev = sha256(line).hexdigest()
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)
        except OSError as fault:
            if fault.errno in FULL:
                raise DiskFull("the disk is full, and the access log cannot be written", where=str(self._path), todo="make room") from fault
            raise LedgerFault(f"the access log could not be written: {fault}", where=str(self._path), todo=_CHECK) from fault

    def tag(self, value: str) -> str:
        """How `value` is called in the log: the first 128 bits of its keyed hash."""
        return hmac.digest(self._key, _TAG + value.encode("utf-8", "surrogatepass"), "sha256")[:16].hex()

    def read(self, *, value: str | None = None) -> Iterator[Seen]:
        """The lines in their order; only those about `value` where it is given. Raises LedgerFault where the chain is broken."""
        wanted = None if value is None else self.tag(value)
        for seen in chained(self._path):
            if wanted is None or wanted in seen.what:
                yield seen

    def sync(self) -> None:
        """Bring what was written to the disk. Where that fails nobody knows what of it is there: nothing is noted any more, and so no
        look-up answered, until the node is started again. Raises LedgerFault."""
        if self._file < 0:
            return
        try:
            os.fsync(self._file)
        except OSError as fault:
            os.close(self._file)
            self._file = -1
            raise LedgerFault(f"the access log could not be made durable: {fault.strerror}", where=str(self._path), todo=_CHECK) from fault

    def close(self) -> None:
        """Let go of the file."""
        self.sync()
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _catch_up(self) -> None:
        """Find the last line again where another process wrote, or a crash left half a line (which is cut off: it was never answered)."""
        end = os.fstat(self._file).st_size
        if end == self._end:
            return
        tail = b""
        start = end
        while start > 0 and tail.count(b"\n") < 2:
            start = max(0, start - 65_536)
            tail = os.pread(self._file, end - start, start)
        whole = tail.rfind(b"\n") + 1
        if whole < len(tail):
            os.ftruncate(self._file, start + whole)
        lines = tail[:whole].split(b"\n")
        self._prev = sha256(lines[-2]).hexdigest() if whole else _FIRST
        self._end = start + whole


def chained(path: Path) -> Iterator[Seen]:
    """All whole lines of an access log in their order; half a line at its end was never answered. Raises LedgerFault where the chain is
    broken."""
    prev, todo = _FIRST, "keep the file, and compare it with a backup: it was changed, or the disk damaged it"
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.endswith(b"\n"):
                return
            seen, where = _parse(line, f"{path}, line {number}"), f"{path}, line {number}"
            if seen.prev != prev:
                raise LedgerFault("the access log was changed: a line does not follow the one before", where=where, todo=todo)
            prev = sha256(line.rstrip(b"\n")).hexdigest()
            yield seen


def _parse(line: bytes, where: str) -> Seen:
    try:
        return msgspec.json.decode(line, type=Seen)
    except msgspec.MsgspecError as fault:
        raise LedgerFault(f"the access log holds a line that is not one of its own: {fault}", where=where) from fault


def _key(path: Path, random: Callable[[int], bytes]) -> bytes:
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(random(32))
            out.flush()
            os.fsync(out.fileno())
    except FileExistsError:
        pass
    made = path.read_bytes()
    if len(made) != 32:
        raise LedgerFault("the access log's key is damaged", where=str(path), todo="restore it from a backup")
    return made
