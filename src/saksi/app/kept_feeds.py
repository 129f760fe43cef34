"""Block lists that were made, kept in memory for whoever asks next: many poll the same list, and it changes only with the views."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace

from saksi.screen.feeds import Plan

__all__ = ["KeptFeeds"]

_MOST = 128 << 20


class KeptFeeds:
    """Bytes of block lists by their plan and the state of the views they were made of, at most `most` bytes in all.

    Those of another state go as soon as one of a new state is asked for: what was withdrawn or erased is not kept for later. The time at
    which a list was made is no part of its plan here. Used by one thread.
    """

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._state = ""
        self._held: OrderedDict[Plan, bytes] = OrderedDict()

    def get(self, plan: Plan, state: str) -> bytes | None:
        """The list, or None where it has to be made."""
        if state != self._state:
            self._held.clear()
            self._state = state
        plan = replace(plan, made_at="")
        data = self._held.get(plan)
        if data is not None:
            self._held.move_to_end(plan)
        return data

    def put(self, plan: Plan, state: str, data: bytes) -> None:
        """Keep a list, and let go of those that were not asked for the longest. One that alone is too large is not kept."""
        if state != self._state or plan.historical or len(data) > self._most:
            return
        self._held[replace(plan, made_at="")] = data
        while sum(map(len, self._held.values())) > self._most:
            self._held.popitem(last=False)
