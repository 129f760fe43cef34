"""What may be entered in a case, by whom, and what is refused with which reason."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from folk import AUDITOR, CASE, CHIEF, LEAD, MATE, ORIGIN, OTHER, OUTSIDE, START, entry_for, first, ref, say, team

from saksi.cases import MOST, Entry, Stand, Word, folded, opened, taken
from saksi.cases.board import Board
from saksi.model import BadInput, NotAllowed
from saksi.model.actor import Actor, Role


def test_a_case_holds_what_is_put_in_once_with_who_and_when() -> None:
    have = say(team(), Word.ADD, MATE, refs=(ref(1), ref(2)), entities=("phone:+1",), documents=("d" * 64,), text="from the desk")
    have = say(have, Word.ADD, LEAD, refs=(ref(2), ref(3)), reports=("report:a/1",))
    assert [(each.name, each.person) for each in have.refs] == [(ref(1), "mate"), (ref(2), "mate"), (ref(3), "lead")]
    assert [each.name for each in (*have.entities, *have.documents, *have.reports)] == ["phone:+1", "d" * 64, "report:a/1"]
    assert [each.name for each in have.notes] == ["from the desk"]
    with pytest.raises(BadInput, match="in the case already"):
        say(have, Word.ADD, refs=(ref(1),))


def test_what_speaks_for_somebody_stands_apart() -> None:
    have = say(team(), Word.ADD, refs=(ref(1),), favour=(ref(2),))
    assert [each.name for each in have.favour] == [ref(2)]
    for mixed in ({"refs": (ref(2),)}, {"favour": (ref(1),)}):
        with pytest.raises(NotAllowed, match="kept apart"):
            say(have, Word.ADD, **mixed)
    with pytest.raises(BadInput, match="named twice"):
        say(have, Word.ADD, refs=(ref(4),), favour=(ref(4),))


def test_members_alone_work_on_it_and_the_lead_alone_says_who_they_are() -> None:
    have = first()[1]
    with pytest.raises(NotAllowed, match="only members"):
        say(have, Word.NOTE, MATE, text="let me in")
    have = say(have, Word.JOIN, whom="mate")
    for word, more in ((Word.JOIN, {"whom": "third"}), (Word.CLOSE, {"text": "done"}), (Word.SEAL, {"text": "hush"})):
        with pytest.raises(NotAllowed, match="for the lead"):
            say(have, word, MATE, **more)
    with pytest.raises(NotAllowed, match="always has a lead"):
        say(have, Word.LEAVE, whom="lead")
    assert say(have, Word.LEAVE, MATE, whom="mate").members == {"lead"}
    handed = say(have, Word.LEAD, whom="mate")
    assert (handed.lead, handed.members) == ("mate", {"lead", "mate"})
    with pytest.raises(NotAllowed, match="no member"):
        say(have, Word.LEAD, whom="stranger")


def test_an_approver_of_the_unit_takes_a_case_over_with_a_reason() -> None:
    have = team()
    with pytest.raises(BadInput, match="say why"):
        say(have, Word.LEAD, CHIEF, whom="chief")
    assert say(have, Word.LEAD, CHIEF, whom="chief", text="the lead is ill").lead == "chief"
    for actor in (replace(CHIEF, unit="unit-y"), MATE):
        with pytest.raises(NotAllowed):
            say(have, Word.LEAD, actor, whom=actor.person, text="mine now")


def test_a_sealed_case_admits_unsealing_from_outside_and_nothing_else() -> None:
    have = say(team(), Word.SEAL, text="an officer is named in it")
    for word, more in (
        (Word.NOTE, {"text": "x"}), (Word.ADD, {"refs": (ref(1),)}), (Word.JOIN, {"whom": "x"}), (Word.CLOSE, {"text": "x"}),
        (Word.REOPEN, {"text": "x"}), (Word.SEAL, {"text": "x"}), (Word.LEAVE, {"whom": "mate"}),
    ):  # fmt: skip
        with pytest.raises(NotAllowed, match="that is sealed"):
            say(have, word, LEAD, **more)
    inside = Actor("inside", "unit-x", frozenset({Role.REVIEWER}))
    for actor in (inside, replace(LEAD, unit="unit-y", roles=frozenset({Role.REVIEWER}))):
        with pytest.raises(NotAllowed, match="outside unit-x who had no hand"):
            say(have, Word.UNSEAL, actor, text="x")
    with pytest.raises(BadInput, match="needs text"):
        say(have, Word.UNSEAL, OUTSIDE)
    assert say(have, Word.UNSEAL, OUTSIDE, text="the officer is cleared").stand is Stand.OPEN
    closed = say(say(team(), Word.CLOSE, text="done"), Word.SEAL, text="as ordered")
    assert say(closed, Word.UNSEAL, OUTSIDE, text="read").stand is Stand.CLOSED


def test_tasks_are_finished_before_a_case_ends() -> None:
    have = say(team(), Word.TASK, MATE, task="1", text="ask the bank", due="2026-06-03T00:00:00Z", whom="lead")
    have = say(have, Word.TASK, MATE, task="2", text="call back")
    assert [each.name for each in have.open_tasks] == ["1", "2"]
    for word, more in ((Word.CLOSE, {"text": "done"}), (Word.MERGE, {"other": OTHER, "text": "the same"})):
        with pytest.raises(NotAllowed, match="2 tasks are open, 'ask the bank' first"):
            say(have, word, LEAD, **more)
    with pytest.raises(BadInput, match="of this name"):
        say(have, Word.TASK, task="1", text="again")
    with pytest.raises(BadInput, match="overdue at once"):
        say(have, Word.TASK, task="3", text="late", due=START)
    with pytest.raises(NotAllowed, match="no member"):
        say(have, Word.TASK, task="3", text="for a stranger", whom="stranger")
    have = say(say(have, Word.TASK_DONE, task="1"), Word.TASK_DONE, MATE, task="2")
    with pytest.raises(BadInput, match="no open task"):
        say(have, Word.TASK_DONE, task="2")
    assert say(have, Word.CLOSE, text="done").stand is Stand.CLOSED


def test_merging_keeps_both_histories() -> None:
    have = say(team(), Word.MERGE, other=OTHER, text="the same victims")
    assert (have.stand, have.into) == (Stand.MERGED, OTHER)
    with pytest.raises(NotAllowed, match="that is merged"):
        say(have, Word.NOTE, text="x")
    back = say(have, Word.REOPEN, text="they were not")
    assert (back.stand, back.into) == (Stand.OPEN, None)
    other = say(first(case=OTHER)[1], Word.ABSORB, other=CASE, refs=(ref(1),), favour=(ref(2),))
    assert (other.absorbed, len(other.refs), len(other.favour)) == ((CASE,), 1, 1)
    for word in (Word.LINK, Word.ABSORB):
        with pytest.raises(BadInput, match="no part of itself"):
            say(team(), word, other=CASE)
    assert say(team(), Word.LINK, MATE, other=OTHER).parts == (OTHER,)


def test_an_entry_fits_one_place_and_is_made_by_whom_it_names() -> None:
    have = team()
    entry = entry_for(have, Word.NOTE, MATE, text="seen")
    moved = taken(have, entry, MATE)
    with pytest.raises(NotAllowed, match="since you looked"):
        taken(moved, entry, MATE)
    with pytest.raises(NotAllowed, match="whoever it names"):
        taken(have, entry, LEAD)
    with pytest.raises(NotAllowed, match="do not act as"):
        taken(have, replace(entry, role=Role.APPROVER), MATE)
    with pytest.raises(BadInput, match="before the last one"):
        taken(have, replace(entry, at="2026-05-31T00:00:00Z"), MATE)
    with pytest.raises(BadInput, match="another case"):
        taken(have, replace(entry, case=OTHER), MATE)
    with pytest.raises(NotAllowed, match="one of these roles"):
        first(AUDITOR)
    with pytest.raises(BadInput, match="begins with its opening"):
        opened(replace(entry, after="0" * 64), MATE)
    with pytest.raises(NotAllowed, match="comes after nothing"):
        opened(replace(first()[0], after="1" * 64), LEAD)
    with pytest.raises(NotAllowed, match="cannot be met with 'open'"):
        taken(have, entry_for(have, Word.OPEN, LEAD, text="again"), LEAD)
    with pytest.raises(BadInput, match="no entry"):
        folded([])


def test_an_entry_reads_back_what_it_wrote_and_nothing_else() -> None:
    entry = entry_for(team(), Word.ADD, LEAD, refs=(ref(1),), favour=(ref(2),), entities=("phone:+1",), text="words")
    assert Entry.from_json(entry.to_json()) == entry
    for broken in ({"word": "burn"}, {"role": "king"}, {"more": "x"}, {"case": "A" * 32}, {"at": "2026-06-01"}, {"refs": ["no ref"]}):
        with pytest.raises(BadInput):
            Entry.from_json({**entry.to_json(), **broken})


@pytest.mark.parametrize(
    ("word", "more", "said"),
    [
        (Word.ADD, {}, "nothing to add"),
        (Word.ADD, {"refs": tuple(ref(number) for number in range(MOST + 1))}, "at most 200"),
        (Word.ADD, {"documents": ("short",)}, "SHA-256"),
        (Word.ADD, {"entities": ("no kind",)}, "kind, ':'"),
        (Word.NOTE, {"text": "x" * 8_001}, "at most 8,000"),
        (Word.NOTE, {"text": "x", "whom": "mate"}, "takes no whom"),
        (Word.CLOSE, {}, "needs text"),
    ],
)
def test_what_an_entry_needs_and_takes(word: Word, more: dict[str, object], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        say(team(), word, LEAD, **more)


def test_the_board_and_its_journals_are_its_owners_alone_also_where_they_were_not(tmp_path: Path) -> None:
    path = tmp_path / "board.sqlite"
    Board(path, origin=ORIGIN)
    made = sorted(tmp_path.glob("board.sqlite*"))
    assert len(made) > 1
    for each in made:
        assert each.stat().st_mode & 0o777 == 0o600
        each.chmod(0o644)
    Board(path, origin=ORIGIN)
    assert {each.stat().st_mode & 0o777 for each in tmp_path.glob("board.sqlite*")} == {0o600}
