"""The command `user`: people are kept at the machine, and nobody's password passes through it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner
from crew import CHEAP, KNOCK, PASSWORD

from saksi.app.backup import Files, Taken, bring_back, write_backup
from saksi.app.cli import saksi
from saksi.app.config import Config, load
from saksi.app.home import Home, people_key, set_up
from saksi.app.people.people import FOLDER, People, open_people
from saksi.app.people.setting import host_names, provider_of
from saksi.app.people.store import FILE, Store
from saksi.ledger.sealed_stream import Secret
from saksi.model import BadInput, NotAllowed


@pytest.fixture
def home(tmp_path: Path) -> Path:
    set_up(Home(tmp_path / "home"), Config("centre.a.example"))
    return tmp_path / "home"


def run(home: Path, *words: str) -> list[dict[str, object]]:
    made = CliRunner().invoke(saksi, ["--home", str(home), "--json", "user", *words], standalone_mode=False)
    if made.exception is not None:
        raise made.exception
    return [json.loads(line) for line in made.stdout.splitlines()]


def opened(home: Path) -> People:
    store = Store(home / FOLDER, key=people_key(Home(home)), clock=lambda: 1_800_000_000, random=os.urandom)
    return open_people(store, ticks=lambda: 0.0, passwords=CHEAP)


def test_there_is_nobody_until_somebody_is_added(home: Path) -> None:
    assert run(home, "list") == []
    (made,) = run(home, "add", "Ann", "--unit", "u", "--role", "administrator")
    assert made["hours"] == 72
    (listed,) = run(home, "list")
    assert listed == {
        "id": made["id"], "name": "Ann", "unit": "u", "roles": ["administrator"], "clearance": "GREEN", "state": "works",
    }  # fmt: skip
    assert str(made["code"]).encode() not in (home / FOLDER / FILE).read_bytes()


def test_people_are_moved_disabled_and_let_in_anew(home: Path) -> None:
    run(home, "add", "Boss", "--unit", "u", "--role", "administrator")
    (ann,) = run(home, "add", "Ann", "--unit", "u", "--role", "analyst", "--role", "approver")
    (moved,) = run(home, "role", "ann", "--role", "reviewer")
    assert (moved["roles"], moved["unit"]) == (["reviewer"], "u")
    (gone,) = run(home, "disable", str(ann["id"]))
    assert gone["state"] == "disabled"
    (again,) = run(home, "reset", "Ann")
    assert again["code"] != ann["code"]
    with pytest.raises(NotAllowed, match="nobody would be left"):
        run(home, "disable", "Boss")
    with pytest.raises(BadInput, match="no such person"):
        run(home, "disable", "Nobody")
    with pytest.raises(BadInput, match="auditor has no other role"):
        run(home, "role", "Ann", "--role", "auditor", "--role", "analyst")


def test_people_are_in_a_backup_and_sessions_are_not(home: Path, tmp_path: Path) -> None:
    run(home, "add", "Ann", "--unit", "u", "--role", "administrator")
    people = opened(home)
    (ann,) = people.register.people()
    with people.store.rows() as rows:
        rows.execute("UPDATE person SET made = 0, setup_until = 2000000000")
    code = people.register.reset(ann.id, by="command-line")
    token = people.door.by_setup_code("Ann", code, PASSWORD, KNOCK)
    assert people.sessions.find(token) is not None
    secrets = Taken(Secret(passphrase="one passphrase of the data"), Secret(passphrase="another passphrase of the keys"))
    files = Files.beside(tmp_path / "monday")
    write_backup(Home(home), load(home, {}, {})[0], files, secrets, keep_keys_days=30)
    people.close()
    bring_back(Home(tmp_path / "again"), files, secrets, newest=True)
    restored = opened(tmp_path / "again")
    assert restored.register.people()[0].name == "Ann"
    assert restored.sessions.find(token) is None
    assert restored.door.codes.beginning(ann.id), "what was sealed opens with the restored keys"
    restored.close()


def test_settings_name_hosts_and_the_provider(tmp_path: Path) -> None:
    assert host_names("Saksi.A.example  b") == {"localhost", "127.0.0.1", "[::1]", "saksi.a.example", "b"}
    for text in ("https://a.example", "a.example:443", "*"):
        with pytest.raises(BadInput):
            host_names(text)
    assert provider_of(tmp_path, Config("centre.a.example")) is None
    secret = tmp_path / "secret"
    secret.write_text("a secret\n")
    for name in ("secret", str(secret)):  # from the node's directory, or by its whole path
        told = provider_of(tmp_path, Config("centre.a.example", oidc_issuer="https://id.a.example", oidc_client="n", oidc_secret=name))
        assert told is not None
        assert told.secret == "a secret"
    with pytest.raises(BadInput, match="https"):
        provider_of(tmp_path, Config("centre.a.example", oidc_issuer="http://id.a.example", oidc_client="n"))
