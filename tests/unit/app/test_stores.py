"""Damage in the files beside the ledger: a key that was revoked opens nothing again, and what is broken is named with what to do."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from saksi.app import cli
from saksi.app.api.access import AccessLog, Watcher
from saksi.app.api.keys import KeyStore, Role
from saksi.app.home import Home
from saksi.app.people.store import Store
from saksi.app.stores import check_stores
from saksi.model import LedgerFault, Tlp

NOW = "2026-03-02T00:00:00Z"


def _bytes(count: int) -> bytes:
    return hashlib.sha256(str(count).encode()).digest()[:count]


def _keys(folder: Path) -> KeyStore:
    return KeyStore(folder / "keys.json", clock=lambda: NOW, random=_bytes)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with a key, three look-ups and two changes of people; nothing else."""
    (tmp_path / "api").mkdir()
    _keys(tmp_path / "api").create("a desk", Role.READER, clearance=Tlp.GREEN, expires_at="2027-03-02T00:00:00Z")
    log = AccessLog(tmp_path / "api", clock=lambda: NOW, random=_bytes)
    for value in ("phone:+85512345678", "host:one.example", "host:two.example"):
        log.note(Watcher("key", "reader", "a test"), "ask", what=[value])
    log.close()
    store = Store(tmp_path / "people", key=_bytes(32), clock=lambda: 1, random=_bytes)
    for number in range(40):
        with store.change("somebody", "add", f"person {number}", why="a test"):
            pass
    store.close()
    return Home(tmp_path)


def test_no_bit_of_the_keys_lets_a_revoked_one_in_or_another_one_further(tmp_path: Path) -> None:
    store = _keys(tmp_path)
    made, text = store.create("a desk", Role.READER, clearance=Tlp.GREEN, expires_at="2026-03-03T00:00:00Z")
    store.revoke(made.id)
    path = tmp_path / "keys.json"
    written, refused = path.read_bytes(), 0
    for bit in range(8 * len(written)):
        data = bytearray(written)
        data[bit // 8] ^= 1 << bit % 8
        path.write_bytes(data)
        try:
            assert _keys(tmp_path).check(text) is None, bit
            assert _keys(tmp_path).listed()[0].revoked_at == NOW, bit
        except LedgerFault as fault:
            assert "backup" in fault.todo
            refused += 1
    assert refused > 4 * len(written)


def test_keys_that_were_written_before_they_had_a_check_are_read(tmp_path: Path) -> None:
    store = _keys(tmp_path)
    made, text = store.create("a desk", Role.READER, clearance=Tlp.GREEN, expires_at="2027-03-02T00:00:00Z")
    path = tmp_path / "keys.json"
    file = msgspec.json.decode(path.read_bytes(), type=dict[str, object])
    del file["check"]
    path.write_bytes(msgspec.json.encode(file))
    assert _keys(tmp_path).check(text) == made


def test_a_home_as_it_was_written_and_an_empty_one_have_nothing_wrong(home: Home, tmp_path: Path) -> None:
    assert check_stores(home) == []
    assert check_stores(Home(tmp_path / "nothing")) == []
    with (home.path / "api" / "access.log").open("ab") as log:
        log.write(b'{"when":"20')  # killed while it wrote: it was never answered
    assert check_stores(home) == []


def _zeroed(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[4096:8192] = bytes(4096)
    path.write_bytes(data)


def _said_otherwise(path: Path) -> None:
    with sqlite3.connect(path) as rows:
        rows.execute("DROP TRIGGER log_stays")
        rows.execute("UPDATE log SET line = CAST(replace(line, 'person 7', 'person 8') AS BLOB) WHERE n = 8")
    rows.close()


def _turned(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data.replace(b'"count":1', b'"count":0', 1))


def _raised(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"reader"', b'"administrator"'))


@pytest.mark.parametrize(
    ("name", "harm", "todo"),
    [
        ("people/people.db", _zeroed, "bring it back from a backup"),
        ("people/people.db", _said_otherwise, "bring it back from a backup"),
        ("api/access.log", _turned, "compare it with a backup"),
        ("api/keys.json", _raised, "bring it back from a backup"),
    ],
)
def test_what_is_damaged_is_named_with_what_to_do(home: Home, name: str, harm: Callable[[Path], None], todo: str) -> None:
    harm(home.path / name)
    (told,) = check_stores(home)
    assert told.startswith(name)
    assert todo in told


def test_a_store_that_breaks_a_command_is_told_in_words_with_exit_code_5(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise sqlite3.DatabaseError("database disk image is malformed")

    monkeypatch.setattr(cli.saksi, "main", breaks)
    monkeypatch.setattr("sys.argv", ["saksi", "user", "list", "--home", str(home.path)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 5
    told = capsys.readouterr().err
    assert "a store of the node cannot be used: database disk image is malformed" in told
    assert "saksi fsck" in told
