"""Erasing: a data subject's key is overwritten, or single statements are taken out of their blocks; the log stays whole and verifiable.

Steps, each safe to do again: 0. what will be gone is remembered as such (`tombstone.py`), durable, so that no take brings it back;
1. the journal says what will be erased, durable: from here on it happens; 2. the key slots are overwritten; 3. blocks are written over in
place; 4. files of originals whose key went are removed; 5. a notice, kind 40, is logged (it names random ids, leaves and counts, nothing
about anybody); 6. the journal is cut to nothing. A start that finds a journal goes on where it stopped. A crash between 0 and 1 leaves
a memory of what still stands: it says nothing, as a take looks first at what stands.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import chain
from pathlib import Path

from saksi.ledger.batch import Kind, Leaf
from saksi.ledger.block import NONCE_BYTES, Block, Seal, forget_items
from saksi.ledger.calm import erasing
from saksi.ledger.commitment import SALT_BYTES, Groups, commit
from saksi.ledger.core import Core, Entry, Shelf
from saksi.ledger.disk import AppendFile, Disk, read_file
from saksi.ledger.erasure_plan import SAYING, ErasurePlan, frame_at, groups_at, opened_blocks
from saksi.ledger.keys import JOURNAL
from saksi.ledger.reading import whole
from saksi.ledger.subjects import SlotKind
from saksi.ledger.vault import Frame, absolute_slots
from saksi.model.canonical import Json, canonical
from saksi.model.errors import BadInput
from saksi.model.statement import Statement

__all__ = [
    "Begun", "Erased", "Notice", "begun", "carry_out", "day_of", "erase_untold", "finish", "ids_alone", "ids_under", "read_notice",
]  # fmt: skip

_AT_ONCE = 400


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased: the statements (leaf, index) that views must let go of, and the leaves of the notices."""

    touched: tuple[tuple[int, int], ...]
    notices: tuple[int, ...]


def carry_out(core: Core, disk: Disk, plan: ErasurePlan, *, ground: str, keep_originals: bool = False) -> Erased:
    """Do what a plan says. `ground` is the reason, in words that name nobody.

    With `keep_originals` the sealed originals stay readable: only where a duty to keep them outweighs the erasure.
    """
    if not ground.strip():
        raise BadInput("an erasure gives its ground")
    notices: list[int] = []
    subjects, items = list(plan.subjects), list(plan.items)
    originals = [] if keep_originals else list(plan.originals)
    count = len(plan.touched)
    with erasing(disk, core.keys.folder), core.turn:
        core.check()
        _remember(core, plan)  # 0
        while subjects or items or originals:
            part = (subjects[:_AT_ONCE], items[:_AT_ONCE], originals[:_AT_ONCE])
            del subjects[:_AT_ONCE], items[:_AT_ONCE], originals[:_AT_ONCE]
            journal = _journal(core, part, ground=ground, count=count)
            _write_journal(disk, core.keys.folder, journal)  # 1
            notices.append(_do(core, journal))  # 2 to 5
            _clear_journal(core, disk)  # 6
            count = 0  # told once
    return Erased(plan.touched, tuple(notices))


def finish(core: Core, disk: Disk) -> int | None:
    """Finish an erasure that a crash interrupted; returns the leaf of its notice, or None where there was none."""
    if not (data := read_file(disk, core.keys.folder / JOURNAL)):
        return None
    with erasing(disk, core.keys.folder):
        journal = _read_journal(data)
        leaf = None if journal is None else _do(core, journal)
        _clear_journal(core, disk)
    return leaf


@dataclass(frozen=True, slots=True)
class Begun:
    """What an erasure that was cut off may have done already and a start of the ledger finishes: what its notice will name, the slots it
    writes over, and where in the vault the blocks stand that it writes over (byte offsets)."""

    notice: Notice
    slots: frozenset[int]
    blocks: frozenset[int]


def begun(data: bytes | None) -> Begun | None:
    """Read what the journal of erasures names; None where there is no erasure, or one that has done nothing yet."""
    journal = _read_journal(data) if data else None
    if journal is None:
        return None
    slots = frozenset(number for number, _, _ in journal.slots)
    return Begun(read_notice(journal.groups[0]), slots, frozenset(offset for offset, _ in journal.blocks))


@dataclass(frozen=True, slots=True)
class _Journal:
    """What one erasure will do, to the byte: key slots (number, id, kind), blocks (offset, bytes), originals (digests), and the notice."""

    at_ms: int
    slots: tuple[tuple[int, bytes, SlotKind], ...]
    blocks: tuple[tuple[int, bytes], ...]
    originals: tuple[bytes, ...]
    groups: Groups
    salt: bytes
    size: int


