"""What a take meets that was erased from the ledger before: it stays out, is counted by the day of its erasure, and is said in words."""

from __future__ import annotations

from collections import Counter
from datetime import date

from saksi.app.reason import check_reason
from saksi.model import BadInput

__all__ = ["KeptOut"]


class KeptOut:
    """The erased statements that one take has met. With a `reason` they are brought in again on purpose, and counted all the same."""

    def __init__(self, reason: str | None) -> None:
        """Raises BadInput where the reason says nothing."""
        if reason is not None and not reason.strip():
            raise BadInput("what was erased is brought in again for a reason", todo="say why with --reason")
        if reason is not None:
            check_reason(reason, "reason")
        self.reason = reason
        self._met: Counter[date] = Counter()

    def meets(self, day: date) -> bool:
        """Count a statement that was erased on a day; says whether it goes in again."""
        self._met[day] += 1
        return self.reason is not None

    @property
    def out(self) -> int:
        """How many statements stay out."""
        return 0 if self.reason is not None else self._met.total()

    @property
    def back(self) -> int:
        """How many statements were brought in again on purpose."""
        return 0 if self.reason is None else self._met.total()

    def told(self) -> tuple[str, ...]:
        """What was met, day by day, in words."""
        made = []
        for day, count in sorted(self._met.items()):
            one = count == 1
            then = "taken in again on purpose" if self.reason is not None else "stays out" if one else "stay out"
            made.append(f"{count:,} statement{' was' if one else 's were'} erased on {day} and {then}")
        return tuple(made)

    def refusals(self) -> tuple[str, ...]:
        """The same as lines of the list of rejects; nothing where they were brought in."""
        return self.told() if self.out else ()

    def warnings(self) -> tuple[str, ...]:
        """The same for the officer, with what follows from it."""
        return (*self.told(), "the file itself is not kept, as it holds what was erased") if self.out else self.told()
