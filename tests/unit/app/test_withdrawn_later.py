"""A withdrawal asked for while another act is writing: accepted, shown at once, written once, by who may still, whatever comes between."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Event

import httpx
import pytest
from calls import SETTINGS, Client
from click.testing import CliRunner
from test_api_node import Real
from test_withdrawing import BODY, PHONE, real, roles  # noqa: F401

from saksi.app.amending import Change
from saksi.app.api import later
from saksi.app.api.application import make_desk
from saksi.app.api.keys import Role
from saksi.app.api.ports import AmendPlan
from saksi.app.api.waiting import Waits
from saksi.app.backup import Files, Taken, bring_back, write_backup
from saksi.app.cli import saksi
from saksi.app.home import Home
from saksi.app.node import Node
from saksi.app.people.person import read_post
from saksi.ledger.disk import DiskFull
from saksi.ledger.sealed_stream import Secret
from saksi.model import Asserter, Content, LedgerFault, Marking, Op, Pap, Source, Statement, Tlp
from saksi.screen.feeds import Plan
from saksi.views.withheld import WAITS

KEYED = {"Idempotency-Key": "lift-1"}


class Busy:
    """The writer of a node at work, until `free` lets it end; what waits is done then, as after any act."""

    def __init__(self, node: Real) -> None:
        self._node, self._go, begun = node, Event(), Event()

        def act() -> None:
            begun.set()
            assert self._go.wait(60)

        self._act = node.desk.writer.submit(act)
        assert begun.wait(20)

    def free(self, *, work: bool = True) -> None:
        self._go.set()
        self._act.result(60)
        if work:
            self._node.desk.writer.submit(later.work_off, self._node.desk).result(60)


@pytest.fixture
def busy(real: Real, monkeypatch: pytest.MonkeyPatch) -> Iterator[Busy]:  # noqa: F811
    monkeypatch.setattr(later, "_MOMENT", 0.05)
    made = Busy(real)
    yield made
    made.free(work=False)


def accepted(client: Client, **more: object) -> httpx.Response:
    made = client.post("/api/v1/retractions", json=BODY, **more)
    assert made.status_code == 202, made.text
    assert made.json()["state"] == "waiting"
    return made


def state(client: Client, made: httpx.Response) -> dict[str, object]:
    found = client.get(made.headers["location"])
    assert found.status_code == 200, found.text
    return dict(found.json())


def listed(client: Client) -> bool:
    return PHONE in client.get("/api/v1/feeds/csv").text


def test_it_is_shown_at_once_and_written_once_the_writer_is_free(real: Real, busy: Busy) -> None:  # noqa: F811
    analyst, size = real.with_key(Role.ANALYST), real.node.ledger.size
    before = analyst.get("/api/v1/feeds/csv")
    assert PHONE in before.text
    assert PHONE in [hit["entity"] for hit in analyst.get("/api/v1/search?q=8551234").json()["hits"]]
    made = accepted(analyst)
    assert made.headers["location"] == f"/api/v1/retractions/{made.json()['id']}"
    assert "Look-ups and block lists do without" in made.json()["said"]
    said = analyst.get("/api/v1/lookup?value=012345678").json()
    assert (said["flagged"], said["statements"], {line["standing"] for line in said["past"]}) == (False, [], {"retracted"})
    assert {line["reason"] for line in said["past"]} == {WAITS}
    again = analyst.get("/api/v1/feeds/csv", headers={"If-None-Match": before.headers["etag"]})
    assert (again.status_code, PHONE in again.text) == (200, False)
    digest = made.json()["targets"][0].rpartition("#")[2]
    view = analyst.get(f"/api/v1/statements/{digest}").json()
    assert (view["standing"], view["changes"][-1]["ref"]) == ("retracted", "")
    assert analyst.get(f"/s/{digest}", headers={"Accept": "text/html"}).status_code == 200
    assert real.node.ledger.size == size
    busy.free()
    done = state(analyst, made)
    assert (done["state"], len(done["refs"])) == ("done", len(made.json()["targets"]))  # type: ignore[arg-type]
    assert real.node.ledger.size > size
    view = analyst.get(f"/api/v1/statements/{digest}").json()
    assert (view["standing"], view["changes"][-1]["reason"], view["changes"][-1]["ref"]) == ("retracted", BODY["reason"], done["refs"][0])  # type: ignore[index]
    assert not listed(analyst)
    assert real.node.withheld == ""


def test_it_is_written_after_a_file_that_was_refused_too(real: Real, busy: Busy) -> None:  # noqa: F811
    analyst = real.with_key(Role.ANALYST)
    made = accepted(analyst)
    busy.free(work=False)
    assert analyst.post("/api/v1/takes?name=none.csv", content=b"nobody's known file\n").status_code == 400
    real.desk.writer.submit(int).result(60)  # what comes after the answer is over
    assert state(analyst, made)["state"] == "done"


def test_it_is_told_to_who_asked_and_to_auditors(real: Real, busy: Busy) -> None:  # noqa: F811
    analyst = real.with_key(Role.ANALYST)
    made = accepted(analyst)
    assert state(real.with_key(Role.AUDITOR), made)["by"] == real.desk.keys.listed()[-2].id
    assert real.with_key(Role.ANALYST).get(made.headers["location"]).status_code == 404
    assert analyst.get("/api/v1/retractions/" + "0" * 32).status_code == 404
    assert Client(real.app, "192.0.2.7", {}).get(made.headers["location"]).status_code == 401


def test_what_can_be_refused_is_refused_before(real: Real, busy: Busy) -> None:  # noqa: F811
    analyst, refs = real.with_key(Role.ANALYST), roles(real.with_key(Role.ANALYST))
    below = real.with_key(Role.ANALYST, Tlp.CLEAR)
    for client, path, body, status in (
        (below, "retractions", {"refs": refs, "reason": "a test"}, 400),
        (analyst, "retractions", {**BODY, "publisher": "nobody"}, 400),
        (analyst, "amendments", {"op": "regrade", "refs": refs, "reason": "a test"}, 400),
        (analyst, "amendments", {"op": "reinstate", "refs": refs, "reason": "a test"}, 400),
        (real.with_key(Role.READER), "retractions", BODY, 403),
    ):
        made = client.post(f"/api/v1/{path}", json=body)
        assert made.status_code == status, made.text
    assert not real.desk.waiting.any
    assert roles(analyst) == refs


def test_a_key_revoked_meanwhile_is_refused_and_the_value_listed_again(real: Real, busy: Busy) -> None:  # noqa: F811
    analyst, size = real.with_key(Role.ANALYST), real.node.ledger.size
    name = real.desk.keys.listed()[-1].id
    made, other = accepted(analyst), real.with_key(Role.AUDITOR)
    assert not listed(other)
    real.desk.keys.revoke(name)
    busy.free()
    said = state(other, made)
    assert (said["state"], said["refs"]) == ("refused", [])
    assert "may not do this any more" in str(said["said"])
    assert listed(other)
    assert real.node.ledger.size == size


def test_two_ask_for_the_same_and_it_is_written_once(real: Real, busy: Busy) -> None:  # noqa: F811
    one, two = real.with_key(Role.ANALYST), real.with_key(Role.APPROVER)
    first, second = accepted(one), accepted(two)
    assert set(first.json()["targets"]) == set(second.json()["targets"])
    busy.free()
    assert len(state(one, first)["refs"]) == len(first.json()["targets"])  # type: ignore[arg-type]
    left = state(two, second)
    assert (left["state"], left["refs"]) == ("done", [])
    assert "were withdrawn, erased or marked beyond" in str(left["said"])
    view = one.get(f"/api/v1/statements/{first.json()['targets'][0].rpartition('#')[2]}").json()
    assert [change["op"] for change in view["changes"]] == ["retract"]


@pytest.mark.parametrize("expired", [False, True])
def test_a_rejection_of_what_does_not_count_is_written_too(real: Real, busy: Busy, expired: bool) -> None:  # noqa: F811
    """Of a proposal, or of what an edition has dropped: else a confirmation or an edition would bring back what was rejected."""
    analyst, node = real.with_key(Role.ANALYST), real.node
    op = Op.ASSERT if expired else Op.PROPOSE
    content = Content("host:shop.example.com", "WebSite", "role", "infrastructure", op=op)
    asserter = Asserter(node.config.authority, "2026-02-02T00:00:00Z")
    (ref,) = node.ledger.append([Statement(content, Source(title="a list (synthetic)"), asserter, Marking(Tlp.CLEAR, Pap.CLEAR))])
    node.catch_up()
    if expired:
        node.record_all([ref], Change(Op.EXPIRE, "no longer on the list"))
    body = {"op": "reject", "refs": [ref], "reason": "it sells shoes"}
    made = analyst.post("/api/v1/amendments", json=body)
    assert made.status_code == 202, made.text
    busy.free()
    done = state(analyst, made)
    assert (done["state"], len(done["refs"])) == ("done", 1)  # type: ignore[arg-type]
    view = analyst.get(f"/api/v1/statements/{ref.rpartition('#')[2]}").json()
    assert (view["standing"], view["changes"][-1]["op"]) == ("rejected", "reject")


def test_the_same_request_is_told_that_it_waits_and_then_how_it_ended(real: Real, busy: Busy) -> None:  # noqa: F811
    analyst = real.with_key(Role.ANALYST)
    made = accepted(analyst, headers=KEYED)
    again = accepted(analyst, headers=KEYED)
    assert (again.json(), again.headers["idempotency-replayed"]) == (made.json(), "true")
    real.desk.replay._rows.execute("DELETE FROM answer")  # as where the node dies before it kept the answer
    assert accepted(analyst, headers=KEYED).headers["location"] == made.headers["location"]
    reused = analyst.post("/api/v1/retractions", json={**BODY, "reason": "another"}, headers=KEYED)
    assert reused.status_code == 422
    busy.free()
    size = real.node.ledger.size
    done = analyst.post("/api/v1/retractions", json=BODY, headers=KEYED)
    assert (done.status_code, done.headers["idempotency-replayed"]) == (201, "true")
    assert done.json() == {"op": "retract", "targets": made.json()["targets"], "refs": state(analyst, made)["refs"]}
    assert real.node.ledger.size == size


def test_what_changes_no_standing_shows_once_it_is_written_and_only_once(
    real: Real,  # noqa: F811
    busy: Busy,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    analyst, refs = real.with_key(Role.ANALYST), roles(real.with_key(Role.ANALYST))
    body = {"op": "regrade", "refs": refs, "reason": "judged", "grade": "E5"}
    made = analyst.post("/api/v1/amendments", json=body)
    assert (made.status_code, made.json()["op"]) == (202, "regrade")
    assert "are as before" in made.json()["said"]
    assert roles(analyst) == refs
    with monkeypatch.context() as patch:  # the node dies when it is in the ledger and not yet known to be
        patch.setattr(real.desk.waiting, "done", lambda *_: (_ for _ in ()).throw(DiskFull("no room")))
        busy.free()
    size = real.node.ledger.size
    assert state(analyst, made)["state"] == "waiting"
    real.desk.writer.submit(later.work_off, real.desk).result(60)
    assert real.node.ledger.size == size
    done = state(analyst, made)
    assert (done["state"], done["targets"]) == ("done", made.json()["targets"])
    for ref, target in zip(done["refs"], refs, strict=True):  # type: ignore[call-overload]
        (change,) = analyst.get(f"/api/v1/statements/{target.rpartition('#')[2]}").json()["changes"]
        assert (change["op"], change["ref"]) == ("regrade", ref)


def test_a_node_that_begins_again_shows_it_so_and_writes_it(real: Real, busy: Busy) -> None:  # noqa: F811
    analyst = real.with_key(Role.ANALYST)
    made = accepted(analyst)
    busy.free(work=False)
    size = real.node.ledger.size
    for each in (real.desk.replay, real.desk.waiting, real.node):
        each.close()
    shown = CliRunner().invoke(saksi, ["--home", str(real.node.files.path), "ask", "012345678"])
    assert (WAITS in shown.output, "flagged" in shown.output.lower()) == (True, False), shown.output
    with closing(Node(real.node.files, real.node.config)) as node:
        assert (node.ledger.size, node.withheld) == (size, real.desk.node.withheld)
        desk = make_desk(node, real.node.files.path, SETTINGS)
        desk.writer.submit(later.work_off, desk).result(60)
        line = desk.waiting.find(made.json()["id"])
        assert line is not None
        assert (line.state, len(line.refs)) == ("done", len(made.json()["targets"]))
        assert node.ledger.size > size
        desk.close()


def test_it_is_written_though_an_edition_dropped_it_meanwhile(real: Real, busy: Busy) -> None:  # noqa: F811
    analyst, refs = real.with_key(Role.ANALYST), roles(real.with_key(Role.ANALYST))
    made = accepted(analyst)
    busy.free(work=False)
    real.node.amend(refs[0], Change(Op.EXPIRE, "no longer on the list"))
    assert not listed(analyst)
    real.desk.writer.submit(later.work_off, real.desk).result(60)
    assert state(analyst, made)["targets"] == made.json()["targets"]
    view = analyst.get(f"/api/v1/statements/{refs[0].rpartition('#')[2]}").json()
    assert [change["op"] for change in view["changes"]] == ["expire", "retract"]


def test_a_store_that_cannot_be_read_lets_nothing_be_answered(real: Real) -> None:  # noqa: F811
    path = real.node.files.waiting
    path.write_bytes(b"no database " * 400)
    with closing(Node(real.node.files, real.node.config)) as node:
        with pytest.raises(LedgerFault, match="what waits to be withdrawn cannot be read"):
            node.ask("012345678", country=None, reader=node.owner(), at=None)
        with pytest.raises(LedgerFault, match="what waits to be withdrawn cannot be read"):
            node.to_block(Plan(real.node.setting(node.owner(), 1), "centre.a.example", real.desk.clock()))
        (check,) = [each for each in node.checks() if each.name == "withdrawals"]
        assert (check.ok, check.needed) == (False, True)


def test_the_command_line_does_without_it_too(real: Real, busy: Busy, tmp_path: Path) -> None:  # noqa: F811
    call = partial(CliRunner().invoke, saksi, standalone_mode=False)
    home, ask, out = ["--home", str(real.node.files.path), "--json"], tmp_path / "ask.csv", tmp_path / "told.jsonl"
    ask.write_text("012345678\n012999111\n", encoding="utf-8")

    def flags() -> list[bool]:
        out.unlink(missing_ok=True)
        made = call([*home, "bulk", str(ask), "--no-heading", "--workers", "0", "--out", str(out)])
        assert made.exception is None, made.exception
        return [json.loads(line)["flagged"] for line in out.read_text(encoding="utf-8").splitlines()]

    assert flags() == [True, False]
    assert "withdrawals" not in {each.name for each in real.node.checks()}
    accepted(real.with_key(Role.ANALYST))
    assert flags() == [False, False]
    made = call([*home, "feed", "--format", "csv", "--out", str(tmp_path / "list.csv")])
    assert made.exception is None, made.exception
    assert PHONE not in (tmp_path / "list.csv").read_text(encoding="utf-8")
    (check,) = [each for each in real.node.checks() if each.name == "withdrawals"]
    assert (check.ok, check.needed) == (False, False)
    assert "`saksi serve` writes it" in check.said


@pytest.mark.parametrize(
    ("change", "state", "why"),
    [("nothing", "done", "written"), ("gone", "refused", "may not do this any more"), ("below", "refused", "there is no such statement")],
)
def test_a_person_who_asked_needs_the_right_still(real: Real, change: str, state: str, why: str) -> None:  # noqa: F811
    register, refs = real.desk.people.register, roles(real.with_key(Role.ANALYST))
    post = read_post("unit one", ["analyst"], "RED")
    register.add("Root", read_post("unit one", ["administrator"], "CLEAR"), by="command-line")
    person, _ = register.add("Ana", post, by="command-line")
    plan = AmendPlan("retract", "a test", tuple(refs), by=person.id)
    real.desk.waiting.accept(Waits("0" * 32, plan, real.desk.clock(), real.node.state().views))
    if change == "gone":
        register.disable(person.id, by="command-line")
    elif change == "below":
        register.move(person.id, read_post("unit one", ["analyst"], "CLEAR"), by="command-line")
    real.desk.writer.submit(later.work_off, real.desk).result(60)
    line = real.desk.waiting.find("0" * 32)
    assert line is not None
    assert line.state == state
    assert why in line.said
    assert roles(real.with_key(Role.ANALYST)) == ([] if state == "done" else refs)


@pytest.mark.parametrize(("revoked", "state"), [(False, "done"), (True, "refused")])
@pytest.mark.parametrize("ends_at", ["2099-01-01T00:00:00Z", "2098-12-31T23:59:59Z"])
def test_a_key_that_reaches_its_day_meanwhile_is_no_revoked_one(real: Real, ends_at: str, revoked: bool, state: str) -> None:  # noqa: F811
    """Be it between the moment when it was let in and that of which the acceptance bears the time."""
    refs = roles(real.with_key(Role.ANALYST))
    key, _ = real.desk.keys.create("desk", Role.ANALYST, clearance=Tlp.RED, expires_at=ends_at)
    plan = AmendPlan("retract", "a test", tuple(refs), by=key.id)
    real.desk.waiting.accept(Waits("0" * 32, plan, "2098-12-31T23:59:59Z", real.node.state().views))
    if revoked:
        real.desk.keys.revoke(key.id)
    ahead = replace(real.desk, clock=lambda: "2100-01-01T00:00:00Z")  # the clock runs ahead, or the day has come
    real.desk.writer.submit(later.work_off, ahead).result(60)
    line = real.desk.waiting.find("0" * 32)
    assert line is not None
    assert line.state == state
    assert roles(real.with_key(Role.ANALYST)) == ([] if state == "done" else refs)


def test_what_waits_is_in_a_backup(real: Real, busy: Busy, tmp_path: Path) -> None:  # noqa: F811
    made = accepted(real.with_key(Role.ANALYST))
    files, again = Files.beside(tmp_path / "kept"), Home(tmp_path / "again")
    secrets = Taken(Secret(passphrase="one passphrase of the data"), Secret(passphrase="another passphrase of the keys"))
    write_backup(real.node.files, real.node.config, files, secrets, keep_keys_days=30)
    config, _ = bring_back(again, files, secrets, newest=True)
    with closing(Node(again, config)) as node:
        assert node.withheld == real.node.withheld != ""
        desk = make_desk(node, again.path, SETTINGS)
        desk.writer.submit(later.work_off, desk).result(60)
        line = desk.waiting.find(made.json()["id"])
        assert line is not None
        assert (line.state, len(line.refs)) == ("done", len(made.json()["targets"]))
        desk.close()


def test_a_full_disk_accepts_nothing_and_says_so(real: Real, busy: Busy) -> None:  # noqa: F811
    analyst, refs = real.with_key(Role.ANALYST), roles(real.with_key(Role.ANALYST))
    real.desk.waiting._rows.execute("PRAGMA max_page_count=1")  # SQLite takes the pages that are there: none can be added
    body = {"refs": refs, "reason": "a bank's number " * 120}
    for _ in range(40):
        made = analyst.post("/api/v1/retractions", json=body)
        if made.status_code != 202:
            break
        real.desk.waiting.refuse(made.json()["id"], "a test")
    assert (made.status_code, made.json()["type"]) == (507, "/problems/disk-full"), made.text
    assert made.json()["todo"]
    assert not real.desk.waiting.any
    assert roles(analyst) == refs


def test_an_erasure_meanwhile_leaves_nothing_of_it(real: Real, busy: Busy) -> None:  # noqa: F811
    analyst = real.with_key(Role.ANALYST)
    made = accepted(analyst)
    busy.free(work=False)
    plan = real.node.plan_erasure(PHONE)
    real.node.erase(plan, ground="decision 12")
    left = state(analyst, made)
    assert (left["state"], left["targets"]) == ("done", [])
    with sqlite3.connect(real.node.files.path / "api" / "waiting.db") as rows:
        assert rows.execute("SELECT count(*) FROM target").fetchone() == (0,)
    rows.close()
    assert not real.desk.waiting.any
    kept = b"".join(path.read_bytes() for path in (real.node.files.path / "api").glob("waiting.db*"))
    for plain in (PHONE.encode(), b"012345678", BODY["reason"].encode()):
        assert plain not in kept
