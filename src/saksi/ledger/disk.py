"""The seam to the disk: the few operations that durability rests on, and what is built on them.

`Disk` and `Handle` are the operating system's calls and nothing more, so that a test can put a disk in their place
that dies, tears, loses, reorders, fills up or fails. `AppendFile` and `replace_file` are the only two ways in which
the ledger and its vault change a file; both check every return.

An error of `fdatasync`, or any input/output error, ends the process (`DiskFailed`): after one, nobody knows what the
page cache holds, and asking again would report success for data that is gone. Known hole: on the next start the
kernel may still serve such pages from its cache as if they were on the disk.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn, Protocol

from saksi.ledger.plain import NoFile, open_plain
from saksi.model.errors import LedgerFault, NotAllowed, ReadOnly

__all__ = [
    "FAILED",
    "FULL",
    "READ_ONLY",
    "AppendFile",
    "Disk",
    "DiskFailed",
    "DiskFull",
    "Handle",
    "Held",
    "LocalDisk",
    "ReadingDisk",
    "check_room",
    "check_writable",
    "disk_fault",
    "exists",
    "make_durable",
    "read_file",
    "replace_file",
    "take_lock",
]

READ_ONLY = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})  # what says that nothing may be written here
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
FAILED = frozenset({errno.EIO, errno.ENXIO, errno.ENODEV, errno.ESTALE, errno.EUCLEAN})  # the disk itself, or what it is reached by


class DiskFailed(LedgerFault):
    """The disk reported an error after which nothing is known: end the process, check the disk, start again."""


class DiskFull(LedgerFault):
    """There is no room; what was begun has been taken back and the files are as before. Not fatal."""


class Held(NotAllowed):
    """Another process holds the lock; it goes with that process."""


class Handle(Protocol):
    """One open file: each method is one call of the operating system and may raise OSError."""

    def write_at(self, data: bytes | memoryview, offset: int) -> int:
        """Write at a byte offset; returns how many bytes were taken, which may be fewer than given."""

    def read_at(self, length: int, offset: int) -> bytes:
        """Read up to `length` bytes at a byte offset; shorter only at the end of the file."""

    def sync(self) -> None:
        """Make what was written (and the file's length) durable: `fdatasync`."""

    def truncate(self, size: int) -> None:
        """Cut the file to `size` bytes."""

    def size(self) -> int:
        """The file's length in bytes."""

    def close(self) -> None:
        """Let go of the file, and of the lock held on it."""


class Disk(Protocol):
    """The calls on names; each may raise OSError."""

    def open(self, path: Path, *, write: bool = False) -> Handle:
        """Open a file to read, or to read and write (created when absent; its name is durable after `sync_folder`)."""

    def lock(self, path: Path, *, shared: bool = False) -> Handle:
        """Take the lock on a file (created when absent), alone or shared with others, or raise BlockingIOError at once."""

    def rename(self, old: Path, new: Path) -> None:
        """Give a file another name, replacing what bore it; durable after `sync_folder`."""

    def remove(self, path: Path) -> None:
        """Take a file's name away; durable after `sync_folder`."""

    def make_folder(self, path: Path) -> None:
        """Make a folder and its parents where absent; its own name is durable after `sync_folder` of the parent."""

    def sync_folder(self, path: Path) -> None:
        """Make the names in a folder durable."""


class _LocalHandle:
    __slots__ = ("_fd",)

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def write_at(self, data: bytes | memoryview, offset: int) -> int:
        return os.pwrite(self._fd, data, offset)

    def read_at(self, length: int, offset: int) -> bytes:
        piece = os.pread(self._fd, length, offset)
        if len(piece) == length or not piece:
            return piece
        pieces = [piece]  # a signal, or a read of more than 2 GiB, may cut a read short before the end of the file
        got = len(piece)
        while got < length and (piece := os.pread(self._fd, length - got, offset + got)):
            pieces.append(piece)
            got += len(piece)
        return b"".join(pieces)

    def sync(self) -> None:
        os.fdatasync(self._fd)

    def truncate(self, size: int) -> None:
        os.ftruncate(self._fd, size)

    def size(self) -> int:
        return os.fstat(self._fd).st_size

    def close(self) -> None:
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            os.close(fd)


class LocalDisk:
    """The machine's own disk. Files are made readable to their owner alone."""

    def open(self, path: Path, *, write: bool = False) -> Handle:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600) if write else open_plain(path)
        return _LocalHandle(fd)

    def lock(self, path: Path, *, shared: bool = False) -> Handle:
        flags = os.O_RDONLY if shared and path.exists() else os.O_RDWR | os.O_CREAT
        fd = os.open(path, flags | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except OSError:
            os.close(fd)
            raise
        return _LocalHandle(fd)

    def rename(self, old: Path, new: Path) -> None:
        old.replace(new)

    def remove(self, path: Path) -> None:
        path.unlink()

    def make_folder(self, path: Path) -> None:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)

    def sync_folder(self, path: Path) -> None:
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


