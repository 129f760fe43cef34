"""The queue: numbers given once, statements as any desk's, what is sealed stays sealed, and nothing twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from counter import AUTHORITY, Counter, sheet

from saksi.app.amending import Change
from saksi.app.intake.attachment import Attachment
from saksi.app.intake.intake import KeyReused
from saksi.app.intake.prepared import Channel
from saksi.app.intake.progress import progress, tell_progress
from saksi.app.intake.told import Contact, Payment, line_of
from saksi.app.order import Order
from saksi.model import BadInput, Op, Tlp
from saksi.model.actor import Actor, Role

PAID = (Payment(amount="1,200.50", currency="USD", account="000123456", bank="ABA", paid_at="2026-11-03", name="A. Holder"),)


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    made = Counter(tmp_path / "home")
    yield made
    made.close()


def entity(reference: str) -> str:
    return f"report:{AUTHORITY}/{reference}"


def test_a_report_says_what_the_same_row_of_a_desks_file_says(counter: Counter, tmp_path: Path) -> None:
    receipt = counter.intake.receive(sheet(phones=("012 345 678",), payments=PAID, consent=("authorities",)))
    row = {
        "reference": "R1", "country": "KH", "narrative": "They said I had won.", "synthetic": True, "scam_phone": "012 345 678",
        "amount": "1,200.50", "currency": "USD", "paid_at": "2026-11-03", "payee_account": "000123456", "payee_bank": "ABA",
        "payee_name": "A. Holder",
    }  # fmt: skip
    file = tmp_path / "desk.jsonl"
    file.write_text(json.dumps(row) + "\n")
    counter.node.take_file(Order(file, "desk.jsonl", "report-desk"))

    def said(reference: str) -> set[tuple[str, str, str]]:
        about = [entity(reference), f"transfer:{AUTHORITY}/{reference}/1"]
        facts = [fact for one in about for fact in counter.facts(one)]
        return {
            (fact.schema, fact.prop, str(fact.value).replace(reference, "R").replace(", 'reported': '" + counter_day() + "'", ""))
            for fact in facts
        }

    assert said(receipt.reference) == said("R1")
    assert [fact.value for fact in counter.facts("account:KH:ABA:000123456") if fact.prop == "role"][:1] == ["recipient"]


def counter_day() -> str:
    from saksi.app.home import today

    return today()


def test_sent_again_by_the_same_session_it_is_the_same_report(counter: Counter) -> None:
    first = counter.intake.receive(sheet("s"))
    size = counter.node.ledger.size
    again = counter.intake.receive(sheet("s"))
    assert (again.reference, again.secret, again.duplicate) == (first.reference, first.secret, True)
    assert counter.node.ledger.size == size
    assert counter.intake.receive(sheet("other")).reference != first.reference
    assert counter.intake.receive(sheet("s", narrative="They said more.")).reference != first.reference


def test_many_at_once_are_one_transaction_and_twins_are_one_report(counter: Counter) -> None:
    before = counter.node.ledger.size
    with ThreadPoolExecutor(32) as pool:
        made = list(pool.map(lambda at: counter.intake.receive(sheet(f"{at % 60}", phones=(f"012 345 {at % 60:03d}",))), range(120)))
    assert len({one.reference for one in made}) == 60
    assert counter.node.ledger.size - before < 60
    for one in {one.reference for one in made}:
        assert [fact.prop for fact in counter.facts(entity(one))].count("record") == 1


def test_an_idempotency_key_is_for_one_report(counter: Counter) -> None:
    first = counter.intake.receive(sheet("k"), key="partner\0k")
    assert counter.intake.receive(sheet("k"), key="partner\0k").reference == first.reference
    with pytest.raises(KeyReused):
        counter.intake.receive(sheet("k", narrative="Something else."), key="partner\0k")
    assert counter.intake.receive(sheet("k"), key="other\0k").reference != first.reference


def test_what_is_sealed_is_in_the_original_and_nowhere_else(counter: Counter) -> None:
    told = sheet(
        phones=("012 345 678",), contact=Contact(name="Chea Invented", phone="012 777 888"), consent=("rescue",), location="House 9",
        narrative="My secret tale.",
    )  # fmt: skip
    receipt = counter.intake.receive(told)
    assert b"House 9" in b"".join(counter.node.ledger.original(told.digest) or ())
    words = [
        json.dumps([str(fact.value), fact.original])
        for block in ("phone:+85512345678", entity(receipt.reference))
        for fact in counter.facts(block)
    ]
    raw = [payload for block in counter.node.ledger.read() for payload in block.payloads if payload is not None]
    for text in ("Chea Invented", "012 777 888", "House 9", "My secret tale."):
        assert not any(text in each for each in words)
        assert not any(text.encode() in each for each in raw)
    assert not counter.node.views.entities("phone:+85512777888")
    for path in counter.files.path.rglob("*"):
        assert not path.is_file() or b"Chea Invented" not in path.read_bytes(), path


def test_the_public_form_proposes_and_strangers_cannot_make_a_value_flagged(counter: Counter) -> None:
    for at in range(20):
        counter.intake.receive(sheet(str(at), Channel.PUBLIC, phones=("012 345 678",)))
    answer = counter.node.ask("+85512345678", country=None, reader=counter.node.owner(), at=None)
    counter.facts("phone:+85512345678")
    answer = counter.node.ask("+85512345678", country=None, reader=counter.node.owner(), at=None)
    assert not answer.flagged
    assert {fact.op for fact in counter.facts("phone:+85512345678")} == {"propose"}
    counter.intake.receive(sheet("desk", Channel.OPERATOR, phones=("012 345 678",)))
    counter.facts("phone:+85512345678")
    assert counter.node.ask("+85512345678", country=None, reader=counter.node.owner(), at=None).flagged


def test_without_consent_the_persons_own_part_stays_with_this_authority(counter: Counter) -> None:
    kept = counter.intake.receive(sheet("a", phones=("012 345 678",)))
    shared = counter.intake.receive(sheet("b", phones=("012 345 679",), consent=("authorities",)))

    def tlp(of: str, prop: str) -> Tlp:
        return next(counter.node.views.handling(fact.handling).tlp for fact in counter.facts(of) if fact.prop == prop)

    assert tlp(entity(kept.reference), "record") is Tlp.AMBER_STRICT
    assert tlp(entity(shared.reference), "record") is Tlp.AMBER
    assert tlp("phone:+85512345678", "role") is Tlp.AMBER


def test_triage_sees_danger_payment_age_and_waves(counter: Counter) -> None:
    told = sheet("d", in_danger=True, still_paying=True, age="under-18", phones=("not a number",))
    receipt = counter.intake.receive(told)
    assert receipt.unread == ("not a number",)
    facts = counter.facts(entity(receipt.reference))
    assert {fact.value for fact in facts if fact.prop == "flag"} == {"minor", "unread"}
    assert {fact.prop: fact.value for fact in facts if fact.schema == "VictimReport" and fact.prop != "record"} == {
        "personInDanger": True, "stillPaying": True,
    }  # fmt: skip
    tale = "The man of this shop took my money and never sent what I had ordered, he must be stopped by the police at once " * 2
    last = [
        counter.intake.receive(sheet(f"w{at}", Channel.PUBLIC, phones=("012 999 999",), narrative=tale), address=f"192.0.2.{at}")
        for at in range(4)
    ][-1]
    assert {fact.value for fact in counter.facts(entity(last.reference)) if fact.prop == "flag"} == {"alike", "same-origin"}


def test_the_desk_has_them_all_the_most_urgent_first_and_says_what_nobody_confirmed(counter: Counter) -> None:
    analyst = Actor("analyst", "unit-x", frozenset({Role.ANALYST}))
    given = {
        "calm": sheet("a", Channel.OPERATOR, in_danger=False, still_paying=False),
        "paying": sheet("b", Channel.PUBLIC, still_paying=True, phones=("012 345 678",)),
        "danger": sheet("c", Channel.PUBLIC, in_danger=True, narrative="House 9, A N Other", phones=("012 345 678",)),
        "asked": sheet("d", Channel.PARTNER),
    }
    names = {entity(counter.intake.receive(one).reference): name for name, one in given.items()}
    counter.node.views.fold(counter.node.ledger)
    lines = {names[line.id]: line for line in counter.node.queue(analyst, Tlp.RED).lines}
    assert list(lines)[:2] == ["danger", "paying"]
    assert lines.keys() == given.keys()
    assert {name for name, line in lines.items() if line.proposed} == {"danger", "paying"}
    assert [len(lines[name].triage.unknown) for name in ("calm", "asked", "paying")] == [0, 2, 1]
    assert "House 9" not in repr(lines)
    assert [names[line.id] for line in counter.node.queue(analyst, Tlp.AMBER).lines].count("danger") == 0
    linked = counter.node.linked(lines["paying"].id, analyst, Tlp.RED)
    assert [names[one.report] for one in linked.candidates] == ["danger"]
    assert not counter.node.ask("+85512345678", country=None, reader=counter.node.owner(), at=None).flagged
    record = next(fact for fact in counter.facts(lines["paying"].id) if fact.prop == "record")
    counter.node.amend(counter.node.shelf.ref(record.commitment), Change(Op.REJECT, "a joke"))
    assert "paying" not in {names[line.id] for line in counter.node.queue(analyst, Tlp.RED).lines}


def test_erasing_a_giver_takes_the_original_and_the_files_and_leaves_the_others(counter: Counter) -> None:
    told = sheet("e", phones=("012 345 678",))
    file = Attachment("shot.png", b"\x89PNG\r\n\x1a\n...")
    told = replace(told, files=(file,), line=line_of(told.told, (file,), "e"))
    gone, stays = counter.intake.receive(told), counter.intake.receive(sheet("f", phones=("012 345 678",)))
    assert b"".join(counter.node.ledger.original(bytes.fromhex(file.digest)) or ()) == file.data
    counter.facts(entity(gone.reference))
    counter.node.erase(counter.node.plan_erasure(entity(gone.reference)), ground="asked for")
    assert counter.node.ledger.original(told.digest) is None
    assert counter.node.ledger.original(bytes.fromhex(file.digest)) is None
    assert counter.intake.find(gone.reference) is None
    assert counter.intake.find(stays.reference) is not None
    assert [fact.value for fact in counter.facts("phone:+85512345678") if fact.prop == "role"] == ["infrastructure"]
    with pytest.raises(BadInput, match="erased"):
        counter.intake.receive(told)


def test_progress_is_the_newest_word(counter: Counter) -> None:
    receipt = counter.intake.receive(sheet("p"))
    counter.facts(entity(receipt.reference))
    assert progress(counter.node, receipt.reference) == "received"
    for word in ("looked-at", "acted-on"):
        tell_progress(counter.node, receipt.reference, word, by="desk")
        assert progress(counter.node, receipt.reference) == word
    with pytest.raises(BadInput):
        tell_progress(counter.node, receipt.reference, "frozen", by="desk")
    with pytest.raises(BadInput):
        tell_progress(counter.node, "1" * 16, "closed", by="desk")


def test_a_file_taken_in_between_is_known_to_the_queue(counter: Counter, tmp_path: Path) -> None:
    counter.intake.receive(sheet("a", phones=("012 345 678",)))
    file = tmp_path / "desk.jsonl"
    file.write_text('{"reference": "R1", "country": "KH", "synthetic": true, "scam_phone": "012 345 679", "happened_at": "2026-11-01"}\n')
    counter.node.take_file(Order(file, "desk.jsonl", "report-desk"))
    counter.intake.receive(sheet("b", phones=("012 345 679",), happened_at="2026-11-01"))
    assert [fact.prop for fact in counter.facts("phone:+85512345679")].count("role") == 1
