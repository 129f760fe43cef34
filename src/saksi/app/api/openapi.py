"""The OpenAPI 3.1 document, made from the table of routes: every parameter, body, answer, example and problem."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import msgspec

from saksi import __version__
from saksi.app.alerts.api import AlertBody, AlertHits, AlertLine, AlertsAnswer, PauseBody
from saksi.app.alerts.search import WAYS
from saksi.app.api.desk import Route
from saksi.app.api.give import OutcomeBody, TakesAnswer
from saksi.app.api.look import Questions
from saksi.app.api.ports import AmendLine, ErasureLine, FeedName, HitPage, OutcomeLine, StatementView, TakeLine, WithdrawalLine
from saksi.app.api.problems import KINDS, Problem
from saksi.app.api.record import AccessAnswer, FeedsAnswer, Health, KeyLine, KeysAnswer, Ready
from saksi.app.api.undo import AmendmentBody, ErasureBody, RetractionBody
from saksi.app.api.wire import JSON
from saksi.app.intake.told import Told
from saksi.app.intake.wire import ProgressBody, ReportLine
from saksi.app.requesting.wire import MeasuresAnswer, RequestAnswer, RequestBody, RequestsAnswer, StepBody
from saksi.app.work.entering import CaseBody, EntryBody
from saksi.app.work.told import CaseAnswer, CasesAnswer, EnteredAnswer
from saksi.model import OUTCOMES, Json, Op
from saksi.screen.answer import Answer
from saksi.screen.page import Listed

__all__ = ["document"]

_Object: TypeAlias = "dict[str, Json]"
_SHAPES = (
    Answer, Listed, Questions, StatementView, HitPage, TakeLine, TakesAnswer, OutcomeBody, OutcomeLine, FeedName, FeedsAnswer, Health,
    Ready, AccessAnswer, KeyLine, KeysAnswer, Problem, Told, CasesAnswer, CaseAnswer, CaseBody, EntryBody, EnteredAnswer, ReportLine,
    ProgressBody, RetractionBody, AmendmentBody, AmendLine, WithdrawalLine, ErasureBody, ErasureLine,
    RequestBody, RequestAnswer, RequestsAnswer, StepBody, MeasuresAnswer,
    AlertBody, AlertHits, AlertLine, AlertsAnswer, PauseBody,
)  # fmt: skip
_REF = "#/components/schemas/"
_ANYWHERE = ("bad-input", "wrong-host", "cross-site", "too-many", "too-slow", "fault", "not-shown", "disk-full", "ledger-fault")
_OPS = tuple(op.value for op in Op if op.amends)
_VOCABULARY: tuple[tuple[str, str, Iterable[str]], ...] = (
    ("ChangeLine", "op", _OPS), ("AmendLine", "op", _OPS), ("WithdrawalLine", "op", _OPS),
    ("WithdrawalLine", "state", ("waiting", "done", "refused", "damaged")), ("OutcomeLine", "outcome", OUTCOMES),
    ("AlertBody", "how", WAYS), ("AlertLine", "how", WAYS),
)  # fmt: skip
_OPEN_OBJECT = {"type": "object"}


def document(routes: Iterable[Route], *, title: str) -> _Object:
    """The whole document."""
    paths: dict[str, _Object] = {}
    for route in routes:
        if not route.page:
            paths.setdefault(route.path.replace(":path}", "}"), {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"Saksi: {title}",
            "version": __version__,
            "description": "Who says what about an account, phone, wallet or address, on which source, with proof. Every error is a "
            "problem (RFC 9457); every GET has an ETag; lists have cursors; `at` pins a ledger size.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"key": []}, {}],
        "paths": paths,
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "A key of this node: `saksi key create`."}},
        },
    }


def _operation(route: Route) -> _Object:
    responses: _Object = {}
    for status, (shape, media, example) in route.answers.items():
        content: _Object = {"schema": {"$ref": _REF + shape} if shape else {"type": "string"}, "example": example}
        responses[str(status)] = {
            "description": {200: "As asked", 202: "Accepted, and done later"}.get(status, "Done"),
            "headers": _headers(route),
            **({"content": {each.partition(";")[0]: content for each in media.split(", ")}} if media else {}),
        }
    if route.method == "GET":
        responses["304"] = {"description": "Not changed since the ETag in `If-None-Match`"}
    slugs: dict[int, list[str]] = {}
    for slug in (*_ANYWHERE, *route.problems, *(("key-needed", "not-allowed") if route.may else ())):
        slugs.setdefault(KINDS[slug].status, []).append(slug)
    for code, names in sorted(slugs.items()):
        if str(code) not in responses:
            responses[str(code)] = _problem(code, names)
    made: _Object = {
        "operationId": f"{route.endpoint.__name__}",
        "summary": route.summary,
        "description": (route.about + (f"\n\nNeeds the right `{route.may.value}`." if route.may else "\n\nOpen to anyone.")).strip(),
        "tags": [route.tag],
        "responses": responses,
    }
    if route.params:
        made["parameters"] = [param.document() for param in route.params]
    if route.body:
        shape, media, example = route.body
        schema: _Object = {"$ref": _REF + shape} if shape else {"type": "string", "format": "binary", "minLength": 1}
        made["requestBody"] = {"required": True, "content": {media: {"schema": schema, "example": example}}}
    return made


def _problem(code: int, slugs: list[str]) -> _Object:
    examples: _Object = {
        slug: {"value": {"type": f"/problems/{slug}", "title": KINDS[slug].title, "status": code, "detail": KINDS[slug].about}}
        for slug in slugs
    }
    return {
        "description": "; ".join(KINDS[slug].title for slug in slugs),
        "content": {"application/problem+json": {"schema": {"$ref": _REF + "Problem"}, "examples": examples}},
    }


def _headers(route: Route) -> _Object:
    made: _Object = {
        "RateLimit": {"description": "What is left of the caller's allowance", "schema": {"type": "string"}},
        "RateLimit-Policy": {"description": "The caller's allowance", "schema": {"type": "string"}},
        "Saksi-Request": {"description": "The request's number", "schema": {"type": "string"}},
    }
    if route.method == "GET" and route.tag != "Node":
        made["ETag"] = {"description": "Send it back in `If-None-Match`", "schema": {"type": "string"}}
    if any(param.name == "cursor" for param in route.params):
        made["Link"] = {"description": 'The next page, rel="next"', "schema": {"type": "string"}}
    return made


def _anything(_kind: type) -> dict[str, object]:
    """The schema of a part of a record value: any JSON."""
    return {"description": "any JSON"}


def _schemas() -> _Object:
    _, parts = msgspec.json.schema_components(_SHAPES, ref_template=_REF + "{name}", schema_hook=_anything)
    made: _Object = dict(parts)
    for shape, field, item in (("TakesAnswer", "takes", "TakeLine"),):
        made[shape]["properties"][field]["items"] = {"$ref": _REF + item}  # type: ignore[index,call-overload]
    for shape, field, words in _VOCABULARY:
        made[shape]["properties"][field]["enum"] = list(words)  # type: ignore[index,call-overload]
    made["StatementView"]["properties"]["groups"]["additionalProperties"] = _OPEN_OBJECT  # type: ignore[index,call-overload]
    made["StatementLine"]["properties"]["locator"] = {"anyOf": [_OPEN_OBJECT, {"type": "null"}]}  # type: ignore[index,call-overload]
    made["AlertEvent"] = {
        "type": "object",
        "description": "One event of the stream. `id` is where to go on from; `data` is a hit, as JSON.",
        "required": ["id", "event", "data"],
        "properties": {
            "id": {"type": "string"},
            "event": {"type": "string", "enum": ["alert"]},
            "data": {"type": "string", "contentMediaType": JSON, "contentSchema": {"$ref": _REF + "AlertHit"}},
            "retry": {"type": "integer"},
        },
    }
    made["SearchAnswer"] = {
        "type": "object",
        "description": "A page of entities; `next` is the cursor of the page behind it, or null.",
        "required": ["hits", "next", "at"],
        "properties": {
            "hits": {"type": "array", "items": {"$ref": _REF + "Hit"}},
            "next": {"anyOf": [{"type": "string"}, {"type": "null"}]},
            "at": {"type": "integer"},
        },
    }
    group: _Object = {"type": "object", "additionalProperties": {"type": "string"}}
    place: _Object = {
        "type": "object",
        "required": ["index", "count", "root", "path"],
        "properties": {
            "index": {"type": "integer"},
            "count": {"type": "integer"},
            "root": {"type": "string"},
            "path": {"type": "array", "items": {"type": "string"}},
        },
    }
    made["Proof"] = {
        "type": "object",
        "description": "A proof file; bytes in base64. Groups are opened (`is`, `secret`) or closed (`hash`); `log` is a tlog-proof.",
        "required": ["saksi", "origin", "ref", "leaf", "log", "groups"],
        "properties": {
            **{name: {"type": "string"} for name in ("saksi", "origin", "ref", "leaf", "log")},
            "groups": {"type": "object", "additionalProperties": group},
            "batch": place,
        },
    }
    made["Answers"] = {
        "type": "object",
        "description": "One answer or problem for each value, in their order.",
        "required": ["at", "answers"],
        "properties": {
            "at": {"type": "integer"},
            "answers": {"type": "array", "items": {"anyOf": [{"$ref": _REF + "Answer"}, {"$ref": _REF + "Problem"}]}},
        },
    }
    return made
