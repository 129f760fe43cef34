"""The pages, one question each. Everything a page shows is also at its address with `.json`; all state is in the address."""

from __future__ import annotations

import json
from functools import partial

import msgspec
from msgspec.structs import replace
from starlette.responses import RedirectResponse, Response

from saksi.app.api.cursor import Cursor, read_cursor, write_cursor
from saksi.app.api.desk import Call, Route
from saksi.app.api.keys import May
from saksi.app.api.look import DIGEST, ENTITY, TEXT, VALUE
from saksi.app.api.params import AT, COUNTRY, CURSOR, PURPOSE, Param
from saksi.app.api.ports import HitPage, Home, LedgerState
from saksi.app.api.problems import KINDS, Refused
from saksi.app.api.wire import answer, next_link
from saksi.app.web.layout import entity_path, fields_of, lay_out, text_of
from saksi.app.web.site import Site, link
from saksi.model import ACCUSING_ROLES, ROLES, BadInput, Locator, Pap, Reader, Tlp
from saksi.model.grade import CREDIBILITY, RELIABILITY
from saksi.screen.answer import Answer, encode

__all__ = ["Pages"]

_FIXED = "public, max-age=31536000, immutable"
_AS = Param("as", "`page`: the page even where the name ends in .json.", longest=4, form="page")
_Q = Param("q", VALUE.about, longest=VALUE.longest)
_SHOWN = 8
_STATUSES = ("known", "unknown", "contested", "safe-listed", "past")
_WARNINGS = ("recycled", "not-in-plan", "weak", "unopened", "above", "readings")
_WORDS = ("entry", "checkpoint", "root", "fingerprint", "witness", "proof")
_QUICK = 40  # statements on a page that is rendered between two look-ups, in about 3 ms


class Pages:
    """The endpoints of the pages."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> tuple[Route, ...]:
        """All addresses of the pages."""

        def page(path: str, endpoint: object, may: May | None, *params: Param) -> Route:
            assert callable(endpoint)
            return Route("GET", path, endpoint, may, "A page", params=params, page=True)

        return (
            page("/", self.home, May.LOOK, _Q, COUNTRY, PURPOSE),
            page("/index.json", self.home_data, May.LOOK, PURPOSE),
            page("/e/{entity:path}", self.entity, May.LOOK, ENTITY, AT, CURSOR, PURPOSE, _Q, _AS),
            page("/s/{digest}.json", self.statement_data, May.LOOK, DIGEST, AT, PURPOSE),
            page("/s/{digest}", self.statement, May.LOOK, DIGEST, AT, PURPOSE),
            page("/search", self.search, May.LOOK, TEXT, AT, CURSOR, PURPOSE),
            page("/search.json", self.search_data, May.LOOK, TEXT, AT, CURSOR, PURPOSE),
            page("/ledger", self.ledger, None),
            page("/ledger.json", self.ledger_data, None),
            page("/about", self.about, None),
            page("/problems/{slug}", self.problem, None, Param("slug", "", longest=40, form="[a-z-]+", place="path")),
            page("/static/{path:path}", self.static, None, Param("path", "", longest=200, place="path")),
        )

    async def home(self, call: Call) -> Response:
        """Is it known? A value leads to its page; one that cannot be read is explained here."""
        value = call.asked.maybe("q")
        if value is None:
            return self._site.page(call, "home.html", home=await _home(call), refused=None)
        reader = _reader(call)
        try:
            said = call.desk.node.ask(
                value, country=call.asked.maybe("country") or call.desk.settings.country or None, reader=reader, at=None
            )
        except BadInput as fault:
            return self._site.page(call, "home.html", status=400, home=await _home(call), refused=fault)
        _note(call, "lookup", said.entity, size=said.at)
        target = link(entity_path(said.entity), q=value, purpose=call.asked.maybe("purpose"))
        return RedirectResponse(target, 303, {"Cache-Control": "no-store"})

    async def home_data(self, call: Call) -> Response:
        """The first page's lists as data."""
        return answer(call.request, msgspec.json.encode(await _home(call)))

    async def entity(self, call: Call) -> Response:
        """Who or what is this, and who says so?"""
        name = call.asked.text("entity")
        as_data = name.endswith(".json") and call.asked.maybe("as") is None
        cursor = call.asked.maybe("cursor")
        said = call.desk.node.entity(name.removesuffix(".json") if as_data else name, reader=_reader(call), at=call.at(), after=cursor)
        _note(call, "entity", said.entity, size=said.at)
        headers = next_link(call.request, said.next) if said.next else {}
        if as_data:
            return answer(call.request, encode(said), headers=headers)
        render = partial(
            self._site.page,
            call,
            "entity.html",
            headers=headers,
            state=call.desk.node.state(),
            answer=said,
            cursor=cursor,
            groups=lay_out(said, said.statements[::-1]),  # the newest first, as the pages behind go on
            past=lay_out(said, said.past[::-1]),
            asked=call.asked.maybe("q"),
            is_synthetic=_is_synthetic(said),
        )
        return render() if len(said.statements) + len(said.past) <= _QUICK else await call.walk(render)

    async def statement(self, call: Call) -> Response:
        """Can I check this myself?"""
        name = call.asked.text("digest")
        found = call.desk.node.statement(name, reader=_reader(call), at=call.at())
        _note(call, "statement", name, size=call.at())
        if found is None:
            raise Refused("not-found")
        groups = {group: json.loads(bytes(raw)) for group, raw in found.groups.items()}
        place = groups.get("source", {}).get("locator")
        value = groups.get("content", {}).get("value")
        return self._site.page(
            call,
            "statement.html",
            said=found,
            groups=groups,
            place="" if place is None else str(Locator.from_json(place)),
            value="" if value is None else text_of(value),
            fields=fields_of(value),
            reliability=RELIABILITY,
            credibility=CREDIBILITY,
        )

    async def statement_data(self, call: Call) -> Response:
        """The statement as data."""
        name = call.asked.text("digest")
        found = call.desk.node.statement(name, reader=_reader(call), at=call.at())
        _note(call, "statement", name, size=call.at())
        if found is None:
            raise Refused("not-found")
        return answer(call.request, msgspec.json.encode(found))

    async def search(self, call: Call) -> Response:
        """Entities whose id holds a text."""
        found, onward = await _found(call)
        return self._site.page(
            call, "search.html", text=call.asked.text("q"), found=found, onward=onward, cursor=call.asked.maybe("cursor")
        )

    async def search_data(self, call: Call) -> Response:
        """The same hits as data."""
        found, onward = await _found(call)
        body = msgspec.json.encode({"hits": found.hits, "next": onward, "at": found.at})
        return answer(call.request, body, headers=next_link(call.request, onward) if onward else None)

    async def ledger(self, call: Call) -> Response:
        """Has anything been changed?"""
        return self._site.page(call, "ledger.html", state=_shown_state(call), base=str(call.request.base_url).rstrip("/"))

    async def ledger_data(self, call: Call) -> Response:
        """The ledger's state as data."""
        return answer(call.request, msgspec.json.encode(_shown_state(call)))

    async def about(self, call: Call) -> Response:
        """What this node is, and what its words mean."""
        return self._site.page(
            call,
            "about.html",
            statuses=_STATUSES,
            roles=ROLES,
            accusing=ACCUSING_ROLES,
            warnings=_WARNINGS,
            reliability=RELIABILITY,
            credibility=CREDIBILITY,
            levels=[level.value for level in Tlp],
            paps=[level.value for level in Pap],
            words=_WORDS,
        )

    async def problem(self, call: Call) -> Response:
        """What a type of problem means."""
        slug = call.asked.text("slug")
        if slug not in KINDS:
            raise Refused("not-found")
        return self._site.page(call, "problem.html", slug=slug, kind=KINDS[slug])

    async def static(self, call: Call) -> Response:
        """Styles, fonts and elements."""
        asset = self._site.assets.files.get(call.asked.text("path"))
        if asset is None:
            raise Refused("not-found")
        return answer(call.request, asset.data, media=asset.media, cache=_FIXED if asset.fixed else "public, no-cache")


