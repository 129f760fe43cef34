"""Two reports of one desk that say the same of one number: neither marks what the other said, in either order, and no grade is changed by
a giver who may not amend, or may not see.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from saksi.app.config import Config
from saksi.app.home import Home, set_up
from saksi.app.node import Node
from saksi.app.order import Order, Taken
from saksi.model import Grade, Op, Pap, Tlp

HEAD = "reference,reported_at,happened_at,country,payee_account_country,scam_phone,typology,synthetic\n"
PHONE = "phone:+85512345678"
ALL = (Tlp.CLEAR, Tlp.GREEN, Tlp.AMBER, Tlp.RED)


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    files, config = Home(tmp_path / "node"), Config(authority="centre.a.example", country="KH", workers=0)
    set_up(files, config)
    made = Node(files, config)
    yield made
    made.close()


def take(
    node: Node, folder: Path, reference: str, tlp: Tlp, clearance: Tlp | None = None, grade: str | None = None, amends: bool = True
) -> Taken:
    path = folder / f"{reference}.csv"
    row = f"{reference},2026-01-31,2026-01-30,KH,KH,012345678,phishing,true\n"
    path.write_text(HEAD + row, encoding="utf-8")
    stated = None if grade is None else Grade.parse(grade)
    order = Order(path, path.name, "report-desk", tlp=tlp, pap=Pap.GREEN, clearance=clearance, grade=stated, amends=amends)
    return node.take_file(order)


def seen(node: Node, prop: str, value: str | None = None) -> dict[Tlp, bool]:
    """By clearance, whether a reader sees a statement of this property about the number."""
    made = {}
    for clearance in ALL:
        said = node.ask("012345678", country="KH", reader=node.owner(clearance), at=None)
        made[clearance] = any(line.prop == prop and (value is None or line.value == value) for line in said.statements)
    return made


def grade_of_role(node: Node) -> str:
    said = node.ask("012345678", country="KH", reader=node.owner(), at=None)
    (grade,) = [line.grade for line in said.statements if line.prop == "role"]
    return str(grade)


def from_(least: Tlp) -> dict[Tlp, bool]:
    return {clearance: clearance.rank >= least.rank for clearance in ALL}


def listed(node: Node) -> dict[Tlp, bool]:
    return {clearance: PHONE.encode() in b"".join(node.feed("csv", reader=node.owner(clearance), at=None)) for clearance in ALL}


@pytest.mark.parametrize(("first", "then"), [(Tlp.CLEAR, Tlp.RED), (Tlp.RED, Tlp.CLEAR), (Tlp.AMBER, Tlp.GREEN)])
@pytest.mark.parametrize("clearance", [None, Tlp.AMBER])
def test_a_report_marks_nothing_that_another_said(node: Node, tmp_path: Path, first: Tlp, then: Tlp, clearance: Tlp | None) -> None:
    take(node, tmp_path, "R-1", first)
    before = (seen(node, "role"), listed(node))
    assert before == (from_(first), from_(first))
    made = take(node, tmp_path, "R-2", then, clearance)
    assert made.changed == 0
    assert any("keep their marking" in word for word in made.warnings) is (clearance is None or first.rank <= clearance.rank)
    assert (seen(node, "role"), listed(node)) == before
    assert seen(node, "reportedIn", "report:centre.a.example/R-1") == from_(first)
    assert seen(node, "reportedIn", "report:centre.a.example/R-2") == from_(then)


def test_a_report_that_is_corrected_is_relabelled_itself_and_no_more(node: Node, tmp_path: Path) -> None:
    take(node, tmp_path, "R-1", Tlp.CLEAR)
    made = take(node, tmp_path, "R-1", Tlp.RED)
    assert made.changed == 2  # its record and reportedIn
    assert seen(node, "reportedIn") == from_(Tlp.RED)
    assert seen(node, "role") == from_(Tlp.CLEAR)
    assert [word.partition(" ")[0] for word in made.warnings if "keep their marking" in word] == ["2"]  # role and typology


def test_what_an_analyst_relabelled_stays_so_under_the_next_report(node: Node, tmp_path: Path) -> None:
    from saksi.app.amending import Change
    from saksi.model import Marking

    take(node, tmp_path, "R-1", Tlp.CLEAR)
    said = node.ask("012345678", country="KH", reader=node.owner(), at=None)
    (ref,) = [line.ref for line in said.statements if line.prop == "role"]
    node.amend(ref, Change(Op.RELABEL, "a person is in danger", marking=Marking(Tlp.RED, Pap.RED)))
    take(node, tmp_path, "R-2", Tlp.CLEAR)
    assert seen(node, "role") == from_(Tlp.RED)
    assert not listed(node)[Tlp.RED]


@pytest.mark.parametrize("again", ["R-1", "R-2"])
@pytest.mark.parametrize(("clearance", "amends"), [(Tlp.CLEAR, False), (Tlp.CLEAR, True), (Tlp.RED, False)])
def test_a_giver_who_may_not_amend_or_not_see_regrades_nothing(
    node: Node, tmp_path: Path, again: str, clearance: Tlp, amends: bool
) -> None:
    take(node, tmp_path, "R-1", Tlp.RED, grade="A1")
    assert listed(node)[Tlp.RED]
    assert take(node, tmp_path, again, Tlp.RED, clearance, "E5", amends=amends).changed == 0
    assert grade_of_role(node) == "A1"
    assert listed(node)[Tlp.RED]


@pytest.mark.parametrize(("amends", "then"), [(False, "B2"), (True, "E5")])
def test_only_who_may_amend_goes_past_the_grade_of_an_analyst(node: Node, tmp_path: Path, amends: bool, then: str) -> None:
    from saksi.app.amending import Change

    take(node, tmp_path, "R-1", Tlp.GREEN, grade="A1")
    said = node.ask("012345678", country="KH", reader=node.owner(), at=None)
    (ref,) = [line.ref for line in said.statements if line.prop == "role"]
    node.amend(ref, Change(Op.REGRADE, "judged", grade=Grade.parse("B2")))
    take(node, tmp_path, "R-1", Tlp.GREEN, Tlp.RED, "E5", amends=amends)
    assert grade_of_role(node) == then
