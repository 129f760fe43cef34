"""An evidence pack on the way: what was asked for, what goes in, and what is counted as withheld."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from saksi.actions.pack import About
from saksi.actions.pack_case import Read
from saksi.actions.pack_page import Paper
from saksi.app.amending import Amending
from saksi.model import Marking, Reader, Source, parse_canonical, release

__all__ = ["CaseTaken", "Draft", "Order", "Place", "put"]


@dataclass(frozen=True, slots=True)
class CaseTaken:
    """What a case gives to a pack: where its entries stand (leaf, place), the entities and documents it holds, the statements, and apart
    from them all that speaks for somebody; who read it."""

    id: str
    entries: tuple[tuple[int, int], ...]
    entities: tuple[str, ...]
    refs: tuple[str, ...]
    favour: tuple[str, ...]
    documents: tuple[str, ...]
    reads: tuple[Read, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """What a pack is asked for.

    `what` are request ids, references, entity ids or values; `case` is a case that it is about, too; `reader` is whom it is for;
    `originals` says whether the originals go with it; `analyst` is the pseudonym of whoever makes it; `paper` makes a PDF of it.
    """

    what: tuple[str, ...]
    reader: Reader
    originals: bool = True
    analyst: str | None = None
    country: str | None = None
    paper: Paper | None = None
    case: CaseTaken | None = None


@dataclass(slots=True)
class Place:
    """A statement that may go in: where it stands, the marking in force, and which role it has there."""

    leaf: int
    index: int
    marking: Marking
    role: str


@dataclass(slots=True)
class Draft:
    """A pack on the way."""

    node: Amending
    order: Order
    day: str
    about: list[About] = field(default_factory=list)
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    originals: dict[str, tuple[int, int]] = field(default_factory=dict)
    places: dict[tuple[int, int], Place] = field(default_factory=dict)
    steps: dict[str, list[Place]] = field(default_factory=dict)
    withheld: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    sources: set[str] = field(default_factory=set)
    markings: list[Marking] = field(default_factory=list)
    synthetic: bool = False
    groundless: bool = False  # of something no more is missing than the purpose or the legal ground in its marking

    def keep(self, what: str, count: int = 1, *, why: str, marking: Marking | None = None) -> None:
        """Count what is withheld."""
        self.withheld[what, why, "" if marking is None else f"TLP:{marking.read_as.value}"] += count

    def may(self, what: str, marking: Marking) -> bool:
        """Whether the reader may see what bears this marking; where not, it is counted as withheld."""
        if release(marking, self.order.reader, on=self.day):
            return True
        ended = marking.retain_until is not None and marking.retain_until < self.day
        self.groundless = self.groundless or bool(release(_grounded(marking), self.order.reader, on=self.day))
        self.keep(what, why="kept no longer" if ended else "its marking does not release it to this reader", marking=marking)
        return False


def _grounded(marking: Marking) -> Marking:
    return replace(marking, purpose=marking.purpose or "given", legal_basis=marking.legal_basis or "given")


def put(made: Draft, name: str, place: Place, groups: Sequence[str]) -> None:
    """Put the proof of a statement into the pack under a name, and remember what it rests on and how it is marked."""
    proof = made.node.ledger.prove(place.leaf, place.index, groups=groups)
    payload = made.node.ledger.payload(place.leaf, place.index)
    source = Source.from_json(parse_canonical(payload or b"{}").get("source", {}))
    made.files[name] = (place.role, proof)
    made.markings.append(place.marking)
    made.synthetic = made.synthetic or (place.role != "note" and source.synthetic)
    if source.digest is not None and place.role != "note":
        made.sources.add(source.digest)
