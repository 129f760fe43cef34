"""Passkeys, with an authenticator in software that also lies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from crew import KNOCK, Crew
from device import Device

from saksi.app.people.passkeys import Site
from saksi.app.people.sessions import Came, Session
from saksi.model import BadInput, NotAllowed

HERE = Site("localhost", "http://localhost", "Centre of Country A")
WRONG = "the passkey did not answer as it should"


@pytest.fixture
def crew(tmp_path: Path) -> Iterator[Crew]:
    made = Crew(tmp_path / "people")
    yield made
    made.people.close()


def session_of(crew: Crew, person: str) -> Session:
    found = crew.sessions.find(crew.sessions.begin(person, Came("password", "", ""), factor=True))
    assert found is not None
    return found


def with_passkey(crew: Crew, name: str = "Ann") -> tuple[str, Device]:
    person, device = crew.add(name), Device()
    session = session_of(crew, person.id)
    answer = device.make(crew.door.passkeys.ask_new(person, session.id, HERE))
    crew.door.add_passkey(session, answer, "blue key", HERE)
    return person.id, device


def test_a_passkey_is_made_and_signs_in(crew: Crew) -> None:
    person, device = with_passkey(crew)
    assert [each.label for each in crew.door.passkeys.of(person)] == ["blue key"]
    token = crew.door.by_passkey(device.show(crew.door.passkeys.ask("", HERE)), HERE, KNOCK)
    session = crew.sessions.find(token)
    assert session is not None
    assert (session.person.id, session.fresh(crew.now)) == (person, True)


def test_an_answer_counts_once(crew: Crew) -> None:
    _, device = with_passkey(crew)
    shown = device.show(crew.door.passkeys.ask("", HERE))
    crew.door.by_passkey(shown, HERE, KNOCK)
    with pytest.raises(NotAllowed, match=WRONG):
        crew.door.by_passkey(shown, HERE, KNOCK)


def test_a_question_ends_after_five_minutes_and_does_not_come_back(crew: Crew) -> None:
    _, device = with_passkey(crew)
    shown = device.show(crew.door.passkeys.ask("", HERE))
    crew.later(301)
    with pytest.raises(NotAllowed, match=WRONG):
        crew.door.by_passkey(shown, HERE, KNOCK)
    crew.later(-301)
    with pytest.raises(NotAllowed, match=WRONG):
        crew.door.by_passkey(shown, HERE, KNOCK)


@pytest.mark.parametrize("lie", ["origin", "host", "unverified", "key", "handle", "unknown", "challenge"])
def test_what_is_not_as_it_should_be_gets_the_same_words(crew: Crew, lie: str) -> None:
    _, device = with_passkey(crew)
    options = crew.door.passkeys.ask("", HERE)
    match lie:
        case "origin":
            device.origin = "http://localhost.example.net"
        case "host":
            device.host = "example.net"
        case "unverified":
            device.verified = False
        case "key":
            device.key = Device().key
        case "handle":
            device.handle = b"p-aaaaaaaa"
        case "unknown":
            device.id = b"another passkey!"
        case "challenge":
            options = '{"challenge": "AAAA"}'
    with pytest.raises(NotAllowed, match=WRONG):
        crew.door.by_passkey(device.show(options), HERE, KNOCK)


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"response": {}}', '{"response": {"clientDataJSON": "e30"}}', "\x00"])
def test_nonsense_is_no_passkey(crew: Crew, text: str) -> None:
    person = crew.add("Ann")
    session = session_of(crew, person.id)
    with pytest.raises(NotAllowed, match=WRONG):
        crew.door.by_passkey(text, HERE, KNOCK)
    with pytest.raises((BadInput, NotAllowed), match=WRONG):
        crew.door.add_passkey(session, text, "", HERE)


def test_a_copy_shows_by_its_count(crew: Crew) -> None:
    person, device = with_passkey(crew)
    device.count = 7
    crew.door.by_passkey(device.show(crew.door.passkeys.ask("", HERE)), HERE, KNOCK)
    for count in (7, 6, 0):
        device.count = count
        with pytest.raises(NotAllowed, match=WRONG):
            crew.door.by_passkey(device.show(crew.door.passkeys.ask("", HERE)), HERE, KNOCK)
    device.count = 8
    assert crew.door.by_passkey(device.show(crew.door.passkeys.ask("", HERE)), HERE, KNOCK)
    (known,) = crew.door.passkeys.of(person)
    assert known.used == crew.now


def test_an_answer_belongs_to_the_session_it_was_asked_in(crew: Crew) -> None:
    ann, device = with_passkey(crew)
    one, two = session_of(crew, ann), session_of(crew, ann)
    shown = device.show(crew.door.passkeys.ask(one.id, HERE))
    with pytest.raises(NotAllowed, match=WRONG):
        crew.door.second_by_passkey(two, shown, HERE)
    with pytest.raises(NotAllowed, match=WRONG):
        crew.door.by_passkey(device.show(crew.door.passkeys.ask(one.id, HERE)), HERE, KNOCK)
    with pytest.raises(NotAllowed, match=WRONG):
        crew.door.second_by_passkey(one, device.show(crew.door.passkeys.ask("", HERE)), HERE)
    assert crew.door.second_by_passkey(one, device.show(crew.door.passkeys.ask(one.id, HERE)), HERE)
    ben, other = with_passkey(crew, "Ben")
    with pytest.raises(NotAllowed, match="somebody else"):
        crew.door.second_by_passkey(one, other.show(crew.door.passkeys.ask(one.id, HERE)), HERE)
    assert ben != ann


def test_several_passkeys_and_never_none_at_all(crew: Crew) -> None:
    ann, first = with_passkey(crew)
    session = session_of(crew, ann)
    with pytest.raises(NotAllowed, match="last second factor"):
        crew.door.remove_passkey(session, first.id)
    second = Device()
    crew.door.add_passkey(session, second.make(crew.door.passkeys.ask_new(session.person, session.id, HERE)), "", HERE)
    with pytest.raises(BadInput, match="known already"):
        crew.door.add_passkey(session, second.make(crew.door.passkeys.ask_new(session.person, session.id, HERE)), "", HERE)
    crew.door.remove_passkey(session, first.id)
    with pytest.raises(NotAllowed, match=WRONG):
        crew.door.by_passkey(first.show(crew.door.passkeys.ask("", HERE)), HERE, KNOCK)
    ben = session_of(crew, crew.settled("Ben").id)
    with pytest.raises(BadInput, match="no such passkey"):
        crew.door.remove_passkey(ben, second.id)


def test_a_passkey_made_without_a_check_of_its_person_is_not_kept(crew: Crew) -> None:
    person, device = crew.add("Ann"), Device()
    session = session_of(crew, person.id)
    device.verified = False
    with pytest.raises(BadInput, match=WRONG):
        crew.door.add_passkey(session, device.make(crew.door.passkeys.ask_new(person, session.id, HERE)), "", HERE)
    assert crew.door.passkeys.of(person.id) == ()


def test_who_is_disabled_is_not_let_in_by_a_passkey(crew: Crew) -> None:
    crew.add("Boss", "administrator")
    ann, device = with_passkey(crew)
    with crew.store.rows() as rows:
        rows.execute("UPDATE person SET disabled = 1 WHERE id = ?", (ann,))
    with pytest.raises(NotAllowed):
        crew.door.by_passkey(device.show(crew.door.passkeys.ask("", HERE)), HERE, KNOCK)


@pytest.mark.parametrize(("host", "takes"), [("localhost", True), ("saksi.a.example", True), ("127.0.0.1", False), ("[::1]", False)])
def test_passkeys_are_tied_to_names(host: str, takes: bool) -> None:
    assert Site(host, "", "").takes_passkeys is takes
