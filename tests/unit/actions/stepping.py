"""The steps behind a history that `people` makes."""

from __future__ import annotations

import people

from saksi.actions import Actor, History, Step


def steps_to(make: object, *args: object) -> list[Step]:
    """What was taken while `make(*args)` ran."""
    seen: list[Step] = []
    took, began = people.taken, people.begun

    def noted(have: History, step: Step, actor: Actor) -> History:
        seen.append(step)
        return took(have, step, actor)

    def noted_first(step: Step, actor: Actor) -> History:
        seen.append(step)
        return began(step, actor)

    people.taken, people.begun = noted, noted_first
    try:
        make(*args)  # type: ignore[operator]
    finally:
        people.taken, people.begun = took, began
    return seen
