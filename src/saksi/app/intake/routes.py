"""Reports for the authority's own people and partners: the API, the operator's form, and the sealed parts for those who may have them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import msgspec
from starlette.responses import Response

from saksi.app.api.desk import Call, Route
from saksi.app.api.keys import May
from saksi.app.api.look import read_body
from saksi.app.api.params import PURPOSE, Param
from saksi.app.api.problems import Refused
from saksi.app.api.replay import check_key
from saksi.app.api.wire import JSON, answer
from saksi.app.intake.attachment import download
from saksi.app.intake.form import Unfit, new_session, sheet_of
from saksi.app.intake.intake import Busy, Intake, KeyReused, Receipt
from saksi.app.intake.multipart import NOTHING_SENT, read_form
from saksi.app.intake.prepared import Channel, Sheet
from saksi.app.intake.progress import WORDS, progress, tell_progress
from saksi.app.intake.reference import read_reference
from saksi.app.intake.rendered import OperatorPages, public_style
from saksi.app.intake.told import Told, line_of
from saksi.app.intake.wire import ProgressBody, ReportLine
from saksi.app.wired import Wired
from saksi.model import BadInput, Json, Tlp

__all__ = ["Reports"]

_T = TypeVar("_T")
_REFERENCE = Param("reference", "The report's number.", "4829150736642178", longest=40, form="[0-9 .-]{16,40}", place="path")
_NUMBER = Param("file", "Which of the report's files, from 1.", "1", longest=1, form="[1-9]", place="path")
_KEY = Param("Idempotency-Key", "Sent again with the same report, it gets the same number.", longest=100, form="[!-~]+", place="header")
_LINE: dict[str, Json] = {"reference": "4829150736642178", "secret": "730046119284", "duplicate": False, "unread": []}
_TOLD: dict[str, Json] = {
    "country": "KH",
    "narrative": "They said I had won and must pay a fee first.",
    "payments": [{"amount": "120.50", "currency": "USD", "account": "000123456", "bank": "ABA", "paid_at": "2026-11-03"}],
    "phones": ["012 345 678"],
    "consent": ["authorities"],
    "synthetic": True,
}


@dataclass(frozen=True, slots=True)
class Reports:
    """The addresses of the intake on the authority's own listener."""

    node: Wired
    intake: Intake
    pages: OperatorPages

    def routes(self) -> tuple[Route, ...]:
        """All of them."""
        return (
            Route(
                "POST",
                "/api/v1/reports",
                self.give,
                May.GIVE,
                "Tell a report",
                "One report in JSON, as a partner or a desk's own system tells it. The answer comes when it is durable in the ledger.",
                (_KEY,),
                ("Told", JSON, _TOLD),
                {201: ("ReportLine", JSON, _LINE), 200: ("ReportLine", JSON, {**_LINE, "duplicate": True})},
                ("key-reused", "wrong-media", "too-large", "too-many"),
                "Intake",
            ),
            Route(
                "GET",
                "/api/v1/reports/{reference}/original",
                self.original,
                May.GIVE,
                "A report as it was told, with contact and consent",
                "For people who may both look and give, up to TLP:RED; each time is written into the access log.",
                (_REFERENCE,),
                answers={200: ("", JSON, {"consent": "contact", "contact_phone": "012 345 678", "words": "..."})},
                problems=("not-found",),
                tag="Intake",
            ),
            Route(
                "GET",
                "/api/v1/reports/{reference}/files/{file}",
                self.file,
                May.GIVE,
                "A file given with a report, as a download",
                "It was never opened by the node. As for the original.",
                (_REFERENCE, _NUMBER),
                answers={200: ("", "application/octet-stream", "the bytes as they were given")},
                problems=("not-found",),
                tag="Intake",
            ),
            Route(
                "POST",
                "/api/v1/reports/{reference}/progress",
                self.tell,
                May.GIVE,
                "Say how far a report is",
                f"One of {', '.join(WORDS)}: the word its giver sees. For people who may both look and give.",
                (_REFERENCE,),
                ("ProgressBody", JSON, {"progress": "looked-at"}),
                {200: ("ProgressBody", JSON, {"progress": "looked-at"})},
                ("wrong-media",),
                "Intake",
            ),
            Route("GET", "/intake", self.form, May.GIVE, "A page", params=(PURPOSE,), page=True),
            Route("POST", "/intake", self.formed, May.GIVE, "A page", page=True),
            Route("GET", "/intake.css", self.style, None, "A page", page=True),
        )

    async def form(self, call: Call) -> Response:
        """The operator's form: what somebody on the phone tells."""
        return self.pages.page("operator.html", call, sent=NOTHING_SENT, unfit="", session=new_session())

    async def formed(self, call: Call) -> Response:
        """The operator's form, filled in."""
        request = call.request
        sent = read_form(await request.body(), request.headers.get("content-type", "").encode("latin-1", "replace"))
        try:
            sheet = sheet_of(sent, channel=Channel.OPERATOR, by=call.caller.name)
        except Unfit as unfit:
            session = sent.text("form") or new_session()
            return self.pages.page("operator.html", call, status=400, sent=sent, unfit=unfit.word, session=session)
        receipt = await self.received(sheet)
        return self.pages.page("taken.html", call, receipt=receipt, danger=sheet.told.in_danger, minor=sheet.told.minor)

    async def style(self, call: Call) -> Response:
        """The style sheet of the form."""
        return answer(call.request, public_style(), media="text/css", cache="public, max-age=3600")

    async def give(self, call: Call) -> Response:
        """A report of a partner."""
        told = await read_body(call, Told)
        if told.empty:
            raise BadInput("the report says nothing: tell what happened, or give an account, phone, link or payment", where="body")
        header = call.request.headers.get("idempotency-key")
        key = "" if header is None else f"{call.caller.name}\0{check_key(header)}"
        session = new_session() if header is None else key.replace("\0", " ")
        sheet = Sheet(told, (), line_of(told, (), session), Channel.PARTNER, call.caller.name)
        receipt = await self.received(sheet, key=key)
        line = ReportLine(receipt.reference, receipt.secret, receipt.duplicate, receipt.unread)
        return Response(msgspec.json.encode(line), 200 if receipt.duplicate else 201, {"Cache-Control": "no-store"}, JSON)

    async def received(self, sheet: Sheet, *, key: str = "") -> Receipt:
        """Hand a sheet in, and say in the API's words why it cannot be taken."""
        try:
            return await asyncio.wrap_future(self.intake.hand_in(sheet, key=key))
        except Busy as fault:
            raise Refused("too-many", "more reports wait than can be kept safely", headers={"Retry-After": "10"}) from fault
        except KeyReused as fault:
            raise Refused("key-reused") from fault

    async def original(self, call: Call) -> Response:
        """The sealed original."""
        reference = self._sealed(call)
        line = await _apart(lambda: self._line(reference))
        return Response(line, 200, {"Cache-Control": "no-store"}, JSON)

    async def file(self, call: Call) -> Response:
        """One of its files, as a download whatever it is."""
        reference, number = self._sealed(call), int(call.asked.text("file"))

        def read() -> bytes:
            named = str(msgspec.json.decode(self._line(reference)).get("attachments", "")).splitlines()
            if number > len(named):
                raise Refused("not-found")
            pieces = self.node.shelf.original(bytes.fromhex(named[number - 1].partition(" ")[0]))
            if pieces is None:
                raise Refused("not-found")
            return b"".join(pieces)

        return download(await _apart(read), f"report-{reference}-{number}.bin")

    async def tell(self, call: Call) -> Response:
        """How far it is."""
        reference = self._sealed(call)
        word = (await read_body(call, ProgressBody)).progress
        work = lambda: tell_progress(self.node, reference, word, by=call.caller.name)  # noqa: E731
        await asyncio.get_running_loop().run_in_executor(call.desk.writer, call.writing(work))
        said = ProgressBody(progress(self.node, reference))
        return Response(msgspec.json.encode(said), 200, {"Cache-Control": "no-store"}, JSON)

    def _sealed(self, call: Call) -> str:
        """The number asked for, by somebody who may have what is sealed; noted before anything is given."""
        call.caller.must(May.LOOK)
        if call.caller.clearance is not Tlp.RED:
            raise Refused("not-allowed", "what is sealed is for a clearance of TLP:RED")
        reference = read_reference(call.asked.text("reference"))
        call.note("report", reference)
        return reference

    def _line(self, reference: str) -> bytes:
        digest = self.intake.find(reference)
        pieces = None if digest is None else self.node.shelf.original(digest)
        if pieces is None:
            raise Refused("not-found")
        return b"".join(pieces)


async def _apart(work: Callable[[], _T]) -> _T:
    return await asyncio.to_thread(work)
