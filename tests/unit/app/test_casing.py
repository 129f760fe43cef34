"""The desk and its cases on a real node: what waits, what hangs together, who may see what, and what was erased."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from saksi.app.amending import Change
from saksi.app.api.access import AccessLog
from saksi.app.api.ports import OutcomePlan
from saksi.app.casing import Work
from saksi.app.config import Config
from saksi.app.home import Home, now_text, set_up
from saksi.app.node import Node
from saksi.app.taking import Order
from saksi.cases import Case, Clock, Stand, Urgency, Word
from saksi.cases.board import Board
from saksi.formats.batch import StatementBatch
from saksi.formats.bulk import encode
from saksi.ledger.frame import seal_batch
from saksi.model import Asserter, BadInput, Content, Marking, NotAllowed, Op, Pap, SaksiError, Source, Statement, Tlp
from saksi.model.actor import Actor, Role
from saksi.views.serving import Behind

LEAD = Actor("lead", "unit-x", frozenset({Role.ANALYST}))
MATE = Actor("mate", "unit-x", frozenset({Role.INTAKE}))
STRANGER = Actor("stranger", "unit-x", frozenset({Role.ANALYST}))
OUTSIDE = Actor("outside", "unit-y", frozenset({Role.REVIEWER}))
RED = Tlp.RED
MULE, PHONE, VICTIM = "account:KH:ABA:000123456", "phone:+85512345678", "phone:+85592345678"
HEAD = "reference,reported_at,country,scam_phone,victim_phone,payee_account,payee_bank,amount,currency,paid_at,rail,narrative,synthetic\n"
ROWS = (
    "R-1,2026-01-31,KH,012345678,092345678,000123456,ABA,100,USD,2026-01-30,bank-transfer,a voice asked for a deposit,true\n"
    "R-2,2026-02-01,KH,012345678,092345679,,,,,,,a voice asked for a deposit,true\n"
    "R-3,2026-02-02,KH,,092345680,000123456,ABA,100,USD,2026-01-30,bank-transfer,they wanted coins,true\n"
    "R-4,2026-02-03,KH,012999999,092345681,,,,,,,nothing in common,true\n"
)


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    config = Config(authority="centre.a.example", country="KH", purpose="preventing fraud", legal_basis="Act 1", workers=0)
    files = Home(tmp_path / "node")
    set_up(files, config)
    made = Node(files, config)
    take(made, ROWS)
    yield made
    made.close()


def take(node: Node, rows: str, name: str = "reports.csv") -> None:
    path = node.files.path.parent / name
    path.write_text(HEAD + rows, encoding="utf-8")
    node.take_file(Order(path, path.name))


def ids(node: Node) -> dict[str, str]:
    """The reports by the last letter of their reference."""
    return {line.id[-1]: line.id for line in node.queue(LEAD, RED).lines}


def tell(node: Node, report: str, prop: str, value: bool, tlp: Tlp = Tlp.AMBER) -> str:
    content = Content(report, "VictimReport", prop, value)
    marking = Marking(tlp, Pap.AMBER, purpose="preventing fraud", legal_basis="Act 1")
    made = Statement(content, Source(title="told on the phone (synthetic)"), Asserter("centre.a.example", now_text(), "desk"), marking)
    (ref,) = node.ledger.append([made])
    node.views.fold(node.ledger)
    return ref


def work(node: Node, have: Case, word: Word, actor: Actor = LEAD, **more: object) -> Case:
    return node.work(Work(case=have.id, word=word, head=have.head, **more), actor, RED)  # type: ignore[arg-type]


def test_an_entry_that_the_disk_had_no_room_to_show_is_not_left_aside_by_the_next(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    have = node.open_case("a case (synthetic)", LEAD, RED)

    def no_room(*_: object, **__: object) -> None:
        raise Behind("there is no room")

    monkeypatch.setattr("saksi.views.views.Views.fold", no_room)
    with pytest.raises(Behind):
        work(node, have, Word.NOTE, text="the bank called back")
    size = node.ledger.size
    for word, more in ((Word.NOTE, {"text": "a second"}), (Word.TASK, {"task": "call", "text": "the bank"})):
        with pytest.raises(Behind):
            work(node, have, word, **more)
    with pytest.raises(Behind):
        node.open_case("another (synthetic)", LEAD, RED)
    assert node.ledger.size == size, "nothing is logged that could not follow"
    monkeypatch.undo()
    with pytest.raises(NotAllowed):
        work(node, have, Word.NOTE, text="on a head that is old")
    seen = node.case(have.id, LEAD, RED)
    assert [each.text for each in seen.entries] == ["a case (synthetic)", "the bank called back"]
    assert work(node, seen.case, Word.NOTE, text="a second").head != seen.case.head
    assert [each.text for each in node.case(have.id, LEAD, RED).entries][-1] == "a second"


def test_reports_wait_by_urgency_then_age_and_pages_hold_together(node: Node) -> None:
    all_of = ids(node)
    assert [line.id for line in node.queue(LEAD, RED).lines] == [all_of[each] for each in "1234"]
    tell(node, all_of["4"], "personInDanger", True)
    mistake = tell(node, all_of["3"], "stillPaying", True)
    tell(node, all_of["2"], "stillPaying", False)
    page = node.queue(LEAD, RED, limit=3)
    assert [line.id[-1] for line in page.lines] == ["4", "3", "1"]
    assert page.lines[0].triage.urgency is Urgency.DANGER
    rest = node.queue(LEAD, RED, after=page.next)
    assert ([line.id[-1] for line in rest.lines], rest.now, rest.next) == (["2"], page.now, None)
    node.amend(mistake, Change(Op.RETRACT, "misheard"))
    assert [line.id[-1] for line in node.queue(LEAD, RED).lines] == ["4", "1", "2", "3"]
    hidden = Statement(
        Content("report:other/9", "VictimReport", "record", {"reference": "9"}), Source(title="a report (synthetic)"),
        Asserter("centre.a.example", now_text()), Marking(Tlp.RED, Pap.RED, purpose="preventing fraud", legal_basis="Act 1"),
    )  # fmt: skip
    before = node.queue(LEAD, Tlp.AMBER, limit=4)
    node.ledger.append([hidden])
    node.views.fold(node.ledger)
    after = node.queue(LEAD, Tlp.AMBER, limit=4)
    assert (before.lines, before.next, after.next) == (after.lines, None, None)
    assert [line.id for line in node.queue(LEAD, RED).lines][-1] == "report:other/9"
    with pytest.raises(BadInput, match="cursor"):
        node.queue(LEAD, RED, after="bm9uZQ")
    with pytest.raises(NotAllowed, match="work on them"):
        node.queue(Actor("auditor", "unit-y", frozenset({Role.AUDITOR})), RED)
    assert node.queue(LEAD, Tlp.CLEAR).lines == ()


def test_candidates_say_what_they_rest_on(node: Node) -> None:
    all_of = ids(node)
    found = node.linked(all_of["1"], LEAD, RED)
    assert [each.report for each in found.candidates] == [all_of["3"], all_of["2"]]
    assert {reason.kind for reason in found.candidates[0].reasons} == {"thing", "payment"}
    assert any(MULE in reason.words for reason in found.candidates[0].reasons)
    assert [reason.words for reason in found.candidates[1].reasons] == [f"both name the phone number {PHONE}, as no other report does"]
    take(node, "R-9,2026-02-04,KH,,092345678,,,,,,,again,true\n", "again.csv")
    found = node.linked(ids(node)["9"], LEAD, RED)
    assert [(each.report, each.reasons[0].kind) for each in found.candidates] == [(all_of["1"], "own")]
    with pytest.raises(BadInput, match="no such report"):
        node.linked(all_of["1"], LEAD, Tlp.CLEAR)
    with pytest.raises(BadInput, match="no such report"):
        node.linked("report:nobody/1", LEAD, RED)


def test_two_clicks_make_a_case_that_is_in_ledger_views_and_board(node: Node) -> None:
    all_of = ids(node)
    tell(node, all_of["1"], "personInDanger", True)
    plan = node.plan_escalation(all_of["1"], LEAD, RED)
    assert plan.entities == (MULE, PHONE, VICTIM)
    have = node.escalate(all_of["1"], LEAD, RED, also=[all_of["3"]])
    assert (node.ledger.size, node.views.size, node.board.size) == (node.ledger.size,) * 3
    assert [each.name for each in have.reports] == [all_of["1"], all_of["3"]]
    assert {each.name for each in have.entities} >= {MULE, PHONE, VICTIM}
    (task,) = node.tasks(LEAD, RED)
    assert (task.case, "danger" in task.text) == (have.id, True)
    assert [line.id[-1] for line in node.queue(LEAD, RED).lines] == ["2", "4"]
    assert [line.id[-1] for line in node.queue(LEAD, RED, state="assigned").lines] == ["1", "3"]
    again = Node(node.files, node.config)
    node.close()
    assert again.case(have.id, LEAD, RED).case == have
    again.close()


def test_not_there_and_not_yours_are_alike_and_reading_is_written_down(node: Node) -> None:
    have = node.open_case("a compound", LEAD, RED)
    said = set()
    for case, actor, clearance in ((have.id, STRANGER, RED), ("f" * 32, LEAD, RED), (have.id, LEAD, Tlp.GREEN), (have.id, OUTSIDE, RED)):
        with pytest.raises(SaksiError) as refused:
            node.case(case, actor, clearance)
        said.add((type(refused.value), str(refused.value)))
        with pytest.raises(SaksiError) as refused:
            node.work(Work(case=case, word=Word.NOTE, head=have.head, text="x"), actor, clearance)
        said.add((type(refused.value), str(refused.value)))
    assert len(said) == 1
    node.case(have.id, LEAD, RED)
    log = AccessLog(node.files.path / "api", clock=now_text, random=bytes)
    assert [seen.who for seen in log.read(value=f"case:{have.id}")] == ["stranger", "lead", "outside", "lead"]
    log.close()
    assert (node.cases(STRANGER, RED), [line.id for line in node.cases(LEAD, RED)[0]]) == (([], None), [have.id])


def test_what_speaks_for_a_person_is_never_left_out(node: Node) -> None:
    have = node.open_case("a voice", LEAD, RED, reports=[ids(node)["1"]])
    (own,) = have.favour
    assert own.name in node.case(have.id, LEAD, RED).favour
    assert not have.refs
    node.outcome(OutcomePlan(value=PHONE, outcome="false-alarm", by="bank-b"))
    node.catch_up()
    seen = node.case(have.id, LEAD, RED)
    (fresh,) = set(seen.favour) - {own.name}
    have = work(node, have, Word.ADD, refs=(fresh,), text="the bank says so")
    assert ([each.name for each in have.favour], have.refs) == ([own.name, fresh], ())
    accuses = next(line.ref for line in node.entity(PHONE, reader=node.owner(), at=None).statements if line.value == "infrastructure")
    have = work(node, have, Word.ADD, refs=(accuses,))
    assert [each.name for each in have.refs] == [accuses]
    for wrong in ("centre.a.example/saksi/1#" + "0" * 64, "centre.b.example/saksi/1" + accuses[-65:]):
        with pytest.raises(BadInput, match="no such statement"):
            work(node, have, Word.ADD, refs=(wrong,))
    assert accuses not in {line.ref for line in node.chronology(have.id, LEAD, Tlp.AMBER_STRICT) if line.favour}
    lines = node.chronology(have.id, LEAD, RED, clock=Clock.HAPPENED)
    assert {own.name, fresh} == {line.ref for line in lines if line.favour}
    assert len({line.ref for line in lines}) == len(lines) > 5


def test_a_merged_case_keeps_its_history_and_the_other_holds_all(node: Node) -> None:
    all_of = ids(node)
    one, two = node.open_case("one", LEAD, RED, reports=[all_of["1"]]), node.open_case("two", LEAD, RED, reports=[all_of["3"]])
    one = work(node, one, Word.ADD, entities=("phone:+85511111111",))
    size = node.ledger.size
    merging = Work(case=one.id, word=Word.MERGE, head=one.head, other=two.id, text="the same account")
    with pytest.raises(NotAllowed, match="since you looked"):
        node.merge(merging, "0" * 64, LEAD, RED)
    with pytest.raises(BadInput, match="by `merge`"):
        node.work(merging, LEAD, RED)
    assert node.ledger.size == size
    made = node.merge(merging, two.head, LEAD, RED)
    assert {each.name for each in made.reports} == {all_of["1"], all_of["3"]}
    assert {each.name for each in one.entities} <= {each.name for each in made.entities}
    assert {each.name for each in one.favour} <= {each.name for each in made.favour}
    left = node.case(one.id, LEAD, RED).case
    assert (left.stand, left.into) == (Stand.MERGED, two.id)
    assert node.board.case(two.id) == made
    have = work(node, made, Word.CLOSE, text="handed over")
    assert [line.id for line in node.queue(LEAD, RED, state="merged").lines] == [all_of["1"]]
    assert [line.id for line in node.queue(LEAD, RED, state="closed").lines] == [all_of["3"]]
    work(node, have, Word.REOPEN, text="it goes on")
    assert node.board.counts(now_text()).states == {"open": 2, "assigned": 2, "merged": 0, "closed": 0}


def test_a_sealed_case_is_unsealed_from_outside(node: Node) -> None:
    have = work(node, node.open_case("an officer", LEAD, RED), Word.JOIN, whom="mate")
    with pytest.raises(BadInput, match="no such case"):
        work(node, have, Word.UNSEAL, OUTSIDE, text="let me see")
    have = work(node, have, Word.SEAL, text="an officer is named")
    with pytest.raises(NotAllowed, match="sealed: an officer is named"):
        node.case(have.id, MATE, RED)
    with pytest.raises(NotAllowed, match="that is sealed"):
        work(node, have, Word.NOTE, text="x")
    (line,) = node.board.sealed(OUTSIDE.unit)
    assert (line.id, line.title) == (have.id, "")
    assert node.board.sealed("unit-x") == []
    assert work(node, have, Word.UNSEAL, OUTSIDE, text="cleared").stand is Stand.OPEN
    with pytest.raises(BadInput, match="no such case"):
        node.case(have.id, OUTSIDE, RED)
    chief = replace(STRANGER, person="chief", roles=frozenset({Role.APPROVER}))
    have = work(node, node.case(have.id, LEAD, RED).case, Word.LEAD, chief, whom="chief", text="the lead is ill")
    assert node.case(have.id, chief, RED).case.lead == "chief"


def whole(board: Board) -> object:
    now = now_text()
    reports = [line for state in ("open", "assigned", "merged", "closed") for line in board.queue(now, state=state, limit=500).lines]
    return (
        board.size, reports, [board.linked(line.id) for line in reports], board.cases("lead"), board.tasks("lead"), board.counts(now),
        [board.entries(line.id) for line in board.cases("lead")],
    )  # fmt: skip


def test_from_nothing_the_board_comes_out_the_same(node: Node) -> None:
    _ = node.board
    all_of = ids(node)
    have = node.escalate(all_of["1"], LEAD, RED)
    take(node, ROWS + "R-5,2026-02-09,KH,012345678,092345682,,,,,,,late,true\n", "more.csv")
    tell(node, all_of["2"], "stillPaying", True)
    node.amend(tell(node, all_of["4"], "personInDanger", True), Change(Op.RETRACT, "misheard"))
    role = next(line.ref for line in node.entity(PHONE, reader=node.owner(), at=None).statements if line.prop == "reportedIn")
    node.amend(role, Change(Op.RETRACT, "a wrong number"))
    work(node, have, Word.TASK_DONE, task="look at it")
    with_all = node.board
    again = Board(node.files.path / "again.sqlite", origin=node.config.origin)
    again.catch_up(node.views, node.shelf)
    assert whole(with_all) == whole(again)
    again.close()


def test_what_was_erased_is_gone_from_the_board(node: Node) -> None:
    all_of = ids(node)
    have = node.open_case("to be erased 7391", LEAD, RED, reports=[all_of["4"]])
    assert node.board.case(have.id) is not None
    node.erase(node.plan_erasure(f"case:{have.id}"), ground="asked for by the person")
    node.erase(node.plan_erasure(all_of["1"]), ground="asked for by the person")
    assert [line.id[-1] for line in node.queue(LEAD, RED).lines] == ["2", "3", "4"]
    assert node.board.case(have.id) is None
    path = node.files.path / "board.sqlite"
    node.close()
    for file in path.parent.glob("board.sqlite*"):
        kept = file.read_bytes()
        assert b"7391" not in kept
        assert all_of["1"].encode() not in kept


def test_an_entry_that_does_not_fit_its_chain_is_kept_apart(node: Node) -> None:
    have = node.open_case("real", LEAD, RED)
    forged = {**node.board.entries(have.id)[0].entry.to_json(), "word": "close", "after": have.head, "person": "thief"}
    for value in (forged, {**forged, "after": "0" * 64}, "no record"):
        content = Content(f"case:{have.id}", "Case", "record", value)
        marking = Marking(Tlp.AMBER, Pap.AMBER, purpose="x", legal_basis="y")
        node.ledger.append([Statement(content, Source(title="from elsewhere"), Asserter("centre.a.example", now_text()), marking)])
    fits = {**forged, "person": "lead", "word": "note", "text": "x", "at": now_text()}
    batch = StatementBatch(
        sources=[Source(title="a file")], asserters=[Asserter("centre.a.example", now_text())], handlings=[marking],
        source=[0], asserter=[0], handling=[0],
        entity=[f"case:{have.id}"], schema=["Case"], prop=["record"], value=[fits], polarity=["affirm"], original=[None], quote=[None],
        row=[None], column=[None], subject=None,
    )  # fmt: skip
    made = encode(batch)
    with node.ledger.transaction() as take:
        take.add(seal_batch(made.groups, None, keys=take.keys, common=made.common, random=os.urandom))
    node.views.fold(node.ledger)
    assert node.case(have.id, LEAD, RED).case == have
    assert len(node.board.refused()) == 4
    assert "not taken in" in node.board.refused()[-1][2]
