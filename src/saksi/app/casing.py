"""Cases: opened from reports, worked on, merged; each entry in the ledger, the views and the board before anybody hears that it was made.

The rules are those of `saksi.cases`; what this adds is what only a node knows: whether statements stand, what speaks for a person, what a
reader may see, and who looked. A case that is not there and one that is not yours answer alike.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from saksi.actions import Actor, Role
from saksi.app.api.access import AccessLog, Seen, Watcher
from saksi.app.api.cursor import Cursor, read_cursor, write_cursor
from saksi.app.home import now_text, today
from saksi.app.queueing import Queueing
from saksi.app.reason import check_reason
from saksi.cases import FIRST, MAY, MOST, Case, Clock, Entry, Line, Stand, Word, chronology, line_of, opened, taken
from saksi.cases.board import CaseLine, TaskLine
from saksi.cases.logged import leaf_of
from saksi.ledger import core
from saksi.model import BadInput, Marking, NotAllowed, Pap, Reader, Statement, Tlp, release
from saksi.model.favour import speaks_for
from saksi.views.fact import Fact, standing

__all__ = ["CaseView", "Casing", "Door", "Work"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What somebody wants entered in a case: the word, the case as they saw it (`head`), and what the word needs; see `Entry`.

    `refs` are statements by reference: those that speak for somebody are put in their own place, whoever names them.
    """

    case: str
    word: Word
    head: str
    refs: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    reports: tuple[str, ...] = ()
    text: str | None = None
    task: str | None = None
    due: str | None = None
    whom: str | None = None
    other: str | None = None


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case for one reader: as it stands, all that speaks now for what it names (by reference), entered or not, and its entries."""

    case: Case
    favour: tuple[str, ...]
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Door:
    """A case that somebody who is no member may enter by one word, with a reason: which, whose, since when; not what it is about."""

    case: str
    unit: str
    lead: str
    since: str
    word: Word
    head: str


class Casing(Queueing):
    """Cases of this authority."""

    _access: AccessLog | None = None

    # -- cases -----------------------------------------------------------------------------------------------------------------------

    def open_case(self, title: str, actor: Actor, clearance: Tlp, *, reports: Sequence[str] = ()) -> Case:
        """Open a case, of reports and of all they name where there are any. Whoever opens it is its lead."""
        check_reason(title, "title")
        self._check_reaches(clearance)
        for each in reports:
            self._report(each, actor, clearance)
        with self._turn():
            entry = self._opening_entry(title, actor, reports)
            have = opened(entry, actor)
            self._enter([self._leaf(entry, have, self.ledger.new_subject())])
        return have

    def escalate(self, report: str, actor: Actor, clearance: Tlp, *, also: Sequence[str] = ()) -> Case:
        """The second click: a case of the report, of those named beside it, and of all they name, with a task to look at it now."""
        self._check_reaches(clearance)
        lines = [self._report(each, actor, clearance) for each in (report, *also)]
        first = min((line.triage for line in lines), key=lambda each: each.urgency)
        what = lines[0].typology or ""  # as whoever reported it gave it
        title = f"{what if what and what.isprintable() else 'report'}: {first.urgency.words}"
        with self._turn():
            opening = self._opening_entry(title, actor, [line.id for line in lines])
            have = opened(opening, actor)
            task = Entry(
                case=have.id, word=Word.TASK, at=have.at, after=have.head, person=actor.person, unit=actor.unit,
                role=_role(Word.TASK, actor), task="look at it", text="; ".join(first.reasons), due=first.until,
            )  # fmt: skip
            made, subject = taken(have, task, actor), self.ledger.new_subject()
            self._enter([self._leaf(opening, have, subject), self._leaf(task, made, subject)])
        return made

    def work(self, work: Work, actor: Actor, clearance: Tlp) -> Case:
        """Make an entry. Raises NotAllowed or BadInput with the reason where it may not be made, and nothing is logged then."""
        if work.word in {Word.MERGE, Word.ABSORB}:
            raise BadInput("two cases are merged by `merge`", where="word")
        with self._turn():
            have = self._open_to(work.case, actor, clearance, work.word)
            if work.other is not None:
                self._open_to(work.other, actor, clearance, work.word)
            entry = self._entry(work, have, actor)
            made = taken(have, entry, actor)
            self._enter([self._leaf(entry, made, self._subject(have))])
        return made

    def merge(self, work: Work, into_head: str, actor: Actor, clearance: Tlp) -> Case:
        """Merge a case into another (`work.other`); gives the other, which holds all that the first held. Both entries or none."""
        if work.word is not Word.MERGE or work.other is None:
            raise BadInput("say which case is merged into which", where="other")
        with self._turn():
            have = self._open_to(work.case, actor, clearance, work.word)
            into = self._open_to(work.other, actor, clearance, Word.ABSORB)
            entry = self._entry(work, have, actor)
            merged = taken(have, entry, actor)
            leaves = [self._leaf(entry, merged, self._subject(have))]
            head = into_head
            for some in _portions(have, into):
                absorbed = self._entry(Work(case=into.id, word=Word.ABSORB, head=head, other=have.id), into, actor, some)
                into = taken(into, absorbed, actor)
                leaves.append(self._leaf(absorbed, into, self._subject(into)))
                head = into.head
            self._enter(leaves)
        return into

    def case(self, case: str, actor: Actor, clearance: Tlp) -> CaseView:
        """A case for one of its members; that it was asked for is written down first."""
        have = self._read(case, actor, clearance)
        speaking = self._favour(tuple(each.name for each in have.entities), self.owner(clearance))
        return CaseView(have, speaking, tuple(each.entry for each in self.board.entries(case)))

    def seen_by(self, case: str) -> Iterator[Seen]:
        """Who asked for a case, and when, refused or not, as the access log has it."""
        return self._access_log().read(value=f"case:{case}")

    def chronology(self, case: str, actor: Actor, clearance: Tlp, *, clock: Clock = Clock.HAPPENED) -> tuple[Line, ...]:
        """All that is recorded about what a case holds, by one of three clocks, as far as this reader may see it."""
        have = self._read(case, actor, clearance)
        named = [each.name for each in (*have.reports, *have.entities)]
        reader = self.owner(clearance)
        wanted = {each.name for each in (*have.refs, *have.favour)}
        facts = {self.shelf.ref(fact.commitment): fact for name in named for fact in self._facts(name) if self._stands(fact, reader)}
        for ref in wanted - set(facts):
            if (fact := self._fact_of(ref)) is not None and self._stands(fact, reader):
                facts[ref] = fact
        lines = (line_of(fact, ref=ref, published=self.views.source(fact.source).published) for ref, fact in facts.items())
        return chronology(lines, clock)

    def tasks(self, actor: Actor, clearance: Tlp) -> list[TaskLine]:
        """What is left to do for somebody, what is due first first."""
        return self.board.tasks(actor.person) if self._reaches(clearance) else []

    def holding(self, name: str, actor: Actor, clearance: Tlp) -> list[CaseLine]:
        """Those of somebody's cases that hold a report or an entity."""
        return self.board.naming(name, actor.person) if self._reaches(clearance) else []

    def doors(self, actor: Actor, clearance: Tlp, *, gone: Collection[str]) -> list[Door]:
        """The cases that somebody may enter though they are no member: sealed ones of other units, for a reviewer who had no hand in them;
        and those of their own unit whose lead is among the people that are `gone`, for an approver."""
        if not self._reaches(clearance):
            return []
        found = [(line, Word.UNSEAL) for line in self.board.sealed(actor.unit)] if Role.REVIEWER in actor.roles else []
        if Role.APPROVER in actor.roles:
            left = [line for person in sorted(gone) for line in self.board.cases(person, limit=MOST) if line.lead == person]
            found += [(line, Word.LEAD) for line in left if line.unit == actor.unit and line.stand == Stand.OPEN.value]
        made = [(self.board.case(line.id), word) for line, word in found]
        return [
            Door(have.id, have.unit, have.lead, have.at, word, have.head)
            for have, word in made
            if have is not None and actor.person not in have.everybody | have.members
        ]

    def cases(self, actor: Actor, clearance: Tlp, *, after: str | None = None, limit: int = 50) -> tuple[list[CaseLine], str | None]:
        """Somebody's cases, the last moved first, and the cursor of the next page."""
        if not self._reaches(clearance):
            return [], None
        moved, _, last = ("", "", "") if after is None else read_cursor(after).after.partition(" ")
        found = self.board.cases(actor.person, after=None if after is None else (moved, last), limit=limit + 1)
        more = len(found) > limit
        return found[:limit], write_cursor(Cursor(f"{found[limit - 1].moved} {found[limit - 1].id}")) if more else None

    def close(self) -> None:
        """Let go of everything."""
        if self._access is not None:
            self._access.close()
            self._access = None
        super().close()

    # -- who may ---------------------------------------------------------------------------------------------------------------------

    def _read(self, case: str, actor: Actor, clearance: Tlp) -> Case:
        with self._opening:
            role = min((role.value for role in actor.roles), default="none")
            self._access_log().note(Watcher(actor.person, role, self.config.purpose or "work on a case"), "case", what=[f"case:{case}"])
        have = self._open_to(case, actor, clearance, None)
        if have.stand is Stand.SEALED:
            raise NotAllowed(f"the case is sealed: {have.reason}", where="case", todo=f"a reviewer outside {have.unit} may unseal it")
        return have

    def _access_log(self) -> AccessLog:
        with self._opening:
            if self._access is None:
                self._access = AccessLog(self.files.path / "api", clock=now_text, random=os.urandom)
            return self._access

    def _open_to(self, case: str, actor: Actor, clearance: Tlp, word: Word | None) -> Case:
        """The case, where this actor may know of it. Raises the same error where there is none and where they may not."""
        have = self.board.case(case)
        if have is not None and self._reaches(clearance):
            outside = word is Word.UNSEAL and have.stand is Stand.SEALED and Role.REVIEWER in actor.roles and actor.unit != have.unit
            takes_over = word is Word.LEAD and Role.APPROVER in actor.roles and actor.unit == have.unit
            if actor.person in have.members or outside or takes_over:
                return have
        raise BadInput("there is no such case", where="case")

    # -- what speaks for somebody ----------------------------------------------------------------------------------------------------

    def _favour(self, entities: Sequence[str], reader: Reader) -> tuple[str, ...]:
        """The references of all that stands in favour of what is named, however much else is said of it."""
        made: list[str] = []
        for entity in entities:
            if any(each.counting and speaks_for(each.prop, each.value, each.polarity) for each in self.views.tally(entity)):
                facts = (fact for fact in self._facts(entity) if speaks_for(fact.prop, fact.value, fact.polarity))
                made += [self.shelf.ref(fact.commitment) for fact in facts if self._stands(fact, reader)]
        return tuple(dict.fromkeys(made))

    def _facts(self, entity: str) -> Iterator[Fact]:
        cursor: int | None = None
        while True:
            held = self.views.facts(entity, before=cursor)
            yield from held.facts
            cursor = held.cursor
            if cursor is None:
                return

    def _fact_of(self, ref: str) -> Fact | None:
        place = self._place(ref.rpartition("#")[2]) if ref.startswith(f"{self.config.origin}#") else None
        payload = None if place is None else self.shelf.payload(*place)
        return None if place is None or payload is None else self._fact(Statement.parse(payload), place, self.owner())[1]

    # -- entries ---------------------------------------------------------------------------------------------------------------------

    def _opening_entry(self, title: str, actor: Actor, reports: Sequence[str]) -> Entry:
        named = dict.fromkeys(thing for report in reports for thing in self.board.of_report(report))
        speaking = self._favour(tuple(named), self.owner())
        return Entry(
            case=self._random(), word=Word.OPEN, at=now_text(), after=FIRST, person=actor.person, unit=actor.unit,
            role=_role(Word.OPEN, actor), text=title, reports=tuple(dict.fromkeys(reports)), entities=tuple(named), favour=speaking,
        )  # fmt: skip

    def _entry(self, work: Work, have: Case, actor: Actor, things: dict[str, tuple[str, ...]] | None = None) -> Entry:
        """The entry, with what speaks for somebody in its own place: what is named, and what the node knows of the entities named."""
        for where, text in (("text", work.text), ("task", work.task)):
            check_reason(text or "", where)
        named = things or self._parted(work, have)
        return Entry(
            case=work.case, word=work.word, at=max(now_text(), have.at), after=work.head, person=actor.person, unit=actor.unit,
            role=_role(work.word, actor), text=work.text, task=work.task, due=work.due, whom=work.whom, other=work.other, **named,
        )  # fmt: skip

    def _parted(self, work: Work, have: Case) -> dict[str, tuple[str, ...]]:
        favour = dict.fromkeys(self._favour(work.entities, self.owner()))
        refs = []
        for ref in work.refs:
            fact = self._fact_of(ref)
            if fact is None or not standing(fact).counts:
                raise BadInput("there is no such statement here, or it does not stand", where=ref)
            if speaks_for(fact.prop, fact.value, fact.polarity):
                favour[ref] = None
            else:
                refs.append(ref)
        held = {each.name for each in have.favour}
        fresh = tuple(ref for ref in favour if ref not in held or ref in work.refs)
        return {"refs": tuple(refs), "favour": fresh, "documents": work.documents, "entities": work.entities, "reports": work.reports}

    def _leaf(self, entry: Entry, have: Case, subject: bytes) -> core.Entry:
        return leaf_of(entry, have, authority=self.config.authority, handling=self._marking(), subject=subject)

    def _subject(self, have: Case) -> bytes:
        return self.ledger.subjects(self.board.entries(have.id)[0].leaf)[0]

    def _check_reaches(self, clearance: Tlp) -> None:
        if not self._reaches(clearance):
            raise NotAllowed(
                f"cases are marked TLP:{self._marking().tlp.value}, and you may see up to TLP:{clearance.value}", where="clearance",
                todo="ask an administrator",
            )  # fmt: skip

    def _reaches(self, clearance: Tlp) -> bool:
        """Whether somebody cleared so far sees entries of cases at all."""
        return bool(release(self._marking(), self.owner(clearance), on=today()))

    def _marking(self) -> Marking:
        return Marking(Tlp.AMBER_STRICT, Pap.RED, purpose=self.config.purpose or None, legal_basis=self.config.legal_basis or None)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Between the look at a case and the leaf nobody else makes an entry, and the look sees every entry that was made: one that the
        disk had no room to show would be left aside by the next. Raises Behind where there is still none."""
        with self.ledger.core.turn:
            self._show_all()
            yield

    def _enter(self, leaves: Sequence[core.Entry]) -> None:
        self.ledger.append_entries(list(leaves))
        self._show_all()

    def _show_all(self) -> None:
        self.catch_up()
        self.board.catch_up(self.views, self.ledger)


def _role(word: Word, actor: Actor) -> Role:
    """The role somebody makes an entry in: one that may, where they have one."""
    able = actor.roles & MAY[word]
    if not actor.roles:
        raise NotAllowed("you have no role here", where="role")
    return min(able or actor.roles, key=lambda role: role.value)


def _portions(have: Case, into: Case) -> Iterator[dict[str, tuple[str, ...]]]:
    """What one case holds and the other does not, in as many entries as it needs, at least one."""
    names = ("favour", "refs", "documents", "entities", "reports")
    left = []
    for name in names:
        known = {each.name for each in getattr(into, name)}
        left += [(name, each.name) for each in getattr(have, name) if each.name not in known]
    for start in range(0, max(1, len(left)), MOST):
        some = left[start : start + MOST]
        yield {name: tuple(thing for kind, thing in some if kind == name) for name in names}
