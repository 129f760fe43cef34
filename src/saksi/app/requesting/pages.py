"""The pages of requests: who must act, by when; one request with its two halves; a draft with all that is known filled in."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from starlette.responses import Response

from saksi.actions import OFFENCES, PROTECTED, REFUSALS, RULES, Kind, Urgency, Word
from saksi.actions.theirs import ENDS
from saksi.app.api.desk import Call, Route
from saksi.app.api.keys import May
from saksi.app.api.params import CURSOR, Param
from saksi.app.api.problems import Refused
from saksi.app.api.wire import answer, next_link
from saksi.app.intake.attachment import download
from saksi.app.packing import Order
from saksi.app.people.forms import read_form
from saksi.app.people.policy import gate, may
from saksi.app.people.signed import NO_STORE, away, check_fresh, is_fresh, on_writer, person_at, status_of
from saksi.app.requesting.office import BEARING, SHOWN, Office
from saksi.app.requesting.prefill import About, Draft, drafted, shown
from saksi.app.requesting.sent_form import read_asked, read_step
from saksi.app.requesting.wire import RequestAnswer, RequestsAnswer, StepBody
from saksi.app.web.packed import packed
from saksi.app.web.site import Site, link
from saksi.model import SaksiError

__all__ = ["ID", "RequestPages"]

ID = Param("id", "The id of a request.", "5a" * 16, longest=32, form="[0-9a-f]{32}", place="path")
SHOW = Param(
    "show", "Which list: what waits for you, is overdue, waits for somebody of this house, waits for an answer, is in force, has ended.",
    longest=8, form="|".join(SHOWN),
)  # fmt: skip
_CASE = Param("case", "The case it is drawn from.", longest=64)
_ENTITY = Param("entity", "What is asked about.", longest=4096, many=True)
_KIND = Param("kind", "What is asked for.", longest=20)
_TO = Param("to", "Whom to ask, by the directory's id.", longest=63)
# What a mail that came in says, to be read again by whoever types it in.
_TYPED = (
    Param("word", "What it says.", longest=20), Param("reason", "Why.", longest=30), Param("via", "How it came.", longest=5),
    Param("evidence", "The SHA-256 of what came.", longest=64, form="[0-9a-f]{64}"),
)  # fmt: skip
_DIGEST = Param("digest", "The SHA-256 of a letter, in hex.", longest=64, form="[0-9a-f]{64}", place="path")
_ANSWERS = frozenset(each.value for each in Word if each.is_answer)

# What the form of a word of ours asks for, beside the button; a star where the rules want it.
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "approve": ("targets", "text"), "review": ("targets", "text*"), "propose-renewal": ("until", "text*"),
    **dict.fromkeys(("send-back", "clarify", "withdraw", "lift", "keep"), ("text*",)), **dict.fromkeys(("send", "renew"), ()),
}  # fmt: skip

# What the courier does by itself and a holder's form brings: folded away, for the day when a person has to. What stands in `_CARRIED` is
# among it once the letter was delivered.
_SELDOM, _CARRIED = frozenset({"remind", "escalate", "appeal"}), frozenset({"deliver", "bounce"})


class RequestPages:
    """The endpoints below /requests and /request."""

    def __init__(self, office: Office, site: Site) -> None:
        self._office = office
        self._site = site

    def routes(self) -> tuple[Route, ...]:
        """All of them."""

        def route(method: str, path: str, endpoint: object, *params: Param) -> Route:
            assert callable(endpoint)
            return Route(method, path, endpoint, May.REQUEST, "Requests", params=params, page=True)

        return (
            route("GET", "/requests", self.list, SHOW, CURSOR),
            route("GET", "/requests.json", self.list_data, SHOW, CURSOR),
            route("GET", "/request/new", self.new, _CASE, _ENTITY, _KIND, _TO),
            route("GET", "/request/new.json", self.new_data, _CASE, _ENTITY, _KIND, _TO),
            route("POST", "/request/new", self.draft),
            route("GET", "/request/{id}.json", self.data, ID),
            route("GET", "/request/{id}", self.one, ID, *_TYPED),
            route("POST", "/request/{id}", self.step, ID),
            route("GET", "/request/{id}/edit", self.change, ID),
            route("GET", "/request/{id}/edit.json", self.change_data, ID),
            route("POST", "/request/{id}/edit", self.edit, ID),
            route("POST", "/request/{id}/pack", self.pack, ID),
            route("GET", "/request/{id}/letter/{digest}", self.letter, ID, _DIGEST),
        )

    async def list(self, call: Call) -> Response:
        """Who must act, by when?"""
        which, found = await _listed(call, self._office)
        return self._site.page(
            call, "requests.html", headers=NO_STORE, found=found, shown=which, lists=SHOWN, cursor=call.asked.maybe("cursor"),
            may_draft=may(person_at(call).person.actor, Word.DRAFT),
        )  # fmt: skip

    async def list_data(self, call: Call) -> Response:
        """The same as data."""
        _, found = await _listed(call, self._office)
        headers = {**NO_STORE, **(next_link(call.request, found.next) if found.next else {})}
        return answer(call.request, msgspec.json.encode(found), headers=headers)

    async def one(self, call: Call) -> Response:
        """Where does it stand, and what may I do?"""
        return await self._show(call, call.asked.text("id"), told={each.name: call.asked.maybe(each.name) for each in _TYPED})

    async def data(self, call: Call) -> Response:
        """The same as data."""
        view = await _view(call, self._office)
        return answer(call.request, msgspec.json.encode(view), headers=NO_STORE)

    async def step(self, call: Call) -> Response:
        """Take a step."""
        id_, session = call.asked.text("id"), person_at(call)
        body = await read_step(call)
        now = call.desk.people.store.clock()
        try:
            if body.word in {each.value for each in BEARING}:
                check_fresh(call)
            await on_writer(call, lambda: self._office.step(id_, body, session, now=now))
        except SaksiError as fault:
            return await self._show(call, id_, fault=fault, seen=body.head, told=msgspec.to_builtins(body))
        return away(f"/request/{id_}")

    async def new(self, call: Call) -> Response:
        """What is asked, of whom, on what ground?"""
        return self._form(call, await self._drafted(call))

    async def new_data(self, call: Call) -> Response:
        """The same as data."""
        return _as_data(call, await self._drafted(call))

    async def _drafted(self, call: Call) -> Draft:
        person, asked = person_at(call).person, call.asked
        gate(person.actor, Word.DRAFT)
        about = About(asked.all("entity"), asked.maybe("case"), asked.maybe("kind"), asked.maybe("to"))
        draft = await call.walk(lambda: drafted(self._office, person, about))
        call.desk.access.note(call.caller.watcher("drafting a request"), "entity", what=[each.entity for each in draft.body.targets])
        return draft

    async def draft(self, call: Call) -> Response:
        """Begin a request."""
        session = person_at(call)
        body, _ = await read_asked(call)
        try:
            have = await on_writer(call, lambda: self._office.draft(body, session))
        except SaksiError as fault:
            gate(session.person.actor, Word.DRAFT)
            return self._form(call, await call.walk(lambda: shown(self._office, session.person, body)), fault=fault)
        return away(f"/request/{have.request.id}")

    async def change(self, call: Call) -> Response:
        """Other words for a request that has not left."""
        draft, head = await self._changed(call)
        return self._form(call, draft, id_=call.asked.text("id"), head=head)

    async def change_data(self, call: Call) -> Response:
        """The same as data."""
        draft, head = await self._changed(call)
        return _as_data(call, draft, head)

    async def _changed(self, call: Call) -> tuple[Draft, str]:
        person, id_ = person_at(call).person, call.asked.text("id")
        gate(person.actor, Word.EDIT)
        have = self._office.history(id_, person)
        body = self._office.body(have.request)
        return await call.walk(lambda: shown(self._office, person, body)), have.head

    async def edit(self, call: Call) -> Response:
        """Put other words in place of those that stand: whatever was agreed to is agreed to no more."""
        session, id_ = person_at(call), call.asked.text("id")
        body, head = await read_asked(call)
        try:
            await on_writer(call, lambda: self._office.step(id_, StepBody(word="edit", head=head, request=body), session, now=0))
        except SaksiError as fault:
            gate(session.person.actor, Word.EDIT)
            draft = await call.walk(lambda: shown(self._office, session.person, body))
            return self._form(call, draft, fault=fault, id_=id_, head=head)
        return away(f"/request/{id_}")

    async def pack(self, call: Call) -> Response:
        """The evidence pack of a request, for this reader; that it was made is logged."""
        session, id_ = person_at(call), call.asked.text("id")
        await read_form(call, set())
        gate(session.person.actor, May.LOOK)
        self._office.history(id_, session.person)
        call.desk.access.note(call.caller.watcher("an evidence pack"), "pack", what=[id_])
        order = Order((id_,), call.caller.reader("an evidence pack"), analyst=session.person.id)
        return await packed(call, self._office.node, lambda: order, f"request-{id_[:12]}")

    async def letter(self, call: Call) -> Response:
        """What an answer was typed from, as it came."""
        id_, digest = call.asked.text("id"), call.asked.text("digest")
        data = await call.walk(lambda: self._office.letter(id_, digest, person_at(call).person))
        call.desk.access.note(call.caller.watcher("requests"), "request", what=[id_, digest])
        if data is None:
            raise Refused("not-found")
        return download(data, f"letter-{digest[:12]}.bin")

    async def _show(
        self, call: Call, id_: str, *, fault: SaksiError | None = None, seen: str = "", told: Mapping[str, object] | None = None
    ) -> Response:
        view = await _view(call, self._office, id_)
        session = person_at(call)
        heads = [each.digest for each in view.steps]
        carried = [each.step["word"] for each in view.steps if each.step["word"] in _CARRIED]
        seldom = _SELDOM | _CARRIED if carried[-1:] == ["deliver"] else _SELDOM
        return self._site.page(
            call, "request.html", status=status_of(fault, 409 if fault and fault.where == "after" else 400), headers=NO_STORE, view=view,
            asked=view.request, rule=RULES[Kind(str(view.request["kind"]))], refused=fault, told=told or {},
            fresh_steps=heads[heads.index(seen) + 1 :] if seen in heads else [], bearing={each.value for each in BEARING},
            fresh=is_fresh(call), refusals=REFUSALS, ends=sorted(ENDS), me=session.person.id,
            urgency=Urgency(str(view.request["urgency"])), back=f"/request/{id_}", fields=_FIELDS, answers=_ANSWERS, seldom=seldom,
            may_pack=May.LOOK in call.caller.rights, letters=self._office.letters(view),
        )  # fmt: skip

    def _form(self, call: Call, draft: Draft, *, fault: SaksiError | None = None, id_: str = "", head: str = "") -> Response:
        return self._site.page(
            call, "request-form.html", status=200 if fault is None else 400, headers=NO_STORE, draft=draft, body=draft.body, refused=fault,
            rule=RULES[Kind(draft.body.kind)], kinds=list(Kind), rules=RULES,
            offences=sorted(OFFENCES), urgencies=list(Urgency), callings=sorted(PROTECTED),
            action=f"/request/{id_}/edit" if id_ else "/request/new", head=head,
            again=link("/request/new", case=draft.body.case),
        )  # fmt: skip


async def _listed(call: Call, office: Office) -> tuple[str, RequestsAnswer]:
    person, cursor = person_at(call).person, call.asked.maybe("cursor")
    takes_steps = any(may(person.actor, word) for word in Word)
    which = call.asked.maybe("show") or ("mine" if takes_steps else "ours")  # for who takes none nothing ever waits
    found = await call.walk(lambda: office.listed(which, person, after=cursor))
    call.desk.access.note(call.caller.watcher("requests"), "requests", what=[each.id for each in found.requests])
    return which, found


async def _view(call: Call, office: Office, id_: str | None = None) -> RequestAnswer:
    person, name = person_at(call).person, id_ or call.asked.text("id")
    view = await call.walk(lambda: office.view(name, person))
    call.desk.access.note(call.caller.watcher("requests"), "request", what=[name])
    return view


def _as_data(call: Call, draft: Draft, head: str = "") -> Response:
    return answer(call.request, msgspec.json.encode({"head": head, "draft": draft} if head else {"draft": draft}), headers=NO_STORE)
