"""What a whole `saksi take` holds in memory at most, all its processes together, from the first row to views that show the last one."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from saksi.sources.synthetic import written

__all__ = ["Peak", "held_by", "peak_of_take"]

_SAKSI = (sys.executable, "-m", "saksi.app.cli")


@dataclass(frozen=True, slots=True)
class Peak:
    """The most that was held at once, in MB, its share of what is shared (PSS), and of that what is not in files; the input's size."""

    held: float
    own: float
    given: float


def peak_of_take(folder: Path, rows: int) -> Peak:
    """Take so many invented reports into a new node in `folder`, looking at its processes twice a second."""
    source, home = folder / "reports.csv", str(folder / "home")
    with source.open("wb") as file:
        file.writelines(written(1, rows))
    made = (*_SAKSI, "init", "--home", home, "--authority", "centre.a.example")
    subprocess.run(made, check=True, stdout=subprocess.DEVNULL)
    order = (*_SAKSI, "take", str(source), "--home", home, "--source", "synthetic-reports", "--workers", "2", "--json")
    take = subprocess.Popen([*order, "--rejects", str(folder / "rejects.csv")], stdout=subprocess.DEVNULL)
    most = own = 0.0
    while take.poll() is None:
        held = [held_by(pid) for pid in _family(take.pid)]
        most, own = max(most, sum(one["Pss"] for one in held)), max(own, sum(one["Pss_Anon"] for one in held))
        time.sleep(0.5)
    if take.returncode:
        raise SystemExit(f"the take ended with {take.returncode}")
    return Peak(most, own, source.stat().st_size / 1e6)


def held_by(pid: int) -> dict[str, float]:
    """What a process holds in MB, by the kernel's names for its kinds: its share of what it shares (`Pss`, of that `Pss_Anon`)."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    except OSError:  # it has just ended
        lines = []
    return {"Pss": 0.0, "Pss_Anon": 0.0} | {line.partition(":")[0]: int(line.split()[1]) / 1024 for line in lines}


def _family(pid: int) -> list[int]:
    """A process and all that come from it."""
    found = [pid]
    for one in found:
        try:
            for thread in Path(f"/proc/{one}/task").iterdir():
                found += map(int, (thread / "children").read_text().split())
        except OSError:  # it has just ended
            continue
    return found
