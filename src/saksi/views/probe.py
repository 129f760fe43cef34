"""Is anything known about this value? Answered for most values without reading a single statement.

A probe is a folder of immutable *runs*: each a memory-mapped file of the sorted 64-bit fingerprints (`fingerprint.py`) of the entity
ids that ledger leaves `first` to `last` brought. A small run is added with each fold, and small ones are merged. A probe
answers only for the ledger size it covers, and never says "no" to an id it covers. It may say "yes" wrongly, by chance alone, for one
id in 2^64 / count (10 million known: one in 10^12), and nobody without the node's key can find such an id; who goes on to read the
statements is not misled either, since those are found by the whole id.

A run file: 160 bytes of header (`_HEADER`, then its own SHA-256), a directory of 2^bits + 1 offsets (u32), the fingerprints (u64), all
little-endian. The header names the leaves covered, the count, a check of the key, and the SHA-256 of what follows.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import struct
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from saksi.model.errors import LedgerFault
from saksi.views.fingerprint import Fingerprints, Tags

__all__ = ["Probe"]

_MAGIC = b"saksi/probe/1\n\0\0"
_HEADER = struct.Struct("<16sQQQI16s32s")  # magic, first, last, count, bits, key check, digest of the rest
_HEADER_SIZE = 160
_PER_BUCKET = 4
_SORTED_CHUNK = 1 << 18
_MANY_RUNS = 6

_TODO = "build the views again"


@dataclass(frozen=True, slots=True)
class _Run:
    """One file, open: its cover (leaves `first` up to but not including `last`), and its two tables as views of the map."""

    path: Path
    first: int
    last: int
    tags: memoryview
    starts: memoryview
    shift: int

    def holds(self, tag: int) -> bool:
        bucket = tag >> self.shift
        end = self.starts[bucket + 1]
        place = bisect_left(self.tags, tag, self.starts[bucket], end)
        return place < end and self.tags[place] == tag

    def column(self) -> Tags:
        return np.frombuffer(self.tags, dtype="<u8") if len(self.tags) else np.empty(0, dtype="<u8")


class Probe:
    """The membership probe over one folder, for the leaves before `size`."""

    __slots__ = ("_folder", "_prints", "_runs")

    def __init__(self, folder: Path, prints: Fingerprints, runs: tuple[_Run, ...]) -> None:
        self._folder = folder
        self._prints = prints
        self._runs = runs

    @classmethod
    def open(cls, folder: Path, key: bytes, *, check: bool = True) -> Probe:
        """Open the runs in `folder` (none: an empty probe of size 0) with the node's 32-byte key.

        `check` reads every byte and compares digests (about 0.1 s for 10 M ids); without it only headers and lengths are checked.
        Raises LedgerFault where a run is cut, changed, of another key, or missing in between.
        """
        prints = Fingerprints(key)
        found = [_open_run(path, prints.check, check=check) for path in sorted(folder.glob("*.run"))]
        return cls(folder, prints, _cover(found))

    @classmethod
    def built(cls, folder: Path, key: bytes, *, known: Iterable[Sequence[str]], size: int) -> Probe:
        """The probe in `folder` if it is sound and covers `size` leaves, else one built anew from all `known` ids (in chunks).

        About 2 us an id where it has to be built; `known` is not touched otherwise.
        """
        try:
            found = cls.open(folder, key)
            if found.size == size:
                return found
        except LedgerFault:
            pass  # damaged, of another key or cut: it holds nothing that is not in the views
        for path in (*folder.glob("*.run"), *folder.glob("*.draft")):
            path.unlink(missing_ok=True)
        return cls(folder, Fingerprints(key), ()).add(known, last=size)

    @property
    def size(self) -> int:
        """The ledger size (leaves) up to which every known id is covered."""
        return self._runs[-1].last if self._runs else 0

    @property
    def count(self) -> int:
        """How many fingerprints are held; an id that came in two runs counts twice until they are merged."""
        return sum(len(run.tags) for run in self._runs)

    def holds(self, entity: str) -> bool:
        """Whether anything is known under this id. A "no" is certain for the first `size` leaves."""
        tag = self._prints.one(entity)
        return any(run.holds(tag) for run in self._runs)

    def holds_many(self, entities: Sequence[str]) -> npt.NDArray[np.bool_]:
        """`holds` for a column of ids, in its order."""
        asked = self._prints.many(entities)
        made = np.zeros(len(asked), dtype=np.bool_)
        for start in range(0, len(asked), _SORTED_CHUNK):
            part = asked[start : start + _SORTED_CHUNK]
            order = np.argsort(part)  # in order, so that the walk through the file is in order too
            part = part[order]
            found = np.zeros(len(part), dtype=np.bool_)
            for run in self._runs:
                held = run.column()
                if len(held):
                    place = np.searchsorted(held, part)
                    place[place == len(held)] = 0
                    found |= held[place] == part
            made[start + order] = found
        return made

    def add(self, entities: Iterable[Sequence[str]], *, last: int) -> Probe:
        """A probe that also covers the leaves from `size` up to `last`, whose ids come in chunks (twins allowed).

        The new run is durable before this returns. Where many small runs have gathered they are merged.
        """
        if last < self.size:
            raise LedgerFault(f"the probe covers {self.size} leaves already, not fewer", todo=_TODO)
        if last == self.size:
            return self
        parts = [np.unique(self._prints.many(chunk)) for chunk in entities]
        tags = np.unique(np.concatenate(parts)) if parts else np.empty(0, dtype=np.uint64)
        made = self._write(tags, self.size, last)
        grown = Probe(self._folder, self._prints, (*self._runs, made))
        return grown.merged() if grown._merge_due() else grown._swept()

    def without(self, entities: Sequence[str]) -> Probe:
        """A probe that no longer knows these ids (their statements were erased and none is left). All runs become one."""
        gone = np.unique(self._prints.many(entities))
        kept = self._all()
        return self._replace(kept[~np.isin(kept, gone)])

    def merged(self) -> Probe:
        """The same probe in one run."""
        return self if len(self._runs) < 2 else self._replace(self._all())

    def _merge_due(self) -> bool:
        sizes = [len(run.tags) for run in self._runs]
        return len(sizes) > _MANY_RUNS or (len(sizes) > 1 and 4 * sum(sizes[1:]) > sizes[0] + 400_000)

    def _all(self) -> Tags:
        columns = [run.column() for run in self._runs]
        return np.unique(np.concatenate(columns)) if columns else np.empty(0, dtype=np.uint64)

    def _replace(self, tags: Tags) -> Probe:
        if not self._runs:
            return self
        made = self._write(tags, 0, self.size)
        return Probe(self._folder, self._prints, (made,))._swept()

    def _swept(self) -> Probe:
        """Remove the files that this probe does not use; its own are durable, so a crash before or in here loses nothing."""
        used = {run.path for run in self._runs}
        for path in (*self._folder.glob("*.run"), *self._folder.glob("*.draft")):
            if path not in used:
                path.unlink(missing_ok=True)
        return self

    def _write(self, tags: Tags, first: int, last: int) -> _Run:
        """Write order: the whole file under another name, fsync, rename, fsync of the folder."""
        bits = max(len(tags) // _PER_BUCKET, 1).bit_length() - 1
        edges = np.arange(1, 1 << bits, dtype=np.uint64) << np.uint64(64 - bits) if bits else np.empty(0, dtype=np.uint64)
        starts = np.empty((1 << bits) + 1, dtype="<u4")
        starts[0], starts[-1] = 0, len(tags)
        starts[1:-1] = np.searchsorted(tags, edges)
        table = starts.tobytes().ljust(-(-4 * len(starts) // 8) * 8, b"\0")
        body = tags.astype("<u8", copy=False).tobytes()
        digest = hashlib.sha256(table)
        digest.update(body)
        head = _HEADER.pack(_MAGIC, first, last, len(tags), bits, self._prints.check, digest.digest())
        head += bytes(_HEADER_SIZE - 32 - len(head))
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{first:016d}-{last:016d}.run"
        draft = path.with_suffix(".draft")
        with draft.open("wb") as file:
            for part in (head, hashlib.sha256(head).digest(), table, body):
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        place = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(place)
        finally:
            os.close(place)
        return _open_run(path, self._prints.check, check=False)


def _cover(found: list[_Run]) -> tuple[_Run, ...]:
    """The fewest runs that cover leaves 0 to the last one without a hole; a run that a merge has taken in is left out."""
    chosen: list[_Run] = []
    size = 0
    for run in sorted(found, key=lambda run: (run.first, -run.last)):
        if run.first == size and run.last > size:
            chosen.append(run)
            size = run.last
        elif run.last > size:
            raise LedgerFault(f"the probe has no run for leaves {size} to {run.first}", where=str(run.path), todo=_TODO)
    return tuple(chosen)


def _open_run(path: Path, key_check: bytes, *, check: bool) -> _Run:
    try:
        with path.open("rb") as file:
            data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except (OSError, ValueError) as fault:
        raise LedgerFault(f"a run of the probe cannot be read: {fault}", where=str(path), todo=_TODO) from fault
    head = bytes(data[: _HEADER_SIZE - 32])
    if len(data) < _HEADER_SIZE or hashlib.sha256(head).digest() != data[_HEADER_SIZE - 32 : _HEADER_SIZE]:
        raise LedgerFault("the header of a run of the probe is damaged", where=str(path), todo=_TODO)
    magic, first, last, count, bits, theirs, digest = _HEADER.unpack_from(head)
    if magic != _MAGIC:
        raise LedgerFault("a run of the probe is of another version", where=str(path), todo=_TODO)
    if theirs != key_check:
        raise LedgerFault("a run of the probe was made with another key", where=str(path), todo=_TODO)
    entries = (1 << bits) + 1
    body = _HEADER_SIZE + -(-4 * entries // 8) * 8
    if len(data) != body + 8 * count:
        raise LedgerFault(f"a run of the probe has {len(data)} bytes, {body + 8 * count} are due", where=str(path), todo=_TODO)
    if check and hashlib.sha256(data[_HEADER_SIZE:]).digest() != digest:
        raise LedgerFault("a run of the probe is damaged", where=str(path), todo=_TODO)
    starts = data[_HEADER_SIZE : _HEADER_SIZE + 4 * entries].cast("I")
    return _Run(path, first, last, data[body:].cast("Q"), starts, 64 - bits)
