"""Killed, damaged, foreign: the next fold ends with the right answers, and nothing is trusted beyond its size."""

from __future__ import annotations

import errno
import gc
import json
import multiprocessing
import os
import random
import resource
import signal
import sqlite3
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from stand_in import StandIn, changed, said
from telling import told

from saksi.ledger.disk import DiskFailed
from saksi.model import LedgerFault, Locator, Op, Source
from saksi.views import flat, manifest, reading, segments, serving, slots
from saksi.views import step as steps
from saksi.views.kept import Kept
from saksi.views.views import Views


def ledger_of(leaves: int) -> StandIn:
    made = StandIn()
    for leaf in range(leaves):
        made.append(
            *(
                said(f"host:x{(leaf * 7 + row) % 40}.example", source=Source(digest=f"{leaf % 5:064x}", locator=Locator(row=row + 1)))
                for row in range(12)
            )
        )
        if leaf % 4 == 3:
            made.append(changed(Op.RETRACT, made.ref(len(made.leaves) - 1, 2)), changed(Op.EXPIRE, made.ref(0, leaf % 12)))
    return made


def open_files() -> list[str]:
    made = []
    for path in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # the look's own
            made.append(str(path.readlink()))
    return made


class Killed(BaseException):
    """Stands for a kill: nothing after it runs."""


POINTS: list[tuple[object, str]] = [
    (steps, "append"), (slots.Slots, "put"), (serving.Writer, "parts"), (steps, "overwrite"), (serving.Writer, "add"), (segments, "small"),
    (serving.Writer, "commit"), (manifest, "write"), (segments, "merge"), (serving.Writer, "bulk"), (serving.Writer, "finish"),
    (segments, "by_value"), (slots.Slots, "tighten"), (flat.os, "fdatasync"),
]  # fmt: skip


@pytest.mark.parametrize(("owner", "name"), POINTS, ids=[f"{name}" for _, name in POINTS])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_fold_that_dies_anywhere_is_mended_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: object, name: str, after: bool
) -> None:
    ledger = ledger_of(8)
    real: Callable[..., object] = getattr(owner, name)

    def die(*given: object, **named: object) -> object:
        if after:
            real(*given, **named)
        raise Killed

    with Views.open(tmp_path / "whole") as whole, Views.open(tmp_path / "hurt") as hurt:
        whole.fold(ledger)
        for size in (0, 4):  # from nothing, and going on
            if size:
                hurt.fold(ledger.upto(size))
            monkeypatch.setattr(owner, name, die)
            try:
                hurt.fold(ledger)
            except Killed:
                if hurt.size:
                    assert told(hurt, hurt.size, engine=False) == told(whole, hurt.size, engine=False)
            monkeypatch.undo()
        hurt.fold(ledger)
        assert told(hurt) == told(whole)
        assert hurt.check() == []


def _work(folder: Path, size: int) -> None:
    with Views.open(folder) as views:
        for upto in range(2, size, 2):
            views.fold(ledger_of(12).upto(upto))
        views.fold(ledger_of(12))


def test_a_real_kill_at_any_moment_is_mended(tmp_path: Path) -> None:
    ledger, choose = ledger_of(12), random.Random(3)
    with Views.open(tmp_path / "whole") as whole:
        whole.fold(ledger)
        wanted = told(whole, engine=False)
    fork = multiprocessing.get_context("fork")
    for turn in range(12):
        work = fork.Process(target=_work, args=(tmp_path / f"hurt{turn % 3}", ledger.size))
        work.start()
        time.sleep(choose.random() * 0.35)
        if work.pid is not None:
            os.kill(work.pid, signal.SIGKILL)
        work.join()
    for turn in range(3):
        with Views.open(tmp_path / f"hurt{turn}") as hurt:
            hurt.fold(ledger)
            assert told(hurt, engine=False) == wanted
            assert hurt.check() == []


def test_views_of_another_ledger_or_version_are_rebuilt(tmp_path: Path) -> None:
    with Views.open(tmp_path) as views:
        views.fold(ledger_of(4))
        other = StandIn(origin="authority-b.example/saksi/1")
        other.append(said("host:other.example"))
        views.fold(other)
        assert views.entities() == ["host:other.example"]
        # Of the same name but with other leaves: a ledger begun anew, or a restored backup that went another way.
        again = StandIn(origin="authority-b.example/saksi/1", salt="anew")
        again.append(said("host:anew.example"))
        again.append(said("host:anew2.example"))
        views.fold(again)
        assert views.entities() == ["host:anew.example", "host:anew2.example"]
        views.fold(again.upto(1))
        assert (views.size, views.entities()) == (1, ["host:anew.example"])
        path = tmp_path / "manifest.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), "fold_version": 999}))
        assert views.size == 0
        views.fold(again)
        assert views.size == 2


@pytest.mark.parametrize("harm", ["manifest", "index", "index cut", "segment", "flat", "body"])
def test_damaged_views_are_noticed_and_rebuilt(tmp_path: Path, harm: str) -> None:
    ledger = ledger_of(6)
    with Views.open(tmp_path) as views:
        made = views.fold(ledger)
        wanted = told(views)
    place = tmp_path / made.folder
    index = place / "serving.sqlite"
    if harm == "manifest":
        (tmp_path / "manifest.json").write_bytes(b"{")
    elif harm == "index":
        index.write_bytes(b"not a database" * 1000)
    elif harm == "index cut":
        index.write_bytes(index.read_bytes()[: 8192 * 3])
    elif harm == "segment":
        (place / made.segments[0].file).unlink()
    elif harm == "flat":
        (place / "commitments").write_bytes(b"")
    else:
        data = bytearray(index.read_bytes())
        for start in range(2 * 8192, len(data), 8192):
            data[start : start + 64] = bytes(64)
        index.write_bytes(data)
    with Views.open(tmp_path) as views:
        assert views.check() != []
        ledger.append(said("host:x1.example"))
        try:
            views.fold(ledger)
        except LedgerFault as fault:
            assert "rebuild" in fault.todo
            views.rebuild(ledger)
        assert views.check() == []
        assert told(views, 7)["facts"] == wanted["facts"]


