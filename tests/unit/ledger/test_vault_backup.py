"""Backups of a ledger: what comes back, what does not, what is refused, and what a killed or failed one leaves."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path

import pytest
from ledgers import backed_up, filled, setup, statement

from saksi.ledger.backup import Other, Target, Term, belonging, read_backup
from saksi.ledger.beside import LedgerBeside
from saksi.ledger.calm import calm, erasing
from saksi.ledger.check import check_ledger
from saksi.ledger.disk import DiskFull, Held, LocalDisk
from saksi.ledger.frame import seal_batch
from saksi.ledger.highest import Unconfirmed
from saksi.ledger.ledger import Ledger
from saksi.ledger.register import Register
from saksi.ledger.restore import Into, Restored, restore
from saksi.ledger.sealed_stream import Secret
from saksi.model.errors import BadInput, LedgerFault, NotAllowed

DAY = 86_400_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "ledger"


@pytest.mark.parametrize("secret", [Secret(passphrase="correct horse battery"), Secret(key=b"k" * 32)])
def test_a_backup_brings_the_ledger_back(folder: Path, tmp_path: Path, secret: Secret) -> None:
    target = Target(tmp_path / "data.saksi", tmp_path / "keys.saksi", secret, Secret(key=b"q" * 32))
    with filled(folder) as ledger:
        payloads = [payload for block in ledger.read() for payload in block.payloads]
        backed_up(folder, target, Term(1, 1 + 30 * DAY))
        assert b"+999" not in target.data.read_bytes() + target.keys.read_bytes()
        ledger.append([statement(900)])
    assert read_backup(target.data, secret)["size"] == 3
    new = tmp_path / "new"
    done = restore(target, Into(new), now_ms=DAY, newest=True)
    assert (done.size, done.erased_again) == (3, 0)
    assert (new / "log" / "lock").exists(), "a check of it makes no file"
    with Ledger.open(new, setup()) as again:
        assert [payload for block in again.read() for payload in block.payloads] == payloads
        again.append([statement(901)])
    assert check_ledger(new, again.vkeys).clean
    with pytest.raises(BadInput, match="not empty"):
        restore(target, Into(new), now_ms=DAY, newest=True)


def test_a_restored_ledger_does_not_sign_unless_somebody_says_it_is_the_newest(folder: Path, tmp_path: Path) -> None:
    target = Target(tmp_path / "d", tmp_path / "k", Secret(key=b"d" * 32), Secret(key=b"k" * 32))
    with filled(folder):
        backed_up(folder, target, Term(1, 2 + DAY))
    restore(target, Into(tmp_path / "new"), now_ms=2, newest=False)
    with pytest.raises(Unconfirmed):
        Ledger.open(tmp_path / "new", setup())


def test_a_backup_of_keys_brings_no_erased_person_back(folder: Path, tmp_path: Path) -> None:
    old = Target(tmp_path / "d1", tmp_path / "k1", Secret(key=b"d" * 32), Secret(key=b"k" * 32))
    new = Target(tmp_path / "d2", tmp_path / "k2", old.secret, old.keys_secret)
    with filled(folder) as ledger:
        backed_up(folder, old, Term(1, 30 * DAY))
        (subject,) = ledger.subjects(2, 50)
        plan = ledger.plan_erasure([subject])
        ledger.erase(plan, ground="asked for")
        backed_up(folder, new, Term(2, 30 * DAY))
    register = register_in(folder)
    # Keys of before the erasure with the data of after it: the notice in the log is carried out again.
    mixed = Target(new.data, old.keys, old.secret, old.keys_secret)
    done = restore(mixed, Into(tmp_path / "mixed"), now_ms=3, newest=True)
    assert done.erased_again == 2, "the subject's key and the original's"
    with Ledger.open(tmp_path / "mixed", setup()) as again:
        assert again.payload(2, 50) is None
        assert again.payload(2, 10) is not None
    assert check_ledger(tmp_path / "mixed", again.vkeys).clean
    # Both of before the erasure: the register of erasures is carried out again, and the log is told.
    done = restore(old, Into(tmp_path / "both"), now_ms=3, newest=True, erased=register)
    assert done.erased_again == 2
    with Ledger.open(tmp_path / "both", setup()) as again:
        assert again.payload(2, 50) is None
        assert again.size == 4, "the notice was logged by the start"
    assert check_ledger(tmp_path / "both", again.vkeys).clean
    # Past their day, keys are refused.
    with pytest.raises(NotAllowed, match="past its day"):
        restore(old, Into(tmp_path / "late"), now_ms=31 * DAY, newest=True)


def register_in(folder: Path) -> Register:
    """The register as it comes back from its file."""
    with LedgerBeside(folder, setup()) as ledger:
        return Register.parse(ledger.register().to_bytes())


@pytest.mark.parametrize("newest", [True, False])
def test_a_register_erases_subjects_originals_and_single_statements_again(folder: Path, tmp_path: Path, newest: bool) -> None:
    old = Target(tmp_path / "d", tmp_path / "k", Secret(key=b"d" * 32), Secret(key=b"k" * 32))
    with filled(folder) as ledger:
        backed_up(folder, old, Term(1, 30 * DAY))
        (subject,) = ledger.subjects(2, 50)
        digest = bytes.fromhex(json.loads(ledger.payload(2, 50) or b"")["source"]["digest"])
        ledger.erase(ledger.plan_erasure(items=[(2, 51), (2, 0), (0, 0)]), ground="asked for")
        ledger.erase(ledger.plan_erasure([subject]), ground="asked for")
        left = [payload for block in ledger.read(0, 3) for payload in block.payloads]
    assert check_ledger(folder, ledger.vkeys).clean
    register = register_in(folder)
    assert (register.subjects, len(register.originals), [item[:2] for item in register.items]) == ((subject,), 1, [(0, 0), (2, 0), (2, 51)])
    new = tmp_path / "new"
    assert restore(old, Into(new), now_ms=3, newest=newest, erased=register).erased_again == 5
    with LedgerBeside(new, setup()) as beside:  # before any start: whoever only reads finds nothing of it
        assert [payload for block in beside.read(0, 3) for payload in block.payloads] == left
        assert beside.original(digest) is None
    found = check_ledger(new, ledger.vkeys)
    assert found.clean, (found.log.differences, found.vault.differences)
    if not newest:
        return
    with Ledger.open(new, setup()) as again:
        assert again.size == 4
        assert [payload for block in again.read(0, 3) for payload in block.payloads] == left
    found = check_ledger(new, ledger.vkeys)
    assert not found.log.differences + found.vault.differences
    assert register_in(new).subjects + register_in(new).items == register.subjects + register.items


def test_a_register_names_nothing_else_where_a_log_went_on_another_way(folder: Path, tmp_path: Path) -> None:
    first, second = (Target(tmp_path / f"d{n}", tmp_path / f"k{n}", Secret(key=b"d" * 32), Secret(key=b"k" * 32)) for n in range(2))
    with filled(folder) as ledger:
        backed_up(folder, first, Term(1, 30 * DAY))
        ledger.append([statement(900)])
        ledger.erase(ledger.plan_erasure(items=[(3, 0)]), ground="asked for")
    register = register_in(folder)
    restore(first, Into(tmp_path / "other"), now_ms=3, newest=True)
    with Ledger.open(tmp_path / "other", setup()) as other:
        other.append([statement(901)])
        backed_up(tmp_path / "other", second, Term(2, 30 * DAY))
    assert restore(second, Into(tmp_path / "again"), now_ms=3, newest=True, erased=register).erased_again == 0
    with Ledger.open(tmp_path / "again", setup()) as again:
        assert again.payload(3) is not None


def test_a_register_is_read_strictly_and_is_of_one_log(folder: Path, tmp_path: Path) -> None:
    target = Target(tmp_path / "d", tmp_path / "k", Secret(key=b"d" * 32), Secret(key=b"k" * 32))
    with filled(folder) as ledger:
        backed_up(folder, target, Term(1, DAY))
        ledger.erase(ledger.plan_erasure(ledger.subjects(2, 50), [(0, 0)]), ground="asked for")
    whole = register_in(folder).to_bytes()
    lines = whole.splitlines(keepends=True)
    swapped = b"".join([*lines[:2], *reversed(lines[2:-1])])
    sealed = swapped + b"end " + sha256(swapped).hexdigest().encode() + b"\n"
    cut = [whole[:at] for at in range(len(whole))]
    flipped = [whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :] for at in range(len(whole))]
    for bad in [*cut, *flipped, whole + b"\n", whole.replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + whole, sealed]:
        with pytest.raises(BadInput, match="no register of erasures"):
            Register.parse(bad)
    other = Register("b.example/saksi/1", 9)
    with pytest.raises(BadInput, match=r"that of b\.example"):
        restore(target, Into(tmp_path / "new"), now_ms=2, newest=True, erased=other)
    assert not (tmp_path / "new").exists()


def test_damaged_and_wrong_backups_are_refused(folder: Path, tmp_path: Path) -> None:
    target = Target(tmp_path / "d", tmp_path / "k", Secret(key=b"d" * 32), Secret(key=b"k" * 32))
    with filled(folder):
        backed_up(folder, target, Term(1, DAY))
    whole = target.data.read_bytes()
    for at in (3, 40, 200, len(whole) // 2, len(whole) - 1):
        target.data.write_bytes(whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :])
        with pytest.raises(BadInput):
            read_backup(target.data, target.secret)
    for cut in (10, 300, len(whole) - 1):
        target.data.write_bytes(whole[:cut])
        with pytest.raises(BadInput):
            read_backup(target.data, target.secret)
    target.data.write_bytes(whole)
    with pytest.raises(BadInput, match="secret is wrong"):
        read_backup(target.data, Secret(key=b"x" * 32))
    with pytest.raises(BadInput, match="not the data"):
        restore(Target(target.keys, target.keys, target.keys_secret, target.keys_secret), Into(tmp_path / "n"), now_ms=2, newest=True)
    for bad in ({}, {"passphrase": "short"}, {"key": b"short"}, {"passphrase": "long enough for it", "key": b"k" * 32}):
        with pytest.raises(BadInput):
            Secret(**bad)  # type: ignore[arg-type]


class Busy:
    """A writer that does everything a writer can, while somebody else is in the middle of reading: its erasure has to wait."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger, self.began, self.faults = ledger, False, list[BaseException]()
        (subject,) = ledger.subjects(2, 50)
        self.plans = [ledger.plan_erasure([subject]), ledger.plan_erasure(items=[(2, 0)])]
        self.erasing = threading.Thread(target=self._erase)
        self.open = ExitStack()

    def once(self) -> None:
        """One statement with a person, a batch with an original, and a take that is left open; an erasure is begun beside."""
        if self.began:
            return
        self.began = True
        self.erasing.start()
        self.erasing.join(0.5)
        self.ledger.append([statement(901)], subjects=[[self.ledger.new_subject()]])
        for last in (False, True):
            taking = self.open.enter_context(self.ledger.transaction())
            kept = taking.keep_original([b"a file more, %d" % last])
            taking.add(seal_batch([statement(902, kept.digest.hex()).groups()], ["x"], keys=taking.keys, common=b"", random=os.urandom))
            if not last:
                self.open.close()

    def end(self) -> None:
        """Let the open take go, and the erasure go on."""
        self.open.close()
        self.erasing.join(30)
        assert not self.erasing.is_alive()
        assert not self.faults, self.faults

    def _erase(self) -> None:
        try:
            for plan in self.plans:
                self.ledger.erase(plan, ground="asked for")
        except BaseException as fault:
            self.faults.append(fault)


