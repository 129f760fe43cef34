"""Copies are not sources."""

from __future__ import annotations

import pytest
from world import World, source

from saksi.screen.answer import Independence

PHONE = "phone:+99912345678"
DIGEST = "ab" * 32
HEADLINE = "Police in country A warn of callers"


def _count(*pairs: tuple[dict[str, str | None], str | None]) -> Independence:
    world = World()
    for number, (other, quote) in enumerate(pairs):
        world.say(PHONE, "recipient", by=source(number, **other), quote=quote)
    return world.ask(PHONE).independent


def test_sources_with_nothing_in_common_count_each() -> None:
    assert _count(({}, None), ({}, None), ({}, None)) == Independence(sources=3, collapsed=0, unopened=0)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"digest": DIGEST}, {"digest": DIGEST}),
        ({"series": "list"}, {"series": "list"}),
        ({"publisher": "The  Desk"}, {"publisher": "the desk"}),
        ({"uri": "https://a.example/1"}, {"uri": "https://a.example/1"}),
        ({"title": HEADLINE}, {"title": HEADLINE.upper() + "!"}),
    ],
)
def test_what_is_shared_counts_once(one: dict[str, str | None], other: dict[str, str | None]) -> None:
    assert _count((one, None), (other, None)) == Independence(sources=1, collapsed=1, unopened=0)


def test_the_same_quoted_words_count_once() -> None:
    assert _count(({}, "Send the money to this number now."), ({}, "send the money to this number, now")).sources == 1
    assert _count(({}, "ផ្ញើប្រាក់ទៅលេខទូរស័ព្ទនេះភ្លាម"), ({}, "ផ្ញើប្រាក់ទៅលេខទូរស័ព្ទនេះភ្លាម")).sources == 1
    assert _count(({}, "scam"), ({}, "scam")).sources == 2


def test_sharing_is_passed_on() -> None:
    chain: list[tuple[dict[str, str | None], str | None]] = [({"series": "s"}, None), ({"publisher": "P"}, None)]
    assert _count(*chain).sources == 2
    assert _count(*chain, ({"series": "s", "publisher": "P"}, None)) == Independence(sources=1, collapsed=2, unopened=0)


def test_a_source_nobody_opened_counts_for_nothing() -> None:
    assert _count(({"digest": None}, None), ({}, None)) == Independence(sources=1, collapsed=0, unopened=1)


def test_only_accusations_that_stand_are_counted() -> None:
    world = World()
    world.say(PHONE, "recipient", by=source(1))
    world.say(PHONE, "recipient", by=source(2), polarity="deny")
    world.say(PHONE, "a label", prop="label", by=source(3))
    world.say(PHONE, "recipient", by=source(4), op="propose")
    world.change(world.say(PHONE, "recipient", by=source(5)), "retract")
    world.change(world.say(PHONE, "recipient", by=source(6)), "expire")
    assert world.ask(PHONE).independent == Independence(sources=1, collapsed=0, unopened=0)


def test_many_statements_from_one_list_are_one_source() -> None:
    world = World()
    for _ in range(5):
        world.say(PHONE, "recipient", by=source(1))
    answer = world.ask(PHONE)
    assert (answer.total, len(answer.sources), answer.independent.sources) == (5, 1, 1)
