"""A node that is served ends at Ctrl-C with one word, and where its terminal is closed; without a terminal SIGHUP ends nothing."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

SAKSI = [sys.executable, "-m", "saksi.app.cli"]
ENV = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[3] / "src")}


def test_ctrl_c_of_a_server_says_stopped_and_nothing_else(tmp_path: Path) -> None:
    home = ["--home", str(tmp_path / "home")]
    subprocess.run([*SAKSI, *home, "init", "--authority", "centre.a.example"], check=True, capture_output=True, env=ENV, timeout=60)
    with subprocess.Popen(
        ["env", "--default-signal=INT", *SAKSI, *home, "serve", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=ENV,
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline().startswith("serving")
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=60)
    assert (running.returncode, out.strip(), err.strip()) == (130, "", "stopped")


@contextmanager
def served(home: Path, stdin: int) -> Iterator[tuple[subprocess.Popen[str], str]]:
    words = ["--home", str(home)]
    subprocess.run([*SAKSI, *words, "init", "--authority", "centre.a.example"], check=True, capture_output=True, env=ENV, timeout=60)
    with subprocess.Popen(
        ["env", "--default-signal=HUP", *SAKSI, *words, "serve", "--port", "0"],
        stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENV,
    ) as running:  # fmt: skip
        assert running.stdout is not None
        address = running.stdout.readline().split()[-1]
        try:
            yield running, address
        finally:
            running.kill()


def test_a_service_goes_on_after_sighup_and_says_what_it_does_not_do(tmp_path: Path) -> None:
    with served(tmp_path / "home", subprocess.DEVNULL) as (running, address):
        assert running.stderr is not None
        for _ in range(2):
            running.send_signal(signal.SIGHUP)
            assert "restart the server for other settings" in running.stderr.readline()
            assert httpx.get(f"{address}healthz", timeout=20).status_code == 200
        running.send_signal(signal.SIGTERM)
        _, err = running.communicate(timeout=60)
    assert (running.returncode, err) == (0, "")


def test_a_terminal_that_is_closed_ends_the_server_in_order(tmp_path: Path) -> None:
    ours, terminal = pty.openpty()
    with served(tmp_path / "home", terminal) as (running, address):
        assert httpx.get(f"{address}healthz", timeout=20).status_code == 200
        running.send_signal(signal.SIGHUP)
        running.communicate(timeout=60)
    os.close(ours)
    os.close(terminal)
    assert running.returncode == 0, "as SIGTERM: what was begun was let end"
