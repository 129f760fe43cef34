"""Segments: a merge of what is sorted already makes the files that the engine makes by sorting."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from saksi.views import segments

_ENTITIES = ("phone:+1", "host:ក.example", "host:z.example", "host:é.example")
_VALUES = (None, "x", "ỹ", "\U0001f600", "")


def rows(first: int) -> pa.Table:
    made = [
        (_ENTITIES[at % 4], at, at % 5, 1, at if at % 3 else None, at % 2 == 0, _VALUES[at % 3], _VALUES[(at * 7) % 5], b"")
        for at in range(first, first + 50)
    ]
    return pa.table([list(column) for column in zip(*made, strict=True)], schema=segments._STAGE)


def test_a_merge_makes_what_the_engine_makes_and_does_not_open_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = [one for number in (2, 0, 1) for one in segments.small(tmp_path, f"part{number}", rows(number * 50))]
    mains = [one.file for one in parts if one.by == "entity"]
    whole = segments._rewrite(tmp_path, "engine", (mains, "true", "entity, ordinal"))
    assert whole is not None
    by_engine = (whole, segments.by_value(tmp_path, "engine", [whole.file]))
    monkeypatch.setattr(segments, "engine", lambda _: pytest.fail("the engine was opened"))
    made = segments.merge(tmp_path, "made", parts)
    assert [(one.by, one.rows) for one in made] == [("entity", 150), ("value", 120)]
    for one, other in zip(made, by_engine, strict=True):
        assert other is not None
        assert pq.read_table(tmp_path / one.file).equals(pq.read_table(tmp_path / other.file))


def test_nothing_free_to_say_makes_one_segment(tmp_path: Path) -> None:
    silent = [rows(at).set_column(7, "value", pa.nulls(50, pa.string())) for at in (0, 50)]
    parts = [one for at, table in enumerate(silent) for one in segments.small(tmp_path, f"part{at}", table)]
    assert [one.by for one in segments.merge(tmp_path, "few", parts)] == ["entity"]
