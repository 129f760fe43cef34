"""What an answer says: the status, the flag and all that stops it, who says so, and when."""

from __future__ import annotations

import json

import pytest
from world import CLEAR, OFFICER, ORIGIN, PUBLIC, World, codes, source

from saksi.model import ACCUSING_ROLES, Grade, Marking, Pap, Reader, Tlp
from saksi.screen.answer import Span, decode, encode
from saksi.screen.verdict import PROTECTED_ROLES
from saksi.screen.wording import PAST
from saksi.views.fact import Recorder

PHONE = "phone:+99912345678"
HOST = "host:pay.example.net"
AMBER = Marking(Tlp.AMBER, Pap.AMBER, ("police.b",), "fraud", "law 1")


def test_unknown_does_not_mean_safe() -> None:
    answer = World().ask(PHONE)
    assert (answer.status, answer.flagged, answer.total, answer.decided_by) == ("unknown", False, 0, None)
    assert "does not mean that it is safe" in answer.why[0].text
    assert answer.marking.tlp == "CLEAR"


@pytest.mark.parametrize("role", sorted(ACCUSING_ROLES))
def test_an_accusation_flags(role: str) -> None:
    world = World()
    world.say(PHONE, role)
    answer = world.ask(PHONE)
    assert (answer.status, answer.flagged, codes(answer)) == ("known", True, ["accused"])
    assert answer.roles[0].kind == "accuses"


@pytest.mark.parametrize("role", sorted(PROTECTED_ROLES))
def test_who_is_harmed_is_never_flagged(role: str) -> None:
    world = World()
    world.say(PHONE, role)
    answer = world.ask(PHONE)
    assert (answer.status, answer.flagged, codes(answer)) == ("known", False, ["protected"])
    world.say(PHONE, "recipient", by=source(2))
    answer = world.ask(PHONE)
    assert (answer.status, answer.flagged, codes(answer)) == ("contested", False, ["contested"])
    assert {line.role for line in answer.roles} == {role, "recipient"}


def test_a_role_nobody_knows_yet_does_not_flag() -> None:
    world = World()
    world.say(PHONE, "ringleader")
    answer = world.ask(PHONE)
    assert (answer.status, answer.flagged, answer.roles[0].kind) == ("known", False, "other")


def test_a_listed_exchange_that_is_safe_listed_is_not_flagged_and_both_sources_are_shown() -> None:
    world = World()
    world.say("host:etherscan.io", by=source(1, publisher="A scam list"))
    world.say("host:etherscan.io", "benign", prop="safeListed", by=source(2, publisher="An allow list"))
    answer = world.ask("host:etherscan.io")
    assert (answer.status, answer.flagged) == ("safe-listed", False)
    assert codes(answer) == ["safe-benign", "safe-though-accused"]
    assert {line.publisher for line in answer.sources} == {"A scam list", "An allow list"}
    assert len(answer.statements) == 2


def test_a_denial_makes_it_contested_with_both_sides() -> None:
    world = World()
    world.say(PHONE, "suspected-mule", by=source(1))
    world.say(PHONE, "suspected-mule", by=source(2), polarity="deny")
    answer = world.ask(PHONE)
    assert (answer.status, answer.flagged, codes(answer)) == ("contested", False, ["contested"])
    assert answer.roles[0].said_by == ("Publisher 1",)
    assert answer.roles[0].denied_by == ("Publisher 2",)
    assert [line.says for line in answer.sources] == ["affirm", "deny"]
    assert answer.independent.sources == 1


def test_a_denied_safe_listing_is_contested() -> None:
    world = World()
    world.say(HOST, "benign", prop="safeListed")
    world.say(HOST, "benign", prop="safeListed", by=source(2), polarity="deny")
    assert world.ask(HOST).status == "contested"


def test_a_false_alarm_told_by_a_caller_contests() -> None:
    world = World()
    world.say(PHONE, "recipient")
    world.say(PHONE, "false-alarm", prop="outcome", by=source(2))
    answer = world.ask(PHONE)
    assert (answer.status, answer.flagged, codes(answer)) == ("contested", False, ["contested-by-caller"])
    world.say(PHONE, "false-alarm", prop="outcome", by=source(3), recorder=Recorder("nasc.a", "analyst-1"))
    assert codes(world.ask(PHONE)) == ["contested"]


DESK = Recorder("nasc.a", "analyst-1")


