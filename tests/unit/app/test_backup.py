"""Backup, check and restore of a real node: served and written to, killed, without room, with wrong words."""

from __future__ import annotations

import errno
import json
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner
from places import undescribed

from saksi.app.cli import saksi as command_line
from saksi.app.cli.say import exit_code
from saksi.ledger import erase
from saksi.ledger.core import Core
from saksi.model import LedgerFault, SaksiError
from saksi.views import serving

SAKSI = [sys.executable, "-m", "saksi.app.cli"]
ENV = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[3] / "src")}
WORDS = {"data.pass": "correct horse battery", "keys.pass": "another long passphrase"}


def saksi(home: Path, *words: str, code: int = 0) -> str:
    """A command of the node, run here; its output. Fails where the exit code is another than the one expected."""
    run = CliRunner().invoke(command_line, ["--home", str(home), *words], standalone_mode=False)
    fault = run.exception
    if isinstance(fault, SaksiError):
        ended, told = exit_code(fault), f"{run.stdout}{fault.where}: {fault.what}; {fault.todo}"
    else:
        assert fault is None, fault
        ended, told = int(run.return_value or 0), run.stdout
    assert ended == code, f"{words}: {ended}\n{told}"
    return told


def said(home: Path, *words: str, code: int = 0) -> dict[str, object]:
    """The last JSON line that a command prints."""
    value = json.loads(saksi(home, "--json", *words, code=code).splitlines()[-1])
    assert isinstance(value, dict)
    return value


def sealed(folder: Path, target: Path) -> list[str]:
    """The words after `backup` and `restore`."""
    for name, text in WORDS.items():
        (folder / name).write_text(text + "\n", encoding="utf-8")
    return [str(target), "--passphrase-file", str(folder / "data.pass"), "--keys-passphrase-file", str(folder / "keys.pass")]


def bearer(key: str) -> dict[str, str]:
    """The headers of a caller with a key."""
    return {"Authorization": f"Bearer {key}"}


def reports(number: int) -> bytes:
    """Invented reports of a fictional country, others for every number."""
    head = "reference,reported_at,country,synthetic,scam_phone,victim_phone,narrative\n"
    rows = (f"F{number}R{row},2024-05-01,KH,true,+855 12 {100 * number + row:06d},,invented {number} {row}\n" for row in range(20))
    return (head + "".join(rows)).encode()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    place = tmp_path / "home"
    saksi(place, "init", "--authority", "centre.a.example", "--country", "KH", "--purpose", "a test", "--legal-basis", "none")
    (tmp_path / "first.csv").write_bytes(reports(0))
    saksi(place, "take", str(tmp_path / "first.csv"), "--source", "report-desk")
    return place


Serve = Callable[[Path], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    started: list[subprocess.Popen[str]] = []

    def start(home: Path) -> str:
        running = subprocess.Popen([*SAKSI, "--home", str(home), "serve", "--port", "0"], stdout=subprocess.PIPE, text=True, env=ENV)
        started.append(running)
        assert running.stdout is not None
        for text in running.stdout:
            if text.startswith("serving"):
                return text.split()[-1]
        raise AssertionError("the server ended")

    yield start
    for running in started:
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=30)


