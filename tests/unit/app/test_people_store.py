"""People, passwords, codes, sessions and the log of changes, below any page."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from crew import CHEAP, KNOCK, PASSWORD, Crew, code_of

from saksi.app.api.problems import Refused
from saksi.app.people.door import Knock
from saksi.app.people.password import Passwords, check_password
from saksi.app.people.person import read_post
from saksi.app.people.sessions import ABSOLUTE, FRESH, IDLE, PENDING, Came
from saksi.app.people.store import FILE, snapshot
from saksi.model import BadInput, LedgerFault, NotAllowed

CAME = Came("password", "192.0.2.7", "a browser")


@pytest.fixture
def crew(tmp_path: Path) -> Iterator[Crew]:
    made = Crew(tmp_path / "people")
    yield made
    made.people.close()


# --- the register


def test_a_person_is_called_by_a_pseudonym(crew: Crew) -> None:
    person = crew.add("Ann Example", "analyst", "approver")
    assert re.fullmatch(r"p-[a-z2-7]{8}", person.id)
    assert person.actor.person == person.id
    assert "Ann" not in str(crew.store.log())
    assert crew.register.named("  ANN example ") == crew.register.named(person.id) == person


def test_a_name_is_taken_once_however_it_is_written(crew: Crew) -> None:
    crew.add("Ann Example")
    with pytest.raises(BadInput, match="somebody of this name"):
        crew.add("ａnn ＥＸＡＭＰＬＥ")
    assert len(crew.register.people()) == 1
    assert len(crew.store.log()) == 1


@pytest.mark.parametrize(
    ("unit", "roles", "clearance"),
    [
        ("", ["analyst"], "GREEN"),
        ("u", [], "GREEN"),
        ("u", ["courier"], "GREEN"),
        ("u", ["king"], "GREEN"),
        ("u", ["auditor", "analyst"], "GREEN"),
        ("u", ["analyst"], "PURPLE"),
        ("u\n", ["analyst\0"], "GREEN"),
    ],
)
def test_a_post_that_cannot_be(unit: str, roles: list[str], clearance: str) -> None:
    with pytest.raises(BadInput):
        read_post(unit, roles, clearance)


def test_somebody_is_always_left_to_administer(crew: Crew) -> None:
    first = crew.add("First", "administrator")
    with pytest.raises(NotAllowed, match="nobody would be left"):
        crew.register.disable(first.id, by="command-line")
    with pytest.raises(NotAllowed, match="nobody would be left"):
        crew.register.move(first.id, read_post("u", ["analyst"], "GREEN"), by="command-line")
    assert crew.register.person(first.id) == first
    crew.add("Second", "administrator")
    assert crew.register.disable(first.id, by="command-line").disabled == crew.now


def test_the_file_is_for_its_owner_alone(crew: Crew) -> None:
    assert (crew.folder.stat().st_mode & 0o777, (crew.folder / FILE).stat().st_mode & 0o777) == (0o700, 0o600)


# --- the set-up code


def test_a_set_up_code_works_until_a_second_factor_is_there(crew: Crew) -> None:
    person, code = crew.register.add("Ann", read_post("u", ["analyst"], "GREEN"), by="command-line")
    first = crew.sessions.find(crew.door.by_setup_code("ann", code, PASSWORD, KNOCK))
    assert first is not None
    assert first.factor is None
    with pytest.raises(NotAllowed):  # the password alone opens nothing
        crew.door.by_password("Ann", PASSWORD, "", KNOCK)
    again = crew.door.by_setup_code("Ann", code.lower(), PASSWORD, KNOCK)
    session = crew.sessions.find(again)
    assert session is not None
    token = crew.door.set_codes(session, crew.next_code(person.id))
    assert crew.sessions.find(again) is None
    settled = crew.sessions.find(token)
    assert settled is not None
    assert settled.fresh(crew.now)
    with pytest.raises(NotAllowed, match="set-up code"):
        crew.door.by_setup_code("Ann", code, PASSWORD, KNOCK)


def test_a_set_up_code_ends_and_belongs_to_one_name(crew: Crew) -> None:
    _, code = crew.register.add("Ann", read_post("u", ["analyst"], "GREEN"), by="command-line")
    crew.add("Ben")
    for name, given in (("Ben", code), ("Nobody", code), ("Ann", code[:-1] + "0"), ("Ann", "")):
        with pytest.raises(NotAllowed, match="set-up code"):
            crew.door.by_setup_code(name, given, PASSWORD, KNOCK)
    crew.later(72 * 3600)
    with pytest.raises(NotAllowed, match="set-up code"):
        crew.door.by_setup_code("Ann", code, PASSWORD, KNOCK)
    crew.later(-80 * 3600)  # a clock from before the code was made
    with pytest.raises(NotAllowed, match="set-up code"):
        crew.door.by_setup_code("Ann", code, PASSWORD, KNOCK)


def test_a_reset_forgets_every_way_in_and_lets_in_anew(crew: Crew) -> None:
    crew.add("Boss", "administrator")
    person = crew.settled("Ann")
    token, _ = crew.door.by_password("Ann", PASSWORD, crew.code(person.id), KNOCK)
    crew.register.disable(person.id, by="command-line")
    assert crew.sessions.find(token) is None
    code = crew.register.reset(person.id, by="command-line")
    assert crew.register.person(person.id).disabled is None
    assert not crew.door.codes.has(person.id)
    assert crew.sessions.find(crew.door.by_setup_code("Ann", code, PASSWORD, KNOCK)) is not None


# --- passwords


@pytest.mark.parametrize(
    "text",
    [
        "short", "x" * 201, "administrator", "Password1234!", "passwordpassword", "P@ssw0rd12345", "qwertyuiop123", "aaaaaaaaaaaaaa",
        "123456789012", "ann example 2026", "summer2026summer", "1q2w3e4r5t6y", "saksisaksisaksi", "987654321987",
    ],
)  # fmt: skip
def test_a_password_that_anybody_would_try(text: str) -> None:
    with pytest.raises(BadInput):
        check_password(text, name="Ann Example")


@pytest.mark.parametrize("text", [PASSWORD, "839201746352", "ពាក្យសម្ងាត់ខ្ញុំ", "xkjwqpvmzrtn", "our dog ate my homework"])
def test_there_is_no_rule_of_composition(text: str) -> None:
    assert check_password(text, name="Ann Example")


def test_a_password_is_right_in_any_normal_form_and_nobody_has_one() -> None:
    kept = CHEAP.make("cafe\u0301 by the river")
    assert CHEAP.right(kept, "caf\u00e9 by the river")
    assert not CHEAP.right(kept, "cafe by the river")
    assert not CHEAP.right(None, "nobody has this password")
    assert not CHEAP.right("nonsense", "x")
    assert not CHEAP.right(kept, "\ud800")


def test_the_usual_hash_is_slow_enough_and_kept_as_argon2id() -> None:
    kept = Passwords().make(PASSWORD)
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


# --- codes


def test_a_code_works_once(crew: Crew) -> None:
    person = crew.settled("Ann")
    code = crew.code(person.id)
    assert crew.door.codes.use(person.id, f" {code[:3]} {code[3:]} ")
    assert not crew.door.codes.use(person.id, code)
    crew.later(30)
    assert not crew.door.codes.use(person.id, code)
    assert crew.door.codes.use(person.id, crew.code(person.id))


def test_a_code_older_than_the_last_one_used_does_not_work(crew: Crew) -> None:
    person = crew.settled("Ann")
    old = crew.code(person.id)
    crew.later(30)
    assert crew.door.codes.use(person.id, crew.code(person.id))
    assert not crew.door.codes.use(person.id, old)


def test_a_clock_that_goes_back_makes_no_code_work_again(crew: Crew) -> None:
    person = crew.settled("Ann")
    code = crew.code(person.id)
    assert crew.door.codes.use(person.id, code)
    crew.later(-3600)
    assert not crew.door.codes.use(person.id, crew.code(person.id))
    crew.later(3600)
    assert not crew.door.codes.use(person.id, code)


@pytest.mark.parametrize(("drift", "works"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_phone_may_be_half_a_minute_off(crew: Crew, drift: int, works: bool) -> None:
    person = crew.settled("Ann")
    crew.later(120)
    crew.later(drift)
    code = crew.code(person.id)
    crew.later(-drift)
    assert crew.door.codes.use(person.id, code) is works


def test_the_secret_is_sealed_for_its_person(crew: Crew) -> None:
    ann, ben = crew.settled("Ann"), crew.settled("Ben")
    with crew.store.rows() as rows:
        (sealed,) = rows.execute("SELECT totp FROM person WHERE id = ?", (ann.id,)).fetchone()
        rows.execute("UPDATE person SET totp = ? WHERE id = ?", (sealed, ben.id))
    secret = crew.store.unseal(f"totp {ann.id}", sealed)
    assert secret is not None
    assert secret not in (crew.folder / FILE).read_bytes()
    assert not crew.door.codes.use(ben.id, code_of(secret, crew.now))


# --- sign-in


def test_every_wrong_sign_in_gets_the_same_words(crew: Crew) -> None:
    person = crew.settled("Ann")
    said = set()
    for name, password, code in (
        ("Ann", "wrong words by the river", crew.code(person.id)),
        ("Ann", PASSWORD, "000000"),
        ("Nobody", PASSWORD, "000000"),
        ("", "", ""),
    ):
        with pytest.raises(NotAllowed) as caught:
            crew.door.by_password(name, password, code, KNOCK)
        said.add(str(caught.value))
    assert len(said) == 1
    assert crew.door.codes.use(person.id, crew.code(person.id)), "a wrong password uses up no code"


def test_an_unknown_name_and_one_without_a_password_cost_a_hash(crew: Crew, monkeypatch: pytest.MonkeyPatch) -> None:
    crew.add("Ben")
    kept = []
    monkeypatch.setattr(Passwords, "right", lambda self, had, text: kept.append(had) or False)
    for name in ("Nobody", "Ben"):
        with pytest.raises(NotAllowed):
            crew.door.by_password(name, PASSWORD, "000000", KNOCK)
    assert kept == [None, None]


def test_strangers_lock_nobody_out_of_a_browser_that_knows_them(crew: Crew) -> None:
    person = crew.settled("Ann")
    _, mark = crew.door.by_password("Ann", PASSWORD, crew.code(person.id), KNOCK)
    refused = 0
    for number in range(40):
        try:
            crew.door.by_password("Ann", "guess number one", "000000", Knock(f"198.51.100.{number}", "", ""))
        except Refused as fault:
            assert fault.slug == "too-many"
            refused += 1
        except NotAllowed:
            pass
    assert refused >= 30
    crew.now += 30
    token, _ = crew.door.by_password("ANN", PASSWORD, crew.code(person.id), Knock("198.51.100.1", "", mark))
    assert crew.sessions.find(token) is not None
    with pytest.raises(Refused):  # the mark of one name is none of another's
        for _ in range(40):
            with contextlib.suppress(NotAllowed):
                crew.door.by_password("Ben", "guess number one", "000000", Knock("203.0.113.9", "", mark))


def test_one_address_may_not_try_many_names(crew: Crew) -> None:
    with pytest.raises(Refused):
        for number in range(40):
            with contextlib.suppress(NotAllowed):
                crew.door.by_password(f"name {number}", "guess number one", "000000", Knock(f"2001:db8::{number:x}", "", "nonsense"))


# --- sessions


def test_a_token_is_random_and_kept_as_a_digest(crew: Crew) -> None:
    person = crew.add("Ann")
    tokens = {crew.sessions.begin(person.id, CAME, factor=True) for _ in range(5)}
    assert {len(token) for token in tokens} == {43}
    data = b"".join(path.read_bytes() for path in crew.folder.iterdir())
    assert not [token for token in tokens if token.encode() in data]
    assert crew.sessions.find("") is None
    assert crew.sessions.find("\ud800") is None


def test_a_session_ends_when_idle_and_in_any_case(crew: Crew) -> None:
    person = crew.add("Ann")
    idle = crew.sessions.begin(person.id, CAME, factor=True)
    crew.later(IDLE - 1)
    assert crew.sessions.find(idle) is not None
    crew.later(IDLE)
    assert crew.sessions.find(idle) is None
    busy = crew.sessions.begin(person.id, CAME, factor=True)
    for _ in range(ABSOLUTE // 1200 - 1):
        crew.later(1200)
        assert crew.sessions.find(busy) is not None
    crew.later(1200)
    assert crew.sessions.find(busy) is None


def test_a_session_without_a_second_factor_has_ten_minutes(crew: Crew) -> None:
    person = crew.add("Ann")
    token = crew.sessions.begin(person.id, CAME, factor=False)
    crew.later(PENDING - 1)
    session = crew.sessions.find(token)
    assert session is not None
    assert not session.fresh(crew.now)
    crew.later(1)
    assert crew.sessions.find(token) is None


def test_a_clock_that_goes_back_ends_sessions_and_makes_nothing_fresh(crew: Crew) -> None:
    person = crew.add("Ann")
    token = crew.sessions.begin(person.id, CAME, factor=True)
    session = crew.sessions.find(token)
    assert session is not None
    assert session.fresh(crew.now + FRESH - 1)
    assert not session.fresh(crew.now + FRESH)
    assert not session.fresh(crew.now - 1)
    crew.later(-3600)
    assert crew.sessions.find(token) is None
    crew.later(3600)
    assert crew.sessions.find(token) is None


def test_a_second_factor_changes_the_token(crew: Crew) -> None:
    person = crew.add("Ann")
    token = crew.sessions.begin(person.id, CAME, factor=False)
    session = crew.sessions.find(token)
    assert session is not None
    other = crew.sessions.confirm(session)
    assert crew.sessions.find(token) is None
    found = crew.sessions.find(other)
    assert found is not None
    assert (found.id, found.factor) == (session.id, crew.now)


def test_another_role_ends_every_session_of_the_person(crew: Crew) -> None:
    crew.add("Boss", "administrator")
    ann, ben = crew.add("Ann"), crew.add("Ben")
    stolen, other = (crew.sessions.begin(each.id, CAME, factor=True) for each in (ann, ben))
    crew.register.move(ann.id, read_post("u", ["intake"], "GREEN"), by="command-line")
    assert crew.sessions.find(stolen) is None
    assert crew.sessions.find(other) is not None


def test_another_password_ends_every_other_session(crew: Crew) -> None:
    person = crew.settled("Ann")
    stolen = crew.sessions.begin(person.id, CAME, factor=True)
    token = crew.sessions.begin(person.id, CAME, factor=True)
    session = crew.sessions.find(token)
    assert session is not None
    with pytest.raises(BadInput, match="not your password"):
        crew.door.change_password(session, "something else", "another set of words here")
    crew.door.change_password(session, PASSWORD, "another set of words here")
    assert crew.sessions.find(stolen) is None
    assert crew.sessions.find(token) is not None
    crew.later(FRESH)
    with pytest.raises(NotAllowed, match="within five minutes"):
        crew.door.change_password(session, "another set of words here", PASSWORD)


def test_nobody_ends_the_session_of_another(crew: Crew) -> None:
    ann, ben = crew.add("Ann"), crew.add("Ben")
    token = crew.sessions.begin(ann.id, CAME, factor=True)
    session = crew.sessions.find(token)
    assert session is not None
    assert not crew.sessions.end(ben.id, session.id, by=ben.id)
    assert crew.sessions.end(ann.id, session.id, by=ann.id)
    assert crew.sessions.find(token) is None


# --- the log of changes


def test_the_log_tells_every_change_and_shows_tampering(crew: Crew) -> None:
    person = crew.settled("Ann")
    assert [line.act for line in crew.store.log()] == [
        "add",
        "set-password",
        "begin-codes",
        "sign-in",
        "set-codes",
        "settle",
        "second-factor",
    ]
    with crew.store.rows() as rows, pytest.raises(sqlite3.IntegrityError, match="appended"):
        rows.execute("DELETE FROM log WHERE n = 2")
    with crew.store.rows() as rows:
        rows.execute("DROP TRIGGER log_kept")
        rows.execute("DELETE FROM log WHERE n = 2")
    with pytest.raises(LedgerFault, match="does not follow"):
        crew.store.log()
    assert person.name not in str(crew.folder)


def test_a_change_that_fails_leaves_neither_change_nor_line(crew: Crew) -> None:
    before = crew.store.log()
    with pytest.raises(ZeroDivisionError), crew.store.change("a", "b", "c") as rows:
        rows.execute("INSERT INTO subject VALUES ('i', 's', NULL, 0)")
        raise ZeroDivisionError
    assert crew.store.log() == before
    assert crew.door.subjects.listed() == ()


def test_a_backup_holds_the_people_and_no_session(crew: Crew, tmp_path: Path) -> None:
    person = crew.settled("Ann")
    token, _ = crew.door.by_password("Ann", PASSWORD, crew.code(person.id), KNOCK)
    folder = tmp_path / "again"
    folder.mkdir()
    (folder / FILE).write_bytes(snapshot(crew.folder / FILE))
    again = Crew(folder)
    again.now = crew.now + 60
    assert again.register.people() == crew.register.people()
    assert again.sessions.find(token) is None
    assert again.store.log() == crew.store.log()
    assert again.door.by_password("Ann", PASSWORD, again.code(person.id), KNOCK)
    again.people.close()


def test_a_damaged_store_is_said_to_be_one(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"nonsense" * 1000)
    with pytest.raises(LedgerFault, match="cannot be opened"):
        Crew(tmp_path)
    with pytest.raises(LedgerFault, match="cannot be read"):
        snapshot(tmp_path / FILE)


def test_people_are_listed_as_they_were_added(crew: Crew) -> None:
    added = [crew.add(f"person {number}").id for number in range(12)]
    assert [each.id for each in crew.register.people()] == added
