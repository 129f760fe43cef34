"""What the key that gives a file may not see: the file takes nothing of it back."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from calls import Client
from test_api_node import Real

from saksi.app.api.keys import Role
from saksi.model import Tlp

Json = dict[str, object]


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
    name = f"{role.value} {clearance.value}"
    _, text = real.desk.keys.create(name, role, clearance=clearance, expires_at="2099-01-01T00:00:00Z")
    return Client(real.app, "192.0.2.7", {"Authorization": f"Bearer {text}", "Saksi-Purpose": "a test"})


def phones(first: int, count: int = 1) -> list[str]:
    return [f"0127{number:05d}" for number in range(first, first + count)]


def edition(client: Client, values: list[str], tlp: Tlp = Tlp.CLEAR) -> Json:
    query = f"name=list.txt&list=phones&publisher=Police&tlp={tlp.value}&pap=GREEN"
    made = client.post(f"/api/v1/takes?{query}", content="".join(f"{value}\n" for value in values).encode())
    assert made.status_code == 201, made.text
    line = made.json()
    assert isinstance(line, dict)
    return line


def flagged(client: Client, values: list[str]) -> list[bool]:
    return [client.get(f"/api/v1/lookup?value={value}").json()["flagged"] for value in values]


def test_an_edition_takes_off_only_what_its_giver_may_see(real: Real) -> None:
    desk, outside = key(real, Role.ANALYST, Tlp.RED), key(real, Role.ANALYST, Tlp.CLEAR)
    sealed = phones(1, 4)
    edition(desk, sealed, Tlp.RED)
    made = edition(outside, phones(100, 2))
    assert (made["taken"], made["expired"]) == (2, 0)
    assert flagged(desk, sealed) == [True] * 4
    assert edition(outside, phones(101))["expired"] == 1
    assert flagged(desk, [*sealed, *phones(100, 2)]) == [True] * 4 + [False, True]
    assert edition(desk, phones(101), Tlp.RED)["expired"] == 4  # who sees them takes them off
    assert flagged(desk, sealed) == [False] * 4


def test_an_edition_brings_nothing_back_that_its_giver_may_not_see(real: Real) -> None:
    desk, outside = key(real, Role.ANALYST, Tlp.RED), key(real, Role.ANALYST, Tlp.CLEAR)
    sealed, other = phones(1, 4), phones(50, 4)
    edition(desk, [*sealed, *other], Tlp.RED)
    assert edition(desk, other, Tlp.RED)["expired"] == 4
    edition(outside, [*sealed, *phones(100, 1)])
    assert flagged(desk, sealed) == [False] * 4
    edition(desk, [*sealed, *other], Tlp.RED)
    assert flagged(desk, sealed) == [True] * 4


@pytest.mark.parametrize("known", [0, 1])
def test_an_edition_that_shrinks_too_far_tells_no_number_of_what_its_giver_may_not_see(real: Real, known: int) -> None:
    desk, outside = key(real, Role.ANALYST, Tlp.RED), key(real, Role.ANALYST, Tlp.CLEAR)
    edition(desk, phones(1, 30), Tlp.RED)
    edition(outside, phones(100, 50))
    short = [*phones(100), *phones(1 if known else 50)]  # one more, which is on the list under RED or on none
    refused = outside.post("/api/v1/takes?name=list.txt&list=phones&publisher=Police", content="\n".join(short).encode())
    assert refused.status_code == 400
    assert refused.json()["detail"].startswith("49 of 50 values of own/police/phones/infrastructure are not in this file")


def report(client: Client, reference: str, phone: str, tlp: Tlp = Tlp.CLEAR) -> Json:
    text = f"reference,reported_at,country,synthetic,scam_phone\n{reference},2026-02-03,KH,true,{phone}\n"
    made = client.post(f"/api/v1/takes?name=b.csv&source=report-desk&tlp={tlp.value}&pap=GREEN", content=text.encode())
    assert made.status_code == 201, made.text
    line = made.json()
    assert isinstance(line, dict)
    return {name: line[name] for name in ("taken", "duplicate", "rejected", "expired", "erased", "rejects")}


def counts(client: Client) -> list[Json]:
    return [{name: line[name] for name in ("taken", "duplicate")} for line in client.get("/api/v1/takes").json()["takes"]]


def test_a_guess_about_a_sealed_report_is_answered_like_a_wrong_one(real: Real) -> None:
    desk, outside, sees = (key(real, role, tlp) for role, tlp in
                           ((Role.ANALYST, Tlp.RED), (Role.INTAKE, Tlp.CLEAR), (Role.INTAKE, Tlp.RED)))  # fmt: skip
    report(desk, "SECRET-9", "012755511", Tlp.RED)
    right, wrong = report(outside, "Z-1", "012755511"), report(outside, "Z-2", "012755512")
    assert right == wrong
    assert right["duplicate"] == 0
    assert counts(outside)[:1] == counts(outside)[1:]  # and so in the list of takes
    assert counts(sees)[1]["duplicate"] != 0
    assert report(sees, "Z-3", "012755511")["duplicate"] != 0
    assert report(outside, "Z-4", "012755512")["duplicate"] != 0  # its own, under CLEAR


def test_a_guess_about_what_was_erased_is_answered_like_a_wrong_one(real: Real) -> None:
    desk, outside, approver = (key(real, role, tlp) for role, tlp in
                               ((Role.ANALYST, Tlp.RED), (Role.INTAKE, Tlp.CLEAR), (Role.APPROVER, Tlp.RED)))  # fmt: skip
    report(desk, "SECRET-9", "012755511")
    order = {"what": "012755511", "ground": "decision 1"}
    plan = approver.post("/api/v1/erasures", json=order).json()
    assert approver.post("/api/v1/erasures", json={**order, "plan": plan["plan"]}).json()["erased"] is True
    assert report(outside, "Z-1", "012755511") == report(outside, "Z-2", "012755512")
    assert flagged(desk, ["012755512"]) == [True]


def test_what_a_giver_can_look_up_of_it_does_not_tell_sealed_from_erased(real: Real) -> None:
    desk, outside, approver = key(real, Role.ANALYST, Tlp.RED), key(real, Role.ANALYST, Tlp.CLEAR), key(real, Role.APPROVER, Tlp.RED)
    sealed, gone = "012755511", "012755512"
    report(desk, "SECRET-8", sealed, Tlp.RED)
    report(desk, "SECRET-9", gone, Tlp.RED)
    order = {"what": gone, "ground": "decision 1"}
    plan = approver.post("/api/v1/erasures", json=order).json()
    assert approver.post("/api/v1/erasures", json={**order, "plan": plan["plan"]}).json()["erased"] is True
    assert report(outside, "Z-1", sealed) == report(outside, "Z-2", gone)
    one, other = (outside.get(f"/api/v1/lookup?value={value}").json() for value in (sealed, gone))
    assert [[line["prop"] for line in said["statements"]] for said in (one, other)] == [["reportedIn"]] * 2
    for name in ("status", "flagged", "reports", "independent", "marking", "past", "total"):
        assert one[name] == other[name], name


@pytest.mark.parametrize(("clearance", "told"), [(Tlp.CLEAR, False), (Tlp.RED, True)])
def test_the_spelling_of_a_publisher_is_for_who_may_see_its_lists(real: Real, clearance: Tlp, told: bool) -> None:
    edition(key(real, Role.ANALYST, Tlp.RED), phones(1), Tlp.RED)
    other = key(real, Role.ANALYST, clearance)
    refused = other.post("/api/v1/takes?name=list.txt&list=hosts&publisher=police", content=b"one.example.net\n")
    assert refused.status_code == 400
    assert ("'Police'" in refused.text) is told


@pytest.mark.parametrize("shrinks", [False, True])
def test_a_file_leaves_a_line_in_the_access_log_whether_or_not_it_is_refused(real: Real, shrinks: bool) -> None:
    outside, auditor = key(real, Role.ANALYST, Tlp.CLEAR), real.with_key(Role.AUDITOR)
    edition(outside, phones(100, 50))
    body = "\n".join(phones(100, 1 if shrinks else 49)).encode()
    given = outside.post("/api/v1/takes?name=list.txt&list=phones&publisher=Police", content=body)
    assert given.status_code == (400 if shrinks else 201)
    for value, count in ((sha256(body).hexdigest(), 1), ("own/police/phones/infrastructure", 2)):
        lines = auditor.get("/api/v1/access", params={"value": value}).json()["lines"]
        assert [line["kind"] for line in lines] == ["take"] * count
        assert lines[0]["purpose"] == "a test"
