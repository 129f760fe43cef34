"""Sessions of people who signed in: a random token in a cookie, its digest here; each ends by itself, and at once when rights change."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from hashlib import sha256

from saksi.app.people.person import Person
from saksi.app.people.register import person_of
from saksi.app.people.store import Store

__all__ = ["ABSOLUTE", "FRESH", "IDLE", "PENDING", "SETTING_UP", "Came", "Session", "Sessions"]

SETTING_UP = "set-up"

IDLE, ABSOLUTE, PENDING, FRESH = 30 * 60, 12 * 3600, 10 * 60, 5 * 60
_STEP = 60  # seconds between two notes that somebody is still there; a clock that went back further ends a session
_TAG = b"saksi/session1\0"
_FIELDS = (
    "s.id, s.begun, s.seen, s.factor, s.way, s.address, s.agent, p.id, p.name, p.unit, p.roles, p.clearance, p.made, p.disabled "
    "FROM session s JOIN person p ON p.id = s.person"
)


@dataclass(frozen=True, slots=True)
class Came:
    """How somebody came: by which way they signed in, from which address, with which browser."""

    way: str
    address: str
    agent: str


@dataclass(frozen=True, slots=True)
class Session:
    """A session. Times are seconds since 1970 UTC. `factor` is when a second factor was last shown; None: not yet, and no rights either."""

    id: str
    person: Person
    begun: int
    seen: int
    factor: int | None
    came: Came

    @property
    def setting_up(self) -> bool:
        """Whether its person came with a set-up code and has no second factor yet: they make their first."""
        return self.factor is None and self.came.way == SETTING_UP

    def fresh(self, now: int) -> bool:
        """Whether a second factor was shown within five minutes: asked for before anything that bears upon others."""
        return self.factor is not None and 0 <= now - self.factor < FRESH

    def ended(self, now: int) -> bool:
        """Whether it is over: idle, too old, its person disabled, or from a time that the clock has not reached again."""
        longest = PENDING if self.factor is None else ABSOLUTE
        left = self.person.disabled is not None or now - self.seen >= IDLE or now - self.begun >= longest
        return left or now < self.seen - _STEP or now < self.begun - _STEP


class Sessions:
    """All sessions of a node."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def begin(self, person: str, came: Came, *, factor: bool) -> str:
        """Begin a session; gives its token, which exists nowhere else. Without a second factor it has no rights and ten minutes."""
        token, digest = self._token()
        id_, now = self._store.random(4).hex(), self._store.clock()
        with self._store.change(person, "sign-in", person, session=id_, way=came.way, factor="yes" if factor else "no") as rows:
            rows.execute("DELETE FROM session WHERE begun < ? OR seen < ?", (now - ABSOLUTE, now - IDLE))
            rows.execute(
                "INSERT INTO session VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (id_, digest, person, now, now, now if factor else None, came.way, came.address, came.agent[:200]),
            )
        return token

    def find(self, token: str) -> Session | None:
        """The session of a token, if it has not ended; notes that its person is still there."""
        with self._store.rows() as rows:
            row = rows.execute(f"SELECT {_FIELDS} WHERE s.digest = ?", (_digest(token),)).fetchone()
            if row is None:
                return None
            session, now = _session(row), self._store.clock()
            if session.ended(now):
                rows.execute("DELETE FROM session WHERE id = ?", (session.id,))
                return None
            if now - session.seen >= _STEP:
                rows.execute("UPDATE session SET seen = ? WHERE id = ?", (now, session.id))
            return session

    def of(self, person: str) -> tuple[Session, ...]:
        """A person's sessions, newest first."""
        now = self._store.clock()
        with self._store.rows() as rows:
            found = rows.execute(f"SELECT {_FIELDS} WHERE p.id = ? ORDER BY s.begun DESC, s.id", (person,)).fetchall()
        return tuple(each for each in map(_session, found) if not each.ended(now))

    def confirm(self, session: Session) -> str:
        """A second factor was shown: the session has its rights, and another token, so that the one from before opens nothing."""
        token, digest = self._token()
        with self._store.change(session.person.id, "second-factor", session.person.id, session=session.id) as rows:
            rows.execute("UPDATE session SET digest = ?, factor = ? WHERE id = ?", (digest, self._store.clock(), session.id))
        return token

    def end(self, person: str, id_: str, *, by: str) -> bool:
        """End one session of a person; says whether there was one."""
        if id_ not in {each.id for each in self.of(person)}:
            return False
        with self._store.change(by, "end-session", person, session=id_) as rows:
            rows.execute("DELETE FROM session WHERE id = ? AND person = ?", (id_, person))
        return True

    def end_all(self, person: str, *, by: str, but: str = "") -> None:
        """End all sessions of a person but the one named."""
        with self._store.change(by, "end-sessions", person, but=but) as rows:
            rows.execute("DELETE FROM session WHERE person = ? AND id <> ?", (person, but))

    def _token(self) -> tuple[str, bytes]:
        token = base64.urlsafe_b64encode(self._store.random(32)).decode("ascii").rstrip("=")
        return token, _digest(token)


def _digest(token: str) -> bytes:
    return sha256(_TAG + token.encode("utf-8", "surrogatepass")).digest()


def _session(row: tuple[str, int, int, int | None, str, str, str, str, str, str, str, str, int, int | None]) -> Session:
    id_, begun, seen, factor, way, address, agent, *person = row
    return Session(id_, person_of(tuple(person)), begun, seen, factor, Came(way, address, agent))  # type: ignore[arg-type]
