"""What became of a look-up, told back by who asked: the statement that is appended for it."""

from __future__ import annotations

from saksi.model import OUTCOMES, BadInput, Content
from saksi.screen.answer import Answer

__all__ = ["outcome"]


def outcome(answer: Answer, schema: str, what: str, *, happened: str | None = None) -> Content:
    """The content to append when the caller of `answer` says what became of it, one of `OUTCOMES`.

    `schema` is the entity's; `happened` is an ISO date or UTC time. A `false-alarm` makes a flagged value contested at
    once, whoever accused it: both sides are then shown. Out of block lists only one takes it that the desk found itself. Raises BadInput
    for another word.
    """
    if what not in OUTCOMES:
        raise BadInput(f"an outcome is one of {', '.join(OUTCOMES)}, not {what[:40]!r}")
    return Content(entity=answer.entity, schema=schema, prop="outcome", value=what, valid_from=happened)
