"""The ledger as its users see it: write, read, prove, erase, check, back up."""

from __future__ import annotations

import errno
import json
import os
import stat
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledgers import ORIGIN, filled, setup, statement, take

from saksi.ledger.batch import Kind
from saksi.ledger.beside import LedgerBeside
from saksi.ledger.bundle import verify_bundle
from saksi.ledger.check import check_ledger
from saksi.ledger.core import Entry
from saksi.ledger.disk import DiskFailed, Handle, LocalDisk
from saksi.ledger.frame import seal_batch
from saksi.ledger.ledger import Ledger
from saksi.model.errors import BadInput, LedgerFault, NotAllowed, SaksiError
from saksi.model.statement import Statement


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "ledger"


def test_what_was_written_is_read_back_also_after_a_restart(folder: Path) -> None:
    ledger = filled(folder)
    for again in range(2):
        blocks = list(ledger.read())
        payloads = [payload for block in blocks for payload in block.payloads if payload]
        digest = Statement.parse(payloads[5]).source.digest
        assert payloads == [statement(number).payload() for number in (1, 2)] + [statement(n, digest).payload() for n in range(10, 160)]
        assert [block.kind for block in blocks[:3]] == [Kind.PRIVATE, Kind.PRIVATE, Kind.BATCH]
        assert [len(block.subjects) for block in blocks] == [1, 2, 0, 1, 1, 1]
        assert all(len(block.commitments) == len(block.payloads) for block in blocks)
        assert ledger.payload(2, 149) == payloads[-1]
        assert b"".join(ledger.original(bytes.fromhex(digest or "")) or ()) == b"the very file, in pieces"
        ledger.close()
        if not again:
            ledger = Ledger.open(folder, setup())


def test_a_second_writer_and_a_second_ledger_in_one_folder_are_refused(folder: Path) -> None:
    with filled(folder), pytest.raises(NotAllowed):
        Ledger.open(folder, setup())
    with pytest.raises(BadInput):
        Ledger.create(folder, setup())
    with Ledger.open(folder, setup()) as ledger:
        assert ledger.size == 3


def test_a_second_writer_that_got_past_the_lock_loses_nothing_to_the_first(folder: Path) -> None:
    first = filled(folder)
    gone = first.plan_erasure(first.subjects(0))
    (folder / "log" / "lock").unlink()
    with Ledger.open(folder, setup()) as second:
        second.append([statement(3)], subjects=[[second.new_subject()]])
        for act in (
            lambda: first.append([statement(4)], subjects=[[first.new_subject()]]),
            lambda: take(first, [statement(5)]),
            lambda: first.erase(gone, ground="a test"),
        ):
            with pytest.raises(LedgerFault, match=r"another writer|failed and is not written"):
                act()
        first.close()
        second.append([statement(6)])
        assert [Statement.parse(second.payload(leaf, 0) or b"") for leaf in (3, 4)] == [statement(3), statement(6)]
        assert second.payload(0, 0) is not None
        keys = second.vkeys
    assert check_ledger(folder, keys).clean


def test_another_process_reads_and_proves_beside_the_writer(folder: Path) -> None:
    with filled(folder) as ledger:
        with LedgerBeside(folder, setup()) as beside:
            assert (beside.origin, beside.size) == (ORIGIN, 3)
            assert list(beside.read()) == list(ledger.read())
            found = verify_bundle(beside.prove(2, 7, ["content"]), ledger.vkeys)
            assert found.ref == ledger.ref(ledger.commitment(2, 7))
            ledger.append([statement(800)])
            assert beside.size == 3, "as it stood when it was opened"
            (subject,) = ledger.subjects(2, 50)
        ledger.erase(ledger.plan_erasure([subject]), ground="asked for")
        with LedgerBeside(folder, setup()) as beside:
            assert beside.size == 5
            assert beside.payload(3) == statement(800).payload()
            assert beside.payload(2, 50) is None
        assert check_ledger(folder, ledger.vkeys).clean, "nothing was cut or written beside the writer"


