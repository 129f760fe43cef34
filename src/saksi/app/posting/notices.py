"""The notice to a holder as a page and as a PDF, in three languages, for the bank or carrier to hand over."""

from __future__ import annotations

import asyncio

import msgspec
from starlette.responses import Response

from saksi.app.api.desk import Call, Route
from saksi.app.api.keys import May
from saksi.app.api.params import Param
from saksi.app.api.problems import Refused
from saksi.app.api.wire import answer
from saksi.app.people.signed import NO_STORE
from saksi.app.posting.posting import Posting
from saksi.app.posting.setting import FONTS, office_of
from saksi.app.web.site import Site
from saksi.exchange.holder import Notice, notice_of, notice_pdf
from saksi.exchange.wording import LANGUAGES
from saksi.model import Tlp

__all__ = ["NoticePages"]

_ID = Param("id", "The id of the request.", longest=32, form="[0-9a-f]{32}", place="path")
_LANG = Param("lang", "The language: en, km or th; else the one that the request names.", longest=2, form="|".join(LANGUAGES))


class NoticePages:
    """The endpoints of the notice, beside a request's own page."""

    def __init__(self, site: Site, node: Posting) -> None:
        self._site, self._node = site, node

    def routes(self) -> tuple[Route, ...]:
        """All of them."""
        return (
            Route("GET", "/request/{id}/notice", self.page, May.REQUEST, "A page", params=(_ID, _LANG), page=True),
            Route("GET", "/request/{id}/notice.json", self.data, May.REQUEST, "A page", params=(_ID, _LANG), page=True),
            Route("GET", "/request/{id}/notice.pdf", self.pdf, May.REQUEST, "A page", params=(_ID, _LANG), page=True),
        )

    async def page(self, call: Call) -> Response:
        """What is the holder told?"""
        return self._site.page(
            call, "notice.html", headers=NO_STORE, notice=self._notice(call), id=call.asked.text("id"), languages=LANGUAGES
        )

    async def data(self, call: Call) -> Response:
        """The same as data."""
        return answer(call.request, msgspec.json.encode(self._notice(call)), headers=NO_STORE)

    async def pdf(self, call: Call) -> Response:
        """The same to print."""
        notice = self._notice(call)
        data = await asyncio.to_thread(notice_pdf, notice, FONTS)
        name = f'attachment; filename="notice-{notice.language}.pdf"'
        return Response(data, 200, {**NO_STORE, "Content-Disposition": name}, "application/pdf")

    def _notice(self, call: Call) -> Notice:
        if call.caller.clearance.rank < Tlp.AMBER_STRICT.rank:
            raise Refused("not-allowed", "requests are for a clearance of TLP:AMBER+STRICT")
        id_, node = call.asked.text("id"), self._node
        call.note("request", id_)
        if not node.book.steps(id_):
            raise Refused("not-found")
        have = node.book.history(id_)
        return notice_of(have, office_of(node.config), call.asked.maybe("lang") or have.request.holder_language or "en")
