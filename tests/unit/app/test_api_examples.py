"""The examples of the OpenAPI document, sent to a node that serves all it has: each is taken but those that name what none can know."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from threading import Timer
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import pytest
import schemathesis
from bureau import Bureau

from saksi.app.alerts.alerting import opened as opened_alerts
from saksi.app.alerts.api import AlertApi
from saksi.app.api.desk import Route
from saksi.app.api.keys import Role
from saksi.app.intake.serve import opened as opened_intake
from saksi.app.taking import Order
from saksi.model import Tlp
from saksi.sources.own import own_of

# Names of statements, requests, keys and the like are each node's own: here an example is refused, with the place that is the reason.
NOBODYS = {
    "get /api/v1/statements/{digest}": (404, None),
    "get /api/v1/statements/{digest}/proof": (404, None),
    "get /api/v1/retractions/{id}": (404, None),
    "delete /api/v1/keys/{id}": (404, None),
    "get /api/v1/reports/{reference}/original": (404, None),
    "get /api/v1/reports/{reference}/files/{file}": (404, None),
    "post /api/v1/reports/{reference}/progress": (400, "reference"),
    "delete /api/v1/alerts/{alert}": (404, None),
    "post /api/v1/alerts/{alert}/pause": (404, None),
    "get /api/v1/alerts/{alert}/hits": (404, None),
    "post /api/v1/amendments": (400, "refs/0"),
    "get /api/v1/requests/{id}": (404, None),
    "post /api/v1/requests/{id}/steps": (404, None),
    "post /api/v1/requests": (400, "centre.a.example/saksi/1#" + "0f" * 32),
    "get /api/v1/cases/{case}": (404, None),
    "post /api/v1/cases": (400, "report"),
    "post /api/v1/cases/{case}/entries": (400, "case"),
}


class Whole(Bureau):
    """The node of a bureau with all its addresses, and on record what the examples speak of."""

    def __init__(self, folder: Path) -> None:
        self.held = ExitStack()
        super().__init__(folder)
        hosts = folder / "hosts.txt"
        hosts.write_text("phish.example.net\n", encoding="utf-8")
        self.real.take_file(Order(hosts, hosts.name, own=own_of("Centre of Country A", "hosts", means=None, country=None)))
        self.real.catch_up()
        self.ann = self.officer("Ann", "analyst")

    def more(self) -> tuple[Route, ...]:
        alerts = self.held.enter_context(closing(opened_alerts(self.real)))
        return (*self.held.enter_context(opened_intake(self.real, None, proxy=False)).routes, *AlertApi(alerts).routes(), *super().more())

    def ask(self, method: str, path: str, headers: dict[str, str], content: bytes | None) -> httpx.Response:
        """The answer to the first who may ask: a key of some role, or somebody who signed in."""
        for role in (Role.ANALYST, Role.APPROVER, Role.ADMINISTRATOR, Role.AUDITOR):
            client = self.with_key(role, Tlp.RED)
            if path.startswith("/api/v1/events"):  # without end, but for the key's
                Timer(1.0, self.desk.keys.revoke, [self.desk.keys.listed()[-1].id]).start()
            answer = client.request(method, path, headers={**headers, "Saksi-Purpose": "a test"}, content=content)
            if answer.status_code not in {401, 403}:
                return answer
        mine = {**headers, **self.ann._cookie(), "Origin": self.ann.origin}
        return self.ann.client.request(method, path, headers=mine, content=content)

    def close(self) -> None:
        self.held.close()
        super().close()


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    made = Whole(tmp_path)
    yield made
    made.close()


def _sent(path: str, operation: dict[str, Any]) -> tuple[str, dict[str, str], bytes | None]:
    """An operation's examples as a request: the address, headers and the body."""
    query, headers, content = {}, {}, None
    for each in operation.get("parameters", ()):
        if each["in"] == "path":
            path = path.replace("{" + each["name"] + "}", quote(str(each["example"]), safe="/:"))
        elif each["in"] == "header":
            headers |= {each["name"]: str(each["example"])} if "example" in each else {}
        elif "example" in each:
            query[each["name"]] = each["example"]
        assert "example" in each or not each["required"], (path, each["name"])
    if "requestBody" in operation:
        ((media, told),) = operation["requestBody"]["content"].items()
        headers["Content-Type"] = media
        content = told["example"].encode() if isinstance(told["example"], str) else json.dumps(told["example"]).encode()
    return path + (f"?{urlencode(query)}" if query else ""), headers, content


def test_every_example_is_taken_but_names_that_are_nobodys(whole: Whole) -> None:
    document = whole.ann.get("/openapi.json").json()
    schema = schemathesis.openapi.from_dict(document)
    refused = {}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            answer = whole.ask(method.upper(), *_sent(path, operation))
            if answer.status_code >= 400:
                told = answer.json()
                refused[f"{method} {path}"] = (answer.status_code, told.get("where"))
                assert str(answer.status_code) in operation["responses"], answer.text
                assert told["detail"] and told["todo"]
            elif answer.headers["content-type"].partition(";")[0] in {"application/json", "text/event-stream"}:
                schema[path][method.upper()].validate_response(schemathesis.Response.from_any(answer))
    assert refused == NOBODYS
