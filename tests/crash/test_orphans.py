"""Signal 9 to a process whose workers wait for work: they go with it, and with them every lock that they inherited."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.crash

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
ENV = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
SAKSI = [sys.executable, "-m", "saksi.app.cli"]


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _gone(pids: list[int]) -> bool:
    end = time.monotonic() + 20
    while any(map(_alive, pids)) and time.monotonic() < end:
        time.sleep(0.05)
    return not any(map(_alive, pids))


def _words(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.parametrize("way", ["fork", "spawn"])
def test_workers_end_with_a_parent_that_was_killed(way: str) -> None:
    with subprocess.Popen([sys.executable, str(HERE / "orphans.py"), way], stdout=subprocess.PIPE, env=ENV, text=True) as parent:
        assert parent.stdout is not None
        workers = [int(each) for each in parent.stdout.readline().split()]
        assert len(workers) == 3
        assert all(map(_alive, workers))
        parent.kill()
        assert _gone(workers)


def test_a_killed_take_leaves_nobody_who_holds_the_ledger(tmp_path: Path) -> None:
    home, file = tmp_path / "home", tmp_path / "hosts.csv"
    rows = (f"F{row},2024-05-01,KH,true,+855 12 {row:06d},+855 11 {row:06d}" for row in range(30_000))
    file.write_text("reference,reported_at,country,synthetic,scam_phone,scam_phone_2\n" + "\n".join(rows))
    made = [*SAKSI, "init", "--authority", "centre.a.example", "--country", "KH", "--purpose", "a test", "--home", str(home)]
    subprocess.run([*made, "--legal-basis", "none"], env=ENV, check=True, capture_output=True)
    take = [*SAKSI, "take", str(file), "--source", "report-desk", "--json", "--home", str(home)]
    with subprocess.Popen(take, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENV) as taking:
        readers: list[int] = []
        end = time.monotonic() + 60
        while taking.poll() is None and time.monotonic() < end:  # the fold forks its readers once the statements are in the ledger
            readers = [each for each in readers if _words(each) == _words(taking.pid)]  # forked, not about to start another program
            if readers:
                break
            readers = _children(taking.pid)
            time.sleep(0.05)
        taking.kill()
    assert readers, "no reader was seen: the file is too small for this machine"
    assert _gone(readers)
    folded = subprocess.run([*SAKSI, "fold", "--home", str(home)], env=ENV, check=False, capture_output=True, text=True, timeout=120)
    assert folded.returncode == 0, folded.stderr
