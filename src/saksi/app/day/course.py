"""The course of the day: who does what, one after the other, each under their own name and by the ways that pages and programs use too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path

import msgspec

from saksi.actions import Word as Act
from saksi.actions.verify_pack import checked
from saksi.app.casing import Work
from saksi.app.day.cast import Cast
from saksi.app.day.story import ANSWER, APPEAL, LANDLADY, MULE, PHONE, SITE, walked_in, wrote_in
from saksi.app.home import now_text, today
from saksi.app.intake.form import new_session
from saksi.app.intake.intake import Intake
from saksi.app.intake.prepared import Channel, Sheet
from saksi.app.intake.told import Told, line_of
from saksi.app.node import Node
from saksi.app.packing import Order, write_pack
from saksi.app.packing_case import take_case
from saksi.app.packing_paper import paper_with
from saksi.app.posting.appeals import Appeal, hand_in
from saksi.app.posting.rounds import Courier
from saksi.app.posting.setting import FONTS, directory_of, means_of
from saksi.app.requesting.office import Office
from saksi.app.requesting.prefill import About, drafted
from saksi.app.requesting.wire import DoneBody, StepBody
from saksi.cases import Case, Word
from saksi.exchange.reference import reference
from saksi.ledger.note import parse_vkey
from saksi.model import LedgerFault

__all__ = ["Day", "Played"]

_CALLED = "called back on the number of the directory (synthetic)"


@dataclass(frozen=True, slots=True)
class Played:
    """What the day left: the case, its requests by what became of them, and the pack."""

    case: str
    held: str
    lifted: str
    waiting: str
    overdue: str
    pack: Path


class Day:
    """A day at the desk of a node. `folder` is where the pack and a mail that comes back are put together."""

    def __init__(self, node: Node, cast: Cast) -> None:
        self._node, self._cast = node, cast
        self._office = Office(node, partial(directory_of, node.files, node.config))
        self._courier = Courier(node, means_of(node.files, node.config, datetime.now(UTC)))

    def play(self, pack: Path) -> Played:
        """The whole day; its evidence goes to `pack`. Raises LedgerFault where what was packed does not hold."""
        reports = self._reports()
        case = self._case(reports)
        held, lifted = self._ask(case, MULE, "hold"), self._ask(case, LANDLADY, "hold")
        overdue = self._ask(case, SITE, "takedown")
        for each in (held, lifted, overdue):
            self._agree(each)
            self._step("Ada", each, Act.SEND)
        self._round()
        self._answer(held, _hence(days=6), mail=True)
        self._answer(lifted, _hence(days=6))
        self._answer(overdue, _hence(hours=-1))
        self._step("Ada", overdue, Act.PROPOSE_RENEWAL, until=_hence(days=30), text="the page is back under the same name (synthetic)")
        self._contested(lifted)
        waiting = self._ask(case, PHONE, "suspend")
        self._step("Petra", waiting, Act.APPROVE)
        self._pack(pack, case, (held, lifted, overdue, waiting))
        return Played(case, held, lifted, waiting, overdue, pack)

    # -- reports and the case ----------------------------------------------------------------------------------------------------------

    def _reports(self) -> tuple[str, ...]:
        """Three people are heard by Ina, two write through the public form; gives the ids of the first three."""
        ina = self._cast.person("Ina").id
        with Intake(self._node) as intake:
            taken = [intake.receive(_sheet(told, Channel.OPERATOR, ina)) for told in walked_in(today())]
            for told in wrote_in(today()):
                intake.receive(_sheet(told, Channel.PUBLIC))
        self._node.views.fold(self._node.ledger)
        return tuple(f"report:{self._node.config.authority}/{each.reference}" for each in taken)

    def _case(self, reports: tuple[str, ...]) -> str:
        """Ada makes a case of them, brings Petra in, and leaves a note and tasks."""
        ada, petra = self._cast.person("Ada"), self._cast.person("Petra")
        have = self._node.escalate(reports[0], ada.actor, ada.post.clearance, also=reports[1:])
        have = self._work(have, Word.JOIN, whom=petra.id)
        have = self._work(
            have, Word.NOTE, text="All three name one caller; two paid to one account. The third may be a coincidence (synthetic)."
        )
        have = self._work(
            have, Word.TASK, task="call-back", text="Call the second person: is she still paying? (synthetic)", due=_hence(hours=1)
        )
        have = self._work(
            have, Word.TASK, task="landlord", text="Who lets the room that was paid for? (synthetic)", due=_hence(days=2), whom=petra.id
        )
        return have.id

    def _work(self, have: Case, word: Word, **more: str) -> Case:
        ada = self._cast.person("Ada")
        return self._node.work(Work(case=have.id, word=word, head=have.head, **more), ada.actor, ada.post.clearance)  # type: ignore[arg-type]

    # -- requests --------------------------------------------------------------------------------------------------------------------

    def _ask(self, case: str, entity: str, kind: str) -> str:
        """Ada drafts a request about one thing of the case, as its form proposes it."""
        ada = self._cast.sessions["Ada"]
        body = drafted(self._office, ada.person, About((entity,), case, kind)).body
        body = msgspec.structs.replace(
            body, instrument="agreement of A and B (synthetic)", legal_basis="Act 1 of A, section 2 (synthetic)",
            purpose="to keep what was paid within reach, and to stop the calls (synthetic)",
            proportionality="what was reported today, and nothing above it (synthetic)",
            living_costs="100 XBD stay free (synthetic)" if kind == "hold" else None,
        )  # fmt: skip
        return self._office.draft(body, ada).request.id

    def _agree(self, request: str) -> None:
        self._step("Petra", request, Act.APPROVE)
        self._step("Rui", request, Act.REVIEW)

    def _step(self, who: str, request: str, word: Act, **more: object) -> None:
        """One step by one person, on the request as it stands."""
        have = self._office.history(request, self._cast.person(who))
        if word in {Act.APPROVE, Act.REVIEW}:
            more = {"subject": have.subject, "targets": tuple(each.entity for each in have.request.targets), "text": "read it (synthetic)"}
        body = StepBody(word=word.value, head=have.head, **more)  # type: ignore[arg-type]
        self._office.step(request, body, self._cast.sessions[who], now=self._cast.now())

    def _answer(self, request: str, until: str, *, mail: bool = False) -> None:
        """Ina types in what a recipient answered, by telephone or in a mail that came back."""
        have = self._node.book.history(request)
        done = tuple(DoneBody(each.entity, each.money.amount, each.money.currency) for each in have.request.targets if each.money)
        said = {"via": "mail", "evidence": self._came_back(request)} if mail else {"via": "phone"}
        for word, more in ((Act.RECEIVE, {}), (Act.ACCEPT, {}), (Act.ENFORCE, {"until": until, "done": done})):
            self._step("Ina", request, word, checked=_CALLED, **said, **more)

    def _came_back(self, request: str) -> str:
        """The recipient's mail falls into the mailbox; gives the digest under which it waits."""
        (letter, *_) = self._node.outbox.thread(request)
        data = (
            f"From: fraud@bank.b.example\r\nTo: {self._node.config.mail}\r\nSubject: Re: {reference(request)}\r\n"
            f"Message-ID: <answer-1@bank.b.example>\r\nIn-Reply-To: {letter}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{ANSWER}\r\n"
        ).encode()
        drop = self._node.files.path / self._node.config.mailbox / "new"
        (drop / "answer-1").write_bytes(data)
        self._round()
        return sha256(data).hexdigest()

    def _contested(self, request: str) -> None:
        """The holder contests it; Rui, who agreed to it, sees that it was wrong, and the bank lets go."""
        appeal = Appeal(reference=reference(request), words=APPEAL, contact="by letter (synthetic)", language="en", session=new_session())
        hand_in(self._node, appeal, now_text())
        self._round()
        self._step("Rui", request, Act.LIFT, text="the deposit for a room is no part of the scam (synthetic)")
        self._step("Ina", request, Act.LIFTED, via="phone", checked=_CALLED, text="released at once (synthetic)")
        self._round()

    def _round(self) -> None:
        self._courier.round(datetime.now(UTC))

    # -- what is handed on -------------------------------------------------------------------------------------------------------------

    def _pack(self, out: Path, case: str, requests: tuple[str, ...]) -> None:
        """Ada packs the whole case and its requests; the pack is checked as whoever gets it checks it: by the file and the key alone."""
        ada = self._cast.person("Ada")
        taken = take_case(self._node, case, ada.actor, ada.post.clearance)
        order = Order(requests, self._node.owner(ada.post.clearance), analyst=ada.id, case=taken, paper=paper_with(FONTS))
        write_pack(self._node, order, out)
        with out.open("rb") as file:
            report = checked(file, [parse_vkey(self._node.vkey)])
        if report.code != 0:
            raise LedgerFault("the evidence pack of the day does not hold", where=str(out), todo="; ".join(report.lines()))


def _sheet(told: Told, channel: Channel, by: str = "") -> Sheet:
    return Sheet(told, (), line_of(told, (), new_session()), channel, by)


def _hence(**time: int) -> str:
    """A time so far from now, as steps write it."""
    return f"{datetime.now(UTC) + timedelta(**time):%Y-%m-%dT%H:%M:%SZ}"
