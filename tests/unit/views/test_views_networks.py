"""Which known networks hold an address: folded in one go or in pieces, asked about in between or not, and after an erasure."""

from __future__ import annotations

from pathlib import Path

import pytest
from stand_in import StandIn, changed, said

from saksi.model import Op
from saksi.observables.network import NETWORK, Networks
from saksi.views.serving import RECENT
from saksi.views.views import Views

IP = "ip:203.0.113.1"
NETS = [f"network:203.0.113.0/{bits}" for bits in range(30, 23, -1)]


def others(number: int, count: int) -> list[object]:
    return [said(f"host:x{number}-{row}.example") for row in range(count)]


@pytest.mark.parametrize("asked", [(), (0, 1, 2, 3, 4, 5), (1, 4), (0, 3)])
def test_networks_that_come_in_later_are_known(tmp_path: Path, asked: tuple[int, ...]) -> None:
    ledger = StandIn()
    pieces = [
        [said(NETS[0]), said("network:198.51.100.0/24")],
        [said(NETS[1]), *others(1, RECENT + 50)],  # more than the views remember one by one
        [said(NETS[2]), *others(2, 20)],
        [changed(Op.RETRACT, ledger.origin + "#" + "0" * 64)],
        [*others(4, RECENT - 5), said(NETS[4]), said("network:junk")],
        [said(NETS[5]), said(NETS[0])],
    ]
    with Views.open(tmp_path / "views") as views:
        for number, piece in enumerate(pieces):
            ledger.append(*piece)  # type: ignore[arg-type]
            views.fold(ledger)
            if number in asked:
                held = Networks(each for each in views.entities(NETWORK, limit=10_000))
                assert views.around(IP) == held.around(IP)
        assert views.around(IP) == tuple(NETS[place] for place in (0, 1, 2, 4, 5))
        assert views.around(NETS[2]) == (NETS[4], NETS[5])
        with views.pinned() as still:
            assert still.around(IP) == views.around(IP)
        with Views.open(tmp_path / "whole") as whole:
            whole.fold(ledger)
            assert whole.around(IP) == views.around(IP)


def test_a_network_that_was_erased_is_not_known_any_more(tmp_path: Path) -> None:
    ledger = StandIn()
    ledger.append(said(NETS[0]), said(NETS[1]))
    with Views.open(tmp_path / "views") as views:
        views.fold(ledger)
        assert views.around(IP) == (NETS[0], NETS[1])
        ledger.forget(0, 0)
        views.erase([(0, 0)], on="2026-03-01")
        assert views.around(IP) == (NETS[1],)
