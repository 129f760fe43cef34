"""Folds facts into an answer: pure, the same for one value and for a million.

A `Judge` is made for one reader, one day and one ledger size; it keeps what it has worked out about shared sources, recorders and markings,
and about sets of statements that differ only in their places in a source.

Every step works on what the reader may see and on nothing else, so that hidden statements cannot show through a count, a
status or a warning.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import msgspec

from saksi.model import ALL_GROUPS, Marking, Reader, Source, release, strictest
from saksi.screen.answer import Answer, MarkingLine, Part, StatementLine
from saksi.screen.summary import Case, Summary, summarise
from saksi.screen.verdict import Grounds, Point
from saksi.views.fact import Fact, Held, Recorder, Standing, Tally, standing

__all__ = ["CONTEST", "Judge", "Matched", "Setting", "Tables"]

CONTEST = "To contest a statement, send its reference and your ground to the authority that recorded it."

_CLOSED = {"retract": "retracted", "expire": "expired", "reject": "rejected"}
_TELLING = frozenset({"role", "safeListed", "outcome"})
_REMEMBERED = 20_000
_NOWHERE = msgspec.Raw(b"null")


class Tables(Protocol):
    """The shared parts of facts, by index."""

    def source(self, place: int, /) -> Source: ...

    def asserter(self, place: int, /) -> Recorder: ...

    def handling(self, place: int, /) -> Marking: ...


@dataclass(frozen=True, slots=True)
class Setting:
    """For whom, when and on which ledger an answer is given.

    `today` is an ISO date; `origin` is the ledger's name, the first half of each reference; `at` is a ledger size; `contest` says how to
    contest; `listed` is how many statements an answer lists at most.
    """

    reader: Reader
    today: str
    origin: str
    at: int
    contest: str = CONTEST
    listed: int = 200


class Matched(NamedTuple):
    """A thing the question was matched with, how ("exact", "www", "parent", "host"), and what the views hold about it.

    `tallies` are given where `held` does not have all facts; `suffix` says that it is a public suffix.
    """

    entity: str
    relation: str
    held: Held
    tallies: Sequence[Tally] = ()
    suffix: bool = False


class _Seen(NamedTuple):
    """A fact this reader may see: the part it is about, how it stands, and the word for it ("stands", "retracted" ...)."""

    part: int
    fact: Fact
    state: Standing
    word: str


class Judge:
    """The fold of facts into answers for one `Setting`."""

    __slots__ = ("_handlings", "_markings", "_prefix", "_recorders", "_setting", "_sources", "_summaries", "_tables", "_visible")

    def __init__(self, tables: Tables, setting: Setting) -> None:
        self._tables = tables
        self._setting = setting
        self._prefix = setting.origin + "#"
        self._sources: dict[int, Source] = {}
        self._recorders: dict[int, tuple[str, str | None]] = {}
        self._handlings: dict[int, Marking] = {}
        self._visible: dict[int, bool] = {}
        self._summaries: dict[Case, Summary] = {}
        self._markings: dict[frozenset[int], MarkingLine] = {}

    @property
    def at(self) -> int:
        """The ledger size that answers are given on."""
        return self._setting.at

    def answer(self, query: str, matched: Sequence[Matched]) -> Answer:
        """The answer about the first of `matched`, in the light of the others (from the narrowest to the widest)."""
        seen: list[_Seen] = []
        points: list[tuple[Point, ...]] = []
        markings: set[int] = set()
        numbers: dict[int, int] = {}
        for part, each in enumerate(matched):
            mine = self._seen(part, each.held.facts, markings)
            seen += mine
            made = self._tallied(each.tallies, markings) if each.tallies else [self._point(one) for one in mine if one.word == "stands"]
            points.append(tuple(made))
            for point in made:
                numbers.setdefault(point.source, len(numbers) + 1)
        for one in seen:
            numbers.setdefault(one.fact.source, len(numbers) + 1)
        kinds = tuple([each.entity.partition(":")[0] for each in matched])
        case = Case(
            kinds, tuple([each.suffix for each in matched]), tuple([each.relation for each in matched]), tuple(points), tuple(numbers)
        )
        summary = self._summary(case)
        now = [one for one in seen if one.word == "stands"][-self._setting.listed :]
        gone = [one for one in seen if one.word != "stands"][-self._setting.listed :] if len(now) < len(seen) else ()
        return Answer(
            query=query,
            entity=matched[0].entity,
            kind=kinds[0],
            status=summary.status,
            flagged=summary.flagged,
            decided_by=summary.decided_by,
            why=summary.why,
            warnings=summary.warnings,
            roles=summary.roles,
            parts=tuple(
                [_part(each, ground, total) for each, ground, total in zip(matched, summary.grounds, summary.standing, strict=True)]
            ),
            sources=summary.sources,
            statements=tuple([self._line(one, numbers) for one in now]),
            past=tuple([self._line(one, numbers) for one in gone]),
            total=summary.total,
            reports=_reports(seen, matched, points),
            independent=summary.independent,
            seen=summary.seen,
            marking=self._marking(frozenset(markings)),
            contest=self._setting.contest,
            at=self._setting.at,
        )

    def _seen(self, part: int, facts: Sequence[Fact], markings: set[int]) -> list[_Seen]:
        """The facts before the ledger size that this reader may see; proposals nobody decided on are left out."""
        made: list[_Seen] = []
        at, today = self._setting.at, self._setting.today
        for fact in facts:
            if fact.leaf >= at:
                continue
            now = standing(fact)
            # The marking in force today decides, also for a question about the past: a later, stricter one must hold.
            if not self._may_see(now.handling):
                continue
            state = standing(fact, at=at) if fact.changes else now
            word = _word(fact, state, today)
            if word is not None:
                made.append(_Seen(part, fact, state, word))
                markings.add(now.handling)
        return made

    def _may_see(self, handling: int) -> bool:
        known = self._visible.get(handling)
        if known is None:
            known = release(self.marking(handling), self._setting.reader, on=self._setting.today) == ALL_GROUPS
            self._visible[handling] = known
        return known

    def _point(self, one: _Seen) -> Point:
        fact = one.fact
        recorded_by, grade = self._recorder(one.state.asserter)
        return Point(
            fact.prop,
            str(fact.value) if fact.prop in _TELLING else None,
            fact.polarity,
            fact.source,
            recorded_by,
            grade,
            fact.valid_from,
            fact.valid_until,
            self.source(fact.source).published,
            fact.asserted_at,
            fact.asserted_at,
            fact.quote,
            1,
        )

    def _tallied(self, tallies: Sequence[Tally], markings: set[int]) -> list[Point]:
        """Points from sums, where an entity has more facts than are listed: nothing that speaks for or against it is overlooked."""
        made = []
        for tally in tallies:
            if tally.counting == 0 or not self._may_see(tally.handling):
                continue
            markings.add(tally.handling)
            recorded_by, grade = self._recorder(tally.asserter)
            value = str(tally.value) if tally.prop in _TELLING and tally.value is not None else None
            reported = self.source(tally.source).published
            made.append(
                Point(
                    prop=tally.prop,
                    value=value,
                    polarity=tally.polarity,
                    source=tally.source,
                    recorded_by=recorded_by,
                    grade=grade,
                    valid_from=None,
                    valid_until=None,
                    reported=reported,
                    since=tally.since,
                    until=tally.until,
                    quote=None,
                    times=tally.counting,
                )
            )
        return made

    def _summary(self, case: Case) -> Summary:
        known = self._summaries.get(case)
        if known is None:
            if len(self._summaries) >= _REMEMBERED:
                self._summaries.clear()
            known = summarise(case, self.source, today=self._setting.today)
            self._summaries[case] = known
        return known

    def _line(self, one: _Seen, numbers: dict[int, int]) -> StatementLine:
        fact, state = one.fact, one.state
        recorded_by, grade = self._recorder(state.asserter)
        marking = self.marking(standing(fact).handling)
        last = state.last if one.word != "stands" else None
        if last is not None and not self._may_see(last.handling):
            last = None  # the withdrawal counts for everybody; when and why are said to those who may read it
        return StatementLine(
            ref=self._prefix + fact.commitment.hex(),
            part=one.part,
            prop=fact.prop,
            value=fact.value,
            polarity=fact.polarity,
            source=numbers[fact.source],
            locator=_NOWHERE if fact.locator is None else msgspec.Raw(fact.locator.encode()),
            quote=fact.quote,
            original=fact.original,
            lang=fact.lang,
            valid_from=fact.valid_from,
            valid_until=fact.valid_until,
            recorded_by=recorded_by,
            recorded_at=fact.asserted_at,
            grade=grade,
            tlp=marking.tlp.value,
            pap=marking.pap.value,
            standing=one.word,
            since=None if last is None else last.asserted_at,
            reason=None if last is None else last.reason,
        )

    def source(self, place: int) -> Source:
        """A source of the shared table, remembered."""
        known = self._sources.get(place)
        if known is None:
            known = self._sources[place] = self._tables.source(place)
        return known

    def marking(self, place: int) -> Marking:
        """A marking of the shared table, remembered."""
        known = self._handlings.get(place)
        if known is None:
            known = self._handlings[place] = self._tables.handling(place)
        return known

    def _recorder(self, place: int) -> tuple[str, str | None]:
        known = self._recorders.get(place)
        if known is None:
            recorder = self._tables.asserter(place)
            known = self._recorders[place] = (recorder.authority, None if recorder.grade is None else str(recorder.grade))
        return known

    def _marking(self, places: frozenset[int]) -> MarkingLine:
        known = self._markings.get(places)
        if known is None:
            whole = strictest(self.marking(place) for place in sorted(places))
            known = self._markings[places] = MarkingLine(
                tlp=whole.tlp.value,
                pap=whole.pap.value,
                audience=whole.audience,
                purpose=whole.purpose,
                legal_basis=whole.legal_basis,
                retain_until=whole.retain_until,
            )
        return known


def _word(fact: Fact, state: Standing, today: str) -> str | None:
    """How a fact stands today: "stands", or why not; None for a proposal that nobody decided on."""
    if not state.counts:
        return None if state.last is None else _CLOSED.get(state.last.op)
    if fact.valid_until is not None and _before(fact.valid_until, today):
        return "lapsed"
    if fact.valid_from is not None and _before(today, fact.valid_from):
        return "future"
    return "stands"


def _before(one: str, other: str) -> bool:
    """Whether a date lies wholly before another, to the day or as coarse as the coarser of them."""
    shared = min(len(one), len(other), 10)
    return one[:shared] < other[:shared]


def _part(matched: Matched, grounds: Grounds, standing: int) -> Part:
    return Part(
        entity=matched.entity,
        relation=matched.relation,
        status=grounds.status,
        flagged=grounds.flagged,
        safe=grounds.safe,
        standing=standing,
    )


def _reports(seen: Sequence[_Seen], matched: Sequence[Matched], points: Sequence[Sequence[Point]]) -> int:
    """How many victims' reports name it, in what this reader may see; where not all facts are there, how many statements say so."""
    naming = (one.fact.value for one in seen if one.fact.prop == "reportedIn" and one.word == "stands")
    named = {str(report) for report in naming}
    summed = [
        point.times for each, part in zip(matched, points, strict=True) if each.tallies for point in part if point.prop == "reportedIn"
    ]
    return max(len(named), sum(summed))
