"""A real mail server, real letters, signal 9: every request arrives, in one wording to the byte, and its delivery is logged once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.crash

LOOP = Path(__file__).with_name("post_kill.py")
ROOT = Path(__file__).resolve().parents[2]


def _check(folder: Path, rounds: int, requests: int, limit: float) -> None:
    env = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tests' / 'unit' / 'app'}"}
    command = [sys.executable, str(LOOP), str(folder), str(rounds), str(requests), "7"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=limit, env=env, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    found = json.loads(ran.stdout)
    assert found["kills"] > 0
    assert found["mails"] >= requests
    assert {name: found[name] for name in ("missing", "worded_twice", "logged_wrong")} == {
        "missing": 0, "worded_twice": 0, "logged_wrong": 0,
    }  # fmt: skip


def test_the_courier_killed_at_any_moment(tmp_path: Path) -> None:
    _check(tmp_path, 4, 4, 240)


@pytest.mark.nightly
def test_60_kills_of_the_courier(tmp_path: Path) -> None:
    _check(tmp_path, 60, 12, 3600)
