"""Block lists hold what may be blocked, and nothing that would harm a bystander."""

from __future__ import annotations

import csv

import pytest
from world import CLEAR, ORIGIN, PUBLIC, TODAY, World, source

from saksi.model import BadInput, Grade, Marking, Pap, Reader, Tlp
from saksi.screen.feeds import Plan, feed, write
from saksi.screen.judge import Setting
from saksi.views.fact import Recorder

BAD, OTHER = "host:login.scamshop.com", "host:cheatpay.net"
GREEN = Marking(Tlp.GREEN, Pap.GREEN, (), "fraud", "law 1")
KNOWN = Reader("bank.c", known=True)


def _plan(world: World, reader: Reader = PUBLIC, **other: object) -> Plan:
    setting = Setting(reader, TODAY, ORIGIN, world.size)
    return Plan(setting, "nasc.a", "2026-06-15T08:00:00Z", **other)  # type: ignore[arg-type]


def _listed(world: World, reader: Reader = PUBLIC, **other: object) -> list[str]:
    return [entry.entity for entry in feed(world, _plan(world, reader, **other)).entries]


def test_what_is_accused_is_listed_in_order() -> None:
    world = World()
    world.say(BAD)
    world.say(OTHER, valid_from="2026-02-01", valid_until="2026-12")
    made = feed(world, _plan(world))
    assert [entry.entity for entry in made.entries] == [OTHER, BAD]
    assert (made.entries[0].seen_since, made.entries[0].seen_last) == ("2026-02-01", "2026-12")
    assert made.entries[1].refs == (f"{ORIGIN}#{world.by_entity[BAD][0].commitment.hex()}",)


def test_when_we_took_it_in_is_not_when_it_was_seen() -> None:
    world = World()
    world.say(BAD, by=source(1, published=None))
    world.say(OTHER, by=source(1, published=None), reported="2026-05-03")
    told, undated = feed(world, _plan(world, form="csv")).entries
    assert (undated.seen_since, undated.seen_last, undated.recorded_since) == (None, None, "2026-06-01T00:00:00Z")
    assert (told.seen_since, told.seen_last, told.recorded_since) == ("2026-05-03", "2026-05-03", "2026-06-01T00:00:00Z")
    hosts = "".join(write(feed(world, _plan(world))))
    assert "infrastructure; in our records since 2026-06-01; " in hosts
    assert "infrastructure; seen since 2026-05-03, last 2026-05-03; in our records since 2026-06-01; " in hosts
    table = "".join(write(feed(world, _plan(world, form="csv"))))
    assert f"\n{BAD},infrastructure,,,2026-06-01T00:00:00Z,no," in table


@pytest.mark.parametrize("role", ["victim-own", "impersonated", "spoofed", "compromised", "ringleader"])
def test_only_accusing_roles_are_listed(role: str) -> None:
    world = World()
    world.say(BAD, role)
    assert _listed(world) == []
    world.say(BAD, "infrastructure", by=source(2))
    assert _listed(world) == ([BAD] if role == "ringleader" else [])
    assert _listed(world, contested=True) == _listed(world)


@pytest.mark.parametrize("op", ["retract", "expire"])
def test_a_withdrawal_takes_out_at_once(op: str) -> None:
    world = World()
    fact = world.say(BAD)
    assert _listed(world) == [BAD]
    world.change(fact, op)
    assert _listed(world) == []
    world.change(fact, "reinstate")
    assert _listed(world) == [BAD]


def test_proposals_and_rejections_and_what_is_over_are_not_listed() -> None:
    world = World()
    fact = world.say(BAD, op="propose")
    world.say(OTHER, valid_until="2026-06-14")
    assert _listed(world) == []
    world.change(fact, "reject")
    assert _listed(world) == []
    world.change(fact, "confirm")
    assert _listed(world) == [BAD]


@pytest.mark.parametrize(("pap", "listed"), [(Pap.CLEAR, True), (Pap.GREEN, True), (Pap.AMBER, False), (Pap.RED, False)])
def test_pap_says_what_may_be_blocked(pap: Pap, listed: bool) -> None:
    world = World()
    world.say(BAD, marking=Marking(Tlp.CLEAR, pap))
    assert _listed(world) == ([BAD] if listed else [])


def test_tlp_says_who_gets_it() -> None:
    world = World()
    world.say(BAD, marking=GREEN)
    assert _listed(world) == []
    assert _listed(world, KNOWN) == [BAD]
    assert feed(world, _plan(world, KNOWN)).tlp is Tlp.GREEN


