"""The door: every way of signing in, and what a session still lacks. Whoever is not let in learns nothing of why."""

from __future__ import annotations

from dataclasses import dataclass

from saksi.app.people.codes import Codes
from saksi.app.people.passkeys import Passkeys, Site
from saksi.app.people.password import Passwords, check_password
from saksi.app.people.person import name_key
from saksi.app.people.register import Register
from saksi.app.people.sessions import SETTING_UP, Came, Session, Sessions
from saksi.app.people.store import Store
from saksi.app.people.subjects import Subjects
from saksi.app.people.throttle import Throttle
from saksi.model import BadInput, NotAllowed

__all__ = ["Door", "Knock"]

_WRONG = "name, password or code are not right"
_TRY = "try again; who has set up no second factor yet begins again with the set-up code; an administrator can let you start anew"


@dataclass(frozen=True, slots=True)
class Knock:
    """Somebody at the door: from which address, with which browser, and the mark it keeps of an earlier sign-in (or nothing)."""

    address: str
    agent: str
    known: str

    def came(self, way: str) -> Came:
        """How they came, once they are in."""
        return Came(way, self.address, self.agent)


@dataclass(frozen=True, slots=True)
class Door:
    """All that signing in needs. Its methods hash passwords: they are called off the thread that answers."""

    store: Store
    register: Register
    sessions: Sessions
    codes: Codes
    passkeys: Passkeys
    passwords: Passwords
    subjects: Subjects
    throttle: Throttle

    def by_password(self, name: str, password: str, code: str, knock: Knock) -> tuple[str, str]:
        """Name, password and code: token and mark. Raises NotAllowed with the same words, in about the same time, whatever is wrong."""
        self.throttle.attempt(name, knock.address, knock.known)
        with self.store.rows() as rows:
            found = rows.execute("SELECT id, password FROM person WHERE key = ? AND disabled IS NULL", (name_key(name),)).fetchone()
        id_, kept = found or ("", None)
        right = self.passwords.right(kept, password)
        if not self.codes.use(id_ if right else "", code):
            with self.store.change("nobody", "refuse", id_ or "nobody"):
                pass
            raise NotAllowed(_WRONG, todo=_TRY)
        return self.sessions.begin(id_, knock.came("password"), factor=True), self.throttle.mark(name)

    def by_passkey(self, answer: str, site: Site, knock: Knock) -> str:
        """A passkey, which is two factors in one: the device, and what it checked of the person."""
        self.throttle.visit(knock.address)
        id_ = self.passkeys.check("", site, answer=answer)
        if self.register.person(id_).disabled is not None:
            raise NotAllowed(_WRONG, todo=_TRY)
        return self.sessions.begin(id_, knock.came("passkey"), factor=True)

    def by_subject(self, issuer: str, sub: str, knock: Knock) -> str | None:
        """A subject of the identity provider: a session that waits for a second factor; None where it is bound to nobody."""
        id_ = self.subjects.met(issuer, sub)
        if id_ is None or self.register.person(id_).disabled is not None:
            return None
        return self.sessions.begin(id_, knock.came("provider"), factor=False)

    def by_setup_code(self, name: str, code: str, password: str, knock: Knock) -> str:
        """The one-time code: sets the password and gives a session that can only set up a second factor. The code works until then."""
        self.throttle.attempt(name, knock.address, knock.known)
        person = self.register.expects(name, code)
        if person is None:
            raise NotAllowed("name or set-up code are not right, or the code has ended", todo="ask an administrator for a fresh code")
        made = self.passwords.make(check_password(password, name=person.name))
        with self.store.change(person.id, "set-password", person.id) as rows:
            rows.execute("UPDATE person SET password = ? WHERE id = ?", (made, person.id))
            rows.execute("DELETE FROM session WHERE person = ?", (person.id,))
        self.codes.begin(person.id)
        return self.sessions.begin(person.id, knock.came(SETTING_UP), factor=False)

    def second(self, session: Session, code: str) -> str:
        """A code of the app shown in a session: the session's next token."""
        self.throttle.within(session.id)
        if session.setting_up or not self.codes.use(session.person.id, code):
            raise NotAllowed("the code is not right, or was used before", where="code", todo="wait for the next one")
        return self.sessions.confirm(session)

    def second_by_passkey(self, session: Session, answer: str, site: Site) -> str:
        """A passkey shown in a session."""
        self.throttle.within(session.id)
        if self.passkeys.check(session.id, site, answer=answer) != session.person.id:
            raise NotAllowed("this is the passkey of somebody else", where="passkey")
        return self.sessions.confirm(session)

    def set_codes(self, session: Session, code: str) -> str:
        """The first code of a fresh secret: the app is set up, and with it the account."""
        self.may_set_up(session)
        self.throttle.within(session.id)
        self.codes.finish(session.person.id, code)
        return self._settled(session)

    def add_passkey(self, session: Session, answer: str, label: str, site: Site) -> str:
        """A passkey that the browser made: it is kept."""
        self.may_set_up(session)
        self.passkeys.add(session.person, session.id, site, answer=answer, label=label)
        return self._settled(session)

    def remove_passkey(self, session: Session, id_: bytes) -> None:
        """Forget a passkey, unless it is the last second factor."""
        self.may_set_up(session)
        if len(self.passkeys.of(session.person.id)) < 2 and not self.codes.has(session.person.id):
            raise NotAllowed("this is your last second factor", where="passkey", todo="set up another one first")
        self.passkeys.remove(session.person.id, id_)

    def change_password(self, session: Session, old: str, new: str) -> None:
        """Take another password; ends the person's other sessions."""
        self.may_set_up(session)
        self.throttle.within(session.id)
        id_ = session.person.id
        with self.store.rows() as rows:
            (kept,) = rows.execute("SELECT password FROM person WHERE id = ?", (id_,)).fetchone()
        if not self.passwords.right(kept, old):
            raise BadInput("this is not your password", where="old")
        made = self.passwords.make(check_password(new, name=session.person.name))
        with self.store.change(id_, "set-password", id_) as rows:
            rows.execute("UPDATE person SET password = ? WHERE id = ?", (made, id_))
            rows.execute("DELETE FROM session WHERE person = ? AND id <> ?", (id_, session.id))

    def may_set_up(self, session: Session) -> None:
        """Whoever changes how they sign in has just shown a second factor, or sets up the first one. Raises NotAllowed."""
        if not session.setting_up and not session.fresh(self.store.clock()):
            raise NotAllowed("this needs a second factor shown within five minutes", where="session", todo="show it again")

    def _settled(self, session: Session) -> str:
        """The second factor is there: the one-time code has done its work."""
        id_ = session.person.id
        with self.store.change(id_, "settle", id_) as rows:
            rows.execute("UPDATE person SET setup = NULL, setup_until = NULL WHERE id = ?", (id_,))
        return self.sessions.confirm(session)
