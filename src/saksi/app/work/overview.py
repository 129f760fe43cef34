"""Is the node well? Health, people, keys, sources and takes under way, for who runs it: counts and states, never data."""

from __future__ import annotations

import msgspec
from starlette.responses import Response

from saksi.app.api.desk import Call, Route
from saksi.app.api.keys import May
from saksi.app.api.ports import Check
from saksi.app.api.wire import answer
from saksi.app.casing import Casing
from saksi.app.people.signed import NO_STORE
from saksi.app.web.site import Site

__all__ = ["Overview"]


class _Told(msgspec.Struct, frozen=True, kw_only=True):
    """How the node is, in counts: people who can and can no longer sign in, their open sessions, keys of programs that work and that have
    ended, sources met so far, files being taken in now, records that claim to be entries of a case and are none."""

    checks: tuple[Check, ...]
    people: int
    disabled: int
    sessions: int
    keys: int
    keys_ended: int
    sources: int
    takes: int
    refused: int


class Overview:
    """The endpoints of /admin itself; people and rights have pages of their own."""

    def __init__(self, site: Site, node: Casing) -> None:
        self._site = site
        self._node = node

    def routes(self) -> tuple[Route, ...]:
        """All addresses of the overview."""
        return (
            Route("GET", "/admin", self.overview, May.ADMIN, "The node", page=True),
            Route("GET", "/admin.json", self.overview_data, May.ADMIN, "The node", page=True),
        )

    async def overview(self, call: Call) -> Response:
        """Is the node well?"""
        return self._site.page(call, "admin.html", headers=NO_STORE, node=await self._told(call))

    async def overview_data(self, call: Call) -> Response:
        """The same as data."""
        return answer(call.request, msgspec.json.encode(await self._told(call)), headers=NO_STORE)

    async def _told(self, call: Call) -> _Told:
        desk, now = call.desk, call.desk.clock()
        people = desk.people.register.people()
        works = [each.works(now) for each in desk.keys.listed()]

        def look() -> _Told:
            return _Told(
                checks=desk.checks(),
                people=sum(each.disabled is None for each in people),
                disabled=sum(each.disabled is not None for each in people),
                sessions=sum(len(desk.people.sessions.of(each.id)) for each in people),
                keys=sum(works),
                keys_ended=len(works) - sum(works),
                sources=sum(1 for _ in self._node.views.sources()),
                takes=sum(1 for _ in desk.spool.iterdir()),
                refused=len(self._node.board.refused()),
            )

        return await call.walk(look)
