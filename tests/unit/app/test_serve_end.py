"""A node that is served ends at Ctrl-C with one word."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

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
