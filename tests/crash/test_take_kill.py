"""Real takes of real files, signal 9: a file is in whole or not at all, what was said to be in stays in, no plain copy is left."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.crash

LOOP = Path(__file__).with_name("take_kill.py")
SRC = Path(__file__).resolve().parents[2] / "src"


def _kills(folder: Path, rounds: int, seed: int, limit: float) -> dict[str, object]:
    command = [sys.executable, str(LOOP), str(folder), str(rounds), str(seed)]
    env = {**os.environ, "PYTHONPATH": str(SRC)}
    run = subprocess.run(command, capture_output=True, text=True, timeout=limit, env=env, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    found: dict[str, object] = json.loads(run.stdout)
    return found


def test_takes_killed_at_any_moment(tmp_path: Path) -> None:
    found = _kills(tmp_path, 5, 3, 120)
    assert found["kills"] == 5
    assert found["left"] == []


@pytest.mark.nightly
def test_60_killed_takes(tmp_path: Path) -> None:
    assert _kills(tmp_path, 60, 4, 1800)["left"] == []
