"""The membership probe: never a wrong "no", damage is found, and runs add up."""

from __future__ import annotations

from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saksi.model import BadInput, LedgerFault
from saksi.views.fingerprint import Fingerprints
from saksi.views.probe import Probe

KEY = bytes(range(32))


def _ids(first: int, last: int) -> list[str]:
    return [f"phone:+999{number:08d}" if number % 3 else f"host:shop{number}.example" for number in range(first, last)]


def _built(folder: Path, *sizes: int) -> Probe:
    probe = Probe.open(folder, KEY)
    for first, last in zip((0, *sizes), sizes, strict=False):
        probe = probe.add([_ids(first, last)], last=last)
    return probe


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=120) | st.text("a\u1780", min_size=50, max_size=80), max_size=40))
def test_one_and_many_give_the_same_fingerprint(texts: list[str]) -> None:
    prints = Fingerprints(KEY)
    assert [prints.one(text) for text in texts] == [int(tag) for tag in prints.many(texts)]


@pytest.mark.parametrize("size", [0, 1, 6, 7, 13, 14, 15, 30, 46, 61, 62, 63, 64, 2000])
def test_ids_at_the_edges_of_a_block(size: int) -> None:
    prints = Fingerprints(KEY)
    texts = ["x" * size, "x" * size + "\0", "y" + "x" * size]
    tags = [prints.one(text) for text in texts]
    assert len(set(tags)) == 3
    assert [int(tag) for tag in prints.many(texts)] == tags


def test_a_lone_surrogate_is_only_a_value_nobody_knows(tmp_path: Path) -> None:
    probe = _built(tmp_path, 10)
    assert not probe.holds("phone:\udc80")
    assert probe.holds_many(["phone:\udc80", _ids(0, 1)[0]]).tolist() == [False, True]


def test_fingerprints_of_two_nodes_have_nothing_in_common() -> None:
    texts = _ids(0, 500)
    assert not set(Fingerprints(KEY).many(texts).tolist()) & set(Fingerprints(bytes(32)).many(texts).tolist())


def test_a_key_has_its_length() -> None:
    with pytest.raises(BadInput):
        Fingerprints(b"short")


def test_threads_do_not_disturb_each_other() -> None:
    prints = Fingerprints(KEY)
    texts = _ids(0, 2000)
    right = prints.many(texts).tolist()
    found: list[list[int]] = []
    threads = [Thread(target=lambda: found.append([prints.one(text) for text in texts])) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [right] * 4


def test_what_is_known_is_found_and_nothing_else(tmp_path: Path) -> None:
    probe = _built(tmp_path, 5000)
    assert probe.size == 5000
    assert probe.count == 5000
    assert probe.holds_many(_ids(0, 10_000)).tolist() == [True] * 5000 + [False] * 5000
    assert all(probe.holds(each) for each in _ids(0, 300))
    assert not any(probe.holds(each) for each in _ids(5000, 5300))


def test_an_empty_probe_knows_nothing(tmp_path: Path) -> None:
    probe = Probe.open(tmp_path / "none", KEY)
    assert probe.size == 0
    assert not probe.holds("phone:+999")
    assert probe.holds_many(["phone:+999", ""]).tolist() == [False, False]
    assert probe.holds_many([]).tolist() == []


def test_small_runs_add_up_and_are_merged(tmp_path: Path) -> None:
    sizes = [1000, *range(1001, 1020)]
    probe = _built(tmp_path, *sizes)
    assert probe.holds_many(_ids(0, 1019)).all()
    assert len(list(tmp_path.glob("*.run"))) <= 7
    assert len(list(tmp_path.iterdir())) == len(list(tmp_path.glob("*.run")))
    again = Probe.open(tmp_path, KEY)
    assert again.size == 1019
    assert again.holds_many(_ids(0, 1019)).all()


def test_a_fold_that_brings_no_new_id_moves_the_size_on(tmp_path: Path) -> None:
    probe = _built(tmp_path, 10).add([], last=25).add([[]], last=30)
    assert probe.size == Probe.open(tmp_path, KEY).size == 30
    assert probe.count == 10


def test_merging_changes_no_answer(tmp_path: Path) -> None:
    probe = _built(tmp_path, 100, 150, 190)
    merged = probe.merged()
    assert merged.holds_many(_ids(0, 300)).tolist() == probe.holds_many(_ids(0, 300)).tolist()
    assert len(list(tmp_path.glob("*.run"))) == 1
    assert merged.size == 190


def test_a_merge_that_died_before_its_cleaning_up_is_read_right(tmp_path: Path) -> None:
    probe = _built(tmp_path, 100, 150)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    probe.merged()
    for name, data in before.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "0000000000000000-0000000000000200.draft").write_bytes(b"half a fi")
    again = Probe.open(tmp_path, KEY)
    assert again.size == 150
    assert again.count == 150


