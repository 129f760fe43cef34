"""Output that the disk has no room for: an error in words with its exit code, and no half of a block list where a whole one is read."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from saksi.app.cli import _no_room
from saksi.app.config import Config
from saksi.app.files import write_whole
from saksi.app.home import Home, set_up
from saksi.app.node import Node
from saksi.ledger.disk import DiskFull

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
        _no_room(OSError(errno.EIO, "other"))