def _journal(core: Core, part: tuple[list[bytes], list[tuple[int, int]], list[bytes]], *, ground: str, count: int) -> _Journal:
    subjects, items, originals = part
    at_ms = core.clock()
    slots = [(number, id_, SlotKind.SUBJECT) for id_ in subjects for number in core.keys.slots.find(id_)]
    for digest in originals:
        number = core.originals.slot_of(digest)
        if number is not None:
            slots.append((number, core.originals.id_of(digest), SlotKind.ORIGINAL))
    told = _Told(at_ms, ground, subjects, items, len(originals), count)
    groups = _notice(told, [number for number, _, kind in slots if kind is SlotKind.ORIGINAL])
    blocks = tuple(_rewrites(core, items, random=core.random))
    return _Journal(at_ms, tuple(slots), blocks, tuple(originals), groups, core.random(SALT_BYTES), core.log.size)


@dataclass(frozen=True, slots=True)
class _Told:
    """What a notice says, besides the slots of originals."""

    at_ms: int
    ground: str
    subjects: list[bytes]
    items: list[tuple[int, int]]
    originals: int
    statements: int


def _notice(told: _Told, slots: list[int]) -> Groups:
    content: dict[str, Json] = {
        "at_ms": told.at_ms,
        "ground": told.ground,
        "items": [f"{leaf}/{index}" for leaf, index in told.items],
        "originals": told.originals,
        "statements": told.statements,
        "subjects": [id_.hex() for id_ in told.subjects],
        "slots": list(slots),
    }
    return (canonical({"erased": content}), b"{}", b"{}", b"{}")


def erase_untold(
    shelf: Shelf, disk: Disk, what: tuple[Sequence[tuple[int, bytes, SlotKind]], Collection[tuple[int, int]]], *, size: int, at_ms: int
) -> None:
    """Erase slots and single statements of which the log, of `size` leaves, does not know yet, as after a restore: steps 1 to 3 now, so
    that nobody reads it before a start; the journal stays, and the next start goes on (4 to 6)."""
    slots, items = what
    subjects = sorted({id_ for _, id_, kind in slots if kind is SlotKind.SUBJECT})
    originals = [number for number, _, kind in slots if kind is SlotKind.ORIGINAL]
    told = _Told(at_ms, "erased again after a restore", subjects, sorted(items), len(originals), len(items))
    blocks = tuple(_rewrites(shelf, items, random=os.urandom))
    journal = _Journal(at_ms, tuple(slots), blocks, (), _notice(told, originals), os.urandom(SALT_BYTES), size)
    _write_journal(disk, shelf.keys.folder, journal)  # 1
    _destroy(shelf, journal)  # 2, 3


