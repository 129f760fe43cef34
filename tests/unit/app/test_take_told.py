"""What became of a file, in words."""

from __future__ import annotations

import pytest

from saksi.app.cli.take import tell
from saksi.app.order import Taken


def test_what_was_erased_is_told_apart_from_what_was_rejected(capsys: pytest.CaptureFixture[str]) -> None:
    out = "4 statements were erased on 2026-01-05 and stay out"
    tell(
        Taken(
            id="0" * 16,
            name="a.csv",
            source="reports",
            recognised="asked for",
            taken_at="2026-01-06T00:00:00Z",
            digest="0" * 64,
            rows=2,
            taken=0,
            duplicate=0,
            rejected=1,
            expired=0,
            reinstated=0,
            changed=0,
            size=3,
            warnings=(out,),
            erased=4,
            rejects=(out, "row 2: no phone"),
            tlp="AMBER",
        )
    )
    told = "".join(capsys.readouterr())
    assert f"mind: {out}" in told
    assert "rejected: row 2: no phone" in told
    assert f"rejected: {out}" not in told
