"""Who works at the invented desk: each signs in for themselves, with a password and codes that are made anew for each demonstration."""

from __future__ import annotations

import base64
import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP

from saksi.app.home import Home, people_key
from saksi.app.people.door import Knock
from saksi.app.people.people import FOLDER, People, open_people
from saksi.app.people.person import Person, name_key, read_post
from saksi.app.people.sessions import Session
from saksi.app.people.store import Store
from saksi.model import BadInput, LedgerFault, Tlp

__all__ = ["CAST", "Cast", "Member", "code_now"]

_BY = "demonstration"
_KNOCK = Knock("127.0.0.1", "the demonstration", "")
_FILE = "sign-in.json"


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody invented: name, unit, roles."""

    name: str
    unit: str
    roles: tuple[str, ...]


_ONE, _TWO, _HOUSE = "unit one (synthetic)", "unit two (synthetic)", "house (synthetic)"
CAST = (
    Member("Ina", _ONE, ("intake",)),
    Member("Ada", _ONE, ("analyst",)),
    Member("Petra", _ONE, ("approver",)),
    Member("Rui", _TWO, ("reviewer",)),
    Member("Odo", _HOUSE, ("auditor",)),
    Member("Nel", _HOUSE, ("administrator",)),
)


class Cast:
    """The people of a demonstration's home. Use it in a `with` block: leaving it ends their sessions.

    What they sign in with stands in one file of the demonstration's own folder, which its owner alone may read.
    """

    def __init__(self, home: Home, folder: Path) -> None:
        store = Store(home.path / FOLDER, key=people_key(home), clock=lambda: int(time.time()), random=os.urandom)
        self._people: People = open_people(store, ticks=time.monotonic)
        self._keys: dict[str, str] = {}
        self._file = folder / _FILE
        self.password = base64.b32encode(os.urandom(10)).decode("ascii").lower()
        self.sessions: Mapping[str, Session] = {each.name: self._signed_in(each) for each in CAST}
        self._file.touch(mode=0o600)
        self._file.chmod(0o600)
        self._file.write_text(json.dumps({"synthetic": True, "password": self.password, "keys": self._keys}), encoding="utf-8")

    def person(self, name: str) -> Person:
        """Somebody of the cast."""
        return self.sessions[name].person

    def now(self) -> int:
        """The clock of their sessions, in seconds since 1970."""
        return self._people.store.clock()

    def __enter__(self) -> Cast:
        return self

    def __exit__(self, *_: object) -> None:
        for session in self.sessions.values():
            self._people.sessions.end_all(session.person.id, by=_BY)
        self._people.close()

    def _signed_in(self, member: Member) -> Session:
        """Added as an administrator adds somebody; then with the set-up code, a password, and the first code of an app."""
        door = self._people.door
        person, setup = self._people.register.add(member.name, read_post(member.unit, member.roles, Tlp.RED.value), by=_BY)
        waiting = self._people.sessions.find(door.by_setup_code(member.name, setup, self.password, _KNOCK))
        secret = door.codes.beginning(person.id)
        if waiting is None or secret is None:
            raise LedgerFault("somebody of the demonstration could not sign in", where=member.name, todo="start it again")
        self._keys[member.name] = base64.b32encode(secret).decode("ascii")
        session = self._people.sessions.find(door.set_codes(waiting, _code(secret, self.now())))
        if session is None:
            raise LedgerFault("a session of the demonstration ended at once", where=member.name, todo="is the clock moving? start it again")
        return session


def code_now(folder: Path, name: str, now: int) -> tuple[str, str]:
    """Password and one-time code of somebody of the demonstration in `folder` at `now` (seconds since 1970). Raises BadInput."""
    path = folder / _FILE
    if not path.is_file():
        raise BadInput("no demonstration was made here", where=str(path), todo="run `saksi demo`, or name its --folder")
    told = json.loads(path.read_text(encoding="utf-8"))
    keys = {name_key(each): key for each, key in told["keys"].items()}
    if name_key(name) not in keys:
        raise BadInput("nobody of the demonstration has this name", where=name[:40], todo=f"one of {', '.join(told['keys'])}")
    return told["password"], _code(base64.b32decode(keys[name_key(name)]), now)


def _code(secret: bytes, now: int) -> str:
    return HOTP(secret, 6, SHA1()).generate(now // 30).decode("ascii")  # noqa: S303 - what every authenticator app computes
