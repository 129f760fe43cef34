"""What a set of statements amounts to, apart from the words of each: status, roles, sources, clocks, independence, warnings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import msgspec

from saksi.model import ACCUSING_ROLES, ROLES, Source
from saksi.screen.answer import Independence, Note, RoleLine, Seen, SourceLine, Span
from saksi.screen.independent import Origins, count, origins, quoted, union
from saksi.screen.verdict import PROTECTED_ROLES, Grounds, Point, weigh
from saksi.screen.wording import warnings, why

__all__ = ["Case", "Summary", "summarise"]

_SHARED = ("shared",)
_ITSELF = frozenset({"exact", "www", "site"})  # relations of a part that speaks for the value asked about


class Case(NamedTuple):
    """The question reduced to what a summary rests on: for each part its kind, whether it is nobody's own (as in `weigh`), its relation
    and its points; and the sources by number.

    `sources` holds indexes into the shared table; a source's number in the answer is its place here plus one.
    """

    kinds: tuple[str, ...]
    suffixes: tuple[bool, ...]
    relations: tuple[str, ...]
    points: tuple[tuple[Point, ...], ...]
    sources: tuple[int, ...]


class Summary(msgspec.Struct, frozen=True, gc=False):
    """All of an answer but its query, entities, statements, marking and readings. `total` and `standing` (by part) count statements."""

    grounds: tuple[Grounds, ...]
    standing: tuple[int, ...]
    status: str
    flagged: bool
    decided_by: int | None
    why: tuple[Note, ...]
    warnings: tuple[Note, ...]
    roles: tuple[RoleLine, ...]
    sources: tuple[SourceLine, ...]
    independent: Independence
    seen: Seen
    total: int


def summarise(case: Case, source: Callable[[int], Source], *, today: str) -> Summary:
    """Sum up a case on the day `today` (ISO date); `source` gives a source of the shared table."""
    each = zip(case.points, case.kinds, case.suffixes, strict=True)
    grounds = _disputed([weigh(points, kind, today=today, suffix=suffix) for points, kind, suffix in each])
    decided_by = _decide(case, grounds)
    covered = decided_by is not None and _covers(case, decided_by, grounds[decided_by])
    numbers = {place: number for number, place in enumerate(case.sources, 1)}
    everything = [point for points in case.points for point in points]
    standing = tuple(sum(point.times for point in points) for points in case.points)
    return Summary(
        grounds=grounds,
        standing=standing,
        status=_status(grounds, decided_by, covered=covered),
        flagged=decided_by is not None and grounds[decided_by].flagged,
        decided_by=decided_by,
        why=why(grounds, case.relations, decided_by, covered=covered),
        warnings=() if decided_by is None else warnings(grounds[decided_by], case.kinds[decided_by], above=grounds[decided_by + 1 :]),
        roles=tuple(line for part, points in enumerate(case.points) for line in _roles(part, points, source, numbers)),
        sources=tuple(_source_line(number, source(place), place, everything) for place, number in numbers.items()),
        independent=_independence(everything, source),
        seen=_seen(everything),
        total=sum(standing),
    )


def _covers(case: Case, place: int, grounds: Grounds) -> bool:
    """Whether this part's safe-listing speaks for the value asked about.

    Its own does, its bare domain's for `www.`, its host's for a URL that names no more than the host,
    that of a network for the addresses in it (a list of networks is a short way to list
    addresses; a page on one of them is more than the address), and a reserved space for all in it.
    """
    if grounds.stand != "safe":
        return False
    relation = case.relations[place]
    return relation in _ITSELF or "reserved" in grounds.safe or (relation == "network" and case.kinds[0] != "url")


def _disputed(grounds: Sequence[Grounds]) -> tuple[Grounds, ...]:
    """The same, where what a denial stands alone about is contested if something that it lies in is accused."""
    made, accused = list(grounds), False
    for place in reversed(range(len(made))):
        each = made[place]
        if accused and (each.stand == "cleared" or (each.stand == "neutral" and each.denied)):
            made[place] = msgspec.structs.replace(each, stand="contested")
        accused = accused or (bool(each.accusing) and each.stand != "safe")
    return tuple(made)


def _decide(case: Case, grounds: Sequence[Grounds]) -> int | None:
    """The part that decides: a reserved space above all, else the narrowest one that is accused, contested, protected or safe-listed, or
    that was found to be harmless itself: that says nothing of a longer address in it.

    What accuses an address or a network is nothing beside a safe-listing of a network around it; but a single address that is named itself
    is not covered by one that says no more than that the network is shared.
    """
    for place, each in enumerate(grounds):
        if each.stand == "safe" and "reserved" in each.safe:
            return place
    idle = {place for place, each in enumerate(grounds) if each.stand == "cleared" and case.relations[place] not in _ITSELF}
    found = next((place for place, each in enumerate(grounds) if each.stand not in {"none", "neutral"} and place not in idle), None)
    if found is None or grounds[found].stand != "accused" or case.kinds[found] not in {"ip", "network"}:
        return found
    around = (place for place in range(found, len(grounds)) if grounds[place].stand == "safe")
    return next((place for place in around if case.kinds[found] == "network" or grounds[place].safe != _SHARED), found)


def _status(grounds: Sequence[Grounds], decided_by: int | None, *, covered: bool) -> str:
    """A safe-listed parent or host takes away its own accusation, and says nothing good about a longer address in it."""
    if decided_by is None:
        return "unknown" if all(each.stand == "none" for each in grounds) else "known"
    deciding = grounds[decided_by]
    if deciding.stand == "safe" and not covered:
        return "unknown" if grounds[0].stand == "none" else "known"
    return deciding.status


def _roles(part: int, points: Sequence[Point], source: Callable[[int], Source], numbers: dict[int, int]) -> Iterable[RoleLine]:
    found: dict[str, list[Point]] = {}
    for point in points:
        if point.prop == "role" and point.value is not None:
            found.setdefault(point.value, []).append(point)
    order = {role: place for place, role in enumerate(ROLES)}
    for role in sorted(found, key=lambda role: (order.get(role, len(order)), role)):
        said = [point for point in found[role] if point.polarity != "deny"]
        denied = [point for point in found[role] if point.polarity == "deny"]
        yield RoleLine(
            part=part,
            role=role,
            meaning=ROLES.get(role, role),
            kind="accuses" if role in ACCUSING_ROLES else "protects" if role in PROTECTED_ROLES else "other",
            said_by=_names(said, source),
            denied_by=_names(denied, source),
            recorded_by=tuple(dict.fromkeys(point.recorded_by for point in found[role])),
            sources=tuple(sorted({numbers[point.source] for point in found[role]})),
            statements=sum(point.times for point in said),
            seen=_seen(said),
        )


def _names(points: Iterable[Point], source: Callable[[int], Source]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_name(source(point.source)) for point in points))


def _name(source: Source) -> str:
    return source.publisher or source.title or source.uri or "a source without a name"


def _source_line(number: int, source: Source, place: int, points: Iterable[Point]) -> SourceLine:
    mine = [point for point in points if point.source == place]
    said = {point.polarity for point in mine}
    return SourceLine(
        n=number,
        publisher=source.publisher,
        title=source.title,
        uri=source.uri,
        published=source.published,
        series=source.series,
        digest=source.digest,
        grades=tuple(sorted({point.grade for point in mine if point.grade is not None})),
        says="both" if len(said) == 2 else said.pop() if said else "none",
        statements=sum(point.times for point in mine),
    )


def _independence(points: Iterable[Point], source: Callable[[int], Source]) -> Independence:
    """Over the accusations: one entry a source, with the words quoted from it."""
    marks: dict[int, set[Origins]] = {}
    for point in points:
        if point.prop == "role" and point.polarity != "deny" and point.value in ACCUSING_ROLES:
            own = origins(source(point.source))
            marks.setdefault(point.source, {own})
            if own:
                marks[point.source].add(quoted(point.quote))
    return count([union(each) for each in marks.values()])


def _seen(points: Sequence[Point]) -> Seen:
    return Seen(
        happened=_span([when for point in points for when in (point.valid_from, point.valid_until) if when is not None]),
        reported=_span([when for point in points for when in (point.reported, point.reported_until) if when is not None]),
        recorded=_span([when for point in points for when in (point.since, point.until)]),
    )


def _span(times: Sequence[str]) -> Span | None:
    return Span(min(times), max(times)) if times else None
