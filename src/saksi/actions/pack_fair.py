"""What speaks for the person or thing accused. A pack has a place of its own for it, and says how much of it is withheld."""

from __future__ import annotations

from saksi.model import ACCUSING_ROLES, ROLES, Amendment, Content, Op

__all__ = ["speaks_for"]

_TAKES_BACK = frozenset({Op.RETRACT, Op.EXPIRE, Op.REJECT})
_STANDS_BY = frozenset({Op.REINSTATE, Op.CONFIRM})
_SPARING = frozenset(ROLES) - ACCUSING_ROLES
_HARMLESS = "false-alarm"


def speaks_for(said: Content | Amendment, *, target: bool = False) -> bool:
    """Whether a statement speaks for what it is about.

    It does where it denies an accusation, names a role of somebody harmed or borrowed, safe-lists, or tells a false alarm; an amendment
    where it takes an accusation back, or stands by a statement that speaks for it (`target` says whether its target does). A denial of any
    of these does not.
    """
    if isinstance(said, Amendment):
        return said.op in _STANDS_BY if target else said.op in _TAKES_BACK
    sparing = (
        (said.prop == "role" and said.value in _SPARING)
        or said.prop == "safeListed"
        or (said.prop == "outcome" and said.value == _HARMLESS)
    )
    return sparing is (said.polarity == "affirm")
