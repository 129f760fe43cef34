"""What an erasure would take with it: counted, so that a person may see it before it is done."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from hashlib import sha256

from saksi.ledger.batch import Kind
from saksi.ledger.block import Block, Items
from saksi.ledger.commitment import Groups
from saksi.ledger.core import Core, Shelf
from saksi.ledger.repeats import records, repeats_any
from saksi.ledger.vault import Frame, absolute_slots
from saksi.model.canonical import Json, canonical
from saksi.model.errors import BadInput

__all__ = ["SAYING", "ErasurePlan", "frame_at", "groups_at", "opened_blocks", "plan"]

SAYING = frozenset({Kind.PRIVATE, Kind.PUBLIC, Kind.BATCH})
_PLANNED = b"saksi/erasure-plan1\0"
_AMENDS = b'{"op":'  # in canonical form; what says something begins with its entity


@dataclass(frozen=True, slots=True)
class ErasurePlan:
    """What an erasure would take with it, to be shown to a person before it is done.

    `subjects` are ids of data subjects; `items` are single statements (leaf, index) that go without their subject; `touched` are all
    statements that can no longer be read afterwards; `amendments` counts those among them that only amend others of them, and `shared`
    those that other, unnamed subjects have a part in; `originals` are the digests of originals that hold the words of a touched statement
    (the one it came from, and each later one that says it again), and `resting` counts the other readable statements that rest on those
    (amendments and records of takes are none): their own words stay, but nobody can look them up in the original any more.
    """

    subjects: tuple[bytes, ...]
    items: tuple[tuple[int, int], ...]
    touched: tuple[tuple[int, int], ...]
    amendments: int
    shared: int
    originals: tuple[bytes, ...]
    resting: int

    def digest(self) -> str:
        """A name for exactly this (SHA-256 in hex): whoever agrees to it agrees to nothing that came in since, however it is counted."""
        told: dict[str, Json] = {
            "items": [list(place) for place in self.items],
            "originals": [digest.hex() for digest in self.originals],
            "resting": self.resting,
            "shared": self.shared,
            "subjects": [subject.hex() for subject in self.subjects],
            "touched": [list(place) for place in self.touched],
        }
        return sha256(_PLANNED + canonical(told)).hexdigest()


def plan(core: Core, subjects: Collection[bytes] = (), items: Collection[tuple[int, int]] = ()) -> ErasurePlan:
    """Everything that goes when these subjects and these single statements are erased; amendments go with what they are about.

    Of the blocks of single statements nothing else goes. Raises BadInput where a subject is unknown, or one of them was erased already.
    """
    numbers = _slots(core, subjects)
    touched: list[tuple[int, int]] = []
    shared = 0
    gone = _Gone(set(), set())
    for frame, block, opened in opened_blocks(core, core.log.size, numbers.keys()) if numbers else ():
        places = [(frame.head.leaf, block.first + place) for place, groups in enumerate(opened.groups) if groups is not None]
        touched.extend(places)
        shared += 0 if set(absolute_slots(frame.head, block)) <= numbers.keys() else len(places)
        gone.add(frame, block, opened)
    single = sorted(set(items).difference(touched))
    for leaf, index in single:
        frame = frame_at(core, leaf)
        groups = groups_at(core, frame, index)
        if groups is None:
            raise BadInput(f"statement {index} of leaf {leaf} was erased already")
        gone.targets.add(_commitment(frame, index))
        gone.digests.update(_digests([groups]))
    gone.digests.update(_saying_again(core, {*touched, *single}))
    made = ErasurePlan(tuple(sorted(set(subjects))), tuple(single), tuple(sorted({*touched, *single})), 0, shared, (), 0)
    return _with_the_rest(core, made, gone, numbers.keys())


@dataclass(frozen=True, slots=True)
class _Gone:
    """Of statements that go: their commitments, by which amendments name them, and the digests of their originals."""

    targets: set[bytes]
    digests: set[bytes]

    def add(self, frame: Frame, block: Block, opened: Items) -> None:
        """Also those that can be read in a block."""
        for place, groups in enumerate(opened.groups, block.first):
            if groups is not None:
                self.targets.add(_commitment(frame, place))
        self.digests.update(_digests(opened.groups))


def _slots(core: Core, subjects: Collection[bytes]) -> dict[int, bytes]:
    numbers: dict[int, bytes] = {}
    for id_ in subjects:
        found = core.keys.slots.find(id_)
        if not found:
            raise BadInput(f"there is no data subject {id_.hex()}")
        if all(core.keys.slots.read(number).key is None for number in found):
            raise BadInput(f"the data subject {id_.hex()} was erased already")
        numbers.update(dict.fromkeys(found, id_))
    return numbers


def _with_the_rest(core: Core, plan: ErasurePlan, gone: _Gone, numbers: Collection[int]) -> ErasurePlan:
    """The plan with the amendments and the originals that go too, and how many other statements rest on those.

    An amendment names the file with which it came, which need not hold the words: no original goes for it, and it rests on none.
    """
    kept = {digest for digest in gone.digests if core.originals.slot_of(digest) is not None}
    touched, items = set(plan.touched), set(plan.items)
    anywhere = None if kept or items else numbers  # amendments of a subject's statements are the subject's
    amendments = resting = 0
    for frame, block, opened in opened_blocks(core, core.log.size, anywhere):
        if frame.head.kind not in SAYING:
            continue
        for index, groups in enumerate(opened.groups, block.first):
            if groups is None:
                continue
            place = (frame.head.leaf, index)
            if groups[0].startswith(_AMENDS):
                if place in touched or _target(groups[0]) in gone.targets:
                    amendments += 1
                    items.update({place} - touched)
            elif place not in touched and not kept.isdisjoint(_digests([groups])):
                resting += 1
    return replace(
        plan, items=tuple(sorted(items)), touched=tuple(sorted(touched | items)), amendments=amendments,
        originals=tuple(sorted(kept)), resting=resting,
    )  # fmt: skip


def _saying_again(core: Core, touched: Collection[tuple[int, int]]) -> set[bytes]:
    """The digests of the files that said one of these statements again when it stood already, by the records of their takes."""
    places: defaultdict[int, list[int]] = defaultdict(list)
    for leaf, index in touched:
        places[leaf].append(index)
    found: set[bytes] = set()
    for frame, words in records(core, min(places, default=core.log.size), core.log.size):
        if repeats_any(words, places):
            for _, items in core.blocks(frame):
                found.update(_digests(items.groups) if items else ())
    return found


def _commitment(frame: Frame, index: int) -> bytes:
    return frame.commitments[32 * index : 32 * index + 32]


def _target(content: bytes) -> bytes:
    """The commitment of the statement that an amendment is about."""
    target = json.loads(content)["target"]
    return bytes.fromhex(target.rpartition("#")[2])


def opened_blocks(core: Shelf, size: int, subjects: Collection[int] | None = None) -> Iterator[tuple[Frame, Block, Items]]:
    """All blocks that can be read; where `subjects` (slots) are given, only those that name one of them."""
    oldest = min(subjects) if subjects else 0
    for _, frame in core.frames(0, size):
        if frame is None or frame.head.slots < oldest:
            continue
        if subjects is not None and frame.head.kind == Kind.BATCH and not any(slot >= frame.head.base for slot in subjects):
            continue
        for _, block in core.sealed_blocks(frame):
            if subjects is not None and not any(slot in subjects for slot in absolute_slots(frame.head, block)):
                continue
            with core.reading:
                items = core.vault.open(frame, block)
            if items is not None:
                yield frame, block, items


def frame_at(core: Shelf, leaf: int) -> Frame:
    """The frame of a leaf; raises BadInput where its payload is not here."""
    with core.reading:
        frame = core.vault.frame(leaf)
    if frame is None:
        raise BadInput(f"the payload of leaf {leaf} is not here")
    return frame


def groups_at(core: Shelf, frame: Frame, index: int) -> Groups | None:
    """The groups of a statement, None where it was erased."""
    with core.reading:
        _, block = core.vault.block_of(frame, index)
        opened = core.vault.open(frame, block)
    return opened.groups[index - block.first] if opened else None


def _digests(statements: Iterable[Groups | None]) -> set[bytes]:
    """The digests of the sources that statements rest on; in canonical form the digest comes first."""
    sources = {groups[1] for groups in statements if groups is not None}
    return {bytes.fromhex(source[11:75].decode()) for source in sources if source.startswith(b'{"digest":"')}
