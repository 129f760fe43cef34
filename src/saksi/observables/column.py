"""A column of normalised values: for each row either the entity id or the reason why there is none, never both, never neither."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Column"]


@dataclass(frozen=True, slots=True)
class Column:
    """`entities[i]` is the id of row i ("host:example.com") or None; `reasons[i]` says why it is None, and is None otherwise.

    `unplanned` has the ids of phones that their number plan does not list, None where the reading did not tell.
    """

    entities: list[str | None]
    reasons: list[str | None]
    unplanned: frozenset[str] | None = None
