"""How answers go onto the wire: JSON by msgspec, an ETag on every GET, a Link to the next page."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from urllib.parse import quote, urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from saksi.app.api.problems import Problem

__all__ = ["JSON", "PRIVATE", "answer", "etag", "next_link", "problem_response"]

JSON = "application/json"
PRIVATE = "private, no-cache"
_VARY = "Authorization, Cookie, Saksi-Purpose"


def etag(body: bytes) -> str:
    """A strong entity tag."""
    return f'"{blake2b(body, digest_size=12).hexdigest()}"'


def answer(
    request: Request,
    body: bytes,
    *,
    media: str = JSON,
    cache: str = PRIVATE,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A good answer with its ETag, or 304 where the caller has it already."""
    tag = etag(body)
    more = {"ETag": tag, "Cache-Control": cache, **(headers or {})}
    if cache.startswith("private"):
        more["Vary"] = _VARY
    known = request.headers.get("if-none-match")
    if known is not None and request.method in {"GET", "HEAD"} and (known == "*" or tag in {each.strip() for each in known.split(",")}):
        return Response(status_code=304, headers=more)
    return Response(body, media_type=media, headers=more)


def next_link(request: Request, cursor: str) -> Mapping[str, str]:
    """The Link header to the next page: the same address with the cursor changed."""
    params = {**request.query_params, "cursor": cursor}
    return {"Link": f'<{quote(request.scope["path"], safe="/:@+")}?{urlencode(params)}>; rel="next"'}


def problem_response(problem: Problem, headers: Mapping[str, str]) -> Response:
    """An error on the wire."""
    body = msgspec.json.encode(problem)
    return Response(
        body, status_code=problem.status, media_type="application/problem+json", headers={"Cache-Control": "no-store", **headers}
    )
