"""A statement is marked anew: what is not said stays as it was, what was said is shown, and a refusal names what is missing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from test_api_node import REPORTS, Real

from saksi.app.amending import Change
from saksi.app.api.keys import Role
from saksi.app.cli import saksi
from saksi.app.config import load
from saksi.app.home import Home
from saksi.app.node import Node
from saksi.model import BadInput, Marking, NotAllowed, Op, Pap, Tlp

Run = Callable[..., str]
COURT = "court.a.example"


@pytest.fixture
def real(tmp_path: Path) -> Iterator[Real]:
    made = Real(tmp_path / "node")
    taken = made.with_key(Role.ANALYST).post("/api/v1/takes?name=reports.csv&tlp=AMBER&pap=GREEN", content=REPORTS.encode())
    assert taken.status_code == 201, taken.text
    yield made
    made.desk.walker.shutdown()
    made.desk.writer.shutdown()
    made.desk.access.close()
    made.desk.replay.close()
    made.node.close()


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """What a command prints; it ends well or raises."""
    monkeypatch.chdir(tmp_path)

    def call(*words: str) -> str:
        ended = CliRunner().invoke(saksi, ["--home", str(tmp_path / "home"), *words], standalone_mode=False)
        if ended.exception is not None:
            raise ended.exception
        return ended.stdout

    (tmp_path / "reports.csv").write_text(REPORTS, encoding="utf-8")
    return call


def taken(run: Run, tmp_path: Path, *settings: str) -> str:
    """A statement, AMBER and for nobody outside, of a node with these settings."""
    run("init", "--authority", "centre.a.example", "--country", "KH", *settings)
    run("take", str(tmp_path / "reports.csv"), "--source", "report-desk", "--tlp", "AMBER")
    said = json.loads(run("--json", "ask", "012345678"))
    return next(str(line["ref"]) for line in said["statements"] if line["prop"] == "role")


def test_a_purpose_and_a_legal_ground_that_are_not_said_stay_as_they_were(run: Run, tmp_path: Path) -> None:
    ref = taken(run, tmp_path, "--purpose", "tests", "--legal-basis", "Act 1 of A")
    pack = ("pack", "012 345 678", "--out", str(tmp_path / "court.pack.zip"), "--for", COURT)
    with pytest.raises(NotAllowed) as refused:
        run(*pack)
    assert refused.value.todo == "its marking names who may see it"
    run("amend", "relabel", ref, "--tlp", "AMBER", "--pap", "AMBER", "--audience", COURT)
    assert f"gives TLP:AMBER PAP:AMBER, for {COURT}; purpose tests; legal basis Act 1 of A; in force now" in run("show", ref)
    assert ": 2 statements" in run(*pack)
    run("amend", "relabel", ref, "--tlp", "RED", "--pap", "RED", "--purpose", "another")
    first, second = (line for line in run("show", ref).splitlines() if "gives TLP:" in line)
    assert "in force" not in first
    assert second.strip() == "gives TLP:RED PAP:RED; purpose another; legal basis Act 1 of A; in force now"


def test_a_pack_that_only_a_purpose_or_a_legal_ground_is_missing_for_says_so(run: Run, tmp_path: Path) -> None:
    ref = taken(run, tmp_path)
    marked = ("amend", "relabel", ref, "--tlp", "AMBER", "--pap", "AMBER", "--audience", COURT)
    pack = ("pack", "012 345 678", "--out", str(tmp_path / "court.pack.zip"), "--for", COURT)
    run(*marked)
    with pytest.raises(NotAllowed) as refused:
        run(*pack)
    assert str(refused.value.todo).startswith("its marking names no purpose or no legal ground: give both with")
    run(*marked, "--purpose", "proof", "--legal-basis", "Act 2")
    assert ": 2 statements" in run(*pack)


@pytest.mark.parametrize("tlp", ["CLEAR", "GREEN"])
def test_an_audience_that_would_hold_nobody_out_is_refused(run: Run, tmp_path: Path, tlp: str) -> None:
    ref = taken(run, tmp_path)
    with pytest.raises(BadInput, match=f"TLP:{tlp} is for .*: an audience holds nobody out") as refused:
        run("amend", "relabel", ref, "--tlp", tlp, "--pap", "CLEAR", "--audience", COURT)
    assert refused.value.todo == "leave out the audience, or choose AMBER"
    assert "relabel" not in run("show", ref)


def test_what_named_an_audience_at_clear_before_is_for_that_audience_alone(run: Run, tmp_path: Path) -> None:
    ref = taken(run, tmp_path, "--purpose", "tests", "--legal-basis", "Act 1 of A")
    files = Home(tmp_path / "home")
    with closing(Node(files, load(files.path, {}, {})[0])) as node:
        node.amend(ref, Change(Op.RELABEL, "as it was once", marking=Marking(Tlp.CLEAR, Pap.CLEAR, ("bank.b.example",))))
    shown = run("show", ref)
    assert "gives TLP:CLEAR PAP:CLEAR, for bank.b.example; purpose tests; legal basis Act 1 of A; in force now" in shown
    assert "read as TLP:AMBER: it names an audience, and nobody else is meant" in shown
    for other in (COURT, "anyone.example"):
        with pytest.raises(NotAllowed):
            run("pack", "012 345 678", "--out", str(tmp_path / "other.pack.zip"), "--for", other)
    assert ": 2 statements," in run("pack", "012 345 678", "--out", str(tmp_path / "b.pack.zip"), "--for", "bank.b.example")
    assert [line["tlp"] for line in json.loads(run("--json", "ask", "012345678"))["statements"] if line["ref"] == ref] == ["AMBER"]


@pytest.mark.parametrize(
    ("words", "where", "todo"),
    [
        (("relabel", "--tlp", "GREEN"), "--pap", "name both"),
        (("relabel", "--pap", "GREEN"), "--tlp", "name both"),
        (("relabel", "--audience", COURT), "--tlp", "name --tlp and --pap"),
        (("relabel",), "tlp", "name both"),
        (("expire", "--audience", COURT), "--tlp", "for relabel"),
        (("expire", "--tlp", "RED", "--pap", "RED"), "tlp", "leave it out"),
        (("regrade",), "grade", "C4"),
        (("regrade", "--grade", "very good"), "", "C4"),
        (("expire", "--grade", "C4"), "grade", "leave it out"),
    ],
)
def test_options_that_are_missing_or_too_many_are_named_with_what_to_do(
    run: Run, tmp_path: Path, words: tuple[str, ...], where: str, todo: str
) -> None:
    ref = taken(run, tmp_path)
    with pytest.raises(BadInput) as refused:
        run("amend", words[0], ref, *words[1:])
    assert refused.value.where == where
    assert todo in refused.value.todo


def test_what_is_no_reference_is_told_where_references_are_found(run: Run, tmp_path: Path) -> None:
    taken(run, tmp_path)
    with pytest.raises(BadInput, match="reference") as refused:
        run("amend", "expire", "nonsense")
    assert "saksi ask VALUE" in refused.value.todo


@pytest.mark.parametrize(
    ("told", "where"),
    [
        ({"tlp": "CLEAR", "pap": "CLEAR", "audience": [COURT]}, "audience"),
        ({"tlp": "GREEN", "pap": "CLEAR", "audience": [COURT]}, "audience"),
        ({"tlp": "GREEN"}, "pap"),
        ({"audience": [COURT]}, "tlp"),
        ({}, "tlp"),
        ({"op": "expire", "audience": [COURT]}, "tlp"),
        ({"op": "regrade"}, "grade"),
    ],
)
def test_over_the_api_the_same_is_refused_by_its_field(real: Real, told: dict[str, object], where: str) -> None:
    analyst = real.with_key(Role.ANALYST)
    ref = analyst.get("/api/v1/lookup?value=012345678").json()["statements"][0]["ref"]
    refused = analyst.post("/api/v1/amendments", json={"op": "relabel", "refs": [ref], "reason": "a test", **told})
    assert (refused.status_code, refused.json()["where"]) == (400, where)
    assert refused.json()["todo"]


def test_over_the_api_too_each_statement_keeps_its_own_and_changes_say_what_is_in_force(real: Real) -> None:
    analyst = real.with_key(Role.ANALYST)
    said = analyst.get("/api/v1/lookup?value=012345678").json()
    refs = [line["ref"] for line in said["statements"]][:2]
    before = [analyst.get(f"/api/v1/statements/{ref.rpartition('#')[2]}").json()["groups"]["handling"] for ref in refs]
    assert all(each["purpose"] and each["legal_basis"] for each in before)
    one = {"op": "relabel", "refs": refs[:1], "reason": "a test", "tlp": "GREEN", "pap": "GREEN", "purpose": "another"}
    assert analyst.post("/api/v1/amendments", json=one).status_code == 201
    both = {"op": "relabel", "refs": refs, "reason": "a test", "tlp": "AMBER", "pap": "GREEN", "audience": [COURT]}
    assert analyst.post("/api/v1/amendments", json=both).status_code == 201
    changes = [analyst.get(f"/api/v1/statements/{ref.rpartition('#')[2]}").json()["changes"] for ref in refs]
    told = [[(each["marking"]["tlp"], each["marking"]["purpose"], each["in_force"]) for each in some] for some in changes]
    purpose = before[1]["purpose"]
    assert told == [[("GREEN", "another", False), ("AMBER", "another", True)], [("AMBER", purpose, True)]]
    assert {each["marking"]["legal_basis"] for some in changes for each in some} == {before[0]["legal_basis"]}
    assert changes[0][1]["marking"]["audience"] == [COURT]
