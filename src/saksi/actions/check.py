"""What several words ask of a step."""

from __future__ import annotations

from datetime import timedelta

from saksi.actions.step import Step, moment
from saksi.model import BadInput, NotAllowed

__all__ = ["with_text", "within"]


def within(until: str, start: str, most: timedelta) -> None:
    """Refuse an end that is not between `start` and `most` later (all UTC)."""
    end, begin = moment(until, "until"), moment(start, "at")
    if not begin < end <= begin + most:
        raise NotAllowed(f"it may stay in force for {most.days} days at most, from {start}", where="until")


def with_text(step: Step, todo: str) -> None:
    """Refuse a step without words for people."""
    if not (step.text or "").strip():
        raise BadInput("words are missing", where="text", todo=todo)