def test_an_entry_tells_only_what_the_reader_may_have() -> None:
    world = World()
    world.say(BAD, "sanctioned", valid_from="2020-01-01", marking=Marking())
    fact = world.say(BAD, "infrastructure", valid_from="2026-01-01", by=source(2))
    (entry,) = feed(world, _plan(world)).entries
    assert (entry.roles, entry.seen_since, entry.refs) == (("infrastructure",), "2026-01-01", (f"{ORIGIN}#{fact.commitment.hex()}",))


@pytest.mark.parametrize("marking", [CLEAR, Marking()])
def test_a_denial_takes_out_even_where_the_reader_may_not_see_it(marking: Marking) -> None:
    world = World()
    world.say(BAD)
    world.say(BAD, polarity="deny", by=source(2), marking=marking)
    assert _listed(world) == []
    assert _listed(world, contested=True) == [BAD]
    assert any("CONTESTED" in line for line in write(feed(world, _plan(world, contested=True))))


@pytest.mark.parametrize("kind", ["benign", "shared", "reserved"])
@pytest.mark.parametrize("marking", [CLEAR, Marking()])
def test_nothing_safe_listed_and_nothing_above_it(kind: str, marking: Marking) -> None:
    world = World()
    for name in ("a.b.scamshop.com", "b.scamshop.com", "scamshop.com", "x.a.b.scamshop.com"):
        world.say("host:" + name)
    world.say("host:a.b.scamshop.com", kind, prop="safeListed", by=source(2), marking=marking)
    assert _listed(world) == ["host:x.a.b.scamshop.com"]


def test_a_safe_listed_page_spares_its_host() -> None:
    world = World()
    world.say(BAD)
    world.say("url:https://login.scamshop.com/help", "benign", prop="safeListed")
    assert _listed(world) == []


def test_an_accused_page_does_not_list_its_host() -> None:
    world = World()
    world.say("url:https://login.scamshop.com/pay")
    assert _listed(world) == []
    assert _listed(world, form="csv", kinds=("url",)) == ["url:https://login.scamshop.com/pay"]


def test_no_public_suffix_is_listed() -> None:
    world = World()
    world.say("host:github.io")
    world.say("host:co.uk")
    assert _listed(world) == []


def test_an_unreliable_source_alone_lists_nothing() -> None:
    world = World()
    world.say(BAD, recorder=Recorder("nasc.a", grade=Grade("E", 4)))
    assert _listed(world) == []


def test_a_host_above_a_harmed_one_is_blocked_by_its_exact_name_only() -> None:
    world = World()
    world.say("host:scamshop.com")
    world.say("host:cheatpay.net")
    world.say("host:my.scamshop.com", "compromised", marking=Marking())
    text = list(write(feed(world, _plan(world, form="rpz"))))
    assert any(line.startswith("scamshop.com CNAME .") for line in text)
    assert "*.scamshop.com CNAME .\n" not in text
    assert "*.cheatpay.net CNAME .\n" in text


def test_ids_from_a_peer_cannot_break_out_of_their_line() -> None:
    world = World()
    world.say("host:evil;$INCLUDE")
    world.say("host:*.com")
    world.say(BAD)
    assert _listed(world) == [BAD]


def test_a_name_too_long_for_a_zone_is_left_out_and_said() -> None:
    world = World()
    name = ".".join(["a" * 60] * 4) + ".com"
    world.say("host:" + name)
    text = "".join(write(feed(world, _plan(world, form="rpz"))))
    assert name not in text
    assert "; 1 names are too long" in text
    assert name in "".join(write(feed(world, _plan(world))))


@pytest.mark.parametrize("form", ["hosts", "rpz", "csv"])
def test_a_feed_names_its_ledger_time_and_how_to_contest_and_is_the_same_each_time(form: str) -> None:
    world = World()
    for number in range(20):
        world.say(f"host:shop{number * 7 % 20}.scamshop.com", by=source(number % 3))
    text = "".join(write(feed(world, _plan(world, form=form))))
    for part in (ORIGIN, f"size {world.size}", "2026-06-15T08:00:00Z", "To contest", "nasc.a", "TLP:CLEAR"):
        assert part in text
    assert text == "".join(write(feed(world, _plan(world, form=form))))


IP, NEAR, WIDE = "ip:203.0.113.7", "network:203.0.113.0/24", "network:203.0.0.0/16"
ADDRESSES = ("ip", "network")


@pytest.mark.parametrize(("pap", "listed"), [(Pap.GREEN, [IP, NEAR]), (Pap.AMBER, [])])
def test_addresses_and_networks_are_listed_where_pap_allows_it(pap: Pap, listed: list[str]) -> None:
    world = World()
    for entity in (IP, NEAR):
        world.say(entity, marking=Marking(Tlp.CLEAR, pap))
    assert _listed(world, form="csv", kinds=ADDRESSES) == listed
    assert _listed(world, form="csv", kinds=("ip",)) == [each for each in listed if each == IP]
    assert _listed(world) == []


