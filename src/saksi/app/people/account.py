"""The page of a person's own account: sessions, passkeys, the app with codes, the password."""

from __future__ import annotations

import base64

import msgspec
from markupsafe import Markup
from starlette.responses import Response

from saksi.app.api.desk import Call, Route
from saksi.app.api.wire import answer
from saksi.app.people.codes import app_link, qr_svg
from saksi.app.people.forms import read_form
from saksi.app.people.moments import text_of
from saksi.app.people.sign_in import body_of, data_of, second_link
from saksi.app.people.signed import NO_STORE, away, enter, held, on_porter, person_at, place_of
from saksi.app.web.site import Site
from saksi.model import BadInput, SaksiError

__all__ = ["Account"]


class _Answer(msgspec.Struct, forbid_unknown_fields=True):
    """A passkey that a browser made, and what its person calls it."""

    answer: msgspec.Raw
    label: str = ""


class Account:
    """The endpoints below /me: open to anybody who is signed in, each for their own account."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> tuple[Route, ...]:
        """All addresses of the account."""

        def route(method: str, path: str, endpoint: object) -> Route:
            assert callable(endpoint)
            return Route(method, path, endpoint, None, "One's own account", page=True)

        return (
            route("GET", "/me", self.me),
            route("GET", "/me.json", self.me_data),
            route("POST", "/me/sessions/end", self.end_session),
            route("POST", "/me/password", self.password),
            route("GET", "/me/codes", self.codes),
            route("GET", "/me/codes.json", self.codes_data),
            route("POST", "/me/codes/new", self.new_codes),
            route("POST", "/me/codes", self.set_codes),
            route("POST", "/me/passkeys/ask", self.ask_passkey),
            route("POST", "/me/passkeys", self.add_passkey),
            route("POST", "/me/passkeys/remove", self.remove_passkey),
        )

    async def me(self, call: Call) -> Response:
        """How do I sign in, and where am I signed in?"""
        return self._show(call)

    async def me_data(self, call: Call) -> Response:
        """The same as data."""
        return answer(call.request, msgspec.json.encode(_data(call)), headers=NO_STORE)

    async def end_session(self, call: Call) -> Response:
        """End one of one's sessions, or all but this one."""
        form, session, sessions = await read_form(call, {"id"}), person_at(call), call.desk.people.sessions
        who = session.person.id
        if form.one("id") == "others":
            sessions.end_all(who, by=who, but=session.id)
        elif not sessions.end(who, form.one("id"), by=who):
            raise BadInput("there is no such session", where="id")
        return away("/me")

    async def password(self, call: Call) -> Response:
        """Another password."""
        form, session, door = await read_form(call, {"old", "password", "again"}), person_at(call), call.desk.people.door
        old, new = form.one("old"), form.one("password")
        try:
            if new != form.one("again"):
                raise BadInput("the two passwords differ", where="again")
            await on_porter(call, lambda: door.change_password(session, old, new))
        except SaksiError as fault:
            return self._show(call, fault)
        return away("/me")

    async def codes(self, call: Call) -> Response:
        """Set up the app: the picture that it reads, and its first code."""
        return self._codes(call)

    async def codes_data(self, call: Call) -> Response:
        """Whether an app is set up, or waits for its first code, as data: never the secret."""
        codes, id_ = call.desk.people.door.codes, held(call).person.id
        made = {"set_up": codes.has(id_), "waiting": codes.beginning(id_) is not None}
        return answer(call.request, msgspec.json.encode(made), headers=NO_STORE)

    async def new_codes(self, call: Call) -> Response:
        """A fresh secret."""
        await read_form(call, set())
        session, door = held(call), call.desk.people.door
        if session.factor is not None and not session.fresh(call.desk.people.store.clock()):
            return away(second_link("/me"))
        door.may_set_up(session)
        door.codes.begin(session.person.id)
        return away("/me/codes")

    async def set_codes(self, call: Call) -> Response:
        """The first code of the fresh secret."""
        form, session, door = await read_form(call, {"code"}), held(call), call.desk.people.door
        try:
            token = door.set_codes(session, form.one("code"))
        except BadInput as fault:
            return self._codes(call, fault)
        return enter(call, away("/me"), token, mark=door.throttle.mark(session.person.name))

    async def ask_passkey(self, call: Call) -> Response:
        """What the browser needs to make a passkey."""
        session, door = held(call), call.desk.people.door
        door.may_set_up(session)
        return data_of(door.passkeys.ask_new(session.person, session.id, place_of(call)))

    async def add_passkey(self, call: Call) -> Response:
        """A passkey that the browser made."""
        text, session, place, door = await body_of(call), held(call), place_of(call), call.desk.people.door
        try:
            made = msgspec.json.decode(text, type=_Answer)
        except msgspec.MsgspecError as fault:
            raise BadInput(f"not a passkey: {fault}", where="body") from fault
        token = door.add_passkey(session, bytes(made.answer).decode("utf-8"), made.label, place)
        return enter(call, data_of('{"done":true}'), token, mark=door.throttle.mark(session.person.name))

    async def remove_passkey(self, call: Call) -> Response:
        """Forget one of one's passkeys."""
        form, session, door = await read_form(call, {"id"}), person_at(call), call.desk.people.door
        if not session.fresh(call.desk.people.store.clock()):
            return away(second_link("/me"))
        try:
            id_ = base64.urlsafe_b64decode(form.one("id"))
        except ValueError as fault:
            raise BadInput("not the name of a passkey", where="id") from fault
        door.remove_passkey(session, id_)
        return away("/me")

    def _show(self, call: Call, fault: SaksiError | None = None) -> Response:
        session = person_at(call)
        status = 200 if fault is None else 400 if isinstance(fault, BadInput) else 403
        return self._site.page(
            call,
            "me.html",
            status=status,
            headers=NO_STORE,
            refused=fault,
            me=_data(call),
            here=session.id,
            fresh=session.fresh(call.desk.people.store.clock()),
            passkeys=place_of(call).takes_passkeys,
        )

    def _codes(self, call: Call, fault: SaksiError | None = None) -> Response:
        session, codes = held(call), call.desk.people.door.codes
        call.desk.people.door.may_set_up(session)
        secret = codes.beginning(session.person.id)
        address = "" if secret is None else app_link(secret, title=call.desk.settings.title, person=session.person.name)
        return self._site.page(
            call,
            "codes.html",
            status=200 if fault is None else 400,
            headers=NO_STORE,
            refused=fault,
            key="" if secret is None else base64.b32encode(secret).decode("ascii"),
            picture=Markup(qr_svg(address)) if address else "",  # noqa: S704 - made here, of numbers alone
            passkeys=place_of(call).takes_passkeys,
            first=session.factor is None,
        )


def _data(call: Call) -> dict[str, object]:
    session, people = person_at(call), call.desk.people
    person = session.person
    return {
        "id": person.id,
        "name": person.name,
        "unit": person.post.unit,
        "roles": person.roles,
        "clearance": person.post.clearance.value,
        "codes": people.door.codes.has(person.id),
        "passkeys": [
            {
                "id": base64.urlsafe_b64encode(each.id).decode("ascii"),
                "label": each.label,
                "made": text_of(each.made),
                "used": None if each.used is None else text_of(each.used),
            }
            for each in people.door.passkeys.of(person.id)
        ],
        "sessions": [
            {
                "id": each.id,
                "begun": text_of(each.begun),
                "seen": text_of(each.seen),
                "way": each.came.way,
                "address": each.came.address,
                "agent": each.came.agent,
            }
            for each in people.sessions.of(person.id)
        ],
    }
