"""What is taken back over HTTP: statements are amended or retracted, data subjects erased, while the node goes on serving.

A wrongful listing must not wait until somebody stops the node, nor for a take: look-ups and block lists that begin after the answer do
without what was withdrawn.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Annotated

import msgspec
from starlette.responses import Response

from saksi.app.api import examples
from saksi.app.api.desk import Call, Route
from saksi.app.api.keys import May
from saksi.app.api.later import Later
from saksi.app.api.look import read_body
from saksi.app.api.once import IDEMPOTENT, done, once, once_for, said
from saksi.app.api.ports import AmendPlan, ErasureOrder
from saksi.app.api.replay import Stored
from saksi.app.api.wire import JSON
from saksi.app.people.signed import fresh
from saksi.app.reason import check_reason
from saksi.model import BadInput, Json, NotAllowed, Op

__all__ = ["ROUTES", "AmendmentBody", "ErasureBody", "RetractionBody"]

_OPS = tuple(op.value for op in Op if op.amends)
_REF = re.compile(r"(?:.{1,200}#)?[0-9a-f]{64}")
_MOST = 1000
_LONGEST = 2000


class RetractionBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Statements to withdraw, and why: by reference, or those about a value from one publisher's files or one series."""

    reason: str
    refs: tuple[str, ...] = ()
    value: str | None = None
    country: str | None = None
    publisher: str | None = None
    series: str | None = None


class AmendmentBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Statements to amend, how, and why. `grade` goes with `regrade`; `tlp` and `pap`, and what follows them, with `relabel`.

    A `purpose` or `legal_basis` that is left out stays with each statement as it was, as its end does; the `audience` is named anew,
    and at CLEAR or GREEN there is none.
    """

    op: Annotated[str, msgspec.Meta(extra_json_schema={"enum": list(_OPS)})]
    refs: tuple[str, ...]
    reason: str
    grade: str | None = None
    tlp: str | None = None
    pap: str | None = None
    audience: tuple[str, ...] = ()
    purpose: str | None = None
    legal_basis: str | None = None


class ErasureBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to erase (a reference, an id or a value), and on which ground, without naming the person.

    Without `plan` the answer is what would go; with the plan that it names, exactly that goes.
    """

    what: str
    ground: str
    country: str | None = None
    plan: str | None = None


async def retract(call: Call) -> Response:
    """Withdraw statements."""
    told = await read_body(call, RetractionBody)
    _check(call, told.reason, "reason")
    country = told.country or call.desk.settings.country or None
    plan = AmendPlan(
        Op.RETRACT.value, told.reason, told.refs, told.value, country, told.publisher, told.series,
        by=call.caller.name, clearance=call.caller.clearance.value,
    )  # fmt: skip
    return await _amended(call, plan, b"retraction\0" + msgspec.json.encode(told))


async def amend(call: Call) -> Response:
    """Amend statements."""
    told = await read_body(call, AmendmentBody)
    _check(call, told.reason, "reason")
    if told.op not in _OPS:
        raise BadInput(f"unknown op {told.op[:40]!r}", where="op", todo=f"one of {', '.join(_OPS)}")
    plan = AmendPlan(
        told.op, told.reason, told.refs, grade=told.grade, tlp=told.tlp, pap=told.pap, audience=told.audience, purpose=told.purpose,
        legal_basis=told.legal_basis, by=call.caller.name, clearance=call.caller.clearance.value,
    )  # fmt: skip
    return await _amended(call, plan, b"amendment\0" + msgspec.json.encode(told))


async def erase(call: Call) -> Response:
    """Erase the data subjects behind something, or say what would go."""
    told = await read_body(call, ErasureBody)
    _check(call, told.ground, "ground")
    _check(call, told.what, "what")
    order = ErasureOrder(told.what, told.ground, told.country or call.desk.settings.country or None, told.plan, call.caller.clearance.value)
    planned = told.plan is None
    kind, loop = "plan-erasure" if planned else "erase", asyncio.get_running_loop()
    call.note(kind, told.what)

    def work() -> Stored:
        line = call.desk.node.erase_as_told(order)
        if line.erased:
            loop.call_soon_threadsafe(call.desk.replay.forget)
        loop.call_soon_threadsafe(call.note, kind, line.what)  # under its id too: before the answer leaves
        return Stored(201 if line.erased else 200, msgspec.json.encode(line if planned else msgspec.structs.replace(line, what="")))

    if planned:
        return said(await loop.run_in_executor(call.desk.writer, call.writing(work)))
    return await once(call, sha256(b"erasure\0" + msgspec.json.encode(told)).digest(), work)