def test_what_was_found_to_be_harmless_and_nobody_accuses_now_is_known_not_contested() -> None:
    world = World()
    accused = world.say(PHONE, "recipient")
    world.say(PHONE, "report:a/1", prop="reportedIn")
    world.say(PHONE, "false-alarm", prop="outcome", by=source(2), recorder=DESK)
    assert world.ask(PHONE).status == "contested"
    world.change(accused, "retract")
    answer = world.ask(PHONE)
    assert (answer.status, answer.flagged, codes(answer)) == ("known", False, ["cleared"])
    assert "found to be harmless" in answer.why[0].text and "nobody whose words you may see accuses it now" in answer.why[0].text
    world.say(PHONE, "scam-confirmed", prop="outcome", by=source(3))
    answer = world.ask(PHONE)
    assert (answer.status, answer.flagged, codes(answer)) == ("contested", False, ["outcomes-differ"])
    assert "ources disagree" not in answer.why[0].text
    world.say(PHONE, "infrastructure")
    assert codes(world.ask(PHONE)) == ["contested"], "now a source accuses it"


@pytest.mark.parametrize(
    ("prop", "value", "polarity", "desk", "code"),
    [
        ("outcome", "false-alarm", "affirm", True, "cleared"),
        ("outcome", "false-alarm", "affirm", False, "cleared-by-caller"),
        ("role", "recipient", "deny", False, "cleared"),
        ("role", "victim-own", "deny", False, "neutral"),
        ("label", "a name", "deny", False, "neutral"),
    ],
)
def test_a_denial_of_nothing_that_stands_is_no_disagreement(prop: str, value: str, polarity: str, desk: bool, code: str) -> None:
    world = World()
    world.say(HOST, value, prop=prop, polarity=polarity, recorder=DESK if desk else Recorder("nasc.a"))
    answer = world.ask(HOST)
    assert (answer.status, answer.flagged, codes(answer)) == ("known", False, [code])
    below = world.ask("url:https://pay.example.net/a")  # says nothing good about a longer address
    assert (below.status, below.flagged, codes(below)) == ("known", False, ["neutral", "not-itself"])
    world.say("host:example.net", by=source(2))
    assert (world.ask(HOST).status, world.ask(HOST).flagged) == ("contested", False)  # what it lies in is accused
    assert not world.ask("url:https://pay.example.net/a").flagged


@pytest.mark.parametrize("desk", [True, False])
def test_a_false_alarm_agrees_with_what_protects(desk: bool) -> None:
    world = World()
    world.say(PHONE, "victim-own")
    world.say(PHONE, "false-alarm", prop="outcome", recorder=DESK if desk else Recorder("nasc.a"))
    assert codes(world.ask(PHONE)) == ["protected"]
    world.say(PHONE, "victim-own", by=source(2), polarity="deny")
    assert codes(world.ask(PHONE)) == ["contested"]


@pytest.mark.parametrize(("grade", "flagged"), [(Grade("E", 3), False), (Grade("B", 5), False), (Grade("F", 6), True), (None, True)])
def test_an_unreliable_source_alone_does_not_flag(grade: Grade | None, flagged: bool) -> None:
    world = World()
    world.say(PHONE, "recipient", recorder=Recorder("nasc.a", grade=grade))
    assert world.ask(PHONE).flagged is flagged
    world.say(PHONE, "recipient", by=source(2), recorder=Recorder("nasc.a", grade=Grade("B", 2)))
    assert world.ask(PHONE).flagged


@pytest.mark.parametrize("op", ["retract", "expire"])
def test_what_is_withdrawn_does_not_count_but_is_told(op: str) -> None:
    world = World()
    fact = world.say(PHONE, "recipient")
    world.change(fact, op, reason="a mistake in the report")
    answer = world.ask(PHONE)
    assert (answer.status, answer.flagged, answer.total, answer.independent.sources) == ("unknown", False, 0, 0)
    assert [(line.standing, line.since, line.reason) for line in answer.past] == [
        ("retracted" if op == "retract" else "expired", "2026-06-10T00:00:00Z", "a mistake in the report")
    ]
    world.change(fact, "reinstate")
    assert world.ask(PHONE).flagged


def test_why_it_was_withdrawn_is_told_to_those_who_may_read_it() -> None:
    world = World()
    fact = world.say(PHONE, "recipient")
    world.change(fact, "retract", marking=Marking(), reason="a name")
    line = world.ask(PHONE, PUBLIC).past[0]
    assert (line.standing, line.since, line.reason) == ("retracted", None, None)


def test_proposals_count_only_once_confirmed() -> None:
    world = World()
    fact = world.say(PHONE, "recipient", op="propose")
    assert encode(world.ask(PHONE)) == encode(World().ask(PHONE, at=1))
    world.change(fact, "confirm")
    assert world.ask(PHONE).flagged
    other = world.say(HOST, op="propose")
    world.change(other, "reject")
    assert (world.ask(HOST).status, [line.standing for line in world.ask(HOST).past]) == ("unknown", ["rejected"])
    assert world.ask(HOST).why == (PAST,), "that it was on record is told, though nothing stands"


