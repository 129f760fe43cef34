"""Somebody's cases, the doors that are open to them from outside, and the opening of a case; for people and for programs."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from starlette.responses import Response

from saksi.app.api.desk import Call, Route
from saksi.app.api.keys import May
from saksi.app.api.params import CURSOR, LIMIT, PURPOSE, Param
from saksi.app.api.wire import answer, next_link
from saksi.app.casing import Casing, Work
from saksi.app.people.forms import read_form
from saksi.app.people.signed import NO_STORE, away, check_fresh, is_fresh, on_writer, person_at, status_of
from saksi.app.web.site import Site, link
from saksi.app.work.asking import names_of, note, who
from saksi.app.work.told import CasesAnswer
from saksi.cases import MAY, Word
from saksi.cases.board import CaseLine
from saksi.model import BadInput, NotAllowed, SaksiError

__all__ = ["Cases"]

_ENTERED = ("case", "word", "head", "text")
_UNTYPED = dict.fromkeys(_ENTERED, "")


class Cases:
    """The endpoints of /cases."""

    def __init__(self, site: Site, node: Casing) -> None:
        self._site = site
        self._node = node

    def routes(self) -> tuple[Route, ...]:
        """All addresses of the list."""

        def route(method: str, path: str, endpoint: object, *params: Param) -> Route:
            assert callable(endpoint)
            return Route(method, path, endpoint, May.CASE, "Cases", params=params, page=True)

        return (
            route("GET", "/cases", self.cases, CURSOR, PURPOSE),
            route("GET", "/cases.json", self.cases_data, CURSOR, LIMIT, PURPOSE),
            route("POST", "/cases", self.open),
            route("POST", "/cases/enter", self.enter),
        )

    async def cases(self, call: Call) -> Response:
        """Which cases are mine?"""
        return await self._show(call)

    async def cases_data(self, call: Call) -> Response:
        """The same as data."""
        lines, onward = await self._lines(call)
        headers = {**NO_STORE, **(next_link(call.request, onward) if onward else {})}
        return answer(call.request, msgspec.json.encode(CasesAnswer(tuple(lines), onward)), headers=headers)

    async def open(self, call: Call) -> Response:
        """Open an empty case."""
        form, (actor, clearance) = await read_form(call, {"title"}), who(call)
        try:
            have = await on_writer(call, lambda: self._node.open_case(form.one("title").strip(), actor, clearance))
        except SaksiError as fault:
            return await self._show(call, fault)
        return away(f"/case/{have.id}")

    async def enter(self, call: Call) -> Response:
        """Enter a case from outside, with a reason: unseal it, or take it over."""
        form, (actor, clearance) = await read_form(call, _ENTERED), who(call)
        word = form.one("word")
        try:
            check_fresh(call)
            if word not in {Word.UNSEAL.value, Word.LEAD.value}:
                raise BadInput("a case is entered from outside by unsealing it or by taking it over", where="word")
            whom = actor.person if word == Word.LEAD.value else None
            text = form.one("text").strip() or None
            work = Work(case=form.one("case"), word=Word(word), head=form.one("head"), text=text, whom=whom)
            await on_writer(call, lambda: self._node.work(work, actor, clearance))
        except SaksiError as fault:
            return await self._show(call, fault, kept={name: form.one(name) for name in _ENTERED})
        return away(f"/case/{work.case}" if whom else "/cases")

    async def _lines(self, call: Call) -> tuple[list[CaseLine], str | None]:
        actor, clearance = who(call)
        after, limit = call.asked.maybe("cursor"), call.asked.number("limit") or 50
        found = await call.walk(lambda: self._node.cases(actor, clearance, after=after, limit=limit))
        note(call, "cases", *(f"case:{each.id}" for each in found[0]))
        return found

    async def _show(self, call: Call, fault: SaksiError | None = None, *, kept: Mapping[str, str] = _UNTYPED) -> Response:
        lines, onward = await self._lines(call)
        actor, clearance = who(call)
        gone = [each.id for each in call.desk.people.register.people() if each.disabled is not None]
        doors = await call.walk(lambda: self._node.doors(actor, clearance, gone=gone))
        return self._site.page(
            call,
            "cases.html",
            status=status_of(fault, 403 if isinstance(fault, NotAllowed) else 400),
            headers=NO_STORE,
            refused=fault,
            kept=kept,
            lines=lines,
            onward=onward and link("/cases", cursor=onward),
            later=call.asked.maybe("cursor") is not None,
            doors=doors,
            opens=bool(person_at(call).person.post.roles & MAY[Word.OPEN]),
            fresh=is_fresh(call),
            names=names_of(call),
        )
