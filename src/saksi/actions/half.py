"""The two halves of a request: where each party stands, which word leads from where to where, and who may say it.

No party's word moves the other's half. What both halves together mean is `crossing.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from saksi.actions.step import Word
from saksi.model.actor import Role

__all__ = ["ACTED", "MAY", "MINE", "THEIRS", "Mine", "Theirs"]


class Mine(Enum):
    """The requester's half."""

    DRAFTED = "drafted"
    APPROVED = "approved"
    SENT = "sent"
    WITHDRAWN = "withdrawn"
    DROPPED = "dropped"


class Theirs(Enum):
    """The recipient's half, as far as it has answered."""

    SILENT = "silent"
    RECEIVED = "received"
    ASKING = "asking"
    ACCEPTED = "accepted"
    PART_DONE = "part-done"
    DONE = "done"
    IN_FORCE = "in-force"
    REFUSED = "refused"
    ENDED = "ended"
    LIFTED = "lifted"


# Where something has been done to somebody's money, number or page.
ACTED: frozenset[Theirs] = frozenset({Theirs.PART_DONE, Theirs.DONE, Theirs.IN_FORCE})

_OUT = frozenset({Mine.SENT, Mine.WITHDRAWN})
_OPEN = frozenset({Mine.DRAFTED, Mine.APPROVED})

# From where a word may be said; what it does to the half is in `mine.py`, word by word.
MINE: Mapping[Word, frozenset[Mine]] = {
    Word.EDIT: _OPEN,
    Word.APPROVE: frozenset({Mine.DRAFTED, Mine.SENT}),
    Word.REVIEW: frozenset({Mine.DRAFTED, Mine.SENT}),
    Word.SEND_BACK: frozenset({Mine.DRAFTED, Mine.APPROVED, Mine.SENT}),
    Word.SEND: frozenset({Mine.APPROVED}),
    Word.DELIVER: _OUT,
    Word.BOUNCE: _OUT,
    Word.REMIND: _OUT,
    Word.ESCALATE: _OUT,
    Word.CLARIFY: frozenset({Mine.SENT}),
    Word.PROPOSE_RENEWAL: frozenset({Mine.SENT}),
    Word.RENEW: frozenset({Mine.SENT}),
    Word.APPEAL: _OUT,
    Word.LIFT: _OUT,
    Word.KEEP: frozenset({Mine.SENT}),
    Word.WITHDRAW: _OPEN | {Mine.SENT},
}

# From where an answer may come, and where it leads.
THEIRS: Mapping[Word, tuple[frozenset[Theirs], Theirs | None]] = {
    Word.RECEIVE: (frozenset({Theirs.SILENT}), Theirs.RECEIVED),
    Word.ASK: (frozenset({Theirs.RECEIVED}), Theirs.ASKING),
    Word.ACCEPT: (frozenset({Theirs.RECEIVED, Theirs.ASKING}), Theirs.ACCEPTED),
    Word.REFUSE: (frozenset({Theirs.RECEIVED, Theirs.ASKING, Theirs.ACCEPTED}), Theirs.REFUSED),
    Word.PART: (frozenset({Theirs.ACCEPTED, Theirs.PART_DONE}), Theirs.PART_DONE),
    Word.DONE: (frozenset({Theirs.ACCEPTED, Theirs.PART_DONE}), Theirs.DONE),
    Word.ENFORCE: (frozenset({Theirs.ACCEPTED, Theirs.PART_DONE, Theirs.DONE}), Theirs.IN_FORCE),
    Word.PROLONG: (frozenset({Theirs.IN_FORCE}), Theirs.IN_FORCE),
    Word.END: (frozenset({Theirs.ACCEPTED}) | ACTED, Theirs.ENDED),
    Word.LIFTED: (frozenset({Theirs.ACCEPTED}) | ACTED, Theirs.LIFTED),
    Word.KEPT: (ACTED, None),
}

_OFFICER = frozenset({Role.ANALYST, Role.APPROVER})
_DESK = frozenset({Role.INTAKE, Role.ANALYST, Role.APPROVER})

MAY: Mapping[Word, frozenset[Role]] = {
    Word.DRAFT: _OFFICER,
    Word.EDIT: _OFFICER,
    Word.APPROVE: frozenset({Role.APPROVER}),
    Word.REVIEW: frozenset({Role.REVIEWER}),
    Word.SEND_BACK: frozenset({Role.APPROVER, Role.REVIEWER}),
    Word.SEND: _OFFICER,
    Word.DELIVER: _OFFICER | {Role.COURIER},
    Word.BOUNCE: _OFFICER | {Role.COURIER},
    Word.REMIND: _OFFICER | {Role.COURIER},
    Word.ESCALATE: _OFFICER | {Role.COURIER},
    Word.CLARIFY: _OFFICER,
    Word.PROPOSE_RENEWAL: _OFFICER,
    Word.RENEW: _OFFICER,
    Word.APPEAL: _DESK | {Role.COURIER},
    Word.LIFT: frozenset({Role.APPROVER, Role.REVIEWER}),  # to undo what is wrong one of them is enough
    Word.KEEP: frozenset({Role.REVIEWER}),
    Word.WITHDRAW: _OFFICER | {Role.REVIEWER},
    **dict.fromkeys(THEIRS, _DESK),  # typed in for a recipient without a node
}
