"""Folding in one go, in pieces or anew gives the same answers; as-of is folding only up to there."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stand_in import AUTHOR, ORIGIN, StandIn, changed, said
from telling import told

from saksi.model import BadInput, Extraction, Grade, LedgerFault, Locator, Marking, Op, Pap, Source, Statement, Tlp
from saksi.views import gather
from saksi.views.fact import Place, standing
from saksi.views.parse import Parser
from saksi.views.views import Views

ENTITIES = st.sampled_from(["host:a.example", "host:b.example", "phone:+9990001", "account:XA:BANKA:1", "report:authority-a/1"])
SOURCES = st.builds(
    lambda series, row, quote, day: Source(
        "ab" * 32, title="A list", series=series, quote=quote, reported=day, locator=Locator(row=row) if row else None
    ),
    st.sampled_from([None, "list-a", "list-b"]), st.integers(0, 9), st.sampled_from([None, "said so"]),
    st.sampled_from([None, "2026-03", "2026-03-05"]),
)  # fmt: skip
MARKINGS = st.sampled_from([Marking(Tlp.CLEAR, Pap.CLEAR), Marking(Tlp.AMBER, Pap.GREEN, purpose="p", legal_basis="l")])
VALUES = st.sampled_from(
    [
        ("role", "infrastructure"),
        ("role", "recipient"),
        ("reportedIn", "report:authority-a/1"),
        ("label", "ឈ្មោះ"),
        ("seen", 7),
        ("live", True),
    ]
)
ASSERTIONS = st.builds(
    lambda entity, value, source, marking, op, original, begun: said(
        entity, *value, source=source, marking=marking, op=op, original=original, begun=begun
    ),
    ENTITIES, VALUES, SOURCES, MARKINGS, st.sampled_from([Op.ASSERT, Op.ASSERT, Op.PROPOSE]), st.sampled_from([None, "a.example", "៣៤៥"]),
    st.sampled_from([None, "2026", "2026-03-01", "2026-03-01T10:00:00Z"]),
)  # fmt: skip
AMENDMENTS = st.tuples(
    st.sampled_from([op for op in Op if op.amends]), st.integers(0, 200), st.sampled_from([AUTHOR, AUTHOR, "authority-b.example"]), MARKINGS
)  # fmt: skip
LEAVES = st.lists(st.lists(st.one_of(ASSERTIONS, AMENDMENTS), min_size=1, max_size=5), max_size=8)


def ledger_of(leaves: list[list[object]]) -> StandIn:
    """A ledger in which each amendment names some earlier statement."""
    made = StandIn()
    for leaf in leaves:
        before = [(number, index) for number, some in enumerate(made.leaves) for index in range(len(some))]
        statements: list[Statement] = []
        for one in leaf:
            if isinstance(one, Statement):
                statements.append(one)
            elif before:
                op, at, author, marking = one  # type: ignore[misc]
                grade = Grade("A", 1) if op is Op.REGRADE else None
                statements.append(
                    changed(op, made.ref(*before[at % len(before)]), author=author, grade=grade, marking=marking, reason="because")
                )
        if statements:
            made.append(*statements)
    return made


def bare(place: Place | None) -> object:
    """A place without numbers that may differ between two states."""
    return None if place is None else msgspec.structs.replace(place, asserter=0, handling=0)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(leaves=LEAVES, data=st.data())
def test_folding_in_pieces_anew_or_as_of_gives_the_same(leaves: list[list[object]], data: st.DataObject) -> None:
    ledger = ledger_of(leaves)
    half = data.draw(st.integers(0, ledger.size))
    with tempfile.TemporaryDirectory() as place, Views.open(Path(place, "pieces")) as pieces, Views.open(Path(place, "whole")) as whole:
        pieces.fold(ledger.upto(half))
        then = told(pieces)
        pieces.fold(ledger)
        whole.fold(ledger)
        assert told(pieces) == told(whole)
        assert told(pieces, half) == told(whole, half) == then
        pieces.rebuild(ledger)
        assert told(pieces) == told(whole)
        for at in (half, ledger.size):
            # What counts is decided once for rows and once for sets: both say the same.
            standings = [standing(fact, at=at).counts for held in whole.facts_many(whole.entities(limit=1000), at) for fact in held.facts]
            with whole.engine() as engine:
                assert sum(row[3] for row in engine.counts(whole.stop(at))) == sum(standings)
        ids = [Statement.parse(payload).id() for leaf in ledger.leaves for payload in leaf if payload is not None]
        places = pieces.known(ids)
        assert None not in places
        assert [bare(one) for one in places] == [bare(one) for one in whole.known(ids)]
        for series in ("list-a", "list-b"):
            assert [x.commitment for x in pieces.series_live(series).rest()] == [x.commitment for x in whole.series_live(series).rest()]
        assert pieces.check() == whole.check() == []


def test_every_part_of_a_statement_is_in_its_fact(tmp_path: Path) -> None:
    ledger = StandIn()
    record = {"reference": "r-1", "narrative": "អ្នក", "synthetic": True}
    first = Statement.parse(
        said(
            "report:authority-a/1",
            "record",
            record,
            schema="VictimReport",
            source=Source(uri="https://a.example", quote='he said "yes"', locator=Locator(page=2, label="ii", start=3, end=9)),
            grade=None,
        ).payload()
    )
    ledger.append(first, said("host:a.example", "safeListed", "shared", original="A.example"))
    with Views.open(tmp_path) as views:
        views.fold(ledger)
        fact = views.facts("report:authority-a/1").facts[0]
        assert fact.value == record
        assert json.loads(fact.locator or "") == first.source.locator.to_json()  # type: ignore[union-attr]
        assert (fact.quote, fact.schema, fact.prop, fact.op, fact.asserted_at) == (
            'he said "yes"',
            "VictimReport",
            "record",
            "assert",
            first.asserter.asserted_at,
        )
        assert views.source(fact.source) == Source(uri="https://a.example")
        assert views.asserter(fact.asserter).authority == AUTHOR
        assert views.handling(fact.handling) == first.handling
        assert (fact.leaf, fact.index, fact.commitment) == (0, 0, ledger.name(0, 0))
        assert views.find_ref(ledger.name(0, 1)) == (0, 1)
        assert views.find_ref(bytes(32)) is None
        other = views.facts("host:a.example").facts[0]
        assert (other.value, other.original, other.locator) == ("shared", "A.example", '{"column":"host","row":1}')
        assert views.facts("host:nobody.example").total == 0


def test_a_statement_that_a_machine_read_says_by_which(tmp_path: Path) -> None:
    ledger = StandIn()
    plain = said("host:a.example")
    for tool in (Extraction("reader", "1.0", "0.9"), Extraction("reader", "2.0")):
        ledger.append(replace(plain, source=replace(plain.source, title=tool.version), asserter=replace(plain.asserter, extraction=tool)))
    with Views.open(tmp_path) as views:
        views.fold(ledger)
        tools = [views.asserter(fact.asserter).extraction for fact in views.facts("host:a.example").facts]
    assert tools == [Extraction("reader", "1.0", "0.9"), Extraction("reader", "2.0")]


def test_ids_are_those_of_the_model(tmp_path: Path) -> None:
    ledger = StandIn()
    ledger.append(said("host:a.example"))
    target = ledger.ref(0)
    statements = [
        said("host:a.example", source=Source(digest="ab" * 32, series="s"), original="A", when="2026-05-01T00:00:00Z"),
        Statement.parse(said("host:b.example", "label", 'quo"te\\ \n é').payload()),
        changed(Op.REGRADE, target, grade=Grade("A", 1)),
        changed(Op.RELABEL, target, marking=Marking(Tlp.CLEAR, Pap.CLEAR)),
        changed(Op.RETRACT, target, reason="wrong"),
    ]
    ledger.append(*statements)
    with Views.open(tmp_path) as views:
        views.fold(ledger)
        assert [(one.leaf, one.index) for one in views.known([each.id() for each in statements]) if one] == [
            (1, index) for index in range(5)
        ]
        again = said("host:a.example", source=Source(digest="cd" * 32, series="s"), original="other")
        assert views.known([again.id()])[0] is not None
        assert views.known([said("host:c.example").id()]) == [None]
        assert views.known([]) == []


def test_what_is_dated_by_its_report_keeps_the_id_and_the_source_and_tells_the_day(tmp_path: Path) -> None:
    ledger = StandIn()
    sources = [Source(digest="ab" * 32, series="desk/a", title="Reports", reported=day) for day in ("2026-03-02", "2026-03-05", None)]
    statements = [said("host:a.example", source=source, original=original) for source in sources for original in (None, "A.example")]
    statements += [replace(one, content=replace(one.content, prop="reportedIn", value="report:desk/1")) for one in statements[:1]]  # type: ignore[arg-type]
    ledger.append(*statements)
    with Views.open(tmp_path) as views:
        views.fold(ledger)
        assert None not in views.known([one.id() for one in statements])
        facts = views.facts("host:a.example").facts
        assert [fact.reported for fact in facts] == ["2026-03-02"] * 2 + ["2026-03-05"] * 2 + [None] * 2 + ["2026-03-02"]
        assert {views.source(fact.source) for fact in facts} == {Source(digest="ab" * 32, series="desk/a", title="Reports")}
        tallies = {one.prop: (one.counting, one.reported, one.happened) for one in views.tally("host:a.example")}
        assert tallies == {"role": (6, ("2026-03-02", "2026-03-05"), None), "reportedIn": (1, ("2026-03-02", "2026-03-02"), None)}


def test_days_take_no_shape_of_their_own(tmp_path: Path) -> None:
    ledger = StandIn()
    days = [f"2026-{month:02d}-{day:02d}" for month in (2, 3) for day in range(1, 13)]
    told = [(begun, day) for begun in days for day in days]
    ledger.append(*(said("host:a.example", source=Source(digest="ab" * 32, reported=day), begun=begun) for begun, day in told))
    with Views.open(tmp_path) as views:
        views.fold(ledger)
        with views.engine() as engine:
            scanned = [
                tuple(row.values()) for batch in engine.scan(["valid_from", "reported"], stop=views.stop()) for row in batch.to_pylist()
            ]
    assert sorted(scanned) == told
    parser = Parser()
    for block in ledger.read(0, 1):
        parser.add(block)
    columns = parser.columns()
    assert len(columns.kinds) == 1
    assert [(columns.dated[one].valid_from, columns.dated[one].reported) for one in columns.days] == told


def test_what_a_series_holds_is_compared_with_its_next_issue(tmp_path: Path) -> None:
    ledger, source = StandIn(), Source(digest="ab" * 32, series="list-a", title="A")
    names = [f"host:x{number}.example" for number in range(8)]
    ledger.append(*(said(name, source=source) for name in names))
    ledger.append(said("host:y.example", source=Source(digest="ab" * 32, series="list-b")))
    ledger.append(changed(Op.EXPIRE, ledger.ref(0, 1)), changed(Op.RETRACT, ledger.ref(0, 2)))
    with Views.open(tmp_path) as views:
        views.fold(ledger)
        live = views.series_live("list-a")
        assert len(live) == 6
        live.seen([said(name, source=source).id() for name in names[:5]] + [said("host:new.example", source=source).id()])
        assert [(one.leaf, one.index) for one in live.rest()] == [(0, 5), (0, 6), (0, 7)]
        expired, retracted = views.known([said(names[1], source=source).id(), said(names[2], source=source).id()])
        assert expired is not None
        assert retracted is not None
        assert (expired.counts, expired.expired, retracted.counts, retracted.expired) == (False, True, False, False)
        assert expired.prev == ledger.name(2, 0)
        assert len(views.series_live("no such list")) == 0


def test_only_the_author_amends_and_only_what_is_there(tmp_path: Path) -> None:
    ledger = StandIn()
    ledger.append(said("host:a.example"))
    ledger.append(changed(Op.RETRACT, ledger.ref(0), author="authority-b.example"))
    ledger.append(changed(Op.RETRACT, f"{ORIGIN}#{'0' * 64}"))
    ledger.append(changed(Op.RETRACT, ledger.ref(0).replace("authority-a", "authority-c")))
    ledger.append(changed(Op.RETRACT, ledger.ref(1)))
    with Views.open(tmp_path) as views:
        made = views.fold(ledger)
        assert made.loose == 4
        assert views.facts("host:a.example").facts[0].changes == ()


def test_a_size_that_was_not_folded_is_refused(tmp_path: Path) -> None:
    ledger = StandIn()
    ledger.append(said("host:a.example"))
    with Views.open(tmp_path) as views:
        assert views.size == 0
        assert views.known([bytes(32)]) == [None]
        with pytest.raises(LedgerFault, match="no views"):
            views.facts("host:a.example")
        views.fold(ledger)
        assert views.size == 1
        for wrong in (2, -1):
            with pytest.raises(BadInput, match="not known"):
                views.facts("host:a.example", wrong)
        assert views.facts("host:a.example", 0).total == 0


def test_a_hub_is_counted_without_being_listed(tmp_path: Path) -> None:
    ledger = StandIn()
    for leaf in range(10):
        ledger.append(
            *(
                said(
                    "account:XA:BANKA:1",
                    "reportedIn",
                    f"report:authority-a/{leaf}-{row}",
                    begun=f"2026-01-{row // 10 + 10}",
                    source=Source(digest=f"{leaf % 3:064x}", reported=f"2026-02-{leaf + 10}"),
                )
                for row in range(100)
            )
        )
    ledger.append(*(changed(Op.RETRACT, ledger.ref(2, row)) for row in range(50)))
    with Views.open(tmp_path / "a") as whole, Views.open(tmp_path / "b") as pieces:
        whole.fold(ledger)
        for size in range(1, ledger.size + 1):
            pieces.fold(ledger.upto(size))
        for views in (whole, pieces):
            held = views.facts("account:XA:BANKA:1")
            assert (held.total, len(held.facts), held.facts[-1].leaf) == (1000, 256, 9)
            assert sum(one.counting for one in views.tally("account:XA:BANKA:1")) == 950
            assert sum(one.withdrawn for one in views.tally("account:XA:BANKA:1")) == 50
            spans = [(one.happened, one.reported) for one in views.tally("account:XA:BANKA:1", 9)]
            assert spans == [(("2026-01-10", "2026-01-19"), (f"2026-02-1{first}", f"2026-02-1{first + 6}")) for first in range(3)]
            early = views.facts("account:XA:BANKA:1", 4)
            assert (early.total, early.facts[-1].leaf) == (400, 3)
            assert sum(one.counting + one.withdrawn for one in views.tally("account:XA:BANKA:1", 4)) == 400
            assert [one.reported[1] for one in views.tally("account:XA:BANKA:1", 4) if one.reported] == [
                "2026-02-13",
                "2026-02-11",
                "2026-02-12",
            ]
        assert told(whole) == told(pieces)
        assert told(whole, 5) == told(pieces, 5)


def test_a_page_of_a_hub_is_filled_with_what_may_be_seen(tmp_path: Path) -> None:
    ledger = StandIn()
    red, clear = Marking(Tlp.RED, Pap.RED), Marking(Tlp.CLEAR, Pap.CLEAR)
    entity = "account:XA:BANKA:1"
    for leaf in range(8):
        ledger.append(
            *(
                said(entity, "reportedIn", f"report:authority-a/{leaf}-{row}", marking=clear if row % 5 == 0 and leaf < 7 else red)
                for row in range(200)
            )
        )
    ledger.append(*(changed(Op.RELABEL, ledger.ref(6, row), marking=red) for row in range(0, 50, 5)))
    with Views.open(tmp_path) as views:
        views.fold(ledger)

        def seen(handling: int) -> bool:
            return views.handling(handling).tlp is Tlp.CLEAR

        first = views.facts(entity, seen=seen)
        assert (len(first.facts), first.facts[-1].leaf) == (256, 6)
        assert first.cursor is not None
        rest = views.facts(entity, before=first.cursor, seen=seen)
        assert (len(rest.facts), rest.cursor) == (280 - 10 - 256, None)
        told = [(fact.leaf, fact.index) for fact in [*rest.facts, *first.facts]]
        assert told == [(leaf, row) for leaf in range(7) for row in range(0, 200, 5) if leaf < 6 or row >= 50]
        assert views.facts(entity, before=views.stop(3), seen=seen).facts[-1].leaf == 2
        early = {views.handling(one.handling).tlp: one.counting for one in views.tally(entity, 8)}
        marked = {views.handling(one.handling).tlp: one.counting for one in views.tally(entity, 8, marked_now=True)}
        assert (early[Tlp.CLEAR], marked[Tlp.CLEAR]) == (280, 270)


def test_reading_on_both_cores_gives_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = StandIn()
    for leaf in range(30):
        ledger.append(
            *(
                said(f"host:x{(leaf * row) % 50}.example", source=Source(digest=f"{leaf % 4:064x}", locator=Locator(row=row + 1)))
                for row in range(10)
            )
        )
    ledger.append(changed(Op.RETRACT, ledger.ref(20, 3)))
    with Views.open(tmp_path / "alone") as alone, Views.open(tmp_path / "shared") as shared:
        alone.fold(ledger)
        monkeypatch.setattr(gather, "STEP", 25)
        monkeypatch.setattr(gather.threading, "active_count", lambda: 1)  # other tests of this process may have left threads behind
        forked = []
        share = gather._shared
        monkeypatch.setattr(gather, "_shared", lambda *given, **named: forked.append(1) or share(*given, **named))
        shared.fold(ledger)
        assert forked
        assert told(alone) == told(shared)


@pytest.mark.parametrize("readers", [1, 2])
def test_a_stretch_is_no_larger_than_memory_allows(monkeypatch: pytest.MonkeyPatch, readers: int) -> None:
    """What is read ahead was asked for before it was known how much the leaves hold: the width must not run away meanwhile."""
    ledger = StandIn()
    for leaf in range(400):
        ledger.append(*(said(f"host:x{leaf}-{row}.example") for row in range(10)))
    monkeypatch.setattr(gather, "STEP", 200)
    monkeypatch.setattr(gather.threading, "active_count", lambda: 1)
    found = [(len(columns), leaf) for columns, leaf in gather.stretches(ledger, 0, ledger.size, readers=readers)]
    assert sum(many for many, _ in found) == 4_000
    assert [leaf for _, leaf in found] == sorted({leaf for _, leaf in found})
    assert found[-1][1] == ledger.size
    assert max(many for many, _ in found) <= 200
    assert len(found) < 40


def test_the_engine_finds_what_is_searched_for(tmp_path: Path) -> None:
    ledger = StandIn()
    ledger.append(
        said("host:bank.example"),
        said("host:mybank.example"),
        said("host:bank.example.net"),
        said("phone:+9991", "label", "The BANK clerk"),
    )
    ledger.append(said("phone:+9991", "reportedIn", "report:authority-a/7"), said("phone:+9992", "reportedIn", "report:authority-a/7"))
    ledger.append(changed(Op.RETRACT, ledger.ref(1, 1)))
    with Views.open(tmp_path) as views:
        views.fold(ledger)
        with views.engine() as engine:
            stop, everything = views.stop(), frozenset(range(100)).__contains__
            ranked = [(0, "host:bank.example"), (1, "host:bank.example.net"), (2, "host:mybank.example")]
            assert engine.search("Bank.example", stop=stop, seen=everything) == ranked
            assert engine.search("Bank.example", stop=stop, seen=everything, after=ranked[0], limit=1) == ranked[1:2]
            assert engine.search("Bank.example", stop=stop, seen=everything, after=ranked[-1]) == []
            assert engine.search("bank c", stop=stop, seen=everything) == [(2, "phone:+9991")]
            assert engine.search("bank c", stop=stop, seen=lambda _: False) == []
            assert engine.search("'; --", stop=stop, seen=everything) == engine.search("", stop=stop, seen=everything) == []
            assert engine.saying("reportedIn", "report:authority-a/7", stop=stop) == ["phone:+9991"]
            assert engine.saying("reportedIn", "report:authority-a/7", stop=views.stop(2)) == ["phone:+9991", "phone:+9992"]
            with pytest.raises(BadInput, match="no column"):
                next(engine.scan(["secret"], stop=stop))


def test_an_empty_ledger_and_leaves_without_statements(tmp_path: Path) -> None:
    ledger = StandIn()
    with Views.open(tmp_path) as views:
        views.fold(ledger)
        assert (views.size, views.entities(), views.newest(5), views.totals().statements) == (0, [], [], 0)
        ledger.append(said("host:a.example"))
        views.fold(ledger)
        assert views.entities("host:") == ["host:a.example"]
        assert views.entities("phone:") == []


def test_many_are_answered_in_the_order_asked_whatever_their_neighbours(tmp_path: Path) -> None:
    ledger = StandIn()
    with Views.open(tmp_path) as views:
        ledger.append(*(said(f"host:x{number:03}.example", "label", f"l{number}") for number in range(0, 300, 2)))
        views.fold(ledger)
        asked = [f"host:x{number * 7 % 300:03}.example" for number in range(400)] + ["host:", "zzz:nobody"]
        found = views.facts_many(asked)
        assert [one.entity for one in found] == asked
        assert [[fact.value for fact in one.facts] for one in found] == [[fact.value for fact in views.facts(each).facts] for each in asked]
        assert sum(one.total for one in found) == sum(number * 7 % 300 % 2 == 0 for number in range(400))