def test_a_node_that_is_served_and_written_to_is_backed_up_and_checked(home: Path, tmp_path: Path, serve: Serve) -> None:
    intake = str(said(home, "key", "create", "desk", "--role", "intake")["key"])
    reader = str(said(home, "key", "create", "bank.b.example", "--role", "reader")["key"])
    auditor = str(said(home, "key", "create", "court.c.example", "--role", "auditor")["key"])
    address = serve(home)
    httpx.get(f"{address}api/v1/lookup", params={"value": "+855 12 000 001", "purpose": "a test"}, headers=bearer(reader), timeout=60)
    stop = threading.Event()
    sent: list[int] = []
    failed: list[str] = []

    def write() -> None:
        with httpx.Client(base_url=address, headers=bearer(intake), timeout=60) as client:
            while not stop.is_set() and len(sent) < 500:
                params = {"name": f"r{len(sent)}.csv", "source": "report-desk"}
                headers = {"Content-Type": "application/octet-stream"}
                answer = client.post("api/v1/takes", params=params, content=reports(len(sent) + 1), headers=headers)
                if answer.status_code != 201:
                    failed.append(answer.text)
                    return
                sent.append(answer.json()["size"])

    writing = threading.Thread(target=write)
    writing.start()
    try:
        until = time.monotonic() + 60
        while len(sent) < 2 and time.monotonic() < until:
            time.sleep(0.02)
        before = sent[-1]
        for number in range(2):
            made = said(home, "backup", *sealed(tmp_path, tmp_path / f"b{number}"))
            checked = said(home, "fsck")
            assert checked["ok"] is True, checked
            assert isinstance(made["size"], int)
            assert made["size"] >= before
        assert undescribed(home) == []
        folded = said(home, "fold")
        assert folded["folded_by_another"] is True
        assert "stop the server" in saksi(home, "fold", "--rebuild", code=3)
        grown = sent[-1]
        assert grown > before, "it was written to meanwhile"
    finally:
        stop.set()
        writing.join(60)
    assert not failed
    other = tmp_path / "other"
    back = said(other, "restore", *sealed(tmp_path, tmp_path / "b1"), "--newest")
    assert back["size"] == made["size"]
    assert said(other, "fsck")["ok"] is True
    answer = said(other, "ask", "+855 12 000 105")
    assert answer["status"] == "known"
    with httpx.Client(base_url=serve(other), timeout=60) as client:  # who had a key has it still, who looked is written down still
        asked = client.get("api/v1/lookup", params={"value": "+855 12 000 105", "purpose": "a test"}, headers=bearer(reader))
        assert asked.status_code == 200, asked.text
        assert len(client.get("api/v1/takes", headers=bearer(intake)).json()["takes"]) >= 2
        for entity in ("phone:+85512000001", "phone:+85512000105"):
            seen = client.get("api/v1/access", params={"value": entity}, headers=bearer(auditor)).json()["lines"]
            assert [line["kind"] for line in seen] == ["lookup"], entity


def test_a_restored_node_answers_is_served_and_does_not_sign_and_everything_says_so(home: Path, tmp_path: Path, serve: Serve) -> None:
    intake = str(said(home, "key", "create", "desk", "--role", "intake")["key"])
    words = sealed(tmp_path, tmp_path / "b")
    said(home, "backup", *words)
    other = tmp_path / "other"
    assert said(other, "restore", *words)["may_sign"] is False
    before = (other / "ledger" / "log" / "checkpoints.log").read_bytes()
    assert said(other, "ask", "+855 12 000 001")["status"] == "known"
    checked = said(other, "fsck")
    assert (checked["ok"], checked["may_sign"]) == (True, False)
    assert "it does not sign yet" in saksi(other, "fsck")
    assert "folded_by_another" in said(other, "fold", "--rebuild")
    assert "MIND signing: restored from a backup: it answers and does not sign yet" in saksi(other, "doctor")
    (tmp_path / "more.csv").write_bytes(reports(3))
    refused = saksi(other, "take", str(tmp_path / "more.csv"), "--source", "report-desk", code=3)
    assert "restored from a backup: it answers, and it does not write or sign yet" in refused
    assert "--newest" in refused
    with httpx.Client(base_url=serve(other), timeout=60) as client:
        assert client.get("readyz").status_code == 200
        answer = client.post(
            "api/v1/takes",
            params={"name": "r.csv", "source": "report-desk"},
            content=reports(3),
            headers={**bearer(intake), "Content-Type": "application/octet-stream"},
        )
    assert answer.status_code == 403
    assert "does not write or sign yet" in answer.text
    assert str(tmp_path) not in answer.text
    assert (other / "ledger" / "log" / "checkpoints.log").read_bytes() == before
    assert said(home, "fsck")["may_sign"] is True


