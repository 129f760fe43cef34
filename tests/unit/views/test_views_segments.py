"""Segments: a merge of few rows in memory and one of many by the engine make the same files."""

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


def test_few_rows_are_merged_in_memory_to_what_the_engine_makes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = [one for number in (2, 0, 1) for one in segments.small(tmp_path, f"part{number}", rows(number * 50))]
    opened: list[Path] = []
    engine = segments.engine
    monkeypatch.setattr(segments, "engine", lambda scratch: opened.append(scratch) or engine(scratch))
    few = segments.merge(tmp_path, "few", parts)
    assert not opened
    monkeypatch.setattr(segments, "_FEW", 149)
    many = segments.merge(tmp_path, "many", parts)
    assert len(opened) == 2
    assert [(one.by, one.rows) for one in few] == [(one.by, one.rows) for one in many] == [("entity", 150), ("value", 120)]
    for one, other in zip(few, many, strict=True):
        assert pq.read_table(tmp_path / one.file).equals(pq.read_table(tmp_path / other.file))


def test_nothing_free_to_say_makes_one_segment(tmp_path: Path) -> None:
    silent = [rows(at).set_column(7, "value", pa.nulls(50, pa.string())) for at in (0, 50)]
    parts = [one for at, table in enumerate(silent) for one in segments.small(tmp_path, f"part{at}", table)]
    assert [one.by for one in segments.merge(tmp_path, "few", parts)] == ["entity"]
