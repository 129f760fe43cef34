"""A statement is marked anew: what is not said stays as it was, what was said is shown, and a refusal names what is missing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from test_api_node import REPORTS, Real

from saksi.app.api.keys import Role
from saksi.app.cli import saksi
from saksi.model import NotAllowed

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
def run(tmp_path: Path) -> Run:
    """What a command prints; it ends well or raises."""

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
