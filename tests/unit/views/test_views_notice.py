"""Killed by signal 9 while a fold carries out a notice of erasure: views that have come past the notice show nothing of what it names."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
import zlib
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from stand_in import StandIn, changed, said
from telling import told

from saksi.model import Op, Statement
from saksi.views import erase as erasing
from saksi.views import fold as folding
from saksi.views import gather, manifest, segments, serving
from saksi.views.step import Step
from saksi.views.views import Views

POINTS: list[tuple[object, str]] = [
    (Step, "unsettled"), (folding, "erase"), (segments, "without"), (serving.Writer, "erased"), (serving.Writer, "commit"),
    (erasing, "overwrite"), (segments, "tidy"), (serving.Writer, "settle"), (manifest, "write"), (Step, "add"),
]  # fmt: skip


def told_late() -> tuple[StandIn, StandIn, list[bytes]]:
    """A ledger as the views were folded from it, as it is with a notice of erasure that they were not told of, and what is to be gone."""
    ledger = StandIn()
    ledger.append(said("phone:+9991", "label", "Sok Secret"), said("phone:+9992"), said("phone:+9993", "label", "Sok Secret's"))
    ledger.append(said("phone:+9991", "label", "Sok Secret once more"), said("phone:+9994"))
    ledger.append(changed(Op.RETRACT, ledger.ref(0, 2), reason="said of Sok Secret"))
    before = ledger.upto(3)
    ledger.append(said("phone:+9995", "label", "Sok Secret, later"), said("phone:+9996"))
    ledger.subjects, items = {(0, 0): b"s" * 16, (1, 0): b"s" * 16, (3, 0): b"s" * 16}, [(0, 2), (2, 0)]
    ids = [Statement.parse(ledger.leaves[leaf][index] or b"").id()[:16] for leaf, index in [*ledger.subjects, *items]]
    ledger.notice(b"s" * 16, items=items)
    ledger.append(said("phone:+9997"))
    return before, ledger, [b"Sok Secret", b"+9993", *ids]


def readable(folder: Path, words: list[bytes]) -> set[bytes]:
    """Which of the words stand in any file, plain or unpacked."""
    texts = [path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.suffix != ".parquet"]
    texts += [str(pq.read_table(path).to_pylist()).encode() for path in folder.rglob("*.parquet")]
    for path in folder.rglob("serving.sqlite"):
        link = sqlite3.connect(path)
        texts += [zlib.decompress(body, -15) for (body,) in link.execute("SELECT body FROM bundle")]
        texts += [zlib.decompress(rows) for (rows,) in link.execute("SELECT rows FROM page")]
        texts += [str(row).encode() for table in ("change", "part", "recent") for row in link.execute(f"SELECT * FROM {table}")]
        link.close()
    return {word for word in words for text in texts if word in text}


def _dying(folder: Path, ledger: StandIn, point: tuple[object, str], *, after: bool) -> None:
    """Fold, and be killed at a point."""
    owner, name = point
    real: Callable[..., object] = getattr(owner, name)

    def die(*given: object, **named: object) -> object:
        if after:
            real(*given, **named)
        os.kill(os.getpid(), signal.SIGKILL)
        return None

    setattr(owner, name, die)
    with Views.open(folder) as views:
        views.fold(ledger)


@pytest.mark.parametrize(("step", "after"), [(1, False), (100, True)], ids=["before, many stretches", "after, one stretch"])
@pytest.mark.parametrize("point", POINTS, ids=[name for _, name in POINTS])
def test_killed_there_the_views_are_before_the_notice_or_show_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int, point: tuple[object, str], after: bool
) -> None:
    monkeypatch.setattr(gather, "STEP", step)
    before, ledger, words = told_late()
    with Views.open(tmp_path / "views") as views:
        views.fold(before)
    assert readable(tmp_path / "views", words) == {word for word in words if word != words[4]}
    work = multiprocessing.get_context("fork").Process(target=_dying, args=(tmp_path / "views", ledger, point), kwargs={"after": after})
    work.start()
    work.join(60)
    assert work.exitcode == -signal.SIGKILL
    with Views.open(tmp_path / "views") as views, Views.open(tmp_path / "anew") as anew:
        if views.size > 4:
            assert readable(tmp_path / "views", words) == set()
        views.fold(ledger)
        assert readable(tmp_path / "views", words) == set()
        assert [views.erased_on(*place) for place in [(0, 0), (0, 2), (1, 0), (2, 0), (3, 0), (3, 1)]] == [*["2026-03-01"] * 5, None]
        anew.fold(ledger)
        assert told(views, engine=False) == told(anew, engine=False)
        assert views.check() == []


def test_a_generation_that_nobody_had_time_to_drop_goes_with_the_next_fold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, ledger, words = told_late()
    with Views.open(tmp_path) as views:
        views.fold(before)
        monkeypatch.setattr(folding.shutil, "rmtree", lambda *_, **__: None)  # killed before it came to that
        views.rebuild(ledger)
        monkeypatch.undo()
        assert readable(tmp_path, words)
        views.fold(ledger)
        assert readable(tmp_path, words) == set()
