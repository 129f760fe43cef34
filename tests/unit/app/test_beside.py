"""What works beside the pages goes on after every fault, says once what was wrong, and is among the checks while it is."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from post_office import opened, plain_letters

from saksi.app import beside as beside_
from saksi.app.alerts.alerting import Alerting, alerting
from saksi.app.api.ports import Check
from saksi.app.beside import Checks, beside
from saksi.app.intake.intake import Intake
from saksi.app.node import Node
from saksi.app.posting.loop import posting
from saksi.app.posting.rounds import Courier
from saksi.ledger.disk import DiskFull
from saksi.model import BadInput, LedgerFault

FAULTS: list[Exception] = [
    DiskFull("the disk is full", where="post", todo="make room"),
    LedgerFault("the segments cannot be read", todo="rebuild the views"),
    sqlite3.OperationalError("secret words of a library"),
    BadInput("this is not a mail"),
]


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside_, "_AFTER_A_FAULT", 0.02)


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Node]:
    plain_letters(monkeypatch)
    made = opened(tmp_path)
    yield made
    made.close()


def until(met: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not met():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.005)


def named(checks: tuple[Check, ...], name: str) -> Check:
    return next(each for each in checks if each.name == name)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
def test_a_round_that_fails_is_made_again_and_said_until_one_is_through(fault: Exception, caplog: pytest.LogCaptureFixture) -> None:
    checks, made, failing = Checks(), [0], [True]

    def make() -> float:
        made[0] += 1
        if failing and made[0] > 1:
            raise fault
        return 0.01

    with caplog.at_level(logging.ERROR), beside("courier", make, checks=checks, ends_within=10):
        until(lambda: made[0] >= 5)
        told = checks[0]()
        assert not told.ok
        assert not told.needed
        assert "its rounds fail since 20" in told.said
        failing.clear()
        until(lambda: checks[0]().ok)
    assert checks == []
    assert len(caplog.messages) == 1, "the same fault is said once"
    assert "secret words" not in caplog.text + told.said


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_has_ended_is_said() -> None:
    checks = Checks()

    def make() -> float:
        raise SystemExit

    with beside("alerts", make, checks=checks, ends_within=10):
        until(lambda: "start the node again" in checks[0]().said)


def test_the_courier_of_a_node_goes_on_after_a_full_disk(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    rounds, real = [0], Courier.round

    def once(courier: Courier, now: object) -> object:
        rounds[0] += 1
        if rounds[0] == 2:
            raise FAULTS[0]
        return real(courier, now)  # type: ignore[arg-type]

    monkeypatch.setattr(Courier, "round", once)
    with posting(node, each=0.02):
        until(lambda: rounds[0] >= 4)
        assert named(node.checks(), "courier").ok
    assert "courier" not in {each.name for each in node.checks()}


def test_alerts_go_on_after_a_fault_of_the_ledger(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    rounds, real = [0], Alerting.match

    def once(alerts: Alerting) -> int:
        rounds[0] += 1
        if rounds[0] == 2:
            raise FAULTS[1]
        return real(alerts)

    monkeypatch.setattr(Alerting, "match", once)
    with alerting(node, each=0.02):
        until(lambda: rounds[0] >= 4)
        assert named(node.checks(), "alerts").ok


def test_an_intake_that_takes_nothing_any_more_is_among_the_checks(node: Node) -> None:
    with Intake(node) as intake:
        assert named(node.checks(), "intake").ok
        intake._group._fault = LedgerFault("the disk failed", todo="start again")  # as after a write that failed
        assert "until the node is started again: the disk failed" in named(node.checks(), "intake").said
    assert "intake" not in {each.name for each in node.checks()}
