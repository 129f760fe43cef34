"""Opening a plain file to read it, and nothing else that bears a file's name: a folder that came from others may hold anything. And keeping
a file of one's own from others."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

__all__ = ["NoFile", "keep_private", "open_plain"]


class NoFile(OSError):
    """It is a pipe, a device or a socket: it has no length, and may never end."""


def open_plain(path: Path) -> int:
    """The descriptor of a file that is opened to be read. Raises OSError: IsADirectoryError, NoFile, or the system's own."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # a pipe would be waited for without end
    except OSError as error:
        if error.errno == errno.ENXIO and path.is_socket():
            raise NoFile(error.errno, error.strerror, str(path)) from error
        raise
    kind = os.fstat(fd).st_mode
    if stat.S_ISREG(kind):
        return fd
    os.close(fd)
    wrong = IsADirectoryError if stat.S_ISDIR(kind) else NoFile
    raise wrong(errno.EISDIR, os.strerror(errno.EISDIR), str(path))


def keep_private(path: Path) -> None:
    """Make an SQLite store's file, and any journals beside it, its owner's alone, before it is opened; journals that come later are made
    as the file is. What an older version made readable to others is mended. Raises OSError."""
    path.touch(mode=0o600)
    for each in (path, *(path.with_name(path.name + end) for end in ("-wal", "-shm", "-journal"))):
        if each.exists():
            each.chmod(0o600)
