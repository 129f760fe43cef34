"""What a question is matched with, and which part of it decides."""

from __future__ import annotations

import msgspec
import pytest
from world import PUBLIC, World, codes, source

from saksi.model import BadInput, Marking
from saksi.observables.detect import detect
from saksi.observables.observable import Observable
from saksi.screen.answer import encode
from saksi.screen.lookup import Match, about, listed, lookup
from saksi.screen.lookup import matches as matches_in
from saksi.screen.page import Mark

BELOW, TOP, WWW = "host:a.b.scamshop.com", "host:scamshop.com", "host:www.scamshop.com"
PAGE = "url:https://a.b.scamshop.com/pay"


def matches(entity: str) -> tuple[Match, ...]:
    """Where no network is known."""
    return matches_in(entity, World().around)


def test_a_host_is_matched_with_its_parents() -> None:
    assert [each[:2] for each in matches(BELOW)] == [(BELOW, "exact"), ("host:b.scamshop.com", "parent"), (TOP, "parent")]
    assert [each[:2] for each in matches(WWW)] == [(WWW, "exact"), (TOP, "www")]


def test_a_url_is_matched_with_its_host_and_its_parents() -> None:
    assert [each[:2] for each in matches(PAGE)] == [
        (PAGE, "exact"), (BELOW, "host"), ("host:b.scamshop.com", "parent"), (TOP, "parent"),
    ]  # fmt: skip
    assert [each[:2] for each in matches("url:https://203.0.113.7/x")] == [
        ("url:https://203.0.113.7/x", "exact"),
        ("ip:203.0.113.7", "host"),
    ]


def test_customers_of_a_shared_suffix_are_not_matched_with_it() -> None:
    assert [each.entity for each in matches("host:shop.github.io")] == ["host:shop.github.io"]
    assert matches("host:github.io")[0].suffix


def test_a_mailbox_is_matched_with_its_host() -> None:
    assert [each[:2] for each in matches("email:pay@scamshop.com")] == [("email:pay@scamshop.com", "exact"), (TOP, "host")]


@pytest.mark.parametrize("entity", ["phone:+99912345678", "account:KH:ABA:000123456", "wallet:eth:0xab", "report:a/1"])
def test_everything_else_is_matched_with_itself(entity: str) -> None:
    assert matches(entity) == ((entity, "exact", False),)


@pytest.mark.parametrize(("entity", "code"), [(BELOW, "through-parent"), (PAGE, "through-parent"), (WWW, "through-bare-domain")])
def test_an_accused_domain_flags_what_lies_in_it_and_says_so(entity: str, code: str) -> None:
    world = World()
    world.say(TOP)
    answer = world.ask(entity)
    assert (answer.status, answer.flagged) == ("known", True)
    assert codes(answer) == ["accused", code, "not-itself"]
    assert answer.parts[answer.decided_by or 0].entity == TOP


def test_an_accused_page_does_not_flag_its_host() -> None:
    world = World()
    world.say(PAGE)
    assert world.ask(PAGE).flagged
    assert world.ask(BELOW).status == "unknown"


def test_an_accused_subdomain_does_not_flag_its_parent() -> None:
    world = World()
    world.say(BELOW)
    assert world.ask(TOP).status == "unknown"


@pytest.mark.parametrize("kind", ["benign", "shared"])
def test_a_safe_listed_parent_is_not_flagged_and_says_nothing_about_what_lies_in_it(kind: str) -> None:
    world = World()
    world.say(TOP)
    world.say(TOP, kind, prop="safeListed", by=source(2))
    answer = world.ask(BELOW)
    assert (answer.status, answer.flagged, codes(answer)) == ("unknown", False, ["itself-unnamed", "parent-safe"])
    assert world.ask(TOP).status == "safe-listed"
    world.say(BELOW, by=source(3))
    answer = world.ask(BELOW)
    assert (answer.status, answer.flagged, codes(answer)) == ("known", True, ["accused", "above-safe"])


