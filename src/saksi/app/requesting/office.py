"""Requests for one person: which they may see, what waits for them, what they may do, and the one way that a draft or a step is made.

Pages and API call this and nothing below it, so that no way in forgets a rule: who may is decided by the rules of `saksi.actions`, a second
factor shown just now is asked for here, and a recipient is always read out of the directory, never out of what somebody sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import TypeVar

from saksi.actions import (
    Actor,
    History,
    Kind,
    Money,
    Recipient,
    Request,
    Role,
    Target,
    Urgency,
    Word,
    awaited,
    clock,
    held_for,
    missing,
    offers,
)
from saksi.actions.book import Line
from saksi.actions.step import moment
from saksi.app.acting import Deed, Plan
from saksi.app.api.cursor import Cursor, read_cursor, write_cursor
from saksi.app.api.problems import Refused
from saksi.app.home import now_text
from saksi.app.node import Node
from saksi.app.people.person import Person
from saksi.app.people.sessions import Session
from saksi.app.requesting.wire import DueLine, RequestAnswer, RequestBody, RequestLine, RequestsAnswer, StepBody, StepLine, TargetBody
from saksi.exchange.directory import Directory
from saksi.exchange.reference import reference
from saksi.model import BadInput, JsonObject, NotAllowed, Tlp

__all__ = ["BEARING", "SHOWN", "Office"]

_Word = TypeVar("_Word", bound=Enum)

# What bears upon others: these words need a second factor shown just now.
BEARING: frozenset[Word] = frozenset({Word.APPROVE, Word.REVIEW, Word.SEND, Word.PROPOSE_RENEWAL, Word.RENEW, Word.KEEP})

# Every request stands in just one of the last four; the first two are cuts through them.
SHOWN = ("mine", "overdue", "ours", "waiting", "in-force", "ended")
_WAITS = {"mine": ("us",), "overdue": ("us", "them"), "ours": ("us",), "waiting": ("them",)}
_MARKED = Tlp.AMBER_STRICT  # how steps are marked
_LOOKED = 400  # requests looked at for one page of those that wait for somebody


@dataclass(frozen=True, slots=True)
class Office:
    """The requests of a node, and its directory of recipients as it is now."""

    node: Node
    directory: Callable[[], Directory]

    # -- looking ---------------------------------------------------------------------------------------------------------------------

    def listed(self, shown: str, person: Person, *, after: str | None = None, limit: int = 50) -> RequestsAnswer:
        """One list, by what its requests wait for; see `SHOWN`."""
        _cleared(person)
        now, given = now_text(), None if after is None else read_cursor(after).after.partition(" ")[::2]
        made: list[RequestLine] = []
        last: Line | None = None
        for looked, line in enumerate(self._lines(shown, now, given, limit)):
            if len(made) == limit or looked == _LOOKED:
                return RequestsAnswer(tuple(made), write_cursor(Cursor(_place(shown, last))) if last else None)
            last = line
            have = self.node.book.history(line.id)
            words = awaited(have, person.actor, now)
            if _open_to(have, person) and (shown != "mine" or words):
                made.append(_line(line, tuple(word.value for word in words), now))
        return RequestsAnswer(tuple(made), None)

    def _lines(self, shown: str, now: str, after: tuple[str, str] | None, limit: int) -> Iterator[Line]:
        """The lines of a list, read some at a time."""
        book, before = self.node.book, now if shown == "overdue" else None
        while True:
            if shown == "ended":
                found = book.ended(now, after=after, limit=limit)
            elif shown == "in-force":
                found = book.in_force(now, after=after, limit=limit)
            else:
                found = book.lines(waits=_WAITS[shown], after=after, limit=limit, before=before)
            yield from found
            if len(found) < limit:
                return
            place, _, id_ = _place(shown, found[-1]).partition(" ")
            after = (place, id_)

    def history(self, request: str, person: Person) -> History:
        """Where a request stands. Raises Refused where there is none, and alike where this person may not know of it."""
        _cleared(person)
        try:
            have = self.node.book.history(request)
        except BadInput:
            raise Refused("not-found") from None
        if not _open_to(have, person):
            raise Refused("not-found")
        return have

    def view(self, request: str, person: Person) -> RequestAnswer:
        """A request as this person may see it, with the words that are open to them now."""
        have, now = self.history(request, person), now_text()
        at = moment(now, "now")
        stood, offered = clock(have, at), offers(have, person.actor, now)
        steps = tuple(
            StepLine(self.node.shelf.ref(each.commitment), each.step.digest(), _without(each.step.to_json(), "asked"))
            for each in self.node.book.steps(request)
        )
        return RequestAnswer(
            id=request, reference=reference(request), request=_without(have.request.to_json(), "nonce"), mine=have.mine.value,
            theirs=have.theirs.value, said=have.crossing.said, stands=have.crossing.stands, waits_for=have.crossing.waits_for,
            head=have.head, subject=have.subject, missing=missing(have),
            due=tuple(DueLine(each.what, each.who, f"{each.at:%Y-%m-%dT%H:%M:%SZ}", each.over) for each in stood.due),
            expired=stood.expired, silent=stood.silent, held_seconds=int(held_for(have, at) / timedelta(seconds=1)),
            over_asked=have.over, words=tuple(each.word.value for each in offered if each.refused is None),
            closed={each.word.value: str(each.refused) for each in offered if each.refused is not None}, steps=steps,
        )  # fmt: skip

    def letters(self, view: RequestAnswer) -> frozenset[str]:
        """The digests of what its answers were typed from, of those that are here."""
        named = {str(each.step["evidence"]) for each in view.steps if each.step.get("evidence")}
        return frozenset(each for each in named if self.node.shelf.original(bytes.fromhex(each)) is not None)

    def letter(self, request: str, digest: str, person: Person) -> bytes | None:
        """What an answer to a request was typed from; None where no step names it, or it is not here."""
        self.history(request, person)
        if all(each.step.evidence != digest for each in self.node.book.steps(request)):
            return None
        pieces = self.node.shelf.original(bytes.fromhex(digest))
        return None if pieces is None else b"".join(pieces)

    # -- doing -----------------------------------------------------------------------------------------------------------------------

    def draft(self, body: RequestBody, session: Session) -> History:
        """Begin a request in the name of whoever is signed in."""
        _cleared(session.person)
        return self.node.draft(self.plan(body, session.person), session.person.actor)

    def step(self, request: str, body: StepBody, session: Session, *, now: int) -> History:
        """Take a step in the name of whoever is signed in; `now` is the clock of their session (seconds since 1970)."""
        person = session.person
        self.history(request, person)
        word = _word(body.word)
        if word in BEARING and not session.fresh(now):
            raise Refused("second-factor")
        if (word is Word.EDIT) is (body.request is None):
            raise BadInput("the whole request stands in an edit, and nowhere else", where="request")
        if body.request is not None:
            return self.node.edit(request, self.plan(body.request, person), person.actor, head=body.head)
        done = tuple((each.entity, Money(each.amount, each.currency)) for each in body.done)
        deed = Deed(
            request=request, word=word, head=body.head, subject=body.subject, targets=body.targets, until=body.until, reason=body.reason,
            text=body.text, done=done, via=body.via, evidence=body.evidence, checked=body.checked, letter=body.letter,
        )  # fmt: skip
        return self.node.act(deed, person.actor)

    def plan(self, body: RequestBody, person: Person) -> Plan:
        """What a body asks for: words of closed lists, and the recipient as the directory has it, with its conflicts of interest."""
        return Plan(
            kind=_one(Kind, body.kind, "kind"), to=self.recipient(body, person.actor, person.post.clearance),
            targets=tuple(_target(each.entity, each.amount, each.currency) for each in body.targets), grounds=body.grounds,
            offence=body.offence, instrument=body.instrument, legal_basis=body.legal_basis, purpose=body.purpose,
            proportionality=body.proportionality, urgency=_one(Urgency, body.urgency, "urgency"), until=body.until,
            concerns=body.concerns, living_costs=body.living_costs, holder_language=body.holder_language, consent=body.consent,
            text=body.text, audience=tuple(sorted(set(body.audience))),
        )  # fmt: skip

    @staticmethod
    def body(asked: Request) -> RequestBody:
        """A request as a form or a program would send it again, to be edited."""
        return RequestBody(
            kind=asked.kind.value, to=asked.to.id, offence=asked.offence, instrument=asked.instrument, legal_basis=asked.legal_basis,
            targets=tuple(
                TargetBody(each.entity, *((each.money.amount, each.money.currency) if each.money else (None, None)))
                for each in asked.targets
            ),
            grounds=tuple(each.ref for each in asked.grounds), purpose=asked.purpose, proportionality=asked.proportionality,
            urgency=asked.urgency.value, until=asked.until, concerns=asked.concerns, living_costs=asked.living_costs,
            holder_language=asked.holder_language, consent=asked.consent, text=asked.text, audience=asked.audience,
        )  # fmt: skip

    def recipient(self, body: RequestBody, actor: Actor, clearance: Tlp) -> Recipient:
        """The recipient by its id, for the matter of the targets and of all that the case names; by hand where no rule names it."""
        directory, targets = self.directory(), [each.entity for each in body.targets]
        named = {*targets, *(self.case_entities(body.case, actor, clearance) if body.case else ())}
        ruled = {known.entry.id for target in targets for known in directory.for_entity(target, named=named).known}
        return directory.recipient(body.to, named=named, by_hand=body.to not in ruled)

    def case_entities(self, case: str, actor: Actor, clearance: Tlp) -> tuple[str, ...]:
        """What a case of this person holds."""
        return tuple(each.name for each in self.node.case(case, actor, clearance).case.entities)


def _cleared(person: Person) -> None:
    if person.post.clearance.rank < _MARKED.rank:
        raise NotAllowed(f"requests are marked TLP:{_MARKED.value}: your clearance ends below", where="clearance")


def _open_to(have: History, person: Person) -> bool:
    """A rescue names where somebody is: only those who took a step in it, or are asked to agree, know of it."""
    deciding = person.actor.roles & {Role.APPROVER, Role.REVIEWER}
    return have.request.kind is not Kind.RESCUE or person.id in have.everybody or bool(deciding)


def _line(line: Line, words: tuple[str, ...], now: str) -> RequestLine:
    return RequestLine(
        id=line.id, reference=reference(line.id), kind=line.kind, recipient=line.recipient, unit=line.unit, mine=line.mine,
        theirs=line.theirs, waits_for=line.waits_for, due=line.due, words=words,
        over=line.due is not None and line.due < now and line.waits_for != "nobody",
    )  # fmt: skip


def _place(shown: str, line: Line) -> str:
    return f"{line.moved if shown == 'ended' else line.due or '9'} {line.id}"


def _target(entity: str, amount: str | None, currency: str | None) -> Target:
    if (amount is None) is not (currency is None):
        raise BadInput("an amount and its currency go together", where="targets")
    return Target(entity, None if amount is None or currency is None else Money(amount, currency))


def _word(text: str) -> Word:
    word = _one(Word, text, "word")
    if word is Word.DRAFT:
        raise BadInput("a draft is made where requests begin", where="word")
    return word


def _one(kinds: type[_Word], text: str, where: str) -> _Word:
    known = {each.value: each for each in kinds}
    if text not in known:
        raise BadInput(f"unknown word {text[:40]!r}", where=where, todo=f"one of {', '.join(known)}")
    return known[text]


def _without(value: JsonObject, name: str) -> dict[str, object]:
    return {key: part for key, part in value.items() if key != name}
