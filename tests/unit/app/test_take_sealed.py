"""What a person marked is opened by a person: no edition does it, whoever gives it; a take tells how much it marked or graded anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from test_api_node import Real

from saksi.app.amending import Change
from saksi.app.api.keys import Role
from saksi.app.config import Config
from saksi.app.home import Home, set_up
from saksi.app.node import Node
from saksi.app.order import Order, Taken
from saksi.model import BadInput, Grade, Marking, Op, Pap, Tlp
from saksi.sources.own import OwnList
from saksi.views.fact import TAKEN_AGAIN

SEALED = Marking(Tlp.RED, Pap.RED, purpose="tests", legal_basis="Act 1 of A")
HEAD = "reference,reported_at,country,scam_phone,victim_phone,narrative,synthetic\n"
REPORT = "R-1,2026-01-31,KH,012777001,092700001,a call,true\n"
LIST = "phone\n012777003\n012777004\n"
ALL = (Tlp.CLEAR, Tlp.GREEN, Tlp.AMBER, Tlp.RED)


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    files = Home(tmp_path / "node")
    config = Config(authority="centre.a.example", country="KH", purpose="tests", legal_basis="Act 1 of A", workers=0)
    set_up(files, config)
    made = Node(files, config)
    yield made
    made.close()


def give(
    node: Node, folder: Path, text: str, tlp: Tlp | None, *, pap: Pap | None = None, clearance: Tlp | None = None, grade: str | None = None
) -> Taken:
    """A list, or a report of the desk, under a marking that is said or under its source's own."""
    (folder / "given.csv").write_text(text, encoding="utf-8")
    own = None if text.startswith("reference") else OwnList("Police of A", "phones")
    source = None if own else "report-desk"
    stated = None if grade is None else Grade.parse(grade)
    path = folder / "given.csv"
    return node.take_file(Order(path, path.name, source, own=own, tlp=tlp, pap=pap, clearance=clearance, grade=stated))


def refs_of(node: Node, value: str) -> list[str]:
    return [line.ref for line in node.ask(value, country="KH", reader=node.owner(), at=None).statements]


def least(node: Node, value: str) -> Tlp:
    """The lowest clearance that sees anything about a value."""
    return next(each for each in ALL if node.ask(value, country="KH", reader=node.owner(each), at=None).statements)


def mark(node: Node, refs: list[str], marking: Marking) -> None:
    node.amend_all(refs, Change(Op.RELABEL, "sealed by the court", marking=marking))


def kept(made: Taken) -> list[str]:
    return [word.partition(" ")[0] for word in made.warnings if "keep their marking" in word]


@pytest.mark.parametrize(("clearance", "told"), [(None, ["1"]), (Tlp.RED, ["1"]), (Tlp.AMBER, [])])
@pytest.mark.parametrize("tlp", [None, Tlp.GREEN, Tlp.CLEAR])
def test_no_edition_opens_what_a_person_sealed(node: Node, tmp_path: Path, tlp: Tlp | None, clearance: Tlp | None, told: list[str]) -> None:
    give(node, tmp_path, LIST, Tlp.GREEN)
    mark(node, refs_of(node, "012777003"), SEALED)
    for _ in range(2):
        made = give(node, tmp_path, LIST + "012777005\n", tlp, clearance=clearance)
        assert kept(made) == ([] if tlp is None else told)
        assert least(node, "012777003") is Tlp.RED
    assert b"+85512777003" not in b"".join(node.feed("csv", reader=node.owner(), at=None))
    mark(node, refs_of(node, "012777003"), Marking(Tlp.GREEN, Pap.GREEN))
    assert least(node, "012777003") is Tlp.GREEN


