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
_ACCUSES, _PROTECTS, _SAFE = "accuses", "protects", "safeListed"
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
    """The verdict on one thing. `stand` is "none", "neutral", "cleared", "accused", "protected", "contested" or "safe".

    "cleared": it was found to be harmless, or an accusation is denied, and nobody makes one.
    `weak`: all accusations come from sources judged unreliable, or are judged improbable. `stale`: the last sighting (`last`) is `months`
    old and things of this kind change hands sooner; `undated` says that nobody dates it, and `last` is when it was recorded here.
    `flagged` needs "accused", not weak, and not stale where the kind is reissued.
    `doubted`: nothing but callers' words contests or clears it, which the desk has not made its own.
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
    "cleared": "known",
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
    said: set[str] = set()
    unsaid: set[str] = set()
    weak = True  # until an accusation is not
    last, undated = "", False
    for point in points:
        value, claim = point.value, _claim(point)
        if point.polarity == "deny" or (claim == _HARMLESS and point.desk):
            unsaid.add(claim if point.polarity == "deny" else _ACCUSES)
            continue
        said.add(claim)
        if value is None:
            continue
        if claim == _ACCUSES:
            accusing.add(value)
            weak = weak and _is_weak(point.grade)
            when, guessed = sighting(point)
            if when > last:
                last, undated = when, guessed
        elif claim == _PROTECTS:
            protected.add(value)
        elif claim == _SAFE:
            safe.add(value)
    stand = _stand(bool(points), said, unsaid)
    if doubted := _HARMLESS in said and stand in {"accused", "neutral"}:
        stand = "contested" if accusing else "cleared"
    if stand == "cleared" and _CONFIRMED in said:
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
        denied=bool(unsaid) or doubted,
        weak=weak,
        stale=stale,
        months=months,
        last=last or None,
        confirmed=_CONFIRMED in said,
        undated=undated,
        doubted=doubted,
    )


def sighting(point: Point) -> tuple[str, bool]:
    """When a value was last seen doing what a point says: as it happened, else as reported. Else when it was recorded here, and True."""
    seen = point.valid_until or point.valid_from or point.reported_until
    return (point.until, True) if seen is None else (seen, False)


def _claim(point: Point) -> str:
    """What an affirmation and a denial share if they are two sides: the property; of a role whether it accuses or protects; an outcome."""
    if point.value is not None and point.prop == "role":
        return _ACCUSES if point.value in ACCUSING_ROLES else _PROTECTS if point.value in PROTECTED_ROLES else point.prop
    return point.value if point.value is not None and point.prop == "outcome" else point.prop


def _stand(anything: bool, said: set[str], unsaid: set[str]) -> str:
    accused, protected = _ACCUSES in said, _PROTECTS in said
    if _SAFE in said - unsaid:
        return "safe"
    if said & unsaid or _SAFE in unsaid or (accused and (unsaid or protected)):
        return "contested"
    if protected:
        return "protected"
    if accused:
        return "accused"
    if _ACCUSES in unsaid:
        return "cleared"
    return "neutral" if anything else "none"


def _is_weak(grade: str | None) -> bool:
    return grade is not None and (grade[0] == _WEAK_RELIABILITY or grade[1] == _WEAK_CREDIBILITY)
