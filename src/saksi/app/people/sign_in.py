"""The pages of signing in and out: by password and code, by passkey, at the identity provider, and for the first time."""

from __future__ import annotations

import msgspec
from starlette.responses import Response

from saksi.app.api.desk import Call, Route
from saksi.app.api.params import Param
from saksi.app.api.problems import Refused
from saksi.app.api.wire import JSON, answer
from saksi.app.people.cookies import asking_cookie, drop_cookie, keep_cookie, read_cookie, session_cookie
from saksi.app.people.forms import local_path, read_form
from saksi.app.people.provider import Provider
from saksi.app.people.sessions import Session
from saksi.app.people.signed import NO_STORE, away, enter, held, knock_of, on_porter, person_at, place_of
from saksi.app.web.site import Site, link
from saksi.model import BadInput, NotAllowed, SaksiError

__all__ = ["SignIn", "body_of", "data_of", "second_link"]

_NEXT = Param("next", "Where to go on to.", longest=2000)
_BACK = tuple(
    Param(name, "As the provider sends it.", longest=4096)
    for name in ("code", "state", "iss", "error", "error_description", "error_uri", "session_state", "scope", "authuser", "prompt", "hd")
)


class SignIn:
    """The endpoints of signing in and out."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> tuple[Route, ...]:
        """All addresses of signing in and out: open to anybody."""

        def route(method: str, path: str, endpoint: object, *params: Param) -> Route:
            assert callable(endpoint)
            return Route(method, path, endpoint, None, "Signing in", params=params, page=True)

        return (
            route("GET", "/sign-in", self.page, _NEXT),
            route("GET", "/sign-in.json", self.ways),
            route("POST", "/sign-in", self.by_password),
            route("GET", "/sign-in/first", self.first_page),
            route("GET", "/sign-in/first.json", self.ways),
            route("POST", "/sign-in/first", self.first),
            route("POST", "/sign-in/passkey/ask", self.ask_passkey),
            route("POST", "/sign-in/passkey", self.by_passkey),
            route("GET", "/sign-in/provider", self.to_provider),
            route("GET", "/sign-in/back", self.from_provider, *_BACK),
            route("GET", "/sign-in/second", self.second_page, _NEXT),
            route("GET", "/sign-in/second.json", self.second_ways),
            route("POST", "/sign-in/second", self.second),
            route("POST", "/sign-in/second/ask", self.ask_second),
            route("POST", "/sign-in/second/passkey", self.second_passkey),
            route("GET", "/sign-out", self.out_page),
            route("GET", "/sign-out.json", self.ways),
            route("POST", "/sign-out", self.out),
        )

    async def page(self, call: Call) -> Response:
        """Who are you?"""
        return self._show(call, "sign-in.html", onward=local_path(call.asked.maybe("next") or "/"))

    async def ways(self, call: Call) -> Response:
        """The ways of signing in, and whether somebody is signed in, as data."""
        return answer(call.request, msgspec.json.encode({"ways": _ways(call), "signed_in": call.caller.session is not None}))

    async def by_password(self, call: Call) -> Response:
        """Name, password and code."""
        form = await read_form(call, {"name", "password", "code", "next"})
        onward, knock, door = local_path(form.one("next")), knock_of(call), call.desk.people.door
        name, password, code = form.one("name"), form.one("password"), form.one("code")
        try:
            token, mark = await on_porter(call, lambda: door.by_password(name, password, code, knock))
        except NotAllowed as fault:
            return self._show(call, "sign-in.html", fault, onward=onward)
        return enter(call, away(onward), token, mark=mark)

    async def first_page(self, call: Call) -> Response:
        """For the first time: the one-time code."""
        return self._show(call, "first.html")

    async def first(self, call: Call) -> Response:
        """The one-time code and the password that the person chose."""
        form = await read_form(call, {"name", "code", "password", "again"})
        knock, door = knock_of(call), call.desk.people.door
        name, code, password = form.one("name"), form.one("code"), form.one("password")
        try:
            if password != form.one("again"):
                raise BadInput("the two passwords differ", where="again")
            token = await on_porter(call, lambda: door.by_setup_code(name, code, password, knock))
        except SaksiError as fault:
            return self._show(call, "first.html", fault)
        return enter(call, away("/me/codes"), token)

    async def ask_passkey(self, call: Call) -> Response:
        """What the browser needs to show a passkey."""
        people = call.desk.people
        people.door.throttle.visit(knock_of(call).address)
        return data_of(people.door.passkeys.ask("", place_of(call)))

    async def by_passkey(self, call: Call) -> Response:
        """A passkey that the browser showed."""
        shown, place, knock, door = await body_of(call), place_of(call), knock_of(call), call.desk.people.door
        token = await on_porter(call, lambda: door.by_passkey(shown, place, knock))
        return enter(call, data_of('{"done":true}'), token, mark=_mark(call, token))

    async def to_provider(self, call: Call) -> Response:
        """Go to the identity provider."""
        provider = _provider(call)
        call.desk.people.door.throttle.visit(knock_of(call).address)
        back = f"{place_of(call).origin}/sign-in/back"
        asking = await on_porter(call, lambda: provider.ask(back))
        response = away(asking.address)
        keep_cookie(response, asking_cookie(tls=call.desk.settings.tls), asking.cookie)
        return response

    async def from_provider(self, call: Call) -> Response:
        """Back from the identity provider: the page that asks for the second factor, or what is wanting."""
        provider, door, knock = _provider(call), call.desk.people.door, knock_of(call)
        name = asking_cookie(tls=call.desk.settings.tls)
        cookie = read_cookie(dict(call.request.headers.raw), name)
        given = {each: call.asked.maybe(each) or "" for each in ("code", "state", "iss") if call.asked.maybe(each)}
        door.throttle.visit(knock.address)
        try:
            sub = await on_porter(call, lambda: provider.answer(cookie, given))
            token = await on_porter(call, lambda: door.by_subject(provider.told.issuer, sub, knock))
            if token is None:
                raise NotAllowed(
                    f"you are known to the provider as {sub!r}, and nobody here is bound to that", todo="tell an administrator"
                )
        except SaksiError as fault:
            response = self._show(call, "sign-in.html", fault, onward="/")
        else:
            # No redirect: it would still count as coming from the provider's page, and the strict cookie would not be sent along.
            response = enter(call, self._second(call, call.desk.people.sessions.find(token), onward="/"), token)
        drop_cookie(response, name)
        return response

    async def second_page(self, call: Call) -> Response:
        """A second factor, please."""
        return self._second(call, _may_show(call), onward=local_path(call.asked.maybe("next") or "/"))

    async def second_ways(self, call: Call) -> Response:
        """Whether the second factor was shown just now, as data."""
        session = held(call)
        return answer(call.request, msgspec.json.encode({"fresh": session.fresh(call.desk.people.store.clock())}))

    async def second(self, call: Call) -> Response:
        """A code of the app."""
        form, session, door = await read_form(call, {"code", "next"}), _may_show(call), call.desk.people.door
        onward, code = local_path(form.one("next")), form.one("code")
        try:
            token = await on_porter(call, lambda: door.second(session, code))
        except NotAllowed as fault:
            return self._second(call, session, fault, onward=onward)
        return enter(call, away(onward), token, mark=_mark(call, token))

    async def ask_second(self, call: Call) -> Response:
        """What the browser needs to show a passkey in a session."""
        return data_of(call.desk.people.door.passkeys.ask(_may_show(call).id, place_of(call)))

    async def second_passkey(self, call: Call) -> Response:
        """A passkey shown in a session."""
        shown, session, place, door = await body_of(call), _may_show(call), place_of(call), call.desk.people.door
        token = await on_porter(call, lambda: door.second_by_passkey(session, shown, place))
        return enter(call, data_of('{"done":true}'), token)

    async def out_page(self, call: Call) -> Response:
        """Sign out?"""
        return self._show(call, "sign-out.html")

    async def out(self, call: Call) -> Response:
        """Signed out: the session is over, here and for whoever has its token."""
        await read_form(call, set())
        if (session := call.caller.session) is not None:
            call.desk.people.sessions.end(session.person.id, session.id, by=session.person.id)
        response = away("/sign-in")
        drop_cookie(response, session_cookie(tls=call.desk.settings.tls))
        return response

    def _show(self, call: Call, template: str, fault: SaksiError | None = None, **parts: object) -> Response:
        status = 200 if fault is None else 403 if isinstance(fault, NotAllowed) else 400 if isinstance(fault, BadInput) else 502
        session = call.caller.session
        more = {
            "refused": fault, "ways": _ways(call), "passkeys": place_of(call).takes_passkeys,
            "setting_up": session is not None and session.setting_up, **parts,
        }  # fmt: skip
        return self._site.page(call, template, status=status, headers=NO_STORE, **more)

    def _second(self, call: Call, session: Session | None, fault: SaksiError | None = None, *, onward: str) -> Response:
        return self._show(
            call, "second.html", fault, onward=onward, has_codes=session and call.desk.people.door.codes.has(session.person.id)
        )


def _may_show(call: Call) -> Session:
    """The session that a second factor is shown in; one that is being set up makes its first instead."""
    session = held(call)
    return person_at(call) if session.setting_up else session


def _ways(call: Call) -> list[str]:
    return ["password", "passkey", *(["provider"] if call.desk.people.provider else [])]


def _provider(call: Call) -> Provider:
    if call.desk.people.provider is None:
        raise Refused("not-found")
    return call.desk.people.provider


def _mark(call: Call, token: str) -> str:
    session = call.desk.people.sessions.find(token)
    return "" if session is None else call.desk.people.door.throttle.mark(session.person.name)


def data_of(text: str) -> Response:
    """JSON for a script of the page."""
    return Response(text, 200, NO_STORE, JSON)


async def body_of(call: Call) -> str:
    """The body that a script of the page sent, as JSON text."""
    if call.request.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
        raise Refused("wrong-media", f"send {JSON}")
    try:
        return (await call.request.body()).decode("utf-8")
    except UnicodeDecodeError as fault:
        raise BadInput("the body is not UTF-8", where="body") from fault


def second_link(path: str) -> str:
    """Where to show a second factor before going on to `path`."""
    return link("/sign-in/second", next=path)
