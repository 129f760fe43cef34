"""What a person names as a file is looked at before anything begins: nothing waits for ever, nothing is written over."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from saksi.app.cli import saksi
from saksi.app.files import SMALL, read_small, read_words, to_read, to_write
from saksi.model import BadInput

KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
REPORTS = "reference,scam_phone,narrative\nR1,+85512345678,ok\nR2,nonsense,bad\n"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.chdir(tmp_path)

    def call(*words: str) -> Result:
        return CliRunner().invoke(saksi, ["--home", "home", *words], standalone_mode=False)

    assert call("init", "--authority", "centre.a.example", "--country", "KH").exception is None
    return call


def odd(folder: Path, kind: str) -> Path:
    path = folder / f"{kind}.csv"
    if kind == "a pipe":
        os.mkfifo(path)
    elif kind == "a folder":
        path.mkdir()
    elif kind == "a socket":
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    elif kind == "a device":
        path.symlink_to("/dev/zero")
    return path


def _read_whole(path: Path) -> list[list[str]]:
    """Commands that read a file whole."""
    return [
        ["verify", str(path), "--key", KEY],
        ["verify", "--checkpoint", str(path), "--key", KEY],
        ["verify", "r.csv", "--key", str(path)],
        ["verify", "r.csv", "--policy", str(path)],
        ["restore", "x", "--passphrase-file", "r.csv", "--keys-passphrase-file", "r.csv", "--erased", str(path)],
    ]


@pytest.mark.parametrize("kind", ["a pipe", "a folder", "a socket", "a device"])
def test_only_plain_files_are_read_and_written(run: Callable[..., Result], tmp_path: Path, kind: str) -> None:
    path = odd(tmp_path, kind)
    link = tmp_path / "link.csv"
    link.symlink_to(path)
    (tmp_path / "r.csv").write_text(REPORTS, encoding="utf-8")
    for words in (
        ["take", str(link)],
        ["take", "r.csv", "--mapping", str(path)],
        ["take", "r.csv", "--rejects", str(link)],
        ["bulk", str(link)],
        ["bulk", "r.csv", "--column", "scam_phone", "--out", str(path)],
        *([] if kind == "a folder" else _read_whole(path)),  # a folder is refused by the command line itself
    ):
        refused = run(*words).exception
        assert isinstance(refused, BadInput), words
        assert f"this is {kind}" in refused.what
        assert refused.todo


def test_what_is_read_whole_is_bounded(run: Callable[..., Result], tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(b"x" * SMALL)
    assert len(read_small(path, what="a policy")) == SMALL
    with path.open("ab") as file:
        file.truncate(6 << 30)  # as a hole: it takes no room
    with pytest.raises(BadInput, match="more than 1,048,576 bytes, which a policy never has"):
        read_small(path, what="a policy")
    (tmp_path / "r.csv").write_text(REPORTS, encoding="utf-8")
    for words in (
        *_read_whole(path),
        ["take", "r.csv", "--mapping", str(path)],
        ["restore", "x", "--passphrase-file", str(path), "--keys-passphrase-file", str(path)],
    ):
        refused = run(*words).exception
        assert isinstance(refused, BadInput), words
        assert "more than" in refused.what
    path.write_bytes(b"\xff")
    with pytest.raises(BadInput, match="no text"):
        read_words(path, what="a public key")


def test_what_is_not_there_or_may_not_be_read_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadInput, match="no such file"):
        to_read(tmp_path / "none.csv")
    path = tmp_path / "a.csv"
    path.touch()
    assert to_read(path) == path
    with pytest.raises(BadInput, match="no such file"):
        to_read(path / "below.csv")
    with pytest.raises(BadInput, match="cannot be looked at"):
        to_read(tmp_path / ("x" * 300))
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(BadInput, match="may not be read"):
        to_read(path)
    with pytest.raises(BadInput, match="may not be written"):
        to_write(tmp_path / "b.csv", [], what="the rejects", option="--rejects")


def test_a_missing_folder_is_said_before_anything_is_taken(run: Callable[..., Result], tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text(REPORTS, encoding="utf-8")
    refused = run("take", "r.csv", "--rejects", "nowhere/r.csv").exception
    assert isinstance(refused, BadInput)
    assert "there is no folder nowhere" in refused.what
    refused = run("bulk", "r.csv", "--column", "scam_phone", "--out", "nowhere/r.csv").exception
    assert isinstance(refused, BadInput)
    made = json.loads(run("--json", "take", "r.csv").stdout)
    assert (made["duplicate"], made["rejected"]) == (0, 1)


def test_rejects_are_never_written_over_what_is_read(run: Callable[..., Result], tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text(REPORTS, encoding="utf-8")
    (tmp_path / "m.toml").write_text('country = "KH"\n', encoding="utf-8")
    os.link(tmp_path / "m.toml", tmp_path / "other.csv")
    for words in (
        ["take", "a.csv", "--rejects", "a.csv"],
        ["take", "a.csv", "--mapping", "m.toml", "--rejects", "other.csv"],
        ["take", "a.csv", "b.csv", "--rejects", "b.csv"],
        ["take", "a.csv", "b.csv", "--rejects", "new.csv"],
    ):
        refused = run(*words).exception
        assert isinstance(refused, BadInput), words
        assert "written over" in refused.what
    assert (tmp_path / "b.csv").read_text(encoding="utf-8") == REPORTS
    (tmp_path / "q.csv.rejects.csv").write_text("+85512345678\n", encoding="utf-8")
    assert isinstance(run("bulk", "q.csv.rejects.csv", "--out", "q.csv").exception, BadInput)
    assert (tmp_path / "q.csv.rejects.csv").exists()


def test_files_of_one_name_have_rejects_of_their_own(run: Callable[..., Result], tmp_path: Path) -> None:
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "r.csv").write_text(REPORTS.replace("nonsense", f"bad {folder}"), encoding="utf-8")
    assert run("take", "x/r.csv", "y/r.csv").exception is None
    assert "bad x" in (tmp_path / "r.csv.rejects.csv").read_text(encoding="utf-8")
    assert "bad y" in (tmp_path / "r.csv.2.rejects.csv").read_text(encoding="utf-8")


def test_bulk_asks_about_the_first_value_of_a_file_without_heading(run: Callable[..., Result], tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("012345678\nbad.example.com\n", encoding="utf-8")
    made = run("--json", "bulk", "a.csv", "--workers", "0", "--out", "o.csv")
    assert json.loads(made.stdout)["answered"] == 2
    assert "012345678" in json.loads(made.stderr)["note"]
    (tmp_path / "a.csv").write_text("phone\n012345678\n", encoding="utf-8")
    made = run("bulk", "a.csv", "--workers", "0", "--out", "o.csv")
    assert "1 answered" in made.stdout
    assert "'phone', is taken for a heading" in made.stderr
    made = run("--json", "bulk", "a.csv", "--workers", "0", "--out", "o.csv", "--no-heading")
    assert (json.loads(made.stdout)["answered"], json.loads(made.stdout)["rejected"], made.stderr) == (1, 1, "")
