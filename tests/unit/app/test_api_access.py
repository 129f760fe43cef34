"""The access log: chained, without values, found again by who knows the value and holds the node's key."""

from __future__ import annotations

import errno
import multiprocessing
import os
from pathlib import Path

import pytest

from saksi.app.api.access import AccessLog, Watcher
from saksi.ledger.disk import DiskFull
from saksi.model import LedgerFault

NOW = "2026-06-15T12:00:00Z"
PHONE = "phone:+85512345678"
WATCHER = Watcher("0123abcd", "reader", "preventing a loss")


def open_log(folder: Path) -> AccessLog:
    return AccessLog(folder, clock=lambda: NOW, random=os.urandom)


def append(folder: Path, count: int) -> None:
    log = open_log(folder)
    for number in range(count):
        log.note(WATCHER, "lookup", what=(f"phone:{number}",))
    log.close()


def test_a_look_is_found_by_its_value_and_shows_none(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    log.note(WATCHER, "lookup", what=(PHONE,), size=4)
    log.note(WATCHER, "lookup-many", what=("host:a.example", PHONE))
    log.note(WATCHER, "search", what=("b",))
    assert [seen.kind for seen in log.read()] == ["lookup", "lookup-many", "search"]
    assert [seen.kind for seen in log.read(value=PHONE)] == ["lookup", "lookup-many"]
    first = next(log.read())
    assert (first.who, first.purpose, first.when, first.size, first.count) == ("0123abcd", "preventing a loss", NOW, 4, 1)
    assert b"85512345678" not in (tmp_path / "access.log").read_bytes()
    log.close()


def test_two_nodes_write_the_same_value_differently(tmp_path: Path) -> None:
    one, two = open_log(tmp_path / "one"), open_log(tmp_path / "two")
    assert one.tag(PHONE) != two.tag(PHONE)
    one.close()
    two.close()


def test_it_goes_on_after_a_restart_and_after_half_a_line(tmp_path: Path) -> None:
    append(tmp_path, 3)
    with (tmp_path / "access.log").open("ab") as out:
        out.write(b'{"when":"20')
    append(tmp_path, 2)
    log = open_log(tmp_path)
    assert len(list(log.read())) == 5
    log.close()


@pytest.mark.parametrize("line", [0, 1, 3])
def test_a_line_that_was_changed_or_taken_out_shows(tmp_path: Path, line: int) -> None:
    append(tmp_path, 5)
    path = tmp_path / "access.log"
    lines = path.read_bytes().splitlines(keepends=True)
    log = open_log(tmp_path)
    path.write_bytes(b"".join([*lines[:line], lines[line].replace(b"preventing", b"Preventing"), *lines[line + 1 :]]))
    with pytest.raises(LedgerFault):
        list(log.read())
    path.write_bytes(b"".join(lines[:line] + lines[line + 1 :]))
    with pytest.raises(LedgerFault):
        list(log.read())
    log.close()


def test_two_processes_may_append(tmp_path: Path) -> None:
    open_log(tmp_path).close()
    spawn = multiprocessing.get_context("spawn")
    workers = [spawn.Process(target=append, args=(tmp_path, 50)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
        assert worker.exitcode == 0
    log = open_log(tmp_path)
    assert len(list(log.read())) == 100
    log.close()


def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    append(tmp_path / "api", 1)
    for name in ("", "access.log", "access.key"):
        assert (tmp_path / "api" / name).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("part", [False, True])
def test_on_a_full_disk_it_says_so_and_goes_on_once_there_is_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: bool) -> None:
    log = open_log(tmp_path)
    log.note(WATCHER, "lookup", what=["a"])
    write = os.write

    def full(file: int, data: bytes) -> int:
        if part:
            return write(file, data[:20])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(DiskFull):
            log.note(WATCHER, "lookup", what=["b"])
    log.note(WATCHER, "lookup", what=["c"])
    assert [line.what for line in log.read()] == [(log.tag("a"),), (log.tag("c"),)]
    log.close()
