"""Fetches what can be fetched with one command: a package from npm, unpacked by name and size, into a folder that the caller gives.

Nothing here touches the network by itself: the caller passes `run`, which runs a command in a folder. Nothing fetched is kept elsewhere.
"""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Sequence
from pathlib import Path

from saksi.model.errors import BadInput, PeerFault
from saksi.sources.spec import SourceSpec

__all__ = ["MAX_FETCHED", "Run", "command", "fetch", "unpack"]

MAX_FETCHED = 64 << 20
Run = Callable[[Sequence[str], Path], int]


def command(spec: SourceSpec) -> tuple[str, ...]:
    """The command that brings the publisher's package as a .tgz into the working folder. Raises BadInput where an officer has to fetch."""
    fetch_by = spec.fetch
    if fetch_by.by != "npm":
        raise BadInput(f"{spec.title}: not fetched by a command", todo=f"{fetch_by.url} {fetch_by.steps}".strip())
    return ("npm", "pack", "--silent", "--ignore-scripts", f"{fetch_by.package}@{fetch_by.version}")


def fetch(spec: SourceSpec, folder: Path, run: Run) -> Path:
    """Fetch the publisher's file into `folder` and give its path; a file that is there already is not fetched again."""
    wanted = folder / f"{spec.name}-{spec.fetch.version}.{spec.fetch.file.rpartition('.')[2]}"
    asked = command(spec)
    if wanted.exists():
        return wanted
    code = run(asked, folder)
    packed = folder / f"{spec.fetch.package.lstrip('@').replace('/', '-')}-{spec.fetch.version}.tgz"
    if code != 0 or not packed.is_file():
        raise PeerFault(f"'{' '.join(asked)}' brought nothing (exit code {code})", todo="check the network, or give the file by hand")
    wanted.write_bytes(unpack(packed, f"package/{spec.fetch.file}"))
    packed.unlink()
    return wanted


def unpack(packed: Path, member: str) -> bytes:
    """The bytes of one plain file of a package; nothing else in it is written anywhere."""
    try:
        with tarfile.open(packed, "r:gz") as package:
            found = package.getmember(member)
            if not found.isreg() or found.size > MAX_FETCHED:
                raise BadInput(f"{member} is no plain file of at most {MAX_FETCHED} bytes", where=packed.name)
            opened = package.extractfile(found)
            assert opened is not None
            return opened.read()
    except (tarfile.TarError, OSError, EOFError) as error:
        raise BadInput(f"not a package: {error}", where=packed.name) from error
    except KeyError as error:
        raise BadInput(f"the package has no {member}", where=packed.name) from error
