"""Where a log can be read from: its own folder, a folder of static tiles, or an address on the network.

All three answer the same C2SP tlog-tiles paths, so that whoever reads cannot tell them apart and believes none of
them: what comes back is checked by `reader.py`.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import time
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from saksi.ledger.disk import Disk, LocalDisk, disk_fault
from saksi.ledger.store import BUNDLES, CHECKPOINTS, ENTRIES, MAX_FRAME, level_name, unframe
from saksi.ledger.tiles import MAX_ENTRY, WIDTH, Tile, parse_path
from saksi.model.errors import BadInput, PeerFault

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["WITHIN", "LogFolder", "Source", "StaticFolder", "WebSource", "open_source"]

MAX_BUNDLE = WIDTH * (MAX_ENTRY + 2)  # bytes, the largest resource there can be
WITHIN = 3600.0  # seconds that a whole log may take over the network, unless more is said


class Source(Protocol):
    """Whatever can be asked for a log's resources."""

    def get(self, path: str) -> bytes | None:
        """A resource's bytes, or None where there is none. Raises PeerFault or LedgerFault when it cannot be read."""


def open_source(where: str | Path, *, disk: Disk | None = None, within: float = WITHIN) -> Source:
    """A log's folder, a folder of tiles, or an http(s) address, which is read `within` seconds in all."""
    text = str(where)
    if text.startswith(("http://", "https://")):
        return WebSource(text, within=within)
    folder, disk = Path(where), disk or LocalDisk()
    native = LogFolder(folder, disk)
    if native.length(CHECKPOINTS) is not None:
        return native
    static = StaticFolder(folder, disk)
    if static.get("checkpoint") is None:
        raise BadInput("there is no log here", where=text, todo="give a log's folder, a folder of tiles or an address")
    return static


class StaticFolder:
    """A folder with one file for each resource, as any web server can serve it."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        self._folder, self._disk = folder, disk

    def get(self, path: str) -> bytes | None:
        if path != "checkpoint":
            parse_path(path)
        return _read(self._disk, self._folder / path, 0, MAX_BUNDLE)


class LogFolder:
    """A log's own folder: each resource is a byte range of one of its files (see `store.py`)."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        self.folder, self.disk = folder, disk

    def get(self, path: str) -> bytes | None:
        if path == "checkpoint":
            found = self.newest()
            return found[1] if found else None
        tile = parse_path(path)
        if tile.level < 0:
            return self._bundle(tile)
        data = self.read(level_name(tile.level), 8192 * tile.n, 32 * tile.width)
        return data if len(data) == 32 * tile.width else None

    def read(self, name: str, offset: int, length: int) -> bytes:
        """A byte range of one of the files; shorter where the file ends, empty where there is none."""
        return _read(self.disk, self.folder / name, offset, length) or b""

    def entries_at(self, start: int, count: int, *, most: int = MAX_BUNDLE) -> bytes | None:
        """So many entries from a byte offset on, or None where there are fewer (in `most` bytes)."""
        data, at = self.read(ENTRIES, start, most), 0
        for _ in range(count):
            at += 2 + int.from_bytes(data[at : at + 2], "big")
        return data[:at] if at <= len(data) else None

    def length(self, name: str) -> int | None:
        """A file's length in bytes, or None where there is none."""
        try:
            handle = self.disk.open(self.folder / name)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise disk_fault(error, self.folder / name) from error
        try:
            return handle.size()
        finally:
            handle.close()

    def newest(self) -> tuple[int, bytes] | None:
        """The newest whole checkpoint with the byte offset where it ends in its file, or None where there is none."""
        size = self.length(CHECKPOINTS) or 0
        start = max(0, size - MAX_FRAME - 8)
        tail = self.read(CHECKPOINTS, start, size - start)
        length = int.from_bytes(tail[-4:], "big")
        last = next(unframe(tail[-8 - length :]), None) if 0 < length <= len(tail) - 8 else None
        if last and last[1] == 8 + length:
            return size, last[2]
        # the writer is in the middle of a checkpoint, or died there: the one before it counts
        found = [(end, note) for _, end, note in unframe(self.read(CHECKPOINTS, 0, size))]
        return found[-1] if found else None

    def _bundle(self, tile: Tile) -> bytes | None:
        raw = self.read(BUNDLES, 8 * (tile.n - 1), 16) if tile.n else b"\0" * 8 + self.read(BUNDLES, 0, 8)
        if len(raw) < 8:
            return None
        start, end = int.from_bytes(raw[:8], "big"), int.from_bytes(raw[8:16], "big")
        length = end - start if len(raw) == 16 else MAX_BUNDLE
        if start >= 1 << 62 or not 0 <= length <= MAX_BUNDLE:
            return None
        if tile.width == WIDTH and len(raw) == 16:
            return self.read(ENTRIES, start, length)
        return self.entries_at(start, tile.width, most=length)  # a partial bundle is the first entries of what is there


def _read(disk: Disk, path: Path, offset: int, length: int) -> bytes | None:
    try:
        handle = disk.open(path)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except OSError as error:
        raise disk_fault(error, path) from error
    try:
        left = handle.size() - offset
        return handle.read_at(min(length, left), offset) if left > 0 else b""
    except OSError as error:
        raise disk_fault(error, path) from error
    finally:
        handle.close()


