"""A column in, answers out: the same answers as one by one, in order, and nothing dropped in silence."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from world import OFFICER, ORIGIN, TODAY, World, source

from saksi.model import BadInput
from saksi.observables.detect import detect
from saksi.observables.host import hosts
from saksi.screen.answer import encode
from saksi.screen.bulk import CHUNK, Bench, Opened, Row, answers, of_any_kind, of_kind, screen, screen_apart
from saksi.screen.column_file import Written, read_column
from saksi.screen.judge import Setting
from saksi.screen.lookup import about, lookup
from saksi.views.probe import Probe

KEY = bytes(32)
TEXTS = ["login.scamshop.com", "www.scamshop.com", "etherscan.io", "nobody.net", "not a host", "", "LOGIN.scamshop[.]com", "x.github.io"]


def _world() -> World:
    world = World()
    world.say("host:scamshop.com")
    world.say("host:login.scamshop.com", by=source(2), quote="Send the money to this page now.")
    world.say("host:etherscan.io")
    world.say("host:etherscan.io", "benign", prop="safeListed", by=source(3))
    return world


_hosts = partial(of_kind, kind="host")


def _rows(texts: Sequence[str]) -> list[Row]:
    return [Row(number, text) for number, text in enumerate(texts, 1)]


def open_world(folder: str | None = None) -> Opened:
    """What a worker opens: found by its name in another process."""
    world = _world()
    probe = None if folder is None else Probe.open(Path(folder), KEY).add([list(world.by_entity)], last=world.size)
    return Opened(world, probe, _hosts)


@pytest.mark.parametrize("probed", [False, True])
def test_bulk_gives_the_answers_of_single_look_ups(tmp_path: Path, probed: bool) -> None:
    opened = open_world(str(tmp_path / "probe") if probed else None)
    world = _world()
    made = answers(opened, world.judge(), _rows(TEXTS))
    assert [each.row.text for each in made] == TEXTS
    for each, entity in zip(made, hosts(TEXTS).entities, strict=True):
        if entity is None:
            assert each.answer is None
            assert each.reason
        else:
            assert each.answer is not None
            assert encode(each.answer) == encode(about(world, world.judge(), each.row.text, entity))


def test_a_mixed_column_is_read_as_if_each_value_were_typed() -> None:
    world = _world()
    world.say("phone:+85512345678", "recipient", by=source(4))
    texts = ["០១២ ៣៤៥ ៦៧៨", "hxxps://login.scamshop[.]com/pay", "pay@etherscan.io", "%%%"]
    read = partial(of_any_kind, country="KH")
    made = answers(Opened(world, None, read), world.judge(), _rows(texts))
    for each in made[:3]:
        assert each.answer is not None
        assert encode(each.answer) == encode(lookup(world, world.judge(), each.row.text, detect(each.row.text, country="KH")))
    assert [each.answer and each.answer.flagged for each in made] == [True, True, False, None]
    assert made[3].reason


def test_a_probe_that_is_behind_is_not_believed(tmp_path: Path) -> None:
    world = _world()
    probe = Probe.open(tmp_path, KEY).add([["host:scamshop.com"]], last=1)
    made = answers(Opened(world, probe, _hosts), world.judge(), _rows(["etherscan.io"]))
    assert made[0].answer is not None
    assert made[0].answer.status == "safe-listed"


def test_workers_give_the_same_in_the_same_order() -> None:
    bench = Bench(Setting(OFFICER, TODAY, ORIGIN, _world().size))
    chunks = [_rows(TEXTS[place : place + 2]) for place in range(0, len(TEXTS), 2)] * 3
    apart = list(screen_apart(partial(open_world, None), bench, chunks, workers=2))
    assert apart == list(screen(open_world(), bench, chunks))


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".parquet"])
def test_answers_are_written_and_rejects_are_listed(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"answers{suffix}"
    bench = Bench(Setting(OFFICER, TODAY, ORIGIN, _world().size), json=suffix == ".jsonl")
    with Written(path) as written:
        for done in screen(open_world(), bench, [_rows(TEXTS[:4]), _rows(TEXTS)[4:]]):
            written.add(done)
    assert (written.answered, written.rejected, written.flagged, written.known) == (6, 2, 3, 4)
    if suffix == ".parquet":
        rows = pq.read_table(path).to_pylist()
    elif suffix == ".csv":
        rows = list(csv.DictReader(path.read_text("utf-8").splitlines()))
    else:
        rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert [row["entity"] for row in rows][:3] == ["host:login.scamshop.com", "host:www.scamshop.com", "host:etherscan.io"]
    assert [row["status"] for row in rows] == ["known", "known", "safe-listed", "unknown", "known", "unknown"]
    rejected = list(csv.DictReader(written.rejects_path.read_text("utf-8").splitlines()))
    assert [row["row"] for row in rejected] == ["5", "6"]
    assert all(row["reason"] for row in rejected)


def test_a_flat_row_says_where_the_flag_comes_from(tmp_path: Path) -> None:
    bench = Bench(Setting(OFFICER, TODAY, ORIGIN, _world().size), json=False)
    (done,) = screen(open_world(), bench, [_rows(["www.scamshop.com"])])
    row = done.rows[0]
    assert (row.row, row.flagged, row.matched, row.roles, row.said_by) == (1, True, "host:scamshop.com", "infrastructure", "Publisher 1")
    assert row.refs.startswith(ORIGIN + "#")


def test_no_rejects_file_where_nothing_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.with_name("a.csv.rejects.csv").write_text("of an earlier run")
    with Written(path):
        pass
    assert not path.with_name("a.csv.rejects.csv").exists()


def test_formulas_do_not_reach_a_spreadsheet(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    bench = Bench(Setting(OFFICER, TODAY, ORIGIN, _world().size), json=False)
    with Written(path) as written:
        for done in screen(open_world(), bench, [_rows(["=cmd|' /C calc'!A0"])]):
            written.add(done)
    assert next(csv.DictReader(written.rejects_path.read_text("utf-8").splitlines()))["query"].startswith("'=")


def test_columns_are_read(tmp_path: Path) -> None:
    table = tmp_path / "in.csv"
    table.write_text('\ufeffname,host\nA,a.com\nB\n\nC,"b.com"\n', encoding="utf-8")
    assert list(read_column(table, "host")) == [[Row(1, "a.com"), Row(2, ""), Row(4, "b.com")]]
    lines = tmp_path / "in.txt"
    lines.write_text("a.com\r\nb.com")
    assert list(read_column(lines)) == [[Row(1, "a.com"), Row(2, "b.com")]]
    parquet = tmp_path / "in.parquet"
    pq.write_table(pa.table({"n": [1, 2, 3], "host": ["a.com", None, "b.com"]}), parquet)
    assert list(read_column(parquet, "host")) == [[Row(1, "a.com"), Row(2, ""), Row(3, "b.com")]]
    assert list(read_column(parquet, "n")) == [[Row(1, "1"), Row(2, "2"), Row(3, "3")]]


def test_a_long_file_comes_in_chunks(tmp_path: Path) -> None:
    path = tmp_path / "in.txt"
    path.write_text("a.com\n" * (2 * CHUNK + 1))
    assert [len(chunk) for chunk in read_column(path)] == [CHUNK, CHUNK, 1]


@pytest.mark.parametrize(
    ("name", "data", "column", "said"),
    [
        ("a.csv", b"", None, "empty"),
        ("a.csv", b"a,b\n1,2\n", None, "2 columns"),
        ("a.csv", b"a,b\n1,2\n", "c", "no column"),
        ("a.csv", b"a\n\xff\xfe\n", None, "UTF-8"),
        ("a.csv", b'a\n"' + b"x" * 200_000, None, "not CSV"),
        ("a.parquet", b"PAR1 nothing", "a", "Parquet"),
        ("missing.csv", None, None, "cannot be read"),
    ],
)
def test_bad_files_are_refused_with_the_place(tmp_path: Path, name: str, data: bytes | None, column: str | None, said: str) -> None:
    path = tmp_path / name
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(BadInput, match=said) as refusal:
        list(read_column(path, column))
    assert name in refusal.value.where


def test_a_form_nobody_knows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        Written(tmp_path / "a.xls")
