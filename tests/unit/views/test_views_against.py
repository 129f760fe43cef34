"""Views compared with their ledger: however they were made nothing differs, and a bit that turned in a file is found or harmless."""

from __future__ import annotations

import random
import shutil
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from stand_in import StandIn, changed, said
from telling import told

from saksi.model import BadInput, LedgerFault, Locator, Op, Source
from saksi.views.against import against
from saksi.views.fold import check
from saksi.views.serving import DAMAGE
from saksi.views.views import Views


def _source(leaf: int, row: int) -> Source:
    return Source(digest=f"{leaf % 3:064x}", locator=Locator(row=row + 1), series="a list" if leaf % 2 else None)


def _leaf(ledger: StandIn, leaf: int) -> None:
    hub = [said("host:hub.example", value="drainer" if row % 3 else "phishing", source=_source(leaf, row)) for row in range(70)]
    ledger.append(*hub, *(said(f"host:x{(leaf * 7 + row) % 40}.example", source=_source(leaf, 100 + row)) for row in range(15)))
    if leaf % 2:
        ledger.append(changed(Op.RETRACT, ledger.ref(len(ledger.leaves) - 1, 75)), changed(Op.EXPIRE, ledger.ref(0, leaf % 12)))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[StandIn, Path]:
    """A ledger, and views that were folded leaf by leaf, merged, and erased from."""
    folder, ledger = tmp_path_factory.mktemp("against") / "views", StandIn()
    with Views.open(folder) as views:
        for leaf in range(5):
            _leaf(ledger, leaf)
            views.fold(ledger)
            assert against(folder, ledger) == []
        for index in (3, 77):
            ledger.forget(0, index)
        notice = ledger.notice(items=[(0, 3), (0, 77)])
        views.erase([(0, 3), (0, 77)], on="2026-03-01", notices=[notice])
        views.fold(ledger)
    return ledger, folder


def test_views_that_were_folded_erased_from_or_built_anew_are_those_of_the_ledger(made: tuple[StandIn, Path], tmp_path: Path) -> None:
    ledger, folder = made
    assert against(folder, ledger) == []
    with Views.open(tmp_path / "views") as views:
        assert against(tmp_path / "views", ledger) == []  # none yet
        views.rebuild(ledger)
    assert against(tmp_path / "views", ledger) == []


def test_views_of_a_ledger_without_statements_are_its_own(tmp_path: Path) -> None:
    with Views.open(tmp_path) as views:
        views.fold(StandIn())
    assert against(tmp_path, StandIn()) == []


def test_another_ledger_of_as_many_statements_is_another(made: tuple[StandIn, Path]) -> None:
    ledger, folder = made
    other = ledger.upto(ledger.size)
    other.leaves[0] = list(other.leaves[0])
    other.leaves[0][7] = other.leaves[0][8]
    assert any("ledger" in each for each in against(folder, other))


def test_a_bit_that_turned_in_any_file_is_found_or_is_no_other_answer(made: tuple[StandIn, Path], tmp_path: Path) -> None:
    ledger, folder = made
    rng, right = random.Random(8), _told(folder)
    files = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file() and path.stat().st_size)
    assert {"flags", "ids", "ids.slots", "commitments", "runs", "shapes", "serving.sqlite", "manifest.json"} <= {
        each.name for each in files
    }
    wrong = 0
    for file in files:
        for _ in range(2 if file.suffix == ".parquet" else 8):
            copy = shutil.copytree(folder, tmp_path / "views")
            data = bytearray((copy / file).read_bytes())
            place, bit = rng.randrange(len(data)), rng.randrange(8)
            data[place] ^= 1 << bit
            (copy / file).write_bytes(data)
            answers = _told(copy)
            if answers is not None and answers != right:
                wrong += 1
                assert _found(copy, ledger), f"{file}, byte {place}, bit {bit}"
            shutil.rmtree(copy)
    assert wrong > 15


def _told(folder: Path) -> bytes | None:
    """All answers; None where they are refused in words."""
    try:
        with closing(Views.open(folder)) as views:
            names = (folder / _generation(folder) / "commitments").read_bytes()
            places = [views.find_ref(names[at : at + 32]) for at in range(0, len(names), 32)]
            return msgspec.json.encode([str(told(views, engine=False)), places])
    except (LedgerFault, BadInput):
        return None


def _generation(folder: Path) -> str:
    return next(path.name for path in folder.iterdir() if path.is_dir())


def _found(folder: Path, ledger: StandIn) -> bool:
    try:
        return bool(check(folder) or against(folder, ledger))
    except (LedgerFault, *DAMAGE):
        return True
