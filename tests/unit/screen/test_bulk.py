"""A column in, answers out: the same answers as one by one, in order, and nothing dropped in silence."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from world import OFFICER, ORIGIN, TODAY, World, source

from saksi.model import BadInput, LedgerFault, SaksiError
from saksi.observables.detect import detect
from saksi.observables.host import hosts
from saksi.screen.answer import Answer, decode, encode
from saksi.screen.answer_file import Written, dress_of
from saksi.screen.apart import screen_apart
from saksi.screen.bulk import CHUNK, Done, Normalise, Opened, Read, Refused, Rows, Task, of_any_kind, of_kind, screen
from saksi.screen.column_file import Asked, Told, read_column
from saksi.screen.flat import flat
from saksi.screen.form import Json
from saksi.screen.judge import Judge, Matched, Setting
from saksi.screen.lookup import about, lookup
from saksi.screen.spill import Spill
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


def _rows(texts: Sequence[str]) -> Rows:
    return Rows(range(1, len(texts) + 1), list(texts))


def _setting(world: World) -> Setting:
    return Setting(OFFICER, TODAY, ORIGIN, world.size)


def _answers(opened: Opened, world: World, texts: Sequence[str]) -> tuple[list[Answer], Done]:
    (done,) = screen(opened, Task(_setting(world), Json()), [_rows(texts)])
    return [decode(line) for line in done.data.splitlines()], done


def open_world(folder: str | None = None) -> Opened:
    """What a worker opens: found by its name in another process."""
    world = _world()
    probe = None if folder is None else Probe.open(Path(folder), KEY).add([list(world.by_entity)], last=world.size)
    return Opened(world, probe, _hosts)


@pytest.mark.parametrize("probed", [False, True])
def test_bulk_gives_the_answers_of_single_look_ups(tmp_path: Path, probed: bool) -> None:
    opened = open_world(str(tmp_path / "probe") if probed else None)
    world = _world()
    made, done = _answers(opened, world, TEXTS)
    found = hosts(TEXTS).entities
    assert [answer.query for answer in made] == [text for text, entity in zip(TEXTS, found, strict=True) if entity]
    assert [(each.row, each.text) for each in done.refused] == [(n, text) for n, text in enumerate(TEXTS, 1) if not found[n - 1]]
    assert all(each.reason for each in done.refused)
    single = [encode(about(world, world.judge(), text, entity)) for text, entity in zip(TEXTS, found, strict=True) if entity]
    assert done.data.splitlines() == single


def test_a_mixed_column_is_read_as_if_each_value_were_typed() -> None:
    world = _world()
    world.say("phone:+85512345678", "recipient", by=source(4))
    texts = ["០១២ ៣៤៥ ៦៧៨", "hxxps://login.scamshop[.]com/pay", "pay@etherscan.io", "%%%"]
    made, done = _answers(Opened(world, None, partial(of_any_kind, country="KH")), world, texts)
    single = [encode(lookup(world, world.judge(), text, detect(text, country="KH"))) for text in texts[:3]]
    assert done.data.splitlines() == single
    assert [answer.flagged for answer in made] == [True, True, False]
    assert [each.row for each in done.refused] == [4]


@pytest.mark.parametrize("normalise", [partial(of_kind, kind="phone", country="TH"), partial(of_any_kind, country="TH")])
def test_numbers_that_their_plan_does_not_list_are_warned_of_in_a_column_as_alone(normalise: Normalise) -> None:
    """Neighbours about which the same is held, odd and even, so that a form written for the one is never filled in for the other."""
    world = World()
    texts = [text for number in range(8) for text in (f"66812345{number:02d}", f"668123456{number:02d}")]
    for entity in of_kind(texts, kind="phone", country="TH").entities[:12]:
        world.say(entity[0], "recipient")
    made, done = _answers(Opened(world, None, normalise), world, texts)
    assert done.data.splitlines() == [encode(lookup(world, world.judge(), text, detect(text, country="TH"))) for text in texts]
    warned = [[note.code for note in answer.warnings] for answer in made]
    assert warned == [["not-in-plan"], []] * 8


def test_a_probe_that_is_behind_is_not_believed(tmp_path: Path) -> None:
    world = _world()
    probe = Probe.open(tmp_path, KEY).add([["host:scamshop.com"]], last=1)
    made, _ = _answers(Opened(world, probe, _hosts), world, ["etherscan.io"])
    assert made[0].status == "safe-listed"


def test_answers_that_differ_in_their_own_words_alone_are_written_by_one_form(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    values = [f"phone:+8551234{number:04d}" for number in range(50)]
    for number, entity in enumerate(values):
        world.say(entity, "recipient", original=f"0{number}", quote=f'called "{number}" 100%')
        world.say(entity, f"report:a/{number}", prop="reportedIn")
    opened = Opened(world, None, lambda texts: Read([(text,) for text in texts], [None] * len(texts)))
    judged = 0
    answer = Judge.answer

    def counted(judge: Judge, query: str, matched: Sequence[Matched]) -> Answer:
        nonlocal judged
        judged += 1
        return answer(judge, query, matched)

    monkeypatch.setattr(Judge, "answer", counted)
    _, done = _answers(opened, world, values)
    assert judged == 3  # the first two, and the form
    monkeypatch.undo()
    assert done.data.splitlines() == [encode(about(world, world.judge(), each, each)) for each in values]


def test_words_that_look_like_a_gap_are_left_alone() -> None:
    world = World()
    values = [f"phone:+8551234{number:04d}" for number in range(5)]
    for entity in values:
        world.say(entity, "recipient", original="~9~", by=source(1, title="~4~"))
    opened = Opened(world, None, lambda texts: Read([(text,) for text in texts], [None] * len(texts)))
    _, done = _answers(opened, world, values)
    assert done.data.splitlines() == [encode(about(world, world.judge(), each, each)) for each in values]


def test_workers_give_the_same_in_the_same_order(tmp_path: Path) -> None:
    chunks = [_rows(TEXTS[place : place + 2]) for place in range(0, len(TEXTS), 2)] * 3
    task = Task(_setting(_world()), Json())
    alone, apart = tmp_path / "alone.jsonl", tmp_path / "apart.jsonl"
    for path in (alone, apart):
        with Written(path) as written:
            work = screen_apart(partial(open_world, None), task, chunks, workers=2, into=written.into)
            for done in work if path == apart else screen(open_world(), task, chunks):
                written.add(done)
    assert alone.read_bytes() == apart.read_bytes()
    assert written.answered == 18
    assert {each.name for each in tmp_path.iterdir()} == {f"{path.name}{end}" for path in (alone, apart) for end in ("", ".rejects.csv")}


def _stumble(texts: Sequence[str]) -> Read:
    if "stumble.example" in texts:
        raise BadInput("it stumbled", where="stumble.example")
    if "die.example" in texts:
        os._exit(9)
    return _hosts(texts)


def open_stumbling() -> Opened:
    return Opened(_world(), None, _stumble)


@pytest.mark.parametrize(("word", "kind", "said"), [("stumble", BadInput, "it stumbled"), ("die", LedgerFault, "before its time")])
@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
def test_where_a_worker_fails_nothing_is_left_and_what_stood_there_stays(
    tmp_path: Path, word: str, kind: type[SaksiError], said: str, suffix: str
) -> None:
    path = tmp_path / f"answers{suffix}"
    path.write_bytes(b"of an earlier run")
    chunks = [_rows(["a.com"] * 5)] * 3 + [_rows([f"{word}.example"])] + [_rows(["b.com"] * 5)] * 30
    with pytest.raises(kind, match=said), Written(path) as written:
        for done in screen_apart(open_stumbling, Task(_setting(_world()), dress_of(path)), chunks, workers=2, into=written.into):
            written.add(done)
    assert path.read_bytes() == b"of an earlier run"
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_a_write_that_is_cut_short_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = b"".join([b"%d\n" % number for number in range(5000)])
    single = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda file, some, at: single(file, some[:100], at))
    path = tmp_path / "x"
    path.write_bytes(b"head\n")
    file = os.open(path, os.O_WRONLY)
    spill = Spill(file)
    for start in range(0, len(data), 1000):
        spill.write(data[start : start + 1000], 5 + start)
    os.close(file)
    assert path.read_bytes() == b"head\n" + data


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".parquet"])
def test_answers_are_written_and_rejects_are_listed(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"answers{suffix}"
    parts = [Rows(range(1, 5), TEXTS[:4]), Rows(range(5, 9), TEXTS[4:])]
    with Written(path) as written:
        for done in screen(open_world(), Task(_setting(_world()), dress_of(path)), parts):
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


def test_a_flat_row_says_where_the_flag_comes_from() -> None:
    row = flat(1, _answers(open_world(), _world(), ["www.scamshop.com"])[0][0])
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
    world = _world()
    read = partial(Read, [("host:scamshop.com",), ()], [None, "nothing"])
    opened = Opened(world, None, lambda texts: read())
    with Written(path) as written:
        for done in screen(opened, Task(_setting(world), dress_of(path)), [_rows(["=cmd|' /C calc'!A0"] * 2)] * 4):
            written.add(done)
    assert {row["query"] for row in csv.DictReader(path.read_text("utf-8").splitlines())} == {"'=cmd|' /C calc'!A0"}
    assert next(csv.DictReader(written.rejects_path.read_text("utf-8").splitlines()))["query"].startswith("'=")


def test_columns_are_read(tmp_path: Path) -> None:
    table = tmp_path / "in.csv"
    table.write_text('\ufeffname,host\nA,a.com\nB,\n\nC,"b.com"\n', encoding="utf-8")
    assert list(read_column(table, Asked("host"))) == [Rows(range(1, 4), ["a.com", "", "b.com"])]
    lines = tmp_path / "in.txt"
    lines.write_text("a.com\r\nb.com")
    assert list(read_column(lines)) == [Rows(range(1, 3), ("a.com", "b.com"))]
    assert list(read_column(lines, Asked(heading=True))) == [Rows(range(1, 2), ("b.com",))]
    parquet = tmp_path / "in.parquet"
    pq.write_table(pa.table({"n": [1, 2, 3], "host": ["a.com", None, "b.com"]}), parquet)
    assert list(read_column(parquet, Asked("host"))) == [Rows(range(1, 4), ["a.com", "", "b.com"])]
    assert list(read_column(parquet, Asked("n"))) == [Rows(range(1, 4), ["1", "2", "3"])]


@pytest.mark.parametrize(
    ("data", "asked", "texts", "assumed"),
    [
        ("a.com\nb.com\n", Asked(), ["a.com", "b.com"], "asked about, too"),
        ("a.com\n", Asked(), ["a.com"], "asked about, too"),
        ("012 345 678\n", Asked(), ["012 345 678"], "asked about, too"),
        ("host\na.com\n", Asked(), ["a.com"], "taken for a heading"),
        ("host\n", Asked(), [], "taken for a heading"),
        ("a.com\nb.com\n", Asked(heading=True), ["b.com"], ""),
        ("host\na.com\n", Asked(heading=False), ["host", "a.com"], ""),
        ("x;a.com\ny;b.com\n", Asked("2", heading=False), ["a.com", "b.com"], ""),
        ("x\ta.com\ny\tb.com\n", Asked("a.com"), ["b.com"], ""),
    ],
)
def test_a_first_row_that_is_a_value_is_not_lost(tmp_path: Path, data: str, asked: Asked, texts: list[str], assumed: str) -> None:
    path = tmp_path / "in.csv"
    path.write_text(data, encoding="utf-8")
    said: list[str] = []
    found = list(read_column(path, replace(asked, reads=lambda text: text.endswith(".com")), Told(assumed=said.append)))
    assert [text for rows in found for text in rows.texts] == texts
    assert [number for rows in found for number in rows.numbers] == list(range(1, len(texts) + 1))
    assert len(said) == bool(assumed)
    assert all(assumed in words for words in said)


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("name", ["in.csv", "in.txt"])
def test_columns_are_read_in_the_encodings_of_spreadsheets(tmp_path: Path, codec: str, name: str) -> None:
    path = tmp_path / name
    path.write_text("host\na.com\r\nភាសា.com", encoding=codec)
    assert [text for rows in read_column(path, Asked(heading=True)) for text in rows.texts] == ["a.com", "ភាសា.com"]


@pytest.mark.parametrize("name", ["in.csv", "in.txt"])
def test_lines_that_are_no_text_are_refused_with_their_row(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"host\na.com\ncaf\xe9.com\nz\0.com\n" + b"x" * 3_000_000 + b"\nb.com")
    refused: list[Refused] = []
    found = list(read_column(path, Asked(heading=True), Told(refused.extend)))
    assert [(number, text) for rows in found for number, text in zip(*rows, strict=True)] == [(1, "a.com"), (5, "b.com")]
    assert [(row, reason.split(" of ")[0]) for row, _, reason in refused] == [
        (2, "byte 4"), (3, "holds a zero byte, which is in no text"), (4, "a line"),
    ]  # fmt: skip


def test_a_long_file_comes_in_chunks(tmp_path: Path) -> None:
    path = tmp_path / "in.txt"
    path.write_text("a.com\n" * (2 * CHUNK + 1))
    assert [len(chunk.texts) for chunk in read_column(path)] == [CHUNK, CHUNK, 1]
    assert sum(len(chunk.texts) for chunk in read_column(path.rename(tmp_path / "in.csv"), Asked(heading=False))) == 2 * CHUNK + 1


def test_a_table_holds_what_the_answers_say(tmp_path: Path) -> None:
    world = World()
    texts = ['a "b"', "x,y", "one\ntwo", "cr\rlf", "=1", "", "ឈ្មោះ", "plain"] * 3
    for number in range(len(texts)):
        world.say(f"handle:line:{number},x", "recipient", by=source(1, title='"quoted", and more'))
    entities = [(f"handle:line:{number},x",) for number in range(len(texts))]
    opened = Opened(world, None, lambda texts: Read(entities, [None] * len(texts)))
    path = tmp_path / "a.parquet"
    with Written(path) as written:
        for done in screen(opened, Task(_setting(world), dress_of(path)), [_rows(texts)]):
            written.add(done)
    judge = world.judge()
    wanted = [flat(n, about(world, judge, text, *entities[n - 1]))._asdict() for n, text in enumerate(texts, 1)]
    assert pq.read_table(path).to_pylist() == wanted


@pytest.mark.parametrize(
    ("name", "data", "column", "said"),
    [
        ("a.csv", b"", None, "empty"),
        ("a.csv", b"a,b\n1,2\n", None, "2 columns"),
        ("a.csv", b"a,b\n1,2\n", "c", "no column"),
        ("a.csv", b"a,a\n1,2\n", "a", "two columns 'a'"),
        ("a.csv", b"caf\xe9\n", None, "heading cannot be read"),
        ("a.csv", b"PK\x03\x04" + b"\0" * 100, None, "not a text"),
        ("a.xlsx", b"PK", None, "not read here"),
        ("a.parquet", b"PAR1 nothing", "a", "Parquet"),
        ("missing.csv", None, None, "cannot be read"),
    ],
)
def test_bad_files_are_refused_with_the_place(tmp_path: Path, name: str, data: bytes | None, column: str | None, said: str) -> None:
    path = tmp_path / name
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(BadInput, match=said) as refusal:
        list(read_column(path, Asked(column)))
    assert name in refusal.value.where


def test_a_form_nobody_knows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        Written(tmp_path / "a.xls")
