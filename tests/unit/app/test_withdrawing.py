"""Taking back through a node that is being served: at once, by those who may, no further than they see, all or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from calls import Client
from click.testing import CliRunner
from test_api_node import REPORTS, Real

from saksi.app.api.keys import Role
from saksi.app.cli import saksi
from saksi.app.config import Config
from saksi.app.home import Home, set_up
from saksi.model import NotAllowed, NotFound, Tlp

PHONE = "phone:+85512345678"
BODY = {"value": "012345678", "publisher": "centre.a.example", "reason": "the number of a bank"}


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


def key(real: Real, role: Role, clearance: Tlp) -> Client:
    _, text = real.desk.keys.create("a key", role, clearance=clearance, expires_at="2099-01-01T00:00:00Z")
    return Client(real.app, "192.0.2.7", {"Authorization": f"Bearer {text}", "Saksi-Purpose": "a test"})


def roles(client: Client) -> list[str]:
    said = client.get("/api/v1/lookup?value=012345678").json()
    return [line["ref"] for line in said["statements"] if line["prop"] == "role"]


def test_a_wrongful_listing_is_lifted_while_the_node_serves(real: Real) -> None:
    analyst = real.with_key(Role.ANALYST)
    assert PHONE in analyst.get("/api/v1/feeds/csv").text
    assert analyst.get("/api/v1/lookup?value=012345678").json()["flagged"] is True
    sent = {"Idempotency-Key": "lift-1"}
    done = analyst.post("/api/v1/retractions", json=BODY, headers=sent)
    assert done.status_code == 201, done.text
    assert len(done.json()["targets"]) == len(done.json()["refs"]) > 1
    said = analyst.get("/api/v1/lookup?value=012345678").json()
    assert (said["flagged"], said["statements"]) == (False, [])
    assert PHONE not in analyst.get("/api/v1/feeds/csv").text
    size = real.node.ledger.size
    again = analyst.post("/api/v1/retractions", json=BODY, headers=sent)
    assert (again.json(), again.headers["idempotency-replayed"]) == (done.json(), "true")
    assert real.node.ledger.size == size
    told = analyst.post("/api/v1/retractions", json=BODY)  # nothing of it counts any more
    assert (told.status_code, "is withdrawn or has ended already" in told.json()["detail"]) == (400, True)
    low = key(real, Role.ANALYST, Tlp.CLEAR).post("/api/v1/retractions", json=BODY)
    assert (low.status_code, "nothing that this authority says" in low.json()["detail"]) == (400, True), "to this key it never was there"
    view = analyst.get(f"/api/v1/statements/{done.json()['targets'][0].rpartition('#')[2]}").json()
    assert (view["standing"], view["changes"][-1]["reason"]) == ("retracted", "the number of a bank")
    seen = real.with_key(Role.AUDITOR).get("/api/v1/access", params={"value": done.json()["targets"][0].rpartition("#")[2]}).json()
    assert "retract" in [line["kind"] for line in seen["lines"]]


def test_amendments_come_all_or_not_at_all(real: Real) -> None:
    analyst = real.with_key(Role.ANALYST)
    refs = roles(analyst)
    wrong = {"op": "expire", "refs": [*refs, refs[0][:-64] + "0" * 64], "reason": "a test"}
    refused = analyst.post("/api/v1/amendments", json=wrong)
    said = refused.json()
    assert (refused.status_code, said["detail"], said["where"]) == (400, "there is no such statement", f"refs/{len(refs)}")
    assert roles(analyst) == refs
    twice = analyst.post("/api/v1/amendments", json={"op": "expire", "refs": [*refs, *refs], "reason": "a test"})
    assert (twice.status_code, len(twice.json()["refs"])) == (201, len(refs))
    assert roles(analyst) == []
    assert analyst.post("/api/v1/amendments", json={"op": "reinstate", "refs": refs, "reason": "a test"}).status_code == 201
    assert roles(analyst) == refs
    half = analyst.post("/api/v1/amendments", json={"op": "relabel", "refs": refs, "reason": "a test", "tlp": "RED"})
    assert (half.status_code, half.json()["where"]) == (400, "pap")
    for body in (
        {"op": "assert", "refs": refs, "reason": "x"},
        {"op": "expire", "refs": refs, "reason": " "},
        {"op": "expire", "refs": [], "reason": "x"},
    ):
        assert analyst.post("/api/v1/amendments", json=body).status_code == 400


def test_what_a_key_may_not_see_it_cannot_take_back(real: Real) -> None:
    analyst, low = real.with_key(Role.ANALYST), key(real, Role.ANALYST, Tlp.GREEN)
    refs = roles(analyst)
    hidden = low.post("/api/v1/retractions", json={"refs": refs, "reason": "a test"})
    absent = low.post("/api/v1/retractions", json={"refs": [refs[0][:-64] + "0" * 64], "reason": "a test"})
    assert (
        (hidden.status_code, hidden.json()["detail"])
        == (absent.status_code, absent.json()["detail"])
        == (400, "there is no such statement")
    )
    assert low.post("/api/v1/retractions", json=BODY).status_code == 400
    assert roles(analyst) == refs
    assert key(real, Role.ANALYST, Tlp.AMBER).post("/api/v1/retractions", json={"refs": refs, "reason": "a test"}).status_code == 201


def test_an_erasure_says_first_what_goes_and_takes_no_more(real: Real) -> None:
    approver = real.with_key(Role.APPROVER)
    body: dict[str, object] = {"what": "012345678", "ground": "decision 12"}
    assert real.with_key(Role.ANALYST).post("/api/v1/erasures", json=body).status_code == 403
    assert key(real, Role.APPROVER, Tlp.AMBER).post("/api/v1/erasures", json=body).status_code == 403
    plan = approver.post("/api/v1/erasures", json=body)
    assert (plan.status_code, plan.json()["erased"], plan.json()["what"]) == (200, False, PHONE)
    assert len(approver.get("/api/v1/lookup?value=012345678").json()["statements"]) > 0
    named = plan.json()["plan"]
    refused = approver.post("/api/v1/erasures", json={**body, "plan": named[::-1]})
    assert (refused.status_code, refused.json()["where"]) == (400, "plan")
    done = approver.post("/api/v1/erasures", json={**body, "plan": named}, headers={"Idempotency-Key": "e-1"})
    assert (done.status_code, done.json()["erased"]) == (201, True), done.text
    assert PHONE not in done.text
    assert approver.get("/api/v1/lookup?value=012345678").json()["statements"] == []
    seen = real.with_key(Role.AUDITOR).get("/api/v1/access", params={"value": PHONE}).json()
    assert [line["kind"] for line in seen["lines"]].count("erase") == 1


def test_the_command_line_says_how_beside_a_server(real: Real, tmp_path: Path) -> None:
    (ref, *_) = roles(real.with_key(Role.ANALYST))
    listed = tmp_path / "global-anti-scam.txt"
    listed.write_text("bad.example.net\n", encoding="utf-8")
    home = ["--home", str(tmp_path / "node")]
    for words, route in (
        (["retract", ref, "--reason", "x"], "retractions"),
        (["retract", "--value", "012345678", "--publisher", "centre.a.example", "--reason", "x", "--yes"], "retractions"),
        (["amend", "expire", ref, "--reason", "x"], "amendments"),
        (["erase", ref, "--ground", "x", "--yes"], "erasures"),
        (["outcome", "012345678", "false-alarm"], "outcomes"),
        (["take", str(listed), "--rejects", str(tmp_path / "out.csv")], "takes"),
    ):
        made = CliRunner().invoke(saksi, [*home, *words], standalone_mode=False)
        assert isinstance(made.exception, NotAllowed)
        assert f"POST /api/v1/{route}" in made.exception.todo


def test_a_value_is_withdrawn_at_the_command_line_after_a_yes(tmp_path: Path) -> None:
    files, path = Home(tmp_path / "node"), tmp_path / "reports.csv"
    set_up(files, Config(authority="centre.a.example", country="KH", workers=0))
    path.write_text(REPORTS, encoding="utf-8")
    words = ["--home", str(files.path), "retract", "--value", "012345678", "--publisher", "centre.a.example", "--reason", "x"]
    assert CliRunner().invoke(saksi, [*words[:2], "take", str(path), "--rejects", str(tmp_path / "out.csv")]).exit_code == 0
    no = CliRunner().invoke(saksi, words, input="n\n", standalone_mode=False)
    assert (no.return_value, "nothing was withdrawn" in no.output) == (1, True), no.output
    yes = CliRunner().invoke(saksi, words, input="y\n", standalone_mode=False)
    assert yes.return_value == 0, yes.output
    assert "012345678 is read as phone:+85512345678." in yes.output
    assert f"This withdraws {yes.output.count('retract: ')} statements that centre.a.example makes about it." in yes.output
    again = CliRunner().invoke(saksi, words, standalone_mode=False)
    assert isinstance(again.exception, NotFound)
    assert "all that this authority says of phone:+85512345678 from there is withdrawn" in again.exception.what
    other = CliRunner().invoke(saksi, [*words[:-4], "--publisher", "somebody else", "--reason", "x"], standalone_mode=False)
    assert "contested with them" in str(other.exception)
