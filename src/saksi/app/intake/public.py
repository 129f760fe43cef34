"""The public pages: report, how far is my report, should I worry, I contest what was done to me. No script, no cookie, no sign-in; the
same without any of them. Each has a twin for programs (`.json`), which says the same and no more.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import ceil
from urllib.parse import parse_qs

import msgspec
from jinja2 import Environment
from starlette.responses import RedirectResponse, Response

from saksi.app.answering import Answering
from saksi.app.intake.catalogue import LANGUAGES, words_of
from saksi.app.intake.form import Unfit, new_session, sheet_of
from saksi.app.intake.intake import Busy, Intake, Receipt
from saksi.app.intake.multipart import NOTHING_SENT, Sent, read_form
from saksi.app.intake.prepared import Channel
from saksi.app.intake.progress import progress
from saksi.app.intake.reference import read_reference, read_secret
from saksi.app.intake.rendered import HTML, environment, public_style
from saksi.app.intake.settings import PublicSettings
from saksi.app.intake.stranger import Answered, Stranger, Visit
from saksi.app.intake.worry import Counts, worry
from saksi.app.posting.appeals import Appeal
from saksi.app.web.assets import Assets, load_assets
from saksi.model import BadInput, LedgerFault, NotAllowed

__all__ = ["Public", "public_app"]

_log = logging.getLogger("saksi.public")
_GRID = 0.05
_COUNT_EACH = 3600.0
_SAID = {"warned": "check_warned_said", "nothing": "check_nothing_said", "unread": "check_unread"}


@dataclass(slots=True)
class Public:
    """The pages of one node."""

    node: Answering
    intake: Intake
    settings: PublicSettings
    assets: Assets = field(default_factory=load_assets)
    counts: Counts = field(default_factory=Counts)
    contest: Callable[[Appeal], bool] | None = None
    _counted: float = field(default_factory=time.monotonic)
    _env: Environment = field(init=False)

    def __post_init__(self) -> None:
        self._env = environment(self.settings, self.assets)

    async def answer(self, visit: Visit) -> Response:
        """The page at an address."""
        path = visit.path
        if path.startswith("/static/") and not visit.posts:
            return self._static(path.removeprefix("/static/"))
        if path in {"/", "/healthz"} and not visit.posts:
            return RedirectResponse("/report", 303) if path == "/" else Response("ok", media_type="text/plain")
        if path == "/report":
            return await self._report(visit) if visit.posts else self._form(visit, "report.html")
        if path == "/report/urgent" and not visit.posts:
            return self._form(visit, "urgent.html")
        if path == "/check":
            return await self._check(visit)
        if path == "/appeal" and self.contest is not None:
            return await self._appeal(visit, self.contest)
        if path.startswith("/report/") and path.count("/") == 2:
            return await self._status(visit, path.removeprefix("/report/"))
        raise Answered(404)

    def failed(self, visit: Visit, found: Answered) -> Response:
        """The page of an error, in plain words."""
        t = words_of(self._lang(visit))
        known = found.status if f"error_{found.status}" in t else 500
        said = t(f"error_{known}")
        if visit.data:
            told = {"type": "about:blank", "title": said, "status": found.status}
            return Response(msgspec.json.encode(told), found.status, media_type="application/problem+json")
        return self._page(visit, "error.html", {}, status=found.status, said=said)

    # --- report

    def _form(self, visit: Visit, template: str, *, sent: Sent = NOTHING_SENT, unfit: str = "") -> Response:
        session = sent.text("form") or new_session()
        told = {"form": session, "languages": [*LANGUAGES]}
        if unfit:
            told["unfit"] = words_of(self._lang(visit))(unfit)
        return self._page(visit, template, told, status=400 if unfit else 200, sent=sent, unfit=unfit, session=session)

    async def _report(self, visit: Visit) -> Response:
        sent = _sent(visit)
        try:
            sheet = sheet_of(sent, channel=Channel.PUBLIC)
            receipt = await asyncio.wrap_future(self.intake.hand_in(sheet, address=visit.address))
        except Unfit as unfit:
            return self._form(visit, "urgent.html" if sent.text("in_danger") else "report.html", sent=sent, unfit=unfit.word)
        except BadInput as fault:
            raise Answered(400) from fault
        except (Busy, NotAllowed) as fault:
            raise Answered(503, headers={"Retry-After": "10"}) from fault
        except LedgerFault as fault:
            _log.error("a report could not be written: the ledger is not well")
            raise Answered(503) from fault
        parts = {"receipt": receipt, "danger": sheet.told.in_danger, "minor": sheet.told.minor}
        return self._page(visit, "received.html", _as_told(receipt), status=201 if visit.data else 200, **parts)

    # --- how far

    async def _status(self, visit: Visit, asked: str) -> Response:
        if not visit.posts:
            shown = "" if asked == "status" else asked[:40]
            return self._page(visit, "status.html", {"reference": shown}, reference=shown, word="", slip=False)
        began = time.monotonic()
        sent = _sent(visit)
        typed = sent.text("reference")[:60]
        try:
            reference, secret = read_reference(typed), read_secret(sent.text("secret"))
        except BadInput:  # said by the digits alone: nothing was looked up
            told = {"reference": typed, "unfit": words_of(self._lang(visit))("status_slip")}
            return self._page(visit, "status.html", told, status=400, reference=typed, word="", slip=True)
        right = self.intake.opens(reference, secret)
        word = progress(self.node, reference)  # looked up whether it is told or not
        await _on_grid(began)
        told = {"reference": typed, **({"progress": word} if right else {})}
        shown = word if right else "none"
        return self._page(visit, "status.html", told, status=200 if right else 404, reference=typed, word=shown, slip=False)

    # --- should I worry

    async def _check(self, visit: Visit) -> Response:
        if not visit.posts:
            return self._page(visit, "check.html", {"value": None}, value="", result="", warned=())
        began = time.monotonic()
        value = _sent(visit).text("value")[:4096]
        warned = worry(self.node, value, country=self.settings.country or None, counts=self.counts) if value else None
        if began - self._counted > _COUNT_EACH:
            _log.info("questions of the public: %s", self.counts.as_log())
            self._counted = began
        result = "unread" if warned is None else "warned" if warned else "nothing"
        await _on_grid(began)
        told = {"value": value, "result": result, "warnings": warned or (), "said": words_of(self._lang(visit))(_SAID[result])}
        return self._page(visit, "check.html", told, value=value, result=result, warned=warned or ())

    # --- I contest it

    async def _appeal(self, visit: Visit, contest: Callable[[Appeal], bool]) -> Response:
        """The same words in about the same time, whatever the reference names: a stranger learns nothing here."""
        began = time.monotonic()
        sent = _sent(visit) if visit.posts else NOTHING_SENT
        session = sent.text("form") or new_session()
        if not visit.posts:
            return self._page(visit, "appeal.html", {"form": session}, sent=sent, session=session, unfit=False, done=False)
        texts = {name: sent.text(name) for name in ("reference", "words", "contact")}
        try:
            appeal = Appeal(**texts, language=self._lang(visit), session=session)
        except BadInput:  # said by the fields alone: nothing was looked up
            told = {"form": session, "unfit": words_of(self._lang(visit))("appeal_unfit")}
            return self._page(visit, "appeal.html", told, status=400, sent=sent, session=session, unfit=True, done=False)
        if not await asyncio.to_thread(contest, appeal):
            raise Answered(503, headers={"Retry-After": "600"})
        await _on_grid(began)
        told = {"said": words_of(self._lang(visit))("appeal_done_said")}
        return self._page(visit, "appeal.html", told, sent=NOTHING_SENT, session="", unfit=False, done=True)

    # --- parts

    def _lang(self, visit: Visit) -> str:
        asked = parse_qs(visit.request.url.query, max_num_fields=20).get("lang", [""])[0] if len(visit.request.url.query) < 2000 else ""
        if asked in LANGUAGES:
            return asked
        for part in visit.request.headers.get("accept-language", "")[:400].split(","):
            lang = part.partition(";")[0].strip().lower().partition("-")[0]
            if lang in LANGUAGES:
                return lang
        return "en"

    def _page(self, visit: Visit, template: str, told: Mapping[str, object], *, status: int = 200, **parts: object) -> Response:
        """The page, or what it tells as data."""
        if visit.data:
            return Response(msgspec.json.encode(told), status, media_type="application/json")
        lang = self._lang(visit)
        where = visit.path if visit.path in {"/report", "/report/urgent", "/report/status", "/check", "/appeal"} else "/report/status"
        html = self._env.get_template(template).render({"t": words_of(lang), "lang": lang, "here": where, **parts})
        return Response(html, status, media_type=HTML)

    def _static(self, name: str) -> Response:
        if name == "public.css":
            return Response(public_style(), media_type="text/css", headers={"Cache-Control": "public, max-age=3600"})
        found = self.assets.files.get(name)
        if found is None:
            raise Answered(404)
        keep = "public, max-age=31536000, immutable" if found.fixed else "public, max-age=3600"
        return Response(found.data, media_type=found.media, headers={"Cache-Control": keep})


def public_app(public: Public) -> Stranger:
    """The application, ready to be served."""
    return Stranger(public.settings, public.answer, public.failed)


def _sent(visit: Visit) -> Sent:
    try:
        return read_form(visit.body, visit.request.headers.get("content-type", "").encode("latin-1", "replace"))
    except BadInput as fault:
        raise Answered(400) from fault


async def _on_grid(began: float) -> None:
    """Answer at the next twentieth of a second, so that how long it took says nothing about what was found."""
    spent = time.monotonic() - began
    await asyncio.sleep(ceil(spent / _GRID) * _GRID - spent)


def _as_told(receipt: Receipt) -> Mapping[str, object]:
    return {"reference": receipt.reference, "secret": receipt.secret, "duplicate": receipt.duplicate, "unread": receipt.unread}