async def _amended(call: Call, plan: AmendPlan, asked: bytes) -> Response:
    if len(plan.refs) > _MOST:
        raise BadInput(f"at most {_MOST} statements are amended at once, not {len(plan.refs)}", where="refs")
    for number, ref in enumerate(plan.refs):
        if not _REF.fullmatch(ref):
            raise BadInput("a statement is named by its reference, which ends in 64 hex digits", where=f"refs/{number}")
    loop = asyncio.get_running_loop()
    call.note(plan.op, *([plan.value] if plan.value is not None else map(_digest, plan.refs)))

    def told(accepted: AmendPlan) -> None:
        loop.call_soon_threadsafe(call.note, accepted.op, *map(_digest, accepted.refs))  # before the answer leaves

    digest = sha256(asked).digest()
    try:
        return await once_for(call, digest, Later(call, plan, digest, told))
    except (BadInput, NotAllowed) as fault:
        named = [_digest(ref) for ref in plan.refs]
        if (which := _digest(fault.where)) not in named:
            raise
        raise type(fault)(fault.what, where=f"refs/{named.index(which)}", todo=fault.todo) from fault


def _digest(ref: str) -> str:
    return ref.rpartition("#")[2]


def _check(call: Call, text: str, where: str) -> None:
    """Words are there, and a person who signed in has shown a second factor just now: this bears upon others."""
    if call.caller.session is not None:
        fresh(call)
    if not text.strip() or len(text) > _LONGEST:
        raise BadInput(f"words are expected, at most {_LONGEST} characters", where=where)
    check_reason(text, where)


_PROBLEMS = ("second-factor", "in-progress", "key-reused", "answer-gone", "wrong-media", "too-large")

_LATER: Mapping[int, tuple[str, str, Json]] = {
    202: ("WithdrawalLine", JSON, examples.WITHDRAWAL),
    200: ("WithdrawalLine", JSON, {**examples.WITHDRAWAL, "state": "refused"}),  # sent again with its key, where it was refused since
}

ROUTES = (
    Route(
        "POST",
        "/api/v1/retractions",
        retract,
        May.AMEND,
        "Withdraw statements of this authority",
        "They stay in the ledger, marked as withdrawn; answers and block lists drop them at once. While a take is under way it is accepted "
        "(202) and written afterwards: `Location` says how it went. What others say is contested instead.",
        (IDEMPOTENT,),
        ("RetractionBody", JSON, examples.RETRACTION_BODY),
        {201: ("AmendLine", JSON, examples.AMENDED), **_LATER},
        _PROBLEMS,
        "Change of mind",
    ),
    Route(
        "POST",
        "/api/v1/amendments",
        amend,
        May.AMEND,
        "Regrade, relabel, expire, confirm, reject, reinstate or retract statements of this authority",
        "All of them or none. While a take is under way as for retractions; what takes nothing back shows once it is written.",
        (IDEMPOTENT,),
        ("AmendmentBody", JSON, examples.AMENDMENT_BODY),
        {201: ("AmendLine", JSON, {**examples.AMENDED, "op": "expire"}), **_LATER},
        _PROBLEMS,
        "Change of mind",
    ),
    Route(
        "POST",
        "/api/v1/erasures",
        erase,
        May.ERASE,
        "Erase the data subjects behind a statement, or behind everything about an entity",
        "First without `plan`: the answer says what would go, and names it (200). Then with that name: it is destroyed for good (201). "
        "Needs a clearance of TLP:RED.",
        (IDEMPOTENT,),
        ("ErasureBody", JSON, examples.ERASURE_BODY),
        {
            **done("ErasureLine", {**examples.ERASURE, "what": "", "erased": True, "notices": [9]}),
            200: ("ErasureLine", JSON, examples.ERASURE),
        },
        _PROBLEMS,
        "Change of mind",
    ),
)
