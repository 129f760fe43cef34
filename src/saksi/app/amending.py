"""Changes of mind and outcomes: amendments of the node's own statements, erasure, what became of a look-up."""

from __future__ import annotations

import re
import shutil
import time
from collections import deque
from collections.abc import Collection, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace

from saksi.app.api.ports import OutcomeLine, OutcomePlan
from saksi.app.api.replay import forget_answers
from saksi.app.api.waiting import Waiting
from saksi.app.config import Config
from saksi.app.home import Home, now_text, takes_key, today, waiting_key
from saksi.app.moves import check_moves, may_count
from saksi.app.reason import check_reason
from saksi.app.recording import Recording
from saksi.app.take_log import TakeLog
from saksi.ledger.erase import Erased
from saksi.ledger.erasure_plan import ErasurePlan
from saksi.model import (
    Amendment,
    Asserter,
    BadInput,
    Content,
    Grade,
    LedgerFault,
    Marking,
    NotAllowed,
    NotFound,
    Op,
    Pap,
    Source,
    Statement,
    Tlp,
    release,
)
from saksi.observables.detect import detect
from saksi.screen.outcome import outcome as outcome_of
from saksi.views.fact import TAKEN_AGAIN, Fact
from saksi.views.serving import Behind

__all__ = ["Amending", "Change", "no_such"]

_DIGEST = re.compile(r"[0-9a-f]{64}")
_LOOK = "check the reference; `saksi ask VALUE` and `saksi search TEXT` show what is on record"


