"""Look-ups over HTTP: one value, many values, an entity, a statement, its proof, a search. Each leaves a line in the access log."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from typing import TypeVar

import msgspec
from starlette.responses import Response

from saksi.app.api import examples
from saksi.app.api.cursor import Cursor, read_cursor, write_cursor
from saksi.app.api.desk import Call, Route
from saksi.app.api.keys import May
from saksi.app.api.params import AT, COUNTRY, CURSOR, LIMIT, PURPOSE, Param
from saksi.app.api.problems import Problem, Refused, problem_of
from saksi.app.api.wire import JSON, answer, next_link
from saksi.model import BadInput, SaksiError
from saksi.screen.answer import encode

__all__ = ["ROUTES", "Questions", "SearchAnswer", "read_body"]

VALUE = Param(
    "value", "The account, phone, wallet, host, URL, e-mail, handle or IP, in any script.", "០១២ ៣៤៥ ៦៧៨", needed=True, longest=4096
)
ENTITY = Param(
    "entity", "The id of an entity.", "phone:+85512345678", longest=2100, form=r"[a-z][a-z0-9-]{0,31}:[^\x00-\x20\x7f]+", place="path"
)
DIGEST = Param("digest", "The commitment in a statement's reference.", "0f" * 32, longest=64, form="[0-9a-f]{64}", place="path")
TEXT = Param("q", "A part of an entity's id.", "example.com", needed=True, longest=200)
_T = TypeVar("_T")
_MANY = 1000
_PATH, _FIELD = re.compile(r" - at `\$(\S*)`"), re.compile(r"(?:required|unknown) field `(\w{1,40})`")
_PIECE = 20  # values answered before others get their turn


class Questions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Many values at once, at most 1,000."""

    values: list[str]
    country: str | None = None
    at: int | None = None


class SearchAnswer(msgspec.Struct, frozen=True):
    """A page of entities. `next` is the cursor of the page behind it, or null."""

    hits: tuple[msgspec.Raw, ...]
    next: str | None
    at: int


async def lookup(call: Call) -> Response:
    """One value."""
    value, reader, at = call.asked.text("value"), call.reader, call.at()
    country = call.asked.maybe("country") or call.desk.settings.country or None
    said = call.desk.node.ask(value, country=country, reader=reader, at=at)
    call.note("lookup", said.entity, size=said.at)
    return answer(call.request, encode(said))


async def lookup_many(call: Call) -> Response:
    """Many values; one that cannot be read gets a problem in its place."""
    asked = await read_body(call, Questions)
    if not 1 <= len(asked.values) <= _MANY:
        raise BadInput(f"1 to {_MANY} values are taken at once", where="values")
    country = asked.country or call.desk.settings.country or None
    if country is not None:
        COUNTRY.read(country)
    reader, node = call.reader, call.desk.node
    size = node.state().views
    if asked.at is not None and not 0 <= asked.at <= size:
        raise BadInput(f"the ledger is not that long: answers reach up to {size}", where="at")
    at = size if asked.at is None else asked.at  # pinned: all answers reflect one size
    lines: list[bytes] = []
    entities: list[str] = []
    for place, value in enumerate(asked.values):
        if place % _PIECE == _PIECE - 1:
            await asyncio.sleep(0)
        try:
            VALUE.read(value)
            said = node.ask(value, country=country, reader=reader, at=at)
        except BadInput as fault:
            lines.append(_refused(fault, f"values/{place}"))
        else:
            entities.append(said.entity)
            lines.append(encode(said))
    call.note("lookup-many", *entities, size=at)
    return answer(call.request, b'{"at":%d,"answers":[%s]}' % (at, b",".join(lines)))


async def entity(call: Call) -> Response:
    """An entity by its id."""
    name, reader, at = call.asked.text("entity"), call.reader, call.at()
    said = call.desk.node.entity(name, reader=reader, at=at, after=call.asked.maybe("cursor"))
    call.note("entity", said.entity, size=said.at)
    return answer(call.request, encode(said), headers=next_link(call.request, said.next) if said.next else None)


async def statement(call: Call) -> Response:
    """One statement by its commitment."""
    name, reader, at = call.asked.text("digest"), call.reader, call.at()
    found = call.desk.node.statement(name, reader=reader, at=at)
    call.note("statement", name, size=at)
    if found is None:
        raise Refused("not-found")
    return answer(call.request, msgspec.json.encode(found))


async def proof(call: Call) -> Response:
    """The proof of one statement: the file that `saksi verify` reads."""
    name, reader = call.asked.text("digest"), call.reader
    found = call.desk.node.proof(name, reader=reader)
    call.note("proof", name)
    if found is None:
        raise Refused("not-found")
    return answer(call.request, found, headers={"Content-Disposition": f'inline; filename="{name[:16]}.proof.json"'})


