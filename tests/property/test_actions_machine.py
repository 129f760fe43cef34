"""Any officers say any words in any order: what the machine lets through is held against an oracle that reads the raw steps alone."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "actions"))

from people import ANALYST, HOLD, ONE, TWO, TYPED, VERIFY, first, in_force, role_for
from stepping import steps_to

from saksi.actions import CROSSINGS, Actor, Kind, Mine, Request, Role, Step, Theirs, Word, clock, folded, held_for, taken
from saksi.actions.history import History
from saksi.model import SaksiError

_PEOPLE = [
    Actor(f"person-{number}", unit, roles)
    for number, (unit, roles) in enumerate(
        (unit, frozenset(roles))
        for unit in ("unit-x", "unit-y")
        for roles in (
            {Role.ANALYST}, {Role.APPROVER}, {Role.REVIEWER}, {Role.APPROVER, Role.REVIEWER}, {Role.ANALYST, Role.APPROVER}, {Role.AUDITOR},
        )
    )
]  # fmt: skip
_PEOPLE += [ANALYST, Actor("analyst-1", "unit-x", frozenset(set(Role) - {Role.COURIER}))]
_TARGETS = st.sampled_from([(), (ONE,), (TWO,), (ONE, TWO)])
_REASONS = st.sampled_from([None, "rights", "other", "served", "wrong", "because"])
_UNTIL = st.sampled_from([None, "2026-06-04T00:00:00Z", "2026-06-20T00:00:00Z", "2026-08-20T00:00:00Z", "2027-01-01T00:00:00Z"])
_ASKED = [
    HOLD,
    replace(HOLD, text="another word"),
    replace(HOLD, concerns=("media",)),
    replace(HOLD, to=replace(HOLD.to, conflict="named")),
]


class Requests(RuleBasedStateMachine):
    have: History
    log: list[tuple[Step, Actor]]

    @initialize(asked=st.sampled_from([*_ASKED, VERIFY, replace(VERIFY, concerns=("lawyer",)), replace(VERIFY, kind=Kind.PRESERVE)]))
    def draft(self, asked: Request) -> None:
        self.have = first(asked)
        self.log = []
        step = Step(
            request=asked.id,
            word=Word.DRAFT,
            at=self.have.at,
            after="0" * 64,
            person="analyst-1",
            unit="unit-x",
            role=Role.ANALYST,
            asked=asked,
        )  # as `first` makes it
        assert step.digest() == self.have.head
        self.log.append((step, ANALYST))

    @rule(
        word=st.sampled_from([each for each in Word if each not in {Word.DRAFT, Word.EDIT}]),
        actor=st.sampled_from(_PEOPLE),
        role=st.sampled_from([None, *Role]),
        minutes=st.integers(-1, 60 * 24 * 3),
        named=_TARGETS,
        reason=_REASONS,
        until=_UNTIL,
        stale=st.booleans(),
        text=st.sampled_from([None, "words"]),
        typed=st.booleans(),
    )
    def say(self, word: Word, actor: Actor, role: Role | None, minutes: int, **more: object) -> None:
        subject = "f" * 64 if more["stale"] and minutes % 3 == 0 else self.have.subject
        step = Step(
            request=self.have.request.id, word=word, at=_after(self.have.at, minutes), after=self.have.head, person=actor.person,
            unit=actor.unit, role=role or role_for(word, actor), subject=subject,
            targets=more["named"], reason=more["reason"], until=more["until"], text=more["text"],
            **(TYPED if more["typed"] else {}),
        )  # type: ignore[arg-type]  # fmt: skip
        self._try(step, actor)

    @rule(asked=st.sampled_from([*_ASKED, VERIFY]), actor=st.sampled_from(_PEOPLE))
    def edit(self, asked: Request, actor: Actor) -> None:
        self._try(
            Step(
                request=asked.id,
                word=Word.EDIT,
                at=self.have.at,
                after=self.have.head,
                person=actor.person,
                unit=actor.unit,
                role=role_for(Word.EDIT, actor),
                asked=asked,
            ),
            actor,
        )

    @precondition(lambda self: self.have.mine is Mine.DRAFTED)
    @rule(named=st.sampled_from([(ONE,), (ONE, TWO)]))
    def agree(self, named: tuple[str, ...]) -> None:
        """What officers who do their duty do: so that the machine reaches what lies behind."""
        own = tuple(entity for entity in named if entity in {each.entity for each in self.have.request.targets})
        for word, actor in ((Word.APPROVE, _PEOPLE[1]), (Word.REVIEW, _PEOPLE[8])):
            step = Step(
                request=self.have.request.id, word=word, at=self.have.at, after=self.have.head, person=actor.person, unit=actor.unit,
                role=role_for(word, actor),
                subject=self.have.subject, targets=own, text="read it",
            )  # fmt: skip
            self._try(step, actor)

    @precondition(lambda self: len(self.log) > 1)
    @rule(choose=st.randoms(use_true_random=False))
    def replay(self, choose: object) -> None:
        step, actor = self.log[choose.randrange(len(self.log))]  # type: ignore[attr-defined]
        before = self.have
        self._try(step, actor)
        assert self.have == before

    def _try(self, step: Step, actor: Actor) -> None:
        before = self.have
        try:
            self.have = taken(self.have, step, actor)
        except SaksiError as refused:
            assert refused.what
            assert self.have == before
            return
        assert Step.from_json(step.to_json()) == step
        assert not actor.roles <= {Role.AUDITOR}, "an auditor acts on nothing"
        self.log.append((step, actor))
        if step.word is Word.SEND:
            assert _may_leave(self.log[:-1], self.have.request), "sent without what it needs"
            assert self.have.request.to.conflict is None
        if step.word is Word.KEEP:
            assert actor.person not in {who.person for _, who in self.log[:-1]}

    def teardown(self) -> None:
        if hasattr(self, "log"):
            assert folded(step for step, _ in self.log) == self.have

    @invariant()
    def it_holds_together(self) -> None:
        have = self.have
        assert (have.mine, have.theirs) in CROSSINGS
        words = [step.word for step, _ in self.log]
        if have.theirs is not Theirs.SILENT:
            assert Word.SEND in words
        if have.until is not None and have.acted_at is not None:
            longest = have.request.rule.longest
            assert longest is not None
            assert _time(have.until) <= _time(have.acted_at) + longest + have.request.rule.first  # type: ignore[operator]
        far = _time(have.at) + timedelta(days=4000)
        if have.until is not None:
            assert held_for(have, far) == _time(have.undone_at or have.until) - _time(have.acted_at or have.until)
            assert clock(have, far).expired or have.theirs is not Theirs.IN_FORCE


def _may_leave(log: Sequence[tuple[Step, Actor]], asked: Request) -> bool:
    """From the raw steps: who drafted or edited, and who agreed to these very words since, for which targets."""
    authors = {actor.person for step, actor in log if step.word in {Word.DRAFT, Word.EDIT}}
    last = max(number for number, (step, _) in enumerate(log) if step.word in {Word.DRAFT, Word.EDIT, Word.SEND_BACK})
    since = [(step, actor) for step, actor in log[last + 1 :] if step.subject == asked.digest()]
    every = {each.entity for each in asked.targets}
    approved: set[str] = set()
    reviewed: set[str] = set()
    approvers, reviewers = set(), set()
    for step, actor in since:
        if step.word is Word.APPROVE and Role.APPROVER in actor.roles and actor.person not in authors:
            approved |= set(step.targets)
            approvers.add(actor.person)
        if step.word is Word.REVIEW and Role.REVIEWER in actor.roles and actor.unit != asked.unit and actor.person not in authors:
            reviewed |= set(step.targets)
            reviewers.add(actor.person)
    coercive = asked.kind in {Kind.HOLD, Kind.RECALL, Kind.RETURN, Kind.SUSPEND, Kind.TAKEDOWN}
    if coercive and not (every <= approved and every <= reviewed and approvers.isdisjoint(reviewers)):
        return False
    return not asked.concerns or every <= reviewed


class Held(Requests):
    """The same, from a hold that is in force on: renewals, appeals, ends."""

    @initialize(asked=st.sampled_from(_ASKED[:1]))
    def draft(self, asked: Request) -> None:
        self.have = in_force(asked)
        self.log = [(step, step.actor) for step in steps_to(in_force, asked)]
        assert folded(step for step, _ in self.log) == self.have


def _time(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def _after(at: str, minutes: int) -> str:
    return (_time(at) + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


TestRequests = Requests.TestCase
TestRequests.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
TestHeld = Held.TestCase
TestHeld.settings = settings(max_examples=100, stateful_step_count=20, deadline=None)