def test_a_restore_that_fails_leaves_nothing_and_names_the_place(home: Path, tmp_path: Path) -> None:
    words = sealed(tmp_path, tmp_path / "b")
    said(home, "backup", *words)
    other = tmp_path / "far" / "other"
    (tmp_path / "wrong").write_text("not the passphrase at all", encoding="utf-8")
    for place in (2, 4):
        wrong = [*words[:place], str(tmp_path / "wrong"), *words[place + 1 :]]
        assert "the secret is wrong" in saksi(other, "restore", *wrong, code=2)
        assert not other.parent.exists()
    for name in ("b.data", "b.keys"):
        whole = (tmp_path / name).read_bytes()
        for at in (5, 60, len(whole) // 2):
            (tmp_path / name).write_bytes(whole[:at] + bytes([whole[at] ^ 16]) + whole[at + 1 :])
            assert str(tmp_path / name) in saksi(other, "restore", *words, code=2)
            assert not other.parent.exists()
        for cut in (60, len(whole) - 1):
            (tmp_path / name).write_bytes(whole[:cut])
            assert str(tmp_path / name) in saksi(other, "restore", *words, code=2)
            assert not other.parent.exists()
        (tmp_path / name).write_bytes(whole)
    other.mkdir(parents=True)
    (tmp_path / "b.data").write_bytes(b"no backup")
    saksi(other, "restore", *words, code=2)
    assert list(other.iterdir()) == [], "it was there, and stays"
    (other / "mine").write_text("x", encoding="utf-8")
    assert "not empty" in saksi(other, "restore", *words, code=2)
    assert [path.name for path in other.iterdir()] == ["mine"]


def test_a_backup_killed_at_any_moment_leaves_one_that_can_be_restored(home: Path, tmp_path: Path) -> None:
    words = sealed(tmp_path, tmp_path / "b")
    sizes = {said(home, "backup", *words)["size"]}
    for number in range(4):
        (tmp_path / "more.csv").write_bytes(reports(10 + number))
        sizes.add(said(home, "take", str(tmp_path / "more.csv"), "--source", "report-desk")["size"])
        with subprocess.Popen(
            [*SAKSI, "--home", str(home), "backup", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENV
        ) as making:
            until = time.monotonic() + 10
            wanted = tmp_path / ("b.data.new", "b.keys.new")[number % 2]  # just begun, or with one file written
            while number < 3 and not wanted.exists() and making.poll() is None and time.monotonic() < until:
                time.sleep(0.001)
            time.sleep(0.03 * number)
            making.kill()
            making.communicate()
        other = tmp_path / f"other{number}"
        assert said(other, "restore", *words, "--newest")["size"] in sizes
        assert said(other, "fsck")["ok"] is True
    assert said(home, "backup", *words)["size"] == max(size for size in sizes if isinstance(size, int))
    assert sorted(path.name for path in tmp_path.glob("b.*")) == ["b.data", "b.keys"]


def test_of_two_backups_at_once_one_is_refused_and_the_other_whole(home: Path, tmp_path: Path) -> None:
    words = sealed(tmp_path, tmp_path / "b")
    command = [*SAKSI, "--home", str(home), "backup", *words]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENV) for _ in range(2)]
    told = [running.communicate(timeout=60) for running in both]
    assert {running.returncode for running in both} <= {0, 3}
    for running, (_, error) in zip(both, told, strict=True):
        assert running.returncode == 0 or "another backup of this node is being made" in error
    assert said(tmp_path / "other", "restore", *words, "--newest")["size"]
    assert said(tmp_path / "other", "fsck")["ok"] is True


