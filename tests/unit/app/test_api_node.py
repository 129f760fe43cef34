"""The API and the pages on a real node: a file goes in over HTTP, and what it says comes out with its proof."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from calls import Client, apart

from saksi.app.amending import Change
from saksi.app.api.desk import Desk, Settings
from saksi.app.api.keys import Role
from saksi.app.config import Config
from saksi.app.home import Home, set_up
from saksi.app.node import Node
from saksi.app.web.serve import build_app
from saksi.ledger.bundle import verify_bundle
from saksi.ledger.note import parse_vkey
from saksi.model import Op, Tlp

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

    def with_key(self, role: Role) -> Client:
        _, text = self.desk.keys.create(role.value, role, clearance=Tlp.RED, expires_at="2099-01-01T00:00:00Z")
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
