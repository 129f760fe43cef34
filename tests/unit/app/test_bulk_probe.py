"""The membership probe that bulk look-ups keep: it grows with the views, forgets what was erased, and is rebuilt where it is damaged."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "views"))

from stand_in import StandIn, said

from saksi.app.bulk import opened, probe
from saksi.views.views import Views

GONE, KEPT, LATER = "phone:+9990001", "phone:+9990002", "phone:+9990003"


@pytest.fixture
def views(tmp_path: Path) -> Views:
    ledger = StandIn()
    ledger.append(said(GONE, "role", "recipient"), said(KEPT, "role", "recipient"))
    made = Views.open(tmp_path / "views")
    made.fold(ledger)
    return made


def kept(views: Views) -> Path:
    folder = probe(views)
    assert folder is not None
    return folder


def _knows(views: Views, *entities: str) -> list[bool]:
    found = opened(views.folder, "phone", None, probe(views)).probe
    assert found is not None
    assert found.size == views.size
    return [bool(each) for each in found.holds_many(entities)]


def test_it_is_built_with_a_key_of_its_own_that_only_the_owner_reads(views: Views) -> None:
    assert _knows(views, GONE, KEPT, LATER) == [True, True, False]
    key = kept(views) / "key"
    assert len(key.read_bytes()) == 32
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_it_grows_by_what_came_since(views: Views, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = kept(views)
    ledger = StandIn()
    ledger.append(said(GONE, "role", "recipient"), said(KEPT, "role", "recipient"))
    ledger.append(said(LATER, "role", "recipient"))
    views.fold(ledger)
    monkeypatch.setattr(Views, "all_entities", lambda _: pytest.fail("everything was read again"))
    assert _knows(views, GONE, KEPT, LATER) == [True, True, True]
    assert kept(views) == folder


def test_it_forgets_what_was_erased(views: Views) -> None:
    before = kept(views)
    views.erase([(0, 0)], on="2026-06-15")
    assert _knows(views, GONE, KEPT) == [False, True]
    assert not before.exists()


def test_a_damaged_one_is_built_anew(views: Views) -> None:
    (run,) = kept(views).glob("*.run")
    run.write_bytes(run.read_bytes()[:-1] + b"?")
    assert _knows(views, GONE, LATER) == [True, False]
    (kept(views) / "key").write_bytes(b"short")
    assert _knows(views, GONE, LATER) == [True, False]
