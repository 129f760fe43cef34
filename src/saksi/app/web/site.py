"""How a page is made: templates, words and assets put together; plain pages for what went wrong."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from saksi.app.api.caller import NOBODY, Caller
from saksi.app.api.desk import Call, Desk
from saksi.app.api.keys import May
from saksi.app.api.ports import LedgerState
from saksi.app.api.problems import Problem
from saksi.app.api.wire import answer
from saksi.app.web.assets import Assets
from saksi.app.web.layout import entity_path
from saksi.app.web.scripts import lang_of
from saksi.app.web.signposts import first_of, signposts_of
from saksi.app.web.words import Words, load_words, wanted
from saksi.model import SaksiError

__all__ = ["Site", "link"]

_HTML = "text/html; charset=utf-8"


class Site:
    """The look and the words of one node's pages."""

    def __init__(self, assets: Assets) -> None:
        self.assets = assets
        words = load_words()
        self._words: Mapping[str, Words] = {lang: each for lang, each in words.items() if not each.missing(words["en"])}
        self._env = Environment(
            loader=PackageLoader("saksi.app.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._env.filters.update(
            lang=lang_of, entity_path=entity_path, thousands=_thousands, tlp=_tlp, span=_span, quoted=lambda text: quote(str(text), safe="")
        )
        self._env.globals.update(styles=assets.styles, script=assets.script)

    def page(self, call: Call, template: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **parts: object) -> Response:
        """Render a page with its ETag. The same answer for every reader with the same rights."""
        html = self._render(call.desk, call.request, template, parts)
        made = answer(call.request, html.encode("utf-8"), media=_HTML, headers=headers)
        if status != 200 and made.status_code == 200:
            made.status_code = status
            del made.headers["ETag"]
        return made

    def error(self, desk: Desk, problem: Problem, request: Request) -> Response:
        """A problem as a page in plain words. Where the node itself is not well, or nobody was let in, it says nothing of the ledger.

        Whoever is not in yet goes on to what their session lacks, and whoever may look nothing up from the search to what they may do.
        """
        caller = _caller(request)
        lacks, first = _lacks(caller, problem, request), first_of(caller.rights)
        asks_search = problem.type == "/problems/not-allowed" and (request.url.path, request.url.query) == ("/", "")
        onward = lacks or (first.path if asks_search else "")
        if onward and onward != request.url.path and request.method == "GET":
            return RedirectResponse(onward, 303, {"Cache-Control": "no-store"})
        state = _state_beside(desk, problem, request)
        told = {"problem": problem, "lacks": lacks, "first": first, "own_rights": May.PEOPLE in caller.rights, "state": state}
        return Response(self._render(desk, request, "error.html", told), problem.status, {"Cache-Control": "no-store"}, _HTML)

    def _render(self, desk: Desk, request: Request, template: str, parts: Mapping[str, object]) -> str:
        words = self._words[wanted(request.headers.get("accept-language", ""), self._words)]
        caller = _caller(request)
        state = parts["state"] if "state" in parts else desk.node.state()
        return self._env.get_template(template).render(
            {
                "t": words,
                "site": desk.settings,
                "query": request.query_params.get("q", ""),
                "link": link,
                "signed_in": caller.session is not None,
                "searches": caller.session is None or May.LOOK in caller.rights,
                "signposts": signposts_of(caller.rights),
                "at_path": request.url.path,
                **parts,
                "state": state,
            }
        )


def _caller(request: Request) -> Caller:
    caller = request.scope.get("saksi.caller")
    return caller if isinstance(caller, Caller) else NOBODY  # a request that was refused before anybody looked who asks


def _lacks(caller: Caller, problem: Problem, request: Request) -> str:
    """Where a session that has no second factor yet gets it; nothing where that is not what is missing."""
    if problem.status != 401 or caller.session is None or caller.session.factor is not None:
        return ""
    if caller.session.setting_up:
        return "/me/codes"
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return link("/sign-in/second", next=asked if request.method == "GET" else "")


def _state_beside(desk: Desk, problem: Problem, request: Request) -> LedgerState | None:
    if problem.status >= 500 or "saksi.caller" not in request.scope:
        return None
    try:
        return desk.node.state()
    except SaksiError:
        return None  # the problem is told all the same


def link(path: str, **params: object) -> str:
    """An address with the parameters that have a value."""
    kept = {name: str(value) for name, value in params.items() if value not in {None, ""}}
    return path + (("&" if "?" in path else "?") + urlencode(kept) if kept else "")


def _thousands(number: int) -> str:
    return f"{number:,}"


def _span(seconds: int) -> str:
    """A time in the units that people say it in."""
    days, hours, minutes = seconds // 86_400, seconds // 3_600 % 24, seconds // 60 % 60
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min" if minutes else f"{seconds} s"


def _tlp(level: str) -> str:
    return "tlp-" + level.lower().replace("+", "-")
