"""What becomes of statements between the acceptance of an amendment and its writing: sealed, erased, changed by others, or of who asked."""

from __future__ import annotations

from contextlib import closing

import pytest
from calls import Client
from test_api_node import Real
from test_withdrawing import real  # noqa: F401
from test_withdrawn_later import Busy, busy, state  # noqa: F401

from saksi.app.amending import Change
from saksi.app.api import later
from saksi.app.api.keys import Role
from saksi.app.api.ports import AmendPlan
from saksi.app.api.waiting import Waits
from saksi.app.node import Node
from saksi.app.people.person import read_post
from saksi.model import Asserter, Content, Marking, Op, Pap, Source, Statement, Tlp


def _role(node: Node, number: int, tlp: Tlp = Tlp.CLEAR) -> Statement:
    content = Content(f"host:shop{number}.example.com", "WebSite", "role", "infrastructure")
    asserter = Asserter(node.config.authority, "2026-02-02T00:00:00Z")
    return Statement(content, Source(title="a list (synthetic)"), asserter, Marking(tlp, Pap.CLEAR, purpose="p", legal_basis="l"))


def _put(real: Real, count: int, tlp: Tlp = Tlp.AMBER) -> list[str]:  # noqa: F811
    refs = real.node.ledger.append([_role(real.node, number, tlp) for number in range(count)])
    real.node.catch_up()
    return list(refs)


def _seal(real: Real, ref: str, tlp: Tlp = Tlp.RED) -> None:  # noqa: F811
    real.node.amend(ref, Change(Op.RELABEL, "sealed", marking=Marking(tlp, Pap.RED, purpose="p", legal_basis="l")))


def _flags(client: Client, count: int) -> list[bool]:
    return [client.get(f"/api/v1/lookup?value=shop{number}.example.com").json()["flagged"] for number in range(count)]


@pytest.mark.parametrize("since", ["nothing", "retracted", "erased"])
def test_what_others_seal_meanwhile_undoes_nothing_and_is_not_told_of(real: Real, busy: Busy, since: str) -> None:  # noqa: F811
    """One of two is marked beyond the clearance of whoever asked: both are withdrawn, and the answer is one whatever became of it."""
    low, high, refs = real.with_key(Role.ANALYST, Tlp.AMBER), real.with_key(Role.ANALYST), _put(real, 2)
    made = low.post("/api/v1/retractions", json={"reason": "a test", "refs": refs})
    assert made.status_code == 202, made.text
    busy.free(work=False)
    _seal(real, refs[0])
    if since == "retracted":
        real.node.amend(refs[0], Change(Op.RETRACT, "by somebody else"))
    elif since == "erased":
        real.node.erase(real.node.plan_erasure(refs[0]), ground="decision 12")
    assert _flags(high, 2) == [False, False]
    real.desk.writer.submit(later.work_off, real.desk).result(60)
    assert _flags(high, 2) == [False, False]
    said = state(low, made)
    assert (said["state"], said["targets"], len(said["refs"])) == ("done", refs[1:], 1)  # type: ignore[arg-type]
    assert "marked beyond the clearance of whoever asked meanwhile are not named" in str(said["said"])
    digest = refs[0].rpartition("#")[2]
    assert low.get(f"/api/v1/statements/{digest}").status_code == 404
    if since != "erased":
        ops = [each["op"] for each in high.get(f"/api/v1/statements/{digest}").json()["changes"]]
        assert ops == ["relabel", "retract"]
    size = real.node.ledger.size
    real.desk.writer.submit(later.work_off, real.desk).result(60)
    assert real.node.ledger.size == size


def test_what_others_seal_meanwhile_is_opened_by_no_amendment_of_before(real: Real, busy: Busy) -> None:  # noqa: F811
    low, high, refs = real.with_key(Role.ANALYST, Tlp.AMBER), real.with_key(Role.ANALYST), _put(real, 2)
    body = {"op": "relabel", "refs": refs, "reason": "a test", "tlp": "GREEN", "pap": "GREEN"}
    made = low.post("/api/v1/amendments", json=body)
    assert made.status_code == 202, made.text
    busy.free(work=False)
    _seal(real, refs[0])
    real.desk.writer.submit(later.work_off, real.desk).result(60)
    assert state(low, made)["targets"] == refs[1:]
    assert low.get(f"/api/v1/statements/{refs[0].rpartition('#')[2]}").status_code == 404
    assert _flags(high, 2) == [True, True]


def test_one_that_counts_again_meanwhile_undoes_no_other_reinstatement(real: Real, busy: Busy) -> None:  # noqa: F811
    analyst, refs = real.with_key(Role.ANALYST), _put(real, 2)
    busy.free(work=False)
    real.node.amend_all(refs, Change(Op.RETRACT, "a test"))
    with closing(_Held(real)):
        made = analyst.post("/api/v1/amendments", json={"op": "reinstate", "refs": refs, "reason": "a test"})
        assert made.status_code == 202, made.text
    real.node.amend(refs[0], Change(Op.REINSTATE, "by somebody else"))
    real.desk.writer.submit(later.work_off, real.desk).result(60)
    assert _flags(analyst, 2) == [True, True]
    assert state(analyst, made)["targets"] == refs[1:]


def test_a_clearance_lowered_meanwhile_is_refused_though_others_opened_nothing(real: Real, busy: Busy) -> None:  # noqa: F811
    """Marked the same still: who may not see it by now, and by its marking of then, may not take it back."""
    register, refs = real.desk.people.register, _put(real, 2, Tlp.GREEN)
    register.add("Root", read_post("unit one", ["administrator"], "CLEAR"), by="command-line")
    person, _ = register.add("Ana", read_post("unit one", ["analyst"], "RED"), by="command-line")
    _seal(real, refs[0], Tlp.AMBER)
    plan = AmendPlan("retract", "a test", tuple(refs), by=person.id)
    real.desk.waiting.accept(Waits("0" * 32, plan, real.desk.clock(), real.node.state().views))
    register.move(person.id, read_post("unit one", ["analyst"], "GREEN"), by="command-line")
    busy.free()
    line = real.desk.waiting.find("0" * 32)
    assert line is not None
    assert (line.state, "there is no such statement" in line.said) == ("refused", True)
    assert _flags(real.with_key(Role.ANALYST), 2) == [True, True]


class _Held(Busy):
    def close(self) -> None:
        self.free(work=False)