def test_a_reader_keeps_its_answers_while_another_folds(tmp_path: Path) -> None:
    ledger = ledger_of(8)
    with Views.open(tmp_path) as reader, Views.open(tmp_path) as writer:
        writer.fold(ledger.upto(4))
        snapshot = reader._now()
        before = told(reader)
        old = [(fact.leaf, fact.index) for fact in snapshot.facts(["host:x1.example"], snapshot.flat.count)[0].facts]
        writer.fold(ledger)
        assert [(fact.leaf, fact.index) for fact in snapshot.facts(["host:x1.example"], snapshot.flat.count)[0].facts] == old
        assert reader.size == ledger.size
        assert told(reader, 4) == before
        writer.rebuild(ledger)
        assert told(reader, 4) == before


def test_questions_over_all_facts_go_on_while_a_fold_merges_their_files_away(tmp_path: Path) -> None:
    ledger = ledger_of(3)
    with Views.open(tmp_path) as writer, Views.open(tmp_path) as reader:
        writer.fold(ledger)
        files = list(tmp_path.rglob("*.parquet"))
        stop = reader.stop()
        with reader.pinned() as pinned, reader.engine() as engine:
            ledger.append(*(said(f"host:y{row}.example") for row in range(600)))
            writer.fold(ledger)
            assert not all(path.exists() for path in files), "the fold left the files: this tests nothing"
            with pinned.engine() as later:
                assert engine.entities(stop) == later.entities(stop) == 26
            writer.rebuild(ledger)
            assert engine.entities(stop) == 26
        with reader.engine() as engine:
            assert engine.entities(reader.stop()) == 26 + 600
    del engine, later, pinned
    gc.collect()
    assert not [path for path in open_files() if path.startswith(str(tmp_path)) and "parquet" in path], "open, and nobody needs them"


def test_views_that_are_opened_while_a_fold_merges_their_files_away_are_the_newer_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = ledger_of(3)
    with Views.open(tmp_path) as writer:
        writer.fold(ledger)
        acts = [writer.fold, writer.rebuild]

        def late(paths: Iterable[Path]) -> Kept:
            if acts:
                ledger.append(*(said(f"host:y{len(acts)}{row}.example") for row in range(600)))
                acts.pop()(ledger)
            return Kept(paths)

        monkeypatch.setattr(reading, "Kept", late)
        with Views.open(tmp_path) as reader, reader.engine() as engine:
            assert engine.entities(reader.stop()) == 26 + 1200


def test_look_ups_go_on_without_a_segment_and_questions_over_all_facts_say_what_to_do(tmp_path: Path) -> None:
    with Views.open(tmp_path) as writer:
        writer.fold(ledger_of(3))
    next(tmp_path.rglob("*.parquet")).unlink()
    with Views.open(tmp_path) as reader:
        assert reader.facts("host:x1.example").total
        with pytest.raises(LedgerFault, match="rebuild"):
            reader.engine()


def test_a_disk_that_fails_is_neither_missing_views_nor_damaged_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = ledger_of(2)
    with Views.open(tmp_path) as views:
        views.fold(ledger)
    before = sorted(tmp_path.rglob("*"))

    def fails(*_: object, **__: object) -> None:
        fault = sqlite3.OperationalError("disk I/O error")
        fault.sqlite_errorcode = sqlite3.SQLITE_IOERR_READ
        raise fault

    for broken in (serving, reading):
        monkeypatch.setattr(broken, "connect", fails)
    ledger.append(said("host:later.example"))
    with Views.open(tmp_path) as views:
        for ask in (lambda: views.facts("host:x1.example"), lambda: views.manifest, lambda: views.fold(ledger), views.check):
            with pytest.raises(DiskFailed, match="the disk failed: Input/output error"):
                ask()
    assert sorted(tmp_path.rglob("*")) == before


def test_a_manifest_that_a_failing_disk_withholds_is_not_taken_for_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(path: Path) -> bytes:
        raise OSError(errno.EIO, "Input/output error", str(path))

    monkeypatch.setattr(Path, "read_bytes", fails)
    with pytest.raises(DiskFailed, match="the disk failed"):
        manifest.read(tmp_path)


@pytest.mark.parametrize("left", range(14))
def test_too_many_open_files_are_no_damage(tmp_path: Path, left: int) -> None:
    """Whichever file cannot be opened, what was folded stays, and the next fold goes on from there."""
    ledger = ledger_of(3)
    views = Views.open(tmp_path)
    views.fold(ledger)
    before = views.manifest
    assert before is not None
    ledger.append(said("host:late.example"))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with ExitStack() as held:
        most = max(int(each.name) for each in Path("/proc/self/fd").iterdir())
        while held.enter_context(Path(os.devnull).open()).fileno() < most:
            continue  # no number below is left
        held.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        resource.setrlimit(resource.RLIMIT_NOFILE, (most + 2 + left, hard))
        if left < 4:
            with pytest.raises(serving.Behind, match="too many files are open"):
                views.fold(ledger)
        else:
            with suppress(serving.Behind):
                views.fold(ledger)
    views.fold(ledger)
    after = views.manifest
    assert after is not None
    assert (after.size, after.folder) == (ledger.size, before.folder)
