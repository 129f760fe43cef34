"""Real erasures and withdrawals, signal 9: whole, or finished by the next opening; nothing of the erased is left in any file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.crash

LOOP = Path(__file__).with_name("amend_kill.py")
SRC = Path(__file__).resolve().parents[2] / "src"


def _kills(folder: Path, rounds: int, seed: int, limit: float) -> dict[str, int]:
    command = [sys.executable, str(LOOP), str(folder), str(rounds), str(seed)]
    env = {**os.environ, "PYTHONPATH": str(SRC)}
    run = subprocess.run(command, capture_output=True, text=True, timeout=limit, env=env, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    found: dict[str, int] = json.loads(run.stdout)
    assert found["kills"] == rounds == found["whole"] + found["finished"] + found["nothing"]
    return found


def test_erasures_and_withdrawals_killed_at_any_moment(tmp_path: Path) -> None:
    found = _kills(tmp_path, 10, 3, 240)
    assert found["whole"] + found["finished"] > 0


@pytest.mark.nightly
def test_60_killed_erasures_and_withdrawals(tmp_path: Path) -> None:
    found = _kills(tmp_path, 60, 4, 1800)
    assert all(found[how] > 0 for how in ("whole", "finished", "nothing")), found
