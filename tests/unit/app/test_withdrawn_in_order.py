"""Changes of mind that wait behind one another: judged by what may come before them, written in the order in which they were asked for."""

from __future__ import annotations

from contextlib import closing
from functools import partial
from itertools import product
from typing import NamedTuple

import httpx
import pytest
from calls import SETTINGS, Client
from click.testing import CliRunner
from test_api_node import Real
from test_withdrawing import BODY, real  # noqa: F401
from test_withdrawn_later import Busy, busy, listed, state  # noqa: F401
from test_withdrawn_meanwhile import _flags, _put, _seal

from saksi.app.amending import Change
from saksi.app.api import later
from saksi.app.api.application import make_desk
from saksi.app.api.desk import Desk
from saksi.app.api.keys import Role
from saksi.app.api.ports import AmendLine, AmendPlan
from saksi.app.cli import saksi
from saksi.app.node import Node
from saksi.ledger.disk import DiskFull
from saksi.model import Asserter, Content, LedgerFault, Marking, Op, Pap, Source, Statement, Tlp

_MORE: dict[str, dict[str, str]] = {"regrade": {"grade": "B2"}, "relabel": {"tlp": "AMBER", "pap": "GREEN"}}
_OPS = ("retract", "expire", "reinstate", "confirm", "reject", "relabel", "regrade")
_HIDES = {"retract", "expire", "reject"}


class Stands(NamedTuple):
    """How a statement stands, as a reader of the guide would work it out."""

    accepted: bool = True
    withdrawn: bool = False

    @property
    def counts(self) -> bool:
        return self.accepted and not self.withdrawn

    def allows(self, op: str) -> bool:
        return self.counts if op in {"retract", "expire"} else not self.counts if op in {"reinstate", "confirm"} else True

    def after(self, op: str) -> Stands:
        if op in {"confirm", "reject"}:
            return self._replace(accepted=op == "confirm")
        return self._replace(withdrawn=op != "reinstate") if op in {"retract", "expire", "reinstate"} else self


class Pair(NamedTuple):
    """A statement that stands so, what waits about it, and what is asked for then."""

    start: str
    waits: str
    asks: str

    @property
    def stands(self) -> Stands:
        return Stands(self.start not in {"proposed", "rejected"}, self.start in {"retracted", "expired"})

    @property
    def allowed(self) -> bool:
        """Whether what is asked for may change something: what waits may be written by then, or refused."""
        return self.stands.allows(self.asks) or self.stands.after(self.waits).allows(self.asks)


_FIRST = {"asserted": None, "proposed": None, "retracted": Op.RETRACT, "expired": Op.EXPIRE, "rejected": Op.REJECT}
_PAIRS = [pair for each in product(_FIRST, _OPS, _OPS) if (pair := Pair(*each)).stands.allows(pair.waits)]


def _ask(client: Client, op: str, refs: list[str], *, status: int = 202, why: str = "") -> httpx.Response:
    made = client.post("/api/v1/amendments", json={"op": op, "refs": refs, "reason": "a test", **_MORE.get(op, {})})
    assert (made.status_code, why in made.text) == (status, True), (op, made.text)
    return made


def _laid_down(node: Node) -> list[str]:
    """A statement for each pair, standing as it begins."""
    made = []
    for number, pair in enumerate(_PAIRS):
        op = Op.PROPOSE if pair.start == "proposed" else Op.ASSERT
        content = Content(f"host:shop{number}.example.com", "WebSite", "role", "infrastructure", op=op)
        asserter = Asserter(node.config.authority, "2026-02-02T00:00:00Z")
        marking = Marking(Tlp.AMBER, Pap.CLEAR, purpose="p", legal_basis="l")
        made.append(Statement(content, Source(digest="0f" * 32, title="a list (synthetic)"), asserter, marking))
    refs = node.ledger.append(made)
    node.catch_up()
    for start, first in _FIRST.items():
        if first is not None:
            node.amend_all([ref for ref, pair in zip(refs, _PAIRS, strict=True) if pair.start == start], Change(first, "before"))
    return refs