def test_an_address_is_not_listed_because_its_network_is() -> None:
    world = World()
    world.say(NEAR)
    world.say(IP, "label", prop="label")
    assert _listed(world, form="csv", kinds=ADDRESSES) == [NEAR]


@pytest.mark.parametrize("kind", ["benign", "shared", "reserved"])
@pytest.mark.parametrize("marking", [CLEAR, Marking()])
@pytest.mark.parametrize("contested", [False, True])
def test_nothing_in_a_safe_listed_network_and_no_network_around_a_safe_address(kind: str, marking: Marking, contested: bool) -> None:
    world = World()
    for entity in (IP, NEAR, WIDE, "ip:198.51.100.7", "network:198.51.100.0/24", "network:203.0.114.0/24", "network:203.0.114.64/26"):
        world.say(entity)
    world.say(IP, polarity="deny", by=source(3))
    for safe in (NEAR, "ip:198.51.100.8", "url:https://203.0.114.9/help"):
        world.say(safe, kind, prop="safeListed", by=source(2), marking=marking)
    listed = _listed(world, form="csv", kinds=ADDRESSES, contested=contested)
    assert listed == ["ip:198.51.100.7", "network:203.0.114.64/26"]


def test_no_network_is_listed_around_somebody_harmed_or_in_dispute() -> None:
    world = World()
    for entity in (NEAR, "network:198.51.100.0/24"):
        world.say(entity)
    world.say(IP, "compromised", marking=Marking())
    world.say("ip:198.51.100.7")
    world.say("ip:198.51.100.7", polarity="deny", by=source(2))
    assert _listed(world, form="csv", kinds=ADDRESSES) == []
    assert _listed(world, form="csv", kinds=("network",)) == []


def test_ids_that_are_no_address_or_no_one_partys_are_not_listed() -> None:
    world = World()
    for junk in (
        "network:0.0.0.0/1",
        "network:192.0.2.1/24",
        "ip:1.2.3.4;$INCLUDE",
        "ip:1.2.3.4\n",
        "network:2001:DB8::/32",
        "network:0.0.0.0/0",
        "network:10.0.0.0/8",
        "ip:192.168.1.1",
        "ip:127.0.0.1",
        "ip:::1",
        "ip:2002:a00:1::1",
        "network:198.18.0.0/15",
        "url:https://192.168.0.1/x",
        "url:https://[::1]:8443/",
        "url:https://[::7f00:1]/",
        "url:https://[fec0::1]/",
        "host:router.home.arpa",
        "host:1.0.0.127.in-addr.arpa",
        "url:https://router.home.arpa/",
    ):
        world.say(junk)
    world.say("url:https://203.0.113.7/x")
    assert _listed(world, form="csv", kinds=("host", *ADDRESSES, "url")) == ["url:https://203.0.113.7/x"]


def test_a_zone_names_addresses_backwards_and_a_hosts_file_leaves_them_out() -> None:
    world = World()
    for entity in (BAD, IP, NEAR, "ip:2001:db8::1", "network:2001:db8::/32", "network:2001:db8:0:0:1::/80"):
        world.say(entity)
    names = [
        line.split(" CNAME")[0] for line in write(feed(world, _plan(world, form="rpz", kinds=("host", *ADDRESSES)))) if " CNAME . ;" in line
    ]
    assert names == [
        "login.scamshop.com", "128.1.zz.db8.2001.rpz-ip", "32.7.113.0.203.rpz-ip", "80.zz.1.0.0.db8.2001.rpz-ip", "32.zz.db8.2001.rpz-ip",
        "24.0.113.0.203.rpz-ip",
    ]  # fmt: skip
    text = "".join(write(feed(world, _plan(world, kinds=("host", *ADDRESSES)))))
    assert "0.0.0.0 login.scamshop.com" in text
    assert "203.0.113" not in text
    assert "# 5 addresses and networks cannot stand in a hosts file and are left out\n" in text


def test_csv_reads_back() -> None:
    world = World()
    world.say("phone:+99912345678", "confirmed-mule")
    world.say(BAD)
    plan = _plan(world, form="csv", kinds=("phone", "host"))
    lines = [line for line in write(feed(world, plan)) if not line.startswith("#")]
    rows = list(csv.DictReader(lines))
    assert [row["entity"] for row in rows] == [BAD, "phone:+99912345678"]
    assert rows[1]["roles"] == "confirmed-mule"


