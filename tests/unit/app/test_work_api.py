"""Cases for the programs of somebody who signed in: read, opened and entered as on the pages, by no key, and nothing twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import msgspec
import pytest
from desked import Desked

from browser import Browser
from saksi.app.api.keys import Role as Key
from saksi.app.work.entering import CaseBody, EntryBody
from saksi.app.work.told import CaseAnswer, CasesAnswer, EnteredAnswer
from saksi.model import Tlp


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desked]:
    made = Desked(tmp_path / "node")
    yield made
    made.close()


def test_programs_of_somebody_signed_in_read_their_cases_and_keys_open_none(desk: Desked) -> None:
    lee, strange = desk.person("Lee", "analyst"), desk.person("Strange", "analyst")
    have = desk.case("Lee")
    assert lee.get("/api/v1/cases").json()["type"] == "/problems/purpose-needed"
    (line,) = lee.get("/api/v1/cases?purpose=a+case").json()["cases"]
    assert line["id"] == have.id
    path = f"/api/v1/cases/{have.id}?purpose=a+case"
    data = lee.get(path)
    assert data.json()["entries"][-1]["head"] == data.json()["case"]["head"] == have.head
    assert msgspec.json.decode(data.content, type=CaseAnswer).case == have
    assert (strange.get(path).status_code, strange.get("/api/v1/cases?purpose=x").json()["cases"]) == (404, [])
    for role in Key:
        client = desk.with_key(role, Tlp.RED)
        assert client.get(path).status_code == client.get("/api/v1/cases").status_code == 403
    assert desk.far.get(path).status_code == desk.local.get(path).status_code == 401
    document = desk.local.get("/openapi.json").json()
    shapes = {each.__name__: each for each in (CasesAnswer, CaseAnswer, CaseBody, EntryBody, EnteredAnswer)}
    for each in ("/api/v1/cases", "/api/v1/cases/{case}", "/api/v1/cases/{case}/entries"):
        for method in document["paths"][each].values():
            for told in (method.get("requestBody"), method["responses"].get("200") or method["responses"]["201"]):
                if told is not None:
                    said = told["content"]["application/json"]
                    shape = shapes[said["schema"]["$ref"].rpartition("/")[2]]
                    assert msgspec.json.decode(msgspec.json.encode(said["example"]), type=shape)


def test_programs_of_somebody_signed_in_open_cases_and_enter_words_as_the_page_does(desk: Desked) -> None:
    lee, strange = desk.person("Lee", "analyst"), desk.person("Strange", "analyst")
    wanted = {"title": "a case", "reports": [desk.report("1")]}
    opened = _posted(lee, "/api/v1/cases", wanted, "first")
    have = opened.json()
    assert (opened.status_code, opened.headers["location"], have["stand"]) == (201, f"/api/v1/cases/{have['case']}", "open")
    again = _posted(lee, "/api/v1/cases", wanted, "first")
    assert (again.json(), again.headers["idempotency-replayed"]) == (have, "true")
    path = f"{opened.headers['location']}/entries"
    note = {"word": "note", "head": have["head"], "text": "called the bank"}
    noted = _posted(lee, path, note)
    assert noted.status_code == 201
    view = lee.get(f"{opened.headers['location']}?purpose=a+case").json()
    assert (view["case"]["head"], view["entries"][-1]["text"]) == (noted.json()["head"], "called the bank")
    assert _posted(lee, path, note).status_code == 403  # on an old head
    assert _posted(strange, path, {**note, "head": noted.json()["head"]}).status_code == 400  # as if there were none
    for wrong in (
        {**note, "word": "shout"},
        {**note, "whom": "p-00000000"},
        {**note, "due": "soon"},
        {**note, "more": 1},
        {"word": "note"},
    ):
        assert _posted(lee, path, wrong).status_code == 400
    assert len(lee.get(f"{opened.headers['location']}?purpose=a+case").json()["entries"]) == 2
    for role in Key:
        assert desk.with_key(role, Tlp.RED).post(path, json=note).status_code == 403
    assert desk.far.post(path, json=note).status_code == desk.local.post("/api/v1/cases", json={"title": "x"}).status_code == 401


def test_what_changes_who_sees_a_case_needs_a_second_factor_from_programs_too(desk: Desked) -> None:
    lee, other = desk.person("Lee", "analyst"), desk.person("Other", "analyst")
    have = desk.case("Lee")
    path, join = f"/api/v1/cases/{have.id}/entries", {"word": "join", "head": have.head, "whom": desk.people["Other"]}
    desk.now = (datetime.strptime(desk.now, "%Y-%m-%dT%H:%M:%SZ") + timedelta(minutes=6)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert _posted(lee, path, join).json()["type"] == "/problems/second-factor"
    assert other.get(f"/case/{have.id}").status_code == 404
    lee = desk.again("Lee")
    assert _posted(lee, path, join).status_code == 201
    assert other.get(f"/case/{have.id}").status_code == 200


def _posted(browser: Browser, path: str, body: dict[str, object], once: str = "") -> httpx.Response:
    """A body sent by a page's own script, under the session of a person."""
    more = {"Origin": browser.origin, **browser._cookie(), **({"Idempotency-Key": once} if once else {})}
    return browser.client.post(path, json=body, headers=more)
