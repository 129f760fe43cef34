"""Steps in the ledger and the book folded from them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from people import HOLD, ONE, ORIGIN, TWO, in_force, sent
from stepping import steps_to

from saksi.actions import Step, folded
from saksi.actions.book import Book
from saksi.actions.logged import entry_of, tag
from saksi.actions.logged import step_of as step_in
from saksi.ledger.batch import Kind as LeafKind
from saksi.ledger.batch import Leaf
from saksi.ledger.bundle import verify_bundle
from saksi.ledger.ledger import Ledger, Setup
from saksi.model import BadInput, Marking, Pap, Tlp

HANDLING = Marking(Tlp.AMBER_STRICT, Pap.RED, purpose="to act on reports", legal_basis="Act 1 of A")


def log(ledger: Ledger, steps: list[Step], *, first: int = 0, subject: bytes | None = None) -> bytes:
    """Log the steps from number `first` on."""
    subject = subject or ledger.new_subject()
    for number in range(first, len(steps)):
        have = folded(steps[: number + 1])
        ledger.append_entries([entry_of(steps[number], have, authority="centre.a.example", handling=HANDLING, subject=subject)])
    return subject


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger.create(tmp_path / "ledger", Setup(ORIGIN, clock=lambda: 1_780_000_000_000))


def test_what_is_logged_is_what_the_book_says(ledger: Ledger, tmp_path: Path) -> None:
    steps = steps_to(in_force)
    book = Book(tmp_path / "book.sqlite", origin=ORIGIN)
    subject = log(ledger, steps[:3])
    assert book.catch_up(ledger) == 3
    assert book.history(HOLD.id).mine.value == "approved"
    log(ledger, steps, first=3, subject=subject)
    assert (book.catch_up(ledger), book.catch_up(ledger)) == (len(steps) - 3, 0)
    assert book.history(HOLD.id) == in_force()
    assert [each.step for each in book.steps(HOLD.id)] == steps
    (line,) = book.lines()
    assert (line.mine, line.theirs, line.waits_for, line.due) == ("sent", "in-force", "nobody", "2026-06-05T00:00:00Z")
    assert book.about(ONE) == book.about(TWO) == [HOLD.id]
    again = Book(tmp_path / "again.sqlite", origin=ORIGIN)
    again.catch_up(ledger)
    assert (again.lines(), again.steps(HOLD.id), again.size) == (book.lines(), book.steps(HOLD.id), ledger.size)
    with pytest.raises(BadInput, match="no such request"):
        book.history("9" * 32)


def test_those_due_first_come_first_and_are_paged(ledger: Ledger, tmp_path: Path) -> None:
    for number in range(5):
        asked = replace(HOLD, id=f"{number:032x}", targets=HOLD.targets[: 1 + number % 2])
        log(ledger, steps_to(sent, asked))
    book = Book(tmp_path / "book.sqlite", origin=ORIGIN)
    book.catch_up(ledger)
    seen = []
    after = None
    while page := book.lines(waits=["them"], after=after, limit=2):
        seen += [line.id for line in page]
        after = (page[-1].due or "9", page[-1].id)
    assert seen == [f"{number:032x}" for number in range(5)]
    assert book.lines(waits=["us"]) == []


def test_a_request_that_was_erased_is_gone_from_the_book(ledger: Ledger, tmp_path: Path) -> None:
    subject = log(ledger, steps_to(sent, replace(HOLD, id="b" * 32)))
    log(ledger, steps_to(sent, replace(HOLD, id="a" * 32)))
    before = Book(tmp_path / "before.sqlite", origin=ORIGIN)
    before.catch_up(ledger)
    ledger.erase(ledger.plan_erasure([subject]), ground="asked for by the person")
    for book in (before, Book(tmp_path / "after.sqlite", origin=ORIGIN)):
        book.catch_up(ledger)
        assert [line.id for line in book.lines()] == ["a" * 32]
        assert book.size == ledger.size
    before.close()
    assert b"b" * 32 not in (tmp_path / "before.sqlite").read_bytes()


def test_a_leaf_tells_strangers_nothing_and_the_parties_everything(ledger: Ledger) -> None:
    steps = steps_to(in_force)
    log(ledger, steps)
    leaves = [Leaf.parse(entry) for entry in ledger.log.entries(0, len(steps))]
    assert {leaf.kind for leaf in leaves} == {LeafKind.REQUEST, LeafKind.RECEIPT}
    assert [leaf.extra for leaf in leaves] == [tag(HOLD.nonce, step, number) for number, step in enumerate(steps, 1)]
    assert len({leaf.extra for leaf in leaves}) == len(leaves)
    assert tag("2" * 32, steps[0], 1) != leaves[0].extra
    shown = verify_bundle(ledger.prove(3, 0, groups=["header"]), ledger.vkeys)
    header = json.loads(shown.groups["header"])
    assert set(shown.hidden) == {"content", "source", "asserter", "handling"}
    assert (header["step"], header["kind"], header["from"], header["to"]) == ("send", "hold", "centre.a.example", "bank-b")
    for secret in (ONE, TWO, "1200.50", "Bank B", HOLD.nonce, HOLD.id):
        assert secret not in shown.groups["header"].decode()


def test_a_step_comes_out_of_the_ledger_as_it_went_in(ledger: Ledger) -> None:
    steps = steps_to(in_force)
    log(ledger, steps)
    assert [step_in(block) for block in ledger.read()] == steps


def test_a_damaged_book_is_said_to_be_one(tmp_path: Path) -> None:
    (tmp_path / "book.sqlite").write_bytes(b"no database" * 100)
    with pytest.raises(Exception, match="cannot be opened"):
        Book(tmp_path / "book.sqlite", origin=ORIGIN)


def test_a_book_of_another_ledger_is_begun_anew(ledger: Ledger, tmp_path: Path) -> None:
    log(ledger, steps_to(sent))
    book = Book(tmp_path / "book.sqlite", origin=ORIGIN)
    book.catch_up(ledger)
    book.close()
    other = Book(tmp_path / "book.sqlite", origin="centre.b.example/saksi/1")
    assert (other.size, other.lines()) == (0, [])


def test_the_book_and_its_journals_are_its_owners_alone_also_where_they_were_not(tmp_path: Path) -> None:
    path = tmp_path / "book.sqlite"
    Book(path, origin=ORIGIN)
    made = sorted(tmp_path.glob("book.sqlite*"))
    assert len(made) > 1
    for each in made:
        assert each.stat().st_mode & 0o777 == 0o600
        each.chmod(0o644)
    Book(path, origin=ORIGIN)
    assert {each.stat().st_mode & 0o777 for each in tmp_path.glob("book.sqlite*")} == {0o600}