class WebSource:
    """A log served over http(s). Certificates are checked. Every wait ends after `timeout` seconds, every resource after `each`, and
    the whole of it `within` seconds of its making: a server that gives a byte at a time holds nobody."""

    def __init__(self, address: str, *, timeout: float = 30.0, each: float = 300.0, within: float = WITHIN) -> None:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise BadInput("not the address of a log", where=address, todo="give http(s)://host/prefix")
        self._prefix, self._timeout, self._each, self._within = address.rstrip("/") + "/", timeout, each, within
        self._ends = self._all_ends = time.monotonic() + within
        self._opener = urllib.request.OpenerDirector()  # no file:, ftp: or data: handlers
        for handler in (
            urllib.request.ProxyHandler(),
            _Handler(self._left),
            urllib.request.HTTPDefaultErrorHandler(),
            urllib.request.HTTPRedirectHandler(),
            urllib.request.HTTPErrorProcessor(),
        ):
            self._opener.add_handler(handler)

    def _left(self) -> float:
        """Seconds that the next wait may take. Raises PeerFault where there is no time left."""
        now = time.monotonic()
        if now < self._ends:
            return min(self._timeout, self._ends - now)
        if now >= self._all_ends:
            todo = "give it more time (--within), or get the log as a folder and check that"
            raise PeerFault(f"the log was not read within {self._within / 60:g} minutes", where=self._prefix, todo=todo)
        todo = "try again later, or get the log as a folder and check that"
        raise PeerFault(f"the log's server did not give one part of it within {self._each:g} seconds", where=self._prefix, todo=todo)

    def get(self, path: str) -> bytes | None:
        address = self._prefix + path
        headers = {"Accept-Encoding": "gzip, identity", "User-Agent": "saksi"}
        request = urllib.request.Request(address, headers=headers)  # noqa: S310 (the scheme was checked)
        self._ends = min(self._all_ends, time.monotonic() + self._each)
        try:
            with self._opener.open(request, timeout=self._left()) as answer:
                raw = answer.read(MAX_BUNDLE + 1)
                encoding = answer.headers.get("Content-Encoding", "identity")
        except urllib.error.HTTPError as error:
            with error:
                if error.code in (404, 410):
                    return None
            raise PeerFault(f"the log's server answered {error.code}", where=address) from error
        except urllib.error.URLError as error:
            if isinstance(error.reason, ssl.SSLCertVerificationError):
                todo = "nothing was read: ask whoever runs the log for a valid certificate, or trust theirs (SSL_CERT_FILE)"
                raise PeerFault(f"the server's certificate is refused: {error.reason.verify_message}", where=address, todo=todo) from error
            raise PeerFault(f"the log cannot be reached: {error.reason}", where=address, todo="try again later") from error
        except (OSError, http.client.HTTPException) as error:
            raise PeerFault(f"the log cannot be reached: {error}", where=address, todo="try again later") from error
        data = _inflate(raw, address) if encoding == "gzip" else raw
        if len(data) > MAX_BUNDLE:
            raise PeerFault("the answer is longer than any resource of a log can be", where=address)
        return data


class _Handler(urllib.request.AbstractHTTPHandler):
    """Opens http and https addresses, and reads their answers, heads too, as long as `left` leaves time."""

    def __init__(self, left: Callable[[], float]) -> None:
        super().__init__()
        self._left = left

    def http_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(partial(self._line, http.client.HTTPConnection), request)

    def https_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(partial(self._line, http.client.HTTPSConnection), request)

    http_request = https_request = urllib.request.AbstractHTTPHandler.do_request_

    def _line(self, kind: type[http.client.HTTPConnection], host: str, *, timeout: float) -> http.client.HTTPConnection:
        made = kind(host, timeout=timeout)
        made.response_class = partial(_Answer, left=self._left)  # type: ignore[assignment]  # it is called, and no more
        return made


class _Answer(http.client.HTTPResponse):
    """An answer whose bytes are waited for no longer than there is time."""

    def __init__(self, line: socket.socket, debuglevel: int = 0, method: str | None = None, *, left: Callable[[], float]) -> None:
        super().__init__(line, debuglevel, method)
        self.fp = io.BufferedReader(_Waited(line, self.fp.detach(), left))


class _Waited(io.RawIOBase):
    def __init__(self, line: socket.socket, raw: io.RawIOBase, left: Callable[[], float]) -> None:
        super().__init__()
        self._line, self._raw, self._left = line, raw, left

    def readable(self) -> bool:
        return True

    def readinto(self, room: WriteableBuffer, /) -> int | None:
        self._line.settimeout(self._left())
        try:
            return self._raw.readinto(room)
        except TimeoutError:
            self._left()  # says which time it was that ended
            raise

    def close(self) -> None:
        self._raw.close()
        super().close()


def _inflate(raw: bytes, address: str) -> bytes:
    inflater = zlib.decompressobj(wbits=31)
    try:
        data = inflater.decompress(raw, MAX_BUNDLE + 1)
    except zlib.error as error:
        raise PeerFault("the answer is not gzip although it says so", where=address) from error
    if not inflater.eof and len(data) <= MAX_BUNDLE:
        raise PeerFault("the answer is cut short", where=address)
    return data
