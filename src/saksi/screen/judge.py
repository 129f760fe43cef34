"""Folds facts into an answer: pure, the same for one value and for a million.

A `Judge` is made for one reader, one day and one ledger size; it keeps what it has worked out about shared sources, recorders and markings,
and about sets of statements that differ only in their places in a source. Every step works on what the reader may see and on nothing
else, so that hidden statements cannot show through a count, a status or a warning.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import msgspec
from msgspec.structs import replace

from saksi.model import ALL_GROUPS, Marking, Reader, Source, release, strictest
from saksi.screen.answer import Answer, MarkingLine, Part, StatementLine, marking_line
from saksi.screen.page import Listed, Mark, Said, pick
from saksi.screen.summary import Case, Summary, summarise
from saksi.screen.verdict import Grounds, Point
from saksi.screen.word import closed_word, dated_word
from saksi.screen.wording import PAST, UNKNOWN
from saksi.views.fact import Change, Fact, Held, Recorder, Tally, standing

__all__ = ["CONTEST", "Judge", "Matched", "Setting", "Tables"]

CONTEST = "To contest a statement, send its reference and your ground to the authority that recorded it."

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
    contest; `listed` is how many statements an answer lists at most; without `callers`, outcomes that the desk did not find itself are as
    if nobody had told them.
    """

    reader: Reader
    today: str
    origin: str
    at: int
    contest: str = CONTEST
    listed: int = 200
    callers: bool = True


class Matched(NamedTuple):
    """A thing the question was matched with, how ("exact", "www", "parent", "host", "network"), and what the views hold about it.

    `tallies` are given where `held` does not have all facts; `suffix` as in `weigh`.
    """

    entity: str
    relation: str
    held: Held
    tallies: Sequence[Tally] = ()
    suffix: bool = False


class _Seen(NamedTuple):
    """A fact this reader may see: the part it is about, what is in force, and the word for how it stands ("stands", "expired" ...)."""

    part: int
    fact: Fact
    asserter: int
    handling: int
    last: Change | None
    word: str


