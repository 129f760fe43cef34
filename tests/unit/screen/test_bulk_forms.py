"""A form is filled in only for values about which the same is held: one value that differs in one thing gets an answer of its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "views"))

from stand_in import AUTHOR, ORIGIN, StandIn, changed, said

from saksi.model import Locator, Marking, Op, Pap, Reader, Source, Statement, Tlp
from saksi.screen.bulk import Opened, Read, Rows, Screen, Task
from saksi.screen.form import Json
from saksi.screen.judge import Judge, Setting
from saksi.screen.lookup import about
from saksi.views.views import Views

OFFICER = Reader("nasc.a", home=True, clearance=Tlp.RED)
WORDS = "send the money to this account now"
Say = Callable[[str], list[Statement]]


@pytest.fixture(autouse=True)
def _no_need_to_outlive_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)
    monkeypatch.setattr(os, "fdatasync", lambda _: None)


def _source(number: int = 1, quote: str | None = None, title: str | None = None, row: int | None = 1) -> Source:
    locator = None if row is None else Locator(row=row)
    return Source(f"{number:064x}", title=title or f"List {number}", publisher=f"Publisher {number}", quote=quote, locator=locator)


def _two(first: str | None, second: str | None) -> Say:
    """The same role from two sources, with these quotes."""
    return lambda entity: [
        said(entity, "role", "recipient", source=_source(1, first)),
        said(entity, "role", "recipient", source=_source(2, second)),
    ]


def _named(*reports: str) -> Say:
    return lambda entity: [said(entity, "reportedIn", f"report:a/{each}", source=_source()) for each in reports]


def _one(**other: object) -> Say:
    return lambda entity: [said(entity, "role", "recipient", **{"source": _source(), **other})]  # type: ignore[arg-type]


def _of(source: Source) -> Say:
    return _one(source=source)


def _dated(**times: str) -> Say:
    """The usual statement, holding at a time."""

    def made(entity: str) -> list[Statement]:
        (usual,) = _one()(entity)
        return [replace(usual, content=replace(usual.content, **times))]

    return made


AMBER = Marking(Tlp.AMBER, Pap.GREEN, purpose="p", legal_basis="l")
CASES = {
    "quotes of two sources": (_two(WORDS, "something else was said there"), _two(WORDS, WORDS)),
    "quotes of one source": (_of(_source(quote=WORDS)), _of(_source(quote='short "one" 100%'))),
    "reports": (_named("1", "2"), _named("1", "1")),
    "a quote at all": (_of(_source(quote=WORDS)), _of(_source())),
    "a row": (_of(_source(row=7)), _of(_source(row=None))),
    "a source": (_of(_source(1)), _of(_source(2))),
    "an original": (_one(original="0123"), _one(original=None)),
    "its own text as original": (_one(original="x"), lambda entity: _one(original=entity.partition(":")[2])(entity)),
    "a marking": (_one(), _one(marking=AMBER)),
    "a proposal": (_one(), _one(op=Op.PROPOSE)),
    "a role": (_one(), lambda entity: [said(entity, "role", "victim", source=_source())]),
    "a number": (
        lambda entity: [said(entity, "seen", 7, source=_source())],
        lambda entity: [said(entity, "seen", 8, source=_source())],
    ),
    "a label": (
        lambda entity: [said(entity, "label", f'of "{entity}"', source=_source())],
        lambda entity: [said(entity, "label", "~6~", source=_source())],
    ),
    "words like a gap": (_one(original="~5~", source=_source(title="~5~")), _one(original="0", source=_source(title="~5~"))),
    "a time": (_dated(valid_from="2026-01-01T08:00:00Z"), _dated(valid_from="2027-01-01T08:00:00Z")),
    "a day": (_dated(valid_until="2027-01-01"), _dated(valid_until="2026-01-01")),
}

PARTS = {
    "words": (_of(_source(1, WORDS)), _of(_source(2, WORDS)), _of(_source(2, "something else was said there"))),
    "others": (_of(_source(1, WORDS)), _of(_source(2, "something else was said there")), _of(_source(2, WORDS))),
    "reports": (_named("1"), _named("1"), _named("2")),
    "report-others": (_named("1"), _named("2"), _named("1")),
}


def _check(place: Path, ledger: StandIn, asked: list[str], *, at: int | None = None) -> Screen:
    views = Views.open(place / "views")
    views.fold(ledger)
    setting = Setting(OFFICER, "2026-06-15", ORIGIN, views.size if at is None else at)
    opened = Opened(views, None, lambda texts: Read([(text,) for text in texts], [None] * len(texts)))
    work = Screen(opened, Task(setting, Json()))
    judge = Judge(views, setting)
    for entity in asked:
        assert work.chunk(Rows([1], [entity])).data == Json().line(1, about(views, judge, entity, entity)), entity
    return work


def test_one_that_differs(tmp_path: Path) -> None:
    """All cases in one ledger, since making views is most of the time."""
    ledger = StandIn()
    asked = []
    for case, (usual, other) in CASES.items():
        for number in range(8):
            asked.append(f"handle:line:{case.replace(' ', '-')}-{number}")
            ledger.append(*(other if number in {4, 6} else usual)(asked[-1]))
    work = _check(tmp_path, ledger, asked)
    assert len([form for form in work._forms.values() if form]) > len(CASES)


def test_what_is_compared_between_a_host_and_its_parent(tmp_path: Path) -> None:
    ledger = StandIn()
    asked = []
    for name, (usual, same, other) in PARTS.items():
        for number in range(8):
            above = f"s{number}-{name}.example"
            asked.append(f"host:a.{above}")
            ledger.append(*usual(asked[-1]), *(same if number % 2 else other)("host:" + above))
    _check(tmp_path, ledger, asked)


def test_one_that_was_amended(tmp_path: Path) -> None:
    ledger = StandIn()
    asked = [f"account:XA:BANKA:{number:03d}" for number in range(6)]
    for entity in asked:
        ledger.append(*_one()(entity))
    ledger.append(changed(Op.RETRACT, ledger.ref(4, 0), author=AUTHOR, reason="a mistake"))
    _check(tmp_path, ledger, asked)


def test_what_came_later_than_the_size_asked_at(tmp_path: Path) -> None:
    ledger = StandIn()
    asked = [f"account:XA:BANKA:{number:03d}" for number in range(6)]
    for entity in asked:
        ledger.append(*_one()(entity))
    for entity in asked[:3]:
        ledger.append(said(entity, "role", "victim", source=_source(3)))
    work = _check(tmp_path, ledger, asked, at=6)
    assert len([form for form in work._forms.values() if form]) == 1


def test_forms_are_forgotten_with_the_numbers_they_rest_on(tmp_path: Path) -> None:
    ledger = StandIn()
    asked = [f"account:XA:BANKA:{number:03d}" for number in range(4)]
    for entity in asked:
        ledger.append(*_one()(entity))
    work = _check(tmp_path, ledger, asked)
    before = work._judge
    assert work._forms
    with Views.open(tmp_path / "views") as views:
        views.rebuild(ledger)
        done = work.chunk(Rows([1], asked[:1]))
        assert work._judge is not before
        setting = Setting(OFFICER, "2026-06-15", ORIGIN, 4)
        assert done.data == Json().line(1, about(views, Judge(views, setting), asked[0], asked[0]))


def test_pinned_views_stay_while_others_write(tmp_path: Path) -> None:
    ledger = StandIn()
    ledger.append(*_one()("phone:+1"), *_one()("phone:+2"))
    with Views.open(tmp_path / "views") as views, Views.open(tmp_path / "views") as other:
        views.fold(ledger)
        with views.pinned() as held:
            state = held.state
            ledger.append(*_one()("phone:+1"))
            other.fold(ledger)
            other.rebuild(ledger)
            assert [one.total for one in held.facts_many(["phone:+1", "phone:+2"])] == [1, 1]
            assert (held.size, held.state) == (1, state)
        with views.pinned() as held:
            assert (held.size, held.state != state) == (2, True)


def test_an_erasure_waits_for_who_is_reading_and_then_nothing_is_left(tmp_path: Path) -> None:
    ledger = StandIn()
    ledger.append(*_one(original="words of a victim")("phone:+1"), *_one()("phone:+2"))
    with Views.open(tmp_path / "views") as views, Views.open(tmp_path / "views") as other:
        views.fold(ledger)
        with ThreadPoolExecutor(1) as apart:
            with views.pinned() as held:
                state = held.state
                erasing = apart.submit(other.erase, [(0, 0)], on="2026-06-15")
                wait([erasing], timeout=1)
                assert [one.total for one in held.facts_many(["phone:+1", "phone:+2"])] == [1, 1]
            erasing.result(timeout=20)
        assert all(b"words of a victim" not in path.read_bytes() for path in (tmp_path / "views").rglob("*") if path.is_file())
        with views.pinned() as held:
            assert [one.total for one in held.facts_many(["phone:+1", "phone:+2"])] == [0, 1]
            assert held.state != state
