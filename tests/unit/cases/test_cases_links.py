"""What hangs together, what says little, what looks like one hand; and that what moves in two steps comes out as in one."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import hypothesis.strategies as st
from hypothesis import given, settings

from saksi.cases.days import around
from saksi.cases.flood import FLOOD, Stretches
from saksi.cases.links import HUB, linked, sharing
from saksi.cases.queue import Place, counted, page
from saksi.cases.tables import NAMES, SCHEMA, write
from saksi.views.reports import DANGER, Moved

NOW = "2026-06-15T12:00:00Z"
TARGET = "phone:+85500000001"
TOLD = "this number belongs to a thief who took everything I had last week please block it and arrest the owner of it at once"


def board(lines: Sequence[Moved] = ()) -> sqlite3.Connection:
    link = sqlite3.connect(":memory:", isolation_level=None)
    link.executescript(SCHEMA)
    write(link, lines)
    return link


def report(number: int) -> str:
    return f"report:desk/{number:05d}"


def record(number: int, *, narrative: str = "", reported: str = "2026-06-14", ordinal: int = 0) -> Moved:
    body = f'{{"narrative":"{narrative}","reference":"{number}","reported":"{reported}"}}'
    return Moved(report(number), "VictimReport", "record", body, ordinal or number, number, 0, NOW)


def names(number: int, entity: str) -> Moved:
    return Moved(entity, "PhoneNumber", "reportedIn", report(number), number, number, 1, NOW)


def own(entity: str) -> Moved:
    return Moved(entity, "PhoneNumber", "role", "victim-own", 1, 1, 1, NOW)


def paid(number: int, **more: str) -> Moved:
    said = {"report": report(number), **more}
    body = "{" + ",".join(f'"{name}":"{value}"' for name, value in said.items()) + "}"
    return Moved(f"transfer:desk/{number}/1", "Transfer", "record", body, number, number, 2, NOW)


def danger(number: int) -> Moved:
    return Moved(report(number), "VictimReport", DANGER, "true", 1, 1, 3, NOW)


def test_a_hub_makes_no_candidates_but_is_told_counted_and_read_whole() -> None:
    many = HUB + 20
    lines = [made for number in range(1, many + 1) for made in (record(number), names(number, TARGET))]
    link = board([*lines, names(1, "phone:+1"), names(2, "phone:+1"), names(3, "phone:+1")])
    found = linked(link, report(1))
    assert found is not None
    assert [each.report for each in found.candidates] == [report(2), report(3)]
    assert [each.shared_by for each in found.candidates[0].reasons] == [3, many]
    (hub,) = found.hubs
    assert (hub.entity, hub.reports) == (TARGET, many)
    assert hub.words == f"the phone number {TARGET} is shared by {many} reports: says little"
    seen: list[str] = []
    while some := sharing(link, TARGET, seen[-1] if seen else "", 50):
        seen += some
    assert seen == [report(number) for number in range(1, many + 1)]
    assert found.floods == ()
    assert linked(link, "report:nobody/1") is None


def test_equal_payments_are_named_and_common_ones_say_little() -> None:
    same = {"at": "2026-06-01", "amount": "100", "currency": "USD"}
    lines = [made for number in range(1, 6) for made in (record(number), paid(number, **same))]
    lines += [record(7), record(8), paid(7, reference="TX-9"), paid(8, reference="TX-9")]
    link = board(lines)
    found = linked(link, report(1))
    assert found is not None
    assert {each.report for each in found.candidates} == {report(number) for number in range(2, 6)}
    assert found.candidates[0].reasons[0].words == "a payment of 100 USD on the same day, 2026-06-01, as 3 more do"
    (found_8,) = linked(link, report(7)).candidates  # type: ignore[union-attr]
    assert found_8.reasons[0].words == "the same payment, number TX-9, as no other report does"
    crowd = board([made for number in range(1, HUB + 9) for made in (record(number), paid(number, **same))])
    common = linked(crowd, report(1))
    assert common is not None
    assert (common.candidates, common.hubs[0].reports, common.hubs[0].entity) == ((), HUB + 8, None)


def test_many_alike_in_a_short_time_against_one_target_are_pointed_out() -> None:
    many = 2 * FLOOD
    flood = [made for number in range(1, many + 1) for made in (record(number, narrative=f"{TOLD} {number}"), names(number, TARGET))]
    found = linked(board(flood), report(1))
    assert found is not None
    (flooded,) = found.floods
    assert (flooded.entity, flooded.reports, flooded.alike, flooded.addresses) == (TARGET, many, many, 0)
    assert "may come from one hand" in flooded.words
    apart = [record(number, narrative=f"{TOLD} {number}", reported=f"2025-{number % 12 + 1:02d}-01") for number in range(1, many + 1)]
    assert linked(board([*flood[1::2], *apart]), report(1)).floods == ()  # type: ignore[union-attr]
    unlike = [record(number) for number in range(1, many + 1)]
    assert linked(board([*flood[1::2], *unlike]), report(1)).floods == ()  # type: ignore[union-attr]
    home = [made for number in range(1, many + 1) for made in (names(number, f"phone:+7{number % 3}"), own(f"phone:+7{number % 3}"))]
    (same,) = linked(board([*flood[1::2], *unlike, *home]), report(1)).floods  # type: ignore[union-attr]
    assert (same.alike, same.addresses) == (1, many)


def test_days_around_a_date_of_any_coarseness() -> None:
    assert around("2026-03-01T10:00:00Z") == ("2026-02-28", "2026-03-03")
    assert around("2026-03") == ("2026-03", "2026-03~")


_LINES = st.lists(
    st.one_of(
        st.builds(record, st.integers(1, 6), reported=st.sampled_from(["2026-06-01", "2026-06"])),
        st.builds(names, st.integers(1, 6), st.sampled_from([TARGET, "phone:+1", "phone:+2"])),
        st.builds(own, st.sampled_from(["phone:+1", "phone:+2"])),
        st.builds(paid, st.integers(1, 6), rail=st.sampled_from(["card", "cash", "pigeon"]), at=st.sampled_from(["2026-06-14", "2026"])),
        st.builds(danger, st.integers(1, 6)),
    ),
    max_size=20,
    unique_by=lambda line: (line.entity, line.prop, line.value if line.prop == "reportedIn" else ""),
)


@settings(max_examples=100, deadline=None)
@given(lines=_LINES, cut=st.integers(0, 20), gone=st.sets(st.integers(0, 19)))
def test_in_two_steps_it_comes_out_as_in_one_and_what_is_taken_back_is_gone(lines: list[Moved], cut: int, gone: set[int]) -> None:
    dead = {"leaf": None, "place": None, "ordinal": None, "known": None}
    after = [line._replace(**dead) if place in gone else line for place, line in enumerate(lines)]
    steps = board(lines[:cut])
    write(steps, lines[cut:])
    write(steps, [line for place, line in enumerate(after) if place in gone])
    assert whole(steps) == whole(board(after))


def whole(link: sqlite3.Connection) -> object:
    return (
        page(link, Place.first(NOW, "open"), 100), counted(link, NOW), [linked(link, report(number)) for number in range(1, 7)],
        [link.execute(f"SELECT count(*) FROM {name}").fetchone() for name in NAMES if name not in {"report", "thing"}],
    )  # fmt: skip


def test_a_page_reads_once_what_its_reports_have_in_common() -> None:
    many = 3 * FLOOD
    lines = [made for number in range(1, many + 1) for made in (record(number, narrative=f"{TOLD} {number}"), names(number, TARGET))]
    lines += [made for number in range(1, 5) for made in (names(number, "phone:+71"), own("phone:+71"))]
    link, asked = board(lines), list[str]()
    alone = [linked(link, report(number)) for number in range(1, many + 1)]
    link.set_trace_callback(asked.append)
    stretches = Stretches()
    assert [linked(link, report(number), stretches) for number in range(1, many + 1)] == alone
    assert sum("WITH stretch" in each for each in asked) == 2
    (flood,) = alone[0].floods  # type: ignore[union-attr]
    assert (flood.reports, flood.alike, flood.addresses, flood.first) == (many, many, 4, "2026-06-14")