class Watch:
    """What is listed, looked at whenever one of those that wait is in the ledger and not known to be done yet."""

    def __init__(self, node: Node, refs: list[str], waits: list[list[str]]) -> None:
        self._node, self._refs, self._waits, self.written = node, refs, waits, 0
        self._stands = [pair.stands for pair in _PAIRS]
        self._write = node.withdraw_later
        self.check()

    def __call__(self, plan: AmendPlan, *, asked_at: str, size: int, since: int) -> AmendLine:
        line = self._write(plan, asked_at=asked_at, size=size, since=since)
        mine = [number for number, ref in enumerate(self._refs) if ref in plan.refs]
        for number in mine:
            assert self._waits[number][0] == plan.op, "in the order in which they were asked for"
            self._stands[number] = self._stands[number].after(plan.op)
        self.check()
        for number in mine:
            del self._waits[number][0]
        self.written += 1
        return line

    def check(self) -> None:
        """Listed is what the ledger lists, where nothing waits that takes it back."""
        asked = (f"shop{number}.example.com" for number in range(len(_PAIRS)))
        listed = [self._node.ask(each, country=None, reader=self._node.owner(), at=None).flagged for each in asked]
        wanted = [each.counts and not _HIDES & set(ops) for each, ops in zip(self._stands, self._waits, strict=True)]
        assert [pair for pair, one, other in zip(_PAIRS, listed, wanted, strict=True) if one != other] == []


@pytest.mark.parametrize("same", [True, False], ids=["by one", "by two"])
@pytest.mark.parametrize("restarted", [False, True], ids=["served on", "started again"])
def test_each_pair_of_changes_is_judged_and_written_in_its_order(
    real: Real,  # noqa: F811
    busy: Busy,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    restarted: bool,
    same: bool,
) -> None:
    one = real.with_key(Role.ANALYST)
    two = one if same else real.with_key(Role.APPROVER, Tlp.AMBER)
    busy.free(work=False)
    refs = _laid_down(real.node)
    with closing(_Held(real)):
        waits = [[pair.waits] for pair in _PAIRS]
        for op in _OPS:
            _ask(one, op, [ref for ref, pair in zip(refs, _PAIRS, strict=True) if pair.waits == op])
        for op in _OPS:
            there = [number for number, pair in enumerate(_PAIRS) if pair.asks == op]
            for number in there:
                if not _PAIRS[number].allowed:
                    why = "counts already" if op in {"reinstate", "confirm"} else "nothing to withdraw"
                    _ask(two, op, [refs[number]], status=400, why=why)
            there = [number for number in there if _PAIRS[number].allowed]
            _ask(two, op, [refs[number] for number in there])
            for number in there:
                waits[number].append(op)
    if restarted:
        for each in (real.desk.replay, real.desk.waiting, real.node):
            each.close()
        with closing(Node(real.node.files, real.node.config)) as node:
            desk = make_desk(node, real.node.files.path, SETTINGS)
            _written(desk, Watch(node, refs, waits), monkeypatch)
            desk.close()
    else:
        _written(real.desk, Watch(real.node, refs, waits), monkeypatch)


