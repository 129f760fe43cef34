"""The atom keeps its shape: what is refused, what makes two statements one, what survives writing and reading."""

from __future__ import annotations

from dataclasses import replace

import pytest

from saksi.model import Amendment, Asserter, BadInput, Content, Grade, Locator, Marking, Op, Pap, Source, Statement, Tlp, canonical

REF = "authority.example/saksi/1#" + "ab" * 32
CONTENT = Content("phone:+85512345678", "PhoneNumber", "role", "recipient", original="០១២ ៣៤៥ ៦៧៨", lang="km")
SOURCE = Source(
    digest="0" * 64, title="Reports of A", publisher="Centre A", locator=Locator(row=7, column="phone"), quote="paid to 012 345 678"
)
ASSERTER = Asserter("centre.a.example", "2026-01-31T09:00:00Z", analyst="a-17", grade=Grade("B", 2))
MARKING = Marking(Tlp.AMBER, Pap.GREEN, ("bank.b.example",), "prevention", "Act 1 of A", "2031-01-31")
STATEMENT = Statement(CONTENT, SOURCE, ASSERTER, MARKING)


def test_a_statement_survives_writing_and_reading() -> None:
    assert Statement.parse(STATEMENT.payload()) == STATEMENT


def test_an_amendment_survives_writing_and_reading() -> None:
    withdrawn = replace(STATEMENT, content=Amendment(Op.RETRACT, REF, prev=REF, reason="the victim mistyped the number"))
    assert Statement.parse(withdrawn.payload()) == withdrawn


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("entity", "phone"),
        ("entity", "phone:+855 12"),
        ("entity", "Phone:+85512"),
        ("entity", "phone:"),
        ("schema", "Phone"),
        ("prop", "a role"),
        ("prop", "Role"),
        ("polarity", "maybe"),
        ("valid_from", "31/01/2026"),
        ("valid_from", "2026-1"),
        ("op", Op.RETRACT),
        ("value", {"free": "object"}),
        ("value", "cafe\u0301"),
    ],
)
def test_content_refuses(field: str, value: object) -> None:
    with pytest.raises(BadInput):
        replace(CONTENT, **{field: value})  # type: ignore[arg-type]


def test_a_source_nobody_opened_is_ungraded() -> None:
    with pytest.raises(BadInput, match="ungraded"):
        replace(STATEMENT, source=Source(title="an article nobody fetched"))


@pytest.mark.parametrize(
    "change",
    [
        {"content": replace(CONTENT, value="confirmed-mule")},
        {"content": replace(CONTENT, polarity="deny")},
        {"content": replace(CONTENT, op=Op.PROPOSE)},
        {"content": replace(CONTENT, original="012345678")},
        {"source": replace(SOURCE, digest="1" * 64)},
        {"source": replace(SOURCE, locator=Locator(row=8, column="phone"))},
        {"asserter": replace(ASSERTER, authority="centre.b.example")},
    ],
)
def test_another_content_source_or_authority_makes_another_statement(change: dict[str, object]) -> None:
    assert replace(STATEMENT, **change).id() != STATEMENT.id()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "change",
    [
        {"asserter": replace(ASSERTER, asserted_at="2026-02-01T00:00:00Z", analyst="a-18", grade=Grade("C", 3))},
        {"handling": Marking(Tlp.GREEN, Pap.GREEN)},
    ],
)
def test_another_time_grade_or_marking_is_the_same_statement(change: dict[str, object]) -> None:
    assert replace(STATEMENT, **change).id() == STATEMENT.id()  # type: ignore[arg-type]


def test_in_a_series_the_issue_and_the_spelling_do_not_count() -> None:
    first = replace(STATEMENT, source=replace(SOURCE, series="desk/a"))
    later = replace(
        first, source=replace(first.source, digest="2" * 64, locator=Locator(row=99)), content=replace(CONTENT, original="012-345-678")
    )
    assert first.id() == later.id()
    assert first.id() != replace(later, source=replace(later.source, series="desk/b")).id()


