"""Where a list goes on, as text that says nothing to the caller."""

from __future__ import annotations

import base64

import msgspec

from saksi.model import BadInput

__all__ = ["Cursor", "read_cursor", "write_cursor"]


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """Where a list goes on: the node's own mark, and the ledger size the list is pinned to."""

    after: str
    at: int | None = None


def write_cursor(cursor: Cursor) -> str:
    """A cursor as text that is safe in an address."""
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).decode("ascii").rstrip("=")


def read_cursor(text: str) -> Cursor:
    """Read what `write_cursor` wrote."""
    try:
        data = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
        return msgspec.json.decode(data, type=Cursor)
    except (ValueError, msgspec.MsgspecError) as fault:
        raise BadInput("not a cursor of this node", where="cursor", todo="follow the `next` of the page before") from fault