def test_a_plan_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(BadInput):
        _plan(World(), form="pdf")
    with pytest.raises(BadInput):
        _plan(World(), kinds=("phone",))


def test_more_entities_than_a_page() -> None:
    world = World()
    for number in range(4100):
        world.say(f"host:n{number}.scamshop.com")
    assert len(_listed(world)) == 4100


def test_a_named_address_in_a_shared_network_is_listed_and_marked() -> None:
    world = World()
    for entity in (IP, "ip:198.51.100.7", "ip:203.0.113.8"):
        world.say(entity)
    world.say("ip:203.0.113.8", polarity="deny", by=source(3))
    world.say(WIDE, "shared", prop="safeListed", by=source(2))
    for contested in (False, True):
        made = feed(world, _plan(world, form="csv", kinds=ADDRESSES, contested=contested))
        assert {entry.entity: entry.shared for entry in made.entries} == {IP: True, "ip:198.51.100.7": False}
    rows = csv.DictReader(line for line in write(made) if not line.startswith("#"))
    assert [row["shared"] for row in rows] == ["no", "yes"]
    assert any("SHARED; infrastructure" in line for line in write(feed(world, _plan(world, form="rpz", kinds=ADDRESSES))))
    world.say(NEAR, "benign", prop="safeListed", by=source(4))
    assert _listed(world, form="csv", kinds=ADDRESSES) == ["ip:198.51.100.7"]


def test_a_callers_word_takes_nothing_out_and_the_desks_does() -> None:
    world = World()
    world.say(BAD)
    world.say(BAD, "false-alarm", prop="outcome", by=source(2))
    assert _listed(world) == [BAD]
    world.page = 1
    assert _listed(world) == [BAD]  # summed up, too
    fact = world.say(BAD, "false-alarm", prop="outcome", by=source(3), recorder=Recorder("nasc.a", "analyst-1"))
    assert _listed(world) == []
    world.page = 10_000
    assert _listed(world) == []
    world.change(fact, "retract", recorder=Recorder("nasc.a"))
    assert _listed(world) == [BAD]


@pytest.mark.parametrize("form", ["hosts", "rpz", "csv"])
def test_how_many_are_left_out_for_what_lies_below_them_is_said_to_those_who_may_see_it(form: str) -> None:
    def said(reader: Reader) -> list[str]:
        return [line for line in write(feed(world, _plan(world, reader, form=form))) if "below" in line and "left out" in line]

    world, home = World(), Reader("nasc.a", home=True, clearance=Tlp.RED)
    world.say("host:scamshop.com")
    assert said(PUBLIC) == []
    world.say("url:https://good.scamshop.com/a", "benign", prop="safeListed", by=source(2), marking=Marking())
    assert _listed(world) == []
    assert said(PUBLIC) == []
    assert said(home)[0].endswith(" 1 host is accused and left out: something at or below it is safe-listed.\n")
    world.say("host:best.scamshop.com", "benign", prop="safeListed", by=source(2))
    world.say(OTHER, marking=Marking(Tlp.RED, Pap.GREEN))
    world.say(f"host:a.{OTHER.removeprefix('host:')}", "benign", prop="safeListed", by=source(2))
    assert " 1 host is" in said(PUBLIC)[0]
    assert " 2 hosts are accused and left out: something at or below each is safe-listed." in said(home)[0]


@pytest.mark.parametrize("desk", [True, False])
def test_a_zone_names_nothing_below_a_domain_where_one_host_was_found_to_be_harmless(desk: bool) -> None:
    world = World()
    world.say("host:scamshop.com")
    zone = "".join(write(feed(world, _plan(world, form="rpz"))))
    assert "\n*.scamshop.com CNAME .\n" in zone
    world.say(BAD, "false-alarm", prop="outcome", by=source(2), recorder=Recorder("nasc.a", "analyst-1" if desk else None))
    zone = "".join(write(feed(world, _plan(world, form="rpz"))))
    assert "\nscamshop.com CNAME . ;" in zone
    assert ("\n*.scamshop.com CNAME .\n" in zone) is not desk  # a caller's word takes nothing out


@pytest.mark.parametrize("form", ["hosts", "rpz", "csv"])
def test_a_historical_feed_says_so_before_anything_else(form: str) -> None:
    world = World()
    world.say(BAD)
    (first, *_) = write(feed(world, _plan(world, form=form, historical=True)))
    assert first.startswith(("# HISTORICAL, NOT FOR BLOCKING", "; HISTORICAL, NOT FOR BLOCKING"))
    assert "HISTORICAL" not in "".join(write(feed(world, _plan(world, form=form))))
