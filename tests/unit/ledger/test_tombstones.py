"""What was erased is remembered by keyed digests alone, and by all of them."""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from pathlib import Path
from random import Random

import pytest
from ledgers import ORIGIN, backed_up, filled, setup, statement

from saksi.ledger.backup import Target, Term
from saksi.ledger.check import check_ledger
from saksi.ledger.disk import LocalDisk
from saksi.ledger.erasure_plan import ErasurePlan
from saksi.ledger.ledger import Ledger
from saksi.ledger.register import Register
from saksi.ledger.restore import Into, restore
from saksi.ledger.sealed_stream import Secret
from saksi.ledger.tombstone import TOMBSTONES, Tombstones
from saksi.model.errors import LedgerFault
from saksi.model.statement import Statement

DAY = 86_400_000


def erased_on(ledger: Ledger, ids: list[bytes]) -> list[date | None]:
    with ledger.transaction() as take:
        return take.erased_on(ids)


def ids_of(ledger: Ledger, plan: ErasurePlan) -> list[bytes]:
    return [Statement.parse(ledger.payload(*place) or b"").id() for place in plan.touched]


def test_every_erased_statement_is_known_and_no_other(tmp_path: Path) -> None:
    with filled(tmp_path / "ledger") as ledger:
        assert erased_on(ledger, [statement(1).id()]) == [None]
        (subject,) = ledger.subjects(2, 50)
        plans = [ledger.plan_erasure([subject]), ledger.plan_erasure(items=[(2, 3), (2, 5)])]
        ids = [one for plan in plans for one in ids_of(ledger, plan)]
        for plan in plans:
            ledger.erase(plan, ground="a decision")
        assert len(ids) == 42
        assert set(erased_on(ledger, ids)) == {date(2026, 2, 2)}
        assert erased_on(ledger, [Statement.parse(ledger.payload(2, 4) or b"").id()]) == [None]
    with Ledger.open(tmp_path / "ledger", setup()) as again:
        assert None not in erased_on(again, ids)
        again.append([statement(9_999)])
        (later,) = (again.new_subject(),)
        again.append([statement(7_777)], subjects=[[later]])
        again.erase(again.plan_erasure([later]), ground="a decision")
        assert None not in erased_on(again, [*ids, statement(7_777).id()])
    assert check_ledger(tmp_path / "ledger", again.vkeys).clean


def test_what_came_under_a_subject_after_the_plan_was_shown_is_remembered_too(tmp_path: Path) -> None:
    with Ledger.create(tmp_path / "ledger", setup()) as ledger:
        subject = ledger.new_subject()
        ledger.append([statement(1)], subjects=[[subject]])
        plan = ledger.plan_erasure([subject])
        ledger.append([statement(2)], subjects=[[subject]])
        ledger.erase(plan, ground="a decision")
        assert ledger.payload(1) is None
        assert None not in erased_on(ledger, [statement(1).id(), statement(2).id()])


def test_without_the_key_no_guess_is_confirmed(tmp_path: Path) -> None:
    with filled(tmp_path / "ledger") as ledger:
        plan = ledger.plan_erasure(items=[(0, 0)])
        (id_,) = ids_of(ledger, plan)
        ledger.erase(plan, ground="a decision")
        key = ledger.core.keys.vault
    kept = (tmp_path / "ledger/vault" / TOMBSTONES).read_bytes()
    for guess in (id_, sha256(id_).digest(), sha256(b"saksi/v1 erased\0" + id_).digest()):
        assert guess[:16] not in kept
    disk = LocalDisk()
    assert Tombstones(disk, tmp_path / "ledger/vault", key).erased_on([id_]) != [None]
    with pytest.raises(LedgerFault, match="another node's"):
        Tombstones(disk, tmp_path / "ledger/vault", bytes(32)).erased_on([id_])
    assert key not in b"".join(path.read_bytes() for path in (tmp_path / "ledger/log").iterdir())