def test_a_proposal_that_was_withdrawn_before_anybody_decided_is_nowhere() -> None:
    world = World()
    fact = world.say(PHONE, "recipient", op="propose")
    for op in ("retract", "reinstate", "expire"):
        world.change(fact, op)
        assert world.ask(PHONE).past == ()
    world.change(fact, "reject")
    world.change(fact, "reinstate")
    assert [line.standing for line in world.ask(PHONE).past] == ["rejected"]


def test_what_is_over_or_not_yet_does_not_accuse() -> None:
    world = World()
    world.say(PHONE, "recipient", valid_until="2026-06-14")
    world.say(PHONE, "recipient", valid_from="2026-07")
    answer = world.ask(PHONE)
    assert (answer.status, [line.standing for line in answer.past]) == ("unknown", ["lapsed", "future"])
    world.say(PHONE, "recipient", valid_until="2026")
    assert world.ask(PHONE).flagged


def test_an_old_sighting_of_a_phone_does_not_flag_and_of_a_host_warns() -> None:
    world = World()
    for entity in (PHONE, HOST):
        world.say(entity, "recipient", valid_from="2024-01-20")
    phone, host = world.ask(PHONE), world.ask(HOST)
    assert (phone.flagged, [note.code for note in phone.warnings]) == (False, ["recycled"])
    assert (host.flagged, [note.code for note in host.warnings]) == (True, ["recycled"])
    assert (codes(phone), codes(host)) == (["stale"], ["accused"])
    assert "28 months ago" in phone.warnings[0].text
    assert "new customers" in phone.warnings[0].text
    world.say(PHONE, "recipient", valid_from="2026-05-20", by=source(2))
    assert world.ask(PHONE).flagged
    assert world.ask(PHONE).warnings == ()


def test_the_clocks_are_kept_apart() -> None:
    world = World()
    world.say(PHONE, "recipient", valid_from="2026-02-03", by=source(1, published="2026-03-01"), asserted_at="2026-06-02T00:00:00Z")
    world.say(PHONE, "recipient", valid_from="2026-01", by=source(2, published="2026-04"), asserted_at="2026-06-01T00:00:00Z")
    seen = world.ask(PHONE).roles[0].seen
    assert seen.happened is not None
    assert seen.reported is not None
    assert seen.recorded is not None
    assert (seen.happened.first, seen.happened.last) == ("2026-01", "2026-02-03")
    assert (seen.reported.first, seen.reported.last) == ("2026-03-01", "2026-04")
    assert (seen.recorded.first, seen.recorded.last) == ("2026-06-01T00:00:00Z", "2026-06-02T00:00:00Z")


def test_the_day_of_a_report_goes_before_the_date_of_the_file_it_stands_in() -> None:
    world = World()
    file = source(1, published="2026-05-31")
    world.say(PHONE, "recipient", by=file, valid_from="2026-02-03", reported="2026-02-05")
    world.say(PHONE, "recipient", by=file, reported="2026-03-01")
    answer = world.ask(PHONE)
    for seen in (answer.seen, answer.roles[0].seen):
        assert seen.happened == Span("2026-02-03", "2026-02-03")
        assert seen.reported == Span("2026-02-05", "2026-03-01")
    assert [line.published for line in answer.sources] == ["2026-05-31"]
    assert [line.reported for line in answer.statements] == ["2026-02-05", "2026-03-01"]


def test_the_clocks_of_a_hub_are_those_of_all_its_statements() -> None:
    world = World()
    world.page = 3
    for day in ("02-05", "01-07", "03-01", "02-09", "02-08"):
        world.say(PHONE, "recipient", valid_from=f"2025-{day}", reported=f"2026-{day}")
    seen = world.ask(PHONE).seen
    assert (seen.happened, seen.reported) == (Span("2025-01-07", "2025-03-01"), Span("2026-01-07", "2026-03-01"))


def test_a_warning_never_gives_the_time_of_our_take_as_when_it_was_seen() -> None:
    world = World()
    world.say(PHONE, "recipient", by=source(1, published=None), asserted_at="2024-01-20T08:00:00Z")
    answer = world.ask(PHONE)
    assert (answer.flagged, codes(answer)) == (False, ["stale"])
    assert answer.warnings[0].text.startswith("Nobody says when it was seen; recorded here 2024-01-20, 28 months ago. ")
    world.say(PHONE, "recipient", by=source(1, published=None), reported="2024-03-01")
    assert world.ask(PHONE).warnings[0].text.startswith("Last seen 2024-03-01, 27 months ago. ")


