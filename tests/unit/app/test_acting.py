"""A request from draft to answer on a real node, and what only a node can refuse."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from saksi.actions import Actor, History, Kind, Mine, Money, Party, Recipient, Role, Target, Theirs, Urgency, Word
from saksi.app.acting import Deed, Plan
from saksi.app.amending import Change
from saksi.app.cli import main
from saksi.app.config import Config
from saksi.app.home import Home, set_up
from saksi.app.node import Node
from saksi.app.taking import Order
from saksi.model import ALL_GROUPS, BadInput, Extraction, Marking, NotAllowed, Op, Reader, Statement, release

ANALYST = Actor("analyst-1", "unit-x", frozenset({Role.ANALYST}))
APPROVER = Actor("approver-1", "unit-x", frozenset({Role.APPROVER}))
REVIEWER = Actor("reviewer-1", "unit-y", frozenset({Role.REVIEWER}))
TELCO = Recipient("telco-b", Party.TELCO, "Telco B (synthetic)", "abuse@telco.b.example")
PHONE = "phone:+85512345678"
REPORTS = """reference,reported_at,country,scam_phone,victim_phone,narrative,synthetic
R-1,2026-01-31,KH,012345678,092345678,a voice asked for a deposit,true
"""
TYPED = {"via": "mail", "evidence": "e" * 64, "checked": "called back on the number of the directory"}


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    config = Config(authority="centre.a.example", country="KH", purpose="preventing fraud", legal_basis="Act 1", workers=0)
    files = Home(tmp_path / "node")
    set_up(files, config)
    made = Node(files, config)
    reports = tmp_path / "reports.csv"
    reports.write_text(REPORTS, encoding="utf-8")
    made.take_file(Order(reports, reports.name))
    yield made
    made.close()


def ground(node: Node, entity: str = PHONE, prop: str = "role") -> str:
    answer = node.entity(entity, reader=node.owner(), at=None)
    return next(line.ref for line in answer.statements if line.prop == prop)


def plan(node: Node, **more: object) -> Plan:
    made = Plan(
        kind=Kind.SUSPEND, to=TELCO, targets=(Target(PHONE),), grounds=(ground(node),), offence="fraud", instrument="terms of the telco",
        legal_basis="Act 1, section 2", purpose="to stop the calls", proportionality="one number, for a month", urgency=Urgency.SOON,
        until="2099-01-01T00:00:00Z", holder_language="km",
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]


def act(node: Node, have: History, word: Word, actor: Actor, **more: object) -> History:
    if word in {Word.APPROVE, Word.REVIEW}:
        more = {"subject": have.subject, "targets": tuple(each.entity for each in have.request.targets), "text": "read", **more}
    return node.act(Deed(request=have.request.id, word=word, head=have.head, **more), actor)  # type: ignore[arg-type]


def test_from_draft_to_answer(node: Node) -> None:
    have = node.draft(plan(node, kind=Kind.PRESERVE, until=None), ANALYST)
    assert have.mine is Mine.APPROVED
    have = act(node, have, Word.SEND, ANALYST)
    have = act(node, have, Word.RECEIVE, ANALYST, **TYPED)
    have = act(node, have, Word.REFUSE, ANALYST, reason="not-ours", **TYPED)
    assert (have.theirs, have.reason) == (Theirs.REFUSED, "not-ours")
    assert node.book.history(have.request.id) == have
    assert node.book.about(PHONE) == [have.request.id]
    assert node.views.size == node.ledger.size == node.book.size
    again = Node(node.files, node.config)
    node.close()
    assert again.book.history(have.request.id) == have
    again.close()


def test_nothing_is_logged_that_was_refused(node: Node) -> None:
    have = node.draft(plan(node), ANALYST)
    size = node.ledger.size
    for word, actor in ((Word.SEND, ANALYST), (Word.APPROVE, ANALYST), (Word.RECEIVE, ANALYST), (Word.REVIEW, APPROVER)):
        with pytest.raises(NotAllowed):
            act(node, have, word, actor)
    with pytest.raises(NotAllowed, match="since you looked"):
        node.act(Deed(request=have.request.id, word=Word.APPROVE, head="0" * 64), APPROVER)
    assert node.ledger.size == size
    have = act(node, act(node, have, Word.APPROVE, APPROVER), Word.REVIEW, REVIEWER)
    with pytest.raises(NotAllowed, match="30 days at most"):
        act(node, have, Word.SEND, ANALYST)


def test_an_edit_keeps_who_drafted_it_and_takes_agreement_away(node: Node) -> None:
    have = act(node, node.draft(plan(node), ANALYST), Word.APPROVE, APPROVER)
    edited = node.edit(have.request.id, plan(node, text="mind the time"), replace(ANALYST, person="analyst-2"), head=have.head)
    assert (edited.request.officer, edited.request.text, edited.approved) == ("analyst-1", "mind the time", ())


def test_what_a_request_rests_on_stands_and_is_what_it_says(node: Node) -> None:
    with pytest.raises(BadInput, match="no such statement"):
        node.draft(plan(node, grounds=("centre.a.example/saksi/1#" + "0" * 64,)), ANALYST)
    with pytest.raises(BadInput, match="no such statement"):
        node.draft(plan(node, grounds=("centre.b.example/saksi/1#" + ground(node)[-64:],)), ANALYST)
    said = Statement.parse(node.shelf.payload(*(node.views.find_ref(bytes.fromhex(ground(node)[-64:])) or (0, 0))) or b"")
    machine = replace(
        said,
        source=replace(said.source, series=None, title="another"),
        asserter=replace(said.asserter, extraction=Extraction("reader", "1")),
    )
    (ref,) = node.ledger.append([machine])
    node.views.fold(node.ledger)
    with pytest.raises(BadInput, match="machine output"):
        node.draft(plan(node, grounds=(ref,)), ANALYST)


def test_a_ground_that_was_withdrawn_carries_nothing_any_more(node: Node) -> None:
    asked = plan(node, kind=Kind.VERIFY, until=None, holder_language=None)
    have = node.draft(asked, ANALYST)
    node.amend(asked.grounds[0], Change(Op.RETRACT, "a mistake"))
    with pytest.raises(NotAllowed, match="that is retracted"):
        act(node, have, Word.SEND, ANALYST)
    with pytest.raises(NotAllowed, match="that is retracted"):
        node.draft(asked, ANALYST)


def test_a_court_that_is_named_may_be_shown_the_steps(node: Node) -> None:
    have = node.draft(plan(node, kind=Kind.PRESERVE, until=None, audience=("court.a.example",)), ANALYST)
    logged = node.book.steps(have.request.id)[0]
    said = Marking.from_json(json.loads(node.shelf.payload(logged.leaf) or b"")["handling"])
    assert release(said, Reader("court.a.example", known=True), on="2026-06-01") == ALL_GROUPS
    assert not release(said, Reader("court.b.example", known=True), on="2026-06-01")
    with pytest.raises(BadInput, match="sorted"):
        replace(have.request, audience=("b.example", "a.example"))


def test_nothing_coercive_is_asked_about_a_victim(node: Node) -> None:
    victim = "phone:+85592345678"
    with pytest.raises(NotAllowed, match="victim-own"):
        node.draft(plan(node, targets=(Target(victim),)), ANALYST)
    warned = node.draft(plan(node, kind=Kind.WARN, until=None, holder_language=None, targets=(Target(victim),)), ANALYST)
    assert warned.request.exculpatory == (ground(node, victim),)


def test_what_is_told_for_the_holder_after_the_draft_is_named_before_it_leaves(node: Node) -> None:
    from saksi.app.api.ports import OutcomePlan

    asked = plan(node, kind=Kind.PRESERVE, until=None)
    have = node.draft(asked, ANALYST)
    node.outcome(OutcomePlan(value=PHONE, outcome="false-alarm", by="bank-b"))
    node.catch_up()
    with pytest.raises(NotAllowed, match="speaks for the holder"):
        act(node, have, Word.SEND, ANALYST)
    have = node.edit(have.request.id, asked, ANALYST, head=have.head)
    assert len(have.request.exculpatory) == 1
    assert act(node, have, Word.SEND, ANALYST).mine is Mine.SENT


def test_money_is_asked_for_exactly(node: Node) -> None:
    with pytest.raises(BadInput, match="names amount"):
        node.draft(plan(node, kind=Kind.HOLD, to=replace(TELCO, party=Party.BANK), living_costs="none"), ANALYST)
    with pytest.raises(BadInput, match="positive decimal"):
        Money("1,000", "USD")


def test_the_command_line_lists_shows_and_counts(node: Node, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    have = act(node, node.draft(plan(node, kind=Kind.PRESERVE, until=None), ANALYST), Word.SEND, ANALYST)
    home = str(node.files.path)
    losses = node.files.path.parent / "losses.csv"
    rows = (f"L-{n},2026-02-03,KH,012345678,{n}.00,USD,true" for n in range(1, 6))
    losses.write_text("\n".join(["reference,reported_at,country,scam_phone,amount,currency,synthetic", *rows]), encoding="utf-8")
    node.take_file(Order(losses, losses.name))
    size = node.book.size
    node.close()

    def said(*words: str) -> str:
        monkeypatch.setattr(sys, "argv", ["saksi", "--home", home, *words])
        with pytest.raises(SystemExit) as end:
            main()
        told = capsys.readouterr()
        assert end.value.code == 0, told.err
        return told.out

    assert f"{have.request.id}  preserve  Telco B (synthetic)  sent/silent, waits for them" in said("request", "list")
    (line,) = map(json.loads, said("request", "list", "--json", "--waits-for", "them").splitlines())
    assert (line["id"], line["due"] is not None) == (have.request.id, True)
    shown = json.loads(said("request", "show", have.request.id, "--json"))
    assert [each["word"] for each in shown["steps"]] == ["draft", "send"]
    assert have.request.nonce not in json.dumps(shown)
    assert "analyst-1 (analyst, unit-x)" in said("request", "show", have.request.id)
    told = [json.loads(each) for each in said("yardstick", "--json").splitlines()]
    assert {each["at"] for each in told} == {size}
    assert [each["reported"] for each in told if "currency" in each] == ["15.00"]
    assert "USD: reported lost 15.00, asked to be held 0, held 0, returned 0" in said("yardstick")
    assert [(each["party"], each["asks"], each["requests"]) for each in told if "party" in each] == [
        ("centre.a.example", True, None), ("telco-b", False, None),
    ]  # fmt: skip
    assert "fewer than five requests" in said("yardstick")
