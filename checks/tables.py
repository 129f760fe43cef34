"""Regenerates every table and vector that is made by a script and fails where the committed file differs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    """Ask each maker (`make*.py` under `resources` and `vectors`) whether its file is fresh: `--check` exits 1 where it is not."""
    makers = sorted([*ROOT.glob("resources/**/make*.py"), *ROOT.glob("vectors/**/make*.py")])
    stale = [
        maker.relative_to(ROOT)
        for maker in makers
        if subprocess.run([sys.executable, str(maker), "--check"], cwd=ROOT, check=False).returncode != 0
    ]
    for maker in stale:
        print(f"{maker}: its file is stale; run it without --check")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
