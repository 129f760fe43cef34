"""Who the owner of an alert is now: asked each time before anything is told, so that a lower clearance or a revoked key counts at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from saksi.app.api.access import Watcher
from saksi.app.api.caller import of_key
from saksi.app.api.keys import KeyStore, May
from saksi.app.people.person import Person
from saksi.app.people.policy import rights_of
from saksi.app.people.register import Register
from saksi.model import BadInput, Reader, Tlp

__all__ = ["Owner", "Owners"]


@dataclass(frozen=True, slots=True)
class Owner:
    """An owner as they are now: the clearance, the role by name, and the person where it is not a key."""

    name: str
    role: str
    clearance: Tlp
    authority: str
    person: Person | None

    def reader(self, purpose: str, *, clearance: Tlp | None = None) -> Reader:
        """The reader that release decides for; `clearance` where it is to be another."""
        return Reader(self.authority, home=True, clearance=clearance or self.clearance, known=True, purpose=purpose or None)

    def watcher(self, purpose: str) -> Watcher:
        """How the access log calls them."""
        return Watcher(self.name, self.role, purpose)


@dataclass(frozen=True, slots=True)
class Owners:
    """The keys and people of a node, as those who may have alerts."""

    keys: KeyStore
    register: Register
    authority: str
    clock: Callable[[], str]

    def now(self, name: str) -> Owner | None:
        """The owner of this name; None where they may not look any more: revoked, ended, disabled, or in another role."""
        if name.startswith("p-"):
            try:
                person = self.register.person(name)
            except BadInput:
                return None
            if person.disabled is not None or May.LOOK not in rights_of(person.post.roles):
                return None
            return Owner(name, "+".join(person.roles), person.post.clearance, self.authority, person)
        key = next((each for each in self.keys.listed() if each.id == name), None)
        if key is None or not key.works(self.clock()):
            return None
        caller = of_key(key, self.authority)
        return Owner(name, caller.role, caller.clearance, self.authority, None) if May.LOOK in caller.rights else None
