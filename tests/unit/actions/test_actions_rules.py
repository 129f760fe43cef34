"""Each rule that protects a person, and the reason it is refused with."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from people import (
    ANALYST,
    APPROVER,
    BANK,
    HOLD,
    ONE,
    OTHER_REVIEWER,
    REVIEWER,
    TWO,
    TYPED,
    VERIFY,
    first,
    go,
    in_force,
    ref,
    sent,
    step_of,
)  # fmt: skip

from saksi.actions import (
    COURIER,
    CROSSINGS,
    OFFENCES,
    Actor,
    Ground,
    Kind,
    Mine,
    Money,
    Party,
    Request,
    Role,
    Step,
    Target,
    Theirs,
    Word,
    clock,
    folded,
    held_for,
    missing,
    taken,
)  # fmt: skip
from saksi.model import BadInput, NotAllowed, SaksiError

BOTH = Actor("both-1", "unit-z", frozenset({Role.APPROVER, Role.REVIEWER, Role.ANALYST}))


def test_a_hold_from_draft_to_its_end() -> None:
    have = in_force()
    assert (have.mine, have.theirs, have.until) == (Mine.SENT, Theirs.IN_FORCE, "2026-06-05T00:00:00Z")
    have = go(have, Word.END, ANALYST, reason="served", **TYPED)
    assert not have.crossing.stands
    assert held_for(have, datetime(2027, 1, 1, tzinfo=UTC)) == timedelta(minutes=1)


def test_every_crossing_is_decided() -> None:
    assert {theirs for mine, theirs in CROSSINGS if mine is Mine.SENT} == set(Theirs)
    assert {theirs for mine, theirs in CROSSINGS if mine is Mine.WITHDRAWN} == set(Theirs)
    assert {mine for mine, _ in CROSSINGS} == set(Mine)


def test_withdrawn_while_accepted_ends_it_and_both_are_on_record() -> None:
    have = go(go(sent(), Word.RECEIVE, ANALYST, **TYPED), Word.WITHDRAW, ANALYST, text="the report was a mistake")
    have = go(have, Word.ACCEPT, ANALYST, **TYPED)
    assert have.crossing.waits_for == "them"
    have = go(have, Word.END, ANALYST, reason="withdrawn", **TYPED)
    assert (have.mine, have.theirs, have.crossing.stands) == (Mine.WITHDRAWN, Theirs.ENDED, False)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"offence": "insulting-an-official"}, "an offence is one of"),
        ({"grounds": ()}, "at least one statement"),
        ({"grounds": (Ground(ref(1), "machine"), Ground(ref(2), "taint"), Ground(ref(3), "pattern"))}, "alone"),
        ({"targets": ()}, "1 to 10 targets"),
        ({"targets": tuple(Target(f"account:XB:BANKB:{n}", Money("1", "XBD")) for n in range(11))}, "1 to 10 targets"),
        ({"targets": (Target(ONE, Money("1", "XBD")), Target(ONE, Money("2", "XBD")))}, "named twice"),
        ({"targets": (Target(ONE),)}, "names amount"),
        ({"living_costs": " "}, "live on"),
        ({"holder_language": None}, "language"),
        ({"until": None}, "ends by itself"),
        ({"purpose": ""}, "in words"),
        ({"to": replace(BANK, party=Party.TELCO)}, "telco cannot be asked"),
        ({"concerns": ("poet",)}, "protected callings"),
        ({"kind": Kind.WARN}, "names no amount"),
        ({"id": "x"}, "16 random bytes"),
    ],
)
def test_a_request_that_no_approval_could_heal_is_not_made(change: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        replace(HOLD, **change)


def test_no_offence_is_political() -> None:
    assert {each.removeprefix("attempted-") for each in OFFENCES} == {"fraud", "laundering", "trafficking", "extortion"}


def test_a_rescue_never_routes_itself() -> None:
    rescue = {"kind": Kind.RESCUE, "targets": (Target("person:a/1"),), "until": None, "living_costs": None, "holder_language": None}
    with pytest.raises(BadInput, match="chosen by hand"):
        replace(HOLD, **rescue, to=replace(BANK, party=Party.AID), consent=ref(5))  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="consent"):
        replace(HOLD, **rescue, to=replace(BANK, party=Party.AID, by_hand=True))  # type: ignore[arg-type]


def test_four_eyes_and_somebody_outside() -> None:
    have = first()
    assert len(missing(have)) == 2
    for actor, word, said in (
        (ANALYST, Word.APPROVE, "these roles"),
        (Actor("analyst-1", "unit-x", frozenset({Role.APPROVER})), Word.APPROVE, "what they drafted"),
        (Actor("reviewer-3", "unit-x", frozenset({Role.REVIEWER})), Word.REVIEW, "serves outside unit-x"),
        (ANALYST, Word.SEND, "drafted cannot be met"),
    ):
        with pytest.raises(NotAllowed, match=said):
            go(have, word, actor)
    with pytest.raises(NotAllowed, match="two different persons"):
        go(go(have, Word.APPROVE, BOTH), Word.REVIEW, BOTH)
    have = go(have, Word.APPROVE, APPROVER)
    assert have.mine is Mine.DRAFTED
    assert go(have, Word.REVIEW, REVIEWER).mine is Mine.APPROVED


def test_approval_is_given_account_by_account() -> None:
    have = go(go(first(), Word.APPROVE, APPROVER, targets=(ONE,)), Word.REVIEW, REVIEWER)
    assert missing(have) == (f"approval by another person, for {TWO}",)
    with pytest.raises(BadInput, match="one by one"):
        go(have, Word.APPROVE, APPROVER, targets=())
    assert go(have, Word.APPROVE, APPROVER, targets=(TWO,)).mine is Mine.APPROVED


def test_an_edit_takes_every_agreement_away() -> None:
    have = go(go(first(), Word.APPROVE, APPROVER), Word.REVIEW, REVIEWER)
    old = have.subject
    have = go(have, Word.EDIT, ANALYST, asked=replace(HOLD, text="another word"))
    assert have.mine is Mine.DRAFTED
    with pytest.raises(NotAllowed, match="it was edited"):
        go(have, Word.APPROVE, APPROVER, subject=old)
    have = go(have, Word.EDIT, APPROVER, asked=replace(HOLD, text="a third word"))
    with pytest.raises(NotAllowed, match="what they drafted"):
        go(have, Word.APPROVE, APPROVER)
    with pytest.raises(NotAllowed, match="nonce"):
        go(have, Word.EDIT, ANALYST, asked=replace(HOLD, nonce="2" * 32))


def test_what_concerns_a_journalist_is_read_outside_whatever_is_asked() -> None:
    assert first(VERIFY).mine is Mine.APPROVED
    have = first(replace(VERIFY, concerns=("media",)))
    assert have.mine is Mine.DRAFTED
    assert go(have, Word.REVIEW, REVIEWER).mine is Mine.APPROVED
    with pytest.raises(BadInput, match="words are missing"):
        go(have, Word.REVIEW, REVIEWER, text="")


def test_a_conflict_of_interest_is_routed_around() -> None:
    asked = replace(HOLD, to=replace(BANK, conflict="its director is named in the matter"))
    have = go(go(first(asked), Word.APPROVE, APPROVER), Word.REVIEW, REVIEWER)
    with pytest.raises(NotAllowed, match="conflict of interest"):
        go(have, Word.SEND, ANALYST)


def test_a_step_is_taken_once_and_nowhere_else() -> None:
    have = sent()
    step = step_of(have, Word.RECEIVE, ANALYST, **TYPED)
    after = taken(have, step, ANALYST)
    with pytest.raises(NotAllowed, match="since you looked"):
        taken(after, step, ANALYST)  # replayed
    with pytest.raises(NotAllowed, match="since you looked"):
        taken(after, step_of(have, Word.RECEIVE, APPROVER, **TYPED), APPROVER)  # two officers at once
    with pytest.raises(BadInput, match="another request"):
        taken(have, replace(step, request="9" * 32), ANALYST)
    with pytest.raises(NotAllowed, match="signed by whoever takes it"):
        taken(have, step, APPROVER)
    with pytest.raises(BadInput, match="before the last one"):
        taken(have, replace(step, at="2026-05-31T00:00:00Z"), ANALYST)


def test_an_answer_that_nobody_vouches_for_is_refused() -> None:
    have = sent()
    with pytest.raises(BadInput, match="comes from the recipient"):
        go(have, Word.RECEIVE, ANALYST, via="mail", evidence="e" * 64)
    with pytest.raises(BadInput, match="typed from"):
        go(have, Word.RECEIVE, ANALYST, via="mail", checked="called back")
    with pytest.raises(NotAllowed, match="what was not sent"):
        go(first(), Word.RECEIVE, ANALYST, **TYPED)


def test_a_hold_has_a_first_and_a_longest_time() -> None:
    have = go(go(first(replace(HOLD, until="2026-07-01T00:00:00Z")), Word.APPROVE, APPROVER), Word.REVIEW, REVIEWER)
    with pytest.raises(NotAllowed, match="7 days at most"):
        go(have, Word.SEND, ANALYST)
    have = in_force()
    with pytest.raises(NotAllowed, match="90 days at most"):
        go(have, Word.PROPOSE_RENEWAL, ANALYST, until="2026-12-01T00:00:00Z", text="still investigated")
    have = go(have, Word.PROPOSE_RENEWAL, ANALYST, until="2026-06-20T00:00:00Z", text="still investigated")
    with pytest.raises(NotAllowed, match="approval by another person"):
        go(have, Word.RENEW, ANALYST)
    with pytest.raises(NotAllowed, match="what they drafted"):
        go(have, Word.APPROVE, Actor("analyst-1", "unit-x", frozenset({Role.APPROVER})))
    have = go(go(go(have, Word.APPROVE, APPROVER), Word.REVIEW, REVIEWER), Word.RENEW, ANALYST)
    have = go(have, Word.PROLONG, ANALYST, until="2026-12-31T00:00:00Z", **TYPED)
    assert have.until == "2026-06-20T00:00:00Z"  # not longer than was asked


def test_it_ends_by_itself() -> None:
    have = in_force()
    assert not clock(have, datetime(2026, 6, 4, tzinfo=UTC)).expired
    assert clock(have, datetime(2026, 6, 5, 0, 0, 1, tzinfo=UTC)).expired
    assert held_for(have, datetime(2027, 1, 1, tzinfo=UTC)) == datetime(2026, 6, 5, tzinfo=UTC) - datetime(2026, 6, 1, 8, 6, tzinfo=UTC)


def test_more_than_was_asked_for_shows() -> None:
    have = go(go(sent(), Word.RECEIVE, ANALYST, **TYPED), Word.ACCEPT, ANALYST, **TYPED)
    have = go(have, Word.DONE, ANALYST, done=((ONE, Money("5000", "XBD")), (TWO, Money("80.00", "XBD"))), **TYPED)
    assert have.over == (ONE,)
    with pytest.raises(BadInput, match="no amount of account:XB:BANKB:9"):
        go(have, Word.ENFORCE, ANALYST, until="2026-06-05T00:00:00Z", done=(("account:XB:BANKB:9", Money("1", "XBD")),), **TYPED)


def test_an_appeal_is_turned_down_only_by_somebody_new_and_outside() -> None:
    have = go(in_force(), Word.APPEAL, COURIER, text="this is my salary")
    for actor in (REVIEWER, Actor("reviewer-4", "unit-x", frozenset({Role.REVIEWER}))):
        with pytest.raises(NotAllowed, match="had no hand"):
            go(have, Word.KEEP, actor, text="no")
    assert go(have, Word.KEEP, OTHER_REVIEWER, text="the payments are documented").appeal == "keep"
    lifted = go(have, Word.LIFT, APPROVER, text="it is the salary")
    assert (lifted.appeal, lifted.crossing.waits_for) == ("lift", "them")
    done = go(lifted, Word.LIFTED, ANALYST, reason="wrong", **TYPED)
    assert not done.crossing.stands


def test_undelivered_is_not_received_and_not_silent() -> None:
    have, late = sent(), datetime(2026, 6, 9, tzinfo=UTC)
    assert not clock(have, late).silent
    assert [(each.what, each.who, each.over) for each in clock(have, late).due] == [
        ("acknowledge receipt", "them", True), ("decide", "them", True),
    ]  # fmt: skip
    delivered = go(have, Word.DELIVER, COURIER)
    assert clock(delivered, late).silent
    bounced = go(have, Word.BOUNCE, COURIER)
    assert [each.who for each in clock(bounced, late).due] == ["us"]
    assert not clock(bounced, late).silent


def test_steps_and_requests_are_read_as_they_are_written() -> None:
    asked = replace(HOLD, exculpatory=(ref(7),), concerns=("lawyer",), text="ខ្មែរ")
    assert Request.from_json(asked.to_json()) == asked
    step = step_of(in_force(), Word.END, ANALYST, reason="served", done=((ONE, Money("1", "XBD")),), **TYPED)
    assert Step.from_json(step.to_json()) == step
    for broken in ({**step.to_json(), "extra": "x"}, {**step.to_json(), "word": "burn"}, {**step.to_json(), "at": "2026-06-01T08:00:00"}):
        with pytest.raises(BadInput):
            Step.from_json(broken)


@pytest.mark.parametrize("text", ["0", "0.00", "-1", "1e3", "01", "٣", "", "1.", " 1"])
def test_amounts_are_positive_plain_decimals(text: str) -> None:
    with pytest.raises(BadInput):
        Money(text, "XBD")


def test_no_history_without_steps() -> None:
    with pytest.raises(SaksiError):
        folded([])
