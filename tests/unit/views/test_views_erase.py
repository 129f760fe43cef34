"""What was erased from the ledger is in no file of the views any more."""

from __future__ import annotations

import hashlib
from pathlib import Path

from stand_in import StandIn, changed, said
from telling import told

from saksi.model import Locator, Op, Source
from saksi.views.fact import Change
from saksi.views.views import Views

SECRET = ("999123456789", "Sok Secret", "secretive words", "secret-report", "why-secret", "secret original", "2026-02-28", "2026-02-27")


def filled() -> tuple[StandIn, list[tuple[int, int]], list[bytes]]:
    """A ledger of which some statements name one person; where those stand, and their ids."""
    ledger, private = StandIn(), []
    own = Source(digest="ee" * 32, title="secret-report", quote="secretive words", locator=Locator(row=3), reported="2026-02-28")
    shared = Source(digest="dd" * 32, title="A list", locator=Locator(row=7))
    phone = "phone:+999123456789"
    for leaf in range(6):
        statements = [said(f"host:x{leaf}{row}.example", source=shared) for row in range(60)]
        statements += [said("account:XA:BANKA:1", "reportedIn", f"report:authority-a/{leaf}{row}", source=shared) for row in range(60)]
        about = [
            said(phone, "label", f"Sok Secret {leaf}", source=own, original="secret original"),
            said("account:XA:BANKA:1", "reportedIn", f"report:secret-report/{leaf}", source=own, begun="2026-02-27"),
        ]
        private += [(leaf, 120), (leaf, 121)]
        ledger.append(*statements, *about)
    gone = ledger.append(changed(Op.RETRACT, ledger.ref(1, 120), reason="why-secret"))
    ledger.append(changed(Op.RETRACT, ledger.ref(1, 0), reason="an open reason"))
    private.append((gone, 0))
    from saksi.model import Statement

    ids = [Statement.parse(ledger.leaves[leaf][index] or b"").id() for leaf, index in private]
    return ledger, private, ids


def found_in(folder: Path, words: list[bytes]) -> list[tuple[str, bytes]]:
    """Which of the words stand in which file, plain or deflated in a bundle."""
    return [(path.name, word) for path in folder.rglob("*") if path.is_file() for word in words if word in path.read_bytes()]


def forget(ledger: StandIn, private: list[tuple[int, int]]) -> None:
    for leaf, index in private:
        ledger.forget(leaf, index)


def test_nothing_of_it_stays_readable(tmp_path: Path) -> None:
    ledger, private, ids = filled()
    words = [word.encode() for word in SECRET] + [one[:16] for one in ids]
    with Views.open(tmp_path / "views") as views:
        views.fold(ledger.upto(3))
        views.fold(ledger)
        phone = views.facts("phone:+999123456789").facts
        assert len(phone) == 6
        packed = _bundles(tmp_path / "views", words)
        assert packed, "the words should be there before they are erased"
        forget(ledger, private)
        views.erase(private, on="2026-03-01")
        assert found_in(tmp_path / "views", words) == []
        assert _bundles(tmp_path / "views", words) == []
        assert views.facts("phone:+999123456789").total == 0
        assert views.known(ids) == [None] * len(ids)
        assert views.erased_on(0, 120) == "2026-03-01"
        assert views.erased_on(0, 0) is None
        assert views.find_ref(ledger.name(0, 120)) == (0, 120)
        assert views.facts("account:XA:BANKA:1").total == 360
        assert [type(one) for one in views.facts("host:x10.example").facts[0].changes] == [Change]
        assert views.check() == []
        # Again, and with nothing to do: the same.
        before = told(views)
        views.erase(private, on="2026-03-02")
        views.erase([], on="2026-03-02")
        views.erase([(99, 0)], on="2026-03-02")
        assert told(views) == before
        assert views.erased_on(0, 120) == "2026-03-01"
        with Views.open(tmp_path / "anew") as anew:
            anew.fold(ledger)
            assert told(anew) == before
            assert anew.erased_on(0, 120) == ""
        ledger.append(said("phone:+999000000000"))
        views.fold(ledger)
        assert views.facts("phone:+999000000000").total == 1


