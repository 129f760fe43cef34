"""Real processes, real files, signal 9: nothing acknowledged is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.crash

LOOP = Path(__file__).with_name("kill_loop.py")
SRC = Path(__file__).resolve().parents[2] / "src"


def _kills(folder: Path, rounds: int, seed: int, limit: float) -> dict[str, int]:
    command = [sys.executable, str(LOOP), str(folder), str(rounds), str(seed)]
    env = {**os.environ, "PYTHONPATH": str(SRC)}
    run = subprocess.run(command, capture_output=True, text=True, timeout=limit, env=env, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    found: dict[str, int] = json.loads(run.stdout)
    return found


def test_300_kills(tmp_path: Path) -> None:
    found = _kills(tmp_path, 300, 9, 300)
    assert found["kills"] == 300
    assert found["acknowledged"] > 1000
    assert found["before_recovered"] > 10  # recovery itself was killed, too


@pytest.mark.nightly
def test_10_000_kills(tmp_path: Path) -> None:
    assert _kills(tmp_path, 10_000, 10, 7200)["kills"] == 10_000