def _written(desk: Desk, watch: Watch, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(desk.node, "withdraw_later", watch)
    desk.writer.submit(later.work_off, desk).result(120)
    assert (watch.written, desk.waiting.any, desk.waiting.stopped) == (2 * len(_OPS), False, "")
    watch.check()


class _Held(Busy):
    def close(self) -> None:
        self.free(work=False)


def test_a_mistake_that_is_about_to_be_listed_again_is_taken_back(real: Real, busy: Busy) -> None:  # noqa: F811
    """By reference, by whoever asked and by others: hidden at once, and for good."""
    one, two, low = real.with_key(Role.ANALYST), real.with_key(Role.ANALYST), real.with_key(Role.ANALYST, Tlp.AMBER)
    busy.free(work=False)
    refs = _put(real, 4)
    real.node.amend_all(refs, Change(Op.RETRACT, "wrongful"))
    with closing(_Held(real)):
        _ask(one, "retract", refs, status=400, why="nothing to withdraw")
        _ask(one, "reinstate", refs)
        for client, number in ((one, 1), (two, 2), (low, 3)):
            _ask(client, "retract", [refs[number]])
    _all_written(real)
    assert _flags(one, 4) == [True, False, False, False]


def test_by_value_too(real: Real, busy: Busy) -> None:  # noqa: F811
    one, two = real.with_key(Role.ANALYST), real.with_key(Role.ANALYST)
    busy.free(work=False)
    with closing(_Held(real)):
        first = one.post("/api/v1/retractions", json=BODY)
    _all_written(real)
    with closing(_Held(real)):
        assert two.post("/api/v1/retractions", json=BODY).status_code == 400
        _ask(one, "reinstate", first.json()["targets"][:1])
        back = two.post("/api/v1/retractions", json=BODY)
        assert (back.status_code, back.json()["targets"]) == (202, first.json()["targets"][:1]), back.text
    _all_written(real)
    assert not listed(one)
    assert len(state(two, back)["refs"]) == 1  # type: ignore[arg-type]


def test_what_waits_is_done_first_where_nothing_else_is_under_way(real: Real, busy: Busy, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    """The act before it was none of those after which what waits is written: a page's, say."""
    one, two = real.with_key(Role.ANALYST), real.with_key(Role.ANALYST)
    busy.free(work=False)
    refs = _put(real, 2)
    real.node.amend_all(refs, Change(Op.RETRACT, "wrongful"))
    with closing(_Held(real)):
        again = _ask(one, "reinstate", refs)
    monkeypatch.setattr(later, "_MOMENT", 20)
    back = _ask(two, "retract", refs[:1], status=201)
    assert (state(one, again)["state"], len(back.json()["refs"])) == ("done", 1)
    assert _flags(one, 2) == [False, True]
    ops = [each["op"] for each in one.get(f"/api/v1/statements/{refs[0].rpartition('#')[2]}").json()["changes"]]
    assert ops == ["retract", "reinstate", "retract"]


def test_one_that_is_refused_leaves_those_behind_it(real: Real, busy: Busy) -> None:  # noqa: F811
    """Both ways: the retraction before a reinstatement, and the reinstatement before a retraction."""
    gone, one = real.with_key(Role.ANALYST), real.with_key(Role.ANALYST)
    name = real.desk.keys.listed()[-2].id
    busy.free(work=False)
    refs = _put(real, 2)
    real.node.amend(refs[1], Change(Op.RETRACT, "wrongful"))
    with closing(_Held(real)):
        _ask(gone, "retract", refs[:1])
        _ask(gone, "reinstate", refs[1:])
        left = [_ask(one, "reinstate", refs[:1]), _ask(one, "retract", refs[1:])]
        real.desk.keys.revoke(name)
    size = real.node.ledger.size
    _all_written(real)
    assert real.node.ledger.size == size, "the ledger says so already"
    assert [state(one, each)["state"] for each in left] == ["done", "done"]
    assert _flags(one, 2) == [True, False]


def test_one_that_cannot_be_written_keeps_only_those_about_its_statements(
    real: Real,  # noqa: F811
    busy: Busy,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    one, refs, write = real.with_key(Role.ANALYST), _put(real, 4), real.node.withdraw_later
    bad = _ask(one, "retract", refs[:2])
    free = [_ask(one, "reject", refs[2:3]), _ask(one, "relabel", refs[3:])]
    kept = _ask(one, "expire", refs[1:2])

    def spoilt(plan: AmendPlan, *, asked_at: str, size: int, since: int) -> AmendLine:
        if plan.op == "retract":
            raise LedgerFault("a payload is not what the ledger says")
        return write(plan, asked_at=asked_at, size=size, since=since)

    with monkeypatch.context() as patch:
        patch.setattr(real.node, "withdraw_later", spoilt)
        busy.free()
    assert [state(one, each)["state"] for each in (bad, kept, *free)] == ["waiting", "waiting", "done", "done"]
    assert _flags(one, 4) == [False, False, False, True]
    assert f"{bad.json()['id']} (LedgerFault) {kept.json()['id']}" in caplog.text
    _all_written(real)
    assert _flags(one, 4) == [False, False, False, True]
    ops = [each["op"] for each in one.get(f"/api/v1/statements/{refs[1].rpartition('#')[2]}").json()["changes"]]
    assert ops == ["retract"], "and the expiry has nothing to say behind it"


def test_what_a_lesser_asker_may_not_see_is_not_there_whatever_waits(real: Real, busy: Busy) -> None:  # noqa: F811
    """Sealed before: the words are those of one that does not exist. To be sealed: taken back, and not named once it is sealed."""
    low, high = real.with_key(Role.ANALYST, Tlp.AMBER), real.with_key(Role.ANALYST)
    busy.free(work=False)
    refs = _put(real, 2)
    real.node.amend_all(refs, Change(Op.RETRACT, "wrongful"))
    _seal(real, refs[0])
    absent = refs[0][:-64] + "0" * 64
    with closing(_Held(real)):
        sealed = {"op": "relabel", "refs": refs[1:], "reason": "a test", "tlp": "RED", "pap": "RED", "purpose": "p", "legal_basis": "l"}
        assert high.post("/api/v1/amendments", json=sealed).status_code == 202
        _ask(high, "reinstate", refs)
        for op in _OPS:
            said = [_ask(low, op, [ref], status=400).json() for ref in (refs[0], absent)]
            assert len({(each["detail"], each["where"], each["todo"]) for each in said}) == 1
        back = _ask(low, "retract", refs[1:])
    _all_written(real)
    assert _flags(high, 2) == [True, False]
    told = state(low, back)
    assert (told["state"], told["targets"], told["refs"]) == ("done", [], [])


def test_an_interrupted_retraction_is_not_written_again_over_what_came_after_it(
    real: Real,  # noqa: F811
    busy: Busy,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever the clocks say: the ledger's order tells."""
    analyst, refs = real.with_key(Role.ANALYST), _put(real, 1)
    made = _ask(analyst, "retract", refs)
    with monkeypatch.context() as patch:  # the node dies when it is in the ledger and not yet known to be
        patch.setattr(real.desk.waiting, "done", lambda *_, **__: (_ for _ in ()).throw(DiskFull("no room")))
        busy.free()
    monkeypatch.setattr("saksi.app.amending.now_text", lambda: "2001-01-01T00:00:00Z")
    real.node.amend_all(refs, Change(Op.REINSTATE, "it is a scam after all"))
    size = real.node.ledger.size
    _all_written(real)
    assert (state(analyst, made)["state"], real.node.ledger.size) == ("done", size)
    assert _flags(analyst, 1) == [True]


def test_the_command_line_writes_first_what_waits(real: Real, busy: Busy) -> None:  # noqa: F811
    """Of a node that was ended meanwhile: else what was asked for before would be written over what was asked for last."""
    one, call = real.with_key(Role.ANALYST), partial(CliRunner().invoke, saksi, standalone_mode=False)
    busy.free(work=False)
    refs = _put(real, 2)
    real.node.amend_all(refs, Change(Op.RETRACT, "wrongful"))
    with closing(_Held(real)):
        _ask(one, "reinstate", refs)
        words = ["--home", str(real.node.files.path), "retract", "--reason", "it is a bank"]
        assert "POST /api/v1/retractions" in call([*words, refs[0]]).exception.todo  # type: ignore[union-attr]
    for each in (real.desk.replay, real.desk.waiting, real.node):
        each.close()
    made = call([*words, refs[0]])
    assert made.return_value == 0, made.exception
    with closing(Node(real.node.files, real.node.config)) as node:
        assert node.withheld == ""
        flags = [node.ask(f"shop{number}.example.com", country=None, reader=node.owner(), at=None).flagged for number in range(2)]
        assert flags == [False, True]


def test_the_command_line_takes_nothing_back_before_what_cannot_be_written(
    real: Real,  # noqa: F811
    busy: Busy,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = real.with_key(Role.ANALYST)
    busy.free(work=False)
    refs = _put(real, 1)
    real.node.amend_all(refs, Change(Op.RETRACT, "wrongful"))
    with closing(_Held(real)):
        _ask(one, "reinstate", refs)
    for each in (real.desk.replay, real.desk.waiting, real.node):
        each.close()
    monkeypatch.setattr(Node, "withdraw_later", lambda *_, **__: (_ for _ in ()).throw(DiskFull("no room")))
    words = ["--home", str(real.node.files.path), "retract", refs[0], "--reason", "it is a bank"]
    made = CliRunner().invoke(saksi, words, standalone_mode=False)
    assert "waits still" in str(made.exception)


def _all_written(real: Real) -> None:  # noqa: F811
    real.desk.writer.submit(later.work_off, real.desk).result(60)
    assert (real.desk.waiting.any, real.desk.waiting.stopped) == (False, "")
