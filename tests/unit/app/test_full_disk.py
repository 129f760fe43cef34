"""A disk that fills up while something is taken back: what is recorded holds, is said to hold, and shows by itself once there is room."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from bureau import Bureau
from calls import apart
from click.testing import CliRunner
from test_api_node import REPORTS, Real
from test_requesting_attacks import by_api

from saksi.actions import Mine
from saksi.app import packing
from saksi.app.amending import Change
from saksi.app.api.application import _catch_up
from saksi.app.api.keys import Role
from saksi.app.api.later import work_off
from saksi.app.api.problems import problem_of
from saksi.app.cli import saksi
from saksi.ledger.disk import DiskFailed, DiskFull
from saksi.model import BadInput, LedgerFault, Op, SaksiError
from saksi.views import fold as folding
from saksi.views import serving
from saksi.views.serving import Behind, no_room

PHONE = "phone:+85512345678"
BODY = {"value": "012345678", "publisher": "centre.a.example", "reason": "the number of a bank"}


class Room:
    """A disk without room for views until `made`."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.tried = 0
        self._patch = patch
        patch.setattr(serving.Writer, "commit", self._refuse)

    def _refuse(self, *_: object) -> None:
        self.tried += 1
        raise OSError(errno.ENOSPC, "No space left on device")

    def made(self) -> None:
        self._patch.undo()


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


def listed(real: Real) -> bool:
    return PHONE in real.with_key(Role.ANALYST).get("/api/v1/feeds/csv").text


def test_what_is_withdrawn_on_a_full_disk_is_left_out_at_once_and_shown_by_itself(real: Real, monkeypatch: pytest.MonkeyPatch) -> None:
    analyst, sent = real.with_key(Role.ANALYST), {"Idempotency-Key": "lift-1"}
    room = Room(monkeypatch)
    for _ in range(2):
        first = analyst.post("/api/v1/retractions", json=BODY, headers=sent)
        assert (first.status_code, first.json()["state"]) == (202, "waiting"), first.text
    size = real.node.ledger.size
    assert real.node.views.size < size
    assert not listed(real)
    room.made()
    real.desk.writer.submit(work_off, real.desk).result(60)
    again = analyst.post("/api/v1/retractions", json=BODY, headers=sent)
    assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true"), again.text
    assert len(again.json()["refs"]) > 1
    assert real.node.ledger.size == size
    assert not listed(real)


def test_it_shows_by_itself_once_there_is_room(real: Real, monkeypatch: pytest.MonkeyPatch) -> None:
    room = Room(monkeypatch)
    told = {"value": "012999111", "outcome": "scam-confirmed"}
    assert real.with_key(Role.ANALYST).post("/api/v1/outcomes", json=told).status_code == 202

    async def beside() -> None:
        task = asyncio.create_task(_catch_up(real.desk, every=0.01))
        while room.tried < 3:
            await asyncio.sleep(0.01)
        assert real.node.views.size < real.node.ledger.size
        room.made()
        async with asyncio.timeout(20):
            while real.node.views.size < real.node.ledger.size:
                await asyncio.sleep(0.01)
        task.cancel()

    apart(beside)
    assert real.with_key(Role.ANALYST).get("/api/v1/lookup?value=012999111").json()["status"] == "known"


def test_an_erasure_leaves_the_views_as_soon_as_there_is_room(real: Real, monkeypatch: pytest.MonkeyPatch) -> None:
    approver = real.with_key(Role.APPROVER)
    body: dict[str, object] = {"what": "012345678", "ground": "decision 12"}
    body["plan"] = approver.post("/api/v1/erasures", json=body).json()["plan"]
    room, sent = Room(monkeypatch), {"Idempotency-Key": "e-1"}
    first = approver.post("/api/v1/erasures", json=body, headers=sent)
    assert (first.status_code, first.json()["erased"]) == (202, True), first.text
    room.made()
    done = approver.post("/api/v1/erasures", json=body, headers=sent)
    assert (done.status_code, done.json()["erased"]) == (201, True), done.text
    assert real.node.views.facts(PHONE).facts == []


