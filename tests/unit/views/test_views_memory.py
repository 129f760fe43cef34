"""Where much is held, the tables are looked up, written and merged in lots, and give what they would give in one piece."""

from __future__ import annotations

import mmap
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from stand_in import StandIn, changed, said

from saksi.model import Op, Source
from saksi.views import flat, gather, segments, slots
from saksi.views.merge import merged
from saksi.views.serving import Writer
from saksi.views.slots import Slots
from saksi.views.views import Views

ORDER = ("entity", "ordinal")


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything counts as large."""
    for name, value in (("_LARGE", 0), ("_LOT", 7), ("_REGION", 64), ("_WHOLE", 640), ("_BLOCK", 50)):
        monkeypatch.setattr(slots, name, value)


def _keys(count: int) -> npt.NDArray[np.uint64]:
    return np.random.default_rng(5).integers(1, 2**63, size=(count, 2), dtype=np.uint64)


@pytest.mark.usefixtures("large")
def test_a_large_table_finds_every_key_and_the_first_of_equal_ones(tmp_path: Path) -> None:
    keys = _keys(3_000)
    keys[2_500] = keys[10]
    keys[700] = 0  # erased
    table = Slots(tmp_path / "ids.slots", secret=12_345)
    for start in range(0, 3_000, 100):
        table.put(keys[start : start + 100], first=start, among=keys[: start + 100])
    for _ in range(2):
        found = table.find(keys, among=keys)
        assert found[2_500] == 10
        assert np.delete(found, [700, 2_500]).tolist() == np.delete(np.arange(3_000), [700, 2_500]).tolist()
        assert (table.find(_keys(3_100)[3_000:], among=keys) == -1).all()
        table.tighten(keys)


@pytest.mark.usefixtures("large")
def test_slots_that_a_killed_fold_left_are_passed_over_and_written_again(tmp_path: Path) -> None:
    keys = _keys(3_000)
    table = Slots(tmp_path / "ids.slots", secret=12_345)
    table.put(keys[:2_000], first=0, among=keys[:2_000])
    table.put(keys[2_000:], first=2_000, among=keys)
    before = (tmp_path / "ids.slots").read_bytes()
    assert table.find(keys, among=keys[:2_000]).tolist() == [*range(2_000), *[-1] * 1_000]
    assert (table.find(keys[:50], among=keys[:0]) == -1).all()
    table.put(keys[2_000:], first=2_000, among=keys)
    assert (tmp_path / "ids.slots").read_bytes() == before
    assert table.find(keys, among=keys).tolist() == list(range(3_000))


def test_where_a_key_is_not_there_hardly_any_other_is_read(tmp_path: Path) -> None:
    class Told(np.ndarray[tuple[int, int], np.dtype[np.uint64]]):
        def __getitem__(self, wanted: object) -> object:
            read.append(np.size(wanted))
            return np.asarray(self)[wanted]  # type: ignore[index]

    read: list[int] = []
    keys = _keys(13_000)
    table = Slots(tmp_path / "ids.slots", secret=12_345)
    table.tighten(keys[:3_000])
    assert (table.find(keys[3_000:], among=keys[:3_000].view(Told)) == -1).all()
    assert sum(read) < 10


def test_thousands_of_equal_keys_leave_the_others_where_they_are_found(tmp_path: Path) -> None:
    """They fill so many slots one after another, and whoever belongs among them goes far."""
    keys = _keys(9_000)
    keys[1_000:6_000:2] = keys[500]
    keys[6_000:6_100, 0] = keys[500, 0]  # the same place and tag, and another key
    table = Slots(tmp_path / "ids.slots", secret=12_345)
    for start in range(0, 9_000, 3_000):
        table.put(keys[start : start + 3_000], first=start, among=keys[: start + 3_000])
    own = np.arange(9_000)
    own[1_000:6_000:2] = 500
    for _ in range(2):
        assert table.find(keys, among=keys).tolist() == own.tolist()
        other = _keys(9_100)[9_000:]
        other[:50, 0] = keys[500, 0]
        assert (table.find(other, among=keys) == -1).all()
        table.tighten(keys)


@pytest.mark.usefixtures("large")
def test_a_table_made_in_regions_wraps_around_its_end(tmp_path: Path) -> None:
    keys = _keys(90)
    keys[:, 0] = 2**64 - 1  # with this secret all of them begin in the last slot
    table = Slots(tmp_path / "ids.slots", secret=1)
    table.tighten(keys)
    assert table.find(keys, among=keys).tolist() == list(range(90))


def test_what_is_let_go_of_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Told(mmap.mmap):
        def madvise(self, *given: int) -> None:
            asked.append(given)
            super().madvise(*given)

    asked: list[tuple[int, ...]] = []
    monkeypatch.setattr(flat.mmap, "mmap", Told)
    (tmp_path / "file").write_bytes(np.arange(4_096, dtype="<u8").tobytes())
    with (tmp_path / "file").open("rb") as file:
        words = np.frombuffer(flat.mapped(file), "<u8").reshape(-1, 2)[5:]
    flat.let_go(words)
    flat.let_go(np.zeros(4))
    assert asked == [(mmap.MADV_DONTNEED,)]
    assert words[0].tolist() == [10, 11]


def test_a_writer_maps_no_index(tmp_path: Path) -> None:
    Writer(tmp_path, fresh=True).close()
    writer = Writer(tmp_path, fresh=False)
    assert writer.link.execute("PRAGMA mmap_size").fetchone() == (0,)
    writer.close()


@pytest.mark.parametrize("rows", [1, 40, 10_000])
def test_sorted_segments_are_merged_as_one_sort_would(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    """Equal entities over many batches and segments, segments of very different lengths, an empty one."""
    monkeypatch.setattr("saksi.views.merge._ROWS", 3)
    number, paths, every = iter(range(10_000)), [], []
    for place, (count, few) in enumerate([(50, 2), (1, 1), (0, 1), (200, 30), (7, 1)]):
        held = sorted((f"host:x{at % few}.example", next(number)) for at in range(count))
        every += held
        paths.append(tmp_path / f"{place}.parquet")
        columns = {"entity": [one[0] for one in held], "ordinal": [one[1] for one in held]}
        pq.write_table(pa.table(columns, pa.schema([("entity", pa.string()), ("ordinal", pa.uint32())])), paths[-1])
    tables = list(merged(paths, ORDER, rows))
    found = [(row["entity"], row["ordinal"]) for table in tables for row in table.to_pylist()]
    assert found == sorted(every)
    assert all(table.num_rows >= rows for table in tables[:-1])


def test_a_fold_of_many_stretches_leaves_few_segments_of_all_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gather, "STEP", 4)
    monkeypatch.setattr(segments, "FAN", 3)
    ledger = StandIn()
    with Views.open(tmp_path) as views:
        views.fold(ledger)
        for leaf in range(40):
            source = Source("ab" * 32, title=f"{leaf}")
            ledger.append(*(said(f"host:x{leaf * row % 17}.example", "label", f"l{row}", source=source) for row in range(4)))
        ledger.append(changed(Op.RETRACT, ledger.ref(20, 3)))
        have = views.fold(ledger)
        mains = [one for one in have.segments if one.by == "entity"]
        assert len(mains) < 4
        assert sum(one.rows for one in mains) == sum(one.rows for one in have.segments if one.by == "value") == 160
        assert {path.name for path in (tmp_path / have.folder).glob("*.parquet")} == {one.file for one in have.segments}
        for one in have.segments:
            order = ("value", *ORDER) if one.by == "value" else ORDER
            rows = [tuple(row.values()) for row in pq.read_table(tmp_path / have.folder / one.file, columns=list(order)).to_pylist()]
            assert rows == sorted(rows)
            assert len(set(rows)) == one.rows
        assert views.check() == []


def test_after_an_erasure_both_projections_are_still_merged_as_a_pair(tmp_path: Path) -> None:
    ledger = StandIn()
    with Views.open(tmp_path) as views:
        views.fold(ledger)
        ledger.append(said("host:a.example", "role", "infrastructure"), said("host:b.example", "label", "x"))
        views.fold(ledger)
        ledger.forget(0, 0)  # it stands in one projection only, which is written anew under another name
        views.erase([(0, 0)], on="2026-01-01")
        ledger.append(said("host:c.example", "label", "y"))
        assert sorted((one.by, one.rows) for one in views.fold(ledger).segments) == [("entity", 2), ("value", 2)]