def test_a_backup_is_of_one_checkpoint_although_the_writer_goes_on(folder: Path, tmp_path: Path) -> None:
    target = Target(tmp_path / "d", tmp_path / "k", Secret(key=b"d" * 32), Secret(key=b"k" * 32))
    with filled(folder) as ledger:
        busy = Busy(ledger)

        def between() -> Iterator[bytes]:  # the data are copied by then, and the keys are not
            busy.once()
            yield b"x"

        assert backed_up(folder, target, Term(1, DAY), Other(data=(("node/x.txt", 1, between()),))).size == 3
        busy.end()
        assert ledger.payload(2, 50) is None
        assert restore(target, Into(tmp_path / "new"), now_ms=2, newest=True) == Restored(3, 0, 1)
        found = check_ledger(tmp_path / "new", ledger.vkeys)
        assert found.clean, (found.log.differences, found.vault.differences)
        assert (found.vault.missing, found.vault.erased) == ((), 0)
        backed_up(folder, target, Term(2, DAY))
        restore(target, Into(tmp_path / "newer"), now_ms=3, newest=True)
        found = check_ledger(tmp_path / "newer", ledger.vkeys)
        assert found.clean, (found.log.differences, found.vault.differences)
        assert found.vault.erased == 41


def test_an_open_take_is_in_no_backup(folder: Path, tmp_path: Path) -> None:
    target = Target(tmp_path / "d", tmp_path / "k", Secret(key=b"d" * 32), Secret(key=b"k" * 32))
    with filled(folder) as ledger:
        busy = Busy(ledger)
        busy.plans = []
        busy.once()
        made = backed_up(folder, target, Term(1, DAY))
        report = check_ledger(folder, ledger.vkeys, settled=False)
        assert report.clean, (report.log.differences, report.vault.differences)
        cut_off = check_ledger(folder, ledger.vkeys)  # as if the writer had been killed: told, and no fault, for a start mends it
        assert cut_off.clean
        assert {each.where.partition(",")[0] for each in cut_off.vault.differences} >= {"vault.data", "subjects.slots"}
        assert all(each.unfinished for each in cut_off.vault.differences)
        busy.end()
    restore(target, Into(tmp_path / "new"), now_ms=2, newest=True)
    assert made.size == 5
    assert len(list((tmp_path / "new" / "originals").iterdir())) == 2
    assert check_ledger(tmp_path / "new", ledger.vkeys).clean


