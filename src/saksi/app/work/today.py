"""What came in, and what waits for me? The queue, the tasks, the requests whose clocks run; and a report on its way into a case."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import msgspec
from starlette.responses import Response

from saksi.actions.book import Line as RequestLine
from saksi.app.api.desk import Call, Route
from saksi.app.api.keys import May
from saksi.app.api.params import PURPOSE, Param
from saksi.app.api.problems import Refused
from saksi.app.api.wire import answer, next_link
from saksi.app.casing import Casing, Work
from saksi.app.people.forms import Form, read_form
from saksi.app.people.signed import NO_STORE, away, check_fresh, on_writer, person_at, status_of
from saksi.app.queueing import DESK, Escalation
from saksi.app.web.site import Site, link
from saksi.app.work.asking import AFTER, REPORT, STATE, check_worker, names_of, note, who, workers
from saksi.app.work.told import report_of, request_of
from saksi.cases import MAY, Case, Word
from saksi.cases.board import CaseLine, TaskLine
from saksi.cases.flood import Stretches
from saksi.cases.links import Linked
from saksi.cases.queue import STATES, ReportLine
from saksi.model import BadInput, NotAllowed, SaksiError, Tlp
from saksi.model.actor import Actor

__all__ = ["Today"]

_ROWS = 25  # each with what it shares with others
_CLOCKS = 20


@dataclass(frozen=True, slots=True)
class _Waiting:
    """What is on the page. `queue` is None for those who do not read reports."""

    queue: tuple[tuple[ReportLine, Linked], ...] | None
    now: str
    next: str | None
    tasks: list[TaskLine]
    requests: list[RequestLine]


@dataclass(frozen=True, slots=True)
class _Report:
    """The first click: what a case made of a report would hold, and the cases of this reader: that hold it, and that could."""

    plan: Escalation
    mine: list[CaseLine]
    open: list[CaseLine]


class Today:
    """The endpoints below /today."""

    def __init__(self, site: Site, node: Casing) -> None:
        self._site = site
        self._node = node

    def routes(self) -> tuple[Route, ...]:
        """All addresses of the day's work."""

        def route(method: str, path: str, endpoint: object, *params: Param) -> Route:
            assert callable(endpoint)
            return Route(method, path, endpoint, May.CASE, "The day's work", params=params, page=True)

        return (
            route("GET", "/today", self.today, STATE, AFTER, PURPOSE),
            route("GET", "/today.json", self.today_data, STATE, AFTER, PURPOSE),
            route("GET", "/today/report", self.report, REPORT, PURPOSE),
            route("GET", "/today/report.json", self.report_data, REPORT, PURPOSE),
            route("POST", "/today/escalate", self.escalate),
            route("POST", "/today/add", self.add),
        )

    async def today(self, call: Call) -> Response:
        """What came in, what waits for me?"""
        made = await self._waiting(call)
        return self._site.page(
            call,
            "today.html",
            headers=NO_STORE,
            waits=made,
            asked=call.asked.maybe("state") or "open",
            states=STATES,
            later=call.asked.maybe("cursor") is not None,
            onward=made.next and link("/today", state=call.asked.maybe("state"), cursor=made.next),
            names=names_of(call),
        )

    async def today_data(self, call: Call) -> Response:
        """The same as data."""
        made = await self._waiting(call)
        told = {
            "queue": None if made.queue is None else [report_of(line, linked) for line, linked in made.queue],
            "now": made.now,
            "next": made.next,
            "tasks": made.tasks,
            "requests": [request_of(each, made.now) for each in made.requests],
        }
        headers = {**NO_STORE, **(next_link(call.request, made.next) if made.next else {})}
        return answer(call.request, msgspec.json.encode(told), headers=headers)

    async def report(self, call: Call) -> Response:
        """What would a case made of this report hold?"""
        return await self._show(call, call.asked.text("id"))

    async def report_data(self, call: Call) -> Response:
        """The same as data."""
        made = await self._report(call, call.asked.text("id"))
        told = {"report": report_of(made.plan.line, made.plan.linked), "names": made.plan.entities, "cases": made.mine}
        return answer(call.request, msgspec.json.encode(told), headers=NO_STORE)

    async def escalate(self, call: Call) -> Response:
        """The second click: the case is opened, with a task to look at it now; somebody else joins it where they are named."""
        form = await read_form(call, {"report", "also", "whom"})
        report, whom = form.one("report"), form.one("whom")
        actor, clearance = who(call)
        try:
            if whom:
                check_fresh(call)
            check_worker(call, whom or None)
            have = await on_writer(call, lambda: self._escalated(form, whom, actor, clearance))
        except SaksiError as fault:
            return await self._show(call, report, fault, also=form.all("also"), whom=whom)
        return away(f"/case/{have.id}")

    async def add(self, call: Call) -> Response:
        """Put a report and all it names into a case of mine."""
        form = await read_form(call, {"report", "case"})
        report, case = form.one("report"), form.one("case")
        actor, clearance = who(call)

        def put() -> Case:
            plan = self._node.plan_escalation(report, actor, clearance)
            have = self._node.case(case, actor, clearance).case
            held = {each.name for each in (*have.entities, *have.reports)}
            fresh_names = tuple(each for each in plan.entities if each not in held)
            named = () if report in held else (report,)
            work = Work(case=case, word=Word.ADD, head=have.head, reports=named, entities=fresh_names)
            return self._node.work(work, actor, clearance)

        try:
            await on_writer(call, put)
        except SaksiError as fault:
            return await self._show(call, report, fault)
        return away(f"/case/{case}")

    async def _show(
        self, call: Call, report: str, fault: SaksiError | None = None, *, also: Collection[str] = (), whom: str = ""
    ) -> Response:
        """A report on its way into a case; `also` and `whom` are what was chosen before it was refused."""
        made = await self._report(call, report)
        person = person_at(call).person
        may_give = bool(person.post.roles & MAY[Word.JOIN])
        return self._site.page(
            call,
            "report.html",
            status=status_of(fault, 400 if isinstance(fault, BadInput) else 403),
            headers=NO_STORE,
            refused=fault,
            also=also,
            whom=whom,
            plan=made.plan,
            line=made.plan.line,
            mine=made.mine,
            open_cases=made.open,
            others=[each for each in workers(call) if each.id != person.id] if may_give else [],
        )

    async def _waiting(self, call: Call) -> _Waiting:
        actor, clearance = who(call)
        state, after = call.asked.maybe("state") or "open", call.asked.maybe("cursor")

        def look() -> _Waiting:
            tasks, requests = self._node.tasks(actor, clearance), self._node.book.lines(waits=("us", "them"), limit=_CLOCKS)
            if not actor.roles & DESK:
                return _Waiting(None, call.desk.clock(), None, tasks, requests)
            page = self._node.queue(actor, clearance, state=state, after=after, limit=_ROWS)
            stretches = Stretches()
            rows = tuple((line, self._node.linked(line.id, actor, clearance, stretches)) for line in page.lines)
            return _Waiting(rows, page.now, page.next, tasks, requests)

        made = await call.walk(look)
        note(call, "queue", *(line.id for line, _ in made.queue or ()))
        return made

    async def _report(self, call: Call, report: str) -> _Report:
        actor, clearance = who(call)
        note(call, "report", report)

        def look() -> _Report:
            try:
                plan = self._node.plan_escalation(report, actor, clearance)
            except BadInput as fault:
                raise Refused("not-found") from fault
            mine = self._node.holding(report, actor, clearance)
            held = {each.id for each in mine}
            open_ = [each for each in self._node.cases(actor, clearance)[0] if each.stand == "open" and each.id not in held]
            return _Report(plan, mine, open_)

        return await call.walk(look)

    def _escalated(self, form: Form, whom: str, actor: Actor, clearance: Tlp) -> Case:
        if whom and not actor.roles & MAY[Word.JOIN]:
            able = ", ".join(sorted(role.value for role in MAY[Word.JOIN]))
            raise NotAllowed(f"to hand a case to somebody needs one of these roles: {able}", where="whom")
        have = self._node.escalate(form.one("report"), actor, clearance, also=form.all("also"))
        for word in (Word.JOIN, Word.ASSIGN) if whom else ():
            have = self._node.work(Work(case=have.id, word=word, head=have.head, whom=whom), actor, clearance)
        return have
