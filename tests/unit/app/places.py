"""What the reference says lies in a node's directory, against what does."""

from __future__ import annotations

import re
from pathlib import Path

REFERENCE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "config.md"
_BESIDE = re.compile(r"-(wal|shm|journal)$")  # SQLite's own, beside a store


def undescribed(home: Path, *named: str) -> list[str]:
    """Files in a node's directory that its table does not name; `named` are those that the node's settings name."""
    table = REFERENCE.read_text(encoding="utf-8").partition("## What is in a node's directory")[2]
    told = {name for row in table.splitlines() if row.startswith("| `") for name in re.findall(r"`([^`]+)`", row.split("|")[1])}
    assert "saksi.toml" in told
    found = [str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()]
    return [name for name in found if not any(_under(_BESIDE.sub("", name), place) for place in (*told, *named))]


def _under(name: str, place: str) -> bool:
    return name == place or name.startswith(f"{place}/")