def test_recorder_and_speaker_are_not_mixed_up() -> None:
    world = World()
    world.say(PHONE, "recipient", by=source(1, publisher="Bank of C"), recorder=Recorder("police.b"))
    line = world.ask(PHONE).roles[0]
    assert (line.said_by, line.recorded_by) == (("Bank of C",), ("police.b",))


def test_a_regrade_and_a_relabel_are_in_force() -> None:
    world = World()
    fact = world.say(PHONE, "recipient", recorder=Recorder("nasc.a", grade=Grade("B", 2)))
    world.change(fact, "regrade", recorder=Recorder("nasc.a", grade=Grade("C", 3)))
    world.change(fact, "relabel", marking=AMBER)
    answer = world.ask(PHONE)
    assert (answer.statements[0].grade, answer.sources[0].grades) == ("C3", ("C3",))
    assert (answer.statements[0].tlp, answer.marking.tlp, answer.marking.pap) == ("AMBER", "AMBER", "AMBER")


def test_a_stricter_marking_also_hides_the_past() -> None:
    world = World()
    fact = world.say(PHONE, "recipient")
    before = world.size
    assert world.ask(PHONE, PUBLIC, at=before).flagged
    world.change(fact, "relabel", marking=AMBER)
    assert encode(world.ask(PHONE, PUBLIC, at=before)) == encode(World().ask(PHONE, PUBLIC, at=before))
    assert world.ask(PHONE, OFFICER, at=before).flagged


def test_the_strictest_marking_of_what_is_shown() -> None:
    world = World()
    world.say(PHONE, "recipient")
    world.say(PHONE, "recipient", by=source(2), marking=AMBER)
    world.say(PHONE, "recipient", by=source(3), marking=Marking())
    assert world.ask(PHONE, PUBLIC).marking.tlp == "CLEAR"
    assert world.ask(PHONE, Reader("police.b", known=True)).marking.tlp == "AMBER"
    assert world.ask(PHONE).marking.tlp == "RED"


def test_a_reference_and_no_plain_hash_leaves() -> None:
    world = World()
    fact = world.say(PHONE, "recipient")
    line = json.loads(encode(world.ask(PHONE)))
    assert line["statements"][0]["ref"] == f"{ORIGIN}#{fact.commitment.hex()}"
    assert not {"id", "content_key"} & (set(line) | set(line["statements"][0]))
    assert line["statements"][0]["locator"] == {"row": 1}


def test_json_has_the_promised_names_and_reads_back() -> None:
    world = World()
    world.say(PHONE, "recipient")
    world.say(PHONE, {"reference": "R-1", "amount": "10.00"}, prop="record")
    answer = world.ask(PHONE)
    assert {"query", "entity", "status", "sources", "statements"} <= set(json.loads(encode(answer)))
    assert encode(decode(encode(answer))) == encode(answer)


def test_a_hub_is_summed_up_and_nothing_against_it_is_overlooked() -> None:
    world = World()
    world.page = 50
    world.say(PHONE, "recipient", by=source(7))
    world.say(PHONE, "recipient", by=source(7), polarity="deny")
    for number in range(300):
        world.say(PHONE, f"report:a/{number}", prop="reportedIn", by=source(number % 3))
    answer = world.ask(PHONE)
    assert (answer.status, answer.total, answer.reports) == ("contested", 302, 300)
    assert len(answer.statements) == 200
    assert {line.publisher for line in answer.sources} == {f"Publisher {number}" for number in (0, 1, 2, 7)}
    assert world.ask(PHONE, Reader("nobody")).total == 302


def test_one_report_in_two_sources_is_one_report() -> None:
    world = World()
    for number in range(2):
        world.say(PHONE, "report:a/1", prop="reportedIn", by=source(number))
    assert world.ask(PHONE).reports == 1


def test_only_the_newest_statements_are_listed_but_all_are_counted() -> None:
    world = World()
    for number in range(30):
        world.say(PHONE, "recipient", by=source(number))
    answer = world.judge(listed=10)
    made = answer.answer(PHONE, [_whole(world)])
    assert (made.total, len(made.statements), made.statements[-1].source, len(made.sources)) == (30, 10, 30, 30)


def _whole(world: World):  # type: ignore[no-untyped-def]
    from saksi.screen.judge import Matched

    return Matched(PHONE, "exact", world.facts(PHONE))


def test_equal_markings_are_not_needed_for_equal_answers() -> None:
    world = World()
    world.say(PHONE, "recipient", marking=CLEAR)
    assert encode(world.ask(PHONE, PUBLIC)) == encode(world.ask(PHONE, OFFICER))
