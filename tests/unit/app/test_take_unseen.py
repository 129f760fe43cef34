"""What the key that gives a file may not see: the file takes nothing of it back."""

from __future__ import annotations

from collections.abc import Iterator
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


@pytest.mark.parametrize("known", [0, 1])
def test_an_edition_that_shrinks_too_far_tells_no_number_of_what_its_giver_may_not_see(real: Real, known: int) -> None:
    desk, outside = key(real, Role.ANALYST, Tlp.RED), key(real, Role.ANALYST, Tlp.CLEAR)
    edition(desk, phones(1, 30), Tlp.RED)
    edition(outside, phones(100, 50))
    short = [*phones(100), *phones(1 if known else 50)]  # one more, which is on the list under RED or on none
    refused = outside.post("/api/v1/takes?name=list.txt&list=phones&publisher=Police", content="\n".join(short).encode())
    assert refused.status_code == 400
    assert refused.json()["detail"].startswith("49 of 50 values of own/police/phones/infrastructure are not in this file")
