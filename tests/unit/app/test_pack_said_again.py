"""A file that says a sealed statement again adds nothing, and holds its words: it goes with no pack to whoever may not see them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pack_node as world
import pytest
from pack_tools import apart

from saksi.app.amending import Change
from saksi.app.casing import Work
from saksi.app.node import Node
from saksi.app.order import Order as File
from saksi.app.packing import Order, write_pack
from saksi.app.packing_case import take_case
from saksi.cases import Word
from saksi.ledger.ledger import Ledger
from saksi.model import Marking, NotAllowed, Op, Pap, Reader, Tlp
from saksi.model.actor import Actor, Role
from saksi.sources.own import OwnList

HEAD = "reference,reported_at,country,scam_phone,victim_phone,narrative,synthetic\n"
SEALED = "E-1,2026-02-02,KH,012777001,092700001,the first call,true\n"
OTHER = "E-2,2026-02-03,KH,012777002,092700002,the second call,true\n"
PARTNER = Reader("police.b.example", known=True)
LEAD = Actor("lead-1", "unit-x", frozenset({Role.ANALYST}))
AMONG_US = Marking(Tlp.RED, Pap.RED, (), "to act on reports", "Act 1 of A")
GREEN = replace(AMONG_US, tlp=Tlp.GREEN, pap=Pap.GREEN)


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    made = world.new_node(tmp_path / "home")
    yield made
    made.close()


@pytest.fixture
def at_home(node: Node) -> Reader:
    return node.owner(Tlp.AMBER)


def give(node: Node, folder: Path, name: str, text: str, clearance: Tlp | None = None) -> None:
    (folder / name).write_text(text, encoding="utf-8")
    own = OwnList("Police of A", "phones") if name.startswith("list") else None
    source = None if own else "report-desk"
    node.take_file(File(folder / name, name, source, own=own, tlp=Tlp.GREEN, pap=Pap.GREEN, clearance=clearance))


def about(node: Node, value: str) -> list[str]:
    said = node.ask(value, country="KH", reader=node.owner(), at=None)
    return [line.ref for line in said.statements]


def mark(node: Node, refs: list[str], marking: Marking = AMONG_US) -> None:
    node.amend_all(refs, Change(Op.RELABEL, "sealed by the court", marking=marking))


def sealed_and_given_again(node: Node, folder: Path) -> None:
    """The first report sealed, record, numbers and all; then a file that holds it once more, and the second one."""
    give(node, folder, "first.csv", HEAD + SEALED)
    report = [node.ledger.ref(fact.commitment) for fact in node.views.recorded("report:centre.a.example/E-1").facts]
    mark(node, [*report, *about(node, "012777001"), *about(node, "092700001")])
    give(node, folder, "second.csv", HEAD + SEALED + OTHER, Tlp.AMBER)


def made(node: Node, out: Path, *what: str, reader: Reader, **more: object) -> tuple[bytes, int, dict[tuple[str, str], str]]:
    """A pack: all its bytes, how many originals are in it, and what is counted as withheld."""
    packed = write_pack(node, Order(what, reader, country="KH", **more), out)  # type: ignore[arg-type]
    files = apart(out.read_bytes())
    left = {(one.what, one.marking): one.count for one in packed.manifest.withheld}
    return b"".join(files.values()), sum(name.startswith("originals/") for name in files), left


@pytest.mark.parametrize("whose", ["partner", "home"])
def test_a_sealed_report_in_a_later_file_of_its_desk_closes_that_file(node: Node, tmp_path: Path, at_home: Reader, whose: str) -> None:
    reader = PARTNER if whose == "partner" else at_home
    give(node, tmp_path, "other.csv", HEAD + OTHER.replace("E-2", "E-3").replace("012777002", "012777003"))
    sealed_and_given_again(node, tmp_path)
    assert not node.ask("012777001", country="KH", reader=at_home, at=None).statements
    data, originals, left = made(node, tmp_path / "a.pack.zip", "012777002", reader=reader)
    assert (originals, left["original", "TLP:RED"]) == (0, "fewer than five")
    assert b"the first call" not in data
    assert b"92700001" not in data
    assert made(node, tmp_path / "b.pack.zip", "012777003", reader=reader)[1] == 1  # a file that does not hold it goes
    data, originals, left = made(node, tmp_path / "c.pack.zip", "012777002", reader=node.owner())
    assert (originals, left) == (1, {})
    assert b"the first call" in data


def test_a_sealed_value_closes_the_next_edition_and_no_longer_than_it_is_sealed(node: Node, tmp_path: Path) -> None:
    give(node, tmp_path, "list-1.csv", "phone\n+855 12 777 003\n+855 12 777 004\n")
    (ref,) = about(node, "012777003")
    mark(node, [ref])
    give(node, tmp_path, "list-2.csv", "phone\n+855 12 777 003\n+855 12 777 004\n+855 12 777 009\n")
    mark(node, [ref])  # whatever the edition made of it
    data, originals, left = made(node, tmp_path / "a.pack.zip", "012777009", reader=PARTNER)
    assert (originals, left) == (0, {("original", "TLP:RED"): "fewer than five"})
    assert b"777 003" not in data
    mark(node, [ref], GREEN)
    data, originals, left = made(node, tmp_path / "b.pack.zip", "012777009", reader=PARTNER)
    assert (originals, left) == (1, {})
    assert b"777 003" in data


def test_what_one_report_says_sealed_and_another_says_again_closes_the_other_too(node: Node, tmp_path: Path) -> None:
    give(node, tmp_path, "first.csv", HEAD + SEALED)
    mark(node, about(node, "012777001"))  # the role of the number, which both say, among them
    give(node, tmp_path, "second.csv", HEAD + OTHER.replace("012777002", "012777001").replace("02-03", "02-02"), Tlp.AMBER)
    data, originals, left = made(node, tmp_path / "a.pack.zip", "092700002", reader=PARTNER)
    assert (originals, left["original", "TLP:RED"]) == (0, "fewer than five")
    assert b"12777001" not in data


def test_the_packs_of_a_request_and_of_a_case_are_no_other(node: Node, tmp_path: Path, at_home: Reader) -> None:
    sealed_and_given_again(node, tmp_path)
    ground = about(node, "012777002")[0]
    world.log(node, world.steps_of(world.hold([ground])), handling=replace(GREEN, tlp=Tlp.CLEAR))
    data, originals, left = made(node, tmp_path / "request.pack.zip", "a" * 32, reader=PARTNER)
    assert (originals, left["original", "TLP:RED"]) == (0, "fewer than five")
    assert b"the first call" not in data
    have = node.open_case("the second call", LEAD, Tlp.RED)
    digest = next(each for each, _, _ in node.ledger.said_again({*_digests(node)}))
    node.work(Work(case=have.id, word=Word.ADD, head=have.head, refs=(ground,), documents=(digest,)), LEAD, Tlp.RED)
    taken = take_case(node, have.id, LEAD, Tlp.RED)
    data, originals, left = made(node, tmp_path / "case.pack.zip", reader=at_home, analyst=LEAD.person, case=taken)
    assert (originals, left["original", "TLP:RED"]) == (0, "fewer than five")
    assert b"the first call" not in data


def _digests(node: Node) -> Iterator[str]:
    return (source.digest for source in node.views.sources() if source.digest is not None)


def test_a_file_that_says_what_was_erased_goes_to_nobody(node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sealed_and_given_again(node, tmp_path)
    plan = node.plan_erasure("report:centre.a.example/E-1")
    assert len(plan.originals) == 2
    with pytest.raises(NotAllowed):
        made(node, tmp_path / "a.pack.zip", "012777001", reader=PARTNER)
    erase = Ledger.erase
    monkeypatch.setattr(Ledger, "erase", lambda self, what, *, ground: erase(self, what, ground=ground, keep_originals=True))
    node.erase(plan, ground="asked for by the person")
    data, originals, left = made(node, tmp_path / "b.pack.zip", "012777002", reader=node.owner())
    assert (originals, left["original", ""]) == (0, "fewer than five")
    assert b"the first call" not in data
