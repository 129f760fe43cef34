"""Folding: from the ledger's blocks to the views' files, step by step.

Order of a step: 1. flat files behind the committed count, durable; 2. hash tables; 3. segments, durable; 4. one transaction of the
serving index, which also holds the manifest: only this makes the step visible; 5. the manifest beside it, for engines and for readers to
notice. A fold that is killed leaves files that nothing names: the next one writes over them. What a notice of erasure is about goes before
the step that holds the notice is made visible: views that have come past a notice show nothing of it. From nothing, the whole is built in a
new folder and named when it is complete.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from saksi.views import manifest as manifests
from saksi.views import segments
from saksi.views.erase import erase
from saksi.views.gather import Foldable, stretches
from saksi.views.manifest import FOLD_VERSION, Manifest
from saksi.views.parse import Notice
from saksi.views.serving import DAMAGE, FILE, Behind, connect, current, no_files, no_room
from saksi.views.step import Step

__all__ = ["Progress", "check", "fold", "locked", "rebuild", "room"]

Progress = Callable[[int, int], None]  # leaves folded, leaves in all


def fold(folder: Path, ledger: Foldable, *, progress: Progress | None = None) -> Manifest:
    """Bring the views in `folder` up to the ledger's size.

    What cannot be continued (of another ledger, of another fold version, damaged) is rebuilt.
    """
    with room(folder), locked(folder):
        return _fold(folder, ledger, progress)


def _fold(folder: Path, ledger: Foldable, progress: Progress | None) -> Manifest:
    size, have = ledger.size, current(folder)
    if have is None or not _continues(have, ledger) or not _whole(folder, have):
        return _rebuild(folder, ledger, progress)
    _drop(folder, but=have.folder)
    if have.size == size:
        if manifests.read(folder) != have:
            manifests.write(folder, have)
        return have
    try:
        return _continue(folder, ledger, have, progress)
    except DAMAGE as fault:
        if no_room(fault) or no_files(fault):
            raise  # to build anew would need more still
        return _rebuild(folder, ledger, progress)


def _continue(folder: Path, ledger: Foldable, have: Manifest, progress: Progress | None) -> Manifest:
    size, place = ledger.size, folder / have.folder
    with ExitStack() as held:
        step = held.enter_context(closing(Step(place, have, fresh=False)))
        for columns, leaf in stretches(ledger, have.size, size, readers=1):  # the index is what takes the time here
            for notice in step.unsettled(columns.notices):
                # The ledger erased it, and who did so was stopped before telling the views.
                held.close()
                have = erase(place, have, _named(ledger, size, notice), day=notice.day, notices=(notice.leaf,))
                manifests.write(folder, have)
                step = held.enter_context(closing(Step(place, have, fresh=False)))
            have = step.add(columns, have, (leaf, ledger.log.root_at(leaf)))
            manifests.write(folder, have)
            if progress is not None:
                progress(leaf, size)
        have = step.merged(have)
    manifests.write(folder, have)
    segments.tidy(place, have.segments)
    return have


def rebuild(folder: Path, ledger: Foldable, *, progress: Progress | None = None) -> Manifest:
    """Build the views anew from the ledger, beside those in use, and put them in their place in one step."""
    with room(folder), locked(folder):
        return _rebuild(folder, ledger, progress)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep others from writing to the views in `folder`; readers go on."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextmanager
def room(folder: Path) -> Iterator[None]:
    """Say so where the disk is full, or too many files are open: nothing is damaged, and nothing of the ledger is lost. Raises Behind."""
    try:
        yield
    except _refusals() as fault:
        full = no_room(fault)
        if not full and not no_files(fault):
            raise
        why, todo = ("the disk is full", "make room") if full else ("too many files are open", "allow more (ulimit -n, LimitNOFILE=)")
        what = f"{why}: what was recorded is in the ledger, and look-ups and block lists do not show it yet"
        raise Behind(what, where=str(folder), todo=f"{todo}: `saksi fold` shows it then, and `saksi serve` does by itself") from fault


def _refusals() -> tuple[type[Exception], ...]:
    """What a disk that is full shows itself by."""
    import duckdb  # late, like every use of the engine: a fold of views that stand needs it not

    return OSError, sqlite3.Error, duckdb.Error


def _rebuild(folder: Path, ledger: Foldable, progress: Progress | None) -> Manifest:
    named = manifests.read(folder)
    name = f"g{int(named.folder[1:]) + 1 if named is not None else 1:06d}"
    _drop(folder, but="" if named is None else named.folder)
    place = folder / name
    place.mkdir()
    size = ledger.size
    made = Manifest(FOLD_VERSION, ledger.origin, size, ledger.log.root_at(size).hex(), 0, 0, 0, 0, name, secrets.randbits(64) | 1)
    step = Step(place, made, fresh=True)
    try:
        for columns, leaf in stretches(ledger, 0, size, readers=2):
            made = step.stage(columns, made)
            if progress is not None:
                progress(leaf, size)
        made = step.finish(made)
    finally:
        step.close()
    # The new generation is whole and durable: name it, then drop the old one.
    _sync(place)
    manifests.write(folder, made)
    if named is not None:
        shutil.rmtree(folder / named.folder, ignore_errors=True)
    return made


def _drop(folder: Path, *, but: str) -> None:
    """Delete generations that nothing names: whoever built one was killed, or had no time to drop the one before."""
    for path in folder.iterdir():
        if path.is_dir() and path.name != but:
            shutil.rmtree(path)


def _named(ledger: Foldable, size: int, notice: Notice) -> list[tuple[int, int]]:
    """Where the statements stand that a notice of erasure is about. Reads the whole ledger."""
    subjects, items = set(notice.subjects), set(notice.items)
    return [
        (block.leaf, block.first + place)
        for block in ledger.read(0, size)
        for place, payload in enumerate(block.payloads)
        if payload is None and (not subjects.isdisjoint(block.subjects) or (block.leaf, block.first + place) in items)
    ]


def _continues(have: Manifest, ledger: Foldable) -> bool:
    """Whether the ledger is the one that was folded, and has only grown."""
    return have.origin == ledger.origin and have.size <= ledger.size and bytes.fromhex(have.root) == ledger.log.root_at(have.size)


def _whole(folder: Path, have: Manifest) -> bool:
    """Whether the files are all there and long enough."""
    place = folder / have.folder
    wanted = {"commitments": 32, "ids": 16, "shapes": 4, "flags": 1}
    if not all(_size(place / name) >= width * have.statements for name, width in wanted.items()):
        return False
    return all((place / segment.file).exists() for segment in have.segments) and _size(place / "ids.slots") >= 0


def check(folder: Path) -> list[str]:
    """What is wrong with the views' files, in words; nothing where all is well. Reads everything."""
    have = current(folder)
    if have is None:
        return ["there are no views that this version can read"]
    wrong = [] if _whole(folder, have) else ["a file is missing or too short"]
    place = folder / have.folder
    for segment in have.segments:
        path = place / segment.file
        if path.exists() and manifests.digest(path) != segment.sha256:
            wrong.append(f"{segment.file} is not as it was written")
    try:
        link = connect(place / FILE, write=False)
        try:
            wrong += [str(row[0]) for row in link.execute("PRAGMA integrity_check") if row[0] != "ok"]
        finally:
            link.close()
    except DAMAGE as fault:
        wrong.append(f"the serving index cannot be read: {fault}")
    return wrong


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else -1


def _sync(folder: Path) -> None:
    """Make everything in a folder durable."""
    for path in [*(each for each in folder.iterdir() if each.is_file()), folder]:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
