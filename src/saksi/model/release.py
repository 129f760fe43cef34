"""The one decision on what may be shown to whom; every way out of the node calls it."""

from __future__ import annotations

from dataclasses import dataclass

from saksi.model.marking import Marking, Tlp

__all__ = ["ALL_GROUPS", "NOTHING", "Reader", "release"]

ALL_GROUPS: frozenset[str] = frozenset({"content", "source", "asserter", "handling"})
NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Reader:
    """Who wants to see a statement.

    `authority` is the reader's authority; `home` says that it is the node's own; `clearance` is the strictest TLP this reader may see at
    home; `circles` are the named audiences the reader belongs to; `known` says that the reader has shown who it is (an anonymous
    reader of a public page has not); `purpose` is what the reader says it is for.
    """

    authority: str
    home: bool = False
    clearance: Tlp = Tlp.CLEAR
    circles: frozenset[str] = frozenset()
    known: bool = False
    purpose: str | None = None


def release(marking: Marking, reader: Reader, *, on: str) -> frozenset[str]:
    """The groups of a statement with this marking that `reader` may see on the day `on` (ISO date), or nothing.

    At home the reader's clearance decides. Outside: CLEAR to anyone; GREEN to those who have shown who they are; AMBER to the
    audience named, by authority or circle; AMBER+STRICT and RED to authorities named themselves, never through a circle. What names
    an audience at CLEAR or GREEN is read as AMBER. Nothing but CLEAR leaves without a purpose and a legal basis in the marking, and
    nothing is shown after `retain_until`. A stricter marking never shows more.
    """
    if marking.retain_until is not None and marking.retain_until < on:
        return NOTHING
    tlp = marking.read_as
    if reader.home:
        return ALL_GROUPS if tlp.rank <= reader.clearance.rank else NOTHING
    if tlp is Tlp.CLEAR:
        return ALL_GROUPS
    if not reader.known or marking.purpose is None or marking.legal_basis is None:
        return NOTHING
    if tlp is Tlp.GREEN:
        return ALL_GROUPS
    named = reader.authority in marking.audience
    if tlp is Tlp.AMBER:
        return ALL_GROUPS if named or not reader.circles.isdisjoint(marking.audience) else NOTHING
    return ALL_GROUPS if named else NOTHING
