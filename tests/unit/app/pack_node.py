"""A node with invented reports about an account, a request to hold money on it, and what speaks for its holder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from saksi.actions import Actor, Ground, Kind, Money, Party, Recipient, Request, Role, Step, Target, Urgency, Word, folded
from saksi.actions.logged import entry_of
from saksi.app.config import Config
from saksi.app.home import Home, set_up
from saksi.app.node import Node
from saksi.model import Asserter, Content, Grade, Marking, Pap, Source, Statement, Tlp

AUTHORITY = "centre.a.example"
COURT = "court.a.example"
ONE, TWO = "account:XB:BANKB:0001", "account:XB:BANKB:0002"
EVERYBODY = Marking(Tlp.AMBER, Pap.AMBER, (COURT,), "to act on reports", "Act 1 of A")
OURS = Marking(Tlp.RED, Pap.RED, (), "to act on reports", "Act 1 of A")
ORIGINAL = b"reference,account,synthetic\n1,0001,true\n"
ANALYST = Actor("analyst-1", "unit-x", frozenset({Role.ANALYST}))
APPROVER = Actor("approver-1", "unit-x", frozenset({Role.APPROVER}))
REVIEWER = Actor("reviewer-1", "unit-y", frozenset({Role.REVIEWER}))


def new_node(folder: Path) -> Node:
    home = Home(folder)
    config = Config(AUTHORITY, purpose="to act on reports", legal_basis="Act 1 of A", workers=0)
    set_up(home, config)
    return Node(home, config)


def keep(node: Node, data: bytes, *, handling: Marking = EVERYBODY) -> str:
    """Keep an original, and log its take as a take of a file does."""
    from hashlib import sha256

    from saksi.ledger.batch import Kind as LeafKind
    from saksi.ledger.core import Entry
    from saksi.model import canonical

    digest = sha256(data).hexdigest()
    source = Source(digest, title="Reports of a desk (synthetic)", publisher="desk.a.example", uri="https://desk.a.example/1")
    asserter = Asserter(AUTHORITY, "2026-05-01T10:00:00Z", "intake-1")
    told = {"take": {"digest": digest, "rejected": 0, "rows": 1, "series": "desk"}}
    with node.ledger.transaction() as take:
        take.keep_original(iter([data]))
        groups = (canonical(told), *(canonical(part.to_json()) for part in (source, asserter, handling)))
        take.note(Entry(LeafKind.CONTROL, groups))
    return digest


def says(
    node: Node, entity: str, prop: str, value: str, *, polarity: str = "affirm", handling: Marking = EVERYBODY, digest: str | None = None,
    title: str = "Report (synthetic)",
) -> str:  # fmt: skip
    said = Content(entity, "Account", prop, value, polarity=polarity, valid_from="2026-04-30")
    source = Source(digest, title=f"{title} on {entity}, {prop} {value} {polarity}", published="2026-05-01")
    grade = Grade("C", 3) if digest else None
    made = Statement(said, source, Asserter(AUTHORITY, "2026-05-02T08:00:00Z", "analyst-2", grade), handling)
    (ref,) = node.ledger.append([made])
    node.views.fold(node.ledger)
    return ref


def hold(grounds: list[str], exculpatory: tuple[str, ...] = (), *, id_: str = "a" * 32) -> Request:
    return Request(
        id=id_, nonce="1" * 32, kind=Kind.HOLD, to=Recipient("bank-b", Party.BANK, "Bank B (synthetic)", "fraud@bank.b.example"),
        targets=(Target(ONE, Money("1200.50", "XBD")),), grounds=tuple(Ground(ref) for ref in grounds), offence="fraud",
        instrument="bank recall agreement", legal_basis="Act 1 of A, section 2", purpose="to keep a victim's payment within reach",
        proportionality="the one payment reported", urgency=Urgency.FLOWING, officer="analyst-1", unit="unit-x",
        until="2026-06-06T00:00:00Z", living_costs="300 XBD stay free", holder_language="en", exculpatory=exculpatory,
    )  # fmt: skip


def steps_of(asked: Request) -> list[Step]:
    """A hold drafted, agreed to, sent, answered by mail, in force, appealed against."""
    made: list[Step] = []

    def go(word: Word, actor: Actor, role: Role, **more: object) -> None:
        after = made[-1].digest() if made else "0" * 64
        if word in {Word.APPROVE, Word.REVIEW}:
            more = {"subject": folded(made).subject, "targets": (ONE,), "text": "read it", **more}
        at = f"2026-06-01T08:{len(made):02}:00Z"
        step = Step(request=asked.id, word=Word.REMIND, at=at, after=after, person=actor.person, unit=actor.unit, role=role)
        made.append(replace(step, word=word, **more))  # type: ignore[arg-type]

    typed = {"via": "phone", "checked": "called back on the number of the directory"}
    go(Word.DRAFT, ANALYST, Role.ANALYST, asked=asked)
    go(Word.APPROVE, APPROVER, Role.APPROVER)
    go(Word.REVIEW, REVIEWER, Role.REVIEWER)
    go(Word.SEND, ANALYST, Role.ANALYST)
    go(Word.RECEIVE, ANALYST, Role.ANALYST, **typed)
    go(Word.ACCEPT, ANALYST, Role.ANALYST, **typed)
    go(Word.ENFORCE, ANALYST, Role.ANALYST, until="2026-06-05T00:00:00Z", done=((ONE, Money("1200.50", "XBD")),), **typed)
    go(Word.APPEAL, ANALYST, Role.ANALYST, text="the holder says that the money is a wage")
    return made


def log(node: Node, steps: list[Step], *, handling: Marking = EVERYBODY) -> None:
    subject = node.ledger.new_subject()
    for number in range(len(steps)):
        have = folded(steps[: number + 1])
        node.ledger.append_entries([entry_of(steps[number], have, authority=AUTHORITY, handling=handling, subject=subject)])
