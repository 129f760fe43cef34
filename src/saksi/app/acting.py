"""Requests to act: drafted, agreed to, sent, answered; each step in the ledger before anybody hears that it was taken.

The rules are those of `saksi.actions`; what this adds is what only a node knows: whether the statements a request rests on stand and what
they are made of, what speaks for the holder, and whether somebody named is a victim.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256

from saksi.actions import (
    COURIER,
    FIRST,
    RULES,
    Actor,
    Ground,
    History,
    Kind,
    Money,
    Recipient,
    Request,
    Role,
    Step,
    Target,
    Urgency,
    Word,
    begun,
    taken,
)  # fmt: skip
from saksi.actions.book import Book
from saksi.actions.half import MAY
from saksi.actions.logged import entry_of
from saksi.app.home import now_text
from saksi.app.taking import Taking
from saksi.ledger.core import Entry
from saksi.model import BadInput, Marking, NotAllowed, Op, Pap, Statement, Tlp
from saksi.model.favour import SPARED, speaks_for
from saksi.views.serving import Behind

__all__ = ["Acting", "Deed", "Plan"]

_LARGEST = 5 << 20  # bytes of a letter
_MOST = 200  # statements named for the holder


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What an officer wants asked; see `Request`. `grounds` are references of standing statements."""

    kind: Kind
    to: Recipient
    targets: tuple[Target, ...]
    grounds: tuple[str, ...]
    offence: str
    instrument: str
    legal_basis: str
    purpose: str
    proportionality: str
    urgency: Urgency
    until: str | None = None
    concerns: tuple[str, ...] = ()
    living_costs: str | None = None
    holder_language: str | None = None
    consent: str | None = None
    text: str | None = None
    audience: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """A step that somebody wants to take: the word, the history it was decided on (`head`), and what the word needs; see `Step`.

    `role` is the one they act in; None takes one that may. `letter` is what an answer was typed from, which the step then names by its
    digest (`evidence`), and which goes into the vault with it.
    """

    request: str
    word: Word
    head: str
    role: Role | None = None
    subject: str | None = None
    targets: tuple[str, ...] = ()
    until: str | None = None
    reason: str | None = None
    text: str | None = None
    done: tuple[tuple[str, Money], ...] = ()
    via: str = "node"
    evidence: str | None = None
    checked: str | None = None
    letter: bytes | None = None

    def __post_init__(self) -> None:
        if self.letter is None:
            return
        if not self.word.is_answer:
            raise BadInput("a letter goes with an answer that is typed from it", where="letter")
        if not 0 < len(self.letter) <= _LARGEST:
            raise BadInput(f"a letter has at most {_LARGEST >> 20} MB, and is not empty", where="letter")
        if self.evidence not in {None, self.digest}:
            raise BadInput("the letter is not the one that the digest names", where="evidence", todo="leave out the digest")

    @property
    def digest(self) -> str | None:
        """The SHA-256 of what it was typed from, in hex."""
        return self.evidence if self.letter is None else sha256(self.letter).hexdigest()


