"""Every error of the API in one shape (RFC 9457, `application/problem+json`), and the table of their types.

The type of a problem is `/problems/<slug>`, a page that each node serves and `docs/reference/problems.md` lists.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from saksi.ledger.disk import DiskFull
from saksi.model import BadInput, LedgerFault, NotAllowed, PeerFault, SaksiError
from saksi.views.serving import Behind, failed, no_room

__all__ = ["KINDS", "Kind", "Problem", "Refused", "problem_of"]


@dataclass(frozen=True, slots=True)
class Kind:
    """A sort of problem: its HTTP status, its title, what it means, and what the caller does next."""

    status: int
    title: str
    about: str
    todo: str


KINDS: Mapping[str, Kind] = {
    "bad-input": Kind(
        400,
        "Not understood",
        "A value, parameter or body cannot be read as what it should be; `where` names the place.",
        "Correct what `where` names; `/openapi.json` says how each part is written.",
    ),
    "key-needed": Kind(
        401,
        "Sign in, or send a key",
        "Only those who are known here may do this. A key or a session that has ended gives this too.",
        "People sign in at `/sign-in`; programs send `Authorization: Bearer KEY`, with a key that the node's administrator makes.",
    ),
    "not-allowed": Kind(
        403, "Not allowed", "The key's role, a marking or a rule forbids it.", "Ask the node's administrator for the role that may do this."
    ),
    "purpose-needed": Kind(
        403, "A purpose is needed", "Each look-up says what it is for.", "Say it: header `Saksi-Purpose`, or parameter `purpose`."
    ),
    "second-factor": Kind(
        403,
        "Show a second factor",
        "What bears upon others needs a code or a passkey shown within five minutes.",
        "Show one at `/sign-in/second`, then do it again.",
    ),
    "cross-site": Kind(
        403,
        "Asked from another site",
        "A page of another site made the browser ask. Nothing was done.",
        "Open the node's own address in a new tab, and do it there.",
    ),
    "not-found": Kind(
        404,
        "Nothing here",
        "There is nothing by this name, or nothing that may be shown: the two are not told apart.",
        "Check the address; `/openapi.json` lists those that programs use, and the first page looks a value up.",
    ),
    "no-such-method": Kind(
        405, "Not done this way", "The address exists but not with this method.", "Use a method that the header `Allow` lists."
    ),
    "too-slow": Kind(
        408, "Took too long", "The request was not complete, or not answered, in time.", "Ask for less at once, or again later."
    ),
    "in-progress": Kind(409, "Still being done", "A request with the same `Idempotency-Key` has not ended yet.", "Ask again in a moment."),
    "answer-gone": Kind(
        410,
        "Done before; its answer is gone",
        "The same request with the same `Idempotency-Key` was done, and an erasure has taken the answers that were kept.",
        "Do not send it again: it was done. Look up what became of it.",
    ),
    "too-large": Kind(413, "Too large", "The body is larger than this address takes.", "Send it in parts, or use the command line."),
    "wrong-media": Kind(
        415,
        "Wrong kind of body",
        "The `Content-Type` is not one that this address takes.",
        "Send it as `/openapi.json` says for this address.",
    ),
    "wrong-host": Kind(
        421,
        "Not this node's name",
        "The `Host` header does not name this node. It guards against rebinding of names.",
        "Use the node's own name, or have its administrator add this one to `names` in the settings.",
    ),
    "key-reused": Kind(
        422,
        "Idempotency key used twice",
        "The same `Idempotency-Key` came with another request before.",
        "Take a fresh one.",
    ),
    "too-many": Kind(
        429,
        "Too many requests",
        "You have asked more often than this node allows.",
        "Wait as long as `Retry-After` says. Many values are cheaper in one POST.",
    ),
    "fault": Kind(500, "A fault in this node", "Nothing you did wrong.", "Tell the node's administrator the request's number."),
    "peer-fault": Kind(502, "Another node failed", "A peer, a witness or the network did not do what it should.", "Try again later."),
    "not-shown": Kind(
        503,
        "Recorded, not shown yet",
        "The node has no room, on disk or for open files: look-ups and lists do not show all of it. They do by themselves once it has.",
        "Send it again with the same `Idempotency-Key`: nothing is done twice. Tell the node's administrator.",
    ),
    "disk-full": Kind(
        507,
        "The disk is full",
        "The node has no room for what was sent. What is recorded already stays and is answered.",
        "Tell the node's administrator, and send it again when there is room.",
    ),
    "ledger-fault": Kind(
        503,
        "The ledger is not well",
        "The node stops answering until somebody has checked it.",
        "Tell the node's administrator: `saksi doctor` and `saksi fsck` say what is wrong.",
    ),
}

_BY_ERROR: Mapping[type[SaksiError], str] = {
    BadInput: "bad-input",
    NotAllowed: "not-allowed",
    PeerFault: "peer-fault",
    LedgerFault: "ledger-fault",
}


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """The body of an error. `where` names the place, `todo` what to do next, `instance` the request's number."""

    type: str
    title: str
    status: int
    detail: str = ""
    where: str = ""
    todo: str = ""
    instance: str = ""


class Refused(Exception):
    """A request that is refused by a kind of its own rather than by one of the model's errors. Lives in the API only."""

    def __init__(self, slug: str, detail: str = "", *, where: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(slug, detail)
        self.slug = slug
        self.detail = detail
        self.where = where
        self.headers = dict(headers or {})


def problem_of(fault: Exception, instance: str) -> tuple[Problem, Mapping[str, str]]:
    """The problem that an error is to the caller, and headers that go with it. What nobody expected tells nothing about itself."""
    if isinstance(fault, Refused):
        kind = KINDS[fault.slug]
        headers = {"WWW-Authenticate": 'Bearer realm="saksi"', **fault.headers} if kind.status == 401 else fault.headers
        return _made(fault.slug, detail=fault.detail, where=fault.where, instance=instance), headers
    if isinstance(fault, DiskFull):
        return _made("not-shown" if isinstance(fault, Behind) else "disk-full", instance=instance), {"Retry-After": "5"}
    if isinstance(fault, LedgerFault):  # its words name files of the node: they are for the node's log
        return _made("ledger-fault", instance=instance), {}
    if isinstance(fault, SaksiError):
        slug = next(slug for error, slug in _BY_ERROR.items() if isinstance(fault, error))
        return _made(slug, detail=fault.what, where=fault.where, todo=fault.todo, instance=instance), {}
    if no_room(fault):
        return _made("disk-full", instance=instance), {"Retry-After": "5"}
    return _made("ledger-fault" if failed(fault) else "fault", instance=instance), {}


def _made(slug: str, *, instance: str, detail: str = "", where: str = "", todo: str = "") -> Problem:
    """A problem; what the fault does not say itself, its kind says."""
    kind = KINDS[slug]
    return Problem(f"/problems/{slug}", kind.title, kind.status, detail or kind.about, where, todo or kind.todo, instance)