def test_a_statement_that_nobody_could_read_back_is_refused(folder: Path) -> None:
    """Each group fits the canonical form, the whole does not."""
    long = replace(statement(1), content=replace(statement(1).content, original="o" * 40_000))  # type: ignore[type-var]
    with filled(folder) as ledger, pytest.raises(BadInput, match="60000"):
        ledger.append([replace(long, source=replace(long.source, quote="q" * 40_000))])


def test_keys_that_others_may_read_are_refused(folder: Path) -> None:
    filled(folder).close()
    for path in (folder / "keys").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE((folder / "keys").stat().st_mode) == 0o700
    (folder / "keys" / "vault.key").chmod(0o640)
    with pytest.raises(NotAllowed, match="others may read"):
        Ledger.open(folder, setup())


@pytest.mark.parametrize("groups", [("content",), (), ("content", "source", "asserter", "handling"), ("asserter",)])
@pytest.mark.parametrize("place", [(0, 0), (2, 0), (2, 149)])
def test_a_proof_shows_what_it_shows(folder: Path, place: tuple[int, int], groups: tuple[str, ...]) -> None:
    with filled(folder) as ledger:
        whole = json.loads(ledger.payload(*place) or b"")
        proof = ledger.prove(*place, groups)
        found = verify_bundle(proof, ledger.vkeys)
        ref = ledger.ref(ledger.commitment(*place))
    assert {name: json.loads(group) for name, group in found.groups.items()} == {name: whole[name] for name in groups}
    assert set(found.hidden) == {"content", "source", "asserter", "handling"} - set(groups)
    assert (found.ref, found.leaf) == (ref, place[0])
    if "content" not in groups:
        assert whole["content"]["entity"].encode() not in proof


def test_a_proof_of_a_request_has_its_header_and_the_leaf_its_tag(folder: Path) -> None:
    with filled(folder) as ledger:
        entry = Entry(Kind.REQUEST, (*statement(7).groups(), b'{"step":"ask"}'), extra=b"t" * 16)
        leaf = ledger.append_entries([entry]).appended.first
        found = verify_bundle(ledger.prove(leaf, 0, ["header"]), ledger.vkeys)
        assert dict(found.groups) == {"header": b'{"step":"ask"}'}
        assert found.hidden == ("content", "source", "asserter", "handling")
        assert b'"header":{"step":"ask"}' in (ledger.payload(leaf) or b"")


def test_no_change_of_a_proof_file_verifies(folder: Path) -> None:
    """Every byte of the file, flipped: refused, or (a bit of a signature that nobody trusts would be the only other way) never accepted."""
    with filled(folder) as ledger:
        proof = ledger.prove(2, 77, ["content"])
        vkeys = ledger.vkeys
    assert verify_bundle(proof, vkeys).groups
    for place in range(len(proof)):
        changed = proof[:place] + bytes([proof[place] ^ (1 << place % 8)]) + proof[place + 1 :]
        with pytest.raises(SaksiError):
            verify_bundle(changed, vkeys)
    for cut in range(0, len(proof), 97):
        with pytest.raises(SaksiError):
            verify_bundle(proof[:cut], vkeys)


