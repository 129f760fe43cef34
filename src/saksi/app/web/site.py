"""How a page is made: templates, words and assets put together; plain pages for what went wrong."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response

from saksi.app.api.caller import NOBODY, Caller
from saksi.app.api.desk import Call, Desk
from saksi.app.api.ports import LedgerState
from saksi.app.api.problems import KINDS, Problem
from saksi.app.api.wire import answer
from saksi.app.web.assets import Assets
from saksi.app.web.layout import entity_path
from saksi.app.web.scripts import lang_of
from saksi.app.web.signposts import signposts_of
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
        """A problem as a page in plain words. Where the node itself is not well, or nobody was let in, it says nothing of the ledger."""
        kind = KINDS[problem.type.rpartition("/")[2]]
        html = self._render(desk, request, "error.html", {"problem": problem, "kind": kind, "state": _state_beside(desk, problem, request)})
        return Response(html, problem.status, {"Cache-Control": "no-store"}, _HTML)

    def _render(self, desk: Desk, request: Request, template: str, parts: Mapping[str, object]) -> str:
        words = self._words[wanted(request.headers.get("accept-language", ""), self._words)]
        caller = request.scope.get("saksi.caller")
        if not isinstance(caller, Caller):  # a request that was refused before anybody looked who asks
            caller = NOBODY
        state = parts["state"] if "state" in parts else desk.node.state()
        return self._env.get_template(template).render(
            {
                "t": words,
                "site": desk.settings,
                "query": request.query_params.get("q", ""),
                "link": link,
                "signed_in": caller.session is not None,
                "signposts": signposts_of(caller.rights),
                "at_path": request.url.path,
                **parts,
                "state": state,
            }
        )


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
