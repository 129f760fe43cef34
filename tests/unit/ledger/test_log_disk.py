"""The seam to the disk, on the machine's own: whole writes, honest errors, locks that die with their process."""

from __future__ import annotations

import errno
import multiprocessing
import os
import stat
from pathlib import Path

import pytest

from saksi.ledger.disk import (
    AppendFile,
    DiskFailed,
    DiskFull,
    LocalDisk,
    disk_fault,
    exists,
    make_durable,
    read_file,
    replace_file,
    take_lock,
)
from saksi.model.errors import NotAllowed, ReadOnly

DISK = LocalDisk()


def test_appends_are_whole_and_cut_back_to_where_they_were(tmp_path: Path) -> None:
    file = AppendFile(DISK, tmp_path / "file")
    assert [file.append(b"one"), file.append(b""), file.append(b"two")] == [0, 3, 3]
    file.sync()
    assert (file.size, file.read(2, 3), file.read(4, 99), file.read(6, 1)) == (6, b"etw", b"wo", b"")
    file.cut(4)
    file.cut(100)  # never longer
    assert file.append(b"!") == 4
    file.close()
    file.close()
    assert (tmp_path / "file").read_bytes() == b"onet!"
    assert AppendFile(DISK, tmp_path / "file").size == 5


def test_files_are_their_owners_alone(tmp_path: Path) -> None:
    make_durable(DISK, tmp_path / "new" / "folder", [tmp_path / "new" / "folder" / "file"])
    for path in (tmp_path / "new" / "folder", tmp_path / "new" / "folder" / "file"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0


def test_a_file_is_replaced_at_once(tmp_path: Path) -> None:
    path = tmp_path / "file"
    assert read_file(DISK, path) is None
    assert not exists(DISK, path)
    (tmp_path / "file.new").write_bytes(b"what a killed process left, longer than what comes")
    replace_file(DISK, path, b"first")
    replace_file(DISK, path, b"2nd")
    assert read_file(DISK, path) == b"2nd"
    assert exists(DISK, path)
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(DiskFailed):
        AppendFile(DISK, tmp_path)
    with pytest.raises(DiskFailed):
        AppendFile(DISK, tmp_path / "absent" / "file")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_no_room_is_not_fatal(number: int) -> None:
    assert isinstance(disk_fault(OSError(number, "full"), Path("x")), DiskFull)


@pytest.mark.parametrize("number", [errno.EIO, None])
def test_everything_else_is(number: int | None) -> None:
    fault = disk_fault(OSError(number, "broken") if number else OSError("broken"), Path("x"))
    assert isinstance(fault, DiskFailed)
    assert fault.todo


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.EPERM])
def test_what_may_only_be_read_has_not_failed(number: int) -> None:
    assert isinstance(disk_fault(OSError(number, "no"), Path("x")), ReadOnly)


def test_a_file_opened_to_be_written_that_takes_nothing_more_is_a_disk_that_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where the system mounts a failing disk read-only under a running process."""
    file = AppendFile(DISK, tmp_path / "file")

    def refuses(_fd: int, _data: bytes, _offset: int) -> int:
        raise OSError(errno.EROFS, "remounted")

    monkeypatch.setattr(os, "pwrite", refuses)
    with pytest.raises(DiskFailed):
        file.append(b"x")


def test_a_real_full_disk_takes_the_write_back() -> None:
    """`/dev/full` says "no space" to every write, as a full disk does."""
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    file = AppendFile(DISK, full)
    with pytest.raises(DiskFull):
        file.append(b"x")
    assert file.size == 0


def _hold(path: Path, ready: multiprocessing.synchronize.Event) -> None:
    take_lock(DISK, path)
    ready.set()
    multiprocessing.Event().wait(60)


def test_a_lock_goes_with_its_process(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    holder = context.Process(target=_hold, args=(tmp_path / "lock", ready))
    holder.start()
    assert ready.wait(60)
    with pytest.raises(NotAllowed, match="another process"):
        take_lock(DISK, tmp_path / "lock")
    holder.kill()
    holder.join()
    holder.close()
    take_lock(DISK, tmp_path / "lock").close()
    take_lock(DISK, tmp_path / "lock").close()
