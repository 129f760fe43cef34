"""What an erasure says it would take with it: it adds up for whoever counts the statements they know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from ledgers import filled, setup, statement, take

from saksi.ledger.batch import MAX_BATCH, Kind
from saksi.ledger.check import check_ledger
from saksi.ledger.core import Entry
from saksi.ledger.ledger import Ledger
from saksi.ledger.repeats import Repeats, repeats_any
from saksi.model.source import Source
from saksi.model.statement import Amendment, Op, Statement


def amended(ledger: Ledger, place: tuple[int, int], digest: str | None = None) -> int:
    """Withdraw a statement, in words that come with a file of their own or with the statement's; gives the amendment's leaf."""
    target = Statement.parse(ledger.payload(*place) or b"")
    source = target.source if digest is None else replace(target.source, digest=digest)
    content = Amendment(Op.RETRACT, ledger.ref(ledger.commitment(*place)), reason="the number is a bank's")
    size = ledger.size
    ledger.append([replace(target, content=content, source=source)], subjects=[ledger.subjects(*place)])
    return size


def digest_of(ledger: Ledger) -> str:
    return Statement.parse(ledger.payload(2, 0) or b"").source.digest or ""


def noted(ledger: Ledger, source: Source) -> None:
    """The record of a take, which names its file as statements do."""
    ledger.append_entries([Entry(Kind.CONTROL, (b'{"take":{}}', *replace(statement(1), source=source).groups()[1:]))])


def test_a_subject_goes_with_its_amendments_and_only_statements_rest(tmp_path: Path) -> None:
    with filled(tmp_path / "ledger") as ledger:
        noted(ledger, Statement.parse(ledger.payload(2, 0) or b"").source)
        own, others = amended(ledger, (2, 45)), amended(ledger, (2, 90))
        plan = ledger.plan_erasure(ledger.subjects(2, 50))
        assert plan.touched == (*((2, index) for index in range(40, 80)), (own, 0))
        assert (plan.amendments, plan.items) == (1, ())
        assert plan.resting == 110, "150 were taken and 40 go: neither the record of the take nor a withdrawal is one more"
        ledger.erase(plan, ground="asked for")
        assert ledger.payload(own) is None
        assert ledger.payload(others) is not None


def test_a_statement_alone_takes_its_amendments_along(tmp_path: Path) -> None:
    """Their reasons are words about it; the file with which an amendment came may hold nothing about it, and stays."""
    with filled(tmp_path / "ledger") as ledger:
        with ledger.transaction() as taking:
            later = taking.keep_original([b"a later edition"]).digest
            taking.note(Entry(Kind.CONTROL, (b'{"take":{}}', *statement(1, later.hex()).groups()[1:])))
        first, second = amended(ledger, (2, 3)), amended(ledger, (2, 3), later.hex())
        plan = ledger.plan_erasure(items=[(2, 3), (2, 5)])
        assert plan.touched == plan.items == ((2, 3), (2, 5), (first, 0), (second, 0))
        assert (plan.amendments, plan.resting, plan.originals) == (2, 148, (bytes.fromhex(digest_of(ledger)),))
        ledger.erase(plan, ground="a decision")
        assert [ledger.payload(*place) for place in plan.touched] == [None] * 4
        assert ledger.original(later) is not None


def test_subjects_and_statements_are_one_plan(tmp_path: Path) -> None:
    with filled(tmp_path / "ledger") as ledger:
        subject = ledger.subjects(2, 50)
        plan = ledger.plan_erasure(subject, [(2, 3), (2, 41)])
        assert plan.items == ((2, 3),), "what goes with its subject is not taken out of its block as well"
        assert (len(plan.touched), plan.resting, plan.subjects) == (41, 109, subject)
        done = ledger.erase(plan, ground="asked for")
        assert done.touched == plan.touched
        assert all((ledger.payload(2, index) is None) == (index == 3 or 40 <= index < 80) for index in range(150))


def taken_again(ledger: Ledger, text: bytes, places: Sequence[tuple[int, int]]) -> bytes:
    """A file that says these statements again, kept; gives its digest."""
    again = Repeats()
    for place in places:
        again.add(*place)
    with ledger.transaction() as taking:
        digest = taking.keep_original([text]).digest
        taking.note(Entry(Kind.CONTROL, (b'{"take":{}}', *statement(1, digest.hex()).groups()[1:]), words=again.to_bytes()))
    return digest


def test_files_that_say_it_again_go_too(tmp_path: Path) -> None:
    """Also after a start, and with what rests on them counted; whoever checks the vault finds nothing odd."""
    with filled(tmp_path / "ledger") as ledger:
        own = bytes.fromhex(digest_of(ledger))
        one, other = taken_again(ledger, b"one", [(2, 50), (0, 0)]), taken_again(ledger, b"other", [(2, 3), (2, 100)])
        none = taken_again(ledger, b"none", [])
        assert take(ledger, [statement(number, other.hex()) for number in range(200, 207)]) == ledger.size - 1
    with Ledger.open(tmp_path / "ledger", setup()) as ledger:
        by_subject, alone = ledger.plan_erasure(ledger.subjects(2, 50)), ledger.plan_erasure(items=[(2, 3)])
        assert (by_subject.originals, by_subject.resting) == (tuple(sorted((own, one))), 110)
        assert (alone.originals, alone.resting) == (tuple(sorted((own, other))), 149 + 7)
        ledger.erase(by_subject, ground="asked for")
        assert [ledger.original(digest) is None for digest in (own, one, other, none)] == [True, True, False, False]
        assert ledger.plan_erasure(ledger.subjects(2, 100)).originals == (other,)
        found = check_ledger(tmp_path / "ledger", ledger.vkeys)
    assert found.clean, found.vault.differences


@given(st.sets(st.tuples(st.integers(0, 5), st.integers(0, MAX_BATCH - 1)), max_size=40), st.tuples(st.integers(0, 5), st.integers(0, 99)))
def test_a_list_names_what_was_put_into_it_and_nothing_else(places: set[tuple[int, int]], asked: tuple[int, int]) -> None:
    made = Repeats()
    for place in places:
        made.add(*place)
    data = made.to_bytes()
    assert repeats_any(data, {asked[0]: [asked[1]]}) == (asked in places)
    assert all(repeats_any(data, {leaf: [index]}) for leaf, index in places)
    assert not repeats_any(data, {})
