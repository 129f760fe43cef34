"""A single flipped bit, in any durable or derived file, is found by fsck."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from saksi.ledger.fsck import fsck
from saksi.ledger.log import Log, second_place
from saksi.ledger.note import Ed25519Signer
from saksi.ledger.source import open_source
from saksi.model.errors import SaksiError

pytestmark = pytest.mark.crash

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
            assert _found(folder), (path.name, len(bad))
        path.write_bytes(whole + b"\0")
        assert _found(folder, told=True), path.name
        path.write_bytes(whole)


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
