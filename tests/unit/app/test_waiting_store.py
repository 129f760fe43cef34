"""The store of what waits to be withdrawn: nothing is kept twice, nobody fills it for others, and damage hides nothing but itself."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest
from calls import SETTINGS, Client
from click.testing import CliRunner
from test_api_node import Real
from test_withdrawing import real  # noqa: F401
from test_withdrawn_later import Busy, busy, state  # noqa: F401
from test_withdrawn_meanwhile import _flags, _put

from saksi.app.amending import Change
from saksi.app.api import later, waiting
from saksi.app.api.application import make_desk
from saksi.app.api.keys import Role
from saksi.app.cli import saksi
from saksi.app.node import Node
from saksi.app.withheld import mark_of, withheld_in
from saksi.model import Asserter, Content, LedgerFault, Marking, Op, Pap, Source, Statement, Tlp


def _retract(client: Client, refs: list[str], op: str = "retract", *, status: int = 202, reason: str = "a test") -> httpx.Response:
    made = client.post("/api/v1/amendments", json={"op": op, "refs": refs, "reason": reason})
    assert made.status_code == status, made.text
    return made


@contextmanager
def _rows(real: Real) -> Iterator[sqlite3.Connection]:  # noqa: F811
    with closing(sqlite3.connect(real.node.files.waiting)) as rows:
        yield rows
        rows.commit()


def _spoil(real: Real, made: httpx.Response) -> None:  # noqa: F811
    with _rows(real) as rows:
        rows.execute("UPDATE ask SET body = zeroblob(40) WHERE id = ?", (made.json()["id"],))


def _work(real: Real) -> None:  # noqa: F811
    real.desk.writer.submit(later.work_off, real.desk).result(60)


def _digests(refs: list[str]) -> list[str]:
    return [ref.rpartition("#")[2] for ref in refs]


# -- room ----------------------------------------------------------------------------------------------------------------------------------


def test_what_waits_already_is_not_kept_again_and_comes_true(real: Real, busy: Busy) -> None:  # noqa: F811
    analyst, refs, size = real.with_key(Role.ANALYST), _put(real, 3), real.node.ledger.size
    first = _retract(analyst, refs)
    for some in (refs, refs[:1], refs[::-1], refs * 2):
        again = _retract(analyst, some)
        assert (again.json(), again.headers["location"]) == (first.json(), first.headers["location"])
    with _rows(real) as rows:
        assert rows.execute("SELECT count(*) FROM target").fetchone() == (3,)
    keyed = analyst.post("/api/v1/retractions", json={"refs": refs, "reason": "another"}, headers={"Idempotency-Key": "again"})
    assert (keyed.status_code, keyed.headers["location"]) == (202, first.headers["location"])
    size = real.node.ledger.size
    busy.free()
    assert state(analyst, first)["state"] == "done"
    assert real.node.ledger.size > size
    assert _flags(analyst, 3) == [False] * 3
    size = real.node.ledger.size
    _work(real)
    assert real.node.ledger.size == size


def test_the_same_after_something_else_was_asked_for_is_kept(
    real: Real,  # noqa: F811
    busy: Busy,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Rejected, confirmed and rejected: it is what was said last, whatever was said before."""
    analyst, node = real.with_key(Role.ANALYST), real.node
    content = Content("host:shop.example.com", "WebSite", "role", "infrastructure", op=Op.PROPOSE)
    asserter = Asserter(node.config.authority, "2026-02-02T00:00:00Z")
    refs = list(node.ledger.append([Statement(content, Source(title="a list (synthetic)"), asserter, Marking(Tlp.CLEAR, Pap.CLEAR))]))
    node.catch_up()
    at = real.desk.clock()
    object.__setattr__(real.desk, "clock", lambda: at)  # within one second, for one reason
    made = [_retract(analyst, refs, op) for op in ("reject", "confirm", "reject")]
    assert len({each.headers["location"] for each in made}) == 3
    with monkeypatch.context() as patch:  # the node dies when the last is in the ledger and not yet known to be
        ended, last = real.desk.waiting.done, made[2].json()["id"]
        patch.setattr(real.desk.waiting, "done", lambda id_, line, size: id_ == last or ended(id_, line, size=size))
        busy.free()
    view = analyst.get(f"/api/v1/statements/{_digests(refs)[0]}").json()
    assert (view["standing"], [each["op"] for each in view["changes"]]) == ("rejected", ["reject", "confirm", "reject"])
    size = real.node.ledger.size
    _work(real)
    assert (real.node.ledger.size, state(analyst, made[2])["refs"]) == (size, [view["changes"][-1]["ref"]])


