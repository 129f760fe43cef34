"""The reference pages name every column of a report and every source."""

from __future__ import annotations

from pathlib import Path

import pytest

from saksi.formats.report_columns import FIELDS
from saksi.formats.report_mapping import ReportMapping, parse_mapping
from saksi.sources import catalog

REFERENCE = Path(__file__).resolve().parents[3] / "docs" / "reference"


@pytest.mark.parametrize("name", FIELDS)
def test_every_column_is_documented_in_the_codes_words(name: str) -> None:
    assert f"| `{name}` | {FIELDS[name].words} |" in (REFERENCE / "report-columns.md").read_text("utf-8")


def test_the_mapping_shown_is_one_and_shows_every_setting() -> None:
    text = (REFERENCE / "report-columns.md").read_text("utf-8")
    shown = text.partition("```toml\n")[2].partition("```")[0]
    made = parse_mapping(shown.encode())
    assert made.columns["เลขที่"] == "reference"
    assert all(f"{key} = " in shown or f"[{key}" in shown for key in ReportMapping.__dataclass_fields__)


def test_every_source_is_documented_with_its_caveats() -> None:
    text = (REFERENCE / "sources.md").read_text("utf-8")
    for spec in catalog():
        assert f"| `{spec.name}` |" in text
        assert spec.grade_reason in text
        assert all(f"* {caveat}" in text for caveat in spec.caveats)
