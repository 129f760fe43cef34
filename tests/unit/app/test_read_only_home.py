"""A home that can only be read answers and proves; what cannot be done there is said plainly."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from saksi.app.cli import saksi
from saksi.ledger.disk import Handle, LocalDisk
from saksi.model import LedgerFault

HOST = "one.example.net"
SRC = Path(__file__).resolve().parents[3] / "src"
Run = Callable[..., "subprocess.CompletedProcess[str]"]


def call(home: Path, *words: str) -> object:
    made = CliRunner().invoke(saksi, ["--home", str(home), "--json", *words], standalone_mode=False)
    if made.exception is not None:
        raise made.exception
    return json.loads(made.stdout.splitlines()[-1])


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    call(tmp_path / "home", "init", "--authority", "centre.a.example")
    (tmp_path / "global-anti-scam.txt").write_text(f"{HOST}\ntwo.example.net\n", encoding="utf-8")
    call(tmp_path / "home", "take", "global-anti-scam.txt")
    (tmp_path / "asked.csv").write_text(f"value\n{HOST}\nnobody.example.net\n", encoding="utf-8")
    return tmp_path / "home"


@pytest.fixture
def mounted(home: Path) -> Run:
    """Runs a command while the home is mounted read-only, seen by that command alone."""
    mount = ["unshare", "-rm", "sh", "-c", 'mount --bind -o ro "$0" "$0" && exec "$@"', str(home)]
    try:
        allowed = subprocess.run([*mount, "true"], capture_output=True, check=False, timeout=30).returncode == 0
    except OSError:
        allowed = False
    if not allowed:
        pytest.skip("this machine does not let a test mount a folder read-only")
    env = {**os.environ, "PYTHONPATH": str(SRC)}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [*mount, sys.executable, "-m", "saksi.app.cli", "--home", str(home), "--json", *words]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=env, cwd=home.parent)

    return run


def stores(home: Path) -> None:
    """As after everything was used once: people, keys, requests, mail, alerts."""
    for words in (
        ("user", "add", "first", "--unit", "desk", "--role", "analyst"), ("key", "create", "somebody", "--role", "reader"),
        ("request", "list"), ("alert", "list"), ("post",),
    ):  # fmt: skip
        made = CliRunner().invoke(saksi, ["--home", str(home), "--json", *words], standalone_mode=False)
        assert made.exception is None, made.exception


def done(made: subprocess.CompletedProcess[str]) -> dict[str, object]:
    assert made.returncode == 0, made.stderr
    found = json.loads(made.stdout.splitlines()[-1])
    assert isinstance(found, dict)
    return found


def index(home: Path, ending: str) -> Path:
    (found,) = home.glob("views/g*/serving.sqlite")
    return found.with_name(found.name + ending)


def settled(home: Path) -> None:
    """As after a writer that was the last to leave: everything in the index itself, and no journal beside it."""
    import sqlite3

    link = sqlite3.connect(index(home, ""))
    link.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    link.close()
    assert not index(home, "-shm").exists()


@pytest.mark.parametrize("journal", [True, False], ids=["journal", "no journal"])
def test_it_answers_shows_proves_lists_and_screens(home: Path, mounted: Run, journal: bool) -> None:
    if not journal:
        settled(home)
    assert index(home, "-shm").exists() == journal
    assert done(mounted("ask", HOST))["status"] == "known"
    assert done(mounted("show", f"host:{HOST}"))["status"] == "known"
    made = done(mounted("prove", f"host:{HOST}", "--out", "proof.json"))
    assert subprocess.run(
        [sys.executable, "-m", "saksi.app.cli", "verify", "proof.json", "--key", str(made["key"])],
        cwd=home.parent, env={**os.environ, "PYTHONPATH": str(SRC)}, check=False, timeout=60, capture_output=True,
    ).returncode == 0  # fmt: skip
    listed = mounted("feed")
    assert HOST in listed.stdout, listed.stderr
    for workers in ("0", "1"):
        counts = done(mounted("bulk", "asked.csv", "--workers", workers, "--out", f"answers-{workers}.csv"))
        assert (counts["answered"], counts["known"]) == (2, 1)
    assert mounted("search", "one").returncode == 0
    assert mounted("doctor").returncode == 0
    assert done(mounted("fsck"))["ok"] is True


def test_a_probe_that_is_there_already_is_used(home: Path, mounted: Run) -> None:
    call(home, "bulk", "asked.csv", "--workers", "0", "--out", "first.csv")
    counts = done(mounted("bulk", "asked.csv", "--workers", "0", "--out", "second.csv"))
    assert (counts["answered"], counts["known"]) == (2, 1)
    assert (home.parent / "first.csv").read_bytes() == (home.parent / "second.csv").read_bytes()


def test_a_journal_that_cannot_be_read_there_is_said_and_not_called_no_views(home: Path, mounted: Run) -> None:
    index(home, "-shm").unlink()
    refused = mounted("ask", HOST)
    assert refused.returncode == 3
    assert "journal" in refused.stderr
    assert "no views" not in refused.stderr
    call(home, "ask", HOST)  # once where it can be written, as the message says
    assert done(mounted("ask", HOST))["status"] == "known"


STORES = (("user", "list"), ("key", "create", "somebody", "--role", "reader"), ("request", "list"), ("alert", "list"))
WRITING = (
    ("take", "global-anti-scam.txt"), ("fold",), ("erase", f"host:{HOST}", "--ground", "a b", "--yes"), ("post",), ("serve", "--port", "0"),
)  # fmt: skip


@pytest.mark.parametrize("made", [False, True], ids=["stores never made", "stores there"])
def test_what_must_write_is_refused_plainly(home: Path, mounted: Run, made: bool) -> None:
    if made:
        stores(home)
    for words in STORES if made else (*WRITING, *STORES):
        refused = mounted(*words)
        assert refused.returncode == 3, (words, refused.stderr)
        told = json.loads(refused.stderr.splitlines()[-1])
        assert told["error"] == "ReadOnly"
        assert "does not let this user" in told["what"]
        assert "can only be read" in told["todo"]


def test_a_node_is_not_made_where_nothing_may_be_written(home: Path, mounted: Run) -> None:
    refused = mounted("--home", str(home / "other"), "init", "--authority", "centre.b.example")
    assert refused.returncode == 3, refused.stderr


@pytest.mark.parametrize("before", [False, True], ids=["stores never made", "stores there"])
def test_it_is_backed_up(home: Path, mounted: Run, before: bool) -> None:
    if before:
        stores(home)
    for name in ("data", "keys"):
        (home.parent / name).write_text(f"{name}: six words of a passphrase\n", encoding="utf-8")
    secrets = ("--passphrase-file", "data", "--keys-passphrase-file", "keys")
    assert done(mounted("backup", "copy", *secrets))["size"] == 2
    call(home.parent / "again", "restore", "copy", *secrets)
    listed = mounted("--home", str(home.parent / "again"), "user", "list")
    assert ("first" in listed.stdout) is before, listed.stderr


def test_proving_opens_no_file_of_the_ledger_to_write(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = LocalDisk.open

    def refuses(disk: LocalDisk, path: Path, *, write: bool = False) -> Handle:
        if write:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))
        return opened(disk, path)

    monkeypatch.setattr(LocalDisk, "open", refuses)
    call(home, "prove", f"host:{HOST}", "--out", "proof.json")
    with pytest.raises(LedgerFault, match="Read-only file system"):
        call(home, "take", "global-anti-scam.txt")
