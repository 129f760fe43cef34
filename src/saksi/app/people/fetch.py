"""Gets a document of the identity provider: TLS verified, no redirects, ten seconds, 256 KiB."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from collections.abc import Mapping

from saksi.model import PeerFault

__all__ = ["fetch"]

_SECONDS, _MOST = 10.0, 256 * 1024


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: the answer is then the redirect, which is an error here."""

    def redirect_request(self, *_: object) -> None:
        return None


def fetch(address: str, body: bytes | None, headers: Mapping[str, str]) -> bytes:
    """The bytes at an address (POST where a body is given). Raises PeerFault for everything but a whole answer with status 200."""
    ask = urllib.request.Request(address, body, dict(headers))  # noqa: S310 - the caller takes https and loopback only
    try:
        with urllib.request.build_opener(_Stay).open(ask, timeout=_SECONDS) as answer:
            data: bytes = answer.read(_MOST + 1)
            status = answer.status
    except (urllib.error.URLError, OSError, http.client.HTTPException) as fault:
        raise PeerFault(f"the identity provider did not answer: {type(fault).__name__}", where=address) from fault
    if status != 200 or len(data) > _MOST:
        raise PeerFault("the identity provider did not answer as it should", where=address)
    return data
