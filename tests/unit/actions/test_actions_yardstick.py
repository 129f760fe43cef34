"""The same figures for everybody, to the last digit; none without what was wrong, none about a few."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import pytest
from people import ANALYST, APPROVER, BANK, HOLD, ONE, TYPED, go, in_force, sent
from stepping import steps_to

from saksi.actions import COURIER, History, Kind, Party, Recipient, Word, folded
from saksi.actions.header import Header, header_of
from saksi.actions.yardstick import Measure, measured
from saksi.model import BadInput

NOW = "2026-06-30T00:00:00Z"
CENTRE = "centre.a.example"


def headers(make: object, *args: object) -> list[Header]:
    steps = steps_to(make, *args)
    return [header_of(step, folded(steps[: number + 1]), CENTRE) for number, step in enumerate(steps)]


def refused(asked: object, reason: str) -> History:
    return go(go(sent(asked), Word.RECEIVE, ANALYST, **TYPED), Word.REFUSE, ANALYST, reason=reason, **TYPED)  # type: ignore[arg-type]


def lifted(asked: object) -> History:
    have = go(in_force(asked), Word.APPEAL, COURIER)  # type: ignore[arg-type]
    have = go(have, Word.LIFT, APPROVER, text="it was a salary")
    return go(replace(have, at="2026-06-02T10:06:00Z"), Word.LIFTED, ANALYST, reason="wrong", **TYPED)


def one(measures: list[Measure], party: str, *, asks: bool) -> Measure:
    (found,) = [each for each in measures if each.party == party and each.asks is asks]
    return found


def test_a_party_that_answers_and_one_that_asks() -> None:
    every = [headers(in_force) for _ in range(10)] + [headers(refused, HOLD, "rights") for _ in range(5)]
    every += [headers(refused, HOLD, "not-found") for _ in range(5)]
    bank = one(measured(every, NOW), "bank-b", asks=False)
    assert (bank.requests, bank.kind) == (20, Kind.HOLD)
    assert bank.receive and (bank.receive.count, bank.receive.middle, bank.receive.ninth) == (20, 60, 60)
    assert bank.decide and bank.decide.middle == 120
    assert bank.act and (bank.act.count, bank.act.middle) == (10, 180)
    assert bank.done.permille == 500
    assert bank.refused == {"not-found": 5, "rights": 5}
    assert (bank.failing.part, bank.failing.permille, bank.failing.low, bank.failing.high) == (5, 250, 112, 469)
    assert (bank.wrong.permille, bank.wrong_hours) == (0, 0)
    asker = one(measured(every, NOW), CENTRE, asks=True)
    assert (asker.receive, asker.unfounded.part) == (None, 5)


def test_what_was_wrong_is_counted_in_hours_from_the_first_hold() -> None:
    every = [headers(in_force) for _ in range(5)] + [headers(lifted, HOLD) for _ in range(5)]
    bank = one(measured(every, NOW), "bank-b", asks=False)
    assert bank.wrong.part == 5
    assert bank.wrong_hours == 5 * 26  # from 08:06 on the first to 10:07 on the second of June


def test_silence_is_of_those_who_were_reached() -> None:
    def delivered(asked: object) -> History:
        return go(sent(asked), Word.DELIVER, COURIER)  # type: ignore[arg-type]

    every = [headers(delivered, HOLD) for _ in range(5)] + [headers(sent, HOLD) for _ in range(5)]
    assert one(measured(every, NOW), "bank-b", asks=False).silent.part == 5
    assert one(measured(every, "2026-06-01T08:30:00Z"), "bank-b", asks=False).silent.part == 0


def test_fewer_than_five_are_not_shown() -> None:
    bank = one(measured([headers(lifted, HOLD) for _ in range(4)], NOW), "bank-b", asks=False)
    assert (bank.requests, bank.done.permille, bank.wrong.part, bank.wrong_hours) == (None, None, None, None)
    assert bank.receive and bank.receive.middle is None
    every = [headers(in_force) for _ in range(20)] + [headers(lifted, HOLD) for _ in range(3)]
    bank = one(measured(every, NOW), "bank-b", asks=False)
    assert (bank.wrong.part, bank.wrong_hours) == (None, None)


def test_a_rescue_has_no_speed() -> None:
    asked = replace(
        HOLD, kind=Kind.RESCUE, to=Recipient("aid-c", Party.AID, "Aid C (synthetic)", "help@aid.c.example", by_hand=True),
        targets=(replace(HOLD.targets[0], entity="person:a/1", money=None),), until=None, living_costs=None, holder_language=None,
        consent=HOLD.grounds[0].ref,
    )  # fmt: skip
    aid = one(measured([headers(refused, asked, "other") for _ in range(9)], NOW), "aid-c", asks=False)
    assert (aid.receive, aid.decide, aid.act) == (None, None, None)


def test_names_swapped_and_order_changed_change_nothing_else() -> None:
    every = [headers(lifted, HOLD) for _ in range(7)] + [headers(refused, HOLD, "rights") for _ in range(8)]
    plain = [each.to_json() for each in measured(every, NOW)]
    random.Random(1).shuffle(every)
    assert [each.to_json() for each in measured(every, NOW)] == plain
    swap = {CENTRE: "bank-b", "bank-b": CENTRE}
    other = measured([[replace(one, sender=swap[one.sender], to=swap[one.to]) for one in steps] for steps in every], NOW)
    told = json.dumps(sorted((each.to_json() for each in other), key=lambda each: (swap[str(each["party"])], each["asks"])))
    assert told.replace("bank-b", "X").replace(CENTRE, "bank-b").replace("X", CENTRE) == json.dumps(plain)


def test_a_header_says_nothing_of_whom_it_is_about() -> None:
    for header in headers(lifted, HOLD):
        assert Header.from_json(header.to_json()) == header
        told = json.dumps(header.to_json())
        for secret in (ONE, "1200.50", BANK.name, HOLD.nonce, "salary", "approver-1"):
            assert secret not in told
    with pytest.raises(BadInput, match="nobody knows"):
        Header.from_json({**headers(sent)[0].to_json(), "step": "burn"})
