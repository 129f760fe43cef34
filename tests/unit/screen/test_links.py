"""A host that is not on record itself: the links on it are counted as far as the reader may see them, and nothing tells of the others."""

from __future__ import annotations

import pytest
from world import CLEAR, OFFICER, PUBLIC, World

from saksi.model import Marking, Reader
from saksi.screen.answer import encode
from saksi.screen.links import with_links

HOST = "host:scam5.net"
ON_IT = ("url:https://scam5.net/", "url:https://scam5.net/pay?a=1", "url:https://scam5.net:8443/x")
BESIDE = (
    "url:https://scam5.net.evil.example/", "url:https://scam5.network/", "url:https://www.scam5.net/", "url:https://scam5.ne/",
    "email:a@scam5.net", "url:https://scam5.net-pay.example/",
)  # fmt: skip


def said(world: World, reader: Reader = OFFICER, entity: str = HOST) -> list[str]:
    judge = world.judge(reader)
    answer = with_links(world, judge, world.ask(entity, reader))
    return [note.text for note in answer.warnings if note.code == "links-on-record"]


def test_links_on_an_unknown_host_are_counted_and_no_others() -> None:
    world = World()
    for entity in BESIDE:
        world.say(entity)
    assert said(world) == []
    for many, entity in enumerate(ON_IT, 1):
        world.say(entity)
        assert said(world)[0].startswith("1 link on it is on record" if many == 1 else f"{many} links on it are on record")
    world.say(HOST, "a name", prop="label")
    assert said(world) == []  # it is known by itself


def test_a_www_that_is_not_on_record_tells_of_links_on_the_domain_without_it() -> None:
    world = World()
    world.say("url:https://scam5.net/a")
    assert said(world, entity="host:www.scam5.net")[0].startswith("1 link on scam5.net is on record")
    assert said(world, entity="host:mail.scam5.net") == said(world, entity="host:www.scam5.ne") == []
    world.say("url:https://www.scam5.net/")
    assert said(world, entity="host:www.scam5.net")[0].startswith("1 link on it is on record"), "its own first"


def test_what_does_not_stand_is_not_counted() -> None:
    world = World()
    world.change(world.say(ON_IT[0]), "retract")
    world.say(ON_IT[1], valid_until="2020-01-01")
    assert said(world) == []


@pytest.mark.parametrize("many", [9, 10, 40])
def test_many_are_not_counted_to_their_end(many: int) -> None:
    world = World()
    for number in range(many):
        world.say(f"{ON_IT[0]}{number:02d}")
    assert said(world)[0].startswith(f"{min(many, 10)}{' or more' if many >= 10 else ''} links on it are")


def test_a_host_with_thousands_of_links_keeps_nobody_busy() -> None:
    world = World()
    for number in range(300):
        world.say(f"url:https://scam5.net/a{number:03d}", marking=Marking())
    world.say("url:https://scam5.net/z")
    assert said(world, PUBLIC) == []
    assert said(world)[0].startswith("10 or more")


@pytest.mark.parametrize("hidden", [0, 1, 3, 200])
@pytest.mark.parametrize("seen", [0, 1])
def test_links_that_a_reader_may_not_see_move_nothing(hidden: int, seen: int) -> None:
    world, bare = World(), World()
    for each in (world, bare):
        for number in range(seen):
            each.say(f"url:https://scam5.net/z{number}", marking=CLEAR)
    for number in range(hidden):
        world.say(f"url:https://scam5.net/a{number:03d}", marking=Marking())
    size = world.size
    bare.size = size
    told = [encode(with_links(each, each.judge(PUBLIC), each.ask(HOST, PUBLIC))) for each in (world, bare)]
    assert told[0] == told[1]
    assert (b"links-on-record" in told[0]) is bool(seen)
    assert len(said(world)) == bool(hidden + seen)
