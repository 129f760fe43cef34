"""Answers kept for requests sent again: nothing of anybody lies open in them, an erasure takes them, and a day ends them."""

from __future__ import annotations

import json
import sqlite3
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import pytest
from calls import SETTINGS, Client
from test_api_node import Real
from test_withdrawing import PHONE, real  # noqa: F401

from saksi.app.api.application import make_desk
from saksi.app.api.keys import Role
from saksi.app.api.problems import Refused
from saksi.app.api.replay import Replay, Stored, forget_answers
from saksi.model import LedgerFault

OUTCOME = {"value": "012345678", "outcome": "payment-stopped", "country": None, "happened": None}
SENT = {"Idempotency-Key": "o-1"}


class Told(NamedTuple):
    """A node, a client that told it an outcome, and the name of the client's key."""

    node: Real
    client: Client
    caller: str


def bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.glob("replay.db*")))


@pytest.fixture
def told(real: Real) -> Told:  # noqa: F811
    analyst = real.with_key(Role.ANALYST)
    assert analyst.post("/api/v1/outcomes", json=OUTCOME, headers=SENT).json()["entity"] == PHONE
    return Told(real, analyst, real.desk.keys.listed()[-1].id)


def erase(node: Real) -> None:
    approver, body = node.with_key(Role.APPROVER), {"what": "012345678", "ground": "decision 12"}
    plan = approver.post("/api/v1/erasures", json=body).json()["plan"]
    done = approver.post("/api/v1/erasures", json={**body, "plan": plan}, headers={"Idempotency-Key": "e-1"})
    assert done.status_code == 201, done.text
    again = approver.post("/api/v1/erasures", json={**body, "plan": plan}, headers={"Idempotency-Key": "e-1"})
    assert (again.content, again.headers["idempotency-replayed"]) == (done.content, "true")


def test_what_is_kept_names_nobody_and_cannot_be_guessed(told: Told, tmp_path: Path) -> None:
    kept = bytes_of(tmp_path / "node" / "api")
    asked = sha256(b"outcome\0" + json.dumps(OUTCOME, separators=(",", ":")).encode()).digest()
    assert len(kept) > 1000
    for plain in (PHONE.encode(), b"85512345678", asked, sha256(f"{told.caller}\0o-1".encode()).digest()):
        assert plain not in kept


def test_an_erasure_takes_the_answers_and_nothing_is_done_twice(told: Told) -> None:
    analyst = told.client
    again = analyst.post("/api/v1/outcomes", json=OUTCOME, headers=SENT)
    assert (again.json()["entity"], again.headers["idempotency-replayed"]) == (PHONE, "true")
    erase(told.node)
    size = told.node.node.ledger.size
    gone = analyst.post("/api/v1/outcomes", json=OUTCOME, headers=SENT)
    assert (gone.status_code, gone.json()["type"]) == (410, "/problems/answer-gone")
    other = analyst.post("/api/v1/outcomes", json={**OUTCOME, "outcome": "false-alarm"}, headers=SENT)
    assert (other.status_code, other.json()["type"]) == (422, "/problems/key-reused")
    assert told.node.node.ledger.size == size


def test_an_erasure_empties_the_file_and_its_log(tmp_path: Path) -> None:
    path = tmp_path / "replay.db"
    replay = Replay(path, key=bytes(32), now=lambda: 0.0)
    for number in range(200):
        assert replay.begin("key", f"K{number}", b"asked") is None
        replay.end("key", f"K{number}", asked=b"asked", said=Stored(201, b"x" * 500))
    with sqlite3.connect(path) as rows:
        sealed = [bytes(row[0]) for row in rows.execute("SELECT said FROM answer")]
    rows.close()
    assert all(each in bytes_of(tmp_path) for each in sealed)
    forget_answers(path)  # beside the one that has the file open
    assert not any(each in bytes_of(tmp_path) for each in sealed)
    with pytest.raises(Refused, match="answer-gone"):
        replay.begin("key", "K0", b"asked")
    replay.close()
    forget_answers(tmp_path / "none.db")
    assert not (tmp_path / "none.db").exists()
    (tmp_path / "none.db").write_bytes(b"no database" * 100)
    with pytest.raises(LedgerFault, match="cannot be forgotten"):
        forget_answers(tmp_path / "none.db")