class ReadingDisk:
    """A disk through which nothing can be changed: whatever is opened is opened to read, and what would write raises OSError."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    def open(self, path: Path, *, write: bool = False) -> Handle:  # noqa: ARG002 (as every disk)
        return self._disk.open(path)

    def lock(self, path: Path, *, shared: bool = False) -> Handle:
        return self._disk.lock(path, shared=True) if shared else _only_to_read(path)

    def rename(self, old: Path, new: Path) -> None:  # noqa: ARG002
        _only_to_read(new)

    def remove(self, path: Path) -> None:
        _only_to_read(path)

    def make_folder(self, path: Path) -> None:
        _only_to_read(path)

    def sync_folder(self, path: Path) -> None:
        _only_to_read(path)


def _only_to_read(path: Path) -> NoReturn:
    raise OSError(errno.EROFS, "opened only to be read", str(path))


def disk_fault(error: OSError, where: Path) -> LedgerFault:
    """The ledger's word for an error of the operating system."""
    if error.errno in FULL:
        return DiskFull("the disk is full; nothing was taken in", where=str(where), todo="make room and try again")
    if isinstance(error, NoFile):
        return LedgerFault(
            "it is a pipe, a device or a socket, and no file", where=str(where), todo="nothing was read from it: put the file itself there"
        )
    reason = os.strerror(error.errno) if error.errno else str(error)
    if error.errno in READ_ONLY:
        return _read_only(reason, where)
    todo = "end the process, check the disk and the rights on the folder, start again and run fsck"
    return DiskFailed(f"the disk failed: {reason}", where=str(where), todo=todo)


def _read_only(reason: str, where: Path) -> ReadOnly:
    todo = "look at the mount and the rights of this user; a home that can only be read answers and proves, and takes nothing in"
    return ReadOnly(f"the disk does not let this user open it for that: {reason}", where=str(where), todo=todo)


def check_writable(path: Path) -> None:
    """Refuse a store, there or still to be made, before it is opened where nothing may be written: SQLite says nothing of why it cannot.
    Raises ReadOnly."""
    folder = next(each for each in path.absolute().parents if each.exists())
    if not os.access(folder, os.W_OK) or (path.exists() and not os.access(path, os.W_OK)):
        raise _read_only("it can only be read here", path)


