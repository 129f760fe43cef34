"""Taking in under bad conditions: odd file names, a disk that refuses."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from saksi.app.cli import saksi
from saksi.model import LedgerFault

HOME = ("--home", "home", "--json")


def call(*words: str) -> Result:
    return CliRunner().invoke(saksi, [*HOME, *words], standalone_mode=False)


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    assert call("init", "--authority", "centre.a.example", "--country", "KH").exception is None
    return tmp_path


def reports(path: Path) -> Path:
    path.write_text("reference,reported_at,country,synthetic,scam_phone\nR1,2024-05-01,KH,true,+85512345678\n", encoding="utf-8")
    return path


def test_a_file_name_that_is_no_text_is_taken_and_recorded_as_text(node: Path) -> None:
    made = call("take", str(reports(node / os.fsdecode(b"odd\xff.csv"))), "--source", "report-desk")
    assert made.exception is None, made.exception
    assert json.loads(made.stdout.splitlines()[-1])["taken"] > 0
    (line,) = (node / "home/takes/takes.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["name"] == "odd\\udcff.csv"


def test_a_disk_that_refuses_the_copy_is_said_plainly_and_nothing_is_taken(node: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    file = reports(node / "a.csv")
    with monkeypatch.context() as patch:
        patch.setattr(tempfile, "TemporaryDirectory", full)
        made = call("take", str(file), "--source", "report-desk")
    assert isinstance(made.exception, LedgerFault), made.exception
    assert "No space left" in made.exception.what
    again = call("take", str(file), "--source", "report-desk")
    assert json.loads(again.stdout.splitlines()[-1])["duplicate"] == 0


@pytest.mark.parametrize("command", ["take", "erase"])
def test_copies_that_a_killed_take_left_are_gone_after_the_next_take_or_erasure(node: Path, command: str) -> None:
    assert call("take", str(reports(node / "a.csv")), "--source", "report-desk").exception is None
    left = node / "home/takes/take-killed"
    left.mkdir()
    (left / "original").write_text("+85512345678", encoding="utf-8")
    words = ("a.csv", "--source", "report-desk") if command == "take" else ("phone:+85512345678", "--ground", "a decision", "--yes")
    made = call(command, *words)
    assert made.exception is None, made.exception
    assert not left.exists()