def test_a_take_that_could_not_be_shown_is_in_the_list_and_told_again_once_it_shows(real: Real, monkeypatch: pytest.MonkeyPatch) -> None:
    analyst, sent = real.with_key(Role.ANALYST), {"Idempotency-Key": "take-1"}
    where, body = "/api/v1/takes?name=more.csv&source=report-desk", REPORTS.replace("R-", "S-").replace("012345678", "092345678").encode()
    room = Room(monkeypatch)
    for _ in range(2):
        first = analyst.post(where, content=body, headers=sent)
        assert (first.status_code, first.json()["name"]) == (202, "more.csv"), first.text
    size = real.node.ledger.size
    (line, _) = analyst.get("/api/v1/takes").json()["takes"]
    assert (line["name"], line["size"]) == ("more.csv", size)
    room.made()
    again = analyst.post(where, content=body, headers=sent)
    assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true"), again.text
    assert (again.json()["id"], again.json()["taken"], real.node.ledger.size) == (line["id"], line["taken"], size)
    assert analyst.get("/api/v1/lookup?value=092345678").json()["status"] == "known"


def test_a_take_of_the_command_line_that_could_not_be_shown_is_in_the_list(
    real: Real, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real.node.close()
    (tmp_path / "more.csv").write_text(REPORTS.replace("R-", "S-"), encoding="utf-8")
    room = Room(monkeypatch)
    words = ["--home", str(tmp_path / "node"), "take", str(tmp_path / "more.csv"), "--source", "report-desk"]
    words += ["--rejects", str(tmp_path / "rejects.csv")]
    made = CliRunner().invoke(saksi, words, standalone_mode=False)
    assert isinstance(made.exception, Behind), made.output
    assert "what was recorded is in the ledger" in made.exception.what
    room.made()
    assert [json.loads(line)["name"] for line in (tmp_path / "node/takes/takes.jsonl").read_text().splitlines()] == [
        "reports.csv",
        "more.csv",
    ]


def test_a_step_of_a_request_that_the_views_have_no_room_for_is_taken_once_and_told_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bureau = Bureau(tmp_path)
    ann = bureau.officer("Ann", "analyst")
    id_ = bureau.drafted(ann)
    said, room = bureau.say(id_, "withdraw", text="not needed"), Room(monkeypatch)
    for _ in range(2):
        first = by_api(bureau, ann, id_, said, **{"Idempotency-Key": "step-1"})
        assert first.status_code == 202, first.text
    assert bureau.have(id_).mine is Mine.DROPPED
    room.made()
    again = by_api(bureau, ann, id_, said, **{"Idempotency-Key": "step-1"})
    assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true"), again.text
    assert [each.step.word.value for each in bureau.real.book.steps(id_)] == ["draft", "withdraw"]
    bureau.close()


def test_an_answer_that_the_disk_had_no_room_for_is_given_again(real: Real) -> None:
    real.desk.replay._rows.execute("PRAGMA query_only = ON")  # a write fails here as on a full disk
    analyst, sent = real.with_key(Role.ANALYST), {"Idempotency-Key": "a"}
    first = analyst.post("/api/v1/retractions", json=BODY, headers=sent)
    assert first.status_code == 201, first.text
    again = analyst.post("/api/v1/retractions", json=BODY, headers=sent)
    assert (again.status_code, again.json()) == (201, first.json()), again.text


def test_a_full_disk_is_no_damage(real: Real, monkeypatch: pytest.MonkeyPatch) -> None:
    full = sqlite3.OperationalError("database or disk is full")
    link = sqlite3.connect(":memory:")
    link.execute("CREATE TABLE t (a)")
    link.execute("PRAGMA max_page_count = 2")
    with pytest.raises(sqlite3.OperationalError) as raised:
        link.executemany("INSERT INTO t VALUES (?)", [("x" * 9000,)] * 9)
    assert no_room(raised.value)
    assert not no_room(full)  # words alone are not enough for SQLite: it gives a code

    def refuse(*_: object, **__: object) -> None:
        raise raised.value

    before = real.node.views.manifest
    (ref, *_) = [line.ref for line in real.node.ask("012345678", country=None, reader=real.node.owner(), at=None).statements]
    monkeypatch.setattr(folding, "_continue", refuse)
    with pytest.raises(Behind, match="look-ups and block lists do not show it yet"):
        real.node.amend(ref, Change(Op.RETRACT, "a test"))
    assert real.node.views.manifest == before


def test_the_command_line_says_what_is_recorded(real: Real, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real.node.close()
    room = Room(monkeypatch)
    words = ["--home", str(tmp_path / "node"), "outcome", "012345678", "false-alarm"]
    made = CliRunner().invoke(saksi, words, standalone_mode=False)
    assert isinstance(made.exception, DiskFull)
    assert "what was recorded is in the ledger" in made.exception.what
    room.made()
    again = CliRunner().invoke(saksi, words, standalone_mode=False)
    assert "told before" in again.output


def _sqlite(code: int) -> sqlite3.OperationalError:
    fault = sqlite3.OperationalError("from the disk")
    fault.sqlite_errorcode = code
    return fault


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), 507),
        (_sqlite(sqlite3.SQLITE_FULL), 507),
        (OSError(errno.EIO, "Input/output error"), 503),
        (_sqlite(sqlite3.SQLITE_IOERR_WRITE), 503),
        (OSError(errno.ENOENT, "nothing"), 500),
    ],
)
def test_whatever_meets_a_full_or_failing_disk_is_told_as_that(fault: Exception, status: int) -> None:
    problem, headers = problem_of(fault, "1")
    assert problem.status == status
    assert ("Retry-After" in headers) == (status == 507)


