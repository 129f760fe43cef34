"""The files that a node's settings name, and the settings of its public pages: which go into a backup, and which stay where they are."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from saksi.app.config import Config
from saksi.ledger.disk import disk_fault
from saksi.ledger.sealed_stream import Part

__all__ = ["NAMED", "Named", "bring_named", "named_files", "parts"]

NAMED = "named"  # the folder of a backup that holds them, under the names they have in the node's directory
_PUBLIC = "public.toml"
_SECRET = ("oidc_secret", "seal_key", "seal_password", "smtp_password")
_OPEN = ("directory", "seal", "smtp_authorities")
_LEFT = ("mailbox",)  # the mail server's


@dataclass(frozen=True, slots=True)
class Named:
    """What goes with the data, what with the keys (paths below the node's directory), and what does not, as `setting = what it names`."""

    data: tuple[str, ...]
    keys: tuple[str, ...]
    outside: tuple[str, ...]


def named_files(home: Path, config: Config) -> Named:
    """Which of them a backup of the node holds: those in the node's directory. A file that two settings name, one of them for a secret, is
    a secret."""
    told: Mapping[str, str] = {key: getattr(config, key) for key in (*_SECRET, *_OPEN, *_LEFT)}
    within = {key: _within(home, name) for key, name in told.items() if name and key not in _LEFT}
    keys = {place for key in _SECRET if (place := within.get(key)) is not None}
    data = {place for key in _OPEN if (place := within.get(key)) is not None} | ({_PUBLIC} if (home / _PUBLIC).is_file() else set())
    outside = tuple(f"{key} = {name}" for key, name in told.items() if name and within.get(key) is None)
    return Named(tuple(sorted(data - keys)), tuple(sorted(keys)), outside)


def parts(home: Path, names: tuple[str, ...]) -> Iterator[Part]:
    """The files as parts of a backup. They are small, and changed by hand."""
    for name in names:
        try:
            data = (home / name).read_bytes()
        except OSError as error:
            raise disk_fault(error, home / name) from error
        yield f"node/{NAMED}/{name}", len(data), iter((data,))


def bring_named(other: Path, home: Path) -> None:
    """Put what a backup held of them, below `other`, where it was in the node's directory. Nothing that is there already is replaced."""
    folder = other / NAMED
    for path in sorted(folder.rglob("*"), reverse=True):  # what lies in a folder before the folder
        place = home / path.relative_to(folder)
        if path.is_dir():
            path.rmdir()
        elif place.exists():
            path.unlink()
        else:
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.rename(place)
    if folder.exists():
        folder.rmdir()


def _within(home: Path, name: str) -> str | None:
    """The path of a file below the node's directory; None where it lies elsewhere or is none."""
    place = os.path.relpath(os.path.normpath(home / name), os.path.normpath(home))
    return None if place.startswith("..") or not (home / place).is_file() else place
