"""A log as a folder of static files, which any web server can serve and any C2SP client can read.

Write order: tiles and bundles first, each put in place whole; the checkpoint last, so that whoever reads never sees a
checkpoint before what it promises. An export goes on from the one before it: full tiles are never written again.
"""

from __future__ import annotations

from pathlib import Path

from saksi.ledger.checkpoint import parse_checkpoint
from saksi.ledger.disk import Disk, LocalDisk, make_durable, read_file, replace_file
from saksi.ledger.note import parse_note
from saksi.ledger.reader import Progress, Reader, unwatched
from saksi.ledger.tiles import tiles_of
from saksi.model.errors import BadInput

__all__ = ["export_tiles"]


def export_tiles(reader: Reader, folder: Path, *, disk: Disk | None = None, progress: Progress = unwatched) -> int:
    """Write what is new since the last export to `folder`; returns how many files were written."""
    disk = disk or LocalDisk()
    before = read_file(disk, folder / "checkpoint")
    since = parse_checkpoint(parse_note(before).text).size if before else 0
    if since > reader.size:
        raise BadInput(
            f"the export holds {since} entries, the log {reader.size}",
            where=str(folder),
            todo="export to an empty folder: this one is of another log, or of a later state",
        )
    tiles = list(tiles_of(reader.size, since=since))
    for done, tile in enumerate(tiles):
        path = folder / tile.path()
        make_durable(disk, path.parent)
        replace_file(disk, path, reader.fetch(tile))
        progress(done + 1, len(tiles))
    make_durable(disk, folder)
    replace_file(disk, folder / "checkpoint", reader.note)
    return len(tiles) + 1