def test_a_check_is_of_one_checkpoint_although_the_writer_goes_on(folder: Path) -> None:
    with filled(folder) as ledger:
        busy = Busy(ledger)
        report = check_ledger(folder, ledger.vkeys, settled=False, progress=lambda _done, _all: busy.once())
        assert report.clean, (report.log.differences, report.vault.differences)
        assert (report.log.size, report.vault.erased) == (3, 0)
        busy.end()
    assert check_ledger(folder, ledger.vkeys).clean


def test_damage_is_found_beside_a_writer_too(folder: Path) -> None:
    with filled(folder) as ledger:
        for name in ("vault/vault.data", "keys/subjects.slots", "log/entries.data", "log.highest"):
            path = folder / name
            whole = path.read_bytes()
            path.write_bytes(whole[:70] + bytes([whole[70] ^ 1]) + whole[71:])
            report = check_ledger(folder, ledger.vkeys, settled=False)
            assert Path(name).name.split(".")[0] in str((report.log.differences, report.vault.differences)), name
            path.write_bytes(whole)
        assert check_ledger(folder, ledger.vkeys, settled=False).clean


def test_an_erasure_and_a_backup_wait_for_each_other_and_not_for_ever(folder: Path) -> None:
    with filled(folder):
        keys = folder / "keys"
        reads = pytest.raises(Held, match="a backup or a check reads the ledger")
        with calm(LocalDisk(), keys), calm(LocalDisk(), keys), reads, erasing(LocalDisk(), keys, wait=0.1):
            pytest.fail("erased while somebody read")
        with erasing(LocalDisk(), keys), pytest.raises(Held, match="an erasure is under way"), calm(LocalDisk(), keys, wait=0.1):
            pytest.fail("read while somebody erased")


