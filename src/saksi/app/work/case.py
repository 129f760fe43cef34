"""What do we know, and what can go to court? A case: what it holds, who did what, and a form for every word that may be entered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import msgspec
from starlette.responses import Response

from saksi.app.api.desk import Call, Route
from saksi.app.api.keys import May
from saksi.app.api.params import PURPOSE, Param
from saksi.app.api.problems import Refused
from saksi.app.api.wire import answer
from saksi.app.casing import CaseView, Casing
from saksi.app.packing import Order
from saksi.app.packing_case import take_case
from saksi.app.packing_paper import paper_with
from saksi.app.people.forms import read_form
from saksi.app.people.policy import gate
from saksi.app.people.signed import NO_STORE, away, check_fresh, is_fresh, on_writer, person_at, status_of
from saksi.app.posting.setting import FONTS
from saksi.app.web.layout import fields_of, text_of
from saksi.app.web.packed import packed
from saksi.app.web.site import Site, link
from saksi.app.work.asking import names_of, who, workers
from saksi.app.work.entering import BEARS, FIELDS, UNTYPED, act_of, body_of, open_to, typed, work_of
from saksi.app.work.told import case_of, is_over
from saksi.cases import Case, Clock, Entry, Word
from saksi.cases.chronology import Line
from saksi.model import BadInput, NotAllowed, SaksiError
from saksi.model.favour import SPARED

__all__ = ["CASE", "CLOCK", "CasePage"]

CASE = Param("case", "The id of a case.", "0f" * 16, longest=32, form="[0-9a-f]{32}", place="path")
CLOCK = Param("clock", "By which clock: happened, reported or known.", "happened", longest=8, form="happened|reported|known")
_FROM = Param("from", "The first line of the chronology that is shown.", 0, most=10_000_000)
_MERGE = Param("merge", "The case to merge this one into: shown first.", longest=32, form="[0-9a-f]{32}")
_PACKED = "an evidence pack"
_SHOWN = 100
_ASKED = 10  # what one request may name


@dataclass(frozen=True, slots=True)
class _Said:
    """A statement as a page shows it: `fields` are the parts of a record, by name; else `text` is all of it."""

    entity: str
    prop: str
    polarity: str
    text: str
    fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Held:
    """A case for one reader: all lines of its chronology, those of its statements by reference, the requests about what it names, and
    the case it may be merged into."""

    view: CaseView
    lines: tuple[Line, ...]
    requests: tuple[str, ...]
    into: CaseView | None

    @property
    def by_ref(self) -> Mapping[str, Line]:
        """The lines by the reference of their statement."""
        return {line.ref: line for line in self.lines}


@dataclass(frozen=True, slots=True)
class _Refusal:
    """An entry that was not made: why, what was typed, and what others entered since it was begun."""

    fault: SaksiError | None = None
    kept: Mapping[str, str] = field(default_factory=lambda: UNTYPED)
    head: str = ""

    @property
    def status(self) -> int:
        """What HTTP calls it."""
        return status_of(self.fault, 400 if isinstance(self.fault, BadInput) else 409)

    def since(self, entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
        """The entries made after the head that the form was made on; none where it is the newest, or none of this case."""
        heads = [each.digest() for each in entries] if self.head else []
        return entries[heads.index(self.head) + 1 :] if self.head in heads else ()


class CasePage:
    """The endpoints below /case."""

    def __init__(self, site: Site, node: Casing) -> None:
        self._site = site
        self._node = node

    def routes(self) -> tuple[Route, ...]:
        """All addresses of a case."""

        def route(method: str, path: str, endpoint: object, *params: Param) -> Route:
            assert callable(endpoint)
            return Route(method, path, endpoint, May.CASE, "A case", params=params, page=True)

        return (
            route("GET", "/case/{case}.json", self.case_data, CASE, CLOCK, PURPOSE),
            route("GET", "/case/{case}", self.case, CASE, CLOCK, _FROM, _MERGE, PURPOSE),
            route("POST", "/case/{case}", self.enter, CASE),
            route("POST", "/case/{case}/pack", self.pack, CASE),
        )

    async def case(self, call: Call) -> Response:
        """What do we know?"""
        return await self._show(call, _Refusal())

    async def case_data(self, call: Call) -> Response:
        """The same as data."""
        held = await self._held(call)
        return answer(call.request, msgspec.json.encode(case_of(held.view, held.lines)), headers=NO_STORE)

    async def enter(self, call: Call) -> Response:
        """Make an entry; refused in words, with what was typed and what others entered meanwhile."""
        form, case, person = await read_form(call, FIELDS), call.asked.text("case"), person_at(call).person
        try:
            work = work_of(case, body_of(form))
            if work.word in BEARS:
                check_fresh(call)
            await on_writer(call, act_of(call, self._node, work, form.one("into_head")))
        except (BadInput, NotAllowed) as fault:
            return await self._show(call, _Refusal(fault, typed(form), form.one("head")))
        left = work.word in {Word.SEAL, Word.UNSEAL, Word.MERGE} or (work.word is Word.LEAVE and work.whom == person.id)
        return away(f"/case/{work.other}" if work.word is Word.MERGE else "/cases" if left else f"/case/{case}")

    async def pack(self, call: Call) -> Response:
        """The evidence pack of the case and of the requests about what it names, for whoever asks; that it was made is logged."""
        form, case, (actor, clearance) = await read_form(call, {"paper"}), call.asked.text("case"), who(call)
        gate(actor, May.LOOK)
        call.desk.access.note(call.caller.watcher(_PACKED), "pack", what=[f"case:{case}"])
        reader, paper = call.caller.reader(_PACKED), paper_with(FONTS) if form.one("paper") else None

        def order() -> Order:
            taken = take_case(self._node, case, actor, clearance)
            return Order(self._about(taken.entities), reader, analyst=actor.person, paper=paper, case=taken)

        try:
            return await packed(call, self._node, order, f"case-{case[:12]}")
        except (BadInput, NotAllowed) as fault:
            return await self._show(call, _Refusal(fault))

    def _about(self, names: Iterable[str]) -> tuple[str, ...]:
        """The requests about any of these, each once."""
        return tuple(dict.fromkeys(each for name in names for each in self._node.book.about(name)))

    async def _show(self, call: Call, refusal: _Refusal) -> Response:
        held, person = await self._held(call), person_at(call).person
        have, start = held.view.case, call.asked.number("from") or 0
        names, members = names_of(call), sorted(have.members)
        clock, path = call.asked.maybe("clock") or "happened", f"/case/{have.id}"
        return self._site.page(
            call,
            "case.html",
            status=refusal.status,
            headers=NO_STORE,
            refused=refusal.fault,
            kept=refusal.kept,
            since=refusal.since(held.view.entries),
            case=have,
            view=held.view,
            favour=_favour(held.view),
            by_ref=held.by_ref,
            said=_said,
            lines=held.lines[start : start + _SHOWN],
            start=start,
            total=len(held.lines),
            before=link(path, clock=clock, **{"from": max(0, start - _SHOWN)}) if start else "",
            onward=link(path, clock=clock, **{"from": start + _SHOWN}) if start + _SHOWN < len(held.lines) else "",
            clock=clock,
            clocks=[each.value for each in Clock],
            requests=held.requests,
            into=held.into,
            words={each.value for each in open_to(have, person.actor)},
            me=person.id,
            names=names,
            inside=[(id_, names.get(id_, id_)) for id_ in members],
            others=[(id_, names.get(id_, id_)) for id_ in members if id_ != have.lead],
            outside=[(each.id, f"{each.name}, {each.post.unit}") for each in workers(call) if each.id not in have.members],
            fresh=is_fresh(call),
            draft=_draft(have, held.lines),
            now=call.desk.clock(),
            is_over=is_over,
        )

    async def _held(self, call: Call) -> _Held:
        """Read the case in the thread for what takes its time. One that is not there and one that is not theirs: nothing here."""
        case, (actor, clearance) = call.asked.text("case"), who(call)
        clock, other = Clock(call.asked.maybe("clock") or "happened"), call.asked.maybe("merge")

        def look() -> _Held:
            try:
                view = self._node.case(case, actor, clearance)
                into = None if other is None else self._node.case(other, actor, clearance)
            except BadInput as fault:
                raise Refused("not-found") from fault
            lines = self._node.chronology(case, actor, clearance, clock=clock)
            return _Held(view, lines, self._about(each.name for each in view.case.entities), into)

        return await call.walk(look)


def _said(line: Line) -> _Said:
    fields = fields_of(msgspec.json.decode(line.value)) if line.value.startswith("{") else ()
    text = text_of(line.value == "true") if line.value in {"true", "false"} else line.value
    return _Said(line.entity, line.prop, line.polarity, text, fields)


def _favour(view: CaseView) -> tuple[tuple[str, bool], ...]:
    """What speaks for somebody, by reference: entered in the case, or known to the node and not entered yet (False)."""
    entered = {each.name: True for each in view.case.favour}
    return tuple((entered | {ref: False for ref in view.favour if ref not in entered}).items())


def _draft(have: Case, lines: tuple[Line, ...]) -> str:
    """Where a request is drafted from this case: with what it names, but for what is said to belong to somebody harmed."""
    harmed = {line.entity for line in lines if line.favour and line.prop == "role" and line.value in SPARED}
    asked = [each.name for each in have.entities if each.name not in harmed][:_ASKED]
    return link("/request/new", case=have.id) + "".join(f"&{link('', entity=each)[1:]}" for each in asked)
