"""What a take holds in memory does not grow with its input."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).resolve().parents[2] / "bench"
MEASURE = "import json, sys, pathlib, take_memory; print(json.dumps(take_memory.peak_of_take(pathlib.Path(sys.argv[1]), 200_000).held))"


@pytest.mark.nightly
def test_a_take_of_two_hundred_thousand_reports_holds_300_mb_at_most(tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join((str(BENCH), str(BENCH.parent / "src")))}
    ran = subprocess.run([sys.executable, "-c", MEASURE, str(tmp_path)], capture_output=True, text=True, timeout=3600, env=env, check=False)
    assert ran.returncode == 0, ran.stderr[-2000:]
    assert 50 < json.loads(ran.stdout) <= 300
