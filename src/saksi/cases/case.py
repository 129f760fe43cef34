"""A case as it stands after its entries: what it holds, who may see it, what is left to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = ["Case", "Item", "Stand", "Task"]


class Stand(Enum):
    """Where a case stands."""

    OPEN = "open"
    SEALED = "sealed"
    CLOSED = "closed"
    MERGED = "merged"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing in a case: what it is called, who put it there, when."""

    name: str
    person: str
    at: str


@dataclass(frozen=True, slots=True)
class Task:
    """Something to do: what, for whom (None: anybody), by when (UTC), since when it is done."""

    name: str
    text: str
    whom: str | None
    due: str | None
    done_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A case after its last entry.

    `head` is the digest of that entry, `at` its time. `unit` is the one that opened it. `members` may see it, `lead` (one of them) answers
    for it, `assigned` work on it. `favour` are the statements that speak for somebody: never among `refs`. `before` is where it stood
    when it was sealed. `into` is the case it was merged into, `parts` are the cases linked under it, `absorbed` those merged into it.
    `everybody` are all who made an entry. `reason` is why it stands where it does.
    """

    id: str
    unit: str
    title: str
    opened_at: str
    stand: Stand
    head: str
    at: str
    entries: int
    lead: str
    members: frozenset[str]
    everybody: frozenset[str]
    assigned: frozenset[str] = frozenset()
    refs: tuple[Item, ...] = ()
    favour: tuple[Item, ...] = ()
    documents: tuple[Item, ...] = ()
    entities: tuple[Item, ...] = ()
    reports: tuple[Item, ...] = ()
    notes: tuple[Item, ...] = ()
    tasks: tuple[Task, ...] = ()
    parts: tuple[str, ...] = ()
    absorbed: tuple[str, ...] = ()
    into: str | None = None
    before: Stand | None = None
    reason: str | None = None

    @property
    def open_tasks(self) -> tuple[Task, ...]:
        """What is left to do, what is due first first."""
        return tuple(sorted((each for each in self.tasks if each.done_at is None), key=lambda each: (each.due or "9", each.name)))
