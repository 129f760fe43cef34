"""What a question is matched with, and which part of it decides."""

from __future__ import annotations

import pytest
from world import World, codes, source

from saksi.model import BadInput
from saksi.observables.observable import Observable
from saksi.screen.lookup import lookup, matches

BELOW, TOP, WWW = "host:a.b.scamshop.com", "host:scamshop.com", "host:www.scamshop.com"
PAGE = "url:https://a.b.scamshop.com/pay"


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
    assert (answer.status, answer.flagged, codes(answer)) == ("unknown", False, ["unknown", "parent-safe"])
    assert world.ask(TOP).status == "safe-listed"
    world.say(BELOW, by=source(3))
    answer = world.ask(BELOW)
    assert (answer.status, answer.flagged, codes(answer)) == ("known", True, ["accused", "above-safe"])


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
        world.say(TOP, polarity="deny")
    else:
        world.say(TOP, value)
    answer = world.ask(BELOW)
    assert (answer.status, answer.flagged, codes(answer)[0]) == (status, False, code)
    world.say(BELOW, by=source(3))
    assert world.ask(BELOW).flagged
    assert codes(world.ask(BELOW)) == ["accused", f"above-{code}"]


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


def test_what_cannot_be_read_is_refused() -> None:
    with pytest.raises(BadInput):
        lookup(World(), World().judge(), "???", [])
