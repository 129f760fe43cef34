"""People for tests: a store with a clock of its own, cheap hashes, codes of an authenticator app. All of them are invented."""

from __future__ import annotations

import os
from pathlib import Path

from argon2 import PasswordHasher
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP

from saksi.app.people.door import Door, Knock
from saksi.app.people.password import Passwords
from saksi.app.people.people import People, open_people
from saksi.app.people.person import Person, read_post
from saksi.app.people.store import Store

CHEAP = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
PASSWORD = "four green lamps by the river"
KNOCK = Knock("192.0.2.7", "a browser", "")


class Crew:
    """A store of people at a time that the test sets (`now`), with what signing in needs."""

    def __init__(self, folder: Path) -> None:
        self.now = 1_800_000_000
        self.ticks = 0.0
        self.folder = folder
        self.people = self.open()
        self.store, self.register, self.sessions = self.people.store, self.people.register, self.people.sessions
        self.door: Door = self.people.door

    def open(self) -> People:
        store = Store(self.folder, key=bytes(32), clock=lambda: self.now, random=os.urandom)
        return open_people(store, ticks=lambda: self.ticks, passwords=CHEAP)

    def add(self, name: str, *roles: str, unit: str = "unit one", clearance: str = "AMBER") -> Person:
        return self.register.add(name, read_post(unit, roles or ("analyst",), clearance), by="command-line")[0]

    def settled(self, name: str, *roles: str, **post: str) -> Person:
        """A person who has set up a password and an app."""
        person, code = self.register.add(name, read_post(post.get("unit", "unit one"), roles or ("analyst",), "AMBER"), by="command-line")
        token = self.door.by_setup_code(name, code, PASSWORD, KNOCK)
        session = self.sessions.find(token)
        assert session is not None
        self.door.set_codes(session, self.next_code(person.id))
        self.later(60)
        return person

    def next_code(self, person: str) -> str:
        secret = self.door.codes.beginning(person)
        assert secret is not None
        return code_of(secret, self.now)

    def code(self, person: str) -> str:
        """What the person's app shows now."""
        with self.store.rows() as rows:
            (sealed,) = rows.execute("SELECT totp FROM person WHERE id = ?", (person,)).fetchone()
        secret = self.store.unseal(f"totp {person}", sealed)
        assert secret is not None
        return code_of(secret, self.now)

    def later(self, seconds: int) -> None:
        """Let time go by, or back."""
        self.now += seconds
        self.ticks += max(seconds, 0)


def code_of(secret: bytes, now: int) -> str:
    return HOTP(secret, 6, SHA1()).generate(now // 30).decode("ascii")
