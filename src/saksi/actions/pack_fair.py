"""What speaks for the person or thing accused. A pack has a place of its own for it, and says how much of it is withheld."""

from __future__ import annotations

from saksi.model import Amendment, Content, Op
from saksi.model.favour import speaks_for

__all__ = ["in_favour"]

_TAKES_BACK = frozenset({Op.RETRACT, Op.EXPIRE, Op.REJECT})
_STANDS_BY = frozenset({Op.REINSTATE, Op.CONFIRM})


def in_favour(said: Content | Amendment, *, target: bool = False) -> bool:
    """Whether a statement lies in that place: what speaks for a person (`model.favour`), and every other denial.

    An amendment does where it takes back what does not speak for them, or stands by what does (`target` says whether its target does).
    """
    if isinstance(said, Amendment):
        return said.op in (_STANDS_BY if target else _TAKES_BACK)
    if speaks_for(said.prop, said.value, said.polarity):
        return True
    return said.polarity == "deny" and not speaks_for(said.prop, said.value, "affirm")
