"""A disk in memory that does to the ledger what disks do: dies, loses, tears, reorders, fills up, fails.

Every call counts as one operation. `die_before` kills the process before the operation of that number. `survivor`
gives the disk that the next process finds: after a kill, all that was written; after a power cut, what was synced plus
an arbitrary part of what was not, in any order, torn at 512-byte sectors, lengths included; of names, a prefix.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

SECTOR = 512


class Died(BaseException):
    """The process is gone: nothing after this line runs."""


@dataclass
class Inode:
    live: bytearray = field(default_factory=bytearray)
    durable: bytes = b""
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)  # (offset, data), or (size, None): truncate

    def apply(self, op: tuple[int, bytes | None], to: bytearray) -> None:
        offset, data = op
        if data is None:
            del to[offset:]
            to.extend(b"\0" * (offset - len(to)))
        else:
            to.extend(b"\0" * (offset - len(to)))
            to[offset : offset + len(data)] = data

    def after_power_cut(self, rng: Random) -> bytes:
        mode = rng.choice(("none", "all", "prefix", "any", "any"))
        ops = list(self.pending)
        if mode == "none":
            ops = []
        elif mode == "prefix":
            ops = ops[: rng.randint(0, len(ops))]
        elif mode == "any":
            torn: list[tuple[int, bytes | None]] = []
            for offset, data in ops:
                if data is None:
                    torn.append((offset, None))
                    continue
                at = 0
                while at < len(data):
                    end = min(len(data), at + SECTOR - (offset + at) % SECTOR)
                    torn.append((offset + at, data[at:end]))
                    if rng.random() < 0.1:  # the length of the file got there, the data did not
                        torn.append((offset + at, b"\0" * (end - at)))
                    at = end
            ops = [op for op in torn if rng.random() < 0.6]
        out = bytearray(self.durable)
        for op in ops:
            self.apply(op, out)
        return bytes(out)


class FakeDisk:
    def __init__(self, *, die_before: int | None = None, room: int | None = None) -> None:
        self.names: dict[Path, Inode] = {}
        self.durable_names: dict[Path, Inode] = {}
        self.pending_names: list[tuple[Path, Inode | None]] = []
        self.operations = 0
        self.die_before = die_before
        self.room = room  # bytes that may still be added to files, None: no limit
        self.faults: dict[int, int | str] = {}  # operation number -> errno, or "short"
        self.locked: set[Path] = set()
        self.dead = False

    def step(self, *, data: bool = False) -> str | None:
        """Count one operation; die, fail or be short when it is its turn."""
        if self.dead:
            raise Died
        number = self.operations
        self.operations += 1
        if self.die_before is not None and number >= self.die_before:
            self.dead = True
            raise Died
        fault = self.faults.get(number)
        if isinstance(fault, int):
            raise OSError(fault, os.strerror(fault))
        return fault if data else None

    def open(self, path: Path, *, write: bool = False) -> FakeHandle:
        if path not in self.names:
            if not write:
                raise FileNotFoundError(errno.ENOENT, "no such file", str(path))
            self.step()
            self._name(path, Inode())
        return FakeHandle(self, self.names[path])

    def lock(self, path: Path, *, shared: bool = False) -> FakeHandle:
        handle = self.open(path, write=True)
        if path in self.locked:
            raise BlockingIOError(errno.EAGAIN, "locked")
        self.locked.add(path)
        handle.on_close = lambda: self.locked.discard(path)
        return handle

    def rename(self, old: Path, new: Path) -> None:
        self.step()
        inode = self.names[old]
        self._name(new, inode)
        self._name(old, None)

    def remove(self, path: Path) -> None:
        self.step()
        self._name(path, None)

    def make_folder(self, path: Path) -> None:
        self.step()

    def sync_folder(self, path: Path) -> None:
        self.step()
        for name, inode in self.pending_names:
            if name.parent == path:
                self._set(self.durable_names, name, inode)
        self.pending_names = [one for one in self.pending_names if one[0].parent != path]

    def survivor(self, rng: Random, *, power_cut: bool) -> FakeDisk:
        """The disk that the next process finds, healthy again."""
        after = FakeDisk()
        names = dict(self.names)
        if power_cut:
            names = dict(self.durable_names)
            for name, inode in self.pending_names[: rng.randint(0, len(self.pending_names))]:
                self._set(names, name, inode)
        copies: dict[int, Inode] = {}
        for name, inode in names.items():
            if id(inode) not in copies:
                if power_cut:
                    data = inode.after_power_cut(rng)
                    copies[id(inode)] = Inode(bytearray(data), data)
                else:  # only the process died: what it wrote is in the page cache, still unsynced
                    copies[id(inode)] = Inode(bytearray(inode.live), inode.durable, list(inode.pending))
            after.names[name] = copies[id(inode)]
        after.durable_names = dict(after.names)
        if not power_cut:
            after.durable_names = {n: copies[id(i)] for n, i in self.durable_names.items() if id(i) in copies}
            after.pending_names = [(n, i and copies.get(id(i))) for n, i in self.pending_names]
        return after

    def _name(self, path: Path, inode: Inode | None) -> None:
        self._set(self.names, path, inode)
        self.pending_names.append((path, inode))

    @staticmethod
    def _set(names: dict[Path, Inode], path: Path, inode: Inode | None) -> None:
        if inode is None:
            names.pop(path, None)
        else:
            names[path] = inode


class FakeHandle:
    def __init__(self, disk: FakeDisk, inode: Inode) -> None:
        self.disk, self.inode = disk, inode
        self.on_close: Callable[[], None] = lambda: None

    def write_at(self, data: bytes | memoryview, offset: int) -> int:
        fault = self.disk.step(data=True)
        data = bytes(data)
        if fault == "short":
            data = data[: max(1, len(data) // 3)]
        grows = max(0, offset + len(data) - len(self.inode.live))
        if self.disk.room is not None and grows:
            if self.disk.room == 0:
                raise OSError(errno.ENOSPC, "no space left")
            data = data[: len(data) - max(0, grows - self.disk.room)]  # the disk takes what fits
            grows = max(0, offset + len(data) - len(self.inode.live))
            self.disk.room -= grows
        op = (offset, data)
        self.inode.apply(op, self.inode.live)
        self.inode.pending.append(op)
        return len(data)

    def read_at(self, length: int, offset: int) -> bytes:
        if self.disk.dead:
            raise Died
        return bytes(self.inode.live[offset : offset + length])

    def sync(self) -> None:
        self.disk.step()
        self.inode.durable = bytes(self.inode.live)
        self.inode.pending.clear()

    def truncate(self, size: int) -> None:
        self.disk.step()
        if self.disk.room is not None:
            self.disk.room += max(0, len(self.inode.live) - size)
        self.inode.apply((size, None), self.inode.live)
        self.inode.pending.append((size, None))

    def size(self) -> int:
        return len(self.inode.live)

    def close(self) -> None:
        self.on_close()