def test_a_url_that_names_no_more_than_a_safe_listed_host_is_safe_listed_and_a_page_on_it_is_not() -> None:
    world = World()
    world.say(TOP, "benign", prop="safeListed")
    bare = f"url:https://{TOP.removeprefix('host:')}/"
    assert world.ask(bare).status == "safe-listed"
    assert [part.relation for part in world.ask(bare).parts] == ["exact", "host"]
    assert world.ask(bare + "login").status == "unknown"
    world.say(bare, by=source(2))
    assert (world.ask(bare).status, world.ask(bare).flagged) == ("known", True)


def test_www_of_a_safe_listed_domain_is_safe_listed() -> None:
    world = World()
    world.say(TOP)
    world.say(TOP, "benign", prop="safeListed", by=source(2))
    assert (world.ask(WWW).status, world.ask(WWW).flagged) == ("safe-listed", False)


def test_a_safe_listed_subdomain_of_an_accused_domain_is_safe_listed() -> None:
    world = World()
    world.say(TOP)
    world.say(BELOW, "benign", prop="safeListed", by=source(2))
    assert (world.ask(BELOW).status, world.ask(BELOW).flagged) == ("safe-listed", False)


def test_a_reserved_domain_covers_all_that_lies_in_it() -> None:
    world = World()
    world.say("host:bad.example.com")
    world.say("host:example.com", "reserved", prop="safeListed", by=source(2))
    answer = world.ask("host:bad.example.com")
    assert (answer.status, answer.flagged, codes(answer)[0]) == ("safe-listed", False, "reserved")


@pytest.mark.parametrize(("value", "code", "status"), [("compromised", "protected", "known"), ("deny", "contested", "contested")])
def test_what_protects_a_parent_is_told_below_it(value: str, code: str, status: str) -> None:
    world = World()
    if value == "deny":
        world.say(TOP)
        world.say(TOP, polarity="deny", by=source(2))
    else:
        world.say(TOP, value)
    answer = world.ask(BELOW)
    assert (answer.status, answer.flagged, codes(answer)[0]) == (status, False, code)
    world.say(BELOW, by=source(3))
    assert world.ask(BELOW).flagged
    assert codes(world.ask(BELOW)) == ["accused", f"above-{code}"]


def test_that_a_parent_was_found_to_be_harmless_is_told_below_it_where_that_is_accused() -> None:
    world = World()
    world.say(TOP, polarity="deny")
    assert (world.ask(BELOW).status, codes(world.ask(BELOW))) == ("known", ["neutral", "not-itself"])
    assert codes(world.ask(WWW)) == ["cleared", "through-bare-domain", "not-itself"]
    world.say(BELOW, by=source(3))
    assert (world.ask(BELOW).flagged, codes(world.ask(BELOW))) == (True, ["accused", "above-cleared"])


def test_a_public_suffix_that_is_listed_is_shared() -> None:
    world = World()
    assert world.ask("host:github.io").status == "unknown"
    world.say("host:github.io")
    answer = world.ask("host:github.io")
    assert (answer.status, answer.flagged, codes(answer)) == ("safe-listed", False, ["safe-shared", "safe-though-accused"])


def test_the_reading_that_something_is_known_about_is_answered() -> None:
    world = World()
    world.say("account:KH:ABA:012345678")
    readings = [Observable("phone", "+85512345678", "PhoneNumber"), Observable("account", "KH:ABA:012345678", "BankAccount")]
    answer = lookup(world, world.judge(), "012345678", readings)
    assert answer.entity == "account:KH:ABA:012345678"
    assert [(each.entity, each.status) for each in answer.readings] == [("phone:+85512345678", "unknown")]
    assert lookup(World(), World().judge(), "012345678", readings).entity == "phone:+85512345678"


