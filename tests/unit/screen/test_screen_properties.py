"""What must hold whatever is said, by whom, marked how: nothing shows through, and nobody is blocked wrongly."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace as replace_fact
from world import OFFICER, ORIGIN, PUBLIC, TODAY, World, source

from saksi.model import ACCUSING_ROLES, ALL_GROUPS, ROLES, SAFE_KINDS, Grade, Marking, Pap, Reader, Tlp, release
from saksi.screen.answer import Answer, encode
from saksi.screen.bulk import Opened, Read, Rows, Task, screen
from saksi.screen.feeds import Plan, feed, write
from saksi.screen.form import Csv, Dress, Json
from saksi.screen.judge import Judge, Setting
from saksi.screen.lookup import about
from saksi.views.fact import Fact, Recorder
from saksi.views.trace import Trace

TOP, LOW, PHONE, PAGE = "host:scamshop.com", "host:pay.scamshop.com", "phone:+99912345678", "url:https://pay.scamshop.com/x"
NET, IP, ON_IP = "network:203.0.113.0/24", "ip:203.0.113.7", "url:https://203.0.113.7/x"
ENTITIES = (TOP, LOW, PHONE, PAGE, NET, IP, ON_IP)

# From the one who may see least to the one who may see all.
READERS = (
    PUBLIC,
    Reader("bank.c", known=True),
    Reader("police.b", known=True, circles=frozenset({"circle"})),
    Reader("nasc.a", home=True, clearance=Tlp.AMBER_STRICT),
    OFFICER,
)

markings = st.builds(
    lambda tlp, pap, until: Marking(tlp, pap, ("circle",), "fraud", "law 1", until),
    st.sampled_from(list(Tlp)),
    st.sampled_from(list(Pap)),
    st.sampled_from([None, None, "2026-01-01", "2030-01-01"]),
)
said = st.one_of(
    st.tuples(st.just("role"), st.sampled_from(sorted(ROLES))),
    st.tuples(st.just("safeListed"), st.sampled_from(sorted(SAFE_KINDS))),
    st.tuples(st.just("label"), st.just("a label")),
    st.tuples(st.just("reportedIn"), st.sampled_from(["report:a/1", "report:a/2"])),
    st.tuples(st.just("outcome"), st.sampled_from(["false-alarm", "no-action"])),
)
grades = st.sampled_from([None, Grade("B", 2), Grade("E", 2), Grade("C", 5)])
statements = st.tuples(
    st.sampled_from(ENTITIES),
    said,
    st.sampled_from(["affirm", "affirm", "affirm", "deny"]),
    st.sampled_from(["assert", "assert", "assert", "propose"]),
    st.integers(1, 4),
    markings,
    grades,
    st.sampled_from([None, "2023-05", "2026-05-05"]),
    st.sampled_from([None, None, "2026-05-30"]),
    st.sampled_from([None, None, "short", "one two three four five six", "Send the money to this page now"]),
)
changes = st.tuples(
    st.integers(0, 7), st.sampled_from(["retract", "expire", "reinstate", "confirm", "reject", "regrade", "relabel"]), markings, grades
)
steps = st.lists(st.one_of(statements, statements, changes), max_size=12)


def _world(made: list[tuple[object, ...]]) -> World:
    world = World()
    facts = []
    for step in made:
        if len(step) == 10:
            entity, (prop, value), polarity, op, number, marking, grade, since, until, quote = step  # type: ignore[misc]
            facts.append(
                world.say(
                    entity, value, prop=prop, by=source(number), marking=marking, polarity=polarity, op=op, valid_from=since,
                    valid_until=until, quote=quote, original=quote and "~1~",
                    recorder=Recorder("nasc.a", f"analyst-{number}" if number else None, grade),
                )  # type: ignore[has-type]
            )  # fmt: skip
        elif facts:
            place, op, marking, grade = step  # type: ignore[misc]
            world.change(
                facts[place % len(facts)],  # type: ignore[has-type]
                op,  # type: ignore[has-type]
                marking=marking if op == "relabel" else None,  # type: ignore[has-type]
                recorder=Recorder("nasc.a", grade=grade) if op == "regrade" else None,  # type: ignore[has-type]
            )
    return world


def _without_hidden(world: World, reader: Reader) -> World:
    """The same world as if what this reader may not see had never been said; leaves and references stay."""
    made = World()
    made.__dict__.update(world.__dict__)
    made.by_entity = {}
    for entity, facts in world.by_entity.items():
        kept = [fact for fact in facts if release(_marking(world, fact), reader, on=TODAY) == ALL_GROUPS]
        if kept:
            made.by_entity[entity] = kept
    return made


def _marking(world: World, fact: object) -> Marking:
    relabels = [change.handling for change in fact.changes if change.op == "relabel"]  # type: ignore[attr-defined]
    return world.handling(relabels[-1] if relabels else fact.handling)  # type: ignore[attr-defined]


def _refs(answer: Answer) -> set[str]:
    return {line.ref for line in (*answer.statements, *answer.past)}


@settings(max_examples=300, deadline=None)
@given(steps, st.sampled_from(READERS), st.sampled_from(ENTITIES))
def test_not_there_and_not_yours_are_the_same_bytes(made: list[tuple[object, ...]], reader: Reader, entity: str) -> None:
    world = _world(made)
    assert encode(world.ask(entity, reader)) == encode(_without_hidden(world, reader).ask(entity, reader))


@settings(max_examples=200, deadline=None)
@given(steps, st.sampled_from(ENTITIES))
def test_a_lesser_reader_sees_no_more(made: list[tuple[object, ...]], entity: str) -> None:
    world = _world(made)
    for less, more in itertools.pairwise(READERS):
        if less.home != more.home:  # what an outside audience is named for may lie above an officer's clearance
            continue
        one, other = world.ask(entity, less), world.ask(entity, more)
        assert _refs(one) <= _refs(other)
        assert one.total <= other.total
        assert one.reports <= other.reports
        assert len(one.sources) <= len(other.sources)
        assert {(line.part, line.role) for line in one.roles} <= {(line.part, line.role) for line in other.roles}
        assert Tlp.read(one.marking.tlp).rank <= Tlp.read(other.marking.tlp).rank
        assert one.status == "unknown" or other.total > 0


@settings(max_examples=200, deadline=None)
@given(steps, st.integers(0, 11), markings, st.sampled_from(READERS), st.sampled_from(ENTITIES))
def test_a_stricter_marking_shows_no_more(
    made: list[tuple[object, ...]], place: int, marking: Marking, reader: Reader, entity: str
) -> None:
    made = [step for step in made if len(step) == 10 or step[1] != "relabel"]
    place = place % len(made) if made else 0
    if not made or len(made[place]) != 10:
        return
    was = made[place][5]
    assert isinstance(was, Marking)
    tlp = max(was.tlp, marking.tlp, key=lambda level: level.rank)
    stricter = [*made]
    stricter[place] = (*made[place][:5], replace(was, tlp=tlp), *made[place][6:])
    before, after = _world(made).ask(entity, reader), _world(stricter).ask(entity, reader)
    assert _refs(after) <= _refs(before)
    assert after.total <= before.total
    assert after.reports <= before.reports


@settings(max_examples=200, deadline=None)
@given(steps, st.integers(0, 12), st.sampled_from(ENTITIES))
def test_the_past_is_what_was_known_then(made: list[tuple[object, ...]], at: int, entity: str) -> None:
    made = [step for step in made if len(step) == 10 or step[1] != "relabel"]
    world = _world(made)
    at = min(at, world.size)
    then, now = world.ask(entity, at=at), world.ask(entity)
    assert _refs(then) <= _refs(now)
    small = World()
    small.__dict__.update(world.__dict__)
    small.by_entity = {
        key: [_cut(fact, at) for fact in facts if fact.leaf < at] for key, facts in world.by_entity.items() if facts[0].leaf < at
    }
    assert encode(then) == encode(small.ask(entity, at=at))


def _cut(fact: object, at: int) -> object:
    import msgspec

    return msgspec.structs.replace(fact, changes=tuple(change for change in fact.changes if change.leaf < at))  # type: ignore[attr-defined, type-var]


@settings(max_examples=200, deadline=None)
@given(steps, st.sampled_from(READERS))
def test_a_flag_has_a_standing_accusation_and_nothing_against_it(made: list[tuple[object, ...]], reader: Reader) -> None:
    world = _world(made)
    for entity in ENTITIES:
        answer = world.ask(entity, reader)
        if not answer.flagged:
            continue
        assert answer.status == "known"
        mine = [line for line in answer.statements if line.part == answer.decided_by]
        assert any(line.prop == "role" and line.value in ACCUSING_ROLES and line.polarity == "affirm" for line in mine)
        assert not any(line.polarity == "deny" or line.prop == "safeListed" or line.value == "false-alarm" for line in mine)
        assert not any(line.prop == "role" and line.value not in ACCUSING_ROLES for line in mine)


@settings(max_examples=200, deadline=None)
@given(steps, st.sampled_from(READERS), st.booleans())
def test_a_feed_holds_nothing_that_must_not_be_blocked(made: list[tuple[object, ...]], reader: Reader, contested: bool) -> None:
    world = _world(made)
    plan = Plan(
        Setting(reader, TODAY, ORIGIN, world.size), "nasc.a", "2026-06-15T08:00:00Z", "csv", ("host", "ip", "network", "phone"), contested
    )
    text = "".join(write(feed(world, plan)))
    desk = Judge(world, Setting(OFFICER, TODAY, ORIGIN, world.size, callers=False))
    whole = {entity: about(world, desk, entity, entity) for entity in ENTITIES}
    safe = {part.entity for answer in whole.values() for part in answer.parts if part.safe and part.relation == "exact"}
    for entry in feed(world, plan).entries:
        exact = whole[entry.entity].parts[0]
        assert entry.entity in text
        assert exact.flagged or (contested and exact.status == "contested")
        assert entry.contested is (exact.status == "contested")
        assert not exact.safe
        assert not (entry.entity == TOP and {LOW, PAGE} & safe)
        assert not (entry.entity == NET and {IP, ON_IP} & safe)
        assert not (entry.entity == IP and ON_IP in safe)
        assert not (entry.entity == IP and NET in safe) or (
            entry.shared and not entry.contested and whole[NET].parts[0].safe == ("shared",)
        )
        shown = {line.ref: line for line in world.ask(entry.entity, reader).statements}
        for ref in entry.refs:
            line = shown[ref]
            assert line.standing == "stands"
            assert line.value in ACCUSING_ROLES
            assert line.polarity == "affirm"
            assert Pap.read(line.pap).may_block


class _OneByOne(World):
    """The same, told in a way that nothing is known to be held alike of two values."""

    def traces(self, entities: Sequence[str], at: int | None = None) -> list[Trace | None]:
        return [None] * len(entities)


@settings(max_examples=100, deadline=None)
@given(steps, st.sampled_from(READERS), st.booleans(), st.integers(0, 3))
def test_a_feed_is_the_same_where_every_value_is_judged_alone(
    made: list[tuple[object, ...]], reader: Reader, contested: bool, back: int
) -> None:
    world, alone = _world(made), _OneByOne()
    for entity, facts in list(world.by_entity.items()):  # more of the like, so that verdicts are used again
        world.by_entity[entity.replace("scamshop", "cheatshop").replace("123456", "123457").replace("113.7", "113.9")] = facts
    vars(alone).update(vars(world))
    setting = Setting(reader, TODAY, ORIGIN, max(0, world.size - back))
    plan = Plan(setting, "nasc.a", "2026-06-15T08:00:00Z", "csv", ("host", "ip", "network", "phone"), contested)
    assert list(write(feed(world, plan))) == list(write(feed(alone, plan)))


@settings(max_examples=150, deadline=None)
@given(steps, st.sampled_from(READERS), st.sampled_from([Json(), Csv(safe=True)]), st.integers(0, 3))
def test_bulk_is_single(made: list[tuple[object, ...]], reader: Reader, dress: Dress, back: int) -> None:
    """Also where a form was learnt from other values about which the same is held, and for an earlier ledger size."""
    world = _world(made)
    likes = [
        each.replace("scamshop", f"shop{number}").replace("123456", f"12345{number}").replace("113.7", f"113.{number}")
        for number in range(4)
        for each in ENTITIES
    ]
    for number, like in enumerate(likes):
        facts = world.by_entity.get(ENTITIES[number % len(ENTITIES)], [])
        world.by_entity[like] = [_like(fact, like, number) for fact in facts]
    asked = [*likes, *ENTITIES]
    texts = [f'{each} "100%s", ~1~' for each in asked]
    opened = Opened(world, None, lambda texts: Read([(each,) for each in asked], [None] * len(texts)))
    judge = world.judge(reader, at=max(0, world.size - back))
    told = list(screen(opened, Task(judge.setting, dress), [Rows(range(1, len(texts) + 1), texts)] * 2))
    lines = [dress.line(number, about(world, judge, *each)) for number, each in enumerate(zip(texts, asked, strict=True), 1)]
    assert [each.data for each in told] == [b"".join(lines)] * 2


def _like(fact: Fact, entity: str, number: int) -> Fact:
    """The same said of another value, in other words where they are free."""
    return replace_fact(
        fact,
        entity=entity,
        commitment=hashlib.sha256(fact.commitment + entity.encode()).digest(),
        locator=f'{{"row":{number}}}',
        value=f"{fact.value}, {number}" if fact.prop == "label" else fact.value,
        original=None if fact.original is None else f"~{number}~",
        quote=None if fact.quote is None else fact.quote + f" {number}",
    )
