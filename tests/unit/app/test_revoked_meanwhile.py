"""A key that is revoked while its request is under way does nothing any more: not behind a slow body, and not out of the queue."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from threading import Event, Thread
from typing import Any

import pytest
from calls import Client
from test_api_node import REPORTS
from test_withdrawing import BODY, PHONE, Real, real, roles  # noqa: F401

from saksi.app.api.caller import Caller
from saksi.app.api.keys import CAN, Role
from saksi.app.api.problems import Refused
from saksi.model import Tlp


def slowly(node: Real, name: str, body: bytes) -> Iterator[bytes]:
    yield body[:5]
    node.desk.keys.revoke(name)
    yield body[5:]


def client(node: Real, role: Role) -> tuple[Client, str]:
    made = node.with_key(role)
    return made, node.desk.keys.listed()[-1].id


def test_a_key_revoked_behind_half_a_body_does_nothing(real: Real) -> None:  # noqa: F811
    other = real.with_key(Role.ANALYST)
    size, as_json = real.node.ledger.size, {"Content-Type": "application/json"}
    planned = {"what": "012345678", "ground": "decision 12"}
    for role, path, body, more in (
        (Role.ANALYST, "retractions", json.dumps(BODY).encode(), {}),
        (Role.ANALYST, "retractions", json.dumps(BODY).encode(), {"Idempotency-Key": "k-1"}),
        (Role.ANALYST, "outcomes", json.dumps({"value": "012345678", "outcome": "false-alarm"}).encode(), {}),
        (Role.APPROVER, "erasures", json.dumps(planned).encode(), {}),
        (Role.INTAKE, "takes?name=more.csv&source=report-desk", REPORTS.replace("R-1", "R-9").encode(), {}),
    ):
        sender, name = client(real, role)
        made = sender.post(f"/api/v1/{path}", content=slowly(real, name, body), headers={**as_json, **more})
        assert (made.status_code, made.json()["type"]) == (401, "/problems/key-needed"), (path, made.text)
    assert real.node.ledger.size == size
    assert PHONE in other.get("/api/v1/feeds/csv").text


def test_an_act_that_waits_is_not_done_for_a_key_revoked_meanwhile(real: Real) -> None:  # noqa: F811
    analyst, name = client(real, Role.ANALYST)
    refs, begun, go = roles(analyst), Event(), Event()

    def ahead() -> None:
        begun.set()
        assert go.wait(20)
        real.desk.keys.revoke(name)

    waiting = real.desk.writer.submit(ahead)
    assert begun.wait(20)
    queued = real.desk.writer._work_queue.qsize

    def release() -> None:
        for _ in range(2000):
            if queued():
                break
            Event().wait(0.01)
        go.set()

    watch = Thread(target=release)
    watch.start()
    made = analyst.post("/api/v1/retractions", json={"refs": refs, "reason": "a test"})
    watch.join()
    waiting.result()
    assert made.status_code == 401, made.text
    assert roles(real.with_key(Role.ANALYST)) == refs


@pytest.mark.parametrize("change", [{"name": "another"}, {"rights": frozenset()}, {"clearance": Tlp.CLEAR}])
def test_a_session_that_ended_or_lost_a_right_does_nothing(change: dict[str, Any]) -> None:
    before = Caller("a-person", "analyst", Tlp.RED, CAN[Role.ANALYST], "centre.a.example")
    before.check_still(replace(before))
    with pytest.raises(Refused, match="key-needed"):
        before.check_still(replace(before, **change))


def test_an_answer_kept_is_not_given_to_a_key_revoked_meanwhile(real: Real) -> None:  # noqa: F811
    analyst, name = client(real, Role.ANALYST)
    body, sent = json.dumps(BODY).encode(), {"Content-Type": "application/json", "Idempotency-Key": "k-2"}
    assert analyst.post("/api/v1/retractions", content=body, headers=sent).status_code == 201
    assert analyst.post("/api/v1/retractions", content=body, headers=sent).status_code == 201
    assert analyst.post("/api/v1/retractions", content=slowly(real, name, body), headers=sent).status_code == 401
