"""Every check, in groups, with the time of each; pytest comes last so that its summary closes the output."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = ROOT / ".venv" / "bin"

GROUPS: list[tuple[str, list[str]]] = [
    ("style", [str(BIN / "ruff"), "check", "--quiet", "--output-format", "concise", "."]),
    ("format", [str(BIN / "ruff"), "format", "--quiet", "--check", "src", "tests", "bench", "checks", "resources"]),
    ("imports", [str(BIN / "lint-imports"), "--no-cache"]),
    ("types", [str(BIN / "mypy"), "--no-error-summary"]),
    ("tables", [sys.executable, "checks/tables.py"]),
    ("page", ["npm", "run", "--silent", "check"]),
    ("docs", [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", "docs", "build/docs"]),
]


def main() -> int:
    """Run all groups; the exit code is 0 only when every one passed."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--nightly", action="store_true", help="the long soaks, fuzzing and simulations too")
    chosen = ask.parse_args()
    failed: list[str] = []
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    started = time.monotonic()
    for name, command in GROUPS:
        before = time.monotonic()
        print(f"== {name}", flush=True)
        code = subprocess.run(command, cwd=ROOT, env=env, check=False).returncode
        print(f"== {name}: {'ok' if code == 0 else 'FAILED'} in {time.monotonic() - before:.1f} s", flush=True)
        if code != 0:
            failed.append(name)
    if failed:
        print(f"== failed: {', '.join(failed)}", flush=True)
    print(f"== {time.monotonic() - started:.1f} s before the tests", flush=True)
    marks = ["-m", "nightly or not nightly"] if chosen.nightly else ["-m", "not nightly"]
    tests = subprocess.run([sys.executable, "-m", "pytest", "-q", "-n", "2", *marks], cwd=ROOT, env=env, check=False).returncode
    return 1 if failed or tests else 0


if __name__ == "__main__":
    sys.exit(main())