def test_a_number_that_its_plan_does_not_list_is_answered_with_a_warning() -> None:
    world = World()
    answer = lookup(world, world.judge(), "6681234567", detect("6681234567", country="TH"))
    assert answer.entity == "phone:+666681234567"
    assert [note.code for note in answer.warnings] == ["not-in-plan"]
    assert b"not valid in its country's number plan" in encode(answer)
    assert lookup(world, world.judge(), "66812345678", detect("66812345678", country="TH")).warnings == ()


def test_the_page_and_the_answer_by_id_warn_of_it_too() -> None:
    world = World()
    odd, whole = "phone:+666681234567", "phone:+66812345678"
    world.say(odd, "recipient")
    for entity, warned in ((odd, ["not-in-plan"]), (whole, []), ("phone:what ever", []), ("imei:+666681234567", [])):
        assert [note.code for note in about(world, world.judge(), entity, entity).warnings] == warned
        assert [note.code for note in listed(world, world.judge(), entity, None).warnings] == warned


def test_what_cannot_be_read_is_refused() -> None:
    with pytest.raises(BadInput):
        lookup(World(), World().judge(), "???", [])


IP, NEAR, WIDE = "ip:203.0.113.7", "network:203.0.113.0/24", "network:203.0.0.0/16"
ON_IP = "url:https://203.0.113.7/x"


def test_an_address_is_matched_with_the_known_networks_that_hold_it() -> None:
    world = World()
    for entity in (WIDE, NEAR, "network:203.0.114.0/24", "network:2001:db8::/32", "network:junk"):
        world.say(entity)
    for asked, first in ((IP, [(IP, "exact")]), (ON_IP, [(ON_IP, "exact"), (IP, "host")])):
        assert [each[:2] for each in matches_in(asked, world.around)] == [*first, (NEAR, "network"), (WIDE, "network")]
    assert [each.entity for each in matches_in(NEAR, world.around)] == [NEAR, WIDE]
    assert [each.entity for each in matches_in("ip:2001:db8::1", world.around)] == ["ip:2001:db8::1", "network:2001:db8::/32"]
    assert [each.entity for each in matches_in("host:scamshop.com", world.around)] == ["host:scamshop.com"]


@pytest.mark.parametrize("asked", [IP, "network:203.0.113.128/25", ON_IP])
def test_an_accused_network_flags_what_lies_in_it_and_says_so(asked: str) -> None:
    world = World()
    world.say(NEAR)
    answer = world.ask(asked)
    assert (answer.status, answer.flagged, codes(answer)) == ("known", True, ["accused", "through-network", "not-itself"])
    assert answer.parts[answer.decided_by or 0].entity == NEAR
    assert world.ask("ip:203.0.114.7").status == "unknown"


@pytest.mark.parametrize("named", [IP, NEAR])
def test_a_shared_network_covers_what_lies_in_it_but_not_a_single_address_that_is_named(named: str) -> None:
    world = World()
    world.say(WIDE, "shared", prop="safeListed", by=source(2))
    assert codes(world.ask(named)) == ["safe-shared", "through-network", "not-itself"]
    world.say(named)
    answer = world.ask(named)
    if named == NEAR:
        assert (answer.status, answer.flagged) == ("safe-listed", False)
        return
    assert (answer.status, answer.flagged, codes(answer)) == ("known", True, ["accused", "above-safe"])
    assert [note.code for note in answer.warnings] == ["may-be-shared"]
    world.say(WIDE, "benign", prop="safeListed", by=source(3))
    assert (world.ask(IP).status, world.ask(IP).warnings) == ("safe-listed", ())


@pytest.mark.parametrize(("kind", "code"), [("benign", "safe-benign"), ("reserved", "reserved")])
def test_a_safe_listed_network_covers_the_addresses_in_it(kind: str, code: str) -> None:
    world = World()
    world.say(WIDE, kind, prop="safeListed", by=source(2))
    answer = world.ask(IP)
    assert (answer.status, answer.flagged, codes(answer)) == ("safe-listed", False, [code, "through-network", "not-itself"])
    world.say(IP)
    world.say(NEAR)
    answer = world.ask(IP)
    assert (answer.status, answer.flagged, codes(answer)) == ("safe-listed", False, [code, "safe-though-accused", "through-network"])
    assert [line.role for line in answer.roles] == ["infrastructure", "infrastructure"]
    assert not world.ask(NEAR).flagged


