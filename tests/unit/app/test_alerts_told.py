"""What is told to whom: by the clearance of that moment, once by each channel, also after a crash, and not what was taken back."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from alarm import HOST, PHONE, Alarm, said

from saksi.app.alerts import matching
from saksi.app.alerts.alert import Alert
from saksi.app.alerts.hook import Call, Rung
from saksi.app.alerts.rounds import WAITS, Rounds
from saksi.app.api.access import AccessLog
from saksi.app.api.keys import Role
from saksi.app.casing import Work
from saksi.app.home import now_text
from saksi.app.people.person import read_post
from saksi.cases import Word
from saksi.exchange.message import Mail
from saksi.exchange.outbox import Outbox
from saksi.exchange.smtp import Handed
from saksi.model import BadInput, LedgerFault, Op, Tlp
from saksi.views.engine import Engine

NOW = datetime(2099, 6, 15, 12, tzinfo=UTC)  # behind whatever the clock says
MAILS = {"smtp": "localhost:25", "mail": "desk@a.example", "alert_mail": "a.example", "names": "node.a.example"}


@pytest.fixture
def alarm(tmp_path: Path) -> Iterator[Alarm]:
    made = Alarm(tmp_path, **MAILS)
    yield made
    made.close()


class Side:
    """The other side of both channels, and the rounds that speak to it."""

    def __init__(self, alarm: Alarm) -> None:
        self.calls: list[Call] = []
        self.mails: list[Mail] = []
        self.rung = Rung(taken=True, again=False, said="it answered 204")
        self.outbox = Outbox(alarm.real.files.alerts / "outbox.sqlite")
        self.alarm = alarm
        pool = ThreadPoolExecutor(1)
        self.rounds = Rounds(alarm.alerts.store, alarm.alerts.teller, alarm.config, self.outbox, pool, self.ring, self.hand)

    def ring(self, call: Call) -> Rung:
        self.calls.append(call)
        return self.rung

    def hand(self, mail: Mail) -> Handed:
        self.mails.append(mail)
        return Handed(taken=True, again=False, said="250 ok")

    def turn(self, now: datetime = NOW) -> None:
        self.rounds.round(now)
        self.rounds.pool.shutdown(wait=True)
        self.rounds.pool = ThreadPoolExecutor(1)

    def rang(self) -> list[str]:
        return [hit["ref"] for call in self.calls for hit in json.loads(call.body)["hits"]]


@pytest.mark.parametrize("clearance", ["CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"])
def test_each_clearance_is_told_what_it_may_see(alarm: Alarm, clearance: str) -> None:
    alert = alarm.save(alarm.person("Ann", clearance), "below", "example.net")
    alarm.take(*(said(f"host:{level.value.lower().replace('+', '-')}.example.net", tlp=level) for level in Tlp))
    assert len(alarm.told(alert)) == Tlp(clearance).rank + 1
    assert len(alarm.alerts.store.hits(alert=alert.id)) == Tlp(clearance).rank + 1, "what may not be seen is not even kept"


def test_a_clearance_lowered_since_and_a_person_disabled_are_told_nothing_more(alarm: Alarm) -> None:
    ann = alarm.person("Ann", "RED")
    alert = alarm.save(ann, "entity", PHONE)
    alarm.take(said(PHONE, tlp=Tlp.RED), said(PHONE, "recipient"))
    assert alarm.told(alert) == [PHONE, PHONE]
    register = alarm.alerts.owners.register
    register.add("Boss", read_post("u", ["administrator"], "CLEAR"), by="command-line")
    register.move(ann, read_post("unit one", ["analyst"], "CLEAR"), by="command-line")
    assert alarm.told(alert) == [PHONE]
    register.disable(ann, by="command-line")
    assert alarm.told(alert) == []
    alarm.take(said(PHONE, "impersonated"))
    assert len(alarm.alerts.store.hits(alert=alert.id)) == 2, "nothing is matched for whoever may not look"


def test_a_key_is_told_until_it_is_revoked_and_an_intake_key_never(alarm: Alarm) -> None:
    keys = alarm.alerts.owners.keys
    reader, _ = keys.create("a bank", Role.READER, clearance=Tlp.GREEN, expires_at="2099-01-01T00:00:00Z")
    intake, _ = keys.create("a desk", Role.INTAKE, clearance=Tlp.RED, expires_at="2099-01-01T00:00:00Z")
    one, other = alarm.save(reader.id, "entity", PHONE), alarm.save(intake.id, "entity", PHONE)
    alarm.take(said(PHONE), said(PHONE, "recipient", tlp=Tlp.AMBER))
    assert (alarm.told(one), alarm.told(other)) == ([PHONE], [])
    keys.revoke(reader.id)
    assert alarm.told(one) == []


def test_what_was_taken_back_before_is_not_told_and_shown_as_taken_back(alarm: Alarm) -> None:
    alert, statement = alarm.save(alarm.person(), "entity", PHONE), said(PHONE)
    (ref,) = alarm.take(statement)
    alarm.amend(ref, statement, Op.RETRACT)
    assert alarm.told(alert) == []
    (shown,) = alarm.alerts.teller.told(alert, alarm.alerts.store.newest(alert.id, 10), way="test", withdrawn=True)
    assert shown.standing == "retracted"


def test_a_proposal_is_told_when_it_is_confirmed_and_a_secret_when_it_is_opened_and_each_once(alarm: Alarm) -> None:
    alert = alarm.save(alarm.person("Ann", "GREEN"), "entity", PHONE)
    proposal, secret = said(PHONE, op=Op.PROPOSE), said(PHONE, "recipient", tlp=Tlp.RED)
    refs = alarm.take(proposal, secret)
    assert alarm.told(alert) == []
    alarm.amend(refs[0], proposal, Op.CONFIRM)
    assert alarm.told(alert) == [PHONE]
    alarm.amend(refs[1], secret, Op.RELABEL, tlp=Tlp.CLEAR)
    assert alarm.told(alert) == [PHONE, PHONE]
    alarm.amend(refs[1], secret, Op.RELABEL, tlp=Tlp.GREEN)
    assert len(alarm.alerts.store.hits(alert=alert.id)) == 2
    alarm.amend(refs[1], secret, Op.RELABEL, tlp=Tlp.RED)
    assert alarm.told(alert) == [PHONE], "marked more strictly since: nothing of it is told"


def test_what_was_there_before_and_what_comes_while_it_rests_is_not_new(alarm: Alarm) -> None:
    ann = alarm.person()
    alarm.take(said(PHONE))
    alert = alarm.save(ann, "entity", PHONE)
    alarm.alerts.store.pause(alert.id, ann, paused=True)
    alarm.take(said(PHONE, "recipient"))
    alarm.alerts.store.pause(alert.id, ann, paused=False)
    alarm.take(said(PHONE, "impersonated"))
    assert len(alarm.alerts.store.hits(alert=alert.id)) == 1


def test_a_case_is_matched_by_what_it_names_for_its_members_alone(alarm: Alarm) -> None:
    register = alarm.alerts.owners.register
    ann, ben = (register.person(alarm.person(name, "RED")) for name in ("Ann", "Ben"))
    case = alarm.real.open_case("a case", ann.actor, Tlp.RED)
    alarm.real.work(Work(case=case.id, word=Word.ADD, head=case.head, entities=(PHONE,)), ann.actor, Tlp.RED)
    one, other = alarm.save(ann.id, "case", case.id), alarm.save(ben.id, "case", case.id)
    alarm.take(said(PHONE), said(HOST))
    assert (alarm.told(one), alarm.told(other)) == ([PHONE], [])


def test_a_webhook_is_told_references_and_names_only_what_is_clear(alarm: Alarm) -> None:
    side = Side(alarm)
    alarm.save(alarm.person("Ann", "RED"), "below", "example.net", hook="https://hook.a.example/in")
    refs = alarm.take(said(HOST), said("host:secret.example.net", tlp=Tlp.GREEN))
    side.turn()
    side.turn()
    (call,) = side.calls
    hits = json.loads(call.body)["hits"]
    assert [(hit["ref"], hit["entity"]) for hit in hits] == [(refs[0], HOST), (refs[1], "")]
    assert b"secret" not in call.body


def test_a_webhook_that_fails_is_called_again_with_the_same_id_and_stops_after_a_bound(alarm: Alarm) -> None:
    side, ann = Side(alarm), alarm.person()
    alert = alarm.save(ann, "entity", PHONE, hook="https://hook.a.example/in")
    alarm.take(said(PHONE))
    side.rung = Rung(taken=False, again=True, said="it answered 500")
    now = NOW
    side.turn(now)
    side.turn(now)
    assert len(side.calls) == 1, "not before it is due"
    alarm.take(said(PHONE, "recipient"))
    for _ in range(20):
        now += timedelta(minutes=2 * max(WAITS))
        side.turn(now)
    assert len(side.calls) == len(WAITS) + 1
    assert len({call.id for call in side.calls}) == 1
    assert {len(json.loads(call.body)["hits"]) for call in side.calls} == {1}, "the same hits under the same id"
    assert alarm.alerts.store.courses(alert.id)[0].stopped == "it answered 500"
    alarm.alerts.store.pause(alert.id, ann, paused=False)
    side.rung = Rung(taken=True, again=False, said="it answered 204")
    side.turn(now)
    side.turn(now)
    assert len(set(side.rang())) == 2, "nothing was lost meanwhile"


def test_a_mail_says_nothing_but_that_there_is_something_and_comes_once_an_hour(alarm: Alarm) -> None:
    side = Side(alarm)
    alert = alarm.save(alarm.person(), "entity", PHONE, mail="ann@a.example")
    alarm.take(said(PHONE))
    now = NOW
    side.turn(now)
    alarm.take(said(PHONE, "recipient"))
    side.turn(now + timedelta(minutes=50))
    assert len(side.mails) == 1
    text = side.mails[0].data.decode()
    assert f"https://node.a.example/alerts/{alert.id}" in text
    assert "12345678" not in text
    assert "mule" not in text
    side.turn(now + timedelta(minutes=61))
    assert len({mail.id for mail in side.mails}) == 2
    for address in ("ann@b.example", "a b@a.example"):
        with pytest.raises(BadInput):
            alarm.save(alert.owner, "entity", PHONE, mail=address)


def test_no_mail_about_what_was_taken_back_or_may_not_be_seen_any_more(alarm: Alarm) -> None:
    side, statement = Side(alarm), said(PHONE)
    alarm.save(alarm.person(), "entity", PHONE, mail="ann@a.example", hook="https://hook.a.example/in")
    (ref,) = alarm.take(statement)
    alarm.amend(ref, statement, Op.RETRACT)
    side.turn(NOW)
    assert not side.mails
    assert not side.calls


def test_what_is_searched_for_and_found_lies_nowhere_in_the_open(alarm: Alarm) -> None:
    alarm.save(alarm.person(), "entity", PHONE, hook="https://hook.a.example/in")
    alarm.take(said(PHONE))
    files = [path for path in alarm.real.files.alerts.rglob("*") if path.is_file()]
    assert files
    for path in files:
        data = path.read_bytes()
        assert b"85512345678" not in data
        assert b"hook.a.example" not in data
        assert path.stat().st_mode & 0o077 == 0, path.name


def test_an_auditor_finds_who_had_an_alert_and_what_it_told(alarm: Alarm) -> None:
    ann = alarm.person()
    alert = alarm.save(ann, "below", "example.net")
    alarm.take(said(HOST))
    alarm.told(alert)
    log = AccessLog(alarm.real.files.path / "api", clock=now_text, random=os.urandom)
    lines = list(log.read(value=HOST))
    assert [(line.who, line.kind, line.purpose) for line in lines] == [(ann, "alert-test", "a test")]
    log.close()


@pytest.mark.crash
@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_in_the_middle_nothing_is_lost_and_nothing_found_twice(alarm: Alarm, moment: str) -> None:
    alert = alarm.save(alarm.person(), "below", "example.net")
    alarm.real.ledger.append([said(f"host:h{number}.example.net") for number in range(40)])
    alarm.real.views.fold(alarm.real.ledger)
    store, found = alarm.alerts.store, type(alarm.alerts.store).found
    child = os.fork()
    if not child:  # dies as by kill -9, before or after what it found is durable

        def killed(rows: object, **more: object) -> int:
            if moment == "before":
                store._link.execute("BEGIN IMMEDIATE")
                store._link.execute("INSERT INTO hit (alert, statement, at, more) SELECT key, x'00', '', '' FROM alert")
            else:
                found(store, rows, **more)  # type: ignore[arg-type]
            os.kill(os.getpid(), signal.SIGKILL)
            return 0

        store.found = killed  # type: ignore[method-assign]
        alarm.alerts.match()
        os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)
    alarm.alerts.match()
    alarm.alerts.match()
    hits = store.hits(alert=alert.id)
    assert len(hits) == len({hit.statement for hit in hits}) == 40


def test_what_is_kept_of_one_search_is_bounded(alarm: Alarm) -> None:
    alert = alarm.save(alarm.person(), "entity", PHONE)
    for number in range(4):
        rows = [(alert.id, f"{number} {each}".encode(), "") for each in range(600)]
        assert alarm.alerts.store.found(rows, statements=1, at=now_text()) == 600
        assert alarm.alerts.store.found(rows[-100:], statements=1, at=now_text()) == 0, "the same again is no hit"
    kept = alarm.alerts.store.hits(alert=alert.id, limit=10_000)
    assert 1_000 <= len(kept) < 1_200
    assert bytes.fromhex(kept[-1].statement) == b"3 599", "the newest stay"


def test_a_fold_beside_it_that_moves_the_files_leaves_what_it_brings_to_the_next_round(
    alarm: Alarm, monkeypatch: pytest.MonkeyPatch
) -> None:
    alert, read = alarm.save(alarm.person(), "below", "example.net"), matching.news

    def moved(engine: Engine, start: int, stop: int) -> pa.Table:
        monkeypatch.setattr(matching, "news", read)
        for number in range(8):  # small segments are merged, and those before go
            alarm.real.ledger.append([said(f"host:later{number}.example.net")])
            alarm.real.views.fold(alarm.real.ledger)
        return read(engine, start, stop)

    monkeypatch.setattr(matching, "news", moved)
    alarm.take(said(HOST))
    assert len(alarm.told(alert)) == 1
    alarm.alerts.match()
    assert len(alarm.told(alert)) == 9


def test_files_that_are_damaged_are_no_fold_beside_it(alarm: Alarm) -> None:
    alarm.save(alarm.person(), "below", "example.net")
    alarm.real.ledger.append([said(HOST)])
    alarm.real.views.fold(alarm.real.ledger)
    for path in alarm.real.files.views.rglob("*.parquet"):
        path.write_bytes(b"damaged")
    with pytest.raises((LedgerFault, duckdb.Error)):
        alarm.alerts.match()


def test_views_that_are_shorter_than_before_begin_anew(alarm: Alarm) -> None:
    alert = alarm.save(alarm.person(), "entity", PHONE)
    alarm.alerts.store.found((), statements=1000, at=now_text())
    alarm.take(said(PHONE))
    assert alarm.told(alert) == []
    alarm.take(said(PHONE, "recipient"))
    assert alarm.told(alert) == [PHONE]


def test_somebody_may_have_so_many_and_another_may_not_touch_them(alarm: Alarm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("saksi.app.alerts.store.MOST", 2)
    ann, ben = alarm.person("Ann"), alarm.person("Ben")
    alert: Alert = alarm.save(ann, "entity", PHONE)
    alarm.save(ann, "text", "four")
    with pytest.raises(BadInput, match="most"):
        alarm.save(ann, "text", "five")
    store = alarm.alerts.store
    for act in (lambda: store.get(alert.id, ben), lambda: store.delete(alert.id, ben), lambda: store.pause(alert.id, ben, paused=True)):
        with pytest.raises(BadInput, match="no such saved search"):
            act()
    store.delete(alert.id, ann)
    assert [each.search.what for each in store.of(ann)] == ["four"]