async def search(call: Call) -> Response:
    """Entities whose id holds a text; the pages of one search are pinned to one ledger size."""
    text, reader, at = call.asked.text("q"), call.reader, call.at()
    cursor = None
    if (given := call.asked.maybe("cursor")) is not None:
        cursor = read_cursor(given)
        at = cursor.at if at is None else at
    after, limit = cursor.after if cursor else None, call.asked.number("limit") or 50
    page = await call.walk(lambda: call.desk.node.search(text, after=after, limit=limit, reader=reader, at=at))
    call.note("search", text, size=page.at)
    onward = None if page.after is None else write_cursor(Cursor(page.after, page.at))
    hits: Sequence[msgspec.Raw] = tuple(msgspec.Raw(msgspec.json.encode(hit)) for hit in page.hits)
    body = msgspec.json.encode(SearchAnswer(tuple(hits), onward, page.at))
    return answer(call.request, body, headers=next_link(call.request, onward) if onward else None)


async def read_body(call: Call, shape: type[_T]) -> _T:
    """The JSON body, read strictly into `shape`."""
    if call.request.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
        raise Refused("wrong-media", f"a body of {JSON} is expected", where="Content-Type")
    try:
        return msgspec.json.decode(await call.request.body(), type=shape)
    except (msgspec.MsgspecError, UnicodeDecodeError) as fault:
        raise BadInput(f"the body: {fault}", where=_place(str(fault))) from fault


def _place(fault: str) -> str:
    """The field of a body that a fault of its reader is about, as a path; "body" where it names none."""
    path, field = _PATH.search(fault), _FIELD.search(fault)
    parts = [] if path is None else re.findall(r"\w+", path[1])
    return "/".join([*parts, *([] if field is None else [field[1]])]) or "body"


def _refused(fault: SaksiError, where: str) -> bytes:
    problem: Problem = problem_of(fault, "")[0]
    return msgspec.json.encode(msgspec.structs.replace(problem, where=where))


ROUTES = (
    Route(
        "GET",
        "/api/v1/lookup",
        lookup,
        May.LOOK,
        "Is this value known, who says so, as what, on what ground?",
        "The answer lists what this caller may see. `unknown` does not mean safe.",
        (VALUE, COUNTRY, AT, PURPOSE),
        answers={200: ("Answer", JSON, examples.ANSWER)},
        problems=("purpose-needed",),
    ),
    Route(
        "POST",
        "/api/v1/lookup",
        lookup_many,
        May.LOOK,
        "The same for up to 1,000 values",
        "All answers reflect one ledger size. A value that cannot be read has a problem in its place. No Idempotency-Key is needed.",
        (PURPOSE,),
        ("Questions", JSON, examples.QUESTIONS),
        {200: ("Answers", JSON, examples.ANSWERS)},
        ("purpose-needed", "wrong-media", "too-large"),
    ),
    Route(
        "GET",
        "/api/v1/entities/{entity:path}",
        entity,
        May.LOOK,
        "Who or what is this, and who says so?",
        "At most 200 statements a page, the newest first; `next` goes on to older ones, pinned to the ledger size of the first page.",
        (ENTITY, AT, CURSOR, PURPOSE),
        answers={200: ("Listed", JSON, {**examples.ANSWER, "before": 0, "next": "WyIwLjEzMS4wLjIwMCIsMTMyXQ"})},
        problems=("purpose-needed", "not-found"),
    ),
    Route(
        "GET",
        "/api/v1/statements/{digest}",
        statement,
        May.LOOK,
        "One statement: its source, place, grade, marking, and how it stands",
        params=(DIGEST, AT, PURPOSE),
        answers={200: ("StatementView", JSON, examples.STATEMENT)},
        problems=("purpose-needed", "not-found"),
    ),
    Route(
        "GET",
        "/api/v1/statements/{digest}/proof",
        proof,
        May.LOOK,
        "The proof that this statement is in the signed ledger",
        "The file that `saksi verify` reads: the words this caller may see, the leaf, and a C2SP tlog-proof. Checking needs no database.",
        (DIGEST, PURPOSE),
        answers={200: ("Proof", JSON, examples.PROOF)},
        problems=("purpose-needed", "not-found"),
    ),
    Route(
        "GET",
        "/api/v1/search",
        search,
        May.LOOK,
        "Entities whose id holds a text",
        params=(TEXT, AT, CURSOR, LIMIT, PURPOSE),
        answers={200: ("SearchAnswer", JSON, examples.SEARCH)},
        problems=("purpose-needed",),
    ),
)
