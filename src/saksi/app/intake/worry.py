"""Should I worry? One value, answered with what may be said to everybody, and with nothing else.

Only statements marked TLP:CLEAR speak. What anybody else knows, asks or does about a value (reports, holds, requests, investigations)
changes nothing: the answer is then, sign for sign, the one about a value nobody has heard of. "Safe" is never said, not even of what is
on a list of good addresses: such lists are read by those who build lookalikes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from saksi.model import BadInput, Reader
from saksi.screen.answer import Answer

__all__ = ["Asking", "Counts", "Warned", "worry"]

_MOST = 5


class Asking(Protocol):
    """Whoever looks values up."""

    def ask(self, value: str, *, country: str | None, reader: Reader, at: int | None) -> Answer:
        """The answer about a value in any script and spelling."""


@dataclass(frozen=True, slots=True)
class Warned:
    """A public warning: whose it is, and since when it is known, as far as that is said."""

    publisher: str
    since: str
    uri: str


@dataclass(slots=True)
class Counts:
    """All that is kept of the questions: how many there were, and how many met a public warning."""

    asked: int = 0
    warned: int = 0
    unread: int = 0

    def as_log(self) -> Mapping[str, int]:
        """For the log."""
        return {"asked": self.asked, "warned": self.warned, "unread": self.unread}


def worry(node: Asking, value: str, *, country: str | None, counts: Counts) -> tuple[Warned, ...] | None:
    """The public warnings about a value, none where there are none; None where it cannot be read as anything that is looked up."""
    counts.asked += 1
    try:
        said = node.ask(value, country=country, reader=Reader("", home=False, known=False), at=None)
    except BadInput:
        counts.unread += 1
        return None
    if not said.flagged:
        return ()
    accusing = {number for role in said.roles if role.kind == "accuses" for number in role.sources}
    found = [
        Warned(line.publisher or line.title or "", (line.published or "")[:10], line.uri or "")
        for line in said.sources
        if line.n in accusing and line.says == "affirm"
    ]
    counts.warned += bool(found)
    return tuple(found[:_MOST])
