"""Group commit: many hands, one pair of syncs, and every hand told the truth."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from saksi.ledger.disk import DiskFailed, DiskFull
from saksi.ledger.group import GroupCommit, check_entry
from saksi.ledger.log import Appended, Log
from saksi.ledger.note import Ed25519Signer
from saksi.model.errors import BadInput, LedgerFault, NotAllowed

SIGNER = Ed25519Signer("a.example/saksi/1", Ed25519PrivateKey.from_private_bytes(b"\x01" * 32))


class _Writer:
    """Stands in for a log: remembers groups, may be slow or fail."""

    def __init__(self) -> None:
        self.groups: list[list[bytes]] = []
        self.size = 0
        self.fault: BaseException | None = None
        self.go = threading.Event()
        self.go.set()

    def append(self, items: Sequence[bytes]) -> Appended:
        self.go.wait(10)
        if self.fault:
            raise self.fault
        first = self.size
        self.groups.append(list(items))
        self.size += len(items)
        return Appended(first, self.size, b"signed at %d" % self.size)


def test_everyone_gets_their_own_place(tmp_path: Path) -> None:
    with (
        Log.create(tmp_path / "log", origin=SIGNER.name, signer=SIGNER) as log,
        GroupCommit(log.append, check=check_entry, wait=0.01) as front,
    ):
        told: dict[bytes, Appended] = {}

        def hand_in(who: int) -> None:
            for number in range(30):
                entry = b"%d/%d" % (who, number)
                told[entry] = front.submit([entry, entry + b"'"]).result(10)

        threads = [threading.Thread(target=hand_in, args=(who,)) for who in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        held = list(log.entries())
        assert len(held) == 480
        for entry, place in told.items():
            assert held[place.first : place.first + 2] == [entry, entry + b"'"]
            assert place.first + 2 <= place.size
        assert len({place.checkpoint for place in told.values()}) < 240  # they were logged in groups


def test_a_group_closes_when_it_is_full_or_its_time_is_up() -> None:
    writer = _Writer()
    with GroupCommit(writer.append, check=check_entry, most=10, wait=30) as front:
        futures = [front.submit([b"x"] * 3) for _ in range(4)]  # 12: three of them make 9, the fourth waits
        assert [one.result(5).first for one in futures[:3]] == [0, 3, 6]
        assert not futures[3].done()
    assert futures[3].result(5).first == 9  # closing logs what waits
    assert [len(group) for group in writer.groups] == [9, 3]
    with GroupCommit(writer.append, check=check_entry, most=10, wait=0.02) as front:
        begun = time.monotonic()
        front.submit([b"x"]).result(5)
        assert 0.015 < time.monotonic() - begun < 2


def test_what_is_handed_in_together_is_never_split() -> None:
    writer = _Writer()
    with GroupCommit(writer.append, check=check_entry, most=10, wait=0.01) as front:
        assert front.submit([b"x"] * 25).result(5).size == 25
    assert [len(group) for group in writer.groups] == [25]


def test_one_bad_item_does_not_spoil_its_group() -> None:
    writer = _Writer()
    with GroupCommit(writer.append, check=check_entry, wait=0.01) as front:
        good = front.submit([b"x"])
        with pytest.raises(BadInput):
            front.submit([b"x", b"y" * 70_000])
        assert good.result(5).size == 1


def test_after_a_full_disk_the_front_goes_on() -> None:
    writer = _Writer()
    writer.fault = DiskFull("full")
    with GroupCommit(writer.append, check=check_entry, wait=0.01) as front:
        with pytest.raises(DiskFull):
            front.submit([b"x"]).result(5)
        writer.fault = None
        assert front.submit([b"x"]).result(5).first == 0


def test_after_any_other_fault_everyone_is_refused() -> None:
    writer = _Writer()
    writer.fault = DiskFailed("gone")
    writer.go.clear()
    with GroupCommit(writer.append, check=check_entry, most=1, wait=0.01) as front:
        futures = [front.submit([b"x"]) for _ in range(5)]
        writer.go.set()
        for future in futures:
            with pytest.raises(DiskFailed):
                future.result(5)
        with pytest.raises(LedgerFault):
            front.submit([b"x"])
    assert writer.groups == []


def test_what_was_handed_in_cannot_be_called_back() -> None:
    writer = _Writer()
    with GroupCommit(writer.append, check=check_entry, wait=0.01) as front:
        future = front.submit([b"x"])
        assert not future.cancel()
        assert future.result(5).size == 1
    with pytest.raises(NotAllowed):
        front.submit([b"x"])
