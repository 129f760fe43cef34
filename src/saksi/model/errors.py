"""The one error tree: what went wrong, where, and what to do next.

Every error that Saksi raises on purpose is a `SaksiError`. Foreign exceptions are wrapped at the border where
they arise, so that a caller never has to know which library did the work.
"""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["BadInput", "LedgerFault", "NotAllowed", "NotFound", "NotReady", "PeerFault", "ReadOnly", "SaksiError", "Unproved"]


class SaksiError(Exception):
    """Something Saksi refuses or cannot do, said so that a person can act on it.

    `what` says what is wrong, `where` names the place (file, row, byte, field; empty when there is none),
    `todo` says what to do next (empty when there is nothing to do).
    """

    def __init__(self, what: str, *, where: str = "", todo: str = "") -> None:
        self.what = what
        self.where = where
        self.todo = todo
        super().__init__(what, where, todo)

    def __reduce__(self) -> tuple[Callable[..., SaksiError], tuple[object, ...]]:
        return _again, (type(self), self.what, self.where, self.todo)  # so that a worker process can hand it over

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.what}" + (f" ({self.todo})" if self.todo else "")


def _again(kind: type[SaksiError], what: str, where: str, todo: str) -> SaksiError:
    return kind(what, where=where, todo=todo)


class BadInput(SaksiError):
    """What was given cannot be read as what it should be: a malformed value, file, row or field."""


class Unproved(BadInput):
    """What was given can be read and does not hold: a proof, a signature, a quorum, or a log whose entries do not make the signed root."""


class NotFound(BadInput):
    """There is nothing by the name that was given, or nothing that may be shown: no such statement, request, key or person."""


class NotAllowed(SaksiError):
    """A marking, role, right or rule forbids it."""


class PeerFault(SaksiError):
    """Another node, a witness or the network did not do what it should."""


class LedgerFault(SaksiError):
    """The ledger or its vault is not in a known good state. Fatal: stop, reload, verify."""


class NotReady(LedgerFault):
    """The views are not there yet. Nothing is lost or damaged: they are folded from the ledger."""


class ReadOnly(LedgerFault):
    """Here this user may only read: the mount or the rights say so. Nothing is lost or damaged, and nothing was changed."""