def test_an_erasure_takes_what_the_disk_had_no_room_for(tmp_path: Path) -> None:
    replay = Replay(tmp_path / "replay.db", key=bytes(32), now=lambda: 0.0)
    replay._rows.execute("PRAGMA query_only = ON")  # a write fails here as on a full disk
    assert replay.begin("key", "K", b"asked") is None
    replay.end("key", "K", asked=b"asked", said=Stored(201, b"{}"))
    assert replay.begin("key", "K", b"asked") == Stored(201, b"{}")
    replay.forget()
    with pytest.raises(Refused, match="answer-gone"):
        replay.begin("key", "K", b"asked")
    replay.close()


def test_a_day_ends_them_without_another_request(tmp_path: Path) -> None:
    now = [0.0]
    for kept in ("at the start", "while serving"):
        replay = Replay(tmp_path / "replay.db", key=bytes(32), now=lambda: now[0])
        assert replay.begin("key", kept, b"asked") is None
        replay.end("key", kept, asked=b"asked", said=Stored(201, b"{}"))
        now[0] += 86_401
        if kept == "while serving":
            replay.sweep()
        else:
            replay.close()
            replay = Replay(tmp_path / "replay.db", key=bytes(32), now=lambda: now[0])
        with sqlite3.connect(tmp_path / "replay.db") as rows:
            assert rows.execute("SELECT count(*) FROM answer").fetchone() == (0,)
        rows.close()
        replay.close()


def test_answers_of_an_older_form_go_when_the_file_is_opened(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "replay.db", isolation_level=None) as rows:
        rows.execute("PRAGMA journal_mode=WAL")
        rows.execute("CREATE TABLE answer (name BLOB PRIMARY KEY, asked BLOB, made REAL, said BLOB) WITHOUT ROWID")
        rows.executemany("INSERT INTO answer VALUES (?, ?, 0, ?)", [(bytes([n]), b"asked", PHONE.encode()) for n in range(100)])
    rows.close()
    assert PHONE.encode() in bytes_of(tmp_path)
    Replay(tmp_path / "replay.db", key=bytes(32), now=lambda: 0.0).close()
    assert PHONE.encode() not in bytes_of(tmp_path)


def test_an_answer_is_given_again_after_a_restart_and_by_no_other_key(told: Told, tmp_path: Path) -> None:
    told.node.desk.replay.close()
    again = make_desk(told.node.node, tmp_path / "node", SETTINGS)
    assert _has(again.replay, told.caller)
    assert not _has(again.replay, "another")
    for each in (again.replay, again.access, again.people):
        each.close()
    again.walker.shutdown()
    again.writer.shutdown()


def _has(replay: Replay, caller: str) -> bool:
    try:
        return replay.begin(caller, "o-1", b"another request") is not None
    except Refused as fault:
        return fault.slug == "key-reused"


def test_the_list_of_takes_keeps_no_digest_of_a_file(real: Real, tmp_path: Path) -> None:  # noqa: F811
    data = b"reference,reported_at,country,scam_phone,synthetic\nR-9,2026-02-02,KH,012999999,true\n"
    made = real.with_key(Role.ANALYST).post("/api/v1/takes?name=one.csv&tlp=AMBER", content=data).json()
    digest = sha256(data).hexdigest()
    assert made["digest"] == digest
    listed = (tmp_path / "node" / "takes" / "takes.jsonl").read_text(encoding="utf-8")
    assert digest not in listed
    row = json.loads(listed.splitlines()[-1])
    assert row["id"] == made["id"]
    guess = sha256(f"{row['taken_at']} {digest} {row['name']} {row['size']}".encode()).hexdigest()
    assert made["id"] != guess[: len(made["id"])]
