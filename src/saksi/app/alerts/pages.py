"""The pages of saved searches: what I asked to be told, what was found, and the same as data and as an Atom feed."""

from __future__ import annotations

import hmac

import msgspec
from starlette.responses import Response

from saksi.app.alerts.alert import Alert
from saksi.app.alerts.alerting import Alerting
from saksi.app.alerts.api import ALERT, AlertBody, AlertHits, AlertLine, AlertsAnswer, apart, found, line_of, owner_of, saved
from saksi.app.alerts.atom import MEDIA, atom
from saksi.app.alerts.search import WAYS
from saksi.app.alerts.telling import AlertHit, Bell
from saksi.app.api.desk import Call, Route
from saksi.app.api.keys import May
from saksi.app.api.params import Param
from saksi.app.api.problems import Refused
from saksi.app.api.wire import answer
from saksi.app.people.forms import read_form
from saksi.app.people.signed import NO_STORE, away, check_fresh, status_of
from saksi.app.web.site import Site
from saksi.model import ROLES, BadInput, SaksiError, Tlp

__all__ = ["AlertPages"]

_SHOWN = 100
_HOW = Param("how", "A way to search.", longest=10, form="|".join(WAYS))
_WHAT = Param("what", "What to look for.", longest=2200)
_SECRET = Param("secret", "The secret of a feed.", longest=64, form="[A-Za-z0-9_-]+")
_FIELDS = frozenset({"how", "what", "role", "country", "hook", "mail", "purpose"})


class AlertPages:
    """The endpoints below /alerts: each person sees their own."""

    def __init__(self, site: Site, alerting: Alerting) -> None:
        self._site, self._alerting = site, alerting

    def routes(self) -> tuple[Route, ...]:
        """All of them."""

        def route(method: str, path: str, endpoint: object, *params: Param, may: May | None = May.LOOK) -> Route:
            assert callable(endpoint)
            return Route(method, path, endpoint, may, "A page", params=params, page=True)

        return (
            route("GET", "/alerts", self.all, _HOW, _WHAT),
            route("GET", "/alerts.json", self.all_data),
            route("POST", "/alerts", self.add),
            route("GET", "/alerts/{alert}.atom", self.feed, ALERT, _SECRET, may=None),
            route("GET", "/alerts/{alert}.json", self.one_data, ALERT),
            route("POST", "/alerts/{alert}/pause", self.pause, ALERT),
            route("POST", "/alerts/{alert}/delete", self.delete, ALERT),
            route("GET", "/alerts/{alert}", self.one, ALERT),
        )

    async def all(self, call: Call) -> Response:
        """What did I ask to be told?"""
        return await self._show(call, AlertBody(call.asked.maybe("how") or "entity", call.asked.maybe("what") or ""))

    async def all_data(self, call: Call) -> Response:
        """The same as data."""
        return answer(call.request, msgspec.json.encode(AlertsAnswer(await self._lines(call))), headers=NO_STORE)

    async def add(self, call: Call) -> Response:
        """Save a search; the secret of a webhook is shown this once."""
        form = await read_form(call, _FIELDS)
        how, what, role, hook, mail = (form.one(name) for name in ("how", "what", "role", "hook", "mail"))
        body = AlertBody(how, what, role, form.one("country") or None, hook, mail)
        try:
            if body.hook:
                check_fresh(call)  # what rings elsewhere bears upon others
            purpose = form.one("purpose")
            if not purpose and call.caller.clearance is not Tlp.CLEAR:
                raise BadInput("say what it is for", where="purpose")
            made = await saved(call, self._alerting, body, purpose)
        except SaksiError as fault:
            return await self._show(call, body, fault)
        return await self._one(call, made, secret=made.channels.secret) if body.hook else away(f"/alerts/{made.id}")

    async def one(self, call: Call) -> Response:
        """What was found?"""
        return await self._one(call, found(call, self._alerting))

    async def one_data(self, call: Call) -> Response:
        """The same as data."""
        hits = await self._hits(found(call, self._alerting))
        return answer(call.request, msgspec.json.encode(AlertHits(tuple(hits), None)), headers=NO_STORE)

    async def pause(self, call: Call) -> Response:
        """Let it rest, or go on."""
        await read_form(call, set())
        alert = found(call, self._alerting)
        await apart(lambda: self._alerting.store.pause(alert.id, alert.owner, paused=not alert.paused))
        return away(f"/alerts/{alert.id}")

    async def delete(self, call: Call) -> Response:
        """Forget it."""
        await read_form(call, set())
        alert = found(call, self._alerting)
        await apart(lambda: self._alerting.store.delete(alert.id, alert.owner))
        return away("/alerts")

    async def feed(self, call: Call) -> Response:
        """The Atom feed: whole for its owner; for whoever has its secret, what may leave the node by itself."""
        alerting, secret = self._alerting, call.asked.maybe("secret")
        try:
            alert = alerting.store.get(call.asked.text("alert"))
        except BadInput as fault:
            raise Refused("not-found") from fault
        whole = call.caller.name == alert.owner and May.LOOK in call.caller.rights
        hits: list[AlertHit] | list[Bell]
        if whole:
            hits = await self._hits(alert)
        elif secret is not None and hmac.compare_digest(secret, alert.channels.feed):
            hits = await apart(lambda: alerting.teller.bells(alert, alerting.store.newest(alert.id, _SHOWN), way="feed", withdrawn=True))
        else:
            raise Refused("not-found")
        settings = call.desk.settings
        base = f"{'https' if settings.tls else call.request.url.scheme}://{call.request.headers['host']}"
        body = atom(alert, hits, origin=call.desk.node.state().origin, title=settings.title, base=base, whole=whole)
        return answer(call.request, body, media=MEDIA)

    async def _hits(self, alert: Alert) -> list[AlertHit]:
        store, teller = self._alerting.store, self._alerting.teller
        return await apart(lambda: teller.told(alert, store.newest(alert.id, _SHOWN), way="page", withdrawn=True))

    async def _lines(self, call: Call) -> tuple[AlertLine, ...]:
        owner, alerting = owner_of(call), self._alerting
        return await apart(lambda: tuple(line_of(each, alerting) for each in alerting.store.of(owner)))

    async def _show(self, call: Call, body: AlertBody, fault: SaksiError | None = None) -> Response:
        config = self._alerting.node.config
        return self._site.page(
            call, "alerts.html", status=status_of(fault, 400), headers=NO_STORE, refused=fault, alerts=await self._lines(call),
            body=body, ways=list(WAYS), roles=list(ROLES), mails=config.alert_mail if config.smtp and config.mail else "",
        )  # fmt: skip

    async def _one(self, call: Call, alert: Alert, secret: str = "") -> Response:
        return self._site.page(
            call, "alert.html", headers=NO_STORE, one=line_of(alert, self._alerting), hits=await self._hits(alert), secret=secret,
            feed=f"/alerts/{alert.id}.atom?secret={alert.channels.feed}", most=_SHOWN,
        )  # fmt: skip
