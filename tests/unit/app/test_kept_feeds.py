"""Block lists that are kept: within a bound, and never for another state of the views."""

from __future__ import annotations

from dataclasses import replace

from saksi.app.kept_feeds import KeptFeeds
from saksi.model import Reader, Tlp
from saksi.screen.feeds import Plan
from saksi.screen.judge import Setting

PLAN = Plan(Setting(Reader("bank.c", known=True), "2026-06-15", "nasc.a.example/ledger", 7), "nasc.a", "2026-06-15T08:00:00Z")


def test_the_time_of_making_is_no_part_of_the_plan_and_everything_else_is() -> None:
    kept = KeptFeeds()
    assert kept.get(PLAN, "one") is None
    kept.put(PLAN, "one", b"list")
    assert kept.get(replace(PLAN, made_at="2026-06-15T09:00:00Z"), "one") == b"list"
    red = replace(PLAN.setting, reader=replace(PLAN.setting.reader, clearance=Tlp.RED))
    later = replace(PLAN.setting, today="2026-06-16")
    others = (replace(PLAN, form="rpz"), replace(PLAN, contested=True), replace(PLAN, setting=red), replace(PLAN, setting=later))
    assert [kept.get(other, "one") for other in others] == [None] * 4


def test_nothing_is_kept_of_another_state() -> None:
    kept = KeptFeeds()
    assert kept.get(PLAN, "one") is None
    kept.put(PLAN, "one", b"list")
    assert kept.get(PLAN, "two") is None
    kept.put(PLAN, "one", b"late")
    assert (kept.get(PLAN, "two"), kept.get(PLAN, "one")) == (None, None)


def test_no_more_is_kept_than_fits_and_what_was_asked_for_last_stays() -> None:
    kept = KeptFeeds(10)
    plans = [replace(PLAN, form=form) for form in ("hosts", "rpz", "csv")]
    assert kept.get(PLAN, "one") is None
    for plan in plans[:2]:
        kept.put(plan, "one", b"12345")
    assert kept.get(plans[0], "one") == b"12345"
    kept.put(plans[2], "one", b"123")
    assert [kept.get(plan, "one") for plan in plans] == [b"12345", None, b"123"]
    kept.put(PLAN, "one", b"12345678901")
    kept.put(replace(PLAN, historical=True), "one", b"1")
    assert [kept.get(plan, "one") for plan in plans] == [b"12345", None, b"123"]
    assert kept.get(replace(PLAN, historical=True), "one") is None
