"""The OpenAPI document: whole, true of every answer (schemathesis asks), and its examples are of the shapes they stand for."""

from __future__ import annotations

import json
from collections.abc import Callable

import msgspec
import pytest
import schemathesis
from calls import Served
from hypothesis import HealthCheck, given, settings

from saksi.app.api import examples
from saksi.app.api.application import API_ROUTES
from saksi.app.api.desk import Limits
from saksi.app.api.give import OutcomeBody
from saksi.app.api.keys import Role
from saksi.app.api.look import Questions
from saksi.app.api.openapi import document
from saksi.app.api.ports import Hit, OutcomeLine, StatementView, TakeLine
from saksi.app.api.problems import KINDS
from saksi.app.api.record import AccessAnswer, FeedsAnswer, KeysAnswer, Ready
from saksi.model import Tlp
from saksi.screen.answer import Answer

DOCUMENT = json.loads(msgspec.json.encode(document(API_ROUTES, title="a test")))
OPERATIONS = [(path, method) for path, item in DOCUMENT["paths"].items() for method in item]


@pytest.mark.parametrize(
    ("example", "shape"),
    [
        (examples.ANSWER, Answer),
        (examples.QUESTIONS, Questions),
        (examples.STATEMENT, StatementView),
        (examples.SEARCH["hits"][0], Hit),  # type: ignore[index]
        (examples.TAKE, TakeLine),
        (examples.OUTCOME_BODY, OutcomeBody),
        (examples.OUTCOME, OutcomeLine),
        (examples.FEEDS, FeedsAnswer),
        (examples.READY, Ready),
        (examples.ACCESS, AccessAnswer),
        (examples.KEYS, KeysAnswer),
    ],
    ids=lambda each: getattr(each, "__name__", "example"),
)
def test_an_example_has_its_shape(example: object, shape: type) -> None:
    assert msgspec.json.decode(msgspec.json.encode(example), type=shape)


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_each_operation_is_whole(path: str, method: str) -> None:
    operation = DOCUMENT["paths"][path][method]
    assert operation["summary"]
    assert {name for name in path.split("/") if name.startswith("{")} == {
        "{" + each["name"] + "}" for each in operation.get("parameters", []) if each["in"] == "path"
    }
    good = [code for code in operation["responses"] if code < "400"]
    assert good
    for code, response in operation["responses"].items():
        if code == "304":
            continue
        media = response["content"]
        assert all("example" in each or "examples" in each for each in media.values())
        if code >= "400" and path != "/readyz":
            assert list(media) == ["application/problem+json"]
            assert {each["value"]["type"] for each in media["application/problem+json"]["examples"].values()} <= {
                f"/problems/{s}" for s in KINDS
            }
    assert {"400", "421", "403", "429", "500"} <= set(operation["responses"])
    if method == "post":
        assert operation["requestBody"]["content"]


def test_words_of_a_vocabulary_are_listed_and_every_media_type_is() -> None:
    shapes = DOCUMENT["components"]["schemas"]
    assert "false-alarm" in shapes["OutcomeBody"]["properties"]["outcome"]["enum"]
    assert {"retract", "relabel"} < set(shapes["AmendmentBody"]["properties"]["op"]["enum"])
    for shape in ("ChangeLine", "AmendLine", "WithdrawalLine"):
        assert set(shapes[shape]["properties"]["op"]["enum"]) == set(shapes["AmendmentBody"]["properties"]["op"]["enum"])
    assert shapes["OutcomeLine"]["properties"]["outcome"]["enum"] == shapes["OutcomeBody"]["properties"]["outcome"]["enum"]
    assert set(DOCUMENT["paths"]["/api/v1/feeds/{name}"]["get"]["responses"]["200"]["content"]) == {"text/plain", "text/dns", "text/csv"}


def test_names_are_unique_and_references_resolve() -> None:
    names = [DOCUMENT["paths"][path][method]["operationId"] for path, method in OPERATIONS]
    assert len(names) == len(set(names))
    text = json.dumps(DOCUMENT)
    for part in text.split('"#/components/schemas/')[1:]:
        assert part.partition('"')[0] in DOCUMENT["components"]["schemas"]


POSITIVE, NEGATIVE = schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE
ASKED = [
    (path, method, mode)
    for path, method in OPERATIONS
    for mode in (POSITIVE, NEGATIVE)
    if mode is POSITIVE or {"parameters", "requestBody"} & DOCUMENT["paths"][path][method].keys()
]
RUNS_IT = dict.fromkeys(("/metrics", "/api/v1/keys", "/api/v1/keys/{id}"), Role.ADMINISTRATOR)


@pytest.mark.parametrize(("path", "method", "mode"), ASKED)
def test_every_answer_is_as_described(serve: Callable[..., Served], path: str, method: str, mode: schemathesis.GenerationMode) -> None:
    """Schemathesis asks, rightly and wrongly; statuses, media types, headers and bodies must be as the document says."""
    served = serve(Limits(each_second=1e6, burst=1_000_000))
    role = Role.AUDITOR if path == "/api/v1/access" else RUNS_IT.get(path, Role.ANALYST)
    client = served.with_key(role, Tlp.RED)
    schema = schemathesis.openapi.from_dict(DOCUMENT)
    operation = schema[path][method.upper()]
    cases = operation.as_strategy(generation_mode=mode)
    refused = []

    @settings(max_examples=12, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=cases)
    def ask(case: schemathesis.Case) -> None:
        told = case.as_transport_kwargs(base_url="http://localhost")
        parts = {name: told[name] for name in ("params", "json") if told.get(name) is not None}
        if isinstance(told.get("data"), (bytes, str)):
            parts["content"] = told["data"]
        mine = {name: value for name, value in told["headers"].items() if name.lower() in {"content-type", "idempotency-key"}}
        parts["headers"] = {**mine, **client.headers}
        answer = client.request(told["method"], told["url"], **parts)
        documented = DOCUMENT["paths"][path][method]["responses"]
        assert str(answer.status_code) in documented, (answer.status_code, answer.text)
        assert answer.status_code < 500, answer.text
        described = documented[str(answer.status_code)].get("content", {})
        media = answer.headers.get("content-type", "").partition(";")[0]
        assert media in described
        if media.endswith("json"):
            operation.validate_response(schemathesis.Response.from_any(answer))
        refused.append(answer.status_code >= 400)

    ask()
    if mode is NEGATIVE and "requestBody" not in DOCUMENT["paths"][path][method]:
        assert any(refused)
