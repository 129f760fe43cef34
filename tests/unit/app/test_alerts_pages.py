"""Saved searches on pages, in the API and as a feed: each their own, and of others' not even that they are there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from alarm import HOST, PHONE, Alarm, said
from click.testing import CliRunner

from browser import Browser, signed_in
from saksi.app.api.keys import Role
from saksi.app.cli import saksi
from saksi.app.cli.say import exit_code
from saksi.model import BadInput, Op, SaksiError, Tlp

ATOM = "{http://www.w3.org/2005/Atom}"
WISH = {"how": "entity", "what": "012 345 678", "role": "", "purpose": "preventing a loss", "hook": ""}


@pytest.fixture
def alarm(tmp_path: Path) -> Iterator[Alarm]:
    made = Alarm(tmp_path)
    yield made
    made.close()


def save(browser: Browser, **more: str) -> str:
    answer = browser.post("/alerts", {**WISH, **more})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def test_from_the_page_of_a_thing_to_what_is_new_about_it(alarm: Alarm) -> None:
    ann, ben = signed_in(alarm, "Ann", "analyst"), signed_in(alarm, "Ben", "analyst")
    alarm.take(said(PHONE))
    assert "/alerts?how=entity&amp;what=phone%3A%2B85512345678" in ann.get(f"/e/{PHONE}").text
    assert "how=text" in ann.get("/search?q=8551234").text
    form = ann.get(f"/alerts?how=entity&what={PHONE.replace('+', '%2B')}").text
    assert f'value="{PHONE}"' in form
    where = save(ann)
    assert "Nothing yet" in ann.get(where).text
    statement = said(PHONE, "recipient")
    (ref,) = alarm.take(statement)
    page = ann.get(where).text
    assert "recipient" in page
    assert PHONE in ann.get("/alerts").text
    assert ann.get(f"{where}.json").json()["hits"][0]["ref"] == ref
    assert [each["what"] for each in ann.get("/alerts.json").json()["alerts"]] == [PHONE]
    alarm.amend(ref, statement, Op.RETRACT)
    assert "taken back" in ann.get(where).text
    assert PHONE not in ben.get("/alerts").text
    for path in (where, f"{where}.json", f"{where}.atom"):
        assert ben.get(path).status_code == 404, path
    assert ben.post(f"{where}/delete").status_code == 404
    assert "rests" not in ann.get(where).text
    assert ann.post(f"{where}/pause").status_code == 303
    assert "rests" in ann.get(where).text
    assert ann.post(f"{where}/delete").status_code == 303
    assert ann.get(where).status_code == 404


def test_what_cannot_be_saved_is_said_and_what_was_typed_stays(alarm: Alarm) -> None:
    ann = signed_in(alarm, "Ann", "analyst")
    refused = ann.post("/alerts", {**WISH, "how": "text", "what": "abc"})
    assert refused.status_code == 400
    assert 'value="abc"' in refused.text
    assert ann.post("/alerts", {**WISH, "purpose": ""}).status_code == 400
    assert ann.post("/alerts", {**WISH, "mail": "ann@a.example"}).status_code == 400
    assert ann.post("/alerts", {**WISH, "hook": "http://hook.a.example/"}).status_code == 400
    assert alarm.local.get("/alerts").status_code == 401, "whoever sits at the machine has no name that lasts"


def test_a_webhook_needs_a_second_factor_and_its_secret_is_shown_once(alarm: Alarm) -> None:
    ann = signed_in(alarm, "Ann", "analyst")
    made = ann.post("/alerts", {**WISH, "hook": "https://hook.a.example/in"})
    assert made.text.count("whsec_") == 1
    (alert,) = alarm.alerts.store.of(alarm.desk.people.register.named("Ann").id)
    assert "whsec_" not in ann.get(f"/alerts/{alert.id}").text
    assert "whsec_" not in ann.get("/alerts.json").text
    with alarm.desk.people.store.rows() as rows:
        rows.execute("UPDATE session SET factor = factor - 600")
    assert ann.post("/alerts", {**WISH, "hook": "https://hook.a.example/in"}).status_code == 403
    save(ann)


def test_the_feed_is_whole_for_its_owner_and_a_bell_for_whoever_has_its_address(alarm: Alarm) -> None:
    ann = signed_in(alarm, "Ann", "analyst", clearance="RED")
    where = save(ann, how="below", what="example.net")
    alarm.take(said(HOST), said("host:secret.example.net", tlp=Tlp.AMBER))
    whole = ann.get(f"{where}.atom")
    assert whole.headers["content-type"].startswith("application/atom+xml")
    titles = [each.text or "" for each in ElementTree.fromstring(whole.content).iter(f"{ATOM}title")]
    assert any("secret.example.net" in each for each in titles)
    assert ann.get(f"{where}.atom", **{"If-None-Match": whole.headers["etag"]}).status_code == 304
    (alert,) = alarm.alerts.store.of(alarm.desk.people.register.named("Ann").id)
    bell = alarm.far.get(f"{where}.atom?secret={alert.channels.feed}")
    assert bell.status_code == 200
    assert HOST in bell.text
    assert "secret.example.net" not in bell.text
    assert "below" not in bell.text
    assert len(list(ElementTree.fromstring(bell.content).iter(f"{ATOM}entry"))) == 2
    for secret in ("", "?secret=wrong"):
        assert alarm.far.get(f"{where}.atom{secret}").status_code == 404
    alarm.desk.people.register.add("Boss", alarm.desk.people.register.named("Ann").post, by="command-line")
    with alarm.desk.people.store.rows() as rows:
        rows.execute("UPDATE person SET disabled = 1 WHERE name = 'Ann'")
    assert not list(ElementTree.fromstring(alarm.far.get(f"{where}.atom?secret={alert.channels.feed}").content).iter(f"{ATOM}entry"))


def test_a_program_saves_a_search_once_however_often_it_asks(alarm: Alarm) -> None:
    bank = alarm.with_key(Role.READER, Tlp.GREEN)
    wish = {"how": "prefix", "what": "account:KH:ABA:", "role": "suspected-mule", "hook": "https://hook.a.example/in"}
    made = [bank.post("/api/v1/alerts", json=wish, headers={"Idempotency-Key": "one"}) for _ in range(2)]
    assert [each.status_code for each in made] == [201, 201]
    assert made[0].json() == made[1].json()
    assert made[0].json()["secret"].startswith("whsec_")
    assert bank.post("/api/v1/alerts", json={**wish, "role": ""}, headers={"Idempotency-Key": "one"}).status_code == 403
    alarm.take(said("account:KH:ABA:000123456"), said("account:KH:ABA:000123457", "recipient"), said("account:KH:ACB:1"))
    (line,) = bank.get("/api/v1/alerts").json()["alerts"]
    assert line["secret"] == ""
    one = f"/api/v1/alerts/{line['id']}"
    hits = bank.get(f"{one}/hits").json()
    assert [each["entity"] for each in hits["hits"]] == ["account:KH:ABA:000123456"]
    assert bank.get(f"{one}/hits?after={hits['hits'][0]['id']}").json() == {"hits": [], "next": None}
    other = alarm.with_key(Role.READER, Tlp.RED)
    assert other.get("/api/v1/alerts").json() == {"alerts": []}
    for answer in (other.get(f"{one}/hits"), other.delete(one), other.post(f"{one}/pause", json={"paused": True})):
        assert answer.status_code == 404
    assert bank.post(f"{one}/pause", json={"paused": True}).json()["paused"]
    assert bank.delete(one).status_code == 204
    assert bank.get(f"{one}/hits").status_code == 404


def test_the_description_of_the_api_has_alerts_and_all_that_they_name(alarm: Alarm) -> None:
    told = alarm.far.get("/openapi.json").json()
    assert "content" not in told["paths"]["/api/v1/alerts/{alert}"]["delete"]["responses"]["204"]
    assert {"/api/v1/alerts", "/api/v1/alerts/{alert}/hits", "/api/v1/events"} <= told["paths"].keys()
    named = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(told)))
    assert "AlertHit" in named
    assert named <= told["components"]["schemas"].keys()


def test_at_the_machine_a_search_is_saved_for_somebody_by_name(tmp_path: Path) -> None:
    def run(*words: str) -> tuple[int, list[dict[str, object]]]:
        made = CliRunner().invoke(saksi, ["--home", str(tmp_path / "node"), "--json", *words], standalone_mode=False)
        if isinstance(made.exception, SaksiError):
            return exit_code(made.exception), []
        assert made.exception is None, made.exception
        return made.return_value, [json.loads(line) for line in made.stdout.splitlines()]

    assert run("init", "--authority", "centre.a.example")[0] == 0
    assert run("alert", "list")[0] == 1
    assert run("user", "add", "Ann", "--unit", "u", "--role", "analyst")[0] == 0
    wish = ("alert", "add", "--purpose", "a test", "--country", "KH", "012 345 678", "--for")
    _, (made,) = run(*wish, "Ann", "--hook", "https://hook.a.example/in")
    assert (made["what"], made["channels"]) == (PHONE, {"hook": "works"})
    assert str(made["secret"]).startswith("whsec_")
    name = str(made["id"])
    assert run(*wish, "Ben")[0] == 1
    assert run("alert", "pause", name)[1][0]["paused"] is True
    assert run("alert", "pause", name, "--off")[1][0]["paused"] is False
    _, (listed,) = run("alert", "list", "--for", "Ann")
    assert (listed["id"], listed["secret"]) == (name, None)
    assert run("alert", "delete", name)[1] == [{"id": name, "deleted": True}]
    assert run("alert", "delete", name)[0] == 1


def test_a_search_that_is_saved_twice_says_so(tmp_path: Path) -> None:
    def run(*words: str) -> tuple[str, str]:
        made = CliRunner().invoke(saksi, ["--home", str(tmp_path / "node"), *words], standalone_mode=False)
        assert made.exception is None, made.exception
        return made.stdout, made.stderr

    run("init", "--authority", "centre.a.example")
    run("user", "add", "Ann", "--unit", "u", "--role", "analyst")
    wish = ("alert", "add", "--purpose", "a test", "--country", "KH", "--for", "Ann")
    first, said = run(*wish, "012 345 678")
    assert "already" not in said
    assert f"had this search already: {first.split()[0]}; it is saved once more" in run(*wish, "012345678")[1]
    assert "already" not in run(*wish, "012 345 679")[1]
    refused = CliRunner().invoke(
        saksi, ["--home", str(tmp_path / "node"), *wish, "012345678", "--hook", "http://a.example"], standalone_mode=False
    )
    assert isinstance(refused.exception, BadInput)
    assert "saved" not in refused.stderr, "it was not"
    assert len(run("alert", "list")[0].split("w-")) == 1 + 3


def test_above_clear_a_purpose_is_needed_and_at_the_machine_a_name(alarm: Alarm) -> None:
    bank = alarm.with_key(Role.READER, Tlp.GREEN)
    del bank.headers["Saksi-Purpose"]
    assert bank.post("/api/v1/alerts", json={"how": "entity", "what": PHONE}).status_code == 403
    assert alarm.local.get("/api/v1/alerts").status_code == 401
    assert alarm.with_key(Role.INTAKE).get("/api/v1/alerts").status_code == 403
