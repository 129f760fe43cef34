"""A long answer page by page: all that is said about a thing, itself first and then what it was matched with, each from the newest back.

A page ends at 200 (`Setting.listed`) lines that stand or as many that do not, counted over what the reader may see and nothing else.
Its mark names the last line shown by part and place in the ledger, both of which the reader has; it is no place in a table of ours.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from saksi.model import BadInput
from saksi.screen.answer import Answer

__all__ = ["Listed", "Mark", "Picked", "Said", "pick"]

_MARK = re.compile(r"(0|[1-9][0-9]{0,2})\.(0|[1-9][0-9]{0,15})\.(0|[1-9][0-9]{0,15})\.(0|[1-9][0-9]{0,15})")

# One thing said: its part, leaf, index, and whether it stands.
Said: TypeAlias = tuple[int, int, int, bool]


class Listed(Answer, frozen=True, gc=False, kw_only=True):
    """An answer whose statements are one page of many: `before` stood on earlier pages, `next` asks for the page behind or is null."""

    before: int = 0
    next: str | None = None


class Mark(NamedTuple):
    """Where a page ended: part, leaf and place in the leaf of its last line, and how many standing statements were listed up to it."""

    part: int
    leaf: int
    place: int
    shown: int

    @classmethod
    def read(cls, text: str) -> Mark:
        """Read what `str` wrote. Raises BadInput."""
        found = _MARK.fullmatch(text)
        if found is None:
            raise BadInput("a cursor is what an earlier page gave", where="after")
        return cls(*[int(each) for each in found.groups()])

    def __str__(self) -> str:
        return ".".join(map(str, self))


class Picked(NamedTuple):
    """The lines of a page by their places among those said, in their order; and the mark where it ends, or None at the end."""

    places: tuple[int, ...]
    mark: Mark | None


def pick(said: Sequence[Said], most: int, after: Mark | None) -> Picked:
    """The page behind `after` (None: the first) of what is said, which is in the order of parts and of the ledger."""
    order = sorted(range(len(said)), key=lambda place: (said[place][0], -said[place][1], -said[place][2]))
    if after is not None:
        order = [place for place in order if _is_behind(said[place], after)]
    room = [most, most]
    for count, place in enumerate(order):
        stands = said[place][3]
        if not room[stands]:
            order = order[:count]
            part, leaf, index, _ = said[order[-1]]
            shown = (0 if after is None else after.shown) + most - room[True]
            return Picked(tuple(sorted(order)), Mark(part, leaf, index, shown))
        room[stands] -= 1
    return Picked(tuple(sorted(order)), None)


def _is_behind(said: Said, after: Mark) -> bool:
    return said[0] > after.part or (said[0] == after.part and said[1:3] < (after.leaf, after.place))