def test_an_erasure_waits_until_a_backup_is_through_and_the_next_one_has_nothing_of_it(home: Path, tmp_path: Path) -> None:
    words = sealed(tmp_path, tmp_path / "b")
    with subprocess.Popen(
        [*SAKSI, "--home", str(home), "backup", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENV
    ) as making:
        until = time.monotonic() + 30
        while not (tmp_path / "b.data.new").exists() and making.poll() is None and time.monotonic() < until:
            time.sleep(0.001)
        saksi(home, "erase", "report:centre.a.example/F0R1", "--ground", "a request", "--yes")
        making.communicate(timeout=60)
    assert making.returncode == 0
    for number in range(2):  # of before the erasure, whole; then of after it
        other = tmp_path / f"other{number}"
        saksi(other, "restore", *words, "--newest")
        checked = said(other, "fsck")
        assert checked["ok"] is True, checked
        assert bool(checked["erased"]) == bool(number)
        said(home, "backup", *words)
    assert said(home, "fsck")["ok"] is True


def test_a_backup_and_a_restore_without_room_say_so_and_leave_what_was_there(home: Path, tmp_path: Path) -> None:
    words = sealed(tmp_path, tmp_path / "b")
    said(home, "backup", *words)
    before = {path.name: path.read_bytes() for path in tmp_path.glob("b.*")}
    (tmp_path / "more.csv").write_bytes(reports(3))
    said(home, "take", str(tmp_path / "more.csv"), "--source", "report-desk")
    other = tmp_path / "other"
    for room in (0, 300, 4_000):
        for place, verb in ((home, "backup"), (other, "restore")):
            run = without_room(room, place, verb, *words)
            assert run.returncode == 5, run.stderr
            assert "full" in run.stderr
            assert {path.name: path.read_bytes() for path in tmp_path.glob("b.*")} == before
            assert not other.exists()


def test_a_restore_whose_views_have_no_room_says_that_nothing_was_restored(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    words = sealed(tmp_path, tmp_path / "b")
    said(home, "backup", *words)
    with monkeypatch.context() as patched:
        patched.setattr(serving.Writer, "commit", full)
        told = saksi(tmp_path / "other", "restore", *words, code=5)
    assert "the disk is full: nothing was restored; make room and restore again" in told
    assert "is in the ledger" not in told
    assert not (tmp_path / "other").exists()
    said(tmp_path / "other", "restore", *words)


def without_room(room: int, home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A command whose files may not grow beyond `room` bytes: to it the disk is full."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    command = [*SAKSI, "--home", str(home), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env=ENV, check=False, preexec_fn=limit)


def test_doctor_says_in_plain_words_what_is_wrong(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "MIND fsck: never run" in saksi(home, "doctor")
    key = home / "ledger" / "keys" / "vault.key"
    key.chmod(0o644)
    assert f"MIND keys: others may read {key}: say `chmod 600 {key}`" in saksi(home, "doctor", code=5)
    checks = {check["name"]: check["ok"] for check in said(home, "doctor", code=5)["checks"]}  # type: ignore[attr-defined]
    assert (checks["keys"], checks["ledger"], checks["disk"]) == (False, False, True)
    key.chmod(0o600)
    key.rename(tmp_path / "vault.key")
    assert f"MIND keys: {key} is missing: restore the keys from their backup" in saksi(home, "doctor", code=5)
    (tmp_path / "vault.key").rename(key)
    second = home / "ledger" / "log.highest"
    second.rename(tmp_path / "log.highest")
    assert f"MIND signing: {second} is missing" in saksi(home, "doctor")
    assert said(home, "fsck", code=5)["differences"] == ["log.highest: is missing"]
    assert "the second place is missing" in saksi(home, "outcome", "+855 12 000 001", "false-alarm", code=5)
    assert not second.exists(), "nobody makes it but who adopts a state"
    (tmp_path / "log.highest").rename(second)
    assert "1 differences" in saksi(home, "doctor", code=5), "the last whole check found fault: until one is clean it is not well"
    said(home, "fsck")
    shutil.rmtree(home / "views")
    assert "MIND views: there are none yet: run `saksi fold`" in saksi(home, "doctor", code=3)
    said(home, "fold")
    (index,) = home.glob("views/*/serving.sqlite")
    whole = index.read_bytes()
    index.write_bytes(b"no index")
    assert "MIND views: they are damaged, or another version made them: run `saksi fold --rebuild`" in saksi(home, "doctor", code=5)
    with monkeypatch.context() as patch:
        patch.setattr(os, "access", lambda _path, mode: mode != os.W_OK)
        assert "MIND views: they do not open in a folder that cannot be written to" in saksi(home, "doctor", code=5)
    index.write_bytes(whole)
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK or Path(path) != home / "ledger" / "log")
    told = saksi(home, "doctor")
    assert f"MIND home: {home / 'ledger' / 'log'} cannot be written to, so nothing can be taken in" in told


@pytest.mark.parametrize("newest", [True, False])
def test_who_was_erased_after_the_backup_is_not_there_once_the_register_is_given(home: Path, tmp_path: Path, newest: bool) -> None:
    words = [*sealed(tmp_path, tmp_path / "b"), *(["--newest"] if newest else [])]
    person, kept = "report:centre.a.example/F0R1", "report:centre.a.example/F0R2"
    said(home, "backup", *sealed(tmp_path, tmp_path / "b"))
    before = saksi(home, "erased", "--out", str(tmp_path / "before.txt"))
    assert "0 data subjects, 0 originals, 0 single statements" in before
    done = said(home, "erase", person, "--ground", "a request", "--yes")
    told = said(home, "erased", "--out", str(tmp_path / "register.txt"))
    assert (told["subjects"], told["originals"]) == (done["subjects"], done["originals"])
    register = (tmp_path / "register.txt").read_text(encoding="ascii")
    ids = done["subject_ids"]
    assert isinstance(ids, list)
    assert ids
    assert all(f"subject {id_}\n" in register for id_ in ids)
    assert "F0R1" not in register

    for name in ("nothing", "before.txt"):  # no register, or one of before the erasure: it says so, and the person is there
        given = [] if name == "nothing" else ["--erased", str(tmp_path / name)]
        back = saksi(tmp_path / name.partition(".")[0], "restore", *words, *given)
        assert "are not known to it: restore with a newer register (--erased)" in back
        assert said(tmp_path / name.partition(".")[0], "show", person)["status"] == "known"

    other = tmp_path / "other"
    back = saksi(other, "restore", *words, "--erased", str(tmp_path / "register.txt"))
    assert "as the notices and the register say" in back
    assert "not known to it" not in back
    assert said(other, "show", person, code=1)["status"] == "unknown"
    assert said(other, "show", kept)["status"] == "known"
    checked = said(other, "fsck")
    assert checked["ok"] is True, checked
    assert checked["erased"] == done["statements"]
    assert bool(checked["unfinished"]) is not newest, "a node that signs has logged the notice"
    said(other, "fold", "--rebuild")
    assert said(other, "show", person, code=1)["status"] == "unknown"
    if newest:
        assert "stay out" in saksi(
            other, "take", str(tmp_path / "first.csv"), "--source", "report-desk", "--rejects", str(tmp_path / "rejects.csv")
        )
        assert said(other, "show", person, code=1)["status"] == "unknown"


def test_a_register_that_was_changed_is_refused_before_anything_is_restored(home: Path, tmp_path: Path) -> None:
    words = sealed(tmp_path, tmp_path / "b")
    said(home, "backup", *words)
    saksi(home, "erase", "report:centre.a.example/F0R1", "--ground", "a request", "--yes")
    path = tmp_path / "register.txt"
    saksi(home, "erased", "--out", str(path))
    path.write_bytes(path.read_bytes().replace(b"subject", b"subjekt", 1))
    told = saksi(tmp_path / "other", "restore", *words, "--erased", str(path), code=2)
    assert f"{path}: this is no register of erasures" in told
    assert not (tmp_path / "other").exists()


def test_views_are_not_called_damaged_where_an_erasure_was_cut_off_before_its_notice(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(core: Core, journal: object) -> int:
        erase._destroy(core, journal)  # type: ignore[arg-type]
        raise LedgerFault("killed")

    words = ("erase", "report:centre.a.example/F0R1", "--ground", "a request", "--yes")
    with monkeypatch.context() as patched:
        patched.setattr(erase, "_do", killed)
        assert "killed" in saksi(home, *words, code=5)
    told = saksi(home, "fsck")
    assert "the views are compared once a start of the ledger has finished the erasure" in told
    assert "an erasure was interrupted" in told
    said(home, "outcome", "+855 12 000 003", "false-alarm")  # a start
    checked = said(home, "fsck")
    assert (checked["ok"], checked["unfinished"]) == (True, []), checked


@pytest.mark.parametrize("name", ["log/level0.hashes", "vault/vault.idx"])
def test_what_a_start_writes_again_is_no_damage(home: Path, tmp_path: Path, name: str) -> None:
    for number in range(1, 4):
        (tmp_path / "more.csv").write_bytes(reports(number))
        saksi(home, "take", str(tmp_path / "more.csv"), "--source", "report-desk")
    path = home / "ledger" / name
    whole = path.read_bytes()
    for left in (whole[:-8], whole[: len(whole) // 64 * 32], whole[: len(whole) // 64 * 32] + bytes(len(whole) - len(whole) // 64 * 32)):
        path.write_bytes(left)
        checked = said(home, "fsck")
        assert checked["ok"] is True
        assert "a start of the ledger (`saksi fold`, `saksi serve`) writes them again" in str(checked["unfinished"])
        assert "the views are compared once a start has written again what is missing" in saksi(home, "fsck")
        if name.startswith("log"):
            assert "run `saksi fsck`: it says whether a start of the ledger (`saksi fold`) mends it" in saksi(
                home, "ask", "+855 12 000 003", code=5
            )
        saksi(home, "fold")
        assert path.read_bytes() == whole
        checked = said(home, "fsck")
        assert (checked["ok"], checked["unfinished"]) == (True, [])


def test_views_of_another_version_are_no_damage_and_a_fold_makes_them_anew(home: Path) -> None:
    manifest = home / "views" / "manifest.json"
    ours = manifest.read_text(encoding="utf-8")
    version = json.loads(ours)["fold_version"]
    theirs = ours.replace(f'"fold_version": {version}', '"fold_version": 1')
    manifest.write_text(theirs, encoding="utf-8")
    assert "no views that this version can read" in saksi(home, "fsck", code=5), "the index is ours: the manifest is damaged"
    (index,) = home.glob("views/*/serving.sqlite")
    with closing(sqlite3.connect(index)) as rows, rows:
        (state,) = rows.execute("SELECT manifest FROM state").fetchone()
        rows.execute("UPDATE state SET manifest = ?", (bytes(state).replace(b'"fold_version":%d' % version, b'"fold_version":1'),))
    told = saksi(home, "fsck")
    assert "the views are of another version: `saksi fold`, or a start of `saksi serve`, makes them anew" in told
    assert "MIND views: another version made them: `saksi fold` makes them anew" in saksi(home, "doctor", code=3)
    saksi(home, "fold")
    assert said(home, "ask", "+855 12 000 001")["status"] == "known"
    assert "another version" not in saksi(home, "fsck")