class Acting(Taking):
    """Requests of this authority."""

    _book: Book | None = None

    @property
    def book(self) -> Book:
        """Where each request stands, up to the newest leaf."""
        with self._opening:
            if self._book is None:
                self._book = Book(self.files.path / "book.sqlite", origin=self.config.origin)
            book = self._book
        if book.size != self.shelf.size:  # under its own lock: no look-up waits until it has read a take
            book.catch_up(self.shelf)
        return book

    def draft(self, plan: Plan, actor: Actor) -> History:
        """Begin a request. Raises BadInput or NotAllowed where it cannot be made, whoever would agree to it."""
        asked = self._asked(plan, actor, (self._random(), self._random()))
        step = Step(
            request=asked.id, word=Word.DRAFT, at=now_text(), after=FIRST, person=actor.person, unit=actor.unit,
            role=_role(Word.DRAFT, actor), asked=asked,
        )  # fmt: skip
        with self.ledger.core.turn:
            return self._log(step, begun(step, actor), self.ledger.new_subject())

    def edit(self, request: str, plan: Plan, actor: Actor, *, head: str) -> History:
        """Put other words in place of a request that has not been sent: all agreement is taken away."""
        have = self.book.history(request)
        asked = replace(
            self._asked(plan, actor, (have.request.id, have.request.nonce)), officer=have.request.officer, unit=have.request.unit
        )
        return self._act(request, actor, Word.EDIT, partial(self._step_with, asked=asked, head=head))

    def act(self, deed: Deed, actor: Actor) -> History:
        """Take a step. Raises NotAllowed or BadInput with the reason where it may not be taken, and nothing is logged then."""
        if deed.word.is_answer and deed.via == "node":
            raise NotAllowed(
                "only a recipient's node answers by itself", where="via", todo="say what you typed it from, and how you checked it"
            )
        if deed.word is Word.SEND:
            self._check_sending(self.book.history(deed.request))
        return self._act(deed.request, actor, deed.word, partial(self._step_of, deed), deed.letter)

    def carry(self, request: str, made: Callable[[History], Step | None]) -> History:
        """Take a step of the courier's, made from where the request stands then; none where there is none to take."""
        with self.ledger.core.turn:
            have = self.book.history(request)
            step = made(have)
            if step is None:
                return have
            return self._log(step, taken(have, step, COURIER), self.ledger.subjects(self.book.steps(request)[0].leaf)[0])

    def close(self) -> None:
        """Let go of everything."""
        if self._book is not None:
            self._book.close()
            self._book = None
        super().close()

    def _act(
        self, request: str, actor: Actor, word: Word, made: Callable[[History, Actor, Role], Step], letter: bytes | None = None, /
    ) -> History:
        with self.ledger.core.turn:  # between the look at the history and the leaf nobody else takes a step
            steps = self.book.steps(request)
            have = self.book.history(request)
            step = made(have, actor, _role(word, actor))
            return self._log(step, taken(have, step, actor), self.ledger.subjects(steps[0].leaf)[0], letter)

    def _log(self, step: Step, have: History, subject: bytes, letter: bytes | None = None) -> History:
        marking = Marking(
            Tlp.AMBER_STRICT, Pap.RED, audience=have.request.audience, purpose=self.config.purpose or have.request.purpose,
            legal_basis=have.request.legal_basis,
        )  # fmt: skip
        entry = entry_of(step, have, authority=self.config.authority, handling=marking, subject=subject)
        beside, original = self._made_with(step, have), letter or self._evidence(step)
        if original is None and not beside:
            self.ledger.append_entries([entry])
        else:
            with self.ledger.transaction() as take:  # the step and what goes with it are there together, or neither is
                if original is not None:
                    take.keep_original([original])
                for each in (entry, *beside):
                    take.note(each)
        self.book.catch_up(self.ledger)
        with suppress(Behind):  # taken is taken, and the views hold no steps: what goes with one shows once there is room
            self.catch_up()
        return have

    def _evidence(self, step: Step) -> bytes | None:
        """The mail or appeal that a step rests on, where it lies here outside of the vault: with the step it goes in."""
        del step
        return None

    def _made_with(self, step: Step, have: History) -> Sequence[Entry]:
        """Statements that are made with a step."""
        del step, have
        return ()

    @staticmethod
    def _step_of(deed: Deed, have: History, actor: Actor, role: Role) -> Step:
        return Step(
            request=deed.request, word=deed.word, at=max(now_text(), have.at), after=deed.head, person=actor.person, unit=actor.unit,
            role=deed.role or role, subject=deed.subject, targets=deed.targets, until=deed.until, reason=deed.reason, text=deed.text,
            done=deed.done, via=deed.via, evidence=deed.digest, checked=deed.checked,
        )  # fmt: skip

    @staticmethod
    def _step_with(have: History, actor: Actor, role: Role, *, asked: Request, head: str) -> Step:
        return Step(
            request=asked.id, word=Word.EDIT, at=max(now_text(), have.at), after=head, person=actor.person, unit=actor.unit, role=role,
            asked=asked,
        )  # fmt: skip

    def _asked(self, plan: Plan, actor: Actor, names: tuple[str, str]) -> Request:
        """The request, with what the node itself knows of its grounds and of what speaks for the holder."""
        speaking = self._for_the_holders(plan)
        return Request(
            id=names[0], nonce=names[1], kind=plan.kind, to=plan.to, targets=plan.targets, grounds=self._grounds(plan.grounds),
            offence=plan.offence, instrument=plan.instrument, legal_basis=plan.legal_basis, purpose=plan.purpose,
            proportionality=plan.proportionality, urgency=plan.urgency, officer=actor.person, unit=actor.unit, until=plan.until,
            exculpatory=speaking, concerns=plan.concerns, living_costs=plan.living_costs, holder_language=plan.holder_language,
            consent=plan.consent, text=plan.text, audience=plan.audience,
        )  # fmt: skip

    def _grounds(self, refs: Sequence[str]) -> tuple[Ground, ...]:
        """The statements a request rests on: each stands, and what it is made of is read off it, not told by the officer."""
        made = []
        for ref in refs:
            view = self.statement(ref.rpartition("#")[2], reader=self.owner(), at=None)
            if view is None or view.ref != ref:
                raise BadInput("there is no such statement here", where=ref)
            if view.standing != "stands":
                raise NotAllowed(f"a request cannot rest on a statement that is {view.standing}", where=ref)
            payload = self.shelf.payload(view.leaf, view.index)
            said = None if payload is None else Statement.parse(payload)
            if said is None or said.content.op is not Op.ASSERT:
                raise NotAllowed("a request rests on statements, not on proposals or amendments", where=ref)
            made.append(Ground(ref, "statement" if said.asserter.extraction is None else "machine"))
        return tuple(made)

    def _for_the_holders(self, plan: Plan) -> tuple[str, ...]:
        """The references of all that speaks for those concerned. Raises NotAllowed where a coercive request would meet a victim."""
        found: list[str] = []
        for target in plan.targets:
            answer = self.entity(target.entity, reader=self.owner(), at=None)
            for line in answer.statements:
                if line.part == 0 and speaks_for(line.prop, line.value, line.polarity):
                    found.append(line.ref)
                    if RULES[plan.kind].coercive and line.prop == "role" and line.value in SPARED and line.polarity == "affirm":
                        raise NotAllowed(
                            f"{target.entity} is said to be {line.value}: nothing coercive is asked about what belongs to somebody harmed",
                            where="targets", todo=f"look at {line.ref}; ask to verify or to warn instead",
                        )  # fmt: skip
        if len(set(found)) > _MOST:
            raise NotAllowed(
                f"more than {_MOST} statements speak for the holders: this is contested too widely to be asked", where="targets"
            )
        return tuple(dict.fromkeys(found))

    def _check_sending(self, have: History) -> None:
        """What has changed since the draft: a ground that was withdrawn carries nothing, and a victim may have become known."""
        asked = have.request
        self._grounds([each.ref for each in asked.grounds])
        plan = Plan(
            kind=asked.kind, to=asked.to, targets=asked.targets, grounds=(), offence=asked.offence, instrument=asked.instrument,
            legal_basis=asked.legal_basis, purpose=asked.purpose, proportionality=asked.proportionality, urgency=asked.urgency,
        )  # fmt: skip
        fresh = set(self._for_the_holders(plan)) - set(asked.exculpatory)
        if fresh:
            raise NotAllowed(
                "since it was drafted something has been recorded that speaks for the holder",
                where=min(fresh),
                todo="edit it: it is named then",
            )

    def _random(self) -> str:
        return self.ledger.core.random(16).hex()


def _role(word: Word, actor: Actor) -> Role:
    """The role somebody takes a step in: one that may, where they have one."""
    able = actor.roles & MAY[word]
    return min(able or actor.roles, key=lambda role: role.value)
