"""What the two halves mean together. Every crossing is decided here, once, for both parties alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from saksi.actions.half import Mine, Theirs

__all__ = ["CROSSINGS", "Crossing"]


@dataclass(frozen=True, slots=True)
class Crossing:
    """Who has to act next ("us", "them", "nobody"), whether what was asked stands, and in words."""

    waits_for: str
    stands: bool
    said: str


_SENT = {
    Theirs.SILENT: Crossing("them", False, "sent; receipt is not acknowledged yet"),
    Theirs.RECEIVED: Crossing("them", False, "received; not decided yet"),
    Theirs.ASKING: Crossing("us", False, "the recipient asks for clarification"),
    Theirs.ACCEPTED: Crossing("them", False, "accepted; not done yet"),
    Theirs.PART_DONE: Crossing("them", True, "done in part"),
    Theirs.DONE: Crossing("nobody", True, "done"),
    Theirs.IN_FORCE: Crossing("nobody", True, "in force until it ends by itself"),
    Theirs.REFUSED: Crossing("us", False, "refused"),
    Theirs.ENDED: Crossing("nobody", False, "ended"),
    Theirs.LIFTED: Crossing("nobody", False, "lifted"),
}
_WITHDRAWN = {
    Theirs.SILENT: Crossing("nobody", False, "withdrawn before it was received"),
    Theirs.RECEIVED: Crossing("nobody", False, "withdrawn before it was decided"),
    Theirs.ASKING: Crossing("nobody", False, "withdrawn before it was decided"),
    Theirs.ACCEPTED: Crossing("them", False, "withdrawn after it was accepted: the recipient ends it"),
    Theirs.PART_DONE: Crossing("them", True, "withdrawn, and done in part: the recipient must undo it"),
    Theirs.DONE: Crossing("them", True, "withdrawn, and done: the recipient must undo it"),
    Theirs.IN_FORCE: Crossing("them", True, "withdrawn, and in force: the recipient must end it"),
    Theirs.REFUSED: Crossing("nobody", False, "withdrawn, and refused"),
    Theirs.ENDED: Crossing("nobody", False, "withdrawn, and ended"),
    Theirs.LIFTED: Crossing("nobody", False, "withdrawn, and lifted"),
}

# A request that has not left has no other half: SILENT is the only crossing there is.
CROSSINGS: Mapping[tuple[Mine, Theirs], Crossing] = {
    (Mine.DRAFTED, Theirs.SILENT): Crossing("us", False, "drafted; approvals are missing"),
    (Mine.APPROVED, Theirs.SILENT): Crossing("us", False, "approved; not sent yet"),
    (Mine.DROPPED, Theirs.SILENT): Crossing("nobody", False, "dropped before it was sent"),
    **{(Mine.SENT, theirs): made for theirs, made in _SENT.items()},
    **{(Mine.WITHDRAWN, theirs): made for theirs, made in _WITHDRAWN.items()},
}
