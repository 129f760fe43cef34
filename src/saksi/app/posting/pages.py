"""The pages of what came in: /answers, one of them with all that speaks against it, its files as downloads, and setting it aside."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

import msgspec
from starlette.responses import Response

from saksi.actions import Word
from saksi.app.api.cursor import Cursor, read_cursor, write_cursor
from saksi.app.api.desk import Call, Route
from saksi.app.api.keys import May
from saksi.app.api.params import CURSOR, Param
from saksi.app.api.problems import Refused
from saksi.app.api.wire import answer, next_link
from saksi.app.home import now_text
from saksi.app.intake.attachment import download, label_of, safe_name
from saksi.app.people.forms import read_form
from saksi.app.people.policy import gate
from saksi.app.people.signed import NO_STORE, away, check_fresh, person_at, status_of
from saksi.app.posting.posting import Posting
from saksi.app.posting.setting import printed
from saksi.app.posting.shown import Shown, shown
from saksi.app.posting.tray import MAIL, Item
from saksi.app.web.site import Site
from saksi.exchange.incoming import file_of
from saksi.model import BadInput, SaksiError, Tlp

__all__ = ["AnswerPages"]

_T = TypeVar("_T")
_PAGE = 25
_STATES = ("waiting", "logged", "aside", "noted", "erased")
_STATE = Param("state", "Those that wait, were logged as a step, set aside, erased, or ask for nothing.", longest=7, form="|".join(_STATES))
_DIGEST = Param("digest", "The SHA-256 of what came in, in hex.", longest=64, form="[0-9a-f]{64}", place="path")
_FILE = Param("file", "Which of its files, from 1.", longest=3, form="[1-9][0-9]{0,2}", place="path")


class AnswerPages:
    """The endpoints below /answers: for whoever may see requests, up to the marking that requests have."""

    def __init__(self, site: Site, node: Posting) -> None:
        self._site, self._node = site, node

    def routes(self) -> tuple[Route, ...]:
        """All of them."""

        def route(method: str, path: str, endpoint: object, *params: Param) -> Route:
            assert callable(endpoint)
            return Route(method, path, endpoint, May.REQUEST, "A page", params=params, page=True)

        return (
            route("GET", "/answers", self.all, _STATE, CURSOR),
            route("GET", "/answers.json", self.all_data, _STATE, CURSOR),
            route("GET", "/answers/{digest}.json", self.one_data, _DIGEST),
            route("GET", "/answers/{digest}/files/{file}", self.file, _DIGEST, _FILE),
            route("GET", "/answers/{digest}/original", self.original, _DIGEST),
            route("POST", "/answers/{digest}/aside", self.aside, _DIGEST),
            route("POST", "/answers/{digest}/erase", self.erase, _DIGEST),
            route("GET", "/answers/{digest}", self.one, _DIGEST),
        )

    async def all(self, call: Call) -> Response:
        """What came back, and what waits for somebody?"""
        found, onward = await self._page(call)
        return self._site.page(
            call, "answers.html", headers=NO_STORE, found=found, onward=onward, at_state=_state(call), states=_STATES,
            printed=printed(self._node.config), mailbox=bool(self._node.config.mailbox),
        )  # fmt: skip

    async def all_data(self, call: Call) -> Response:
        """The same as data."""
        found, onward = await self._page(call)
        body = {
            "answers": [each.to_json(contact=_sealed_too(call)) for each in found],
            "next": onward,
            "printed": printed(self._node.config),
        }
        return answer(call.request, msgspec.json.encode(body), headers={**NO_STORE, **(next_link(call.request, onward) if onward else {})})

    async def one(self, call: Call) -> Response:
        """What does it say, and why might it not be true?"""
        return await self._show(call, await self._opened(call))

    async def one_data(self, call: Call) -> Response:
        """The same as data."""
        made = await self._opened(call)
        return answer(call.request, msgspec.json.encode(made.to_json(contact=_sealed_too(call))), headers=NO_STORE)

    async def file(self, call: Call) -> Response:
        """One of its files, as a download whatever it is."""
        item, number = self._item(call), int(call.asked.text("file"))
        if item.sort != MAIL:
            raise Refused("not-found")
        data = await _apart(lambda: file_of(self._bytes(item), number))
        return download(data, f"answer-{item.digest[:12]}-{number}.bin")

    async def original(self, call: Call) -> Response:
        """The whole mail as it came."""
        item = self._item(call)
        if item.sort != MAIL:
            raise Refused("not-found")
        return download(await _apart(lambda: self._bytes(item)), f"answer-{item.digest[:12]}.eml.bin")

    async def aside(self, call: Call) -> Response:
        """Set it aside, with a reason; of two officers one does, the other is told."""
        actor = person_at(call).person.actor
        gate(actor, Word.RECEIVE)
        item, form = self._item(call), await read_form(call, {"reason"})
        try:
            self._node.tray.set_aside(item.digest, actor.person, now_text(), form.one("reason"))
        except SaksiError as fault:
            return await self._show(call, await self._opened(call), fault)
        return away(f"/answers/{item.digest}")

    async def erase(self, call: Call) -> Response:
        """Destroy what was set aside, for good: an approver who did not set it aside, with a reason and a second factor."""
        actor = person_at(call).person.actor
        gate(actor, May.ERASE)
        item, form = self._item(call), await read_form(call, {"reason"})
        try:
            check_fresh(call)
            call.desk.access.note(call.caller.watcher(call.purpose or "an erasure"), "answer-erased", what=[item.digest])
            await _apart(lambda: self._node.erase_item(item.digest, actor.person, now_text(), form.one("reason")))
        except SaksiError as fault:
            return await self._show(call, await self._opened(call), fault, form.one("reason"))
        return away(f"/answers/{item.digest}")

    async def _show(self, call: Call, made: Shown, fault: SaksiError | None = None, typed: str = "") -> Response:
        files = [(safe_name(name), name) for name in (made.proposal.files if made.proposal else ())]
        return self._site.page(
            call, "answer.html", status=status_of(fault, 409), headers=NO_STORE, refused=fault, one=made, files=files,
            contact=_sealed_too(call), signed=call.caller.session is not None, typed=typed,
            erases=May.ERASE in call.caller.rights, labels=await _apart(lambda: self._labels(made)),
        )  # fmt: skip

    def _labels(self, made: Shown) -> list[str]:
        """What the first bytes of each file look like."""
        if made.proposal is None:
            return []
        data = self._bytes(made.item)
        return [label_of(file_of(data, number)) for number in range(1, len(made.proposal.files) + 1)]

    async def _page(self, call: Call) -> tuple[list[Shown], str | None]:
        _allowed(call)
        given = call.asked.maybe("cursor")
        came, _, digest = ("", "", "") if given is None else read_cursor(given).after.partition(" ")
        node, state = self._node, _state(call)
        call.note("answers", state)

        def read() -> tuple[list[Shown], str | None]:
            items = node.tray.listed(state, after=(came, digest), limit=_PAGE + 1)
            last = items[_PAGE - 1] if len(items) > _PAGE else None
            onward = None if last is None else write_cursor(Cursor(f"{last.came} {last.digest}"))
            return [shown(node, each) for each in items[:_PAGE]], onward

        return await _apart(read)

    async def _opened(self, call: Call) -> Shown:
        item = self._item(call)
        return await _apart(lambda: shown(self._node, item))

    def _item(self, call: Call) -> Item:
        """What was asked for; that it was is written down first."""
        _allowed(call)
        digest = call.asked.text("digest")
        call.note("answer", digest)
        try:
            return self._node.tray.get(digest)
        except BadInput as fault:
            raise Refused("not-found") from fault

    def _bytes(self, item: Item) -> bytes:
        data = self._node.came(item)
        if data is None:
            raise Refused("not-found")
        return data


def _state(call: Call) -> str:
    return call.asked.maybe("state") or "waiting"


def _allowed(call: Call) -> None:
    """Requests are marked TLP:AMBER+STRICT, and so is what comes back about them."""
    if call.caller.clearance.rank < Tlp.AMBER_STRICT.rank:
        raise Refused("not-allowed", "what comes back about requests is for a clearance of TLP:AMBER+STRICT")


def _sealed_too(call: Call) -> bool:
    return call.caller.clearance is Tlp.RED


async def _apart(work: Callable[[], _T]) -> _T:
    return await asyncio.to_thread(work)