async def _found(call: Call) -> tuple[HitPage, str | None]:
    text, at = call.asked.text("q"), call.at()
    given = call.asked.maybe("cursor")
    cursor = None if given is None else read_cursor(given)
    if cursor is not None and at is None:
        at = cursor.at
    after, reader = cursor.after if cursor else None, _reader(call)
    found = await call.walk(lambda: call.desk.node.search(text, after=after, limit=50, reader=reader, at=at))
    _note(call, "search", text, size=found.at)
    return found, None if found.after is None else write_cursor(Cursor(found.after, found.at))


async def _home(call: Call) -> Home:
    reader = _reader(call)
    return await call.walk(lambda: call.desk.node.home(reader=reader, limit=_SHOWN))


def _shown_state(call: Call) -> LedgerState:
    """The ledger's state as the caller may have it.

    What is signed is open to all: how many entries there are, their root, by which key. How many statements they hold, and how many were
    erased, counts also what a stranger may not see.
    """
    state = call.desk.node.state()
    if call.caller.rights:
        return state
    fsck = None if state.fsck is None else replace(state.fsck, said="")
    return replace(state, statements=None, erased=None, fsck=fsck)


def _purpose(call: Call) -> str:
    by_key = call.caller.session is None and call.caller.name != "local" and call.request.url.path.endswith(".json")
    return call.purpose or ("" if by_key else "reading a page")  # a program that holds a key says what for, as in the API


def _reader(call: Call) -> Reader:
    return call.caller.reader(_purpose(call))


def _note(call: Call, kind: str, what: str, *, size: int | None) -> None:
    call.desk.access.note(call.caller.watcher(_purpose(call)), kind, what=(what,), size=size)


def _is_synthetic(said: Answer) -> bool:
    return any("synthetic" in f"{source.publisher} {source.title}".lower() for source in said.sources)
