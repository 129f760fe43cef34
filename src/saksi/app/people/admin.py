"""The page of people for administrators, and the log of changes for auditors."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from starlette.responses import Response

from saksi.app.api.desk import Call, Route
from saksi.app.api.keys import May
from saksi.app.api.wire import answer
from saksi.app.people.chain import Line
from saksi.app.people.forms import Form, read_form
from saksi.app.people.moments import text_of
from saksi.app.people.person import PERSONS, Person, Post, read_post
from saksi.app.people.policy import Account, gate
from saksi.app.people.register import SETUP_SECONDS
from saksi.app.people.sessions import Session
from saksi.app.people.signed import NO_STORE, away, check_fresh, fresh, person_at, status_of
from saksi.app.web.site import Site
from saksi.model import SaksiError, Tlp

__all__ = ["Admin"]

_POST = frozenset({"unit", "role", "clearance"})
_SHOWN = 500


class Admin:
    """The endpoints below /admin/people. Every change needs a second factor shown just now, and is never to one's own account."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> tuple[Route, ...]:
        """All addresses of the people."""

        def route(method: str, path: str, endpoint: object, may: May) -> Route:
            assert callable(endpoint)
            return Route(method, path, endpoint, may, "People and rights", page=True)

        return (
            route("GET", "/admin/people", self.people, May.PEOPLE),
            route("GET", "/admin/people.json", self.people_data, May.PEOPLE),
            route("POST", "/admin/people/add", self.add, May.PEOPLE),
            route("POST", "/admin/people/move", self.move, May.PEOPLE),
            route("POST", "/admin/people/disable", self.disable, May.PEOPLE),
            route("POST", "/admin/people/reset", self.reset, May.PEOPLE),
            route("POST", "/admin/people/end", self.end, May.PEOPLE),
            route("POST", "/admin/people/bind", self.bind, May.PEOPLE),
            route("GET", "/admin/people/log", self.log, May.AUDIT),
            route("GET", "/admin/people/log.json", self.log_data, May.AUDIT),
        )

    async def people(self, call: Call) -> Response:
        """Who may do what here?"""
        return self._show(call)

    async def people_data(self, call: Call) -> Response:
        """The same as data."""
        person_at(call)
        return answer(call.request, msgspec.json.encode(_data(call)), headers=NO_STORE)

    async def add(self, call: Call) -> Response:
        """Add a person; shows their one-time code this once."""
        form, session = await read_form(call, _POST | {"name"}), person_at(call)
        try:
            check_fresh(call)
            person, code = call.desk.people.register.add(form.one("name"), _post(form), by=session.person.id)
        except SaksiError as fault:
            kept = {**{name: form.one(name) for name in ("name", "unit", "clearance")}, "roles": form.all("role")}
            return self._show(call, fault, kept=kept)
        return self._coded(call, person, code)

    async def move(self, call: Call) -> Response:
        """Another unit, other roles, another clearance."""
        form = await read_form(call, _POST | {"id"})
        session, id_ = _over(call, form)
        try:
            call.desk.people.register.move(id_, _post(form), by=session.person.id)
        except SaksiError as fault:
            return self._show(call, fault)
        return away("/admin/people")

    async def disable(self, call: Call) -> Response:
        """Let a person in no more."""
        session, id_ = _over(call, await read_form(call, {"id"}))
        call.desk.people.register.disable(id_, by=session.person.id)
        return away("/admin/people")

    async def reset(self, call: Call) -> Response:
        """Let a person start anew; shows their one-time code this once."""
        session, id_ = _over(call, await read_form(call, {"id"}))
        register = call.desk.people.register
        code = register.reset(id_, by=session.person.id)
        return self._coded(call, register.person(id_), code)

    async def end(self, call: Call) -> Response:
        """End a person's sessions."""
        session, id_ = _over(call, await read_form(call, {"id"}))
        call.desk.people.sessions.end_all(id_, by=session.person.id)
        return away("/admin/people")

    async def bind(self, call: Call) -> Response:
        """Bind a subject of the identity provider to a person, or to nobody."""
        form = await read_form(call, {"issuer", "sub", "id"})
        session = fresh(call)
        id_ = form.one("id")
        if id_:
            _over(call, form)
        call.desk.people.door.subjects.bind(form.one("issuer"), form.one("sub"), person=id_ or None, by=session.person.id)
        return away("/admin/people")

    async def log(self, call: Call) -> Response:
        """Who changed whose rights, and who signed in?"""
        lines = [_told(line) for line in call.desk.people.store.log()[: -_SHOWN - 1 : -1]]
        return self._site.page(call, "people-log.html", headers=NO_STORE, lines=lines)

    async def log_data(self, call: Call) -> Response:
        """The whole log as data, oldest first, with the digests that chain it."""
        lines = [{**_told(line), "prev": line.prev} for line in call.desk.people.store.log()]
        return answer(call.request, msgspec.json.encode({"lines": lines}), headers=NO_STORE)

    def _show(self, call: Call, fault: SaksiError | None = None, *, kept: Mapping[str, object] | None = None) -> Response:
        """The people; `kept` is what was typed of somebody who was not added."""
        session = person_at(call)
        return self._site.page(
            call,
            "people.html",
            status=status_of(fault, 400),
            headers=NO_STORE,
            refused=fault,
            kept=kept,
            me=session.person.id,
            fresh=session.fresh(call.desk.people.store.clock()),
            roles=[role.value for role in PERSONS],
            levels=[level.value for level in Tlp],
            **_data(call),
        )

    def _coded(self, call: Call, person: Person, code: str) -> Response:
        spaced = "-".join(code[at : at + 5] for at in range(0, len(code), 5))
        return self._site.page(call, "coded.html", headers=NO_STORE, person=person, code=spaced, hours=SETUP_SECONDS // 3600)


def _over(call: Call, form: Form) -> tuple[Session, str]:
    """The administrator, who has just shown a second factor, and the person they may do this to."""
    session, register = fresh(call), call.desk.people.register
    id_ = register.person(form.one("id")).id
    gate(session.person.actor, May.PEOPLE, Account(id_))
    return session, id_


def _post(form: Form) -> Post:
    return read_post(form.one("unit"), form.all("role"), form.one("clearance"))


def _data(call: Call) -> dict[str, object]:
    people = call.desk.people
    return {
        "people": [
            {
                "id": each.id,
                "name": each.name,
                "unit": each.post.unit,
                "roles": each.roles,
                "clearance": each.post.clearance.value,
                "made": text_of(each.made),
                "disabled": None if each.disabled is None else text_of(each.disabled),
                "sessions": len(people.sessions.of(each.id)),
            }
            for each in people.register.people()
        ],
        "subjects": [
            {"issuer": each.issuer, "sub": each.sub, "person": each.person, "seen": text_of(each.seen)}
            for each in people.door.subjects.listed()
        ],
    }


def _told(line: Line) -> dict[str, object]:
    return {"when": text_of(line.when), "who": line.who, "act": line.act, "about": line.about, "said": dict(line.said)}
