"""What somebody wants to hear about: one thing, all that begins alike, all below a host or in a network, a text, a publisher, a case."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from saksi.model import ROLES, BadInput
from saksi.model.canonical import check_text
from saksi.observables.detect import detect

__all__ = ["WAYS", "Search", "read_search"]

WAYS: Mapping[str, str] = {
    "entity": "exactly this account, phone, wallet, host or address, in any script",
    "prefix": "every id that begins so, such as account:KH:ABAAKHPP: or phone:+85512",
    "below": "this host and all below it, with their links and mail addresses",
    "network": "every address and network within it",
    "text": "every id that holds this text",
    "source": "all that this publisher says",
    "case": "all that one of your cases names",
}
_PREFIX = re.compile(r"[a-z][a-z0-9-]{0,31}:\S{0,60}")
_CASE = re.compile(r"[0-9a-f]{8,64}")
_TEXT_FROM, _TEXT_TO = 4, 100
_LONGEST = 2_200


class Search(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A search in its normal form: one of `WAYS`, what it looks for, and the role that a statement has to give (empty: any statement)."""

    how: str
    what: str
    role: str = ""


def read_search(how: str, what: str, role: str = "", *, country: str | None = None) -> Search:
    """Read what somebody typed. Raises BadInput where it cannot be searched for that way; `country` is assumed for local numbers."""
    if how not in WAYS:
        raise BadInput(f"unknown way to search {how[:40]!r}", where="how", todo=f"one of {', '.join(WAYS)}")
    if role and role not in ROLES:
        raise BadInput(f"unknown role {role[:40]!r}", where="role", todo=f"one of {', '.join(ROLES)}, or none")
    what = what.strip()
    if not what or len(what) > _LONGEST:
        raise BadInput(f"1 to {_LONGEST:,} characters are expected", where="what")
    check_text(what, "what")
    return Search(how, _normal(how, what, country), role)


def _normal(how: str, what: str, country: str | None) -> str:
    if how == "entity":
        return detect(what, country=country)[0].entity
    if how == "prefix" and not _PREFIX.fullmatch(what):
        raise BadInput("a kind and ':', then at most 60 characters", where="what", todo="write account:KH: or phone:+85512")
    if how == "below":
        return detect(what, kind="host")[0].normal
    if how == "network":
        return detect(what, kind="network")[0].normal
    if how == "text":
        what = what.lower()
        if not _TEXT_FROM <= len(what) <= _TEXT_TO:
            raise BadInput(f"{_TEXT_FROM} to {_TEXT_TO} characters are expected", where="what")
    if how == "case" and not _CASE.fullmatch(what):
        raise BadInput("a case is named by its id", where="what")
    return what