def test_an_undated_role_in_a_series_is_known_by_the_day_it_was_reported() -> None:
    told = replace(STATEMENT, source=replace(SOURCE, series="desk/a", reported="2026-01-30"))
    dated = replace(told, content=replace(CONTENT, valid_from="2026-01-30"))
    assert told.id() == dated.id() == replace(dated, source=replace(dated.source, reported="2026-02-03")).id()
    assert told.id() != replace(told, source=replace(told.source, reported="2026-01-31")).id()
    assert Statement.parse(told.payload()) == told


def test_when_it_was_reported_makes_no_other_statement_of_anything_else_in_a_series() -> None:
    named = replace(STATEMENT, content=replace(CONTENT, prop="reportedIn", value="report:a/1"), source=replace(SOURCE, series="desk/a"))
    assert named.id() == replace(named, source=replace(named.source, reported="2026-01-30")).id()
    alone = replace(STATEMENT, source=replace(SOURCE, reported="2026-01-30"))
    assert alone.id() != STATEMENT.id()


@pytest.mark.parametrize("day", ["", "30.1.2026", "2026-1-30", "2026-01-30T09:00:00Z", "๒๐๒๖"])
def test_the_day_of_a_report_is_a_date(day: str) -> None:
    with pytest.raises(BadInput, match=r"^reported: a date is expected"):
        replace(SOURCE, reported=day)


def test_a_regrade_to_another_grade_is_another_statement() -> None:
    regrade = replace(STATEMENT, content=Amendment(Op.REGRADE, REF))
    assert regrade.id() != replace(regrade, asserter=replace(ASSERTER, grade=Grade("E", 5))).id()


def test_content_key_is_blind_to_source_and_spelling() -> None:
    assert CONTENT.key() == replace(CONTENT, original=None, lang=None, valid_from="2026").key()
    assert CONTENT.key() != replace(CONTENT, polarity="deny").key()


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"[]",
        b"{}",
        b'{"a":1,"a":2}',
        b'{"a": 1}',
        b'{"b":1,"a":2}',
        b'{"a":1.0}',
        b'{"a":NaN}',
        b'{"a":null}',
        b'{"a":"\\u0041"}',
        b'{"a":9007199254740992}',
        b"\xff",
        b'{"a":' + b"[" * 40 + b"]" * 40 + b"}",
        b"[" * 100_000,
        STATEMENT.payload() + b" ",
        STATEMENT.payload().replace(b'"tlp"', b'"top"'),
        STATEMENT.payload().replace(b'"affirm"', b'"maybe"'),
    ],
)
def test_what_the_writer_would_not_write_is_refused(payload: bytes) -> None:
    with pytest.raises(BadInput):
        Statement.parse(payload)


def test_records_are_checked_by_their_schema() -> None:
    Content("report:a/1", "VictimReport", "record", {"reference": "A-1", "synthetic": True})
    with pytest.raises(BadInput, match="missing"):
        Content("report:a/1", "VictimReport", "record", {"synthetic": True})
    with pytest.raises(BadInput, match="unknown field"):
        Content("report:a/1", "VictimReport", "record", {"reference": "A-1", "mood": "bad"})
    with pytest.raises(BadInput, match="str is expected"):
        Content("report:a/1", "VictimReport", "record", {"reference": 1})


def test_a_payload_over_the_limit_is_refused_with_its_size() -> None:
    with pytest.raises(BadInput, match="60000"):
        canonical({"a": "x" * 60_001})


@pytest.mark.parametrize(
    "when", ["31/12/2026", "notadate", "March 2026", "2026-13", "2026-02-30", "2026-1-1", "", "2026-01-01T00:00Z", "２０２６"]
)
def test_a_source_says_when_it_was_published_as_a_date_or_not_at_all(when: str) -> None:
    with pytest.raises(BadInput, match=r"published|expected"):
        Source(title="A list", published=when)
    with pytest.raises(BadInput):
        Source.from_json({"title": "A list", "published": when})


@pytest.mark.parametrize("when", ["2026", "2026-02", "2024-02-29", "2026-01-31T09:00:00Z"])
def test_dates_and_times_of_publication_are_kept_as_they_are(when: str) -> None:
    assert Source.from_json(Source(title="A list", published=when).to_json()).published == when
