"""What is given to the node over HTTP: files to take in, and outcomes. Sent again with the same Idempotency-Key, nothing is done twice."""

from __future__ import annotations

import os
import secrets
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import msgspec
from starlette.responses import Response

from saksi.app.api import examples
from saksi.app.api.cursor import Cursor, read_cursor, write_cursor
from saksi.app.api.desk import Call, Route
from saksi.app.api.keys import May
from saksi.app.api.look import read_body
from saksi.app.api.once import IDEMPOTENT, done, once
from saksi.app.api.params import CURSOR, LIMIT, Param
from saksi.app.api.ports import OutcomePlan, TakePlan
from saksi.app.api.replay import Stored
from saksi.app.api.wire import JSON, answer, next_link
from saksi.model import OUTCOMES, ROLES, BadInput
from saksi.sources.own import LISTS, SAFE, own_of

__all__ = ["ROUTES", "OutcomeBody", "TakesAnswer"]

_FILE = "application/octet-stream"
_NAME = Param("name", "How the file is called; a claim, never a path to open.", "reports.csv", needed=True, longest=200)
_OWN = (
    Param("publisher", "Whose list it is, where it is one of the desk's own; needs `list`.", longest=200),
    Param("list", "What a list of the desk's own holds.", longest=20, form="|".join(LISTS)),
    Param("means", "The role of what is on it, or `safe`.", longest=20, form="|".join((*ROLES, SAFE))),
    Param("country", "Country (ISO 3166) of local forms on a list of the desk's own.", longest=2, form="[A-Z]{2}"),
)


class OutcomeBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What became of a value: one of the outcomes of the vocabulary, and when it happened (ISO date)."""

    value: str
    outcome: Annotated[str, msgspec.Meta(extra_json_schema={"enum": list(OUTCOMES)})]
    country: str | None = None
    happened: str | None = None


class TakesAnswer(msgspec.Struct, frozen=True):
    """A page of takes, newest first."""

    takes: tuple[msgspec.Raw, ...]
    next: str | None


async def take(call: Call) -> Response:
    """Take a file in: the body is the file."""
    publisher, kind, means, country = (call.asked.maybe(each.name) for each in _OWN)
    own = own_of(publisher, kind, means=means, country=country)
    path, digest = await _spool(call)
    try:
        call.note("take", digest, *([own.series] if own else ()))  # before the take: a refusal answers a guess, too
        asked = sha256(f"take\0{call.request.url.query}\0{digest}".encode()).digest()
        plan = TakePlan(
            path=path,
            name=call.asked.text("name"),
            source=call.asked.maybe("source"),
            tlp=call.asked.maybe("tlp"),
            pap=call.asked.maybe("pap"),
            grade=call.asked.maybe("grade"),
            by=call.caller.name,
            clearance=call.caller.clearance.value,
            own=own,
            amends=May.AMEND in call.caller.rights,
            erases=May.ERASE in call.caller.rights,
        )

        def work() -> Stored:
            line = call.desk.node.take(plan)
            return Stored(201, msgspec.json.encode(line))

        return await once(call, asked, work)
    finally:
        path.unlink(missing_ok=True)


async def takes(call: Call) -> Response:
    """What was taken in so far."""
    given = call.asked.maybe("cursor")
    after = None if given is None else read_cursor(given).after
    limit, caller = call.asked.number("limit") or 50, call.caller
    erases, node = May.ERASE in caller.rights, call.desk.node
    page = await call.walk(lambda: node.takes(after=after, limit=limit, clearance=caller.clearance, by=caller.name, erases=erases))
    onward = None if page.after is None else write_cursor(Cursor(page.after))
    body = msgspec.json.encode(TakesAnswer(tuple(msgspec.Raw(msgspec.json.encode(line)) for line in page.takes), onward))
    return answer(call.request, body, headers=next_link(call.request, onward) if onward else None)


async def outcome(call: Call) -> Response:
    """Record what became of a value after a look-up."""
    told = await read_body(call, OutcomeBody)
    if told.outcome not in OUTCOMES:
        raise BadInput(f"unknown outcome {told.outcome[:40]!r}", where="outcome", todo=f"one of {', '.join(OUTCOMES)}")
    if not 1 <= len(told.value) <= 4096:
        raise BadInput("a text of 1 to 4096 characters is expected", where="value")
    country, desk = told.country or call.desk.settings.country or None, May.AMEND in call.caller.rights
    plan = OutcomePlan(told.value, told.outcome, country, told.happened, call.caller.name, desk)

    def work() -> Stored:
        line = call.desk.node.outcome(plan)
        return Stored(200 if line.duplicate else 201, msgspec.json.encode(line), f"/api/v1/statements/{line.ref.rpartition('#')[2]}")

    return await once(call, sha256(b"outcome\0" + msgspec.json.encode(told)).digest(), work)


async def _spool(call: Call) -> tuple[Path, str]:
    """Write the body into the spool, where only the node can read it; its SHA-256 in hex."""
    path = call.desk.spool / secrets.token_hex(16)
    digest = sha256()
    size = 0
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            async for piece in call.request.stream():
                digest.update(piece)
                size += len(piece)
                out.write(piece)
    except BaseException:  # also where its last bytes find no room
        path.unlink(missing_ok=True)
        raise
    if not size:
        path.unlink(missing_ok=True)
        raise BadInput("the body is the file, and it is empty", where="body")
    return path, digest.hexdigest()


ROUTES = (
    Route(
        "POST",
        "/api/v1/takes",
        take,
        May.GIVE,
        "Take a file in",
        "The body is the file as it is. Good rows go in, refused rows are counted; nothing is half-taken; the file again adds nothing.",
        (
            _NAME,
            Param("source", "The publisher or reader the file is for; left out: found by its look.", "report-desk", longest=100),
            *_OWN,
            Param("tlp", "Who may see it.", "AMBER", longest=12, form=r"CLEAR|GREEN|AMBER|AMBER\+STRICT|RED"),
            Param("pap", "What may be done with it.", "AMBER", longest=5, form="CLEAR|GREEN|AMBER|RED"),
            Param("grade", "Admiralty grade of the source and the information.", "B2", longest=2, form="[A-F][1-6]"),
            IDEMPOTENT,
        ),
        ("", _FILE, "reference,reported_at,country,scam_phone,synthetic\nR-1,2026-01-31,KH,012345678,true\n"),
        done("TakeLine", examples.TAKE),
        ("in-progress", "key-reused", "answer-gone", "too-large"),
        "Intake",
    ),
    Route(
        "GET",
        "/api/v1/takes",
        takes,
        May.GIVE,
        "What was taken in so far: by this key, or marked so that it may see it",
        params=(CURSOR, LIMIT),
        answers={200: ("TakesAnswer", JSON, examples.TAKES)},
        tag="Intake",
    ),
    Route(
        "POST",
        "/api/v1/outcomes",
        outcome,
        May.TELL,
        "Tell what became of a value after a look-up",
        "It is recorded as a statement of this node. Told again, it adds nothing (200 instead of 201).",
        (IDEMPOTENT,),
        ("OutcomeBody", JSON, examples.OUTCOME_BODY),
        {**done("OutcomeLine", examples.OUTCOME), 200: ("OutcomeLine", JSON, {**examples.OUTCOME, "duplicate": True})},
        ("in-progress", "key-reused", "answer-gone", "wrong-media", "too-large"),
        "Intake",
    ),
)