def test_groups_of_another_statement_do_not_fit_a_proof(folder: Path) -> None:
    with filled(folder) as ledger:
        one, other = (json.loads(ledger.prove(2, index, ["content"])) for index in (3, 4))
        vkeys = ledger.vkeys
    one["groups"]["content"] = other["groups"]["content"]
    with pytest.raises(BadInput):
        verify_bundle(json.dumps(one, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n", vkeys)


def test_erasing_a_subject_leaves_the_log_and_takes_the_words(folder: Path) -> None:
    with filled(folder) as ledger:
        before = list(ledger.log.entries())
        (subject,) = ledger.subjects(2, 50)
        digest = bytes.fromhex(Statement.parse(ledger.payload(2, 50) or b"").source.digest or "")
        commitments = [ledger.commitment(2, index) for index in range(150)]
        plan = ledger.plan_erasure([subject])
        assert plan.touched == tuple((2, index) for index in range(40, 80))
        assert (plan.shared, plan.originals, plan.resting) == (0, (digest,), 110)
        done = ledger.erase(plan, ground="asked for by the person")
        assert done.notices == (3,)
        for index in range(150):
            assert (ledger.payload(2, index) is None) == (40 <= index < 80)
        assert ledger.original(digest) is None, "the file that holds the same words is gone too"
        assert [ledger.commitment(2, index) for index in range(150)] == commitments
        with pytest.raises(BadInput):
            ledger.prove(2, 50)
        with pytest.raises(BadInput):
            ledger.plan_erasure([subject])
        verify_bundle(ledger.prove(2, 10), ledger.vkeys)
        assert list(ledger.log.entries())[:3] == before
    everything = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert subject in everything, "the random id stays, for the notice"
    report = check_ledger(folder, ledger.vkeys)
    assert report.clean, (report.log.differences, report.vault.differences)
    assert (report.vault.erased, report.vault.originals) == (40, 0)


def test_a_statement_of_two_subjects_goes_with_either(folder: Path) -> None:
    with filled(folder) as ledger:
        one, other = sorted(ledger.subjects(1))
        alone = set(ledger.subjects(0))
        second = ({one, other} - alone).pop()
        plan = ledger.plan_erasure([second])
        assert (plan.touched, plan.shared) == (((1, 0),), 1)
        ledger.erase(plan, ground="asked for")
        assert ledger.payload(1) is None
        assert ledger.payload(0) is not None
        with pytest.raises(BadInput, match="was erased"):
            ledger.append([statement(5)], subjects=[[second]])


def test_single_statements_are_taken_out_of_their_block(folder: Path) -> None:
    with filled(folder) as ledger:
        size = ledger.vault_bytes
        kept = {index: ledger.payload(2, index) for index in range(150) if index not in {0, 5, 6, 41}}
        plan = ledger.plan_erasure(items=[(2, 0), (2, 5), (2, 6), (2, 41)])
        done = ledger.erase(plan, ground="wrong person", keep_originals=True)
        assert done.touched == ((2, 0), (2, 5), (2, 6), (2, 41))
        assert {index: ledger.payload(2, index) for index in range(150) if ledger.payload(2, index)} == kept
        assert ledger.original(plan.originals[0]) is not None
        assert ledger.vault_bytes - size < 700, "only the notice was added"
        verify_bundle(ledger.prove(2, 4), ledger.vkeys)
        with pytest.raises(BadInput):
            ledger.plan_erasure(items=[(2, 5)])
    with Ledger.open(folder, setup()) as ledger:
        assert ledger.payload(2, 7) == kept[7]
        assert ledger.payload(2, 6) is None
    report = check_ledger(folder, ledger.vkeys)
    assert report.clean, report.vault.differences
    assert report.vault.erased == 4


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_what_is_forgotten_is_forgotten_and_nothing_else(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Any statements of any block, in any order of forgetting: the others stay as they were."""
    words = st.sampled_from(["a", "b", "long " * 30, "ក" * 20])
    rows = data.draw(st.lists(st.tuples(words, words), min_size=1, max_size=20))
    statements = [statement(number) for number in range(len(rows))]
    made = [
        (json.dumps({"v": left}).encode(), json.dumps({"s": right}).encode(), *one.groups()[2:])
        for one, (left, right) in zip(statements, rows, strict=True)
    ]
    with Ledger.create(tmp_path_factory.mktemp("forget") / "ledger", setup()) as ledger:
        with ledger.transaction() as taking:
            taking.add(seal_batch(made, None, keys=taking.keys, random=os.urandom))
        before = [ledger.payload(0, index) for index in range(len(rows))]
        order = data.draw(st.permutations(range(len(rows))))
        gone: set[int] = set()
        while len(gone) < len(rows):
            part = order[len(gone) : len(gone) + data.draw(st.integers(1, 5))]
            ledger.erase(ledger.plan_erasure(items=[(0, index) for index in part]), ground="order")
            gone.update(part)
            assert [ledger.payload(0, index) for index in range(len(rows))] == [
                None if index in gone else payload for index, payload in enumerate(before)
            ]


def test_no_guess_is_confirmed_by_anything_that_is_public(folder: Path) -> None:
    """Whoever guesses a statement to the last letter finds no hash of it in the log, in refs, or in proofs that hide it."""
    with filled(folder) as ledger:
        digest = Statement.parse(ledger.payload(2, 0) or b"").source.digest
        guessed = statement(10, digest)
        public = b"".join(ledger.log.entries()) + ledger.checkpoint() + ledger.prove(2, 0, ["handling"])
        public += b"".join(ledger.commitment(2, index) for index in range(150))
        public += b"".join(path.read_bytes() for path in (folder / "log").iterdir() if path.is_file())
        vault = b"".join(path.read_bytes() for name in ("vault", "originals") for path in (folder / name).iterdir())
    said = [guessed.payload(), *guessed.groups()[:2], guessed.id(), b"phone:+99900000010", b"+99900000010", b"99900000010", b"00000010"]
    for words in said:
        for tag in (b"", b"\0", b"\1", b"saksi/c1\0", b"saksi/id1\0", b"saksi/k1\0"):
            for hashed in (sha256(tag + words).digest(), sha256(tag + words).hexdigest().encode()):
                assert hashed not in public
                assert hashed not in vault
    for words in said[:6]:
        assert words not in public
        assert words not in vault


def test_every_flipped_bit_is_found(folder: Path) -> None:
    """Flip one bit anywhere in vault, keys, originals: fsck names it, or cannot read the ledger at all."""
    with filled(folder) as ledger:
        vkeys = ledger.vkeys
        ledger.erase(ledger.plan_erasure([ledger.subjects(2, 90)[0]]), ground="asked for", keep_originals=True)
        ledger.erase(ledger.plan_erasure(items=[(2, 3)]), ground="order", keep_originals=True)
    assert check_ledger(folder, vkeys).clean
    rng = Random(11)
    files = [path for name in ("vault", "keys", "originals") for path in sorted((folder / name).iterdir()) if path.stat().st_size]
    assert len(files) >= 6
    for path in files:
        whole = path.read_bytes()
        for at in {rng.randrange(8 * len(whole)) for _ in range(60)}:
            changed = bytearray(whole)
            changed[at // 8] ^= 1 << at % 8
            path.write_bytes(changed)
            try:
                clean = check_ledger(folder, vkeys).clean
            except SaksiError:
                clean = False
            assert not clean, f"bit {at} of {path.name} was not found"
        path.write_bytes(whole)
    assert check_ledger(folder, vkeys).clean


def test_missing_payloads_are_named_and_the_rest_goes_on(folder: Path) -> None:
    """A log refilled from a mirror, without its vault: leaves without payload are listed, new ones are taken in."""
    with filled(folder) as ledger:
        vkeys = ledger.vkeys
    for name in ("vault.data", "vault.idx"):
        (folder / "vault" / name).write_bytes(b"")
    with pytest.raises(LedgerFault, match="no payload for leaf 0 of 3"):
        Ledger.open(folder, setup())
    with Ledger.open(folder, replace(setup(), missing_ok=True)) as ledger:
        assert list(ledger.read()) == []
        assert ledger.payload(1) is None
        leaf = take(ledger, [statement(700)], ["new"])
        assert ledger.payload(leaf) == statement(700).payload()
    report = check_ledger(folder, vkeys)
    assert report.vault.missing == (0, 1, 2)
    assert report.vault.statements == 1


def test_a_writer_killed_before_its_index_left_nothing_damaged(folder: Path) -> None:
    """Between the signed checkpoint and the index of the vault: no fault, no word of backups, and the next start mends it."""
    with filled(folder) as ledger:
        vkeys, held = ledger.vkeys, list(ledger.read())
    index = folder / "vault" / "vault.idx"
    whole = index.read_bytes()
    for left in (b"", whole[:8], whole[:12], whole[:8] + bytes(len(whole) - 8), whole[:16] + bytes(len(whole) - 16)):
        index.write_bytes(left)
        report = check_ledger(folder, vkeys)
        assert report.clean
        assert [(each.where, each.unfinished, each.lags) for each in report.vault.differences] == [("vault.idx", True, True)]
        with Ledger.open(folder, setup()) as ledger:
            assert list(ledger.read()) == held
        assert (index.read_bytes(), check_ledger(folder, vkeys).vault.differences) == (whole, ())
    index.write_bytes(whole + bytes(8))
    assert not check_ledger(folder, vkeys).clean, "a start refuses it"
    with pytest.raises(LedgerFault, match="the log is older than the vault"):
        Ledger.open(folder, setup())
    index.write_bytes(whole + bytes(7))
    assert check_ledger(folder, vkeys).clean
    Ledger.open(folder, setup()).close()
    assert index.read_bytes() == whole
    index.write_bytes(whole[:8] + whole[:8] + b"\0" * 7 + b"\1")
    assert not check_ledger(folder, vkeys).clean, "a place that leads elsewhere is no place that lacks"
    data = folder / "vault" / "vault.data"
    damaged = data.read_bytes()[:-1]
    for left in (b"", whole[:8] + bytes(len(whole) - 8)):
        index.write_bytes(left)
        data.write_bytes(damaged)
        assert not check_ledger(folder, vkeys).clean, "a short index hides no frame that is damaged"


def test_a_log_whose_hashes_lack_their_end_does_not_hide_the_vault(folder: Path) -> None:
    """The vault is read all the same: whole it is clean with what a start mends, damaged it is damaged."""
    with filled(folder) as ledger:
        vkeys, held = ledger.vkeys, list(ledger.read())
    hashes, data = folder / "log" / "level0.hashes", folder / "vault" / "vault.data"
    whole, sound = hashes.read_bytes(), data.read_bytes()
    turned = bytearray(sound)
    turned[len(turned) // 2] ^= 1
    for left in (b"", whole[:40], whole[:32] + bytes(len(whole) - 32)):
        hashes.write_bytes(left)
        data.write_bytes(turned)
        report = check_ledger(folder, vkeys)
        assert report.log.clean
        assert not report.clean
        data.write_bytes(sound)
        report = check_ledger(folder, vkeys)
        assert (report.clean, report.lags, report.vault.statements) == (True, True, 152)
        with Ledger.open(folder, setup()) as ledger:
            assert list(ledger.read()) == held
        assert (hashes.read_bytes(), check_ledger(folder, vkeys).log.differences) == (whole, ())


def test_a_vault_that_cannot_be_read_is_not_called_damaged(folder: Path) -> None:
    with filled(folder):
        pass
    with pytest.raises(DiskFailed, match="Input/output error") as refused:
        Ledger.open(folder, replace(setup(), disk=_Unreadable()))
    assert "backup" not in refused.value.todo


class _Unreadable(LocalDisk):
    """A disk that fails whenever the vault's frames are read."""

    def open(self, path: Path, *, write: bool = False) -> Handle:
        made = super().open(path, write=write)
        return _Failing(made) if path.name == "vault.data" else made


class _Failing:
    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        self.write_at, self.sync, self.truncate = handle.write_at, handle.sync, handle.truncate
        self.size, self.close = handle.size, handle.close

    def read_at(self, length: int, offset: int) -> bytes:
        raise OSError(errno.EIO, "injected")


def test_vault_bytes_stay_small_for_statements_logged_one_by_one(folder: Path) -> None:
    with Ledger.create(folder, setup()) as ledger:
        subjects = [[ledger.new_subject()] for _ in range(60)]
        for start in range(0, 240, 8):
            made = [statement(number, "5a" * 32) for number in range(start, start + 8)]
            ledger.append(made, subjects=[subjects[number % 60] for number in range(start, start + 8)])
        assert ledger.vault_bytes / 240 < 400
        assert ledger.origin == ORIGIN