def test_what_protects_an_address_is_told_although_its_network_is_safe_listed() -> None:
    world = World()
    world.say(NEAR, "benign", prop="safeListed", by=source(2))
    world.say(IP, "compromised")
    assert codes(world.ask(IP))[0] == "protected"
    world.say(IP, "benign", prop="safeListed", polarity="deny", by=source(3))
    assert world.ask(IP).status == "contested"


def test_a_page_in_a_safe_listed_network_is_judged_by_itself() -> None:
    world = World()
    world.say(NEAR, "benign", prop="safeListed", by=source(2))
    world.say(IP)
    answer = world.ask(ON_IP)
    assert (answer.status, answer.flagged, codes(answer)) == ("unknown", False, ["itself-unnamed", "network-safe"])
    world.say(ON_IP, by=source(3))
    answer = world.ask(ON_IP)
    assert (answer.status, answer.flagged, codes(answer)) == ("known", True, ["accused", "above-safe"])


def test_a_safe_listed_address_in_an_accused_network_is_safe_listed() -> None:
    world = World()
    world.say(NEAR)
    world.say(IP, "benign", prop="safeListed", by=source(2))
    assert (world.ask(IP).status, world.ask(IP).flagged) == ("safe-listed", False)
    assert world.ask("ip:203.0.113.8").flagged


def test_a_network_that_the_reader_may_hear_nothing_of_is_no_part_of_the_answer() -> None:
    world = World()
    world.say(NEAR, marking=Marking())
    world.say(WIDE, op="propose")
    assert [part.relation for part in world.ask(IP).parts] == ["exact", "network"]
    assert encode(world.ask(IP, PUBLIC)) == encode(msgspec.structs.replace(World().ask(IP, PUBLIC), at=world.size))
    world.page = 1
    world.say(NEAR, "benign", prop="safeListed", by=source(2), marking=Marking())
    assert [part.entity for part in world.ask(IP, PUBLIC).parts] == [IP]
    assert world.ask(IP).status == "safe-listed"


def test_a_long_answer_is_paged_over_the_networks_that_the_reader_may_hear_of() -> None:
    world = World()
    world.say(NEAR, marking=Marking())
    for number in range(5):
        world.say(WIDE, by=source(number))
        world.say(IP, by=source(number))
    judge = world.judge(PUBLIC, listed=2)
    pages = [listed(world, judge, IP, None)]
    while pages[-1].next is not None:
        pages.append(listed(world, judge, IP, Mark.read(pages[-1].next)))
    lines = [line.ref for page in pages for line in page.statements]
    assert len(pages) == 5
    assert sorted(lines) == sorted(line.ref for line in world.ask(IP, PUBLIC).statements)
    assert len(set(lines)) == 10


@pytest.mark.parametrize("entity", ["ip:192.168.0.1", "url:https://192.168.0.1/x", "url:https://[::1]:8443/"])
def test_what_a_report_says_of_a_private_address_is_evidence_and_flags_nothing(entity: str) -> None:
    """Another network has another machine there."""
    world = World()
    world.say(entity)
    answer = about(world, world.judge(), entity, entity)
    assert (answer.flagged, answer.status, len(answer.statements)) == (False, "safe-listed", 1)
    assert "reserved" in codes(answer)
    beside = World()
    beside.say("url:https://203.0.113.7/x")
    assert about(beside, beside.judge(), "", "url:https://203.0.113.7/x").flagged


def test_an_accused_private_address_says_nothing_of_a_page_nobody_named() -> None:
    world = World()
    world.say("ip:10.0.0.1")
    page = "url:https://10.0.0.1/pay"
    answer = about(world, world.judge(), page, page)
    assert not answer.flagged
