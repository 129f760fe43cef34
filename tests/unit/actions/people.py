"""Invented officers, recipients and requests for the tests of this room."""

from __future__ import annotations

from dataclasses import replace

from saksi.actions import FIRST, Actor, Ground, Kind, Money, Party, Recipient, Request, Role, Step, Target, Urgency, Word, begun, taken
from saksi.actions.half import MAY
from saksi.actions.history import History

ORIGIN = "centre.a.example/saksi/1"
ANALYST = Actor("analyst-1", "unit-x", frozenset({Role.ANALYST}))
APPROVER = Actor("approver-1", "unit-x", frozenset({Role.APPROVER}))
REVIEWER = Actor("reviewer-1", "unit-y", frozenset({Role.REVIEWER}))
OTHER_REVIEWER = Actor("reviewer-2", "unit-y", frozenset({Role.REVIEWER}))
BANK = Recipient("bank-b", Party.BANK, "Bank B (synthetic)", "fraud@bank.b.example")
ONE, TWO = "account:XB:BANKB:0001", "account:XB:BANKB:0002"


def ref(number: int) -> str:
    return f"{ORIGIN}#{number:064x}"


HOLD = Request(
    id="0" * 32, nonce="1" * 32, kind=Kind.HOLD, to=BANK, targets=(Target(ONE, Money("1200.50", "XBD")), Target(TWO, Money("80", "XBD"))),
    grounds=(Ground(ref(1)),), offence="fraud", instrument="bank recall agreement", legal_basis="Act 1 of A, section 2",
    purpose="to keep a victim's payment within reach", proportionality="the two payments reported, and nothing above them",
    urgency=Urgency.FLOWING, officer="analyst-1", unit="unit-x", until="2026-06-06T00:00:00Z", living_costs="300 XBD stay free",
    holder_language="en",
)  # fmt: skip
VERIFY = replace(
    HOLD,
    kind=Kind.VERIFY,
    targets=(Target(ONE),),
    until=None,
    living_costs=None,
    holder_language=None,
    grounds=(Ground(ref(1), "machine"),),
)


def first(asked: Request = HOLD, actor: Actor = ANALYST, at: str = "2026-06-01T08:00:00Z") -> History:
    step = Step(
        request=asked.id,
        word=Word.DRAFT,
        at=at,
        after=FIRST,
        person=actor.person,
        unit=actor.unit,
        role=role_for(Word.DRAFT, actor),
        asked=asked,
    )
    return begun(step, actor)


def go(have: History, word: Word, actor: Actor, **more: object) -> History:
    """One more step, a minute later."""
    return taken(have, step_of(have, word, actor, **more), actor)


def step_of(have: History, word: Word, actor: Actor, **more: object) -> Step:
    base = Step(
        request=have.request.id,
        word=Word.REMIND,
        at=later(have.at),
        after=have.head,
        person=actor.person,
        unit=actor.unit,
        role=role_for(word, actor),
    )  # replaced below: some words cannot be made without more
    if word in {Word.APPROVE, Word.REVIEW}:
        more = {"subject": have.subject, "targets": tuple(each.entity for each in have.request.targets), "text": "read it", **more}
    return replace(base, word=word, **more)  # type: ignore[arg-type]


def role_for(word: Word, actor: Actor) -> Role:
    """The role in which somebody would say it: one that may, if they have one."""
    return min(actor.roles & MAY[word] or actor.roles, key=lambda role: role.value)


def later(at: str) -> str:
    hour, minute = int(at[11:13]), int(at[14:16]) + 1
    return f"{at[:11]}{hour + minute // 60:02d}:{minute % 60:02d}:{at[17:]}"


def sent(asked: Request = HOLD) -> History:
    have = first(asked)
    if have.mine.value == "drafted":
        have = go(go(have, Word.APPROVE, APPROVER), Word.REVIEW, REVIEWER)
    return go(have, Word.SEND, ANALYST)


TYPED = {"via": "mail", "evidence": "e" * 64, "checked": "called back on the number of the directory"}


def in_force(asked: Request = HOLD) -> History:
    have = go(sent(asked), Word.RECEIVE, ANALYST, **TYPED)
    have = go(have, Word.ACCEPT, ANALYST, **TYPED)
    return go(have, Word.ENFORCE, ANALYST, until="2026-06-05T00:00:00Z", done=((ONE, Money("1200.50", "XBD")),), **TYPED)