def day_of(at_ms: int) -> date:
    """The day (UTC) of a time of the ledger's clock."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).date()


def ids_under(shelf: Shelf, size: int, slots: Collection[int]) -> Iterator[bytes]:
    """The ids of all readable statements, in a ledger of `size` leaves, that go when the keys in these slots go."""
    if not slots:
        return
    for frame, _, items in opened_blocks(shelf, size, slots):
        if frame.head.kind in SAYING:
            yield from _ids(items.groups)


def ids_alone(shelf: Shelf, items: Iterable[tuple[int, int]]) -> Iterator[bytes]:
    """The ids of single statements, (leaf, index), where they can be read."""
    frames = ((frame_at(shelf, leaf), index) for leaf, index in items)
    return _ids(groups_at(shelf, frame, index) for frame, index in frames if frame.head.kind in SAYING)


def _remember(core: Core, plan: ErasurePlan) -> None:
    """Step 0: also of what came under the subjects since the plan was made."""
    numbers = {number for id_ in plan.subjects for number in core.keys.slots.find(id_)}
    core.tombstones.add(chain(ids_under(core, core.log.size, numbers), ids_alone(core, plan.items)), day_of(core.clock()))


def _ids(statements: Iterable[Groups | None]) -> Iterator[bytes]:
    """The ids of statements; what is no statement (the ledger takes any bytes) has none, and no file can bring it back."""
    for groups in statements:
        if groups is not None:
            with suppress(BadInput):
                yield Statement.parse(whole(groups)).id()


def _rewrites(core: Shelf, items: Iterable[tuple[int, int]], *, random: Callable[[int], bytes]) -> Iterator[tuple[int, bytes]]:
    """The blocks of single statements without them, by their offset in the vault."""
    wanted: dict[tuple[int, int], tuple[Frame, Block, set[int]]] = {}
    for leaf, index in items:
        frame = frame_at(core, leaf)
        with core.reading:
            offset, block = core.vault.block_of(frame, index)
        wanted.setdefault((leaf, offset), (frame, block, set()))[2].add(index - block.first)
    for (_, offset), (frame, block, forget) in wanted.items():
        with core.reading:
            opened = core.vault.open(frame, block)
            cipher = core.vault.cipher(absolute_slots(frame.head, block))
            common = core.vault.common(frame)
        if opened is None or cipher is None:
            raise BadInput(f"statements of leaf {frame.head.leaf} were erased already")
        seal = Seal(cipher, random(NONCE_BYTES), common, frame.head.width)
        mended = forget_items(block, opened, forget=frozenset(forget), commitments=frame.bound(block), seal=seal)
        yield offset, mended.to_bytes()


def _do(core: Core, journal: _Journal) -> int:
    """Steps 2 to 5; the same again after a crash."""
    _destroy(core, journal)  # 2, 3
    for digest in journal.originals:  # 4
        core.originals.drop(digest)
    notice = commit(journal.groups, journal.salt)
    for place, entry in enumerate(core.log.entries(journal.size)):
        leaf = Leaf.parse(entry)
        if leaf.kind is Kind.ERASURE and leaf.commitment == notice:
            return journal.size + place  # it was logged before the crash
    return core.append([Entry(Kind.ERASURE, journal.groups, salt=journal.salt)]).appended.first  # 5


def _destroy(shelf: Shelf, journal: _Journal) -> None:
    with shelf.reading:
        shelf.keys.slots.erase(journal.slots, at_ms=journal.at_ms)  # 2
        shelf.vault.forget_keys()
        shelf.vault.rewrite(journal.blocks)  # 3


def _write_journal(disk: Disk, folder: Path, journal: _Journal) -> None:
    made: dict[str, Json] = {
        "at_ms": journal.at_ms,
        "blocks": [[offset, data.hex()] for offset, data in journal.blocks],
        "groups": [group.decode() for group in journal.groups],
        "originals": [digest.hex() for digest in journal.originals],
        "salt": journal.salt.hex(),
        "size": journal.size,
        "slots": [[number, id_.hex(), kind.value] for number, id_, kind in journal.slots],
    }
    text = json.dumps(made, sort_keys=True).encode()
    file = AppendFile(disk, folder / JOURNAL)
    try:
        file.cut(0)
        file.append(text + b"\n%08x" % zlib.crc32(text))
        file.sync()
    finally:
        file.close()


def _read_journal(data: bytes) -> _Journal | None:
    """The journal; None where it was cut short while it was written: nothing has been erased then."""
    text, _, crc = data.rpartition(b"\n")
    if crc != b"%08x" % zlib.crc32(text):
        return None
    made = json.loads(text)
    return _Journal(
        at_ms=made["at_ms"],
        slots=tuple((number, bytes.fromhex(id_), SlotKind(kind)) for number, id_, kind in made["slots"]),
        blocks=tuple((offset, bytes.fromhex(data)) for offset, data in made["blocks"]),
        originals=tuple(bytes.fromhex(digest) for digest in made["originals"]),
        groups=tuple(group.encode() for group in made["groups"]),
        salt=bytes.fromhex(made["salt"]),
        size=made["size"],
    )


def _clear_journal(core: Core, disk: Disk) -> None:
    file = AppendFile(disk, core.keys.folder / JOURNAL)
    try:
        file.cut(0)
        file.sync()
    finally:
        file.close()


@dataclass(frozen=True, slots=True)
class Notice:
    """What a notice of erasure (the content of a kind-40 leaf) names: subjects by id, originals by their key's slot, single statements."""

    subjects: tuple[bytes, ...]
    originals: tuple[int, ...]
    items: tuple[tuple[int, int], ...]


def read_notice(content: bytes) -> Notice:
    """Read the content of a notice."""
    notice = json.loads(content)["erased"]
    items = [item.partition("/") for item in notice["items"]]
    return Notice(
        subjects=tuple(bytes.fromhex(id_) for id_ in notice["subjects"]),
        originals=tuple(notice["slots"]),
        items=tuple((int(leaf), int(index)) for leaf, _, index in items),
    )
