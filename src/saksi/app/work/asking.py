"""Who is at the desk and what they may do there: the actor, what they may see, and the names of those they work with."""

from __future__ import annotations

from collections.abc import Mapping

from saksi.app.api.desk import Call
from saksi.app.api.keys import May
from saksi.app.api.params import Param
from saksi.app.people.person import Person
from saksi.app.people.policy import rights_of
from saksi.app.people.signed import person_at
from saksi.model import BadInput, Tlp
from saksi.model.actor import Actor

__all__ = ["AFTER", "REPORT", "STATE", "check_worker", "names_of", "note", "who", "workers"]

AFTER = Param("cursor", "The `next` of the page before.", longest=4096, form="[A-Za-z0-9_-]+")
STATE = Param("state", "Which reports: open, assigned, merged or closed.", "open", longest=8, form="open|assigned|merged|closed")
REPORT = Param("id", "The id of a report.", "report:desk/1", needed=True, longest=2100, form=r"report:[^\x00-\x20\x7f]+")


def who(call: Call) -> tuple[Actor, Tlp]:
    """Who acts, and the strictest marking they may see. Raises Refused (401) where nobody is signed in."""
    person = person_at(call).person
    return person.actor, person.post.clearance


def note(call: Call, kind: str, *what: str) -> None:
    """Write into the access log that marked data is about to be shown, and what for."""
    call.desk.access.note(call.caller.watcher(call.purpose or "working on what waits"), kind, what=what)


def workers(call: Call) -> tuple[Person, ...]:
    """Those who work on cases and can sign in, by name."""
    people = call.desk.people.register.people()
    return tuple(each for each in people if each.disabled is None and May.CASE in rights_of(each.post.roles))


def names_of(call: Call) -> Mapping[str, str]:
    """The names of all people by their pseudonym, for pages alone: neither data nor ledger holds them."""
    return {each.id: each.name for each in call.desk.people.register.people()}


def check_worker(call: Call, id_: str | None) -> None:
    """Refuse to name somebody in a case who does not work on cases here: they would see it by a name that anybody may be given later."""
    if id_ is not None and id_ not in {each.id for each in workers(call)}:
        raise BadInput("nobody of this name works on cases here", where="whom", todo="choose one of those listed")