def test_an_erased_id_is_forgotten(tmp_path: Path) -> None:
    probe = _built(tmp_path, 100, 150).without([*_ids(20, 22), "phone:+never"])
    assert probe.count == 148
    assert probe.holds_many(_ids(19, 23)).tolist() == [True, False, False, True]
    assert not Probe.open(tmp_path, KEY).holds(_ids(20, 21)[0])
    assert probe.size == 150


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 7, 8, 9, 63, 1000])
def test_every_count_can_be_held(tmp_path: Path, count: int) -> None:
    probe = Probe.open(tmp_path, KEY).add([_ids(0, count)], last=7)
    assert all(probe.holds(each) for each in _ids(0, count))
    assert not any(probe.holds(each) for each in _ids(count, count + 20))


def test_every_changed_byte_is_found(tmp_path: Path) -> None:
    _built(tmp_path, 40)
    path = next(tmp_path.glob("*.run"))
    good = path.read_bytes()
    for place in range(len(good)):
        path.write_bytes(good[:place] + bytes([good[place] ^ 4]) + good[place + 1 :])
        with pytest.raises(LedgerFault):
            Probe.open(tmp_path, KEY)
    path.write_bytes(good)
    assert Probe.open(tmp_path, KEY).count == 40


@pytest.mark.parametrize("kept", [0, 1, 100, 159, 160, 161, 300])
def test_a_cut_file_is_found_even_without_the_full_check(tmp_path: Path, kept: int) -> None:
    _built(tmp_path, 400)
    path = next(tmp_path.glob("*.run"))
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(LedgerFault):
        Probe.open(tmp_path, KEY, check=False)


def test_another_nodes_probe_is_refused(tmp_path: Path) -> None:
    _built(tmp_path, 10)
    with pytest.raises(LedgerFault, match="another key"):
        Probe.open(tmp_path, bytes(32))


def test_a_missing_run_is_a_fault_and_not_a_no(tmp_path: Path) -> None:
    _built(tmp_path, 1000, 1010, 1020)
    sorted(tmp_path.glob("*.run"))[1].unlink()
    with pytest.raises(LedgerFault, match="no run for leaves 1000"):
        Probe.open(tmp_path, KEY)


def test_a_probe_cannot_go_back(tmp_path: Path) -> None:
    with pytest.raises(LedgerFault):
        _built(tmp_path, 10).add([_ids(0, 3)], last=9)


def test_a_probe_that_is_damaged_or_behind_is_built_anew(tmp_path: Path) -> None:
    _built(tmp_path, 100)
    kept = Probe.built(tmp_path, KEY, known=iter(()), size=100)
    assert kept.count == 100
    newer = Probe.built(tmp_path, KEY, known=[_ids(0, 60), _ids(60, 120)], size=120)
    assert (newer.size, newer.count) == (120, 120)
    path = next(tmp_path.glob("*.run"))
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    assert Probe.built(tmp_path, KEY, known=[_ids(0, 120)], size=120).holds_many(_ids(0, 120)).all()
    assert Probe.built(tmp_path, bytes(32), known=[_ids(0, 120)], size=120).holds(_ids(0, 1)[0])