def no_such(ref: str) -> NotFound:
    """Why a reference is refused: there is nothing by it, or nothing that whoever asks may see."""
    return NotFound("there is no such statement", where=ref, todo=_LOOK)


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be changed about a statement: the op, why (for people), and for `regrade` or `relabel` the new grade or marking.

    A purpose, legal ground or end that the new marking does not name stays with each statement as it was (`marked`).
    """

    op: Op
    reason: str | None = None
    grade: Grade | None = None
    marking: Marking | None = None
    analyst: str | None = None

    def __post_init__(self) -> None:
        if self.reason is not None:
            check_reason(self.reason, "reason")
            if self.reason == TAKEN_AGAIN:
                raise BadInput("that is what a take says of itself", where="reason", todo="say why in words of your own")
        for op, value, where, todo in (
            (Op.REGRADE, self.grade, "grade", "name one such as C4"),
            (Op.RELABEL, self.marking, "tlp", "name both a TLP and a PAP"),
        ):
            if self.op is op and value is None:
                raise BadInput(f"{op.value} needs a new {'grade' if op is Op.REGRADE else 'marking'}", where=where, todo=todo)
            if self.op is not op and value is not None:
                raise BadInput(f"that goes with {op.value}, not with {self.op.value}", where=where, todo="leave it out")

    def marked(self, before: Marking) -> Marking:
        """The marking that a statement under `before` has after it. Who may see it is said anew each time: nobody named is nobody."""
        if self.marking is None:
            return before
        kept = {name: getattr(before, name) for name in ("purpose", "legal_basis", "retain_until") if getattr(self.marking, name) is None}
        return replace(self.marking, **kept)


class Amending(Recording):
    """Writes of single statements; each is durable when the call returns.

    Those that the API asks for leave it to `catch_up` to show them: what is recorded is acknowledged, and the disk may be full by then.
    """

    _swept = False

    def __init__(self, files: Home, config: Config) -> None:
        super().__init__(files, config)
        self._erased: deque[tuple[str, Erased]] = deque()  # from the vault, and not from the views yet

    def amend(self, ref: str, change: Change) -> str:
        """Append an amendment of an own statement; gives its reference. Raises BadInput where there is none, or it changes nothing."""
        return self.amend_all((ref,), change)[0]

    def amend_all(self, refs: Sequence[str], change: Change, *, clearance: Tlp = Tlp.RED) -> tuple[str, ...]:
        """The same of several, all or none; what `clearance` may not see is not there. A reference named twice is amended once."""
        made = self.record_all(refs, change, clearance=clearance)
        self.catch_up()
        return made

    def record_all(self, refs: Sequence[str], change: Change, *, clearance: Tlp = Tlp.RED) -> tuple[str, ...]:
        """The same, in the ledger alone: look-ups show it after `catch_up`."""
        self.catch_up()
        made, subjects = [], []
        for place in dict.fromkeys(self._own(ref, clearance) for ref in refs):
            made.append(self._amendment(place, change))
            subjects.append(self.ledger.subjects(*place))
        return tuple(self.ledger.append(made, subjects=subjects))

    def _amendment(self, place: tuple[int, int], change: Change, *, before: Collection[str] = (), said_at: str | None = None) -> Statement:
        """The amendment as it is logged; where it was not accepted yet (at `said_at`), it must change something behind the ops that wait
        `before`."""
        ref = self.ledger.ref(self.ledger.commitment(*place))
        target = self._statement(*place)
        if isinstance(target.content, Amendment):
            raise BadInput("an amendment is not amended: amend its target again", where=ref, todo=f"amend {target.content.target}")
        (known,) = self.views.known([target.id()])
        if known is None:
            raise BadInput("the views do not know this statement yet", where=ref, todo="run `saksi fold`")
        if said_at is None:  # what was accepted is written, though an edition dropped it meanwhile
            may, may_not = may_count(self._recorded(place), before) if before else (known.counts, not known.counts)
            check_moves(change.op.value, ref, may=may, may_not=may_not)
        recorder = self.views.asserter(known.asserter)
        return Statement(
            Amendment(change.op, ref, self._ref(known.prev), change.reason),
            target.source,
            Asserter(self.config.authority, said_at or now_text(), change.analyst, change.grade or recorder.grade),
            change.marked(self.views.handling(known.handling)),
        )

    def outcome(self, plan: OutcomePlan) -> OutcomeLine:
        """Record what became of a value, as a statement of this authority; `catch_up` shows it. Told again, it adds nothing.

        Where the desk says so itself, the statement names who: that is how it is told from a caller's word (record 67).
        """
        reading = detect(plan.value, country=plan.country or self.config.country or None)[0]
        said = self.ask(reading.entity, country=None, reader=self.owner(), at=None)
        content: Content = outcome_of(said, reading.schema, plan.outcome, happened=plan.happened)
        self.catch_up()
        marking = Marking(Tlp.AMBER, Pap.AMBER, purpose=self.config.purpose or None, legal_basis=self.config.legal_basis or None)
        whose = f"found by the desk ({plan.by or 'desk'})" if plan.desk else f"told by {plan.by or 'a caller'}"
        source = Source(title=f"Outcome {whose} on {today()}", publisher=self.config.authority)
        made = Statement(content, source, Asserter(self.config.authority, now_text(), (plan.by or "desk") if plan.desk else None), marking)
        (known,) = self.views.known([made.id()])
        if known is not None:
            return OutcomeLine(ref=self._ref(known.commitment) or "", entity=reading.entity, outcome=plan.outcome, duplicate=True)
        (ref,) = self.ledger.append([made])
        return OutcomeLine(ref=ref, entity=reading.entity, outcome=plan.outcome)

    def meant(self, what: str, country: str | None = None) -> str:
        """What `what` names: a reference or an id on record as it stands, else the entity that `ask` reads in it."""
        if self.holds(what):
            return what
        try:
            return self.ask(what, country=country, reader=self.owner(), at=None).entity
        except BadInput:
            if ":" in what:
                return what  # an id of a kind that is no value: a report's, say
            raise

    def holds(self, what: str) -> bool:
        """Whether there is anything about an entity to erase; a reference is looked up by the plan, which says why it cannot be."""
        return "#" in what or _DIGEST.fullmatch(what) is not None or bool(self._all_places(what))

    def plan_erasure(self, what: str) -> ErasurePlan:
        """What goes when the data subjects of a statement (by reference) or of everything about an entity are erased, to be shown first."""
        places = [self._own(what)] if "#" in what or _DIGEST.fullmatch(what) else self._all_places(what)
        if not places:
            raise NotFound("nothing is recorded about it", where=what[:80], todo=_LOOK)
        named = {place: self.ledger.subjects(*place) for place in places}
        subjects = {each for ids in named.values() for each in ids}
        alone = [place for place, ids in named.items() if not ids and self.ledger.payload(*place) is not None]
        return self.ledger.plan_erasure(subjects, alone)

    def erase(self, plan: ErasurePlan, *, ground: str) -> Erased:
        """Destroy what the plan says for good, in the vault, in the views and in what was answered of late, and log a notice."""
        erased = self.record_erasure(plan, ground=ground)
        self.catch_up()
        return erased

    def record_erasure(self, plan: ErasurePlan, *, ground: str) -> Erased:
        """The same but for the views: it leaves them with `catch_up`."""
        check_reason(ground, "ground")
        self._sweep()
        forget_answers(self.files.replay)  # first: where they cannot be forgotten, nothing is erased that they would tell of
        self._take_log.forget(plan.originals)
        erased = self.ledger.erase(plan, ground=ground)
        self._erased.append((today(), erased))
        self._forget_asked(erased)
        return erased

    @property
    def _take_log(self) -> TakeLog:
        return TakeLog(self.files.takes / "takes.jsonl", key=takes_key(self.files))

    def _forget_asked(self, erased: Erased) -> None:
        """What waits to be withdrawn, or was of late, does not name what is erased."""
        if not self.files.waiting.exists():
            return
        names = [self.ledger.commitment(*place) for place in erased.touched]
        # It is erased by now, and commitments are all that is kept of it: where they cannot go now, they do later, in a week at most.
        with suppress(LedgerFault), closing(Waiting(self.files.waiting, key=waiting_key(self.files), now=time.time)) as waiting:
            waiting.forget(names)

    def _sweep(self) -> None:
        """Remove what takes that were killed left lying: plain copies of files. Once a process, under the lock."""
        with self._opening:
            if self._swept:
                return
            _ = self.ledger  # the lock: nobody else is taking
            for left in self.files.takes.glob("take-*"):
                shutil.rmtree(left, ignore_errors=True)
            self._swept = True

    def catch_up(self) -> None:
        """Bring views that are behind (a process was killed, they were thrown away, the disk was full) up to the ledger.

        Raises Behind where the disk has no room for it.
        """
        while self._erased:  # before the notice is folded: whoever is stopped here finds it there again
            day, erased = self._erased[0]
            self.views.erase(erased.touched, on=day, notices=erased.notices)
            self._erased.popleft()
        if self._is_behind():
            try:
                self.views.fold(self.ledger)
            except Behind:
                if self._is_behind():  # else only the tidying after it failed
                    raise

    def _is_behind(self) -> bool:
        return self.views.manifest is None or self.views.size != self.ledger.size

    def _own(self, ref: str, clearance: Tlp = Tlp.RED) -> tuple[int, int]:
        origin, _, digest = ref.rpartition("#")
        if origin and origin != self.config.origin:
            raise NotAllowed("only the author may amend or erase a statement", where=ref, todo=f"ask {origin.partition('/')[0]}")
        place = self._place(digest)
        if place is None or (clearance is not Tlp.RED and not self._open(place, clearance)):
            raise no_such(ref)
        return place

    def _open(self, place: tuple[int, int], clearance: Tlp) -> bool:
        """Whether a statement is there for this clearance, by the marking in force; an amendment is as open as what it is about."""
        payload = self.ledger.payload(*place)
        if payload is None:
            return False
        said = Statement.parse(payload)
        (known,) = self.views.known([said.id()])
        marking = said.handling if known is None else self.views.handling(known.handling)
        return "content" in release(marking, self.owner(clearance), on=today())

    def _statement(self, leaf: int, index: int) -> Statement:
        payload = self.ledger.payload(leaf, index)
        if payload is None:
            raise BadInput("the statement was erased, or its payload is not here")
        return Statement.parse(payload)

    def _recorded(self, place: tuple[int, int]) -> Fact:
        """A statement as the ledger has it, whatever waits."""
        content = self._statement(*place).content
        assert not isinstance(content, Amendment)  # none is amended
        return self.views.recorded(content.entity, before=self.views.stop(place[0]) + place[1] + 1).facts[-1]

    def _all_places(self, entity: str) -> list[tuple[int, int]]:
        return [(fact.leaf, fact.index) for fact in self._all_facts(entity)]

    def _all_facts(self, entity: str) -> list[Fact]:
        made: list[Fact] = []
        cursor: int | None = None
        while True:
            held = self.views.recorded(entity, before=cursor)
            made += held.facts
            cursor = held.cursor
            if cursor is None:
                return made

    def _ref(self, commitment: bytes | None) -> str | None:
        return None if commitment is None else self.ledger.ref(commitment)