def _bundles(folder: Path, words: list[bytes]) -> list[bytes]:
    """The words that stand in the inflated parts of the serving index and in the segments' columns."""
    import sqlite3
    import zlib

    import pyarrow.parquet as pq

    texts: list[bytes] = []
    for path in folder.rglob("serving.sqlite"):
        link = sqlite3.connect(path)
        texts += [zlib.decompress(body, -15) for (body,) in link.execute("SELECT body FROM bundle")]
        texts += [zlib.decompress(rows) for (rows,) in link.execute("SELECT rows FROM page")]
        texts += [str(row).encode() for table in ("change", "part", "recent", "state") for row in link.execute(f"SELECT * FROM {table}")]
        link.close()
    texts += [str(pq.read_table(path).to_pylist()).encode() for path in folder.rglob("*.parquet")]
    return [word for word in words for text in texts if word in text]


def test_a_kill_between_the_steps_of_an_erasure_is_mended_by_doing_it_again(tmp_path: Path) -> None:
    import pytest

    from saksi.views import erase as erasing

    ledger, private, ids = filled()
    words = [word.encode() for word in SECRET] + [one[:16] for one in ids]
    with Views.open(tmp_path / "views") as views, pytest.MonkeyPatch.context() as patch:
        views.fold(ledger)
        forget(ledger, private)

        def die(*given: object, **named: object) -> None:
            raise KeyboardInterrupt

        patch.setattr(erasing, "overwrite", die)
        with pytest.raises(KeyboardInterrupt):
            views.erase(private, on="2026-03-01")
        patch.undo()
        views.erase(private, on="2026-03-01")
        assert found_in(tmp_path / "views", words) == []
        assert views.known(ids) == [None] * len(ids)
        with Views.open(tmp_path / "anew") as anew:
            anew.fold(ledger)
            assert told(anew) == told(views)


def test_the_same_statement_can_come_in_again_after_it_was_erased(tmp_path: Path) -> None:
    ledger = StandIn()
    one = said("phone:+9991")
    ledger.append(one, said("phone:+9992"))
    with Views.open(tmp_path) as views:
        views.fold(ledger)
        ledger.forget(0, 0)
        views.erase([(0, 0)], on="2026-03-01")
        assert views.known([one.id()]) == [None]
        ledger.append(one)
        views.fold(ledger)
        place = views.known([one.id()])[0]
        assert place is not None
        assert (place.leaf, place.index) == (1, 0)
        assert hashlib.sha256(place.commitment).digest() == hashlib.sha256(ledger.name(1, 0)).digest()


def test_a_fold_that_meets_a_notice_of_erasure_carries_it_out(tmp_path: Path) -> None:
    ledger = StandIn()
    ledger.append(said("phone:+9991"), said("phone:+9992"), said("phone:+9993"))
    ledger.append(said("phone:+9991", "label", "Sok Secret"))
    ledger.subjects = {(0, 0): b"s" * 16, (1, 0): b"s" * 16, (0, 1): b"t" * 16}
    with Views.open(tmp_path / "views") as views:
        views.fold(ledger)
        ledger.notice(b"s" * 16, items=[(0, 2)])
        ledger.append(said("phone:+9994"))
        views.fold(ledger)
        assert views.entities() == ["phone:+9992", "phone:+9994"]
        assert [views.erased_on(0, index) for index in range(3)] == ["2026-03-01", None, "2026-03-01"]
        assert _bundles(tmp_path / "views", [b"Sok Secret"]) == []
        assert views.totals().erased == 3
        with Views.open(tmp_path / "anew") as anew:
            anew.fold(ledger)
            assert told(anew) == told(views)
            assert [anew.erased_on(0, index) for index in range(3)] == ["2026-03-01", None, "2026-03-01"]
        # One that was told is not looked for again.
        leaf = ledger.notice(b"t" * 16)
        views.erase([(0, 1)], on="2026-03-02", notices=[leaf])
        state = views.manifest
        assert state is not None
        views.fold(ledger)
        assert views.manifest is not None
        assert views.manifest.erasures == state.erasures
        assert views.entities() == ["phone:+9994"]
