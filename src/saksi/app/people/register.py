"""The register: people are added, moved, disabled, and let in anew. The node always keeps one who can look after it."""

from __future__ import annotations

import base64
import hmac
import sqlite3
from hashlib import sha256

from saksi.app.people.person import Person, Post, name_key, read_name
from saksi.app.people.store import Store
from saksi.model import BadInput, NotAllowed, NotFound, Tlp
from saksi.model.actor import Role

__all__ = ["SETUP_SECONDS", "Register", "person_of"]

SETUP_SECONDS = 72 * 3600
_TAG = b"saksi/set-up1\0"
_COLUMNS = "id, name, unit, roles, clearance, made, disabled"


def person_of(row: tuple[str, str, str, str, str, int, int | None]) -> Person:
    """A person from their row (id, name, unit, roles, clearance, made, disabled)."""
    id_, name, unit, roles, clearance, made, disabled = row
    return Person(id_, name, Post(unit, frozenset(map(Role, roles.split())), Tlp(clearance)), made, disabled)


class Register:
    """Who there is. Whoever changes something is named by pseudonym (`by`), or `command-line`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def people(self) -> tuple[Person, ...]:
        """Everybody who was ever added, oldest first."""
        with self._store.rows() as rows:
            return tuple(map(person_of, rows.execute(f"SELECT {_COLUMNS} FROM person ORDER BY made, rowid")))  # noqa: S608 - a constant

    def person(self, id_: str) -> Person:
        """A person by pseudonym. Raises BadInput where there is none."""
        return self._found("id", id_)

    def named(self, name: str) -> Person:
        """A person by name or pseudonym. Raises BadInput where there is none."""
        try:
            return self._found("key", name_key(name))
        except BadInput:
            return self._found("id", name)

    def add(self, name: str, post: Post, *, by: str) -> tuple[Person, str]:
        """Add a person; gives the one-time code with which they choose their own password. Raises BadInput where the name is taken."""
        name = read_name(name)
        id_ = "p-" + base64.b32encode(self._store.random(5)).decode("ascii").lower()
        code = self._code()
        try:
            with self._store.change(by, "add", id_, **_said(post)) as rows:
                rows.execute(
                    "INSERT INTO person (id, name, key, unit, roles, clearance, made, setup, setup_until) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (id_, name, name_key(name), *_cells(post), self._store.clock(), _digest(code), self._store.clock() + SETUP_SECONDS),
                )
        except sqlite3.IntegrityError as fault:
            raise BadInput("there is somebody of this name already", where="name", todo="add what tells the two apart") from fault
        return self.person(id_), code

    def move(self, id_: str, post: Post, *, by: str) -> Person:
        """Change unit, roles or clearance; ends the person's sessions. Raises NotAllowed where nobody would be left to administer."""
        self.person(id_)
        with self._store.change(by, "move", id_, **_said(post)) as rows:
            rows.execute("UPDATE person SET unit = ?, roles = ?, clearance = ? WHERE id = ?", (*_cells(post), id_))
            rows.execute("DELETE FROM session WHERE person = ?", (id_,))
            _still_run(rows)
        return self.person(id_)

    def disable(self, id_: str, *, by: str) -> Person:
        """Let a person in no more; ends their sessions. Raises NotAllowed where nobody would be left to administer."""
        self.person(id_)
        with self._store.change(by, "disable", id_) as rows:
            rows.execute("UPDATE person SET disabled = coalesce(disabled, ?) WHERE id = ?", (self._store.clock(), id_))
            _forget(rows, id_)
            _still_run(rows)
        return self.person(id_)

    def reset(self, id_: str, *, by: str) -> str:
        """Forget how a person signs in (password, codes, passkeys, the identity provider's subject) and give a fresh one-time code.

        It lets somebody who was disabled in again.
        """
        self.person(id_)
        code = self._code()
        with self._store.change(by, "reset", id_) as rows:
            _forget(rows, id_)
            until = self._store.clock() + SETUP_SECONDS
            rows.execute("UPDATE person SET disabled = NULL, setup = ?, setup_until = ? WHERE id = ?", (_digest(code), until, id_))
        return code

    def expects(self, name: str, code: str) -> Person | None:
        """The person of this name whose one-time code this is, if it still works."""
        with self._store.rows() as rows:
            found = rows.execute("SELECT id, setup, setup_until, made FROM person WHERE key = ?", (name_key(name),)).fetchone()
        id_, digest, until, made = found or ("", None, 0, 0)
        right = hmac.compare_digest(_digest(code.strip().replace("-", "").upper()), digest or bytes(32))
        now = self._store.clock()
        return self.person(id_) if digest and right and made <= now < until else None

    def _found(self, column: str, value: str) -> Person:
        with self._store.rows() as rows:
            row = rows.execute(f"SELECT {_COLUMNS} FROM person WHERE {column} = ?", (value,)).fetchone()  # noqa: S608 - two constants
        if row is None:
            raise NotFound("there is no such person", where=value[:80], todo="list the people to see their names")
        return person_of(row)

    def _code(self) -> str:
        """100 random bits to read aloud; kept as a digest only."""
        return base64.b32encode(self._store.random(15)).decode("ascii")[:20]


def _cells(post: Post) -> tuple[str, str, str]:
    return post.unit, " ".join(sorted(role.value for role in post.roles)), post.clearance.value


def _said(post: Post) -> dict[str, str]:
    return dict(zip(("unit", "roles", "clearance"), _cells(post), strict=True))


def _digest(code: str) -> bytes:
    return sha256(_TAG + code.encode("utf-8", "surrogatepass")).digest()


def _forget(rows: sqlite3.Connection, id_: str) -> None:
    rows.execute("UPDATE person SET password = NULL, totp = NULL, totp_next = NULL, setup = NULL, setup_until = NULL WHERE id = ?", (id_,))
    for table in ("session", "passkey"):
        rows.execute(f"DELETE FROM {table} WHERE person = ?", (id_,))  # noqa: S608 - two constants
    rows.execute("UPDATE subject SET person = NULL WHERE person = ?", (id_,))


def _still_run(rows: sqlite3.Connection) -> None:
    """Some administrator who can sign in, or is about to, must be left."""
    held = [roles.split() for (roles,) in rows.execute("SELECT roles FROM person WHERE disabled IS NULL")]
    if not any(Role.ADMINISTRATOR.value in roles for roles in held):
        raise NotAllowed("nobody would be left to administer the node", todo="give another person the role first")
