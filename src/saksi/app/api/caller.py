"""Who is asking: a person who signed in, the holder of a key, or a person at this very machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from saksi.app.api.access import Watcher
from saksi.app.api.keys import CAN, Key, May, Role
from saksi.app.api.problems import Refused
from saksi.app.people.policy import rights_of
from saksi.app.people.sessions import Session
from saksi.model import Reader, Tlp

__all__ = ["NOBODY", "Caller", "is_at_this_machine", "local_caller", "of_key", "of_session"]

_LOOPBACK = frozenset({"127.0.0.1", "::1"})
_PASSED_ON = frozenset({b"forwarded", b"via", b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip"})


@dataclass(frozen=True, slots=True)
class Caller:
    """One caller: `name` is a key's name, a person's pseudonym, `local` or `nobody`; `rights` is what its role lets it do.

    `session` is that of a person who signed in; one that still lacks its second factor has no rights.
    """

    name: str
    role: str
    clearance: Tlp
    rights: frozenset[May]
    authority: str
    session: Session | None = None

    def must(self, may: May) -> None:
        """Refuse a caller who may not do this: with 401 where nobody has said who they are, else 403."""
        if may in self.rights:
            return
        if self.name in {"nobody", "local"} or (self.session is not None and self.session.factor is None):
            raise Refused("key-needed")
        raise Refused("not-allowed", f"the role {self.role} may not do this")

    def check_still(self, now: Caller) -> None:
        """Refuse where the same request would now be another's, or have other rights: what let it in has ended since."""
        if (now.name, now.rights, now.clearance) != (self.name, self.rights, self.clearance):
            raise Refused("key-needed", "the key or the session has ended, or its rights have changed, since the request began")

    def reader(self, purpose: str) -> Reader:
        """The reader that decides what is released. Above TLP:CLEAR nobody looks without a purpose."""
        if not purpose and self.clearance is not Tlp.CLEAR:
            raise Refused("purpose-needed")
        return Reader(self.authority, home=True, clearance=self.clearance, known=self.name != "nobody", purpose=purpose or None)

    def watcher(self, purpose: str) -> Watcher:
        """How the access log calls the caller."""
        return Watcher(self.name, self.role, purpose)


NOBODY = Caller("nobody", "nobody", Tlp.CLEAR, frozenset(), "")


def of_key(key: Key, authority: str) -> Caller:
    """The caller who holds `key`."""
    return Caller(key.id, key.role, Tlp.read(key.clearance), CAN[Role(key.role)], authority)


def of_session(session: Session, authority: str) -> Caller:
    """The person whose session it is; nobody's rights before the second factor."""
    person = session.person
    if session.factor is None:
        return Caller(person.id, "nobody", Tlp.CLEAR, frozenset(), authority, session)
    return Caller(person.id, "+".join(person.roles), person.post.clearance, rights_of(person.post.roles), authority, session)


def local_caller(authority: str, clearance: Tlp, *, gives: bool = False) -> Caller:
    """A person at this machine without a key: may look, up to the clearance the node's settings give, and change nothing.

    Where `gives` is set, they may also give what somebody tells them.
    """
    rights = {May.LOOK, May.FEED, May.GIVE} if gives else {May.LOOK, May.FEED}
    return Caller("local", "reader", clearance, frozenset(rights), authority)


def is_at_this_machine(client: str, host: str, headers: Mapping[bytes, bytes]) -> bool:
    """Whether a request comes from this machine itself: from a loopback address, for a loopback name, passed on by nobody."""
    return client in _LOOPBACK and host in {"localhost", "127.0.0.1", "[::1]"} and not _PASSED_ON & headers.keys()
