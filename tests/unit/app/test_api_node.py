"""The API and the pages on a real node: a file goes in over HTTP, and what it says comes out with its proof."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from calls import Client, apart

from saksi.app.amending import Change
from saksi.app.api.desk import Desk, Settings
from saksi.app.api.keys import Role
from saksi.app.config import Config
from saksi.app.home import Home, now_text, set_up
from saksi.app.node import Node
from saksi.app.recording import Said
from saksi.app.web.serve import build_app
from saksi.ledger.bundle import verify_bundle
from saksi.ledger.note import parse_vkey
from saksi.model import Op, Tlp
from saksi.screen.feeds import Plan
from saksi.screen.feeds import feed as feed_of

REPORTS = """reference,reported_at,country,scam_phone,loss_amount,loss_currency,narrative,synthetic
R-1,2026-01-31,KH,០១២ ៣៤៥ ៦៧៨,100,USD,a voice asked for a deposit,true
R-2,2026-02-01,KH,012345678,200,USD,the same voice,true
R-3,2026-02-01,KH,12,200,USD,too short a number,true
"""


class Real:
    def __init__(self, home: Path) -> None:
        config = Config(
            authority="centre.a.example",
            name="Centre of Country A",
            country="KH",
            purpose="preventing fraud",
            legal_basis="Act 1",
            workers=0,
        )
        files = Home(home)
        set_up(files, config)
        self.node = Node(files, config)
        self.node.views.fold(self.node.ledger)
        self.app, self.desk = build_app(self.node, home, Settings(config.title, config.authority, "KH"))
        self.local = Client(self.app, "127.0.0.1", {"Saksi-Purpose": "a test"})

    def with_key(self, role: Role, clearance: Tlp = Tlp.RED) -> Client:
        _, text = self.desk.keys.create(role.value, role, clearance=clearance, expires_at="2099-01-01T00:00:00Z")
        return Client(self.app, "192.0.2.7", {"Authorization": f"Bearer {text}", "Saksi-Purpose": "a test"})


@pytest.fixture
def real(tmp_path: Path) -> Iterator[Real]:
    made = Real(tmp_path / "node")
    yield made
    desk: Desk = made.desk
    desk.walker.shutdown()
    desk.writer.shutdown()
    desk.access.close()
    desk.replay.close()
    made.node.close()


def test_the_ledger_page_says_how_far_the_last_check_reached(real: Real) -> None:
    def page() -> str:
        return real.local.get("/ledger", headers={"Accept": "text/html"}).text

    assert "Not checked yet" in page()
    take = {"content": REPORTS.encode()}
    real.with_key(Role.ANALYST).post("/api/v1/takes?name=reports.csv&tlp=AMBER&pap=AMBER", **take)
    size = real.node.ledger.size
    real.node.note_fsck(Said(now_text(), size, ok=True, said="all as it was written"))
    assert f"it reached all {size} entries" in page()
    real.with_key(Role.ANALYST).post("/api/v1/outcomes", json={"value": "012345678", "outcome": "false-alarm"})
    assert real.node.ledger.size == size + 1
    assert f"it reached {size} of the {size + 1} entries" in page()


def test_a_report_goes_in_and_comes_out_proved(real: Real) -> None:
    analyst = real.with_key(Role.ANALYST)
    taken = analyst.post("/api/v1/takes?name=reports.csv&tlp=AMBER&pap=AMBER&grade=B2", content=REPORTS.encode())
    assert taken.status_code == 201, taken.text
    assert taken.json()["taken"] > 0
    assert taken.json()["rejected"] == 1
    again = analyst.post("/api/v1/takes?name=reports.csv&tlp=AMBER&pap=AMBER&grade=B2", content=REPORTS.encode())
    assert again.json()["taken"] == 0
    assert len(analyst.get("/api/v1/takes").json()["takes"]) >= 1
    said = analyst.get("/api/v1/lookup?value=012345678").json()
    assert (said["entity"], said["status"]) == ("phone:+85512345678", "known")
    digest = said["statements"][0]["ref"].rpartition("#")[2]
    file = analyst.get(f"/api/v1/statements/{digest}/proof").content
    assert verify_bundle(file, [parse_vkey(real.node.vkey)]).ref == said["statements"][0]["ref"]
    hits = analyst.get("/api/v1/search?q=12345678").json()["hits"]
    assert [hit["entity"] for hit in hits] == ["phone:+85512345678"]


def test_the_pages_stand_on_a_real_node(real: Real) -> None:
    analyst = real.with_key(Role.ANALYST)
    assert analyst.post("/api/v1/takes?name=reports.csv&tlp=AMBER", content=REPORTS.encode()).status_code == 201
    led = real.local.get("/", params={"q": "០១២ ៣៤៥ ៦៧៨"})
    assert led.status_code == 303
    page = real.local.get(led.headers["location"])
    assert page.status_code == 200, page.text
    assert "suspected" in page.text or "infrastructure" in page.text
    digest = page.text.partition('id="s-')[2][:64]
    for path in ("/", "/index.json", f"/s/{digest}", f"/s/{digest}.json", "/ledger", "/ledger.json", "/about", "/search?q=855", "/metrics"):
        answer = real.local.get(path, headers={"Accept": "text/html"})
        assert answer.status_code == 200, (path, answer.text)
    checkpoint = real.local.get("/ledger/checkpoint").text.split("\n")
    assert real.local.get(f"/ledger/tile/0/000.p/{checkpoint[1]}").status_code == 200
    assert real.local.get("/readyz").json()["ready"] is True


def test_what_was_withdrawn_says_so_on_every_page(real: Real) -> None:
    analyst = real.with_key(Role.ANALYST)
    assert analyst.post("/api/v1/takes?name=reports.csv", content=REPORTS.encode()).status_code == 201
    said = analyst.get("/api/v1/lookup?value=012345678").json()
    role = next(line for line in said["statements"] if line["prop"] == "role")
    digest = role["ref"].rpartition("#")[2]
    assert analyst.get(f"/api/v1/statements/{digest}").json()["standing"] == "stands"
    for op, word in ((Op.RETRACT, "retracted"), (Op.REINSTATE, "stands"), (Op.EXPIRE, "expired")):
        real.node.amend(role["ref"], Change(op, "a test"))
        found = analyst.get(f"/api/v1/statements/{digest}").json()
        assert (found["standing"], found["changes"][-1]["op"]) == (word, op.value)
        change = found["changes"][-1]["ref"].rpartition("#")[2]
        for path in (f"/s/{digest}", f"/s/{change}", f"/e/{said['entity']}"):
            page = analyst.get(path, headers={"Accept": "text/html"})
            assert page.status_code == 200, page.text
    assert analyst.get(f"/api/v1/statements/{digest}?at={said['at']}").json()["standing"] == "stands"


def test_the_first_page_is_kept_for_one_reader_and_one_state_of_the_ledger(real: Real) -> None:
    analyst = real.with_key(Role.ANALYST)
    assert real.local.get("/index.json").json()["newest"] == []
    assert analyst.post("/api/v1/takes?name=reports.csv&tlp=RED", content=REPORTS.encode()).status_code == 201
    assert real.local.get("/index.json").json()["newest"] == []
    shown = analyst.get("/index.json").json()
    assert "phone:+85512345678" in {hit["entity"] for hit in shown["newest"]}
    assert analyst.get("/index.json").json() == shown
    for line in analyst.get("/api/v1/lookup?value=012345678").json()["statements"]:
        real.node.amend(line["ref"], Change(Op.RETRACT, "a test"))
    assert "phone:+85512345678" not in {hit["entity"] for hit in analyst.get("/index.json").json()["newest"]}


def test_an_outcome_is_recorded_once(real: Real) -> None:
    reader = real.with_key(Role.READER)
    body = {"value": "012345678", "outcome": "payment-stopped", "happened": "2026-02-02"}
    first = reader.post("/api/v1/outcomes", json=body)
    assert first.status_code == 201, first.text
    assert reader.post("/api/v1/outcomes", json=body).status_code == 200
    assert reader.get(first.headers["location"]).status_code == 200


def test_the_block_lists_can_be_fetched(real: Real) -> None:
    reader = real.with_key(Role.READER)
    for feed in reader.get("/api/v1/feeds").json()["feeds"]:
        assert reader.get(f"/api/v1/feeds/{feed['name']}").status_code == 200


def _taken(real: Real) -> tuple[Client, str]:
    """An analyst who gave two hosts, and the reference of what accuses the first."""
    analyst = real.with_key(Role.ANALYST)
    rows = "".join(f"R-{number},2026-01-31,KH,true,,{host},,\n" for number, host in enumerate(("phish.example.com", "scam.example.net")))
    head = "reference,reported_at,country,synthetic,scam_phone,scam_host,payee_bank,payee_account\n"
    made = analyst.post("/api/v1/takes?name=reports.csv&source=report-desk&tlp=CLEAR&pap=CLEAR", content=(head + rows).encode())
    assert made.status_code == 201, made.text
    said = analyst.get("/api/v1/lookup?value=phish.example.com").json()
    return analyst, next(line["ref"] for line in said["statements"] if line["prop"] == "role")


def test_a_block_list_is_kept_and_a_withdrawal_is_out_at_the_next_request(real: Real, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Plan] = []
    monkeypatch.setattr("saksi.app.listing.feed", lambda views, plan: made.append(plan) or feed_of(views, plan))
    _, ref = _taken(real)
    reader = real.with_key(Role.READER)
    first = reader.get("/api/v1/feeds/hosts")
    assert "phish.example.com" in first.text
    assert reader.get("/api/v1/feeds/hosts", headers={"If-None-Match": first.headers["etag"]}).status_code == 304
    assert real.with_key(Role.READER).get("/api/v1/feeds/hosts").text == first.text
    assert len(made) == 1
    real.with_key(Role.READER, Tlp.CLEAR).get("/api/v1/feeds/hosts")
    assert len(made) == 2  # who may see less gets what was made for them
    for op in (Op.RETRACT, Op.REINSTATE):
        real.node.amend(ref, Change(op, "a test"))
        then = reader.get("/api/v1/feeds/hosts", headers={"If-None-Match": first.headers["etag"]})
        assert then.status_code == 200
        assert ("phish.example.com" in then.text, "scam.example.net" in then.text) == (op is Op.REINSTATE, True)


def test_a_false_alarm_takes_a_value_out_of_the_block_lists_only_where_the_desk_tells_it(real: Real) -> None:
    analyst, _ = _taken(real)
    reader = real.with_key(Role.READER)
    body = {"value": "phish.example.com", "outcome": "false-alarm"}
    assert reader.post("/api/v1/outcomes", json=body).status_code == 201
    assert "phish.example.com" in reader.get("/api/v1/feeds/hosts").text
    said = analyst.get("/api/v1/lookup?value=phish.example.com").json()
    assert (said["status"], said["why"][0]["code"]) == ("contested", "contested-by-caller")
    assert analyst.post("/api/v1/outcomes", json=body).status_code == 201
    assert "phish.example.com" not in reader.get("/api/v1/feeds/hosts").text
    assert analyst.get("/api/v1/lookup?value=phish.example.com").json()["why"][0]["code"] == "contested"


def test_a_block_list_of_an_earlier_size_is_historical_and_not_for_everybody(real: Real) -> None:
    analyst, ref = _taken(real)
    old = real.node.state().views
    reader, auditor = real.with_key(Role.READER), real.with_key(Role.AUDITOR)
    now = reader.get(f"/api/v1/feeds/hosts?at={old}")
    assert now.status_code == 200
    assert "saksi-historical" not in now.headers
    real.node.amend(ref, Change(Op.RETRACT, "a test"))
    for refused in (reader.get(f"/api/v1/feeds/hosts?at={old}"), real.local.get(f"/api/v1/feeds/hosts?at={old}")):
        assert refused.status_code in {401, 403}
        assert "phish.example.com" not in refused.text
    for may in (auditor, analyst):
        then = may.get(f"/api/v1/feeds/hosts?at={old}", headers={"If-None-Match": now.headers["etag"]})
        assert then.status_code == 200
        assert (then.headers["saksi-historical"], then.headers["cache-control"]) == ("not for blocking", "no-store")
        assert "etag" not in then.headers
        assert then.text.startswith("# HISTORICAL, NOT FOR BLOCKING")
        assert "phish.example.com" in then.text
    assert "phish.example.com" not in auditor.get("/api/v1/feeds/hosts").text


def test_answers_go_on_while_a_file_is_taken_in(real: Real) -> None:
    analyst = real.with_key(Role.ANALYST)
    rows = "".join(f"R-{n},2026-01-31,KH,01{n % 7}{n:06d},1,USD,a call,true\n" for n in range(3000))
    body = REPORTS.splitlines(keepends=True)[0] + rows

    async def run() -> tuple[httpx.Response, list[httpx.Response]]:
        transport = httpx.ASGITransport(real.app, client=("192.0.2.7", 5000))  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=analyst.headers, timeout=60) as client:
            taking = asyncio.create_task(client.post("/api/v1/takes?name=reports.csv", content=body.encode()))
            answers = []
            while not taking.done():
                for path in (
                    "/api/v1/lookup?value=%2B85510000000",
                    "/ledger/checkpoint",
                    "/e/phone:+85510000000.json",
                    "/api/v1/search?q=8551",
                    "/",
                ):
                    answers.append(await client.get(path, headers={"Accept": "application/json"}))
                await asyncio.sleep(0)
            return await taking, answers

    taken, answers = apart(run)
    assert taken.status_code == 201, taken.text
    assert taken.json()["rejected"] < 3000
    assert len(answers) > 20
    assert {answer.status_code for answer in answers} == {200}
    # What is answered is always a whole state: before the take, or after it.
    sizes = {answer.json()["at"] for answer in answers if "lookup" in str(answer.url)}
    assert len(sizes) <= 3


def test_an_unknown_host_says_how_many_links_on_it_are_on_record_to_those_who_may_see_them(real: Real) -> None:
    analyst, stranger = real.with_key(Role.ANALYST), real.with_key(Role.READER, Tlp.CLEAR)
    address, body = "/api/v1/takes?name=u.txt&publisher=Police%20of%20A&list=urls&tlp=AMBER&pap=AMBER", b"https://scam5.net/\n"
    assert analyst.post(address, content=body).status_code == 201
    look, many = "/api/v1/lookup?value=scam5.net", {"values": ["scam5.net", "scam6.net"]}
    said, hidden = analyst.get(look).json(), stranger.get(look)
    assert (said["status"], [note["code"] for note in said["warnings"]]) == ("unknown", ["links-on-record"])
    assert said["warnings"][0]["text"].startswith("1 link on it is on record")
    assert analyst.post("/api/v1/lookup", json=many).json()["answers"][0] == said
    assert analyst.get("/e/host:scam5.net.json").json()["warnings"] == said["warnings"]
    page = analyst.get("/e/host:scam5.net", headers={"Accept": "text/html"}).text
    assert "1 link on it is on record" in page
    assert "on record:" not in stranger.get("/e/host:scam5.net", headers={"Accept": "text/html"}).text
    assert hidden.text.replace("scam5", "scam6") == stranger.get("/api/v1/lookup?value=scam6.net").text
    assert analyst.get("/api/v1/lookup?value=scam6.net").json()["warnings"] == []


def test_lists_are_given_by_those_who_may_amend_alone(real: Real) -> None:
    address, body = "/api/v1/takes?name=a.txt&publisher=Police%20of%20A&list=hosts", b"one.example.net\n"
    giver, analyst = real.with_key(Role.INTAKE), real.with_key(Role.ANALYST)
    refused = giver.post(address, content=body)
    assert refused.status_code == 403
    assert "analyst" in refused.json()["todo"]
    assert giver.post(f"{address}&means=safe", content=body).status_code == 403
    warning = {"name": "Top", "type": "hostname", "list": ["one.example.net"], "matching_attributes": ["hostname"], "version": 1}
    known = "/api/v1/takes?name=list.json&source=misp-warninglists"
    assert giver.post(known, content=json.dumps(warning).encode()).status_code == 403
    assert analyst.post(address, content=body).status_code == 201
    assert analyst.post(f"{address}&means=safe", content=body).status_code == 201
    assert analyst.post(f"{address}&means=recipient", content=body).status_code == 400
    assert analyst.post("/api/v1/takes?name=a.txt&list=hosts", content=body).status_code == 400
