"""The register of erasures: what was erased, as it is kept apart from the backups, so that an older backup brings nobody back.

    saksi erased 1
    ORIGIN SIZE                        the log, and how many leaves it had when this was written
    subject ID                         a data subject, by the random id that names nobody
    original SLOT ID                   an original, by the slot of its key and the keyed digest that names it there
    statement LEAF/INDEX COMMITMENT    a statement that went alone, by its place and its salted commitment
    end SHA-256                        of all before

Lines of one kind stand in ascending order; ids and digests are hex. It says nothing about anybody. A place alone would name something else
where a restored log went on another way: so what stands there is named too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from saksi.ledger.batch import Kind
from saksi.ledger.core import Shelf
from saksi.ledger.erase import Notice, read_notice
from saksi.model.errors import BadInput

__all__ = ["Register", "noticed", "register_of"]

_HEAD = "saksi erased 1"
_NUMBER = "(0|[1-9][0-9]{0,18})"
_ORIGIN = re.compile(rf"(\S+) {_NUMBER}")
_SUBJECT = re.compile(r"subject ([0-9a-f]{32})")
_ORIGINAL = re.compile(rf"original {_NUMBER} ([0-9a-f]{{32}})")
_STATEMENT = re.compile(rf"statement {_NUMBER}/{_NUMBER} ([0-9a-f]{{64}})")


@dataclass(frozen=True, slots=True)
class Register:
    """What was erased from the log `origin` up to `size` leaves: ids of data subjects, originals (slot, id), statements that went alone
    (leaf, index, commitment); each in ascending order, once."""

    origin: str
    size: int
    subjects: tuple[bytes, ...] = ()
    originals: tuple[tuple[int, bytes], ...] = ()
    items: tuple[tuple[int, int, bytes], ...] = ()

    def to_bytes(self) -> bytes:
        """The register as it is written."""
        lines = [
            _HEAD,
            f"{self.origin} {self.size}",
            *(f"subject {id_.hex()}" for id_ in self.subjects),
            *(f"original {slot} {id_.hex()}" for slot, id_ in self.originals),
            *(f"statement {leaf}/{index} {commitment.hex()}" for leaf, index, commitment in self.items),
        ]
        text = "".join(f"{line}\n" for line in lines).encode()
        return text + f"end {sha256(text).hexdigest()}\n".encode()

    @classmethod
    def parse(cls, data: bytes, *, where: str = "") -> Register:
        """Read exactly what `to_bytes` writes. Raises BadInput for anything else: half a register would bring somebody back."""
        try:
            made = cls._read(data.decode().split("\n")[:-2])
        except (UnicodeDecodeError, IndexError):
            made = None
        if made is None or made.to_bytes() != data:
            todo = "take another copy, or write it anew: saksi erased --out FILE"
            raise BadInput("this is no register of erasures, or it was changed or cut short", where=where, todo=todo)
        return made

    @classmethod
    def _read(cls, lines: list[str]) -> Register | None:
        """What the lines say, in their right order; the caller compares it with what was read."""
        if (log := _ORIGIN.fullmatch(lines[1])) is None:
            return None
        subjects, originals, items = set(), set(), set()
        for line in lines[2:]:
            if found := _SUBJECT.fullmatch(line):
                subjects.add(bytes.fromhex(found[1]))
            elif found := _ORIGINAL.fullmatch(line):
                originals.add((int(found[1]), bytes.fromhex(found[2])))
            elif found := _STATEMENT.fullmatch(line):
                items.add((int(found[1]), int(found[2]), bytes.fromhex(found[3])))
        return cls(log[1], int(log[2]), tuple(sorted(subjects)), tuple(sorted(originals)), tuple(sorted(items)))


def noticed(shelf: Shelf, size: int) -> Notice:
    """All that the notices of erasure in a ledger of `size` leaves name, as if it were one."""
    found = list(_notices(shelf, size))
    return Notice(
        tuple(sorted({id_ for one in found for id_ in one.subjects})),
        tuple(sorted({slot for one in found for slot in one.originals})),
        tuple(sorted({item for one in found for item in one.items})),
    )


def register_of(shelf: Shelf, origin: str, size: int) -> Register:
    """The register of a ledger of `size` leaves. What it needs beside the notices outlives an erasure: ids in slots, and commitments."""
    told = noticed(shelf, size)
    with shelf.reading:
        originals = tuple((number, shelf.keys.slots.read(number).id) for number in told.originals)
        frames = {leaf: shelf.vault.frame(leaf) for leaf, _ in told.items}
    items = [
        (leaf, index, frame.commitments[32 * index : 32 * index + 32]) for leaf, index in told.items if (frame := frames[leaf]) is not None
    ]
    return Register(origin, size, told.subjects, originals, tuple(items))


def _notices(shelf: Shelf, size: int) -> Iterator[Notice]:
    for _, frame in shelf.frames(0, size):
        if frame is None or frame.head.kind != Kind.ERASURE:
            continue
        for _, items in shelf.blocks(frame):
            if items is not None and items.groups[0] is not None:
                yield read_notice(items.groups[0][0])
