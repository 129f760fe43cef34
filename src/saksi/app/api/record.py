"""The ledger as strangers read it (C2SP tlog-tiles), the block lists, the node's health, and what auditors and administrators see."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Iterator

import msgspec
from starlette.responses import Response, StreamingResponse

from saksi.app.api import examples
from saksi.app.api.access import Seen
from saksi.app.api.desk import Call, Route
from saksi.app.api.keys import Key, May
from saksi.app.api.params import AT, LIMIT, PURPOSE, Param
from saksi.app.api.ports import Check, FeedName
from saksi.app.api.problems import Refused
from saksi.app.api.wire import JSON, answer, etag

__all__ = ["ROUTES", "AccessAnswer", "FeedsAnswer", "Health", "KeyLine", "KeysAnswer", "Ready"]

_TEXT = "text/plain; charset=utf-8"
_BYTES = "application/octet-stream"
_FOREVER = "public, max-age=31536000, immutable"


class Health(msgspec.Struct, frozen=True):
    """The process is up."""

    status: str


class Ready(msgspec.Struct, frozen=True):
    """Whether the node can answer, check by check."""

    ready: bool
    checks: tuple[Check, ...]


class FeedsAnswer(msgspec.Struct, frozen=True):
    """The block lists on offer."""

    feeds: tuple[FeedName, ...]


class AccessAnswer(msgspec.Struct, frozen=True):
    """The newest lines of the access log, newest first, and how many match in all."""

    lines: tuple[Seen, ...]
    total: int


class KeyLine(msgspec.Struct, frozen=True, kw_only=True):
    """A key without its digest."""

    id: str
    holder: str
    role: str
    clearance: str
    created_at: str
    expires_at: str
    revoked_at: str | None


class KeysAnswer(msgspec.Struct, frozen=True):
    """All keys, oldest first."""

    keys: tuple[KeyLine, ...]


async def checkpoint(call: Call) -> Response:
    """The newest signed checkpoint."""
    note = call.desk.node.resource("checkpoint")
    if note is None:
        raise Refused("not-found")
    return answer(call.request, note, media=_TEXT, cache="public, no-cache")


async def tile(call: Call) -> Response:
    """A tile of hashes or a bundle of entries. A full one never changes, nor does a partial one: its width is in its name."""
    data = call.desk.node.resource(f"tile/{call.asked.text('path')}")
    if data is None:
        raise Refused("not-found")
    return answer(call.request, data, media=_BYTES, cache=_FOREVER)


async def feeds(call: Call) -> Response:
    """The block lists on offer."""
    return answer(call.request, msgspec.json.encode(FeedsAnswer(call.desk.node.feeds())))


async def feed(call: Call) -> Response:
    """One block list, in pieces as it is made."""
    name, reader, at = call.asked.text("name"), call.reader, call.at()
    known = {each.name: each for each in call.desk.node.feeds()}
    if name not in known:
        raise Refused("not-found")
    state = call.desk.node.state()
    size = state.views if at is None else at
    headers = {"Vary": "Authorization, Saksi-Purpose", "Saksi-Size": str(size)}
    historical = size < state.views
    if historical:  # it holds what was withdrawn since: for those who look into what was blocked when
        if May.AUDIT not in call.caller.rights:
            call.caller.must(May.AMEND)
        headers |= {"Cache-Control": "no-store", "Saksi-Historical": "not for blocking"}
    else:
        # The log's size stands in it too: an erasure that came later holds for the same size of the views as well.
        made_of = (name, size, state.size, state.erased, call.desk.node.withheld, reader.clearance.value, call.desk.day())
        tag = etag("\0".join(map(str, made_of)).encode()).replace('"', 'W/"', 1)
        headers |= {"Cache-Control": "private, no-cache", "ETag": tag}
    call.note("feed", name, size=size)
    if not historical and call.request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    pieces = call.desk.node.feed(name, reader=reader, at=size, historical=historical)
    first = await call.walk(lambda: next(pieces, b""))  # what cannot be made at all is refused before anything has left
    return StreamingResponse(_stream(call, first, pieces), media_type=known[name].media_type, headers=headers)


async def _stream(call: Call, first: bytes, pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    piece: bytes | None = first
    while piece is not None:
        yield piece
        piece = await call.walk(lambda: next(pieces, None))


async def healthz(call: Call) -> Response:
    """The process is up."""
    return answer(call.request, msgspec.json.encode(Health("ok")), cache="no-store")


async def readyz(call: Call) -> Response:
    """Whether the node can answer; 503 where something that is needed is not well. Strangers see no more than that."""
    checks = call.desk.checks()
    ready = all(check.ok for check in checks if check.needed)
    shown = checks if call.caller.rights else ()
    return Response(msgspec.json.encode(Ready(ready, shown)), 200 if ready else 503, {"Cache-Control": "no-store"}, JSON)


async def metrics(call: Call) -> Response:
    """Figures for Prometheus."""
    if call.caller.name != "local":
        call.caller.must(May.ADMIN)
    text = call.desk.metrics.text(call.desk.node.state())
    return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8", headers={"Cache-Control": "no-store"})


async def access(call: Call) -> Response:
    """Who looked, when and what for; with `value`, only who looked at that entity."""
    limit, value = call.asked.number("limit") or 50, call.asked.maybe("value")

    def read() -> AccessAnswer:
        newest: deque[Seen] = deque(maxlen=limit)
        total = 0
        for total, seen in enumerate(call.desk.access.read(value=value), 1):  # noqa: B007
            newest.append(seen)
        return AccessAnswer(tuple(reversed(newest)), total)

    return answer(call.request, msgspec.json.encode(await call.walk(read)))


async def keys(call: Call) -> Response:
    """All keys, without what would open anything."""
    return answer(call.request, msgspec.json.encode(KeysAnswer(tuple(map(_line, call.desk.keys.listed())))))


async def revoke(call: Call) -> Response:
    """End a key now."""
    name = call.asked.text("id")
    if name not in {key.id for key in call.desk.keys.listed()}:
        raise Refused("not-found")
    return answer(call.request, msgspec.json.encode(_line(call.desk.keys.revoke(name))))


def _line(key: Key) -> KeyLine:
    return KeyLine(
        id=key.id,
        holder=key.holder,
        role=key.role,
        clearance=key.clearance,
        created_at=key.created_at,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
    )


_PATH = Param("path", "Level and number of a C2SP tile.", "0/000.p/1", longest=80, form=r"[0-9a-z/.]+", place="path")
_FEED = Param("name", "The name of a list.", "hosts", longest=60, form="[A-Za-z0-9._-]+", place="path")
_ID = Param("id", "The name of a key.", "0123abcd", longest=8, form="[0-9a-f]{8}", place="path")
_VALUE = Param("value", "Only looks at this: an entity's id, or a statement's digest.", "host:example.com", longest=2100)

ROUTES = (
    Route(
        "GET",
        "/api/v1/feeds",
        feeds,
        May.FEED,
        "The block lists on offer",
        answers={200: ("FeedsAnswer", JSON, examples.FEEDS)},
        tag="Lists",
    ),
    Route(
        "GET",
        "/api/v1/feeds/{name}",
        feed,
        May.FEED,
        "A block list",
        "Holds what its marking (PAP) allows to be blocked, without what was withdrawn, has expired or protects somebody. One of an "
        "earlier size (`at`) says that it is historical and not for blocking, and is for auditors and the desk.",
        (_FEED, AT, PURPOSE),
        answers={200: ("", "text/plain, text/dns, text/csv", "# size 4\n0.0.0.0 phish.example.net\n")},
        problems=("purpose-needed", "not-found"),
        tag="Lists",
    ),
    Route(
        "GET",
        "/ledger/checkpoint",
        checkpoint,
        None,
        "The newest signed checkpoint (C2SP tlog-checkpoint)",
        answers={200: ("", _TEXT, examples.CHECKPOINT)},
        problems=("not-found",),
        tag="Ledger",
    ),
    Route(
        "GET",
        "/ledger/tile/{path:path}",
        tile,
        None,
        "A tile or a bundle of entries (C2SP tlog-tiles)",
        "Leaves tell strangers a kind and a time, nothing else; anyone may read, mirror and check the ledger.",
        (_PATH,),
        answers={200: ("", _BYTES, "")},
        problems=("not-found",),
        tag="Ledger",
    ),
    Route("GET", "/healthz", healthz, None, "The process is up", answers={200: ("Health", JSON, {"status": "ok"})}, tag="Node"),
    Route(
        "GET",
        "/readyz",
        readyz,
        None,
        "Whether the node can answer",
        answers={200: ("Ready", JSON, examples.READY), 503: ("Ready", JSON, {**examples.READY, "ready": False})},
        tag="Node",
    ),
    Route(
        "GET",
        "/metrics",
        metrics,
        None,
        "Figures for Prometheus",
        "For people at this machine, and administrators' keys.",
        answers={200: ("", "text/plain", "saksi_ledger_leaves 4\n")},
        problems=("key-needed", "not-allowed"),
        tag="Node",
    ),
    Route(
        "GET",
        "/api/v1/access",
        access,
        May.AUDIT,
        "Who looked, when and what for",
        params=(_VALUE, LIMIT),
        answers={200: ("AccessAnswer", JSON, examples.ACCESS)},
        tag="Oversight",
    ),
    Route("GET", "/api/v1/keys", keys, May.ADMIN, "All keys", answers={200: ("KeysAnswer", JSON, examples.KEYS)}, tag="Oversight"),
    Route(
        "DELETE",
        "/api/v1/keys/{id}",
        revoke,
        May.ADMIN,
        "End a key now",
        params=(_ID,),
        answers={200: ("KeyLine", JSON, examples.KEY)},
        problems=("not-found",),
        tag="Oversight",
    ),
)
