"""What a reader may not see shows nowhere: not in a search or its cursors, not in the first page's lists, not in reasons, not in takes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from calls import Client
from test_api_node import Real

from saksi.app.amending import Change
from saksi.app.api.keys import Role
from saksi.model import Marking, Op, Pap, Tlp

_HEAD = "reference,reported_at,country,synthetic,scam_phone,scam_host,payee_bank,payee_account\n"


@pytest.fixture
def real(tmp_path: Path) -> Iterator[Real]:
    made = Real(tmp_path / "node")
    yield made
    made.desk.walker.shutdown()
    made.desk.writer.shutdown()
    made.desk.access.close()
    made.desk.replay.close()
    made.node.close()


def key(real: Real, role: Role, clearance: Tlp) -> Client:
    _, text = real.desk.keys.create(role.value, role, clearance=clearance, expires_at="2099-01-01T00:00:00Z")
    return Client(real.app, "192.0.2.7", {"Authorization": f"Bearer {text}", "Saksi-Purpose": "a test"})


def report(number: int, *, phone: str = "", host: str = "") -> str:
    return f"R-{number},2026-01-31,KH,true,{phone},{host},,\n"


def take(client: Client, rows: str, tlp: str, name: str = "reports.csv") -> None:
    made = client.post(f"/api/v1/takes?name={name}&source=report-desk&tlp={tlp}&pap=CLEAR", content=(_HEAD + rows).encode())
    assert made.status_code == 201, made.text


def test_a_search_and_its_cursors_are_the_same_whether_hidden_statements_are_there_or_not(real: Real) -> None:
    owner, reader = key(real, Role.ANALYST, Tlp.RED), key(real, Role.READER, Tlp.CLEAR)
    take(owner, "".join(report(n, phone=f"0123450{n:02d}") for n in (20, 40, 60)), "CLEAR")
    before = [reader.get("/api/v1/search?q=123450&limit=1").json()]
    while before[-1]["next"]:
        before.append(reader.get(f"/api/v1/search?q=123450&limit=1&cursor={before[-1]['next']}").json())
    assert [page["hits"][0]["entity"][-2:] for page in before] == ["20", "40", "60"]
    take(owner, "".join(report(n, phone=f"0123450{n:02d}") for n in (*range(10, 20), *range(50, 60), *range(70, 80))), "RED")
    at, after = before[0]["at"], [reader.get("/api/v1/search?q=123450&limit=1").json()]
    while after[-1]["next"]:
        after.append(reader.get(f"/api/v1/search?q=123450&limit=1&cursor={after[-1]['next']}").json())
    assert [page["hits"] for page in after] == [page["hits"] for page in before]
    pinned = reader.get(f"/api/v1/search?q=123450&limit=1&at={at}").json()
    assert pinned == before[0], "a cursor must not tell how many were passed over"
    assert len(owner.get("/api/v1/search?q=123450&limit=200").json()["hits"]) == 33


def test_a_hidden_host_below_one_that_may_be_seen_is_not_found_and_not_listed(real: Real) -> None:
    owner, reader = key(real, Role.ANALYST, Tlp.RED), key(real, Role.READER, Tlp.CLEAR)
    take(owner, report(1, host="example.com"), "CLEAR")
    take(owner, report(2, host="secret.example.com"), "RED")
    assert [hit["entity"] for hit in reader.get("/api/v1/search?q=example.com").json()["hits"]] == ["host:example.com"]
    for path in ("/index.json", "/search.json?q=secret", "/search.json?q=example"):
        assert "secret.example.com" not in reader.get(path).text
        assert "secret.example.com" in owner.get(path).text


def test_a_new_hidden_statement_does_not_move_its_entity_up_the_first_page(real: Real) -> None:
    owner, reader = key(real, Role.ANALYST, Tlp.RED), key(real, Role.READER, Tlp.CLEAR)
    take(owner, report(1, phone="012345001"), "CLEAR")
    take(owner, report(2, phone="012345002"), "CLEAR")
    before = reader.get("/index.json").json()["newest"]
    told = owner.post("/api/v1/outcomes", json={"value": "012345001", "outcome": "scam-confirmed"})
    assert told.status_code == 201, told.text
    assert owner.get("/index.json").json()["newest"][0]["entity"] == "phone:+85512345001"
    assert reader.get("/index.json").json()["newest"] == before


def test_a_hidden_word_about_an_entity_that_may_be_seen_does_not_find_it(real: Real) -> None:
    owner, reader = key(real, Role.ANALYST, Tlp.RED), key(real, Role.READER, Tlp.CLEAR)
    take(owner, report(77001, phone="012345001"), "CLEAR")
    take(owner, report(88002, phone="012345001"), "RED")
    assert "phone:+85512345001" in owner.get("/api/v1/search?q=88002").text
    assert reader.get("/api/v1/search?q=88002").json()["hits"] == []
    assert "phone:+85512345001" in reader.get("/api/v1/search?q=77001").text


def test_what_was_said_about_a_statement_while_it_was_stricter_stays_hidden(real: Real) -> None:
    owner, reader = key(real, Role.ANALYST, Tlp.RED), key(real, Role.READER, Tlp.CLEAR)
    take(owner, report(1, phone="012345001"), "RED")
    (line, *_) = owner.get("/api/v1/lookup?value=012345001").json()["statements"]
    ref = line["ref"]
    real.node.amend(ref, Change(Op.RETRACT, reason="an officer inside said so"))
    real.node.amend(ref, Change(Op.RELABEL, reason="cleared", marking=Marking(Tlp.CLEAR, Pap.CLEAR)))
    said = reader.get(f"/api/v1/statements/{ref.rpartition('#')[2]}")
    assert (said.status_code, said.json()["standing"]) == (200, "retracted")
    assert [each["reason"] for each in said.json()["changes"]] == ["cleared"]
    assert len(owner.get(f"/api/v1/statements/{ref.rpartition('#')[2]}").json()["changes"]) == 2


def test_an_amendment_goes_out_of_sight_with_its_target(real: Real) -> None:
    owner, reader = key(real, Role.ANALYST, Tlp.RED), key(real, Role.READER, Tlp.CLEAR)
    take(owner, report(1, phone="012345001"), "CLEAR")
    ref = owner.get("/api/v1/lookup?value=012345001").json()["statements"][0]["ref"]
    change = real.node.amend(ref, Change(Op.RETRACT, reason="a mistake")).rpartition("#")[2]
    assert reader.get(f"/api/v1/statements/{change}").status_code == 200
    real.node.amend(ref, Change(Op.RELABEL, reason="a person is in danger", marking=Marking(Tlp.RED, Pap.RED)))
    absent = reader.get(f"/api/v1/statements/{'0f' * 32}").json()
    for path in (f"/api/v1/statements/{change}", f"/api/v1/statements/{change}/proof", f"/s/{change}.json"):
        hidden = reader.get(path)
        assert hidden.status_code == 404
        assert {**hidden.json(), "instance": ""} == {**absent, "instance": ""}
        assert owner.get(path).status_code == 200


def test_takes_are_listed_to_whoever_gave_them_and_to_those_who_may_see_them(real: Real) -> None:
    one, other = key(real, Role.INTAKE, Tlp.CLEAR), key(real, Role.INTAKE, Tlp.GREEN)
    red = key(real, Role.ANALYST, Tlp.RED)
    take(one, report(1, phone="012345001"), "RED", "mine.csv")
    take(red, report(2, phone="012345002"), "GREEN", "green.csv")
    take(red, report(3, phone="012345003"), "RED", "red.csv")
    names = [[row["name"] for row in each.get("/api/v1/takes").json()["takes"]] for each in (one, other, red)]
    assert names == [["mine.csv"], ["green.csv"], ["red.csv", "green.csv", "mine.csv"]]


def test_a_take_opens_nothing_that_its_giver_may_not_see(real: Real) -> None:
    owner, intake, reader = key(real, Role.ANALYST, Tlp.RED), key(real, Role.INTAKE, Tlp.GREEN), key(real, Role.READER, Tlp.GREEN)
    take(owner, report(1, phone="012345001"), "RED")
    take(intake, report(1, phone="012345001"), "CLEAR")
    assert reader.get("/api/v1/lookup?value=012345001").json()["total"] == 0
    take(owner, report(1, phone="012345001"), "CLEAR")
    assert reader.get("/api/v1/lookup?value=012345001").json()["total"] > 0


def test_the_list_of_takes_survives_odd_names_and_a_line_cut_short(real: Real) -> None:
    owner = key(real, Role.ANALYST, Tlp.RED)
    take(owner, report(1, phone="012345001"), "RED", "a%E2%80%A8b%C2%85c.csv")
    with (real.node.files.takes / "takes.jsonl").open("ab") as log:
        log.write(json.dumps({"id": "cut"}).encode()[:7])
    assert [row["name"] for row in owner.get("/api/v1/takes").json()["takes"]] == ["a\u2028b\x85c.csv"]
    take(owner, report(2, phone="012345002"), "RED", "next.csv")
    assert [row["name"] for row in owner.get("/api/v1/takes").json()["takes"]] == ["next.csv", "a\u2028b\x85c.csv"]


def test_a_block_list_of_an_earlier_size_is_not_the_same_once_a_marking_is_stricter(real: Real) -> None:
    owner, reader = key(real, Role.ANALYST, Tlp.RED), key(real, Role.AUDITOR, Tlp.GREEN)
    take(owner, report(1, host="phish.example.com"), "GREEN")
    size = real.node.state().views
    first = reader.get(f"/api/v1/feeds/hosts?at={size}")
    assert "phish.example.com" in first.text
    known = {"If-None-Match": first.headers["etag"]}
    assert reader.get(f"/api/v1/feeds/hosts?at={size}", headers=known).status_code == 304
    for line in owner.get("/api/v1/lookup?value=phish.example.com").json()["statements"]:
        real.node.amend(line["ref"], Change(Op.RELABEL, reason="stricter", marking=Marking(Tlp.RED, Pap.RED)))
    then = reader.get(f"/api/v1/feeds/hosts?at={size}", headers=known)
    assert then.status_code == 200
    assert "phish.example.com" not in then.text


def test_a_program_with_a_key_says_what_for_on_data_of_pages_too(real: Real) -> None:
    reader = key(real, Role.READER, Tlp.GREEN)
    del reader.headers["Saksi-Purpose"]
    for path in ("/index.json", "/search.json?q=example", "/e/host:example.com.json", f"/s/{'0f' * 32}.json"):
        refused = reader.get(path)
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/purpose-needed"), path
