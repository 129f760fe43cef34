"""What somebody takes back, and for whom: by reference or by value, no more than they may see, all of it or nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence

from msgspec.structs import replace

from saksi.app.amending import Amending, Change, no_such
from saksi.app.api.ports import AmendLine, AmendPlan, ErasureLine, ErasureOrder
from saksi.app.home import today
from saksi.app.moves import may_count, moves
from saksi.app.withheld import WITHDRAWS
from saksi.ledger.erasure_plan import ErasurePlan
from saksi.ledger.ledger import MAX_GROUP
from saksi.model import Amendment, BadInput, Grade, Marking, NotAllowed, NotFound, Op, Pap, Statement, Tlp, release
from saksi.views.fact import Change as Made
from saksi.views.fact import Fact, standing

__all__ = ["Withdrawing"]

_SHOWN_AGAIN = "ask without `plan`: the answer says what would go now"


class Withdrawing(Amending):
    """Amendments and erasures as the API and the command line ask for them; `catch_up` shows them."""

    def own_saying(self, plan: AmendPlan, before: Mapping[str, Collection[str]] | None = None) -> tuple[str, tuple[str, ...]]:
        """The entity that the plan's value is read as, and the references of what this authority says of it from the publisher or series
        named, as far as the giver may see it and it counts, or may count after the ops that wait `before` (by reference). What others say
        is not among it: it is contested, not withdrawn.
        """
        if (plan.publisher is None) == (plan.series is None):
            raise BadInput(
                "name either the publisher or the series whose statements about the value are withdrawn", where="value", todo="one of both"
            )
        entity = self.meant(plan.value or "", plan.country)
        found, ended, wanted = [], False, (plan.publisher or plan.series or "").casefold()
        for fact in self._all_facts(entity):
            told, ref = self.views.source(fact.source), f"{self.config.origin}#{fact.commitment.hex()}"
            named = told.publisher if plan.series is None else told.series
            if (named or "").casefold() != wanted or not self._own_and_open(fact, Tlp.read(plan.clearance)):
                continue
            if may_count(fact, (before or {}).get(ref, ()))[0]:
                found.append(ref)
            ended = ended or standing(fact).last is not None
        if not found and ended:
            raise NotFound(
                f"all that this authority says of {entity} from there is withdrawn or has ended already",
                where="value",
                todo="nothing is left to do; ask for the value: it lists when each ended, and why",
            )
        if not found:
            raise NotFound(
                f"nothing that this authority says of {entity} comes from there",
                where="publisher" if plan.series is None else "series",
                todo="ask for the value: it lists who says what. What others say is contested with them, not withdrawn",
            )
        return entity, tuple(found)

    def to_withdraw(self, plan: AmendPlan, before: Sequence[AmendPlan]) -> AmendPlan:
        """The same plan by reference alone, where it would change something behind what waits `before` it. Raises BadInput for a statement
        that is not there, and just so for one its giver may not see. Writes nothing, so another may be writing meanwhile.
        """
        asked = _asked(before)
        named = plan.refs if plan.value is None else self.own_saying(plan, asked)[1]
        if not named or (plan.value is not None and plan.refs):
            raise BadInput("name references, or a value", where="refs")
        change, places = _change(plan), dict.fromkeys(self._own(ref, Tlp.read(plan.clearance)) for ref in named)
        if len(places) > MAX_GROUP:
            raise BadInput(f"at most {MAX_GROUP} statements are amended at once, not {len(places)}", where="value", todo="name references")
        refs = {self.ledger.ref(self.ledger.commitment(*place)): place for place in places}
        for ref, place in refs.items():
            self._amendment(place, change, before=asked.get(ref, ()))
        return dataclasses.replace(plan, refs=tuple(refs), value=None, country=None, publisher=None, series=None)

    def withdraw_later(self, plan: AmendPlan, *, asked_at: str, size: int, since: int) -> AmendLine:
        """Amend what was accepted at that time (UTC) and size of the views, and show it. What was changed so or erased since stays so.
        But a retraction is written though the statement has expired since: an edition that has it again would bring it back.

        The amendments bear the time at which they were asked for, and are known by it where they stand already, at leaf `since` or behind:
        a process may end at any point, and nothing is done twice. A statement that was marked beyond the clearance of whoever asked since
        is taken back all the same, and not named; other amendments leave it. Raises NotFound for one that this clearance may see by neither
        marking.
        """
        self.catch_up()
        change, clearance = _change(plan), Tlp.read(plan.clearance)
        named: dict[str, str] = {}
        targets, made, subjects = [], [], []
        for ref in plan.refs:
            place = self._own(ref)
            if self.ledger.payload(*place) is None:
                continue
            fact = self._recorded(place)
            open_ = self._opens(standing(fact).handling, clearance)
            if not open_ and not self._opens(standing(fact, at=size).handling, clearance, on=asked_at[:10]):
                raise no_such(ref)
            before = self._before(fact, change, asked_at=asked_at, since=max(size, since))
            if before is not None and open_:
                named[ref] = self.ledger.ref(before)
            elif before is None and moves(plan.op, fact) and (open_ or plan.op in WITHDRAWS):
                targets.append((ref, open_))
                made.append(self._amendment(place, change, said_at=asked_at))
                subjects.append(self.ledger.subjects(*place))
        refs = self.ledger.append(made, subjects=subjects) if made else []
        named |= {ref: written for (ref, open_), written in zip(targets, refs, strict=True) if open_}
        self.catch_up()
        return AmendLine(op=plan.op, targets=tuple(named), refs=tuple(named.values()))

    def is_written(self, op: str, statements: Collection[bytes]) -> bool:
        """Whether the ledger says already what an amendment would say of these statements (commitments), whatever waits; what was erased
        has nothing to be said of it."""
        self.catch_up()
        for name in statements:
            place = self._place(name.hex())
            payload = None if place is None else self.ledger.payload(*place)
            if place is None or payload is None or isinstance(Statement.parse(payload).content, Amendment):
                continue
            if moves(op, self._recorded(place)):
                return False
        return True

    def _before(self, fact: Fact, change: Change, *, asked_at: str, since: int) -> bytes | None:
        """The commitment of this very amendment, where it is in the ledger: behind leaf `since`, for one that is like it, asked for in the
        same second, may stand before that. What somebody else said after it, whatever their clock says, does not make it another."""
        behind = (each for each in fact.changes if each.leaf >= since and each.asserted_at == asked_at)
        return next((each.commitment for each in behind if self._is(each, change)), None)

    def _is(self, made: Made, change: Change) -> bool:
        """Whether what the views hold is this very change by this very person or key."""
        by = self.views.asserter(made.asserter)
        same = (made.op, made.reason, by.analyst) == (change.op.value, change.reason, change.analyst)
        graded = change.grade is None or by.grade == change.grade
        marking = self.views.handling(made.handling)
        return same and graded and (change.marking is None or change.marked(marking) == marking)

    def erase_as_told(self, order: ErasureOrder) -> ErasureLine:
        """What an erasure would destroy; and, where the order names that very plan, destroy it.

        Raises NotAllowed for a giver who may not see all that could go.
        """
        if Tlp.read(order.clearance) is not Tlp.RED:
            raise NotAllowed("who erases must be able to see all that goes", where="clearance", todo="use a key with the clearance RED")
        meant = self.meant(order.what, order.country)
        if not self.holds(meant):
            raise NotFound(f"nothing is recorded about {meant[:80]}", where="what", todo="`saksi ask VALUE` shows what is on record")
        plan = self.plan_erasure(meant)
        told = _told(meant, plan)
        if order.plan is None:
            return told
        if order.plan != told.plan:
            raise BadInput("what would go is not what you were shown: more has come in, or less is left", where="plan", todo=_SHOWN_AGAIN)
        done = self.record_erasure(plan, ground=order.ground)
        return replace(told, plan="", erased=True, notices=tuple(done.notices))

    def _own_and_open(self, fact: Fact, clearance: Tlp) -> bool:
        ours = self.views.asserter(fact.asserter).authority == self.config.authority
        return ours and self._opens(standing(fact).handling, clearance)

    def _opens(self, handling: int, clearance: Tlp, *, on: str | None = None) -> bool:
        """Whether this clearance sees what is marked so, on a day (ISO date; None: today)."""
        return "content" in release(self.views.handling(handling), self.owner(clearance), on=on or today())


def _asked(before: Sequence[AmendPlan]) -> dict[str, list[str]]:
    """The ops that wait, of each statement by its reference, in their order."""
    made: dict[str, list[str]] = {}
    for plan in before:
        for ref in plan.refs:
            made.setdefault(ref, []).append(plan.op)
    return made


def _change(plan: AmendPlan) -> Change:
    return Change(Op(plan.op), plan.reason, Grade.parse(plan.grade) if plan.grade else None, _marking(plan), plan.by or None)


def _marking(plan: AmendPlan) -> Marking | None:
    if plan.tlp is None and plan.pap is None:
        if plan.audience or plan.purpose is not None or plan.legal_basis is not None:
            raise BadInput(
                "an audience, a purpose and a legal basis go with a marking", where="tlp", todo="name a TLP and a PAP too, for relabel"
            )
        return None
    if plan.tlp is None or plan.pap is None:
        raise BadInput(
            "a marking has both a TLP and a PAP, and one is missing", where="tlp" if plan.tlp is None else "pap", todo="name both"
        )
    return Marking.given(Tlp.read(plan.tlp), Pap.read(plan.pap), audience=plan.audience, purpose=plan.purpose, legal_basis=plan.legal_basis)


def _told(what: str, plan: ErasurePlan) -> ErasureLine:
    return ErasureLine(
        what=what, plan=plan.digest(), statements=len(plan.touched), amendments=plan.amendments, subjects=len(plan.subjects),
        shared_with_others=plan.shared, originals=len(plan.originals), losing_their_original=plan.resting,
    )  # fmt: skip