class AppendFile:
    """A file that only grows at its end, and is cut back only to a length it has had.

    `append` is whole or not at all as far as this process goes; it is durable after `sync`.
    Raises DiskFull (taken back, go on) or DiskFailed (end the process).
    """

    __slots__ = ("_handle", "_path", "_size")

    def __init__(self, disk: Disk, path: Path) -> None:
        self._path = path
        try:
            self._handle = disk.open(path, write=True)
            self._size = self._handle.size()
        except OSError as error:
            raise disk_fault(error, path) from error

    @property
    def size(self) -> int:
        """Length in bytes, as this writer knows it."""
        return self._size

    @property
    def path(self) -> Path:
        """Where the file lies."""
        return self._path

    def append(self, data: bytes) -> int:
        """Write `data` at the end; returns the byte offset where it begins."""
        start = self._size
        left, offset = memoryview(data), start
        try:
            while left:
                taken = self._handle.write_at(left, offset)
                if taken <= 0:  # a disk that takes nothing and says no error would loop for ever
                    raise OSError(errno.EIO, "a write took nothing")
                left, offset = left[taken:], offset + taken
        except OSError as error:
            if error.errno in READ_ONLY:  # it was opened to be written: a disk that has failed since
                raise _after_sync(error, self._path) from error
            fault = disk_fault(error, self._path)
            if isinstance(fault, DiskFull):
                self.cut(start)
            raise fault from error
        self._size = offset
        return start

    def sync(self) -> None:
        """Make everything appended durable. An error is never tried again."""
        try:
            self._handle.sync()
        except OSError as error:
            raise _after_sync(error, self._path) from error

    def cut(self, size: int) -> None:
        """Cut the file back to `size` bytes; never longer than it is."""
        try:
            if size < self._handle.size():
                self._handle.truncate(size)
        except OSError as error:
            raise _after_sync(error, self._path) from error
        self._size = min(size, self._size)

    def read(self, offset: int, length: int) -> bytes:
        """Read up to `length` bytes at `offset`; shorter only at the end of the file."""
        try:
            return self._handle.read_at(length, offset)
        except OSError as error:
            raise disk_fault(error, self._path) from error

    def close(self) -> None:
        """Let go of the file; unsynced bytes may still be lost."""
        self._handle.close()


def _after_sync(error: OSError, where: Path) -> DiskFailed:
    """Even "disk full" is fatal when `fdatasync` or `ftruncate` says it: pages may already have been dropped."""
    reason = os.strerror(error.errno) if error.errno else str(error)
    todo = "end the process, check the disk, start again and run fsck"
    return DiskFailed(f"the disk could not make it durable: {reason}", where=str(where), todo=todo)


def exists(disk: Disk, path: Path) -> bool:
    """Whether there is such a file."""
    try:
        disk.open(path).close()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise disk_fault(error, path) from error
    return True


def read_file(disk: Disk, path: Path) -> bytes | None:
    """A whole small file, or None where there is none."""
    try:
        handle = disk.open(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise disk_fault(error, path) from error
    try:
        return handle.read_at(handle.size(), 0)
    except OSError as error:
        raise disk_fault(error, path) from error
    finally:
        handle.close()


def replace_file(disk: Disk, path: Path, data: bytes) -> None:
    """Put a whole small file in place at once: a reader sees the old one or the new one, also after a power cut.

    Write order: 1. a file beside it; 2. its `fdatasync`; 3. rename; 4. the folder's sync.
    """
    beside = path.with_name(path.name + ".new")
    file = AppendFile(disk, beside)
    try:
        file.cut(0)  # what a killed process left there
        file.append(data)  # 1
        file.sync()  # 2
    finally:
        file.close()
    try:
        disk.rename(beside, path)  # 3
        disk.sync_folder(path.parent)  # 4
    except OSError as error:
        raise _after_sync(error, path) from error


def take_lock(disk: Disk, path: Path) -> Handle:
    """The exclusive lock of a folder's one writer, or Held while another holds it."""
    try:
        return disk.lock(path)
    except BlockingIOError as error:
        todo = "stop the other process first; a lock goes with its process, there is nothing to delete"
        raise Held("another process is writing here", where=str(path.parent), todo=todo) from error
    except OSError as error:
        raise disk_fault(error, path) from error


def check_room(folder: Path, need: int) -> None:
    """Refuse what needs more bytes than a folder (there, or still to be made) has room for, before it begins. Raises DiskFull."""
    place = next(each for each in (folder.absolute(), *folder.absolute().parents) if each.exists())
    try:
        found = os.statvfs(place)
    except OSError as error:
        raise disk_fault(error, place) from error
    if (free := found.f_bavail * found.f_frsize) < need:
        what = f"the disk is full: at least {need:,} bytes are needed, {free:,} are free"
        raise DiskFull(what, where=str(place), todo="make room and try again")


def make_durable(disk: Disk, folder: Path, paths: Iterable[Path] = ()) -> None:
    """Make a folder (and empty files in it) and see to it that their names outlive a power cut."""
    try:
        disk.make_folder(folder)
        for path in paths:
            disk.open(path, write=True).close()
        disk.sync_folder(folder)
        disk.sync_folder(folder.parent)
    except OSError as error:
        raise disk_fault(error, folder) from error