def test_one_asker_leaves_room_for_others(real: Real, busy: Busy, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setattr(waiting, "_SHARE", 3)
    monkeypatch.setattr(waiting, "_MOST", 8)
    one, two, three, refs = (*(real.with_key(Role.ANALYST) for _ in range(3)), _put(real, 8))
    _retract(one, refs[:2])
    full = _retract(one, refs[2:4], status=429)
    assert (full.headers["retry-after"], "of one asker 3" in full.json()["detail"]) == ("30", True)
    _retract(one, refs[2:3])
    _retract(two, refs[3:7])  # one request alone is about so many
    _retract(two, refs[7:], status=429)
    _retract(three, refs[:2], status=429)
    _retract(three, refs[7:])
    assert _flags(one, 8) == [False] * 8
    busy.free()
    assert not real.desk.waiting.any
    _work(real)
    assert _flags(one, 8) == [False] * 8


# -- damage --------------------------------------------------------------------------------------------------------------------------------


def test_one_that_is_damaged_keeps_no_other_from_being_written(real: Real, busy: Busy, caplog: pytest.LogCaptureFixture) -> None:  # noqa: F811
    analyst, refs = real.with_key(Role.ANALYST), _put(real, 3)
    bad, good = _retract(analyst, refs[:2]), _retract(analyst, refs[2:])
    _spoil(real, bad)
    busy.free()
    assert state(analyst, good)["state"] == "done"
    assert _flags(analyst, 3) == [False] * 3
    view = analyst.get(f"/api/v1/statements/{_digests(refs)[0]}").json()
    assert (view["standing"], view["changes"][-1]["ref"]) == ("retracted", "")
    told = state(analyst, bad)
    assert (told["state"], told["by"], told["targets"]) == ("damaged", "", _digests(refs[:2]))
    assert "Ask again" in str(told["said"])
    assert state(real.with_key(Role.AUDITOR), bad) == told
    assert real.with_key(Role.READER).get(bad.headers["location"]).status_code == 404
    _work(real)
    assert [record.message for record in caplog.records if bad.json()["id"] in record.message] == [
        f"what was accepted to be withdrawn waits on, see `saksi doctor`: {bad.json()['id']}"
    ]  # once


def test_what_is_damaged_is_told_of_where_somebody_looks(real: Real, busy: Busy) -> None:  # noqa: F811
    analyst, refs = real.with_key(Role.ANALYST), _put(real, 3)
    bad = _retract(analyst, refs[:2])
    _retract(analyst, refs[2:])
    _spoil(real, bad)
    ready = real.local.get("/readyz")
    (check,) = [each for each in ready.json()["checks"] if each["name"] == "withdrawals"]
    assert (ready.status_code, check["ok"]) == (200, False)
    assert check["said"].startswith("1 statements are treated as withdrawn and not written so yet")
    for words in ("is damaged", "ask for it again", f"/api/v1/retractions/{bad.json()['id']}", *_digests(refs[:2])):
        assert words in check["said"]
    doctor = CliRunner().invoke(saksi, ["--home", str(real.node.files.path), "--json", "doctor"], standalone_mode=False)
    assert doctor.return_value == 5, "as its help says of damage"
    (line,) = [each for each in json.loads(doctor.output)["checks"] if each["name"] == "withdrawals"]
    assert line["said"] == check["said"]


@pytest.mark.parametrize("op", ["retract", "expire"])
def test_a_node_begins_with_a_damaged_one_and_forgets_it_once_it_was_asked_for_again(real: Real, busy: Busy, op: str) -> None:  # noqa: F811
    analyst, refs = real.with_key(Role.ANALYST), _put(real, 2)
    bad = _retract(analyst, refs, op)
    _spoil(real, bad)
    busy.free(work=False)
    for each in (real.desk.replay, real.desk.waiting, real.node):
        each.close()
    with closing(Node(real.node.files, real.node.config)) as node:
        desk = make_desk(node, real.node.files.path, SETTINGS)
        assert node.withheld != ""
        desk.writer.submit(later.work_off, desk).result(60)
        assert [each.id for each in desk.waiting.damaged()] == [bad.json()["id"]]
        node.amend(refs[0], Change(Op(op), "asked for again"))
        desk.writer.submit(later.work_off, desk).result(60)
        assert desk.waiting.damaged() != []
        node.amend(refs[1], Change(Op(op), "asked for again"))
        desk.writer.submit(later.work_off, desk).result(60)
        assert (desk.waiting.damaged(), desk.waiting.any, node.withheld) == ([], False, "")
        desk.close()


def test_a_damaged_retraction_outlives_an_edition_that_drops_the_value(real: Real, busy: Busy) -> None:  # noqa: F811
    """It does not count then, but the next edition that has it would list it again."""
    analyst, refs = real.with_key(Role.ANALYST), _put(real, 1)
    bad = _retract(analyst, refs)
    _spoil(real, bad)
    busy.free(work=False)
    real.node.amend(refs[0], Change(Op.EXPIRE, "no longer on the list"))
    _work(real)
    assert state(analyst, bad)["state"] == "damaged"
    real.node.amend(refs[0], Change(Op.REINSTATE, "on the list again"))
    assert _flags(analyst, 1) == [False]


def test_a_damaged_one_sent_again_with_its_key_is_whole_again(real: Real, busy: Busy) -> None:  # noqa: F811
    analyst, refs, keyed = real.with_key(Role.ANALYST), _put(real, 2), {"Idempotency-Key": "one"}
    body = {"refs": refs, "reason": "a test"}
    bad = analyst.post("/api/v1/retractions", json=body, headers=keyed)
    _spoil(real, bad)
    again = analyst.post("/api/v1/retractions", json=body, headers=keyed)
    assert (again.status_code, again.json()["state"]) == (200, "damaged")
    real.desk.replay._rows.execute("DELETE FROM answer")
    again = analyst.post("/api/v1/retractions", json=body, headers=keyed)
    assert (again.status_code, again.headers["location"]) == (202, bad.headers["location"])
    busy.free()
    assert (state(analyst, bad)["state"], state(analyst, bad)["targets"]) == ("done", refs)


@pytest.mark.parametrize("days", [6, 8])
def test_what_hides_nothing_and_is_damaged_is_forgotten_in_a_week(
    real: Real,  # noqa: F811
    busy: Busy,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    days: int,
) -> None:
    analyst, refs = real.with_key(Role.ANALYST), _put(real, 2)
    bad = analyst.post("/api/v1/amendments", json={"op": "relabel", "refs": refs[:1], "reason": "a test", "tlp": "RED", "pap": "RED"})
    assert bad.status_code == 202, bad.text
    kept = _retract(analyst, refs[1:])
    for each in (bad, kept):
        _spoil(real, each)
    busy.free()
    now = real.desk.waiting._now()
    monkeypatch.setattr(real.desk.waiting, "_now", lambda: now + days * 86_400)
    real.desk.waiting.sweep()
    ids = [each.json()["id"] for each in (bad, kept)]
    assert [each.id for each in real.desk.waiting.damaged()] == (ids if days < 7 else ids[1:])


def test_an_erasure_takes_what_is_damaged_with_it(real: Real, busy: Busy) -> None:  # noqa: F811
    analyst, refs = real.with_key(Role.ANALYST), _put(real, 2)
    bad, other = _retract(analyst, refs[:1]), _retract(analyst, refs)
    _spoil(real, bad)
    busy.free(work=False)
    real.node.erase(real.node.plan_erasure(refs[0]), ground="decision 12")
    assert analyst.get(bad.headers["location"]).status_code == 404
    assert state(analyst, other)["targets"] == refs[1:]
    with _rows(real) as rows:
        assert [bytes(name).hex() for (name,) in rows.execute("SELECT statement FROM target")] == _digests(refs[1:])


# -- loss ----------------------------------------------------------------------------------------------------------------------------------


def test_a_store_that_was_taken_away_is_not_taken_for_an_empty_one(real: Real, busy: Busy, tmp_path: Path) -> None:  # noqa: F811
    analyst, refs, path = real.with_key(Role.ANALYST), _put(real, 2), real.node.files.waiting
    assert not mark_of(path).exists()
    _retract(analyst, refs[:1])
    assert mark_of(path).exists()
    path.rename(tmp_path / "waiting.db")
    assert _flags(analyst, 1) == [False]
    refused = _retract(analyst, refs[1:], status=503)
    assert refused.json()["type"] == "/problems/ledger-fault"
    assert real.local.get("/readyz").status_code == 503
    with pytest.raises(LedgerFault, match="its store was taken away") as fault:
        withheld_in(path)
    assert f"remove {path.name} and {mark_of(path).name}" in fault.value.todo
    asked = CliRunner().invoke(saksi, ["--home", str(real.node.files.path), "ask", "shop0.example.com"], standalone_mode=False)
    assert "its store was taken away" in str(asked.exception)
    busy.free()
    for each in (real.desk.replay, real.desk.waiting, real.node):
        each.close()
    with closing(Node(real.node.files, real.node.config)) as node:
        with pytest.raises(LedgerFault, match="its store was taken away"):
            make_desk(node, real.node.files.path, SETTINGS)
        assert not path.exists()
        (tmp_path / "waiting.db").rename(path)
        desk = make_desk(node, real.node.files.path, SETTINGS)
        desk.writer.submit(later.work_off, desk).result(60)
        assert (desk.waiting.any, mark_of(path).exists()) == (False, False)
        desk.close()
    path.unlink()
    assert withheld_in(path) == {}


def test_another_store_in_its_place_accepts_nothing(real: Real, busy: Busy) -> None:  # noqa: F811
    analyst, refs, path = real.with_key(Role.ANALYST), _put(real, 1), real.node.files.waiting
    path.rename(path.with_suffix(".old"))
    path.write_bytes(path.with_suffix(".old").read_bytes())
    _retract(analyst, refs, status=503)
    assert _flags(analyst, 1) == [True]


def test_names_that_were_lost_are_named_again_from_what_is_sealed(real: Real, busy: Busy) -> None:  # noqa: F811
    analyst, refs, path = real.with_key(Role.ANALYST), _put(real, 2), real.node.files.waiting
    first = _retract(analyst, refs[:1])
    with _rows(real) as rows:
        rows.execute("DELETE FROM target")
    with pytest.raises(LedgerFault, match="has lost which statements it is about"):
        withheld_in(path)
    assert real.local.get("/readyz").status_code == 503
    _retract(analyst, refs[1:])
    assert _flags(analyst, 2) == [False, False]
    assert sorted(each.hex() for each in withheld_in(path)) == sorted(_digests(refs))
    with _rows(real) as rows:
        rows.execute("DELETE FROM target")
    busy.free()
    assert state(analyst, first)["state"] == "done"
    assert _flags(analyst, 2) == [False, False]


def test_names_that_were_lost_with_what_is_sealed_let_no_node_begin(real: Real, busy: Busy) -> None:  # noqa: F811
    bad = _retract(real.with_key(Role.ANALYST), _put(real, 1))
    _spoil(real, bad)
    with _rows(real) as rows:
        rows.execute("DELETE FROM target")
    busy.free(work=False)
    for each in (real.desk.replay, real.desk.waiting, real.node):
        each.close()
    with closing(Node(real.node.files, real.node.config)) as node, pytest.raises(LedgerFault, match="cannot be opened") as fault:
        make_desk(node, real.node.files.path, SETTINGS)
    assert mark_of(real.node.files.waiting).name in fault.value.todo


def test_a_store_of_before_goes_on(real: Real, busy: Busy) -> None:  # noqa: F811
    """Made before askers were told apart."""
    analyst, refs = real.with_key(Role.ANALYST), _put(real, 2)
    made = _retract(analyst, refs[:1])
    busy.free(work=False)
    for each in (real.desk.replay, real.desk.waiting, real.node):
        each.close()
    with _rows(real) as rows:
        rows.execute("ALTER TABLE ask DROP COLUMN asker")
    mark_of(real.node.files.waiting).unlink()
    with closing(Node(real.node.files, real.node.config)) as node:
        desk = make_desk(node, real.node.files.path, SETTINGS)
        assert mark_of(real.node.files.waiting).exists()
        desk.writer.submit(later.work_off, desk).result(60)
        line = desk.waiting.find(made.json()["id"])
        assert line is not None
        assert line.state == "done"
        desk.close()
