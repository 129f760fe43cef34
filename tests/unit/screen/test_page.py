"""A long answer page by page: everything once, nothing that is hidden shows, the same at a pinned size."""

from __future__ import annotations

import pytest
from world import ORIGIN, PUBLIC, TODAY, World, source

from saksi.model import BadInput, Marking, Pap, Reader, Tlp
from saksi.screen.judge import Judge, Setting
from saksi.screen.lookup import listed
from saksi.screen.page import Listed, Mark, pick

PHONE = "phone:+85512345678"
RED = Marking(Tlp.RED, Pap.RED)


def walk(world: World, entity: str, *, reader: Reader = PUBLIC, most: int = 20, at: int | None = None) -> list[Listed]:
    """All pages about an entity, as one follows `next`."""
    judge = Judge(world, Setting(reader, TODAY, ORIGIN, world.size if at is None else at, listed=most))
    pages = [listed(world, judge, entity, None)]
    while pages[-1].next is not None:
        pages.append(listed(world, judge, entity, Mark.read(pages[-1].next)))
        assert len(pages) < 100
    return pages


def shape(pages: list[Listed]) -> list[tuple[object, ...]]:
    """What a reader can count on pages: everything but names and references."""
    return [(each.before, len(each.statements), len(each.past), each.total, each.next is None, each.independent) for each in pages]


def filled(world: World, number: int, *, hide: int = 0) -> World:
    """`number` reports of a phone; after each one `hide` statements for others."""
    for count in range(number):
        world.say(PHONE, f"report:a/{count}", prop="reportedIn", by=source(count % 3))
        for more in range(hide):
            world.say(PHONE, f"report:b/{count}-{more}", prop="reportedIn", by=source(9), marking=RED)
    return world


@pytest.mark.parametrize("page", [7, 16, 500])
def test_each_statement_stands_on_one_page_newest_first(page: int) -> None:
    world = filled(World(), 65)
    world.page = page
    pages = walk(world, PHONE)
    assert [(each.before, len(each.statements)) for each in pages] == [(0, 20), (20, 20), (40, 20), (60, 5)]
    told = [line.value for each in pages for line in reversed(each.statements)]
    assert told == [f"report:a/{count}" for count in reversed(range(65))]
    assert {each.total for each in pages} == {65}


@pytest.mark.parametrize("hide", [1, 10])
@pytest.mark.parametrize("number", [5, 40, 65])
def test_what_is_hidden_shows_in_no_count_no_cursor_and_no_end_of_a_page(number: int, hide: int) -> None:
    plain, other = filled(World(), number), filled(World(), number, hide=hide)
    plain.page = other.page = 30
    assert shape(walk(plain, PHONE)) == shape(walk(other, PHONE))
    for each in walk(other, PHONE):
        assert all(line.tlp == "CLEAR" for line in each.statements)
        if each.next is not None:
            first = each.statements[0]
            leaf = Mark.read(each.next).leaf
            assert other.by_entity[PHONE][leaf].commitment.hex() == first.ref.rpartition("#")[2]


def test_the_thing_itself_comes_before_what_it_is_matched_with() -> None:
    world = World()
    for count in range(3):
        world.say("host:login.scam.example.com", "infrastructure", by=source(count))
    for count in range(30):
        world.say("host:example.com", "infrastructure", by=source(count))
    pages = walk(world, "host:login.scam.example.com")
    assert [line.part for line in pages[0].statements[:3]] == [0, 0, 0]
    assert [len(each.statements) for each in pages] == [20, 13]
    assert {line.part for line in pages[1].statements} == {2}


def test_what_was_withdrawn_stands_on_the_page_of_its_place() -> None:
    world = filled(World(), 60)
    for fact in world.by_entity[PHONE][:25]:
        world.change(fact, "retract")
    world.page = 500
    pages = walk(world, PHONE)
    assert [(len(each.statements), len(each.past)) for each in pages] == [(20, 0), (15, 20), (0, 5)]
    assert pages[-1].total == 35


def test_a_pinned_walk_is_the_same_when_more_is_said() -> None:
    world = filled(World(), 45)
    world.page = 10
    at = world.size
    before = walk(world, PHONE)
    filled(world, 30)
    assert walk(world, PHONE, at=at) == before


def test_a_later_stricter_marking_holds_on_pinned_pages() -> None:
    world = filled(World(), 45)
    world.page = 500
    at = world.size
    for fact in world.by_entity[PHONE][:40]:
        world.change(fact, "relabel", marking=RED)
    assert [len(each.statements) for each in walk(world, PHONE, at=at)] == [5]


@pytest.mark.parametrize("text", ["", "1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "-1.2.3.4", "1.2.3.٤", "1.2.3.4 ", "9999.1.1.1"])
def test_only_marks_are_read(text: str) -> None:
    with pytest.raises(BadInput):
        Mark.read(text)
    assert Mark.read(str(Mark(1, 2, 3, 4))) == Mark(1, 2, 3, 4)


def test_a_mark_of_nowhere_is_a_place_like_any_other() -> None:
    said = [(0, leaf, 0, True) for leaf in range(5)]
    assert pick(said, 2, Mark(0, 10**15, 10**15, 0)).places == (3, 4)
    assert pick(said, 2, Mark(7, 0, 0, 0)) == ((), None)