class Judge:
    """The fold of facts into answers for one `Setting`."""

    __slots__ = (
        "_blanks",
        "_handlings",
        "_labels",
        "_markings",
        "_prefix",
        "_recorders",
        "_setting",
        "_sources",
        "_summaries",
        "_tables",
        "_visible",
    )

    def __init__(self, tables: Tables, setting: Setting) -> None:
        self._tables = tables
        self._setting = setting
        self._prefix = setting.origin + "#"
        self._sources: dict[int, Source] = {}
        self._recorders: dict[int, tuple[str, str | None, bool]] = {}
        self._handlings: dict[int, Marking] = {}
        self._labels: dict[int, tuple[str, str]] = {}
        self._visible: dict[int, bool] = {}
        self._summaries: dict[Case, Summary] = {}
        self._markings: dict[frozenset[int], MarkingLine] = {}
        self._blanks: dict[tuple[str, ...], Answer] = {}

    @property
    def at(self) -> int:
        """The ledger size that answers are given on."""
        return self._setting.at

    @property
    def setting(self) -> Setting:
        """For whom, when and on which ledger it answers."""
        return self._setting

    def turn_to(self, tables: Tables) -> None:
        """Look up numbers that were not met yet in other tables, in which those met stand for the same."""
        self._tables = tables

    def answer(self, query: str, matched: Sequence[Matched]) -> Answer:
        """The answer about the first of `matched`, in the light of the others (from the narrowest to the widest)."""
        matched = self.shown(matched)
        for each in matched:
            if each.held.facts or each.tallies:
                return self._answer(query, matched, None)[0]
        return self._nothing(query, matched)

    def page(self, query: str, matched: Sequence[Matched], after: Mark | None) -> Listed:
        """The same with the statements behind `after` (None: the first page), and where the next page goes on."""
        said, mark = self._answer(query, self.shown(matched), after)
        fields = {name: getattr(said, name) for name in Answer.__struct_fields__}
        return Listed(**fields, before=0 if after is None else after.shown, next=None if mark is None else str(mark))

    def fills(self, facts: Sequence[Fact]) -> bool:
        """Whether facts are more than one page lists."""
        stand = [one.word == "stands" for one in self._seen(0, facts)]
        return max(sum(stand), len(stand) - sum(stand)) > self._setting.listed

    def _nothing(self, query: str, matched: Sequence[Matched]) -> Answer:
        """What `_answer` gives where nothing is held, with all but the names made once for each kind of question."""
        entity = matched[0].entity
        key = (entity.partition(":")[0], *[each.relation for each in matched])
        blank = self._blanks.get(key)
        if blank is None:
            blank = self._blanks[key] = self._answer(query, matched, None)[0]
        parts = tuple([replace(part, entity=each.entity) for part, each in zip(blank.parts, matched, strict=True)])
        return replace(blank, query=query, entity=entity, parts=parts)

    def _answer(self, query: str, matched: Sequence[Matched], after: Mark | None) -> tuple[Answer, Mark | None]:
        seen: list[_Seen] = []
        points: list[tuple[Point, ...]] = []
        markings: set[int] = set()
        numbers: dict[int, int] = {}
        for part, each in enumerate(matched):
            mine = self._seen(part, each.held.facts)
            if each.tallies:
                points.append(tuple(self._tallied(each.tallies, markings)))
            else:
                points.append(tuple([self._point(one) for one in mine if one.word == "stands"]) if mine else ())
            seen += mine
            for point in points[-1]:
                if point.source not in numbers:
                    numbers[point.source] = len(numbers) + 1
        for one in seen:
            markings.add(one.handling)
            if one.fact.source not in numbers:
                numbers[one.fact.source] = len(numbers) + 1
        if len(numbers) == 1:  # of one source there is nothing to compare: cases that differ in their quotes alone are one
            points = [tuple([point if point.quote is None else point._replace(quote=None) for point in part]) for part in points]
        summary = self._summary(matched, points, numbers)
        now = [one for one in seen if one.word == "stands"]
        listed, mark = seen, None
        if after is not None or len(seen) > self._setting.listed:
            said: list[Said] = [(one.part, one.fact.leaf, one.fact.index, one.word == "stands") for one in seen]
            places, mark = pick(said, self._setting.listed, after)
            listed = [seen[place] for place in places]
        entity = matched[0].entity
        made = Answer(
            query=query,
            entity=entity,
            kind=entity.partition(":")[0],
            status=summary.status,
            flagged=summary.flagged,
            decided_by=summary.decided_by,
            why=(PAST,) if seen and summary.why == (UNKNOWN,) else summary.why,
            warnings=summary.warnings,
            roles=summary.roles,
            parts=tuple([_part(*each) for each in zip(matched, summary.grounds, summary.standing, strict=True)]),
            sources=summary.sources,
            statements=tuple([self._line(one, numbers) for one in listed if one.word == "stands"]),
            past=tuple([self._line(one, numbers) for one in listed if one.word != "stands"]) if len(now) < len(seen) else (),
            total=summary.total,
            reports=_reports(now, matched, points) if seen else 0,
            independent=summary.independent,
            seen=summary.seen,
            marking=self._marking(frozenset(markings)),
            contest=self._setting.contest,
            at=self._setting.at,
        )
        return made, mark

    def _seen(self, part: int, facts: Sequence[Fact]) -> list[_Seen]:
        """The facts before the ledger size that this reader may see; proposals nobody decided on are left out."""
        made: list[_Seen] = []
        at, today, visible = self._setting.at, self._setting.today, self._visible
        for fact in facts:
            if fact.leaf >= at:
                continue
            if fact.changes:
                # The marking in force today decides, also for a question about the past: a later, stricter one must hold.
                handling = standing(fact).handling
                state = standing(fact, at=at)
                counts, asserter, last = state.counts, state.asserter, state.last
            else:
                counts, asserter, handling, last = fact.op == "assert", fact.asserter, fact.handling, None
            if not (visible[handling] if handling in visible else self.may_see(handling)):
                continue
            if not counts:
                word = closed_word(fact, last, at)
            elif fact.valid_from is None and fact.valid_until is None:
                word = "stands"
            else:
                word = dated_word(fact, today)
            if word is not None and (self._setting.callers or fact.prop != "outcome" or self._recorder(asserter)[2]):
                made.append(_Seen(part, fact, asserter, handling, last, word))
        return made

    def shown(self, matched: Sequence[Matched]) -> Sequence[Matched]:
        """What there is to say anything about: a network is matched because something is held about it, and where this reader may see
        nothing of that, it is no part of the answer."""
        if matched[-1].relation != "network":
            return matched
        return [each for each in matched if each.relation != "network" or each.tallies or self._seen(0, each.held.facts)]

    def may_see(self, handling: int) -> bool:
        """Whether its reader may see what bears a marking, given by its number."""
        known = self._visible.get(handling)
        if known is None:
            known = release(self.marking(handling), self._setting.reader, on=self._setting.today) == ALL_GROUPS
            self._visible[handling] = known
        return known

    def _point(self, one: _Seen) -> Point:
        fact = one.fact
        recorded_by, grade, desk = self._recorders.get(one.asserter) or self._recorder(one.asserter)
        when = fact.asserted_at
        reported = fact.reported or (self._sources.get(fact.source) or self.source(fact.source)).published
        return Point(
            fact.prop,
            str(fact.value) if fact.prop in _TELLING else None,
            fact.polarity,
            fact.source,
            recorded_by,
            grade,
            fact.valid_from,
            fact.valid_until,
            reported,
            reported,
            when,
            when,
            fact.quote,
            1,
            desk,
        )

    def _tallied(self, tallies: Sequence[Tally], markings: set[int]) -> list[Point]:
        """Points from sums, where an entity has more facts than are listed: nothing that speaks for or against it is overlooked."""
        made = []
        for tally in tallies:
            recorded_by, grade, desk = self._recorder(tally.asserter)
            if tally.counting == 0 or not self.may_see(tally.handling) or not (self._setting.callers or desk or tally.prop != "outcome"):
                continue
            markings.add(tally.handling)
            value = str(tally.value) if tally.prop in _TELLING and tally.value is not None else None
            published = self.source(tally.source).published
            happened: tuple[str | None, str | None] = tally.happened or (None, None)
            reported: tuple[str | None, str | None] = tally.reported or (published, published)
            made.append(
                Point(
                    tally.prop, value, tally.polarity, tally.source, recorded_by, grade, *happened, *reported, tally.since, tally.until,
                    None, tally.counting, desk,
                )
            )  # fmt: skip
        return made

    def _summary(self, matched: Sequence[Matched], points: Sequence[tuple[Point, ...]], numbers: Iterable[int]) -> Summary:
        case = Case(
            tuple([each.entity.partition(":")[0] for each in matched]),
            tuple([each.suffix for each in matched]),
            tuple([each.relation for each in matched]),
            tuple(points),
            tuple(numbers),
        )
        known = self._summaries.get(case)
        if known is None:
            if len(self._summaries) >= _REMEMBERED:
                self._summaries.clear()
            known = summarise(case, self.source, today=self._setting.today)
            self._summaries[case] = known
        return known

    def _line(self, one: _Seen, numbers: dict[int, int]) -> StatementLine:
        fact, last, since, reason = one.fact, one.last, None, None
        recorded_by, grade, _ = self._recorders.get(one.asserter) or self._recorder(one.asserter)
        tlp, pap = self._labels.get(one.handling) or self._label(one.handling)
        if last is not None and one.word != "stands" and self.may_see(last.handling):
            # The withdrawal counts for everybody; when and why are said to those who may read it.
            since, reason = last.asserted_at, last.reason
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
            reported=fact.reported,
            recorded_by=recorded_by,
            recorded_at=fact.asserted_at,
            grade=grade,
            tlp=tlp,
            pap=pap,
            standing=one.word,
            since=since,
            reason=reason,
        )

    def _label(self, place: int) -> tuple[str, str]:
        marking = self.marking(place)
        made = self._labels[place] = (marking.read_as.value, marking.pap.value)
        return made

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

    def _recorder(self, place: int) -> tuple[str, str | None, bool]:
        """Who recorded, the grade, and whether one of the desk is named for it."""
        known = self._recorders.get(place)
        if known is None:
            told = self._tables.asserter(place)
            known = self._recorders[place] = (told.authority, None if told.grade is None else str(told.grade), told.analyst is not None)
        return known

    def _marking(self, places: frozenset[int]) -> MarkingLine:
        known = self._markings.get(places)
        if known is None:
            known = self._markings[places] = marking_line(strictest(self.marking(place) for place in sorted(places)))
        return known


def _part(each: Matched, grounds: Grounds, standing: int) -> Part:
    status, flagged, safe = grounds.status, grounds.flagged, grounds.safe
    relation = "host" if each.relation == "site" else each.relation
    return Part(entity=each.entity, relation=relation, status=status, flagged=flagged, safe=safe, standing=standing)


def _reports(now: Sequence[_Seen], matched: Sequence[Matched], points: Sequence[Sequence[Point]]) -> int:
    """How many victims' reports name it, in what this reader may see; where not all facts are there, how many statements say so."""
    named = {str(one.fact.value) for one in now if one.fact.prop == "reportedIn"}
    summed = sum(
        point.times for each, part in zip(matched, points, strict=True) if each.tallies for point in part if point.prop == "reportedIn"
    )
    return max(len(named), summed)
