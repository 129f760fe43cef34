"""A real server, real reports, signal 9: every acknowledged report is there, none is there twice, and what is sent again is known."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.crash

LOOP = Path(__file__).with_name("intake_kill.py")
ROOT = Path(__file__).resolve().parents[2]


def _kills(folder: Path, rounds: int, seed: int, limit: float) -> dict[str, int]:
    env = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'bench'}"}
    command = [sys.executable, str(LOOP), str(folder), str(rounds), str(seed)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=limit, env=env, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    found: dict[str, int] = json.loads(ran.stdout)
    return found


def _check(found: dict[str, int], rounds: int) -> None:
    assert found["kills"] == rounds
    assert found["acknowledged"] > 0
    assert {name: found[name] for name in ("wrong", "missing", "twice", "more")} == {"wrong": 0, "missing": 0, "twice": 0, "more": 0}


def test_the_public_form_killed_at_any_moment(tmp_path: Path) -> None:
    _check(_kills(tmp_path, 4, 5, 240), 4)


@pytest.mark.nightly
def test_60_kills_of_the_public_form(tmp_path: Path) -> None:
    _check(_kills(tmp_path, 60, 6, 3600), 60)
