"""Files that a person names: looked at before anything is begun, so that no wait, and no half-done work, comes of the wrong one.

A pipe or a device can keep its reader waiting for ever, or never end; opening it is enough for that. So only plain files are read, and
what a name stands for is asked of the disk before it is opened.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from saksi.ledger.disk import FULL, DiskFull
from saksi.ledger.plain import open_plain
from saksi.model import BadInput

__all__ = ["SMALL", "read_small", "read_words", "to_read", "to_write", "write_whole"]

SMALL = 1 << 20  # bytes: no settings, no certificate, no list of keys is larger

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def to_read(path: Path) -> Path:
    """The path of a plain file that may be read; links are followed. Raises BadInput with what it is instead."""
    if _plain(path, "save what it holds as a file, and name that") is None:
        raise BadInput("there is no such file", where=str(path), todo="check the name, and the folder that you are in")
    if not os.access(path, os.R_OK):
        raise BadInput("this file may not be read by you", where=str(path), todo="ask whoever owns it for the right to read it")
    return path


def read_small(path: Path, *, what: str, most: int = SMALL) -> bytes:
    """What a plain file holds that is read whole; `what` it should be goes into the words of a refusal ("a policy").

    Raises BadInput as `to_read` does, and beyond `most` bytes."""
    to_read(path)
    try:
        with os.fdopen(open_plain(path), "rb") as file:  # it may have become a pipe since
            data = file.read(most + 1)
    except OSError as fault:
        raise BadInput(f"cannot be read: {fault.strerror or fault}", where=str(path)) from fault
    if len(data) > most:
        raise BadInput(f"the file has more than {most:,} bytes, which {what} never has", where=str(path), todo="is it the file you mean?")
    return data


def read_words(path: Path, *, what: str) -> str:
    """The same of a text in UTF-8."""
    try:
        return read_small(path, what=what).decode()
    except UnicodeDecodeError as fault:
        raise BadInput(f"this is no text (UTF-8), which {what} is", where=str(path), todo="is it the file you mean?") from fault


def to_write(path: Path, given: Iterable[Path], *, what: str, option: str) -> Path:
    """The path of a file that can be written, and is none of those `given` to be read.

    `what` it is for ("the rejects") and by which `option` another is named go into the words of the refusal, a BadInput.
    """
    todo = f"name another {option}"
    there = _plain(path, todo)
    if not path.parent.is_dir():
        raise BadInput(f"{what} cannot be written: there is no folder {path.parent}", where=str(path), todo=f"make the folder, or {todo}")
    if there is not None and any(os.path.samestat(there, one) for one in map(_stat, given) if one is not None):
        raise BadInput(f"{what} would be written over a file that is read", where=str(path), todo=todo)
    if not os.access(path if there is not None else path.parent, os.W_OK):
        raise BadInput(f"{what} may not be written here by you", where=str(path), todo=todo)
    return path


def write_whole(path: Path, data: bytes) -> None:
    """Write a file that others read at any moment (a block list): it is there whole, or what was there before is. Links are followed.

    A pipe or a device is written as it stands. Raises DiskFull where there is no room.
    """
    path = path.resolve()
    if (found := _stat(path)) is not None and not stat.S_ISREG(found.st_mode):
        path.write_bytes(data)
        return
    beside = path.with_name(f".{path.name[:200]}.new")
    try:
        with beside.open("wb") as file:
            if found is not None:
                os.fchmod(file.fileno(), stat.S_IMODE(found.st_mode))
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as fault:
        beside.unlink(missing_ok=True)
        if fault.errno in FULL:
            raise DiskFull("the disk is full: the file is as it was", where=str(path), todo="make room and say it again") from fault
        raise


def _plain(path: Path, todo: str) -> os.stat_result | None:
    """What the disk says of a plain file; None where nothing has this name. Raises BadInput for what is no plain file."""
    found = _stat(path)
    if found is None or stat.S_ISREG(found.st_mode):
        return found
    kind = next((words for test, words in _KINDS if test(found.st_mode)), "something else")
    raise BadInput(f"this is {kind}, not a file", where=str(path), todo=todo)


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as fault:
        raise BadInput(f"cannot be looked at: {fault.strerror or fault}", where=str(path)) from fault
    except ValueError as fault:
        raise BadInput("a name cannot hold a zero byte", where=repr(str(path))) from fault
