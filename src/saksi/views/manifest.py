"""What a folder of views says about itself: which ledger it was folded from, up to which size, and which files belong to it."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import msgspec

from saksi.ledger.disk import FAILED, disk_fault

__all__ = ["FOLD_VERSION", "NAME", "Manifest", "Segment", "digest", "foreign", "read", "write"]

FOLD_VERSION = 5
NAME = "manifest.json"


class Segment(msgspec.Struct, frozen=True):
    """A sorted Parquet file: `by` is `entity` or `value`, `rows` its rows, `sha256` the digest of its bytes."""

    file: str
    by: str
    rows: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """The state of the views after a fold.

    `size` (leaves) and `root` (hex) name the ledger's checkpoint; `statements` counts all statements up to it, amendments too; `loose`
    counts amendments that change nothing (not by the author, or of something that is not there); `entities` counts those that somebody
    has spoken about. `folder` is the generation that holds the files; `erasures` counts the times that something was erased from them.
    """

    fold_version: int
    origin: str
    size: int
    root: str
    statements: int
    runs: int
    loose: int
    entities: int
    folder: str
    secret: int
    erasures: int = 0
    segments: tuple[Segment, ...] = ()


def read(folder: Path) -> Manifest | None:
    """The manifest in `folder`; None where there is none, it cannot be read, or it is of another fold version.

    Raises DiskFailed where that is the disk's doing.
    """
    try:
        made = msgspec.json.decode((folder / NAME).read_bytes(), type=Manifest)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as fault:
        if isinstance(fault, OSError) and fault.errno in FAILED:
            raise disk_fault(fault, folder / NAME) from fault
        return None
    return made if made.fold_version == FOLD_VERSION else None


class _Version(msgspec.Struct, frozen=True):
    fold_version: int
    folder: str = ""


def foreign(folder: Path) -> str | None:
    """The generation that a manifest of another fold version names, as far as it does; None where there is no such manifest."""
    try:
        made = msgspec.json.decode((folder / NAME).read_bytes(), type=_Version)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return None if made.fold_version == FOLD_VERSION else made.folder


def write(folder: Path, manifest: Manifest) -> None:
    """Replace the manifest in one step, durably."""
    made = folder / (NAME + ".new")
    with made.open("wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    made.replace(folder / NAME)
    holder = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(holder)
    finally:
        os.close(holder)


def digest(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
