"""Partners and operators: reports over the API, the operator's form, and the sealed parts for those who may have them."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from calls import Client
from counter import AUTHORITY, Counter, sheet

from saksi.app.api.desk import Desk, Settings
from saksi.app.api.keys import Role
from saksi.app.intake.attachment import Attachment
from saksi.app.intake.rendered import OperatorPages
from saksi.app.intake.routes import Reports
from saksi.app.intake.told import line_of
from saksi.app.web.serve import build_app
from saksi.model import Tlp


class Stand:
    """The node's own listener with the intake's addresses."""

    def __init__(self, counter: Counter, operators: bool) -> None:
        self.counter = counter
        pages = OperatorPages(counter.public.settings, counter.public.assets)
        routes = Reports(counter.node, counter.intake, pages).routes()
        settings = Settings("Centre of Country A", AUTHORITY, country="KH", operators=operators, more=routes)
        self.app, self.desk = build_app(counter.node, counter.files.path, settings)
        self.local = Client(self.app, "127.0.0.1", {"Saksi-Purpose": "a test"})

    def key(self, role: Role, clearance: Tlp = Tlp.RED) -> Client:
        _, text = self.desk.keys.create(f"a {role.value}", role, clearance=clearance, expires_at="2099-01-01T00:00:00Z")
        return Client(self.app, "192.0.2.7", {"Authorization": f"Bearer {text}", "Saksi-Purpose": "a test"})


def end(desk: Desk) -> None:
    desk.walker.shutdown()
    desk.writer.shutdown()
    desk.access.close()
    desk.replay.close()


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    counter = Counter(tmp_path / "home")
    made = Stand(counter, operators=True)
    yield made
    end(made.desk)
    counter.close()


BODY = {"narrative": "They said I had won.", "phones": ["012 345 678"], "synthetic": True}


def test_a_partner_tells_a_report_once(stand: Stand) -> None:
    partner = stand.key(Role.INTAKE, Tlp.CLEAR)
    keyed = {"Idempotency-Key": "k1"}
    first = partner.post("/api/v1/reports", json=BODY, headers=keyed)
    again = partner.post("/api/v1/reports", json=BODY, headers=keyed)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["reference"] == again.json()["reference"]
    other = partner.post("/api/v1/reports", json={**BODY, "narrative": "Other."}, headers=keyed)
    assert other.status_code == 422
    assert other.json()["type"] == "/problems/key-reused"
    assert partner.post("/api/v1/reports", json=BODY).json()["reference"] != first.json()["reference"]


@pytest.mark.parametrize("body", [{}, {"nonsense": 1}, {"narrative": "x" * 9000}, {"narrative": "x", "location": "y"}, {"age": "7"}])
def test_a_body_that_is_no_report_is_a_problem(stand: Stand, body: dict[str, object]) -> None:
    assert stand.key(Role.INTAKE).post("/api/v1/reports", json=body).status_code == 400


def test_who_may_not_give_may_not_report(stand: Stand) -> None:
    assert stand.key(Role.READER).post("/api/v1/reports", json=BODY).status_code == 403
    assert Client(stand.app, "192.0.2.7", {}).post("/api/v1/reports", json=BODY).status_code == 401


def test_what_is_sealed_is_for_those_who_look_and_give_up_to_red(stand: Stand) -> None:
    told = sheet("x", narrative="My secret tale.")
    file = Attachment("a.svg", b"<svg onload=alert(1)>")
    receipt = stand.counter.intake.receive(type(told)(told.told, (file,), line_of(told.told, (file,), "x"), told.channel))
    at = f"/api/v1/reports/{receipt.reference}"
    for who, status in (
        (stand.key(Role.INTAKE), 403), (stand.key(Role.READER), 403), (stand.key(Role.ANALYST, Tlp.AMBER_STRICT), 403), (stand.local, 403),
    ):  # fmt: skip
        assert who.get(f"{at}/original").status_code == status
        assert who.get(f"{at}/files/1").status_code == status
        assert who.post(f"{at}/progress", json={"progress": "closed"}).status_code == status
    analyst = stand.key(Role.ANALYST)
    assert analyst.get(f"{at}/original").json()["words"] == "My secret tale."
    got = analyst.get(f"{at}/files/1")
    assert got.content == file.data
    assert got.headers["content-disposition"].startswith("attachment;")
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["content-type"] == "application/octet-stream"
    assert "sandbox" in got.headers["content-security-policy"]
    assert analyst.get(f"{at}/files/2").status_code == 404
    assert analyst.get("/api/v1/reports/1111111111111111/original").status_code == 400  # a slip in the number
    stand.counter.facts("x:x")
    assert analyst.post(f"{at}/progress", json={"progress": "looked-at"}).json() == {"progress": "looked-at"}


def test_an_operator_writes_down_what_a_caller_tells(stand: Stand) -> None:
    assert stand.local.get("/intake").status_code == 200
    empty = stand.local.post("/intake", data={"narrative": ""})
    assert empty.status_code == 400
    page = stand.local.post("/intake", data={"narrative": "The caller paid twice.", "phones": "012 345 678", "consent": "authorities"})
    assert page.status_code == 200
    assert "Secret part" in page.text
    assert {fact.op for fact in stand.counter.facts("phone:+85512345678")} == {"assert"}


def test_an_operator_sends_pictures_with_what_a_caller_tells(stand: Stand) -> None:
    pictures = [("files", (f"{number}.png", b"\x89PNG" + bytes([number]) * (3 << 20), "image/png")) for number in range(2)]
    fields = {"narrative": "The caller paid twice.", "phones": "012 345 678", "consent": "authorities"}
    page = stand.local.post("/intake", data=fields, files=pictures)
    assert page.status_code == 200, page.text
    for _, (_, data, _) in pictures:
        assert stand.counter.node.shelf.original(sha256(data).digest()) is not None
    assert stand.local.post("/intake", data=fields, files=pictures * 5).status_code == 413


@pytest.mark.parametrize(("given", "said"), [("yes", [True]), ("no", [False]), ("", []), ("maybe", [])])
def test_an_operator_says_yes_or_no_or_that_nobody_asked(stand: Stand, given: str, said: list[bool]) -> None:
    page = stand.local.post("/intake", data={"narrative": "", "phones": "012 345 678", "in_danger": given, "still_paying": given})
    assert page.status_code == 200
    (report,) = {fact.value for fact in stand.counter.facts("phone:+85512345678") if fact.prop == "reportedIn"}
    facts = stand.counter.facts(str(report))
    for prop in ("personInDanger", "stillPaying"):
        assert [fact.value for fact in facts if fact.prop == prop] == said
    again = stand.local.post("/intake", data={"in_danger": given, "location": "a house", "still_paying": given})
    assert again.status_code == 400
    assert again.text.count(f'<option value="{given}" selected>') == (2 if given in {"yes", "no"} else 0)
    assert 'type="checkbox" id="still_paying' not in again.text


def test_without_the_setting_people_at_the_machine_write_nothing_down(tmp_path: Path) -> None:
    counter = Counter(tmp_path / "home")
    made = Stand(counter, operators=False)
    assert made.local.get("/intake").status_code == 401
    assert made.local.post("/api/v1/reports", json=BODY).status_code == 401
    end(made.desk)
    counter.close()
