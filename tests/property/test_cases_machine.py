"""Any officers enter anything in any order: what the machine lets through is held against an oracle that reads the raw entries alone."""

from __future__ import annotations

import sys
from pathlib import Path

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "cases"))

from folk import CASE, OTHER, entry_for, first, later, ref, role_for

from saksi.cases import Case, Entry, Stand, Word, folded, taken
from saksi.model import SaksiError
from saksi.model.actor import Actor, Role

_PEOPLE = [
    Actor(f"person-{number}", unit, roles)
    for number, (unit, roles) in enumerate(
        (unit, frozenset(roles))
        for unit in ("unit-x", "unit-y")
        for roles in ({Role.INTAKE}, {Role.ANALYST}, {Role.APPROVER}, {Role.REVIEWER}, {Role.ANALYST, Role.REVIEWER}, {Role.AUDITOR})
    )
]
_NAMES = [each.person for each in _PEOPLE[:8]]
_HOLDING = {Word.ADD, Word.ABSORB}
_LEADS = [Word.JOIN, Word.ASSIGN, Word.CLOSE, Word.SEAL, Word.REOPEN, Word.LEAD, Word.MERGE]
_REFS = st.lists(st.integers(0, 5), max_size=3, unique=True).map(lambda numbers: tuple(ref(each) for each in numbers))


class Cases(RuleBasedStateMachine):
    have: Case
    log: list[tuple[Entry, Actor]]

    @initialize(number=st.sampled_from([0, 1, 2, 4]), refs=_REFS)
    def open(self, number: int, refs: tuple[str, ...]) -> None:
        actor = _PEOPLE[number]
        entry, self.have = first(actor, refs=refs)
        self.log = [(entry, actor)]

    @rule(
        word=st.sampled_from(list(Word)),
        actor=st.sampled_from(_PEOPLE),
        role=st.sampled_from([None, None, *Role]),
        minutes=st.integers(-1, 100),
        refs=_REFS,
        favour=_REFS,
        whom=st.sampled_from(_NAMES),
        text=st.sampled_from([None, "words"]),
        task=st.sampled_from(["1", "2"]),
        stale=st.integers(0, 9),
        other=st.sampled_from([CASE, OTHER]),
    )
    def enter(self, word: Word, actor: Actor, role: Role | None, minutes: int, **more: object) -> None:
        needs = {
            "refs": more["refs"] if word in _HOLDING else (), "favour": more["favour"] if word in _HOLDING else (),
            "whom": more["whom"] if word in {Word.ASSIGN, Word.JOIN, Word.LEAVE, Word.LEAD, Word.TASK} else None,
            "task": more["task"] if word in {Word.TASK, Word.TASK_DONE} else None,
            "other": more["other"] if word in {Word.LINK, Word.MERGE, Word.ABSORB} else None,
            "text": more["text"] if word is not Word.ABSORB else None,
        }  # fmt: skip
        made = {"role": role or role_for(word, actor), "at": later(self.have.at, minutes), **needs}
        if more["stale"] == 0:
            made["after"] = "f" * 64
        self._try(word, actor, made)

    @rule(word=st.sampled_from(_LEADS), number=st.integers(0, 7))
    def lead(self, word: Word, number: int) -> None:
        """What a lead who does their duty says: so that the machine reaches what lies behind."""
        actor = next((each for each in _PEOPLE if each.person == self.have.lead), _PEOPLE[1])
        more = {"whom": _NAMES[number]} if word in {Word.JOIN, Word.ASSIGN, Word.LEAD} else {}
        more |= {"other": OTHER} if word is Word.MERGE else {}
        self._try(word, actor, {"text": "words", **more})

    @precondition(lambda self: self.have.stand is Stand.SEALED)
    @rule(actor=st.sampled_from([each for each in _PEOPLE if Role.REVIEWER in each.roles]))
    def unseal(self, actor: Actor) -> None:
        self._try(Word.UNSEAL, actor, {"text": "words", "role": Role.REVIEWER})

    @precondition(lambda self: len(self.log) > 1)
    @rule(choose=st.randoms(use_true_random=False))
    def replay(self, choose: object) -> None:
        entry, actor = self.log[choose.randrange(len(self.log))]  # type: ignore[attr-defined]
        before = self.have
        try:
            taken(self.have, entry, actor)
        except SaksiError:
            assert self.have == before
            return
        raise AssertionError("an entry was made twice")

    def _try(self, word: Word, actor: Actor, made: dict[str, object]) -> None:
        before = self.have
        try:
            entry = entry_for(before, word, actor, **made)
            self.have = taken(before, entry, actor)
        except SaksiError as refused:
            assert refused.what
            assert self.have == before
            return
        assert _may(self.log, entry, actor), f"{actor.person} said {word.value}"
        assert Entry.from_json(entry.to_json()) == entry
        self.log.append((entry, actor))

    def teardown(self) -> None:
        if hasattr(self, "log"):
            assert folded(entry for entry, _ in self.log) == self.have

    @invariant()
    def it_holds_together(self) -> None:
        have = self.have
        refs, favour = {each.name for each in have.refs}, {each.name for each in have.favour}
        assert not refs & favour
        assert refs | favour == {name for entry, _ in self.log for name in (*entry.refs, *entry.favour)}
        assert have.lead in have.members
        assert have.assigned <= have.members
        assert (have.into is not None) == (Stand.MERGED in {have.stand, have.before})
        assert (have.stand is Stand.SEALED) == (have.before is not None)
        if have.stand in {Stand.CLOSED, Stand.MERGED}:
            assert not have.open_tasks


def _may(log: list[tuple[Entry, Actor]], entry: Entry, actor: Actor) -> bool:
    """From the raw entries: whether this person might make this entry."""
    unit = log[0][0].unit
    members, lead, sealed, ended = {log[0][1].person}, log[0][1].person, False, False
    for each, who in log[1:]:
        if each.word in {Word.JOIN, Word.LEAD}:
            members.add(each.whom or "")
        lead = (each.whom or "") if each.word is Word.LEAD else lead
        members -= {each.whom} if each.word is Word.LEAVE else set()
        sealed = (sealed or each.word is Word.SEAL) and each.word is not Word.UNSEAL
        ended = (ended or each.word in {Word.CLOSE, Word.MERGE}) and each.word is not Word.REOPEN
        assert who.person == each.person
    if Role.AUDITOR in actor.roles or entry.role not in actor.roles or entry.after != log[-1][0].digest() or entry.at < log[-1][0].at:
        return False
    if sealed or entry.word is Word.UNSEAL:
        hands = {who.person for _, who in log} | members
        return sealed and entry.word is Word.UNSEAL and entry.role is Role.REVIEWER and actor.unit != unit and actor.person not in hands
    if ended and entry.word not in {Word.REOPEN, Word.SEAL}:
        return False
    if entry.word is Word.LEAD and entry.whom == actor.person and entry.role is Role.APPROVER and actor.unit == unit and entry.text:
        return True
    if actor.person not in members or entry.role is Role.REVIEWER:
        return False
    own = entry.word is Word.LEAVE and entry.whom == actor.person
    leads = {Word.JOIN, Word.LEAVE, Word.LEAD, Word.ASSIGN, Word.MERGE, Word.ABSORB, Word.SEAL, Word.CLOSE, Word.REOPEN}
    return entry.word not in leads or actor.person == lead or own


TestCases = Cases.TestCase
TestCases.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
