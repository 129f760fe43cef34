"""A real server busy with a real file, withdrawals meanwhile, signal 9: what was answered is done, once, and never listed again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.crash

LOOP = Path(__file__).with_name("later_kill.py")
ROOT = Path(__file__).resolve().parents[2]


def _check(folder: Path, rounds: int, rows: int, limit: float) -> None:
    command = [sys.executable, str(LOOP), str(folder), str(rounds), str(rows), "7"]
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    ran = subprocess.run(command, capture_output=True, text=True, timeout=limit, env=env, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    found = json.loads(ran.stdout)
    assert found["kills"] == rounds
    assert found["waited"] > 0
    assert found["answered"] > rounds
    wrong = ("still_listed", "not_done", "wrong", "twice")
    assert {name: found[name] for name in wrong} == dict.fromkeys(wrong, 0), found


def test_the_server_killed_while_withdrawals_wait(tmp_path: Path) -> None:
    _check(tmp_path, 4, 20_000, 240)


@pytest.mark.nightly
def test_60_kills_while_withdrawals_wait(tmp_path: Path) -> None:
    _check(tmp_path, 60, 20_000, 3600)
