"""The signposts at the top of every page: those that lead the reader somewhere, by what they may do."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from saksi.app.api.keys import May

__all__ = ["SIGNPOSTS", "Signpost", "first_of", "signposts_of"]


@dataclass(frozen=True, slots=True)
class Signpost:
    """One of them: its address, the name of its words in the catalogues, the letter after `g`, the right it needs (None: none)."""

    path: str
    words: str
    key: str
    may: May | None = None


SIGNPOSTS: tuple[Signpost, ...] = (
    Signpost("/today", "nav_today", "t", May.CASE),
    Signpost("/cases", "nav_cases", "c", May.CASE),
    Signpost("/requests", "nav_requests", "r", May.REQUEST),
    Signpost("/answers", "nav_answers", "n", May.REQUEST),
    Signpost("/alerts", "nav_alerts", "w", May.REQUEST),  # of people who signed in: no key and no machine has that right
    Signpost("/record", "nav_record", "d", May.REQUEST),
    Signpost("/admin", "nav_admin", "m", May.ADMIN),
    Signpost("/ledger", "nav_ledger", "l"),
    Signpost("/about", "nav_about", "a"),
)

_SEARCH = Signpost("/", "error_home", "h", May.LOOK)


def first_of(rights: Collection[May]) -> Signpost:
    """Where a reader with these rights begins: at the search; who may look nothing up, at what they may do."""
    if May.LOOK in rights:
        return _SEARCH
    return next((each for each in SIGNPOSTS if each.may in rights), _SEARCH)


def signposts_of(rights: Collection[May]) -> tuple[Signpost, ...]:
    """The signposts of a reader with these rights."""
    return tuple(each for each in SIGNPOSTS if each.may is None or each.may in rights)