def test_an_upload_for_which_there_is_no_room_is_told_so(real: Real, monkeypatch: pytest.MonkeyPatch) -> None:
    desk, opened = real.with_key(Role.ANALYST), os.open

    def full(path: Path, *given: int) -> int:
        made = opened(path, *given)
        if real.desk.spool in Path(path).parents:
            os.close(made)
            return opened("/dev/full", os.O_WRONLY)
        return made

    monkeypatch.setattr(os, "open", full)
    answer = desk.post("/api/v1/takes?name=more.csv", content=REPORTS.encode())
    assert (answer.status_code, answer.json()["type"]) == (507, "/problems/disk-full")
    assert list(real.desk.spool.iterdir()) == []


def test_an_access_log_that_cannot_be_made_durable_ends_the_look_ups(real: Real, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = real.with_key(Role.ANALYST)
    assert desk.get("/api/v1/lookup?value=012345678").status_code == 200

    def fails(_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch, pytest.raises(LedgerFault, match="could not be made durable"):
        patch.setattr(os, "fsync", fails)
        real.desk.access.sync()
    answer = desk.get("/api/v1/lookup?value=012345678")
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/ledger-fault")


@pytest.mark.parametrize(("number", "kind"), [(errno.ENOSPC, DiskFull), (errno.EIO, DiskFailed), (errno.EACCES, BadInput)])
def test_a_pack_that_cannot_be_written_says_why_and_what_next_and_leaves_nothing(
    real: Real, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, kind: type[SaksiError]
) -> None:
    def no(write: Callable[[bytes], object], _files: object) -> None:
        write(b"half of it")
        raise OSError(number, os.strerror(number))

    (tmp_path / "out").mkdir()
    real.node.close()
    command = ["--home", str(real.node.files.path), "pack", PHONE, "--out", str(tmp_path / "out" / "a.pack.zip")]
    with monkeypatch.context() as patched:
        patched.setattr(packing, "write_members", no)
        run = CliRunner().invoke(saksi, command, standalone_mode=False)
    assert isinstance(run.exception, kind)
    assert "make the pack again" in run.exception.todo
    assert not list((tmp_path / "out").iterdir())
