"""How one thing stands, from what is said about it: the rule by which an accusation flags, and all that stops it.

Wrongly freezing somebody's money or blocking somebody's page is a defect of the first rank, so a flag needs a standing accusation and
nothing at all that speaks against it; record 0061 gives the reasons.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from saksi.model import ACCUSING_ROLES, ROLES, SAFE_KINDS
from saksi.screen.recycle import months_between, recycling

__all__ = ["PROTECTED_ROLES", "Grounds", "Point", "sighting", "weigh"]

PROTECTED_ROLES: frozenset[str] = frozenset(ROLES) - ACCUSING_ROLES
_HARMLESS = "false-alarm"
_CONFIRMED = "scam-confirmed"
_WEAK_RELIABILITY = "E"
_WEAK_CREDIBILITY = "5"


class Point(NamedTuple):
    """One standing, visible statement (or `times` equal ones) reduced to what a verdict rests on.

    `value` is kept for `role`, `safeListed` and `outcome` only. `grade` is in force now ("B2") or None. `reported`
    and `reported_until` are the first and the last day on which it was told, else the source's own date; `since` and `until` are
    when it was recorded here. `desk`: one of the authority's own is named for it, so that an outcome is more than a caller's word.
    """

    prop: str
    value: str | None
    polarity: str
    source: int
    recorded_by: str
    grade: str | None
    valid_from: str | None
    valid_until: str | None
    reported: str | None
    reported_until: str | None
    since: str
    until: str
    quote: str | None
    times: int
    desk: bool = False


class Grounds(msgspec.Struct, frozen=True, gc=False):
    """The verdict on one thing. `stand` is "none", "neutral", "accused", "protected", "contested" or "safe".

    `weak`: all accusations come from sources judged unreliable, or are judged improbable. `stale`: the last sighting (`last`) is `months`
    old and things of this kind change hands sooner; `undated` says that nobody dates it, and `last` is when it was recorded here.
    `flagged` needs "accused", not weak, and not stale where the kind is reissued.
    `doubted`: it is contested by nothing but callers' words, which the desk has not made its own.
    `confirmed`: a caller told back that it was a scam, which names nobody and flags nothing by itself.
    """

    stand: str
    flagged: bool
    accusing: tuple[str, ...]
    protected: tuple[str, ...]
    safe: tuple[str, ...]
    denied: bool
    weak: bool
    stale: bool
    months: int
    last: str | None
    confirmed: bool = False
    undated: bool = False
    doubted: bool = False

    @property
    def status(self) -> str:
        """The same in the four words of an answer."""
        return _STATUS[self.stand]


_STATUS = {
    "none": "unknown",
    "neutral": "known",
    "accused": "known",
    "protected": "known",
    "contested": "contested",
    "safe": "safe-listed",
}


def weigh(points: Sequence[Point], kind: str, *, today: str, suffix: bool = False) -> Grounds:
    """The verdict on one thing of this kind from the points about it, on the day `today` (ISO date).

    `suffix` says that it is nobody's own: a public suffix such as a web host's name counts as shared, for everybody's customers lie under
    it; an address that is private, loopback or reserved, or a page on one, as reserved.
    """
    accusing: set[str] = set()
    protected: set[str] = set()
    safe: set[str] = set()
    denied = unsafe = confirmed = doubted = False
    weak = True  # until an accusation is not
    last, undated = "", False
    for point in points:
        value = point.value
        if point.polarity == "deny":
            denied = True
            unsafe = unsafe or point.prop == "safeListed"
        elif point.prop == "role" and value is not None:
            if value in ACCUSING_ROLES:
                accusing.add(value)
                weak = weak and _is_weak(point.grade)
                when, guessed = sighting(point)
                if when > last:
                    last, undated = when, guessed
            elif value in PROTECTED_ROLES:
                protected.add(value)
        elif point.prop == "safeListed" and value is not None:
            safe.add(value)
        elif point.prop == "outcome" and value == _HARMLESS:
            denied = denied or point.desk
            doubted = doubted or not point.desk
        elif point.prop == "outcome" and value == _CONFIRMED:
            confirmed = True
    stand = _stand(bool(points), bool(accusing), bool(protected), safe=bool(safe) and not unsafe, denied=denied)
    doubted = doubted and stand not in {"safe", "contested"}
    if doubted:
        stand = "contested"
    if suffix and stand != "none":
        stand = "safe"
        safe.add("shared" if kind == "host" else "reserved")
    months = months_between(last, today) if last else 0
    stale = bool(last) and months >= recycling(kind).months
    weak = weak and bool(accusing)
    return Grounds(
        stand=stand,
        flagged=stand == "accused" and not weak and not (stale and recycling(kind).reissued),
        accusing=tuple(role for role in ROLES if role in accusing),
        protected=tuple(role for role in ROLES if role in protected),
        safe=tuple(each for each in SAFE_KINDS if each in safe) + tuple(sorted(safe - set(SAFE_KINDS))),
        denied=denied or doubted,
        weak=weak,
        stale=stale,
        months=months,
        last=last or None,
        confirmed=confirmed,
        undated=undated,
        doubted=doubted,
    )


def sighting(point: Point) -> tuple[str, bool]:
    """When a value was last seen doing what a point says: as it happened, else as reported. Else when it was recorded here, and True."""
    seen = point.valid_until or point.valid_from or point.reported_until
    return (point.until, True) if seen is None else (seen, False)


def _stand(anything: bool, accusing: bool, protected: bool, *, safe: bool, denied: bool) -> str:
    if safe:
        return "safe"
    if denied or (accusing and protected):
        return "contested"
    if protected:
        return "protected"
    if accusing:
        return "accused"
    return "neutral" if anything else "none"


def _is_weak(grade: str | None) -> bool:
    return grade is not None and (grade[0] == _WEAK_RELIABILITY or grade[1] == _WEAK_CREDIBILITY)
