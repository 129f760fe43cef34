"""The cookies of a person's browser: the session, the mark of an earlier sign-in, and a question put to the identity provider."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from saksi.app.people.sessions import ABSOLUTE
from saksi.app.people.throttle import KNOWN_SECONDS

__all__ = ["asking_cookie", "drop_cookie", "keep_cookie", "known_cookie", "read_cookie", "session_cookie"]

_SECONDS = {"session": ABSOLUTE, "known": KNOWN_SECONDS, "asking": 600}


def session_cookie(*, tls: bool) -> str:
    """The name of the session's cookie. Under TLS its prefix ties it to this host and to TLS."""
    return _name("session", tls=tls)


def known_cookie(*, tls: bool) -> str:
    """The name of the cookie by which a browser is known."""
    return _name("known", tls=tls)


def asking_cookie(*, tls: bool) -> str:
    """The name of the cookie that holds what was asked of the identity provider."""
    return _name("asking", tls=tls)


def read_cookie(headers: Mapping[bytes, bytes], name: str) -> str:
    """The value of a cookie, or nothing where it is not there, or there twice (one of them is then not ours)."""
    found = []
    for part in headers.get(b"cookie", b"").decode("latin-1").split(";"):
        key, _, value = part.strip().partition("=")
        if key == name:
            found.append(value)
    return found[0] if len(found) == 1 else ""


def keep_cookie(response: Response, name: str, value: str) -> None:
    """Let the browser keep a cookie: never for scripts, never for requests that another site makes.

    The question to the provider must come back with the provider's redirect, so it alone is sent along when another site's page is left.
    """
    kind = name.rpartition("-")[2]
    strict = "lax" if kind == "asking" else "strict"
    secure = name.startswith("__Host-")
    response.set_cookie(name, value, max_age=_SECONDS[kind], path="/", secure=secure, httponly=True, samesite=strict)  # type: ignore[arg-type]


def drop_cookie(response: Response, name: str) -> None:
    """Let the browser forget a cookie."""
    response.delete_cookie(name, path="/", secure=name.startswith("__Host-"), httponly=True)


def _name(kind: str, *, tls: bool) -> str:
    return f"{'__Host-' if tls else ''}saksi-{kind}"
