"""The people of a node, opened: the register, the door and the sessions over one store."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from saksi.app.people.codes import Codes
from saksi.app.people.door import Door
from saksi.app.people.passkeys import Passkeys
from saksi.app.people.password import Passwords
from saksi.app.people.provider import Provider
from saksi.app.people.register import Register
from saksi.app.people.sessions import Sessions
from saksi.app.people.store import Store
from saksi.app.people.subjects import Subjects
from saksi.app.people.throttle import Throttle

__all__ = ["FOLDER", "People", "open_people"]

FOLDER = "people"


@dataclass(frozen=True, slots=True)
class People:
    """What the desk asks about people. `porter` are the threads that hash passwords and speak to the provider, two at a time."""

    store: Store
    register: Register
    sessions: Sessions
    door: Door
    porter: ThreadPoolExecutor
    provider: Provider | None = None

    def close(self) -> None:
        """Let go of the store."""
        self.porter.shutdown(wait=True)
        self.store.close()


def open_people(
    store: Store, *, ticks: Callable[[], float], passwords: Passwords | None = None, provider: Provider | None = None
) -> People:
    """Put the parts together over a store."""
    register, sessions = Register(store), Sessions(store)
    door = Door(
        store, register, sessions, Codes(store), Passkeys(store), passwords or Passwords(), Subjects(store), Throttle(store, ticks=ticks)
    )
    return People(store, register, sessions, door, ThreadPoolExecutor(2, "porter"), provider)
