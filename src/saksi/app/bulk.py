"""What a process that screens a column opens for itself, and the membership probe kept beside the views."""

from __future__ import annotations

import fcntl
import os
import shutil
from functools import partial
from pathlib import Path

from saksi.app.home import Home
from saksi.app.withheld import withheld_in
from saksi.ledger.disk import READ_ONLY
from saksi.model import LedgerFault, NotReady
from saksi.screen.bulk import Normalise, Opened, of_any_kind, of_kind
from saksi.views.fingerprint import KEY_BYTES
from saksi.views.probe import Probe
from saksi.views.views import Views
from saksi.views.withheld import Withholding

__all__ = ["opened", "probe", "readable", "rows_in"]

_KEY = "key"


def opened(views: Path, kind: str | None, country: str | None, probed: Path | None) -> Opened:
    """The views in a folder, its probe, and how a column is read: of one kind, or each value by itself."""
    found = None if probed is None else Probe.open(probed, (probed / _KEY).read_bytes(), check=False)
    held = Withholding(views)
    held.withhold(withheld_in(Home(views.parent).waiting))
    return Opened(held, found, _read(kind, country))


def readable(text: str, *, kind: str | None, country: str | None) -> bool:
    """Whether a text can be read as a value of the kind, or of any where none is named."""
    return bool(_read(kind, country)([text]).entities[0])


def _read(kind: str | None, country: str | None) -> Normalise:
    return partial(of_any_kind, country=country) if kind is None else partial(of_kind, kind=kind, country=country)


def probe(views: Views) -> Path | None:
    """The folder of a sound membership probe for these views as they are now: built, or brought up to them, where it was not.

    It lies in the views' own generation and goes with it; after an erasure it is built anew, so that it knows nothing that was erased. Its
    key is drawn when it is begun and never leaves the folder. None where nothing may be written and no probe of these views is there:
    answers are the same without it. Raises LedgerFault where it cannot be written for another reason.
    """
    manifest = views.manifest
    if manifest is None:
        raise NotReady("there are no views yet", where=str(views.folder), todo="run `saksi fold`")
    parent = views.folder / manifest.folder / "probe"
    folder = parent / str(manifest.erasures)
    try:
        parent.mkdir(mode=0o700, exist_ok=True)
        with (parent / "lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            for old in parent.iterdir():
                if old.is_dir() and old != folder:
                    shutil.rmtree(old)
            folder.mkdir(mode=0o700, exist_ok=True)
            _brought_up(views, folder, manifest.size)
    except OSError as fault:
        if fault.errno in READ_ONLY:
            return folder if _stands(folder, manifest.size) else None
        raise LedgerFault(f"the membership probe cannot be kept: {fault.strerror or fault}", where=str(parent)) from fault
    return folder


def _stands(folder: Path, size: int) -> bool:
    """Whether a probe of views of that size is there, whole."""
    try:
        return Probe.open(folder, (folder / _KEY).read_bytes()).size >= size
    except (OSError, LedgerFault):
        return False


def _brought_up(views: Views, folder: Path, size: int) -> None:
    key = _key(folder / _KEY)
    try:
        found = Probe.open(folder, key)
    except LedgerFault:
        found = None  # damaged: it holds nothing that is not in the views
    if found is not None and found.size >= size:
        return
    if found is None or found.size == 0:
        Probe.built(folder, key, known=views.all_entities(), size=size)
        return
    with views.engine() as engine:
        found.add(engine.since(views.stop(found.size)), last=size)


def _key(path: Path) -> bytes:
    if not path.exists() or path.stat().st_size != KEY_BYTES:
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(os.urandom(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
    return path.read_bytes()


def rows_in(path: Path) -> int | None:
    """How many rows a file has, for the progress bar; None where that cannot be told without parsing it."""
    if path.suffix != ".parquet":
        return None
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return int(pq.read_metadata(path).num_rows)
    except pa.ArrowException:
        return None  # whoever reads the column says what is wrong with it
