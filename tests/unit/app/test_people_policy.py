"""Who may do what: the table, the gate, and the things that are open to some."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from saksi.actions.half import MAY as WORDS
from saksi.actions.step import Word
from saksi.app.api.keys import CAN, May
from saksi.app.api.problems import Refused
from saksi.app.people.person import PERSONS
from saksi.app.people.policy import TABLE, Account, CaseAccess, gate, may, rights_of
from saksi.model import NotAllowed
from saksi.model.actor import Actor, Role

READING = {May.LOOK, May.REQUEST, May.DIRECTORY, May.AUDIT}


def actor(*roles: Role, person: str = "p-a") -> Actor:
    return Actor(person, "unit one", frozenset(roles))


def test_every_act_stands_in_the_table_and_is_open_to_somebody() -> None:
    assert set(TABLE) == set(May)
    assert all(TABLE.values())
    assert not [act for act, roles in TABLE.items() if Role.COURIER in roles]


def test_who_runs_the_node_does_not_thereby_read_it() -> None:
    assert rights_of(frozenset({Role.ADMINISTRATOR})) == {May.DIRECTORY, May.ADMIN, May.PEOPLE, May.SETTINGS}
    assert not [word for word in Word if may(actor(Role.ADMINISTRATOR), word)]


def test_an_auditor_reads_and_changes_nothing() -> None:
    assert rights_of(frozenset({Role.AUDITOR})) == READING | {May.FEED}
    assert not [word for word in Word if may(actor(Role.AUDITOR), word)]


def test_no_key_manages_people_or_settings() -> None:
    assert not [role for role, rights in CAN.items() if rights & {May.PEOPLE, May.SETTINGS, May.CASE, May.DIRECT}]


@pytest.mark.parametrize("role", PERSONS)
def test_the_gate_and_the_table_are_one(role: Role) -> None:
    for act, roles in TABLE.items():
        thing = CaseAccess(frozenset({"p-a"})) if act is May.CASE else None
        assert may(actor(role), act, thing) is (role in roles)
        if role in roles:
            gate(actor(role), act, thing)
        else:
            with pytest.raises(NotAllowed, match="needs one of these roles"):
                gate(actor(role), act, thing)


@pytest.mark.parametrize("word", Word)
def test_words_of_requests_are_those_of_the_actions(word: Word) -> None:
    assert {role for role in PERSONS if may(actor(role), word)} == WORDS[word] - {Role.COURIER}


def test_a_case_is_open_to_its_members_and_a_sealed_one_to_those_named() -> None:
    ann, ben, eve = (actor(Role.ANALYST, person=name) for name in ("ann", "ben", "eve"))
    plain, sealed = CaseAccess(frozenset({"ann", "ben"})), CaseAccess(frozenset({"ann", "ben"}), frozenset({"ann", "eve"}))
    assert [may(each, May.CASE, plain) for each in (ann, ben, eve)] == [True, True, False]
    assert [may(each, May.CASE, sealed) for each in (ann, ben, eve)] == [True, False, False]
    assert not may(ann, May.CASE), "there is no right to cases in general"
    assert not may(actor(Role.ADMINISTRATOR, person="ann"), May.CASE, plain)
    with pytest.raises(Refused) as caught:
        gate(eve, May.CASE, plain)
    assert caught.value.slug == "not-found"


def test_nobody_gives_rights_to_themselves() -> None:
    boss = actor(Role.ADMINISTRATOR, person="boss")
    assert may(boss, May.PEOPLE, Account("ann"))
    with pytest.raises(NotAllowed, match="their own rights"):
        gate(boss, May.PEOPLE, Account("boss"))


def test_the_table_in_the_guide_is_that_of_the_code() -> None:
    text = (Path(__file__).resolve().parents[3] / "docs/guide/people.md").read_text(encoding="utf-8")
    order = [
        May.LOOK, May.FEED, May.TELL, May.GIVE, May.AMEND, May.ERASE, May.REQUEST, May.CASE, May.DIRECTORY, May.DIRECT, May.AUDIT,
        May.ADMIN, May.PEOPLE, May.SETTINGS,
    ]  # fmt: skip
    assert set(order) == set(May)
    for role in PERSONS:
        (row,) = re.findall(rf"^\| {role.value} \|(.*)\|$", text, re.MULTILINE)
        assert [act for act, cell in zip(order, row.split("|"), strict=True) if cell.strip() == "yes"] == [
            act for act in order if role in TABLE[act]
        ], role
