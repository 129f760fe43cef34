"""What lies beside the ledger and is nowhere else comes back with a backup: saved searches, mails on their way, what came in and waits."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from post_office import Server, act, courier, drop, opened, plain_letters, reply, sent, words

from saksi.actions import Word
from saksi.app import backup as backup_of
from saksi.app.alerts.alert import Alert, Channels
from saksi.app.alerts.alerting import opened as alerting
from saksi.app.alerts.search import Search
from saksi.app.backup import Files, Taken, bring_back, write_backup
from saksi.app.home import Home, now_text
from saksi.app.named_files import named_files
from saksi.app.node import Node
from saksi.app.posting.appeals import Appeal, hand_in
from saksi.app.stored import as_it_is
from saksi.app.withheld import mark_of
from saksi.exchange.reference import reference
from saksi.ledger.backup import opened as unsealed
from saksi.ledger.restore import _NAME as NAMES
from saksi.ledger.sealed_stream import Secret
from saksi.model import LedgerFault

SECRETS = Taken(Secret(passphrase="correct horse battery"), Secret(passphrase="another long passphrase"))
TYPED = {"via": "phone", "checked": "called back on the number of the directory"}
TALE = "It is my late mother's number; she sold vegetables."


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Node]:
    plain_letters(monkeypatch)
    made = opened(tmp_path)
    yield made
    made.close()


def appeal(node: Node, about: str, session: str = "1" * 32) -> None:
    said = Appeal(reference=about, words=TALE, contact="+99 123, evenings", language="en", session=session)
    assert hand_in(node, said, now_text())


def back(node: Node, folder: Path) -> Node:
    """A backup of the node as it is, brought back elsewhere."""
    files = Files.beside(folder / "monday")
    write_backup(node.files, node.config, files, SECRETS, keep_keys_days=30)
    place = Home(folder / "again")
    config, _ = bring_back(place, files, SECRETS, newest=True)
    (place.path / "drop" / "new").mkdir(parents=True)  # the mail server's
    return Node(place, config)


def test_what_is_nowhere_else_comes_back(node: Node, tmp_path: Path) -> None:
    have, post = sent(node), Server()
    courier(node, post).round(now())
    drop(node, reply(post.met[0], "We have it."))
    courier(node, post).round(now())
    appeal(node, "SK-0000-1111-2222")
    searches = alerting(node)
    kept = Alert("w-0123456789ab", "p-0123456789ab", now_text(), False, Search("entity", "phone:+85512345678", ""), "a test", Channels())
    searches.store.add(kept)
    (mail,) = node.tray.listed("waiting")

    again = back(node, tmp_path)
    assert alerting(again).store.get(kept.id) == kept
    assert again.outbox.get(post.met[0].id) == node.outbox.get(post.met[0].id)
    assert again.tray.get(mail.digest) == mail
    assert again.came(mail) == node.came(mail)
    (contested,) = again.tray.listed("new")
    assert TALE.encode() in (again.tray.body(contested.digest) or b"")
    later = Server()
    courier(again, later).round(now())
    assert later.met == [], "what was delivered is not mailed again"
    assert words(again, have) == words(node, have)
    for folder in (again.files.post, again.files.alerts):
        assert not [path for path in (folder, *folder.rglob("*")) if path.stat().st_mode & 0o077]
    again.close()


def test_what_is_settled_while_a_backup_is_made_is_settled_in_it(node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tray is read, then a round makes an appeal and an answer steps and moves their words into the vault, then the ledger is read."""
    have, post = sent(node), Server()
    courier(node, post).round(now())
    for word in (Word.RECEIVE, Word.ACCEPT, Word.DONE):
        act(node, have, word, **TYPED)
    act(node, have, Word.ENFORCE, until=have.request.until, **TYPED)
    drop(node, reply(post.met[0], "We wrote to its holder."))
    appeal(node, reference(have.request.id))
    courier(node, Server()).round(now())
    (mail,) = node.tray.listed("waiting")
    appeal(node, reference(have.request.id), session="2" * 32)
    true = backup_of.LedgerBeside

    def meanwhile(*given: object) -> object:
        act(node, have, Word.KEPT, evidence=mail.digest, via="mail", text="they keep it", checked="by mail")
        courier(node, Server()).round(now())
        return true(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(backup_of, "LedgerBeside", meanwhile)
    again = back(node, tmp_path)
    monkeypatch.undo()
    assert [item.digest for item in again.tray.listed("waiting", sort="mail")] == [mail.digest]
    courier(again, Server()).round(now())
    assert again.tray.listed("waiting", sort="mail") == []
    assert again.mailbox.kept() == ()
    assert (again.tray.get(mail.digest).state, again.came(mail)) == ("logged", node.came(mail))
    again.close()


def test_a_copy_of_a_store_is_whole_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as rows:
        rows.execute("PRAGMA journal_mode=WAL")
        rows.executescript("CREATE TABLE kept (a, b); CREATE TABLE session (a)")
        rows.executemany("INSERT INTO kept VALUES (?, ?)", ((at, f"{at:06d}" * 50) for at in range(2_000)))
        rows.execute("INSERT INTO session VALUES ('a token that nobody may have')")
        before = sorted(tmp_path.iterdir())
        with as_it_is(path) as whole, as_it_is(path, without=("session",)) as less:
            rows.execute("DELETE FROM kept")
            assert sorted(tmp_path.iterdir()) == before
            for name, copy in (("whole", whole), ("less", less)):
                (tmp_path / name).write_bytes(copy.read())
    for name, sessions in (("whole", 1), ("less", 0)):
        with closing(sqlite3.connect(tmp_path / name)) as rows:
            assert rows.execute("SELECT count(*), max(b) FROM kept").fetchone() == (2_000, "001999" * 50)
            assert rows.execute("SELECT count(*) FROM session").fetchone() == (sessions,)
            assert rows.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert b"nobody may have" not in (tmp_path / "less").read_bytes()


def test_the_files_that_the_settings_name_come_back_secrets_with_the_keys(tmp_path: Path) -> None:
    told = {
        "directory": "Empfänger 2026.toml", "seal": "letters/seal.pem", "seal_key": "letters/seal key", "seal_password": "letters/seal.pem",
        "smtp_password": "api/smtp.word", "smtp_authorities": str(tmp_path / "ca.pem"), "oidc_secret": "../secret",
    }  # fmt: skip
    node = opened(tmp_path, **told)
    files = dict.fromkeys(("public.toml", told["directory"]), "data")
    files |= dict.fromkeys(("letters/seal.pem", "letters/seal key", "api/smtp.word"), "keys")
    home = node.files.path
    for name in (*files, told["smtp_authorities"], told["oidc_secret"]):
        (home / name).parent.mkdir(exist_ok=True)
        (home / name).write_text(f"what {name} holds", encoding="utf-8")
    node.close()
    made = Files.beside(tmp_path / "monday")
    write_backup(node.files, node.config, made, SECRETS, keep_keys_days=30)
    for path, secret, kind in ((made.data, SECRETS.data, "data"), (made.keys, SECRETS.keys, "keys")):
        with unsealed(path, secret) as held:
            names = {name.removeprefix("node/named/") for name, _, pieces in held.files() if [*pieces] and name.startswith("node/named/")}
        assert names == {name for name, where in files.items() if where == kind}
    assert named_files(home, node.config).outside == (
        "oidc_secret = ../secret", f"smtp_authorities = {tmp_path}/ca.pem", "mailbox = drop",
    )  # fmt: skip
    place = Home(tmp_path / "again")
    bring_back(place, made, SECRETS, newest=True)
    assert not [name for name in files if (place.path / name).read_text(encoding="utf-8") != f"what {name} holds"]
    assert not [name for name in files for path in (place.path / name, (place.path / name).parent) if path.stat().st_mode & 0o077]
    assert not (place.path / "incoming").exists()


def test_a_backup_names_no_file_out_of_the_directory() -> None:
    for name in ("../a", "a/../../b", "/etc/passwd", ".", "a/..", "a//b", "a\0b", ""):
        assert not NAMES["data"].fullmatch(f"node/named/{name}"), name
    for name in ("a", "..a", "a b/.c", "Empfänger.toml"):
        assert NAMES["keys"].fullmatch(f"node/named/{name}"), name


def test_a_store_that_was_taken_away_is_missed(node: Node, tmp_path: Path) -> None:
    mark = mark_of(node.files.waiting)
    mark.parent.mkdir(exist_ok=True)
    mark.touch()
    with pytest.raises(LedgerFault, match="its store was taken away"):
        write_backup(node.files, node.config, Files.beside(tmp_path / "monday"), SECRETS, keep_keys_days=30)
    assert not list(tmp_path.glob("monday*"))


def test_a_store_that_is_damaged_is_named(node: Node, tmp_path: Path) -> None:
    sent(node)
    courier(node, Server()).round(now())
    path = node.files.post / "tray.sqlite"
    node.close()
    path.write_bytes(b"no database" * 1_000)
    with pytest.raises(LedgerFault, match="the store cannot be read") as fault:
        write_backup(node.files, node.config, Files.beside(tmp_path / "monday"), SECRETS, keep_keys_days=30)
    assert str(fault.value.where) == str(path)
    assert not list(tmp_path.glob("monday*"))


def test_a_store_on_a_full_disk_is_copied_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "store.db"
    with closing(sqlite3.connect(path)) as rows:
        rows.execute("CREATE TABLE kept (word TEXT)")
        rows.execute("INSERT INTO kept VALUES ('as it was')")
        rows.commit()
    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL
    real, failing = sqlite3.connect, [full, OSError(errno.ENOSPC, "No space left on device"), sqlite3.OperationalError("disk I/O error")]

    class Full(sqlite3.Connection):
        def execute(self, *given: object) -> sqlite3.Cursor:
            raise failing[0]

    def connect(where: object, **named: object) -> sqlite3.Connection:
        return real(where, **named, **({"factory": Full} if ".copy-" in str(where) else {}))  # type: ignore[call-overload,no-any-return]

    monkeypatch.setattr("saksi.app.stored.sqlite3.connect", connect)
    for _ in range(2):
        with as_it_is(path) as copy:
            assert b"as it was" in copy.read()
        failing.pop(0)
        assert [each.name for each in tmp_path.iterdir()] == ["store.db"]
    with pytest.raises(LedgerFault, match="cannot be read"), as_it_is(path):
        pass
