"""What is in the ledger is answered as done, however long it takes until look-ups show it; only what has not begun runs out of time."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event

import pytest
from calls import Client
from test_api_node import Real
from test_withdrawing import BODY, real  # noqa: F401
from test_withdrawn_later import Busy, listed, state
from test_withdrawn_meanwhile import _role

from saksi.actions.book import Book
from saksi.app.api.guard import Guard
from saksi.app.api.keys import Role
from saksi.views.views import Views

TOLD = {"value": "012999111", "outcome": "scam-confirmed"}
LIMIT = 0.6  # seconds


class Slow:
    """Folds that take until `ended`; `begun` says that one is waited for."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.begun, self._go = Event(), Event()
        fold = Views.fold

        def slowly(*given: object, **more: object) -> object:
            self.begun.set()
            assert self._go.wait(60)
            return fold(*given, **more)  # type: ignore[arg-type]

        patch.setattr(Views, "fold", slowly)

    def ended(self) -> None:
        self._go.set()


@pytest.fixture
def slow(real: Real, monkeypatch: pytest.MonkeyPatch) -> Iterator[Slow]:  # noqa: F811
    assert isinstance(real.app, Guard)
    monkeypatch.setattr(real.app, "_limits", replace(real.app._limits, seconds=LIMIT))
    made = Slow(monkeypatch)
    yield made
    made.ended()


def _shown(client: Client) -> bool:
    return bool(client.get("/api/v1/lookup?value=012999111").json()["status"] == "known")


def test_a_retraction_is_answered_with_its_address_and_left_out_at_once(real: Real, slow: Slow) -> None:  # noqa: F811
    """Also without an Idempotency-Key: the act had begun, so that it could not be put off any more."""
    analyst, size = real.with_key(Role.ANALYST), real.node.ledger.size
    made = analyst.post("/api/v1/retractions", json=BODY)
    assert (made.status_code, made.json()["state"]) == (202, "waiting"), made.text
    assert real.node.ledger.size > size, "it is in the ledger"
    assert not listed(analyst)
    slow.ended()
    real.desk.writer.submit(int).result(60)
    assert state(analyst, made)["state"] == "done"
    assert not listed(analyst)


def test_an_outcome_is_answered_with_its_address_and_again_once_it_shows(real: Real, slow: Slow) -> None:  # noqa: F811
    analyst, keyed = real.with_key(Role.ANALYST), {"Idempotency-Key": "one"}
    for headers in (keyed, keyed):
        made = analyst.post("/api/v1/outcomes", json=TOLD, headers=headers)
        assert (made.status_code, made.json()["entity"]) == (202, "phone:+85512999111"), made.text
        assert made.headers["location"].startswith("/api/v1/statements/")
    assert not _shown(analyst)
    slow.ended()
    real.desk.writer.submit(int).result(60)
    assert _shown(analyst)
    again = analyst.post("/api/v1/outcomes", json=TOLD, headers=keyed)
    assert (again.status_code, again.content, again.headers["location"]) == (201, made.content, made.headers["location"])


def test_an_erasure_is_answered_as_done(real: Real, slow: Slow) -> None:  # noqa: F811
    approver, body = real.with_key(Role.APPROVER), {"what": "012345678", "ground": "decision 12"}
    plan = approver.post("/api/v1/erasures", json=body).json()["plan"]
    made = approver.post("/api/v1/erasures", json={**body, "plan": plan})
    assert (made.status_code, made.json()["erased"]) == (202, True), made.text


def test_no_look_up_waits_until_the_book_of_requests_has_read_a_take(real: Real, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    """Else all that is answered beside it runs out of time."""
    begun, go = Event(), Event()
    monkeypatch.setattr(Book, "catch_up", lambda *_: (begun.set(), go.wait(60)))
    with ThreadPoolExecutor(2) as pool:
        reading = pool.submit(lambda: real.node.book)
        assert begun.wait(20)
        try:
            assert pool.submit(listed, real.with_key(Role.ANALYST)).result(20)
            assert not reading.done()
        finally:
            go.set()


def test_an_answer_does_not_wait_for_what_is_written_after_it(real: Real, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    begun, go = Event(), Event()
    real.desk.writer.submit(int).result(60)  # what comes after the act before this one is over
    monkeypatch.setattr("saksi.app.api.once.work_off", lambda _: (begun.set(), go.wait(60)))
    made = real.with_key(Role.ANALYST).post("/api/v1/outcomes", json=TOLD)
    assert (made.status_code, begun.wait(20)) == (201, True)
    go.set()


def test_what_has_begun_is_waited_for_beyond_the_limit(real: Real, slow: Slow) -> None:  # noqa: F811
    """The fold comes first here, of what the act before it left."""
    analyst = real.with_key(Role.ANALYST)
    real.node.ledger.append([_role(real.node, 0)])
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(analyst.post, "/api/v1/outcomes", json=TOLD)
        assert slow.begun.wait(20)
        Event().wait(2 * LIMIT)
        assert not asked.done()
        slow.ended()
        assert asked.result(60).status_code in {201, 202}
    real.desk.writer.submit(int).result(60)
    assert _shown(analyst)


@pytest.mark.parametrize(("headers", "later"), [({}, False), ({"Idempotency-Key": "one"}, True)])
def test_what_has_not_begun_runs_out_of_time(real: Real, slow: Slow, headers: dict[str, str], later: bool) -> None:  # noqa: F811
    """And is done after all where it bore a key."""
    slow.ended()
    analyst, busy = real.with_key(Role.ANALYST), Busy(real)
    made = analyst.post("/api/v1/outcomes", json=TOLD, headers=headers)
    assert (made.status_code, made.json()["type"]) == (408, "/problems/too-slow"), made.text
    busy.free()
    real.node.catch_up()
    assert _shown(analyst) is later