def test_a_long_list_is_looked_up_a_page_at_a_time(tmp_path: Path) -> None:
    rng = Random(4)
    ids = [rng.randbytes(32) for _ in range(5_000)]
    Tombstones(LocalDisk(), tmp_path, b"k" * 32).add(ids, date(2026, 1, 1))
    listed = Tombstones(LocalDisk(), tmp_path, b"k" * 32)
    listed.add(ids[:10], date(2026, 3, 1))
    others = [rng.randbytes(32) for _ in range(5_000)]
    assert listed.erased_on(ids) == [date(2026, 3, 1)] * 10 + [date(2026, 1, 1)] * 4_990
    assert set(listed.erased_on(others)) == {None}
    read: list[int] = []
    handle = listed._handle
    assert handle is not None
    whole = handle.read_at
    monkey = lambda length, offset: (read.append(length), whole(length, offset))[1]  # noqa: E731
    listed._handle = type("Watched", (), {"read_at": staticmethod(monkey), "close": handle.close})()  # type: ignore[assignment]
    listed.erased_on(others[:50])
    assert max(read) <= 128 * 20
    listed.close()


@pytest.mark.parametrize("change", ["flip", "cut", "lengthen", "missing"])
def test_a_damaged_list_is_refused_and_named(tmp_path: Path, change: str) -> None:
    with filled(tmp_path / "ledger") as ledger:
        ledger.erase(ledger.plan_erasure(items=[(2, 3)]), ground="a decision")
    path = tmp_path / "ledger/vault" / TOMBSTONES
    data = path.read_bytes()
    if change == "missing":
        path.unlink()
    else:
        path.write_bytes({"flip": data[:12] + bytes([data[12] ^ 1]) + data[13:], "cut": data[:-1], "lengthen": data + b"\0"}[change])
        with Ledger.open(tmp_path / "ledger", setup()) as again, pytest.raises(LedgerFault, match="list of what was erased"):
            erased_on(again, [bytes(32)])
    report = check_ledger(tmp_path / "ledger", ledger.vkeys)
    assert TOMBSTONES in [difference.where for difference in report.vault.differences]


def test_a_backup_holds_the_list_and_a_restore_that_erases_again_adds_to_it(tmp_path: Path) -> None:
    old = Target(tmp_path / "d1", tmp_path / "k1", Secret(key=b"d" * 32), Secret(key=b"k" * 32))
    new = Target(tmp_path / "d2", tmp_path / "k2", old.secret, old.keys_secret)
    with filled(tmp_path / "ledger") as ledger:
        backed_up(tmp_path / "ledger", old, Term(1, 30 * DAY))
        (subject,) = ledger.subjects(2, 50)
        plan = ledger.plan_erasure([subject])
        ids = ids_of(ledger, plan)
        alone = ids_of(ledger, ledger.plan_erasure(items=[(2, 3)]))
        ledger.erase(plan, ground="asked for")
        ledger.erase(ledger.plan_erasure(items=[(2, 3)]), ground="asked for")
        backed_up(tmp_path / "ledger", new, Term(2, 30 * DAY))
    restore(new, Into(tmp_path / "new"), now_ms=3, newest=True)
    with Ledger.open(tmp_path / "new", setup()) as back:
        assert None not in erased_on(back, ids + alone)
    # A backup of before the erasure, and the register of erasures: what is erased again is remembered again.
    restore(old, Into(tmp_path / "register"), now_ms=3, newest=True, erased=Register(ORIGIN, 9, (subject,)))
    with Ledger.open(tmp_path / "register", setup()) as back:
        assert back.payload(2, 50) is None
        assert None not in erased_on(back, ids)
        assert erased_on(back, alone) == [None]


def test_keys_older_than_the_erasure_lose_nothing_of_the_list(tmp_path: Path) -> None:
    old = Target(tmp_path / "d1", tmp_path / "k1", Secret(key=b"d" * 32), Secret(key=b"k" * 32))
    new = Target(tmp_path / "d2", tmp_path / "k2", old.secret, old.keys_secret)
    with filled(tmp_path / "ledger") as ledger:
        backed_up(tmp_path / "ledger", old, Term(1, 30 * DAY))
        (subject,) = ledger.subjects(2, 50)
        plan = ledger.plan_erasure([subject])
        ids = ids_of(ledger, plan)
        ledger.erase(plan, ground="asked for")
        backed_up(tmp_path / "ledger", new, Term(2, 30 * DAY))
    restore(Target(new.data, old.keys, old.secret, old.keys_secret), Into(tmp_path / "mixed"), now_ms=3, newest=True)
    with Ledger.open(tmp_path / "mixed", setup()) as back:
        assert None not in erased_on(back, ids)