def test_an_erasure_that_was_interrupted_is_not_backed_up_half_done(folder: Path, tmp_path: Path) -> None:
    with filled(folder):
        pass
    (folder / "keys" / "erasing.journal").write_bytes(b"{")
    with pytest.raises(LedgerFault, match="half done"):
        backed_up(folder, Target(tmp_path / "d", tmp_path / "k", Secret(key=b"d" * 32), Secret(key=b"k" * 32)), Term(1, DAY))
    assert not (tmp_path / "d").exists()


def test_a_backup_and_a_restore_without_room_say_how_much_they_need(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = Target(tmp_path / "d", tmp_path / "k", Secret(key=b"d" * 32), Secret(key=b"k" * 32))
    real, told = os.statvfs(tmp_path), []

    def full(_path: object) -> os.statvfs_result:
        return os.statvfs_result([*real[:4], 0, *real[5:]])

    with filled(folder):
        pass
    for step in ("back up", "restore"):
        with monkeypatch.context() as patched, pytest.raises(DiskFull, match=r"at least [0-9,]+ bytes are needed, 0 are free") as refused:
            patched.setattr(os, "statvfs", full)
            if step == "back up":
                backed_up(folder, target, Term(1, DAY))
            else:
                restore(target, Into(tmp_path / "new"), now_ms=2, newest=True)
        told.append(int(refused.value.what.split()[6].replace(",", "")))
        assert sorted(each.name for each in tmp_path.iterdir()) == (["ledger"] if step == "back up" else ["d", "k", "ledger"])
        if step == "back up":
            backed_up(folder, target, Term(1, DAY))
    assert told[0] <= target.data.stat().st_size + target.keys.stat().st_size
    assert told[1] == target.data.stat().st_size
    assert restore(target, Into(tmp_path / "new"), now_ms=2, newest=True).size == 3


def test_a_backup_killed_between_its_two_names_is_found(folder: Path, tmp_path: Path) -> None:
    target = Target(tmp_path / "d", tmp_path / "k", Secret(key=b"d" * 32), Secret(key=b"k" * 32))
    with filled(folder) as ledger:
        backed_up(folder, target, Term(1, DAY))
        old = target.data.read_bytes()
        ledger.append([statement(900)])
        backed_up(folder, target, Term(2, DAY))
        target.data.rename(tmp_path / "d.new")
        target.data.write_bytes(old)
        found = belonging(target)
        assert found.data == tmp_path / "d.new"
        assert restore(found, Into(tmp_path / "new"), now_ms=3, newest=True).size == 4
        backed_up(folder, target, Term(3, DAY))
    assert belonging(target) == target
    assert not (tmp_path / "d.new").exists()


def test_files_of_the_node_come_back_where_they_are_wanted_and_no_name_leads_elsewhere(folder: Path, tmp_path: Path) -> None:
    target = Target(tmp_path / "d", tmp_path / "k", Secret(key=b"d" * 32), Secret(key=b"k" * 32))
    other = Other(data=(("node/api/access.log", 2, iter((b"a", b"b"))),), keys=(("node/api/keys.json", 3, iter((b"{}\n",))),))
    with filled(folder):
        backed_up(folder, target, Term(1, DAY), other)
        restore(target, Into(tmp_path / "new", other=tmp_path / "other"), now_ms=2, newest=True)
        assert (tmp_path / "other" / "api" / "access.log").read_bytes() == b"ab"
        assert (tmp_path / "other" / "api" / "keys.json").read_bytes() == b"{}\n"
        restore(target, Into(tmp_path / "bare"), now_ms=2, newest=True)
        assert sorted(path.name for path in (tmp_path / "bare").iterdir()) == ["keys", "log", "log.highest", "originals", "vault"]
        for name in ("node/../evil.txt", "../evil.txt", "node/a/../../evil.txt", "/evil.txt"):
            backed_up(folder, target, Term(1, DAY), Other(data=((name, 1, iter((b"x",))),)))
            with pytest.raises(BadInput, match="no ledger has"):
                restore(target, Into(tmp_path / "bad", other=tmp_path / "bad-other"), now_ms=2, newest=True)
            assert not (tmp_path / "bad").exists()
            assert not (tmp_path / "evil.txt").exists()
