"""What is taken back over HTTP: accepted at once, shown at once, written as soon as the thread that writes is free.

All is accepted first, also where nothing else is under way: it is written in the order in which it was asked for, and none is answered as
if it were not done. What was accepted is done at once, after every act that writes, when the node begins to serve, and every few seconds.
Whoever asked must have the right still by then, as far as it goes by then; else it is refused, and what it was about is shown again. What
others marked stricter since is none of their doing: it is taken back all the same.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

import msgspec
from starlette.responses import Response

from saksi.app.api import examples
from saksi.app.api.desk import Call, Desk, Route, in_time
from saksi.app.api.keys import CAN, May, Role
from saksi.app.api.params import Param
from saksi.app.api.ports import AmendLine, AmendPlan
from saksi.app.api.problems import Refused
from saksi.app.api.replay import Keep, Stored
from saksi.app.api.waiting import Waits
from saksi.app.api.waiting_seal import Damaged
from saksi.app.api.wire import JSON, answer
from saksi.app.people.policy import rights_of
from saksi.ledger.disk import DiskFailed, DiskFull
from saksi.model import BadInput, Tlp

__all__ = ["ROUTES", "Later", "work_off"]

_AT = "/api/v1/retractions/"
_MOMENT = 1.5  # seconds
_log = logging.getLogger("saksi.api")


@dataclass(frozen=True, slots=True)
class Later:
    """One withdrawal, or another amendment. `told` hears the plan, by reference."""

    call: Call
    plan: AmendPlan
    asked: bytes
    told: Callable[[AmendPlan], None]

    async def do(self, keep: Keep | None) -> Stored:
        """Accept it, and have it written: how that ended, where its turn comes in a moment and the request has time, else as accepted."""
        desk, until = self.call.desk, self.call.mind_time()
        accept = self.call.writing(self.accept)
        accepted = await asyncio.shield(asyncio.to_thread(accept if keep is None else keep(accept)))
        begun = desk.writer.submit(work_off, desk)
        done = asyncio.wrap_future(begun)
        await in_time(done, asyncio.get_running_loop().time() + _MOMENT)
        if not begun.cancel():
            await in_time(done, until)
        ended = self._ended(accepted)
        if ended.status == 200:  # refused: it may be the key that was revoked a moment ago
            self.call.writing(lambda: None)()
        return ended

    async def again(self, stored: Stored) -> Stored:
        """As before while it waits, then how it ended."""
        return self._ended(stored) if stored.status == 202 else stored  # any other was kept by a node of before

    def accept(self) -> Stored:
        """Check all that can be checked now, keep it durably, and let answers do without it: 202, and where to ask how it went."""
        desk = self.call.desk
        size = desk.node.state().views  # first: whoever may see a statement now is not refused for how it is marked since
        before = [each.plan for each in desk.waiting.waiting()]  # before the views are read: what is written meanwhile is in one of them
        plan = desk.node.to_withdraw(self.plan, before)
        if self.plan.value is not None:
            self.told(plan)
        key = self.call.request.headers.get("idempotency-key")
        id_ = desk.waiting.id_for(plan.by, key, self.asked)
        line = desk.waiting.accept(Waits(id_, plan, desk.clock(), size))
        return Stored(202, msgspec.json.encode(line), _AT + line.id)

    def _ended(self, accepted: Stored) -> Stored:
        line = self.call.desk.waiting.find(accepted.location.removeprefix(_AT))
        if line is None or line.state == "waiting":
            return accepted
        if line.state == "done":
            return Stored(201, msgspec.json.encode(AmendLine(op=line.op, targets=line.targets, refs=line.refs)))
        return Stored(200, msgspec.json.encode(line), accepted.location)


async def became(call: Call) -> Response:
    """What became of something that was accepted, for whoever asked and for auditors; who asked for what is damaged nobody knows, and
    whoever may ask for it again is told."""
    line, rights = call.desk.waiting.find(call.asked.text("id")), call.caller.rights
    mine = line is not None and (line.by == call.caller.name or (line.state == "damaged" and May.AMEND in rights))
    if line is None or not (mine or May.AUDIT in rights):
        raise Refused("not-found")
    return answer(call.request, msgspec.json.encode(line))


def work_off(desk: Desk) -> None:
    """Do what waits in its order, in the thread that writes. All of it waits on for want of room, or while the ledger is not well; else
    what cannot be done, and with it what was asked for about its statements since."""
    left: set[str] = set()
    why: list[str] = []
    try:
        for each in desk.waiting.waiting():
            said = _tried(desk, each, behind=bool(left)) if left.isdisjoint(each.plan.refs) else each.id
            if said:
                left.update(each.plan.refs)
                why.append(said)
        why += [each.id for each in desk.waiting.damaged() if not _forgotten(desk, each)]
    except Exception as fault:  # whatever it is: whoever did the act before this one is told of that one
        why.append(type(fault).__name__)
    stopped = " ".join(why)
    if stopped and stopped != desk.waiting.stopped:  # said once, and not every few seconds
        _log.error("what was accepted to be withdrawn waits on, see `saksi doctor`: %s", stopped)
    desk.waiting.stopped = stopped


def _tried(desk: Desk, waits: Waits, *, behind: bool) -> str:
    """Do one, `behind` others that wait on or not; what keeps it, where that keeps no other. Raises where nothing can be done."""
    try:
        _do(desk, waits, behind=behind)
    except (DiskFull, DiskFailed):
        raise
    except Exception as fault:
        desk.node.catch_up()  # raises where it is the views
        return f"{waits.id} ({type(fault).__name__})"
    return ""


def _do(desk: Desk, waits: Waits, *, behind: bool) -> None:
    clearance = _clearance(desk, waits)
    if clearance is None:
        desk.waiting.refuse(waits.id, "the key that asked was revoked, or the person may not do this any more")
        return
    try:
        since, plan = desk.waiting.written, replace(waits.plan, clearance=clearance.value)
        line = desk.node.withdraw_later(plan, asked_at=waits.asked_at, size=waits.size, since=since)
    except BadInput as fault:
        desk.waiting.refuse(waits.id, fault.what)
    else:  # what waits on before it may be in the ledger already, and is looked for there
        desk.waiting.done(waits.id, line, size=since if behind else desk.node.state().size)


def _forgotten(desk: Desk, damaged: Damaged) -> bool:
    """Forget one that is damaged, where all that it asked for is in the ledger by now; whether it is."""
    if desk.node.is_written(damaged.op, damaged.statements):
        desk.waiting.drop(damaged)
        return True
    return False


def _clearance(desk: Desk, waits: Waits) -> Tlp | None:
    """How far whoever asked may see by now; None where they may not amend any more. A key whose day came since had the right when it was
    let in, be it a second before, and nobody took it away: a clock that ran ahead for a moment undoes nothing that was accepted."""
    who = waits.plan.by
    for key in desk.keys.listed():
        if key.id == who and key.revoked_at is None and May.AMEND in CAN[Role(key.role)]:
            return Tlp(key.clearance)
    for person in desk.people.register.people():
        if person.id == who and person.disabled is None and May.AMEND in rights_of(person.post.roles):
            return person.post.clearance
    return None


ROUTES = (
    Route(
        "GET",
        _AT + "{id}",
        became,
        May.LOOK,
        "What became of a withdrawal, or another amendment, that was accepted to be written later",
        "For whoever asked for it, and for auditors; kept for a week after its end. Of one that is damaged nobody knows who asked: it is "
        "told to whoever may ask again.",
        (Param("id", "The id in the `Location` of the answer 202.", "0f" * 16, longest=32, form="[0-9a-f]{32}", place="path"),),
        answers={200: ("WithdrawalLine", JSON, examples.WITHDRAWAL)},
        problems=("not-found",),
        tag="Change of mind",
    ),
)
