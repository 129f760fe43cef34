"""A single flipped bit, in any durable or derived file, is found by fsck."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from saksi.ledger import recovery
from saksi.ledger.fsck import fsck
from saksi.ledger.log import Log, second_place
from saksi.ledger.note import Ed25519Signer
from saksi.ledger.source import open_source
from saksi.model.errors import SaksiError

pytestmark = pytest.mark.crash

DERIVED = ("bundles.idx", "level0.hashes", "level1.hashes")
SIGNER = Ed25519Signer("a.example/saksi/1", Ed25519PrivateKey.from_private_bytes(b"\x03" * 32))


def _make(folder: Path) -> list[Path]:
    rng = Random(7)
    with Log.create(folder, origin=SIGNER.name, signer=SIGNER) as log:
        while log.size < 530:
            log.append([rng.randbytes(rng.randint(0, 60)) for _ in range(rng.randint(1, 60))])
    files = [second_place(folder), *(path for path in folder.iterdir() if path.stat().st_size)]
    names = {path.name for path in files}
    assert names == {
        "entries.data",
        "bundles.idx",
        "level0.hashes",
        "level1.hashes",
        "checkpoints.log",
        "log.highest",
    }
    return sorted(files)


def _found(folder: Path, *, told: bool = False) -> bool:
    """Whether a check finds fault, or (`told`) says at least what a start of the log would mend."""
    try:
        report = fsck(open_source(folder), [SIGNER.vkey], second=second_place(folder))
        return bool(report.differences) if told else not report.clean
    except SaksiError:  # not even a checkpoint could be read: said, and louder
        return True


def _flip(folder: Path, count: int) -> None:
    files, rng = _make(folder), Random(8)
    assert not _found(folder)
    missed = []
    for number in range(count):
        path = files[number % len(files)]
        whole = path.read_bytes()
        at = rng.randrange(8 * len(whole))
        bad = bytearray(whole)
        bad[at // 8] ^= 1 << (at % 8)
        path.write_bytes(bad)
        if not _found(folder):
            missed.append((path.name, at))
        path.write_bytes(whole)
    assert missed == []
    assert not _found(folder)


def test_1000_flips(tmp_path: Path) -> None:
    _flip(tmp_path / "log", 1000)


@pytest.mark.nightly
def test_10_000_flips(tmp_path: Path) -> None:
    _flip(tmp_path / "log", 10_000)


def test_cut_or_grown_files_are_found(tmp_path: Path) -> None:
    folder = tmp_path / "log"
    for path in _make(folder):
        whole = path.read_bytes()
        for bad in (whole[:-1], whole[: len(whole) // 2], b""):
            path.write_bytes(bad)
            assert _found(folder, told=path.name in DERIVED), (path.name, len(bad))
            if path.name in DERIVED:
                _started(folder)
                assert path.read_bytes() == whole
        path.write_bytes(whole + b"\0")
        assert _found(folder, told=True), path.name
        path.write_bytes(whole)


def _started(folder: Path) -> None:
    Log.open(folder, origin=SIGNER.name, signer=SIGNER).close()


@pytest.mark.parametrize("boundary", [256, 65_536])
def test_what_is_called_mended_by_a_start_is_and_nothing_else_is_called_so(
    tmp_path: Path, boundary: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Derived files cut, emptied to zeros from somewhere on or in the middle, and bits flipped beside: 150 ways."""
    monkeypatch.setattr(recovery, "BOUNDARY", boundary)
    folder, rng = tmp_path / "log", Random(11)
    _make(folder)
    wholes = {folder / name: (folder / name).read_bytes() for name in DERIVED}
    mended = damaged = 0
    for _ in range(150):
        flipped = False
        for path, whole in wholes.items():
            bad = bytearray(whole)
            way = rng.randrange(5)
            if way == 0:
                del bad[rng.randrange(len(bad)) :]
            elif way in (1, 2):
                start = rng.randrange(0, len(bad), rng.choice((1, 32)))
                end = len(bad) if way == 1 else rng.randrange(start, len(bad))
                bad[start:end] = bytes(end - start)
            elif way == 3 and rng.random() < 0.2:
                bad[rng.randrange(len(bad))] ^= 0x5A
                flipped = True
            path.write_bytes(bad)
        report = fsck(open_source(folder), [SIGNER.vkey], second=second_place(folder))
        if report.clean:
            mended += bool(report.differences)
            assert not flipped
            _started(folder)
            assert {path: path.read_bytes() for path in wholes} == wholes
        else:
            damaged += 1
            for path, whole in wholes.items():
                path.write_bytes(whole)
    assert mended > 10
    assert damaged > 10


def test_no_file_that_lacks_its_end_hides_a_changed_entry(tmp_path: Path) -> None:
    folder = tmp_path / "log"
    _make(folder)
    level, entries = folder / "level0.hashes", folder / "entries.data"
    level.write_bytes(level.read_bytes()[:-64])
    data = bytearray(entries.read_bytes())
    data[len(data) // 2] ^= 1
    entries.write_bytes(data)
    report = fsck(open_source(folder), [SIGNER.vkey], second=second_place(folder))
    assert not report.clean
    assert not any(each.lags for each in report.differences)


def test_a_checkpoint_that_was_being_written_is_told_from_one_that_was_signed(tmp_path: Path) -> None:
    folder = tmp_path / "log"
    _make(folder)
    path = folder / "checkpoints.log"
    whole = path.read_bytes()
    torn = whole + whole[:70]
    path.write_bytes(torn)
    report = fsck(open_source(folder), [SIGNER.vkey], second=second_place(folder))
    assert report.clean
    (found,) = report.differences
    assert (found.what, found.unfinished) == ("70 bytes that are no whole checkpoint (a start of the log cuts them)", True)
    assert not fsck(open_source(folder), [SIGNER.vkey]).clean, "without the second place nobody knows that none is lost"
    Log.open(folder, origin=SIGNER.name, signer=SIGNER).close()
    assert path.read_bytes() == whole
    path.write_bytes(whole[:-30])  # the newest that was signed: a start refuses it
    assert _found(folder)
    path.write_bytes(whole + bytes(70_000))  # more than one that was being written
    assert _found(folder)
