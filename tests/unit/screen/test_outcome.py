"""What callers tell back."""

from __future__ import annotations

import pytest
from world import World, codes, source

from saksi.model import OUTCOMES, BadInput
from saksi.screen.outcome import outcome

PHONE = "phone:+99912345678"


@pytest.mark.parametrize("what", sorted(OUTCOMES))
def test_an_outcome_becomes_a_statement_about_the_value(what: str) -> None:
    world = World()
    world.say(PHONE, "recipient")
    content = outcome(world.ask(PHONE), "PhoneNumber", what, happened="2026-06-14")
    assert (content.entity, content.prop, content.value, content.valid_from) == (PHONE, "outcome", what, "2026-06-14")
    world.say(content.entity, str(content.value), prop=content.prop, by=source(2))
    assert world.ask(PHONE).flagged is (what != "false-alarm")


def test_a_confirmed_scam_is_told_though_no_source_names_it() -> None:
    world = World()
    world.say(PHONE, "scam-confirmed", prop="outcome")
    answer = world.ask(PHONE)
    assert (answer.status, answer.flagged, codes(answer)) == ("known", False, ["confirmed"])


def test_another_word_is_refused() -> None:
    with pytest.raises(BadInput):
        outcome(World().ask(PHONE), "PhoneNumber", "guilty")
