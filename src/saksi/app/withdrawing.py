"""What somebody takes back, and for whom: by reference or by value, no more than they may see, all of it or nothing."""

from __future__ import annotations

from msgspec.structs import replace

from saksi.app.amending import Amending, Change
from saksi.app.api.ports import AmendLine, AmendPlan, ErasureLine, ErasureOrder
from saksi.app.home import today
from saksi.ledger.erase import ErasurePlan
from saksi.model import BadInput, Grade, Marking, NotAllowed, NotFound, Op, Pap, Tlp, release
from saksi.views.fact import Fact, standing

__all__ = ["Withdrawing"]


class Withdrawing(Amending):
    """Amendments and erasures as the API and the command line ask for them; `catch_up` shows them."""

    def own_saying(self, plan: AmendPlan) -> tuple[str, tuple[str, ...]]:
        """The entity that the plan's value is read as, and the references of what this authority says of it from the publisher or series
        named, as far as it counts and the giver may see it. Others' statements are not among them: they are contested, not withdrawn.
        """
        if (plan.publisher is None) == (plan.series is None):
            raise BadInput(
                "name either the publisher or the series whose statements about the value are withdrawn", where="value", todo="one of both"
            )
        entity = self.meant(plan.value or "", plan.country)
        found, wanted = [], (plan.publisher or plan.series or "").casefold()
        for fact in self._all_facts(entity):
            told = self.views.source(fact.source)
            named = told.publisher if plan.series is None else told.series
            if (named or "").casefold() == wanted and self._own_and_open(fact, Tlp.read(plan.clearance)):
                found.append(f"{self.config.origin}#{fact.commitment.hex()}")
        if not found:
            raise NotFound(
                f"nothing that this authority says of {entity} comes from there",
                where="publisher" if plan.series is None else "series",
                todo="ask for the value: it lists who says what. What others say is contested with them, not withdrawn",
            )
        return entity, tuple(found)

    def withdraw(self, plan: AmendPlan) -> AmendLine:
        """Amend what the plan names. Raises BadInput for a statement that is not there, and just so for one its giver may not see."""
        refs = plan.refs if plan.value is None else self.own_saying(plan)[1]
        if not refs or (plan.value is not None and plan.refs):
            raise BadInput("name references, or a value", where="refs")
        change = Change(Op(plan.op), plan.reason, Grade.parse(plan.grade) if plan.grade else None, _marking(plan), plan.by or None)
        made = self.record_all(refs, change, clearance=Tlp.read(plan.clearance))
        return AmendLine(op=plan.op, targets=tuple(dict.fromkeys(refs)), refs=made)

    def erase_as_told(self, order: ErasureOrder) -> ErasureLine:
        """What an erasure would destroy; and, where the order names that very number of statements, destroy it.

        Raises NotAllowed for a giver who may not see all that could go.
        """
        if Tlp.read(order.clearance) is not Tlp.RED:
            raise NotAllowed("who erases must be able to see all that goes", where="clearance", todo="use a key with the clearance RED")
        meant = self.meant(order.what, order.country)
        if not self.holds(meant):
            raise NotFound(f"nothing is recorded about {meant[:80]}", where="what", todo="`saksi ask VALUE` shows what is on record")
        plan = self.plan_erasure(meant)
        told = _told(meant, plan)
        if order.statements is None:
            return told
        if order.statements != told.statements:
            raise BadInput(
                f"{told.statements} statements would go, not {order.statements}", where="statements", todo="look at the plan again"
            )
        done = self.record_erasure(plan, ground=order.ground)
        return replace(told, erased=True, notices=tuple(done.notices))

    def _own_and_open(self, fact: Fact, clearance: Tlp) -> bool:
        state = standing(fact)
        ours = self.views.asserter(fact.asserter).authority == self.config.authority
        seen = release(self.views.handling(state.handling), self.owner(clearance), on=today())
        return ours and state.counts and "content" in seen


def _marking(plan: AmendPlan) -> Marking | None:
    if plan.tlp is None and plan.pap is None:
        return None
    if plan.tlp is None or plan.pap is None:
        raise BadInput("a marking has both a TLP and a PAP", where="tlp" if plan.tlp is None else "pap")
    return Marking(Tlp.read(plan.tlp), Pap.read(plan.pap), tuple(sorted(set(plan.audience))), plan.purpose, plan.legal_basis)


def _told(what: str, plan: ErasurePlan) -> ErasureLine:
    return ErasureLine(
        what=what, statements=len(plan.touched), subjects=len(plan.subjects), shared_with_others=plan.shared,
        originals=len(plan.originals), losing_their_original=plan.resting,
    )  # fmt: skip
