"""Invented officers, and entries by them, for tests of cases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from saksi.cases import FIRST, MAY, Case, Entry, Word, opened, taken
from saksi.model.actor import Actor, Role

CASE, OTHER = "a" * 32, "b" * 32
START = "2026-06-01T08:00:00Z"
ORIGIN = "centre.a.example/saksi/1"
LEAD = Actor("lead", "unit-x", frozenset({Role.ANALYST}))
MATE = Actor("mate", "unit-x", frozenset({Role.INTAKE, Role.ANALYST}))
CHIEF = Actor("chief", "unit-x", frozenset({Role.APPROVER}))
OUTSIDE = Actor("reviewer", "unit-y", frozenset({Role.REVIEWER}))
AUDITOR = Actor("auditor", "unit-y", frozenset({Role.AUDITOR}))


def ref(number: int) -> str:
    return f"{ORIGIN}#{number:064x}"


def role_for(word: Word, actor: Actor) -> Role:
    return min(actor.roles & MAY[word] or actor.roles, key=lambda role: role.value)


def later(at: str, minutes: int = 1) -> str:
    when = datetime.strptime(at, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    return (when + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


def first(actor: Actor = LEAD, case: str = CASE, **more: object) -> tuple[Entry, Case]:
    entry = Entry(
        case=case, word=Word.OPEN, at=START, after=FIRST, person=actor.person, unit=actor.unit, role=role_for(Word.OPEN, actor),
        **{"text": "a compound (synthetic)", **more},
    )  # type: ignore[arg-type]  # fmt: skip
    return entry, opened(entry, actor)


def entry_for(have: Case, word: Word, actor: Actor, **more: object) -> Entry:
    made = {
        "case": have.id, "word": word, "at": later(have.at), "after": have.head, "person": actor.person, "unit": actor.unit,
        "role": role_for(word, actor),
    }  # fmt: skip
    return Entry(**{**made, **more})  # type: ignore[arg-type]


def say(have: Case, word: Word, actor: Actor = LEAD, **more: object) -> Case:
    return taken(have, entry_for(have, word, actor, **more), actor)


def team() -> Case:
    """An open case with its lead and one more member."""
    return say(first()[1], Word.JOIN, whom=MATE.person)


def widened(actor: Actor, *roles: Role) -> Actor:
    return replace(actor, roles=actor.roles | set(roles))