def test_no_report_that_is_given_again_opens_it(node: Node, tmp_path: Path) -> None:
    give(node, tmp_path, HEAD + REPORT, Tlp.GREEN)
    report = [node.ledger.ref(fact.commitment) for fact in node.views.recorded("report:centre.a.example/R-1").facts]
    mark(node, [*report, *refs_of(node, "012777001"), *refs_of(node, "092700001")], SEALED)
    made = give(node, tmp_path, HEAD + REPORT, Tlp.GREEN, pap=Pap.GREEN, clearance=Tlp.RED)
    assert (made.changed, made.duplicate) == (0, 5)
    assert [least(node, value) for value in ("012777001", "092700001")] == [Tlp.RED, Tlp.RED]


def test_a_stricter_edition_restricts_it_and_the_next_does_not_open_that(node: Node, tmp_path: Path) -> None:
    give(node, tmp_path, LIST, Tlp.CLEAR)
    mark(node, refs_of(node, "012777003"), Marking(Tlp.GREEN, Pap.AMBER))
    assert give(node, tmp_path, LIST, Tlp.AMBER, pap=Pap.CLEAR).changed == 1  # of the other: in one it would be wider
    assert least(node, "012777003") is Tlp.GREEN
    assert give(node, tmp_path, LIST, Tlp.AMBER, pap=Pap.AMBER).changed == 2
    assert least(node, "012777003") is Tlp.AMBER
    made = give(node, tmp_path, LIST, Tlp.CLEAR)
    assert (made.changed, kept(made)) == (1, ["1"])
    assert [least(node, value) for value in ("012777003", "012777004")] == [Tlp.AMBER, Tlp.CLEAR]


def test_whom_a_person_named_is_not_forgotten_by_the_next_edition(node: Node, tmp_path: Path) -> None:
    give(node, tmp_path, LIST, Tlp.AMBER, pap=Pap.AMBER)
    (ref,) = refs_of(node, "012777003")
    mark(node, [ref], Marking(Tlp.AMBER, Pap.AMBER, ("court.a.example",)))
    made = give(node, tmp_path, LIST, Tlp.AMBER, pap=Pap.AMBER)
    assert (made.changed, kept(made)) == (0, [])
    (fact,) = node.views.recorded("phone:+85512777003").facts
    assert node.views.handling(fact.changes[-1].handling).audience == ("court.a.example",)


def test_what_only_editions_marked_the_next_one_marks_as_before(node: Node, tmp_path: Path) -> None:
    give(node, tmp_path, LIST, Tlp.GREEN)
    for tlp in (Tlp.RED, Tlp.GREEN, Tlp.AMBER, Tlp.CLEAR):
        assert give(node, tmp_path, LIST, tlp).changed == 2
        assert least(node, "012777003") is tlp
    assert give(node, tmp_path, LIST, Tlp.CLEAR, grade="B2").changed == 2


def test_no_person_speaks_in_the_words_of_a_take() -> None:
    with pytest.raises(BadInput, match="what a take says of itself"):
        Change(Op.RELABEL, TAKEN_AGAIN, marking=SEALED)


def test_the_answer_tells_what_was_marked_anew_and_to_nobody_who_may_not_see_it(tmp_path: Path) -> None:
    real = Real(tmp_path / "node")
    try:
        high, low = real.with_key(Role.ANALYST), real.with_key(Role.ANALYST, Tlp.AMBER)
        path = "/api/v1/takes?name=list.csv&list=phones&publisher=Police of A&pap=GREEN&country=KH&tlp="
        first = high.post(path + "RED", content=LIST.encode())
        assert (first.status_code, first.json()["changed"]) == (201, 0)
        for client, tlp, changed in ((low, "GREEN", 0), (high, "GREEN", 2), (low, "AMBER", 2), (low, "AMBER", 0)):
            made = client.post(path + tlp, content=LIST.encode()).json()
            assert (made["changed"], made["rejected"]) == (changed, 0), made
        told = [[line["changed"] for line in each.get("/api/v1/takes").json()["takes"]] for each in (high, low)]
        assert told == [[0, 2, 2, 0, 0], [0, 2, 0, 0]]
    finally:
        real.desk.close()
        real.node.close()
