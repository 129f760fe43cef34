"""Keys: shown once, kept as digests, checked without telling why, ended at once."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saksi.app.api.keys import CAN, KeyStore, May, Role
from saksi.model import BadInput, LedgerFault, Tlp

END = "2027-01-01T00:00:00Z"


class Clock:
    now = "2026-06-15T12:00:00Z"

    def __call__(self) -> str:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> KeyStore:
    return KeyStore(tmp_path / "keys.json", clock=clock, random=os.urandom)


def test_a_key_opens_and_its_secret_is_nowhere_on_the_disk(store: KeyStore, tmp_path: Path) -> None:
    key, text = store.create("desk of bank B", Role.READER, clearance=Tlp.GREEN, expires_at=END)
    assert store.check(text) == key
    assert text.split("_", 2)[2] not in (tmp_path / "keys.json").read_text()
    assert (tmp_path / "keys.json").stat().st_mode & 0o077 == 0


def test_a_key_ends(store: KeyStore, clock: Clock) -> None:
    _, text = store.create("desk", Role.READER, clearance=Tlp.GREEN, expires_at=END)
    clock.now = END
    assert store.check(text) is None


def test_revoking_counts_at_once_in_another_process(store: KeyStore, tmp_path: Path, clock: Clock) -> None:
    key, text = store.create("desk", Role.READER, clearance=Tlp.GREEN, expires_at=END)
    assert store.check(text) is not None
    other = KeyStore(tmp_path / "keys.json", clock=clock, random=os.urandom)
    assert other.revoke(key.id).revoked_at == clock.now
    assert store.check(text) is None
    assert store.listed()[0].revoked_at == clock.now


def test_revoking_twice_keeps_the_first_time(store: KeyStore, clock: Clock) -> None:
    key, _ = store.create("desk", Role.READER, clearance=Tlp.GREEN, expires_at=END)
    first = store.revoke(key.id)
    clock.now = "2026-07-01T00:00:00Z"
    assert store.revoke(key.id) == first
    with pytest.raises(BadInput):
        store.revoke("nobody")


def test_two_keys_of_one_name_are_never_made(tmp_path: Path, clock: Clock) -> None:
    drawn = [b"a" * 32, b"name", b"b" * 32, b"name", b"c" * 32, b"eman"]
    store = KeyStore(tmp_path / "keys.json", clock=clock, random=lambda _: drawn.pop(0))
    one, _ = store.create("one", Role.READER, clearance=Tlp.GREEN, expires_at=END)
    two, text = store.create("two", Role.READER, clearance=Tlp.GREEN, expires_at=END)
    assert one.id != two.id
    assert store.check(text) == two


@given(st.text(max_size=80) | st.from_regex(r"saksi_[0-9a-f]{8}_[A-Za-z0-9_-]{43}", fullmatch=True))
def test_what_is_not_a_key_opens_nothing(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    store = KeyStore(tmp_path_factory.getbasetemp() / "some-keys.json", clock=Clock(), random=os.urandom)
    if not store.listed():
        store.create("desk", Role.READER, clearance=Tlp.GREEN, expires_at=END)
    assert store.check(text) is None


def test_a_key_with_one_letter_changed_opens_nothing(store: KeyStore) -> None:
    _, text = store.create("desk", Role.READER, clearance=Tlp.GREEN, expires_at=END)
    for place in range(6, len(text) - 1):  # the last letter has spare bits, and is checked to be written as it is
        changed = text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]
        assert store.check(changed) is None


@pytest.mark.parametrize(("holder", "end"), [("", END), (" ", END), ("x" * 201, END), ("desk", "2026-06-15T12:00:00Z")])
def test_senseless_keys_are_refused(store: KeyStore, holder: str, end: str) -> None:
    with pytest.raises(BadInput):
        store.create(holder, Role.READER, clearance=Tlp.GREEN, expires_at=end)


def test_a_damaged_file_opens_nothing(store: KeyStore, tmp_path: Path) -> None:
    _, text = store.create("desk", Role.READER, clearance=Tlp.GREEN, expires_at=END)
    path = tmp_path / "keys.json"
    path.write_text(json.dumps({"keys": "all"}))
    with pytest.raises(LedgerFault):
        store.check(text)


@pytest.mark.parametrize(("name", "word"), [("clearance", "GREN"), ("role", "owner")])
def test_a_word_in_the_file_that_is_not_known_opens_nothing(store: KeyStore, tmp_path: Path, name: str, word: str) -> None:
    _, text = store.create("desk", Role.READER, clearance=Tlp.GREEN, expires_at=END)
    path = tmp_path / "keys.json"
    file = json.loads(path.read_text())
    file["keys"][0][name] = word
    path.write_text(json.dumps(file))
    with pytest.raises(LedgerFault, match="the keys cannot be read"):
        store.check(text)


def test_a_revocation_is_not_written_over_by_a_key_that_is_made_at_the_same_time(store: KeyStore, tmp_path: Path, clock: Clock) -> None:
    made, text = store.create("desk", Role.READER, clearance=Tlp.GREEN, expires_at=END)
    revoking = threading.Thread(target=KeyStore(tmp_path / "keys.json", clock=clock, random=os.urandom).revoke, args=(made.id,))

    def slow(count: int) -> bytes:
        if count == 4:  # the name of the key: its maker has read the file by now
            revoking.start()
            revoking.join(timeout=0.3)
        return os.urandom(count)

    KeyStore(tmp_path / "keys.json", clock=clock, random=slow).create("other", Role.READER, clearance=Tlp.GREEN, expires_at=END)
    revoking.join()
    assert store.check(text) is None
    assert len(store.listed()) == 2


def test_who_runs_the_node_does_not_read_it_and_who_reads_does_not_run_it() -> None:
    assert CAN[Role.ADMINISTRATOR] == {May.ADMIN}
    assert CAN[Role.INTAKE] == {May.GIVE}
    for role in set(Role) - {Role.ADMINISTRATOR}:
        assert May.ADMIN not in CAN[role]
    assert [role for role in Role if May.AUDIT in CAN[role]] == [Role.AUDITOR]
