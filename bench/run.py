"""Runs every bench and prints its JSON lines: name, value, unit, goal, peer, peer_value, ratio.

    python bench/run.py [--quick] [--record] [NAME ...]

`--quick` uses smaller sizes; `--record` appends the lines to bench/history.jsonl with the date and the commit.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> int:
    """Run the chosen benches one after the other, never side by side, and give 1 if one of them broke."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--quick", action="store_true")
    ask.add_argument("--record", action="store_true")
    ask.add_argument("names", nargs="*")
    chosen = ask.parse_args()
    broken = []
    lines: list[dict[str, object]] = []
    for path in sorted(HERE.glob("bench_*.py")):
        name = path.stem.removeprefix("bench_")
        if chosen.names and name not in chosen.names:
            continue
        print(f"== {name}", file=sys.stderr, flush=True)
        command = [sys.executable, str(path), *(["--quick"] if chosen.quick else [])]
        env = {**os.environ, "PYTHONPATH": str(HERE.parent / "src")}
        run = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env)
        for text in run.stdout or ():
            print(text, end="", flush=True)
            if text.startswith("{"):
                lines.append(json.loads(text))
        if run.wait() != 0:
            broken.append(name)
    if chosen.record:
        commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False).stdout.strip()
        entry = {"date": datetime.datetime.now(datetime.UTC).date().isoformat(), "commit": commit, "quick": chosen.quick, "lines": lines}
        with (HERE / "history.jsonl").open("a", encoding="utf-8") as history:
            history.write(json.dumps(entry, separators=(",", ":")) + "\n")
    for name in broken:
        print(f"== {name} broke", file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
