"""How soon a report is looked at, and why; times apart; who is worded like whom."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from folk import ref
from hypothesis import given

from saksi.cases import RAILS, Clock, Facts, Line, Payment, Urgency, chronology, line_of, triage
from saksi.cases.alike import ENOUGH, parts, sketch
from saksi.cases.triage import when
from saksi.views.fact import Fact

NOW = "2026-06-03T12:00:00Z"


@pytest.mark.parametrize(
    ("facts", "urgency", "reason"),
    [
        (Facts(danger=True, paying=True), Urgency.DANGER, "a person is said to be in danger"),
        (Facts(danger=False, paying=True), Urgency.PAYING, "still paying"),
        (Facts(payments=(Payment("bank-transfer", "2026-06-01T12:00:01Z"),)), Urgency.MONEY, "within reach until 2026-06-04 12:00 UTC"),
        (Facts(payments=(Payment("bank-transfer", "2026-05-31T12:00:00Z"),)), Urgency.ROUTINE, "0 hours beyond reach"),
        (Facts(payments=(Payment("bank-transfer", "2026-05-01T12:00:00Z"),)), Urgency.ROUTINE, "30 days beyond reach"),
        (Facts(payments=(Payment("cash", "2026-06-03"),)), Urgency.ROUTINE, "handed over"),
        (Facts(payments=(Payment("crypto", "2026-06-03T11:00:00Z"), Payment("cash", None))), Urgency.MONEY, "crypto"),
        (Facts(payments=(Payment(None, "2026-06-03"),)), Urgency.UNKNOWN, "how it was paid is not told"),
        (Facts(payments=(Payment("pigeon", "2026-06-03"),)), Urgency.UNKNOWN, "nothing is known here of payments by pigeon"),
        (Facts(payments=(Payment("card", "2026"),)), Urgency.UNKNOWN, "the day of a payment by card is not told"),
        (Facts(payments=(Payment("card", "2026-02-31"),)), Urgency.UNKNOWN, "the day of a payment by card is not told"),
        (Facts(lost=True), Urgency.UNKNOWN, "money was lost, how and when is not told"),
        (Facts(), Urgency.ROUTINE, "no payment is told of"),
    ],
)
def test_urgency_follows_from_what_is_told(facts: Facts, urgency: Urgency, reason: str) -> None:
    said = triage(facts, NOW)
    assert (said.urgency, any(reason in each for each in said.reasons)) == (urgency, True), said


def test_a_day_counts_from_its_end_where_on_earth_it_ends_last() -> None:
    facts = Facts(payments=(Payment("bank-transfer", "2026-05-30"),))
    assert triage(facts, "2026-06-03T11:59:59Z").urgency is Urgency.MONEY
    assert triage(facts, "2026-06-03T12:00:00Z").urgency is Urgency.ROUTINE
    assert triage(Facts(payments=(Payment("card", "0500-01-01"),)), NOW).urgency is Urgency.ROUTINE


def test_unknown_stays_unknown() -> None:
    assert len(triage(Facts(), NOW).unknown) == 2
    assert triage(Facts(danger=False, paying=False), NOW).unknown == ()
    assert triage(Facts(danger=True), NOW).unknown == ("whether the victim is still paying is not told",)


_PAYMENTS = st.builds(
    Payment,
    st.sampled_from([None, "pigeon", *RAILS]),
    st.sampled_from(
        [None, "2026", "2026-06", "2026-06-01", "2026-06-02T10:00Z", "2026-06-03T11:00:00Z", "2025-01-01", "9999-12-31", "0000-00-00"]
    ),
)
_FACTS = st.builds(
    Facts,
    danger=st.sampled_from([None, True, False]),
    paying=st.sampled_from([None, True, False]),
    payments=st.lists(_PAYMENTS, max_size=3).map(tuple),
    lost=st.booleans(),
)


@given(facts=_FACTS, now=st.datetimes().map(lambda when: when.strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")))
def test_what_a_queue_keeps_gives_the_urgency_at_any_time(facts: Facts, now: str) -> None:
    said = triage(facts, now)
    lasting, reach = when(facts)
    fresh = reach is not None and reach > now and lasting not in {Urgency.DANGER, Urgency.PAYING}
    assert said.urgency is (Urgency.MONEY if fresh else lasting)
    assert said.reasons
    assert said.until == (reach if fresh else None)


def fact(number: int, value: object, *, prop: str = "role", start: str | None = None, known: str = "2026-06-03T00:00:00Z") -> Fact:
    return Fact(
        "phone:+1", "PhoneNumber", prop, value, "affirm", "assert", None, None, start, None, 0, None, None, 0, 0, known, number, 0, b"",
    )  # type: ignore[arg-type]  # fmt: skip


def test_three_clocks_are_kept_apart() -> None:
    lines = [
        line_of(fact(1, "recipient", start="2026-03"), ref=ref(1), published="2026-05-01"),
        line_of(fact(2, "victim-own", start="2026-02-02", known="2026-06-01T00:00:00Z"), ref=ref(2), published=None),
        line_of(
            fact(3, {"happened": "2026-01-05", "reference": "R", "reported": "2026-04-01"}, prop="record"),
            ref=ref(3),
            published="2026-06-02",
        ),
        line_of(fact(4, "infrastructure", known="2026-06-02T00:00:00Z"), ref=ref(4), published="2026"),
    ]
    assert [each.favour for each in lines] == [False, True, False, False]

    def order(clock: Clock) -> list[str]:
        return [each.ref[-1] for each in chronology(lines, clock)]

    assert order(Clock.HAPPENED) == ["3", "2", "1", "4"]
    assert order(Clock.REPORTED) == ["4", "3", "1", "2"]
    assert order(Clock.KNOWN) == ["2", "4", "1", "3"]
    assert {each.reported for each in lines} == {"2026-05-01", None, "2026-04-01", "2026"}


@pytest.mark.parametrize(("value", "told"), [(True, "true"), (False, "false"), ("False", "False"), (12, "12"), ({"a": True}, '{"a":true}')])
def test_a_value_that_is_no_text_is_told_as_json(value: object, told: str) -> None:
    assert line_of(fact(1, value, prop="record"), ref=ref(1), published=None).value == told


def dated(number: int, at: str | None) -> Line:
    return line_of(fact(number, "recipient", start=at), ref=ref(number), published=at)


@given(lines=st.lists(st.builds(dated, st.integers(0, 99), st.none() | st.dates().map(str))))
def test_no_clock_leaves_a_line_out(lines: list[Line]) -> None:
    for clock in Clock:
        assert sorted(chronology(lines, clock), key=str) == sorted(lines, key=str)


TOLD = "a voice from the bank said that my account was used by thieves and that I should move all my money to a safe account at once"
KHMER = "ខ្ញុំបានទទួលទូរស័ព្ទពីមនុស្សម្នាក់ដែលនិយាយថាគាត់ជាប៉ូលិសហើយប្រាប់ឱ្យខ្ញុំផ្ញើប្រាក់ទៅគណនីមួយដោយបន្ទាន់"


def test_wording_is_compared_in_any_script_and_not_by_chance() -> None:
    def alike(one: str, other: str) -> bool:
        return len(parts(sketch(one)) & parts(sketch(other))) >= ENOUGH

    assert alike(TOLD, TOLD.upper() + "!")
    assert alike(KHMER, KHMER)
    assert not alike(TOLD, "someone on a dating app asked me to buy coins on a page that looked like an exchange and it was gone")
    assert not alike("help me", "help me"), "too short to tell"
    assert sketch("help me") == b""
    assert len(sketch(TOLD)) == 32
