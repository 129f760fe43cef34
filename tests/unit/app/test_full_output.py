"""Output that the disk has no room for: an error in words with its exit code, and no half of a block list where a whole one is read."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import NoReturn

import pytest

from saksi.app.cli import _no_disk, saksi
from saksi.app.config import Config, load
from saksi.app.files import write_whole
from saksi.app.home import Home, set_up
from saksi.app.node import Node
from saksi.app.recording import Said
from saksi.ledger.disk import DiskFull
from saksi.model import BadInput
from saksi.views.serving import Behind

SRC = Path(__file__).parents[3] / "src"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    files = Home(tmp_path / "node")
    set_up(files, config := Config(authority="centre.a.example", country="KH", workers=0))
    node = Node(files, config)
    node.views.fold(node.ledger)
    node.close()
    return files.path


def run(*words: str, out: int) -> tuple[int, str]:
    """The exit code and standard error of the command line."""
    line = [sys.executable, "-m", "saksi.app.cli", *words]
    made = subprocess.run(
        line, stdout=out, stderr=subprocess.PIPE, text=True, check=False, env={**os.environ, "PYTHONPATH": str(SRC)}, timeout=120
    )
    return made.returncode, made.stderr


def test_a_block_list_that_does_not_fit_on_standard_output_is_an_error_in_words(home: Path) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    try:
        code, told = run("--home", str(home), "feed", out=full)
    finally:
        os.close(full)
    assert (code, "refused: " in told, "Traceback" in told, "Exception ignored" in told) == (5, True, False, False), told
    assert "the disk is full" in told


def test_a_block_list_in_a_file_is_whole_or_the_one_before(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "hosts.txt"
    out.write_text("0.0.0.0 bad.example.com\n", encoding="utf-8")
    before, (soft, hard) = out.stat().st_ino, resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (40, hard))
    try:
        with pytest.raises(DiskFull, match="the file is as it was"):
            write_whole(out, b"0.0.0.0 good.example.com\n" * 9)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert out.read_text(encoding="utf-8") == "0.0.0.0 bad.example.com\n"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["hosts.txt", "node"]
    assert run("--home", str(home), "feed", "--out", str(out), out=subprocess.DEVNULL)[0] == 0
    assert "bad.example.com" not in out.read_text(encoding="utf-8")
    assert out.stat().st_ino != before


def test_links_modes_and_pipes_stay(tmp_path: Path) -> None:
    (real := tmp_path / "real").write_bytes(b"old")
    real.chmod(0o640)
    (link := tmp_path / "link").symlink_to(real)
    write_whole(link, b"new")
    assert (link.is_symlink(), real.read_bytes(), real.stat().st_mode & 0o777) == (True, b"new", 0o640)
    write_whole(Path("/dev/null"), b"new")
    with pytest.raises(OSError, match="other"):
        _no_disk(OSError(errno.ECHILD, "other"))


def test_a_disk_that_fails_is_told_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert _no_disk(OSError(errno.EIO, "Input/output error", "node/views/manifest.json")) == 5
    assert _no_disk(OSError(errno.EIO, "Input/output error")) == 5
    assert _no_disk(OSError(errno.EROFS, "read-only", "node/takes")) == 3
    said = capsys.readouterr().err
    assert "node/views/manifest.json: the disk failed: Input/output error" in said
    assert "a file of the node: the disk failed" in said
    assert said.count("check the disk") == 2


def test_a_node_that_could_not_be_made_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without room for its settings or its views: the next try begins anew, and nothing half made passes for a node."""
    config = Config(authority="centre.a.example")
    full = OSError(errno.ENOSPC, "No space left on device")
    for name in ("saksi.app.home.write_first", "saksi.app.home.Ledger.create"):
        with monkeypatch.context() as patched, pytest.raises(OSError, match="No space"):
            patched.setattr(name, _raising(full))
            set_up(Home(tmp_path / "new" / "node"), config)
        assert not (tmp_path / "new").exists()
    with monkeypatch.context() as patched, pytest.raises(DiskFull, match="no node was made"):
        patched.setattr("saksi.views.views.Views.fold", _raising(Behind("what was recorded is in the ledger")))
        saksi.main(["--home", str(tmp_path / "node"), "init", "--authority", "centre.a.example"], standalone_mode=False)
    assert list((tmp_path / "node").iterdir()) == []
    assert saksi.main(["--home", str(tmp_path / "node"), "init", "--authority", "centre.a.example"], standalone_mode=False) == 0
    with pytest.raises(BadInput, match="already"):
        set_up(Home(tmp_path / "node"), config)
    assert (tmp_path / "node" / "saksi.toml").stat().st_size


def test_what_the_last_check_said_is_kept_whole_or_not_at_all(home: Path) -> None:
    with closing(Node(Home(home), load(home, {}, {})[0])) as node:
        for half in (b"", b'{"at": "2026', b"[]", b"{}", b"\xff"):
            (home / "fsck.json").write_bytes(half)
            assert node.last_fsck() is None
        node.note_fsck(Said("2026-01-31T09:00:00Z", 1, True, "well"))
        assert node.last_fsck() == Said("2026-01-31T09:00:00Z", 1, True, "well")


def _raising(fault: Exception) -> Callable[..., NoReturn]:
    def fails(*_: object, **__: object) -> NoReturn:
        raise fault

    return fails
