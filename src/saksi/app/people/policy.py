"""Who may do what: one table of acts and roles, and one gate for every object. The words of requests are in `saksi.actions.half`.

Who runs the node does not thereby read its data; an auditor reads the logs and changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from saksi.actions.half import MAY as WORDS
from saksi.actions.step import Word
from saksi.app.api.keys import May
from saksi.app.api.problems import Refused
from saksi.model import NotAllowed
from saksi.model.actor import Actor, Role

__all__ = ["TABLE", "Account", "CaseAccess", "Thing", "gate", "may", "rights_of"]

_INTAKE, _ANALYST, _APPROVER, _REVIEWER = Role.INTAKE, Role.ANALYST, Role.APPROVER, Role.REVIEWER
_AUDITOR, _ADMINISTRATOR = Role.AUDITOR, Role.ADMINISTRATOR

TABLE: Mapping[May, frozenset[Role]] = {
    May.LOOK: frozenset({_INTAKE, _ANALYST, _APPROVER, _REVIEWER, _AUDITOR}),
    May.FEED: frozenset({_ANALYST, _APPROVER, _AUDITOR}),
    May.TELL: frozenset({_INTAKE, _ANALYST, _APPROVER}),
    May.GIVE: frozenset({_INTAKE, _ANALYST}),
    May.AMEND: frozenset({_ANALYST, _APPROVER}),
    May.ERASE: frozenset({_APPROVER}),  # what is erased is gone for good
    May.REQUEST: frozenset({_INTAKE, _ANALYST, _APPROVER, _REVIEWER, _AUDITOR}),
    May.CASE: frozenset({_INTAKE, _ANALYST, _APPROVER, _REVIEWER}),
    May.DIRECTORY: frozenset({_INTAKE, _ANALYST, _APPROVER, _REVIEWER, _AUDITOR, _ADMINISTRATOR}),
    May.DIRECT: frozenset({_APPROVER}),  # where requests go decides who learns of people
    May.AUDIT: frozenset({_AUDITOR}),
    May.ADMIN: frozenset({_ADMINISTRATOR}),
    May.PEOPLE: frozenset({_ADMINISTRATOR}),
    May.SETTINGS: frozenset({_ADMINISTRATOR}),
}

_OF_A_THING = frozenset({May.CASE})  # acts that are open only together with the thing they are done to


class Thing(Protocol):
    """An object that is open to some people and not to others, whatever their roles."""

    def open_to(self, actor: Actor) -> bool:
        """Whether it is open to this person."""


@dataclass(frozen=True, slots=True)
class CaseAccess:
    """Who works on a case (pseudonyms). A sealed one is open only to those named for it, who are members too."""

    members: frozenset[str]
    sealed_to: frozenset[str] | None = None

    def open_to(self, actor: Actor) -> bool:
        """Members only; of a sealed case those named for it."""
        return actor.person in self.members and (self.sealed_to is None or actor.person in self.sealed_to)


@dataclass(frozen=True, slots=True)
class Account:
    """A person's own place in the register: nobody gives rights to themselves."""

    person: str

    def open_to(self, actor: Actor) -> bool:
        """To everybody but the person themselves."""
        return actor.person != self.person


def rights_of(roles: frozenset[Role]) -> frozenset[May]:
    """What these roles together may do."""
    return frozenset(act for act, held in TABLE.items() if held & roles)


def may(actor: Actor, act: May | Word, thing: Thing | None = None) -> bool:
    """Whether this person may do this to this thing."""
    if not actor.roles & (WORDS[act] if isinstance(act, Word) else TABLE[act]):
        return False
    return act not in _OF_A_THING if thing is None else thing.open_to(actor)


def gate(actor: Actor, act: May | Word, thing: Thing | None = None) -> None:
    """Let through or refuse: NotAllowed where the role does not reach, and "nothing here" where the thing is closed to this person."""
    if may(actor, act, thing):
        return
    roles = WORDS[act] if isinstance(act, Word) else TABLE[act]
    if not actor.roles & roles:
        able = ", ".join(sorted(role.value for role in roles))
        raise NotAllowed(f"this needs one of these roles: {able}", where=act.value)
    if isinstance(thing, Account):
        raise NotAllowed("nobody changes their own rights", where=act.value, todo="ask another administrator")
    raise Refused("not-found")
