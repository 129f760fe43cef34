"""Of a host that is not on record itself: whether links on it are, or for a www on the domain without it.

A page accuses nobody but itself (record 61), so an officer who types the host alone out of a mail reads "no record". How many links on it
are on record is counted from those about which the reader may see something that stands, as if there were no others; but no more than
the first `_LOOKED_AT` of a host are looked at, so that nobody can keep the node busy with a host that has thousands.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Protocol, TypeVar

import msgspec

from saksi.screen.answer import Answer, Note
from saksi.screen.judge import Judge
from saksi.screen.lookup import Match, Store, matched

__all__ = ["Walkable", "with_links"]

_MOST = 10  # more are not counted
_LOOKED_AT = 256
_AT_ONCE = 16
_Told = TypeVar("_Told", bound=Answer)


class Walkable(Store, Protocol):
    """A store whose entities can be listed by how their ids begin."""

    def entities(self, prefix: str = "", *, after: str = "", limit: int = 100) -> list[str]: ...


def with_links(store: Walkable, judge: Judge, answer: _Told) -> _Told:
    """The answer, with a warning where it is about an unknown host and there are links on that, or for a www on the domain without it.
    Costs nothing for any other."""
    if answer.status != "unknown" or answer.kind != "host":
        return answer
    host = answer.entity.removeprefix("host:")
    for name in dict.fromkeys((host, host.removeprefix("www."))):
        if many := sum(1 for _ in islice(_links(store, judge, name), _MOST)):
            return msgspec.structs.replace(answer, warnings=(*answer.warnings, _note(many, "it" if name == host else name)))
    return answer


def _note(many: int, host: str) -> Note:
    said = f"1 link on {host} is" if many == 1 else f"{many}{' or more' if many == _MOST else ''} links on {host} are"
    return Note("links-on-record", f"{said} on record: ask for the link itself, or search for the host.")


def _links(store: Walkable, judge: Judge, host: str) -> Iterator[str]:
    """The links on a host, with and without a port, about which the reader may see something that stands."""
    begins = f"url:https://{host}"
    after = f"{begins}.~"  # behind every longer name, before what has "/" or ":" next: one step into the index finds both
    for _ in range(_LOOKED_AT // _AT_ONCE):
        found = store.entities(begins, after=after, limit=_AT_ONCE)
        own = [entity for entity in found if entity[len(begins)] in "/:"]
        for entity, held in zip(own, store.facts_many(own), strict=True):
            if judge.answer(entity, [matched(store, judge, Match(entity, "exact"), held)]).total:
                yield entity
        if len(found) < _AT_ONCE or found[-1][len(begins)] > ":":
            return
        after = found[-1]
