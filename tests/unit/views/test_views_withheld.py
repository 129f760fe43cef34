"""Statements that wait to be withdrawn: told of as they will be once that is written, and as they were for sizes before that."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from stand_in import StandIn, changed, said

from saksi.model import Op, Reader, Tlp
from saksi.screen.feeds import Plan, feed
from saksi.screen.judge import Judge, Setting
from saksi.screen.lookup import about
from saksi.views.fact import Tally, standing
from saksi.views.trace import NOTHING
from saksi.views.withheld import WAITS, Asked, Withholding

HUB, ONE = "host:hub.example", "host:one.example"
WHEN = "2026-02-01T09:00:00Z"
READER = Reader("authority-a.example", home=True, clearance=Tlp.RED)


def ledger_of(hub: int) -> StandIn:
    made = StandIn()
    made.append(said(ONE), said("host:two.example"))
    for first in range(0, hub, 50):
        made.append(
            *[said(HUB, "label", f"name {number}") for number in range(first, min(hub, first + 50))], said(ONE, "label", f"n{first}")
        )
    return made


def counts(tallies: list[Tally]) -> list[tuple[object, ...]]:
    return sorted((one.prop, one.counting, one.withdrawn) for one in tallies)


@pytest.mark.parametrize("hub", [60, 700])
def test_it_stands_as_it_will_once_it_is_written(tmp_path: Path, hub: int) -> None:
    ledger = ledger_of(hub)
    size = ledger.size
    names = [ledger.name(0, 0), ledger.name(1, 0), ledger.name(1, 7), ledger.name(size - 1, 3), bytes(31) + b"\1"]
    with Withholding(tmp_path / "waits") as waits, Withholding(tmp_path / "written") as written:
        waits.fold(ledger)
        before = waits.tally(HUB)
        waits.withhold({name: Asked("retract", size - 1, WHEN) for name in names})
        ledger.append(*[changed(Op.RETRACT, f"{ledger.origin}#{name.hex()}", reason="wrong") for name in names[:4]])
        written.fold(ledger)
        for entity in (HUB, ONE, "host:two.example", "host:nobody.example"):
            for one, other in (
                (waits.facts(entity), written.facts(entity)),
                (waits.facts_many([entity])[0], written.facts_many([entity])[0]),
            ):
                assert [standing(fact).counts for fact in one.facts] == [standing(fact).counts for fact in other.facts]
                assert (one.total, one.cursor) == (other.total, other.cursor)
            assert counts(waits.tally(entity)) == counts(written.tally(entity))
            assert counts(waits.tally(entity, size, marked_now=True)) == counts(written.tally(entity))
        assert counts(waits.tally(HUB)) != counts(before)
        assert counts(waits.tally(HUB, size - 1)) == counts(written.tally(HUB, size - 1))
        assert [fact.changes != () for fact in waits.newest(5)] == [fact.commitment in names for fact in waits.newest(5)]
        with waits.pinned() as still:
            traced = dict(still.walk("host:"))
            assert traced[ONE] is None
            assert still.traces([ONE, "host:two.example"]) == [None, traced["host:two.example"]]
            assert traced["host:two.example"] not in (None, NOTHING)
            waits.withhold({})
            assert not standing(still.facts(ONE).facts[0]).counts
        assert counts(waits.tally(HUB)) == counts(before)
        assert standing(waits.facts(ONE).facts[0]).counts
        assert waits.walk("host:") is not None
        assert dict(waits.walk("host:"))[ONE] is not None


def test_the_change_says_that_it_waits_and_holds_from_when_it_was_asked_for(tmp_path: Path) -> None:
    ledger = ledger_of(10)
    with Withholding(tmp_path) as views:
        views.fold(ledger)
        name = ledger.name(0, 0)
        views.withhold({name: Asked("expire", 1, WHEN)})
        held = views.facts(ONE)
        (change,) = held.facts[0].changes
        assert (change.op, change.reason, change.asserted_at, change.commitment) == ("expire", WAITS, WHEN, b"")
        assert [standing(held.facts[0], at=at).counts for at in (1, 2)] == [True, False]
        assert standing(views.facts(ONE, 1).facts[0]).counts
        assert not standing(views.facts(ONE, 2).facts[0]).counts
        assert views.recorded(ONE).facts[0] == msgspec.structs.replace(held.facts[0], changes=())
        (place,) = views.known([said(ONE).id()])
        assert place is not None
        assert place.counts  # as the ledger has it: what writes decides by that
        first = views.withheld
        views.withhold({name: Asked("expire", 1, WHEN), bytes(32): Asked("expire", 1, WHEN)})
        assert len({first, views.withheld, ""}) == 3


def test_what_is_withdrawn_already_gets_no_further_change(tmp_path: Path) -> None:
    ledger = ledger_of(300)
    name = ledger.name(1, 0)
    ledger.append(changed(Op.RETRACT, f"{ledger.origin}#{name.hex()}", reason="wrong"))
    with Withholding(tmp_path) as views:
        views.fold(ledger)
        facts, tallies = views.facts(HUB, before=60).facts, views.tally(HUB)
        views.withhold({name: Asked("retract", 2, WHEN)})
        assert (views.facts(HUB, before=60).facts, counts(views.tally(HUB))) == (facts, counts(tallies))


@pytest.mark.parametrize("hub", [60, 700])
def test_answers_and_block_lists_are_those_of_what_will_be_written(tmp_path: Path, hub: int) -> None:
    ledger = ledger_of(hub)
    ledger.append(said(HUB), said(HUB, "role", "impersonated"), said("host:below.hub.example"))
    size, names = ledger.size, [ledger.name(0, 0), ledger.name(ledger.size - 1, 0)]
    with Withholding(tmp_path / "waits") as waits, Withholding(tmp_path / "written") as written:
        waits.fold(ledger)
        waits.withhold({name: Asked("retract", size - 1, WHEN) for name in names})
        ledger.append(*[changed(Op.RETRACT, f"{ledger.origin}#{name.hex()}", reason=WAITS, when=WHEN) for name in names])
        written.fold(ledger)
        for entity in (HUB, ONE, "host:two.example", "host:below.hub.example"):
            assert asked(waits, entity) == asked(written, entity)
        assert not any(asked(waits, entity)[0] for entity in (HUB, ONE))
        lists = []
        for views in (waits, written):
            plan = Plan(Setting(READER, "2026-06-15", ledger.origin, views.size), READER.authority, WHEN)
            lists.append([entry.entity for entry in feed(views, plan).entries])
        assert lists[0] == lists[1] == ["host:below.hub.example", "host:two.example"]


def asked(views: Withholding, entity: str) -> tuple[object, ...]:
    judge = Judge(views, Setting(READER, "2026-06-15", "authority-a.example/saksi/1", views.size))
    said = about(views, judge, entity, entity)
    lines = [(line.ref, line.standing, line.since, line.reason) for line in (*said.statements, *said.past)]
    return said.flagged, said.status, said.why, said.warnings, said.roles, said.total, said.parts, said.seen, lines
