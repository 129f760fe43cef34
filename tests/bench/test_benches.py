"""Every bench runs at its small size and prints lines of the documented shape: a measure that breaks unseen measures nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BENCHES = sorted((ROOT / "bench").glob("bench_*.py"))


@pytest.mark.nightly
@pytest.mark.parametrize("path", BENCHES, ids=[path.stem for path in BENCHES])
def test_bench_runs_and_names_its_peer(path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    ran = subprocess.run([sys.executable, str(path), "--quick"], capture_output=True, text=True, timeout=1800, env=env, check=False)
    assert ran.returncode == 0, ran.stderr[-2000:]
    lines = [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")]
    assert lines
    for line in lines:
        assert {"name", "value", "unit", "goal", "peer", "peer_value", "ratio"} <= line.keys(), line
